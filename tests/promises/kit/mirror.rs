//! A folder with one static Composer repository per host, made readable for Composer itself.

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// A mirror folder as Composer can read it over `file://`: absolute addresses, and no document missing.
pub(crate) struct Mirror {
    /// Removed with the mirror.
    _folder: tempfile::TempDir,
    hosts: BTreeMap<String, PathBuf>,
}

impl Mirror {
    /// Links the documents of every host in `registry` into a temporary folder.
    ///
    /// Composer stops at a missing `file://` document, where over HTTP it would take a 404 for "no versions",
    /// so an empty one stands in wherever `NAME.json` or `NAME~dev.json` is absent.
    pub(crate) fn of(registry: &Path) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut hosts = BTreeMap::new();
        for host in fs::read_dir(registry)? {
            let host = host?;
            let Ok(text) = fs::read_to_string(host.path().join("packages.json")) else {
                continue;
            };
            let mut root: Value = serde_json::from_str(&text)?;
            let here = folder.path().join(host.file_name());
            let documents = here.join("p2");
            for name in root["available-packages"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                for suffix in ["", "~dev"] {
                    let file = format!("p2/{name}{suffix}.json");
                    let (from, to) = (host.path().join(&file), here.join(&file));
                    fs::create_dir_all(to.parent().unwrap_or(&documents))?;
                    if from.exists() {
                        symlink(fs::canonicalize(from)?, to)?;
                    } else {
                        fs::write(to, json!({ "packages": { name: [] } }).to_string())?;
                    }
                }
            }
            root["metadata-url"] = format!("file://{}/%package%.json", documents.display()).into();
            fs::write(here.join("packages.json"), root.to_string())?;
            hosts.insert(host.file_name().to_string_lossy().into_owned(), here);
        }
        Ok(Self {
            _folder: folder,
            hosts,
        })
    }

    /// The repository of `host`, when the mirror has one.
    pub(crate) fn url(&self, host: &str) -> Option<String> {
        self.hosts
            .get(host)
            .map(|folder| format!("file://{}", folder.display()))
    }

    /// Rewrites the `repositories` of a root so that Composer asks the mirror and nobody else: same order, same
    /// `only`, `exclude` and `canonical`; repositories that the mirror does not have are left out, as if they were
    /// empty; inline packages stay; Packagist comes last, unless the root switched it off.
    pub(crate) fn stand_in(&self, root: &mut Map<String, Value>) {
        let entries: Vec<(String, Value)> = match root.remove("repositories") {
            Some(Value::Array(list)) => list
                .into_iter()
                .map(|entry| (String::new(), entry))
                .collect(),
            Some(Value::Object(map)) => map.into_iter().collect(),
            _ => Vec::new(),
        };
        let mut packagist = true;
        let mut repositories = Vec::new();
        for (key, mut entry) in entries {
            let is_packagist = |name: &str| matches!(name, "packagist" | "packagist.org");
            if is_packagist(&key)
                || entry
                    .as_object()
                    .is_some_and(|e| e.len() == 1 && e.keys().any(|k| is_packagist(k)))
            {
                packagist = false;
            }
            match entry["type"].as_str() {
                Some("package") => {}
                Some("composer") => {
                    let url = entry["url"].as_str().unwrap_or_default();
                    let host = url
                        .split("://")
                        .nth(1)
                        .unwrap_or(url)
                        .split('/')
                        .next()
                        .unwrap_or_default();
                    let host = host.rsplit('@').next().unwrap_or(host);
                    packagist &= !matches!(host, "packagist.org" | "repo.packagist.org");
                    let host = if host == "packagist.org" {
                        "repo.packagist.org"
                    } else {
                        host
                    };
                    let Some(url) = self.url(host) else { continue };
                    entry["url"] = url.into();
                }
                _ => continue,
            }
            repositories.push(entry);
        }
        if let (true, Some(url)) = (packagist, self.url("repo.packagist.org")) {
            repositories.push(json!({ "type": "composer", "url": url }));
        }
        repositories.push(json!({ "packagist.org": false }));
        root.insert("repositories".into(), repositories.into());
    }
}
