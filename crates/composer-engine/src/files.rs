//! The one way in which files are read: regular files only, up to a size, and never waiting for whoever would write into a
//! pipe. A store is a stranger's folder; a pipe, a device or an endless file in it must be an error, not a hang.
//!
//! `clippy.toml` forbids the ways of the standard library everywhere else.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

const MIB: u64 = 1024 * 1024;

/// What may be as large as this: configuration that people write, and composer.json. Real ones have some kilobytes.
pub const CONFIGURATION: u64 = 8 * MIB;
/// Likewise locks, patches, indexes of git and documents of repositories. The largest real ones have some 30 MiB.
pub const DATA: u64 = 128 * MIB;
/// Likewise saved plans and backups, which hold the texts of several files.
pub const PLAN: u64 = 512 * MIB;

/// Why a file was not read. Says which file and what is wrong with it; [`hint`](Self::hint) says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{} {what}", .path.display())]
pub struct FileError {
    /// The file, as it was named.
    pub path: PathBuf,
    /// Why it cannot be read.
    pub what: Cause,
}

/// What is wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// Nothing is there.
    #[error("does not exist")]
    Missing,
    /// With what it is instead.
    #[error("is {0}, not a file")]
    NotAFile(&'static str),
    /// It has more bytes than the limit, which is given.
    #[error("is larger than {} MiB, which is the most that is read of such a file", .0.div_ceil(MIB))]
    TooLarge(u64),
    /// Its bytes are no UTF-8.
    #[error("is not UTF-8 text")]
    NotUtf8,
    /// The system refuses.
    #[error("cannot be read: {0}")]
    Unreadable(io::Error),
}

impl FileError {
    fn new(path: &Path, what: Cause) -> Self {
        Self {
            path: path.to_path_buf(),
            what,
        }
    }

    /// Whether there is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self.what, Cause::Missing)
    }

    /// What a person can do about it.
    pub fn hint(&self) -> &'static str {
        match &self.what {
            Cause::Missing => "Check the name, and the folder that the command runs in",
            Cause::NotAFile(_) => "Put a regular file in its place",
            Cause::TooLarge(_) => {
                "Check that it is the file that you mean; real ones are far smaller"
            }
            Cause::NotUtf8 => "Save the file as UTF-8 without a byte order mark",
            Cause::Unreadable(_) => "Check that you may read the file",
        }
    }
}

/// The bytes of a file of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    read_into(path, limit, &mut bytes)?;
    Ok(bytes)
}

