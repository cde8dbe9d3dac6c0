//! install.sh installs a published release after checking it, and takes it away again.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// Publishes release 1.2.3 with a program that only knows its version, for every machine that releases are made for.
fn publish(folder: &Path) {
    let release = folder.join("1.2.3");
    let script = r#"
        set -e
        printf '#!/bin/sh\necho mageshift 1.2.3\n' > mageshift
        chmod 755 mageshift
        for target in x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-apple-darwin aarch64-apple-darwin; do
            archive=mageshift-1.2.3-$target.tar.gz
            tar -czf "$archive" mageshift
            { sha256sum "$archive" 2>/dev/null || shasum -a 256 "$archive"; } > "$archive.sha256"
        done
        echo 1.2.3 > ../latest
    "#;
    fs::create_dir_all(&release).expect("a writable folder");
    let made = Command::new("sh")
        .args(["-c", script])
        .current_dir(&release)
        .status()
        .expect("sh");
    assert!(made.success());
}

fn install(home: &Path, releases: &Path, args: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh");
    let mut command = Command::new("sh");
    command.arg(script).args(args).env("HOME", home);
    command
        .env(
            "MAGESHIFT_RELEASES_URL",
            format!("file://{}", releases.display()),
        )
        .output()
        .expect("sh")
}

#[test]
fn installs_a_release_and_removes_it() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (home, releases) = (folder.path().join("home"), folder.path().join("releases"));
    publish(&releases);
    let installed = install(&home, &releases, &[]);
    let said = String::from_utf8_lossy(&installed.stdout);
    assert!(
        installed.status.success()
            && said.contains("release 1.2.3")
            && said.contains("checksum verified"),
        "{installed:?}"
    );
    let program = home.join(".local/bin/mageshift");
    assert!(
        Command::new(&program)
            .arg("--version")
            .status()
            .expect("the program runs")
            .success()
    );
    assert!(install(&home, &releases, &["--uninstall"]).status.success());
    assert!(!program.exists());
}

#[test]
fn refuses_a_damaged_release() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (home, releases) = (folder.path().join("home"), folder.path().join("releases"));
    publish(&releases);
    for archive in fs::read_dir(releases.join("1.2.3"))
        .expect("a release")
        .flatten()
    {
        if archive
            .path()
            .extension()
            .is_some_and(|extension| extension == "gz")
        {
            fs::write(archive.path(), "something else").expect("a writable file");
        }
    }
    let refused = install(
        &home,
        &releases,
        &[
            "--prefix",
            folder.path().join("prefix").to_str().expect("UTF-8"),
        ],
    );
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("checksum"),
        "{refused:?}"
    );
    assert!(!folder.path().join("prefix/bin/mageshift").exists());
}

#[test]
fn wrong_usage_is_told_apart() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for args in [&["--prefix"][..], &["--sideways"]] {
        assert_eq!(
            install(folder.path(), folder.path(), args).status.code(),
            Some(2)
        );
    }
}

#[test]
fn piped_into_a_shell_it_builds_nothing_and_takes_nothing_without_https() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.sh");
    fs::write(folder.path().join("Cargo.toml"), "[package]\n").expect("a writable file");
    let piped = Command::new("sh")
        .stdin(fs::File::open(&script).expect("the script"))
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .output()
        .expect("sh");
    assert_eq!(piped.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&piped.stderr).contains("builds nothing"));

    let plain = Command::new("sh")
        .arg(&script)
        .env("HOME", folder.path())
        .env("MAGESHIFT_RELEASES_URL", "http://localhost/releases")
        .output()
        .expect("sh");
    assert_eq!(plain.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&plain.stderr).contains("https://"));
}
