//! Taking an apply back.

use super::disk::{self, Attributes};
use super::error::{ApplyError, failed};
use super::journal::{Folder, Now, Record, Standing, State};
use super::journals::Journals;
use super::locked::{Locked, own_directory};
use super::place::{self, Spot};
use super::staging::{Move, Moved, Slot, Waits};
use crate::plan::checksum::sha256_hex;
use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;

/// The folder that takes copies of files that an undo replaces and that are neither old nor new.
const KEPT: &str = "kept";

/// What to do with a file that is neither the old one nor the new one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// It was kept, and is replaced.
    Replace,
    /// Somebody wrote it while files were put in place: it stays.
    Leave,
}

/// A file to put back.
struct Return<'r> {
    /// Of the file in the journal.
    index: usize,
    path: &'r str,
    spot: Spot,
    /// The old bytes; none removes the file.
    before: Option<(Vec<u8>, Attributes)>,
    /// Where they are until they are back.
    waits: Waits,
    /// What is there as far as it is known.
    now: &'r Option<Now>,
}

/// What an undo did.
#[derive(Debug)]
pub struct Undone {
    /// The apply that was taken back.
    pub record: Record,
    /// Whether that apply, or an earlier undo of it, had been cut off.
    pub was_cut_off: bool,
    /// Absolute paths of the copies of files that were neither old nor new when they were replaced: an undo by force was asked
    /// for, or somebody wrote them while it ran.
    pub kept: Vec<PathBuf>,
}

/// What an undo does to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The old file comes back.
    Back,
    /// It was not there before, so it goes.
    Gone,
    /// It is as it was already.
    AsBefore,
    /// Somebody has changed it since: it is replaced by force alone, and a copy is kept.
    Changed,
}

/// What an undo would do.
#[derive(Debug)]
pub struct Undoable {
    /// The apply that would be taken back.
    pub record: Record,
    /// Whether that apply, or an earlier undo of it, was cut off.
    pub was_cut_off: bool,
    /// Each file with what becomes of it.
    pub files: Vec<(String, Fate)>,
}

impl Journals {
    /// What [`Journals::undo`] would take back; none when there is nothing.
    pub fn undoable(&self) -> Result<Option<Undoable>, ApplyError> {
        for folder in self.folders()?.into_iter().rev() {
            let Some(record) = folder.read(&self.dir)? else {
                continue;
            };
            let standings = record.standings(&record.now(&self.dir, &self.store)?);
            let fate = |(path, standing): (&str, Standing)| {
                let fate = match standing {
                    Standing::Old => Fate::AsBefore,
                    Standing::Other => Fate::Changed,
                    Standing::New if record.had(path) => Fate::Back,
                    Standing::New => Fate::Gone,
                };
                (path.to_owned(), fate)
            };
            let files = record.paths().zip(standings).map(fate).collect();
            return Ok(Some(Undoable {
                was_cut_off: record.state != State::Applied,
                files,
                record,
            }));
        }
        Ok(None)
    }

    /// Takes the newest apply back: the same bytes, modes and owners as before; files that did not exist are removed.
    /// After a run that was cut off, this is what puts the old files back.
    ///
    /// Fails with [`ApplyError::Changed`] when files were changed since, unless `force` is set: then they are copied
    /// into `.mageshift/kept` first. Fails with [`ApplyError::HalfUndone`] when the disk failed and some files are old
    /// while others are new.
    pub fn undo(&self, force: bool) -> Result<Undone, ApplyError> {
        if self.folders()?.is_empty() {
            return Err(ApplyError::NothingToUndo {
                store: self.store.clone(),
            });
        }
        let locked = self.lock()?;
        for folder in locked.folders()?.into_iter().rev() {
            if let Some(record) = folder.read(&self.dir)? {
                let was_cut_off = record.state != State::Applied;
                let mut record = record;
                return match locked.undo(folder, &mut record, force) {
                    Ok(kept) => Ok(Undone {
                        record,
                        was_cut_off,
                        kept,
                    }),
                    Err(source @ ApplyError::Io { .. }) if locked.is_half_old(&record) => {
                        Err(ApplyError::HalfUndone {
                            source: Box::new(source),
                        })
                    }
                    Err(error) => Err(error),
                };
            }
        }
        Err(ApplyError::NothingToUndo {
            store: self.store.clone(),
        })
    }
}

