//! Which version of which package: Composer's own answer, found as Composer finds it.
//!
//! An update goes through the files of this room in this order: [`pool_builder`] loads every version that could matter,
//! [`pool_filter`] takes out those that are blocked, [`pool_optimizer`] those that cannot matter, [`rule_generator`] writes
//! down what a solution must satisfy, [`solver`] finds one with the preferences of [`policy`], [`update`] splits it and
//! hands it on, and [`problem`] explains why there is none. Follows Composer 2.10 (MIT); which solution is found depends on every order kept here.

pub mod audit;
pub(crate) mod blocked;
mod blocked_reason;
pub mod blocking;
pub mod candidate;
pub(crate) mod decisions;
pub mod dependents;
pub(crate) mod entangled;
pub(crate) mod fewest_moves;
mod involved;
pub mod lock_text;
pub(crate) mod missing_package;
pub mod name_pattern;
pub mod narrow;
pub mod operations;
pub(crate) mod package_list;
pub mod platform;
mod platform_reason;
pub(crate) mod policy;
pub(crate) mod pool;
pub(crate) mod pool_builder;
pub(crate) mod pool_filter;
pub(crate) mod pool_optimizer;
pub(crate) mod probe;
pub mod problem;
pub mod request;
pub(crate) mod rule_generator;
pub(crate) mod rules;
mod satisfiable;
pub mod solvability;
pub(crate) mod solver;
pub(crate) mod stability_filter;
pub mod stable_sort;
pub mod update;
pub mod verify;
pub(crate) mod watch_graph;
pub mod world;
