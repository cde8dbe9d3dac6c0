//! The files of a store, by their paths below its folder: on disk, or a map in tests.
//!
//! Whoever plans sees a store through [`StoreFiles`] alone. What is read is decided here, once: regular files up to a size,
//! never waiting, folders in the order of their names.

use super::scan::{Found, Where, scan};
use composer_engine::files::{self, Cause, FileError};
use composer_engine::repository::{TooMuch, files_by_pattern};
use std::fmt::Debug;
use std::path::{Path, PathBuf};

/// What a path leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Folder,
    /// A link, where links are not followed; a pipe, a device, a socket.
    Other,
}

/// What lies in a folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Without its folder.
    pub name: String,
    /// Links are not followed.
    pub kind: Kind,
}

/// The files of a store. Paths are relative to its folder, with `/` between their parts.
pub trait StoreFiles: Debug + Send + Sync {
    /// The bytes of a file of at most `limit` bytes. The error names the file as a person finds it.
    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, FileError>;

    /// What a path leads to, links followed; none when there is nothing.
    fn kind(&self, path: &str) -> Option<Kind>;

    /// What lies in a folder, by name; nothing when it cannot be read. What has no name in UTF-8 is passed over.
    fn entries(&self, folder: &str) -> Vec<Entry>;

    /// The files that match a pattern, as PHP's `glob` finds them; each is written as the pattern is.
    fn by_pattern(&self, pattern: &str) -> Result<Vec<String>, TooMuch>;

    /// Whether what a path leads to, links followed, lies outside of the store.
    fn leads_out(&self, path: &str) -> bool;

    /// The same path without detours: no empty and no `.` parts, and links followed that stay in the store. What has one place has
    /// one name by it.
    fn direct(&self, path: &str) -> String;

    /// Looks for words in text files; see [`scan`].
    fn scan(
        &self,
        place: Where<'_>,
        words: &[String],
        is_skipped: &(dyn Fn(&str) -> bool + Sync),
    ) -> Vec<Found>;

    /// The bytes of a file; none when there is no such file.
    fn read_if_there(&self, path: &str, limit: u64) -> Result<Option<Vec<u8>>, FileError> {
        match self.read(path, limit) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The text of a file.
    fn text(&self, path: &str, limit: u64) -> Result<String, FileError> {
        String::from_utf8(self.read(path, limit)?).map_err(|_| FileError {
            path: path.into(),
            what: Cause::NotUtf8,
        })
    }

    /// The text of a configuration file; none when it is not there, cannot be read, or is no UTF-8.
    fn configuration(&self, path: &str) -> Option<String> {
        self.text(path, files::CONFIGURATION).ok()
    }

    /// Whether there is a file.
    fn is_file(&self, path: &str) -> bool {
        self.kind(path) == Some(Kind::File)
    }

    /// Whether there is a folder.
    fn is_folder(&self, path: &str) -> bool {
        self.kind(path) == Some(Kind::Folder)
    }

    /// The names of the folders in a folder, links to folders among them.
    fn folders(&self, folder: &str) -> Vec<String> {
        let entries = self.entries(folder).into_iter();
        entries
            .filter(|entry| match entry.kind {
                Kind::Folder => true,
                Kind::File => false,
                Kind::Other => self.is_folder(&below(folder, &entry.name)),
            })
            .map(|entry| entry.name)
            .collect()
    }
}

/// The path of what has this name in a folder; the store's own folder is empty.
pub fn below(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    }
}

/// A path without empty and `.` parts.
fn tidy(path: &str) -> String {
    let parts = path.split('/');
    let parts: Vec<&str> = parts.filter(|part| !matches!(*part, "" | ".")).collect();
    parts.join("/")
}

/// Whether a path is one of a file below a folder, as it is written.
pub(crate) fn is_below(path: &str) -> bool {
    let mut parts = Path::new(path).components();
    parts.all(|part| matches!(part, std::path::Component::Normal(_)))
}

