//! "What the owner builds is not taken": core packages of a store that its distribution did not build.
#![cfg(unix)]

use crate::kit::*;
use composer_engine::format::content_hash::content_hash;
use composer_engine::format::json_document::JsonDocument;
use expectrl::{Eof, Expect, Session};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::kit::RECORDING;
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample-store");
const NAME: &str = "magento/module-cms";

/// The sample store with an own `module-cms`, which composer.lock has from `origin` (fields of its entry) and
/// composer.json from `repository`.
fn store(repository: Value, origin: Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let read = |file: &str| fs::read_to_string(Path::new(SAMPLE).join(file)).unwrap();
    let mut root = JsonDocument::parse(read("composer.json")).unwrap();
    let mut all = vec![repository];
    all.extend(match root.get("repositories") {
        Some(Value::Array(list)) => list.clone(),
        Some(Value::Object(members)) => members.values().cloned().collect(),
        _ => Vec::new(),
    });
    root.set("repositories", &json!(all)).unwrap();
    let mut lock: Value = serde_json::from_str(&read("composer.lock")).unwrap();
    lock["content-hash"] = json!(content_hash(root.text()).unwrap());
    let packages = lock["packages"].as_array_mut().unwrap();
    let own = packages.iter_mut().find(|entry| entry["name"] == NAME);
    let own = own.unwrap().as_object_mut().unwrap();
    own.remove("dist");
    own.extend(origin.as_object().cloned().unwrap());
    let file = json!({"name": NAME, "version": own["version"], "type": "magento2-module", "require": own["require"]});
    fs::create_dir_all(folder.path().join("build/cms")).unwrap();
    fs::write(
        folder.path().join("build/cms/composer.json"),
        file.to_string(),
    )
    .unwrap();
    fs::write(folder.path().join("composer.json"), root.text()).unwrap();
    fs::write(
        folder.path().join("composer.lock"),
        serde_json::to_string_pretty(&lock).unwrap(),
    )
    .unwrap();
    folder
}

/// The own build in a folder of the store.
fn in_folder() -> tempfile::TempDir {
    store(
        json!({"type": "path", "url": "build/*"}),
        json!({"dist": {"type": "path", "url": "build/cms", "reference": "0a"}, "transport-options": {"relative": true}}),
    )
}

fn switch(store: &Path, to: &str, words: &[&str]) -> (Option<i32>, Value) {
    let common = ["switch", "--to", to, "--json", "--offline", "--php", "8.4"];
    let run = run(
        store,
        &[&common[..], &["--mirror-dir", RECORDING, "-n"], words].concat(),
    );
    let plan: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    (run.code, plan)
}

/// The text of a finding about the own build.
fn told(plan: &Value, code: &str) -> Option<String> {
    let findings = plan["findings"].as_array()?;
    let finding = findings
        .iter()
        .find(|finding| finding["code"] == code && finding["package"] == NAME)?;
    Some(format!("{} {}", finding["severity"], finding["detail"]))
}

fn locked(store: &Path, name: &str) -> Option<Value> {
    let lock: Value =
        serde_json::from_slice(&fs::read(store.join("composer.lock")).unwrap()).unwrap();
    let packages = lock["packages"].as_array().unwrap();
    packages.iter().find(|entry| entry["name"] == name).cloned()
}

#[test]
fn an_own_build_stops_a_switch_until_its_owner_decides() {
    let store = in_folder();
    let before = fs::read(store.path().join("composer.json")).unwrap();
    for words in [&["--yes"][..], &["--yes", "--take", "all"]] {
        let (code, plan) = switch(store.path(), "mage-os@2.2.1", words);
        assert_eq!(code, Some(3), "{words:?}");
        let told = told(&plan, "own-build").unwrap();
        assert!(told.starts_with("\"blocker\""), "{told}");
        assert!(told.contains("the folder build/cms"), "{told}");
        assert!(told.contains(&format!("--take {NAME}")), "{told}");
    }
    assert_eq!(
        fs::read(store.path().join("composer.json")).unwrap(),
        before
    );
}

#[test]
fn the_targets_package_is_taken_where_the_owner_says_so() {
    let store = in_folder();
    let (code, plan) = switch(store.path(), "mage-os@2.2.1", &["--yes", "--take", NAME]);
    assert_eq!(code, Some(0), "{plan:#}");
    assert!(
        told(&plan, "own-build-replaced")
            .unwrap()
            .contains("warning")
    );
    assert_eq!(locked(store.path(), NAME), None);
    assert!(locked(store.path(), "mage-os/module-cms").is_some());
}

/// Some stores have hundreds of them.
#[test]
fn one_word_decides_on_all_of_them() {
    for word in ["--take", "--keep"] {
        let store = in_folder();
        let (code, plan) = switch(
            store.path(),
            "mage-os@2.2.1",
            &["--yes", word, "own-builds"],
        );
        assert_eq!(code, Some(0), "{plan:#}");
        assert_eq!(locked(store.path(), NAME).is_some(), word == "--keep");
    }
}

