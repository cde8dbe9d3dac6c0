//! Stores that are made so that a plan has something to say, by the code of what it says.

use crate::kit::{RECORDING, mageshift, run_command, sample_store};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

const PRODUCT: &str = "magento/product-community-edition";
const TO_MAGE_OS: &[&str] = &["switch", "mage-os@3.4.0", "--dry-run"];

/// What is changed in the sample store.
type Change<'c> = &'c dyn Fn(&Path);

/// Changes one of the store's JSON files.
fn edit(store: &Path, file: &str, change: impl Fn(&mut Value)) {
    let path = store.join(file);
    let mut document: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    change(&mut document);
    fs::write(path, document.to_string()).unwrap();
}

fn root(store: &Path, change: impl Fn(&mut Value)) {
    edit(store, "composer.json", change);
}

fn write(store: &Path, file: &str, text: &str) {
    let path = store.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The codes of the findings that a command has for the changed sample store. Nothing but what is given is on the PATH.
fn codes(change: Change<'_>, arguments: &[&str], path: Option<&Path>) -> Vec<String> {
    let store = sample_store();
    change(store.path());
    let mut command = mageshift(store.path());
    command.args(arguments);
    command.args(["--mirror-dir", RECORDING, "--json", "-n"]);
    if let Some(path) = path {
        command.env("PATH", path);
    }
    let run = run_command(&mut command);
    let document: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let findings = document["findings"].as_array().into_iter().flatten();
    let codes = findings.filter_map(|finding| finding["code"].as_str());
    codes.map(str::to_owned).collect()
}

/// Each change leads to each of the codes, which the unchanged store does not have.
fn check(arguments: &[&str], cases: &[(&[&str], Change<'_>)]) {
    let plain = codes(&|_| {}, arguments, None);
    for (wanted, change) in cases {
        let found = codes(*change, arguments, None);
        for code in *wanted {
            assert!(found.iter().any(|found| found == code), "{code}: {found:?}");
            assert!(
                !plain.iter().any(|found| found == code),
                "{code}: {plain:?}"
            );
        }
    }
}

#[test]
fn a_plain_store_hears_of_its_repository_and_of_what_it_replaces() {
    let found = codes(&|_| {}, TO_MAGE_OS, None);
    for code in [
        "repository-replaced",
        "replace-extended",
        "data-payment-methods",
    ] {
        assert!(found.iter().any(|found| found == code), "{code}: {found:?}");
    }
}

#[test]
fn what_composer_json_and_the_lock_have_is_told() {
    check(
        TO_MAGE_OS,
        &[
            (
                &[
                    "no-lock",
                    "repository-added",
                    "repository-filtered",
                    "credentials-missing",
                ],
                &|store| fs::remove_file(store.join("composer.lock")).unwrap(),
            ),
            (&["merge-plugin-product"], &|store| {
                write(
                    store,
                    "own.json",
                    &json!({"require": {PRODUCT: "2.4.8-p3"}}).to_string(),
                );
                let plugin = json!({"name": "wikimedia/composer-merge-plugin", "version": "2.1.0",
                    "type": "composer-plugin", "require": {"composer-plugin-api": "^2"}});
                root(store, |root| {
                    root["extra"]["merge-plugin"] = json!({"include": ["own.json"]})
                });
                edit(store, "composer.lock", |lock| {
                    lock["packages"]
                        .as_array_mut()
                        .unwrap()
                        .push(plugin.clone());
                });
            }),
            (&["patches-remote"], &|store| {
                let patch =
                    json!({"magento/framework": {"a fix": "https://patches.example.org/a.patch"}});
                root(store, |root| root["extra"]["patches"] = patch.clone());
            }),
        ],
    );
}

#[test]
fn what_composer_json_runs_and_loads_of_the_old_core_is_told() {
    check(
        TO_MAGE_OS,
        &[
            (&["autoload-renamed"], &|store| {
                root(store, |root| {
                    root["autoload"]["files"] = json!(["vendor/magento/framework/registration.php"])
                });
            }),
            (&["autoload-names-core-paths"], &|store| {
                root(store, |root| {
                    root["autoload-dev"]["classmap"] = json!(["vendor/magento/*/Test"])
                });
            }),
            (&["scripts-renamed"], &|store| {
                root(store, |root| {
                    root["scripts"]["post-install-cmd"] =
                        json!(["php vendor/magento/framework/registration.php"])
                });
            }),
            (&["scripts-name-core-paths"], &|store| {
                root(store, |root| {
                    root["scripts"]["phpcs"] =
                        json!("phpcs --config-set installed_paths ../../magento/x")
                });
            }),
            (&["root-names-gone-package"], &|store| {
                edit(store, "composer.lock", |lock| {
                    let packages = lock["packages"].as_array_mut().unwrap();
                    let gone = packages
                        .iter_mut()
                        .find(|entry| entry["name"] == "magento/module-adobe-ims")
                        .unwrap();
                    gone["bin"] = json!(["bin/ims"]);
                });
                root(store, |root| {
                    root["scripts"]["post-update-cmd"] = json!(["./vendor/bin/ims refresh"])
                });
            }),
        ],
    );
}

#[test]
fn a_lock_that_only_holds_together_with_development_packages_is_told() {
    let store = sample_store();
    edit(store.path(), "composer.lock", |lock| {
        let packages = lock["packages"].as_array_mut().unwrap();
        let at = packages.iter().position(|entry| entry["name"] == "psr/log");
        let moved = packages.remove(at.unwrap());
        lock["packages-dev"].as_array_mut().unwrap().push(moved);
    });
    let mut command = mageshift(store.path());
    command.args(["check", "--mirror-dir", RECORDING, "-n"]);
    let run = run_command(&mut command);
    assert_eq!(run.code, Some(3), "{run:?}");
    let words = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("`composer install --no-dev` refuses it"),
        "{words}"
    );
}

#[test]
fn an_empty_list_of_allowed_plugins_gets_those_of_the_target() {
    let store = sample_store();
    root(store.path(), |root| {
        root["config"]["allow-plugins"] = json!({});
    });
    let mut command = mageshift(store.path());
    command.args(TO_MAGE_OS);
    command.args(["--mirror-dir", RECORDING, "-n", "--diff"]);
    let run = run_command(&mut command);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stdout.contains("\"mage-os/*\": true"), "{run:?}");
}

#[test]
fn two_outputs_of_one_name_are_refused() {
    let store = sample_store();
    let out = store.path().join("out.md");
    let mut command = mageshift(store.path());
    command.args(TO_MAGE_OS);
    command.args(["--mirror-dir", RECORDING, "-n"]);
    command.arg("--runbook").arg(&out);
    command.args(["--markdown", "./out.md"]);
    let run = run_command(&mut command);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("at once"), "{run:?}");
    assert!(!out.exists());
}

