//! Composer's own formats, exactly. Nothing here knows Magento, and nothing here reads or writes files.
pub mod constraint;
pub mod content_hash;
pub mod json_document;
pub mod json_error;
pub mod json_path;
mod json_style;
mod json_syntax;
pub mod lock;
pub mod lock_contents;
pub mod lock_package;
pub mod package;
pub mod package_order;
pub mod php_json;
mod php_order;
mod php_time;
pub mod stability;
pub mod version;
