//! The questions of `mageshift new`, on a real terminal.
#![cfg(unix)]

use crate::kit::server::{Request, Response, Server};
use crate::kit::terminal::{QUESTIONS_OF_NEW, end};
use crate::kit::*;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use expectrl::session::OsSession;
use expectrl::{ControlCode, Expect, Session};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::kit::RECORDING;

/// With colours, a list that can be searched is written letter by letter.
fn session(home: &Path, has_colours: bool) -> OsSession {
    let mut command = mageshift(home);
    if !has_colours {
        command.env("NO_COLOR", "1");
    }
    // What is longer than the screen would wait there.
    command.args(["--no-pager", "new", "--offline", "--mirror-dir", RECORDING]);
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

const DOWN: &str = "\x1b[B";

/// The cursor stands on looking at the diff; applying is the one above.
const APPLY: &str = "\x1b[A\r";

#[test]
fn esc_is_one_step_back_and_every_answer_stays() {
    let home = tempfile::tempdir().unwrap();
    let mut session = session(home.path(), false);
    answer(&mut session, "Which folder?", "shop\r");
    answer(&mut session, "Which distribution?", "\r");
    answer(&mut session, "Which profile?", &format!("{DOWN}\r"));
    answer(&mut session, "Which release?", "\x1b");
    // The cursor is where it was: the same profile, without moving.
    answer(&mut session, "Which profile?", "\r");
    session.expect("Which profile? minimal").unwrap();
    for question in &QUESTIONS_OF_NEW[3..10] {
        answer(&mut session, question, "\r");
    }
    // To change an answer is two down from looking.
    answer(&mut session, "What now?", &format!("{DOWN}{DOWN}\r"));
    // The last answer is under the cursor.
    answer(&mut session, "Which answer?", "\r");
    answer(&mut session, "PHP and services are here already", "\r");
    // To stop is the last one.
    answer(&mut session, "What now?", "\x1b[F\r");
    let (rest, code) = end(session);
    assert_eq!(code, 5, "{rest}");
    assert!(rest.contains("Nothing was written."), "{rest}");
    assert!(
        rest.contains(
            "mageshift new shop --distribution mage-os --release 3.2.0 --profile minimal"
        ),
        "{rest}"
    );
    assert!(!home.path().join("shop").exists());
}

#[test]
fn a_plan_can_be_looked_at_and_saved() {
    let home = tempfile::tempdir().unwrap();
    let mut session = session(home.path(), false);
    answer(&mut session, "Which folder?", "shop\r");
    for question in &QUESTIONS_OF_NEW[1..10] {
        answer(&mut session, question, "\r");
    }
    // Enter alone only looks; then the same question comes again.
    answer(&mut session, "What now?", "\r");
    session.expect("What now? show the diff").unwrap();
    answer(&mut session, "What now?", &format!("{DOWN}{DOWN}\r"));
    answer(&mut session, "Which file?", "\r");
    let (rest, code) = end(session);
    assert_eq!(code, 5, "{rest}");
    assert!(home.path().join("plan.json").exists(), "{rest}");
    assert!(rest.contains("mageshift apply plan.json"), "{rest}");
    assert!(rest.contains("mageshift new shop"), "{rest}");
    assert!(!home.path().join("shop").exists());
}

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
    // Found by typing; turned on and off again, and another one on: the search stays while several are chosen.
    answer(&mut session, "Feature sets", "sitemap");
    answer(&mut session, "sitemap", "  ");
    answer(&mut session, "sitemap", &"\x7f".repeat("sitemap".len()));
    answer(&mut session, "bundle", "recaptcha");
    answer(&mut session, "recaptcha", " ");
    answer(&mut session, "recaptcha", "\r");
    session.expect("Which PHP").unwrap();
    assert!(
        !home.path().join("shop").exists(),
        "nothing is made before the answer"
    );
    std::thread::sleep(Duration::from_millis(200));
    session.send("\r").unwrap();
    answer(&mut session, "Development environment?", "\r");
    answer(&mut session, "What now?", APPLY);
    let (rest, code) = end(session);
    assert_eq!(code, 0, "{rest}");
    assert!(
        rest.contains(
            "mageshift new shop --distribution mage-os --release 3.2.0 --profile minimal --with recaptcha --mirror-dir"
        ),
        "{rest}"
    );
    // The command makes the very same project.
    let line = rest
        .lines()
        .find_map(|line| line.trim().strip_prefix("mageshift "));
    let words: Vec<&str> = line.unwrap().split_whitespace().collect();
    let elsewhere = tempfile::tempdir().unwrap();
    let again = run(elsewhere.path(), &words);
    assert_eq!(again.code, Some(0), "{again:?}");
    for file in ["composer.json", "composer.lock", ".gitignore"] {
        let [first, second] =
            [&home, &elsewhere].map(|home| fs::read(home.path().join("shop").join(file)).unwrap());
        assert!(first == second, "{file}");
    }
}

