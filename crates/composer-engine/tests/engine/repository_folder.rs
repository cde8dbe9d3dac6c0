//! Repositories in folders: a mirror of hosts, `file://` addresses, and what sits in composer.json itself.

use composer_engine::repository::{
    ErrorKind, Loaded, Options, PackageSource, RepositoryKind, RepositorySet,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

fn write(folder: &Path, path: &str, content: Value) {
    let path = folder.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content.to_string()).unwrap();
}

/// A host of a mirror folder with one package in one version.
fn host(mirror: &Path, host: &str, metadata_url: &str, name: &str, version: &str) {
    write(
        mirror,
        &format!("{host}/packages.json"),
        json!({"packages": [], "metadata-url": metadata_url, "available-packages": [name]}),
    );
    write(
        mirror,
        &format!("{host}/p2/{name}.json"),
        json!({"packages": {name: [{"name": name, "version": version}]}}),
    );
}

fn found(set: &RepositorySet, repository: usize, name: &str) -> Result<Vec<String>, String> {
    match set.load(repository, &[name.into()]).remove(0) {
        Loaded::Versions(versions) => Ok(versions
            .records
            .iter()
            .map(|record| record.pretty_version().to_string())
            .collect()),
        Loaded::Absent => Err("absent".to_owned()),
        Loaded::Unavailable(error) => Err(format!("{:?}: {error}", error.kind)),
    }
}

/// The repositories of a set, as they are shown.
fn names(set: &RepositorySet) -> Vec<String> {
    let repositories = set.repositories().iter();
    repositories
        .map(|info| info.display().to_string())
        .collect()
}

#[test]
fn reads_hosts_from_the_mirror_folder() {
    let mirror = tempfile::tempdir().unwrap();
    host(
        mirror.path(),
        "a.example.org",
        "/a.example.org/p2/%package%.json",
        "acme/a",
        "1.0.0",
    );
    host(
        mirror.path(),
        "b.example.org",
        "/p2/%package%.json",
        "acme/b",
        "2.0.0",
    );
    host(
        mirror.path(),
        "c.example.org",
        "https://cdn.example.org/mirrors/c.example.org/p2/%package%.json",
        "acme/c",
        "3.0.0",
    );
    host(
        mirror.path(),
        "repo.packagist.org",
        "https://repo.packagist.org/p2/%package%.json",
        "acme/d",
        "4.0.0",
    );
    let root = json!({"repositories": {
        "a": {"type": "composer", "url": "https://user:secret@a.example.org/", "canonical": false},
        "b": {"type": "composer", "url": "https://b.example.org/enterprise/", "only": ["acme/*"]},
        "c": {"type": "composer", "url": "http://c.example.org", "exclude": ["acme/x"]},
        "gone": {"type": "composer", "url": "https://gone.example.org/?token=abc"},
        "git": {"type": "git", "url": "git@github.com:acme/module.git"},
    }});
    let options = Options {
        mirror_dir: Some(mirror.path().to_owned()),
        offline: true,
        ..Options::default()
    };
    let set = RepositorySet::open(&root, Path::new("."), &options).unwrap();
    assert_eq!(
        names(&set),
        [
            "composer repo (https://***@a.example.org)",
            "composer repo (https://b.example.org/enterprise)",
            "composer repo (http://c.example.org)",
            "composer repo (https://gone.example.org/?token=***)",
            "vcs repo (git git@github.com:acme/module.git)",
            "composer repo (https://repo.packagist.org)",
        ]
    );
    for (repository, name, version) in [
        (0, "acme/a", "1.0.0"),
        (1, "acme/b", "2.0.0"),
        (2, "acme/c", "3.0.0"),
        (5, "acme/d", "4.0.0"),
    ] {
        assert_eq!(found(&set, repository, name), Ok(vec![version.to_owned()]));
        assert_eq!(
            found(&set, repository, "acme/none"),
            Err("absent".to_owned())
        );
    }
    let infos = set.repositories();
    assert!(!infos[0].canonical && infos[1].canonical);
    assert!(infos[1].allows("acme/a") && !infos[1].allows("other/a"));
    assert!(infos[2].allows("acme/a") && !infos[2].allows("acme/x"));
    assert!(
        found(&set, 3, "acme/a")
            .unwrap_err()
            .starts_with("Offline: https://gone.example.org/?token=***")
    );
    assert!(
        found(&set, 4, "acme/a")
            .unwrap_err()
            .starts_with("Offline: git@github.com")
    );
}

