//! Whether the tool's own folder is the tool's own: a store may come from a stranger, or be writable for one.
//!
//! As with git's `safe.directory`, what is in the folder counts only when it belongs to who runs the program, or to the
//! owner of the store and nobody else can write to it. Links are not followed, so that nothing outside is taken for it.

use super::disk::{Attributes, Dir, Kind};
use super::error::{ApplyError, failed};
use std::ffi::OsStr;
use std::path::Path;

/// The folder in the store that holds the journals.
pub const FOLDER: &str = ".mageshift";

/// The folder in it that holds a folder for each journal.
pub(super) const JOURNAL: &str = "journal";

/// The file in it that is locked while files are written.
pub(super) const LOCK: &str = "lock";

/// A file in it that is written by itself and not in place yet.
pub(super) const STAGED: &str = "staged";

/// Opens a directory of the tool's own; none when it is not there. Fails with [`ApplyError::NotOwn`] when it is a link,
/// or belongs to somebody else.
pub(super) fn child(dir: &Dir, name: &OsStr, store: &Dir) -> Result<Option<Dir>, ApplyError> {
    let path = dir.path(name);
    match dir.kind(name).map_err(failed("read", &path))? {
        None => return Ok(None),
        Some(Kind::Directory) => {}
        Some(Kind::Link) => return Err(not_own(&path, "it is a link, and none is followed here")),
        Some(Kind::File | Kind::Other) => return Err(not_own(&path, "it is not a folder")),
    }
    let child = dir.child(name).map_err(failed("open", &path))?;
    let metadata = child.metadata().map_err(failed("read", &path))?;
    check(&path, Attributes::of(&metadata), store)?;
    Ok(Some(child))
}

fn not_own(path: &Path, reason: impl Into<String>) -> ApplyError {
    ApplyError::NotOwn {
        path: path.to_owned(),
        reason: reason.into(),
    }
}

/// Fails when something with these attributes may come from somebody else.
pub(super) fn check(path: &Path, found: Attributes, store: &Dir) -> Result<(), ApplyError> {
    let metadata = store.metadata().map_err(failed("read", store.own_path()))?;
    match reason(found, Attributes::of(&metadata), effective_user()) {
        Some(reason) => Err(not_own(path, reason)),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn effective_user() -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn effective_user() -> Option<u32> {
    None
}

fn reason(found: Attributes, store: Attributes, runs: Option<u32>) -> Option<String> {
    let user = found.user()?;
    if Some(user) == runs {
        None
    } else if Some(user) != store.user() {
        Some(format!(
            "it belongs to user {user}, who neither runs this nor owns the store"
        ))
    } else if found.is_writable_for_others() {
        Some("it belongs to the owner of the store, but others can write to it, too".to_owned())
    } else {
        None
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn only_who_runs_it_and_the_owner_of_the_store_are_trusted() {
        let of = Attributes::new;
        let store = of(0o775, (1000, 1000));
        let judged = |mode, user| reason(of(mode, (user, user)), store, Some(0));
        assert_eq!(judged(0o700, 0), None);
        assert_eq!(judged(0o700, 1000), None);
        assert!(judged(0o770, 1000).unwrap().contains("others can write"));
        assert!(judged(0o700, 33).unwrap().contains("user 33"));
        // Where a file system has no modes of its own, everything looks open to everybody.
        assert_eq!(judged(0o777, 0), None);
    }
}
