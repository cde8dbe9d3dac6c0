//! Which version of which package: Composer's own answer, found as Composer finds it.
//!
//! An update goes through the files of this room in this order: [`pool_builder`] loads every version that could matter,
//! [`pool_filter`] takes out those that are blocked, [`pool_optimizer`] those that cannot matter, [`rule_generator`] writes
//! down what a solution must satisfy, [`solver`] finds one with the preferences of [`policy`], [`update`] splits it and
//! hands it on, and [`problem`] explains why there is none. Follows Composer 2.10 (MIT); which solution is found depends on every order kept here.

pub mod audit;
pub mod blocked;
mod blocked_reason;
pub mod blocking;
pub mod candidate;
pub mod decisions;
pub mod dependents;
pub mod entangled;
pub mod fewest_moves;
mod involved;
pub mod lock_text;
pub mod missing_package;
pub mod name_pattern;
pub mod narrow;
pub mod operations;
pub mod package_list;
pub mod platform;
mod platform_reason;
pub mod policy;
pub mod pool;
pub mod pool_builder;
pub mod pool_filter;
pub mod pool_optimizer;
pub mod probe;
pub mod problem;
pub mod request;
pub mod rule_generator;
pub mod rules;
mod satisfiable;
pub mod solvability;
pub mod solver;
pub mod stability_filter;
pub mod stable_sort;
pub mod update;
pub mod verify;
pub mod watch_graph;
pub mod world;
