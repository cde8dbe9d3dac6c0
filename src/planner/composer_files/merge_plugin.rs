//! Files that composer-merge-plugin adds to composer.json while Composer runs (`extra.merge-plugin`).
//!
//! What these files require belongs to the store like its own requirements: a lock without it lacks packages that own code
//! needs. So a plan resolves what the plugin makes of composer.json, which is never written, while the files themselves are
//! edited like the root. The rules are those of wikimedia/composer-merge-plugin 2: `include` and `require` are patterns for
//! `glob`; of two constraints on one name both hold, unless `replace` lets the later or `ignore-duplicates` the earlier one
//! win. Patterns and `path` repositories in a file are relative to it since 2.1, and to the store before. Each repository of a
//! file goes before all that were known until then, so the last one of a file is the first.

use crate::distribution::locked_packages;
use crate::profile::FileLinks;
use crate::project::store_files::StoreFiles;
use composer_engine::format::constraint::Constraint;
use composer_engine::format::constraint::intervals::{have_intersections, is_subset_of};
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::json::error::JsonError;
use composer_engine::format::version::Version;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};
use std::collections::hash_map::Entry;

/// The plugin.
const PLUGIN: &str = "wikimedia/composer-merge-plugin";

/// The constraint that means the version of the package it stands in.
const SELF_VERSION: &str = "self.version";

/// No composer.json is larger; what is, is left unread.
const MAX_BYTES: u64 = 1 << 20;

/// No store has as many; files that include each other could go on for ever.
const MOST_FILES: usize = 1_000;

/// No constraint has as many alternatives.
const MOST_ALTERNATIVES: usize = 200;

/// How many pairs of alternatives may be looked at for two constraints.
const MOST_PAIRS: usize = 10_000;

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
    /// What the plugin puts before the paths in it, with a slash at the end; mostly its folder.
    prefix: String,
}

/// A file as the plugin takes it.
#[derive(Debug, Clone)]
pub struct Addition(Value);

impl IncludedFile {
    /// What the plugin takes of the file.
    pub fn addition(&self) -> Addition {
        let mut value = self.document.value().clone();
        let mut repositories = entries(&value);
        repositories.retain(has_type);
        repositories.reverse();
        for entry in &mut repositories {
            let is_path = entry.get("type").is_some_and(|kind| kind == "path");
            if let Some(Value::String(url)) = entry.get_mut("url").filter(|_| is_path) {
                url.insert_str(0, &self.prefix);
            }
        }
        if let Some(fields) = value.as_object_mut() {
            fields.insert("repositories".to_owned(), repositories.into());
        }
        Addition(value)
    }

    /// How many entries of `repositories` the plugin passes over, as they have no `type`.
    pub fn passed_over(&self) -> usize {
        let entries = entries(self.document.value());
        entries.iter().filter(|entry| !has_type(entry)).count()
    }
}

fn has_type(entry: &Value) -> bool {
    entry.get("type").is_some_and(|kind| !kind.is_null())
}

/// The folder of a file as the plugin puts it before paths: nothing for one beside composer.json.
fn folder(path: &str) -> String {
    match path.trim_end_matches('/').rsplit_once('/') {
        None | Some((".", _)) => String::new(),
        Some((folder, _)) => format!("{folder}/"),
    }
}

impl Included {
    /// Reads what the plugin would read. Nothing where the root does not configure it or the lock does not hold it (without a
    /// lock, where the root does not require it).
    pub fn read(store: &dyn StoreFiles, root: &Value, lock: Option<&Value>) -> Self {
        let mut included = Self::default();
        if is_active(root, lock) {
            let recurse = flag(root, "recurse", true);
            included.follow(store, root, recurse, is_relative(lock));
            let are_combined =
                !flag(root, "replace", false) && !flag(root, "ignore-duplicates", false);
            if are_combined {
                included.leave_out_the_boundless(root);
            }
        }
        included
    }

