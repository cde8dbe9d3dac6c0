//! Composer's formats against PHP and Composer themselves, on random and on real files.
//!
//! Real files come from the folders in `MAGESHIFT_STORES` (a composer.json and composer.lock in each folder) and
//! `MAGESHIFT_REGISTRY` (an unpacked Composer repository per host). What is missing is skipped with a word on stderr.

#[path = "support/php.rs"]
mod php;

use mageshift::composer::content_hash::content_hash;
use mageshift::composer::json_document::{JsonDocument, Position};
use mageshift::composer::lock::Lock;
use mageshift::composer::lock_contents::{LockContents, lock_text};
use mageshift::composer::lock_package::{Additions, dump};
use mageshift::composer::php_json::{decode, encode_compact, encode_pretty, phpify};
use php::Php;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The same random cases on every run.
fn samples<S: Strategy>(strategy: S, count: usize) -> impl Iterator<Item = S::Value> {
    let mut runner = TestRunner::deterministic();
    (0..count).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

/// All files below the folder that a variable names, in order.
fn files(variable: &str, wanted: fn(&Path) -> bool) -> Vec<PathBuf> {
    let Some(root) = std::env::var_os(variable) else {
        eprintln!("skipped: {variable} is not set");
        return Vec::new();
    };
    let (mut folders, mut found) = (vec![PathBuf::from(root)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn store_files(name: &'static str) -> Vec<(PathBuf, String)> {
    let all = files("MAGESHIFT_STORES", |path| {
        path.extension().is_some_and(|e| e == "json" || e == "lock")
    });
    let named = all
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|file| file == name));
    named
        .filter_map(|path| Some((path.clone(), fs::read_to_string(path).ok()?)))
        .collect()
}

/// JSON text with everything that PHP reads in its own way, and now and then a mistake.
fn json_text() -> impl Strategy<Value = String> {
    let number = prop_oneof![
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>()
            .prop_filter("finite", |n| n.is_finite())
            .prop_map(|n| format!("{n:e}")),
        "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?",
    ];
    let string = "\"([a-z/ é\u{2028}😀\u{7f}]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-fA-F]{4}|\\\\u[dD]83[dD]\\\\u[dD][eE]00){0,5}\"";
    let leaf =
        prop_oneof![20 => number, 20 => string, 10 => "true|false|null", 1 => r"TRUE|nul|-|01|\.5"];
    let key = prop_oneof![
        "\"[0-3a-c]?\"",
        string.prop_filter("a property name for PHP", |key| !key
            .starts_with("\"\\u0000"))
    ];
    let space = || "[ \n\r\t]{0,2}";
    let value = leaf.prop_recursive(4, 30, 5, move |inner| {
        let item = (space(), inner.clone(), space()).prop_map(|(a, b, c)| a + &b + &c);
        let entry = (space(), key.clone(), space(), item.clone())
            .prop_map(|(a, b, c, d)| format!("{a}{b}{c}:{d}"));
        prop_oneof![
            prop::collection::vec(item, 0..5).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(entry, 0..5)
                .prop_map(|entries| format!("{{{}}}", entries.join(","))),
        ]
    });
    // One text in four loses a character.
    (value, any::<prop::sample::Index>(), 0..4).prop_map(|(text, index, mistake)| {
        let lost = index.index(text.chars().count());
        let keep = |&(position, _): &(usize, char)| mistake != 0 || position != lost;
        text.chars()
            .enumerate()
            .filter(keep)
            .map(|(_, character)| character)
            .collect()
    })
}

fn recoded(text: &str) -> Value {
    match decode(text) {
        Ok(value) => json!([
            encode_pretty(&value, "    "),
            encode_compact(&value),
            encode_compact(&phpify(&value))
        ]),
        Err(_) => Value::Null,
    }
}

#[test]
fn json_is_read_and_written_as_php_does() {
    let Some(mut php) = Php::start("formats.php") else {
        return;
    };
    let real = store_files("composer.json")
        .into_iter()
        .chain(store_files("composer.lock"))
        .map(|(_, text)| text);
    let (mut compared, mut refused) = (0, 0);
    for text in samples(json_text(), 6000).chain(real) {
        let answer = php.ask(&json!({"do": "recode", "text": text}));
        assert_eq!(recoded(&text), answer, "{text}");
        compared += 1;
        refused += usize::from(answer.is_null());
    }
    eprintln!("{compared} texts agree, {refused} of them refused by both");
}

/// A value without the JSON that PHP cannot tell apart, for edits that go through PHP's arrays.
fn plain_value() -> impl Strategy<Value = Value> {
    let scalar = || {
        prop_oneof![
            "[a-z/\\\\$0-9é\" ]{0,6}".prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from)
        ]
    };
    scalar().prop_recursive(2, 12, 3, move |inner| {
        prop_oneof![
            prop::collection::vec(scalar(), 1..4).prop_map(Value::from),
            prop::collection::vec(("[a-z][a-z/-]{0,5}", inner), 1..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn root() -> impl Strategy<Value = Map<String, Value>> {
    let keys = "name|version|require|require-dev|conflict|replace|provide|minimum-stability|prefer-stable|repositories|extra|config|scripts|autoload|x";
    let links = prop::collection::vec(("(a|b)/[a-c]|php|ext-[a-b]", "[~^]?[1-9]\\.[0-9]"), 0..4)
        .prop_map(|links| {
            Value::Object(
                links
                    .into_iter()
                    .map(|(name, constraint)| (name, constraint.into()))
                    .collect(),
            )
        });
    let value = prop_oneof![
        links,
        plain_value(),
        json_text().prop_map(|text| decode(&text).unwrap_or(Value::Null)),
        plain_value().prop_map(|platform| json!({"platform": platform, "sort-packages": true})),
    ];
    prop::collection::vec((keys, value), 0..6).prop_map(|entries| entries.into_iter().collect())
}

#[test]
fn content_hashes_are_composer_s() {
    let Some(mut php) = Php::start("formats.php") else {
        return;
    };
    for root in samples(root(), 2000) {
        let text = encode_pretty(&Value::Object(root), "  ");
        let answer = php.ask(&json!({"do": "content_hash", "text": text}));
        assert_eq!(
            content_hash(&text).ok().as_deref(),
            answer.as_str(),
            "{text}"
        );
    }
    let (mut compared, mut fresh, mut locked) = (0, 0, 0);
    for (path, text) in store_files("composer.json") {
        let answer = php.ask(&json!({"do": "content_hash", "text": text}));
        let hash = content_hash(&text).ok();
        assert_eq!(hash.as_deref(), answer.as_str(), "{path:?}");
        compared += usize::from(hash.is_some());
        if let Some(lock) = fs::read_to_string(path.with_extension("lock"))
            .ok()
            .and_then(|text| Lock::parse(&text).ok())
        {
            locked += 1;
            fresh += usize::from(lock.content_hash() == hash.as_deref());
        }
    }
    eprintln!(
        "{compared} stores agree with PHP; {fresh} of {locked} locks have the hash of their composer.json"
    );
}

/// An edit that both sides know.
#[derive(Debug, Clone)]
enum Edit {
    MainKey(String, Value),
    SubNode(String, String, Value, bool),
    Link(String, String, String),
    RemoveMainKey(String),
    RemoveSubNode(String, String),
}

impl Edit {
    fn request(&self, text: &str) -> Value {
        let (method, arguments) = match self {
            Edit::MainKey(key, value) => ("addMainKey", json!([key, value])),
            Edit::SubNode(main, name, value, append) => {
                ("addSubNode", json!([main, name, value, append]))
            }
            Edit::Link(kind, package, constraint) => {
                ("addLink", json!([kind, package, constraint]))
            }
            Edit::RemoveMainKey(key) => ("removeMainKey", json!([key])),
            Edit::RemoveSubNode(main, name) => ("removeSubNode", json!([main, name])),
        };
        json!({"do": "manipulate", "text": text, "method": method, "arguments": arguments})
    }

    fn apply(&self, document: &mut JsonDocument) -> bool {
        let edited = match self {
            Edit::MainKey(key, value) => document.set(key.as_str(), value),
            Edit::SubNode(main, name, value, false) if document.get([main, name]).is_none() => {
                document.insert(main.as_str(), Position::Start, name, value)
            }
            Edit::SubNode(main, name, value, _) => document.set([main, name], value),
            Edit::Link(kind, package, constraint) => {
                document.set([kind, package], &json!(constraint))
            }
            Edit::RemoveMainKey(key) => document.remove(key.as_str()).map(drop),
            Edit::RemoveSubNode(main, name) => document.remove([main, name]).map(drop),
        };
        edited.is_ok()
    }
}

fn edit(main: Vec<String>, names: Vec<String>) -> impl Strategy<Value = Edit> {
    let main =
        move || prop_oneof![4 => prop::sample::select(main.clone()), 1 => "new|require|config"];
    let name =
        move || prop_oneof![3 => prop::sample::select(names.clone()), 1 => "[a-z]{1,4}/[a-z]{1,4}"];
    prop_oneof![
        (main(), plain_value()).prop_map(|(key, value)| Edit::MainKey(key, value)),
        (main(), name(), plain_value(), any::<bool>())
            .prop_map(|(m, n, v, append)| Edit::SubNode(m, n, v, append)),
        (
            "require|require-dev|replace|conflict",
            name(),
            "[~^]?[1-9]\\.[0-9] \\|\\| \\$1"
        )
            .prop_map(|(k, p, c)| Edit::Link(k, p, c)),
        main().prop_map(Edit::RemoveMainKey),
        (main(), name()).prop_map(|(main, name)| Edit::RemoveSubNode(main, name)),
    ]
}

/// Whether the document promises something else than Composer's text here: what it is added to is empty or stands on one
/// line, has a repeated key or a name that Composer reads as a path, or slashes or colons are written in an unusual way.
fn differs_by_design(text: &str, document: &JsonDocument, edit: &Edit) -> bool {
    let (main, name) = match edit {
        Edit::MainKey(main, _) | Edit::RemoveMainKey(main) => (main, None),
        Edit::Link(main, name, _)
        | Edit::SubNode(main, name, ..)
        | Edit::RemoveSubNode(main, name) => (main, Some(name)),
    };
    let entries = |value: &Value| match value {
        Value::Object(object) => object.len(),
        Value::Array(items) => items.len(),
        _ => 0,
    };
    let one_line = |node: Option<&Value>, line: Option<usize>, first_line: Option<usize>| {
        node.is_some_and(|node| entries(node) > 0) && line == first_line
    };
    let root = document.value();
    let first_key = |value: Option<&Value>| {
        value
            .and_then(Value::as_object)
            .and_then(|object| object.keys().next().cloned())
    };
    let root_line = first_key(Some(root)).and_then(|key| document.line_of([&key]));
    if entries(root) == 0
        || one_line(Some(root), Some(1), root_line)
        || text.contains("\\/")
        || text.contains("\" :")
    {
        return true;
    }
    let Some(name) = name else {
        return entries(root) == 1 && text.contains("\r\n");
    };
    let node = root.get(main);
    let empty = node.is_some_and(|node| entries(node) == 0);
    let node_line = first_key(node).and_then(|key| document.line_of([main, &key]));
    empty
        || one_line(node, document.line_of([main]), node_line)
        || (matches!(main.as_str(), "config" | "extra" | "scripts") && name.contains('.'))
}

#[test]
fn edits_give_composer_s_text() {
    let Some(mut php) = Php::start("formats.php") else {
        return;
    };
    let layout = (
        prop_oneof![Just("  "), Just("    "), Just("\t"), Just("   ")],
        any::<(bool, bool)>(),
    );
    let made_up = (root(), layout).prop_map(|(root, (indent, (crlf, newline)))| {
        let text = encode_pretty(&Value::Object(root), indent) + if newline { "\n" } else { "" };
        if crlf {
            text.replace('\n', "\r\n")
        } else {
            text
        }
    });
    let mut texts: Vec<String> = samples(made_up, 1500).collect();
    for (_, text) in store_files("composer.json") {
        texts.extend(std::iter::repeat_n(text, 12));
    }
    let (mut same, mut refused, mut designed, mut broken) = (0, 0, 0, 0);
    let mut runner = TestRunner::new(Config::default());
    for text in texts {
        let Ok(document) = JsonDocument::parse(text.clone()) else {
            continue;
        };
        let keys = |value: &Value| {
            value
                .as_object()
                .map(|object| object.keys().cloned().collect::<Vec<_>>())
        };
        let main = keys(document.value())
            .filter(|keys| !keys.is_empty())
            .unwrap_or_else(|| vec!["x".to_owned()]);
        let names = document
            .value()
            .as_object()
            .into_iter()
            .flat_map(|root| root.values().filter_map(keys))
            .flatten();
        let names = names.chain(["php".to_owned()]).collect();
        let edit = edit(main, names).new_tree(&mut runner).unwrap().current();
        if differs_by_design(&text, &document, &edit) {
            designed += 1;
            continue;
        }
        let mut edited = document.clone();
        let answer = php.ask(&edit.request(&text));
        let (true, Some(theirs)) = (edit.apply(&mut edited), answer.as_str()) else {
            refused += 1;
            continue;
        };
        if edited.text().trim() == theirs.trim() {
            same += 1;
        } else if decode(theirs).ok().as_ref() != Some(edited.value()) {
            eprintln!(
                "BROKEN {edit:?}\n{text}\n--- ours\n{}\n--- theirs\n{theirs}",
                edited.text()
            );
            broken += 1;
        } else {
            panic!(
                "{edit:?}\n{text}\n--- ours\n{}\n--- theirs\n{theirs}",
                edited.text()
            );
        }
    }
    eprintln!(
        "{same} edits give the same text; {designed} differ by design, {refused} are refused, in {broken} Composer's text \
         does not mean what was asked for"
    );
}

/// The version entries of a repository document, minified ones expanded.
fn versions(document: &Value) -> Vec<Value> {
    let mut versions = Vec::new();
    for entries in document["packages"]
        .as_object()
        .into_iter()
        .flat_map(Map::values)
    {
        let mut expanded = Map::new();
        let entries: Vec<&Value> = match entries {
            Value::Array(list) => list.iter().collect(),
            Value::Object(map) => map.values().collect(),
            _ => continue,
        };
        for entry in entries.into_iter().filter_map(Value::as_object) {
            if document.get("minified").is_none() {
                expanded.clear();
            }
            for (key, value) in entry {
                match value.as_str() {
                    Some("__unset") => expanded.shift_remove(key),
                    _ => expanded.insert(key.clone(), value.clone()),
                };
            }
            versions.push(Value::Object(expanded.clone()));
        }
    }
    versions
}

/// Entries with fields of every shape that the loader lets pass.
fn made_up_entry() -> impl Strategy<Value = Value> {
    let word = "[A-Za-z0-9./ é-]{0,6}";
    let words = || prop::collection::vec(word, 0..5).prop_map(Value::from);
    let map = || {
        prop::collection::vec((word, word), 0..4).prop_map(|entries| {
            Value::Object(entries.into_iter().map(|(k, v)| (k, v.into())).collect())
        })
    };
    let links = || {
        prop::collection::vec(
            (
                "[A-Ca-c]/[A-Ca-c]|php|ext-[a-z]",
                "[1-9]\\.[0-9]|self\\.version",
            ),
            0..5,
        )
        .prop_map(|entries| {
            Value::Object(entries.into_iter().map(|(k, v)| (k, v.into())).collect())
        })
    };
    let time = prop_oneof![
        "(19|20)[0-9]{2}-(0[1-9]|1[0-2])-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9](:[0-5][0-9])?( ?[+-](0[0-9]|1[0-3]):?[0-5]0|Z| UTC)?)?",
        "[1-9][0-9]{0,9}",
        "later|",
    ];
    let texts = || prop_oneof![words(), word.prop_map(Value::from)];
    let field = prop_oneof![
        (Just("type"), word.prop_map(Value::from)),
        (Just("target-dir"), "[a./]{0,6}".prop_map(Value::from)),
        ("require|conflict|provide|replace|require-dev", links())
            .prop_map(|(key, links)| (key.leak() as &str, links)),
        (Just("suggest"), map()),
        (
            "extra|autoload|autoload-dev|support",
            plain_value().prop_filter("an array", |value| !value.is_string()
                && !value.is_number()
                && !value.is_boolean())
        )
            .prop_map(|(key, value)| (key.leak() as &str, value)),
        ("bin|license", texts()).prop_map(|(key, value)| (key.leak() as &str, value)),
        ("keywords|authors|funding|include-path", words())
            .prop_map(|(key, value)| (key.leak() as &str, value)),
        (
            "description|homepage|notification-url",
            word.prop_map(Value::from)
        )
            .prop_map(|(key, value)| (key.leak() as &str, value)),
        (
            Just("scripts"),
            prop::collection::vec(("[a-z]{2,5}-x", texts()), 0..3)
                .prop_map(|scripts| Value::Object(scripts.into_iter().collect()))
        ),
        (
            Just("archive"),
            words().prop_map(|words| json!({"exclude": words, "name": "n"}))
        ),
        (
            Just("abandoned"),
            prop_oneof![
                any::<bool>().prop_map(Value::from),
                word.prop_map(Value::from)
            ]
        ),
        (Just("time"), time.prop_map(Value::from)),
        (Just("default-branch"), any::<bool>().prop_map(Value::from)),
        (Just("transport-options"), map()),
        (
            Just("source"),
            json_source(json!({"type": "git", "url": "https://s"}))
        ),
        (
            Just("dist"),
            json_source(json!({"type": "zip", "url": "https://d", "shasum": ""}))
        ),
    ];
    prop::collection::vec(field, 0..12).prop_map(|fields| {
        let names = [
            ("name".to_owned(), json!("B/b")),
            ("version".to_owned(), json!("1.2.3")),
        ];
        names
            .into_iter()
            .chain(
                fields
                    .into_iter()
                    .map(|(key, value)| (key.to_owned(), value)),
            )
            .collect()
    })
}

fn json_source(base: Value) -> impl Strategy<Value = Value> {
    ("[a-f0-9]{1,4}", any::<bool>()).prop_map(move |(reference, mirrors)| {
        let mut source = base.clone();
        if mirrors {
            source["mirrors"] = json!([{"url": "https://m/%package%", "preferred": true}]);
        }
        source["reference"] = reference.into();
        source
    })
}

#[test]
fn lock_entries_are_composer_s() {
    let Some(mut php) = Php::start("formats.php") else {
        return;
    };
    let mut entries: Vec<(Value, bool)> = samples((made_up_entry(), any::<bool>()), 3000).collect();
    for (position, path) in files("MAGESHIFT_REGISTRY", |path| {
        path.extension().is_some_and(|e| e == "json")
    })
    .iter()
    .enumerate()
    {
        let Some(document) = fs::read_to_string(path)
            .ok()
            .and_then(|text| decode(&text).ok())
        else {
            continue;
        };
        let versions = versions(&document);
        let step = versions.len() / 3 + 1;
        entries.extend(
            versions
                .into_iter()
                .skip(position % step)
                .step_by(step)
                .map(|version| (version, true)),
        );
    }
    for (_, text) in store_files("composer.lock") {
        let Ok(lock) = Lock::parse(&text) else {
            continue;
        };
        entries.extend(
            lock.packages()
                .step_by(25)
                .map(|package| (package.clone(), false)),
        );
    }
    let (mut same, mut refused) = (0, 0);
    for (entry, from_repository) in entries {
        let request = json!({"do": "dump", "text": encode_compact(&entry), "from_repository": from_repository});
        let none = Additions::default();
        let ours = dump(&entry, from_repository.then_some(&none));
        match php.ask(&request).as_str() {
            Some(theirs) => assert_eq!(encode_pretty(&ours, "    "), theirs, "{entry}"),
            None => refused += 1,
        }
        same += 1;
    }
    eprintln!("{same} entries agree, of which Composer refuses {refused}");
}

/// A lock taken apart and put together is the same text, for every lock that Composer 2 wrote and nobody formatted since.
#[test]
fn locks_of_composer_2_come_out_as_they_are() {
    let (mut same, mut other) = (0, 0);
    for (path, text) in store_files("composer.lock") {
        let Ok(lock) = Lock::parse(&text) else {
            continue;
        };
        let style = lock.style();
        let by_composer_2 = lock.plugin_api_version() == Some(style.plugin_api_version.as_str());
        if lock.is_empty() || !by_composer_2 || lock_text(lock.value(), &style) != text {
            other += 1;
            continue;
        }
        let own = |entries: &mut dyn Iterator<Item = (&str, &str)>| {
            entries.map(|(k, v)| (k.to_owned(), v.to_owned())).collect()
        };
        let contents = LockContents {
            content_hash: lock.content_hash().unwrap_or_default().to_owned(),
            packages: lock.packages().map(|package| dump(package, None)).collect(),
            packages_dev: Some(
                lock.packages_dev()
                    .map(|package| dump(package, None))
                    .collect(),
            ),
            aliases: lock.aliases(),
            minimum_stability: lock.minimum_stability().to_owned(),
            stability_flags: lock
                .stability_flags()
                .map(|(name, flag)| (name.to_owned(), flag as u8))
                .collect(),
            prefer_stable: lock.prefer_stable() == Some(true),
            prefer_lowest: lock.prefer_lowest() == Some(true),
            platform: own(&mut lock.platform()),
            platform_dev: own(&mut lock.platform_dev()),
            platform_overrides: lock
                .platform_overrides()
                .map(|(k, v)| (k.to_owned(), v.clone()))
                .collect(),
        };
        assert!(
            lock_text(&contents.into_value(&style), &style) == text,
            "{path:?}"
        );
        same += 1;
    }
    eprintln!("{same} locks come out as they are, {other} are not Composer 2's own text");
}
