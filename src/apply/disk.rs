//! The few ways in which files are changed, each durable when it returns.

use super::error::{ApplyError, failed};
use crate::files;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// A file's mode and owner. Empty on systems that have none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Attributes {
    /// Permission bits; none leaves them to the umask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mode: Option<u32>,
    /// User and group id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    owner: Option<(u32, u32)>,
}

impl Attributes {
    #[cfg(unix)]
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        Self {
            mode: Some(metadata.mode() & 0o7777),
            owner: Some((metadata.uid(), metadata.gid())),
        }
    }

    #[cfg(not(unix))]
    pub(super) fn of(_metadata: &fs::Metadata) -> Self {
        Self::default()
    }

    /// The same owner, readable and writable by nobody else.
    pub(super) fn private(self) -> Self {
        Self {
            mode: Some(0o600),
            ..self
        }
    }

    /// The same owner, the mode left to the umask.
    pub(super) fn default_mode(self) -> Self {
        Self { mode: None, ..self }
    }

    /// Gives the attributes to a file or directory. An owner that may not be set is left as it is.
    #[cfg(unix)]
    fn set(self, path: &Path) -> io::Result<()> {
        use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown};
        if let Some((user, group)) = self.owner {
            let now = fs::symlink_metadata(path)?;
            if (now.uid(), now.gid()) != (user, group) {
                // Only root may give a file away; a member of the group may at least keep that.
                let refused = |error: io::Error| match error.kind() {
                    io::ErrorKind::PermissionDenied => Ok(()),
                    _ => Err(error),
                };
                lchown(path, Some(user), Some(group))
                    .or_else(|_| lchown(path, None, Some(group)))
                    .or_else(refused)?;
            }
        }
        // After the owner: changing it may clear bits of the mode.
        match self.mode {
            Some(mode) => fs::set_permissions(path, fs::Permissions::from_mode(mode)),
            None => Ok(()),
        }
    }

    #[cfg(not(unix))]
    fn set(self, _path: &Path) -> io::Result<()> {
        Ok(())
    }
}

/// Changes files and tells `watch` after each change; that is where tests cut a run off.
pub(super) struct Disk<'a> {
    pub(super) watch: &'a dyn Fn(&'static str),
}

impl Disk<'_> {
    /// Creates `path` with these bytes, which must not exist, and makes its content durable (its name is once the
    /// directory is [synced](Self::sync_directory)).
    pub(super) fn create(
        &self,
        path: &Path,
        bytes: &[u8],
        attributes: Attributes,
    ) -> Result<(), ApplyError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        if attributes.mode.is_some() {
            // Nobody else may read the bytes in the moment before the mode is set.
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        }
        let mut file = options.open(path).map_err(failed("create", path))?;
        (self.watch)("created");
        let (head, tail) = bytes.split_at(bytes.len() / 2);
        file.write_all(head).map_err(failed("write", path))?;
        (self.watch)("written in part");
        file.write_all(tail).map_err(failed("write", path))?;
        attributes
            .set(path)
            .map_err(failed("set the mode of", path))?;
        file.sync_all().map_err(failed("write", path))?;
        (self.watch)("written");
        Ok(())
    }

    /// Puts `from` in the place of `to`, in one step.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<(), ApplyError> {
        fs::rename(from, to).map_err(failed("replace", to))?;
        (self.watch)("renamed");
        Ok(())
    }

    /// Removes a file; one that is gone already is fine.
    pub(super) fn remove(&self, path: &Path) -> Result<(), ApplyError> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("remove", path)(error))
            }
            removed => {
                if removed.is_ok() {
                    (self.watch)("removed");
                }
                Ok(())
            }
        }
    }

    /// Creates a directory that only its owner can enter; an existing one is left as it is.
    pub(super) fn create_directory(
        &self,
        path: &Path,
        owner: Attributes,
    ) -> Result<(), ApplyError> {
        let mut builder = fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        match builder.create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            created => created.map_err(failed("create", path))?,
        }
        (self.watch)("directory created");
        owner
            .default_mode()
            .set(path)
            .map_err(failed("set the owner of", path))
    }

    /// Creates a directory for files of the store, its mode left to the umask; an existing one is left as it is.
    pub(super) fn create_open_directory(
        &self,
        path: &Path,
        owner: Attributes,
    ) -> Result<(), ApplyError> {
        match fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
            created => created.map_err(failed("create", path))?,
        }
        (self.watch)("directory created");
        owner
            .default_mode()
            .set(path)
            .map_err(failed("set the owner of", path))
    }

    /// Removes a directory that is empty; one that is not, or is gone already, is fine.
    pub(super) fn remove_empty_directory(&self, path: &Path) -> Result<(), ApplyError> {
        match fs::remove_dir(path) {
            Ok(()) => (self.watch)("directory removed"),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
                ) => {}
            Err(error) => return Err(failed("remove", path)(error)),
        }
        Ok(())
    }

    /// Removes a directory and all in it; one that is gone already is fine.
    pub(super) fn remove_directory(&self, path: &Path) -> Result<(), ApplyError> {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("remove", path)(error))
            }
            _ => {
                (self.watch)("directory removed");
                Ok(())
            }
        }
    }

    /// Makes the names in a directory durable.
    #[expect(
        clippy::disallowed_methods,
        reason = "a directory is no file that is read"
    )]
    pub(super) fn sync_directory(&self, path: &Path) -> Result<(), ApplyError> {
        // Elsewhere a directory cannot be opened as a file.
        if cfg!(unix) {
            File::open(path)
                .and_then(|directory| directory.sync_all())
                .map_err(failed("sync", path))?;
        }
        (self.watch)("directory synced");
        Ok(())
    }
}

/// The bytes of a file; none when there is no such file.
pub(super) fn read(path: &Path) -> Result<Option<Vec<u8>>, ApplyError> {
    files::read_if_there(path, files::PLAN)
        .map_err(|error| failed("read", path)(io::Error::other(error.what)))
}
