//! Where results lie: a folder, or an object store. Names are relative, with `/`; what is written is there whole or not at all.

#[cfg(feature = "cloud")]
mod cloud;
mod folder;

pub use folder::Folder;

use std::fmt::Debug;
use std::path::{Path, PathBuf};

/// What something was when it was read, to be told apart from what it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(pub(super) String);

/// What must be there for a document to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Whatever.
    Anything,
    Nothing,
    /// What was read.
    This(Version),
}

/// What became of a document that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    Written,
    /// Somebody else was there first; nothing was written.
    TooLate,
}

/// Why something was not read or written.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {what}")]
pub struct StorageError {
    /// Fit to be shown.
    pub place: String,
    pub what: String,
}

/// A place for documents.
pub trait Storage: Debug + Send + Sync {
    /// The bytes under a name, and which version they are; none when there is nothing.
    fn get(&self, name: &str) -> Result<Option<(Vec<u8>, Version)>, StorageError>;

    /// Writes a document whole, where what is expected to be there is.
    fn put(&self, name: &str, bytes: &[u8], expected: &Expected) -> Result<Put, StorageError>;

    /// The names that begin with `folder` and a slash, sorted.
    fn list(&self, folder: &str) -> Result<Vec<String>, StorageError>;

    /// As it is shown.
    fn shown(&self) -> String;

    /// The folder of this machine that it is, if it is one.
    fn folder(&self) -> Option<PathBuf> {
        None
    }
}

/// The place at an address: an object store (`s3://`, `gs://`, `az://`), or a folder. A folder is made where `is_made` says so.
pub fn open(place: &str, is_made: bool) -> Result<Box<dyn Storage>, StorageError> {
    if is_cloud(place) {
        return open_cloud(place);
    }
    let path = Path::new(place.strip_prefix("file://").unwrap_or(place));
    Ok(Box::new(match is_made {
        true => Folder::create(path)?,
        false => Folder::open(path)?,
    }))
}

/// Whether an address is one of an object store.
pub fn is_cloud(place: &str) -> bool {
    ["s3://", "gs://", "az://"]
        .iter()
        .any(|scheme| place.starts_with(scheme))
}

#[cfg(feature = "cloud")]
fn open_cloud(place: &str) -> Result<Box<dyn Storage>, StorageError> {
    match cloud::Cloud::open(place)? {
        Some(cloud) => Ok(Box::new(cloud)),
        None => Err(StorageError {
            place: place.to_owned(),
            what: "this is no address of an object store".to_owned(),
        }),
    }
}

#[cfg(not(feature = "cloud"))]
fn open_cloud(place: &str) -> Result<Box<dyn Storage>, StorageError> {
    Err(StorageError {
        place: place.to_owned(),
        what: "this mageshift was built without object stores; build it with `--features cloud`, or mount the bucket as a folder"
            .to_owned(),
    })
}
