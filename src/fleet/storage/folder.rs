//! A folder of this machine, or of one that it shares with others.

use super::place::{Expected, Put, Storage, StorageError, Version};
use crate::apply::{Disk, write_by_way_of};
use crate::fleet::lock_file;
use composer_engine::files;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// A file in the folder that is locked while one is compared and replaced.
const LOCK: &str = ".lock";

/// What is being written, until it has its name.
const NEW: &str = ".mageshift-new";

/// What keeps the folder out of git, and tells that it is one of results.
const IGNORED: &str = "*\n";

/// A folder with documents. Those who write are kept apart by a lock on a file.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder, where it is not there, and keeps it out of git. One that holds anything else is not taken: keeping
    /// it out of git would hide what is in it, from git and from whoever looks through a store.
    pub(crate) fn create(path: &Path) -> Result<Self, StorageError> {
        let folder = Self(path.to_path_buf());
        fs::create_dir_all(path).map_err(|error| folder.failed("", &error))?;
        let entries = fs::read_dir(path).map_err(|error| folder.failed("", &error))?;
        let names: Vec<OsString> = entries.flatten().map(|entry| entry.file_name()).collect();
        let text = folder.ignored();
        if text.as_deref() == Some(IGNORED.as_bytes()) {
            return Ok(folder);
        }
        // Looked for after what is there was listed: another worker that is at work here by then made it before all else.
        if !path.join(LOCK).is_file() {
            folder.check_empty(&names, text.as_deref())?;
        }
        let _lock = folder.lock().map_err(|error| folder.failed(LOCK, &error))?;
        let list = path.join(".gitignore");
        let is_missing =
            fs::symlink_metadata(&list).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        // What a run that was killed while it wrote it has left; anything else, and what cannot be read, is somebody's own.
        let is_begun = folder
            .ignored()
            .is_some_and(|text| IGNORED.as_bytes().starts_with(&text));
        if is_missing || is_begun {
            write_by_way_of(&Disk::PLAIN, &list, NEW, IGNORED.as_bytes())
                .map_err(|error| folder.error(".gitignore", error.to_string()))?;
        }
        Ok(folder)
    }

    /// What its list of what git ignores says.
    fn ignored(&self) -> Option<Vec<u8>> {
        files::read_if_there(&self.0.join(".gitignore"), files::CONFIGURATION)
            .ok()
            .flatten()
    }

    /// Fails when one of these names in the folder is not a fleet's; `list` is the text of its .gitignore.
    fn check_empty(&self, names: &[OsString], list: Option<&[u8]>) -> Result<(), StorageError> {
        // A run that was killed may have left no more.
        let is_begun = list.is_some_and(|text| IGNORED.as_bytes().starts_with(text));
        // A disk of its own has the other folder from the beginning.
        let mut others = names
            .iter()
            .filter(|&name| name != "lost+found" && !(is_begun && name == ".gitignore"));
        match others.next() {
            Some(other) => {
                let name = other.to_string_lossy();
                Err(self.error(
                    "",
                    format!("is not a folder of results, it holds {name}: name a new folder, or an empty one"),
                ))
            }
            None => Ok(()),
        }
    }

    /// The folder as it is; fails when there is none.
    pub(crate) fn open(path: &Path) -> Result<Self, StorageError> {
        let folder = Self(path.to_path_buf());
        match path.is_dir() {
            true => Ok(folder),
            false => Err(folder.error("", "there is no such folder")),
        }
    }

    fn error(&self, name: &str, what: impl Into<String>) -> StorageError {
        StorageError {
            place: self.0.join(name).display().to_string(),
            what: what.into(),
        }
    }

    fn failed(&self, name: &str, error: &io::Error) -> StorageError {
        self.error(name, error.to_string())
    }

    /// Locks the folder for as long as the file is open.
    fn lock(&self) -> io::Result<File> {
        let file = lock_file::open(&self.0.join(LOCK))?;
        file.lock()?;
        Ok(file)
    }

    fn write(
        &self,
        disk: &Disk,
        name: &str,
        bytes: &[u8],
        expected: &Expected,
    ) -> Result<Put, anyhow::Error> {
        let path = self.0.join(name);
        let parent = path.parent().unwrap_or(&self.0);
        fs::create_dir_all(parent)?;
        let lock = self.lock()?;
        let is_expected = match expected {
            Expected::Anything => true,
            Expected::Nothing => fs::symlink_metadata(&path).is_err(),
            Expected::This(version) => {
                let now = files::read(&path, files::PLAN).ok();
                now.is_some_and(|now| version_of(&now) == *version)
            }
        };
        if !is_expected {
            return Ok(Put::TooLate);
        }
        // One name for all, under the lock: what a run that was killed has left is in nobody's use, and gives way.
        write_by_way_of(disk, &path, NEW, bytes)?;
        drop(lock);
        Ok(Put::Written)
    }
}

