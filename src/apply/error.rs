//! Why a plan could not be applied or undone.

use std::io;
use std::path::{Path, PathBuf};

/// What stopped an apply or an undo. Unless the variant says otherwise, no file of the store was changed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plan holds blockers; their titles.
    #[error("the plan is blocked: {}", .0.join("; "))]
    Blocked(Vec<String>),
    #[error(
        "the plan has schema {found}, this program writes and reads schema {}",
        crate::plan::SCHEMA
    )]
    Schema { found: u32 },
    /// An edit has a hash for the new text, but no text: the document is a preview.
    #[error("the plan does not hold the new text of `{path}`")]
    NotSaved { path: String },
    /// The new text is not the one the plan's hash was made from.
    #[error("the new text of `{path}` does not match the plan's own checksum")]
    Corrupt { path: String },
    #[error("`{path}` is not written: {reason}")]
    UnsafePath { path: String, reason: &'static str },
    /// Files are not the ones the plan was made from.
    #[error("changed since the plan was made: {}", names(.0))]
    Stale(Vec<String>),
    /// Another process holds the lock.
    #[error("another mageshift is writing to {}", .store.display())]
    Busy { store: PathBuf },
    /// An apply or undo was cut off, and some files are old while others are new.
    #[error("an earlier run was cut off in {}: {} may not belong with the other files", .store.display(), names(.paths))]
    Unfinished { store: PathBuf, paths: Vec<String> },
    /// The tool's own folder in the store, or something in it, was not made by who may make it.
    #[error("{} is not used: {reason}", .path.display())]
    NotOwn { path: PathBuf, reason: String },
    #[error("there is nothing to undo in {}", .store.display())]
    NothingToUndo { store: PathBuf },
    /// Files were changed after the apply that is to be undone.
    #[error("changed since the plan was applied: {}", names(.0))]
    Changed(Vec<String>),
    #[error("the backup {} is missing or damaged", .path.display())]
    BackupDamaged { path: PathBuf },
    #[error("the journal {} cannot be read", .path.display())]
    Journal {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// A verb: `read`, `write`, `rename`, …
        action: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// An undo failed when some files were old again and others still new; it can be repeated.
    #[error("{source}; some files are as they were before, others are not yet")]
    HalfUndone { source: Box<ApplyError> },
    /// A write failed, and so did taking back what had been written: some files are old and others new, until `undo`.
    #[error("{cause}; taking back what was written failed, too")]
    HalfWritten {
        cause: Box<ApplyError>,
        #[source]
        source: Box<ApplyError>,
    },
}

/// Adds what was attempted, on which file, to an I/O error: `.map_err(failed("read", path))`.
pub(super) fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> ApplyError {
    move |source| ApplyError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

fn names(paths: &[String]) -> String {
    paths
        .iter()
        .map(|path| format!("`{path}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
