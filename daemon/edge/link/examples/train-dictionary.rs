//! Trains the dictionary that lists are packed with: `cargo run -p gongkai-link --example train-dictionary FILE`.
//!
//! A dictionary that nodes in the field use is never trained again under its number: write `dict/v2.zdict` and let
//! `codec::packed` read both. Left out: choosing what is sent; the samples say what an ordinary day is.

#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/matters.rs"]
mod matters;
#[expect(dead_code, reason = "the tests use more of it")]
#[path = "../tests/it/samples.rs"]
mod samples;

use std::{error::Error, path::PathBuf};

use gongkai_journal::Entry;
use gongkai_model::review::Verdict;
use gongkai_proto::link::v1::{Carried, EntryParts, carried::What};
use matters::{Matter, TRAINING};
use prost::Message as _;

/// On news of domains that were not in the samples, 64 KiB saved 6 % of a frame against 32 KiB, and 16 KiB cost 4 %.
const DICTIONARY_BYTES: usize = 64 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let file = std::env::args_os().nth(1).map(PathBuf::from).ok_or("name the file to write")?;
    let samples: Vec<Vec<u8>> = (0..samples::TOWNSHIPS.len()).flat_map(day_of).map(|entry| plain(&entry)).collect();
    let dictionary = zstd::dict::from_samples(&samples, DICTIONARY_BYTES)?;
    std::fs::write(file, dictionary)?;
    Ok(())
}

/// What a township and its county write: single changes of every matter, whole catalogs, receipts, decisions.
fn day_of(township: usize) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (seq, matter) in (2..).zip(TRAINING) {
        entries.push(samples::submission(township, matter.domain, &[matter], seq));
        entries.push(samples::receipt(township, seq));
        entries.push(samples::decision(township, Verdict::Approve, seq));
        entries.push(samples::decision(township, Verdict::Return, seq));
    }
    for catalog in TRAINING.chunk_by(|one, next| one.domain == next.domain) {
        let matters: Vec<&Matter> = catalog.iter().collect();
        entries.push(samples::submission(township, catalog[0].domain, &matters, 1));
    }
    entries
}

/// A batch's list with this entry alone, before packing.
fn plain(entry: &Entry) -> Vec<u8> {
    let (header, signature) = (entry.header_bytes.clone(), entry.signature.clone());
    let whole = EntryParts { header, signature, payload: entry.payload.clone(), digest_at: None };
    Carried { what: Some(What::Whole(whole)) }.encode_length_delimited_to_vec()
}
