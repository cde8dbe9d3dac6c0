//! One file that is written by itself: credentials, a saved plan, a runbook.
//!
//! It is put in place as one unit, no link is followed, and what a run that is cut off leaves behind lies under a
//! known name, readable for its owner alone, until the next one clears it away: inside the tool's own folder for a file
//! of the store, which git does not see, and beside its place for all others.

use super::disk::{Attributes, Dir, Disk, Kind};
use super::error::{ApplyError, failed};
use super::journal::{State, Verdict};
use super::journals::Journals;
use super::locked::Locked;
use super::own::{self, FOLDER, STAGED};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::time::UNIX_EPOCH;

/// Who may read the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner alone.
    Owner,
    /// Who could read the one that was there, unless that was everybody; of a new one, its owner alone.
    AsBefore,
    /// Who could read the one that was there; of a new one, whom the umask lets.
    Umask,
}

/// Writes a file in place of the one that is there, whose owner it keeps, or as a new one. `path` itself may not
/// be a link. A folder that is missing is the caller's to make.
pub fn write_file(
    store: &Path,
    path: &Path,
    bytes: &[u8],
    readers: Readers,
) -> Result<(), ApplyError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let folder = folder.canonicalize().map_err(failed("open", folder))?;
    let dir = Dir::open(&folder).map_err(failed("open", &folder))?;
    let name = path
        .file_name()
        .ok_or_else(|| refused(path, "it has no name"))?;
    let file = Single {
        dir,
        name,
        bytes,
        readers,
    };
    let is_inside = store
        .canonicalize()
        .is_ok_and(|store| folder.starts_with(store));
    if is_inside {
        let journals = Journals::open(store)?;
        match journals.lock() {
            Ok(locked) => return locked.write_single(&file),
            // A store in which nothing but this file can be written.
            Err(ApplyError::Io { source, .. })
                if matches!(
                    source.kind(),
                    io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
                ) => {}
            Err(error) => return Err(error),
        }
    }
    file.write_beside(&Disk::PLAIN)
}

/// Writes a file of a folder that is no store's, by way of this name in it, which the caller keeps others from. It is
/// readable for its owner alone.
pub(crate) fn write_by_way_of(
    disk: &Disk,
    path: &Path,
    staged: &str,
    bytes: &[u8],
) -> Result<(), ApplyError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = Single {
        dir: Dir::open(folder).map_err(failed("open", folder))?,
        name: path
            .file_name()
            .ok_or_else(|| refused(path, "it has no name"))?,
        bytes,
        readers: Readers::Owner,
    };
    file.write(disk, &file.dir, OsStr::new(staged))
}

impl Journals {
    /// Removes what a run that was cut off left of a single file, or of a plan, while it waited for its place; the journal of
    /// a plan whose files are all in place is ended. That it cannot be done is no reason to stop.
    pub fn clear_staged(&self) {
        let own = own::child(&self.dir, OsStr::new(FOLDER), &self.dir);
        let is_there = own
            .ok()
            .flatten()
            .is_some_and(|own| matches!(own.kind(OsStr::new(STAGED)), Ok(Some(Kind::File))));
        if (is_there || self.is_cut_off().unwrap_or(false))
            && let Ok(locked) = self.lock()
        {
            let _ = match self.has_put_all() {
                Ok(true) => locked.settle(),
                _ => locked.clear_waiting(),
            };
        }
    }

    /// Whether a run was cut off after it put the last file in place.
    fn has_put_all(&self) -> Result<bool, ApplyError> {
        for folder in self.folders()? {
            if let Some(record) = folder.read(&self.dir)?
                && record.state == State::Applying
                && record.verdict(&self.dir, &self.store)? == Verdict::New
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Locked<'_> {
    /// Removes the bytes that wait for their place by the journals of runs that were cut off. To take such a run back the
    /// old ones do.
    fn clear_waiting(&self) -> Result<(), ApplyError> {
        for folder in self.folders()? {
            if let Some(record) = folder.read(self.dir)?
                && record.state != State::Applied
            {
                self.remove_staged(&folder, &record)?;
            }
        }
        Ok(())
    }

    fn write_single(&self, file: &Single) -> Result<(), ApplyError> {
        match file.write(&self.disk, &self.own, OsStr::new(STAGED)) {
            // A part of the store that is mounted from elsewhere.
            Err(ApplyError::Io { source, .. })
                if source.kind() == io::ErrorKind::CrossesDevices =>
            {
                self.disk.remove(&self.own, OsStr::new(STAGED))?;
                file.write_beside(&self.disk)
            }
            written => written,
        }
    }
}

/// A file to write.
struct Single<'a> {
    dir: Dir,
    name: &'a OsStr,
    bytes: &'a [u8],
    readers: Readers,
}

impl Single<'_> {
    /// Writes the file by way of a name beside it. Another run may write the same file meanwhile, and each has a name of its own;
    /// those of runs that have ended go.
    fn write_beside(&self, disk: &Disk) -> Result<(), ApplyError> {
        let mut stem = OsString::from(".");
        stem.push(self.name);
        stem.push(".mageshift-new");
        // That one cannot be removed is no reason to stop.
        for name in self.dir.names().unwrap_or_default() {
            if is_left_over(&name, &stem) {
                let _ = disk.remove(&self.dir, &name);
            }
        }
        // Machines that share a folder may have processes of one number.
        let now = UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        stem.push(format!("-{}-{now:x}", std::process::id()));
        self.write(disk, &self.dir, &stem)
    }

