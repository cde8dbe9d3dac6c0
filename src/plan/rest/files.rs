//! Everything among the store's files that names packages.

use super::packages::Packages;
use super::patches::{self, is_patch};
use super::paths::{self, Words};
use super::{Contribution, Switch, modules};
use crate::project::scan::{Found, Where, scan};
use crate::project::{LOCK, ROOT};
use rustc_hash::FxHashSet;
use serde_json::Value;

/// Files that are read elsewhere, or that hold secrets.
const NOT_SCANNED: [&str; 4] = [
    "auth.json",
    "patches.lock.json",
    "app/etc/env.php",
    "app/etc/config.php",
];

/// Looks through the files of the store.
pub fn contribution(switch: &Switch<'_>) -> Contribution {
    let packages = Packages::of(switch);
    let words = Words::of(&packages);
    let texts: Vec<String> = words.texts().collect();
    let deployed = Deployed::of(&packages);
    let store = &switch.survey.project.dir;
    let found: Vec<Found> = scan(store, Where::Store, &texts, &|path| {
        is_read_elsewhere(path) || deployed.contains(path)
    });
    let (patch_files, others): (Vec<Found>, Vec<Found>) =
        found.into_iter().partition(|file| is_patch(&file.path));
    let mut contribution = patches::contribution(switch, &packages, &patch_files);
    let edited: FxHashSet<String> = contribution
        .edits
        .iter()
        .map(|edit| edit.path.clone())
        .collect();
    let others: Vec<Found> = others
        .into_iter()
        .filter(|file| !edited.contains(&file.path))
        .collect();
    contribution.extend(paths::contribution(&packages, &words, &others));
    contribution.extend(modules::contribution(switch, &packages));
    contribution
}

fn is_read_elsewhere(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    name == ROOT || name == LOCK || NOT_SCANNED.contains(&path)
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
