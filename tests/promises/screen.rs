//! What stands on a screen of 80 columns and 24 rows: the list of targets with what each costs, long output page by page, and
//! what is being done while a repository keeps the program waiting.
#![cfg(unix)]

use crate::kit::server::Server;
use crate::kit::{RECORDING, copy, fixture, mageshift, run};
use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Session};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The program on a terminal of that size.
fn screen(store: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> OsSession {
    let program = mageshift(store);
    let mut command = Command::new("sh");
    command
        .args(["-c", "stty rows 24 cols 80; exec \"$@\"", "sh"])
        .arg(program.get_program())
        .args(arguments)
        .current_dir(store)
        .env("NO_COLOR", "1")
        .env("TERM", "xterm");
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.envs(environment.iter().copied());
    let mut session = Session::spawn(command).unwrap();
    session.set_expect_timeout(Some(Duration::from_secs(90)));
    session
}

fn rest(session: &mut OsSession) -> String {
    let rest = session.expect(Eof).unwrap();
    String::from_utf8_lossy(rest.as_bytes()).into_owned()
}

/// A store of Mage-OS at the newest release of the recording.
fn mage_os_store() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let made = run(
        home.path(),
        &[
            "new",
            "--offline",
            "--mirror-dir",
            RECORDING,
            "--profile",
            "minimal",
            "--php",
            "8.4",
            "--yes",
        ],
    );
    assert_eq!(made.code, Some(0), "{made:?}");
    home
}

#[test]
fn who_has_left_magento_is_shown_the_upgrade_first_and_what_each_target_costs() {
    let store = mage_os_store();
    let arguments = ["switch", "--offline", "--mirror-dir", RECORDING];
    let mut session = screen(store.path(), &arguments, &[]);
    session.expect("What should it become?").unwrap();
    session
        .expect("❯ Mage-OS Minimal          recommended: stays what it is")
        .unwrap();
    session.expect("Esc stop").unwrap();
    // Found while the list is shown.
    session.expect("fixes until").unwrap();
    session.send("\u{1b}").unwrap();
    let rest = rest(&mut session);
    assert!(rest.contains("nothing was written"), "{rest}");
}

#[test]
fn a_step_back_from_the_releases_asks_for_the_target_again() {
    let store = mage_os_store();
    let arguments = ["switch", "--offline", "--mirror-dir", RECORDING];
    let mut session = screen(store.path(), &arguments, &[]);
    session.expect("Esc stop").unwrap();
    session.send("\u{1b}[B\r").unwrap();
    session.expect("Which release?").unwrap();
    session.expect("Esc back").unwrap();
    session.send("\u{1b}").unwrap();
    session.expect("What should it become?").unwrap();
    // The cursor is on what was answered.
    session.expect("❯ Mage-OS ").unwrap();
    session.expect("Esc stop").unwrap();
    session.send("\u{3}").unwrap();
    assert!(rest(&mut session).contains("nothing was written"));
}

#[test]
fn what_is_longer_than_the_screen_goes_through_the_pager() {
    let store = tempfile::tempdir().unwrap();
    copy(&fixture("sample-store"), store.path());
    let plan = [
        "switch",
        "--to",
        "mage-os",
        "--dry-run",
        "--diff",
        "--offline",
        "--mirror-dir",
        RECORDING,
    ];
    let pager = [("PAGER", "sed 's/^/paged: /'")];
    let shown = rest(&mut screen(store.path(), &plan, &pager));
    assert!(shown.contains("paged: "), "{shown}");
    let all = [&plan[..], &["--no-pager"]].concat();
    let shown = rest(&mut screen(store.path(), &all, &pager));
    assert!(
        shown.contains("composer.json") && !shown.contains("paged: "),
        "{shown}"
    );
    // A verdict fits the screen, and is never paged.
    let brief: Vec<&str> = plan.into_iter().filter(|word| *word != "--diff").collect();
    let shown = rest(&mut screen(store.path(), &brief, &pager));
    assert!(!shown.contains("paged: "), "{shown}");
}

