//! A store on disk, read once and then left alone.

pub mod config_php;
pub mod env_php;
pub mod git;
pub mod modules;
pub mod patch_file;
mod php_array;
pub mod php_classes;
pub mod scan;
pub mod services;
pub mod yaml;

use composer_engine::files::{self, FileError};
use composer_engine::format::json_document::JsonDocument;
use composer_engine::format::json_error::JsonError;
use composer_engine::format::lock::{Lock, LockError};
use services::Services;
use std::path::{Path, PathBuf};

/// The name of the root's file.
pub const ROOT: &str = "composer.json";
/// The name of the lock's file.
pub const LOCK: &str = "composer.lock";

/// Why a folder cannot be used as a store.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    #[error("there is no {ROOT} in {}", .0.display())]
    NoRoot(PathBuf),
    #[error(transparent)]
    File(#[from] FileError),
    /// What the variable holds.
    #[error(
        "COMPOSER={0} tells Composer to read another file than {ROOT}, and mageshift reads {ROOT} only"
    )]
    OtherRoot(String),
    #[error("{} cannot be read: {error}", .path.display())]
    InvalidRoot { path: PathBuf, error: JsonError },
    #[error("{} cannot be read: {error}", .path.display())]
    InvalidLock { path: PathBuf, error: LockError },
}

impl ProjectError {
    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            ProjectError::NoRoot(_) => {
                "Run the command in the folder of a store, or name it with --working-dir"
            }
            ProjectError::File(error) => error.hint(),
            ProjectError::OtherRoot(_) => {
                "Put that file and its lock in the place of composer.json and composer.lock for the run, and unset COMPOSER (`env -u COMPOSER mageshift …`)"
            }
            ProjectError::InvalidRoot { .. } => {
                "Correct that line, or restore the file from version control"
            }
            ProjectError::InvalidLock { .. } => {
                "Restore the file from version control; or delete it, and the lock is made from nothing"
            }
        }
    }
}

/// The lock of a store.
#[derive(Debug, Clone)]
pub enum LockFile {
    /// There is none.
    Missing,
    /// There is a file, but it locks nothing: 0 bytes, or `{}`.
    Empty {
        text: String,
    },
    Present {
        text: String,
        lock: Lock,
    },
}

/// A store: its root, its lock and what it runs on, as they were when they were read.
#[derive(Debug, Clone)]
pub struct Project {
    pub dir: PathBuf,
    pub root: JsonDocument,
    pub lock: LockFile,
    /// The services that its configuration names.
    pub services: Services,
}

impl Project {
    /// Reads the store in a folder.
    pub fn read(dir: &Path) -> Result<Self, ProjectError> {
        check_variable(dir, std::env::var("COMPOSER").ok())?;
        scan::check_lists(dir)?;
        let path = dir.join(ROOT);
        let text = files::text_if_there(&path, files::CONFIGURATION)?
            .ok_or_else(|| ProjectError::NoRoot(dir.to_path_buf()))?;
        let root =
            JsonDocument::parse(text).map_err(|error| ProjectError::InvalidRoot { path, error })?;
        let path = dir.join(LOCK);
        let lock = match files::text_if_there(&path, files::DATA)? {
            None => LockFile::Missing,
            Some(text) if text.trim().is_empty() => LockFile::Empty { text },
            Some(text) => match Lock::parse(&text) {
                Ok(lock) if lock.is_empty() => LockFile::Empty { text },
                Ok(lock) => LockFile::Present { text, lock },
                Err(error) => return Err(ProjectError::InvalidLock { path, error }),
            },
        };
        Ok(Project {
            dir: dir.to_path_buf(),
            root,
            lock,
            services: Services::read(dir),
        })
    }

    /// The lock, if there is one that locks something.
    pub fn lock(&self) -> Option<&Lock> {
        match &self.lock {
            LockFile::Present { lock, .. } => Some(lock),
            LockFile::Missing | LockFile::Empty { .. } => None,
        }
    }

    /// The lock's text; none when there is no file.
    pub fn lock_text(&self) -> Option<&str> {
        match &self.lock {
            LockFile::Missing => None,
            LockFile::Empty { text } | LockFile::Present { text, .. } => Some(text),
        }
    }
}

/// Composer takes the root from `$COMPOSER` when it is set (`Factory::getComposerFile`). A plan for composer.json would not be
/// about the files that the next `composer install` reads.
fn check_variable(dir: &Path, value: Option<String>) -> Result<(), ProjectError> {
    let value = value.filter(|value| !value.trim().is_empty());
    let same = |value: &String| {
        let named = dir.join(value);
        let own = dir.join(ROOT);
        named == own
            || named
                .canonicalize()
                .is_ok_and(|named| own.canonicalize().is_ok_and(|own| named == own))
    };
    match value {
        Some(value) if !same(&value) => Err(ProjectError::OtherRoot(value)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_root_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(ROOT), "{}").unwrap();
        let check = |value: &str| check_variable(folder.path(), Some(value.to_owned()));
        let own = folder.path().join(ROOT).display().to_string();
        for same in ["", " ", ROOT, "./composer.json", &own] {
            check(same).unwrap();
        }
        check_variable(folder.path(), None).unwrap();
        let said = check("shop.json").unwrap_err().to_string();
        assert!(said.starts_with("COMPOSER=shop.json "), "{said}");
    }
}
