//! Repositories that stay open from one root of a store to the next: a plan may try several.

use super::composer::ComposerRepository;
use super::error::RepositoryError;
use super::network::Background;
use super::vcs::VcsRepository;
use rustc_hash::FxHashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// An open repository, and the threads that its requests run on, if it is asked over the network.
#[derive(Clone)]
pub(super) struct Opened {
    pub repository: Arc<ComposerRepository>,
    pub background: Option<Arc<Background>>,
}

/// The `composer` repositories and those of code that were opened with the same [`Options`](super::Options) and their clones. What they
/// answered is remembered with them, and why one could not be opened: its server is not asked again.
#[derive(Default)]
pub struct Session {
    composer: Mutex<FxHashMap<String, Known>>,
    vcs: Mutex<FxHashMap<String, Arc<VcsRepository>>>,
}

/// How opening a repository went.
pub(super) type Known = Result<Opened, Arc<RepositoryError>>;

impl Session {
    pub(super) fn find(&self, key: &str) -> Option<Known> {
        let opened = self.composer.lock().unwrap_or_else(PoisonError::into_inner);
        opened.get(key).cloned()
    }

    pub(super) fn keep(&self, key: String, repository: Known) {
        let mut opened = self.composer.lock().unwrap_or_else(PoisonError::into_inner);
        opened.insert(key, repository);
    }

    /// The repository of code that is known under `key`, else the one that `open` gives.
    pub(super) fn vcs<E>(
        &self,
        key: String,
        open: impl FnOnce() -> Result<VcsRepository, E>,
    ) -> Result<Arc<VcsRepository>, E> {
        let mut opened = self.vcs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = opened.get(&key) {
            return Ok(known.clone());
        }
        let repository = Arc::new(open()?);
        opened.insert(key, repository.clone());
        Ok(repository)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Session")
    }
}
