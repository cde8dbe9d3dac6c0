//! Composer's own formats, exactly. Nothing here knows Magento, and nothing here reads or writes files.

pub mod auth;
mod branches;
pub mod constraint;
mod constraint_parser;
mod constraint_split;
pub mod content_hash;
pub mod intervals;
pub mod json_document;
pub mod json_error;
pub mod json_path;
mod json_style;
mod json_syntax;
pub mod loader;
pub mod lock;
pub mod lock_contents;
pub mod lock_package;
pub mod package;
pub mod package_order;
pub mod php_json;
mod php_order;
mod php_time;
pub mod platform;
pub mod root_package;
pub mod stability;
pub mod version;
mod version_compare;
mod version_scan;
