//! Composer's own formats, exactly. Nothing here knows Magento, and nothing here reads or writes files.
pub mod constraint;
mod constraint_parser;
pub mod intervals;
pub mod content_hash;
pub mod json_document;
pub mod json_error;
pub mod json_path;
mod json_style;
mod json_syntax;
pub mod package;
pub mod php_json;
pub mod stability;
pub mod version;
mod version_compare;
mod version_scan;
