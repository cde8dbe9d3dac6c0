//! Repositories that stay open: from one root of a store to the next, as a plan may try several, and from one store to the
//! next where a process plans many.

use crate::repository::composer::ComposerRepository;
use crate::repository::error::RepositoryError;
use crate::repository::transport::network::Background;
use crate::repository::vcs::VcsRepository;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// An open repository, and the threads that its requests run on, if it is asked over the network.
#[derive(Clone)]
pub(crate) struct Opened {
    pub repository: Arc<ComposerRepository>,
    pub background: Option<Arc<Background>>,
}

/// The `composer` repositories and those of code that were opened with the same [`Options`](crate::repository::Options) and their clones,
/// or with others that have the same session. What they answered is remembered with them, versions once read included, and
/// why one could not be opened: its server is not asked again.
///
/// Stores that are planned in one process are given one session, and then read each document once, whichever thread comes
/// first:
///
/// ```
/// use composer_engine::repository::{Options, Session};
/// use std::sync::Arc;
///
/// let session = Arc::new(Session::default());
/// for store in ["shop-de", "shop-fr"] {
///     let options = Options { session: session.clone(), ..Options::default() };
///     // … plan `store` with `options` …
///     # let _ = (store, options);
///     session.forget_beyond(256 << 20);
/// }
/// ```
///
/// A store is answered from what another one asked only where both would send the same: the same address and options, the
/// same mirror, the same credentials for its host, and, where the repository refers to other hosts that we have credentials
/// for, the same credentials throughout.
#[derive(Default)]
pub struct Session {
    composer: Mutex<FxHashMap<String, Vec<(String, Known)>>>,
    vcs: Mutex<FxHashMap<String, Arc<VcsRepository>>>,
    weighed: Mutex<Weighed>,
}

/// How often what was read is weighed at the least, in calls that could.
const WEIGHED_EVERY: usize = 8;

/// What was read, as it was weighed last: weighed after each store, that is a fortieth of the work of a check.
#[derive(Default)]
struct Weighed {
    bytes: usize,
    documents: usize,
    calls: usize,
}

/// How opening a repository went.
pub(crate) type Known = Result<Opened, Arc<RepositoryError>>;

impl Session {
    /// What is known under a key to who has these credentials.
    pub(crate) fn find(&self, key: &str, credentials: &str) -> Option<Known> {
        let opened = self.composer.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened.get(key)?.iter().rev();
        let mut fit = known.filter(|(whose, known)| {
            let is_common = |known: &Opened| !known.repository.is_known_elsewhere();
            whose == credentials || known.as_ref().is_ok_and(is_common)
        });
        fit.next().map(|(_, known)| known.clone())
    }

    pub(crate) fn keep(&self, key: String, credentials: &str, repository: Known) {
        let mut opened = self.composer.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened.entry(key).or_default();
        known.push((credentials.to_owned(), repository));
    }

    /// Forgets what was read, where it takes more memory than about so many bytes: first what nobody has asked for since the
    /// last call, and if that is not enough, all. To be called from time to time, best between two stores; who plans
    /// meanwhile reads anew what is gone. Repositories stay open.
    pub fn forget_beyond(&self, bytes: usize) {
        let opened = self.composer.lock().unwrap_or_else(PoisonError::into_inner);
        let open: Vec<Arc<ComposerRepository>> = opened
            .values()
            .flatten()
            .filter_map(|(_, known)| Some(known.as_ref().ok()?.repository.clone()))
            .collect();
        drop(opened);
        for all in [false, true] {
            if self.weight(&open) <= bytes {
                break;
            }
            open.iter().for_each(|repository| repository.forget(all));
            // What is left has another weight, however many documents there are.
            *self.weighed.lock().unwrap_or_else(PoisonError::into_inner) = Weighed::default();
        }
        open.iter().for_each(|repository| repository.begin_round());
    }

    /// About how many bytes it takes what was read; as it was a few calls ago, where hardly more documents were read since.
    fn weight(&self, open: &[Arc<ComposerRepository>]) -> usize {
        let documents = open.iter().map(|repository| repository.documents()).sum();
        let mut weighed = self.weighed.lock().unwrap_or_else(PoisonError::into_inner);
        let most = weighed.documents + weighed.documents / 16;
        weighed.calls += 1;
        if !(weighed.documents..=most).contains(&documents) || weighed.calls > WEIGHED_EVERY {
            *weighed = Weighed {
                bytes: open.iter().map(|repository| repository.weight()).sum(),
                documents,
                calls: 0,
            };
        }
        weighed.bytes
    }

    /// What was asked for over the network, by what stands for each repository, in the order in which it was asked for.
    pub(crate) fn asked(&self) -> BTreeMap<String, Vec<String>> {
        let opened = self.composer.lock().unwrap_or_else(PoisonError::into_inner);
        let known = opened.values().flatten();
        let open = known.filter_map(|(_, known)| Some(&known.as_ref().ok()?.repository));
        let mut asked: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for repository in open {
            let names = repository.asked();
            if !names.is_empty() {
                asked.entry(repository.id()).or_default().extend(names);
            }
        }
        asked
    }

    /// The repository of code that is known under `key`, else the one that `open` gives.
    pub(crate) fn vcs<E>(
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
