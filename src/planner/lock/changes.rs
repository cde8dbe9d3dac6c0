//! What happens to each package between two locks.

use crate::distribution::is_core;
use crate::plan::{Change, ChangeKind};
use composer_engine::format::version::{Version, is_upgrade, moves_with_its_branch};
use indexmap::IndexMap;
use serde_json::Value;

/// The changes from one lock to another, by the name after the change. `renamed` tells what a package of the old lock is
/// called in the new one, if it is called something else there.
pub(crate) fn changes(
    old: Option<&Value>,
    new: &Value,
    renamed: &dyn Fn(&str) -> Option<String>,
) -> Vec<Change> {
    let mut before = versions(old);
    let after = versions(Some(new));
    let new_names: IndexMap<String, String> = before
        .keys()
        .filter(|name| !after.contains_key(*name))
        .filter_map(|name| Some((renamed(name)?, (*name).to_string())))
        .collect();
    let mut changes = Vec::new();
    for (name, &(to, reference)) in &after {
        if let Some((from, old_reference)) = before.swap_remove(name) {
            let is_another_commit = match (old_reference, reference) {
                // A tag that was moved; not a lock that does not say what it stood for.
                (Some(old), Some(new)) => old != new,
                (old, new) => old != new && moves_with_its_branch(from),
            };
            if from != to || is_another_commit {
                let reason = if from == to {
                    another_commit(from, old_reference, reference)
                } else {
                    String::new()
                };
                changes.push(change(
                    name,
                    Some(from),
                    Some(to),
                    direction(from, to),
                    reason,
                ));
            }
        } else if let Some((old_name, (from, _))) = new_names
            .get(*name)
            .and_then(|old| before.swap_remove_entry(old.as_str()))
        {
            changes.push(change(
                name,
                Some(from),
                Some(to),
                ChangeKind::Rename,
                old_name.to_string(),
            ));
        } else {
            changes.push(change(name, None, Some(to), ChangeKind::Add, String::new()));
        }
    }
    for (name, (from, _)) in before {
        changes.push(change(
            name,
            Some(from),
            None,
            ChangeKind::Remove,
            String::new(),
        ));
    }
    changes.sort_by(|a, b| a.package.cmp(&b.package));
    changes
}

/// What a move within a branch or a version is: from which commit to which, as far as the locks tell.
fn another_commit(version: &str, old: Option<&str>, new: Option<&str>) -> String {
    let short = |reference: &str| reference.chars().take(SHORT_REFERENCE).collect::<String>();
    let what = match moves_with_its_branch(version) {
        true => "another commit of the branch",
        false => "another commit under the same version",
    };
    match (old, new) {
        (Some(old), Some(new)) => format!("{what}: {} → {}", short(old), short(new)),
        _ => what.to_owned(),
    }
}

/// How many letters of a commit tell it from others.
const SHORT_REFERENCE: usize = 7;

/// Whether another version of a package is an older one. What is no version cannot be compared.
fn direction(from: &str, to: &str) -> ChangeKind {
    match (Version::parse(from), Version::parse(to)) {
        (Ok(from), Ok(to)) if !is_upgrade(&from, &to) => ChangeKind::Downgrade,
        _ => ChangeKind::Update,
    }
}

fn change(
    package: &str,
    from: Option<&str>,
    to: Option<&str>,
    kind: ChangeKind,
    reason: String,
) -> Change {
    Change {
        package: package.to_string(),
        from: from.map(str::to_string),
        to: to.map(str::to_string),
        kind,
        core: is_core(package),
        reason,
    }
}

