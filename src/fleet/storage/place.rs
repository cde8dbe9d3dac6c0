//! What every place for results can do.

use std::fmt::Debug;
use std::path::PathBuf;

/// What something was when it was read, to be told apart from what it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version(pub(super) String);

/// What must be there for a document to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expected {
    /// Whatever.
    Anything,
    /// No document of that name.
    Nothing,
    /// What was read.
    This(Version),
}

/// What became of a document that was to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    /// The document is there, whole.
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
    /// What went wrong, in words, fit to be shown.
    pub what: String,
}

/// A place for documents.
pub(crate) trait Storage: Debug + Send + Sync {
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
