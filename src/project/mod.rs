//! A store on disk, read once and then left alone.

pub mod config_php;
pub mod env_php;
mod error;
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

pub use error::ProjectError;
pub use root_files::{LOCK, ROOT};

use composer_engine::files as disk;
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::lock::Lock;
use composer_engine::repository::{Options, RepositoryError, RepositorySet};
use root_files::RootFiles;
use serde_json::Value;
use services::Services;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store_files::{DiskFiles, StoreFiles};

/// The lock of a store.
#[derive(Debug, Clone)]
pub enum LockFile {
    /// There is none.
    Missing,
    /// There is a file, but it locks nothing: 0 bytes, or `{}`.
    Empty {
        /// As it is on disk, to be compared when the plan is applied.
        text: String,
    },
    /// It locks packages.
    Present {
        /// As it is on disk.
        text: String,
        /// The same, read.
        lock: Lock,
    },
}

/// A store: its root, its lock and what it runs on, as they were when they were read.
#[derive(Debug, Clone)]
pub struct Project {
    /// The folder, as it was named.
    pub dir: PathBuf,
    /// Everything in it.
    pub store: Arc<dyn StoreFiles>,
    /// Where root and lock were read.
    pub files: RootFiles,
    /// The root as text and as data, never without one: a folder without a root is no store.
    pub root: JsonDocument,
    /// The lock beside it.
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
        let root = match JsonDocument::parse(text) {
            Ok(root) if root.value().is_object() => root,
            Ok(_) => return Err(ProjectError::RootNotAnObject(path)),
            Err(error) => return Err(ProjectError::InvalidRoot { path, error }),
        };
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

    /// Likewise, while those of the project's own root are opened, too, as they are going to be needed.
    pub fn repositories_before_own(
        &self,
        root: &Value,
        options: &Options,
    ) -> Result<RepositorySet, RepositoryError> {
        RepositorySet::open_with(root, Some(self.root.value()), &self.dir, options)
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
