//! Files that composer-merge-plugin adds to composer.json while Composer runs (`extra.merge-plugin`).
//!
//! What these files require belongs to the store like its own requirements: a lock without it lacks packages that own code
//! needs. So a plan resolves what the plugin makes of composer.json, which is never written, while the files themselves are
//! edited like the root. The rules are those of wikimedia/composer-merge-plugin 2: `include` and `require` are patterns for
//! `glob`, relative to the store also in files that are themselves included; of two constraints on one name both hold,
//! unless `replace` lets the later or `ignore-duplicates` the earlier one win.

use crate::distribution::locked_packages;
use composer_engine::files;
use composer_engine::format::json_document::JsonDocument;
use composer_engine::format::json_error::JsonError;
use composer_engine::repository::files_by_pattern;
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// The plugin.
const PLUGIN: &str = "wikimedia/composer-merge-plugin";

/// No composer.json is larger; what is, is left unread.
const MAX_BYTES: u64 = 1 << 20;

/// The files of a store that the plugin adds, in its order.
#[derive(Debug, Clone, Default)]
pub struct Included {
    pub files: Vec<IncludedFile>,
    /// What cannot be read, by its path, and why.
    pub unread: Vec<(String, String)>,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct IncludedFile {
    /// Relative to the store, as the pattern spells it.
    pub path: String,
    pub document: JsonDocument,
}

impl Included {
    /// Reads what the plugin would read. Nothing where the root does not configure it or the lock does not hold it (without a
    /// lock, where the root does not require it).
    pub fn read(dir: &Path, root: &Value, lock: Option<&Value>) -> Self {
        let mut included = Self::default();
        if is_active(root, lock) {
            let recurse = flag(root, "recurse", true);
            included.follow(dir, root, recurse);
        }
        included
    }

    fn follow(&mut self, dir: &Path, by: &Value, recurse: bool) {
        for key in ["include", "require"] {
            let patterns = setting(by, key).map(strings).unwrap_or_default();
            let paths = patterns
                .iter()
                .flat_map(|pattern| files_by_pattern(dir, pattern));
            for path in paths.collect::<Vec<_>>() {
                let known = self.files.iter().map(|file| &file.path);
                let unread = self.unread.iter().map(|(path, _)| path);
                if known.chain(unread).any(|known| *known == path) || is_root(&path) {
                    continue;
                }
                match document(dir, &path) {
                    Ok(document) => {
                        let value = document.value().clone();
                        self.files.push(IncludedFile { path, document });
                        if recurse {
                            self.follow(dir, &value, recurse);
                        }
                    }
                    Err(why) => self.unread.push((path, why)),
                }
            }
        }
    }

    /// The data of the files.
    pub fn values(&self) -> Vec<&Value> {
        self.files
            .iter()
            .map(|file| file.document.value())
            .collect()
    }
}

/// What the plugin makes of a root with the data of the files it includes. A root that does not configure it is left as it is.
pub fn merged(root: &Value, included: &[&Value]) -> Value {
    let mut merged = root.clone();
    if setting(root, "include")
        .or(setting(root, "require"))
        .is_none()
    {
        return merged;
    }
    for file in included {
        add_repositories(&mut merged, file);
        let sections: &[&str] = match flag(root, "merge-dev", true) {
            true => &["require", "require-dev"],
            false => &["require"],
        };
        for section in sections {
            for (name, constraint) in links(file, section) {
                let known = links(&merged, section)
                    .find(|(known, _)| known.eq_ignore_ascii_case(name))
                    .map(|(known, ours)| (known.clone(), ours.clone()));
                let constraint = match known {
                    None => Some((name.clone(), constraint.clone())),
                    Some(_) if flag(root, "ignore-duplicates", false) => None,
                    Some((known, _)) if flag(root, "replace", false) => {
                        Some((known, constraint.clone()))
                    }
                    Some((known, ours)) => Some((known, both(&ours, constraint))),
                };
                if let Some((name, constraint)) = constraint {
                    put(&mut merged, section, name, constraint);
                }
            }
        }
        let sections: &[&str] = match flag(root, "merge-replace", true) {
            true => &["replace", "conflict", "provide"],
            false => &["conflict", "provide"],
        };
        for section in sections {
            for (name, constraint) in links(file, section) {
                put(&mut merged, section, name.clone(), constraint.clone());
            }
        }
    }
    merged
}

/// Puts the repositories of a file before all others, as the plugin does.
fn add_repositories(root: &mut Value, file: &Value) {
    let own = entries(file);
    if own.is_empty() {
        return;
    }
    let all: Vec<Value> = own.into_iter().chain(entries(root)).collect();
    if let Some(fields) = root.as_object_mut() {
        fields.insert("repositories".to_owned(), all.into());
    }
}

/// The entries of `repositories` in either of its shapes, as a list.
fn entries(file: &Value) -> Vec<Value> {
    match file.get("repositories") {
        Some(Value::Array(list)) => list.clone(),
        Some(Value::Object(members)) => {
            let entry = |(key, value): (&String, &Value)| match value {
                Value::Bool(_) => Value::Object(Map::from_iter([(key.clone(), value.clone())])),
                entry => entry.clone(),
            };
            members.iter().map(entry).collect()
        }
        _ => Vec::new(),
    }
}

fn links<'v>(file: &'v Value, section: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    let links = file.get(section).and_then(Value::as_object);
    links
        .into_iter()
        .flatten()
        .filter(|(_, constraint)| constraint.is_string())
}