    /// Writes the bytes under a name in `dir`, and puts them in their place.
    fn write(&self, disk: &Disk, dir: &Dir, staged: &OsStr) -> Result<(), ApplyError> {
        let path = self.dir.path(self.name);
        let kind = self.dir.kind(self.name).map_err(failed("read", &path))?;
        let now = match kind {
            None => None,
            Some(Kind::File) => {
                let file = self.dir.file(self.name, false);
                let metadata = file.and_then(|file| file.metadata());
                Some(Attributes::of(&metadata.map_err(failed("read", &path))?))
            }
            Some(Kind::Link) => return Err(refused(&path, "it is a link, and none is followed")),
            Some(_) => return Err(refused(&path, "it is not a plain file")),
        };
        let attributes = match (now, self.readers) {
            (Some(now), Readers::Owner) => now.private(),
            (Some(now), Readers::AsBefore) => now.for_some(),
            (Some(now), Readers::Umask) => now,
            (None, Readers::Owner | Readers::AsBefore) => Attributes::default().private(),
            (None, Readers::Umask) => Attributes::default(),
        };
        disk.remove(dir, staged)?;
        let written = disk
            .create(dir, staged, self.bytes, attributes)
            .and_then(|()| disk.rename_into(dir, staged, &self.dir, self.name))
            .and_then(|()| disk.sync_directory(&self.dir));
        if written.is_err() {
            // The next run does it, if this cannot.
            let _ = disk.remove(dir, staged);
        }
        written
    }
}

/// Whether a file waits for its place by way of this stem, and the run that made it, whose number stands behind, is no more.
fn is_left_over(name: &OsStr, stem: &OsStr) -> bool {
    let rest = name
        .as_encoded_bytes()
        .strip_prefix(stem.as_encoded_bytes());
    let Some(rest) = rest.and_then(|rest| std::str::from_utf8(rest).ok()) else {
        return false;
    };
    let number = rest
        .strip_prefix('-')
        .and_then(|rest| rest.split('-').next()?.parse().ok());
    number.is_some_and(|number| number == std::process::id() || !is_running(number))
}

#[cfg(unix)]
fn is_running(process: u32) -> bool {
    let process = i32::try_from(process).ok();
    process
        .and_then(rustix::process::Pid::from_raw)
        .is_some_and(|process| {
            let there = rustix::process::test_kill_process(process);
            there != Err(rustix::io::Errno::SRCH)
        })
}

/// Elsewhere the file of a process that runs cannot be removed while it writes, or that process fails to put it in place and says
/// so.
#[cfg(not(unix))]
fn is_running(_process: u32) -> bool {
    false
}

