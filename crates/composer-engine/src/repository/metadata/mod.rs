//! What repositories say of packages: their versions, found in documents and kept for the next run, and what is published against them.

mod differences;
pub(crate) mod digest;
pub(crate) mod document;
mod document_versions;
mod intern;
pub(crate) mod notices;
pub(crate) mod scan;
pub(crate) mod versions;
