//! Where the root and the lock of a store are: in composer.json and composer.lock, or where `COMPOSER` says.
//!
//! Composer takes the root from that variable (`Factory::getComposerFile`), relative to the folder that it works in, and the
//! lock from beside it (`Factory::getLockFile`). The vendor folder and everything else stay where they are.

use super::error::ProjectError;
use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

/// The name of the root's file.
pub const ROOT: &str = "composer.json";
/// The name of the lock's file.
pub const LOCK: &str = "composer.lock";

/// The variable that names another root.
const VARIABLE: &str = "COMPOSER";

/// The files of root and lock, relative to the store, with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootFiles {
    /// `composer.json`, or what `COMPOSER` names.
    pub root: String,
    /// `composer.lock`, or the root's name with that ending.
    pub lock: String,
}

impl Default for RootFiles {
    fn default() -> Self {
        Self::named(ROOT.to_owned())
    }
}

impl RootFiles {
    /// The files of the store in a folder. Fails when `COMPOSER` names what is no file of the store.
    pub fn of(store: &Path) -> Result<Self, ProjectError> {
        match std::env::var_os(VARIABLE) {
            Some(value) => Self::by_variable(store, &value.to_string_lossy()),
            None => Ok(Self::default()),
        }
    }

    /// What `COMPOSER` holds, where that is not composer.json.
    pub fn named_by_variable() -> Option<String> {
        let value = std::env::var_os(VARIABLE)?;
        let value = value.to_string_lossy().trim().to_owned();
        let is_usual = value.is_empty() || value.trim_start_matches("./") == ROOT;
        (!is_usual).then_some(value)
    }

    fn by_variable(store: &Path, value: &str) -> Result<Self, ProjectError> {
        let value = value.trim();
        if value.is_empty() {
            return Ok(Self::default());
        }
        let file = store.join(value);
        if file.is_dir() {
            return Err(ProjectError::RootIsFolder(value.to_owned()));
        }
        match relative(store, &file) {
            Some(root) => Ok(Self::named(root)),
            None => Err(ProjectError::RootOutside(value.to_owned())),
        }
    }

    fn named(root: String) -> Self {
        // Composer looks at the letters as they are.
        let lock = match root.strip_suffix(".json") {
            Some(stem) => format!("{stem}.lock"),
            None => format!("{root}.lock"),
        };
        Self { root, lock }
    }

    /// Whether they are composer.json and composer.lock.
    pub fn is_usual(&self) -> bool {
        self.root == ROOT && self.lock == LOCK
    }

    /// Whether a path is one of them.
    pub fn contain(&self, path: &str) -> bool {
        path == self.root || path == self.lock
    }

    /// The folder of the root, where Composer also looks for an auth.json.
    pub fn folder(&self, store: &Path) -> PathBuf {
        match self.root.rsplit_once('/') {
            Some((folder, _)) => store.join(folder),
            None => store.to_path_buf(),
        }
    }

    /// `COMPOSER=shop.json`, to be put before a command; none for composer.json. `quoted` writes a word for a shell.
    pub fn assignment(&self, quoted: impl Fn(&str) -> String) -> Option<String> {
        (!self.is_usual()).then(|| format!("{VARIABLE}={}", quoted(&self.root)))
    }

    /// A command line that does in a shell what it would do with composer.json.
    pub fn command(&self, command: &str) -> String {
        let is_about_them = ["composer ", "mageshift "]
            .iter()
            .any(|program| command.starts_with(program));
        match self.assignment(quoted).filter(|_| is_about_them) {
            Some(assignment) => format!("{assignment} {command}"),
            None => command.to_owned(),
        }
    }

    /// Words about composer.json and composer.lock, with the names that these files have here and commands that work here.
    pub fn words<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.is_usual() || !text.contains("composer") && !text.contains("`mageshift ") {
            return Cow::Borrowed(text);
        }
        let text = rename(&rename(text, ROOT, &self.root), LOCK, &self.lock);
        let mut parts = text.split('`');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            out.push('`');
            out.push_str(&self.command(part));
        }
        Cow::Owned(out)
    }
}

