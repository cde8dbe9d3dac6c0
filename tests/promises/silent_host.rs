//! A host that takes questions and never answers: every command gives it up once, and names it once.

use crate::kit::server::{Response, Server};
use crate::kit::{RECORDING, fixture, run};
use serde_json::{Value, json};
use std::fs;
use std::time::Duration;
use tempfile::TempDir;

/// The sample store with a further repository at an address.
fn store(url: &str) -> TempDir {
    let sample = fixture("sample-store");
    let folder = TempDir::new().unwrap();
    let text = fs::read_to_string(sample.join("composer.json")).unwrap();
    let mut root: Value = serde_json::from_str(&text).unwrap();
    let repository = json!({"type": "composer", "url": url});
    match &mut root["repositories"] {
        Value::Array(list) => list.insert(0, repository),
        Value::Object(object) => {
            object.shift_insert(0, "silent".to_owned(), repository);
        }
        other => panic!("{other}"),
    }
    root["config"]["secure-http"] = json!(false);
    fs::write(
        folder.path().join("composer.json"),
        serde_json::to_string_pretty(&root).unwrap(),
    )
    .unwrap();
    fs::copy(
        sample.join("composer.lock"),
        folder.path().join("composer.lock"),
    )
    .unwrap();
    folder
}

#[test]
fn a_host_that_never_answers_is_given_up_once_and_named_once_by_every_command() {
    by_every_command(false);
}

#[test]
fn so_is_one_that_says_what_it_has_and_then_falls_silent() {
    by_every_command(true);
}

/// Whether the root document is answered tells which of the two it is.
fn by_every_command(answers_first: bool) {
    let server = Server::handler(move |request| {
        if answers_first && request.path == "/packages.json" {
            let document = json!({"metadata-url": "/p2/%package%.json", "packages": []});
            return Some(Response::new(200, document.to_string()));
        }
        std::thread::sleep(Duration::from_secs(20));
        None
    });
    let store = store(&server.url());
    for command in [
        &["switch", "--to", "mage-os", "--dry-run"][..],
        &["upgrade", "--dry-run"],
        &["slim", "--profile", "lite", "--dry-run"],
        &["check"],
        &["check", "--to", "mage-os"],
        &["lock", "--dry-run"],
        &["why-not", "acme/nothing", "1.0"],
    ] {
        server.forget();
        let common = ["--mirror-dir", RECORDING, "--timeout", "1", "-v"];
        let ignored = ["--ignore-platform-reqs"];
        let has_platform = !command[0].starts_with("why");
        let ignored = ignored.iter().filter(|_| has_platform);
        let arguments = command.iter().chain(&common).chain(ignored).copied();
        let run = run(store.path(), &arguments.collect::<Vec<_>>());
        let said = format!("{}{}", run.stdout, run.stderr);
        let context = format!("{command:?}, answers first: {answers_first}\n{said}");
        let unwrapped = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let host = server.url();
        let named = unwrapped.matches("could not be asked").count();
        assert_eq!(named, 1, "{context}");
        assert!(unwrapped.contains(&host), "{context}");
        let cause = "did not answer within 1 seconds (--timeout)";
        assert_eq!(unwrapped.matches(cause).count(), 1, "{context}");
        let most = if answers_first { 51 } else { 1 };
        assert!(server.requests().len() <= most, "{context}");
    }
}

/// A store with an extension, and with repositories beside its own; without a lock where it has no locked version.
fn store_with_extension(repositories: &[Value], locked: Option<Value>) -> TempDir {
    let folder = store("http://127.0.0.1:1/");
    let read = |file: &str| -> Value {
        serde_json::from_slice(&fs::read(folder.path().join(file)).unwrap()).unwrap()
    };
    let write = |file: &str, value: &Value| {
        let text = serde_json::to_string_pretty(value).unwrap();
        fs::write(folder.path().join(file), text).unwrap();
    };
    let mut root = read("composer.json");
    match &mut root["repositories"] {
        Value::Array(list) => {
            list.remove(0);
            list.extend(repositories.iter().cloned());
        }
        Value::Object(object) => {
            object.shift_remove("silent");
            for (index, repository) in repositories.iter().enumerate() {
                object.insert(format!("own-{index}"), repository.clone());
            }
        }
        other => panic!("{other}"),
    }
    root["require"]["acme/module-badges"] = "^1.2".into();
    write("composer.json", &root);
    match locked {
        Some(entry) => {
            let mut lock = read("composer.lock");
            lock["packages"].as_array_mut().unwrap().push(entry);
            write("composer.lock", &lock);
        }
        None => fs::remove_file(folder.path().join("composer.lock")).unwrap(),
    }
    folder
}

