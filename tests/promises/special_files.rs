//! "What is no file is told at once": pipes and devices in the place of files that are read.
#![cfg(unix)]

use crate::kit::{Run, copy, mageshift, run_command};
use std::fs;
use std::path::Path;
use std::process::Command;

fn store() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    copy(&crate::kit::fixture("sample-store"), folder.path());
    folder
}

fn pipe(store: &Path, file: &str) {
    let path = store.join(file);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // There may be a file already.
    let _ = fs::remove_file(&path);
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

fn preview(store: &Path) -> Run {
    let mut command = mageshift(store);
    command
        .args([
            "switch",
            "--to",
            "mage-os",
            "--php",
            "8.4",
            "--dry-run",
            "-v",
        ])
        .arg("--mirror-dir")
        .arg(crate::kit::recording());
    run_command(&mut command)
}

#[test]
fn what_the_plan_rests_on_must_be_a_file() {
    for (file, exit) in [
        ("composer.json", 4),
        ("composer.lock", 4),
        ("auth.json", 1),
        (".gitignore", 4),
        (".git/info/exclude", 4),
        ("app/etc/config.php", 3),
    ] {
        let store = store();
        pipe(store.path(), file);
        let run = preview(store.path());
        let said = format!("{}{}", run.stdout, run.stderr);
        let folded = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            folded.contains(file) && folded.contains("is a named pipe, not a file"),
            "{file}: {run:?}"
        );
        assert_eq!(run.code, Some(exit), "{file}: {run:?}");
    }
}

#[test]
fn what_only_adds_to_it_is_named_in_it() {
    for file in [
        "app/etc/env.php",
        ".env",
        ".ddev/config.yaml",
        ".magento.app.yaml",
    ] {
        let store = store();
        if file == ".env" {
            fs::write(store.path().join("docker-compose.yml"), "services: {}\n").unwrap();
        }
        pipe(store.path(), file);
        let run = preview(store.path());
        assert_eq!(run.code, Some(0), "{file}: {run:?}");
        assert!(
            run.stdout.contains("could not be read") || run.stderr.contains("could not be read"),
            "{file}: {run:?}"
        );
    }
}

#[test]
fn files_without_an_end_have_a_limit() {
    for file in ["composer.json", ".gitignore"] {
        let store = store();
        let path = store.path().join(file);
        let _ = fs::remove_file(&path);
        std::os::unix::fs::symlink("/dev/zero", &path).unwrap();
        let run = preview(store.path());
        assert_eq!(run.code, Some(4), "{run:?}");
        assert!(run.stderr.contains("is a device, not a file"), "{run:?}");
    }
    let store = store();
    let huge = fs::File::create(store.path().join("composer.json")).unwrap();
    huge.set_len(1 << 40).unwrap();
    let run = preview(store.path());
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(run.stderr.contains("is larger than"), "{run:?}");
}

#[test]
fn what_is_named_on_the_command_line_must_be_a_file_and_stays_as_it_is() {
    let store = store();
    let place = tempfile::tempdir().unwrap();
    for name in ["list.toml", "plan.json", "answers.toml", "out", "logo.png"] {
        pipe(place.path(), name);
    }
    let at = |name: &str| place.path().join(name).display().to_string();
    let (list, plan, answers, out, logo) = (
        at("list.toml"),
        at("plan.json"),
        at("answers.toml"),
        at("out"),
        at("logo.png"),
    );
    let (results, page) = (at("results"), at("page.html"));
    let to = ["--to", "mage-os", "--php", "8.4"];
    for arguments in [
        &["fleet", "check", &list, "--out", &results][..],
        &["fleet", "undo", &list, "--out", &results],
        &["fleet", "check", ".", "--out", &out],
        &["fleet", "report", &out],
        &["apply", &plan, "--yes"],
        &["report", &plan, "--html", &page],
        &["new", "--answers", &answers, "--dry-run", "shop"],
        &["new", "--profile", &answers, "--dry-run", "shop"],
        &["switch", "--dry-run", "--out", &out],
        &["switch", "--dry-run", "--runbook", &out],
        &["switch", "--dry-run", "--markdown", &out],
        &["switch", "--dry-run", "--report", &out],
        &["report", "--html", &page, "--logo", &logo],
        &["report", "--html", &out],
        &["check", "-d", &out],
        &["next", "-d", &out],
    ] {
        let mut command = mageshift(store.path());
        command
            .args(arguments)
            .env("MAGESHIFT_MIRROR_DIR", crate::kit::recording());
        if ["switch", "report"].contains(&arguments[0]) && !arguments.contains(&plan.as_str()) {
            command.args(to);
        }
        let run = run_command(&mut command);
        assert!(matches!(run.code, Some(1..=4)), "{arguments:?}: {run:?}");
        assert!(run.stderr.contains("error: "), "{arguments:?}: {run:?}");
    }
    use std::os::unix::fs::FileTypeExt;
    for name in ["list.toml", "plan.json", "answers.toml", "out", "logo.png"] {
        let kind = fs::symlink_metadata(place.path().join(name)).unwrap();
        assert!(kind.file_type().is_fifo(), "{name}");
    }
}

#[test]
fn lists_of_ignored_files_above_a_store_are_somebody_elses() {
    let above = tempfile::tempdir().unwrap();
    let store = above.path().join("store");
    copy(&crate::kit::fixture("sample-store"), &store);
    fs::write(
        store.join("Makefile"),
        "x:\n\tls vendor/magento/module-cms\n",
    )
    .unwrap();
    let is_rewritten = || preview(&store).stdout.contains("+++ b/Makefile");
    fs::write(above.path().join(".gitignore"), "*\n").unwrap();
    assert!(is_rewritten());
    // In one repository with the store it counts.
    fs::create_dir(above.path().join(".git")).unwrap();
    assert!(!is_rewritten());
}

/// A folder may say in a file where its repository is; what is there may be a pipe as well.
#[test]
fn a_pipe_in_a_repository_that_is_elsewhere_keeps_nobody_waiting() {
    for pipe_in in [
        "there/commondir",
        "there/info/exclude",
        "common/info/exclude",
    ] {
        let store = store();
        fs::write(store.path().join(".git"), "gitdir: there\n").unwrap();
        fs::create_dir(store.path().join("there")).unwrap();
        if pipe_in.starts_with("common") {
            fs::write(store.path().join("there/commondir"), "../common\n").unwrap();
        }
        pipe(store.path(), pipe_in);
        let run = preview(store.path());
        assert_eq!(run.code, Some(4), "{pipe_in}: {run:?}");
        assert!(run.stderr.contains("is a named pipe"), "{pipe_in}: {run:?}");
    }
}

/// Above a store that is in no repository of git anybody may have a list, as in /tmp, and it counts for nothing. In one, those
/// above are git's, and count.
#[test]
fn a_pipe_above_a_store_keeps_nobody_waiting() {
    for is_in_git in [false, true] {
        let outer = tempfile::tempdir().unwrap();
        if is_in_git {
            fs::create_dir(outer.path().join(".git")).unwrap();
        }
        let store = outer.path().join("shop");
        copy(&crate::kit::fixture("sample-store"), &store);
        pipe(outer.path(), ".gitignore");
        let run = preview(&store);
        assert_eq!(run.code == Some(4), is_in_git, "{run:?}");
        assert_eq!(run.stderr.contains("is a named pipe"), is_in_git, "{run:?}");
    }
}
