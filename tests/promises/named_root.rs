//! A store whose root has another name, as `COMPOSER` tells Composer and mageshift.

use crate::kit;
use crate::kit::{Run, run_command};
use serde_json::Value;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The sample store with its root and its lock under other names.
fn store(root: &str, lock: &str) -> TempDir {
    let sample = kit::fixture("sample-store");
    let store = TempDir::new().unwrap();
    for (from, to) in [("composer.json", root), ("composer.lock", lock)] {
        let file = store.path().join(to);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::copy(sample.join(from), file).unwrap();
    }
    store
}

fn mageshift(store: &Path, variable: &str, arguments: &[&str]) -> Run {
    let mut command = kit::mageshift(store);
    command.env("COMPOSER", variable).args(arguments);
    run_command(&mut command)
}

use crate::kit::RECORDING;
const OFFLINE: [&str; 4] = [
    "--mirror-dir",
    RECORDING,
    "--offline",
    "--ignore-platform-reqs",
];

fn with<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    [arguments, &OFFLINE].concat()
}

fn read(store: &Path, file: &str) -> String {
    fs::read_to_string(store.join(file)).unwrap()
}

#[test]
fn a_switch_writes_the_files_that_the_variable_names_and_undo_puts_them_back() {
    for (variable, root, lock) in [
        ("shop.json", "shop.json", "shop.lock"),
        ("./conf/b2b.json", "conf/b2b.json", "conf/b2b.lock"),
    ] {
        let store = store(root, lock);
        let store = store.path();
        let before = (read(store, root), read(store, lock));
        let run = mageshift(
            store,
            variable,
            &with(&["switch", "--to", "mage-os", "--yes", "--diff"]),
        );
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(read(store, root).contains("mage-os/product-community-edition"));
        assert!(read(store, lock).contains("mage-os/product-community-edition"));
        assert!(!store.join("composer.json").exists());
        assert!(!store.join("composer.lock").exists());
        let said = &run.stdout;
        assert!(said.contains(&format!("--- a/{root}\n")), "{said}");
        assert!(
            said.contains(&format!("COMPOSER={root} composer install\n")),
            "{said}"
        );
        // Nothing speaks of files that are not there.
        let spoken = said.replace(root, "").replace(lock, "");
        for absent in ["composer.json", "composer.lock"] {
            assert!(!spoken.contains(absent), "{said}");
        }
        let undone = mageshift(store, variable, &["undo"]);
        assert_eq!(undone.code, Some(0), "{undone:?}");
        assert_eq!((read(store, root), read(store, lock)), before);
    }
}

#[test]
fn every_command_reads_that_root() {
    let store = store("shop.json", "shop.lock");
    let store = store.path();
    let check = mageshift(store, "shop.json", &with(&["check"]));
    assert_eq!(check.code, Some(0), "{check:?}");
    assert!(
        check.stdout.contains("shop.lock is up to date"),
        "{check:?}"
    );
    let why = mageshift(store, "shop.json", &["why", "magento/framework"]);
    assert_eq!(why.code, Some(0), "{why:?}");
    assert!(
        why.stdout.contains("The way to it: shop.json > "),
        "{why:?}"
    );
    let doctor = mageshift(store, "shop.json", &["doctor", "--offline"]);
    assert_eq!(doctor.code, Some(0), "{doctor:?}");
    for file in ["shop.json", "shop.lock"] {
        let mut lines = doctor.stdout.lines();
        let is_told =
            |line: &str| line.trim_start().starts_with(file) && line.ends_with("is there");
        assert!(lines.any(is_told), "{doctor:?}");
    }
    let slim = mageshift(
        store,
        "shop.json",
        &with(&["slim", "--without", "sample-nothing"]),
    );
    assert_ne!(slim.code, Some(4), "{slim:?}");
    let lock = mageshift(
        store,
        "shop.json",
        &with(&["lock", "mollie/magento2", "--dry-run", "--json"]),
    );
    assert_eq!(lock.code, Some(0), "{lock:?}");
    let plan: Value = serde_json::from_str(&lock.stdout).unwrap();
    assert_eq!(plan["edits"][0]["path"], "shop.lock");
    let dry = with(&["switch", "--to", "mage-os", "--check"]);
    let switch = mageshift(store, "shop.json", &dry);
    assert_eq!(switch.code, Some(5), "{switch:?}");
    let again = format!("{}{}", switch.stdout, switch.stderr);
    assert!(
        !again.contains("mageshift switch") || again.contains("COMPOSER=shop.json mageshift"),
        "{again}"
    );
}

#[test]
fn a_variable_that_names_no_file_of_the_store_is_said() {
    let store = store("conf/shop.json", "conf/shop.lock");
    for (variable, words) in [
        (
            "conf",
            "COMPOSER=conf names a folder, and Composer wants a file there",
        ),
        (
            "shop.json",
            "COMPOSER names shop.json, and there is no such file",
        ),
        ("../shop.json", "outside of the store"),
    ] {
        let run = mageshift(
            store.path(),
            variable,
            &with(&["switch", "--to", "mage-os"]),
        );
        assert_eq!(run.code, Some(4), "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
        assert!(run.stderr.contains("env -u COMPOSER"), "{run:?}");
    }
}

#[test]
fn a_new_project_has_a_composer_json() {
    let folder = TempDir::new().unwrap();
    let run = mageshift(folder.path(), "shop.json", &with(&["new", "mage-os"]));
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("COMPOSER=shop.json"), "{run:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
