//! The recording answers for the real repositories: real Composer resolves the roots of every distribution with it.

use crate::kit::composer::{Composer, said};
use crate::kit::mirror::Mirror;
use crate::kit::php;
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

/// The versions at which the sample store stands still, so that a switch meets packages that could move.
const SAMPLE_PINS: [&str; 4] = [
    "mollie/magento2:2.50.1",
    "mageplaza/module-core:1.5.14",
    "smile/elasticsuite:2.11.17.1",
    "monolog/monolog:3.9.0",
];

/// A machine that has whatever extensions and libraries are asked for.
const ANY_EXTENSION: [&str; 2] = ["--ignore-platform-req=ext-*", "--ignore-platform-req=lib-*"];
/// The PHP of a store that runs any of the recorded releases.
const PHP: &str = "8.3.99";

/// Updates `root` from the recording in `dir`; Composer's words when it fails.
fn update(
    composer: &Composer,
    recording: &Mirror,
    dir: &Path,
    mut root: Value,
    flags: &[&str],
) -> Result<Value, String> {
    recording.stand_in(root.as_object_mut().expect("an object"));
    root["config"]["platform"] = json!({ "php": PHP });
    fs::write(dir.join("composer.json"), root.to_string()).expect("a writable folder");
    let always = ["update", "--no-install", "--no-plugins", "--no-scripts"];
    let command = composer.command(dir, always.iter().chain(flags)).output();
    let output = command.expect("Composer runs");
    if !output.status.success() {
        return Err(said(&output));
    }
    let lock = fs::read(dir.join("composer.lock")).expect("a lock");
    Ok(serde_json::from_slice(&lock).expect("a lock that is JSON"))
}

#[test]
fn composer_resolves_every_release_with_the_recording() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let recording = Mirror::of(&crate::kit::recording()).expect("the recording");
    let roots = fs::read(crate::kit::recording().join("roots.json")).expect("roots.json");
    let roots: Map<String, Value> = serde_json::from_slice(&roots).expect("JSON");
    for (name, root) in roots {
        let host = root["repository"].as_str().expect("a host");
        let composer_json = json!({
            "name": "a/root",
            "require": root["require"],
            "require-dev": root["require-dev"],
            "repositories": [{"type": "composer", "url": format!("https://{host}/")}],
            "prefer-stable": true,
        });
        let flags: &[&str] = if root["ignore-platform-reqs"] == true {
            &["--ignore-platform-reqs"]
        } else {
            &ANY_EXTENSION
        };
        let dir = tempfile::tempdir().expect("a temporary folder");
        if let Err(words) = update(&composer, &recording, dir.path(), composer_json, flags) {
            panic!("Composer cannot resolve {name} with the recording:\n{words}");
        }
    }
}

/// The sample store's lock is what Composer writes for its root; `MAGESHIFT_BLESS=1` writes it.
#[test]
fn the_sample_stores_lock_is_composers() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let recording = Mirror::of(&crate::kit::recording()).expect("the recording");
    let store = crate::kit::fixture("sample-store");
    let root = fs::read_to_string(store.join("composer.json")).expect("the sample's root");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let flags: Vec<&str> = ANY_EXTENSION
        .into_iter()
        .chain(SAMPLE_PINS.iter().flat_map(|pin| ["--with", pin]))
        .collect();
    let root: Value = serde_json::from_str(&root).expect("JSON");
    let lock = update(&composer, &recording, dir.path(), root, &flags)
        .unwrap_or_else(|words| panic!("{words}"));
    let hash = php::script(
        &composer,
        dir.path(),
        "content-hash.php",
        store.join("composer.json"),
    )
    .output()
    .expect("php runs");
    let text = fs::read_to_string(dir.path().join("composer.lock")).expect("a lock");
    let pointed = lock["content-hash"].as_str().expect("a content-hash");
    let text = text.replace(pointed, String::from_utf8_lossy(&hash.stdout).trim());
    let overrides =
        format!("    \"platform-overrides\": {{\n        \"php\": \"{PHP}\"\n    }},\n");
    let text = text.replace(&overrides, "");
    if std::env::var_os("MAGESHIFT_BLESS").is_some() {
        fs::write(store.join("composer.lock"), &text).expect("the sample's lock");
    }
    let ours: Value =
        serde_json::from_slice(&fs::read(store.join("composer.lock")).expect("the sample's lock"))
            .expect("JSON");
    let theirs: Value = serde_json::from_str(&text).expect("JSON");
    let versions = |lock: &Value| -> Vec<String> {
        let packages = ["packages", "packages-dev"]
            .iter()
            .flat_map(|list| lock[list].as_array().into_iter().flatten());
        packages
            .map(|p| format!("{} {}", p["name"], p["version"]))
            .collect()
    };
    assert_eq!(versions(&ours), versions(&theirs));
    assert_eq!(ours["content-hash"], theirs["content-hash"]);
}
