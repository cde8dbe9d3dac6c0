//! Composer's own formats, exactly. Nothing here knows Magento, and nothing here reads or writes files.
pub mod constraint;
pub mod package;
pub mod stability;
pub mod version;
