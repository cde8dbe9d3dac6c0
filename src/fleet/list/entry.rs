//! A store of a fleet, as it was named.

use super::error::Origin;
use super::settings::Settings;
use std::path::PathBuf;

/// Where a store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a folder of this machine.
    Folder(PathBuf),
    /// In a repository, which may be anywhere.
    Git {
        /// An address that git takes; may hold a secret.
        url: String,
        /// None stands for the main branch of the repository.
        branch: Option<String>,
        /// The store's folder in it, with `/`; empty for all of it.
        folder: String,
    },
}

/// A store of a fleet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// What it is called, once in a fleet.
    pub name: String,
    /// Where its files are.
    pub place: Place,
    /// Words by which `--tag` picks stores; may be empty.
    pub tags: Vec<String>,
    /// What is wanted of it, apart from what is wanted of all.
    pub settings: Settings,
    /// Where it was named.
    pub origin: Origin,
}

impl Entry {
    /// A store in a folder that no list says more of.
    pub(super) fn folder(path: PathBuf, origin: Origin) -> Self {
        Self {
            name: String::new(),
            place: Place::Folder(path),
            tags: Vec::new(),
            settings: Settings::default(),
            origin,
        }
    }
}
