//! `mageshift lock`: what `composer update --no-install` would write.

pub mod request;

use crate::distribution::{ReleaseCatalog, detect};
use crate::plan::{Code, Edit, Finding, Plan, SCHEMA, Side};
use crate::planner::error::PlanError;
use crate::planner::lock::changes::changes;
use crate::planner::lock::unreachable;
use crate::project::Project;
use composer_engine::format::lock::Lock;
use composer_engine::format::package::Package;
use composer_engine::format::root_package::RootPackage;
use composer_engine::repository::PackageSource;
use composer_engine::resolve::audit::{Concern, concerns};
use composer_engine::resolve::lock_text::{Entries, NewLock, Preferences, new_lock};
use composer_engine::resolve::operations::Operations;
use composer_engine::resolve::update::{LockedPackages, UpdateOptions, update};
use serde_json::Value;

/// A plan that changes the lock alone.
#[derive(Debug)]
pub struct LockPlan {
    pub plan: Plan,
    /// What changes, as Composer tells it.
    pub operations: Operations,
    /// Composer's warnings, and what is published against the new lock's packages. They are among the plan's findings, too.
    pub warnings: Vec<String>,
}

/// Plans an update of the lock. The entries of all packages are made anew from the repositories, as Composer does.
/// `root` is the project's, with what temporary constraints add to it; `locked` are the packages of the project's lock.
pub fn plan(
    project: &Project,
    root: &RootPackage,
    locked: Option<&LockedPackages>,
    source: &dyn PackageSource,
    options: &UpdateOptions,
) -> Result<LockPlan, PlanError> {
    let result = update(source, root, locked, options)?;
    let operations = Operations::new(locked, &result, options.metadata_only);
    let old = project.lock().zip(project.lock_text());
    let prefer = Preferences {
        stable: options.prefer_stable,
        lowest: options.prefer_lowest,
    };
    let entries = match options.metadata_only {
        true => Entries::Readdressed,
        false => Entries::Fresh,
    };
    let NewLock { value, text } = new_lock(
        project.root.text(),
        root,
        &result,
        source,
        old,
        prefer,
        entries,
    )?;
    let concerns = match options.metadata_only {
        true => Vec::new(),
        false => concerns(source, &result, false),
    };
    let abandoned = result
        .packages
        .iter()
        .chain(&result.packages_dev)
        .filter_map(|chosen| abandoned(&chosen.package));
    let findings: Vec<Finding> = unreachable::findings(&result.unavailable, &result, source)
        .into_iter()
        .chain(result.warnings.iter().map(|text| warning(text)))
        .chain(concerns.iter().map(advisory))
        .chain(abandoned)
        .collect();
    let warnings = findings.iter().map(sentences).collect();
    let before = project.lock_text().map(str::as_bytes);
    let plan = Plan {
        schema: SCHEMA,
        source: side(project.lock().map(Lock::value), project, root),
        target: side(Some(&value), project, root),
        edits: vec![Edit::new(&project.files.lock, before, Some(&text))],
        changes: changes(project.lock().map(Lock::value), &value, &|_| None),
        findings,
        next_steps: Vec::new(),
        applied: false,
    };
    Ok(LockPlan {
        plan,
        operations,
        warnings,
    })
}

/// A finding as a line. A title has no full stop, Composer's sentences have.
fn sentences(finding: &Finding) -> String {
    let stop = if finding.title.ends_with(':') {
        ""
    } else {
        "."
    };
    let text = format!("{}{stop} {}", finding.title, finding.detail);
    text.trim_end().to_string()
}

/// What the store is with a lock. A lock can be updated for any project; one that is no store goes by its own name.
fn side(lock: Option<&Value>, project: &Project, root: &RootPackage) -> Side {
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

/// What to know about a package that is locked although an advisory concerns it.
fn advisory(concern: &Concern) -> Finding {
    let Concern {
        package,
        version,
        advisory,
    } = concern;
    let details = advisory.details.as_ref();
    let names = details.and_then(|details| details.cve.as_deref());
    let names: Vec<&str> = [Some(&*advisory.id), names].into_iter().flatten().collect();
    let about = details.map_or_else(String::new, |details| format!(": {}", details.title));
    Finding::new(
        Code::SecurityAdvisory,
        format!(
            "{package} {version} has a security advisory, {}{about}",
            names.join(", ")
        ),
        format!("Versions {} are affected.", advisory.affected),
    )
    .of_package(package.to_string())
}

/// What Composer says of a package that its authors gave up (`Installer::run`).
fn abandoned(package: &Package) -> Option<Finding> {
    let replacement = match package.metadata.get("abandoned")? {
        Value::String(name) if !name.is_empty() => format!("Use {name} instead"),
        Value::Bool(true) => "No replacement was suggested".to_string(),
        _ => return None,
    };
    let name = &package.pretty_name;
    Some(
        Finding::new(
            Code::AbandonedPackage,
            format!("Package {name} is abandoned, you should avoid using it. {replacement}"),
            String::new(),
        )
        .of_package(name.to_string()),
    )
}

fn warning(text: &str) -> Finding {
    Finding::new(
        Code::PartialUpdate,
        text.trim_end_matches('.').to_string(),
        String::new(),
    )
}
