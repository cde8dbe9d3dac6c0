//! Normalised versions and how Composer compares them.
use std::sync::Arc;
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Version(Arc<str>);
