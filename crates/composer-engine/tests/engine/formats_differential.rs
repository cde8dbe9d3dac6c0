//! JSON, the content hash and the editing of composer.json against PHP and Composer, on random and on real files.

use crate::differential::{Php, plain_value, samples, store_files};
use composer_engine::format::json::document::{JsonDocument, Position};
use composer_engine::format::json::php_json::{decode, encode_compact, encode_pretty, phpify};
use composer_engine::format::lock::Lock;
use composer_engine::format::lock::content_hash::content_hash;
use composer_engine::format::root::package_order;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Map, Value, json};
use std::fs;

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
        .chain(store_files("composer.lock").into_iter().step_by(6))
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

/// Whether the document promises something else than Composer's text here: what it adds to is null, empty or on one line,
/// a name is one that Composer's patterns misread or take for a path, slashes or colons are written in an unusual way.
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
        || root.get(main) == Some(&Value::Null)
        || one_line(Some(root), Some(1), root_line)
        || text.contains("\\/")
        || text.contains("\" :")
    {
        return true;
    }
    // Blanks behind a comma go with it here; Composer leaves them at the end of the line.
    let has_blanks_behind_comma = text.lines().any(|line| {
        let kept = line.trim_end();
        kept.len() < line.len() && kept.ends_with(',')
    });
    let Some(name) = name else {
        return entries(root) == 1 && text.contains("\r\n") || has_blanks_behind_comma;
    };
    let node = root.get(main);
    let empty = node.is_some_and(|node| entries(node) == 0);
    let node_line = first_key(node).and_then(|key| document.line_of([main, &key]));
    let no_link = matches!(edit, Edit::Link(..))
        && node
            .and_then(|node| node.get(name))
            .is_some_and(|link| !link.is_string());
    let unusual = name.contains(' ') || encode_pretty(&json!(name), "") != format!("\"{name}\"");
    empty
        || unusual
        || no_link
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
    let mut runner = TestRunner::deterministic();
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
            broken += 1;
        } else {
            panic!(
                "{edit:?}\n{text}\n--- ours\n{}\n--- theirs\n{theirs}",
                edited.text()
            );
        }
    }
    assert!(broken * 100 < same, "too many edits have another meaning");
    eprintln!(
        "{same} edits give the same text; {designed} differ by design, {refused} are refused, in {broken} Composer's text \
         does not mean what was asked for"
    );
}

#[test]
fn requirements_are_sorted_as_composer_does() {
    let Some(mut php) = Php::start("formats.php") else {
        return;
    };
    let name = prop_oneof![
        "[ab][01a_.-]{0,3}/[0-2a_.-]{1,5}",
        "(ext|lib)-[a-c0-2]{1,3}",
        "php(-zts)?|hhvm|composer(-plugin-api)?"
    ];
    let links = store_files("composer.json")
        .into_iter()
        .filter_map(|(_, text)| decode(&text).ok()?.get("require")?.as_object().cloned());
    let real: Vec<Vec<String>> = links.map(|links| links.keys().cloned().collect()).collect();
    for names in samples(prop::collection::vec(name, 0..8), 3000).chain(real) {
        let answer = php.ask(&json!({"do": "sort", "names": names}));
        let mut ours: Vec<String> = names.iter().fold(Vec::new(), |mut unique, name| {
            if !unique.contains(name) {
                unique.push(name.clone());
            }
            unique
        });
        ours.sort_by(|a, b| package_order::compare(a, b));
        assert_eq!(json!(ours), answer);
    }
}
