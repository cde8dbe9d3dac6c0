//! A store on disk.
pub mod platform;
