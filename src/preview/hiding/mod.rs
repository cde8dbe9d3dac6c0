//! What must not be seen, and what is seen in its place.

pub(crate) mod assignment;
pub(crate) mod context;
pub(crate) mod discreet;
mod document;
mod hidden;
mod hints;
pub(crate) mod mask;
mod url;
