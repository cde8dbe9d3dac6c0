//! "With -vv a run says what it asks, how long that takes and what it tries; never a secret, and nothing on standard output."

use crate::kit::*;
use std::process::Output;

const SECRET: &str = "PlantedRunLogPassword";

fn run(arguments: &[&str], log: Option<&str>) -> Output {
    let root = format!(
        r#"{{
            "require": {{"acme/gift": "^1.0"}},
            "repositories": [
                {{"type": "composer", "url": "http://me:{SECRET}@127.0.0.1:9/"}},
                {{"packagist.org": false}}
            ],
            "config": {{"secure-http": false}}
        }}"#
    );
    let store = store(&root, "");
    std::fs::remove_file(store.path().join("composer.lock")).unwrap();
    let mut command = mageshift(store.path());
    command.args(["lock", "--dry-run"]).args(arguments);
    if let Some(log) = log {
        command.env("MAGESHIFT_LOG", log);
    }
    command.output().unwrap()
}

/// What nobody could look for is not called misspelled.
#[test]
fn a_lock_without_its_repository_names_that_and_nothing_else() {
    let output = run(&[], None);
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("1 repository could not be asked"), "{told}");
    assert!(
        told.contains("127.0.0.1:9/packages.json: cannot be reached"),
        "{told}"
    );
    assert!(
        !told.contains("typo") && !told.contains("acme/gift"),
        "{told}"
    );
}

/// A server that is not there.
#[test]
fn a_repository_that_does_not_answer_is_told_without_its_password() {
    for output in [run(&["-vv"], None), run(&[], Some("composer_engine=debug"))] {
        let told = String::from_utf8(output.stderr).unwrap();
        let failed = told
            .lines()
            .find(|line| line.contains("DEBUG") && line.contains("failed"));
        let failed = failed.unwrap_or_else(|| panic!("no request is told:\n{told}"));
        assert!(failed.contains("127.0.0.1:9/packages.json"), "{failed}");
        assert!(failed.contains("took="), "{failed}");
        assert!(!told.contains(SECRET), "{told}");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(!shown.contains("DEBUG"), "{shown}");
    }
}

#[test]
fn nothing_is_told_unasked() {
    let told = String::from_utf8(run(&["-v"], None).stderr).unwrap();
    assert!(!told.contains("DEBUG"), "{told}");
}

#[test]
fn a_variable_that_says_nothing_is_named() {
    let told = String::from_utf8(run(&[], Some("loud please")).stderr).unwrap();
    assert!(told.contains("MAGESHIFT_LOG is not read"), "{told}");
}

#[test]
fn the_phases_of_a_switch_are_told() {
    let store = sample_store();
    let output = mageshift(store.path())
        .args(["switch", "mage-os", "--dry-run", "-n", "-vv"])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    for part in ["plan:survey", "chosen", "loaded", "solved", "time.busy="] {
        assert!(told.contains(part), "{part} is not told:\n{told}");
    }
}