impl Locked<'_> {
    /// Takes one apply back; the copies of files that had been changed since.
    fn undo(
        &self,
        folder: Folder,
        record: &mut Record,
        force: bool,
    ) -> Result<Vec<PathBuf>, ApplyError> {
        let now = record.now(self.dir, self.store)?;
        let mut kept = self.keep_changed(record, &now, force)?;
        kept.extend(self.restore(folder, record, &now, Others::Replace)?);
        Ok(kept)
    }

    /// Whether some files are known to be old, and some not to be.
    fn is_half_old(&self, record: &Record) -> bool {
        record.now(self.dir, self.store).is_ok_and(|now| {
            let standings = record.standings(&now);
            let is_old = |standing: &Standing| *standing == Standing::Old;
            standings.iter().any(is_old) && !standings.iter().all(is_old)
        })
    }

    /// Copies the files that are neither old nor new to a folder of their own; without `force` there may be none.
    fn keep_changed(
        &self,
        record: &Record,
        now: &[Option<Now>],
        force: bool,
    ) -> Result<Vec<PathBuf>, ApplyError> {
        let standings = record.standings(now);
        let changed = record
            .paths()
            .zip(standings)
            .filter(|(_, standing)| *standing == Standing::Other);
        let changed: Vec<&str> = changed.map(|(path, _)| path).collect();
        if !force && !changed.is_empty() {
            let changed = changed.into_iter().map(str::to_owned).collect();
            return Err(ApplyError::Changed(changed));
        }
        let mut kept = Vec::new();
        for path in changed {
            let place = place::resolve(self.store, path)?;
            let bytes = match Spot::find(self.dir, self.store, &place)? {
                Some(spot) => disk::read(&spot.dir, &spot.name)?,
                None => None,
            };
            // A file that is gone needs no copy.
            if let Some(bytes) = bytes {
                kept.push(self.keep(record, path, &bytes)?);
            }
        }
        Ok(kept)
    }

    /// Copies these bytes of a file to where nothing overwrites them; the copy's path.
    fn keep(&self, record: &Record, path: &str, bytes: &[u8]) -> Result<PathBuf, ApplyError> {
        let folder = own_directory(&self.own, KEPT, &self.disk, self.owner, self.dir)?;
        let base = format!("{:04}-{}", record.id, path.replace('/', "+"));
        let mut count = 0u32;
        loop {
            let name = if count == 0 {
                base.clone()
            } else {
                format!("{base}.{count}")
            };
            let name = OsStr::new(&name);
            match self.disk.create(&folder, name, bytes, self.owner.private()) {
                Err(ApplyError::Io { source, .. })
                    if source.kind() == io::ErrorKind::AlreadyExists =>
                {
                    count += 1;
                }
                created => {
                    created?;
                    self.disk.sync_directory(&folder)?;
                    self.disk.sync_directory(&self.own)?;
                    return Ok(folder.path(name));
                }
            }
        }
    }

    /// Puts the old files back, and forgets the journal. `now` are the files as they are known; what is
    /// found to be something else when it is replaced is kept, and its copy returned.
    pub(super) fn restore(
        &self,
        folder: Folder,
        record: &mut Record,
        now: &[Option<Now>],
        others: Others,
    ) -> Result<Vec<PathBuf>, ApplyError> {
        // Everything is read before anything is written: a damaged backup must not leave half of it undone.
        let mut backups = Vec::new();
        let standings = record.standings(now);
        for (index, (entry, standing)) in record.files.iter().zip(&standings).enumerate() {
            let place = place::resolve(self.store, &entry.path)?;
            let Some(before) = &entry.before else {
                backups.push((place, None));
                continue;
            };
            let name = Folder::backup(index);
            let bytes = disk::read(&folder.dir, OsStr::new(&name))?
                .filter(|bytes| sha256_hex(bytes) == before.sha256);
            let bytes = bytes.ok_or_else(|| ApplyError::BackupDamaged {
                path: folder.dir.path(OsStr::new(&name)),
            })?;
            let attributes = match (standing, Spot::find(self.dir, self.store, &place)?) {
                (Standing::Old, _) | (_, None) => None,
                (_, Some(spot)) => disk::read_with_attributes(&spot.dir, &spot.name)?,
            };
            let attributes = before
                .attributes
                .restorable(attributes.map(|(_, now)| now), self.owner);
            backups.push((place, Some((bytes, attributes))));
        }
        let stays = |standing: Standing| match standing {
            Standing::Old => true,
            Standing::New => false,
            Standing::Other => others == Others::Leave,
        };
        // Somebody may have removed the folder of a file that comes back.
        for ((place, before), standing) in backups.iter().zip(&standings) {
            if before.is_some() && !stays(*standing) {
                self.make_directories(place)?;
            }
        }
        record.state = State::Undoing;
        folder.save(record, &self.disk, self.owner)?;
        self.remove_staged(&folder, record)?;

        let mut places = Vec::new();
        let mut returns = Vec::new();
        for (index, (place, before)) in backups.into_iter().enumerate() {
            let stays = stays(standings[index]);
            // Without its directory a file that did not exist is gone already.
            let spot = match &before {
                Some(_) if !stays => Some(self.spot(&place)?),
                None if !stays => Spot::find(self.dir, self.store, &place)?,
                _ => None,
            };
            if let Some(spot) = spot {
                places.push(place);
                let mut slot = Slot::choose(&folder, index, &spot);
                if let Some((bytes, attributes)) = &before {
                    slot.fill(&self.disk, bytes, *attributes)?;
                }
                let waits = slot.waits();
                returns.push(Return {
                    index,
                    path: &record.files[index].path,
                    spot,
                    before,
                    waits,
                    now: &now[index],
                });
            }
        }
        let mut kept = Vec::new();
        for back in &returns {
            kept.extend(self.put_back(&folder, back, record)?);
        }
        drop(returns);
        self.sync_parents(places.iter().map(PathBuf::as_path))?;
        self.remove_directories(record)?;
        folder.discard(&self.journals, &self.disk)?;
        Ok(kept)
    }

    /// Puts one old file back; the copy of what was in its place, when that is not what is known to be there.
    fn put_back(
        &self,
        folder: &Folder,
        back: &Return,
        record: &Record,
    ) -> Result<Option<PathBuf>, ApplyError> {
        let Return { spot, path, .. } = back;
        let mut slot = Slot::new(folder, back.index, spot, back.waits);
        let before = back.before.as_ref();
        let before = before.map(|(bytes, attributes)| (bytes.as_slice(), *attributes));
        let how = match before {
            Some(_) => Move::Exchange,
            None => Move::Out,
        };
        let mut moved = slot.shift(&self.disk, how, before)?;
        if moved == Moved::Gone && before.is_some() {
            moved = slot.shift(&self.disk, Move::In, before)?;
            if moved == Moved::Seen {
                return Ok(None);
            }
        }
        match moved {
            Moved::Seen => {}
            // Nothing was there, or the system had no way to look at what went.
            Moved::Gone | Moved::Unseen => return Ok(None),
            Moved::Taken => {
                let taken = io::ErrorKind::AlreadyExists.into();
                return Err(failed("replace", &spot.dir.path(&spot.name))(taken));
            }
        }
        let found = disk::read(slot.dir(), &slot.name())?;
        let kept = match found {
            Some(bytes)
                if back.now.as_ref().map(|now| &now.sha256) != Some(&sha256_hex(&bytes)) =>
            {
                Some(self.keep(record, path, &bytes)?)
            }
            _ => None,
        };
        slot.clear(&self.disk)?;
        Ok(kept)
    }
}
