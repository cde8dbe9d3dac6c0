//! How the documents of a repository are got: from a folder, or over the network.

use super::address;
use super::error::RepositoryError;
use super::folder::Folder;
use std::sync::Arc;

/// Where the documents of one repository come from.
#[derive(Debug)]
pub(super) enum Backend {
    Folder(Folder),
}

impl Backend {
    /// The root document of the repository at `url`.
    pub(super) fn root(&self, _url: &str) -> Result<Option<Arc<str>>, RepositoryError> {
        match self {
            Backend::Folder(folder) => folder.read_root().map(Some),
        }
    }

    /// The document at `url`; none when there is none.
    pub(super) fn get(&self, url: &str) -> Result<Option<Arc<str>>, RepositoryError> {
        match self {
            Backend::Folder(folder) => folder.read(url),
        }
    }

    /// What messages call the document at `url`.
    pub(super) fn shown(&self, url: &str) -> String {
        match self {
            Backend::Folder(folder) => folder
                .path(url)
                .map_or_else(|| address::masked(url), |path| path.display().to_string()),
        }
    }
}
