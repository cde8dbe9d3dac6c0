//! Everything among the store's files that names packages.

use crate::distribution::Target;
use crate::distribution::is_core;
use crate::plan::{Finding, Side};
use crate::planner::store::packages::Packages;
use crate::planner::store::patches::{self, is_patch};
use crate::planner::store::paths::{self, Words};
use crate::planner::store::{Contribution, Switch, code, modules, root_entries};
use crate::project::root_files::RootFiles;
use crate::project::scan::{Found, Hit, Where};
use crate::project::store_files::StoreFiles;
use crate::project::{LOCK, ROOT};
use rustc_hash::FxHashSet;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

/// Files that are read elsewhere, or that hold secrets.
const NOT_SCANNED: [&str; 3] = ["auth.json", "app/etc/env.php", "app/etc/config.php"];

/// Looks through the files of the store.
pub(crate) fn contribution(switch: &Switch<'_>) -> Contribution {
    let packages = Packages::of(switch);
    let words = Words::of(&packages);
    let code_words = code::Words::of(switch, &packages);
    let of_paths: Vec<String> = words.texts().collect();
    let of_code: Vec<String> = code_words.texts().collect();
    let both = [of_paths.as_slice(), &of_code].concat();
    let deployed = Deployed::of(&packages);
    let store = switch.survey.project.store.as_ref();
    let found = store.scan(Where::Store, &both, &|path| {
        is_read_elsewhere(path, &switch.survey.project.files) || deployed.contains(path)
    });
    let found = found.into_iter().filter(|file| !is_own(file)).collect();
    let (found, mut code_found) = split(found, of_paths.len());
    let extensions = installed_extensions(&packages, store);
    let is_not_run = |path: &str| !code::is_run(path);
    code_found.extend(store.scan(Where::Folders(&extensions), &of_code, &is_not_run));
    let (patch_files, others): (Vec<Found>, Vec<Found>) =
        found.into_iter().partition(|file| is_patch(&file.path));
    let mut contribution = patches::contribution(switch, &packages, &patch_files);
    // A declared patch may have any name, and a file has one edit.
    let mut judged: FxHashSet<String> = patches::patches_files(switch.root, store)
        .into_iter()
        .collect();
    judged.extend(contribution.edits.iter().map(|edit| edit.path.clone()));
    // What composer-merge-plugin adds to the root is edited with it.
    let included = &switch.survey.included.files;
    judged.extend(included.iter().map(|file| file.path.clone()));
    let others: Vec<Found> = others
        .into_iter()
        .filter(|file| !judged.contains(&file.path))
        .collect();
    contribution.extend(paths::contribution(&packages, &words, &others));
    contribution.extend(modules::contribution(switch, &packages));
    contribution
        .findings
        .extend(root_entries::finding(switch, &packages));
    contribution.extend(code::contribution(
        switch,
        &packages,
        &code_words,
        &code_found,
    ));
    contribution
}

/// Looks only for what blocks a switch: classes of own modules that need classes which go. That is a fraction of the files,
/// and no installed package has to be read.
pub(crate) fn blockers(switch: &Switch<'_>) -> Vec<Finding> {
    const CODE: &str = "app/code";
    let store = switch.survey.project.store.as_ref();
    if !store.is_folder(CODE) {
        return Vec::new();
    }
    let packages = Packages::of(switch);
    let words = code::Words::of_classes(switch, &packages);
    let texts: Vec<String> = words.texts().collect();
    let is_no_class = |path: &str| !path.ends_with(".php");
    let found = store.scan(Where::StoreFolder(CODE), &texts, &is_no_class);
    let mut findings = code::contribution(switch, &packages, &words, &found).findings;
    findings.retain(|finding| finding.is_blocker());
    findings
}

/// Parts what was found by the first so many words from what was found by the others, which are then counted anew.
fn split(found: Vec<Found>, first: usize) -> (Vec<Found>, Vec<Found>) {
    let (mut before, mut behind) = (Vec::new(), Vec::new());
    for mut file in found {
        let (own, mut others): (Vec<Hit>, Vec<Hit>) =
            file.hits.iter().partition(|hit| hit.word < first);
        others.iter_mut().for_each(|hit| hit.word -= first);
        if !own.is_empty() && !others.is_empty() {
            behind.push(Found {
                hits: others,
                ..file.clone()
            });
            file.hits = own;
            before.push(file);
        } else if own.is_empty() {
            file.hits = others;
            behind.push(file);
        } else {
            before.push(file);
        }
    }
    (before, behind)
}

