//! Composer's own formats, exactly. Nothing here knows Magento, and nothing here reads or writes files.
pub mod constraint;
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
