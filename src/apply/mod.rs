//! Writes a plan's edits as one unit, and takes them back.
//!
//! A store has a folder `.mageshift`, which only its owner can read and git does not see. It holds the lock file and one
//! journal for each apply that was not undone. An apply goes so:
//!
//! 1. Every file is compared with the checksum in the plan; one difference, and nothing is written.
//! 2. The old bytes and a journal with the state `applying` are written.
//! 3. Every new file is written, in the journal's folder where that can be ([`staging`]), with the mode, the owner and the
//!    extended attributes of the old one.
//! 4. Every new file is renamed into its place.
//! 5. The journal's state becomes `applied`.
//!
//! Each step is on disk before the next one begins, so a run that is cut off anywhere leaves either the old files, or
//! the new files, or, between two renames, some of each together with a journal that says so. In that last case
//! everything that reads the store is told ([`Journals::check_finished`]), and [`Journals::undo`] puts the old files back.
//! Undo works the same way, with the state `undoing`, and can be cut off and repeated likewise.
//!
//! Two runs at a time are kept apart by a lock on the file, which ends with the process that holds it.
//! Hard links of a replaced file are not carried over, which [`foreseen`] tells while there is only a plan.
//!
//! A program that knows nothing of the lock may write a file in the moment before it is replaced. So the new file and
//! the old one change places, where the system can do that, and the old one is looked at before it goes.
//!
//! A store may be a stranger's: see [`own`] for whose journal counts, [`place`] for where nothing is written, and
//! [`dir`] for how links are kept out of it.

mod descend;
#[cfg(unix)]
mod dir;
#[cfg(not(unix))]
#[path = "dir_elsewhere.rs"]
mod dir;
mod disk;
mod error;
mod extended;
mod foresee;
mod journal;
mod kind;
mod own;
mod place;
mod single;
mod staging;
mod undo;
mod write;

pub use error::ApplyError;
pub use foresee::findings as foreseen;
pub use journal::Record;
pub use single::{Readers, write_file};
pub use undo::{Fate, Undoable, Undone};
pub use write::Outcome;

use crate::preview::Masker;
use dir::Dir;
pub(crate) use disk::Disk;
pub(crate) use single::write_by_way_of;

use disk::Attributes;
use error::failed;
use journal::{Folder, State, Verdict};
use kind::Kind;
use place::Spot;
use staging::{Slot, Waits};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// The folder in the store that holds the journals.
pub const FOLDER: &str = ".mageshift";

/// The folder in it that holds a folder for each journal.
const JOURNAL: &str = "journal";

/// The file in it that is locked while files are written.
const LOCK: &str = "lock";

/// A file in it that is written by itself and not in place yet.
const STAGED: &str = "staged";

/// How often, and after which pauses, a lock that somebody else holds is tried again.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(25);

