//! Projections: what was folded from the journal, kept so that reading needs no fold.
//!
//! Invariant: projections hold nothing that the journal does not; they may be cleared and made again at any time.
//! Rows and the feed number they were folded through change together, and that number never goes back.

use gongkai_model::digest::{Digest, Hasher};

use crate::{
    error::Error,
    store::{Store, on_db},
};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Projection {
    /// What it is, such as `catalog`.
    pub kind: String,
    /// Which one.
    pub key: String,
    /// Its JSON.
    pub value: String,
    /// The feed number through which it was last changed: what a [`crate::Guard`] names.
    pub feed: u64,
}

impl Store {
    /// Writes rows (kind, key, JSON; no JSON removes the row) and the feed number they were folded through.
    /// [`Error::Conflict`] if they were folded further already.
    pub async fn put_projections(
        &self,
        rows: Vec<(String, String, Option<String>)>,
        through_feed: u64,
    ) -> Result<(), Error> {
        on_db!(self, db => db.put_projections(&rows, through_feed).await)
    }

    /// One row.
    pub async fn projection(&self, kind: &str, key: &str) -> Result<Option<Projection>, Error> {
        on_db!(self, db => db.projection(kind, key).await)
    }

    /// All rows of a kind, by key.
    pub async fn projections(&self, kind: &str) -> Result<Vec<Projection>, Error> {
        on_db!(self, db => db.projections(kind).await)
    }

    /// Forgets everything folded, before folding again from feed 0.
    pub async fn clear_projections(&self) -> Result<(), Error> {
        on_db!(self, db => db.clear_projections().await)
    }

    /// The feed number through which projections were folded.
    pub async fn projected_through(&self) -> Result<u64, Error> {
        on_db!(self, db => db.projected_through().await)
    }

    /// A digest over all rows in order, without their feed numbers: equal before and after a rebuild.
    pub async fn projection_digest(&self) -> Result<Digest, Error> {
        let mut hasher = Hasher::new("gongkai projections v1");
        for row in on_db!(self, db => db.all_projections().await)? {
            for part in [&row.kind, &row.key, &row.value] {
                hasher.part(part.as_bytes());
            }
        }
        Ok(hasher.finish())
    }
}
