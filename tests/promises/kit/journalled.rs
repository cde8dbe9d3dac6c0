//! A small store with a plan that changes, removes and adds files, and what can be said of its files.

use mageshift::apply::Journals;
use mageshift::plan::{Edit, Plan, Side};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use tempfile::TempDir;

pub(crate) const JSON: &str = "composer.json";
pub(crate) const LOCK: &str = "composer.lock";
pub(crate) const GONE: &str = "app/etc/gone.txt";
/// In directories that are not there either.
pub(crate) const FRESH: &str = ".ddev/web/fresh.txt";

/// The bytes and mode of every file of a store but the journal's own.
pub(crate) type State = BTreeMap<String, (Vec<u8>, u32)>;

pub(crate) fn state(store: &Path) -> State {
    fn walk(store: &Path, folder: &Path, found: &mut State) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.ends_with(".mageshift") {
                continue;
            } else if path.is_dir() {
                walk(store, &path, found);
            } else {
                let name = path
                    .strip_prefix(store)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                found.insert(
                    name,
                    (
                        fs::read(&path).unwrap(),
                        path.metadata().unwrap().mode() & 0o7777,
                    ),
                );
            }
        }
    }
    let mut found = State::new();
    walk(store, store, &mut found);
    found
}

/// A store with a root, a lock, one file that the plan removes, and room for one that it adds.
pub(crate) fn store() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs::create_dir_all(root.join("app/etc")).unwrap();
    fs::write(
        root.join(JSON),
        "\u{feff}{\r\n\t\"name\": \"acme/shop\"\r\n}",
    )
    .unwrap();
    fs::write(root.join(LOCK), b"{ \"not\": \"utf-8 \xff\" }").unwrap();
    fs::write(root.join(GONE), "").unwrap();
    for (file, mode) in [(JSON, 0o640), (LOCK, 0o664), (GONE, 0o444)] {
        fs::set_permissions(root.join(file), fs::Permissions::from_mode(mode)).unwrap();
    }
    folder
}

pub(crate) fn side(release: &str) -> Side {
    Side {
        distribution: "mage-os".into(),
        edition: "community".into(),
        release: Some(release.into()),
        upstream: None,
    }
}

/// A plan for the store as it is now.
pub(crate) fn plan(store: &Path, edits: &[(&str, Option<&str>)]) -> Plan {
    let edit = |&(path, after): &(&str, Option<&str>)| {
        Edit::new(path, fs::read(store.join(path)).ok().as_deref(), after)
    };
    Plan {
        edits: edits.iter().map(edit).collect(),
        ..Plan::between(side("2.3.0"), side("3.4.0"))
    }
}

pub(crate) fn whole_plan(store: &Path) -> Plan {
    plan(
        store,
        &[
            (JSON, Some("{\n}\n")),
            (LOCK, Some("{\"new\": true}")),
            (GONE, None),
            (FRESH, Some("fresh\n")),
        ],
    )
}

pub(crate) fn journals(store: &Path) -> Journals {
    Journals::open(store).unwrap()
}

/// Every file that a plan names is whole: the old one or the new one.
/// Nothing else is there, either: what waits for its place is where nobody but the owner looks.
pub(crate) fn assert_whole(now: &State, old: &State, new: &State) {
    assert_each_whole(now, old, new);
    let files = [JSON, LOCK, GONE, FRESH];
    let others = now.keys().find(|name| !files.contains(&name.as_str()));
    assert_eq!(others, None);
}

/// The same, where a copy may lie beside a file for a moment.
pub(crate) fn assert_each_whole(now: &State, old: &State, new: &State) {
    for path in [JSON, LOCK, GONE, FRESH] {
        let file = now.get(path);
        assert!(
            file == old.get(path) || file == new.get(path),
            "{path} is neither old nor new: {file:?}"
        );
    }
}
