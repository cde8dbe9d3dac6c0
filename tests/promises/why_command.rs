//! `mageshift why` and `why-not` answer on the lock, and on the lock that a switch would write.

use crate::kit::{Run, run};
use serde_json::Value;
use std::path::Path;

fn ask(arguments: &[&str]) -> Run {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample-store");
    let recording = concat!(env!("CARGO_MANIFEST_DIR"), "/data/recording");
    let common = [
        "--mirror-dir",
        recording,
        "--offline",
        "--ignore-platform-reqs",
    ];
    let all: Vec<&str> = arguments.iter().chain(&common).copied().collect();
    run(Path::new(sample), &all)
}

#[test]
fn a_package_is_traced_back_to_the_root() {
    let run = ask(&["why", "elasticsearch/elasticsearch"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains("\n  magento/"), "{}", run.stdout);
    assert!(
        run.stdout.contains(
            "The way to it: composer.json > magento/product-community-edition 2.4.8-p3 > "
        ),
        "{}",
        run.stdout
    );
    let run = ask(&["why", "acme/none"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("acme/none is not in composer.lock"));
}

#[test]
fn a_switch_is_asked_about_before_it_is_made() {
    let run = ask(&["why", "mage-os/framework", "--to", "mage-os", "--json"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(
        (&answer["schema"], &answer["version"]),
        (&1.into(), &"2.2.1".into())
    );
    let dependents = answer["dependents"].as_array().unwrap();
    assert!(dependents.iter().any(|dependent| {
        dependent["package"] == "mollie/magento2" && dependent["target"] == "magento/framework"
    }));
    let run = ask(&["why", "mage-os/framework"]);
    assert_eq!(run.code, Some(1));
    let run = ask(&["why", "magento/framework", "--to", "mage-os", "--json"]);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(answer["version"], Value::Null);
    assert_eq!(answer["dependents"][0]["package"], "mage-os/framework");
    assert_eq!(answer["dependents"][0]["relation"], "replaces");
}

#[test]
fn what_the_root_replaces_is_told() {
    let run = ask(&["why", "magento/module-dhl"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(
        run.stdout
            .contains("composer.json replaces magento/module-dhl"),
        "{}",
        run.stdout
    );
}

#[test]
fn who_needs_a_php_is_told_without_a_word_about_repositories() {
    let run = ask(&["why", "php"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(run.stdout.contains(" requires php "), "{}", run.stdout);
    assert!(!run.stdout.contains("in its place"), "{}", run.stdout);
    let run = ask(&["why", "ext-imaginary"]);
    assert_eq!(run.stdout, "ext-imaginary\nNothing requires it.\n");
    for arguments in [["why-not", "php", "7.4"], ["why-not", "ext-imaginary", "1"]] {
        let run = ask(&arguments);
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(!run.stdout.contains("repositor"), "{}", run.stdout);
    }
}

#[test]
fn what_stands_against_a_version_is_named() {
    let run = ask(&["why-not", "magento/framework", "103.0.9", "--verbose"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(
        run.stdout.contains(
            "  magento/product-community-edition 2.4.8-p3 requires magento/framework 103.0.8-p3\n"
        ),
        "{}",
        run.stdout
    );
    let run = ask(&["why-not", "mollie/magento2", "^2.49"]);
    assert!(
        run.stdout
            .contains("Nothing in the lock stands against it."),
        "{}",
        run.stdout
    );
    let run = ask(&["why-not", "mollie/magento2", "nonsense>"]);
    assert_eq!(run.code, Some(2));
}

/// A switch's question where no repository can be asked.
fn ask_in_the_dark(arguments: &[&str]) -> Run {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample-store");
    let cache = tempfile::tempdir().unwrap();
    let mut command = crate::kit::mageshift(Path::new(sample));
    command
        .args(arguments)
        .args(["--offline", "--ignore-platform-reqs"])
        .env("MAGESHIFT_CACHE_DIR", cache.path());
    crate::kit::run_command(&mut command)
}

#[test]
fn what_nobody_was_asked_about_is_not_said_to_be_absent() {
    let run = ask_in_the_dark(&["why-not", "symfony/console", "7.1.10"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    for host in ["repo.magento.com", "repo.packagist.org"] {
        let outage = format!("(https://{host}) could not be asked: ");
        assert!(run.stderr.contains(&outage), "{run:?}");
    }
    assert!(!run.stdout.contains("No repository"), "{run:?}");
    assert!(
        run.stdout
            .contains("magento/framework 103.0.8-p3 requires symfony/console")
    );
    let run = ask_in_the_dark(&["why-not", "symfony/console", "7.1.10", "--json"]);
    let answer: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(answer["exists"], Value::Null);
    assert_eq!(answer["unasked"].as_array().map(Vec::len), Some(2));
}

#[test]
fn a_switch_that_cannot_be_planned_for_an_outage_is_not_called_blocked() {
    let run = ask_in_the_dark(&["why", "mage-os/framework", "--to", "mage-os"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr
            .contains("(https://repo.mage-os.org) could not be asked"),
        "{run:?}"
    );
    assert!(!run.stderr.contains("blocked"), "{run:?}");
}
