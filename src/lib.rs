//! mageshift turns *this store, that target* into a plan, shows it, and carries it out.
#![cfg_attr(not(test), deny(clippy::disallowed_methods))]

pub mod apply;
pub mod cli;
pub mod database;
pub mod distribution;
pub mod plan;
pub mod planner;
pub mod preview;
pub mod profile;
pub mod project;