#[test]
fn a_kept_build_keeps_its_name_and_the_target_does_without_its_own() {
    let store = in_folder();
    let (code, plan) = switch(store.path(), "mage-os@2.2.1", &["--yes", "--keep", NAME]);
    assert_eq!(code, Some(0), "{plan:#}");
    assert!(told(&plan, "own-build-kept").is_some());
    assert_eq!(locked(store.path(), "mage-os/module-cms"), None);
    let kept = locked(store.path(), NAME).unwrap();
    assert_eq!(kept["dist"]["url"], "build/cms");
    let root: Value =
        serde_json::from_slice(&fs::read(store.path().join("composer.json")).unwrap()).unwrap();
    assert_eq!(root["replace"]["mage-os/module-cms"], "*");
    assert_eq!(root["require"][NAME], kept["version"]);
}

#[test]
fn within_a_vendor_an_own_build_stays_or_blocks() {
    let store = in_folder();
    for to in ["magento@2.4.8-p4", "magento@2.4.9"] {
        let (code, plan) = switch(store.path(), to, &["--yes"]);
        assert_eq!(code, Some(3), "{plan:#}");
        let told = told(&plan, "own-build").unwrap();
        for part in [
            "\"blocker\"",
            "the folder build/cms",
            "magento/product-community-edition 2.4.",
            &format!("requires {NAME} 104.0."),
            &format!("`--take {NAME}`"),
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        let codes: Vec<&str> = plan["findings"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|finding| finding["code"].as_str())
            .collect();
        assert!(
            !codes.contains(&"core-incomplete") && !codes.contains(&"requirement-blocks"),
            "no repository, no mirror and no keys are to blame: {codes:?}"
        );
        assert!(
            !codes.contains(&"own-build-kept"),
            "it is told once: {codes:?}"
        );
        assert!(
            !codes.contains(&"nearest-release"),
            "where the store is already it need not go: {plan:#}"
        );
    }
    assert_eq!(
        locked(store.path(), NAME).unwrap()["dist"]["type"],
        "path",
        "it is not replaced without a word"
    );
}

#[test]
fn a_mirror_is_told_by_what_it_serves() {
    let private = json!({"type": "composer", "url": "https://packages.shop.example"});
    let lock: Value =
        serde_json::from_slice(&fs::read(Path::new(SAMPLE).join("composer.lock")).unwrap())
            .unwrap();
    let packages = lock["packages"].as_array().unwrap();
    let official = packages.iter().find(|entry| entry["name"] == NAME).unwrap();
    let served: Value = serde_json::from_slice(
        &fs::read(Path::new(RECORDING).join(format!("repo.magento.com/p2/{NAME}.json"))).unwrap(),
    )
    .unwrap();
    let same = served["packages"][NAME]
        .as_array()
        .unwrap()
        .iter()
        .find(|version| version["version"] == official["version"])
        .unwrap();
    let dist = |shasum: &Value| json!({"dist": {"type": "zip", "url": "https://packages.shop.example/cms.zip", "shasum": shasum}});
    for (shasum, is_own) in [
        (same["dist"]["shasum"].clone(), false),
        (json!("4f3d1f7e1d1cb2b3a2b7cb02fc7c1f7ac4b3d0aa"), true),
    ] {
        let store = store(private.clone(), dist(&shasum));
        let (_, plan) = switch(store.path(), "mage-os@2.2.1", &["--dry-run"]);
        let told = told(&plan, "own-build");
        assert_eq!(told.is_some(), is_own, "{shasum}: {told:?}");
        assert!(told.is_none_or(|told| told.contains("packages.shop.example")));
    }
}

#[test]
fn on_a_terminal_the_owner_is_asked() {
    for (keys, is_kept) in [("\r", true), ("\x1b[B\r", false)] {
        let store = in_folder();
        let mut command = mageshift(store.path());
        command.args([
            "switch",
            "--to",
            "mage-os@2.2.1",
            "--offline",
            "--php",
            "8.4",
        ]);
        command.args(["--mirror-dir", RECORDING]);
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(60)));
        session.expect(NAME).unwrap();
        session.expect("take").unwrap();
        session.send(keys).unwrap();
        // The cursor stands on looking at the diff; applying is the one above.
        session.expect("What now?").unwrap();
        session.send("\x1b[A\r").unwrap();
        session.expect(Eof).unwrap();
        assert_eq!(locked(store.path(), NAME).is_some(), is_kept);
        assert_eq!(
            locked(store.path(), "mage-os/module-cms").is_some(),
            !is_kept
        );
    }
}

#[test]
fn an_own_build_that_nobody_serves_any_more_is_not_replaced_without_a_word() {
    let store = store(
        json!({"type": "path", "url": "elsewhere/*"}),
        json!({"dist": {"type": "path", "url": "build/cms", "reference": "0a"}, "transport-options": {"relative": true}}),
    );
    let (code, plan) = switch(store.path(), "magento@2.4.9", &["--yes"]);
    assert_eq!(code, Some(3), "{plan:#}");
    let told = told(&plan, "own-build-taken").unwrap();
    assert!(told.contains("the folder build/cms"), "{told}");
    assert!(told.contains(&format!("--take {NAME}")), "{told}");
}
