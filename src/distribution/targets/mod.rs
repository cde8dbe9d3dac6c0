//! Which distributions and targets there are, what is known of each, and which repositories serve them.

pub(super) mod facts;
mod family;
mod host;
mod kind;
pub(super) mod target;

pub use facts::{DataFacts, DistributionFacts, TargetFacts};
pub use family::Family;
pub use host::{RepositoryHost, host_and_path, is_published_source, needs_keys, repository_host};
pub use kind::{Distribution, Edition, Target};
