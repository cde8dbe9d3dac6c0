//! The questions of `mageshift new`, on a real terminal.
#![cfg(unix)]

mod common;

use common::*;
use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{ControlCode, Eof, Expect, Session};
use std::fs;
use std::path::Path;
use std::time::Duration;

const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recording");

/// With colours, a list that can be searched is written letter by letter.
fn session(home: &Path, has_colours: bool) -> OsSession {
    let mut command = mageshift(home);
    if !has_colours {
        command.env("NO_COLOR", "1");
    }
    command.args(["new", "--offline", "--mirror-dir", RECORDING]);
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(60)));
    session
}

/// Waits for a question and answers it, once the terminal is ready for keys.
fn answer(session: &mut OsSession, question: &str, keys: &str) {
    session
        .expect(question)
        .unwrap_or_else(|error| panic!("{question}: {error}"));
    std::thread::sleep(Duration::from_millis(200));
    session.send(keys).unwrap();
}

/// What is still printed, and the exit code.
fn end(mut session: OsSession) -> (String, i32) {
    let rest = session.expect(Eof).unwrap();
    let rest = String::from_utf8_lossy(rest.as_bytes()).into_owned();
    match session.get_process().wait().unwrap() {
        WaitStatus::Exited(_, code) => (rest, code),
        other => panic!("{other:?}"),
    }
}

const DOWN: &str = "\x1b[B";

#[test]
fn the_answers_make_a_project_and_a_command() {
    let home = tempfile::tempdir().unwrap();
    // Not empty, so a folder of its own is recommended; one that is taken is asked for again.
    fs::create_dir_all(home.path().join("taken/pub")).unwrap();
    let mut session = session(home.path(), false);
    answer(&mut session, "Which folder?", "taken\r");
    session.expect("taken is not empty: pub").unwrap();
    answer(&mut session, "Which folder?", "shop\r");
    answer(&mut session, "Which distribution?", "\r");
    answer(&mut session, "Which profile?", &format!("{DOWN}\r"));
    answer(&mut session, "Which release?", "\r");
    answer(&mut session, "Which theme?", "\r");
    answer(&mut session, "Languages", "\r");
    answer(&mut session, "Sample products", "n");
    answer(&mut session, "Which feature sets?", &format!("{DOWN}\r"));
    // Found by typing; turned on, off again, and another one on.
    for set in ["sitemap", "sitemap", "recaptcha"] {
        answer(&mut session, " are on", set);
        answer(&mut session, &format!("{set}|"), "\r");
    }
    answer(&mut session, " are on", "\r");
    session.expect("Which PHP").unwrap();
    assert!(
        !home.path().join("shop").exists(),
        "nothing is made before the answer"
    );
    std::thread::sleep(Duration::from_millis(200));
    session.send("\r").unwrap();
    answer(&mut session, "Development environment?", "\r");
    answer(&mut session, "Apply?", "y");
    let (rest, code) = end(session);
    assert_eq!(code, 0, "{rest}");
    assert!(
        rest.contains(
            "mageshift new shop --distribution mage-os --release 3.2.0 --profile minimal --with recaptcha --mirror-dir"
        ),
        "{rest}"
    );
    assert!(home.path().join("shop/composer.lock").exists());
}

#[test]
fn giving_up_leaves_nothing_behind() {
    let questions = [
        "Which folder?",
        "Which distribution?",
        "Which profile?",
        "Which release?",
        "Which theme?",
        "Languages",
        "Sample products",
        "Which feature sets?",
        "Which PHP",
        "Development environment?",
        "Apply?",
    ];
    for last in questions {
        let home = tempfile::tempdir().unwrap();
        let mut session = session(home.path(), true);
        for question in questions {
            if question == last {
                session.expect(question).unwrap();
                std::thread::sleep(Duration::from_millis(200));
                session.send(ControlCode::EndOfText).unwrap();
                break;
            }
            answer(
                &mut session,
                question,
                if question == "Which folder?" {
                    "shop\r"
                } else {
                    "\r"
                },
            );
        }
        let (rest, code) = end(session);
        assert_eq!(code, 130, "{last}: {rest}");
        assert!(!home.path().join("shop").exists(), "{last}");
    }
}