    /// Leaves out the files with which a constraint would get more alternatives than any has.
    fn leave_out_the_boundless(&mut self, root: &Value) {
        let mut together: FxHashMap<(&str, String), Value> = FxHashMap::default();
        let mut boundless = Vec::new();
        let files = self.files.iter().enumerate();
        let values = files.map(|(index, file)| (Some(index), file.document.value()));
        for (index, file) in [(None, root)].into_iter().chain(values) {
            for section in ["require", "require-dev"] {
                for (name, constraint) in links(file, section) {
                    let known = together.entry((section, name.to_ascii_lowercase()));
                    match known {
                        Entry::Vacant(first) => drop(first.insert(constraint.clone())),
                        Entry::Occupied(mut known) => match both(known.get(), constraint) {
                            Some(both) => drop(known.insert(both)),
                            None => boundless.extend(index.map(|index| (index, name.clone()))),
                        },
                    }
                }
            }
        }
        boundless.dedup_by_key(|(index, _)| *index);
        for (index, name) in boundless.into_iter().rev() {
            let why = format!(
                "together with the other files it gives {name} more than {MOST_ALTERNATIVES} alternatives"
            );
            let file = self.files.remove(index);
            self.unread.push((file.path, why));
        }
    }

    fn follow(&mut self, store: &dyn StoreFiles, root: &Value, recurse: bool, is_relative: bool) {
        // Each file's own files come right behind it, so the next one is the last.
        let mut pending = self.named(store, root, "");
        while let Some(path) = pending.pop() {
            let known = self.files.iter().map(|file| &file.path);
            let unread = self.unread.iter().map(|(path, _)| path);
            if known.chain(unread).any(|known| *known == path) || is_root(&path) {
                continue;
            }
            if self.files.len() >= MOST_FILES {
                let why = format!("more than {MOST_FILES} files are included");
                self.unread.push((path, why));
                return;
            }
            match document(store, &path) {
                Ok(document) => {
                    let prefix = match is_relative {
                        true => folder(&path),
                        false => String::new(),
                    };
                    let is_text =
                        |key: &&str| setting(document.value(), key).is_some_and(Value::is_string);
                    if let Some(key) = ["include", "require"].into_iter().find(is_text)
                        && recurse
                        && is_relative
                    {
                        let why = format!(
                            "`extra.merge-plugin.{key}` is a list in such files, else Composer stops"
                        );
                        self.unread.push((path, why));
                        continue;
                    }
                    if recurse {
                        pending.extend(self.named(store, document.value(), &prefix));
                    }
                    self.files.push(IncludedFile {
                        path,
                        document,
                        prefix,
                    });
                }
                Err(why) => self.unread.push((path, why)),
            }
        }
    }

    /// The paths of the files that a file names, the first one last.
    fn named(&mut self, store: &dyn StoreFiles, by: &Value, prefix: &str) -> Vec<String> {
        let settings = [("include", false), ("require", true)].into_iter();
        let patterns = settings.flat_map(|(key, is_required)| {
            let patterns = setting(by, key).map(strings).unwrap_or_default();
            patterns
                .into_iter()
                .map(move |pattern| (format!("{prefix}{pattern}"), is_required))
        });
        let mut paths = Vec::new();
        for (pattern, is_required) in patterns {
            match store.by_pattern(&pattern) {
                Ok(found) if found.is_empty() && is_required => {
                    let why = "it is required, and no file is there; Composer stops";
                    self.unread.push((pattern, why.to_owned()));
                }
                Ok(found) => paths.extend(found),
                Err(too_much) => self.unread.push((pattern, too_much.to_string())),
            }
        }
        paths.reverse();
        paths
    }

    /// What the plugin takes of the files.
    pub fn additions(&self) -> Vec<Addition> {
        self.files.iter().map(IncludedFile::addition).collect()
    }
}

