//! Whether git would commit a file of a store.

use composer_engine::files;
use composer_engine::repository::vcs::git_program::{Failure, finish, git};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use std::path::Path;
use std::time::Duration;

/// How long git may take to look into its index.
const DEADLINE: Duration = Duration::from_secs(60);

/// What git makes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GitState {
    /// The folder is in no working tree.
    NoRepository,
    /// Ignored by a `.gitignore`, by the repository's `info/exclude` or by the user's own list.
    Ignored,
    /// Committed already, so that ignoring it would not help.
    Tracked,
    /// Not ignored: `git add` would take it.
    Exposed,
    /// git does not tell whether it is committed: it is not installed here, or refuses to read somebody else's repository. With
    /// why, in words.
    Unknown(String),
}

/// The folder of the repository that this folder, whose path has no links, is in; git may still refuse to read it.
pub(crate) fn repository_of(folder: &Path) -> Option<&Path> {
    folder
        .ancestors()
        .find(|folder| folder.join(".git").symlink_metadata().is_ok())
}

/// What git makes of the file `name` in the folder `dir`. A `.gitignore` that cannot be read counts as empty.
pub(crate) fn state(dir: &Path, name: &str) -> GitState {
    let Ok(dir) = dir.canonicalize() else {
        return GitState::NoRepository;
    };
    let Some(top) = repository_of(&dir) else {
        return GitState::NoRepository;
    };
    match is_tracked(&dir, name) {
        Ok(true) => return GitState::Tracked,
        Ok(false) => {}
        Err(Failure::NotInstalled) => {
            return GitState::Unknown("git is not installed".to_owned());
        }
        Err(failure) => return GitState::Unknown(failure.message()),
    }
    let file = dir.join(name);
    let folders = dir.ancestors().take_while(|folder| folder.starts_with(top));
    // The nearest .gitignore has the last word; then the repository's own list, then the user's.
    let lists = folders
        .map(|folder| list(folder, &folder.join(".gitignore")))
        .chain([list(top, &top.join(".git/info/exclude"))])
        .chain([Gitignore::global().0]);
    for list in lists {
        if !file.starts_with(list.path()) && list.path() != Path::new("") {
            continue;
        }
        let matched = if file.starts_with(list.path()) {
            list.matched_path_or_any_parents(&file, false)
        } else {
            list.matched(name, false)
        };
        match matched {
            Match::Ignore(_) => return GitState::Ignored,
            Match::Whitelist(_) => return GitState::Exposed,
            Match::None => {}
        }
    }
    GitState::Exposed
}

fn list(root: &Path, file: &Path) -> Gitignore {
    let mut builder = GitignoreBuilder::new(root);
    if files::check(file, files::CONFIGURATION).is_ok() {
        builder.add(file);
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Whether git has the file in its index.
fn is_tracked(dir: &Path, name: &str) -> Result<bool, Failure> {
    let mut command = git(Some(dir));
    command.args(["ls-files", "--cached", "--", name]);
    Ok(!finish(&mut command, DEADLINE, None)?.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_nearest_list_has_the_last_word() {
        let folder = tempfile::tempdir().unwrap();
        let shop = folder.path().join("apps/shop");
        fs::create_dir_all(&shop).unwrap();
        assert_eq!(state(&shop, "auth.json"), GitState::NoRepository);
        fs::create_dir(folder.path().join(".git")).unwrap();
        assert!(matches!(state(&shop, "auth.json"), GitState::Unknown(_)));
        fs::remove_dir(folder.path().join(".git")).unwrap();
        let mut init = git(Some(folder.path()));
        finish(init.args(["init", "--quiet"]), DEADLINE, None).unwrap();
        fs::create_dir_all(folder.path().join(".git/info")).unwrap();
        assert_eq!(state(&shop, "auth.json"), GitState::Exposed);
        for (path, text, expected) in [
            (".git/info/exclude", "auth.json\n", GitState::Ignored),
            (".gitignore", "!auth.json\n", GitState::Exposed),
            ("apps/.gitignore", "/shop/*.json\n", GitState::Ignored),
            ("apps/shop/.gitignore", "!/auth.json\n", GitState::Exposed),
        ] {
            fs::write(folder.path().join(path), text).unwrap();
            assert_eq!(state(&shop, "auth.json"), expected, "{path}");
        }
    }
}
