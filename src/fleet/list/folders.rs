//! Stores by the paths of folders.

use super::entry::Entry;
use super::error::{ListError, Origin};
use crate::project::ROOT;
use composer_engine::repository::files_by_pattern;
use std::fs;
use std::path::{Path, PathBuf};

/// How many folders below a folder of stores a store may lie: `clients/acme/live/src`.
const DEEPEST: usize = 4;

/// Folders in which no store of a fleet is looked for.
const NOT_ENTERED: [&str; 4] = ["vendor", "node_modules", "generated", "var"];

/// The stores that a path leads to, which counts from `base`: the store in that folder, else those in the folders below it; or
/// all that a pattern with `*`, `?`, `[…]` or `{…,…}` leads to. That there is none is an error; but the folder that a line of a list
/// names is a store in any case, which fails for itself when there is nothing.
pub(super) fn find(base: &Path, path: &str, at: &Origin) -> Result<Vec<Entry>, ListError> {
    let folder = base.join(path);
    let is_line = matches!(at, Origin::Line { .. });
    let found = if folder.join(ROOT).is_file() {
        vec![folder]
    } else if folder.is_dir() {
        let mut found = Vec::new();
        below(&folder, DEEPEST, &mut found);
        // A store that has lost its composer.json must not end the run of the others.
        if found.is_empty() && is_line {
            found.push(folder);
        }
        found
    } else if path.contains(['*', '?', '[', '{']) {
        let pattern = format!("{}/{ROOT}", path.trim_end_matches('/'));
        let roots = files_by_pattern(base, &pattern).map_err(|error| ListError::Pattern {
            at: at.clone(),
            path: path.to_owned(),
            why: error.to_string(),
        })?;
        let folders = roots
            .iter()
            .filter_map(|root| base.join(root).parent().map(PathBuf::from));
        folders.collect()
    } else if is_line {
        vec![folder]
    } else {
        Vec::new()
    };
    if found.is_empty() {
        return Err(ListError::NoStore {
            at: at.clone(),
            path: path.to_owned(),
        });
    }
    let entries = found
        .into_iter()
        .map(|folder| Entry::folder(folder, at.clone()));
    Ok(entries.collect())
}

/// Adds the stores below a folder. Links are not followed, and a store is not looked into.
fn below(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter(|entry| {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            !name.starts_with('.') && !NOT_ENTERED.contains(&&*name)
        })
        .map(|entry| entry.path())
        .collect();
    folders.sort_unstable();
    for folder in folders {
        if folder.join(ROOT).is_file() {
            found.push(folder);
        } else if depth > 1 {
            below(&folder, depth - 1, found);
        }
    }
}
