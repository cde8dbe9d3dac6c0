//! A repository in a folder: a host of the mirror folder, or a `file://` address.

use super::address;
use super::error::{ErrorKind, RepositoryError};
use super::remote::Outcome;
use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// Where the documents of one repository are on disk.
#[derive(Debug)]
pub(super) enum Folder {
    /// `DIR/<host>` of a mirror folder.
    Mirror { root: PathBuf, host: String },
    /// A repository that composer.json itself names as a file.
    Local { root_document: PathBuf },
}

impl Folder {
    /// The folder of the host of `url` in the mirror folder, if there is one.
    pub(super) fn mirror(mirror_dir: &Path, url: &str) -> Option<Folder> {
        let host = address::host(url)?;
        let is_name = host.starts_with(|first: char| first.is_ascii_alphanumeric())
            && !host.contains(['/', '\\']);
        let root = mirror_dir.join(&host);
        (is_name && root.join("packages.json").is_file()).then_some(Folder::Mirror { root, host })
    }

    /// The folder that a `file://` address names.
    pub(super) fn local(url: &str) -> Option<Folder> {
        let root_document = address::file_path(&address::of_root_document(url))?;
        Some(Folder::Local { root_document })
    }

    /// Reads the root document.
    pub(super) fn read_root(&self) -> Outcome {
        let path = match self {
            Folder::Mirror { root, .. } => &root.join("packages.json"),
            Folder::Local { root_document } => root_document,
        };
        read(path)
    }

    /// Reads the document at `url`, an address that the repository gave for it. None when there is no such file.
    pub(super) fn read(&self, url: &str) -> Outcome {
        match self.path(url) {
            Some(path) => read(&path),
            None => Ok(None),
        }
    }

    /// The file for an address. What a recorded repository says of its own place is not relied upon: `/p2/…`,
    /// `/<host>/p2/…` and `http://elsewhere/<host>/p2/…` all lie in `DIR/<host>/p2`.
    pub(super) fn path(&self, url: &str) -> Option<PathBuf> {
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

fn read(path: &Path) -> Outcome {
    thread_local! {
        // Kept from file to file, so that only the final text is allocated.
        static BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    let error =
        |kind, message: String| RepositoryError::new(kind, path.display().to_string(), message);
    BUFFER.with_borrow_mut(|buffer| {
        buffer.clear();
        match File::open(path).and_then(|mut file| file.read_to_end(buffer)) {
            Ok(_) => {}
            Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(other) => {
                return Err(error(
                    ErrorKind::Network,
                    format!("cannot be read: {other}"),
                ));
            }
        }
        match std::str::from_utf8(buffer) {
            Ok(text) => Ok(Some(Arc::from(text))),
            Err(invalid) => {
                let line = memchr::memchr_iter(b'\n', &buffer[..invalid.valid_up_to()]).count() + 1;
                Err(error(
                    ErrorKind::Malformed,
                    format!("is not UTF-8 in line {line}"),
                ))
            }
        }
    })
}
