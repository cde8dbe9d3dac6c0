//! `mageshift lock` in a temporary project.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::time::Duration;

/// What `mageshift lock` answered.
pub(crate) struct Answer {
    /// None when it was ended by a signal or took too long.
    pub exit: Option<i32>,
    /// The lock afterwards; null when there is none.
    pub lock: Value,
    pub said: String,
}

impl Answer {
    /// Whether it failed as a program should: by an exit code of its own, and not because it does not know a flag.
    pub(crate) fn refuses(&self) -> bool {
        matches!(self.exit, Some(1..=4)) && !self.said.contains("Usage: mageshift")
    }
}

/// Runs `mageshift lock ARGS` on a root and perhaps a lock, both as they are to lie on disk.
pub(crate) fn lock(
    root: &[u8],
    lock: Option<&[u8]>,
    args: &[String],
    mirror: Option<&Path>,
) -> Answer {
    let home = tempfile::tempdir().expect("a temporary folder");
    let project = home.path().join("project");
    fs::create_dir(&project)
        .and_then(|()| fs::write(project.join("composer.json"), root))
        .expect("a writable folder");
    if let Some(lock) = lock {
        fs::write(project.join("composer.lock"), lock).expect("a writable folder");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_mageshift"));
    command
        .current_dir(&project)
        .env("HOME", home.path())
        .env("XDG_CACHE_HOME", home.path())
        // What was read of PHP and of the mirror holds for all questions: thousands of them start it once.
        .env("MAGESHIFT_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"))
        .env_remove("COMPOSER_AUTH");
    command.timeout(Duration::from_secs(120)).arg("lock");
    if let Some(mirror) = mirror {
        command.arg("--mirror-dir").arg(mirror);
    }
    let output = command.args(args).output().expect("mageshift runs");
    let lock = fs::read(project.join("composer.lock"))
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok());
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Answer {
        exit: output.status.code(),
        lock: lock.unwrap_or_default(),
        said,
    }
}