/// The journals of one store, and all that writes to it.
pub struct Journals {
    /// Canonical.
    store: PathBuf,
    /// The same, open.
    dir: Dir,
    watch: Box<dyn Fn(&'static str)>,
    hinder: Box<dyn Fn(&'static str) -> io::Result<()>>,
    masker: Masker,
}

/// The right to write, while it is held.
struct Locked<'a> {
    /// The tool's own folder.
    own: Dir,
    journals: Dir,
    store: &'a Path,
    dir: &'a Dir,
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
        let dir = Dir::open(&store).map_err(failed("open", &store))?;
        Ok(Self {
            store,
            dir,
            watch: Box::new(|_| {}),
            hinder: Box::new(|_| Ok(())),
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

    /// Asks `hinder` before every single change on disk, by the name that it is told to [`Journals::watched`] under; an error
    /// of it is that of the change, which is not made. For tests of what a full or broken disk does.
    pub fn hindered(self, hinder: impl Fn(&'static str) -> io::Result<()> + 'static) -> Self {
        Self {
            hinder: Box::new(hinder),
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
        for folder in self.folders()? {
            if let Some(record) = folder.read(&self.dir)?
                && (record.state == State::Applied
                    || record.verdict(&self.dir, &self.store)? != Verdict::Old)
            {
                records.push(record);
            }
        }
        Ok(records)
    }

    /// Fails with [`ApplyError::Unfinished`] when a run was cut off so that old and new files stand side by side, and
    /// with [`ApplyError::Busy`] when they do because another process is writing just now. Everything that reads a
    /// store asks this first. A folder of somebody else does not count here.
    pub fn check_finished(&self) -> Result<(), ApplyError> {
        match self.mixed_paths() {
            Ok(None) | Err(ApplyError::NotOwn { .. }) => Ok(()),
            Ok(Some(paths)) if self.is_busy() => {
                drop(paths);
                Err(ApplyError::Busy {
                    store: self.store.clone(),
                })
            }
            Ok(Some(paths)) => Err(ApplyError::Unfinished {
                store: self.store.clone(),
                paths,
            }),
            Err(ApplyError::Io { source, .. })
                if source.kind() == io::ErrorKind::PermissionDenied =>
            {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the journals hold anything that [`Journals::undo`] takes back or clears away: a run was cut off before
    /// it put the first file in place.
    pub fn is_cut_off(&self) -> Result<bool, ApplyError> {
        for folder in self.folders()? {
            if folder
                .read(&self.dir)?
                .is_none_or(|record| record.state != State::Applied)
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether another process is writing just now.
    fn is_busy(&self) -> bool {
        let own = own::child(&self.dir, OsStr::new(FOLDER), &self.dir);
        let lock = own
            .ok()
            .flatten()
            .and_then(|own| own.file(OsStr::new(LOCK), false).ok());
        lock.is_some_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// The paths of an unfinished journal whose files are not all old or all new.
    fn mixed_paths(&self) -> Result<Option<Vec<String>>, ApplyError> {
        for folder in self.folders()? {
            if let Some(record) = folder.read(&self.dir)?
                && record.state != State::Applied
                && let Verdict::Mixed(paths) = record.verdict(&self.dir, &self.store)?
            {
                return Ok(Some(paths));
            }
        }
        Ok(None)
    }

    /// The folders of all journals, by rising number, those that do not count included.
    fn folders(&self) -> Result<Vec<Folder>, ApplyError> {
        let Some(own) = own::child(&self.dir, OsStr::new(FOLDER), &self.dir)? else {
            return Ok(Vec::new());
        };
        match own::child(&own, OsStr::new(JOURNAL), &self.dir)? {
            Some(journals) => folders(&journals, &self.dir),
            None => Ok(Vec::new()),
        }
    }

    /// Creates the folder when it is not there, takes the lock, and clears away what cut-off runs left behind.
    fn lock(&self) -> Result<Locked<'_>, ApplyError> {
        let disk = Disk {
            watch: &*self.watch,
            hinder: &*self.hinder,
        };
        let metadata = self.dir.metadata().map_err(failed("read", &self.store))?;
        let owner = Attributes::of(&metadata);
        let own = own_directory(&self.dir, FOLDER, &disk, owner, &self.dir)?;
        // The store may be served by a web server or committed as a whole; this folder must be neither.
        for (name, text) in [
            (".gitignore", "*\n"),
            (".htaccess", "Require all denied\n"),
            (LOCK, ""),
        ] {
            match disk.create(&own, OsStr::new(name), text.as_bytes(), owner.private()) {
                Err(ApplyError::Io { source, .. })
                    if source.kind() == io::ErrorKind::AlreadyExists => {}
                created => created?,
            }
        }
        let path = own.path(OsStr::new(LOCK));
        let lock = own
            .file(OsStr::new(LOCK), true)
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
        let journals = own_directory(&own, JOURNAL, &disk, owner, &self.dir)?;
        disk.sync_directory(&own)?;
        disk.sync_directory(&self.dir)?;
        let locked = Locked {
            own,
            journals,
            store: &self.store,
            dir: &self.dir,
            disk,
            masker: &self.masker,
            owner,
            lock,
        };
        // Of a single file that was not put in place.
        locked.disk.remove(&locked.own, OsStr::new(STAGED))?;
        locked.clear_fragments()?;
        Ok(locked)
    }
}

/// Opens a directory of the tool's own, made when it is not there.
fn own_directory(
    parent: &Dir,
    name: &str,
    disk: &Disk,
    owner: Attributes,
    store: &Dir,
) -> Result<Dir, ApplyError> {
    let name = OsStr::new(name);
    disk.create_directory(parent, name, owner)?;
    own::child(parent, name, store)?
        .ok_or_else(|| failed("open", &parent.path(name))(io::ErrorKind::NotFound.into()))
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
        for folder in self.folders()? {
            if folder.read(self.dir)?.is_none() {
                folder.discard(&self.journals, &self.disk)?;
            }
        }
        Ok(())
    }

    fn folders(&self) -> Result<Vec<Folder>, ApplyError> {
        folders(&self.journals, self.dir)
    }

    /// Brings cut-off runs whose files are all old or all new to their end; fails for one with some of each.
    fn settle(&self) -> Result<(), ApplyError> {
        for folder in self.folders()? {
            let Some(mut record) = folder.read(self.dir)? else {
                continue;
            };
            if record.state == State::Applied {
                continue;
            }
            match record.verdict(self.dir, self.store)? {
                Verdict::Mixed(paths) => {
                    return Err(ApplyError::Unfinished {
                        store: self.store.to_owned(),
                        paths,
                    });
                }
                Verdict::Old => self.discard(folder, &record)?,
                Verdict::New => {
                    self.remove_staged(&folder, &record)?;
                    record.state = State::Applied;
                    folder.save(&record, &self.disk, self.owner)?;
                }
            }
        }
        Ok(())
    }

    /// Forgets an apply of which nothing is in place.
    fn discard(&self, folder: Folder, record: &Record) -> Result<(), ApplyError> {
        self.remove_staged(&folder, record)?;
        self.remove_directories(record)?;
        folder.discard(&self.journals, &self.disk)
    }

    /// Removes the directories that were made for new files, as far as nothing else is in them. Others that the journal
    /// may name are none of it.
    fn remove_directories(&self, record: &Record) -> Result<(), ApplyError> {
        let mut made = BTreeSet::new();
        for entry in record.files.iter().filter(|entry| entry.before.is_none()) {
            let place = place::resolve(self.store, &entry.path)?;
            let above = place.ancestors().skip(1);
            made.extend(
                above
                    .take_while(|above| *above != self.store)
                    .map(Path::to_path_buf),
            );
        }
        for directory in record.directories.iter().rev() {
            let directory = self.store.join(directory);
            if made.contains(&directory)
                && let Some(spot) = Spot::find(self.dir, self.store, &directory)?
            {
                self.disk.remove_empty_directory(&spot.dir, &spot.name)?;
            }
        }
        Ok(())
    }

    /// Removes the new or old files that were written and not put in their place.
    fn remove_staged(&self, folder: &Folder, record: &Record) -> Result<(), ApplyError> {
        for (index, path) in record.paths().enumerate() {
            let name = Folder::staged(index);
            self.disk.remove(&folder.dir, OsStr::new(&name))?;
            let place = place::resolve(self.store, path)?;
            if let Some(spot) = Spot::find(self.dir, self.store, &place)? {
                Slot::new(folder, index, &spot, Waits::Beside).clear(&self.disk)?;
            }
        }
        Ok(())
    }

    /// The open directory of a place, which must be there.
    fn spot(&self, place: &Path) -> Result<Spot, ApplyError> {
        Spot::open(self.dir, self.store, place)
    }

    /// Makes the names in the directories of these files durable.
    fn sync_parents<'p>(&self, places: impl Iterator<Item = &'p Path>) -> Result<(), ApplyError> {
        let parents: BTreeSet<&Path> = places.filter_map(Path::parent).collect();
        for parent in parents {
            let relative = parent.strip_prefix(self.store).unwrap_or(Path::new(""));
            let dir = self.dir.descend(relative).map_err(failed("open", parent))?;
            self.disk.sync_directory(&dir)?;
        }
        Ok(())
    }
}

/// The folders of all journals, by rising number, those that do not count included.
fn folders(journals: &Dir, store: &Dir) -> Result<Vec<Folder>, ApplyError> {
    numbers(journals)?
        .into_iter()
        .map(|id| Folder::open(journals, id, store))
        .collect()
}

/// The numbers of all journals, rising. Names that no journal has are left alone.
fn numbers(journals: &Dir) -> Result<Vec<u32>, ApplyError> {
    let names = journals
        .names()
        .map_err(failed("read", journals.own_path()))?;
    let mut numbers: Vec<u32> = names
        .iter()
        .filter_map(|name| name.to_str())
        .filter_map(|name| Some((name, name.parse::<u32>().ok()?)))
        .filter(|(name, id)| Folder::name(*id) == *name)
        .map(|(_, id)| id)
        .collect();
    numbers.sort_unstable();
    Ok(numbers)
}
