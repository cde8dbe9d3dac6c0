//! Where the bytes wait that a file does not have yet, and where those go that it has no more.
//!
//! They may hold secrets, and a run that is killed leaves them behind. So they lie in the journal's folder, which nobody
//! else can read and git does not see, and change places with the file from there. Only where that cannot be done they lie
//! beside it: where the folder of the file is on another file system, or hands something down to its files that one made
//! elsewhere would not get.

use super::disk::extended::{self, Extended};
use super::disk::{Attributes, Dir, Disk};
use super::error::{ApplyError, failed};
use super::journal::Folder;
use super::place::Spot;
use std::ffi::{OsStr, OsString};
use std::io;

/// Where the other bytes of a file are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waits {
    /// In the journal's folder.
    Inside,
    /// In the folder of the file.
    Beside,
}

/// What happens to a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// The bytes that wait and those in place change places.
    Exchange,
    /// The bytes that wait take the place, in which nothing is.
    In,
    /// The file goes to where bytes wait.
    Out,
}

/// Whether a file was moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// Yes, and what it was before is where bytes wait, to be looked at.
    Seen,
    /// Yes, but what was there before is gone: the system has no way to keep it.
    Unseen,
    /// No: nothing is in the place.
    Gone,
    /// No: something is in the place, or where it should go to.
    Taken,
}

/// A file of the store, with the other bytes of it.
pub(super) struct Slot<'a> {
    folder: &'a Folder,
    index: usize,
    spot: &'a Spot,
    waits: Waits,
}

impl<'a> Slot<'a> {
    /// Of the file of this number in the journal; `waits` says where its bytes are.
    pub(super) fn new(folder: &'a Folder, index: usize, spot: &'a Spot, waits: Waits) -> Self {
        Self {
            folder,
            index,
            spot,
            waits,
        }
    }

    /// The same, with the best way for its bytes to wait.
    pub(super) fn choose(folder: &'a Folder, index: usize, spot: &'a Spot) -> Self {
        let waits = match spot.dir.is_on_device_of(&folder.dir) {
            true => Waits::Inside,
            false => Waits::Beside,
        };
        Self::new(folder, index, spot, waits)
    }

    /// Where its other bytes are.
    pub(super) fn waits(&self) -> Waits {
        self.waits
    }

    /// The directory in which the bytes wait.
    pub(super) fn dir(&self) -> &'a Dir {
        match self.waits {
            Waits::Inside => &self.folder.dir,
            Waits::Beside => &self.spot.dir,
        }
    }

    /// Their name there.
    pub(super) fn name(&self) -> OsString {
        match self.waits {
            Waits::Inside => Folder::staged(self.index).into(),
            Waits::Beside => self.spot.staged(self.folder.id),
        }
    }

    /// Writes the bytes that are to take the place. They get the extended attributes of the file that is there, or was.
    pub(super) fn fill(
        &mut self,
        disk: &Disk,
        bytes: &[u8],
        attributes: Attributes,
    ) -> Result<(), ApplyError> {
        let now = self.spot.dir.file(&self.spot.name, false);
        let backup = || {
            let name = Folder::backup(self.index);
            self.folder.dir.file(OsStr::new(&name), false)
        };
        let now = now.or_else(|_| backup()).ok();
        let like = now.as_ref().map(Extended::of);
        if like.is_none() && extended::hands_down(&self.spot.dir, &self.folder.dir) {
            self.waits = Waits::Beside;
        }
        let like = like.unwrap_or_default();
        let has_all = disk.create_like(self.dir(), &self.name(), bytes, attributes, &like)?;
        if !has_all && self.waits == Waits::Inside {
            // The system gives a label to a new file by where it is made, and lets nobody else set it.
            disk.remove(self.dir(), &self.name())?;
            self.waits = Waits::Beside;
            disk.create_like(self.dir(), &self.name(), bytes, attributes, &like)?;
        }
        Ok(())
    }

    /// Moves the file. `bytes` are those that wait, with the attributes that they have: should the system not let a file go
    /// from the one folder to the other, they are written beside the place.
    pub(super) fn shift(
        &mut self,
        disk: &Disk,
        how: Move,
        bytes: Option<(&[u8], Attributes)>,
    ) -> Result<Moved, ApplyError> {
        let place = self.spot.dir.path(&self.spot.name);
        match self.try_shift(disk, how) {
            Err(error)
                if error.kind() == io::ErrorKind::CrossesDevices && self.waits == Waits::Inside =>
            {
                let inside = self.name();
                self.waits = Waits::Beside;
                if let Some((bytes, attributes)) = bytes {
                    self.fill(disk, bytes, attributes)?;
                }
                disk.remove(&self.folder.dir, &inside)?;
                self.try_shift(disk, how).map_err(failed("replace", &place))
            }
            moved => moved.map_err(failed("replace", &place)),
        }
    }

    fn try_shift(&self, disk: &Disk, how: Move) -> io::Result<Moved> {
        let (dir, staged) = (self.dir(), self.name());
        let (place, name) = (&self.spot.dir, &self.spot.name);
        let is_seen = match how {
            Move::Exchange => disk.exchange(dir, &staged, place, name),
            Move::In => disk.rename_to_free(dir, &staged, place, name),
            Move::Out => disk.rename_to_free(place, name, dir, &staged),
        };
        match is_seen {
            Ok(true) => Ok(Moved::Seen),
            Ok(false) => {
                match how {
                    Move::Exchange | Move::In => disk.replace(dir, &staged, place, name)?,
                    Move::Out => disk.unlink(place, name)?,
                }
                Ok(Moved::Unseen)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Moved::Gone),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Moved::Taken),
            Err(error) => Err(error),
        }
    }

    /// Removes what waits.
    pub(super) fn clear(&self, disk: &Disk) -> Result<(), ApplyError> {
        disk.remove(self.dir(), &self.name())
    }
}
