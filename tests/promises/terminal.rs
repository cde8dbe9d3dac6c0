//! What happens on a terminal: the question before anything is written, and how to give up at it.
#![cfg(unix)]

use crate::kit::terminal::end;
use crate::kit::*;
use expectrl::process::unix::Signal;
use expectrl::session::OsSession;
use expectrl::{ControlCode, Expect, Session};
use mageshift::plan::{Code, Finding, Plan};
use std::fs;
use std::path::Path;
use std::time::Duration;

/// The program applying a plan, on a terminal of its own.
fn session(store: &Path, plan: &Plan, flags: &[&str]) -> OsSession {
    let path = store.join("plan.json");
    fs::write(&path, serde_json::to_vec(plan).unwrap()).unwrap();
    let mut command = mageshift(store);
    command.args(["apply", "plan.json"]).args(flags);
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    session
}

fn is_applied(store: &Path) -> bool {
    let root = fs::read_to_string(store.join("composer.json")).unwrap();
    assert!(root == ROOT_BEFORE || root == ROOT_AFTER);
    root == ROOT_AFTER
}

#[test]
fn only_yes_applies() {
    for (answer, code) in [("y", 0), ("n", 5), ("\r", 5)] {
        let store = switch_store();
        let mut session = session(store.path(), &switch_plan(), &[]);
        session.expect("Apply?").unwrap();
        assert!(
            !is_applied(store.path()),
            "nothing is written before the answer"
        );
        session.send(answer).unwrap();
        let (rest, ended) = end(session);
        assert_eq!(ended, code, "{answer:?}: {rest}");
        assert_eq!(is_applied(store.path()), code == 0, "{answer:?}: {rest}");
    }
}

#[test]
fn nothing_is_asked_while_the_output_goes_to_a_file() {
    let store = switch_store();
    let plan = store.path().join("plan.json");
    fs::write(&plan, serde_json::to_vec(&switch_plan()).unwrap()).unwrap();
    let mut command = mageshift(store.path());
    let binary = command.get_program().to_string_lossy().into_owned();
    let line = format!("{binary} apply plan.json > shown.txt");
    command = {
        let mut shell = std::process::Command::new("/bin/sh");
        shell
            .current_dir(store.path())
            .env_clear()
            .env("TERM", "xterm");
        shell.args(["-c", &line]);
        shell
    };
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    let (rest, code) = end(session);
    assert!(!rest.contains("Apply?"), "{rest}");
    assert_eq!(code, 5, "{rest}");
    assert!(rest.contains("mageshift apply plan.json --yes"), "{rest}");
    assert!(!is_applied(store.path()), "who sits there has not seen it");
    let shown = fs::read_to_string(store.path().join("shown.txt")).unwrap();
    assert!(shown.contains("Plan: 4 packages renamed"), "{shown}");
}

#[test]
fn an_undo_shows_what_it_writes_and_asks() {
    for (answer, code) in [("n", 5), ("y", 0)] {
        let store = switch_store();
        end(session(store.path(), &switch_plan(), &["--yes"]));
        assert!(is_applied(store.path()));
        let mut command = mageshift(store.path());
        command.arg("undo");
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(20)));
        let shown = session.expect("Take it back?").unwrap();
        let shown = String::from_utf8_lossy(shown.before()).into_owned();
        assert!(
            shown.contains("Becomes what it was:") && shown.contains("composer.lock"),
            "{shown}"
        );
        assert!(
            is_applied(store.path()),
            "nothing is written before the answer"
        );
        session.send(answer).unwrap();
        let (rest, ended) = end(session);
        assert_eq!(ended, code, "{answer:?}: {rest}");
        assert_eq!(is_applied(store.path()), code != 0, "{answer:?}: {rest}");
    }
}

