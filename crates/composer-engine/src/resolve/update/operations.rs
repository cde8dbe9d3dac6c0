//! What an update does to the lock, in Composer's words (`Transaction`, `UpdateOperation`).

use super::{Chosen, LockedPackages, Update};
use crate::format::package::Package;
use crate::format::version::stability::Stability;
use crate::format::version::{Version, is_upgrade};
use indexmap::IndexMap;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// A package as a lock has it, or will have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    pretty_name: Arc<str>,
    version: Version,
    pretty_version: Arc<str>,
    source_type: Option<String>,
    source_reference: Option<Arc<str>>,
    dist_reference: Option<Arc<str>>,
    /// `abandoned`, as far as it is a yes or names a replacement.
    abandoned: Option<Value>,
}

/// One package's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// The package goes.
    Remove(Side),
    /// The package comes.
    Lock(Side),
    /// The package moves.
    Update {
        /// What was locked.
        from: Side,
        /// What is locked now.
        to: Side,
    },
}

/// All changes of one update, removals first, then the others, both by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operations {
    /// In Composer's order.
    pub list: Vec<Operation>,
    /// Entries that get other metadata at the same version, where an update is of metadata alone and so does not list them.
    pub refreshed: usize,
}

impl Operations {
    /// Compares the old lock with an update. `metadata_only` is `--lock`.
    pub fn new(locked: Option<&LockedPackages>, update: &Update, metadata_only: bool) -> Self {
        let mut before: IndexMap<Arc<str>, Side> = locked
            .into_iter()
            .flat_map(LockedPackages::all)
            .map(|package| (package.name.clone(), Side::of(package, None)))
            .collect();
        let mut after: Vec<&Chosen> = update.packages.iter().chain(&update.packages_dev).collect();
        after.sort_by(|a, b| a.package.name.cmp(&b.package.name));
        let mut changes = Vec::new();
        let mut refreshed = 0;
        for chosen in after {
            let to = Side::of(&chosen.package, chosen.reference.as_ref());
            match before.shift_remove(&chosen.package.name) {
                None => changes.push(Operation::Lock(to)),
                Some(from) if !from.differs(&to) => {}
                Some(from) if metadata_only && from.version == to.version => refreshed += 1,
                Some(from) => changes.push(Operation::Update { from, to }),
            }
        }
        before.sort_unstable_keys();
        let mut list: Vec<Operation> = before.into_values().map(Operation::Remove).collect();
        list.append(&mut changes);
        Operations { list, refreshed }
    }

    /// Whether Composer would say that there is nothing to modify.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty() && self.refreshed == 0
    }

    /// `Lock file operations: 2 installs, 1 update, 0 removals`
    pub fn summary(&self) -> String {
        let count = |is: fn(&Operation) -> bool, what: &str| {
            let count = self.list.iter().filter(|operation| is(operation)).count();
            format!("{count} {what}{}", if count == 1 { "" } else { "s" })
        };
        format!(
            "Lock file operations: {}, {}, {}",
            count(
                |operation| matches!(operation, Operation::Lock(_)),
                "install"
            ),
            count(
                |operation| matches!(operation, Operation::Update { .. }),
                "update"
            ),
            count(
                |operation| matches!(operation, Operation::Remove(_)),
                "removal"
            ),
        )
    }
}

impl fmt::Display for Operation {
    /// `Upgrading acme/shop (1.0.0 => 1.1.0)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Remove(side) => {
                write!(f, "Removing {} ({})", side.pretty_name, side.full_version())
            }
            Operation::Lock(side) => {
                write!(f, "Locking {} ({})", side.pretty_name, side.full_version())
            }
            Operation::Update { from, to } => {
                let action = if is_upgrade(&from.version, &to.version) {
                    "Upgrading"
                } else {
                    "Downgrading"
                };
                let (mut old, mut new) = (from.full_version(), to.full_version());
                if old == new && from.source_reference != to.source_reference {
                    (old, new) = (
                        from.at(from.source_reference.as_deref()),
                        to.at(to.source_reference.as_deref()),
                    );
                } else if old == new && from.dist_reference != to.dist_reference {
                    (old, new) = (
                        from.at(from.dist_reference.as_deref()),
                        to.at(to.dist_reference.as_deref()),
                    );
                }
                write!(f, "{action} {} ({old} => {new})", from.pretty_name)
            }
        }
    }
}

