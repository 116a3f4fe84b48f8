//! Copying and renewing on SQLite.
//!
//! Invariant: the copy is read in one transaction of a connection of its own; the readers' may not write even to
//! another file.

use std::path::Path;

use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use super::{Sqlite, connect::BUSY_TIMEOUT};
use crate::{error::Error, marker::Identity};

impl Sqlite {
    /// Writes the present state into a new file.
    pub(crate) async fn copy_into(&self, file: &Path) -> Result<(), Error> {
        let name = file.to_str().ok_or_else(|| {
            let why = std::io::Error::new(std::io::ErrorKind::InvalidFilename, "the name is not UTF-8");
            Error::file(file, why)
        })?;
        let options = SqliteConnectOptions::new().filename(&self.path).busy_timeout(BUSY_TIMEOUT);
        let mut connection = options.connect().await.map_err(|error| self.fault(error))?;
        let copied = sqlx::query("VACUUM INTO $1").bind(name.to_owned()).execute(&mut connection).await;
        let closed = connection.close().await;
        copied.map_err(|error| super::fault::sort(error, file))?;
        closed.map_err(|error| self.fault(error))
    }

    /// Writes another incarnation and feed id.
    pub(crate) async fn put_identity(&self, identity: &Identity) -> Result<(), Error> {
        let fault = |error| self.fault(error);
        let mut tx = self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(fault)?;
        sqlx::query("UPDATE meta SET value = $1 WHERE key = 'node.incarnation'")
            .bind(identity.incarnation.to_string())
            .execute(&mut *tx)
            .await
            .map_err(fault)?;
        sqlx::query("UPDATE feed SET feed_id = $1 WHERE id = 1")
            .bind(identity.feed_id.as_bytes().to_vec())
            .execute(&mut *tx)
            .await
            .map_err(fault)?;
        tx.commit().await.map_err(fault)
    }
}
