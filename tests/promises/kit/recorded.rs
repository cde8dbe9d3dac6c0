//! A recorded registry, completed from the public mirrors of its hosts.

use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Hosts, and mirrors of them that stand in for versions which nobody recorded at the host.
const MIRRORS: [(&str, &str); 1] = [("repo.magento.com", "repo-magento-mirror.fooman.co.nz")];

/// A folder with one static Composer repository per host.
pub(crate) struct Recorded(TempDir);

impl Recorded {
    /// Links to the hosts of `registry`, and holds those that a mirror completes.
    pub(crate) fn complete(registry: &Path) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        for host in fs::read_dir(registry)?.flatten() {
            let here = folder.path().join(host.file_name());
            let mirror = MIRRORS.iter().find(|(name, _)| host.file_name() == *name);
            match mirror.map(|(_, mirror)| registry.join(mirror)) {
                Some(mirror) if mirror.is_dir() => merge(&host.path(), &mirror, &here)?,
                _ => symlink(host.path(), here)?,
            }
        }
        Ok(Self(folder))
    }

    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn has_host(&self, host: &str) -> bool {
        self.0.path().join(host).is_dir()
    }

    /// The metadata of a version of a package at a host.
    pub(crate) fn version(&self, host: &str, name: &str, version: &str) -> Option<Value> {
        let mut versions = versions(&document(&self.0.path().join(host), name), name).into_iter();
        versions.find(|package| package["version"] == version)
    }

    /// Whether every package is there that a metapackage, and those that it pins, pin under a vendor's name.
    pub(crate) fn has_pinned(&self, host: &str, vendor: &str, metapackage: &Value) -> bool {
        let requires = metapackage["require"].as_object().into_iter().flatten();
        let mut pins = requires
            .filter_map(|(name, constraint)| Some((name, constraint.as_str()?)))
            .filter(|(name, pin)| {
                name.starts_with(vendor) && pin.starts_with(|c: char| c.is_ascii_digit())
            });
        pins.all(|(name, pin)| {
            self.version(host, name, pin).is_some_and(|package| {
                package["type"] != "metapackage" || self.has_pinned(host, vendor, &package)
            })
        })
    }
}

/// The document of a package; null when there is none.
fn document(host: &Path, name: &str) -> Value {
    let text = fs::read(host.join(format!("p2/{name}.json"))).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// The versions in a document, which is not minified.
fn versions(document: &Value, name: &str) -> Vec<Value> {
    let versions = document["packages"][name].as_array();
    versions.cloned().unwrap_or_default()
}

/// Writes a repository that has everything of a host, and of its mirror what the host has not.
fn merge(host: &Path, mirror: &Path, into: &Path) -> io::Result<()> {
    let mut root: Value = serde_json::from_slice(&fs::read(host.join("packages.json"))?)?;
    let of_mirror: Value = serde_json::from_slice(&fs::read(mirror.join("packages.json"))?)?;
    let names: BTreeSet<String> = [&root, &of_mirror]
        .into_iter()
        .flat_map(|root| root["available-packages"].as_array().into_iter().flatten())
        .filter_map(|name| name.as_str().map(str::to_owned))
        .collect();
    for name in &names {
        let mut merged = versions(&document(host, name), name);
        for version in versions(&document(mirror, name), name) {
            if merged
                .iter()
                .all(|known| known["version"] != version["version"])
            {
                merged.push(version);
            }
        }
        let file = into.join(format!("p2/{name}.json"));
        fs::create_dir_all(file.parent().map_or(PathBuf::new(), Path::to_path_buf))?;
        fs::write(file, json!({"packages": {name: merged}}).to_string())?;
    }
    root["available-packages"] = json!(names);
    fs::write(into.join("packages.json"), root.to_string())
}
