//! What live repository metadata, and the store's own lock, say about core packages.

use composer_engine::format::package::Package;
use std::collections::HashMap;
use std::sync::Arc;

/// One version of a package, as far as a merge needs it. Constraints are as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LivePackage {
    /// As published: `2.4.8-p4`, `v1.0.0`, `dev-main`.
    pub version: String,
    /// Names and constraints of what it requires, in its own order.
    pub requires: Vec<(Arc<str>, Arc<str>)>,
    /// Names and constraints of what it replaces, in its own order.
    pub replaces: Vec<(Arc<str>, Arc<str>)>,
}

impl LivePackage {
    /// The constraint of one requirement.
    pub fn requirement(&self, name: &str) -> Option<&str> {
        self.requires
            .iter()
            .find(|(required, _)| **required == *name)
            .map(|(_, constraint)| &**constraint)
    }
}

impl From<&Package> for LivePackage {
    fn from(package: &Package) -> Self {
        let pairs = |links: &[composer_engine::format::package::links::Link]| {
            links
                .iter()
                .map(|link| (link.target.clone(), link.pretty_constraint.clone()))
                .collect()
        };
        Self {
            version: package.pretty_version.to_string(),
            requires: pairs(&package.requires),
            replaces: pairs(&package.replaces),
        }
    }
}

/// Answers of the target's repositories, by package name. A name that was never asked about is unknown; a name with no
/// version is known to be missing. What is unknown falls back to the bundled data.
#[derive(Debug, Clone, Default)]
pub struct LiveFacts {
    packages: HashMap<String, Vec<LivePackage>>,
}

impl LiveFacts {
    /// Records what the target's repositories have under a name; no versions means that it is not there.
    pub fn insert(&mut self, name: &str, versions: Vec<LivePackage>) {
        self.packages
            .entry(name.to_ascii_lowercase())
            .or_default()
            .extend(versions);
    }

    /// Whether the target's repositories have the package; none when nobody asked.
    pub fn exists(&self, name: &str) -> Option<bool> {
        self.packages.get(name).map(|versions| !versions.is_empty())
    }

    /// Every version known of a package, in no particular order.
    pub fn versions(&self, name: &str) -> &[LivePackage] {
        self.packages.get(name).map_or(&[], Vec::as_slice)
    }

    /// One version of a package, by its version as written.
    pub fn version(&self, name: &str, version: &str) -> Option<&LivePackage> {
        self.versions(name)
            .iter()
            .find(|package| package.version == version)
    }

    /// Whether some version of one package replaces another.
    pub fn replaces(&self, name: &str, replaced: &str) -> bool {
        self.versions(name).iter().any(|package| {
            package
                .replaces
                .iter()
                .any(|(target, _)| **target == *replaced)
        })
    }
}
