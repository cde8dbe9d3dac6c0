//! An open directory, in which files are named and not looked for: what is done in it stays in it, whatever its path
//! has become in the meantime, and no symbolic link is followed.

use super::kind::Kind;
use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags};
use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// An open directory.
pub(crate) struct Dir {
    file: File,
    /// What messages call it.
    path: PathBuf,
}

impl Dir {
    /// Opens the directory that a path of the user's own names; links are followed.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self {
            file: file(rustix::fs::open(path, flags, Mode::empty())?),
            path: path.to_owned(),
        })
    }

    /// Opens a directory in this one, which must not be a link.
    pub(crate) fn child(&self, name: &OsStr) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(Self {
            file: file(rustix::fs::openat(&self.file, name, flags, Mode::empty())?),
            path: self.path.join(name),
        })
    }

    /// The same directory, once more.
    pub(in crate::apply) fn again(&self) -> io::Result<Self> {
        Ok(Self {
            file: self.file.try_clone()?,
            path: self.path.clone(),
        })
    }

    /// The path of a file in it, for messages.
    pub(crate) fn path(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// The directory's own path, for messages.
    pub(crate) fn own_path(&self) -> &Path {
        &self.path
    }

    /// The metadata of the directory that is open, whatever stands at its path by now.
    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.file.metadata()
    }

    /// The directory as an open file, to change its owner by.
    pub(crate) fn as_file(&self) -> &File {
        &self.file
    }

    /// Makes a directory with this mode, less the umask.
    pub(crate) fn make(&self, name: &OsStr, mode: u32) -> io::Result<()> {
        Ok(rustix::fs::mkdirat(&self.file, name, bits(mode))?)
    }

    /// Creates a file with this mode, less the umask. There may be none, not even a link.
    pub(crate) fn create(&self, name: &OsStr, mode: u32) -> io::Result<File> {
        let flags =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(file(rustix::fs::openat(
            &self.file,
            name,
            flags,
            bits(mode),
        )?))
    }

    /// Opens a plain file to read, or also to write; fails for a link and for all else that is no plain file, and never
    /// waits for one.
    pub(crate) fn file(&self, name: &OsStr, writable: bool) -> io::Result<File> {
        let access = if writable {
            OFlags::RDWR
        } else {
            OFlags::RDONLY
        };
        let flags = access | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = file(rustix::fs::openat(&self.file, name, flags, Mode::empty())?);
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "this is not a plain file",
            ))
        }
    }

    /// What `name` is: a plain file, a directory, a link, or none of these; nothing when it is not there.
    pub(crate) fn kind(&self, name: &OsStr) -> io::Result<Option<Kind>> {
        use rustix::fs::FileType;
        match rustix::fs::statat(&self.file, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(match FileType::from_raw_mode(stat.st_mode as _) {
                FileType::RegularFile => Kind::File,
                FileType::Directory => Kind::Directory,
                FileType::Symlink => Kind::Link,
                _ => Kind::Other,
            })),
            Err(rustix::io::Errno::NOENT | rustix::io::Errno::NOTDIR) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Puts a file in the place of another in one step.
    pub(crate) fn rename(&self, from: &OsStr, to: &Self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.file, from, &to.file, name)?)
    }

    /// Gives a file of this directory and one of `there` each other's place in one step; whether the system and the file
    /// system can.
    pub(crate) fn exchange(&self, one: &OsStr, there: &Self, other: &OsStr) -> io::Result<bool> {
        self.rename_with(one, there, other, Rename::Exchange)
    }

    /// Renames a file to a name that is free, in one step; whether the system and the file system can.
    pub(crate) fn rename_to_free(
        &self,
        from: &OsStr,
        there: &Self,
        to: &OsStr,
    ) -> io::Result<bool> {
        self.rename_with(from, there, to, Rename::ToFree)
    }

    /// Whether both are on one device. Files may go from the one to the other then, unless the one is mounted by itself.
    pub(in crate::apply) fn is_on_device_of(&self, other: &Self) -> bool {
        use std::os::unix::fs::MetadataExt;
        match (self.metadata(), other.metadata()) {
            (Ok(one), Ok(other)) => one.dev() == other.dev(),
            _ => false,
        }
    }

    #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
    fn rename_with(&self, from: &OsStr, there: &Self, to: &OsStr, how: Rename) -> io::Result<bool> {
        use rustix::io::Errno;
        let flags = match how {
            Rename::Exchange => RenameFlags::EXCHANGE,
            Rename::ToFree => RenameFlags::NOREPLACE,
        };
        match rustix::fs::renameat_with(&self.file, from, &there.file, to, flags) {
            Ok(()) => Ok(true),
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    fn rename_with(
        &self,
        _from: &OsStr,
        _there: &Self,
        _to: &OsStr,
        _how: Rename,
    ) -> io::Result<bool> {
        Ok(false)
    }

    /// Removes a file or link.
    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.file, name, AtFlags::empty())?)
    }

    /// Removes a directory that is empty and no link.
    pub(crate) fn remove_directory(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.file, name, AtFlags::REMOVEDIR)?)
    }

    /// The names of all that is in it.
    pub(crate) fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in rustix::fs::Dir::read_from(&self.file)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push(OsStr::from_bytes(name).to_owned());
            }
        }
        Ok(names)
    }

    /// Makes the names in it durable.
    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_all()
    }
}

#[derive(Clone, Copy)]
enum Rename {
    Exchange,
    ToFree,
}

fn file(descriptor: OwnedFd) -> File {
    File::from(descriptor)
}

fn bits(mode: u32) -> Mode {
    Mode::from_raw_mode(mode as _)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_link_is_followed_and_nothing_but_a_plain_file_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::create_dir_all(path.join("real/deep")).unwrap();
        fs::write(path.join("real/file"), "text").unwrap();
        symlink("real", path.join("link")).unwrap();
        symlink("file", path.join("real/alias")).unwrap();
        let dir = Dir::open(path).unwrap();
        assert!(dir.descend(Path::new("real/deep")).is_ok());
        assert!(dir.descend(Path::new("link/deep")).is_err());
        assert!(dir.descend(Path::new("real/../real")).is_err());
        let real = dir.child(OsStr::new("real")).unwrap();
        assert!(real.file(OsStr::new("file"), false).is_ok());
        assert!(real.file(OsStr::new("alias"), false).is_err());
        assert!(real.file(OsStr::new("deep"), false).is_err());
        assert!(real.create(OsStr::new("alias"), 0o600).is_err());
        assert!(real.remove_directory(OsStr::new("../link")).is_err());
        let mut names = real.names().unwrap();
        names.sort();
        assert_eq!(names, ["alias", "deep", "file"]);
        assert_eq!(real.names().unwrap().len(), 3, "reading does not use it up");
    }

    #[test]
    fn an_exchange_loses_neither_file_and_a_free_name_must_be_free() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        fs::write(path.join("a"), "a").unwrap();
        fs::write(path.join("b"), "b").unwrap();
        let dir = Dir::open(path).unwrap();
        if dir
            .exchange(OsStr::new("a"), &dir, OsStr::new("b"))
            .unwrap()
        {
            assert_eq!(fs::read_to_string(path.join("a")).unwrap(), "b");
            assert_eq!(fs::read_to_string(path.join("b")).unwrap(), "a");
        }
        match dir.rename_to_free(OsStr::new("a"), &dir, OsStr::new("b")) {
            Err(error) => assert_eq!(error.kind(), io::ErrorKind::AlreadyExists),
            Ok(can) => assert!(!can),
        }
    }
}
