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
    /// A `--with` that names a package and no constraint; as typed.
    #[error("{0} is missing a version constraint, use e.g. {0}:^1.0")]
    NoConstraint(String),
    /// A constraint for one update is none that Composer can read.
    #[error("the constraint \"{constraint}\" of {package} cannot be read: {reason}")]
    InvalidConstraint {
        /// The package that it is for.
        package: String,
        /// As typed.
        constraint: String,
        /// What the parser says.
        reason: String,
    },
    /// A constraint for one update admits what composer.json does not: Composer refuses that, in these words.
    #[error(
        "The temporary constraint \"{constraint}\" for \"{package}\" must be a subset of the constraint in your composer.json ({root})"
    )]
    OutsideRoot {
        /// The package that it is for.
        package: String,
        /// As typed.
        constraint: String,
        /// The constraint of composer.json.
        root: String,
    },
    /// Packages are named along with `--lock`, which updates none: Composer's words.
    #[error(
        "You cannot simultaneously update only a selection of packages and regenerate the lock file metadata."
    )]
    SelectionOfMetadata,
    /// `--patch-only` needs locked versions to keep to: Composer's words.
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
    /// What the store is cannot be told.
    #[error(transparent)]
    Detect(#[from] DetectError),
    /// Nobody can know which of the two the store is at.
    #[error(transparent)]
    Disagreement(#[from] Disagreement),
    /// No release can be chosen.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// The repositories of composer.json cannot be opened: one has a shape that Composer refuses, or cannot be read.
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
    /// What was written is no lock, which is a mistake of this program's; what the parser says.
    #[error("internal error: the new composer.lock does not decode: {0}")]
    NewLock(String),
    /// The resolver stopped for another reason than that there is no solution.
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
    NoUpgrade {
        /// What the store is.
        own: Target,
        /// What was asked for.
        to: TargetSpec,
    },
    /// An upgrade needs to know where it starts, and neither lock nor root tell it.
    #[error("which release the store is on cannot be told")]
    ReleaseUnknown,
    /// There is no such profile, or its file is none. `known` are the names of those there are.
    #[error("{error}")]
    Profile {
        /// Why it is none.
        error: LibraryError,
        /// The names of the profiles that the program has.
        known: Vec<String>,
    },
    /// The distribution that is wanted builds no minimal edition.
    #[error("{} has no minimal edition, which the profile {profile} starts from", target.name())]
    NoMinimalEdition {
        /// What was wanted.
        target: Target,
        /// The name of the profile that wants it.
        profile: String,
    },
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
        /// The feature set's name.
        set: String,
        /// The hosts on which such repositories are, the usual one first.
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