/// The folders of the extensions that are installed and stay at their version: what is there is what will be there.
fn installed_extensions(packages: &Packages<'_>, store: &dyn StoreFiles) -> Vec<String> {
    let mut folders: Vec<String> = packages
        .all_new()
        .filter(|(name, entry)| {
            let kind = entry
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default();
            !is_core(name)
                && kind.starts_with("magento")
                && packages
                    .old(name)
                    .is_some_and(|old| old.get("version") == entry.get("version"))
        })
        .map(|(name, _)| format!("vendor/{name}"))
        .filter(|folder| store.is_folder(folder))
        .collect();
    folders.sort();
    folders
}

fn is_read_elsewhere(path: &str, files: &RootFiles) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let is_patches_lock = path == patches::patches_lock(&files.root);
    files.contain(path)
        || name == ROOT
        || name == LOCK
        || is_patches_lock
        || NOT_SCANNED.contains(&path)
}

/// Whether a file is one that mageshift wrote: a saved plan or its preview in JSON, a runbook, a report in Markdown. They name
/// every package of both sides, and are nobody's code.
fn is_own(file: &Found) -> bool {
    /// The members that every plan has.
    #[derive(Deserialize)]
    struct OwnPlan {
        #[serde(rename = "schema")]
        _schema: u32,
        #[serde(rename = "source")]
        _source: Side,
        #[serde(rename = "target")]
        _target: Side,
        #[serde(rename = "edits")]
        _edits: Vec<IgnoredAny>,
    }
    let head = &file.bytes[..file.bytes.len().min(64)];
    if file.path.ends_with(".md") {
        let first = file.bytes.split(|byte| *byte == b'\n').next();
        let line = String::from_utf8_lossy(first.unwrap_or_default());
        return ["# Runbook: ", "## "]
            .iter()
            .any(|mark| line.strip_prefix(mark).is_some_and(is_heading));
    }
    head.trim_ascii_start().starts_with(b"{")
        && memchr::memmem::find(head, b"\"schema\"").is_some()
        && serde_json::from_slice::<OwnPlan>(&file.bytes).is_ok()
}

/// Whether a heading is that of a plan: two sides, each a distribution with its release.
fn is_heading(text: &str) -> bool {
    let is_side = |side: &str| {
        Target::ALL
            .iter()
            .any(|target| side.starts_with(target.name()))
    };
    text.split_once(" → ")
        .is_some_and(|(source, target)| is_side(source.trim()) && is_side(target.trim()))
}

/// The files that base packages copy into the store, and copy anew after the switch (`extra.map`).
struct Deployed<'a>(FxHashSet<&'a str>);

impl<'a> Deployed<'a> {
    fn of(packages: &Packages<'a>) -> Self {
        let maps = packages
            .all_old()
            .chain(packages.all_new())
            .filter_map(|(_, entry)| entry.pointer("/extra/map")?.as_array());
        let places = maps
            .flatten()
            .filter_map(|pair| pair.get(1).and_then(Value::as_str))
            .map(|place| place.trim_matches('/'))
            .filter(|place| !place.is_empty());
        Self(places.collect())
    }

    /// Whether a file is one of them, or below one of their folders.
    fn contains(&self, path: &str) -> bool {
        self.0.contains(path)
            || path
                .match_indices('/')
                .any(|(place, _)| self.0.contains(&path[..place]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_files_are_known_by_what_is_in_them() {
        let found = |path: &str, text: &str| Found {
            path: path.to_owned(),
            bytes: text.as_bytes().to_vec(),
            hits: Vec::new(),
        };
        let side = r#"{"distribution": "magento", "edition": "community", "release": null, "upstream": null}"#;
        let plan = format!(r#"{{"schema": 1, "source": {side}, "target": {side}, "edits": []}}"#);
        assert!(is_own(&found("ops/plan", &plan)));
        assert!(is_own(&found(
            "docs/move.md",
            "# Runbook: Magento Open Source 2.4.8 → Mage-OS 2.2.2\n"
        )));
        for (path, text) in [
            (
                "plan.json",
                r#"{"schema": 1, "paths": ["vendor/magento/framework"]}"#,
            ),
            ("docs/move.md", "# Runbook: how we deploy\n"),
            ("README.md", "## Old → new\n"),
        ] {
            assert!(!is_own(&found(path, text)), "{path}");
        }
    }
}
