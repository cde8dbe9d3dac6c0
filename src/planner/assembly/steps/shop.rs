//! What the steps depend on besides the plan.

use crate::project::Project;
use crate::project::config_php::CONFIG_PHP;
use crate::project::env_php::{EnvPhp, Mode};
use crate::project::root_files::RootFiles;
use crate::project::store_files::StoreFiles;
use serde_json::Value;

/// What the steps depend on besides the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shop {
    /// None when app/etc/env.php does not tell.
    pub mode: Option<Mode>,
    /// Composer's vendor folder, relative to the store; none when it is outside, or not for a command line.
    pub vendor_dir: Option<String>,
    /// Whether there is an app/etc/config.php.
    pub has_config_php: bool,
    /// Where root and lock are.
    pub files: RootFiles,
}

impl Shop {
    /// Looks at a store that was read.
    pub(crate) fn of(project: &Project) -> Self {
        Self::new(&*project.store, project.files.clone(), project.root.value())
    }

    /// Looks at a store whose root and lock are `files`. What cannot be read is as if it were not there.
    pub fn read(store: &dyn StoreFiles, files: RootFiles) -> Self {
        let root = store.configuration(&files.root).unwrap_or_default();
        let root: Value = serde_json::from_str(&root).unwrap_or_default();
        Self::new(store, files, &root)
    }

    fn new(store: &dyn StoreFiles, files: RootFiles, root: &Value) -> Self {
        let vendor_dir = match root.pointer("/config/vendor-dir") {
            None => Some("vendor".to_owned()),
            Some(dir) => dir.as_str().and_then(folder),
        };
        Self {
            mode: EnvPhp::read(store).ok().flatten().and_then(|env| env.mode),
            vendor_dir,
            has_config_php: store.is_file(CONFIG_PHP),
            files,
        }
    }
}

/// A folder inside the store that a shell takes as it is written.
fn folder(path: &str) -> Option<String> {
    let path = path
        .strip_prefix("./")
        .unwrap_or(path)
        .trim_end_matches('/');
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    path.split('/').all(is_plain).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_folder_of_the_store_is_removed() {
        assert_eq!(folder("./lib/vendor/").as_deref(), Some("lib/vendor"));
        for odd in [
            "",
            "/",
            "/srv/vendor",
            "../vendor",
            ".",
            "./",
            "a b",
            "$HOME/x",
            "~/x",
            "a//b",
            "-x",
            "a/../b",
            "x;y",
        ] {
            assert_eq!(folder(odd), None, "{odd}");
        }
    }
}
