//! The daemon as a whole: configuration, operators, links, the admin API, start and stop.
//!
//! Invariant: every task has an owner that awaits it, and nothing starts before everything that can fail has
//! succeeded. No rule of the domain is here: what may be done is decided by the use cases (`gongkai-app`).

mod admin;
mod bundles;
mod caller;
pub mod config;
mod data_dir;
mod day;
mod descriptors;
mod error;
mod found;
mod join;
mod links;
mod log;
mod operators;
mod restore;
mod run;
mod socket;
mod stop;
mod told;
mod users;

pub use bundles::{SeenBundle, inspect_file};
pub use data_dir::CONFIG_FILE;
pub use error::Error;
pub use found::{Found, found};
pub use gongkai_model::visible;
pub use join::{Join, join};
pub use log::start_logging;
pub use restore::{Restore, RestoredNode, restore};
pub use run::{Running, Start, start};
pub use stop::until_asked;
pub use told::{Made, Told};
