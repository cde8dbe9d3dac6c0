//! Where in the store a plan's path lies, and that it lies there.

use super::disk::Dir;
use super::error::{ApplyError, failed};
use super::own::FOLDER;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

/// Folders of version control systems: who writes there has commands run.
const VERSION_CONTROL: [&str; 3] = [".git", ".hg", ".svn"];

/// The file that `path` names in the store, whose own path must be canonical. A link to a file in the store is
/// followed, so that the link survives; a link out of the store is refused, and so is anything but a plain file.
/// Neither the file nor its directories need exist.
pub(super) fn resolve(store: &Path, path: &str) -> Result<PathBuf, ApplyError> {
    let unsafe_path = |reason| ApplyError::UnsafePath {
        path: path.to_owned(),
        reason,
    };
    let relative = Path::new(path);
    if path.is_empty() || path.chars().any(char::is_control) {
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
    if let Some(reason) = reserved(relative) {
        return Err(unsafe_path(reason));
    }
    let wanted = store.join(relative);
    let exists = match fs::symlink_metadata(&wanted) {
        Ok(_) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(failed("read", &wanted)(error)),
    };
    let place = if exists {
        wanted.canonicalize().map_err(failed("follow", &wanted))?
    } else {
        missing_place(store, relative)?
    };
    let Ok(inside) = place.strip_prefix(store) else {
        return Err(unsafe_path("it is a link that leads out of the store"));
    };
    if let Some(reason) = reserved(inside) {
        return Err(unsafe_path(reason));
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

/// Why nothing is written at this path of the store, whoever asks for it.
fn reserved(relative: &Path) -> Option<&'static str> {
    relative.components().find_map(|part| {
        let name = part.as_os_str().to_string_lossy();
        // As file systems read it that ignore case and drop such an end.
        let name = name.trim_end_matches(['.', ' ']).to_lowercase();
        if name == FOLDER {
            Some("this folder holds the journal")
        } else if VERSION_CONTROL.contains(&name.as_str()) || name == "git~1" {
            Some("this folder belongs to version control")
        } else {
            None
        }
    })
}

/// A file's directory, open, and its name there.
pub(super) struct Spot {
    /// Open, so that no link put there later leads elsewhere.
    pub(super) dir: Dir,
    /// The last part of the resolved place, links followed.
    pub(super) name: OsString,
}

impl Spot {
    /// Opens the directory of a [resolved](resolve) place. A link that has come up on the way since is not followed.
    pub(super) fn open(store: &Dir, root: &Path, place: &Path) -> Result<Self, ApplyError> {
        let parent = place.parent().unwrap_or(root);
        let relative = parent.strip_prefix(root).unwrap_or(Path::new(""));
        Ok(Self {
            dir: store.descend(relative).map_err(failed("open", parent))?,
            name: place.file_name().unwrap_or_default().to_owned(),
        })
    }

    /// The same, or none when the directory is not there.
    pub(super) fn find(store: &Dir, root: &Path, place: &Path) -> Result<Option<Self>, ApplyError> {
        match Self::open(store, root, place) {
            Ok(spot) => Ok(Some(spot)),
            Err(ApplyError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The name that new bytes have beside their place until they are put there, where they can wait nowhere else.
    pub(super) fn staged(&self, id: u32) -> OsString {
        let mut name = OsString::from(".");
        name.push(&self.name);
        name.push(format!(".mageshift-{id}"));
        name
    }
}

/// Where a file that does not exist would be: below the innermost of its directories that is there, links followed.
fn missing_place(store: &Path, relative: &Path) -> Result<PathBuf, ApplyError> {
    let mut place = store.to_path_buf();
    let mut is_there = true;
    for part in relative.components() {
        place.push(part);
        is_there = is_there && fs::symlink_metadata(&place).is_ok();
        if is_there {
            place = place.canonicalize().map_err(failed("open", &place))?;
        }
    }
    Ok(place)
}

/// The directories that a file at `place` in the store needs and that are not there, outermost first.
pub(super) fn missing_directories(store: &Path, place: &Path) -> Vec<PathBuf> {
    let above = place
        .ancestors()
        .skip(1)
        .take_while(|above| *above != store);
    let mut missing: Vec<PathBuf> = above
        .filter(|above| !above.exists())
        .map(Path::to_path_buf)
        .collect();
    missing.reverse();
    missing
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
        fs::create_dir_all(store.join(".git/hooks")).unwrap();
        fs::write(store.join(".git/config"), "").unwrap();
        symlink(".git", store.join("docs")).unwrap();

        let place = |path| resolve(&store, path).ok();
        assert_eq!(place("composer.json"), Some(store.join("composer.json")));
        assert_eq!(place("inside.json"), Some(store.join("composer.json")));
        assert_eq!(place("app/new.json"), Some(store.join("app/new.json")));
        assert_eq!(
            place("new/deep/er.json"),
            Some(store.join("new/deep/er.json"))
        );
        assert_eq!(
            missing_directories(&store, &store.join("new/deep/er.json")),
            [store.join("new"), store.join("new/deep")]
        );
        for path in [
            "",
            "/etc/passwd",
            "../outside",
            "app/../../outside",
            "./composer.json",
            "composer.json/",
            "app",
            "up/new",
            "up/new/file",
            "composer.json/new",
            "outside.json",
            "dangling.json",
            ".mageshift/journal",
            "a\0b",
            "a\nb",
            "a\u{1b}[31mb",
            ".git/config",
            ".git",
            ".GIT/hooks/pre-commit",
            "lib/.git/config",
            "docs/config",
            "docs/hooks/pre-commit",
            ".MageShift/x",
        ] {
            assert_eq!(place(path), None, "{path:?}");
        }
    }
}