/// Puts a link into a section, which is made where there is none.
fn put(root: &mut Value, section: &str, name: String, constraint: Value) {
    let Some(fields) = root.as_object_mut() else {
        return;
    };
    let links = fields
        .entry(section)
        .or_insert_with(|| Value::Object(Map::new()));
    match links {
        Value::Object(links) => {
            links.insert(name, constraint);
        }
        other => *other = Value::Object(Map::from_iter([(name, constraint)])),
    }
}

/// Two constraints that both hold: every alternative of the one with every alternative of the other.
fn both(ours: &Value, theirs: &Value) -> Value {
    let (Some(a), Some(b)) = (ours.as_str(), theirs.as_str()) else {
        return ours.clone();
    };
    // An alias names one version, which leaves nothing to narrow down.
    if a == b || b.trim() == "*" || a.contains(" as ") {
        return ours.clone();
    }
    if a.trim() == "*" || b.contains(" as ") {
        return theirs.clone();
    }
    let alternatives = |constraint: &str| -> Vec<String> {
        let parts = constraint.split('|').map(str::trim);
        parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let second = alternatives(b);
    let pairs = alternatives(a).into_iter().flat_map(|one| {
        second
            .iter()
            .map(move |other| format!("{one}, {other}"))
            .collect::<Vec<_>>()
    });
    pairs.collect::<Vec<_>>().join(" || ").into()
}

fn setting<'v>(file: &'v Value, key: &str) -> Option<&'v Value> {
    file.get("extra")?.get("merge-plugin")?.get(key)
}

fn flag(root: &Value, key: &str, default: bool) -> bool {
    setting(root, key)
        .and_then(Value::as_bool)
        .unwrap_or(default)
}

/// One pattern or a list of them.
fn strings(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(some) => {
            let texts = some.iter().filter_map(Value::as_str);
            texts.map(str::to_owned).collect()
        }
        _ => Vec::new(),
    }
}

fn is_active(root: &Value, lock: Option<&Value>) -> bool {
    let is_it = |name: &str| name.eq_ignore_ascii_case(PLUGIN);
    let required = || {
        ["require", "require-dev"]
            .iter()
            .any(|section| links(root, section).any(|(name, _)| is_it(name)))
    };
    let locked = |lock: &Value| {
        locked_packages(lock)
            .filter_map(|entry| entry.get("name")?.as_str())
            .any(is_it)
    };
    setting(root, "include")
        .or(setting(root, "require"))
        .is_some()
        && lock.map_or_else(required, locked)
}

fn is_root(path: &str) -> bool {
    path.trim_start_matches("./") == crate::project::ROOT
}

