//! Patches on installed packages: cweagans/composer-patches 1 and 2, vaimo/composer-patches, the `m2-hotfixes` and quality
//! patches of Adobe's cloud tools, and patch files that scripts apply.
//!
//! A patch for a package that is not installed under the name in its key is left out without a word, so every patch that
//! would be is named. `extra.patches` itself is renamed with the root; here it is read as it will be.

mod base;
mod cloud;
mod declared;
mod fate;
mod local;
mod owner;
mod rewrite;
mod searched;
mod sources;
mod wording;

pub(crate) use local::{is_patch, patches_lock};

use crate::plan::Edit;
use crate::planner::composer_files::patch_names;
use crate::planner::store::packages::{Fate, Packages};
use crate::planner::store::patches::local::{HOTFIXES, Local};
use crate::planner::store::{Contribution, Switch};
use crate::project::scan::Found;
use crate::project::store_files::{StoreFiles, is_below};
use cloud::cloud_findings;
use composer_engine::files;
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::json::path::Path as JsonPath;
use declared::Declared;
use fate::{judge_declared, judge_text};
use owner::{Owner, texts};
use serde_json::{Map, Value};
use sources::Sources;
use std::collections::BTreeMap;
use wording::{Said, report};

const PATCHES_FILE: &str = "patches.json";

/// Judges every patch of the store. `found` are the files that name core; of them only patches are looked at.
pub(crate) fn contribution(
    switch: &Switch<'_>,
    packages: &Packages<'_>,
    found: &[Found],
) -> Contribution {
    let store = switch.survey.project.store.as_ref();
    let mut said = Said::default();
    let mut all = from_root(switch.root);
    for file in patches_files(switch.root, store) {
        all.extend(patches_file(&file, switch.root, packages, store, &mut said));
    }
    all.extend(from_packages(switch.root, packages));
    let searched = ["", "-dev"].iter().flat_map(|dev| {
        texts(
            switch.root,
            &format!("patches-search{dev}"),
            &format!("search{dev}"),
        )
    });
    for pattern in searched.filter(|pattern| is_below(pattern)) {
        all.extend(searched::patches(&pattern, packages, store));
    }
    let mut local: BTreeMap<String, Local> = BTreeMap::new();
    for patch in all {
        judge_declared(&patch, packages, &mut said);
        let Some(path) = patch.path.as_deref().map(|path| store.direct(path)) else {
            continue;
        };
        match store.read(&path, files::DATA) {
            Ok(bytes) => {
                let entry = local.entry(path).or_default();
                entry.bytes = bytes;
                entry.declared.push(patch);
            }
            Err(_) => said.missing.push(format!(
                "{path}, declared in {} for {}",
                patch.file, patch.package
            )),
        }
    }
    let hotfixes = hotfixes(store);
    let named_core = found
        .iter()
        .filter(|file| is_patch(&file.path))
        .map(|file| (file.path.clone(), file.bytes.clone()));
    for (path, bytes) in hotfixes.iter().cloned().chain(named_core) {
        local.entry(path).or_insert(Local {
            bytes,
            declared: Vec::new(),
        });
    }
    for (path, patch) in &local {
        judge_text(path, patch, packages, store, &mut said);
    }
    let mut contribution = report(said, packages);
    let hotfixes: Vec<String> = hotfixes.into_iter().map(|(path, _)| path).collect();
    contribution
        .findings
        .extend(cloud_findings(switch, packages, store, &hotfixes));
    contribution
}

fn from_root(root: &Value) -> Vec<Declared> {
    ["patches", "patches-dev"]
        .into_iter()
        .filter_map(|section| root.get("extra")?.get(section)?.as_object())
        .flat_map(|patches| declared::patches(patches, &Owner::root(root, "composer.json")))
        .collect()
}