#[test]
fn stays_inside_the_mirror_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mirror = folder.path().join("mirror");
    host(
        &mirror,
        "a.example.org",
        "/../../p2/%package%.json",
        "acme/a",
        "1.0.0",
    );
    write(
        folder.path(),
        "p2/acme/a.json",
        json!({"packages": {"acme/a": [{"name": "acme/a", "version": "6.6.6"}]}}),
    );
    write(
        folder.path(),
        "packages.json",
        json!({"metadata-url": "/p2/%package%.json"}),
    );
    let options = Options {
        mirror_dir: Some(mirror),
        offline: true,
        ..Options::default()
    };
    let root = json!({"repositories": [{"type": "composer", "url": "https://a.example.org"}, {"type": "composer", "url": "https://../"}]});
    let set = RepositorySet::open(&root, Path::new("."), &options).unwrap();
    assert_eq!(found(&set, 0, "acme/a"), Err("absent".to_owned()));
    assert_eq!(found(&set, 0, "../p2/acme/a"), Err("absent".to_owned()));
    assert!(found(&set, 1, "acme/a").is_err_and(|error| error != "absent"));
}

#[test]
fn reads_file_addresses() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}", folder.path().display());
    write(
        folder.path(),
        "packages.json",
        json!({"metadata-url": format!("{url}/p2/%package%.json")}),
    );
    write(
        folder.path(),
        "p2/acme/a.json",
        json!({"packages": {"acme/a": [{"name": "acme/a", "version": "1.0.0"}]}}),
    );
    let root = json!({"repositories": [{"type": "composer", "url": url}]});
    let set = RepositorySet::open(
        &root,
        Path::new("."),
        &Options {
            offline: true,
            ..Options::default()
        },
    )
    .unwrap();
    assert_eq!(found(&set, 0, "acme/a"), Ok(vec!["1.0.0".to_owned()]));
    assert_eq!(found(&set, 0, "acme/b"), Err("absent".to_owned()));
}

#[test]
fn names_the_file_and_line_of_a_broken_document() {
    let mirror = tempfile::tempdir().unwrap();
    host(
        mirror.path(),
        "a.example.org",
        "/p2/%package%.json",
        "acme/a",
        "1.0.0",
    );
    let file = mirror.path().join("a.example.org/p2/acme/a.json");
    fs::write(
        &file,
        "{\"packages\": {\n\"acme/a\": [{\n\"name\" \"acme/a\"}]}}",
    )
    .unwrap();
    // New options each time: what was read with the same ones is remembered.
    let options = || Options {
        mirror_dir: Some(mirror.path().to_owned()),
        offline: true,
        ..Options::default()
    };
    let root = json!({"repositories": [{"type": "composer", "url": "https://a.example.org"}]});
    let open = || RepositorySet::open(&root, Path::new("."), &options()).unwrap();
    let expected = format!(
        "Malformed: {}: is not a repository document: `:` expected in line 3",
        file.display()
    );
    assert_eq!(found(&open(), 0, "acme/a"), Err(expected));
    fs::write(&file, b"{\"packages\": {\n\"acme/a\": \"\xff\"}}").unwrap();
    assert_eq!(
        found(&open(), 0, "acme/a"),
        Err(format!(
            "Malformed: {}: is not UTF-8 in line 2",
            file.display()
        ))
    );
}

