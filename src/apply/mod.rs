//! Writes a plan's edits as one unit, and takes them back.
//!
//! A store has a folder `.mageshift`, which only its owner can read and git does not see. It holds the lock file and one
//! journal for each apply that was not undone. An apply goes so:
//!
//! 1. Every file is compared with the checksum in the plan; one difference, and nothing is written.
//! 2. The old bytes and a journal with the state `applying` are written.
//! 3. Every new file is written beside its place, with the mode and owner of the old one.
//! 4. Every new file is renamed into its place.
//! 5. The journal's state becomes `applied`.
//!
//! Each step is on disk before the next one begins, so a run that is cut off anywhere leaves either the old files, or
//! the new files, or, between two renames, some of each together with a journal that says so. In that last case
//! everything that reads the store is told ([`Journals::unfinished`]), and [`Journals::undo`] puts the old files back.
//! Undo works the same way, with the state `undoing`, and can be cut off and repeated likewise.
//!
//! Two runs at a time are kept apart by a lock on the file, which ends with the process that holds it.
//! Extended attributes and hard links of a replaced file are not carried over.

mod disk;
mod error;
mod journal;
mod place;
mod undo;
mod write;

pub use error::ApplyError;
pub use journal::Record;
pub use undo::Undone;
pub use write::Outcome;

use crate::files;
use crate::preview::Masker;
use disk::{Attributes, Disk};
use error::failed;
use journal::{Folder, State, Verdict};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The folder in the store that holds the journals.
pub const FOLDER: &str = ".mageshift";

/// How often, and after which pauses, a lock that somebody else holds is tried again.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(25);

/// The journals of one store, and all that writes to it.
pub struct Journals {
    /// Canonical.
    store: PathBuf,
    watch: Box<dyn Fn(&'static str)>,
    masker: Masker,
}

/// The right to write, while it is held.
struct Locked<'a> {
    journals: PathBuf,
    store: &'a Path,
    disk: Disk<'a>,
    masker: &'a Masker,
    /// Of the store's own folder.
    owner: Attributes,
    lock: File,
}

impl Journals {
    /// The journals of the store in this directory. Nothing is created until something is applied.
    pub fn open(store: &Path) -> Result<Self, ApplyError> {
        let store = store.canonicalize().map_err(failed("open", store))?;
        Ok(Self {
            store,
            watch: Box::new(|_| {}),
            masker: Masker::default(),
        })
    }

    /// Calls `watch` after every single change on disk, naming it: to see progress, or to cut a run off in a test.
    pub fn watched(self, watch: impl Fn(&'static str) + 'static) -> Self {
        Self {
            watch: Box::new(watch),
            ..self
        }
    }

    /// Hides these secrets, too, in what a journal tells people.
    pub fn masked(self, masker: Masker) -> Self {
        Self { masker, ..self }
    }

    /// What can be undone, oldest first.
    pub fn list(&self) -> Result<Vec<Record>, ApplyError> {
        let mut records = Vec::new();
        for folder in folders(&self.journals())? {
            if let Some(record) = folder.read()?
                && (record.state == State::Applied || record.verdict(&self.store)? != Verdict::Old)
            {
                records.push(record);
            }
        }
        Ok(records)
    }

    /// Fails with [`ApplyError::Unfinished`] when a run was cut off so that old and new files stand side by side, and
    /// with [`ApplyError::Busy`] when they do because another process is writing just now. Everything that reads a
    /// store asks this first. A folder of somebody else that cannot be read is taken as finished.
    pub fn check_finished(&self) -> Result<(), ApplyError> {
        match self.mixed_paths() {
            Ok(None) => Ok(()),
            Ok(Some(paths)) => {
                let lock = files::open(&self.store.join(FOLDER).join("lock"));
                if lock.is_ok_and(|lock| {
                    matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
                }) {
                    return Err(ApplyError::Busy {
                        store: self.store.clone(),
                    });
                }
                Err(ApplyError::Unfinished {
                    store: self.store.clone(),
                    paths,
                })
            }
            Err(ApplyError::Io { source, .. })
                if source.kind() == io::ErrorKind::PermissionDenied =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// The paths of an unfinished journal whose files are not all old or all new.
    fn mixed_paths(&self) -> Result<Option<Vec<String>>, ApplyError> {
        for folder in folders(&self.journals())? {
            if let Some(record) = folder.read()?
                && record.state != State::Applied
                && let Verdict::Mixed(paths) = record.verdict(&self.store)?
            {
                return Ok(Some(paths));
            }
        }
        Ok(None)
    }

    fn journals(&self) -> PathBuf {
        self.store.join(FOLDER).join("journal")
    }

    /// Creates the folder when it is not there, takes the lock, and clears away what cut-off runs left behind.
    fn lock(&self) -> Result<Locked<'_>, ApplyError> {
        let disk = Disk {
            watch: &*self.watch,
        };
        let metadata = fs::metadata(&self.store).map_err(failed("read", &self.store))?;
        let owner = Attributes::of(&metadata);
        let folder = self.store.join(FOLDER);
        disk.create_directory(&folder, owner)?;
        // The store may be served by a web server or committed as a whole; this folder must be neither.
        for (name, text) in [
            (".gitignore", "*\n"),
            (".htaccess", "Require all denied\n"),
            ("lock", ""),
        ] {
            let path = folder.join(name);
            match disk.create(&path, text.as_bytes(), owner.private()) {
                Err(ApplyError::Io { source, .. })
                    if source.kind() == io::ErrorKind::AlreadyExists => {}
                created => created?,
            }
        }
        let path = folder.join("lock");
        let lock = File::options()
            .write(true)
            .open(&path)
            .map_err(failed("open", &path))?;
        // A child process that is just being started may hold the lock for a moment.
        let mut taken = lock.try_lock();
        for _ in 0..LOCK_TRIES {
            if !matches!(taken, Err(TryLockError::WouldBlock)) {
                break;
            }
            std::thread::sleep(LOCK_PAUSE);
            taken = lock.try_lock();
        }
        match taken {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ApplyError::Busy {
                    store: self.store.clone(),
                });
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock", &path)(source)),
        }
        let journals = self.journals();
        disk.create_directory(&journals, owner)?;
        disk.sync_directory(&folder)?;
        disk.sync_directory(&self.store)?;
        let locked = Locked {
            journals,
            store: &self.store,
            disk,
            masker: &self.masker,
            owner,
            lock,
        };
        locked.clear_fragments()?;
        Ok(locked)
    }
}

impl Drop for Locked<'_> {
    /// Closing the file would do, were there no child process that another thread just forked and that has it open still.
    fn drop(&mut self) {
        // Without a lock to give back there is nothing to do.
        let _ = self.lock.unlock();
    }
}

