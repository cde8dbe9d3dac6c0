//! JSON texts: read as PHP reads them, written as PHP writes them, and edited in place.

pub mod document;
pub mod error;
pub mod path;
pub mod php_json;
pub(crate) mod style;
mod syntax;
