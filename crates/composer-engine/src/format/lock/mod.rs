//! A composer.lock that exists: read, never forgotten a key of.

pub mod content_hash;
pub mod contents;
pub mod entry;

use super::json::error::{JsonError, JsonErrorKind};
use super::json::php_json;
use super::json::style::detect_indent;
use crate::format::package::loader::{LoadError, load_with};
use crate::format::package::{DocumentFields, Metadata, Package};
use serde_json::Value;
use std::sync::Arc;
use thiserror::Error;

/// The `plugin-api-version` of the newest Composer (2.9 and 2.10).
const NEWEST_PLUGIN_API: &str = "2.9.0";

/// A lock as Composer 1 or 2 wrote it.
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    value: Arc<Value>,
    indent: String,
}

/// Why a text is no lock.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LockError {
    /// Also for a file of 0 bytes, one with conflict markers and one with a byte order mark; the kind tells.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// This section is no list.
    #[error("`{0}` is not a list")]
    NotAList(&'static str),
    /// The place is 0-based.
    #[error("`{section}[{index}]` has no name or no version")]
    NotAPackage {
        /// `packages` or `packages-dev`.
        section: &'static str,
        /// Its place, from 0.
        index: usize,
    },
}

/// How a new text for a lock is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockStyle {
    /// One level; Composer 2.6 and later keep that of the file.
    pub indent: String,
    /// Whether empty `stability-flags`, `platform` and `platform-dev` are `[]`, as before Composer 2.8, or `{}`.
    /// Stability flags are in the order of composer.json then, else sorted.
    pub empty_maps_as_list: bool,
    /// Composer writes its own and checks none, so a lock keeps what it has.
    pub plugin_api_version: String,
}

impl Default for LockStyle {
    /// That of a new lock.
    fn default() -> Self {
        LockStyle {
            indent: "    ".to_owned(),
            empty_maps_as_list: false,
            plugin_api_version: NEWEST_PLUGIN_API.to_owned(),
        }
    }
}

/// A root alias (`"a/b": "dev-main as 1.0.0"`) that is locked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LockedAlias {
    /// The package that has another name for its version.
    pub package: String,
    /// Normalised.
    pub version: String,
    /// The version that it stands for, as it is written.
    pub alias: String,
    /// The same, normalised.
    pub alias_normalized: String,
}

impl Lock {
    /// Reads the text of a composer.lock. `{}` is a lock that [locks nothing](Lock::is_empty); every package of any other
    /// has a name and a version, both strings.
    pub fn parse(text: &str) -> Result<Self, LockError> {
        let value = php_json::decode(text)?;
        if !value.is_object() && value != Value::Array(Vec::new()) {
            return Err(JsonError::at(text, 0, JsonErrorKind::NotAnObject).into());
        }
        let indent = detect_indent(text).unwrap_or("    ").to_owned();
        Lock::of(Arc::new(value), indent)
    }

    /// The lock whose data are these, written with `indent` for a level. Fails when its packages are no packages.
    pub fn of(value: Arc<Value>, indent: String) -> Result<Self, LockError> {
        for section in ["packages", "packages-dev"] {
            let packages = match value.get(section) {
                None | Some(Value::Null) => continue,
                Some(packages) => list(packages).ok_or(LockError::NotAList(section))?,
            };
            let broken = packages.iter().position(|package| {
                string(package, "name")
                    .and(string(package, "version"))
                    .is_none()
            });
            if let Some(index) = broken {
                return Err(LockError::NotAPackage { section, index });
            }
        }
        Ok(Lock { value, indent })
    }

    /// The whole lock, with every key it has.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Whether there is no list of packages at all. Composer then works as if there were no lock.
    pub fn is_empty(&self) -> bool {
        self.value.get("packages").is_none_or(Value::is_null)
    }

    /// The entries of `packages`, in their order.
    pub fn packages(&self) -> impl Iterator<Item = &Value> {
        self.section("packages")
    }

    /// Empty also when the lock was made without the root's `require-dev` (`"packages-dev": null`).
    pub fn packages_dev(&self) -> impl Iterator<Item = &Value> {
        self.section("packages-dev")
    }

    fn section(&self, key: &str) -> impl Iterator<Item = &Value> {
        entries(&self.value, key).iter()
    }

    /// The packages that the entries of `packages` are. Fails when one cannot be loaded.
    pub fn load_packages(&self) -> Result<Vec<Arc<Package>>, LoadError> {
        self.load("packages")
    }

    /// The packages that the entries of `packages-dev` are. Fails when one cannot be loaded.
    pub fn load_packages_dev(&self) -> Result<Vec<Arc<Package>>, LoadError> {
        self.load("packages-dev")
    }

    fn load(&self, section: &'static str) -> Result<Vec<Arc<Package>>, LoadError> {
        let document: Arc<dyn DocumentFields> = Arc::new(Section {
            lock: self.value.clone(),
            section,
        });
        let packages = self.section(section).enumerate().map(|(index, entry)| {
            let document = document.clone();
            load_with(entry, Metadata::Document { document, index }).map(Arc::new)
        });
        packages.collect()
    }

