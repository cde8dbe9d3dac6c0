//! Which packages of a lock are extensions, and how many stay as they are: what a plan's changes alone do not tell.

use crate::distribution::is_core;
use crate::plan::{Edit, Plan};
use composer_engine::format::version::moves_with_its_branch;
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
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

/// The lists of a lock. All else in it is passed over without being made.
#[derive(Deserialize)]
struct Lists<'t> {
    #[serde(borrow, default)]
    packages: Option<Vec<Entry<'t>>>,
    #[serde(borrow, default, rename = "packages-dev")]
    packages_dev: Option<Vec<Entry<'t>>>,
}

/// What is read of an entry.
#[derive(Deserialize)]
struct Entry<'t> {
    #[serde(borrow, default)]
    name: Cow<'t, str>,
    #[serde(borrow, default)]
    version: Cow<'t, str>,
    #[serde(borrow, default, rename = "type")]
    kind: Cow<'t, str>,
    #[serde(borrow, default)]
    source: Option<Place<'t>>,
    #[serde(borrow, default)]
    dist: Option<Place<'t>>,
}

/// Where the files of a package come from.
#[derive(Deserialize)]
struct Place<'t> {
    #[serde(borrow, default)]
    reference: Option<Cow<'t, str>>,
}

impl Lists<'_> {
    /// What can be made of a lock in which something is of another type than it should be.
    fn leniently(lock: &Value) -> Self {
        let text = |entry: &Value, key: &str| -> Cow<'static, str> {
            let text = entry.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned().into()
        };
        let list = |key: &str| {
            let place = |entry: &Value, key: &str| {
                let reference = text(entry.get(key)?, "reference");
                (!reference.is_empty()).then_some(Place {
                    reference: Some(reference),
                })
            };
            let entries = lock.get(key)?.as_array()?.iter().map(|entry| Entry {
                name: text(entry, "name"),
                version: text(entry, "version"),
                kind: text(entry, "type"),
                source: place(entry, "source"),
                dist: place(entry, "dist"),
            });
            Some(entries.collect())
        };
        Lists {
            packages: list("packages"),
            packages_dev: list("packages-dev"),
        }
    }
}

/// What a lock says of a package.
#[derive(PartialEq, Eq)]
struct Locked {
    version: String,
    /// The commit, for a branch.
    commit: Option<String>,
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

    /// What a plan that writes a lock says of itself; none of one that knows nothing of its store.
    pub fn told_by(plan: &Plan) -> Option<Self> {
        let background = &plan.background;
        if !background.knows_packages() || Self::lock_edit(plan).is_none() {
            return None;
        }
        let extensions = background.extensions.iter();
        Some(Self {
            extensions: extensions.map(|extension| extension.name.clone()).collect(),
            kept_extensions: background.kept.extensions,
            kept_libraries: background.kept.libraries,
        })
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

/// The packages of a lock that are not of the core, by name. A lock that is none in some place has none.
fn packages(lock: &[u8]) -> BTreeMap<String, Locked> {
    let usual: Option<Lists<'_>> = serde_json::from_slice(lock).ok();
    let lenient = || Some(Lists::leniently(&serde_json::from_slice(lock).ok()?));
    let lists = usual
        .or_else(lenient)
        .map(|lists| [lists.packages, lists.packages_dev]);
    let mut found = BTreeMap::new();
    for package in lists.into_iter().flatten().flatten().flatten() {
        if package.name.is_empty() || is_core(&package.name) {
            continue;
        }
        let reference = |place: Option<Place<'_>>| Some(place?.reference?.into_owned());
        let commit = || reference(package.source).or_else(|| reference(package.dist));
        let locked = Locked {
            commit: match moves_with_its_branch(&package.version) {
                true => commit(),
                false => None,
            },
            is_extension: is_extension_type(&package.kind),
            version: package.version.into_owned(),
        };
        found.insert(package.name.into_owned(), locked);
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
        let branch = |commit: &str| {
            let package =
                json!({"name": "acme/next", "version": "3.x-dev", "source": {"reference": commit}});
            lock(json!([package]), json!([]))
        };
        let refreshed = Census::of(branch("0a").as_bytes(), Some(&branch("0b")));
        assert_eq!(refreshed.kept_libraries, 0);
        let same = Census::of(branch("0a").as_bytes(), Some(&branch("0a")));
        assert_eq!(same.kept_libraries, 1);
        assert_eq!(Census::of(b"<<<<", None), Census::default());
        let odd = lock(
            json!([{"name": "acme/a", "version": 1, "type": null}, 7, module("acme/blog", "1.0")]),
            json!({}),
        );
        let odd = Census::of(odd.as_bytes(), None);
        assert_eq!((odd.kept_extensions, odd.kept_libraries), (1, 1));
    }
}