#[test]
fn giving_up_leaves_the_terminal_and_the_store_as_they_were() {
    for key in [&b"\x1b"[..], ControlCode::EndOfText.as_ref()] {
        let store = switch_store();
        let mut session = session(store.path(), &switch_plan(), &[]);
        session.expect("Apply?").unwrap();
        std::thread::sleep(Duration::from_millis(200));
        session.send(key).unwrap();
        let (rest, code) = end(session);
        assert_eq!(code, 130, "{key:?}: {rest}");
        assert!(rest.contains("nothing was written"), "{rest}");
        assert!(
            rest.contains("\u{1b}[?25h"),
            "the cursor is shown again: {rest:?}"
        );
        assert!(!is_applied(store.path()));
        assert!(!store.path().join(".mageshift").exists());
    }
}

#[test]
fn losing_data_takes_a_typed_word() {
    let mut plan = switch_plan();
    plan.findings
        .push(Finding::new(Code::DataLoss, "Gift cards are lost", ""));
    for (typed, is_wanted) in [("yes\r", false), ("lose data\r", true)] {
        let store = switch_store();
        let mut session = session(store.path(), &plan, &["--yes"]);
        session.expect("Type `lose data` to go on").unwrap();
        session.send(typed).unwrap();
        let (rest, code) = end(session);
        assert_eq!(code, if is_wanted { 0 } else { 5 }, "{rest}");
        assert!(is_wanted || !rest.contains('✔'), "{rest}");
        assert!(
            is_wanted || rest.contains("`yes` is another word"),
            "{rest}"
        );
        assert_eq!(is_applied(store.path()), is_wanted, "{rest}");
    }
}

#[test]
fn nothing_is_asked_with_yes_or_without_interaction() {
    for flag in ["--yes", "--no-interaction"] {
        let store = switch_store();
        let (rest, code) = end(session(store.path(), &switch_plan(), &[flag]));
        assert_eq!(code, 0, "{rest}");
        assert!(!rest.contains("Apply?"));
        assert!(is_applied(store.path()));
    }
}

#[test]
fn a_signal_at_the_question_restores_the_terminal() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let store = switch_store();
        let mut session = session(store.path(), &switch_plan(), &[]);
        session.expect("Apply?").unwrap();
        std::thread::sleep(Duration::from_millis(200));
        session.get_process_mut().signal(signal).unwrap();
        let (rest, ended) = end(session);
        assert_eq!(ended, code, "{rest}");
        assert!(
            rest.contains("\u{1b}[?25h"),
            "the cursor is shown again: {rest:?}"
        );
        assert!(!is_applied(store.path()));
    }
}

#[test]
fn credentials_are_asked_for_and_not_echoed() {
    let folder = tempfile::tempdir().unwrap();
    let mut git = std::process::Command::new("git");
    let git = git.current_dir(folder.path()).args(["init", "-q"]);
    assert!(git.status().unwrap().success());
    let mut command = mageshift(folder.path());
    command.args(["auth", "packages.example.com", "--offline"]);
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    session.expect("+/auth.json").unwrap();
    session.expect("Add it to .gitignore?").unwrap();
    assert!(!folder.path().join("auth.json").exists());
    session.send("y").unwrap();
    session
        .expect("User name for packages.example.com")
        .unwrap();
    session.send("somebody\r").unwrap();
    session.expect("Password for packages.example.com").unwrap();
    session.send("PlantedPassword\r").unwrap();
    let (rest, code) = end(session);
    assert_eq!(code, 0, "{rest}");
    assert!(!rest.contains("PlantedPassword"), "{rest}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert!(read("auth.json").contains("\"password\": \"PlantedPassword\""));
    assert_eq!(read(".gitignore"), "/auth.json\n");
}

#[test]
fn who_gives_up_at_a_question_stores_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = mageshift(folder.path());
    command.args(["auth", "packages.example.com", "--offline"]);
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(20)));
    session.expect("User name for").unwrap();
    session.send("somebody\r").unwrap();
    session.expect("Password for").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    session.send(ControlCode::EndOfText).unwrap();
    let (rest, code) = end(session);
    assert_eq!(code, 130, "{rest}");
    assert!(!folder.path().join("auth.json").exists());
}
