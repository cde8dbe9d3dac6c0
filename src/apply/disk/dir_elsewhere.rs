//! A directory by its path, for systems that have no descriptors to name files by. What [`super::dir`] promises about
//! links holds there as far as looking before each step goes.

use super::kind::Kind;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// A directory.
pub(crate) struct Dir {
    path: PathBuf,
}

impl Dir {
    /// The directory that a path of the user's own names; links are followed.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if fs::metadata(path)?.is_dir() {
            Ok(Self {
                path: path.to_owned(),
            })
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    /// A directory in this one, which must not be a link.
    pub(crate) fn child(&self, name: &OsStr) -> io::Result<Self> {
        let path = self.path.join(name);
        if fs::symlink_metadata(&path)?.is_dir() {
            Ok(Self { path })
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    /// The same directory, once more.
    pub(in crate::apply) fn again(&self) -> io::Result<Self> {
        Ok(Self {
            path: self.path.clone(),
        })
    }

    /// The path of a file in it.
    pub(crate) fn path(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// The directory's own path.
    pub(crate) fn own_path(&self) -> &Path {
        &self.path
    }

    /// The metadata of what stands at its path now: nothing is held open here.
    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        fs::metadata(&self.path)
    }

    /// Makes a directory; there are no modes.
    pub(crate) fn make(&self, name: &OsStr, _mode: u32) -> io::Result<()> {
        fs::create_dir(self.path(name))
    }

    /// Creates a file, of which there may be none; there are no modes.
    pub(crate) fn create(&self, name: &OsStr, _mode: u32) -> io::Result<File> {
        File::options()
            .write(true)
            .create_new(true)
            .open(self.path(name))
    }

    /// Opens a plain file to read, or also to write.
    pub(crate) fn file(&self, name: &OsStr, writable: bool) -> io::Result<File> {
        let path = self.path(name);
        if fs::symlink_metadata(&path)?.is_file() {
            File::options().read(true).write(writable).open(path)
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this is not a plain file",
            ))
        }
    }

    /// What `name` is; nothing when it is not there.
    pub(crate) fn kind(&self, name: &OsStr) -> io::Result<Option<Kind>> {
        match fs::symlink_metadata(self.path(name)) {
            Ok(metadata) if metadata.is_file() => Ok(Some(Kind::File)),
            Ok(metadata) if metadata.is_dir() => Ok(Some(Kind::Directory)),
            Ok(metadata) if metadata.is_symlink() => Ok(Some(Kind::Link)),
            Ok(_) => Ok(Some(Kind::Other)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Puts a file in the place of another in one step.
    pub(crate) fn rename(&self, from: &OsStr, to: &Self, name: &OsStr) -> io::Result<()> {
        fs::rename(self.path(from), to.path(name))
    }

    /// Two files cannot be given each other's place in one step.
    pub(crate) fn exchange(&self, _one: &OsStr, _there: &Self, _other: &OsStr) -> io::Result<bool> {
        Ok(false)
    }

    /// A file cannot be renamed to a free name only, in one step.
    pub(crate) fn rename_to_free(
        &self,
        _from: &OsStr,
        _there: &Self,
        _to: &OsStr,
    ) -> io::Result<bool> {
        Ok(false)
    }

    /// That both are on one device cannot be told; a rename tells it.
    pub(in crate::apply) fn is_on_device_of(&self, _other: &Self) -> bool {
        true
    }

    /// Removes a file or link.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    /// Removes a directory that is empty.
    pub(crate) fn remove_directory(&self, name: &OsStr) -> io::Result<()> {
        fs::remove_dir(self.path(name))
    }

    /// The names of all that is in it.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        fs::read_dir(&self.path)?
            .map(|entry| Ok(entry?.file_name()))
            .collect()
    }

    /// A directory cannot be synced.
    pub(crate) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}
