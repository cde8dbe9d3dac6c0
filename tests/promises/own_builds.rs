//! "What the owner builds is not taken": core packages of a store that its distribution did not build.
#![cfg(unix)]

use crate::kit::*;
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::lock::content_hash::content_hash;
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

const SATIS: &str = "packages.shop.example";

/// The sample store with its own build on a Composer repository of the shop, and the recorded repositories with that one.
fn on_satis() -> (tempfile::TempDir, tempfile::TempDir) {
    let dist = json!({"type": "zip", "url": format!("https://{SATIS}/cms.zip"), "reference": "0b", "shasum": "4f3d1f7e1d1cb2b3a2b7cb02fc7c1f7ac4b3d0aa"});
    let url = format!("https://{SATIS}");
    let store = store(
        json!({"type": "composer", "url": url}),
        json!({"dist": dist}),
    );
    let mirror = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(RECORDING).unwrap().flatten() {
        std::os::unix::fs::symlink(entry.path(), mirror.path().join(entry.file_name())).unwrap();
    }
    let own = locked(store.path(), NAME).unwrap();
    let served = json!({"packages": {NAME: {own["version"].as_str().unwrap(): own}}});
    let folder = mirror.path().join(SATIS);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("packages.json"), served.to_string()).unwrap();
    (store, mirror)
}

fn switch_on_satis(to: &str, words: &[&str]) -> (tempfile::TempDir, Value) {
    let (store, mirror) = on_satis();
    let mirror = mirror.path().to_str().unwrap();
    let common = ["switch", "--to", to, "--json", "--offline", "--yes", "-n"];
    let php = ["--php", "8.4", "--mirror-dir", mirror];
    let run = run(store.path(), &[&common[..], &php, words].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    let plan = serde_json::from_str(&run.stdout).unwrap();
    (store, plan)
}

#[test]
fn a_build_of_another_repository_is_kept_from_there() {
    let (store, plan) = switch_on_satis("mage-os@2.2.1", &["--keep", NAME]);
    assert!(told(&plan, "own-build-kept").unwrap().contains(SATIS));
    let kept = locked(store.path(), NAME).unwrap();
    assert_eq!(kept["dist"]["url"], format!("https://{SATIS}/cms.zip"));
    assert_eq!(locked(store.path(), "mage-os/module-cms"), None);
}

/// Both have one name, and the repository of the shop is asked first: it is told not to serve the name any more.
#[test]
fn within_a_vendor_a_taken_name_is_excluded_from_its_repository() {
    let (store, plan) = switch_on_satis("magento@2.4.8-p4", &["--take", NAME]);
    assert!(told(&plan, "own-build-replaced").is_some());
    let root = fs::read_to_string(store.path().join("composer.json")).unwrap();
    let root: Value = serde_json::from_str(&root).unwrap();
    let entries: Vec<&Value> = match &root["repositories"] {
        Value::Array(list) => list.iter().collect(),
        Value::Object(members) => members.values().collect(),
        other => panic!("{other}"),
    };
    let own = entries
        .iter()
        .find(|entry| entry["url"].as_str().is_some_and(|url| url.contains(SATIS)));
    assert_eq!(own.unwrap()["exclude"], json!([NAME]));
    let taken = locked(store.path(), NAME).unwrap();
    assert!(!taken["dist"]["url"].as_str().unwrap().contains(SATIS));
}

/// A library of the old vendor that an extension needs by that name is no part of the core that has to move: no repair shuts
/// it out, and nothing calls it left over.
#[test]
fn a_library_that_an_extension_needs_is_not_excluded_by_a_repair() {
    const LIBRARY: &str = "magento/magento-zf-db";
    let folder = tempfile::tempdir().unwrap();
    copy(Path::new(SAMPLE), folder.path());
    let extension = json!({"name": "acme/reports", "version": "1.0.0", "type": "library", "require": {LIBRARY: "^3.21"},
        "dist": {"type": "zip", "url": "https://acme.test/reports.zip", "reference": "0c"}});
    let path = folder.path().join("composer.json");
    let mut root = JsonDocument::parse(fs::read_to_string(&path).unwrap()).unwrap();
    let mut all = vec![json!({"type": "package", "package": extension})];
    all.extend(match root.get("repositories") {
        Some(Value::Array(list)) => list.clone(),
        Some(Value::Object(members)) => members.values().cloned().collect(),
        _ => Vec::new(),
    });
    root.set("repositories", &json!(all)).unwrap();
    root.set(["require", "acme/reports"], &json!("^1.0"))
        .unwrap();
    fs::write(&path, root.text()).unwrap();
    let path = folder.path().join("composer.lock");
    let mut lock: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    lock["content-hash"] = json!(content_hash(root.text()).unwrap());
    lock["packages"].as_array_mut().unwrap().push(extension);
    fs::write(&path, lock.to_string()).unwrap();
    let (code, plan) = switch(folder.path(), "mage-os@2.2.1", &["--yes"]);
    assert_eq!(code, Some(0), "{:#}", plan["findings"]);
    assert!(locked(folder.path(), "acme/reports").is_some());
    let root: Value =
        serde_json::from_slice(&fs::read(folder.path().join("composer.json")).unwrap()).unwrap();
    let repositories = root["repositories"].to_string();
    assert_eq!(repositories.matches(LIBRARY).count(), 1, "{repositories}");
}

/// One finding names all of them.
#[test]
fn many_builds_that_go_are_one_finding() {
    let store = in_folder();
    let path = store.path().join("composer.lock");
    let mut lock: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let packages = lock["packages"].as_array_mut().unwrap();
    let other = packages
        .iter_mut()
        .find(|entry| entry["name"] == "magento/module-wishlist");
    other.unwrap()["dist"] = json!({"type": "path", "url": "build/wishlist", "reference": "0a"});
    fs::write(&path, lock.to_string()).unwrap();
    let words = ["--dry-run", "--take", "own-builds"];
    let (_, plan) = switch(store.path(), "mage-os@2.2.1", &words);
    let findings = plan["findings"].as_array().unwrap().iter();
    let found: Vec<&Value> = findings
        .filter(|finding| finding["code"] == "own-build-replaced")
        .collect();
    let detail = found[0]["detail"].as_str().unwrap();
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(detail.contains(NAME) && detail.contains("magento/module-wishlist"));
}
