//! Whether a new lock can be installed, asked of the resolver as `composer install` asks it.

use crate::plan::{Code, Finding};
use crate::planner::error::PlanError;
use crate::project::LOCK;
use composer_engine::format::lock::Lock;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::PackageSource;
use composer_engine::resolve::lock::text::{NewLock, locked_packages};
use composer_engine::resolve::lock::verify::verify;
use composer_engine::resolve::update::{LockedPackages, UpdateOptions};

/// The new lock, checked by itself.
pub(crate) fn verification(
    lock: &NewLock,
    source: &dyn PackageSource,
    root: &RootPackage,
    options: &UpdateOptions,
) -> Result<Option<Finding>, PlanError> {
    let lock = Lock::of(lock.value.clone(), String::new())
        .map_err(|error| PlanError::NewLock(error.to_string()))?;
    let locked: LockedPackages = locked_packages(&lock)?;
    let Err(error) = verify(source, root, &locked, &options.platform, &options.filter) else {
        return Ok(None);
    };
    Ok(Some(
        Finding::new(
            Code::LockNotInstallable,
            "The new lock does not hold together",
            error.to_string(),
        )
        .in_file(LOCK),
    ))
}
