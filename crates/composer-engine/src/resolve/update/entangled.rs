//! Packages that contradict each other in more ways than can be tried.

use crate::repository::PackageSource;
use crate::resolve::candidate::{CandidateId, Candidates, Origin};
use std::collections::BTreeSet;
use std::fmt;

/// The packages that a question was given up for, with where they come from. Whoever publishes such versions makes every
/// solver go through their combinations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Entangled {
    /// By name, each with its repository as it is named to the user; none for what comes from the lock or the root.
    pub packages: Vec<(String, Option<String>)>,
}

impl Entangled {
    pub(crate) fn of(
        at_fault: &[CandidateId],
        candidates: &Candidates,
        source: &dyn PackageSource,
    ) -> Entangled {
        let packages = at_fault.iter().map(|&id| {
            let candidate = &candidates[id];
            let repository = match candidate.origin {
                Origin::Repository(index) => source.repositories().get(index),
                _ => None,
            };
            let repository = repository.map(|info| info.display());
            (
                candidate.name().to_string(),
                repository.map(|shown| shown.to_string()),
            )
        });
        Entangled {
            packages: packages.collect(),
        }
    }
}

impl fmt::Display for Entangled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.packages.iter().map(|(name, _)| &**name).collect();
        write!(
            f,
            "the versions of {} exclude each other in more ways than can be tried",
            names.join(", ")
        )?;
        let repositories: BTreeSet<&String> = self
            .packages
            .iter()
            .filter_map(|(_, repository)| repository.as_ref())
            .collect();
        for repository in repositories {
            write!(f, "; they come from {repository}")?;
        }
        f.write_str(". Allow fewer versions of them in composer.json, or do without them")
    }
}
