//! Why a plan could not be applied or undone.

use std::io;
use std::path::{Path, PathBuf};

/// What stopped an apply or an undo. Unless the variant says otherwise, no file of the store was changed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plan holds blockers; their titles.
    #[error("the plan is blocked: {}", .0.join("; "))]
    Blocked(Vec<String>),
    /// The plan was saved by a program that writes another schema. Plans are not converted.
    #[error(
        "the plan has schema {found}, this program writes and reads schema {}",
        crate::plan::SCHEMA
    )]
    Schema {
        /// The schema that the plan states.
        found: u32,
    },
    /// An edit has a hash for the new text, but no text: the document is a preview.
    #[error("the plan does not hold the new text of `{path}`")]
    NotSaved {
        /// Of the edit, relative to the store, with `/`.
        path: String,
    },
    /// The new text is not the one the plan's hash was made from.
    #[error("the new text of `{path}` does not match the plan's own checksum")]
    Corrupt {
        /// Of the edit, relative to the store, with `/`.
        path: String,
    },
    /// An edit names a place that no plan may write: outside the store, in a reserved folder, no plain file, or twice.
    #[error("`{path}` is not written: {reason}")]
    UnsafePath {
        /// As the plan has it.
        path: String,
        /// Why not, a clause without a full stop.
        reason: &'static str,
    },
    /// Files are not the ones the plan was made from.
    #[error("changed since the plan was made: {}", names(.0))]
    Stale(Vec<String>),
    /// Another process holds the lock.
    #[error("another mageshift is writing to {}", .store.display())]
    Busy {
        /// Canonical.
        store: PathBuf,
    },
    /// An apply or undo was cut off, and some files are old while others are new.
    #[error("an earlier run was cut off in {}: {} may not belong with the other files", .store.display(), names(.paths))]
    Unfinished {
        /// Canonical.
        store: PathBuf,
        /// Relative to the store: the files that keep the others from being all old or all new.
        paths: Vec<String>,
    },
    /// The tool's own folder in the store, or something in it, was not made by who may make it.
    #[error("{} is not used: {reason}", .path.display())]
    NotOwn {
        /// Of the folder or file that is not trusted, absolute.
        path: PathBuf,
        /// Whose it is or what it is instead, a clause without a full stop.
        reason: String,
    },
    /// The store has no journal that counts.
    #[error("there is nothing to undo in {}", .store.display())]
    NothingToUndo {
        /// Canonical.
        store: PathBuf,
    },
    /// Files were changed after the apply that is to be undone.
    #[error("changed since the plan was applied: {}", names(.0))]
    Changed(Vec<String>),
    /// The bytes that the journal keeps of an old file are not there, or not those that it has the digest of.
    #[error("the backup {} is missing or damaged", .path.display())]
    BackupDamaged {
        /// Of the backup in the journal's folder, absolute.
        path: PathBuf,
    },
    /// A `journal.json` is not valid, or was written by a version that this one does not understand.
    #[error("the journal {} cannot be read", .path.display())]
    Journal {
        /// Of the `journal.json`, absolute.
        path: PathBuf,
        /// What is wrong with it, and where.
        #[source]
        source: serde_json::Error,
    },
    /// The system refused to read or to change something.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// A verb: `read`, `write`, `rename`, …
        action: &'static str,
        /// What it was to be done to, absolute.
        path: PathBuf,
        /// The system's own error.
        #[source]
        source: io::Error,
    },
    /// An undo failed when some files were old again and others still new; it can be repeated.
    #[error("{source}; some files are as they were before, others are not yet")]
    HalfUndone {
        /// Why it stopped.
        source: Box<ApplyError>,
    },
    /// A write failed, and so did taking back what had been written: some files are old and others new, until `undo`.
    #[error("{cause}; taking back what was written failed, too")]
    HalfWritten {
        /// Why the apply stopped.
        cause: Box<ApplyError>,
        /// Why the files that were in place already could not be put back.
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
