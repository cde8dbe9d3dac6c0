//! The journal: what one apply did, with the bytes that were there before.
//!
//! A journal is a folder `.mageshift/journal/0001`: `before-0`, `before-1`, … hold the old bytes of the files in order,
//! `journal.json` the rest. It counts from the moment `journal.json` is there, and no longer counts when that is gone.

use super::disk::{self, Attributes, Disk};
use super::error::ApplyError;
use super::place;
use crate::plan::edit::sha256_hex;
use crate::plan::{Plan, Side};
use crate::preview::{Masker, shown_side};
use crate::project::config_php::{CONFIG_PHP, meaning};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// New files are being put in place.
    Applying,
    /// All new files are in place.
    Applied,
    /// Old files are being put back.
    Undoing,
}

/// One file before the apply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Before {
    pub(super) sha256: String,
    #[serde(flatten)]
    pub(super) attributes: Attributes,
}

/// One file of a journal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Relative to the store, with `/`.
    pub(super) path: String,
    /// None when the file did not exist.
    pub(super) before: Option<Before>,
    /// None when the file was removed.
    pub(super) after_sha256: Option<String>,
    /// Of what the new file says, when other programs write it anew without changing that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) after_meaning_sha256: Option<String>,
}

/// The digest of what a file says, for files that other programs write anew: `setup:upgrade` sorts the modules of
/// app/etc/config.php and drops comments. None for all other files, and for one that cannot be understood.
pub(super) fn meaning_sha256(path: &str, bytes: &[u8]) -> Option<String> {
    if path != CONFIG_PHP {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    meaning(text).map(|meaning| sha256_hex(meaning.as_bytes()))
}

/// What one apply did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    schema: u32,
    /// Counts up in each store.
    pub id: u32,
    pub(super) state: State,
    /// Seconds since 1970, UTC.
    pub applied_at: u64,
    pub source: Side,
    pub target: Side,
    pub(super) files: Vec<Entry>,
    /// The directories that were made for them, relative to the store, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) directories: Vec<PathBuf>,
}

/// What is at a file's place now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Old,
    /// The new one, or one that says the same.
    New,
    /// Neither: somebody else wrote it.
    Other,
}

/// What the files of a journal are, taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Old,
    New,
    /// Some old, some new, or some that are neither; the paths that keep it from being old.
    Mixed(Vec<String>),
}

impl Record {
    pub(super) fn new(
        id: u32,
        plan: &Plan,
        masker: &Masker,
        files: Vec<Entry>,
        directories: Vec<PathBuf>,
    ) -> Self {
        let now = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Self {
            schema: 1,
            id,
            state: State::Applying,
            applied_at: now.as_secs(),
            source: shown_side(&plan.source, masker),
            target: shown_side(&plan.target, masker),
            files,
            directories,
        }
    }

    /// The files, relative to the store.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|entry| entry.path.as_str())
    }

    /// Compares each file with what it was before the apply and after it.
    pub(super) fn standings(&self, store: &Path) -> Result<Vec<Standing>, ApplyError> {
        self.files
            .iter()
            .map(|entry| {
                let bytes = disk::read(&place::resolve(store, &entry.path)?)?;
                let now = bytes.as_deref().map(sha256_hex);
                let means_the_same = || {
                    let meaning = meaning_sha256(&entry.path, bytes.as_deref()?);
                    meaning.filter(|meaning| Some(meaning) == entry.after_meaning_sha256.as_ref())
                };
                Ok(
                    if now.as_deref() == entry.before.as_ref().map(|before| before.sha256.as_str())
                    {
                        Standing::Old
                    } else if now == entry.after_sha256 || means_the_same().is_some() {
                        Standing::New
                    } else {
                        Standing::Other
                    },
                )
            })
            .collect()
    }

    pub(super) fn verdict(&self, store: &Path) -> Result<Verdict, ApplyError> {
        let standings = self.standings(store)?;
        let all = |wanted| standings.iter().all(|&standing| standing == wanted);
        Ok(if all(Standing::Old) {
            Verdict::Old
        } else if all(Standing::New) {
            Verdict::New
        } else {
            let differ = self
                .paths()
                .zip(&standings)
                .filter(|&(_, &standing)| standing != Standing::Old);
            Verdict::Mixed(differ.map(|(path, _)| path.to_owned()).collect())
        })
    }
}

/// The folder of one journal.
#[derive(Debug, Clone)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(journals: &Path, id: u32) -> Self {
        Self(journals.join(format!("{id:04}")))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    pub(super) fn backup(&self, index: usize) -> PathBuf {
        self.0.join(format!("before-{index}"))
    }

    fn document(&self) -> PathBuf {
        self.0.join("journal.json")
    }

    /// The record, or none for a folder that does not count.
    pub(super) fn read(&self) -> Result<Option<Record>, ApplyError> {
        let path = self.document();
        let Some(bytes) = disk::read(&path)? else {
            return Ok(None);
        };
        serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|source| ApplyError::Journal { path, source })
    }

    /// Writes the record over the former one, in one step.
    pub(super) fn save(
        &self,
        record: &Record,
        disk: &Disk,
        owner: Attributes,
    ) -> Result<(), ApplyError> {
        let path = self.document();
        let text = serde_json::to_vec_pretty(record).map_err(|source| ApplyError::Journal {
            path: path.clone(),
            source,
        })?;
        let new = self.0.join("journal.json.new");
        disk.remove(&new)?;
        disk.create(&new, &text, owner.private())?;
        disk.rename(&new, &path)?;
        disk.sync_directory(&self.0)
    }

    /// Makes the journal count no longer, then removes it.
    pub(super) fn discard(&self, disk: &Disk) -> Result<(), ApplyError> {
        if self.0.is_dir() {
            disk.remove(&self.document())?;
            disk.sync_directory(&self.0)?;
        }
        disk.remove_directory(&self.0)
    }
}
