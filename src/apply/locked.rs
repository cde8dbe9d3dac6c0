//! The right to write to a store, and what is done with it whatever is written.

use super::disk::{Attributes, Dir, Disk};
use super::error::{ApplyError, failed};
use super::journal::{Folder, Record, State, Verdict};
use super::own;
use super::place::{self, Spot};
use super::staging::{Slot, Waits};
use crate::preview::Masker;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs::File;
use std::io;
use std::path::Path;

/// The right to write, while it is held.
pub(super) struct Locked<'a> {
    /// The tool's own folder.
    pub(super) own: Dir,
    /// The folder in it with a folder for each journal.
    pub(super) journals: Dir,
    /// The store's own path, canonical.
    pub(super) store: &'a Path,
    /// The same, open.
    pub(super) dir: &'a Dir,
    /// All changes go through it.
    pub(super) disk: Disk<'a>,
    /// For what a journal tells people.
    pub(super) masker: &'a Masker,
    /// Of the store's own folder.
    pub(super) owner: Attributes,
    /// Locked as long as this is open.
    pub(super) lock: File,
}

/// Opens a directory of the tool's own, made when it is not there.
pub(super) fn own_directory(
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
    pub(super) fn clear_fragments(&self) -> Result<(), ApplyError> {
        for folder in self.folders()? {
            if folder.read(self.dir)?.is_none() {
                folder.discard(&self.journals, &self.disk)?;
            }
        }
        Ok(())
    }

    /// The folders of all journals, by rising number, those that do not count included.
    pub(super) fn folders(&self) -> Result<Vec<Folder>, ApplyError> {
        folders(&self.journals, self.dir)
    }

    /// Brings cut-off runs whose files are all old or all new to their end; fails for one with some of each.
    pub(super) fn settle(&self) -> Result<(), ApplyError> {
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
    pub(super) fn discard(&self, folder: Folder, record: &Record) -> Result<(), ApplyError> {
        self.remove_staged(&folder, record)?;
        self.remove_directories(record)?;
        folder.discard(&self.journals, &self.disk)
    }

    /// Removes the directories that were made for new files, as far as nothing else is in them. Others that the journal
    /// may name are none of it.
    pub(super) fn remove_directories(&self, record: &Record) -> Result<(), ApplyError> {
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
    pub(super) fn remove_staged(&self, folder: &Folder, record: &Record) -> Result<(), ApplyError> {
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
    pub(super) fn spot(&self, place: &Path) -> Result<Spot, ApplyError> {
        Spot::open(self.dir, self.store, place)
    }

    /// Makes the directories that a file at this place needs and that are not there.
    pub(super) fn make_directories(&self, place: &Path) -> Result<(), ApplyError> {
        place::missing_directories(self.store, place)
            .iter()
            .try_for_each(|directory| self.make_directory(directory))
    }

    /// Makes one directory, in one that is there.
    pub(super) fn make_directory(&self, directory: &Path) -> Result<(), ApplyError> {
        let spot = self.spot(directory)?;
        self.disk
            .create_open_directory(&spot.dir, &spot.name, self.owner)?;
        self.disk.sync_directory(&spot.dir)
    }

    /// Makes the names in the directories of these files durable.
    pub(super) fn sync_parents<'p>(
        &self,
        places: impl Iterator<Item = &'p Path>,
    ) -> Result<(), ApplyError> {
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
pub(super) fn folders(journals: &Dir, store: &Dir) -> Result<Vec<Folder>, ApplyError> {
    numbers(journals)?
        .into_iter()
        .map(|id| Folder::open(journals, id, store))
        .collect()
}

/// The numbers of all journals, rising. Names that no journal has are left alone.
pub(super) fn numbers(journals: &Dir) -> Result<Vec<u32>, ApplyError> {
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
