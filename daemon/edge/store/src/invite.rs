//! Invites: one-time secrets by which a child may enrol.
//!
//! Invariant: an invite enrols once, one division, before its end; taking it is one transaction, so of two that
//! present the same token at once one is refused. Only the secret's hash is kept.

use gongkai_model::{digest::Digest, id::DivisionId};

use crate::{
    error::Error,
    store::{Store, on_db},
};

/// An invite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invite {
    /// Its id, for people.
    pub id: String,
    /// Whom it is for.
    pub division: DivisionId,
    /// Hash of the secret in the token.
    pub secret_hash: Digest,
    /// When it was made, unix milliseconds.
    pub created_at_ms: i64,
    /// From then on it is refused, unix milliseconds.
    pub expires_at_ms: i64,
    /// When it was used, unix milliseconds.
    pub used_at_ms: Option<i64>,
}

impl Invite {
    /// Whether the division may use it now; each refusal has its own code.
    pub(crate) fn check(&self, division: &DivisionId, now_ms: i64) -> Result<(), Error> {
        if self.division != *division {
            return Err(Error::InviteOtherDivision { asked: division.to_string() });
        }
        if self.used_at_ms.is_some() {
            return Err(Error::InviteUsed { division: division.to_string() });
        }
        if now_ms >= self.expires_at_ms {
            return Err(Error::InviteExpired { division: division.to_string() });
        }
        Ok(())
    }
}

impl Store {
    /// Keeps a new invite.
    pub async fn create_invite(&self, invite: &Invite) -> Result<(), Error> {
        on_db!(self, db => db.create_invite(invite).await)
    }

    /// Uses an invite up.
    pub async fn take_invite(&self, secret_hash: &Digest, division: &DivisionId, now_ms: i64) -> Result<Invite, Error> {
        on_db!(self, db => db.take_invite(secret_hash, division, now_ms).await)
    }

    /// All invites, newest first.
    pub async fn invites(&self) -> Result<Vec<Invite>, Error> {
        on_db!(self, db => db.invites().await)
    }
}
