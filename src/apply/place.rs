//! Where in the store a plan's path lies, and that it lies there.

use super::error::{ApplyError, failed};
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// The file that `path` names in the store, whose own path must be canonical. A link to a file in the store is
/// followed, so that the link survives; a link out of the store is refused, and so is anything but a plain file.
/// The file itself need not exist, its directory must.
pub(super) fn resolve(store: &Path, path: &str) -> Result<PathBuf, ApplyError> {
    let unsafe_path = |reason| ApplyError::UnsafePath {
        path: path.to_owned(),
        reason,
    };
    let relative = Path::new(path);
    if path.is_empty() || path.contains('\0') {
        return Err(unsafe_path("this is not a file name"));
    }
    if relative
        .components()
        .any(|part| !matches!(part, Component::Normal(_)))
        || path.ends_with('/')
    {
        return Err(unsafe_path(
            "only paths inside the store, without `..`, are written",
        ));
    }
    if relative.starts_with(super::FOLDER) {
        return Err(unsafe_path("this folder holds the journal"));
    }
    let wanted = store.join(relative);
    let exists = match fs::symlink_metadata(&wanted) {
        Ok(_) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed("read", &wanted)(error)),
    };
    let (Some(parent), Some(name)) = (wanted.parent(), wanted.file_name()) else {
        return Err(unsafe_path("this is not a file name"));
    };
    let place = if exists {
        wanted.canonicalize().map_err(failed("follow", &wanted))?
    } else {
        parent
            .canonicalize()
            .map_err(failed("open", parent))?
            .join(name)
    };
    if !place.starts_with(store) {
        return Err(unsafe_path("it is a link that leads out of the store"));
    }
    if exists
        && !fs::metadata(&place)
            .map_err(failed("read", &place))?
            .is_file()
    {
        return Err(unsafe_path("it is not a plain file"));
    }
    Ok(place)
}

/// The name that new bytes for `place` have until they are put there: beside it, so that a rename can do that.
pub(super) fn beside(place: &Path, id: u32) -> PathBuf {
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    place.with_file_name(format!(".{name}.mageshift-{id}"))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_plain_files_inside_the_store_have_a_place() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let store = root.join("store");
        fs::create_dir_all(store.join("app")).unwrap();
        fs::write(store.join("composer.json"), "{}").unwrap();
        fs::write(root.join("outside"), "").unwrap();
        symlink("composer.json", store.join("inside.json")).unwrap();
        symlink("../outside", store.join("outside.json")).unwrap();
        symlink("nowhere", store.join("dangling.json")).unwrap();
        symlink("..", store.join("up")).unwrap();

        let place = |path| resolve(&store, path).ok();
        assert_eq!(place("composer.json"), Some(store.join("composer.json")));
        assert_eq!(place("inside.json"), Some(store.join("composer.json")));
        assert_eq!(place("app/new.json"), Some(store.join("app/new.json")));
        for path in [
            "",
            "/etc/passwd",
            "../outside",
            "app/../../outside",
            "./composer.json",
            "composer.json/",
            "app",
            "up/new",
            "outside.json",
            "dangling.json",
            "missing/new",
            ".mageshift/journal",
            "a\0b",
        ] {
            assert_eq!(place(path), None, "{path:?}");
        }
    }
}
