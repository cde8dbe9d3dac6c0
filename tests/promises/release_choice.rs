//! Without a named release a store stays on its line; leaving it, or what it is, is asked for.

use crate::kit::*;
use std::fs;
use std::path::{Path, PathBuf};

fn asked(folder: &Path, words: &[&str]) -> Run {
    let common = [
        "-n",
        "--offline",
        "--ignore-platform-reqs",
        "--mirror-dir",
        concat!(env!("CARGO_MANIFEST_DIR"), "/data/recording"),
    ];
    run(folder, &[words, &common].concat())
}

fn files(store: &Path) -> Vec<Vec<u8>> {
    let files = ["composer.json", "composer.lock"];
    files.map(|file| fs::read(store.join(file)).unwrap()).into()
}

#[test]
fn the_same_command_again_has_nothing_to_do() {
    let store = sample_store();
    for target in ["mage-os", "Mage-OS", "mageos"] {
        let before = files(store.path());
        let run = asked(store.path(), &["switch", target, "--yes"]);
        assert_eq!(run.code, Some(0), "{run:?}");
        let is_first = target == "mage-os";
        assert_eq!(files(store.path()) != before, is_first, "{run:?}");
    }
}

#[test]
fn an_upgrade_leaves_the_line_and_not_the_distribution() {
    let store = sample_store();
    assert_eq!(
        asked(store.path(), &["switch", "mage-os", "--yes"]).code,
        Some(0)
    );
    let plan = asked(store.path(), &["upgrade", "--dry-run", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
    assert_eq!(plan["target"]["release"], "3.4.0");
    assert_eq!(plan["target"]["distribution"], "mage-os");
    let before = files(store.path());
    let refused = asked(store.path(), &["upgrade", "magento", "--yes"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(
        refused.stderr.contains("`mageshift switch --to magento`"),
        "{refused:?}"
    );
    assert_eq!(files(store.path()), before);
}

#[test]
fn a_store_is_found_from_a_folder_in_it() {
    let store = sample_store();
    let module: PathBuf = store.path().join("app/code/Acme/Slider/etc");
    fs::create_dir_all(&module).unwrap();
    fs::write(module.join("../composer.json"), "{}").unwrap();
    let run = asked(&module, &["switch", "mage-os", "--dry-run"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let place = store.path().canonicalize().unwrap();
    let said = format!("The store is {}.", place.display());
    assert!(run.stderr.contains(&said), "{run:?}");
}

#[test]
fn an_older_or_unsupported_release_is_named_with_a_better_one() {
    let store = sample_store();
    let run = asked(store.path(), &["switch", "mage-os@2.2.1", "--dry-run"]);
    assert!(
        run.stdout.contains("release-out-of-support") && run.stdout.contains("mage-os@3.4.0"),
        "{run:?}"
    );
    let run = asked(store.path(), &["switch", "mage-os@3.4.0", "--dry-run"]);
    assert!(!run.stdout.contains("release-out-of-support"), "{run:?}");
}
