//! A repository as the other side of requests: who it is, how patient one is with it, and how much it gets at once.

use super::patience::Patience;
use crate::format::auth::{Header, Login};
use crate::repository::error::RepositoryError;
use reqwest::Version;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many requests one repository gets at once where each may take a connection of its own: as many as other package
/// managers send.
pub(super) const IN_FLIGHT: usize = 50;
/// How many more a server gets that speaks HTTP/2. They share one connection, and what is more than the server takes at once
/// waits on this side.
const STREAMS: usize = 200;

/// Whom a request is made for.
#[derive(Debug, Default)]
pub(crate) struct Identity {
    /// Scheme, host and port that `login` and `headers` are for.
    pub origin: Option<(String, String, Option<u16>)>,
    /// User and password in the repository's address.
    pub login: Option<Login>,
    /// `options.http.header` of the repository.
    pub headers: Vec<Header>,
    /// Whether credentials went to a host other than the repository's own: one that it redirects or refers to.
    pub known_elsewhere: AtomicBool,
}

/// A repository, as far as its requests share it.
pub(crate) struct Peer {
    pub identity: Identity,
    /// Why the server could not be reached, or fails. It is not tried again for every single document.
    pub down: OnceLock<RepositoryError>,
    /// How long it is still waited for.
    pub(super) patience: Patience,
    /// Room for requests that take a connection of their own.
    pub(super) permits: Semaphore,
    /// Room for further requests, once the server has answered in HTTP/2.
    pub(super) streams: Semaphore,
    is_multiplexed: AtomicBool,
}

impl Peer {
    /// Nothing is known of it yet; it may keep silent for as long as the deadline.
    pub(crate) fn new(identity: Identity, deadline: Duration) -> Peer {
        Peer {
            identity,
            down: OnceLock::new(),
            patience: Patience::new(deadline),
            permits: Semaphore::new(IN_FLIGHT),
            streams: Semaphore::new(0),
            is_multiplexed: AtomicBool::new(false),
        }
    }

    /// Makes room for more requests when the server has answered in a protocol that carries them on one connection.
    pub(super) fn note_protocol(&self, version: Version) {
        if version == Version::HTTP_2 && !self.is_multiplexed.swap(true, Relaxed) {
            self.streams.add_permits(STREAMS);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_http_2_gets_room_for_more_once() {
        let peer = Peer::new(Identity::default(), Duration::from_secs(30));
        peer.note_protocol(Version::HTTP_11);
        assert_eq!(peer.streams.available_permits(), 0);
        for _ in 0..2 {
            peer.note_protocol(Version::HTTP_2);
            assert_eq!(peer.streams.available_permits(), STREAMS);
        }
    }
}
