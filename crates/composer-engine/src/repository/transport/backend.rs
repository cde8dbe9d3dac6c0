//! How the documents of a repository are got: from a folder, or over the network.

use super::folder::Folder;
use super::remote::{Outcome, Remote};
use crate::repository::address;
use crate::repository::error::RepositoryError;
use std::sync::Arc;

/// Where the documents of one repository come from.
pub(crate) enum Backend {
    Folder(Folder),
    Remote(Arc<Remote>),
}

impl Backend {
    /// Hands the root document, which is at `url`, to `read`. None when there is none.
    pub(crate) fn with_root<T>(
        &self,
        url: &str,
        read: impl FnOnce(&str) -> T,
    ) -> Result<Option<T>, RepositoryError> {
        match self {
            Backend::Folder(folder) => folder.with_root(read),
            Backend::Remote(_) => self.with(url, read),
        }
    }

    /// Hands the document at `url` to `read`. None when there is none.
    pub(crate) fn with<T>(
        &self,
        url: &str,
        read: impl FnOnce(&str) -> T,
    ) -> Result<Option<T>, RepositoryError> {
        match self {
            Backend::Folder(folder) => folder.with(url, read),
            Backend::Remote(remote) => Ok(remote.take(url)?.map(|text| read(&text))),
        }
    }

    /// Whether there is a server that may be asked.
    pub(crate) fn has_server(&self) -> bool {
        match self {
            Backend::Folder(_) => false,
            Backend::Remote(remote) => remote.has_network(),
        }
    }

    /// What the server answers to a form; none where there is no server to ask.
    pub(crate) fn post(&self, url: &str, form: String) -> Outcome {
        match self {
            Backend::Folder(_) => Ok(None),
            Backend::Remote(remote) => remote.post(url, form),
        }
    }

    /// Makes sure that [`with`](Self::with) need not wait for these documents one after the other.
    pub(crate) fn prepare(&self, urls: impl Iterator<Item = String>) {
        match self {
            Backend::Folder(_) => {}
            Backend::Remote(remote) => remote.prepare(urls),
        }
    }

    /// What messages call the document at `url`.
    pub(crate) fn shown(&self, url: &str) -> String {
        match self {
            Backend::Folder(folder) => folder
                .path(url)
                .map_or_else(|| address::masked(url), |path| path.display().to_string()),
            Backend::Remote(_) => address::masked(url),
        }
    }
}