fn refused(path: &Path, reason: &'static str) -> ApplyError {
    ApplyError::UnsafePath {
        path: path.display().to_string(),
        reason,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    #[test]
    fn a_file_keeps_its_mode_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path();
        let file = store.join("auth.json");
        write_file(store, &file, b"new", Readers::AsBefore).unwrap();
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        // What a run that was cut off left.
        fs::write(store.join(".mageshift/staged"), "secret").unwrap();
        write_file(store, &file, b"newer", Readers::AsBefore).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"newer");
        assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o640);
        assert!(!store.join(".mageshift/staged").exists());
        let mut names: Vec<_> = fs::read_dir(store)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, [".mageshift", "auth.json"]);

        fs::write(store.join(".mageshift/staged"), "secret").unwrap();
        Journals::open(store).unwrap().clear_staged();
        assert!(!store.join(".mageshift/staged").exists());
    }

    #[test]
    fn outside_of_the_store_nothing_is_left_either_and_links_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        fs::create_dir(&store).unwrap();
        let file = folder.path().join("plan.json");
        fs::write(
            folder.path().join(".plan.json.mageshift-new-0-0"),
            "cut off",
        )
        .unwrap();
        write_file(&store, &file, b"plan", Readers::Owner).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(!store.join(".mageshift").exists());
        // What another run, which goes on, is about to put in its place stays.
        let parent = std::os::unix::process::parent_id();
        let other = folder
            .path()
            .join(format!(".plan.json.mageshift-new-{parent}-5f"));
        fs::write(&other, "of another run").unwrap();
        write_file(&store, &file, b"plan", Readers::Owner).unwrap();
        assert!(other.exists());
        fs::remove_file(&other).unwrap();
        symlink("plan.json", folder.path().join("link.json")).unwrap();
        let refused = write_file(
            &store,
            &folder.path().join("link.json"),
            b"",
            Readers::Owner,
        );
        assert!(matches!(refused, Err(ApplyError::UnsafePath { .. })));
        assert_eq!(fs::read(&file).unwrap(), b"plan");
    }

    /// What a saved plan, a report, a runbook and a list of keys have in common: in the store or outside, and whoever kills
    /// the run, the file is the old one or the new one, and after the next one nothing else is there.
    #[test]
    fn a_kill_at_any_instant_leaves_the_old_file_or_the_new_one() {
        use std::cell::Cell;
        use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
        for is_inside in [true, false] {
            for at in 1.. {
                let folder = tempfile::tempdir().unwrap();
                let store = folder.path().join("store");
                fs::create_dir(&store).unwrap();
                let place = if is_inside { &*store } else { folder.path() };
                let path = place.join("report.html");
                fs::write(&path, "old").unwrap();
                let count = std::rc::Rc::new(Cell::new(0));
                let counted = count.clone();
                let watch = move |_: &'static str| {
                    counted.set(counted.get() + 1);
                    if counted.get() == at {
                        resume_unwind(Box::new("killed"));
                    }
                };
                let file = Single {
                    dir: Dir::open(place).unwrap(),
                    name: OsStr::new("report.html"),
                    bytes: b"new",
                    readers: Readers::Umask,
                };
                let run = AssertUnwindSafe(|| {
                    if is_inside {
                        let journals = Journals::open(&store).unwrap().watched(watch);
                        journals
                            .lock()
                            .and_then(|locked| locked.write_single(&file))
                            .unwrap();
                    } else {
                        let disk = Disk {
                            watch: &watch,
                            hinder: &|_| Ok(()),
                        };
                        file.write_beside(&disk).unwrap();
                    }
                });
                let is_whole = catch_unwind(run).is_ok();
                let now = fs::read(&path).unwrap();
                assert!(now == b"old" || now == b"new", "{at} changes");
                if is_inside {
                    // Nothing lies beside it even now.
                    assert!(fs::read_dir(&store).unwrap().count() <= 2, "{at} changes");
                }
                write_file(&store, &path, b"newer", Readers::Umask).unwrap();
                assert_eq!(fs::read(&path).unwrap(), b"newer");
                assert_eq!(fs::read_dir(place).unwrap().count(), 2, "{at} changes");
                assert!(!store.join(".mageshift/staged").exists());
                if is_whole {
                    assert!(at > 5, "{at} changes");
                    break;
                }
            }
        }
    }

    #[test]
    fn a_disk_that_fails_leaves_the_old_file_or_the_new_one_and_no_secret_beside_it() {
        use std::cell::Cell;
        for for_ever in [false, true] {
            for at in 1.. {
                let folder = tempfile::tempdir().unwrap();
                let store = folder.path();
                fs::write(store.join("auth.json"), "old").unwrap();
                let count = std::rc::Rc::new(Cell::new(0));
                let counted = count.clone();
                let journals = Journals::open(store).unwrap().hindered(move |_| {
                    counted.set(counted.get() + 1);
                    let fails = counted.get() == at || (for_ever && counted.get() > at);
                    if fails {
                        Err(io::ErrorKind::StorageFull.into())
                    } else {
                        Ok(())
                    }
                });
                let file = Single {
                    dir: Dir::open(store).unwrap(),
                    name: OsStr::new("auth.json"),
                    bytes: b"new",
                    readers: Readers::AsBefore,
                };
                let written = journals
                    .lock()
                    .and_then(|locked| locked.write_single(&file));
                let now = fs::read(store.join("auth.json")).unwrap();
                if count.get() < at {
                    written.unwrap();
                    assert!(now == b"new" && at > 10, "{at} changes");
                    break;
                }
                // Only the last step, which makes the name durable, can fail when the file is there.
                assert!(now == b"old" || now == b"new");
                assert!(written.is_err() || now == b"new");
                write_file(store, &store.join("auth.json"), b"new", Readers::AsBefore).unwrap();
                assert_eq!(fs::read(store.join("auth.json")).unwrap(), b"new");
                assert_eq!(fs::read_dir(store).unwrap().count(), 2);
                assert!(!store.join(".mageshift/staged").exists());
            }
        }
    }
}
