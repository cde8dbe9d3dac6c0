//! Files that composer-merge-plugin adds to composer.json while Composer runs (`extra.merge-plugin`).
//!
//! What these files require belongs to the store like its own requirements: a lock without it lacks packages that own code
//! needs. So a plan resolves what the plugin makes of composer.json, which is never written, while the files themselves are
//! edited like the root. The rules are those of wikimedia/composer-merge-plugin 2: `include` and `require` are patterns for
//! `glob`, without its option for braces. Patterns and `path` repositories in a file are relative to it since 2.1, and to the store before. Each repository of a
//! file goes before all that were known until then, so the last one of a file is the first.

use crate::distribution::locked_packages;
use crate::project::store_files::StoreFiles;
use composer_engine::format::constraint::Constraint;
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::json::error::JsonError;
use composer_engine::format::package::loader;
use composer_engine::format::version::Version;
use serde_json::{Map, Value, json};

/// The plugin.
const PLUGIN: &str = "wikimedia/composer-merge-plugin";

/// No composer.json is larger; what is, is left unread.
const MAX_BYTES: u64 = 1 << 20;

/// No store has as many; files that include each other could go on for ever.
const MOST_FILES: usize = 1_000;

/// The files of a store that the plugin adds, in its order.
#[derive(Debug, Clone, Default)]
pub struct Included {
    /// Those that can be read.
    pub files: Vec<IncludedFile>,
    /// What cannot be read, by its path, and why.
    pub unread: Vec<(String, String)>,
}

/// One of them.
#[derive(Debug, Clone)]
pub struct IncludedFile {
    /// Relative to the store, as the pattern spells it.
    pub path: String,
    /// The file as text and as data.
    pub document: JsonDocument,
    /// What the plugin puts before the paths in it, with a slash at the end; mostly its folder.
    prefix: String,
    /// Whether it is the root itself, which a pattern may match as well. It is edited as the root then, and nowhere else.
    pub is_own: bool,
}

/// A file as the plugin takes it.
#[derive(Debug, Clone)]
pub enum Addition {
    /// The root once more, whatever is in it by then: nothing but its repositories counts twice.
    Own,
    /// Another file, with its repositories as the plugin adds them.
    File(Value),
}

impl IncludedFile {
    /// What the plugin takes of the file.
    pub fn addition(&self) -> Addition {
        if self.is_own {
            return Addition::Own;
        }
        let mut value = self.document.value().clone();
        let mut repositories = prepended(&value);
        for entry in &mut repositories {
            let is_path = entry.get("type").is_some_and(|kind| kind == "path");
            if let Some(Value::String(url)) = entry.get_mut("url").filter(|_| is_path) {
                url.insert_str(0, &self.prefix);
            }
        }
        if let Some(fields) = value.as_object_mut() {
            fields.insert("repositories".to_owned(), repositories.into());
        }
        Addition::File(value)
    }

    /// How many entries of `repositories` the plugin passes over, as they have no `type`.
    pub fn passed_over(&self) -> usize {
        let entries = entries(self.document.value());
        entries.iter().filter(|entry| !has_type(entry)).count()
    }
}

