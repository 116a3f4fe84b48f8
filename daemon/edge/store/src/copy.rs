//! Copying the store while it is in use: one moment of it, in a directory of its own.
//!
//! Invariant: the copy is the state after some commit, whole; writers are not held up. What was erased is not in it.
//! Left out: keys and configuration, and how the copy is packed (app).

use std::path::Path;

use crate::{
    error::Error,
    marker::Marker,
    sqlite::DATABASE_FILE,
    store::{Store, on_db},
};

impl Store {
    /// Writes the database and its marker into a directory that holds neither; the copy can be opened like any store.
    pub async fn copy_to(&self, dir: &Path) -> Result<(), Error> {
        let marker = on_db!(self, db => Marker::read(db.dir()))?;
        let marker = marker.ok_or_else(|| Error::NoNode { dir: on_db!(self, db => db.dir().to_owned()) })?;
        on_db!(self, db => db.copy_into(&dir.join(DATABASE_FILE)).await)?;
        marker.write(dir)
    }

    /// Checks the database's pages, whatever its size.
    pub async fn check_pages(&self) -> Result<(), Error> {
        on_db!(self, db => db.check_pages().await)
    }
}
