//! An update that looks first at what has to move.
//!
//! A lock holds the metadata of every locked version. So an update that wants to keep what it can need not ask any
//! repository about packages whose locked version fits everybody: its cost follows the size of the change, not of the
//! store. What every solution requires is found out first: a locked package that goes against it is not kept, and a version
//! that does is not loaded; where it contradicts itself, nothing is. Where a contradiction is left, the packages that take
//! part in it are looked at in all their versions, and so on; in the end all are, as Composer does from the start. A version
//! that would have a kept package move is no choice as long as there is another one.
//!
//! No more packages move than in the answer that Composer's minimal changes lead to, unless a package stands in for another:
//! then Composer may take one that was not looked at. The two can also part where as many packages
//! may stay in several ways, and where a locked branch fits by its alias alone: it stays here, while Composer, which
//! prefers the locked version and not its aliases, goes for a higher one.

use super::{LockedPackages, Update, UpdateError, UpdateOptions, update};
use crate::format::root::RootPackage;
use crate::format::version::stability::Stability;
use crate::repository::PackageSource;
use rustc_hash::FxHashSet;
use std::sync::Arc;
use tracing::debug;

/// How often the view is widened before everything is looked at.
const MAX_ROUNDS: usize = 12;

/// How often it is widened by no more than what takes part in a contradiction. After that, one contradiction is likely to lead to
/// the next, and what its packages would have move is looked at with them.
const STEADY_ROUNDS: usize = 2;

/// What came of looking only at what has to move.
#[derive(Debug)]
pub enum Narrow {
    /// The packages of the new lock, or an error that does not depend on how much is looked at.
    Ended(Box<Result<Update, UpdateError>>),
    /// Everything has to be looked at.
    TooNarrow,
    /// Likewise; but something stands in the way in which none of the packages that were kept takes part, so that there is hardly
    /// a solution.
    Contradiction,
}

/// Looks only at the locked versions of `names`, and at all versions of those that stand in the way.
pub fn narrow(
    source: &dyn PackageSource,
    root: &RootPackage,
    locked: Option<&LockedPackages>,
    options: &UpdateOptions,
    names: &FxHashSet<Arc<str>>,
) -> Narrow {
    // With `prefer-stable`, a stable version goes before a locked one that is not: what is there has to be known.
    let prefers_stable = options.prefer_stable || root.prefer_stable;
    let unsteady: FxHashSet<&Arc<str>> = locked
        .iter()
        .flat_map(|locked| locked.all())
        .filter(|package| prefers_stable && package.version.stability() != Stability::Stable)
        .map(|package| &package.name)
        .collect();
    let mut keep: FxHashSet<Arc<str>> = names.clone();
    keep.retain(|name| !unsteady.contains(name));
    for round in 0..MAX_ROUNDS {
        if locked.is_none() || keep.is_empty() {
            break;
        }
        let narrow = UpdateOptions {
            keep: keep.clone(),
            ..options.clone()
        };
        match update(source, root, locked, &narrow) {
            Err(UpdateError::TooNarrow { involved, beyond }) => {
                debug!(?involved, ?beyond, "too narrow");
                let before = keep.len();
                keep.retain(|name| {
                    !involved.contains(name) && (round < STEADY_ROUNDS || !beyond.contains(name))
                });
                if keep.len() == before {
                    return Narrow::Contradiction;
                }
            }
            // What another version provides may be what is missing.
            Err(UpdateError::UnsolvableWithoutDev { .. }) => break,
            outcome => return Narrow::Ended(Box::new(outcome)),
        }
    }
    Narrow::TooNarrow
}
