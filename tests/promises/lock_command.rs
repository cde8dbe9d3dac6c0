//! `mageshift lock` updates a lock as Composer does, and nothing else.

use crate::kit::{Run, run, store};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A project with two libraries in an inline repository, each in 1.0.0 and 1.1.0; `acme/shop` needs `acme/base` of its own version.
fn root(require: Value) -> String {
    let package = |name: &str, version: &str, require: Value| {
        let dist = json!({"type": "zip", "url": format!("https://example.org/{name}/{version}.zip"), "reference": version});
        json!({"name": name, "version": version, "require": require, "dist": dist})
    };
    let packages = [
        package("acme/shop", "1.0.0", json!({"acme/base": "1.0.0"})),
        package("acme/shop", "1.1.0", json!({"acme/base": "^1.0"})),
        package("acme/base", "1.0.0", json!({})),
        package("acme/base", "1.1.0", json!({})),
    ];
    let repositories = json!([{"type": "package", "package": packages}, {"packagist.org": false}]);
    json!({"name": "acme/project", "require": require, "repositories": repositories}).to_string()
}

fn locked(store: &Path) -> String {
    let lock = fs::read_to_string(store.join("composer.lock")).unwrap_or_default();
    let lock: Value = serde_json::from_str(&lock).unwrap_or_default();
    let packages = lock["packages"].as_array().into_iter().flatten();
    let shown: Vec<String> = packages
        .map(|package| {
            let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
            format!("{} {}", text("name"), text("version"))
        })
        .collect();
    shown.join(", ")
}

