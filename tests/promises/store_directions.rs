//! "A switch takes the whole store along, in every direction, and back."
//!
//! The made-up store (`made-up-store` with the root and the lock of `sample-store`) has a reference of every kind to the core.
//! The snapshots say, per direction, which files change and what is found, and what the way back does not restore.

use crate::kit::{Run, copy, mageshift, run_command};
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::lock::content_hash::content_hash;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::Path;

/// The targets of the recording, each with the release that the others lead to.
const TARGETS: [&str; 5] = [
    "magento@2.4.8-p3",
    "mage-os@2.2.1",
    "mage-os-minimal@3.2.0",
    "commerce@2.4.8-p4",
    "commerce-cloud@2.4.8-p4",
];

/// The made-up store, with patches and scripts in its root and a lock that is up to date.
fn made_up_store() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&crate::kit::fixture("made-up-store"), folder.path());
    copy(&crate::kit::fixture("sample-store"), folder.path());
    let mut root = JsonDocument::parse(read(folder.path(), "composer.json")).unwrap();
    let patches = json!({
        "magento/framework": {"First notation of cweagans/composer-patches": "patches/framework.patch"},
        "paypal/module-braintree-core": {"A payment method": "patches/braintree.patch"}
    });
    root.set(["extra", "patches"], &patches).unwrap();
    root.set(["extra", "patches-file"], &json!("patches.json"))
        .unwrap();
    let scripts = json!({"lint": ["phpcs --standard=vendor/magento/magento-coding-standard/Magento2 app/code", "ls vendor/magento/module-*"]});
    root.set("scripts", &scripts).unwrap();
    fs::write(folder.path().join("composer.json"), root.text()).unwrap();
    let lock = read(folder.path(), "composer.lock");
    let was = content_hash(
        &fs::read_to_string(crate::kit::fixture("sample-store/composer.json")).unwrap(),
    );
    let is = content_hash(root.text());
    let lock = lock.replacen(&was.unwrap(), &is.unwrap(), 1);
    fs::write(folder.path().join("composer.lock"), lock).unwrap();
    folder
}

fn read(store: &Path, path: &str) -> String {
    fs::read_to_string(store.join(path)).unwrap()
}

/// Every file but what mageshift keeps for itself, by its path in the store.
fn contents(store: &Path) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut folders = vec![store.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_file() {
                let name = path.strip_prefix(store).unwrap().to_str().unwrap();
                all.insert(name.to_owned(), fs::read_to_string(&path).unwrap());
            } else if entry.file_name() != ".mageshift" && entry.file_name() != ".cache" {
                folders.push(path);
            }
        }
    }
    all
}

/// Switches and applies; the plan.
fn switch(store: &Path, target: &str) -> Value {
    let mut command = mageshift(store);
    command
        .args(["switch", "--to", target, "--php", "8.4", "--json", "--yes"])
        .args(["--accept-data-loss", "--allow-downgrade"])
        .arg("--mirror-dir")
        .arg(crate::kit::recording());
    let run: Run = run_command(&mut command);
    assert_eq!(run.code, Some(0), "to {target}: {run:?}");
    serde_json::from_str(&run.stdout).unwrap()
}

/// The files that a plan changes, and what it found in the rest of the store.
fn told(plan: &Value) -> String {
    let mut out = String::new();
    let edits = plan["edits"].as_array().unwrap().iter();
    let paths: Vec<&str> = edits.filter_map(|edit| edit["path"].as_str()).collect();
    writeln!(out, "changes {}", paths.join(" ")).unwrap();
    for finding in plan["findings"].as_array().unwrap() {
        let [severity, code, title, detail] =
            ["severity", "code", "title", "detail"].map(|key| finding[key].as_str().unwrap());
        let is_of_the_rest = [
            "patch",
            "path",
            "module",
            "code",
            "hotfix",
            "script",
            "documentation",
        ]
        .iter()
        .any(|part| code.contains(part));
        if is_of_the_rest {
            writeln!(out, "{severity} {code}: {title}").unwrap();
            for place in detail.lines().filter(|line| line.starts_with("- ")) {
                writeln!(out, "  {place}").unwrap();
            }
        }
    }
    out
}

/// The packages that two locks have in different versions, or in one of them only.
fn moved(before: &str, after: &str) -> String {
    let versions = |lock: &str| -> BTreeMap<String, String> {
        let lock: Value = serde_json::from_str(lock).unwrap();
        let entries =
            ["packages", "packages-dev"].map(|section| lock[section].as_array().unwrap().clone());
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        entries
            .iter()
            .flatten()
            .map(|entry| (text(&entry["name"]), text(&entry["version"])))
            .collect()
    };
    let (before, after) = (versions(before), versions(after));
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let version = |lock: &BTreeMap<String, String>, name: &str| {
        lock.get(name).cloned().unwrap_or("none".to_owned())
    };
    let mut out = String::new();
    for name in names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
    {
        writeln!(
            out,
            "  {name} {} → {}",
            version(&before, name),
            version(&after, name)
        )
        .unwrap();
    }
    out
}

/// How the files differ, as lines that went and came.
fn difference(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> String {
    assert!(before.keys().eq(after.keys()), "files went or came");
    let mut out = String::new();
    for (path, text) in before {
        if *text == after[path] {
            continue;
        }
        writeln!(out, "{path}").unwrap();
        if path == "composer.lock" {
            out.push_str(&moved(text, &after[path]));
            continue;
        }
        let diff = similar::TextDiff::from_lines(text, &after[path]);
        for change in diff.iter_all_changes() {
            let sign = match change.tag() {
                similar::ChangeTag::Delete => '-',
                similar::ChangeTag::Insert => '+',
                similar::ChangeTag::Equal => continue,
            };
            writeln!(out, "  {sign} {}", change.value().trim()).unwrap();
        }
    }
    match out.is_empty() {
        true => "every byte\n".to_owned(),
        false => out,
    }
}

/// From one target to each of the others and back, from the same store.
fn directions(from: &str) {
    let origin = made_up_store();
    if from != TARGETS[0] {
        switch(origin.path(), from);
    }
    let before = contents(origin.path());
    for target in TARGETS.into_iter().filter(|target| *target != from) {
        let store = tempfile::tempdir().unwrap();
        for (path, text) in &before {
            let place = store.path().join(path);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, text).unwrap();
        }
        let there = switch(store.path(), target);
        let between = contents(store.path());
        switch(store.path(), from);
        let after = contents(store.path());
        let name = |target: &str| target.split('@').next().unwrap().to_owned();
        insta::assert_snapshot!(
            format!("{}_to_{}", name(from), name(target)),
            format!("{}\nback\n{}", told(&there), difference(&before, &after))
        );
        for undone in 0..2 {
            let undo = run_command(mageshift(store.path()).args(["undo", "--no-interaction"]));
            assert_eq!(undo.code, Some(0), "{undo:?}");
            let expected = if undone == 0 { &between } else { &before };
            assert!(
                contents(store.path()) == *expected,
                "undo restores every byte"
            );
        }
    }
}

#[test]
fn from_open_source() {
    directions(TARGETS[0]);
}

#[test]
fn from_mage_os() {
    directions(TARGETS[1]);
}

#[test]
fn from_mage_os_minimal() {
    directions(TARGETS[2]);
}

#[test]
fn from_commerce() {
    directions(TARGETS[3]);
}

#[test]
fn from_commerce_cloud() {
    directions(TARGETS[4]);
}
