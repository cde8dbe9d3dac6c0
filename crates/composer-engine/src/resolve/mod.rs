//! Which version of which package: Composer's own answer, found as Composer finds it.
//!
//! An update goes through this room in this order: [`pool::builder`] loads every version that could matter,
//! [`pool::filter`] takes out those that are blocked, [`pool::optimizer`] those that cannot matter,
//! [`solver::rule_generator`] writes down what a solution must satisfy, [`solver`] finds one with the preferences of
//! [`pool::policy`], [`update`] splits it and hands it on, and [`explain`] says why there is none. [`mod@lock`] stands at
//! both ends: what is locked goes in, the text of a lock comes out. Follows Composer 2.10 (MIT); which solution is found
//! depends on every order kept here.

pub mod blocking;
pub mod candidate;
pub mod explain;
pub mod lock;
pub mod name_pattern;
mod names;
pub mod platform;
pub(crate) mod pool;
pub mod request;
pub mod solvability;
pub(crate) mod solver;
pub(crate) mod stability_filter;
pub mod stable_sort;
pub mod update;
pub mod world;
