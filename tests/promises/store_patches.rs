//! "Every patch of a store is carried over, or named with the reason": for stores of a collection, patch by patch.
//!
//! `MAGESHIFT_STORES` names a folder of stores, `MAGESHIFT_REGISTRY` a mirror folder with the metadata of what they use. Of a
//! store's patches only the files that they change need to be known (`patches.targets.json`: path of a patch → paths in it);
//! a patch with these paths is put in its place. Prints a table in Markdown.

use crate::kit::store::{Run, Store};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const TARGETS: [&str; 3] = ["mage-os", "magento", "commerce"];

/// What a store has, and what becomes of it.
struct Row {
    named: usize,
    renamed: usize,
    rewritten: usize,
    findings: BTreeSet<String>,
    outcome: &'static str,
    wrong: Vec<String>,
}

#[test]
fn every_patch_is_carried_over_or_named() {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let (Some(stores), Some(registry)) =
        (variable("MAGESHIFT_STORES"), variable("MAGESHIFT_REGISTRY"))
    else {
        eprintln!("skipped: MAGESHIFT_STORES and MAGESHIFT_REGISTRY are not set");
        return;
    };
    let registry = registry.canonicalize().unwrap();
    let copies = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(stores).unwrap().flatten() {
        with_patches(&entry.path(), &copies.path().join(entry.file_name()));
    }
    eprintln!(
        "| store | direction | patches | keys renamed | files rewritten | findings | right |"
    );
    eprintln!("|---|---|---|---|---|---|---|");
    let mut wrong = Vec::new();
    for store in Store::all(copies.path()) {
        for target in TARGETS {
            let row = judged(&store, &copies.path().join(&store.name), target, &registry);
            let right = match row.wrong.is_empty() {
                true => "yes".to_owned(),
                false => row.wrong.join("; "),
            };
            let findings: Vec<String> = row.findings.into_iter().collect();
            eprintln!(
                "| {} | {target}: {} | {} | {} | {} | {} | {right} |",
                store.name,
                row.outcome,
                row.named,
                row.renamed,
                row.rewritten,
                findings.join(", ")
            );
            wrong.extend(
                row.wrong
                    .into_iter()
                    .map(|what| format!("{} → {target}: {what}", store.name)),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Copies what matters of a store that has patches, with patches made of the paths that are known of them.
fn with_patches(from: &Path, to: &Path) {
    let json = |name: &str| -> Map<String, Value> {
        let text = fs::read(from.join(name)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    };
    let (root, targets) = (json("composer.json"), json("patches.targets.json"));
    if root.is_empty() || targets.is_empty() && declared(&root.into()).is_empty() {
        return;
    }
    fs::create_dir_all(to).unwrap();
    for name in ["composer.json", "composer.lock"] {
        if let Ok(text) = fs::read(from.join(name)) {
            fs::write(to.join(name), text).unwrap();
        }
    }
    for (path, files) in targets {
        let mut patch = String::new();
        for file in files.as_array().unwrap() {
            let file = file.as_str().unwrap().trim_start_matches("b/");
            patch.push_str(&format!(
                "--- a/{file}\n+++ b/{file}\n@@ -1 +1 @@\n-old\n+new\n"
            ));
        }
        fs::create_dir_all(to.join(&path).parent().unwrap()).unwrap();
        fs::write(to.join(path), patch).unwrap();
    }
}

/// The patches that a root declares for the core, as package and source.
fn declared(root: &Value) -> Vec<(String, String)> {
    let packages = root["extra"]["patches"].as_object().into_iter().flatten();
    let mut all = Vec::new();
    for (package, patches) in packages {
        let sources: Vec<&Value> = match patches {
            Value::Object(named) => named.values().collect(),
            Value::Array(list) => list.iter().collect(),
            _ => Vec::new(),
        };
        let sources = sources.into_iter().filter_map(Value::as_str);
        all.extend(sources.map(|source| (package.clone(), source.to_owned())));
    }
    all.retain(|(package, _)| package.starts_with("magento/") || package.starts_with("mage-os/"));
    all
}

/// The packages below `vendor` that a patch changes.
fn changed_packages(patch: &str) -> BTreeSet<String> {
    let headers = patch
        .lines()
        .filter_map(|line| line.strip_prefix("+++ b/vendor/"));
    headers
        .filter_map(|path| {
            let mut parts = path.split('/');
            Some(format!("{}/{}", parts.next()?, parts.next()?))
        })
        .collect()
}

fn names(lock: &[u8]) -> BTreeSet<String> {
    let lock: Value = serde_json::from_slice(lock).unwrap_or_default();
    let lists =
        ["packages", "packages-dev"].map(|list| lock[list].as_array().cloned().unwrap_or_default());
    let names = lists
        .iter()
        .flatten()
        .filter_map(|entry| entry["name"].as_str());
    names.map(str::to_owned).collect()
}

/// The same package of the other vendor.
fn twin(name: &str) -> String {
    match name.strip_prefix("magento/") {
        Some(short) => format!("mage-os/{short}"),
        None => name.replacen("mage-os/", "magento/", 1),
    }
}

fn judged(store: &Store, folder: &Path, target: &str, registry: &Path) -> Row {
    let run = Run::switch(store, target, registry, &["--offline"]);
    let findings = || run.plan["findings"].as_array().into_iter().flatten();
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let told: String = findings()
        .filter(|finding| {
            text(finding, "code").contains("patch") || text(finding, "code").contains("hotfix")
        })
        .map(|finding| text(finding, "detail") + "\n")
        .collect();
    let mut row = Row {
        named: 0,
        renamed: 0,
        rewritten: 0,
        findings: findings()
            .map(|finding| text(finding, "code"))
            .filter(|code| code.contains("patch") || code.contains("hotfix"))
            .collect(),
        outcome: match run.exit {
            Some(0) => "planned",
            Some(3) => "blocked",
            _ => "not planned",
        },
        wrong: Vec::new(),
    };
    let old_root: Value =
        serde_json::from_slice(&fs::read(folder.join("composer.json")).unwrap()).unwrap();
    let old = names(&fs::read(folder.join("composer.lock")).unwrap_or_default());
    let new = names(&run.file("composer.lock"));
    let new_root = run.planned("composer.json").unwrap_or_default();
    let new_declared = declared(&serde_json::from_slice(&new_root).unwrap_or_default());
    for (package, source) in declared(&old_root) {
        row.named += 1;
        let has = |name: &str| new_declared.contains(&(name.to_owned(), source.clone()));
        row.renamed += usize::from(has(&twin(&package)));
        if row.outcome != "planned" {
            continue;
        }
        let right = if new.contains(&package) {
            has(&package)
        } else if new.contains(&twin(&package)) {
            has(&twin(&package)) && !has(&package)
        } else {
            told.contains(&package) || told.contains(&source)
        };
        if !right {
            row.wrong.push(format!("{source} for {package}"));
        }
    }
    let gone = |name: &str| old.contains(name) && !new.contains(name);
    let loses_tools = gone("magento/magento-cloud-patches") || gone("magento/ece-tools");
    for path in patch_files(folder, folder) {
        let patch = fs::read_to_string(folder.join(&path)).unwrap();
        let packages = changed_packages(&patch);
        row.named += 1;
        if row.outcome != "planned" {
            continue;
        }
        let after = run
            .planned(&path)
            .map(|text| String::from_utf8(text).unwrap());
        row.rewritten += usize::from(after.is_some());
        let is_lost = |name: &String| gone(name) && !new.contains(&twin(name));
        let right = if packages.iter().any(is_lost) {
            after.is_none() && told.contains(&path)
        } else {
            let renamed = packages.iter().map(|name| {
                match new.contains(name) || !new.contains(&twin(name)) {
                    true => name.clone(),
                    false => twin(name),
                }
            });
            changed_packages(after.as_deref().unwrap_or(&patch)) == renamed.collect()
        };
        if !right {
            row.wrong.push(path.clone());
        }
        if loses_tools && path.starts_with("m2-hotfixes/") && !told.contains(&path) {
            row.wrong.push(format!("{path}: nothing applies it"));
        }
    }
    row
}

/// The patches in a folder, by their paths in the store.
fn patch_files(folder: &Path, store: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(patch_files(&path, store));
        } else if path
            .extension()
            .is_some_and(|ending| ending == "patch" || ending == "diff")
        {
            files.push(
                path.strip_prefix(store)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned(),
            );
        }
    }
    files.sort();
    files
}
