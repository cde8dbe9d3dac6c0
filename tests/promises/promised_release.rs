//! A switch ends at the release that its plan names, whatever else composer.json admits, or it does not end at all.

use crate::kit::*;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

use crate::kit::RECORDING;
const PRODUCT: &str = "magento/product-community-edition";

/// The sample store, Magento Open Source 2.4.8-p3, with this constraint on its product.
fn store(constraint: &str) -> tempfile::TempDir {
    let folder = sample_store();
    let mut root = read(folder.path(), "composer.json");
    root["require"][PRODUCT] = json!(constraint);
    let text = serde_json::to_string_pretty(&root).unwrap();
    fs::write(folder.path().join("composer.json"), text).unwrap();
    folder
}

fn read(store: &Path, file: &str) -> Value {
    serde_json::from_slice(&fs::read(store.join(file)).unwrap()).unwrap()
}

fn locked(store: &Path, name: &str) -> Value {
    let lock = read(store, "composer.lock");
    let packages = lock["packages"].as_array().unwrap().iter();
    let mut found = packages
        .filter(|package| package["name"] == name)
        .map(|package| package["version"].clone());
    found.next_back().unwrap_or(Value::Null)
}

fn asked(store: &Path, words: &[&str]) -> Run {
    let common = [
        "-n",
        "--offline",
        "--ignore-platform-reqs",
        "--mirror-dir",
        RECORDING,
    ];
    run(store, &[words, &common].concat())
}

#[test]
fn no_range_keeps_the_core_where_it_was() {
    for constraint in [
        "^2.4.8",
        "2.4.*",
        "*",
        ">=2.4.7 <2.5",
        "2.4.8-p3 || 2.4.8-p4",
    ] {
        let store = store(constraint);
        let run = asked(store.path(), &["switch", "--to", "magento@2.4.9", "--yes"]);
        assert_eq!(
            run.code,
            Some(0),
            "{constraint}: {}{}",
            run.stdout,
            run.stderr
        );
        for name in [PRODUCT, "magento/magento2-base"] {
            assert_eq!(locked(store.path(), name), "2.4.9", "{constraint}: {name}");
        }
        let again = asked(
            store.path(),
            &["switch", "--to", "magento@2.4.9", "--check"],
        );
        assert_eq!(again.code, Some(0), "{constraint}: {}", again.stdout);
    }
}

#[test]
fn a_root_ahead_of_its_lock_stops_switch_and_slim() {
    let store = store("2.4.9");
    let before = ["composer.json", "composer.lock"].map(|file| read(store.path(), file));
    for words in [
        ["switch", "--to", "mage-os@3.4.0", "--yes"].as_slice(),
        &["slim", "--without", "ups", "--yes"],
    ] {
        let run = asked(store.path(), words);
        assert_eq!(run.code, Some(4), "{}{}", run.stdout, run.stderr);
        let said = run.stdout + &run.stderr;
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            said.contains("2.4.9") && said.contains("2.4.8-p3"),
            "{said}"
        );
        assert!(said.contains("composer update"), "{said}");
    }
    let after = ["composer.json", "composer.lock"].map(|file| read(store.path(), file));
    assert_eq!(before, after);
}

#[test]
fn a_store_without_development_tools_gets_none() {
    let store = store("2.4.8-p3");
    let mut root = read(store.path(), "composer.json");
    root.as_object_mut().unwrap().remove("require-dev");
    let text = serde_json::to_string_pretty(&root).unwrap();
    fs::write(store.path().join("composer.json"), text).unwrap();
    let run = asked(store.path(), &["switch", "--to", "mage-os@3.4.0", "--yes"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    assert_eq!(read(store.path(), "composer.json").get("require-dev"), None);
    assert_eq!(locked(store.path(), "phpunit/phpunit"), Value::Null);
}
