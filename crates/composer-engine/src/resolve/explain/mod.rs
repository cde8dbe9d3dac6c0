//! Why there is no solution, in Composer's own words.

mod blocked_reason;
pub(crate) mod explained_pool;
pub(crate) mod missing_package;
mod package_list;
mod platform_reason;
pub mod problem;