/// What installed packages declare for others, where a plugin is there that applies it and the root does not keep it out. Nobody but their makers can change
/// that, so it is only judged.
fn from_packages(root: &Value, packages: &Packages<'_>) -> Vec<Declared> {
    let sources = Sources::of(root, packages);
    let mut entries: Vec<(&str, &Value)> = packages.all_new().collect();
    entries.sort_unstable_by_key(|(name, _)| *name);
    let patches = |(name, entry): (&str, &Value)| {
        let patches = entry.get("extra")?.get("patches")?.as_object()?;
        let mut patches = declared::patches(patches, &Owner::package(name, entry));
        patches.retain(|patch| sources.takes(name, patch));
        Some(patches)
    };
    entries.into_iter().filter_map(patches).flatten().collect()
}

/// The patches files that the root names, or that the plugin would find.
pub(crate) fn patches_files(root: &Value, store: &dyn StoreFiles) -> Vec<String> {
    let mut files = texts(root, "patches-file", "file");
    files.extend(texts(root, "patches-file-dev", "file-dev"));
    let extra = root.get("extra");
    let second = extra.and_then(|extra| extra.get("composer-patches")?.get("patches-file"));
    files.extend(
        second
            .and_then(Value::as_str)
            .map(|file| file.trim_start_matches("./").to_owned()),
    );
    let mut files: Vec<String> = files
        .into_iter()
        .filter(|file| is_below(file))
        .map(|file| store.direct(&file))
        .filter(|file| !file.starts_with("vendor/"))
        .collect();
    files.sort();
    files.dedup();
    if files.is_empty() && store.is_file(PATCHES_FILE) {
        files.push(PATCHES_FILE.to_owned());
    }
    files
}

/// Gives the packages in a patches file their new names, and reads what it declares then.
fn patches_file(
    file: &str,
    root: &Value,
    packages: &Packages<'_>,
    store: &dyn StoreFiles,
    said: &mut Said,
) -> Vec<Declared> {
    let Ok(bytes) = store.read(file, files::CONFIGURATION) else {
        said.missing
            .push(format!("{file}, the patches file that composer.json names"));
        return Vec::new();
    };
    let parsed = std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| JsonDocument::parse(text.to_owned()).ok());
    let Some(mut document) = parsed else {
        said.missing.push(format!(
            "{file} is not valid JSON, so its patches are unknown"
        ));
        return Vec::new();
    };
    // With vaimo/composer-patches the file may be the map itself.
    let section = match document.get("patches") {
        Some(Value::Object(_)) => JsonPath::from("patches"),
        _ => JsonPath::root(),
    };
    let map = |document: &JsonDocument| -> Map<String, Value> {
        document
            .get(section.clone())
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    let renamed = |name: &str| match packages.fate(name) {
        Fate::Renamed(renamed) => Some(renamed),
        _ => None,
    };
    // Where that fails, a name shows up as one without a package.
    let _ = patch_names::rename(&mut document, &section, &renamed);
    for name in map(&document).keys() {
        if let Some(renamed) = renamed(&name.to_ascii_lowercase())
            && document.get(section.join(&renamed)).is_none()
        {
            // A name that cannot be changed shows up as one without a package.
            let _ = document.rename_key(section.clone(), name, &renamed);
        }
    }
    if document.text().as_bytes() != bytes {
        said.rewritten.push(file.to_owned());
        said.edits
            .push(Edit::new(file, Some(&bytes), Some(document.text())));
    }
    declared::patches(&map(&document), &Owner::root(root, file))
}

/// The patches that cloud tools apply.
fn hotfixes(store: &dyn StoreFiles) -> Vec<(String, Vec<u8>)> {
    let entries = store.entries(HOTFIXES).into_iter();
    entries
        .filter(|entry| is_patch(&entry.name))
        .filter_map(|entry| {
            let path = format!("{HOTFIXES}/{}", entry.name);
            let bytes = store.read(&path, files::DATA).ok()?;
            Some((path, bytes))
        })
        .collect()
}
