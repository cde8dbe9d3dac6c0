//! Why a folder cannot be used as a store, and what can be done about it.

use composer_engine::files::FileError;
use composer_engine::format::json::error::JsonError;
use composer_engine::format::lock::LockError;
use std::path::PathBuf;

/// Why a folder cannot be used as a store.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The folder, as it was named, has no composer.json.
    #[error("there is no composer.json in {}", .0.display())]
    NoRoot(PathBuf),
    /// A file that is there cannot be read, or its folder cannot be listed.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file that `COMPOSER` names is not there.
    #[error("COMPOSER names {root}, and there is no such file in {}", .dir.display())]
    NoNamedRoot {
        /// What the variable holds, relative to the store.
        root: String,
        /// The folder of the store, as it was named.
        dir: PathBuf,
    },
    /// What the variable holds.
    #[error("COMPOSER={0} names a folder, and Composer wants a file there")]
    RootIsFolder(String),
    /// What the variable holds.
    #[error(
        "COMPOSER={0} names a file outside of the store, and mageshift works in the store's folder only"
    )]
    RootOutside(String),
    /// The root is JSON, but no object.
    #[error("{} is not a JSON object", .0.display())]
    RootNotAnObject(PathBuf),
    /// The root is no JSON.
    #[error("{} cannot be read: {error}", .path.display())]
    InvalidRoot {
        /// The store's folder, as it was named, with the root's name.
        path: PathBuf,
        /// What is wrong, and in which line.
        error: JsonError,
    },
    /// The lock is no JSON, has conflict markers, or entries that are no packages.
    #[error("{} cannot be read: {error}", .path.display())]
    InvalidLock {
        /// The store's folder, as it was named, with the lock's name.
        path: PathBuf,
        /// What is wrong, and in which line or entry.
        error: LockError,
    },
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
            ProjectError::RootNotAnObject(_) => {
                "Its text begins with `{` and ends with `}`; restore the file from version control"
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
