//! A folder in which a new project is made.

use super::root_files::quoted;
use super::store_files::{DiskFiles, StoreFiles};
use composer_engine::repository::{Options, RepositoryError, RepositorySet};
use serde_json::Value;
use std::io;
use std::path::{Path, PathBuf};

/// The file that keeps what Composer installs out of version control.
pub const GITIGNORE: &str = ".gitignore";

/// What may lie in a folder before a project is made in it: nothing of it is written by Composer or Magento.
const FINE: [&str; 24] = [
    ".DS_Store",
    ".ddev",
    ".devcontainer",
    ".docker",
    ".editorconfig",
    ".env",
    ".git",
    ".gitattributes",
    ".github",
    GITIGNORE,
    ".gitlab-ci.yml",
    ".idea",
    ".lando.yml",
    ".mageshift",
    ".vscode",
    ".warden",
    "Makefile",
    "README.md",
    "auth.json",
    "compose.override.yaml",
    "compose.yaml",
    "docker",
    "docker-compose.override.yml",
    "docker-compose.yml",
];

/// A folder in which a new project is made; it need not exist.
#[derive(Debug, Clone)]
pub struct Site {
    dir: PathBuf,
    files: DiskFiles,
}

impl Site {
    /// The folder at a path, as it is named.
    pub fn at(dir: &Path) -> Self {
        Self {
            dir: dir.to_path_buf(),
            files: DiskFiles::below(dir),
        }
    }

    /// What lies in it.
    pub(crate) fn files(&self) -> &dyn StoreFiles {
        &self.files
    }

    /// The repositories of a root in it.
    pub(crate) fn repositories(
        &self,
        root: &Value,
        options: &Options,
    ) -> Result<RepositorySet, RepositoryError> {
        RepositorySet::open(root, &self.dir, options)
    }

    /// The command that leads there; none from the folder itself.
    pub(crate) fn enter(&self) -> Option<String> {
        let is_elsewhere = self.dir != Path::new(".");
        is_elsewhere.then(|| format!("cd {}", quoted(&self.dir.display().to_string())))
    }

    /// The name of a project after its folder, as a host name takes it: `My Shop` → `my-shop`.
    pub(crate) fn name(&self) -> String {
        let absolute = std::path::absolute(&self.dir).unwrap_or_else(|_| self.dir.clone());
        let folder = absolute
            .file_name()
            .map(|name| name.to_string_lossy().to_lowercase());
        let is_word = |c: &str| !c.is_empty();
        let folder = folder.unwrap_or_default();
        let words: Vec<&str> = folder
            .split(|c: char| !c.is_ascii_alphanumeric())
            .filter(|word| is_word(word))
            .collect();
        if words.is_empty() {
            "shop".to_owned()
        } else {
            words.join("-")
        }
    }

    /// What lies in it and would collide with a project, by name. A folder that does not exist has nothing.
    pub(crate) fn collisions(&self) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(&self.dir) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if !FINE.contains(&name.as_str()) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_project_would_write_collides() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".git", ".ddev", "auth.json", "pub", "composer.json"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        assert_eq!(
            Site::at(folder.path()).collisions().unwrap(),
            ["composer.json", "pub"]
        );
        assert!(
            Site::at(&folder.path().join("none"))
                .collisions()
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn a_folder_makes_a_host_name() {
        assert_eq!(Site::at(Path::new("/x/My Shop_2")).name(), "my-shop-2");
        assert_eq!(Site::at(Path::new("/")).name(), "shop");
    }
}
