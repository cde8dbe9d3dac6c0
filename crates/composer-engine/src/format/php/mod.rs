//! What PHP does in its own way, and Composer with it: truth, sorting, times.

pub(crate) mod order;
pub mod time;
pub(crate) mod truth;