/// The files below a folder of this machine.
#[derive(Debug, Clone)]
pub struct DiskFiles(PathBuf);

impl DiskFiles {
    /// Reads nothing yet.
    pub fn below(folder: &Path) -> Self {
        Self(folder.to_path_buf())
    }
}

impl StoreFiles for DiskFiles {
    fn by_pattern(&self, pattern: &str) -> Result<Vec<String>, TooMuch> {
        files_by_pattern(&self.0, pattern)
    }

    fn leads_out(&self, path: &str) -> bool {
        let real = |path: &Path| path.canonicalize().ok();
        let (Some(store), Some(file)) = (real(&self.0), real(&self.0.join(path))) else {
            // What is not there, reading says.
            return false;
        };
        !file.starts_with(store)
    }

    fn direct(&self, path: &str) -> String {
        let real = |path: &Path| path.canonicalize().ok();
        let inside = real(&self.0.join(path)).and_then(|file| {
            let inside = file.strip_prefix(real(&self.0)?).ok()?.to_str()?;
            Some(inside.replace(std::path::MAIN_SEPARATOR, "/"))
        });
        inside.unwrap_or_else(|| tidy(path))
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        files::read(&self.0.join(path), limit)
    }

    fn kind(&self, path: &str) -> Option<Kind> {
        let kind = std::fs::metadata(self.0.join(path)).ok()?.file_type();
        Some(kind_of(kind))
    }

    fn entries(&self, folder: &str) -> Vec<Entry> {
        let entries = std::fs::read_dir(self.0.join(folder));
        let mut entries: Vec<Entry> = entries
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                Some(Entry {
                    name: entry.file_name().into_string().ok()?,
                    kind: kind_of(entry.file_type().ok()?),
                })
            })
            .collect();
        entries.sort_unstable();
        entries
    }

    fn scan(
        &self,
        place: Where<'_>,
        words: &[String],
        is_skipped: &(dyn Fn(&str) -> bool + Sync),
    ) -> Vec<Found> {
        scan(&self.0, place, words, is_skipped)
    }
}

fn kind_of(kind: std::fs::FileType) -> Kind {
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Folder
    } else {
        Kind::Other
    }
}

/// A store that is nowhere: for tests of what looks at one.
#[cfg(test)]
#[derive(Debug, Clone, Default)]
pub struct MapFiles(std::collections::BTreeMap<String, Vec<u8>>);

#[cfg(test)]
impl MapFiles {
    /// A store with these files, and the folders that they lie in.
    pub fn of<P: Into<String>, B: Into<Vec<u8>>>(files: impl IntoIterator<Item = (P, B)>) -> Self {
        let files = files.into_iter();
        Self(
            files
                .map(|(path, bytes)| (path.into(), bytes.into()))
                .collect(),
        )
    }

    /// The same files on disk, for what walks through folders.
    fn on_disk(&self) -> tempfile::TempDir {
        let disk = tempfile::tempdir().expect("a temporary folder");
        for (path, bytes) in &self.0 {
            let path = disk.path().join(path);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a new folder");
            std::fs::write(path, bytes).expect("a new file");
        }
        disk
    }

    /// Puts a file there, with its folders.
    pub fn write(&mut self, path: &str, text: &str) {
        self.0.insert(path.to_owned(), text.into());
    }
}

#[cfg(test)]
impl StoreFiles for MapFiles {
    fn by_pattern(&self, pattern: &str) -> Result<Vec<String>, TooMuch> {
        files_by_pattern(self.on_disk().path(), pattern)
    }

    fn leads_out(&self, path: &str) -> bool {
        path.starts_with('/') || path.split('/').any(|part| part == "..")
    }

    fn direct(&self, path: &str) -> String {
        tidy(path)
    }

    fn read(&self, path: &str, limit: u64) -> Result<Vec<u8>, FileError> {
        let what = match self.0.get(path) {
            Some(bytes) if bytes.len() as u64 > limit => Cause::TooLarge(limit),
            Some(bytes) => return Ok(bytes.clone()),
            None if self.is_folder(path) => Cause::NotAFile("a folder"),
            None => Cause::Missing,
        };
        Err(FileError {
            path: path.into(),
            what,
        })
    }