fn lock(store: &Path, arguments: &[&str]) -> Run {
    let all: Vec<&str> = ["lock", "--ignore-platform-reqs"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    run(store, &all)
}

#[test]
fn a_lock_is_made_updated_and_undone() {
    let store = store(&root(json!({"acme/shop": "1.0.0"})), "");
    let made = lock(store.path(), &[]);
    assert_eq!(
        (made.code, made.stdout.as_str(), made.stderr.as_str()),
        (
            Some(0),
            "",
            "Lock file operations: 2 installs, 0 updates, 0 removals\n  - Locking acme/base (1.0.0)\n  - Locking acme/shop (1.0.0)\nWriting lock file\n"
        )
    );
    let again = lock(store.path(), &[]);
    assert_eq!(again.stderr, "Nothing to modify in lock file\n");

    fs::write(
        store.path().join("composer.json"),
        root(json!({"acme/shop": "^1.0"})),
    )
    .unwrap();
    let tried = lock(store.path(), &["--dry-run", "--json"]);
    let plan: Value = serde_json::from_str(&tried.stdout).unwrap();
    assert_eq!(plan["changes"].as_array().unwrap().len(), 2);
    assert_eq!(plan["applied"], false);
    assert_eq!(locked(store.path()), "acme/base 1.0.0, acme/shop 1.0.0");

    lock(store.path(), &["--lock"]);
    assert_eq!(locked(store.path()), "acme/base 1.0.0, acme/shop 1.0.0");
    lock(store.path(), &["acme/shop", "-q"]);
    assert_eq!(locked(store.path()), "acme/base 1.0.0, acme/shop 1.1.0");
    let updated = lock(store.path(), &[]);
    assert!(
        updated
            .stderr
            .contains("  - Upgrading acme/base (1.0.0 => 1.1.0)\n"),
        "{updated:?}"
    );
    assert_eq!(run(store.path(), &["undo"]).code, Some(0));
    assert_eq!(locked(store.path()), "acme/base 1.0.0, acme/shop 1.1.0");
}

#[test]
fn a_package_may_be_given_a_constraint() {
    let store = store(&root(json!({"acme/shop": "^1.0"})), "");
    lock(store.path(), &["--with", "acme/base:1.0.0"]);
    assert_eq!(locked(store.path()), "acme/base 1.0.0, acme/shop 1.1.0");
    let outside = lock(store.path(), &["acme/shop:^2"]);
    assert_eq!(outside.code, Some(2));
    assert!(
        outside
            .stderr
            .contains("must be a subset of the constraint in your composer.json (^1.0)")
    );
}

#[test]
fn what_cannot_be_solved_is_told_in_composer_s_words() {
    let store = store(&root(json!({"acme/shop": "^2.0"})), "");
    let failed = lock(store.path(), &["--json"]);
    assert_eq!(failed.code, Some(3));
    assert_eq!(
        failed.stderr,
        "Your requirements could not be resolved to an installable set of packages.\n\n  Problem 1\n    - Root composer.json requires acme/shop ^2.0, found acme/shop[1.0.0, 1.1.0] but it does not match the constraint.\n\n"
    );
    let error: Value = serde_json::from_str(&failed.stdout).unwrap();
    assert_eq!(error["error"]["exit"], 3);
    assert_eq!(locked(store.path()), "");
}

/// The project, with what its repository publishes against versions and what its root says about that.
fn root_with_notices(notices: Value, config: Value) -> String {
    let mut root: Value = serde_json::from_str(&root(json!({"acme/shop": "^1.0"}))).unwrap();
    for (key, value) in notices.as_object().unwrap() {
        root["repositories"][0][key] = value.clone();
    }
    root["config"] = config;
    root.to_string()
}

#[test]
fn versions_with_advisories_are_left_out() {
    let advisory = json!({"advisoryId": "PKSA-1", "affectedVersions": ">=1.1", "title": "Theft", "cve": "CVE-1", "sources": [], "reportedAt": "2026-01-01 00:00:00"});
    let notices = json!({"security-advisories": {"acme/shop": [advisory]}});
    let store = store(&root_with_notices(notices.clone(), json!({})), "");
    lock(store.path(), &[]);
    assert_eq!(locked(store.path()), "acme/base 1.0.0, acme/shop 1.0.0");

    let taken = lock(store.path(), &["--no-security-blocking", "--json"]);
    assert_eq!(locked(store.path()), "acme/base 1.1.0, acme/shop 1.1.0");
    let plan: Value = serde_json::from_str(&taken.stdout).unwrap();
    assert_eq!(plan["findings"][0]["code"], "security-advisory");
    assert_eq!(
        plan["findings"][0]["title"],
        "acme/shop 1.1.0 has a security advisory, PKSA-1, CVE-1: Theft"
    );

    lock(store.path(), &["--lock"]);
    assert_eq!(locked(store.path()), "acme/base 1.1.0, acme/shop 1.1.0");
    lock(store.path(), &["acme/base:1.0.0"]);
    assert_eq!(locked(store.path()), "acme/base 1.0.0, acme/shop 1.1.0");

    let ignoring = root_with_notices(notices, json!({"audit": {"ignore": ["CVE-1"]}}));
    fs::write(store.path().join("composer.json"), ignoring).unwrap();
    lock(store.path(), &[]);
    assert_eq!(locked(store.path()), "acme/base 1.1.0, acme/shop 1.1.0");
}

#[test]
fn what_is_malware_may_not_even_stay() {
    let entry = json!({"package": "acme/base", "constraint": "1.0.0", "reason": "stolen"});
    let notices = json!({"filter": {"malware": [entry]}});
    let store = store(&root(json!({"acme/shop": "1.0.0"})), "");
    lock(store.path(), &[]);
    fs::write(
        store.path().join("composer.json"),
        root_with_notices(notices, json!({})),
    )
    .unwrap();
    let failed = lock(store.path(), &["acme/shop"]);
    assert_eq!(failed.code, Some(3));
    assert!(
        failed.stderr.contains("    - Package acme/base 1.0.0 (in the lock file) was not loaded, because it was flagged as malware reason: stolen. To ignore filters for this package, add the package to the \"policy.malware.ignore\" config."),
        "{failed:?}"
    );
    lock(store.path(), &[]);
    assert_eq!(locked(store.path()), "acme/base 1.1.0, acme/shop 1.1.0");
}

#[test]
fn what_is_broken_is_not_touched() {
    let broken = store("{\n<<<<<<< HEAD\n}", "");
    assert_eq!(lock(broken.path(), &[]).code, Some(4));
    let without_lock = store(&root(json!({"acme/shop": "^1.0"})), "");
    fs::remove_file(without_lock.path().join("composer.lock")).unwrap();
    let partial = lock(without_lock.path(), &["acme/shop"]);
    assert_eq!(partial.code, Some(4));
    assert!(partial.stderr.contains("without a lock file present"));
}

#[test]
fn metadata_that_no_lock_can_hold_are_blamed_on_their_repository() {
    for (field, value, problem) in [
        ("name", Value::Null, "no name"),
        ("require", json!({"ext-gd": ""}), "ext-gd"),
    ] {
        let mirror = tempfile::tempdir().unwrap();
        let folder = mirror.path().join("packages.example.org/p2/acme");
        fs::create_dir_all(&folder).unwrap();
        let packages = json!({"packages": [], "metadata-url": "/p2/%package%.json", "available-packages": ["acme/shop"]});
        let index = mirror.path().join("packages.example.org/packages.json");
        fs::write(index, packages.to_string()).unwrap();
        let mut entry = json!({"name": "acme/shop", "version": "1.0.0", "dist": {"type": "zip", "url": "https://packages.example.org/a.zip"}});
        entry[field] = value;
        let document = json!({"packages": {"acme/shop": [entry]}});
        fs::write(folder.join("shop.json"), document.to_string()).unwrap();
        let root = json!({"require": {"acme/shop": "*"}, "repositories": [
            {"type": "composer", "url": "https://packages.example.org"}, {"packagist.org": false}]});
        let store = store(&root.to_string(), "");
        let mirror = mirror.path().to_str().unwrap();
        let run = lock(store.path(), &["--mirror-dir", mirror]);
        assert_eq!(run.code, Some(1), "{run:?}");
        for words in ["packages.example.org", "acme/shop 1.0.0", problem] {
            assert!(run.stderr.contains(words), "{words}: {run:?}");
        }
        let lock = fs::read_to_string(store.path().join("composer.lock"));
        assert_eq!(lock.unwrap_or_default(), "");
    }
}

#[test]
fn a_package_that_cannot_be_updated_alone_is_told() {
    let store = store(&root(json!({"acme/shop": "1.0.0"})), "");
    assert_eq!(lock(store.path(), &[]).code, Some(0));
    let run = lock(store.path(), &["acme/none", "--json", "-n"]);
    let plan: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let told = &plan["findings"][0];
    assert_eq!(told["code"], "partial-update", "{plan:#}");
    assert_eq!(
        told["title"],
        "Package \"acme/none\" listed for update is not locked"
    );
}
