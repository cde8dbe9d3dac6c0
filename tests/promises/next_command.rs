//! What is left to do after an apply, and after an undo, as the files of the store tell it.

use crate::kit::*;
use mageshift::plan::Plan;
use mageshift::planner::steps::{Shop, steps};
use mageshift::project::root_files::RootFiles;
use mageshift::project::store_files::DiskFiles;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const BEFORE: &str = r#"{"packages": [{"name": "acme/blog", "version": "1.0.0"}]}"#;
const AFTER: &str = r#"{"packages": [{"name": "acme/blog", "version": "2.0.0"}]}"#;

/// A store to which a plan with another version of acme/blog was applied.
fn applied() -> TempDir {
    let store = store(ROOT_BEFORE, BEFORE);
    let mut plan = Plan {
        edits: vec![
            edit("composer.json", ROOT_BEFORE, ROOT_AFTER),
            edit("composer.lock", BEFORE, AFTER),
        ],
        ..switch_plan()
    };
    plan.steps = steps(
        &plan,
        &Shop::read(&DiskFiles::below(store.path()), RootFiles::default()),
    );
    let file = saved(&plan);
    let applied = run(store.path(), &["apply", file.to_str().unwrap(), "-q"]);
    assert_eq!(applied.code, Some(0), "{applied:?}");
    store
}

/// What Composer says it has installed.
fn install(store: &Path, version: &str) {
    let folder = store.join("vendor/composer");
    fs::create_dir_all(&folder).unwrap();
    let installed = json!({"packages": [{"name": "acme/blog", "version": version}], "dev": true});
    fs::write(folder.join("installed.json"), installed.to_string()).unwrap();
}

/// The output without how long ago something was.
fn said(run: &Run) -> String {
    assert_eq!(run.code, Some(0), "{run:?}");
    let age = regex::Regex::new(r"\d+ \w+ ago").unwrap();
    age.replace_all(&run.stdout, "AGE ago").into_owned()
}

fn states(store: &Path) -> Vec<(String, String)> {
    let run = run(store, &["next", "--json"]);
    let document: Value = serde_json::from_str(&run.stdout).unwrap();
    let text = |step: &Value, key: &str| step[key].as_str().unwrap_or_default().to_owned();
    let steps = document["steps"].as_array().unwrap().iter();
    steps
        .map(|step| (text(step, "command"), text(step, "state")))
        .collect()
}

fn state(store: &Path, command: &str) -> String {
    let states = states(store);
    let found = states.iter().find(|(other, _)| other == command);
    found.unwrap_or_else(|| panic!("{states:?}")).1.clone()
}

#[test]
fn what_is_left_follows_the_files() {
    let store = applied();
    let path = store.path();
    insta::assert_snapshot!(said(&run(path, &["next"])));
    assert_eq!(state(path, "composer install"), "open");
    install(path, "1.0.0");
    assert!(
        said(&run(path, &["next"])).contains("1 package is not as locked: acme/blog"),
        "the old code is still there"
    );
    install(path, "2.0.0");
    assert_eq!(state(path, "composer install"), "done");
    assert_eq!(state(path, "bin/magento maintenance:enable"), "done");
    assert_eq!(state(path, "bin/magento maintenance:disable"), "done");
    fs::create_dir_all(path.join("var")).unwrap();
    fs::write(path.join("var/.maintenance.flag"), "").unwrap();
    fs::create_dir_all(path.join("generated/metadata")).unwrap();
    assert_eq!(state(path, "bin/magento setup:di:compile"), "done");
    insta::assert_snapshot!(said(&run(path, &["next"])));
}

#[test]
fn commands_stand_alone_and_nothing_is_wider_than_the_terminal() {
    let store = applied();
    let said = said(&run(store.path(), &["next"]));
    for line in said.lines() {
        assert!(console::measure_text_width(line) <= 80, "{line}");
    }
    assert!(
        said.lines().any(|line| line == "  composer install"),
        "{said}"
    );
}

#[test]
fn who_takes_back_an_installed_switch_is_told_the_rest_of_the_way() {
    let store = applied();
    install(store.path(), "2.0.0");
    let undone = run(store.path(), &["undo"]);
    assert_eq!(undone.code, Some(0), "{undone:?}");
    insta::assert_snapshot!(undone.stderr);
    let store = applied();
    install(store.path(), "1.0.0");
    let undone = run(store.path(), &["undo"]);
    assert!(
        undone
            .stderr
            .ends_with("As before: composer.json, composer.lock.\n"),
        "nothing was installed since: {undone:?}"
    );
}

#[test]
fn without_a_run_the_store_alone_tells() {
    let folder = tempfile::tempdir().unwrap();
    let shop = folder.path();
    for file in ["composer.json", "composer.lock"] {
        fs::copy(fixture("sample-store").join(file), shop.join(file)).unwrap();
    }
    let next = said(&run(shop, &["next"]));
    assert!(
        next.contains("No run of mageshift is recorded here.")
            && next.contains("\n  composer install\n      there is no vendor folder; "),
        "{next}"
    );
    let nowhere = tempfile::tempdir().unwrap();
    assert_eq!(run(nowhere.path(), &["next"]).code, Some(4));
}
