//! Renders two made-up editions below a directory, to look at: `cargo run -p gongkai-publish --example edition -- DIR [ITEMS]`.
//!
//! Invariant: uses the public functions only, in the order in which the daemon does.

use std::{error::Error, path::Path};

use gongkai_journal::sign::Ed25519Signer;
use gongkai_publish::{Consolidation, PreviousEdition, Rendered, commit, partial_path, render, seal, verify};

#[path = "../tests/it/sample.rs"]
mod sample;

/// A key for show; a real one is made by the node and never leaves it.
const SEED: [u8; 32] = [7; 32];

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args().nth(1).ok_or("name a directory")?;
    let items = std::env::args().nth(2).map(|items| items.parse()).transpose()?;
    let first = Path::new(&directory).join("edition-1");
    let input = made_up(items);
    publish(&input, &first, None)?;

    let bytes = std::fs::read(first.join("manifest.json"))?;
    let mut second = input;
    second.number = 2;
    second.published_at_ms += 14 * 86_400_000;
    second.previous = Some(PreviousEdition {
        number: 1,
        manifest: gongkai_publish::Manifest::digest_of(&bytes),
        manifest_bytes: bytes,
    });
    amend(&mut second);
    let target = Path::new(&directory).join("edition-2");
    publish(&second, &target, Some(&first))?;
    verify(&target, None)?;
    Ok(())
}

/// The sample; with a number, so many items in each catalog, to see how large editions do.
fn made_up(items: Option<usize>) -> Consolidation {
    let mut input = sample::consolidation();
    for catalog in input.catalogs.iter_mut().filter(|_| items.is_some()) {
        let id = catalog.catalog.clone();
        *catalog = sample::catalog(id.division.as_str(), id.domain.as_str(), "county", items.unwrap_or_default());
    }
    input
}

/// One item changes, one goes, one comes, and a catalog is new.
fn amend(second: &mut Consolidation) {
    let catalog = &mut second.catalogs[9];
    let mut changed = sample::item("township", 2);
    changed.time_limit_text = "信息形成或者变更之日起10个工作日内".to_owned();
    catalog.items[2] = sample::part(catalog.items[2].id.as_str(), 2, &changed);
    catalog.items.pop();
    catalog.items.push(sample::part("211221100-social-assistance-new", 40, &sample::item("township", 23)));
    catalog.revision = gongkai_model::digest::Digest::of("sample", &[b"second"]);
    second.catalogs.push(sample::catalog("211282100", "agricultural-subsidies", "township", 5));
}

fn publish(input: &Consolidation, target: &Path, reuse: Option<&Path>) -> Result<Rendered, Box<dyn Error>> {
    let signer = Ed25519Signer::from_seed(&SEED).ok_or("a seed has 32 bytes")?;
    let partial = partial_path(target);
    let rendered = render(input, &partial, reuse)?;
    seal(&partial, &signer)?;
    commit(&partial, target, &rendered.manifest)?;
    Ok(rendered)
}
