//! Which names may be installed from a branch.

use crate::format::root::RootPackage;
use crate::format::version::stability::Stability;
use crate::repository::WantsDev;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A name may be installed from a branch when the root's minimum stability or a flag of its own says so.
pub fn wants_dev(root: &RootPackage) -> Arc<WantsDev> {
    let minimum = root.minimum_stability;
    let flags: BTreeMap<Arc<str>, Stability> = root.stability_flags.clone();
    Arc::new(move |name: &str| *flags.get(name).unwrap_or(&minimum) == Stability::Dev)
}
