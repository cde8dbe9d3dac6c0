//! Why there is no plan.

use super::composer_files::agreement::Disagreement;
use crate::distribution::{DetectError, ReleaseError, Target, TargetSpec};
use crate::profile::{LibraryError, SelectionError};
use crate::project::ProjectError;
use composer_engine::format::json::document::EditError;
use composer_engine::format::json::error::JsonError;
use composer_engine::format::package::loader::LoadError;
use composer_engine::format::root::RootError;
use composer_engine::repository::RepositoryError;
use composer_engine::resolve::blocking::BlockingError;
use composer_engine::resolve::lock::text::{BadMetadata, LockError};
use composer_engine::resolve::update::UpdateError;
use std::sync::Arc;

/// What cannot be left open, and nobody is there to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// What the store becomes.
    Target,
    /// Which packages go or come.
    Packages,
    /// Whether new modules are enabled.
    NewModules,
}

/// Arguments of an update of the lock that contradict each other, the root or the lock.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LockRequestError {
    #[error("{0} is missing a version constraint, use e.g. {0}:^1.0")]
    NoConstraint(String),
    #[error("the constraint \"{constraint}\" of {package} cannot be read: {reason}")]
    InvalidConstraint {
        package: String,
        constraint: String,
        reason: String,
    },
    #[error(
        "The temporary constraint \"{constraint}\" for \"{package}\" must be a subset of the constraint in your composer.json ({root})"
    )]
    OutsideRoot {
        package: String,
        constraint: String,
        root: String,
    },
    #[error(
        "You cannot simultaneously update only a selection of packages and regenerate the lock file metadata."
    )]
    SelectionOfMetadata,
    #[error("patch-only can only be used with a lock file present")]
    PatchOnlyWithoutLock,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// The project on disk is not usable.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// composer.json decodes, but Composer would refuse what it says.
    #[error("composer.json is not usable: {0}")]
    Root(#[from] RootError),
    /// composer.lock decodes, but a package in it is not one.
    #[error("composer.lock is not usable: {0}")]
    Lock(#[from] LoadError),
    /// What composer-merge-plugin would stop at: a file, and why.
    #[error("composer-merge-plugin cannot take {0}: {1}")]
    Included(String, String),
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// Nobody can know which of the two the store is at.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    #[error(transparent)]
    Release(#[from] ReleaseError),
    #[error(transparent)]
    Repository(#[from] Arc<RepositoryError>),
    /// A repository serves what no lock can hold.
    #[error(transparent)]
    Metadata(#[from] BadMetadata),
    /// A text of our own making does not decode.
    #[error("internal error: the new composer.json does not decode: {0}")]
    Json(#[from] JsonError),
    /// A section of composer.json has a shape that Composer refuses, too.
    #[error("composer.json cannot be merged: {0}")]
    Merge(String),
    #[error("internal error: the new composer.lock does not decode: {0}")]
    NewLock(String),
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// A question that has no answer of its own.
    #[error("{}", match .0 {
        Question::Target => "there is nobody to ask for the target",
        Question::Packages => "there is nobody to ask what goes",
        Question::NewModules => "there is nobody to ask about new modules",
    })]
    Unasked(Question),
    /// An upgrade that would make the store something else.
    #[error("this store is {own}, and an upgrade leaves it that")]
    NoUpgrade { own: Target, to: TargetSpec },
    #[error("which release the store is on cannot be told")]
    ReleaseUnknown,
    /// There is no such profile, or its file is none. `known` are the names of those there are.
    #[error("{error}")]
    Profile {
        error: LibraryError,
        known: Vec<String>,
    },
    #[error("{} has no minimal edition, which the profile {profile} starts from", target.name())]
    NoMinimalEdition { target: Target, profile: String },
    /// Arguments of an update of the lock that contradict each other, the root or the lock.
    #[error(transparent)]
    LockRequest(#[from] LockRequestError),
    /// `config.policy`, of the root or of the user, says what Composer refuses.
    #[error(transparent)]
    Policy(#[from] BlockingError),
    /// A selection that cannot be made.
    #[error(transparent)]
    Selection(#[from] SelectionError),
    /// A feature set that a repository of the buyer's own has to serve, which the root does not name.
    #[error("{set} comes from a repository of your own at {}", hosts.join(" or "))]
    OwnRepository {
        set: String,
        hosts: Vec<String>,
        /// Whether there is no store yet to add it to.
        is_new: bool,
    },
}

impl From<LockError> for PlanError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Root(error) => Self::Json(error),
            LockError::Metadata(error) => Self::Metadata(error),
        }
    }
}

impl From<EditError> for PlanError {
    fn from(error: EditError) -> Self {
        Self::Merge(error.to_string())
    }
}
