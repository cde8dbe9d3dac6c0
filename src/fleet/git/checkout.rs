//! The folder of a store that is in git: a checkout that is there, or a clone made for it.

use super::program::{GitError, REMOTE, refuse_programs, remote, run, text};
use crate::fleet::lock_file;
use crate::fleet::results::id;
use crate::project::git::repository_of;
use composer_engine::files::create_private;
use composer_engine::repository::masked;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// The name that a clone gives to where it came from.
const ORIGIN: &str = "origin";

/// A store in a repository.
#[derive(Debug)]
pub(crate) struct Checkout {
    /// The folder of the whole repository.
    pub repository: PathBuf,
    /// The store's folder in it, empty or with `/` at its end.
    pub prefix: String,
    /// The commit that is looked at.
    pub commit: String,
    /// Where it came from and where it is pushed to, if that is known: the name of a remote, and its address.
    pub origin: Option<(String, String)>,
    /// The branch that a pull request goes to, where it is known.
    pub base: Option<String>,
    /// Held by who works in a clone.
    _lock: Option<File>,
}

impl Checkout {
    /// The store in a folder of this machine. None when it is in no repository; fails when git does not read the one that it is
    /// in, when there is no commit yet, and when the repository's settings name programs.
    pub(crate) fn of_folder(folder: &Path) -> Result<Option<Self>, GitError> {
        let folder = &folder.canonicalize().unwrap_or(folder.to_path_buf());
        if repository_of(folder).is_none() {
            return Ok(None);
        }
        let top = text(
            folder,
            "the checkout cannot be read",
            &["rev-parse", "--show-toplevel"],
        )?;
        let repository = PathBuf::from(top);
        refuse_programs(&repository)?;
        let prefix = text(folder, "git", &["rev-parse", "--show-prefix"])?;
        let head = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
        let commit = text(folder, "git", &head).map_err(|_| GitError::NoCommit)?;
        let base = text(
            folder,
            "git",
            &["symbolic-ref", "--quiet", "--short", "HEAD"],
        )
        .ok();
        let remotes = text(folder, "git", &["remote"])?;
        let name = remotes
            .lines()
            .find(|name| *name == ORIGIN)
            .or(remotes.lines().next());
        let origin = match name.filter(|name| !name.starts_with('-')) {
            Some(name) => {
                let url =
                    text(folder, "git", &["remote", "get-url", "--", name]).unwrap_or_default();
                Some((name.to_owned(), url))
            }
            None => None,
        };
        Ok(Some(Self {
            repository,
            prefix,
            commit,
            origin,
            base,
            _lock: None,
        }))
    }

    /// A clone of the newest commit of a branch, of the main one where none is named, below the folder `clones`; one that is there
    /// is brought up to date. Fails when somebody has changed files in it.
    pub(crate) fn of_clone(
        clones: &Path,
        name: &str,
        url: &str,
        branch: Option<&str>,
        folder: &str,
    ) -> Result<Self, GitError> {
        let failed = |error: io::Error| GitError::Clones {
            folder: clones.to_path_buf(),
            why: error.to_string(),
        };
        create_private(clones).map_err(failed)?;
        let id = clone_id(name, url);
        let place = clones.join(&id);
        let lock = open_lock(clones, &id).map_err(failed)?;
        lock.lock().map_err(failed)?;
        clear_locks(&place);
        let main = main_branch(url)?;
        let branch = match branch.map(str::to_owned).or_else(|| main.clone()) {
            Some(branch) => branch,
            None => return Err(GitError::NoCommit),
        };
        if !place.join(".git").is_dir() {
            let new = unfinished(clones, &id);
            clear(&new).map_err(failed)?;
            create_private(&new).map_err(failed)?;
            let inner = new.join("clone");
            let shown = inner.display().to_string();
            let option = format!("--branch={branch}");
            let clone = [
                "clone",
                "--quiet",
                "--depth=1",
                "--single-branch",
                "--no-tags",
                "--template=",
                "--no-checkout",
                &option,
                "--",
                url,
                &shown,
            ];
            let cloned = remote(None, url, "cannot be cloned", &clone).and_then(|_| {
                // Of a run that was cut off before there was a repository.
                clear(&place)
                    .and_then(|()| fs::rename(&inner, &place))
                    .map_err(failed)
            });
            // The next run does it, if this cannot.
            let _ = clear(&new);
            cloned?;
        }
        refuse_programs(&place)?;
        let reference = format!("refs/heads/{branch}");
        let fetch = [
            "fetch",
            "--quiet",
            "--depth=1",
            "--no-tags",
            "--no-recurse-submodules",
            "--",
            url,
            &reference,
        ];
        remote(Some(&place), url, "cannot be fetched", &fetch)?;
        let commit = text(
            &place,
            "git",
            &["rev-parse", "--verify", "FETCH_HEAD^{commit}"],
        )?;
        // Nothing was ever checked out where there is no index, so nothing can have been changed.
        if place.join(".git/index").exists() && !is_clean(&place)? {
            return Err(GitError::Dirty(place));
        }
        // Where it is checked out no branch is, so none can be changed by it.
        run(
            &place,
            "cannot be checked out",
            &["checkout", "--quiet", "--detach", &commit],
        )?;
        let prefix = match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let store = place.join(folder);
        let is_inside = match (store.canonicalize(), place.canonicalize()) {
            (Ok(store), Ok(place)) => store.starts_with(place),
            _ => false,
        };
        if !is_inside {
            return Err(GitError::NoFolder(folder.to_owned()));
        }
        Ok(Self {
            repository: place,
            prefix,
            commit,
            origin: Some((ORIGIN.to_owned(), url.to_owned())),
            base: Some(branch),
            _lock: Some(lock),
        })
    }

