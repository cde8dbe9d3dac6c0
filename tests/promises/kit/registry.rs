//! What a registry folder with one repository per host has.

use serde_json::Value;
use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// The packages of a lock that no host of `registry` has in that version, as far as `may_stay` says yes to the name.
pub(crate) fn only_locked(
    registry: &Path,
    lock: &Value,
    may_stay: impl Fn(&str) -> bool,
) -> Vec<Value> {
    let locked = ["packages", "packages-dev"]
        .iter()
        .flat_map(|list| lock[list].as_array().into_iter().flatten());
    let missing = locked.filter(|package| {
        let name = package["name"].as_str().unwrap_or_default();
        may_stay(name) && !is_recorded(registry, name, &package["version"])
    });
    missing.cloned().collect()
}

/// Whether any host of the registry has this version.
fn is_recorded(registry: &Path, name: &str, version: &Value) -> bool {
    let hosts = fs::read_dir(registry).into_iter().flatten().flatten();
    hosts
        .flat_map(|host| {
            ["", "~dev"].map(|suffix| host.path().join(format!("p2/{name}{suffix}.json")))
        })
        .any(|file| {
            let document: Value = fs::read(file)
                .ok()
                .and_then(|text| serde_json::from_slice(&text).ok())
                .unwrap_or_default();
            let versions: HashSet<&Value> = document["packages"][name]
                .as_array()
                .into_iter()
                .flatten()
                .map(|v| &v["version"])
                .collect();
            versions.contains(version)
        })
}
