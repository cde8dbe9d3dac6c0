//! What is told of a plan: a finding, the codes that there are, and what each of them means.

pub mod catalogue;
mod code;
mod finding;

pub(crate) use code::UnknownCode;
pub use code::{Code, Severity};
pub use finding::Finding;