    /// `content-hash`, which tells whether the lock belongs to the root.
    pub fn content_hash(&self) -> Option<&str> {
        string(&self.value, "content-hash")
    }

    /// The inline aliases of the root that the lock was made for.
    pub fn aliases(&self) -> Vec<LockedAlias> {
        let text = |alias: &Value, key| string(alias, key).map(str::to_owned);
        let aliases = self.section("aliases").filter_map(|alias| {
            Some(LockedAlias {
                package: text(alias, "package")?,
                version: text(alias, "version")?,
                alias: text(alias, "alias")?,
                alias_normalized: text(alias, "alias_normalized")?,
            })
        });
        aliases.collect()
    }

    /// `stable` when the lock does not say.
    pub fn minimum_stability(&self) -> &str {
        string(&self.value, "minimum-stability").unwrap_or("stable")
    }

    /// Package name to stability: 20 dev, 15 alpha, 10 beta, 5 RC, 0 stable.
    pub fn stability_flags(&self) -> impl Iterator<Item = (&str, u64)> {
        self.map("stability-flags")
            .filter_map(|(name, flag)| Some((name, flag.as_u64()?)))
    }

    /// None in locks that are older than the setting.
    pub fn prefer_stable(&self) -> Option<bool> {
        self.value.get("prefer-stable")?.as_bool()
    }

    /// None in locks that are older than the setting.
    pub fn prefer_lowest(&self) -> Option<bool> {
        self.value.get("prefer-lowest")?.as_bool()
    }

    /// The platform packages that the root's `require` names, with their constraints.
    pub fn platform(&self) -> impl Iterator<Item = (&str, &str)> {
        self.map("platform")
            .filter_map(|(name, constraint)| Some((name, constraint.as_str()?)))
    }

    /// The platform packages that the root's `require-dev` names, with their constraints.
    pub fn platform_dev(&self) -> impl Iterator<Item = (&str, &str)> {
        self.map("platform-dev")
            .filter_map(|(name, constraint)| Some((name, constraint.as_str()?)))
    }

    /// `config.platform` of the root: a version, or false for a package that is hidden.
    pub fn platform_overrides(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.map("platform-overrides")
    }

    /// None in locks of Composer 1.0 to 1.9.
    pub fn plugin_api_version(&self) -> Option<&str> {
        string(&self.value, "plugin-api-version")
    }

    /// How a new text for this lock is written: as this one is, except that a lock of Composer 1 gets everything but its
    /// indentation from a new one.
    pub fn style(&self) -> LockStyle {
        let new = LockStyle {
            indent: self.indent.clone(),
            ..LockStyle::default()
        };
        match self.plugin_api_version() {
            None => new,
            Some(version) if version.starts_with("1.") => new,
            Some(version) => LockStyle {
                empty_maps_as_list: self.has_lists_for_maps(version),
                plugin_api_version: version.to_owned(),
                ..new
            },
        }
    }

    fn has_lists_for_maps(&self, plugin_api_version: &str) -> bool {
        let maps = ["stability-flags", "platform", "platform-dev"]
            .into_iter()
            .filter_map(|key| self.value.get(key));
        let mut empty = maps.filter(|map| list(map).is_some_and(<[Value]>::is_empty));
        match empty.next() {
            Some(map) => map.is_array(),
            None => {
                // None of them is empty; plugin API 2.6.0 belongs to Composer 2.6 to 2.8.
                let version: Vec<u32> = plugin_api_version
                    .split('.')
                    .map_while(|part| part.parse().ok())
                    .collect();
                version.as_slice() < [2, 6].as_slice()
            }
        }
    }

    /// The entries of a map; `[]` is an empty one.
    fn map(&self, key: &str) -> impl Iterator<Item = (&str, &Value)> {
        let map = self.value.get(key).and_then(Value::as_object);
        map.into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value))
    }
}

/// Whether two locks say the same to Composer, which then leaves the file alone: the same data in the same order,
/// whatever the formatting (`Locker::setLockData`).
pub fn same_data(a: &Value, b: &Value) -> bool {
    php_json::same_arrays(a, b)
}

/// The packages of a section, which stay where they are: a lock is large.
#[derive(Debug)]
struct Section {
    lock: Arc<Value>,
    section: &'static str,
}

impl Section {
    fn entry(&self, index: usize) -> Option<&Value> {
        entries(&self.lock, self.section).get(index)
    }
}

impl DocumentFields for Section {
    fn field(&self, index: usize, key: &str) -> Option<Value> {
        self.entry(index)?.get(key).cloned()
    }

    fn to_value(&self, index: usize) -> Value {
        self.entry(index).cloned().unwrap_or_default()
    }
}

fn entries<'v>(lock: &'v Value, section: &str) -> &'v [Value] {
    lock.get(section).and_then(list).unwrap_or_default()
}

fn string<'v>(object: &'v Value, key: &str) -> Option<&'v str> {
    object.get(key)?.as_str()
}