/// The bytes of a file; none when there is no such file.
pub fn read_if_there(path: &Path, limit: u64) -> Result<Option<Vec<u8>>, FileError> {
    match read(path, limit) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// The text of a file.
pub fn text(path: &Path, limit: u64) -> Result<String, FileError> {
    String::from_utf8(read(path, limit)?).map_err(|_| FileError::new(path, Cause::NotUtf8))
}

/// The text of a file; none when there is no such file.
pub fn text_if_there(path: &Path, limit: u64) -> Result<Option<String>, FileError> {
    match text(path, limit) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Like [`read`], into a buffer that is emptied first, for those who read thousands of files.
pub fn read_into(path: &Path, limit: u64, buffer: &mut Vec<u8>) -> Result<(), FileError> {
    read_open(open(path)?, path, limit, buffer)
}

/// Like [`read_into`], from a file that is open already; `path` is what messages call it.
pub fn read_open(
    file: File,
    path: &Path,
    limit: u64,
    buffer: &mut Vec<u8>,
) -> Result<(), FileError> {
    buffer.clear();
    let unreadable = |error| FileError::new(path, Cause::Unreadable(error));
    let length = file.metadata().map_err(unreadable)?.len();
    if length > limit {
        return Err(FileError::new(path, Cause::TooLarge(limit)));
    }
    // One byte more than allowed: it may have grown meanwhile, and files of /proc tell no length.
    buffer.reserve(usize::try_from(length).unwrap_or(0) + 1);
    let read = file.take(limit + 1).read_to_end(buffer);
    if read.map_err(unreadable)? as u64 > limit {
        buffer.clear();
        return Err(FileError::new(path, Cause::TooLarge(limit)));
    }
    Ok(())
}

/// Creates a folder that only its owner can look into, and those above it that are not there: what private
/// repositories say, or an address with a key in it, is nobody else's business.
pub fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a regular file; links are followed. What is none is not opened, as opening alone can wait or act on a device.
pub fn open(path: &Path) -> Result<File, FileError> {
    let failed = |error: io::Error| {
        // A file in the place of a folder of the path, too, means that there is no such file.
        let is_missing = matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
        );
        let cause = if is_missing {
            Cause::Missing
        } else {
            Cause::Unreadable(error)
        };
        FileError::new(path, cause)
    };
    let check = |kind: std::fs::FileType| match other_kind(kind) {
        Some(other) => Err(FileError::new(path, Cause::NotAFile(other))),
        None => Ok(()),
    };
    check(std::fs::metadata(path).map_err(failed)?.file_type())?;
    let file = open_at_once(path).map_err(failed)?;
    // Somebody may have put something else in its place.
    check(file.metadata().map_err(failed)?.file_type())?;
    Ok(file)
}

/// Fails when a file is there that [`open`] would refuse, for the readers of other crates and programs.
pub fn check(path: &Path, limit: u64) -> Result<(), FileError> {
    match open(path) {
        Ok(file) if file.metadata().is_ok_and(|file| file.len() > limit) => {
            Err(FileError::new(path, Cause::TooLarge(limit)))
        }
        Ok(_) => Ok(()),
        Err(error) if error.is_missing() => Ok(()),
        Err(error) => Err(error),
    }
}

/// What something is that is no regular file; none when it is one.
fn other_kind(kind: std::fs::FileType) -> Option<&'static str> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a named pipe");
        } else if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        } else if kind.is_socket() {
            return Some("a socket");
        }
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    (!kind.is_file()).then_some("something special")
}

#[cfg(unix)]
fn open_at_once(path: &Path) -> io::Result<File> {
    use rustix::fs::{Mode, OFlags};
    // Without NONBLOCK a pipe that came in between would wait for a writer.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

#[cfg(not(unix))]
#[expect(
    clippy::disallowed_methods,
    reason = "this is the way in which it is allowed"
)]
fn open_at_once(path: &Path) -> io::Result<File> {
    File::open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn said(path: &Path, limit: u64) -> String {
        let error = read(path, limit).unwrap_err();
        assert!(error.to_string().starts_with(&path.display().to_string()));
        error.what.to_string()
    }

    #[test]
    fn a_regular_file_up_to_its_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, "12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        assert_eq!(
            said(&path, 4),
            "is larger than 1 MiB, which is the most that is read of such a file"
        );
        assert!(check(&path, 4).is_err());
        fs::write(&path, b"\xff").unwrap();
        assert!(matches!(text(&path, 5).unwrap_err().what, Cause::NotUtf8));
        let missing = folder.path().join("a/b");
        assert_eq!(read_if_there(&missing, 5).unwrap(), None);
        assert_eq!(said(&missing, 5), "does not exist");
        check(&missing, 5).unwrap();
        assert_eq!(said(folder.path(), 5), "is a folder, not a file");
    }

    #[cfg(unix)]
    #[test]
    fn nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        assert_eq!(said(&pipe, 5), "is a named pipe, not a file");
        // In case it took the place of a file between the two looks.
        open_at_once(&pipe).unwrap();
        let socket = folder.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        assert_eq!(said(&socket, 5), "is a socket, not a file");
        let device = folder.path().join("device");
        std::os::unix::fs::symlink("/dev/zero", &device).unwrap();
        assert_eq!(said(&device, 5), "is a device, not a file");
        let around = folder.path().join("around");
        std::os::unix::fs::symlink("around", &around).unwrap();
        assert!(said(&around, 5).starts_with("cannot be read: "));
    }
}
