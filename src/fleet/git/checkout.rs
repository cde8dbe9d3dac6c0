//! The folder of a store that is in git: a checkout that is there, or a clone made for it.

use super::program::{GitError, refuse_programs, remote, run, text};
use crate::fleet::results::id;
use std::fs::{self, File};
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
    /// The store in a folder of this machine. None when it is in no repository; fails when there is no commit yet, and when the
    /// repository's settings name programs.
    pub(crate) fn of_folder(folder: &Path) -> Result<Option<Self>, GitError> {
        let Ok(top) = text(folder, "git", &["rev-parse", "--show-toplevel"]) else {
            return Ok(None);
        };
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
        let failed = |error: std::io::Error| GitError::Clones {
            folder: clones.to_path_buf(),
            why: error.to_string(),
        };
        create_private(clones).map_err(failed)?;
        // A clone of another address is another one.
        let place = clones.join(id(&format!("{name} {url}")));
        let lock = place.with_extension("lock");
        let options = fs::OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .to_owned();
        let lock = options.open(lock).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let main = main_branch(url)?;
        let branch = match branch.map(str::to_owned).or_else(|| main.clone()) {
            Some(branch) => branch,
            None => return Err(GitError::NoCommit),
        };
        if !place.join(".git").is_dir() {
            let new = tempfile::Builder::new()
                .prefix(".new-")
                .tempdir_in(clones)
                .map_err(failed)?;
            let inner = new.path().join("clone");
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
            remote(None, url, "cannot be cloned", &clone)?;
            // Of a run that was cut off before there was a repository.
            let _ = fs::remove_dir_all(&place);
            fs::rename(&inner, &place).map_err(failed)?;
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
        let place = clones.join(id(&format!("{name} {url}")));
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

/// Makes a folder for its owner's eyes: an address that is kept in a clone may hold a key.
fn create_private(folder: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
