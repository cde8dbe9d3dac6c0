//! A lock that Composer did not leave so: a merge in version control or an edit by hand did.

use crate::distribution::locked_packages;
use crate::plan::sentence::list;
use crate::plan::{Code, Finding};
use crate::project::LOCK;
use composer_engine::format::lock::Lock;
use serde_json::Value;
use std::collections::BTreeMap;

/// A warning with what is odd about a lock; none when nothing is.
pub(crate) fn finding(lock: &Lock) -> Option<Finding> {
    let lock = lock.value();
    let mut odd = Vec::new();
    let mut versions: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut nowhere = Vec::new();
    for entry in locked_packages(lock) {
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        let (Some(name), Some(version)) = (text("name"), text("version")) else {
            continue;
        };
        versions
            .entry(name.to_ascii_lowercase())
            .or_default()
            .push(version);
        let has_code = text("type") != Some("metapackage");
        if has_code && entry.get("dist").is_none() && entry.get("source").is_none() {
            nowhere.push(name.to_owned());
        }
    }
    let twice: Vec<String> = versions
        .into_iter()
        .filter(|(_, versions)| versions.len() > 1)
        .map(|(name, versions)| format!("{name} ({})", versions.join(" and ")))
        .collect();
    if !twice.is_empty() {
        odd.push(format!(
            "It has more than one entry of {}. The new lock has one.",
            list(&twice)
        ));
    }
    if !nowhere.is_empty() {
        odd.push(format!(
            "It does not say where {} can be had (`dist` or `source`), so Composer cannot install that from it.",
            list(&nowhere)
        ));
    }
    let missing: Vec<String> = ["content-hash", "packages-dev"]
        .into_iter()
        .filter(|key| lock.get(key).is_none())
        .map(|key| format!("`{key}`"))
        .collect();
    if !missing.is_empty() {
        odd.push(format!("It has no {}.", missing.join(" and no ")));
    }
    (!odd.is_empty()).then(|| {
        let detail = format!(
            "{} A merge or an edit by hand may have left it so: compare it with version control.",
            odd.join(" ")
        );
        Finding::new(
            Code::OddLock,
            "composer.lock is not as Composer writes it",
            detail,
        )
        .in_file(LOCK)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(lock: &Value) -> Option<String> {
        finding(&Lock::parse(&lock.to_string()).unwrap()).map(|finding| finding.detail)
    }

    fn package(name: &str, version: &str) -> Value {
        json!({"name": name, "version": version, "dist": {"type": "zip", "url": "https://example.org/a.zip"}})
    }

    #[test]
    fn a_lock_of_composer_is_not_mentioned() {
        let metapackage = json!({"name": "a/meta", "version": "1", "type": "metapackage"});
        let lock = json!({"content-hash": "x", "packages": [package("a/a", "1"), metapackage], "packages-dev": [package("a/b", "1")]});
        assert_eq!(said(&lock), None);
    }

    #[test]
    fn what_is_odd_is_named() {
        let bare = json!({"name": "a/bare", "version": "1"});
        let lock = json!({"packages": [package("a/a", "1"), package("A/a", "2"), bare]});
        let said = said(&lock).unwrap();
        for part in [
            "a/a (1 and 2)",
            "where a/bare can be had",
            "no `content-hash` and no `packages-dev`",
        ] {
            assert!(said.contains(part), "{said}");
        }
    }
}
