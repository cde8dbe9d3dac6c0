//! One repository over HTTP, with its cache.

use super::answer::{Answer, Failure};
use super::cache::{Cache, Cached, Validators};
use super::network::Network;
use super::peer::Peer;
use crate::repository::address;
use crate::repository::error::{ErrorKind, RepositoryError};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tracing::{debug, trace};

/// After how many documents that a server failed to give it is not asked any more.
const FAILURES: usize = 3;

/// A document, none when there is none, or why it could not be had.
pub(crate) type Outcome = Result<Option<Arc<str>>, RepositoryError>;

/// The documents of one repository.
pub(crate) struct Remote {
    /// None when the network is off.
    network: Option<Arc<Network>>,
    cache: Option<Cache>,
    peer: Peer,
    /// Every document that is under way, or has arrived and was not taken yet.
    asked: Mutex<FxHashMap<String, Shared<BoxFuture<'static, Outcome>>>>,
    /// How many documents the server has failed to give.
    failures: AtomicUsize,
    /// Why the first document that had to come from the cache did.
    stale: OnceLock<RepositoryError>,
}

impl Remote {
    pub(crate) fn new(network: Option<Arc<Network>>, cache: Option<Cache>, peer: Peer) -> Remote {
        Remote {
            network,
            cache,
            peer,
            asked: Mutex::default(),
            failures: AtomicUsize::new(0),
            stale: OnceLock::new(),
        }
    }

    /// Whether answers may depend on credentials for other hosts than the repository's own.
    pub(crate) fn is_known_elsewhere(&self) -> bool {
        self.peer.identity.known_elsewhere.load(Relaxed)
    }

    /// Whether the server may be asked.
    pub(crate) fn has_network(&self) -> bool {
        self.network.is_some()
    }

    /// Begins to fetch `url`, unless that has begun before. Returns at once.
    pub(crate) fn begin(self: &Arc<Self>, url: String) {
        drop(self.outcome(url));
    }

    fn outcome(self: &Arc<Self>, url: String) -> Shared<BoxFuture<'static, Outcome>> {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = || {
            let (remote, url) = (self.clone(), url.clone());
            let fetching = async move { remote.fetch(&url).await };
            match &self.network {
                Some(network) => {
                    let task = network.handle.spawn(fetching);
                    // A task ends without a result only when it panics or the runtime goes away under it.
                    let gone = |_| {
                        Err(RepositoryError::new(
                            ErrorKind::Network,
                            "network",
                            "stopped",
                        ))
                    };
                    task.map(move |outcome| outcome.unwrap_or_else(gone))
                        .boxed()
                        .shared()
                }
                None => fetching.boxed().shared(),
            }
        };
        asked.entry(url.clone()).or_insert_with(begin).clone()
    }

    /// Fetches all of `urls` at once, and waits for them. Without a network there is nothing to wait for.
    pub(crate) fn prepare(self: &Arc<Self>, urls: impl Iterator<Item = String>) {
        if self.network.is_none() {
            return;
        }
        let fetching: Vec<_> = urls.map(|url| self.outcome(url)).collect();
        self.wait(futures::future::join_all(fetching));
    }

    /// The document at `url`. It is the caller's from then on: asked for again, it would be fetched again.
    pub(crate) fn take(self: &Arc<Self>, url: &str) -> Outcome {
        let outcome = self.wait(self.outcome(url.to_owned()));
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(url);
        outcome
    }

    /// The document at `url` if it was kept, for one that never changes.
    pub(crate) fn kept(&self, url: &str) -> Option<Arc<str>> {
        let cache = self.cache.as_ref()?;
        cache.get(&address::without_login(url))?.body
    }

    /// What the server answers to a form sent to `url`; none without network.
    pub(crate) fn post(self: &Arc<Self>, url: &str, form: String) -> Outcome {
        let Some(network) = self.network.clone() else {
            return Ok(None);
        };
        if let Some(down) = self.peer.down.get() {
            return Err(down.clone());
        }
        let asking = async {
            match network.post(url, &self.peer, form).await {
                Ok(Answer::Document { text, .. }) => Ok(Some(text)),
                Ok(Answer::NotModified | Answer::NotFound) => Err(RepositoryError::new(
                    ErrorKind::NotFound,
                    address::masked(url),
                    "is not there",
                )),
                Err(failure) => Err(self.note(failure)),
            }
        };
        self.wait(asking)
    }

    fn wait<F: Future>(&self, future: F) -> F::Output {
        match &self.network {
            Some(network) => network.handle.block_on(future),
            // Without a network nothing is ever waited for.
            None => futures::executor::block_on(future),
        }
    }

    /// Remembers for the rest of the run that the server does not answer: at once when it cannot be reached or is silent for too
    /// long, else when it has failed several times. What is to be said of the failure.
    fn note(&self, failure: Failure) -> RepositoryError {
        let fails = failure.error.kind == ErrorKind::Network
            && self.failures.fetch_add(1, Relaxed) + 1 >= FAILURES;
        if failure.unreachable || fails {
            // Whichever document finds out first gives the reason, and that is the reason of all.
            return self.peer.down.get_or_init(|| failure.error).clone();
        }
        failure.error
    }

    /// Why the server is not asked any more, if it is not.
    pub(crate) fn down(&self) -> Option<&RepositoryError> {
        self.peer.down.get()
    }

    /// Why some answers come from the cache and may be old, if they do.
    pub(crate) fn outage(&self) -> Option<&RepositoryError> {
        self.stale.get()
    }

    async fn fetch(&self, url: &str) -> Outcome {
        let plain = address::without_login(url);
        let cached = self.cache.as_ref().and_then(|cache| cache.get(&plain));
        let Some(network) = &self.network else {
            return match cached {
                Some(cached) => {
                    trace!(url = %address::masked(url), "answered from the cache");
                    Ok(cached.body)
                }
                None => Err(RepositoryError::new(
                    ErrorKind::Offline,
                    address::masked(url),
                    "is not in the cache, and the network is off",
                )),
            };
        };
        let answer = match self.peer.down.get() {
            Some(down) => Err(down.clone()),
            None => {
                let known = cached.as_ref().map(|cached| &cached.validators);
                network
                    .get(url, &self.peer, known)
                    .await
                    .map_err(|failure| self.note(failure))
            }
        };
        let fresh = match (answer, cached) {
            (Ok(Answer::NotModified), Some(cached)) => return Ok(cached.body),
            (Ok(Answer::NotModified | Answer::NotFound), _) => Cached {
                body: None,
                validators: Validators::default(),
            },
            (Ok(Answer::Document { text, validators }), _) => Cached {
                body: Some(text),
                validators,
            },
            // As Composer does, answer from the cache rather than not at all.
            (Err(error), Some(cached)) if error.kind == ErrorKind::Network => {
                debug!(url = %error.url, "answered from the cache, which may be old");
                let _ = self.stale.set(error);
                return Ok(cached.body);
            }
            (Err(error), _) => return Err(error),
        };
        if let Some(cache) = &self.cache {
            cache.put(&plain, &fresh);
        }
        Ok(fresh.body)
    }
}
