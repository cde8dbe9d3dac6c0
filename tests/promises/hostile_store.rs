//! A store may be a stranger's: what lies in its `.mageshift`, its `.git` and at the places that are written to must not
//! reach beyond it.
#![cfg(unix)]

use crate::kit::{mageshift, run, saved, switch_plan, switch_store};
use mageshift::apply::{ApplyError, Journals};
use mageshift::plan::checksum::sha256_hex;
use std::cell::Cell;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Stdio};

/// Plants a journal by which `undo` would write `bytes` to `path` with this mode.
fn plant(store: &Path, path: &str, bytes: &[u8], mode: u32, directories: &[&str]) {
    let folder = store.join(".mageshift/journal/0001");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("before-0"), bytes).unwrap();
    let after = fs::read(store.join(path)).ok().map(|now| sha256_hex(&now));
    let side =
        serde_json::json!({"distribution": "mage-os", "edition": "community", "release": "2.2.1"});
    let journal = serde_json::json!({
        "schema": 1, "id": 1, "state": "applied", "applied_at": 1, "source": side, "target": side,
        "files": [{"path": path, "before": {"sha256": sha256_hex(bytes), "mode": mode}, "after_sha256": after}],
        "directories": directories,
    });
    fs::write(folder.join("journal.json"), journal.to_string()).unwrap();
}

#[test]
fn a_link_in_place_of_the_own_folder_leads_nowhere() {
    for link in [".mageshift", ".mageshift/journal"] {
        let store = switch_store();
        let outside = tempfile::tempdir().unwrap();
        for folder in ["0001", "2019", "journal/2019"] {
            fs::create_dir_all(outside.path().join(folder)).unwrap();
            fs::write(outside.path().join(folder).join("photo"), "precious").unwrap();
        }
        let link = store.path().join(link);
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        symlink(outside.path(), &link).unwrap();
        let plan = saved(&switch_plan());
        let arguments = ["apply", plan.to_str().unwrap(), "--yes"];
        for arguments in [&["undo"][..], &arguments] {
            let ended = run(store.path(), arguments);
            assert_eq!(ended.code, Some(1), "{ended:?}");
            assert!(ended.stderr.contains("it is a link"), "{ended:?}");
        }
        for folder in ["0001", "2019", "journal/2019"] {
            assert!(outside.path().join(folder).join("photo").exists());
        }
    }
}

#[test]
fn only_what_a_journal_has_is_cleared_away() {
    let store = switch_store();
    let journals = store.path().join(".mageshift/journal");
    for (folder, file) in [("0007", "before-0"), ("2019", "photo"), ("12", "before-0")] {
        fs::create_dir_all(journals.join(folder)).unwrap();
        fs::write(journals.join(folder).join(file), "").unwrap();
    }
    Journals::open(store.path())
        .unwrap()
        .apply(&switch_plan())
        .unwrap();
    assert!(!journals.join("0007").exists());
    assert!(journals.join("2019/photo").exists() && journals.join("12/before-0").exists());
}

#[test]
fn a_planted_journal_gives_no_rights_and_reaches_no_repository() {
    let store = switch_store();
    let path = store.path();
    fs::write(path.join("run"), "x").unwrap();
    plant(path, "run", b"#!/bin/sh\n", 0o6755, &["../outside", ".."]);
    assert_eq!(run(path, &["undo"]).code, Some(0));
    assert_eq!(
        fs::metadata(path.join("run")).unwrap().mode() & 0o7777,
        0o755
    );

    for target in [
        ".git/config",
        ".git/hooks/post-checkout",
        "../evil",
        "a\u{7}b",
    ] {
        plant(path, target, b"evil", 0o755, &[]);
        let ended = run(path, &["undo"]);
        assert_eq!(ended.code, Some(1), "{target}: {ended:?}");
        assert!(!path.join(target).exists(), "{target}");
    }
}

#[test]
fn a_file_that_somebody_writes_at_the_last_moment_is_not_lost() {
    let store = switch_store();
    let path = store.path().to_owned();
    let lock = fs::read(path.join("composer.lock")).unwrap();
    let root = fs::read(path.join("composer.json")).unwrap();
    let renames = Cell::new(0);
    let inner = path.clone();
    // The first to be moved into its place is composer.json; the next is the lock.
    let journals = Journals::open(&path).unwrap().watched(move |step| {
        renames.set(renames.get() + usize::from(step == "moved"));
        if step == "removed" && renames.get() == 1 {
            fs::write(inner.join("composer.lock"), "theirs").unwrap();
        }
    });
    match journals.apply(&switch_plan()) {
        Err(ApplyError::Stale(paths)) => assert_eq!(paths, ["composer.lock"]),
        other => panic!("{other:?}"),
    }
    assert_eq!(fs::read(path.join("composer.lock")).unwrap(), b"theirs");
    assert_eq!(fs::read(path.join("composer.json")).unwrap(), root);
    assert_ne!(lock, b"theirs");
    Journals::open(&path).unwrap().check_finished().unwrap();
}