/// Name → version and commit of everything locked.
fn versions(lock: Option<&Value>) -> IndexMap<&str, (&str, Option<&str>)> {
    let sections = ["packages", "packages-dev"]
        .into_iter()
        .filter_map(|section| lock?.get(section)?.as_array());
    let entries = sections.flatten().filter_map(|entry| {
        let reference = entry
            .pointer("/source/reference")
            .or_else(|| entry.pointer("/dist/reference"));
        Some((
            entry.get("name")?.as_str()?,
            (
                entry.get("version")?.as_str()?,
                reference.and_then(Value::as_str),
            ),
        ))
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_kind() {
        let package = |name: &str, version: &str| json!({"name": name, "version": version});
        let old = json!({"packages": [package("a/gone", "1"), package("a/moved", "1"), package("a/same", "1"), package("magento/x", "1")]});
        let new = json!({"packages": [package("a/moved", "2"), package("a/same", "1")], "packages-dev": [package("a/new", "1"), package("mage-os/x", "3")]});
        let renamed = |name: &str| {
            name.strip_prefix("magento/")
                .map(|short| format!("mage-os/{short}"))
        };
        let found: Vec<_> = changes(Some(&old), &new, &renamed)
            .into_iter()
            .map(|change| (change.package, change.kind, change.from, change.to))
            .collect();
        let some = |version: &str| Some(version.to_string());
        assert_eq!(
            found,
            [
                ("a/gone".into(), ChangeKind::Remove, some("1"), None),
                ("a/moved".into(), ChangeKind::Update, some("1"), some("2")),
                ("a/new".into(), ChangeKind::Add, None, some("1")),
                ("mage-os/x".into(), ChangeKind::Rename, some("1"), some("3")),
            ]
        );
    }

    #[test]
    fn another_commit_of_a_branch_or_a_version_is_told() {
        let lock = |version: &str, reference: &str| json!({"packages": [{"name": "a/b", "version": version, "source": {"reference": reference}}]});
        for branch in ["dev-main", "3.x-dev", "2.4.x-dev"] {
            let [old, new] = ["0123456789", "fedcba9876"].map(|commit| lock(branch, commit));
            let found = changes(Some(&old), &new, &|_| None);
            assert_eq!(
                found[0].reason,
                "another commit of the branch: 0123456 → fedcba9"
            );
            assert_eq!(found[0].kind, ChangeKind::Update);
            assert!(changes(Some(&old), &old, &|_| None).is_empty());
        }
        let [old, new] = ["0123456789", "fedcba9876"].map(|commit| lock("1.0.0", commit));
        let found = changes(Some(&old), &new, &|_| None);
        assert_eq!(
            found[0].reason,
            "another commit under the same version: 0123456 → fedcba9"
        );
        let unknown = json!({"packages": [{"name": "a/b", "version": "1.0.0"}]});
        assert!(changes(Some(&unknown), &new, &|_| None).is_empty());
    }

    #[test]
    fn a_rename_gives_its_old_name() {
        let lock = |name: &str| json!({"packages": [{"name": name, "version": "1"}]});
        let renamed = |_: &str| Some("mage-os/x".to_string());
        let found = changes(Some(&lock("magento/x")), &lock("mage-os/x"), &renamed);
        assert_eq!(found[0].reason, "magento/x");
    }

    #[test]
    fn only_an_older_version_is_a_downgrade() {
        for (from, to) in [
            ("2.0.0", "1.9.9"),
            ("v3.1.0", "3.0"),
            ("2.4.8-p3", "2.4.8"),
            ("1.0.0", "1.0.0-beta2"),
            ("2.x-dev", "2.5.0"),
            ("dev-master", "2.5.0"),
        ] {
            assert_eq!(direction(from, to), ChangeKind::Downgrade, "{from} → {to}");
            assert_eq!(direction(to, from), ChangeKind::Update, "{to} → {from}");
        }
        for (from, to) in [
            ("dev-main", "1.0.0"),
            ("1.0.0", "dev-main"),
            ("1.0.0", "1.0"),
            ("?", "1"),
        ] {
            assert_eq!(direction(from, to), ChangeKind::Update, "{from} → {to}");
        }
    }
}
