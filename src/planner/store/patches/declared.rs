//! Patches as `extra.patches`, a patches file and their plugins' many notations declare them.

use crate::planner::store::patches::base::Parts;
use crate::planner::store::patches::owner::Owner;
use composer_engine::format::constraint::Constraint;
use serde_json::{Map, Value};

/// One patch for one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    /// The package it is for, as written.
    pub package: String,
    /// A path or a URL, as written.
    pub source: String,
    /// Where it lies in the store; none when it is fetched, or when it cannot be told.
    pub path: Option<String>,
    /// How many leading folders of its paths are left out (`depth`, `level`), when it says so.
    pub level: Option<usize>,
    /// Whether a checksum of its text is declared with it.
    pub has_checksum: bool,
    /// What must be installed for the patch to be applied.
    pub conditions: Vec<Condition>,
    /// The file or the package that declares it.
    pub file: String,
}

/// A package that must be there in one of some versions, or must not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    /// Lower-cased.
    pub package: String,
    /// As written.
    pub constraint: String,
    /// Whether the patch is for who does not have it (`!acme/cart`).
    pub is_negated: bool,
}

impl Condition {
    /// A condition as it is written: `!` before the name turns it around.
    pub(super) fn of(name: &str, constraint: &str) -> Self {
        let (name, is_negated) = match name.strip_prefix('!') {
            Some(name) => (name, true),
            None => (name, false),
        };
        Self {
            package: name.to_ascii_lowercase(),
            constraint: constraint.to_owned(),
            is_negated,
        }
    }
}

impl Declared {
    /// Whether it is fetched rather than read from the store.
    pub(super) fn is_remote(&self) -> bool {
        self.source.contains("://")
    }
}

/// What vaimo/composer-patches takes as a word for "do not apply this one" at the end of a source.
const SKIP: &str = "#skip";

/// Keys whose objects hold what all patches beside them have, unless they say otherwise.
const SHARED: &str = "_config";

/// The patches of an object from packages to patches. Understood are the notations of cweagans/composer-patches 1
/// (description → source) and 2 (a list of objects), and of vaimo/composer-patches: a source, versions → sources, or an
/// object with `source` (one, or versions → sources), `targets`, `depends`, `version`, `level` and `skip`; `_config` beside
/// packages or descriptions; versions in place of a source, where `patches-base` makes the path from the description.
/// Patches that are skipped are left out.
pub(super) fn patches(packages: &Map<String, Value>, owner: &Owner) -> Vec<Declared> {
    let mut all = Vec::new();
    let shared = shared(packages, &Map::new());
    for (package, patches) in packages {
        // Comments.
        if package.starts_with('_') {
            continue;
        }
        let mut reader = Reader {
            owner,
            package: package.to_ascii_lowercase(),
            label: String::new(),
            all: &mut all,
        };
        match patches {
            Value::Array(list) => list
                .iter()
                .for_each(|patch| reader.read(patch, "", &shared)),
            Value::Object(by_description) => {
                let shared = self::shared(by_description, &shared);
                for (description, patch) in by_description {
                    if description != SHARED {
                        reader.read(patch, description, &shared);
                    }
                }
            }
            other => reader.read(other, "", &shared),
        }
    }
    all
}

/// What the patches in an object share: its `_config` over that of the object around it.
fn shared(members: &Map<String, Value>, outer: &Map<String, Value>) -> Map<String, Value> {
    let mut shared = outer.clone();
    let own = members.get(SHARED).and_then(Value::as_object);
    shared.extend(own.cloned().into_iter().flatten());
    shared
}

struct Reader<'a> {
    owner: &'a Owner,
    /// Lower-cased.
    package: String,
    /// The description of the patch that is read.
    label: String,
    all: &'a mut Vec<Declared>,
}

