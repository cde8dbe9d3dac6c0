//! A fleet: many stores in one run, each for itself, and the same results whatever happens in between.

mod document;
mod engines;
mod in_git;
mod lists;
mod many;
mod shards;

use crate::kit::Run;
use crate::schemas::assert_fits;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The lines of a run with `--json`: one for each store by its name, and the sum.
fn lines(run: &Run) -> (BTreeMap<String, Value>, Value) {
    let mut stores = BTreeMap::new();
    let mut sum = Value::Null;
    for line in run.stdout.lines() {
        let line: Value =
            serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}\n{}", run.stderr));
        assert_fits("fleet", "a line", &line);
        match line["name"].as_str() {
            Some(name) => drop(stores.insert(name.to_owned(), line)),
            None => sum = line["sum"].clone(),
        }
    }
    (stores, sum)
}

/// Every file of a folder with its bytes, by its path.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display().to_string();
                found.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    found
}

/// The results that a folder holds, without what a run that was cut off left behind.
fn results(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = files(folder);
    files.retain(|name, _| name.contains("/results/") && !name.contains("/.mageshift-new"));
    files
}
