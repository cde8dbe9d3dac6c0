//! A store on disk, read once and then left alone.

pub mod config_php;
pub mod env_php;
pub(crate) mod git;
pub(crate) mod modules;
pub mod patch_file;
mod php_array;
pub(crate) mod php_classes;
pub mod root_files;
pub mod scan;
pub(crate) mod services;
pub mod site;
pub(crate) mod standing;
pub mod store_files;
pub(crate) mod yaml;

use composer_engine::files::{self as disk, FileError};
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::json::error::JsonError;
use composer_engine::format::lock::{Lock, LockError};
use composer_engine::repository::{Options, RepositoryError, RepositorySet};
use root_files::RootFiles;
use serde_json::Value;
use services::Services;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store_files::{DiskFiles, StoreFiles};

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
    /// The file that `COMPOSER` names is not there.
    #[error("COMPOSER names {root}, and there is no such file in {}", .dir.display())]
    NoNamedRoot { root: String, dir: PathBuf },
    /// What the variable holds.
    #[error("COMPOSER={0} names a folder, and Composer wants a file there")]
    RootIsFolder(String),
    /// What the variable holds.
    #[error(
        "COMPOSER={0} names a file outside of the store, and mageshift works in the store's folder only"
    )]
    RootOutside(String),
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
                "Run the command in the folder of a store, name one with `-d DIR`, or make one with `mageshift new`"
            }
            ProjectError::File(error) => error.hint(),
            ProjectError::NoNamedRoot { .. } => {
                "The name counts from the store's folder. Correct it, or unset COMPOSER (`env -u COMPOSER mageshift …`)"
            }
            ProjectError::RootIsFolder(_) => {
                "Let it name the composer.json there, or unset COMPOSER (`env -u COMPOSER mageshift …`)"
            }
            ProjectError::RootOutside(_) => {
                "Name the folder of that file with --working-dir, or unset COMPOSER (`env -u COMPOSER mageshift …`)"
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
    /// Everything in it.
    pub store: Arc<dyn StoreFiles>,
    /// Where root and lock were read.
    pub files: RootFiles,
    pub root: JsonDocument,
    pub lock: LockFile,
    /// The services that its configuration names.
    pub services: Services,
}

impl Project {
    /// Reads the store in a folder.
    pub fn read(dir: &Path) -> Result<Self, ProjectError> {
        let files = RootFiles::of(dir)?;
        scan::check_lists(dir)?;
        let path = dir.join(&files.root);
        let text = disk::text_if_there(&path, disk::CONFIGURATION)?.ok_or_else(|| {
            match files.is_usual() {
                true => ProjectError::NoRoot(dir.to_path_buf()),
                false => ProjectError::NoNamedRoot {
                    root: files.root.clone(),
                    dir: dir.to_path_buf(),
                },
            }
        })?;
        let root =
            JsonDocument::parse(text).map_err(|error| ProjectError::InvalidRoot { path, error })?;
        let path = dir.join(&files.lock);
        let lock = match disk::text_if_there(&path, disk::DATA)? {
            None => LockFile::Missing,
            Some(text) if text.trim().is_empty() => LockFile::Empty { text },
            Some(text) => match Lock::parse(&text) {
                Ok(lock) if lock.is_empty() => LockFile::Empty { text },
                Ok(lock) => LockFile::Present { text, lock },
                Err(error) => return Err(ProjectError::InvalidLock { path, error }),
            },
        };
        let store = DiskFiles::below(dir);
        Ok(Project {
            dir: dir.to_path_buf(),
            files,
            root,
            lock,
            services: Services::read(&store),
            store: Arc::new(store),
        })
    }

    /// The repositories of a root that lies in the store's folder, which packages in folders and archives are looked for from.
    pub fn repositories(
        &self,
        root: &Value,
        options: &Options,
    ) -> Result<RepositorySet, RepositoryError> {
        RepositorySet::open(root, &self.dir, options)
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
