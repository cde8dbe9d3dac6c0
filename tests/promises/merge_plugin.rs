//! "What only composer-merge-plugin brings stays": the files it adds count as the root's own, and are edited like it.

use crate::kit::*;
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::lock::content_hash::content_hash;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

use crate::kit::RECORDING;
const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample-store");
const FILE: &str = "app/code/Acme/Own/composer.json";

/// The sample store with the plugin, a module of its own that requires `requires`, and a locked library that nothing else
/// requires.
fn store(requires: Value) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = |file: &str| folder.path().join(file);
    let read = |file: &str| fs::read_to_string(Path::new(SAMPLE).join(file)).unwrap();
    let mut root = JsonDocument::parse(read("composer.json")).unwrap();
    let plugin = "wikimedia/composer-merge-plugin";
    root.set(["require", plugin], &json!("^2.1")).unwrap();
    root.set(["config", "allow-plugins", plugin], &json!(true))
        .unwrap();
    let settings = json!({"include": ["app/code/*/*/composer.json"]});
    root.set(["extra", "merge-plugin"], &settings).unwrap();
    let mut lock: Value = serde_json::from_str(&read("composer.lock")).unwrap();
    lock["content-hash"] = json!(content_hash(root.text()).unwrap());
    let packages = lock["packages"].as_array_mut().unwrap();
    for entry in [
        json!({"name": plugin, "version": "v2.1.0", "type": "composer-plugin", "require": {"composer-plugin-api": "^2.0"}}),
        json!({"name": "acme/countries", "version": "1.4.0", "type": "library"}),
    ] {
        packages.push(entry);
    }
    let file = json!({"name": "acme/own", "require": requires});
    fs::create_dir_all(path(FILE).parent().unwrap()).unwrap();
    fs::write(path(FILE), serde_json::to_string_pretty(&file).unwrap()).unwrap();
    fs::write(path("composer.json"), root.text()).unwrap();
    fs::write(
        path("composer.lock"),
        serde_json::to_string_pretty(&lock).unwrap(),
    )
    .unwrap();
    folder
}

fn switch(store: &Path) -> (Option<i32>, Value) {
    let words = ["switch", "--to", "mage-os@2.2.1", "--json", "--yes", "-n"];
    let common = ["--offline", "--php", "8.4", "--mirror-dir", RECORDING];
    let run = run(store, &[&words[..], &common].concat());
    let plan = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    (run.code, plan)
}

fn read(store: &Path, file: &str) -> Value {
    serde_json::from_slice(&fs::read(store.join(file)).unwrap()).unwrap()
}

#[test]
fn what_only_such_a_file_requires_stays_and_core_in_it_is_renamed() {
    let folder = store(json!({"acme/countries": "^1.2", "magento/module-catalog": "104.0.*"}));
    let store = folder.path();
    let before = fs::read(store.join(FILE)).unwrap();
    let (code, plan) = switch(store);
    assert_eq!(code, Some(0), "{plan:#}");
    let findings = plan["findings"].as_array().into_iter().flatten();
    let to_check: Vec<&Value> = findings
        .filter(|finding| finding["code"] == "paths-to-check")
        .collect();
    assert!(
        !to_check
            .iter()
            .any(|finding| finding["detail"].to_string().contains(FILE)),
        "what the plan has rewritten nobody has to judge: {to_check:?}"
    );
    let lock = read(store, "composer.lock");
    let packages = lock["packages"].as_array().unwrap();
    assert!(
        packages
            .iter()
            .any(|entry| entry["name"] == "acme/countries")
    );
    assert_eq!(
        read(store, FILE)["require"],
        json!({"acme/countries": "^1.2", "mage-os/module-catalog": "2.2.1"})
    );
    assert_eq!(
        read(store, "composer.json")["require"].get("acme/countries"),
        None
    );
    let undo = run(store, &["undo", "-n"]);
    assert_eq!(undo.code, Some(0), "{undo:?}");
    assert_eq!(fs::read(store.join(FILE)).unwrap(), before);
}

#[test]
fn a_constraint_of_such_a_file_binds_and_an_unreadable_one_blocks() {
    let folder = store(json!({"acme/countries": "^7"}));
    let (code, plan) = switch(folder.path());
    assert_eq!(code, Some(3), "{plan:#}");
    let codes = |plan: &Value| -> Vec<String> {
        let findings = plan["findings"].as_array().unwrap();
        let codes = findings
            .iter()
            .filter_map(|finding| finding["code"].as_str());
        codes.map(str::to_owned).collect()
    };
    assert!(
        codes(&plan).contains(&"merge-plugin-files".to_owned()),
        "{plan:#}"
    );
    fs::write(folder.path().join(FILE), "{ \"require\": ").unwrap();
    let (code, plan) = switch(folder.path());
    assert_eq!(code, Some(3), "{plan:#}");
    assert!(
        codes(&plan).contains(&"merge-plugin-unread".to_owned()),
        "{plan:#}"
    );
}

