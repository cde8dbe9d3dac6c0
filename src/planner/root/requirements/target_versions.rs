//! Which version of a core package goes with the target's release, and how the root asks for it.

use super::admission::admits;
use super::constraint_style::restyle;
use crate::distribution::{
    LivePackage, compare_versions, exact_version, is_numbered_by_release, line,
};
use crate::planner::root::Merger;
use composer_engine::format::version::Version;
use composer_engine::format::version::stability::Stability;

impl Merger<'_> {
    /// The version the target's product pins, if its metadata are known.
    fn product_pin(&self, name: &str) -> Option<&str> {
        let release = self.input.release.version.as_str();
        let products = self.input.target.numbered().stack();
        products
            .into_iter()
            .filter_map(|product| self.input.live.version(&product.facts().product, release))
            .find_map(|product| exact_version(product.requirement(name)?))
    }

    /// Whether nothing the target's product pins is excluded by this version of another package.
    fn goes_with_product(&self, package: &LivePackage) -> bool {
        package.requires.iter().all(|(name, constraint)| {
            self.product_pin(name)
                .is_none_or(|version| admits(constraint, version))
        })
    }

    /// The newest finished version in the target's repositories that goes with the product.
    pub(crate) fn newest_that_fits(&self, name: &str) -> Option<&str> {
        let fitting = self.input.live.versions(name).iter().filter(|package| {
            Version::parse(&package.version)
                .is_ok_and(|version| version.stability() == Stability::Stable)
                && self.goes_with_product(package)
        });
        fitting
            .max_by(|a, b| compare_versions(&a.version, &b.version))
            .map(|package| package.version.as_str())
    }

    /// The version of a core package in the target's release, if it can be told. `old` is its name in the store.
    fn target_version(&self, old: &str, name: &str) -> Option<String> {
        let release = self.input.release.version.as_str();
        if is_numbered_by_release(name) {
            return Some(release.to_owned());
        }
        let replaced = || {
            let same_line = self
                .input
                .source
                .upstream
                .as_deref()
                .is_some_and(|on| line(on) == line(release));
            self.lock.replaced_version(old, name).filter(|_| same_line)
        };
        self.product_pin(name)
            .or_else(|| self.newest_that_fits(name))
            .or_else(replaced)
            .map(str::to_owned)
    }

    /// A requirement of the target's template as the repositories can meet it. A template pins what a release has; where a
    /// repository does not serve that version, the newest one up to the release has to do. None when the package is not
    /// there at all, or in newer releases only.
    pub(crate) fn served_constraint(&self, name: &str, constraint: &str) -> Option<String> {
        let as_is = || Some(constraint.to_owned());
        let by_release = is_numbered_by_release(name);
        match self.input.live.versions(name) {
            [] if by_release && self.input.live.exists(name) == Some(false) => None,
            versions
                if !by_release
                    || versions
                        .iter()
                        .any(|version| admits(constraint, &version.version)) =>
            {
                as_is()
            }
            [] => as_is(),
            versions => {
                let release = self.input.release.version.as_str();
                let older = versions.iter().filter(|package| {
                    compare_versions(&package.version, release).is_le()
                        && self.goes_with_product(package)
                });
                let newest = older.max_by(|a, b| compare_versions(&a.version, &b.version));
                newest.map(|package| package.version.clone())
            }
        }
    }

    /// Whether the target's release is known to lack a core package: its repositories were asked, and have either nothing
    /// under the name or nothing that goes with the release. What the store has locked already goes with the release
    /// it is on.
    pub(crate) fn is_missing_in_target(&self, name: &str) -> bool {
        if self.is_same_release() || self.product_pin(name).is_some() {
            return false;
        }
        match self.input.live.exists(name) {
            None => false,
            Some(false) => true,
            Some(true) if is_numbered_by_release(name) => self
                .served_constraint(name, &self.input.release.version)
                .is_none(),
            // Magento's packages have numbers of their own: only what they require tells which release they belong to.
            Some(true) => !self
                .input
                .live
                .versions(name)
                .iter()
                .any(|package| self.goes_with_product(package)),
        }
    }

    /// The constraint on a core package that the owner requires, for the target's numbering.
    ///
    /// Within one vendor a constraint that admits the target's version stays, any other is rewritten in its own style. Into
    /// Mage-OS it becomes the release, as Mage-OS pins its packages to each other; out of it, a wildcard on the first two
    /// numbers (`100.4.*`), as Magento's own documents write it. `*` always stays.
    pub(crate) fn core_constraint(&self, old_name: &str, name: &str, old: &str) -> String {
        let version = self.target_version(old_name, name);
        let version =
            version.map(|version| self.served_constraint(name, &version).unwrap_or(version));
        let by_release = is_numbered_by_release(name);
        match version {
            _ if matches!(old.trim().split('@').next(), Some("" | "*")) => old.to_owned(),
            Some(version) if old_name == name => {
                if admits(old, &version) {
                    old.to_owned()
                } else {
                    restyle(old, &version)
                }
            }
            None if old_name == name => old.to_owned(),
            Some(version) if by_release => version,
            Some(version) => restyle("0.0.*", &version),
            None => "*".to_owned(),
        }
    }
}
