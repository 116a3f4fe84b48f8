//! Faults that are planted into a stopped node's own store, signed by its key, as a later or a broken version would have
//! left them there.
//!
//! Invariant: the daemon is stopped while its store is open here, and runs again afterwards.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use gongkai_journal::{Entry, Lane, Reach, payload, sign::Signer};
use gongkai_model::id::DivisionId;
use gongkai_pki::{EntryKey, PkiDir};
use gongkai_store::{Body, Draft, Store};
use gongkai_tests::tree::Node;

/// A kind that no version has.
pub(crate) const LATER_KIND: &str = "of.a.later.version";

/// A signer whose signatures are nobody's.
struct Scrawl(EntryKey);

impl Signer for Scrawl {
    fn algorithm(&self) -> u32 {
        Signer::algorithm(&self.0)
    }

    fn key_id(&self) -> Vec<u8> {
        Signer::key_id(&self.0)
    }

    fn public_key(&self) -> Vec<u8> {
        Signer::public_key(&self.0)
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let mut signature = self.0.sign(message);
        signature.iter_mut().for_each(|byte| *byte ^= 0x5a);
        signature
    }
}

/// What it is about is read from the payload, as wherever it arrives.
pub(crate) fn draft(kind: &str, subject: &str, payload: Vec<u8>) -> Result<Draft> {
    Ok(Draft {
        about: payload::about(&kind.into(), &payload).map(|catalog| catalog.to_string()),
        subject: DivisionId::parse(subject)?,
        kind: kind.to_owned(),
        reach: Reach::Path,
        lane: Lane::Work,
        operator: None,
        payload: Body::Bytes(payload),
    })
}

/// Stops the node, has its store opened and changed, and starts it again.
pub(crate) fn with_store<T>(node: &mut Node, act: impl AsyncFnOnce(&Store, EntryKey) -> Result<T>) -> Result<T> {
    node.stop()?;
    let dir = node.dir.clone();
    let done = tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let store = Store::open(&dir).await?;
        let done = act(&store, EntryKey::load(&PkiDir::open(&dir)?)?).await;
        store.close().await;
        done
    })?;
    node.start()?;
    Ok(done)
}

fn now_ms() -> Result<i64> {
    Ok(i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?)
}

/// Plants entries; with `is_scrawled` under signatures that are nobody's.
pub(crate) fn plant(node: &mut Node, drafts: Vec<Draft>, is_scrawled: bool) -> Result<Vec<Entry>> {
    with_store(node, async |store, key| {
        let signer: Box<dyn Signer> = if is_scrawled { Box::new(Scrawl(key)) } else { Box::new(key) };
        Ok(store.append(drafts, &store.identity().author(), signer.as_ref(), now_ms()?).await?)
    })
}