#[test]
fn what_other_files_of_the_store_have_is_told() {
    check(
        TO_MAGE_OS,
        &[
            (&["config-php-unreadable"], &|store| {
                fs::create_dir_all(store.join("app/etc/config.php")).unwrap();
            }),
            (&["services-unreadable"], &|store| {
                write(store, "compose.yaml", "services: [");
            }),
        ],
    );
}

#[test]
fn what_the_platform_does_not_have_blocks() {
    check(
        &["switch", "mage-os@3.4.0", "--dry-run", "--php", "8.4"],
        &[(&["platform-blocks"], &|store| {
            root(store, |root| {
                root["require"]["composer-plugin-api"] = "^9".into()
            });
        })],
    );
}

#[test]
fn a_lock_that_does_not_hold_together_is_told_in_few_words() {
    let store = sample_store();
    edit(store.path(), "composer.lock", |lock| {
        let packages = lock["packages"].as_array_mut().unwrap();
        packages.retain(|entry| entry["name"] != "magento/module-weee");
        packages.push(
            json!({"name": "acme/clash", "version": "1.0.0", "type": "metapackage",
            "conflict": {"magento/module-sales": "*"}}),
        );
    });
    let mut command = mageshift(store.path());
    command.args(["check", "--mirror-dir", RECORDING, "-n"]);
    let run = run_command(&mut command);
    assert_eq!(run.code, Some(3), "{run:?}");
    let words = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    let (ours, _) = words.split_once("Problem 1").unwrap_or((&words, ""));
    for part in [
        "acme/clash 1.0.0 conflicts with magento/module-sales",
        "requires magento/module-weee",
    ] {
        assert!(ours.contains(part), "{part}: {words}");
    }
    assert!(!words.contains("composer.lock is up to date"), "{words}");
}

/// An extension that the lock has in a version, and one repository in others; some of them may fit.
fn with_locked_extension(store: &Path, given: &[&str]) {
    let entry = |version: &str| {
        json!({"name": "acme/badges", "version": version, "type": "magento2-module",
            "dist": {"type": "zip", "url": format!("https://packages.acme.test/badges/{version}.zip")}})
    };
    let given: Vec<Value> = given.iter().map(|version| entry(version)).collect();
    root(store, |root| {
        root["require"]["acme/badges"] = "^1.0".into();
        let own = json!({"type": "package", "package": given});
        let repositories = match root["repositories"].take() {
            Value::Object(known) => known.into_iter().map(|(_, entry)| entry).collect(),
            Value::Array(known) => known,
            _ => Vec::new(),
        };
        root["repositories"] = std::iter::once(own).chain(repositories).collect();
    });
    edit(store, "composer.lock", |lock| {
        lock["packages"]
            .as_array_mut()
            .unwrap()
            .push(entry("1.4.0"));
    });
}

