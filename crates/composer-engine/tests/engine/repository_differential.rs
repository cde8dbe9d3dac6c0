//! Loading and the order of repositories against Composer's own classes.
//!
//! Runs where `php` and a Composer are installed (`MAGESHIFT_COMPOSER_AUTOLOAD` names another autoloader). With
//! `MAGESHIFT_REGISTRY` recorded documents are loaded too, a sample of them unless `MAGESHIFT_DIFFERENTIAL=full`; with
//! `MAGESHIFT_STORES` the roots of real stores are put in order.

use composer_engine::repository::{Loaded, Options, PackageSource, RepositorySet};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

/// Asks all questions of one PHP process.
pub(crate) fn ask(questions: &[Value]) -> Option<Vec<Value>> {
    let autoload = match std::env::var_os("MAGESHIFT_COMPOSER_AUTOLOAD") {
        Some(autoload) => PathBuf::from(autoload),
        None => PathBuf::from("/usr/share/php/Composer/autoload.php"),
    };
    let has_php = Command::new("php")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !has_php || !autoload.is_file() {
        eprintln!("skipped: no php with a Composer autoloader");
        return None;
    }
    let script = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/support/repository_oracle.php"
    );
    let mut php = Command::new("php")
        .args(["-d", "memory_limit=-1", script])
        .arg(autoload)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("php runs");
    let mut stdin = php.stdin.take().expect("a pipe");
    let lines: String = questions
        .iter()
        .map(|question| format!("{question}\n"))
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let stdout = BufReader::new(php.stdout.take().expect("a pipe"));
    let answers: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON"))
        .collect();
    writer.join().expect("no panic").expect("php reads");
    assert!(php.wait().expect("php ends").success());
    assert_eq!(answers.len(), questions.len(), "php stopped early");
    Some(answers)
}

fn full() -> bool {
    std::env::var("MAGESHIFT_DIFFERENTIAL").is_ok_and(|value| value == "full")
}

/// Loads the package `name` of a repository in a folder; what Composer's oracle says, as we see it.
fn loaded(set: &RepositorySet, name: &str) -> Value {
    let Loaded::Versions(versions) = set.load(0, &[name.into()]).remove(0) else {
        panic!("{name} is there")
    };
    let versions = versions.records.iter().map(|record| {
        let package = record.package();
        let links = [&package.requires, &package.conflicts, &package.provides, &package.replaces]
            .map(|links| links.iter().map(|link| json!([&*link.target, &*link.pretty_constraint])).collect::<Vec<_>>());
        json!({
            "name": &*package.name,
            "pretty_name": &*package.pretty_name,
            "version": record.version().as_str(),
            "pretty_version": record.pretty_version(),
            "stability": record.stability().name(),
            "type": &*package.kind,
            "alias": record.branch_alias().map(|alias| json!([alias.version.as_str(), &*alias.pretty_version])),
            "source": package.source_reference().as_deref(),
            "dist": package.dist_reference().as_deref(),
            "links": links,
        })
    });
    versions.collect()
}

fn compare(document: &str, name: &str, ours: &Value, composers: &Value) {
    let [Value::Array(ours), Value::Array(composers)] = [ours, composers] else {
        panic!("two lists")
    };
    // What Composer cannot load we leave out, or load so that nothing can choose it.
    let usable = |version: &&Value| version.get("error").is_none();
    for (ours, composers) in ours.iter().zip(composers.iter().filter(usable)) {
        assert_eq!(ours, composers, "{document} {name}");
    }
    assert_eq!(
        ours.len(),
        composers.iter().filter(usable).count(),
        "{document} {name}"
    );
}

#[test]
fn loads_as_composer_does() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}", folder.path().display());
    let versions = json!([
        {"name": "Acme/A", "version": "v1.0", "version_normalized": "1.0.0.0", "type": "Magento2-Module",
            "require": {"PHP": ">=8", "acme/a": "*", "Acme/B": "^1", "acme/b": "^2 || ~3.1", "acme/c": "self.version"},
            "replace": {"acme/old": "self.version"}, "provide": [], "conflict": {"acme/z": "<1"}},
        {"name": "acme/a", "version": 1.10, "source": {"type": "git", "url": "u", "reference": 5}},
        {"name": "acme/a", "version": 2},
        {"name": "acme/a", "version": "dev-master", "version_normalized": "9999999-dev", "extra": {"branch-alias": {"dev-master": "1.x-dev"}}},
        {"name": "acme/a", "version": "dev-main", "default-branch": true},
        {"name": "acme/a", "version": "dev-Feature/X", "extra": {"branch-alias": {"dev-feature/x": "1.2.x-dev"}}},
        {"name": "acme/a", "version": "2.x-dev", "extra": {"branch-alias": {"2.x-dev": "2.3.x-dev"}}},
        {"name": "acme/a", "version": "2.x-dev", "default-branch": true, "extra": {"branch-alias": {"2.x-dev": "3.x-dev"}}},
        {"name": "acme/a", "version": "dev-x", "default-branch": true, "extra": {"branch-alias": {"dev-x": "9999999-dev"}}},
        {"name": "acme/a", "version": "dev-y", "extra": {"branch-alias": {"dev-y": "feature-dev", "DEV-Y": "1.0-dev"}}},
        {"name": "acme/a", "version": "no version"},
        {"name": "acme/a", "version": "1.0.0-beta.2+build", "dist": {"type": "zip", "url": "u", "reference": null}},
        {"name": "acme/a", "version": "1.0.0-p1", "type": ""},
    ]);
    let file = folder.path().join("p2/acme/a.json");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, json!({"packages": {"acme/a": versions}}).to_string()).unwrap();
    fs::write(
        folder.path().join("packages.json"),
        json!({"metadata-url": format!("{url}/p2/%package%.json")}).to_string(),
    )
    .unwrap();
    let Some(answers) = ask(&[json!({"load": file, "name": "acme/a"})]) else {
        return;
    };
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
    compare("made up", "acme/a", &loaded(&set, "acme/a"), &answers[0]);
}