/// What `switch` and `check` say of a store: the exit codes, and the codes of the blockers.
fn judged(store: &TempDir, offline: bool) -> [(Option<i32>, Vec<String>); 2] {
    let switch = ["switch", "--to", "mage-os", "--dry-run"];
    let check = ["check", "--to", "mage-os"];
    [&switch[..], &check[..]].map(|command| {
        let common = [
            "--mirror-dir",
            RECORDING,
            "--ignore-platform-reqs",
            "--json",
        ];
        let offline = offline.then_some("--offline");
        let arguments: Vec<&str> = command
            .iter()
            .chain(&common)
            .copied()
            .chain(offline)
            .collect();
        let run = run(store.path(), &arguments);
        let document: Value = serde_json::from_str(&run.stdout).unwrap_or_default();
        let findings = match &document["targets"][0]["blockers"] {
            Value::Null => &document["findings"],
            blockers => blockers,
        };
        let blockers = findings.as_array().into_iter().flatten();
        let codes = blockers
            .filter(|finding| finding["severity"] == "blocker")
            .filter_map(|finding| Some(finding["code"].as_str()?.to_owned()));
        (run.code, codes.collect())
    })
}

fn has_git() -> bool {
    let asked = std::process::Command::new("git").arg("--version").output();
    let is_there = asked.is_ok_and(|answer| answer.status.success());
    if !is_there {
        eprintln!("skipped: there is no git");
    }
    is_there
}

/// Nothing listens there.
const GIT: &str = "https://127.0.0.1:1/acme/badges.git";

/// The extension as a lock has it, which goes with the store's own release only.
fn locked_from_git() -> Value {
    json!({
        "name": "acme/module-badges", "version": "1.2.0", "type": "magento2-module",
        "require": {"magento/framework": "~101.0.0"},
        "source": {"type": "git", "url": GIT, "reference": "aa1b2c3d4e5f60718293a4b5c6d7e8f901234567"}
    })
}

#[test]
fn a_failed_repository_of_code_fails_the_run_when_only_it_can_decide() {
    if !has_git() {
        return;
    }
    let git = json!({"type": "vcs", "url": GIT});
    let nowhere = store_with_extension(std::slice::from_ref(&git), None);
    for (code, blockers) in judged(&nowhere, false) {
        assert_eq!(code, Some(1), "{blockers:?}");
        assert_eq!(blockers[0], "repository-unreachable");
        assert!(
            blockers.contains(&"repository-not-read".to_owned()),
            "{blockers:?}"
        );
    }
    // What is locked from there does not fit, and nobody knows what else there is.
    let has_to_move = store_with_extension(std::slice::from_ref(&git), Some(locked_from_git()));
    for (code, blockers) in judged(&has_to_move, false) {
        assert_eq!(code, Some(1), "{blockers:?}");
        let expected = [
            "repository-unreachable",
            "repository-must-be-asked",
            "no-solution",
        ];
        assert_eq!(blockers, expected);
    }
    // Another repository fails alike; what is locked from there may stay, so that it decides nothing.
    let other = "https://127.0.0.1:1/acme/other.git";
    let both = [git, json!({"type": "vcs", "url": other})];
    let store = store_with_extension(&both, Some(locked_from_git()));
    let path = store.path().join("composer.lock");
    let mut lock: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let mut stays = locked_from_git();
    stays["name"] = "acme/other".into();
    stays["source"]["url"] = other.into();
    stays.as_object_mut().unwrap().remove("require");
    lock["packages"].as_array_mut().unwrap().push(stays);
    fs::write(&path, lock.to_string()).unwrap();
    for (code, blockers) in judged(&store, false) {
        assert_eq!(code, Some(1), "{blockers:?}");
        let unreachable = |code: &&String| *code == "repository-unreachable";
        assert_eq!(blockers.iter().filter(unreachable).count(), 1);
    }
    // Without the network the store is not asked about again either: the run did what it was told.
    for (code, blockers) in judged(&has_to_move, true) {
        assert_eq!(code, Some(3), "{blockers:?}");
        assert_eq!(blockers[0], "repository-must-be-asked");
    }
}

