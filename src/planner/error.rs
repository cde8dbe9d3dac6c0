//! Why there is no plan.

use crate::distribution::{DetectError, ReleaseError};
use crate::planner::agreement::Disagreement;
use crate::project::ProjectError;
use composer_engine::format::json_error::JsonError;
use composer_engine::format::loader::LoadError;
use composer_engine::format::root_package::RootError;
use composer_engine::repository::RepositoryError;
use composer_engine::resolve::lock_text::{BadMetadata, LockError};
use composer_engine::resolve::update::UpdateError;
use std::sync::Arc;

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
}

impl From<LockError> for PlanError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Root(error) => Self::Json(error),
            LockError::Metadata(error) => Self::Metadata(error),
        }
    }
}