    fn kind(&self, path: &str) -> Option<Kind> {
        if self.0.contains_key(path) {
            Some(Kind::File)
        } else if path.is_empty() || !self.entries(path).is_empty() {
            Some(Kind::Folder)
        } else {
            None
        }
    }

    fn entries(&self, folder: &str) -> Vec<Entry> {
        let below = match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let mut entries: Vec<Entry> = self
            .0
            .keys()
            .filter_map(|path| path.strip_prefix(&below))
            .map(|rest| match rest.split_once('/') {
                Some((name, _)) => (name, Kind::Folder),
                None => (rest, Kind::File),
            })
            .map(|(name, kind)| Entry {
                name: name.to_owned(),
                kind,
            })
            .collect();
        entries.sort_unstable();
        entries.dedup();
        entries
    }

    fn scan(
        &self,
        place: Where<'_>,
        words: &[String],
        is_skipped: &(dyn Fn(&str) -> bool + Sync),
    ) -> Vec<Found> {
        scan(self.on_disk().path(), place, words, is_skipped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Both say the same of the same files.
    #[test]
    fn a_map_is_like_a_folder() {
        let files = [
            ("composer.json", "{}"),
            ("app/code/Acme/Gift/etc/module.xml", "<module/>"),
            ("app/code/Acme/Gift/registration.php", "<?php // Acme_Gift"),
        ];
        let map = MapFiles::of(files);
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let disk = DiskFiles::below(folder.path());
        for path in [
            "",
            "app",
            "app/code/Acme/Gift",
            "composer.json",
            "nothing",
            "app/none",
        ] {
            assert_eq!(map.kind(path), disk.kind(path), "{path}");
            assert_eq!(map.entries(path), disk.entries(path), "{path}");
            assert_eq!(map.folders(path), disk.folders(path), "{path}");
            assert_eq!(map.read(path, 9).ok(), disk.read(path, 9).ok(), "{path}");
            assert_eq!(map.leads_out(path), disk.leads_out(path), "{path}");
            let missing = |files: &dyn StoreFiles| {
                files
                    .read_if_there(path, 9)
                    .is_ok_and(|read| read.is_none())
            };
            assert_eq!(missing(&map), missing(&disk), "{path}");
        }
        for path in ["app//code/./Acme", "./nothing//here"] {
            assert_eq!(map.direct(path), disk.direct(path), "{path}");
        }
        assert!(map.read("app/code/Acme/Gift/registration.php", 3).is_err());
        let modules = "app/code/*/*/registration.php";
        assert_eq!(map.by_pattern(modules).unwrap().len(), 1);
        assert_eq!(map.by_pattern(modules), disk.by_pattern(modules));
        let words = ["Acme_Gift".to_owned()];
        let found = map.scan(Where::Store, &words, &|_| false);
        assert_eq!(found, disk.scan(Where::Store, &words, &|_| false));
        assert_eq!(found.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_seen_and_not_followed_in_a_list() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("real")).unwrap();
        std::os::unix::fs::symlink("real", folder.path().join("link")).unwrap();
        let disk = DiskFiles::below(folder.path());
        std::os::unix::fs::symlink("/", folder.path().join("real/out")).unwrap();
        assert!(disk.leads_out("real/out") && disk.leads_out(".."));
        assert!(!disk.leads_out("link") && !disk.leads_out("real/none"));
        let entry = |name: &str, kind| Entry {
            name: name.to_owned(),
            kind,
        };
        assert_eq!(
            disk.entries(""),
            [entry("link", Kind::Other), entry("real", Kind::Folder)]
        );
        assert_eq!(disk.folders(""), ["link", "real"]);
        assert_eq!(disk.kind("link"), Some(Kind::Folder));
    }
}
