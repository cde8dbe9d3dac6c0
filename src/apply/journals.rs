//! The journals of a store: what can be undone, whether a run was cut off, and the lock that all writing takes.

use super::disk::{Attributes, Dir, Disk};
use super::error::{ApplyError, failed};
use super::journal::{Folder, Record, State, Verdict};
use super::locked::{Locked, folders, own_directory};
use super::own::{self, FOLDER, JOURNAL, LOCK, STAGED};
use crate::preview::Masker;
use std::ffi::OsStr;
use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};

/// How often, and after which pauses, a lock that somebody else holds is tried again.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(25);

/// The journals of one store, and all that writes to it.
pub struct Journals {
    /// Canonical.
    pub(super) store: PathBuf,
    /// The same, open.
    pub(super) dir: Dir,
    /// Told of each change on disk: see [`Journals::watched`].
    pub(super) watch: Box<dyn Fn(&'static str)>,
    /// Asked before each change on disk: see [`Journals::hindered`].
    pub(super) hinder: Box<dyn Fn(&'static str) -> io::Result<()>>,
    /// Hides what a journal must not tell: URLs' secrets always, and those it was given by [`Journals::masked`].
    pub(super) masker: Masker,
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
    pub(super) fn folders(&self) -> Result<Vec<Folder>, ApplyError> {
        let Some(own) = own::child(&self.dir, OsStr::new(FOLDER), &self.dir)? else {
            return Ok(Vec::new());
        };
        match own::child(&own, OsStr::new(JOURNAL), &self.dir)? {
            Some(journals) => folders(&journals, &self.dir),
            None => Ok(Vec::new()),
        }
    }

    /// Creates the folder when it is not there, takes the lock, and clears away what cut-off runs left behind.
    pub(super) fn lock(&self) -> Result<Locked<'_>, ApplyError> {
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
