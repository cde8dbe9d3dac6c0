//! `mageshift lock`: what `composer update --no-install` would write.

use super::changes::changes;
use super::error::PlanError;
use super::locking::{Entries, NewLock, Preferences, locked_packages, new_lock};
use super::{Edit, Plan, SCHEMA, Side};
use crate::composer::root_package::RootPackage;
use crate::project::{LOCK, Project};
use crate::repository::PackageSource;
use crate::resolve::update::{UpdateOptions, update};

/// A plan that changes the lock alone, with Composer's warnings about a partial update.
#[derive(Debug)]
pub struct LockPlan {
    pub plan: Plan,
    pub warnings: Vec<String>,
}

/// Plans an update of the lock. The entries of all packages are made anew from the repositories, as Composer does.
pub fn plan(
    project: &Project,
    source: &dyn PackageSource,
    side: Side,
    options: &UpdateOptions,
) -> Result<LockPlan, PlanError> {
    let root = RootPackage::load(project.root.value())?;
    let locked = project.lock().map(locked_packages).transpose()?;
    let result = update(source, &root, locked.as_ref(), options)?;
    let old = project.lock().zip(project.lock_text());
    let prefer = Preferences { stable: options.prefer_stable, lowest: options.prefer_lowest };
    let NewLock { value, text } = new_lock(project.root.text(), &root, &result, source, old, prefer, Entries::Fresh)?;
    let before = project.lock_text().map(str::as_bytes);
    let plan = Plan {
        schema: SCHEMA,
        source: side.clone(),
        target: side,
        edits: vec![Edit::new(LOCK, before, Some(&text))],
        changes: changes(project.lock().map(|lock| lock.value()), &value, &|_| None),
        findings: Vec::new(),
        next_steps: Vec::new(),
        applied: false,
    };
    Ok(LockPlan { plan, warnings: result.warnings })
}