impl Locked<'_> {
    /// Removes the folders of journals that do not count: they were cut off before anything else was written, or
    /// after everything else was.
    fn clear_fragments(&self) -> Result<(), ApplyError> {
        for folder in folders(&self.journals)? {
            if folder.read()?.is_none() {
                folder.discard(&self.disk)?;
            }
        }
        Ok(())
    }

    /// Brings cut-off runs whose files are all old or all new to their end; fails for one with some of each.
    fn settle(&self) -> Result<(), ApplyError> {
        for folder in folders(&self.journals)? {
            let Some(mut record) = folder.read()? else {
                continue;
            };
            if record.state == State::Applied {
                continue;
            }
            match record.verdict(self.store)? {
                Verdict::Mixed(paths) => {
                    return Err(ApplyError::Unfinished {
                        store: self.store.to_owned(),
                        paths,
                    });
                }
                Verdict::Old => self.discard(&folder, &record)?,
                Verdict::New => {
                    self.remove_staged(&record)?;
                    record.state = State::Applied;
                    folder.save(&record, &self.disk, self.owner)?;
                }
            }
        }
        Ok(())
    }

    /// Forgets an apply of which nothing is in place.
    fn discard(&self, folder: &Folder, record: &Record) -> Result<(), ApplyError> {
        self.remove_staged(record)?;
        self.remove_directories(record)?;
        folder.discard(&self.disk)
    }

    /// Removes the directories that were made for new files, as far as nothing else is in them.
    fn remove_directories(&self, record: &Record) -> Result<(), ApplyError> {
        for directory in record.directories.iter().rev() {
            self.disk
                .remove_empty_directory(&self.store.join(directory))?;
        }
        Ok(())
    }

    /// Removes the new or old files that were written beside their place and not put there.
    fn remove_staged(&self, record: &Record) -> Result<(), ApplyError> {
        for path in record.paths() {
            self.disk.remove(&place::beside(
                &place::resolve(self.store, path)?,
                record.id,
            ))?;
        }
        Ok(())
    }

    /// Makes the names in the directories of these files durable.
    fn sync_parents<'p>(&self, places: impl Iterator<Item = &'p Path>) -> Result<(), ApplyError> {
        let mut parents: Vec<&Path> = places.filter_map(Path::parent).collect();
        parents.sort_unstable();
        parents.dedup();
        parents
            .into_iter()
            .try_for_each(|parent| self.disk.sync_directory(parent))
    }
}

/// The folders of all journals, by rising number, those that do not count included.
fn folders(journals: &Path) -> Result<Vec<Folder>, ApplyError> {
    Ok(numbers(journals)?
        .into_iter()
        .map(|id| Folder::new(journals, id))
        .collect())
}

/// The numbers of all journals, rising.
fn numbers(journals: &Path) -> Result<Vec<u32>, ApplyError> {
    let entries = match fs::read_dir(journals) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed("read", journals)(error)),
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed("read", journals))?.file_name();
        numbers.extend(name.to_str().and_then(|name| name.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}
