//! Carrying out a plan.

use super::disk::extended::Extended;
use super::disk::{self, Attributes};
use super::error::{ApplyError, failed};
use super::journal::{Before, Entry, Folder, Record, State, meaning_sha256};
use super::journals::Journals;
use super::locked::{Locked, numbers};
use super::place::{self, Spot};
use super::staging::{Move, Moved, Slot, Waits};
use super::undo::Others;
use crate::plan::checksum::{Checksum, sha256_hex};
use crate::plan::{Edit, Plan, SCHEMA};
use std::collections::HashSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// What became of a plan.
#[derive(Debug)]
pub enum Outcome {
    /// All files are in place; the journal's record of it.
    Applied(Box<Record>),
    /// The files are what the plan wants already, or the plan wants nothing.
    Nothing,
}

/// An edit, checked against what is on disk.
struct Write<'a> {
    edit: &'a Edit,
    place: PathBuf,
    before: Option<(Vec<u8>, Attributes)>,
}

impl Journals {
    /// Fails where [`Journals::apply`] would before it writes anything.
    pub fn check(&self, plan: &Plan) -> Result<(), ApplyError> {
        self.ready(plan).map(drop)
    }

    /// Puts the new files of a saved plan in place, all or none. Fails, with nothing written, when the plan is
    /// blocked or incomplete, when it would write outside the store, when a file is not the one the plan was made
    /// from, and when an earlier run was cut off half-way.
    pub fn apply(&self, plan: &Plan) -> Result<Outcome, ApplyError> {
        if self.ready(plan)?.is_empty() {
            return Ok(Outcome::Nothing);
        }
        let locked = self.lock()?;
        locked.settle()?;
        // Once more, now that nobody else is writing.
        let writes = self.read_current(plan)?;
        if writes.is_empty() {
            return Ok(Outcome::Nothing);
        }
        locked
            .apply(plan, &writes)
            .map(|record| Outcome::Applied(Box::new(record)))
    }

    fn ready<'p>(&self, plan: &'p Plan) -> Result<Vec<Write<'p>>, ApplyError> {
        check(plan)?;
        self.check_finished()?;
        self.read_current(plan)
    }

    /// The edits to make with the files as they are now; none when the files are the new ones already.
    fn read_current<'p>(&self, plan: &'p Plan) -> Result<Vec<Write<'p>>, ApplyError> {
        let mut writes = Vec::new();
        let mut places = HashSet::new();
        let mut stale = Vec::new();
        let mut done = true;
        for edit in &plan.edits {
            let place = place::resolve(&self.store, &edit.path)?;
            if !places.insert(place.clone()) {
                return Err(ApplyError::UnsafePath {
                    path: edit.path.clone(),
                    reason: "it leads to a file that the plan changes by another path, too",
                });
            }
            let before = match Spot::find(&self.dir, &self.store, &place)? {
                Some(spot) => disk::read_with_attributes(&spot.dir, &spot.name)?,
                None => None,
            };
            let is = |wanted: &Option<Checksum>| match (&before, wanted) {
                (Some((bytes, _)), Some(checksum)) => checksum.is_of(bytes),
                (before, wanted) => before.is_none() && wanted.is_none(),
            };
            if !is(&edit.before_sha256) {
                stale.push(edit.path.clone());
            }
            done &= is(&edit.after_sha256);
            if edit.changes_file() {
                writes.push(Write {
                    edit,
                    place,
                    before,
                });
            }
        }
        match (done, stale.is_empty()) {
            (true, _) => Ok(Vec::new()),
            (false, true) => Ok(writes),
            (false, false) => Err(ApplyError::Stale(stale)),
        }
    }
}