#[test]
fn a_failed_repository_fails_no_run_that_it_cannot_help() {
    if !has_git() {
        return;
    }
    let git = json!({"type": "vcs", "url": GIT});
    // Another extension stands in the way, whatever the repository has.
    let packages = json!({"type": "package", "package": {
        "name": "acme/module-old", "version": "1.0.0", "require": {"magento/framework": "~101.0.0"},
        "dist": {"type": "zip", "url": "https://packages.acme.test/old.zip"}
    }});
    let store = store_with_extension(&[git.clone(), packages], None);
    let path = store.path().join("composer.json");
    let mut root: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    root["require"]["acme/module-old"] = "*".into();
    fs::write(&path, serde_json::to_string_pretty(&root).unwrap()).unwrap();
    for (code, blockers) in judged(&store, false) {
        assert_eq!(code, Some(3), "{blockers:?}");
        assert!(
            blockers.contains(&"package-blocks".to_owned()),
            "{blockers:?}"
        );
        assert!(
            !blockers.contains(&"repository-unreachable".to_owned()),
            "{blockers:?}"
        );
    }
    // Trying again does not make a kind readable that is not read.
    let svn = json!({"type": "svn", "url": "https://svn.acme.test/modules"});
    let store = store_with_extension(&[svn], None);
    for (code, blockers) in judged(&store, false) {
        assert_eq!(code, Some(3), "{blockers:?}");
        assert!(
            blockers.contains(&"repository-not-read".to_owned()),
            "{blockers:?}"
        );
    }
}

#[test]
fn so_does_a_composer_repository_that_a_locked_extension_comes_from() {
    let server = Server::handler(|_| Some(Response::new(503, "busy")));
    let private = json!({"type": "composer", "url": server.url()});
    let mut entry = locked_from_git();
    entry.as_object_mut().unwrap().remove("source");
    let store = store_with_extension(&[private], Some(entry));
    for (code, blockers) in judged(&store, false) {
        assert_eq!(code, Some(1), "{blockers:?}");
        let expected = [
            "repository-unreachable",
            "repository-must-be-asked",
            "no-solution",
        ];
        assert_eq!(blockers, expected);
    }
}

/// They are asked at the same time, so that the run takes one deadline, and not as many as there are dead ones.
#[test]
fn many_hosts_that_never_answer_cost_one_deadline() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    // Whoever comes is let in, and hears nothing.
    let came = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = came.clone();
    std::thread::spawn(move || {
        for connection in silent.incoming() {
            noted
                .lock()
                .unwrap()
                .push((std::time::Instant::now(), connection));
        }
    });
    let store = store(&format!("http://127.0.0.1:{port}/0/"));
    let path = store.path().join("composer.json");
    let mut root: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let further = (1..200).map(
        |number| json!({"type": "composer", "url": format!("http://127.0.0.1:{port}/{number}/")}),
    );
    match &mut root["repositories"] {
        Value::Array(list) => list.extend(further),
        Value::Object(object) => {
            for (number, repository) in further.enumerate() {
                object.insert(format!("silent-{number}"), repository);
            }
        }
        other => panic!("{other}"),
    }
    fs::write(&path, root.to_string()).unwrap();
    let arguments = [
        "switch",
        "--to",
        "mage-os",
        "--dry-run",
        "--mirror-dir",
        RECORDING,
        "--timeout",
        "6",
    ];
    let run = run(store.path(), &arguments);
    assert!(
        run.stdout.contains("repository-unreachable") || run.stderr.contains("did not answer"),
        "{run:?}"
    );
    // With fifty at a time, the last would have come three deadlines after the first.
    let came = came.lock().unwrap();
    assert!(came.len() >= 200, "{}", came.len());
    let took = came[199].0 - came[0].0;
    assert!(took < Duration::from_secs(6), "{took:?}");
}