#[test]
fn giving_up_leaves_nothing_behind() {
    for last in QUESTIONS_OF_NEW {
        let home = tempfile::tempdir().unwrap();
        let mut session = session(home.path(), true);
        for question in QUESTIONS_OF_NEW {
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

const KEY: &str = "PlantedBuyersKey-77aa";

/// The repository of a buyer of Hyvä, which opens with [`KEY`] alone.
fn buyers_repository() -> Server {
    let pass = format!("Basic {}", BASE64_STANDARD.encode(format!("token:{KEY}")));
    Server::handler(move |request: &Request| {
        if request.header("authorization") != Some(&pass) {
            return Some(Response::new(401, "{}"));
        }
        let name = "hyva-themes/magento2-default-theme";
        let path = request
            .path
            .strip_prefix("/hyva-themes.repo.packagist.com/shop")?;
        let metadata_url = "/hyva-themes.repo.packagist.com/shop/p2/%package%.json";
        let document = if path == "/packages.json" {
            json!({"packages": [], "metadata-url": metadata_url, "available-packages": [name]})
        } else if path == format!("/p2/{name}.json") {
            json!({"packages": {name: [{"name": name, "version": "1.3.9", "type": "magento2-theme"}]}})
        } else {
            return Some(Response::new(404, "{}"));
        };
        Some(Response::new(200, document.to_string()))
    })
}

/// A terminal on which a Hyvä store is made, with nothing else to ask for.
fn hyva_session(home: &Path, words: &[&str]) -> OsSession {
    fs::create_dir_all(home.join("composer")).unwrap();
    let config = json!({"config": {"secure-http": false}}).to_string();
    fs::write(home.join("composer/config.json"), config).unwrap();
    let mut command = mageshift(home);
    command
        .env("NO_COLOR", "1")
        .env("COMPOSER_HOME", home.join("composer"))
        .args([
            "new",
            "shop",
            "--distribution",
            "mage-os",
            "--release",
            "3.4.0",
        ])
        .args([
            "--profile",
            "hyva",
            "--php",
            "8.4",
            "--mirror-dir",
            RECORDING,
        ])
        .args(words);
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(60)));
    session
}

/// Every file below a folder, as text.
fn all_text(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            text.push_str(&all_text(&path));
        } else {
            text.push_str(&String::from_utf8_lossy(&fs::read(&path).unwrap()));
        }
    }
    text
}

#[test]
fn a_buyer_is_asked_for_the_key_until_it_fits_and_nobody_sees_it() {
    let home = tempfile::tempdir().unwrap();
    let server = buyers_repository();
    let address = format!("{}/hyva-themes.repo.packagist.com/shop/", server.url());
    let mut session = hyva_session(home.path(), &["--save-answers", "answers.toml"]);
    answer(
        &mut session,
        "Address of your repository",
        &format!("{address}\r"),
    );
    answer(&mut session, "Key of 127.0.0.1", "WrongKey\r");
    session.expect("does not take this key.").unwrap();
    answer(&mut session, "Key of 127.0.0.1", &format!("{KEY}\r"));
    let shown = session.expect("What now?").unwrap();
    let shown = String::from_utf8_lossy(shown.before()).into_owned();
    session.send(APPLY).unwrap();
    let (rest, code) = end(session);
    assert_eq!(code, 0, "{shown}{rest}");
    assert!(rest.contains(&format!("--repository {address}")), "{rest}");
    let files = all_text(home.path());
    assert!(files.contains("hyva-themes/magento2-default-theme") && files.contains(&address));
    for text in [shown, rest, files] {
        assert!(!text.contains(KEY) && !text.contains("WrongKey"), "{text}");
        assert!(!text.contains(&BASE64_STANDARD.encode(format!("token:{KEY}"))));
    }
}

#[test]
fn a_buyer_who_gives_up_leaves_nothing_and_one_with_a_key_on_file_is_not_asked() {
    let home = tempfile::tempdir().unwrap();
    let server = buyers_repository();
    let address = format!("{}/hyva-themes.repo.packagist.com/shop/", server.url());
    let mut given_up = hyva_session(home.path(), &["--repository", &address]);
    given_up.expect("Key of 127.0.0.1").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    given_up.send(ControlCode::EndOfText).unwrap();
    let (rest, code) = end(given_up);
    assert_eq!(code, 130, "{rest}");
    assert!(!home.path().join("shop").exists());

    let login = json!({"username": "token", "password": KEY});
    let auth = json!({"http-basic": {server.authority(): login}}).to_string();
    fs::write(home.path().join("composer/auth.json"), auth).unwrap();
    let mut known = hyva_session(home.path(), &["--repository", &address]);
    let shown = known.expect("Apply?").unwrap();
    let shown = String::from_utf8_lossy(shown.before()).into_owned();
    known.send("y").unwrap();
    let (rest, code) = end(known);
    assert_eq!(code, 0, "{shown}{rest}");
    assert!(!shown.contains("Key of") && !shown.contains(KEY) && !rest.contains(KEY));
    assert!(!all_text(&home.path().join("shop")).contains(KEY));
}
