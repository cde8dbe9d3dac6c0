//! Findings that depend on something small: what a list of modules looks like, what an old lock lacks, what a release is
//! known for.

use crate::kit::server::{Response, Server};
use crate::kit::*;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};

/// The document that a command prints.
fn document(store: &Path, words: &[&str]) -> Value {
    let run = run(store, words);
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"))
}

/// A switch to a release that is planned and not made.
fn planned(store: &Path, to: &str) -> Value {
    let words = [
        "switch",
        "--to",
        to,
        "--json",
        "-n",
        "--dry-run",
        "--offline",
    ];
    let common = ["--php", "8.4", "--mirror-dir", RECORDING];
    document(store, &[&words[..], &common].concat())
}

/// The finding with a code; the document must have one.
fn told<'d>(document: &'d Value, code: &str) -> &'d Value {
    let findings = document["findings"].as_array().unwrap();
    let found = findings.iter().find(|finding| finding["code"] == code);
    found.unwrap_or_else(|| panic!("no {code} in {findings:#?}"))
}

#[test]
fn a_list_of_modules_that_a_program_makes_is_left_alone() {
    let store = sample_store();
    let etc = store.path().join("app/etc");
    fs::create_dir_all(&etc).unwrap();
    let list = "<?php\n$modules = ['Magento_Store' => 1, 'Magento_PaymentServicesBase' => 1];\nreturn ['modules' => $modules];\n";
    fs::write(etc.join("config.php"), list).unwrap();
    let plan = planned(store.path(), "mage-os@2.2.1");
    let finding = told(&plan, "modules-list-unreadable");
    let detail = finding["detail"].as_str().unwrap();
    assert!(detail.contains("Magento_PaymentServicesBase"), "{detail}");
    let edits = plan["edits"].as_array().unwrap();
    assert!(
        edits
            .iter()
            .all(|edit| edit["path"] != "app/etc/config.php")
    );
}

#[test]
fn extensions_of_php_that_only_the_new_packages_need_are_named() {
    let store = sample_store();
    let before = planned(store.path(), "mage-os@2.2.1");
    let findings = before["findings"].as_array().unwrap();
    assert!(
        findings
            .iter()
            .all(|finding| finding["code"] != "php-extensions")
    );
    let path = store.path().join("composer.lock");
    let mut lock: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for section in ["packages", "packages-dev"] {
        for package in lock[section].as_array_mut().unwrap() {
            if let Some(require) = package["require"].as_object_mut() {
                require.shift_remove("ext-xsl");
            }
        }
    }
    fs::write(&path, lock.to_string()).unwrap();
    let plan = planned(store.path(), "mage-os@2.2.1");
    let detail = told(&plan, "php-extensions")["detail"].as_str().unwrap();
    assert!(detail.contains("xsl"), "{detail}");
}

#[test]
fn a_package_that_its_author_gave_up_is_named_with_what_takes_its_place() {
    let store = tempfile::tempdir().unwrap();
    let old = json!({"name": "acme/old", "version": "1.0.0", "abandoned": "acme/new"});
    let root = json!({
        "name": "acme/shop",
        "repositories": [{"type": "package", "package": old}, {"packagist.org": false}],
        "require": {"acme/old": "*"},
    });
    fs::write(store.path().join("composer.json"), root.to_string()).unwrap();
    let lock = document(store.path(), &["lock", "--json", "-n", "--offline"]);
    let finding = told(&lock, "abandoned-package");
    assert_eq!(finding["package"], "acme/old");
    assert!(
        finding["title"]
            .as_str()
            .unwrap()
            .contains("Use acme/new instead")
    );
}

/// What was read once is read again from the cache when the server fails, with a word.
#[test]
fn a_repository_that_fails_and_is_read_from_the_cache_is_named_as_old() {
    let fails = Arc::new(AtomicBool::new(false));
    let does_fail = fails.clone();
    let server = Server::handler(move |request| {
        if does_fail.load(SeqCst) {
            return Some(Response::new(503, ""));
        }
        let document = json!({"metadata-url": "/p2/%package%.json", "packages": []});
        (request.path == "/packages.json").then(|| Response::new(200, document.to_string()))
    });
    let store = tempfile::tempdir().unwrap();
    let entry = json!({"type": "composer", "url": server.url()});
    let root = json!({
        "name": "acme/shop",
        "repositories": [entry, {"packagist.org": false}],
        "config": {"secure-http": false},
    });
    fs::write(store.path().join("composer.json"), root.to_string()).unwrap();
    let fresh = document(store.path(), &["lock", "--json", "-n"]);
    assert_eq!(fresh["findings"], json!([]));
    fails.store(true, SeqCst);
    let old = document(store.path(), &["lock", "--json", "-n"]);
    let finding = told(&old, "repository-outdated");
    let detail = finding["detail"].as_str().unwrap();
    assert!(detail.contains("answered HTTP 503"), "{detail}");
}
