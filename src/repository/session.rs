//! Repositories that stay open from one root of a store to the next: a plan may try several.

use super::composer::ComposerRepository;
use super::network::Background;
use rustc_hash::FxHashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// An open repository, and the threads that its requests run on, if it is asked over the network.
#[derive(Clone)]
pub(super) struct Opened {
    pub repository: Arc<ComposerRepository>,
    pub background: Option<Arc<Background>>,
}

/// The `composer` repositories that were opened with the same [`Options`](super::Options) and their clones. What they
/// answered is remembered with them.
#[derive(Default)]
pub struct Session(Mutex<FxHashMap<String, Opened>>);

impl Session {
    pub(super) fn find(&self, key: &str) -> Option<Opened> {
        let opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        opened.get(key).cloned()
    }

    pub(super) fn keep(&self, key: String, repository: Opened) {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        opened.insert(key, repository);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Session")
    }
}
