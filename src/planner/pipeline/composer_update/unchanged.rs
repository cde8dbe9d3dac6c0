//! Plans for a project that stays what it is: of its lock alone, or of a single file.

use crate::distribution::{ReleaseCatalog, detect};
use crate::plan::{Plan, Side};
use crate::planner::error::PlanError;
use crate::project::Project;
use composer_engine::format::lock::Lock;
use composer_engine::format::root::RootPackage;
use serde_json::Value;

/// A plan for a project that stays what it is, with nothing in it yet: for commands that change single files.
/// Fails where Composer would refuse composer.json.
pub(crate) fn unchanged(project: &Project) -> Result<Plan, PlanError> {
    let root = RootPackage::load(project.root.value())?;
    let side = side(project.lock().map(Lock::value), project, &root);
    Ok(Plan::between(side.clone(), side))
}

/// What the store is with a lock. A lock can be updated for any project; one that is no store goes by its own name.
pub(crate) fn side(lock: Option<&Value>, project: &Project, root: &RootPackage) -> Side {
    match detect(lock, project.root.value(), &ReleaseCatalog::bundled()) {
        Ok(detected) => Side {
            distribution: detected.distribution().id().to_string(),
            edition: detected.edition().id().to_string(),
            release: detected.release,
            upstream: detected.upstream,
        },
        Err(_) => Side {
            distribution: root.package.pretty_name.to_string(),
            edition: String::new(),
            release: None,
            upstream: None,
        },
    }
}
