//! The Composer of this machine, which judges what mageshift writes.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What a test says when it cannot ask Composer.
pub(crate) const SKIPPED: &str =
    "skipped: no Composer here (install composer and php-cli, or name one in COMPOSER_BINARY)";

/// A Composer that runs without network, cache, plugins' say or anybody's configuration.
pub(crate) struct Composer {
    binary: PathBuf,
    home: tempfile::TempDir,
}

impl Composer {
    /// The one named by `COMPOSER_BINARY`, else the one on the PATH; none, with a word on stderr, when there is none that runs.
    pub(crate) fn find() -> Option<Self> {
        let binary = std::env::var_os("COMPOSER_BINARY")
            .map_or_else(|| PathBuf::from("composer"), PathBuf::from);
        Self::at(&binary)
    }

    /// This one; none, with a word on stderr, when it does not run.
    pub(crate) fn at(binary: &Path) -> Option<Self> {
        let binary = binary.to_owned();
        let home = tempfile::tempdir().expect("a temporary folder");
        let composer = Self { binary, home };
        let runs = composer
            .command(composer.home.path(), ["--version"])
            .output()
            .is_ok_and(|o| o.status.success());
        if !runs {
            eprintln!("{SKIPPED}");
        }
        runs.then_some(composer)
    }

    /// Composer with `args`, to be run in `dir`.
    pub(crate) fn command<S: AsRef<OsStr>>(
        &self,
        dir: &Path,
        args: impl IntoIterator<Item = S>,
    ) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(args);
        self.prepare(&mut command, dir);
        command
    }

    /// Lets `command` work in `dir`, with the environment that this Composer gets.
    pub(crate) fn prepare(&self, command: &mut Command, dir: &Path) {
        command
            .current_dir(dir)
            .env("COMPOSER_HOME", self.home.path())
            .env("COMPOSER_CACHE_DIR", "/dev/null")
            .env("COMPOSER_DISABLE_NETWORK", "1")
            .env("COMPOSER_ALLOW_SUPERUSER", "1")
            .env("COMPOSER_NO_INTERACTION", "1")
            .env("COMPOSER_NO_AUDIT", "1")
            .env("COMPOSER_MEMORY_LIMIT", "-1")
            .env("COMPOSER_DISABLE_XDEBUG_WARN", "1")
            .env_remove("COMPOSER_AUTH")
            .env_remove("COMPOSER");
    }
}

/// Everything a program said, standard output first.
pub(crate) fn said(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}
