//! The journal: what one apply did, with the bytes that were there before.
//!
//! A journal is a folder `.mageshift/journal/0001`: `before-0`, `before-1`, … hold the old bytes of the files in order,
//! `staged-0`, `staged-1`, … the new ones while they wait for their place, and `journal.json` the rest. It counts from the
//! moment `journal.json` is there, and no longer counts when that is gone.

use super::disk::{self, Attributes, Dir, Disk};
use super::error::{ApplyError, failed};
use super::own;
use super::place::{self, Spot};
use crate::plan::checksum::sha256_hex;
use crate::plan::{Plan, Side, Step};
use crate::preview::{Masker, shown_side, shown_step};
use crate::project::config_php::{CONFIG_PHP, meaning};
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

const DOCUMENT: &str = "journal.json";
const NEW_DOCUMENT: &str = "journal.json.new";

/// How journals are written by this program.
const SCHEMA: u32 = 1;

/// That a journal is written as this program writes them. No other one is read: taking back what is half understood could
/// lose a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
struct Schema;

impl From<Schema> for u32 {
    fn from(_: Schema) -> u32 {
        SCHEMA
    }
}

impl TryFrom<u32> for Schema {
    type Error = String;

    fn try_from(found: u32) -> Result<Self, String> {
        match found {
            SCHEMA => Ok(Schema),
            _ => Err(format!(
                "it has schema {found}, this program writes and reads schema {SCHEMA}; use the mageshift that applied the plan"
            )),
        }
    }
}

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
    /// Of the old bytes, in hexadecimal.
    pub(super) sha256: String,
    /// What the old file gets back, as far as a journal [may say so](Attributes::restorable).
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

/// What a file is just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Now {
    /// Of the bytes, in hexadecimal.
    pub(super) sha256: String,
    meaning_sha256: Option<String>,
}

/// What one apply did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    schema: Schema,
    /// Counts up in each store.
    pub id: u32,
    /// Written anew whenever the run gets further.
    pub(super) state: State,
    /// Seconds since 1970, UTC.
    pub applied_at: u64,
    /// What the store was before, masked.
    pub source: Side,
    /// What the plan makes of it, masked.
    pub target: Side,
    /// In the order of the plan's edits; the index in it names the files in the journal's folder.
    pub(super) files: Vec<Entry>,
    /// What was to be done by hand around it, fit to be shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// The directories that were made for them, relative to the store, outermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) directories: Vec<PathBuf>,
}

/// What is at a file's place now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The bytes from before the apply, or none when there was no file.
    Old,
    /// The new one, or one that says the same.
    New,
    /// Neither: somebody else wrote it.
    Other,
}

/// What the files of a journal are, taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// All are as before the apply: nothing of it is left to take back.
    Old,
    /// All are those that the apply put there, or say the same.
    New,
    /// Some old, some new, or some that are neither; the paths that keep it from being old.
    Mixed(Vec<String>),
}

