//! A node joins again in its own directory: its place in the tree or its certificate is another, its keys and its
//! journal are the same.
//!
//! Invariant: the directory is locked meanwhile; certificates are replaced last, so that a join that was cut off
//! leaves the node as it was.

use std::path::{Path, PathBuf};

use gongkai_journal::{Entry, Incarnation};
use gongkai_model::{digest::Digest, id::DivisionId};
use gongkai_pki::{Grant, PkiDir};
use gongkai_store::{PeerRole, Store};
use serde::{Deserialize, Serialize};

use crate::{Error, Result, recovery, standing::keep_introduction};

/// Where the parent that the last token named is kept.
const PARENT: &str = "link.parent";

/// The parent as a token named it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldParent {
    /// Which division.
    pub division: DivisionId,
    /// Where it is dialled, in the order of trying.
    pub addresses: Vec<String>,
}

impl ToldParent {
    /// What the last join in this directory was told; `None` where the first one stands.
    pub async fn read(store: &Store) -> Result<Option<Self>> {
        let text = store.meta(PARENT).await?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }
}

/// A node about to join again.
pub struct Rejoining {
    dir: PathBuf,
    store: Store,
}

impl Rejoining {
    /// Opens the directory; refused while its daemon runs.
    pub async fn open(dir: &Path, division: &DivisionId) -> Result<Self> {
        let store = Store::open(dir).await?;
        let own = store.identity().division.clone();
        if own == *division {
            return Ok(Self { dir: dir.to_owned(), store });
        }
        store.close().await;
        Err(Error::Enrolment {
            code: "GK-APP-027",
            message: format!("the directory holds the node of `{own}`, the token is for `{division}`"),
            hint: "name the directory of that division\'s node, or an empty one".to_owned(),
        })
    }

    /// The life of its journal, which goes on.
    pub fn incarnation(&self) -> Incarnation {
        self.store.identity().incarnation
    }

    /// Takes the new place: the link to the former parent ends with its wants and its position.
    pub async fn settle(
        self,
        path: &[DivisionId],
        grant: &Grant,
        pinned: &Digest,
        addresses: &[String],
        introduction: &[Entry],
    ) -> Result<()> {
        let kept = keep_introduction(&self.store, introduction).await;
        let done = match kept {
            Ok(()) => self.take(path, grant, pinned, addresses).await,
            Err(error) => Err(error),
        };
        self.store.close().await;
        done
    }

    async fn take(&self, path: &[DivisionId], grant: &Grant, pinned: &Digest, addresses: &[String]) -> Result<()> {
        let parent = path.iter().rev().nth(1).cloned();
        for peer in self.store.peers().await? {
            if peer.role == PeerRole::Parent && Some(&peer.division) != parent.as_ref() {
                self.store.remove_peer(&peer.division).await?;
                recovery::await_no_more(&self.store, &peer.division, parent.as_ref()).await?;
            }
        }
        if let Some(division) = parent {
            let told = ToldParent { division, addresses: addresses.to_vec() };
            self.store.put_meta(PARENT, &serde_json::to_string(&told).unwrap_or_default()).await?;
        }
        let pki = PkiDir::open(&self.dir).map_err(gongkai_pki::Error::from)?;
        Ok(gongkai_pki::enrol::accept(&pki, grant, pinned, path)?)
    }

    /// Leaves everything as it was.
    pub async fn leave(self) {
        self.store.close().await;
    }
}