/// The items of a list; `{}` is an empty one to PHP.
fn list(value: &Value) -> Option<&[Value]> {
    match value {
        Value::Array(items) => Some(items),
        Value::Object(object) if object.is_empty() => Some(&[]),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(text: &str) -> Lock {
        Lock::parse(text).unwrap()
    }

    fn kind(text: &str) -> JsonErrorKind {
        match Lock::parse(text) {
            Err(LockError::Json(error)) => error.kind,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn packages_are_loaded_where_they_stand() {
        let text = r#"{"packages": [{"name": "acme/A", "version": "1.0.0"}],
            "packages-dev": [{"name": "acme/b", "version": "dev-main", "default-branch": true, "extra": {"x": 1}}]}"#;
        let lock = Lock::parse(text).unwrap();
        let [packages, dev] = [lock.load_packages(), lock.load_packages_dev()].map(Result::unwrap);
        assert_eq!((&*packages[0].name, packages.len()), ("acme/a", 1));
        let alias = dev[0].branch_alias.as_ref().unwrap();
        assert_eq!(alias.version.as_str(), "9999999-dev");
        let entry = lock.packages_dev().next().unwrap();
        assert_eq!(dev[0].metadata.to_value(), *entry);
        assert_eq!(dev[0].metadata.get("extra"), entry.get("extra").cloned());
        let odd = Lock::parse(r#"{"packages": [{"name": "acme/a", "version": "x y"}]}"#).unwrap();
        assert!(odd.load_packages().is_err());
    }

    #[test]
    fn nothing_locked_is_not_broken() {
        assert!(lock("{}").is_empty());
        assert!(lock("[]").is_empty());
        assert!(!lock(r#"{"packages": []}"#).is_empty());
        assert_eq!(
            lock(r#"{"packages": [], "packages-dev": null}"#)
                .packages_dev()
                .count(),
            0
        );
    }

    #[test]
    fn what_is_broken_is_named() {
        assert_eq!(kind(""), JsonErrorKind::Empty);
        assert_eq!(kind("\u{feff}{}"), JsonErrorKind::ByteOrderMark);
        assert_eq!(kind("{\n<<<<<<< HEAD\n}"), JsonErrorKind::ConflictMarker);
        assert_eq!(kind("[1]"), JsonErrorKind::NotAnObject);
        assert_eq!(
            Lock::parse(r#"{"packages": 1}"#),
            Err(LockError::NotAList("packages"))
        );
        let nameless = r#"{"packages": [{"name": "a/a", "version": "1"}, {"name": "b/b"}]}"#;
        assert_eq!(
            Lock::parse(nameless),
            Err(LockError::NotAPackage {
                section: "packages",
                index: 1
            })
        );
    }

    #[test]
    fn settings_are_read_in_both_styles() {
        let old = lock(
            r#"{"packages": [], "stability-flags": [], "platform": {"php": "~8.1"}, "aliases": []}"#,
        );
        assert_eq!(old.stability_flags().count(), 0);
        assert_eq!(old.platform().collect::<Vec<_>>(), [("php", "~8.1")]);
        assert_eq!(
            (old.minimum_stability(), old.prefer_stable()),
            ("stable", None)
        );
        let new = lock(
            r#"{"packages": [], "stability-flags": {"a/a": 20}, "platform-overrides": {"ext-x": false}, "prefer-stable": true,
            "aliases": [{"package": "a/a", "version": "9999999-dev", "alias": "1.0", "alias_normalized": "1.0.0.0"}]}"#,
        );
        assert_eq!(new.stability_flags().collect::<Vec<_>>(), [("a/a", 20)]);
        assert_eq!(
            new.platform_overrides().collect::<Vec<_>>(),
            [("ext-x", &Value::Bool(false))]
        );
        assert_eq!(
            new.aliases().first().map(|alias| alias.alias.as_str()),
            Some("1.0")
        );
    }

    #[test]
    fn the_style_of_composer_2_is_kept() {
        let style = |text: &str| {
            let style = lock(text).style();
            (
                style.indent,
                style.empty_maps_as_list,
                style.plugin_api_version,
            )
        };
        let expect =
            |indent: &str, lists, version: &str| (indent.to_owned(), lists, version.to_owned());
        assert_eq!(
            style(r#"{"plugin-api-version": "2.6.0", "platform": []}"#),
            expect("    ", true, "2.6.0")
        );
        assert_eq!(
            style("{\n\t\"plugin-api-version\": \"2.9.0\", \"platform\": {}}"),
            expect("\t", false, "2.9.0")
        );
        assert_eq!(
            style(r#"{"plugin-api-version": "2.3.0"}"#),
            expect("    ", true, "2.3.0")
        );
        assert_eq!(
            style(r#"{"plugin-api-version": "1.1.0", "platform": []}"#),
            expect("    ", false, "2.9.0")
        );
        assert_eq!(style(r#"{"platform": []}"#), expect("    ", false, "2.9.0"));
    }
}
