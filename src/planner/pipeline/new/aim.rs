//! What a new project is to be, before a release is looked for.

use crate::distribution::{Distribution, Release, ReleaseCatalog, Target, TargetSpec};
use crate::planner::error::PlanError;
use crate::planner::wish::{Packages, target_of};
use crate::profile::{Library, Profile};

/// What a wish for a new project is after, before a release is looked for.
#[derive(Debug)]
pub struct Aimed {
    /// With the feature sets that the profile's file brings along.
    pub library: Library,
    /// The profile as it is.
    pub plain: Profile,
    /// The same with the answers of the wish worked into it.
    pub profile: Profile,
    /// The full or the minimal target of the distribution, as the profile wants it.
    pub target: Target,
}

impl Aimed {
    /// Finds the profile, and the target that it starts from.
    pub fn at(distribution: Distribution, packages: &Packages) -> Result<Self, PlanError> {
        let mut library = Library::bundled();
        let (plain, profile) = packages.profile(&mut library)?;
        let target = target_of(Target::full(distribution), &profile)?;
        Ok(Self {
            library,
            plain,
            profile,
            target,
        })
    }

    /// The release that is wanted, among those on offer.
    pub fn release<'c>(
        &self,
        catalog: &'c ReleaseCatalog,
        release: Option<&str>,
    ) -> Result<&'c Release, PlanError> {
        let spec = TargetSpec {
            target: self.target,
            release: release.map(str::to_owned),
        };
        Ok(catalog.select(&spec, None)?)
    }
}