#[test]
fn loads_recorded_documents_as_composer_does() {
    let Some(registry) = std::env::var_os("MAGESHIFT_REGISTRY").map(PathBuf::from) else {
        eprintln!("skipped: MAGESHIFT_REGISTRY names no folder");
        return;
    };
    let options = Options {
        mirror_dir: Some(registry.clone()),
        offline: true,
        wants_dev: Arc::new(|_| false),
        ..Options::default()
    };
    let step = if full() { 1 } else { 40 };
    let mut cases = Vec::new();
    for entry in fs::read_dir(&registry).unwrap().flatten() {
        let host = entry.file_name().into_string().unwrap();
        let server: Value =
            serde_json::from_slice(&fs::read(entry.path().join("packages.json")).unwrap()).unwrap();
        for name in server["available-packages"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .step_by(step)
        {
            let file = entry.path().join(format!("p2/{name}.json"));
            cases.push((
                host.clone(),
                name.to_owned(),
                json!({"load": file, "name": name}),
            ));
        }
    }
    let questions: Vec<_> = cases
        .iter()
        .map(|(_, _, question)| question.clone())
        .collect();
    let Some(answers) = ask(&questions) else {
        return;
    };
    let mut versions = 0;
    for ((host, name, _), answer) in cases.iter().zip(&answers) {
        let root = json!({"repositories": [{"type": "composer", "url": format!("https://{host}/")}, {"packagist.org": false}]});
        let set = RepositorySet::open(&root, Path::new("."), &options).unwrap();
        compare(host, name, &loaded(&set, name), answer);
        versions += answer.as_array().map_or(0, Vec::len);
    }
    eprintln!("{versions} versions of {} packages compared", cases.len());
}

#[test]
fn orders_repositories_as_composer_does() {
    let a = json!({"type": "composer", "url": "https://a.example.org"});
    let packagist = json!({"type": "composer", "url": "https://packagist.org"});
    let mut roots = vec![
        json!({}),
        json!({"repositories": []}),
        json!({"repositories": "https://a.example.org"}),
        json!({"repositories": [a, {"packagist.org": false}]}),
        json!({"repositories": [{"packagist": false}, a]}),
        json!({"repositories": {"packagist.org": false, "a": a}}),
        json!({"repositories": {"packagist": packagist, "a": a}}),
        json!({"repositories": {"packagist.org": a, "b": {"type": "vcs", "url": "b"}}}),
        json!({"repositories": {"b": packagist, "a": a}}),
        json!({"repositories": {"1": a, "0": {"type": "vcs", "url": "b"}, "x": {"type": "path", "url": "c"}, "01": a}}),
        json!({"repositories": [a, {"type": "composer", "url": "https://mirror.packagist.org/x"}, {"type": "package", "package": {}}]}),
        json!({"repositories": [{"a": false, "type": "composer"}, {"type": "vcs"}]}),
    ];
    if let Some(stores) = std::env::var_os("MAGESHIFT_STORES") {
        let stores = fs::read_dir(stores).unwrap().flatten();
        let files = stores.filter_map(|store| fs::read(store.path().join("composer.json")).ok());
        roots.extend(
            files
                .filter_map(|file| serde_json::from_slice::<Value>(&file).ok())
                .filter(Value::is_object),
        );
    }
    let users = [
        Value::Null,
        json!({"repositories": {"mirror": {"type": "composer", "url": "https://m.example.org"}, "packagist.org": false}}),
    ];
    let cases: Vec<_> = roots
        .iter()
        .flat_map(|root| users.iter().map(move |user| (root, user)))
        .collect();
    let questions: Vec<_> = cases
        .iter()
        .map(|(root, user)| json!({"order": root, "user": user}))
        .collect();
    let Some(answers) = ask(&questions) else {
        return;
    };
    for ((root, user), answer) in cases.into_iter().zip(answers) {
        let options = Options {
            offline: true,
            user_config: Some(user.clone()).filter(Value::is_object),
            ..Options::default()
        };
        let set = RepositorySet::open(root, Path::new("/nonexistent"), &options).unwrap();
        let ours: Vec<&str> = set
            .repositories()
            .iter()
            .map(|info| info.type_.as_str())
            .collect();
        let composers: Vec<&str> = answer
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|entry| entry[0].as_str())
            .collect();
        assert_eq!(ours, composers, "{}", root["repositories"]);
        // A `composer` repository is shown without the slash that it was written with, packagist.org as what it stands for.
        let plain = |url: &str| {
            url.trim_end_matches('/')
                .replace("//packagist.org", "//repo.packagist.org")
        };
        for (info, entry) in set.repositories().iter().zip(answer.as_array().unwrap()) {
            if let (Some(url), false) = (entry[1].as_str(), info.url.contains('*')) {
                assert_eq!(plain(&info.url), plain(url));
            }
        }
    }
}
