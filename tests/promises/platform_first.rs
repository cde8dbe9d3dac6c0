//! PHP is compared before packages are looked for, `check` judges the lock as `composer install` does, and repositories that
//! only Composer reads are named.

use crate::kit::{Run, run};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

use crate::kit::RECORDING;

/// The sample store with its files changed; without a lock when `lock` says so.
fn store(root: impl FnOnce(&mut Value), lock: impl FnOnce(&mut Value) -> bool) -> TempDir {
    let sample = crate::kit::fixture("sample-store");
    let folder = TempDir::new().unwrap();
    let read = |file: &str| -> Value {
        serde_json::from_str(&fs::read_to_string(sample.join(file)).unwrap()).unwrap()
    };
    let (mut manifest, mut locked) = (read("composer.json"), read("composer.lock"));
    root(&mut manifest);
    let write = |file: &str, value: &Value| {
        let text = serde_json::to_string_pretty(value).unwrap();
        fs::write(folder.path().join(file), text).unwrap();
    };
    write("composer.json", &manifest);
    if lock(&mut locked) {
        write("composer.lock", &locked);
    }
    folder
}

fn ask(store: &Path, arguments: &[&str]) -> (Run, Value) {
    let common = ["--mirror-dir", RECORDING, "--offline", "--json"];
    let all: Vec<&str> = arguments.iter().chain(&common).copied().collect();
    let run = run(store, &all);
    let document = serde_json::from_str(&run.stdout).unwrap_or_default();
    (run, document)
}

/// The codes of the blockers of a document.
fn blockers(document: &Value) -> Vec<&str> {
    let all = document["findings"].as_array().into_iter().flatten();
    all.filter(|finding| finding["severity"] == "blocker")
        .filter_map(|finding| finding["code"].as_str())
        .collect()
}

#[test]
fn a_php_that_does_not_go_is_the_only_blocker() {
    let store = store(
        |root| root["config"]["platform"] = json!({"php": "7.1.3"}),
        |_| true,
    );
    let (run, plan) = ask(store.path(), &["switch", "--to", "mage-os", "--dry-run"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert_eq!(blockers(&plan), ["php-mismatch"]);
    assert!(run.stdout.contains("7.1.3"), "{}", run.stdout);
}

#[test]
fn a_guessed_php_is_the_oldest_that_has_a_solution() {
    let store = store(|_| (), |_| true);
    let mut command = crate::kit::mageshift(store.path());
    command
        .args([
            "switch",
            "--to",
            "mage-os",
            "--dry-run",
            "--json",
            "--offline",
        ])
        .args(["--mirror-dir", RECORDING])
        .env("PATH", "");
    let run = crate::kit::run_command(&mut command);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    // A library of the release has given up the release's oldest PHP.
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    let assumed = plan["findings"].as_array().into_iter().flatten();
    let titles: Vec<&str> = assumed
        .filter(|finding| finding["code"] == "php-assumed")
        .filter_map(|finding| finding["title"].as_str())
        .collect();
    assert_eq!(
        titles,
        ["Planned for PHP 8.3, the oldest for which there is a solution"]
    );
}

#[test]
fn a_package_that_needs_a_newer_php_than_the_release_is_named() {
    let sample = store(|_| (), |_| true);
    let wish = ["switch", "--to", "mage-os@2.2.1", "--dry-run"];
    let (run, plan) = ask(sample.path(), &[&wish[..], &["--php", "8.2"]].concat());
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert_eq!(blockers(&plan), ["php-mismatch"]);
    let finding = &plan["findings"][0];
    let detail = finding["detail"].as_str().unwrap();
    assert!(detail.contains("requires php >=8.3"), "{detail}");
    assert!(detail.contains("--php 8.3"), "{detail}");
    // As it says.
    let (run, _) = ask(sample.path(), &[&wish[..], &["--php", "8.3"]].concat());
    assert_eq!(run.code, Some(0), "{}", run.stderr);
}

#[test]
fn a_php_that_is_no_version_is_wrong_usage() {
    let store = store(|_| (), |_| true);
    for php in ["foo", "", "8"] {
        let (run, _) = ask(
            store.path(),
            &["switch", "--to", "mage-os", "--php", php, "--dry-run"],
        );
        assert_eq!(run.code, Some(2), "{php}: {}", run.stderr);
    }
}

#[test]
fn check_names_what_a_lock_lacks() {
    let whole = store(|_| (), |_| true);
    let (run, _) = ask(whole.path(), &["check", "--ignore-platform-reqs"]);
    assert_eq!(run.code, Some(0), "{}", run.stdout);
    let torn = store(
        |_| (),
        |lock| {
            let packages = lock["packages"].as_array_mut().unwrap();
            packages.retain(|package| package["name"] != "magento/module-cms");
            true
        },
    );
    let (run, report) = ask(torn.path(), &["check", "--ignore-platform-reqs"]);
    assert_eq!(run.code, Some(3), "{}", run.stdout);
    assert_eq!(blockers(&report), ["lock-not-installable"]);
    assert!(run.stdout.contains("magento/module-cms"), "{}", run.stdout);
}

#[test]
fn check_judges_one_target() {
    let store = store(|_| (), |_| true);
    let (run, report) = ask(store.path(), &["check", "--to", "mage-os", "--php", "7.1"]);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let targets = report["targets"].as_array().unwrap();
    assert_eq!(targets.len(), 1);
    assert_eq!(targets[0]["blockers"][0]["code"], "php-mismatch");
}

#[test]
fn a_repository_that_is_not_read_is_named() {
    let store = store(
        |root| {
            let own = json!({"type": "svn", "url": "https://svn.acme.test/modules"});
            match &mut root["repositories"] {
                Value::Array(list) => list.insert(0, own),
                Value::Object(members) => drop(members.insert("own".to_owned(), own)),
                _ => root["repositories"] = json!([own]),
            }
            root["require"]["acme/module-stock"] = "^1.0".into();
        },
        |_| false,
    );
    let arguments = [
        "switch",
        "--to",
        "mage-os",
        "--dry-run",
        "--ignore-platform-reqs",
    ];
    let (run, plan) = ask(store.path(), &arguments);
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    assert!(
        blockers(&plan).contains(&"repository-not-read"),
        "{}",
        run.stdout
    );
    assert!(
        run.stdout
            .contains("the svn repository https://svn.acme.test/modules")
    );
    assert!(!run.stdout.contains("Add the repository"), "{}", run.stdout);
}
