//! Commands that say what there is to choose from.

pub(crate) mod profiles;
pub(crate) mod releases;