/// What the plugin makes of a root with the data of the files it includes. A root that does not configure it is left as it is.
pub(crate) fn merged(root: &Value, included: &[Addition]) -> Value {
    let mut merged = root.clone();
    if setting(root, "include")
        .or(setting(root, "require"))
        .is_none()
    {
        return merged;
    }
    for Addition(file) in included {
        add_repositories(&mut merged, file);
        let sections: &[&str] = match flag(root, "merge-dev", true) {
            true => &["require", "require-dev"],
            false => &["require"],
        };
        for section in sections {
            let mut spelt: FxHashMap<String, String> = links(&merged, section)
                .map(|(name, _)| (name.to_ascii_lowercase(), name.clone()))
                .collect();
            for (name, constraint) in links(file, section) {
                let constraint = &own_version(&merged, section, file, constraint);
                let known = spelt.entry(name.to_ascii_lowercase());
                let known = known.or_insert_with(|| name.clone());
                let ours = merged
                    .get(section)
                    .and_then(|links| links.get(known.as_str()));
                let constraint = match ours {
                    None => constraint.clone(),
                    Some(_) if flag(root, "ignore-duplicates", false) => continue,
                    Some(_) if flag(root, "replace", false) => constraint.clone(),
                    // A file with more than that is not among them.
                    Some(ours) => both(ours, constraint).unwrap_or_else(|| constraint.clone()),
                };
                put(&mut merged, section, known.clone(), constraint);
            }
        }
        let sections: &[&str] = match flag(root, "merge-replace", true) {
            true => &["replace", "conflict", "provide"],
            false => &["conflict", "provide"],
        };
        for section in sections {
            for (name, constraint) in links(file, section) {
                let constraint = own_version(&merged, section, file, constraint);
                put(&mut merged, section, name.clone(), constraint);
            }
        }
    }
    merged
}

/// What a file adds to the root, for a selection of packages.
pub(crate) fn links_of_file(root: &Value, file: &IncludedFile) -> FileLinks {
    let value = file.document.value();
    let requires = links(value, "require").filter_map(|(name, constraint)| {
        let constraint = own_version(root, "require", value, constraint);
        Some((name.to_ascii_lowercase(), constraint.as_str()?.to_owned()))
    });
    let replaces = links(value, "replace").map(|(name, _)| name.to_ascii_lowercase());
    let are_merged = flag(root, "merge-replace", true);
    FileLinks {
        path: file.path.clone(),
        requires: requires.collect(),
        replaces: replaces.filter(|_| are_merged).collect(),
    }
}

/// What `self.version` of an included file stands for: the version in which the root links to that file's package in the same
/// section, else the root's own. Any other constraint is as it is.
fn own_version(root: &Value, section: &str, file: &Value, constraint: &Value) -> Value {
    if constraint != SELF_VERSION {
        return constraint.clone();
    }
    let name = file.get("name").and_then(Value::as_str).unwrap_or_default();
    let linked = links(root, section).find(|(other, _)| other.eq_ignore_ascii_case(name));
    let linked = linked.map(|(_, constraint)| constraint);
    let version = linked.or_else(|| root.get("version"));
    // Composer gives a project this version when it names none.
    version.cloned().unwrap_or_else(|| "1.0.0".into())
}