/// What can be told from the plan alone.
fn check(plan: &Plan) -> Result<(), ApplyError> {
    if plan.schema != SCHEMA {
        return Err(ApplyError::Schema { found: plan.schema });
    }
    let blockers = plan.findings.iter().filter(|finding| finding.is_blocker());
    let titles: Vec<String> = blockers.map(|finding| finding.title.clone()).collect();
    if !titles.is_empty() {
        return Err(ApplyError::Blocked(titles));
    }
    let mut seen = HashSet::new();
    for edit in &plan.edits {
        let path = edit.path.clone();
        if !seen.insert(&edit.path) {
            return Err(ApplyError::UnsafePath {
                path,
                reason: "it is named twice",
            });
        }
        match (&edit.after, &edit.after_sha256) {
            (Some(after), Some(wanted)) if wanted.is_of(after.as_bytes()) => {}
            (None, None) => {}
            (None, Some(_)) if !edit.changes_file() => {}
            (None, Some(_)) => return Err(ApplyError::NotSaved { path }),
            (Some(_), _) => return Err(ApplyError::Corrupt { path }),
        }
    }
    Ok(())
}

impl Locked<'_> {
    fn apply(&self, plan: &Plan, writes: &[Write]) -> Result<Record, ApplyError> {
        let entries = writes.iter().map(|write| Entry {
            path: write.edit.path.clone(),
            before: write.before.as_ref().map(|(bytes, attributes)| Before {
                sha256: sha256_hex(bytes),
                attributes: *attributes,
            }),
            after_sha256: write
                .edit
                .after_sha256
                .as_ref()
                .map(|checksum| checksum.hex().to_owned()),
            after_meaning_sha256: write
                .edit
                .after
                .as_deref()
                .and_then(|after| meaning_sha256(&write.edit.path, after.as_bytes())),
        });
        let id = numbers(&self.journals)?
            .last()
            .map_or(1, |last| last.saturating_add(1));
        let directories = self.missing_directories(writes);
        let mut record = Record::new(id, plan, self.masker, entries.collect(), directories);
        let name = Folder::name(id);
        self.disk
            .create_directory(&self.journals, OsStr::new(&name), self.owner)?;
        let folder = Folder::open(&self.journals, id, self.dir)?;

        let staged = self
            .begin(&folder, &record, writes)
            .and_then(|()| self.stage(&folder, &record, writes));
        let waits = match staged {
            Ok(waits) => waits,
            Err(cause) => {
                // Nothing is in place yet, so a failure to clean up does not matter: the next run does it.
                let _ = self.discard(folder, &record);
                return Err(cause);
            }
        };
        if let Err(cause) = self.put(&folder, &mut record, writes, &waits) {
            let restored = record
                .now(self.dir, self.store)
                .and_then(|now| self.restore(folder, &mut record, &now, Others::Leave));
            return Err(match restored {
                Ok(_) => cause,
                Err(source) => ApplyError::HalfWritten {
                    cause: Box::new(cause),
                    source: Box::new(source),
                },
            });
        }
        Ok(record)
    }

    /// The directories that new files need, relative to the store, each behind the one that it is in.
    fn missing_directories(&self, writes: &[Write]) -> Vec<PathBuf> {
        let mut missing = Vec::new();
        for write in writes.iter().filter(|write| write.edit.after.is_some()) {
            for directory in place::missing_directories(self.store, &write.place) {
                if let Ok(relative) = directory.strip_prefix(self.store)
                    && !missing.iter().any(|known| known == relative)
                {
                    missing.push(relative.to_path_buf());
                }
            }
        }
        missing
    }

    /// Writes the journal with the old bytes.
    fn begin(&self, folder: &Folder, record: &Record, writes: &[Write]) -> Result<(), ApplyError> {
        for (index, write) in writes.iter().enumerate() {
            if let Some((bytes, _)) = &write.before {
                let name = Folder::backup(index);
                let spot = self.spot(&write.place)?;
                let like = spot.dir.file(&spot.name, false).ok();
                let like = like.as_ref().map(Extended::of).unwrap_or_default();
                self.disk.create_like(
                    &folder.dir,
                    OsStr::new(&name),
                    bytes,
                    self.owner.private(),
                    &like,
                )?;
            }
        }
        self.disk.sync_directory(&self.journals)?;
        folder.save(record, &self.disk, self.owner)
    }

    /// Writes the new files; where each of them waits.
    fn stage(
        &self,
        folder: &Folder,
        record: &Record,
        writes: &[Write],
    ) -> Result<Vec<Waits>, ApplyError> {
        for directory in &record.directories {
            self.make_directory(&self.store.join(directory))?;
        }
        let mut waits = Vec::new();
        for (index, write) in writes.iter().enumerate() {
            let spot = self.spot(&write.place)?;
            let mut slot = Slot::choose(folder, index, &spot);
            if let Some((bytes, attributes)) = self.after(write) {
                slot.fill(&self.disk, bytes, attributes)?;
            }
            waits.push(slot.waits());
        }
        // Writing took a while; Composer or an editor may have been faster.
        let mut stale = Vec::new();
        for write in writes {
            let now = match Spot::find(self.dir, self.store, &write.place)? {
                Some(spot) => disk::read(&spot.dir, &spot.name)?,
                None => None,
            };
            if now.as_ref() != write.before.as_ref().map(|(bytes, _)| bytes) {
                stale.push(write.edit.path.clone());
            }
        }
        if stale.is_empty() {
            Ok(waits)
        } else {
            Err(ApplyError::Stale(stale))
        }
    }

    /// The new bytes of a file with its attributes; none for one that is removed.
    fn after<'w>(&self, write: &'w Write) -> Option<(&'w [u8], Attributes)> {
        let attributes = match &write.before {
            Some((_, attributes)) => *attributes,
            None => self.owner.default_mode(),
        };
        let after = write.edit.after.as_ref()?;
        Some((after.as_bytes(), attributes))
    }

    /// Puts the new files in their places. Nothing but renames happens here until all are there.
    fn put(
        &self,
        folder: &Folder,
        record: &mut Record,
        writes: &[Write],
        waits: &[Waits],
    ) -> Result<(), ApplyError> {
        for (index, (write, waits)) in writes.iter().zip(waits).enumerate() {
            let spot = self.spot(&write.place)?;
            if !self.put_one(write, Slot::new(folder, index, &spot, *waits))? {
                return Err(ApplyError::Stale(vec![write.edit.path.clone()]));
            }
        }
        self.sync_parents(writes.iter().map(|write| -> &Path { &write.place }))?;
        record.state = State::Applied;
        folder.save(record, &self.disk, self.owner)
    }

    /// Puts one new file in its place, or removes an old one; false when somebody wrote the file since it was compared.
    /// Then theirs is in its place again.
    fn put_one(&self, write: &Write, mut slot: Slot) -> Result<bool, ApplyError> {
        let after = self.after(write);
        let how = match (&write.before, after) {
            (Some(_), Some(_)) => Move::Exchange,
            (None, _) => Move::In,
            (Some(_), None) => Move::Out,
        };
        match slot.shift(&self.disk, how, after)? {
            Moved::Seen => {}
            Moved::Unseen => return Ok(true),
            Moved::Gone | Moved::Taken => return Ok(false),
        }
        let Some((bytes, _)) = &write.before else {
            return Ok(true);
        };
        // What is no plain file any more is not the one that was compared, either.
        if disk::read(slot.dir(), &slot.name()).ok().flatten().as_ref() == Some(bytes) {
            slot.clear(&self.disk)?;
            return Ok(true);
        }
        let back = match how {
            Move::Exchange => Move::Exchange,
            Move::In | Move::Out => Move::In,
        };
        match slot.shift(&self.disk, back, None)? {
            Moved::Seen => Ok(false),
            Moved::Unseen | Moved::Gone | Moved::Taken => Err(failed("put back", &write.place)(
                io::ErrorKind::AlreadyExists.into(),
            )),
        }
    }
}
