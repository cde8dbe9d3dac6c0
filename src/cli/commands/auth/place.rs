//! The auth.json that credentials go into or come out of.

use super::args::AuthArgs;
use crate::apply::{Readers, write_file};
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::planner::error::PlanError;
use crate::project::root_files::RootFiles;
use anyhow::Context;
use composer_engine::files;
use composer_engine::format::auth::file::AuthFile;
use composer_engine::format::json::document::EditError;
use composer_engine::repository::composer_home;
use std::fs;
use std::path::{Path, PathBuf};

/// Where Composer looks for the auth.json of a project: beside its root, which `COMPOSER` may name in a folder below.
pub(super) fn folder(project: &Path) -> Result<PathBuf, CliError> {
    let files = RootFiles::of(project).map_err(PlanError::from)?;
    Ok(files.folder(project))
}

/// An auth.json, there or not.
pub(super) struct Place {
    path: PathBuf,
    /// What messages call it.
    pub(super) shown: String,
    /// Whether it is Composer's own, which counts for all projects of the user.
    pub(super) is_global: bool,
}

impl Place {
    /// The one that the arguments mean. Fails where Composer's own folder cannot be told, and where `COMPOSER` names no
    /// file of the project.
    pub(super) fn of(args: &AuthArgs, project: &Path) -> Result<Self, CliError> {
        if !args.global {
            return Ok(Self::project(&folder(project)?));
        }
        let home = composer_home(&|name| std::env::var(name).ok()).ok_or_else(|| {
            CliError::message(Exit::Failed, "Composer's own folder is not known")
                .hint("set COMPOSER_HOME, or HOME")
        })?;
        let path = home.join("auth.json");
        Ok(Self {
            shown: path.display().to_string(),
            path,
            is_global: true,
        })
    }

    /// The auth.json in the folder of the project's root.
    fn project(folder: &Path) -> Self {
        let path = folder.join("auth.json");
        Self {
            shown: path
                .strip_prefix(".")
                .unwrap_or(&path)
                .display()
                .to_string(),
            path,
            is_global: false,
        }
    }

    /// The file; an empty one when there is none. What it says is never quoted.
    pub(super) fn read(&self) -> Result<AuthFile, CliError> {
        let failed = |error: anyhow::Error| CliError::new(Exit::Failed, error);
        let text = files::text_if_there(&self.path, files::CONFIGURATION)?;
        let file = AuthFile::parse(text).map_err(|error| {
            anyhow::anyhow!("{} is not JSON, see line {}", self.shown, error.line)
        });
        file.map_err(failed)
    }

    /// Writes the file as one unit, with mode 0600 from the start; one that is there keeps its owner and mode. In a store, which
    /// may be a stranger's, no link is followed.
    pub(super) fn write(&self, project: &Path, file: &AuthFile) -> Result<(), CliError> {
        let write = || -> anyhow::Result<()> {
            let mut path = self.path.clone();
            if self.is_global {
                // The user's own link leads to the file that is meant.
                path = path.canonicalize().unwrap_or(path);
                if let Some(folder) = path.parent() {
                    fs::create_dir_all(folder)?;
                }
            }
            Ok(write_file(
                project,
                &path,
                file.text().as_bytes(),
                Readers::AsBefore,
            )?)
        };
        let written = write().with_context(|| format!("cannot write {}", self.shown));
        written.map_err(|error| CliError::new(Exit::Failed, error))
    }
}

/// What to say of an auth.json that cannot be edited.
pub(super) fn edit_error(error: EditError) -> CliError {
    CliError::new(Exit::Failed, error)
        .hint("auth.json does not have the form that Composer gives it; correct it by hand")
}
