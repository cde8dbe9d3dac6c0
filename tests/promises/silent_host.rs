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