/// The parts of `extra` that the plugin takes from files into the root (`merge-extra`), each with its file:
/// `extra.patches of app/code/Acme/Own/composer.json`.
pub(crate) fn taken_from_extra(root: &Value, included: &[IncludedFile]) -> Vec<String> {
    if !flag(root, "merge-extra", false) {
        return Vec::new();
    }
    let of_file = |file: &IncludedFile| {
        let extra = file.document.value().get("extra");
        let keys = extra.and_then(Value::as_object).into_iter().flatten();
        let keys = keys.filter(|(key, _)| *key != "merge-plugin");
        let named = keys.map(|(key, _)| format!("extra.{key} of {}", file.path));
        named.collect::<Vec<String>>()
    };
    included.iter().flat_map(of_file).collect()
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

/// Two constraints that both hold: the narrower one, else every alternative of the one with every alternative of the other,
/// without what can never hold. None where that is more than any constraint says.
fn both(ours: &Value, theirs: &Value) -> Option<Value> {
    let (Some(a), Some(b)) = (ours.as_str(), theirs.as_str()) else {
        return Some(ours.clone());
    };
    // An alias names one version, which leaves nothing to narrow down.
    if a == b || b.trim() == "*" || a.contains(" as ") {
        return Some(ours.clone());
    }
    if a.trim() == "*" || b.contains(" as ") {
        return Some(theirs.clone());
    }
    match narrowed(a, b) {
        Meeting::Narrower(text) => return Some(text.into()),
        Meeting::Nothing | Meeting::Partly => {}
    }
    let alternatives = |constraint: &str| -> Vec<String> {
        let parts = constraint.split('|').map(str::trim);
        parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (first, second) = (alternatives(a), alternatives(b));
    if first.len().saturating_mul(second.len()) > MOST_PAIRS {
        return None;
    }
    let (mut kept, mut apart) = (Vec::new(), Vec::new());
    for one in &first {
        for other in &second {
            let (text, into) = match narrowed(one, other) {
                Meeting::Narrower(text) => (text.to_owned(), &mut kept),
                Meeting::Partly => (format!("{one}, {other}"), &mut kept),
                Meeting::Nothing => (format!("{one}, {other}"), &mut apart),
            };
            if !into.contains(&text) {
                into.push(text);
            }
        }
    }
    // Where nothing can hold, the error is to show what was asked for.
    let said = if kept.is_empty() { apart } else { kept };
    (said.len() <= MOST_ALTERNATIVES).then(|| said.join(" || ").into())
}

/// What two constraints have in common.
enum Meeting<'c> {
    /// All that this one of them allows.
    Narrower(&'c str),
    Partly,
    Nothing,
}

fn narrowed<'c>(one: &'c str, other: &'c str) -> Meeting<'c> {
    // What is said of stability or of a commit counts by its text.
    if [one, other].iter().any(|text| text.contains(['@', '#'])) {
        return Meeting::Partly;
    }
    let (Ok(first), Ok(second)) = (Constraint::parse(one), Constraint::parse(other)) else {
        return Meeting::Partly;
    };
    if is_subset_of(&first, &second) {
        Meeting::Narrower(one)
    } else if is_subset_of(&second, &first) {
        Meeting::Narrower(other)
    } else if have_intersections(&first, &second) {
        Meeting::Partly
    } else {
        Meeting::Nothing
    }
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

/// Whether the plugin of a lock takes paths in files as relative to them; the newest one does.
fn is_relative(lock: Option<&Value>) -> bool {
    let mut plugins = lock.into_iter().flat_map(locked_packages);
    let version = plugins.find_map(|entry| {
        let name = entry.get("name")?.as_str()?;
        let is_it = name.eq_ignore_ascii_case(PLUGIN);
        entry.get("version")?.as_str().filter(|_| is_it)
    });
    let version = version.and_then(|version| Version::parse(version).ok());
    let older = Constraint::parse("<2.1").ok();
    let is_older = |(older, version): (Constraint, Version)| older.matches_version(&version);
    !older.zip(version).is_some_and(is_older)
}

fn is_root(path: &str) -> bool {
    path.trim_start_matches("./") == crate::project::ROOT
}

/// Reads a file of the store; a link that leads out of the store is not followed.
fn document(store: &dyn StoreFiles, path: &str) -> Result<JsonDocument, String> {
    if store.leads_out(path) {
        return Err("it is outside of the store".to_owned());
    }
    let text = store
        .text(path, MAX_BYTES)
        .map_err(|error| format!("it {}", error.what))?;
    JsonDocument::parse(text).map_err(|error: JsonError| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::store_files::{DiskFiles, MapFiles};
    use serde_json::json;
    use std::fs;

    #[test]
    fn constraints_of_two_files_both_hold() {
        for (ours, theirs, expected) in [
            ("^1", "^1", "^1"),
            ("*", "^2.1", "^2.1"),
            ("^1 || ^2", "<2.5", "^1 || ^2, <2.5"),
            ("^1|^2", "^1|^3", "^1"),
            ("~8.2 || ~8.3 || ~8.4", ">=8.1", "~8.2 || ~8.3 || ~8.4"),
            ("^1 || ^2", "^1.5 || ^2.1 || ^3", "^1.5 || ^2.1"),
            ("^1", "^2", "^1, ^2"),
            ("^1@beta", "^1.2", "^1@beta, ^1.2"),
            ("dev-x as 1.0", "^1", "dev-x as 1.0"),
        ] {
            assert_eq!(both(&json!(ours), &json!(theirs)), Some(json!(expected)));
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
        let file = written("own/x.json", &file);
        let of = |settings: Value| merged(&root(settings), &[file.addition()]);
        let all = of(json!({"include": ["x.json"]}));
        assert_eq!(all["require"], json!({"Acme/a": "^2", "acme/b": "^1"}));
        assert_eq!(all["require-dev"], json!({"acme/t": "*"}));
        assert_eq!(all["replace"], json!({"acme/r": "*"}));
        let urls = json!([{"type": "path", "url": "own/x"}, {"type": "path", "url": "y"}]);
        assert_eq!(all["repositories"], urls);
        assert_eq!(file.passed_over(), 1);
        let later = of(json!({"require": "x.json", "replace": true, "merge-dev": false}));
        assert_eq!(later["require"]["Acme/a"], "^2");
        assert_eq!(later.get("require-dev"), None);
        let earlier =
            of(json!({"include": "x.json", "ignore-duplicates": true, "merge-replace": false}));
        assert_eq!(earlier["require"]["Acme/a"], ">=1");
        assert_eq!(earlier.get("replace"), None);
        let without = json!({"require": {"acme/a": "^1"}});
        assert_eq!(merged(&without, &[file.addition()]), without);
    }

    /// A file of a store with the newest plugin.
    fn written(path: &str, value: &Value) -> IncludedFile {
        IncludedFile {
            path: path.to_owned(),
            document: JsonDocument::parse(value.to_string()).unwrap(),
            prefix: folder(path),
        }
    }

    #[test]
    fn repositories_go_before_those_that_were_known_one_by_one() {
        let vcs = |url: &str| json!({"type": "vcs", "url": url});
        let path = |url: &str| json!({"type": "path", "url": url});
        let first = json!({"repositories": [path("a"), path("/b"), vcs("c"), {"url": "none"}]});
        let second = json!({"repositories": {"d": path("d"), "packagist.org": false}});
        let root =
            json!({"extra": {"merge-plugin": {"include": "*.json"}}, "repositories": [vcs("e")]});
        let files = [
            written("own/first.json", &first),
            written("./second.json", &second),
        ];
        let additions: Vec<Addition> = files.iter().map(IncludedFile::addition).collect();
        let all = merged(&root, &additions);
        let expected = json!([path("d"), vcs("c"), path("own//b"), path("own/a"), vcs("e")]);
        assert_eq!(all["repositories"], expected);
    }

    #[test]
    fn paths_are_relative_to_their_file_since_version_2_1() {
        let of = |version: &str| {
            let plugin = json!({"name": PLUGIN, "version": version});
            is_relative(Some(&json!({"packages": [plugin]})))
        };
        assert!(is_relative(None) && of("v2.1.0") && of("dev-master") && of("2.x-dev"));
        assert!(!of("v2.0.1") && !of("1.4.1"));
    }

    #[test]
    fn files_are_found_as_the_plugin_finds_them() {
        let own =
            r#"{"extra": {"merge-plugin": {"include": ["own/*.json"], "require": ["none.json"]}}}"#;
        let store = MapFiles::of([
            ("app/code/B/C/composer.json", own),
            ("app/code/A/B/composer.json", "{}"),
            ("app/code/B/C/own/more.json", "{}"),
            ("app/code/B/C/own/odd.json", "{"),
        ]);
        let plugin = json!({"packages": [{"name": PLUGIN, "version": "2.1.0"}]});
        let paths = |settings: Value, lock: &Value| {
            let root = json!({"extra": {"merge-plugin": settings}});
            let found = Included::read(&store, &root, Some(lock));
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
        assert_eq!(
            found,
            [&modules[..], &["app/code/B/C/own/more.json"]].concat()
        );
        // A required one that is not there is an error of Composer.
        let odd = ["app/code/B/C/none.json", "app/code/B/C/own/odd.json"];
        assert_eq!(unread, odd);
        let older = json!({"packages": [{"name": PLUGIN, "version": "2.0.1"}]});
        let all = json!({"include": ["app/code/*/*/composer.json"]});
        assert_eq!(paths(all, &older).1, ["none.json"]);
        let flat = json!({"include": ["app/code/*/*/composer.json"], "recurse": false});
        assert_eq!(paths(flat.clone(), &plugin).0, modules);
        assert_eq!(paths(flat, &json!({"packages": []})).0, [""; 0]);
    }

    #[test]
    fn a_files_own_version_is_that_of_the_root_or_what_the_root_requires() {
        let made = |root: Value| {
            let mut root = root;
            root["extra"] = json!({"merge-plugin": {"include": "*.json"}});
            let file = json!({
                "name": "acme/own",
                "require": {"acme/part": "self.version"},
                "replace": {"acme/old": "self.version"},
            });
            let merged = merged(&root, &[written("own.json", &file).addition()]);
            let text = |pointer: &str| {
                merged
                    .pointer(pointer)
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .to_owned()
            };
            [text("/require/acme~1part"), text("/replace/acme~1old")]
        };
        assert_eq!(made(json!({"version": "2.4.1"})), ["2.4.1", "2.4.1"]);
        assert_eq!(
            made(json!({"require": {"acme/own": "^3.1"}})),
            ["^3.1", "1.0.0"]
        );
        // Together with what the root asks for itself.
        let both = json!({"version": "2.4.1", "require": {"acme/part": "^2"}});
        assert_eq!(made(both)[0], "2.4.1");
    }

    #[test]
    fn files_that_would_never_end_are_left_unread() {
        let folder = tempfile::tempdir().unwrap();
        let store = DiskFiles::below(folder.path());
        let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
        let read = |include: &str| {
            let root = json!({"require": {"wikimedia/composer-merge-plugin": "^2"},
                "extra": {"merge-plugin": {"include": include}}});
            let included = Included::read(&store, &root, None);
            let why: Vec<String> = included.unread.iter().map(|(_, why)| why.clone()).collect();
            (
                included.files.len(),
                why.join("; "),
                merged(&root, &included.additions()),
            )
        };
        let (_, why, _) = read(&"{a,b}".repeat(20));
        assert!(why.contains("more than 1000 others"), "{why}");

        // Forty modules, each with another range of PHP, as in real stores.
        for file in 0..40 {
            let php = format!("~8.{}.0 || ~8.{}.0 || ~8.4.0", file % 3, 1 + file % 3);
            let value = json!({"require": {"php": php}});
            write(&format!("p{file:02}.json"), &value.to_string());
        }
        let (files, why, merged) = read("p*.json");
        assert_eq!(
            (files, why.as_str(), &merged["require"]["php"]),
            (40, "", &json!("~8.4.0"))
        );

        // Each of these doubles the alternatives.
        for file in 0..10 {
            let odd = (0..1_u32 << file).map(|at| {
                let width = 1024 >> (file + 1);
                format!(">={0} <{1}", 2 * at * width, (2 * at + 1) * width)
            });
            let constraint = format!("{} || dev-{file}", odd.collect::<Vec<_>>().join(" || "));
            let value = json!({"require": {"acme/a": constraint + "#1"}});
            write(&format!("r{file}.json"), &value.to_string());
        }
        let (files, why, merged) = read("r*.json");
        assert!(
            files < 10 && why.contains("acme/a more than 200 alternatives"),
            "{why}"
        );
        assert!(
            merged["require"]["acme/a"]
                .as_str()
                .unwrap()
                .split("||")
                .count()
                <= 200
        );

        for file in 0..1_100 {
            let next = format!("q{}.json", file + 1);
            let own = json!({"extra": {"merge-plugin": {"include": [next]}}});
            write(&format!("q{file}.json"), &own.to_string());
        }
        let own = json!({"extra": {"merge-plugin": {"include": "q1099.json"}}});
        write("text.json", &own.to_string());
        let (files, why, _) = read("text.json");
        assert!(
            files == 0 && why.contains("is a list in such files"),
            "{why}"
        );
        let (files, why, _) = read("q0.json");
        assert_eq!(
            (files, why.as_str()),
            (1_000, "more than 1000 files are included")
        );
    }
}
