//! Patches as `extra.patches`, a patches file and their plugins' many notations declare them.

use serde_json::{Map, Value};

/// One patch for one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The package it is for, as written.
    pub package: String,
    /// A path in the store, or a URL.
    pub source: String,
    /// How many leading folders of its paths are left out (`depth`, `level`), when it says so.
    pub level: Option<usize>,
    /// Whether a checksum of its text is declared with it.
    pub has_checksum: bool,
    /// Packages and the versions that they must have for the patch to be applied, as written.
    pub conditions: Vec<(String, String)>,
    /// The file that declares it.
    pub file: String,
}

impl Declared {
    /// Whether it is fetched rather than read from the store.
    pub fn is_remote(&self) -> bool {
        self.source.contains("://")
    }
}

/// The patches of an object from packages to patches. Understood are the notations of cweagans/composer-patches 1
/// (description → source) and 2 (a list of objects), and of vaimo/composer-patches (a source or a version → source with
/// `targets`, `depends`, `version`, `level`).
pub fn patches(packages: &Map<String, Value>, file: &str) -> Vec<Declared> {
    let mut all = Vec::new();
    for (package, patches) in packages {
        let base = Declared {
            package: package.to_ascii_lowercase(),
            source: String::new(),
            level: None,
            has_checksum: false,
            conditions: Vec::new(),
            file: file.to_owned(),
        };
        match patches {
            Value::Array(list) => list.iter().for_each(|patch| read(patch, &base, &mut all)),
            Value::Object(by_description) => by_description
                .values()
                .for_each(|patch| read(patch, &base, &mut all)),
            other => read(other, &base, &mut all),
        }
    }
    all
}

fn read(patch: &Value, base: &Declared, all: &mut Vec<Declared>) {
    match patch {
        Value::String(source) => all.push(Declared {
            source: source.clone(),
            ..base.clone()
        }),
        Value::Object(fields) => read_object(fields, base, all),
        _ => {}
    }
}

fn read_object(fields: &Map<String, Value>, base: &Declared, all: &mut Vec<Declared>) {
    let text = |key: &str| fields.get(key).and_then(Value::as_str);
    let mut patch = base.clone();
    patch.level = ["level", "depth"]
        .into_iter()
        .find_map(|key| fields.get(key)?.as_u64())
        .and_then(|level| usize::try_from(level).ok());
    patch.has_checksum = ["sha1", "sha256", "hash"]
        .into_iter()
        .any(|key| text(key).is_some_and(|checksum| !checksum.is_empty()));
    let version = text("version");
    match fields.get("depends") {
        Some(Value::Object(depends)) => {
            patch
                .conditions
                .extend(depends.iter().filter_map(|(package, constraint)| {
                    Some((
                        package.to_ascii_lowercase(),
                        constraint.as_str()?.to_owned(),
                    ))
                }))
        }
        Some(Value::String(package)) => patch.conditions.push((
            package.to_ascii_lowercase(),
            version.unwrap_or("*").to_owned(),
        )),
        _ => patch
            .conditions
            .extend(version.map(|version| (base.package.clone(), version.to_owned()))),
    }
    let targets: Vec<&str> = match fields.get("targets") {
        Some(Value::Array(targets)) => targets.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let mut push = |source: &str, condition: Option<&str>| {
        let mut patch = patch.clone();
        patch.source = source.to_owned();
        patch
            .conditions
            .extend(condition.map(|version| (patch.package.clone(), version.to_owned())));
        if targets.is_empty() {
            all.push(patch);
        } else {
            all.extend(targets.iter().map(|target| Declared {
                package: target.to_ascii_lowercase(),
                ..patch.clone()
            }));
        }
    };
    match ["source", "url", "path"].into_iter().find_map(text) {
        Some(source) => push(source, None),
        // vaimo: version → source
        None => fields
            .iter()
            .filter(|(key, _)| {
                key.starts_with(|first: char| "<>=~^*!".contains(first) || first.is_ascii_digit())
            })
            .filter_map(|(version, source)| Some((version, source.as_str()?)))
            .for_each(|(version, source)| push(source, Some(version))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    type Conditions = Vec<(String, String)>;

    fn all(patches_of: Value) -> Vec<(String, String, Option<usize>, Conditions)> {
        patches(patches_of.as_object().unwrap(), "f")
            .into_iter()
            .map(|patch| (patch.package, patch.source, patch.level, patch.conditions))
            .collect()
    }

    #[test]
    fn every_notation_is_read() {
        let condition =
            |package: &str, version: &str| vec![(package.to_owned(), version.to_owned())];
        let patch = |package: &str, source: &str, level, conditions| {
            (package.to_owned(), source.to_owned(), level, conditions)
        };
        assert_eq!(
            all(json!({
                "a/one": {"why": "1.patch"},
                "a/two": ["2.patch", {"description": "d", "url": "https://x/3.patch", "depth": 4, "sha256": "00"}],
                "a/three": {"why": {"source": "4.patch", "version": ">=1", "level": 0}},
                "a/four": {"why": {"source": "5.patch", "depends": {"magento/framework": "^103"}}},
                "a/five": {"why": {"^1.0": "6.patch", "link": "https://x"}},
                "*": {"why": {"source": "7.patch", "targets": ["a/six", "A/Seven"]}},
                "a/odd": {"why": 1, "x": null}, "a/none": 3,
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
}