#[test]
fn what_stays_though_no_update_could_choose_it_is_told() {
    check(
        TO_MAGE_OS,
        &[(&["only-locked"], &|store| {
            with_locked_extension(store, &["2.0.0", "2.1.0"])
        })],
    );
    // Another version fits, or the very same one is there.
    for given in [&["1.3.0", "2.0.0"][..], &["1.4.0"]] {
        let found = codes(
            &|store| with_locked_extension(store, given),
            TO_MAGE_OS,
            None,
        );
        assert!(
            !found.contains(&"only-locked".to_owned()),
            "{given:?}: {found:?}"
        );
    }
}

#[test]
fn a_decision_about_nothing_is_told() {
    let found = |name: &str| {
        codes(
            &|_| {},
            &["switch", "mage-os@3.4.0", "--dry-run", "--take", name],
            None,
        )
    };
    let is_told = |name: &str| found(name).contains(&"decision-unused".to_owned());
    assert!(is_told("magento/module-wishlits"));
    assert!(
        !is_told("all") && !is_told("own-builds"),
        "words for whatever there is"
    );
}

#[test]
fn a_release_named_by_a_version_of_magento_is_told() {
    let found = |to: &str| codes(&|_| {}, &["switch", to, "--dry-run"], None);
    let is_told = |to: &str| found(to).contains(&"release-by-upstream".to_owned());
    assert!(is_told("mage-os@2.4") && is_told("mage-os@2.4.8-p4"));
    assert!(!is_told("mage-os@2.2") && !is_told("mage-os@latest") && !is_told("mage-os"));
}

#[test]
fn a_range_that_would_choose_a_newer_release_is_pinned() {
    check(
        &["switch", "magento@2.4.8-p4", "--dry-run"],
        &[(&["product-pinned"], &|store| {
            root(store, |root| root["require"][PRODUCT] = ">=2.4.8-p1".into());
        })],
    );
}

#[test]
fn the_pretended_php_follows_the_one_that_is_asked_for() {
    check(
        &["switch", "mage-os@3.4.0", "--dry-run", "--php", "8.4"],
        &[(&["platform-php-follows"], &|store| {
            root(store, |root| {
                root["config"]["platform"] = json!({"php": "8.3.0"})
            });
        })],
    );
}

#[test]
fn what_the_target_lacks_or_changes_is_told() {
    let older = codes(&|_| {}, &["switch", "commerce@2.4.8", "--dry-run"], None);
    for code in ["release-older-fixes", "data-converted", "downgrade"] {
        assert!(older.iter().any(|found| found == code), "{code}: {older:?}");
    }
    let unsafe_set = codes(
        &|_| {},
        &["slim", "--without", "swatches", "--dry-run"],
        None,
    );
    assert!(
        unsafe_set.iter().any(|code| code == "unsafe-removal"),
        "{unsafe_set:?}"
    );
}

#[test]
fn a_root_that_asks_for_more_than_the_lock_has_is_told() {
    check(
        &["check"],
        &[(&["lock-misses-requirements"], &|store| {
            root(store, |root| root["require"]["acme/none"] = "^1".into());
        })],
    );
}

/// Composer installs whatever is locked, and both bases would be deployed.
#[test]
fn a_second_base_package_in_the_lock_is_told() {
    check(
        &["check", "--to", "magento"],
        &[(&["odd-lock"], &|store| {
            edit(store, "composer.lock", |lock| {
                let base = json!({"name": "mage-os/magento2-base", "version": "2.2.1", "type": "magento2-component"});
                lock["packages"].as_array_mut().unwrap().push(base);
            });
        })],
    );
}

#[cfg(unix)]
#[test]
fn what_composer_says_of_a_plan_is_a_finding() {
    use std::os::unix::fs::PermissionsExt;
    for (script, code) in [
        ("#!/bin/sh\nexit 0\n", "composer-agrees"),
        ("#!/bin/sh\necho no\nexit 2\n", "composer-disagrees"),
    ] {
        let path = tempfile::tempdir().unwrap();
        let composer = path.path().join("composer");
        fs::write(&composer, script).unwrap();
        fs::set_permissions(&composer, fs::Permissions::from_mode(0o755)).unwrap();
        let arguments = ["switch", "mage-os@3.4.0", "--dry-run", "--verify"];
        let found = codes(&|_| {}, &arguments, Some(path.path()));
        assert!(found.iter().any(|found| found == code), "{code}: {found:?}");
    }
}