/// A path relative to the store; none for one that is outside. Folders that are not there are taken by their names.
fn relative(store: &Path, file: &Path) -> Option<String> {
    let store = store.canonicalize().ok()?;
    let name = file.file_name()?;
    let file = match file.parent().map(Path::canonicalize) {
        Some(Ok(folder)) => folder.join(name),
        _ => file.to_path_buf(),
    };
    let inside = file.strip_prefix(&store).ok()?;
    let parts = inside.components().map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let parts: Vec<&str> = parts.collect::<Option<_>>()?;
    Some(parts.join("/"))
}

/// Replaces a file's name where it stands alone, not as a part of a longer path or word.
fn rename(text: &str, from: &str, to: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_-/".contains(c);
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        let after = &found[from.len()..];
        out.push_str(before);
        let is_alone = !out.ends_with(|c| is_part(c) || c == '.') && !after.starts_with(is_part);
        out.push_str(if is_alone { to } else { from });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// A word as a POSIX shell takes it.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(root: &str) -> RootFiles {
        RootFiles::named(root.to_owned())
    }

    #[test]
    fn the_lock_is_beside_the_root_as_composer_names_it() {
        for (root, lock) in [
            ("composer.json", "composer.lock"),
            ("shop.json", "shop.lock"),
            ("conf/b2b.json", "conf/b2b.lock"),
            ("shop.JSON", "shop.JSON.lock"),
            ("shop", "shop.lock"),
        ] {
            assert_eq!(named(root).lock, lock);
        }
    }

    #[test]
    fn the_variable_names_a_file_of_the_store() {
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        std::fs::create_dir_all(store.join("conf")).unwrap();
        let by = |value: &str| RootFiles::by_variable(&store, value).map(|files| files.root);
        let absolute = store.join("shop.json").display().to_string();
        for (value, root) in [
            ("", ROOT),
            (" ", ROOT),
            ("composer.json", ROOT),
            ("./composer.json", ROOT),
            ("conf/../composer.json", ROOT),
            (" shop.json ", "shop.json"),
            ("conf/shop.json", "conf/shop.json"),
            ("missing/shop.json", "missing/shop.json"),
            (&absolute, "shop.json"),
        ] {
            assert_eq!(by(value).unwrap(), root, "{value}");
        }
        assert!(matches!(by("conf"), Err(ProjectError::RootIsFolder(_))));
        for outside in ["../other.json", "/etc/shop.json", "missing/../../x.json"] {
            let outcome = by(outside);
            assert!(
                matches!(outcome, Err(ProjectError::RootOutside(_))),
                "{outside}"
            );
        }
    }

    #[test]
    fn words_name_the_files_as_they_are_called() {
        let files = named("conf/b2b.json");
        for (usual, here) in [
            (
                "composer.json and composer.lock.",
                "conf/b2b.json and conf/b2b.lock.",
            ),
            ("app/code/A/B/composer.json", "app/code/A/B/composer.json"),
            ("my-composer.json", "my-composer.json"),
            ("composer.json.dist", "conf/b2b.json.dist"),
            (
                "run `composer update` first",
                "run `COMPOSER=conf/b2b.json composer update` first",
            ),
            (
                "`mageshift lock` and `bin/magento x`",
                "`COMPOSER=conf/b2b.json mageshift lock` and `bin/magento x`",
            ),
        ] {
            assert_eq!(files.words(usual), here);
            assert_eq!(files.words(here), here, "a second time");
            assert_eq!(RootFiles::default().words(usual), usual);
        }
        assert_eq!(
            named("my shop.json").command("composer install"),
            "COMPOSER='my shop.json' composer install"
        );
    }
}