#[test]
fn a_host_that_keeps_the_program_waiting_is_named_on_the_terminal_and_in_a_log() {
    let server = Server::handler(|_| {
        std::thread::sleep(Duration::from_secs(20));
        None
    });
    let store = tempfile::tempdir().unwrap();
    copy(&fixture("sample-store"), store.path());
    let path = store.path().join("composer.json");
    let mut root: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let silent = json!({"type": "composer", "url": server.url()});
    match &mut root["repositories"] {
        Value::Array(list) => list.insert(0, silent),
        Value::Object(object) => {
            object.shift_insert(0, "silent".to_owned(), silent);
        }
        other => panic!("{other}"),
    }
    root["config"]["secure-http"] = json!(false);
    fs::write(&path, serde_json::to_string_pretty(&root).unwrap()).unwrap();
    let arguments = [
        "switch",
        "--to",
        "mage-os",
        "--dry-run",
        "--timeout",
        "6",
        "--mirror-dir",
        RECORDING,
    ];
    let mut session = screen(store.path(), &arguments, &[]);
    session.expect("waiting for 127.0.0.1").unwrap();
    rest(&mut session);
    let plain = run(
        store.path(),
        &[&arguments[..], &["--progress", "plain"]].concat(),
    );
    assert!(
        plain.stderr.contains("Reading the repositories\n"),
        "{plain:?}"
    );
    assert!(plain.stderr.contains("waiting for 127.0.0.1"), "{plain:?}");
    assert!(!plain.stderr.contains('\u{1b}'), "{plain:?}");
    let silent = run(store.path(), &arguments);
    assert!(
        !silent.stderr.contains("Reading the repositories"),
        "{silent:?}"
    );
}

/// A root whose packages exclude each other in more ways than a solver tries: twelve places for thirteen packages.
fn entangled_root() -> Value {
    let names = || (0..13).map(|number| format!("acme/guest-{number}"));
    let of_place = |place: u32, name: &str| {
        let others = names().filter(|other| other != name);
        let others: serde_json::Map<String, Value> = others
            .map(|other| (other, json!(format!("1.{place}.0"))))
            .collect();
        json!({
            "name": name, "version": format!("1.{place}.0"), "type": "metapackage", "conflict": others
        })
    };
    let packages: Vec<Value> = names()
        .flat_map(|name| (0..12).map(move |place| of_place(place, &name)))
        .collect();
    let requires: serde_json::Map<String, Value> =
        names().map(|name| (name, json!("^1.0"))).collect();
    json!({
        "name": "acme/hotel",
        "require": requires,
        "repositories": [{"type": "package", "package": packages}, {"packagist.org": false}]
    })
}

#[test]
fn what_takes_over_half_a_second_is_named() {
    let store = tempfile::tempdir().unwrap();
    let root = entangled_root().to_string();
    fs::write(store.path().join("composer.json"), root).unwrap();
    let arguments = ["lock", "--dry-run", "--ignore-platform-reqs"];
    let mut session = screen(store.path(), &arguments, &[]);
    session.expect("Resolving packages · solving · ").unwrap();
    let after = rest(&mut session);
    assert!(after.contains("exclude each"), "{after}");
    let plain = run(
        store.path(),
        &[&arguments[..], &["--progress", "plain"]].concat(),
    );
    let told = "Reading the repositories\nResolving packages\nsolving\n";
    assert!(plain.stderr.starts_with(told), "{plain:?}");
    for quiet in [
        run(store.path(), &arguments),
        run(
            store.path(),
            &[&arguments[..], &["--progress", "never"]].concat(),
        ),
        run(
            store.path(),
            &[&arguments[..], &["--progress", "plain", "-q"]].concat(),
        ),
    ] {
        assert!(!quiet.stderr.contains("solving"), "{quiet:?}");
        assert!(!quiet.stderr.contains("Resolving"), "{quiet:?}");
    }
}

#[test]
fn a_new_project_is_told_by_its_feature_sets() {
    let home = tempfile::tempdir().unwrap();
    let made = run(
        home.path(),
        &[
            "new",
            "shop",
            "--offline",
            "--mirror-dir",
            RECORDING,
            "--profile",
            "lite",
            "--php",
            "8.4",
            "--dry-run",
        ],
    );
    assert_eq!(made.code, Some(0), "{made:?}");
    let after = |title: &str| {
        let mut lines = made
            .stdout
            .lines()
            .skip_while(|line| !line.starts_with(title));
        lines
            .next()
            .unwrap_or_else(|| panic!("{title}: {made:?}"))
            .to_owned()
    };
    assert!(after("In it  ").contains("bundle"), "{made:?}");
    assert!(after("Not in it  ").contains("analytics"), "{made:?}");
    assert!(made.stdout.lines().count() < 40, "{}", made.stdout);
    assert!(
        made.stdout.lines().all(|line| line.chars().count() <= 80),
        "{}",
        made.stdout
    );
}