impl Reader<'_> {
    fn read(&mut self, patch: &Value, description: &str, shared: &Map<String, Value>) {
        let label = patch.get("label").and_then(Value::as_str);
        label.unwrap_or(description).clone_into(&mut self.label);
        match patch {
            // A version alone: the path is made from the description.
            Value::String(version) if self.owner.has_base && is_constraint(version) => {
                self.versions(&[version.as_str()], description, shared);
            }
            Value::String(source) => self.fields(
                &Map::from_iter([("source".to_owned(), Value::from(source.as_str()))]),
                shared,
            ),
            Value::Array(list) => {
                let versions: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
                if versions.iter().all(|version| is_constraint(version)) {
                    self.versions(&versions, description, shared);
                }
            }
            Value::Object(fields) => self.fields(fields, shared),
            _ => {}
        }
    }

    fn versions(&mut self, versions: &[&str], description: &str, shared: &Map<String, Value>) {
        for version in versions {
            let mut fields = shared.clone();
            fields.insert("version".to_owned(), Value::from(*version));
            self.push(description, None, &fields);
        }
    }

    /// A patch with its fields over the shared ones.
    fn fields(&mut self, own: &Map<String, Value>, shared: &Map<String, Value>) {
        let source = ["source", "url", "path"]
            .into_iter()
            .find_map(|key| own.get(key));
        let mut fields = shared.clone();
        fields.extend(own.clone());
        let versions: Vec<&str> = match own.get("version") {
            Some(Value::Array(versions)) => versions.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        match source {
            // Whichever version fits makes the path.
            Some(Value::String(source)) if !versions.is_empty() => {
                for version in versions {
                    fields.insert("version".to_owned(), Value::from(version));
                    self.push(source, None, &fields);
                }
            }
            Some(Value::String(source)) => self.push(source, None, &fields),
            Some(Value::Object(branches)) => self.branches(branches, &fields),
            _ => self.branches(own, &fields),
        }
    }

    /// Versions, each with the patch for it.
    fn branches(&mut self, branches: &Map<String, Value>, fields: &Map<String, Value>) {
        for (version, branch) in branches {
            if !is_constraint(version) {
                continue;
            }
            match branch {
                Value::String(source) => self.push(source, Some(version), fields),
                Value::Object(own) => {
                    let mut fields = fields.clone();
                    fields.extend(own.clone());
                    if let Some(source) = own.get("source").and_then(Value::as_str) {
                        self.push(source, Some(version), &fields);
                    }
                }
                _ => {}
            }
        }
    }

    fn push(&mut self, source: &str, version: Option<&str>, fields: &Map<String, Value>) {
        let text = |key: &str| fields.get(key).and_then(Value::as_str);
        let is_skipped = fields.get("skip").is_some_and(|skip| {
            !matches!(skip, Value::Null | Value::Bool(false)) && skip.as_str() != Some("")
        });
        if is_skipped || source.ends_with(SKIP) {
            return;
        }
        let targets: Vec<String> = match fields.get("targets") {
            Some(Value::Array(targets)) if !targets.is_empty() => targets
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_ascii_lowercase)
                .collect(),
            _ => vec![self.package.clone()],
        };
        // In vaimo/composer-patches the level may be written as text.
        let level = ["level", "depth"].into_iter().find_map(|key| {
            let level = fields.get(key)?;
            level.as_u64().or_else(|| level.as_str()?.parse().ok())
        });
        for package in targets {
            let mut conditions = self.conditions(fields, version);
            conditions.dedup();
            self.all.push(Declared {
                source: source.to_owned(),
                path: self.owner.path(Parts {
                    file: source,
                    package: &package,
                    label: &self.label,
                    version: conditions.first().map(|(_, version)| version.as_str()),
                }),
                level: level
                    .and_then(|level| usize::try_from(level).ok())
                    .or_else(|| self.owner.level_of(&package)),
                has_checksum: ["sha1", "sha256", "hash"]
                    .into_iter()
                    .any(|key| text(key).is_some_and(|checksum| !checksum.is_empty())),
                conditions: conditions
                    .iter()
                    .map(|(name, constraint)| Condition::of(name, constraint))
                    .collect(),
                file: self.owner.name.clone(),
                package,
            });
        }
    }

    /// The conditions of `depends`, of `version`, and of the branch.
    fn conditions(
        &self,
        fields: &Map<String, Value>,
        branch: Option<&str>,
    ) -> Vec<(String, String)> {
        let named = |(package, constraint): (&String, &Value)| {
            Some((
                package.to_ascii_lowercase(),
                constraint.as_str()?.to_owned(),
            ))
        };
        let mut conditions: Vec<(String, String)> = Vec::new();
        // Versions that do not say of what.
        let mut versions: Vec<&str> = branch.into_iter().collect();
        match fields.get("version") {
            Some(Value::Object(version)) => conditions.extend(version.iter().filter_map(named)),
            Some(Value::String(version)) => versions.push(version),
            _ => {}
        }
        match fields.get("depends") {
            Some(Value::Object(depends)) => conditions.extend(depends.iter().filter_map(named)),
            Some(Value::String(package)) => {
                let package = package.to_ascii_lowercase();
                if versions.is_empty() {
                    versions.push("*");
                }
                conditions.extend(
                    versions
                        .drain(..)
                        .map(|version| (package.clone(), version.to_owned())),
                );
            }
            _ => {}
        }
        let package = self.owner.depends.of(&self.package);
        conditions.extend(
            versions
                .into_iter()
                .map(|version| (package.clone(), version.to_owned())),
        );
        conditions
    }
}

