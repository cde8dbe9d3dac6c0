//! How a run ends: errors as text, exit codes, signals, and findings as a forge shows them.

pub(crate) mod annotations;
pub(crate) mod error;
pub(crate) mod exit;
pub(crate) mod signal;
