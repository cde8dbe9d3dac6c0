//! A lock and the packages in it: read for an update, written after one, checked and asked about.

pub mod audit;
pub mod dependents;
pub mod text;
pub mod verify;
