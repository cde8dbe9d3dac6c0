//! Commands about the program itself: how it was installed, what it finds here, and what it says of itself.

pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod installation;
pub(crate) mod man;
pub(crate) mod self_update;