/// Whether a key or a value is a constraint rather than a description or a path.
fn is_constraint(text: &str) -> bool {
    let begins = text
        .trim_start()
        .starts_with(|first: char| "<>=~^*!v".contains(first) || first.is_ascii_digit());
    begins && !text.contains(['/', '\\']) && Constraint::parse(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    type Conditions = Vec<(String, String)>;

    fn all(patches_of: Value) -> Vec<(String, String, Option<usize>, Conditions)> {
        of(patches_of, json!({}))
    }

    fn of(patches_of: Value, extra: Value) -> Vec<(String, String, Option<usize>, Conditions)> {
        let owner = Owner::root(&json!({"extra": extra}), "f");
        patches(patches_of.as_object().unwrap(), &owner)
            .into_iter()
            .map(|patch| {
                let conditions = patch.conditions.into_iter().map(|condition| {
                    let not = if condition.is_negated { "!" } else { "" };
                    (format!("{not}{}", condition.package), condition.constraint)
                });
                let conditions = conditions.collect();
                (patch.package, patch.source, patch.level, conditions)
            })
            .collect()
    }

    fn condition(package: &str, version: &str) -> Conditions {
        vec![(package.to_owned(), version.to_owned())]
    }

    fn patch(
        package: &str,
        source: &str,
        level: Option<usize>,
        conditions: Conditions,
    ) -> (String, String, Option<usize>, Conditions) {
        (package.to_owned(), source.to_owned(), level, conditions)
    }

    #[test]
    fn every_notation_is_read() {
        assert_eq!(
            all(json!({
                "a/one": {"why": "1.patch"},
                "a/two": ["2.patch", {"description": "d", "url": "https://x/3.patch", "depth": 4, "sha256": "00"}],
                "a/three": {"why": {"source": "4.patch", "version": ">=1", "level": "0"}},
                "a/four": {"why": {"source": "5.patch", "depends": {"magento/framework": "^103"}}},
                "a/five": {"why": {"^1.0": "6.patch", "link": "https://x"}},
                "*": {"why": {"source": "7.patch", "targets": ["a/six", "A/Seven"]}},
                "a/odd": {"why": 1, "x": null}, "a/none": 3, "_why": "a comment",
            })),
            [
                patch("a/one", "1.patch", None, vec![]),
                patch("a/two", "2.patch", None, vec![]),
                patch("a/two", "https://x/3.patch", Some(4), vec![]),
                patch("a/three", "4.patch", Some(0), condition("a/three", ">=1")),
                patch(
                    "a/four",
                    "5.patch",
                    None,
                    condition("magento/framework", "^103")
                ),
                patch("a/five", "6.patch", None, condition("a/five", "^1.0")),
                patch("a/six", "7.patch", None, vec![]),
                patch("a/seven", "7.patch", None, vec![]),
            ]
        );
    }

    #[test]
    fn branches_and_shared_settings() {
        assert_eq!(
            all(json!({
                "_config": {"level": 2, "version": ">0"},
                "a/one": {"why": {"source": {">=1 <2": "1.patch", ">=2": "2.patch"}, "version": {"b/b": "^3"}}},
                "a/two": {"_config": {"version": "^5"}, "why": "3.patch", "own": {"source": "4.patch", "version": "^6"}},
            })),
            [
                patch(
                    "a/one",
                    "1.patch",
                    Some(2),
                    [condition("b/b", "^3"), condition("a/one", ">=1 <2")].concat()
                ),
                patch(
                    "a/one",
                    "2.patch",
                    Some(2),
                    [condition("b/b", "^3"), condition("a/one", ">=2")].concat()
                ),
                patch("a/two", "3.patch", Some(2), condition("a/two", "^5")),
                patch("a/two", "4.patch", Some(2), condition("a/two", "^6")),
            ]
        );
    }

    #[test]
    fn a_package_that_must_not_be_there() {
        assert_eq!(
            all(json!({"a/a": {"why": {"source": "1.patch", "depends": {"!B/b": ">=1"}}}})),
            [patch("a/a", "1.patch", None, condition("!b/b", ">=1"))]
        );
    }

    #[test]
    fn levels_are_set_for_packages_and_for_all() {
        let declared = json!({"a/a": {"why": "1.patch"}, "b/b": [{"url": "2.patch", "depth": 3}], "c/c": {"why": "3.patch"}});
        let levels = |extra: Value| -> Vec<Option<usize>> {
            let all = of(declared.clone(), extra).into_iter();
            all.map(|(_, _, level, _)| level).collect()
        };
        let first = json!({"patchLevel": {"a/a": "-p2", "b/b": "-p1"}});
        assert_eq!(levels(first), [Some(2), Some(3), None]);
        let second =
            json!({"composer-patches": {"package-depths": {"a/a": 2}, "default-patch-depth": 4}});
        assert_eq!(levels(second), [Some(2), Some(3), Some(4)]);
    }

    #[test]
    fn skipped_patches_are_none() {
        assert_eq!(
            all(json!({"a/a": {
                "one": "1.patch#skip",
                "two": {"source": "2.patch", "skip": true},
                "three": {"^1": "3.patch#skip"},
                "four": {"source": "4.patch", "skip": false},
            }})),
            [patch("a/a", "4.patch", None, vec![])]
        );
    }

    #[test]
    fn versions_without_a_package_may_be_of_another_one() {
        let declared = json!({
            "a/one": {"why": {"^2.4": "1.patch"}},
            "b/one": {"why": {"source": "2.patch", "version": "^1", "depends": {"c/c": "^3"}}},
        });
        let expected = |one: &str, other: &str| {
            [
                patch("a/one", "1.patch", None, condition(one, "^2.4")),
                patch(
                    "b/one",
                    "2.patch",
                    None,
                    [condition("c/c", "^3"), condition(other, "^1")].concat(),
                ),
            ]
        };
        for (extra, one, other) in [
            (json!({"patches-depend": "m/Meta"}), "m/meta", "m/meta"),
            (
                json!({"patcher": {"depends": {"a/*": "m/meta"}}}),
                "m/meta",
                "b/one",
            ),
            (
                json!({"patches-depend": {"default": "m/all", "b/*": "m/meta", "*": "m/bundle"}}),
                "m/all",
                "m/meta",
            ),
        ] {
            assert_eq!(of(declared.clone(), extra), expected(one, other));
        }
    }

    #[test]
    fn versions_make_paths_with_a_base() {
        let base = json!({"patches-base": "patches/{{version}}/{{label}}"});
        let declared = json!({"a/a": {"fix.patch": "1.2.3", "more.patch": [">=1 <2", ">=2"]}});
        assert_eq!(
            of(declared, base),
            [
                patch("a/a", "fix.patch", None, condition("a/a", "1.2.3")),
                patch("a/a", "more.patch", None, condition("a/a", ">=1 <2")),
                patch("a/a", "more.patch", None, condition("a/a", ">=2")),
            ]
        );
    }
}
