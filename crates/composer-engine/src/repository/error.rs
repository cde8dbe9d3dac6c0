//! Why a repository did not answer.

use std::fmt;

/// What went wrong, in kinds that a plan treats differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Credentials are missing or wrong (HTTP 401).
    Unauthorized,
    /// The credentials do not open this repository (HTTP 403).
    Forbidden,
    /// There is nothing at the repository's address.
    NotFound,
    /// The server could not be reached, or failed; or a file could not be read.
    Network,
    /// The answer, or a file, is not what a repository says.
    Malformed,
    /// The network is off and nothing local serves instead.
    Offline,
    /// A kind of repository, or a setting, that is not read natively.
    Unsupported,
    /// What says how repositories are asked is wrong: a setting, a certificate, the file with the keys.
    Configuration,
    /// An entry of `repositories` is one that Composer refuses.
    Entry,
}

/// A repository that did not answer, or not usably. Holds no secrets: the address is masked, and the message never quotes a
/// request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RepositoryError {
    /// What went wrong.
    pub kind: ErrorKind,
    /// The address or file it concerns, without credentials.
    pub url: String,
    /// What happened, as half a sentence.
    pub message: String,
}

impl RepositoryError {
    /// An error about `url`, which must be masked already.
    pub(super) fn new(
        kind: ErrorKind,
        url: impl Into<String>,
        message: impl Into<String>,
    ) -> RepositoryError {
        RepositoryError {
            kind,
            url: url.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for RepositoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.message)
    }
}