    /// A clone that an earlier run made, as it is; none when there is none.
    pub(crate) fn known_clone(
        clones: &Path,
        name: &str,
        url: &str,
    ) -> Result<Option<Self>, GitError> {
        let place = clones.join(clone_id(name, url));
        match place.join(".git").is_dir() {
            true => Self::of_folder(&place),
            false => Ok(None),
        }
    }

    /// The store's folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.repository.join(&self.prefix)
    }

    /// Fails when a file that git has was changed and not committed.
    pub(crate) fn check_clean(&self) -> Result<(), GitError> {
        match is_clean(&self.repository)? {
            true => Ok(()),
            false => Err(GitError::Dirty(self.repository.clone())),
        }
    }
}

/// The name of a clone's folder, which messages show. A clone of another address is another one; the login in it does not count.
fn clone_id(name: &str, url: &str) -> String {
    id(&format!("{name} {}", masked(url)))
}

fn is_clean(folder: &Path) -> Result<bool, GitError> {
    let status = [
        "status",
        "--porcelain",
        "--untracked-files=no",
        "--ignore-submodules=all",
    ];
    Ok(text(folder, "git", &status)?.is_empty())
}

/// The main branch of a repository elsewhere; none where it has no commit.
pub(super) fn main_branch(url: &str) -> Result<Option<String>, GitError> {
    let listed = remote(
        None,
        url,
        "cannot be asked",
        &["ls-remote", "--symref", "--", url, "HEAD"],
    )?;
    let main = listed.lines().find_map(|line| {
        let line = line.strip_prefix("ref: refs/heads/")?;
        line.strip_suffix("\tHEAD")
    });
    Ok(main.map(str::to_owned))
}

/// The file that is locked by who works in the clone of this name.
fn open_lock(clones: &Path, id: &str) -> io::Result<File> {
    lock_file::open(&clones.join(format!("{id}.lock")))
}

/// What the folder of a clone begins with that is being made.
const NEW: &str = ".new-";

/// The folder in which the clone of this name is made, by who has its lock.
fn unfinished(clones: &Path, id: &str) -> PathBuf {
    clones.join(format!("{NEW}{id}"))
}

/// Removes a folder with all that is in it, or a link in its place; one that is not there is fine.
fn clear(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Removes the clones that runs were making when they were cut off. Where somebody has the lock of one, it is being made.
/// That one cannot be removed is no reason to stop.
pub(crate) fn clear_unfinished(clones: &Path) {
    for entry in fs::read_dir(clones).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let id = name.to_str().and_then(|name| name.strip_prefix(NEW));
        if let Some(id) = id
            // Such a lock was made before the folder.
            && clones.join(format!("{id}.lock")).is_file()
            && let Ok(lock) = open_lock(clones, id)
            && lock.try_lock().is_ok()
        {
            let _ = clear(&entry.path());
        }
    }
}

/// Removes the locks of git's own in a clone that are older than any of its commands lasts: the machine went down under it.
fn clear_locks(place: &Path) {
    for name in ["index.lock", "HEAD.lock", "shallow.lock", "config.lock"] {
        let lock = place.join(".git").join(name);
        let age = fs::symlink_metadata(&lock)
            .and_then(|lock| lock.modified())
            .map(|made| made.elapsed().unwrap_or_default());
        if age.is_ok_and(|age| age > REMOTE) {
            // git says so, if it is still there.
            let _ = fs::remove_file(&lock);
        }
    }
}
