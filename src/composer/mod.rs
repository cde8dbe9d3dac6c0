//! Composer's own formats, exactly. Nothing here knows Magento, and nothing here reads or writes files.
mod branches;
pub mod constraint;
mod constraint_parser;
mod constraint_split;
pub mod intervals;
pub mod package;
pub mod stability;
pub mod version;
mod version_compare;
mod version_scan;