#[test]
fn the_keys_keep_their_mode_and_git_runs_nothing_of_the_store() {
    let store = switch_store();
    let path = store.path();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command
            .args(arguments)
            .current_dir(path)
            .stdout(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    if !git(&["init", "-q", "."]) {
        return;
    }
    fs::write(path.join(".gitignore"), "/auth.json\n").unwrap();
    assert!(git(&["config", "core.fsmonitor", "touch pwned; false"]));
    assert!(git(&["-c", "core.fsmonitor=false", "add", "composer.json"]));
    let auth = path.join("auth.json");
    fs::write(&auth, "{}").unwrap();
    fs::set_permissions(&auth, fs::Permissions::from_mode(0o640)).unwrap();
    let mut child = mageshift(path)
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .args([
            "auth",
            "new.example.com",
            "--stdin",
            "--username",
            "u",
            "--offline",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"key\n").unwrap();
    assert!(child.wait().unwrap().success());
    assert!(fs::read_to_string(&auth).unwrap().contains("key"));
    assert_eq!(fs::metadata(&auth).unwrap().mode() & 0o777, 0o640);
    assert!(!path.join("pwned").exists());
    assert!(!path.join(".mageshift/staged").exists());
}

/// Names that mean something in HTML, in Markdown, to a terminal and to a command line.
const ODD_NAMES: [&str; 7] = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)<",
    "a`b|c **x** [l](javascript:1)",
    "new\nline\u{1b}[31mred",
    "\u{202e}evil\u{202c}",
    "--yes",
    "@everyone #1 <!-- x -->",
];

/// Fails when a text tells a terminal or a browser more than it shows.
fn assert_plain(text: &str, context: &str) {
    let odd = |c: &char| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    assert_eq!(text.chars().find(odd), None, "{context}");
}

#[test]
fn the_name_of_a_folder_is_a_name_in_every_document() {
    use crate::kit::small_world::SmallWorld;
    let world = SmallWorld::new();
    for name in ODD_NAMES {
        let store = world.store(name);
        let to = [
            "--to",
            "mage-os",
            "--html",
            "r.html",
            "--markdown",
            "r.md",
            "--json-file",
            "r.json",
        ];
        let mut command = world.command(&store, &["report", "--offline"]);
        command.args(to);
        let run = crate::kit::run_command(&mut command);
        assert_eq!(run.code, Some(0), "{name:?}: {run:?}");
        let read = |file: &str| fs::read_to_string(store.join(file)).unwrap();
        let html = read("r.html");
        for text in [&html, &read("r.md"), &run.stdout, &run.stderr] {
            assert_plain(text, name);
        }
        assert!(
            !html.contains("<img src=x") && !html.contains("<script>alert"),
            "{name:?}"
        );
        let json: serde_json::Value = serde_json::from_str(&read("r.json")).unwrap();
        assert_plain(&json["title"].to_string(), name);
        for file in ["r.html", "r.md", "r.json"] {
            fs::remove_file(store.join(file)).unwrap();
        }
    }
    let run = world.run(&["fleet", "plan", "stores", "--to=mage-os"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_plain(&(run.stdout + &run.stderr), "fleet plan");
    let run = world.run(&["fleet", "report", "--markdown", "f.md", "--html", "f.html"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_plain(&(run.stdout + &run.stderr), "fleet report");
    let (markdown, html) = (
        fs::read_to_string(world.path("f.md")).unwrap(),
        fs::read_to_string(world.path("f.html")).unwrap(),
    );
    assert_plain(&markdown, "Markdown");
    assert_plain(&html, "HTML");
    assert!(!html.contains("<img src=x") && !html.contains("<script>alert"));
    // A line for each store, and nothing of a name begins anything.
    for wanted in [
        "\\<img src=x onerror",
        "a\\`b\\|c \\*\\*x",
        "\\@everyone \\#1 \\<!--",
    ] {
        assert!(markdown.contains(wanted), "{wanted}: {markdown}");
    }
}
