//! Packages that are there without asking a server: inline, in the lock, in folders, in archives.

pub(crate) mod array;
pub(crate) mod artifact;
pub(crate) mod glob;
pub(crate) mod path;
