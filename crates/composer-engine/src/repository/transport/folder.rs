//! A repository in a folder: a host of the mirror folder, or a `file://` address.

use crate::files;
use crate::repository::address;
use crate::repository::error::{ErrorKind, RepositoryError};
use std::cell::Cell;
use std::path::{Component, Path, PathBuf};
use tracing::trace;

/// Where the documents of one repository are on disk.
#[derive(Debug)]
pub(crate) enum Folder {
    /// `DIR/<host>` of a mirror folder.
    Mirror { root: PathBuf, host: String },
    /// A repository that composer.json itself names as a file.
    Local { root_document: PathBuf },
}

impl Folder {
    /// The folder of the host of `url` in the mirror folder, if there is one.
    pub(crate) fn mirror(mirror_dir: &Path, url: &str) -> Option<Folder> {
        let host = address::host(url)?;
        let is_name = host.starts_with(|first: char| first.is_ascii_alphanumeric())
            && !host.contains(['/', '\\']);
        let root = mirror_dir.join(&host);
        (is_name && root.join("packages.json").is_file()).then_some(Folder::Mirror { root, host })
    }

    /// The folder that a `file://` address names.
    pub(crate) fn local(url: &str) -> Option<Folder> {
        let root_document = address::file_path(&address::of_root_document(url))?;
        Some(Folder::Local { root_document })
    }

    /// What tells it from others.
    pub(crate) fn place(&self) -> String {
        let path = match self {
            Folder::Mirror { root, .. } => root,
            Folder::Local { root_document } => root_document,
        };
        std::path::absolute(path)
            .unwrap_or_else(|_| path.clone())
            .display()
            .to_string()
    }

    /// Reads the root document.
    pub(crate) fn with_root<T>(
        &self,
        read: impl FnOnce(&str) -> T,
    ) -> Result<Option<T>, RepositoryError> {
        match self {
            Folder::Mirror { root, .. } => with_text(&root.join("packages.json"), read),
            Folder::Local { root_document } => with_text(root_document, read),
        }
    }

    /// Reads the document at `url`, an address that the repository gave for it. None when there is no such file.
    pub(crate) fn with<T>(
        &self,
        url: &str,
        read: impl FnOnce(&str) -> T,
    ) -> Result<Option<T>, RepositoryError> {
        self.path(url)
            .map_or(Ok(None), |path| with_text(&path, read))
    }

    /// The file for an address. What a recorded repository says of its own place is not relied upon: `/p2/…`,
    /// `/<host>/p2/…` and `http://elsewhere/<host>/p2/…` all lie in `DIR/<host>/p2`.
    pub(crate) fn path(&self, url: &str) -> Option<PathBuf> {
        match self {
            Folder::Mirror { root, host } => {
                let path = address::path(url);
                let below = path
                    .rsplit_once(&format!("/{host}/"))
                    .map_or(path, |(_, below)| below);
                let relative = Path::new(below.trim_start_matches('/'));
                let is_inside = relative
                    .components()
                    .all(|component| matches!(component, Component::Normal(_)));
                is_inside.then(|| root.join(relative))
            }
            Folder::Local { .. } => address::file_path(url),
        }
    }
}

/// Hands the text of a file to `read`. None when there is no such file.
fn with_text<T>(path: &Path, read: impl FnOnce(&str) -> T) -> Result<Option<T>, RepositoryError> {
    thread_local! {
        // Kept from file to file: memory that was never used before is slower than the files are.
        static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    }
    let error =
        |kind, message: String| RepositoryError::new(kind, path.display().to_string(), message);
    let mut buffer = BUFFER.take();
    buffer.clear();
    trace!(file = %path.display(), "read");
    let result = match files::read_into(path, files::DATA, &mut buffer) {
        Err(missing) if missing.is_missing() => Ok(None),
        Err(other) => Err(error(ErrorKind::Network, other.what.to_string())),
        Ok(_) => match std::str::from_utf8(&buffer) {
            Ok(text) => Ok(Some(read(text))),
            Err(invalid) => {
                let line = memchr::memchr_iter(b'\n', &buffer[..invalid.valid_up_to()]).count() + 1;
                Err(error(
                    ErrorKind::Malformed,
                    format!("is not UTF-8 in line {line}"),
                ))
            }
        },
    };
    BUFFER.set(buffer);
    result
}
