//! `mageshift new` makes a project out of nothing: without a network, into a folder that is empty enough, and back again.

mod common;

use common::*;
use serde_json::Value;
use std::fs;
use std::path::Path;

const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recording");

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_minimal_edition_comes_out_of_the_bundled_recording() {
    let home = tempfile::tempdir().unwrap();
    let made = run(
        home.path(),
        &[
            "new",
            "shop",
            "--profile",
            "minimal",
            "--yes",
            "--offline",
            "--mirror-dir",
            RECORDING,
        ],
    );
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(
        made.stdout.contains("3.2.0 is the newest that it has."),
        "{}",
        made.stdout
    );
    let shop = home.path().join("shop");
    let root = json(&shop.join("composer.json"));
    assert_eq!(root["require"]["mage-os/product-minimal-edition"], "3.2.0");
    let lock = json(&shop.join("composer.lock"));
    assert!(lock["packages"].as_array().unwrap().len() > 200);
    assert!(
        fs::read_to_string(shop.join(".gitignore"))
            .unwrap()
            .contains("/vendor/\n")
    );

    let again = run(home.path(), &["new", "shop"]);
    assert_eq!(again.code, Some(4), "{again:?}");
    assert!(
        again.stderr.contains("`mageshift switch` changes it"),
        "{again:?}"
    );

    assert_eq!(
        run(home.path(), &["undo", "-d", "shop"]).code,
        Some(0)
    );
    assert!(!shop.join("composer.json").exists() && !shop.join(".gitignore").exists());
}

#[test]
fn nothing_is_made_until_somebody_says_yes() {
    let home = tempfile::tempdir().unwrap();
    for (flag, code) in [("--dry-run", 0), ("--check", 5), ("-n", 5)] {
        let run = run(
            home.path(),
            &[
                "new",
                "shop",
                "--profile",
                "minimal",
                flag,
                "--mirror-dir",
                RECORDING,
            ],
        );
        assert_eq!(run.code, Some(code), "{run:?}");
        assert!(!home.path().join("shop").exists());
        if flag == "-n" {
            assert!(
                run.stderr.contains(
                    "mageshift new shop --distribution mage-os --release 3.2.0 --profile minimal"
                ),
                "{}",
                run.stderr
            );
        }
    }
}

#[test]
fn what_is_there_already_stays() {
    let home = tempfile::tempdir().unwrap();
    let shop = home.path().join("shop");
    fs::create_dir_all(shop.join(".ddev")).unwrap();
    fs::write(shop.join(".gitignore"), "mine\n").unwrap();
    let arguments = [
        "new",
        "shop",
        "--profile",
        "minimal",
        "--name",
        "acme/shop",
        "--yes",
        "--mirror-dir",
        RECORDING,
    ];
    assert_eq!(run(home.path(), &arguments).code, Some(0));
    assert_eq!(
        fs::read_to_string(shop.join(".gitignore")).unwrap(),
        "mine\n"
    );
    assert_eq!(json(&shop.join("composer.json"))["name"], "acme/shop");

    fs::create_dir_all(home.path().join("full/pub")).unwrap();
    let refused = run(
        home.path(),
        &["new", "full", "--yes", "--mirror-dir", RECORDING],
    );
    assert_eq!(
        (refused.code, refused.stderr.as_str()),
        (
            Some(4),
            "error: full is not empty: pub\nhint: name a new folder: mageshift new DIR\n"
        )
    );
}
