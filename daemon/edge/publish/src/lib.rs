//! One consolidated edition (汇总发布版) as a directory: static site, workbooks, JSON, CSV and a signed manifest.
//!
//! Invariant: the same [`Consolidation`] gives the same bytes everywhere (the signature aside); a directory under
//! its final name is complete. Left out: what may enter an edition (model, app), keys and the journal (app).
//!
//! The order of an edition: [`render`] beside the target, [`seal`], the caller commits the edition entry,
//! [`commit`] renames. After a crash [`restart`] says what is left to do. [`verify`] needs no daemon.

pub mod commit;
pub mod difference;
pub mod error;
pub mod input;
pub mod manifest;
pub mod seal;
pub mod verify;

mod aside;
mod day;
mod export;
mod merkle;
mod page;
mod path;
mod prepared;
mod render;
mod reuse;
mod search;
mod shown;
mod workbook;

pub use commit::{Restart, commit, discard, erased_in, partial_path, restart, withdraw};
pub use difference::{Difference, difference};
pub use error::{PublishError, VerifyError};
pub use input::{CatalogPart, Consolidation, DomainName, Issuer, ItemPart, Missing, PreviousEdition};
pub use manifest::Manifest;
pub use render::{Rendered, render};
pub use seal::seal;
pub use verify::{Verified, Warning, verify};