fn version_of(bytes: &[u8]) -> Version {
    let digest = Sha256::digest(bytes);
    Version(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

impl Storage for Folder {
    fn get(&self, name: &str) -> Result<Option<(Vec<u8>, Version)>, StorageError> {
        match files::read_if_there(&self.0.join(name), files::PLAN) {
            Ok(bytes) => Ok(bytes.map(|bytes| {
                let version = version_of(&bytes);
                (bytes, version)
            })),
            Err(error) => Err(self.error(name, error.what.to_string())),
        }
    }

    fn put(&self, name: &str, bytes: &[u8], expected: &Expected) -> Result<Put, StorageError> {
        let written = self.write(&Disk::PLAIN, name, bytes, expected);
        written.map_err(|error| self.error(name, format!("{error:#}")))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, StorageError> {
        let entries = match fs::read_dir(self.0.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(self.failed(folder, &error)),
        };
        let mut names: Vec<String> = entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| !name.starts_with('.'))
            .map(|name| format!("{folder}/{name}"))
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    fn shown(&self) -> String {
        self.0.display().to_string()
    }

    fn folder(&self) -> Option<PathBuf> {
        Some(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_holds_something_else_is_left_as_it_is() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("composer.json"), "{}").unwrap();
        let error = Folder::create(dir.path()).unwrap_err().to_string();
        assert!(error.contains("composer.json"), "{error}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        let own = dir.path().join("out");
        fs::create_dir_all(own.join("lost+found")).unwrap();
        for _ in 0..2 {
            let folder = Folder::create(&own).unwrap();
            folder.put("a/b.json", b"1", &Expected::Anything).unwrap();
        }
        let list = own.join(".gitignore");
        assert_eq!(fs::read_to_string(&list).unwrap(), "*\n");
        // Cut off while it was written, gone, and somebody's own.
        fs::write(&list, "").unwrap();
        Folder::create(&own).unwrap();
        assert_eq!(fs::read_to_string(&list).unwrap(), "*\n");
        fs::remove_file(&list).unwrap();
        Folder::create(&own).unwrap();
        assert_eq!(fs::read_to_string(&list).unwrap(), "*\n");
        for theirs in [&b"!keep\n"[..], &[b'#'; 9_000_000]] {
            fs::write(&list, theirs).unwrap();
            Folder::create(&own).unwrap();
            assert!(fs::read(&list).unwrap() == theirs);
        }
    }

    #[test]
    fn workers_that_begin_at_once_share_a_folder() {
        for _ in 0..200 {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("out");
            let begin = std::sync::Barrier::new(4);
            std::thread::scope(|scope| {
                for worker in 0..4 {
                    let (path, begin) = (&path, &begin);
                    scope.spawn(move || {
                        begin.wait();
                        let folder = Folder::create(path).unwrap();
                        let name = format!("a/{worker}.json");
                        folder.put(&name, b"1", &Expected::Nothing).unwrap();
                    });
                }
            });
            let folder = Folder::open(&path).unwrap();
            assert_eq!(folder.list("a").unwrap().len(), 4);
        }
    }

    #[test]
    fn of_two_who_write_one_comes_too_late() {
        let dir = tempfile::tempdir().unwrap();
        let folder = Folder::create(&dir.path().join("out")).unwrap();
        assert_eq!(
            folder.put("a/b.json", b"1", &Expected::Nothing).unwrap(),
            Put::Written
        );
        assert_eq!(
            folder.put("a/b.json", b"2", &Expected::Nothing).unwrap(),
            Put::TooLate
        );
        let (bytes, version) = folder.get("a/b.json").unwrap().unwrap();
        assert_eq!(bytes, b"1");
        let this = Expected::This(version);
        assert_eq!(folder.put("a/b.json", b"3", &this).unwrap(), Put::Written);
        assert_eq!(folder.put("a/b.json", b"4", &this).unwrap(), Put::TooLate);
        assert_eq!(folder.get("a/b.json").unwrap().unwrap().0, b"3");
        assert_eq!(
            folder.list("a").unwrap(),
            ["a/b.json"],
            "nothing half written is left"
        );
        assert_eq!(folder.get("a/c.json").unwrap(), None);
        assert!(folder.list("none").unwrap().is_empty());
    }

    #[test]
    fn a_disk_that_fails_and_a_kill_leave_the_old_document_or_the_new_one() {
        use std::cell::Cell;
        use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
        for kills in [false, true] {
            for at in 1.. {
                let dir = tempfile::tempdir().unwrap();
                let path = dir.path().join("out");
                let plain = Folder::create(&path).unwrap();
                plain.put("a/b.json", b"old", &Expected::Anything).unwrap();
                let count = Cell::new(0);
                let hinder = |_: &'static str| {
                    count.set(count.get() + 1);
                    match count.get() == at {
                        true if kills => resume_unwind(Box::new("killed")),
                        true => Err(io::ErrorKind::StorageFull.into()),
                        false => Ok(()),
                    }
                };
                let disk = Disk {
                    watch: &|_| {},
                    hinder: &hinder,
                };
                let put = || plain.write(&disk, "a/b.json", b"new", &Expected::Anything);
                let put = catch_unwind(AssertUnwindSafe(put));
                let now = plain.get("a/b.json").unwrap().unwrap().0;
                assert!(now == b"old" || now == b"new", "{at} changes");
                let is_whole = matches!(put, Ok(Ok(Put::Written)));
                assert!(!is_whole || now == b"new");
                if let Ok(Err(error)) = &put {
                    assert!(format!("{error:#}").contains("cannot "), "{error:#}");
                }
                assert_eq!(plain.list("a").unwrap(), ["a/b.json"]);
                plain
                    .put("a/b.json", b"newer", &Expected::Anything)
                    .unwrap();
                assert_eq!(plain.get("a/b.json").unwrap().unwrap().0, b"newer");
                assert_eq!(fs::read_dir(path.join("a")).unwrap().count(), 1);
                if is_whole {
                    assert!(at > 5, "{at} changes");
                    break;
                }
            }
        }
    }
}