#[test]
fn loads_inline_packages_and_paths() {
    let store = tempfile::tempdir().unwrap();
    write(
        store.path(),
        "modules/a/composer.json",
        json!({"name": "acme/a", "version": "1.0.0", "type": "magento2-module"}),
    );
    let root = json!({"repositories": [
        {"type": "package", "package": [{"name": "acme/b", "version": "1.0"}, {"name": "acme/b", "version": "2.0"}]},
        {"type": "package", "package": {"name": "acme/c", "version": "3.0"}},
        {"type": "package", "package": {"name": "acme/d"}},
        {"type": "path", "url": "modules/*"},
        {"type": "path", "url": "missing"},
        {"packagist.org": false},
    ]});
    let set = RepositorySet::open(&root, store.path(), &Options::default()).unwrap();
    assert_eq!(
        names(&set),
        [
            "package repo (defining 2 packages)",
            "package repo (defining 1 package)",
            "package repo (defining 0 package)",
            "path repo (modules/*)",
            "path repo (missing)",
        ]
    );
    assert_eq!(set.repositories()[0].kind, RepositoryKind::Array);
    assert_eq!(set.all(0).unwrap().len(), 2);
    assert_eq!(
        found(&set, 0, "acme/b"),
        Ok(vec!["1.0".to_owned(), "2.0".to_owned()])
    );
    assert_eq!(found(&set, 1, "acme/c"), Ok(vec!["3.0".to_owned()]));
    assert_eq!(set.all(2).unwrap_err().kind, ErrorKind::Malformed);
    assert_eq!(found(&set, 3, "acme/a"), Ok(vec!["1.0.0".to_owned()]));
    assert_eq!(set.all(4).unwrap_err().kind, ErrorKind::NotFound);
}

/// The recorded registry, read by us and by `serde_json`: the same versions with the same fields.
#[test]
fn agrees_with_a_plain_reader_on_recorded_metadata() {
    let Some(registry) = std::env::var_os("MAGESHIFT_REGISTRY").map(PathBuf::from) else {
        eprintln!("skipped: MAGESHIFT_REGISTRY names no folder");
        return;
    };
    let options = Options {
        mirror_dir: Some(registry.clone()),
        offline: true,
        ..Options::default()
    };
    let mut compared = 0;
    for entry in fs::read_dir(&registry).unwrap().flatten() {
        let host = entry.file_name().into_string().unwrap();
        let root = json!({"repositories": [{"type": "composer", "url": format!("https://{host}/")}, {"packagist.org": false}]});
        let set = RepositorySet::open(&root, Path::new("."), &options).unwrap();
        let server: Value =
            serde_json::from_slice(&fs::read(entry.path().join("packages.json")).unwrap()).unwrap();
        let names: Vec<Arc<str>> = server["available-packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| name.as_str().unwrap().into())
            .collect();
        for (name, loaded) in names.iter().zip(set.load(0, &names)) {
            let Loaded::Versions(versions) = loaded else {
                panic!("{host} {name}: {loaded:?}")
            };
            let mut records = versions.records.iter();
            for suffix in ["", "~dev"] {
                let Ok(text) = fs::read(entry.path().join(format!("p2/{name}{suffix}.json")))
                else {
                    continue;
                };
                let document: Value = serde_json::from_slice(&text).unwrap();
                for version in document["packages"][&**name]
                    .as_array()
                    .into_iter()
                    .flatten()
                {
                    let record = records.next().unwrap();
                    // Fields in whatever order, each with its own order inside.
                    let metadata = record.package().metadata.to_value();
                    let fields = |value: &Value| {
                        let fields = value.as_object().unwrap().iter();
                        fields
                            .map(|(key, value)| (key.clone(), value.to_string()))
                            .collect::<BTreeMap<_, _>>()
                    };
                    assert_eq!(fields(&metadata), fields(version));
                    assert_eq!(Some(record.pretty_version()), version["version"].as_str());
                    let requires = version
                        .get("require")
                        .and_then(Value::as_object)
                        .cloned()
                        .unwrap_or_else(Map::new);
                    let requires: Vec<_> = requires
                        .keys()
                        .filter(|target| **target != **name)
                        .map(|target| target.to_lowercase())
                        .collect();
                    let links: Vec<_> = record
                        .package()
                        .requires
                        .iter()
                        .map(|link| link.target.to_string())
                        .collect();
                    assert_eq!(links, requires);
                    compared += 1;
                }
            }
            assert!(records.next().is_none());
        }
    }
    eprintln!("{compared} versions compared");
}
