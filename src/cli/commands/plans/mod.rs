//! Commands about a plan that was saved or applied.

pub(crate) mod apply;
pub(crate) mod next;
pub(crate) mod undo;