impl Side {
    fn of(package: &Package, demanded: Option<&Arc<str>>) -> Self {
        let source_type = package.metadata.get("source");
        let source_type = source_type
            .as_ref()
            .and_then(|source| source.get("type")?.as_str());
        // A demanded commit takes the place of those that are there.
        let reference = |own: Option<Arc<str>>| match demanded {
            Some(_) if own.is_some() => demanded.cloned(),
            _ => own,
        };
        Side {
            pretty_name: package.pretty_name.clone(),
            version: package.version.clone(),
            pretty_version: package.pretty_version.clone(),
            source_type: source_type.map(str::to_string),
            source_reference: demanded.cloned().or_else(|| package.source_reference()),
            dist_reference: reference(package.dist_reference()),
            abandoned: package
                .metadata
                .get("abandoned")
                .filter(|abandoned| match abandoned {
                    Value::Bool(abandoned) => *abandoned,
                    Value::String(replacement) => !replacement.is_empty(),
                    _ => false,
                }),
        }
    }

    fn differs(&self, other: &Side) -> bool {
        self.version != other.version
            || self.dist_reference != other.dist_reference
            || self.source_reference != other.source_reference
            || self.abandoned != other.abandoned
    }

    /// The version, for a branch with its commit (`BasePackage::getFullPrettyVersion`).
    fn full_version(&self) -> String {
        let is_branch = self.version.stability() == Stability::Dev;
        match self.source_type.as_deref() {
            Some("git" | "hg") if is_branch => self.at(self
                .source_reference
                .as_deref()
                .or(self.dist_reference.as_deref())),
            None if is_branch => self.at(self.dist_reference.as_deref()),
            _ => self.pretty_version.to_string(),
        }
    }

    fn at(&self, reference: Option<&str>) -> String {
        match reference {
            None => self.pretty_version.to_string(),
            Some(commit) if commit.len() == 40 && self.source_type.as_deref() != Some("svn") => {
                format!(
                    "{} {}",
                    self.pretty_version,
                    commit.get(..7).unwrap_or(commit)
                )
            }
            Some(commit) => format!("{} {commit}", self.pretty_version),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::package::loader;
    use crate::resolve::candidate::Origin;
    use serde_json::json;

    fn package(name: &str, version: &str, commit: &str) -> Arc<Package> {
        let source = json!({"type": "git", "url": "https://example.org", "reference": commit});
        let entry = json!({"name": name, "version": version, "source": source});
        Arc::new(loader::load(Arc::new(entry)).unwrap())
    }

    #[test]
    fn operations_read_as_composer_s() {
        let commit = |digit: &str| digit.repeat(40);
        let locked = LockedPackages {
            packages: vec![
                package("a/up", "1.0.0", ""),
                package("a/down", "2.0.0", ""),
                package("a/gone", "1.0.0", ""),
                package("a/branch", "dev-main", &commit("1")),
                package("a/moved", "v1.0", "1"),
                package("a/same", "1.0", "1"),
            ],
            ..LockedPackages::default()
        };
        let chosen = |package: Arc<Package>| Chosen {
            package,
            origin: Origin::Repository(0),
            reference: None,
        };
        let update = Update {
            packages: vec![
                chosen(package("a/up", "1.1.0", "")),
                chosen(package("a/down", "1.0.0", "")),
                chosen(package("a/branch", "dev-main", &commit("2"))),
                chosen(package("a/moved", "v1.0", "2")),
                chosen(package("a/same", "1.0", "1")),
            ],
            packages_dev: vec![chosen(package("a/new", "1.0.0", ""))],
            ..Update::default()
        };
        let operations = Operations::new(Some(&locked), &update, false);
        let lines: Vec<String> = operations.list.iter().map(Operation::to_string).collect();
        assert_eq!(
            lines,
            [
                "Removing a/gone (1.0.0)",
                "Upgrading a/branch (dev-main 1111111 => dev-main 2222222)",
                "Downgrading a/down (2.0.0 => 1.0.0)",
                "Upgrading a/moved (v1.0 1 => v1.0 2)",
                "Locking a/new (1.0.0)",
                "Upgrading a/up (1.0.0 => 1.1.0)",
            ]
        );
        assert_eq!(
            operations.summary(),
            "Lock file operations: 1 install, 4 updates, 1 removal"
        );
        let operations = Operations::new(Some(&locked), &update, true);
        assert_eq!((operations.list.len(), operations.refreshed), (4, 2));
    }
}
