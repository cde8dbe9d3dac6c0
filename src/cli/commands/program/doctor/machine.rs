//! What a machine is like, as far as this program depends on it.

use composer_engine::files;
use serde::Serialize;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Programs that a switch may run, or that explain what is on disk, with the arguments that make them tell their version
/// without reading anything of a store.
const TOOLS: [(&str, &[&str]); 3] = [
    ("composer", &["--version", "--no-plugins", "--no-ansi"]),
    ("php", &["--version"]),
    ("git", &["--version"]),
];

/// A program on the PATH.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Tool {
    /// As it is called on the command line.
    pub(super) name: &'static str,
    /// What it says of itself; none when it is not there.
    pub(super) version: Option<String>,
}

/// A variable of the environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Variable {
    /// Its name.
    pub(super) name: String,
    /// None when it holds a secret: then it is only set.
    pub(super) value: Option<String>,
}

/// Documents that were kept from earlier runs.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Cache {
    /// Where they lie; it need not be there.
    pub(super) folder: PathBuf,
    /// How many there are.
    pub(super) documents: u64,
    /// How much room they take, in bytes.
    pub(super) bytes: u64,
    /// Whether the next run can keep what it fetches.
    pub(super) writable: bool,
}

/// System, processor and C library that this program was built for.
pub(super) fn platform() -> String {
    let library = if cfg!(target_env = "musl") {
        " (musl)"
    } else if cfg!(target_env = "gnu") {
        " (gnu)"
    } else {
        ""
    };
    format!(
        "{} {}{library}",
        std::env::consts::OS,
        std::env::consts::ARCH
    )
}

/// The name that a Linux gives itself; none elsewhere.
pub(super) fn system() -> Option<String> {
    let text = files::text(Path::new("/etc/os-release"), files::CONFIGURATION).ok()?;
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(name.trim_matches('"').to_owned())
}

/// The tools, each asked in an empty folder.
pub(super) fn tools() -> Vec<Tool> {
    let folder = tempfile::tempdir().ok();
    TOOLS
        .iter()
        .map(|(name, arguments)| Tool {
            name,
            version: folder
                .as_ref()
                .and_then(|folder| version(name, arguments, folder.path())),
        })
        .collect()
}

fn version(name: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let output = Command::new(name)
        .args(arguments)
        .current_dir(folder)
        .env("COMPOSER_ALLOW_SUPERUSER", "1")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let line = said.lines().find(|line| !line.trim().is_empty())?;
    Some(line.trim().to_owned())
}

/// The variables that count, by name. A value that is a secret, or may hold one, is left out.
pub(super) fn environment(all: impl Iterator<Item = (OsString, OsString)>) -> Vec<Variable> {
    let mut found: Vec<Variable> = all
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let upper = name.to_ascii_uppercase();
            let counts = ["MAGESHIFT_", "COMPOSER"]
                .iter()
                .any(|prefix| upper.starts_with(prefix))
                || [
                    "HTTP_PROXY",
                    "HTTPS_PROXY",
                    "ALL_PROXY",
                    "NO_PROXY",
                    "SSL_CERT_FILE",
                    "SSL_CERT_DIR",
                    "TERM",
                    "NO_COLOR",
                    "CLICOLOR",
                    "CLICOLOR_FORCE",
                    "LANG",
                    "LC_ALL",
                    "CI",
                ]
                .contains(&upper.as_str());
            let is_secret = ["AUTH", "PASSWORD", "TOKEN", "SECRET", "KEY"]
                .iter()
                .any(|word| upper.contains(word));
            let value = value.to_string_lossy();
            counts.then(|| Variable {
                name,
                value: (!is_secret).then(|| without_login(&value)),
            })
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

/// A proxy may be named with user and password, and without a scheme.
fn without_login(value: &str) -> String {
    match value.rsplit_once('@') {
        Some((before, host)) => match before.split_once("://") {
            Some((scheme, _)) => format!("{scheme}://***@{host}"),
            None => format!("***@{host}"),
        },
        None => value.to_owned(),
    }
}

/// What lies in the folder. One that is not there is empty, and writable when it can be made.
pub(super) fn cache(folder: &Path) -> Cache {
    let (mut documents, mut bytes) = (0, 0);
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let entries = std::fs::read_dir(next).into_iter().flatten().flatten();
        for entry in entries {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) if metadata.is_file() => {
                    documents += 1;
                    bytes += metadata.len();
                }
                _ => {}
            }
        }
    }
    let existing = folder.ancestors().find(|folder| folder.is_dir());
    Cache {
        folder: folder.to_owned(),
        documents,
        bytes,
        writable: existing.is_some_and(|folder| tempfile::tempfile_in(folder).is_ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_the_environment_are_not_told() {
        let set = [
            ("COMPOSER_AUTH", "{\"bearer\": {\"a.test\": \"hoopoe\"}}"),
            ("MAGESHIFT_DB_PASSWORD", "hoopoe"),
            ("https_proxy", "http://me:hoopoe@proxy.test:3128"),
            ("HTTP_PROXY", "me:hoo@poe@proxy.test:3128"),
            ("COMPOSER_HOME", "/home/me/.composer"),
            ("SHELL", "/bin/hoopoe"),
        ];
        let found = environment(
            set.map(|(name, value)| (name.into(), value.into()))
                .into_iter(),
        );
        let shown = found
            .iter()
            .map(|variable| (variable.name.as_str(), variable.value.as_deref()));
        assert_eq!(
            shown.collect::<Vec<_>>(),
            [
                ("COMPOSER_AUTH", None),
                ("COMPOSER_HOME", Some("/home/me/.composer")),
                ("HTTP_PROXY", Some("***@proxy.test:3128")),
                ("MAGESHIFT_DB_PASSWORD", None),
                ("https_proxy", Some("http://***@proxy.test:3128")),
            ]
        );
    }

    #[test]
    fn a_cache_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let of = |path: &Path| {
            let cache = cache(path);
            (cache.documents, cache.bytes, cache.writable)
        };
        assert_eq!(of(&folder.path().join("not/there")), (0, 0, true));
        std::fs::create_dir(folder.path().join("repositories")).unwrap();
        std::fs::write(folder.path().join("repositories/a"), "12345").unwrap();
        assert_eq!(of(folder.path()), (1, 5, true));
    }
}