impl Record {
    /// The record of an apply that begins now. What people are told of it is masked before it reaches the disk.
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
            schema: Schema,
            id,
            state: State::Applying,
            applied_at: now.as_secs(),
            source: shown_side(&plan.source, masker),
            target: shown_side(&plan.target, masker),
            files,
            steps: plan
                .steps
                .iter()
                .map(|step| shown_step(step, masker))
                .collect(),
            directories,
        }
    }

    /// The files, relative to the store.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.files.iter().map(|entry| entry.path.as_str())
    }

    /// Whether a file of this name was there before.
    pub fn had(&self, path: &str) -> bool {
        let mut entries = self.files.iter();
        entries.any(|entry| entry.path == path && entry.before.is_some())
    }

    /// Each file as it is now; none for one that is not there.
    pub(super) fn now(&self, store: &Dir, root: &Path) -> Result<Vec<Option<Now>>, ApplyError> {
        let now = |entry: &Entry| {
            let place = place::resolve(root, &entry.path)?;
            let bytes = match Spot::find(store, root, &place)? {
                Some(spot) => disk::read(&spot.dir, &spot.name)?,
                None => None,
            };
            Ok(bytes.map(|bytes| Now {
                sha256: sha256_hex(&bytes),
                meaning_sha256: meaning_sha256(&entry.path, &bytes),
            }))
        };
        self.files.iter().map(now).collect()
    }

    /// Compares each file with what it was before the apply and after it.
    pub(super) fn standings(&self, now: &[Option<Now>]) -> Vec<Standing> {
        let standing = |(entry, now): (&Entry, &Option<Now>)| {
            let sha256 = now.as_ref().map(|now| &now.sha256);
            let means_the_same = || {
                let meaning = now.as_ref()?.meaning_sha256.as_ref();
                meaning.filter(|meaning| Some(*meaning) == entry.after_meaning_sha256.as_ref())
            };
            if sha256 == entry.before.as_ref().map(|before| &before.sha256) {
                Standing::Old
            } else if sha256 == entry.after_sha256.as_ref() || means_the_same().is_some() {
                Standing::New
            } else {
                Standing::Other
            }
        };
        self.files.iter().zip(now).map(standing).collect()
    }

    /// Reads all its files and compares them. Fails when one cannot be read or lies where nothing is written.
    pub(super) fn verdict(&self, store: &Dir, root: &Path) -> Result<Verdict, ApplyError> {
        let standings = self.standings(&self.now(store, root)?);
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

/// The folder of one journal, open.
pub(super) struct Folder {
    /// Checked to be the tool's own.
    pub(super) dir: Dir,
    /// The number that the folder has as its name.
    pub(super) id: u32,
}

impl Folder {
    /// The name of a journal's folder.
    pub(super) fn name(id: u32) -> String {
        format!("{id:04}")
    }

    /// Opens the folder of this number. Fails with [`ApplyError::NotOwn`] when it is not to be trusted.
    pub(super) fn open(journals: &Dir, id: u32, store: &Dir) -> Result<Self, ApplyError> {
        let name = Self::name(id);
        let dir = own::child(journals, OsStr::new(&name), store)?;
        let dir = dir.ok_or_else(|| {
            failed("open", &journals.path(OsStr::new(&name)))(io::ErrorKind::NotFound.into())
        })?;
        Ok(Self { dir, id })
    }

    /// The name of the old bytes of the file at this index.
    pub(super) fn backup(index: usize) -> String {
        format!("before-{index}")
    }

    /// The name of the bytes that wait for the place of the file at this index.
    pub(super) fn staged(index: usize) -> String {
        format!("staged-{index}")
    }

    /// The record, or none for a folder that does not count.
    pub(super) fn read(&self, store: &Dir) -> Result<Option<Record>, ApplyError> {
        let path = self.dir.path(OsStr::new(DOCUMENT));
        let Some((bytes, attributes)) =
            disk::read_with_attributes(&self.dir, OsStr::new(DOCUMENT))?
        else {
            return Ok(None);
        };
        own::check(&path, attributes, store)?;
        match serde_json::from_slice::<Record>(&bytes) {
            // The number of the folder counts: it is what tells the journals apart.
            Ok(record) => Ok(Some(Record {
                id: self.id,
                ..record
            })),
            Err(source) => Err(ApplyError::Journal { path, source }),
        }
    }

    /// Writes the record over the former one, in one step.
    pub(super) fn save(
        &self,
        record: &Record,
        disk: &Disk,
        owner: Attributes,
    ) -> Result<(), ApplyError> {
        let (new, name) = (OsStr::new(NEW_DOCUMENT), OsStr::new(DOCUMENT));
        let text = serde_json::to_vec_pretty(record).map_err(|source| ApplyError::Journal {
            path: self.dir.path(name),
            source,
        })?;
        disk.remove(&self.dir, new)?;
        disk.create(&self.dir, new, &text, owner.private())?;
        disk.rename(&self.dir, new, name)?;
        disk.sync_directory(&self.dir)
    }

    /// Makes the journal count no longer, then removes it: the files that a journal has, and the folder when nothing
    /// else is in it.
    pub(super) fn discard(self, journals: &Dir, disk: &Disk) -> Result<(), ApplyError> {
        disk.remove(&self.dir, OsStr::new(DOCUMENT))?;
        disk.sync_directory(&self.dir)?;
        let names = self
            .dir
            .names()
            .map_err(failed("read", self.dir.own_path()))?;
        for name in names.iter().filter(|name| is_own_file(name)) {
            disk.remove(&self.dir, name)?;
        }
        let name = Self::name(self.id);
        drop(self.dir);
        disk.remove_empty_directory(journals, OsStr::new(&name))
    }
}

/// Whether a journal's folder has files of this name.
fn is_own_file(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let index = name.rsplit_once('-').map(|(_, index)| index);
    let index = index.and_then(|index| index.parse::<usize>().ok());
    name == NEW_DOCUMENT
        || index.is_some_and(|index| {
            [Folder::backup(index), Folder::staged(index)].contains(&name.to_owned())
        })
}
