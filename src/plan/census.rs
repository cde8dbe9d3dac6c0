//! Which packages of a lock are extensions, and how many stay as they are: what a plan's changes alone do not tell.

use crate::distribution::is_core;
use crate::plan::{Edit, Plan};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The packages outside the core, before and after a plan.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
    /// The names of all extensions on either side: packages of a type that Magento installs, and metapackages.
    pub extensions: BTreeSet<String>,
    /// How many extensions keep their version.
    pub kept_extensions: usize,
    /// How many other packages do.
    pub kept_libraries: usize,
}

/// What a lock says of a package.
#[derive(PartialEq, Eq)]
struct Locked {
    version: String,
    is_extension: bool,
}

impl Census {
    /// Counts what is in the lock that is there and in the one that the plan writes. A text that is no lock holds no packages;
    /// without a new one, the old one stays.
    pub fn of(before: &[u8], after: Option<&str>) -> Self {
        let before = packages(before);
        let after = after.map(|text| packages(text.as_bytes()));
        let after = after.as_ref().unwrap_or(&before);
        let both = before.iter().chain(after);
        let extensions = both
            .filter(|(_, locked)| locked.is_extension)
            .map(|(name, _)| name.clone())
            .collect();
        let kept = |wanted: bool| {
            let stays = |name: &String, locked: &Locked| after.get(name) == Some(locked);
            before
                .iter()
                .filter(|(name, locked)| locked.is_extension == wanted && stays(name, locked))
                .count()
        };
        Self {
            extensions,
            kept_extensions: kept(true),
            kept_libraries: kept(false),
        }
    }

    /// The edit that writes the lock of a plan, if one does.
    pub fn lock_edit(plan: &Plan) -> Option<&Edit> {
        plan.edits.iter().find(|edit| edit.path.ends_with(".lock"))
    }

    /// Whether the package of this name is an extension.
    pub fn is_extension(&self, name: &str) -> bool {
        self.extensions.contains(name)
    }
}

/// Whether packages of a type belong to Magento: those that it installs, and metapackages, which bring them along.
pub fn is_extension_type(kind: &str) -> bool {
    kind.starts_with("magento") || kind == "metapackage"
}

/// The packages of a lock that are not of the core, by name.
fn packages(lock: &[u8]) -> BTreeMap<String, Locked> {
    let lock: Value = serde_json::from_slice(lock).unwrap_or_default();
    let lists = ["packages", "packages-dev"].map(|key| lock.get(key).and_then(Value::as_array));
    let mut found = BTreeMap::new();
    for package in lists.into_iter().flatten().flatten() {
        let text = |key: &str| package.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = text("name");
        if name.is_empty() || is_core(name) {
            continue;
        }
        let kind = text("type");
        let locked = Locked {
            version: text("version").to_owned(),
            is_extension: is_extension_type(kind),
        };
        found.insert(name.to_owned(), locked);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn lock(packages: Value, dev: Value) -> String {
        json!({"packages": packages, "packages-dev": dev}).to_string()
    }

    #[test]
    fn extensions_are_told_from_libraries_and_what_stays_is_counted() {
        let module = |name: &str, version: &str| json!({"name": name, "version": version, "type": "magento2-module"});
        let library = |name: &str| json!({"name": name, "version": "1.0", "type": "library"});
        let before = lock(
            json!([
                module("acme/slider", "1.0"),
                module("acme/blog", "1.0"),
                module("magento/module-cms", "1"),
                library("laminas/laminas-http")
            ]),
            json!([library("phpunit/phpunit")]),
        );
        let after = lock(
            json!([
                module("acme/slider", "1.1"),
                module("acme/blog", "1.0"),
                library("laminas/laminas-http")
            ]),
            json!([]),
        );
        let census = Census::of(before.as_bytes(), Some(&after));
        assert_eq!((census.kept_extensions, census.kept_libraries), (1, 1));
        assert!(census.is_extension("acme/slider") && !census.is_extension("magento/module-cms"));
        let untouched = Census::of(before.as_bytes(), None);
        assert_eq!(
            (untouched.kept_extensions, untouched.kept_libraries),
            (2, 2)
        );
        assert_eq!(Census::of(b"<<<<", None), Census::default());
    }
}