/// The repositories of a file in the order that they get when each is put before all others.
pub(super) fn prepended(file: &Value) -> Vec<Value> {
    let mut repositories = entries(file);
    repositories.retain(has_type);
    repositories.reverse();
    repositories
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
    /// lock, where the root does not require it). `own` is the file of the root.
    pub fn read(store: &dyn StoreFiles, own: &str, root: &Value, lock: Option<&Value>) -> Self {
        let mut included = Self::default();
        if is_active(root, lock) {
            included.follow(store, own, root, is_relative(lock));
        }
        included
    }

    fn follow(&mut self, store: &dyn StoreFiles, own: &str, root: &Value, is_relative: bool) {
        let recurse = Settings::of(root).recurse;
        // Each file's own files come right behind it, so the next one is the last.
        let mut pending = self.named(store, root, "");
        while let Some(path) = pending.pop() {
            let known = self.files.iter().map(|file| &file.path);
            let unread = self.unread.iter().map(|(path, _)| path);
            if known.chain(unread).any(|known| *known == path) {
                continue;
            }
            if self.files.len() >= MOST_FILES {
                let why = format!("more than {MOST_FILES} files are included");
                self.unread.push((path, why));
                return;
            }
            match document(store, &path).and_then(usable) {
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
                        is_own: is_same_file(&path, own),
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

/// The entries of `repositories` in either of its shapes, as a list.
pub(super) fn entries(file: &Value) -> Vec<Value> {
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

/// The names of a section with their constraints; what is no text is left out, as the plugin leaves it.
pub(super) fn links<'v>(
    file: &'v Value,
    section: &str,
) -> impl Iterator<Item = (&'v String, &'v Value)> {
    let links = file.get(section).and_then(Value::as_object);
    links
        .into_iter()
        .flatten()
        .filter(|(_, constraint)| constraint.is_string())
}

fn setting<'v>(file: &'v Value, key: &str) -> Option<&'v Value> {
    file.get("extra")?.get("merge-plugin")?.get(key)
}

/// What `extra.merge-plugin` of a root says of what the plugin takes; the defaults are the plugin's.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    /// Whether files name files in their turn.
    recurse: bool,
    /// Whether of two constraints on a name the later one wins.
    pub replace: bool,
    /// Whether the earlier one does.
    pub ignore_duplicates: bool,
    /// Whether `require-dev` of files is taken.
    pub merge_dev: bool,
    /// Whether `replace` is.
    pub merge_replace: bool,
    /// Whether `extra` is.
    pub merge_extra: bool,
}

impl Settings {
    /// Reads the root's settings; what is no boolean counts as not set.
    pub(super) fn of(root: &Value) -> Self {
        let flag = |key: &str, default: bool| {
            let value = setting(root, key).and_then(Value::as_bool);
            value.unwrap_or(default)
        };
        Self {
            recurse: flag("recurse", true),
            replace: flag("replace", false),
            ignore_duplicates: flag("ignore-duplicates", false),
            merge_dev: flag("merge-dev", true),
            merge_replace: flag("merge-replace", true),
            merge_extra: flag("merge-extra", false),
        }
    }
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
    is_configured(root) && lock.map_or_else(required, locked)
}

/// Whether a root names files to add.
pub(super) fn is_configured(root: &Value) -> bool {
    setting(root, "include")
        .or(setting(root, "require"))
        .is_some()
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

fn is_same_file(path: &str, other: &str) -> bool {
    path.trim_start_matches("./") == other.trim_start_matches("./")
}

/// A file that the plugin takes; else why Composer stops at it.
fn usable(document: JsonDocument) -> Result<JsonDocument, String> {
    let file = document.value();
    for section in ["require", "require-dev", "conflict", "replace", "provide"] {
        for (name, constraint) in links(file, section) {
            let text = constraint.as_str().unwrap_or_default();
            if text != "self.version"
                && let Err(error) = Constraint::parse_cached(text)
            {
                return Err(format!("`{section}`: {name}: {error}"));
            }
        }
    }
    // A branch with an alias is two packages, and the plugin takes one.
    let version = file.get("version").and_then(Value::as_str);
    let as_package = json!({
        "name": "merge-plugin/file", "version": version.unwrap_or("1.0.0"), "extra": file.get("extra"),
        "default-branch": file.get("default-branch"),
    });
    match loader::load(as_package.into()) {
        Ok(package) if package.branch_alias.is_some() => Err(
            "its version is a branch with an alias, which Composer stops at; take the `version` out".to_owned(),
        ),
        Ok(_) => Ok(document),
        Err(error) => Err(error.to_string()),
    }
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
    use crate::planner::composer_files::whole_root;
    use crate::project::ROOT;
    use crate::project::store_files::{DiskFiles, MapFiles};
    use std::fs;

    /// A file of a store with the newest plugin.
    fn written(path: &str, value: &Value) -> IncludedFile {
        IncludedFile {
            path: path.to_owned(),
            document: JsonDocument::parse(value.to_string()).unwrap(),
            prefix: folder(path),
            is_own: false,
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
        let all = whole_root::document(&root, &additions);
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
            let found = Included::read(&store, ROOT, &root, Some(lock));
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
    fn a_file_that_composer_stops_at_is_left_unread() {
        let why = |file: Value| {
            let store = MapFiles::of([("own.json", file.to_string())]);
            let root = json!({"require": {PLUGIN: "^2"}, "extra": {"merge-plugin": {"include": "own.json"}}});
            let included = Included::read(&store, ROOT, &root, None);
            included.unread.into_iter().map(|(_, why)| why).next()
        };
        let alias = json!({"branch-alias": {"dev-main": "2.x-dev"}});
        let said = why(json!({"version": "dev-main", "extra": alias})).unwrap();
        assert!(said.contains("a branch with an alias"), "{said}");
        let said = why(json!({"conflict": {"acme/a": "no version"}})).unwrap();
        assert!(said.starts_with("`conflict`: acme/a"), "{said}");
        assert!(why(json!({"version": "one"})).is_some());
        for file in [
            json!({"version": "dev-main"}),
            json!({"extra": alias}),
            json!({"require": {"a/a": "self.version"}}),
        ] {
            assert_eq!(why(file), None);
        }
    }

    #[test]
    fn a_pattern_may_match_the_root_as_well() {
        let store = MapFiles::of([ROOT, "dev.json"].map(|file| (file, "{}")));
        let root =
            json!({"require": {PLUGIN: "^2"}, "extra": {"merge-plugin": {"include": ["*.json"]}}});
        let read = |own: &str| {
            let included = Included::read(&store, own, &root, None);
            let files = included.files.into_iter();
            files
                .map(|file| (file.path, file.is_own))
                .collect::<Vec<_>>()
        };
        assert_eq!(
            read("dev.json"),
            [(ROOT.to_owned(), false), ("dev.json".to_owned(), true)]
        );
        assert_eq!(
            read(ROOT),
            [(ROOT.to_owned(), true), ("dev.json".to_owned(), false)]
        );
    }

    #[test]
    fn files_that_would_never_end_are_left_unread() {
        let folder = tempfile::tempdir().unwrap();
        let store = DiskFiles::below(folder.path());
        let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
        let read = |include: &str| {
            let root = json!({"require": {"wikimedia/composer-merge-plugin": "^2"},
                "extra": {"merge-plugin": {"include": include}}});
            let included = Included::read(&store, ROOT, &root, None);
            let why: Vec<String> = included.unread.iter().map(|(_, why)| why.clone()).collect();
            (included.files.len(), why.join("; "))
        };
        let (_, why) = read(&"a/".repeat(3_000));
        assert!(why.contains("longer than"), "{why}");

        for file in 0..1_100 {
            let next = format!("q{}.json", file + 1);
            let own = json!({"extra": {"merge-plugin": {"include": [next]}}});
            write(&format!("q{file}.json"), &own.to_string());
        }
        let own = json!({"extra": {"merge-plugin": {"include": "q1099.json"}}});
        write("text.json", &own.to_string());
        let (files, why) = read("text.json");
        assert!(
            files == 0 && why.contains("is a list in such files"),
            "{why}"
        );
        let (files, why) = read("q0.json");
        assert_eq!(
            (files, why.as_str()),
            (1_000, "more than 1000 files are included")
        );
    }
}
