//! Composer's own formats, exactly. Nothing here knows Magento, and nothing here reads or writes files.
pub mod auth;
pub mod constraint;
mod constraint_parser;
pub mod intervals;
pub mod loader;
pub mod package;
pub mod stability;
pub mod version;
mod version_compare;
mod version_scan;