/// Reads a file of the store; a link that leads out of the store is not followed.
fn document(dir: &Path, path: &str) -> Result<JsonDocument, String> {
    let real = |path: PathBuf| path.canonicalize().map_err(|error| error.to_string());
    let (store, file) = (real(dir.to_owned())?, real(dir.join(path))?);
    if !file.starts_with(&store) {
        return Err("it is outside of the store".to_owned());
    }
    let text = files::text(&file, MAX_BYTES).map_err(|error| format!("it {}", error.what))?;
    JsonDocument::parse(text).map_err(|error: JsonError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    #[test]
    fn constraints_of_two_files_both_hold() {
        for (ours, theirs, expected) in [
            ("^1", "^1", "^1"),
            ("*", "^2.1", "^2.1"),
            ("^1 || ^2", "<2.5", "^1, <2.5 || ^2, <2.5"),
            ("^1|^2", "^1|^3", "^1, ^1 || ^1, ^3 || ^2, ^1 || ^2, ^3"),
            ("dev-x as 1.0", "^1", "dev-x as 1.0"),
        ] {
            assert_eq!(both(&json!(ours), &json!(theirs)), json!(expected));
        }
    }

    #[test]
    fn duplicates_follow_the_settings() {
        let file = json!({"require": {"acme/a": "^2", "acme/b": "^1"}, "require-dev": {"acme/t": "*"},
            "replace": {"acme/r": "*"}, "repositories": {"own": {"type": "path", "url": "x"}, "packagist.org": false}});
        let root = |settings: Value| {
            json!({"require": {"Acme/a": ">=1"}, "repositories": [{"type": "path", "url": "y"}],
                "extra": {"merge-plugin": settings}})
        };
        let of = |settings: Value| merged(&root(settings), &[&file]);
        let all = of(json!({"include": ["x.json"]}));
        assert_eq!(all["require"], json!({"Acme/a": ">=1, ^2", "acme/b": "^1"}));
        assert_eq!(all["require-dev"], json!({"acme/t": "*"}));
        assert_eq!(all["replace"], json!({"acme/r": "*"}));
        let urls = json!([{"type": "path", "url": "x"}, {"packagist.org": false}, {"type": "path", "url": "y"}]);
        assert_eq!(all["repositories"], urls);
        let later = of(json!({"require": "x.json", "replace": true, "merge-dev": false}));
        assert_eq!(later["require"]["Acme/a"], "^2");
        assert_eq!(later.get("require-dev"), None);
        let earlier =
            of(json!({"include": "x.json", "ignore-duplicates": true, "merge-replace": false}));
        assert_eq!(earlier["require"]["Acme/a"], ">=1");
        assert_eq!(earlier.get("replace"), None);
        let without = json!({"require": {"acme/a": "^1"}});
        assert_eq!(merged(&without, &[&file]), without);
    }

    #[test]
    fn files_are_found_as_the_plugin_finds_them() {
        let store = tempfile::tempdir().unwrap();
        let write = |path: &str, value: Value| {
            let path = store.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, value.to_string()).unwrap();
        };
        write(
            "app/code/B/C/composer.json",
            json!({"extra": {"merge-plugin": {"include": "own/*.json"}}}),
        );
        write("app/code/A/B/composer.json", json!({}));
        write("own/more.json", json!({}));
        fs::write(store.path().join("own/odd.json"), "{").unwrap();
        let plugin = json!({"packages": [{"name": PLUGIN}]});
        let paths = |settings: Value, lock: &Value| {
            let root = json!({"extra": {"merge-plugin": settings}});
            let found = Included::read(store.path(), &root, Some(lock));
            let paths = found.files.into_iter().map(|file| file.path);
            (
                paths.collect::<Vec<_>>(),
                found
                    .unread
                    .into_iter()
                    .map(|(path, _)| path)
                    .collect::<Vec<_>>(),
            )
        };
        let all = json!({"include": ["app/code/*/*/composer.json"]});
        let (found, unread) = paths(all, &plugin);
        let modules = ["app/code/A/B/composer.json", "app/code/B/C/composer.json"];
        assert_eq!(found, [&modules[..], &["own/more.json"]].concat());
        assert_eq!(unread, ["own/odd.json"]);
        let flat = json!({"include": ["app/code/*/*/composer.json"], "recurse": false});
        assert_eq!(paths(flat.clone(), &plugin).0, modules);
        assert_eq!(paths(flat, &json!({"packages": []})).0, [""; 0]);
    }
}
