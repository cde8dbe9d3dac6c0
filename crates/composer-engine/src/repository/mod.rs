//! Where metadata comes from: Composer repositories over HTTP or in a folder, inline and `path` packages, the lock.
//! Nothing here chooses versions.
//!
//! [`transport`] gets documents, and [`metadata`] finds packages in them. On these stand the kinds of repositories:
//! [`mod@composer`], [`vcs`], and what is [`local`]. [`mod@set`] opens those of a store, in Composer's order, as the one
//! [`PackageSource`] that the resolver knows. The machine that the store will run on is the [`mod@platform`].

mod address;
mod composer;
mod config;
mod error;
mod local;
mod metadata;
pub mod platform;
mod set;
mod source;
mod transport;
pub mod vcs;

pub use address::masked;
pub use config::{option_secrets, secrets};
pub use error::{ErrorKind, RepositoryError};
pub use local::glob::{TooMuch, files as files_by_pattern};
pub use metadata::notices::{Advisory, AdvisoryDetails, ListEntry, Notices};
pub use metadata::versions::{Loaded, Record, Versions};
pub use set::RepositorySet;
pub use set::branches::wants_dev;
pub use set::foresight::Foresight;
pub use set::options::{Options, composer_home};
pub use set::probe::probe;
pub use set::session::Session;
pub use source::{PackageSource, RepositoryInfo, RepositoryKind, WantsDev};
pub use transport::network::{OnProgress, Progress};
