//! The folder of a store while it is worked on.

use crate::cli::outcome::error::CliError;
use crate::fleet::git::Checkout;
use crate::fleet::inputs::{self, Fingerprint};
use crate::fleet::list::{Entry, Place};
use std::path::{Path, PathBuf};

/// A store that can be read.
pub(super) struct Opened {
    /// In which its root lies.
    pub folder: PathBuf,
    /// Where it is in git, for who asked for that.
    pub checkout: Option<Checkout>,
    /// Stands for the files of the store.
    pub inputs: String,
}

impl Opened {
    /// Opens a store; one that is named by its repository is cloned below `clones`. A folder is looked for in git where
    /// `wants_git` says so.
    pub(super) fn of(entry: &Entry, clones: &Path, wants_git: bool) -> Result<Self, CliError> {
        match &entry.place {
            Place::Folder(folder) => {
                let checkout = match wants_git {
                    true => Checkout::of_folder(folder)?,
                    false => None,
                };
                let mut inputs = Fingerprint::default();
                inputs.add(inputs::of_store(folder));
                // On another commit, the branch is another one.
                if let Some(checkout) = &checkout {
                    inputs.add(&checkout.commit);
                }
                Ok(Self {
                    folder: folder.clone(),
                    checkout,
                    inputs: inputs.hex(),
                })
            }
            Place::Git {
                url,
                branch,
                folder,
            } => {
                let checkout =
                    Checkout::of_clone(clones, &entry.name, url, branch.as_deref(), folder)?;
                let mut inputs = Fingerprint::default();
                inputs.add(&checkout.commit).add(&checkout.prefix);
                Ok(Self {
                    folder: checkout.folder(),
                    checkout: Some(checkout),
                    inputs: inputs.hex(),
                })
            }
        }
    }
}
