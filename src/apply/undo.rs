//! Taking an apply back.

use super::disk;
use super::error::ApplyError;
use super::journal::{Folder, Record, Standing, State};
use super::{FOLDER, Journals, Locked, folders, place};
use crate::plan::edit::sha256_hex;
use std::path::PathBuf;

/// What an undo did.
#[derive(Debug)]
pub struct Undone {
    /// The apply that was taken back.
    pub record: Record,
    /// Whether that apply, or an earlier undo of it, had been cut off.
    pub was_cut_off: bool,
    /// Copies of files that had been changed since, made because the undo was forced.
    pub kept: Vec<PathBuf>,
}

impl Journals {
    /// Takes the newest apply back: the same bytes, modes and owners as before; files that did not exist are removed.
    /// After a run that was cut off, this is what puts the old files back.
    ///
    /// Fails with [`ApplyError::Changed`] when files were changed since, unless `force` is set: then they are copied
    /// into `.mageshift/kept` first.
    pub fn undo(&self, force: bool) -> Result<Undone, ApplyError> {
        if folders(&self.journals())?.is_empty() {
            return Err(ApplyError::NothingToUndo {
                store: self.store.clone(),
            });
        }
        let locked = self.lock()?;
        for folder in folders(&locked.journals)?.into_iter().rev() {
            if let Some(mut record) = folder.read()? {
                let was_cut_off = record.state != State::Applied;
                let kept = locked.keep_changed(&record, force)?;
                locked.restore(&folder, &mut record)?;
                return Ok(Undone {
                    record,
                    was_cut_off,
                    kept,
                });
            }
        }
        Err(ApplyError::NothingToUndo {
            store: self.store.clone(),
        })
    }
}

impl Locked<'_> {
    /// Copies the files that are neither old nor new to a folder of their own; without `force` there may be none.
    fn keep_changed(&self, record: &Record, force: bool) -> Result<Vec<PathBuf>, ApplyError> {
        let standings = record.standings(self.store)?;
        let changed = record
            .paths()
            .zip(standings)
            .filter(|(_, standing)| *standing == Standing::Other);
        let changed: Vec<String> = changed.map(|(path, _)| path.to_owned()).collect();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        if !force {
            return Err(ApplyError::Changed(changed));
        }
        let folder = self.store.join(FOLDER).join("kept");
        self.disk.create_directory(&folder, self.owner)?;
        let mut kept = Vec::new();
        for path in changed {
            // A file that is gone needs no copy.
            let Some(bytes) = disk::read(&place::resolve(self.store, &path)?)? else {
                continue;
            };
            let name = format!("{:04}-{}", record.id, path.replace('/', "+"));
            let copy = (0u32..)
                .map(|count| {
                    folder.join(if count == 0 {
                        name.clone()
                    } else {
                        format!("{name}.{count}")
                    })
                })
                .find(|copy| !copy.exists())
                .unwrap_or_else(|| folder.join(&name));
            self.disk.create(&copy, &bytes, self.owner.private())?;
            kept.push(copy);
        }
        self.disk.sync_directory(&folder)?;
        self.disk.sync_directory(&self.store.join(FOLDER))?;
        Ok(kept)
    }

    /// Puts the old files back, whatever is in their place, and forgets the journal.
    pub(super) fn restore(&self, folder: &Folder, record: &mut Record) -> Result<(), ApplyError> {
        // Everything is read before anything is written: a damaged backup must not leave half of it undone.
        let standings = record.standings(self.store)?;
        let mut places = Vec::new();
        for (index, (entry, standing)) in record.files.iter().zip(standings).enumerate() {
            let place = place::resolve(self.store, &entry.path)?;
            let bytes = match &entry.before {
                Some(before) => {
                    let path = folder.backup(index);
                    let bytes =
                        disk::read(&path)?.filter(|bytes| sha256_hex(bytes) == before.sha256);
                    Some((
                        bytes.ok_or(ApplyError::BackupDamaged { path })?,
                        before.attributes,
                    ))
                }
                None => None,
            };
            if standing != Standing::Old {
                places.push((place, bytes));
            }
        }
        record.state = State::Undoing;
        folder.save(record, &self.disk, self.owner)?;
        self.remove_staged(record)?;
        for (place, before) in &places {
            if let Some((bytes, attributes)) = before {
                self.disk
                    .create(&place::beside(place, record.id), bytes, *attributes)?;
            }
        }
        for (place, before) in &places {
            match before {
                Some(_) => self.disk.rename(&place::beside(place, record.id), place)?,
                None => self.disk.remove(place)?,
            }
        }
        self.sync_parents(places.iter().map(|(place, _)| place.as_path()))?;
        self.remove_directories(record)?;
        folder.discard(&self.disk)
    }
}
