//! Which stabilities may enter the pool.

use crate::format::version::stability::Stability;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The minimum stability of a root and its exceptions by name (`StabilityFilter`).
#[derive(Debug, Clone)]
pub struct StabilityFilter {
    pub minimum: Stability,
    /// Lower-cased name → the least stable version that may be taken.
    pub flags: BTreeMap<Arc<str>, Stability>,
}

impl StabilityFilter {
    /// Whether a package known by any of `names` may have this stability.
    pub fn accepts<'a>(
        &self,
        names: impl IntoIterator<Item = &'a Arc<str>>,
        stability: Stability,
    ) -> bool {
        names.into_iter().any(|name| stability <= self.least(name))
    }

    /// The least stability that a package of a name may have.
    pub(super) fn least(&self, name: &Arc<str>) -> Stability {
        *self.flags.get(name).unwrap_or(&self.minimum)
    }
}