/// A folder beside the file gives what it requires; the plugin takes paths in it as relative to it.
#[test]
fn a_path_repository_in_such_a_file_is_beside_it_and_one_without_a_type_counts_for_nothing() {
    let folder = store(json!({"acme/beside": "*"}));
    let file = folder.path().join(FILE);
    let mut own = read(folder.path(), FILE);
    own["repositories"] = json!([{"packagist.org": false}, {"type": "path", "url": "part"}]);
    fs::write(&file, own.to_string()).unwrap();
    let part = file.parent().unwrap().join("part");
    fs::create_dir_all(&part).unwrap();
    let manifest = json!({"name": "acme/beside", "version": "1.0.0"});
    fs::write(part.join("composer.json"), manifest.to_string()).unwrap();
    let (code, plan) = switch(folder.path());
    assert_eq!(code, Some(0), "{plan:#}");
    let findings = plan["findings"].as_array().unwrap().iter();
    let told = findings.filter(|finding| finding["code"] == "merge-plugin-files");
    let told: Vec<&str> = told
        .filter_map(|finding| finding["detail"].as_str())
        .collect();
    assert!(
        told[0].contains("without a `type` count for nothing there"),
        "{told:?}"
    );
    let lock = read(folder.path(), "composer.lock");
    let packages = lock["packages"].as_array().unwrap();
    let beside = packages.iter().find(|entry| entry["name"] == "acme/beside");
    let url = &beside.expect("the package beside the file")["dist"]["url"];
    assert_eq!(url, "app/code/Acme/Own/part");
    // Packagist still gives what comes from there.
    assert!(
        packages
            .iter()
            .any(|entry| entry["name"] == "symfony/console")
    );
}

#[test]
fn a_lock_stops_where_the_plugin_would() {
    let folder = store(json!({}));
    fs::write(folder.path().join(FILE), "{ \"require\": ").unwrap();
    let lock = run(
        folder.path(),
        &["lock", "-n", "--offline", "--mirror-dir", RECORDING],
    );
    assert_eq!(lock.code, Some(4), "{lock:?}");
    assert!(lock.stderr.contains(FILE), "{lock:?}");
}

#[test]
fn a_lock_keeps_what_such_a_file_requires() {
    for (requires, stays) in [
        (json!({"acme/countries": "^1.2"}), true),
        (json!({}), false),
    ] {
        let folder = store(requires);
        let common = [
            "--offline",
            "--ignore-platform-reqs",
            "--mirror-dir",
            RECORDING,
        ];
        let lock = run(
            folder.path(),
            &[&["lock", "psr/log", "-n"][..], &common].concat(),
        );
        assert_eq!(lock.code, Some(0), "{lock:?}");
        let lock = read(folder.path(), "composer.lock");
        let mut packages = lock["packages"].as_array().unwrap().iter();
        assert_eq!(
            packages.any(|entry| entry["name"] == "acme/countries"),
            stays
        );
    }
}

#[test]
fn what_such_a_file_adds_to_extra_is_said_not_to_be_followed() {
    let folder = store(json!({"acme/countries": "^1.2"}));
    let path = |file: &str| folder.path().join(file);
    let mut file = read(folder.path(), FILE);
    file["extra"] = json!({"patches": {"magento/module-catalog": {"Price": "a.patch"}}});
    fs::write(path(FILE), file.to_string()).unwrap();
    let told = |plan: &Value| -> Vec<String> {
        let findings = plan["findings"].as_array().unwrap();
        let told = findings
            .iter()
            .filter(|finding| finding["code"] == "merge-plugin-extra");
        told.map(|finding| finding["detail"].as_str().unwrap().to_owned())
            .collect()
    };
    let plan = || {
        let words = ["switch", "--to", "mage-os@2.2.1", "--json", "--dry-run"];
        let common = ["--offline", "--php", "8.4", "--mirror-dir", RECORDING, "-n"];
        let run = run(folder.path(), &[&words[..], &common].concat());
        serde_json::from_str::<Value>(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"))
    };
    assert_eq!(told(&plan()), [""; 0], "the plugin leaves it alone");
    let mut root = JsonDocument::parse(fs::read_to_string(path("composer.json")).unwrap()).unwrap();
    let setting = ["extra", "merge-plugin", "merge-extra"];
    root.set(setting, &json!(true)).unwrap();
    fs::write(path("composer.json"), root.text()).unwrap();
    let told = told(&plan());
    let part = format!("extra.patches of {FILE}");
    assert!(
        matches!(told.as_slice(), [one] if one.starts_with(&part)),
        "{told:?}"
    );
}
