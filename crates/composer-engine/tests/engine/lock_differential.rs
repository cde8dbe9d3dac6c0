//! Lock entries and whole locks against Composer, on random and on real files. Recorded answers of Composer 2.10 come from
//! the folder in `MAGESHIFT_ANSWERS`.

use crate::differential::{Php, files, plain_value, samples, store_files};
use composer_engine::format::json::php_json::{decode, encode_compact, encode_pretty};
use composer_engine::format::lock::Lock;
use composer_engine::format::lock::contents::{LockContents, lock_text};
use composer_engine::format::lock::entry::{Additions, dump};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;

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

/// What Composer 2.10 locked of inline packages, in small worlds of `{"composer": root, "expect": lock or null}` lines.
#[test]
fn recorded_entries_are_ours() {
    let worlds = std::env::var_os("MAGESHIFT_ANSWERS")
        .map(|folder| Path::new(&folder).join("worlds.jsonl.zst"));
    let output =
        worlds.and_then(|worlds| Command::new("zstd").arg("-dqc").arg(worlds).output().ok());
    let Some(output) = output else {
        eprintln!("skipped: MAGESHIFT_ANSWERS is not set, or there is no zstd");
        return;
    };
    let mut same = 0;
    for world in String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| decode(line).unwrap())
    {
        let repositories = world["composer"]["repositories"]
            .as_array()
            .into_iter()
            .flatten();
        let inline = repositories
            .filter_map(|repository| repository["package"].as_array())
            .flatten();
        let ours: Vec<String> = inline
            .map(|package| encode_compact(&dump(package, None)))
            .collect();
        let locked = world["expect"]["packages"]
            .as_array()
            .into_iter()
            .chain(world["expect"]["packages-dev"].as_array());
        for theirs in locked.flatten() {
            let recorded_before = || {
                world["lock"]["packages"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .any(|old| old == theirs)
            };
            assert!(
                ours.contains(&encode_compact(theirs)) || recorded_before(),
                "{theirs}"
            );
            same += 1;
        }
    }
    eprintln!("{same} recorded entries agree");
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
