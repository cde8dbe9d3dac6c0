//! `mageshift lock`: what `composer update --no-install` would write.

pub(crate) mod unchanged;

pub(crate) mod request;

use crate::plan::{Code, Edit, Finding, Plan};
use crate::planner::composer_files::merge_plugin::Included;
use crate::planner::composer_files::whole_root;
use crate::planner::error::PlanError;
use crate::planner::lock::changes::changes;
use crate::planner::lock::php::Here;
use crate::planner::lock::php::demands::newest_patch;
use crate::planner::lock::platform::{counted, of_named_php};
use crate::planner::lock::unreachable;
use crate::planner::wish::PlatformWish;
use crate::project::Project;
use composer_engine::format::lock::Lock;
use composer_engine::format::package::Package;
use composer_engine::format::root::RootPackage;
use composer_engine::format::version::stability::Stability;
use composer_engine::repository::platform::Platform;
use composer_engine::repository::{Options, PackageSource};
use composer_engine::resolve::blocking::Blocking;
use composer_engine::resolve::lock::audit::{Concern, concerns};
use composer_engine::resolve::lock::text::locked_packages;
use composer_engine::resolve::lock::text::{Entries, NewLock, Preferences, new_lock};
use composer_engine::resolve::platform::PlatformFilter;
use composer_engine::resolve::update::operations::Operations;
use composer_engine::resolve::update::{LockedPackages, UpdateOptions, update};
use request::LockRequest;
use serde_json::Value;
use std::sync::Arc;
use unchanged::side;

/// A plan that changes the lock alone.
#[derive(Debug)]
pub(crate) struct LockPlan {
    /// Its only edit is that of the lock; source and target are the same.
    pub plan: Plan,
    /// What changes, as Composer tells it.
    pub operations: Operations,
    /// Composer's warnings, and what is published against the new lock's packages. They are among the plan's findings, too.
    pub warnings: Vec<String>,
}

/// What is wished of an update of the lock. It is no [`Wish`](crate::planner::wish::Wish): where the store goes, what is
/// kept and what is asked on the way are no questions here, and what Composer is asked for is none there.
#[derive(Debug, Clone, Default)]
pub(crate) struct LockWish {
    /// What is asked for, as `composer update` takes it.
    pub request: LockRequest,
    /// The PHP to plan for, else that of this machine.
    pub platform: PlatformWish,
    /// Whether versions are left out because of what is published against them.
    pub blocks: bool,
}

/// Plans an update of the lock, as `composer update --no-install` makes it; `options` say how the repositories are read,
/// `variable` what the surroundings of a run say, and `phase` is told what is being done.
pub(crate) fn plan(
    project: &Project,
    options: &Options,
    wish: &LockWish,
    variable: impl Fn(&str) -> Option<String>,
    phase: &dyn Fn(&str),
) -> Result<LockPlan, PlanError> {
    let lock = project.lock().map(Lock::value);
    let included = Included::read(
        &*project.store,
        &project.files.root,
        project.root.value(),
        lock,
    );
    // A lock without what such a file requires would lack it without a word.
    if let Some((path, why)) = included.unread.first() {
        return Err(PlanError::Included(path.clone(), why.clone()));
    }
    let additions = included.additions();
    let mut root = whole_root::package(project.root.value(), &additions)?;
    let manifest = &whole_root::document(project.root.value(), &additions);
    let locked = project.lock().map(locked_packages).transpose()?;
    let mut update = wish.request.options(&mut root, locked.as_ref())?;
    phase("Reading the repositories");
    let (minimum, flags) = (root.minimum_stability, root.stability_flags.clone());
    let options = Options {
        wants_dev: Arc::new(move |name: &str| {
            *flags.get(name).unwrap_or(&minimum) == Stability::Dev
        }),
        ..options.clone()
    };
    if wish.blocks {
        let files = options.user_config.iter().chain([manifest]);
        update.blocking = Blocking::read(files, variable)?;
    }
    let source = project.repositories(manifest, &options).map_err(Arc::new)?;
    let (platform, filter) = platform(&wish.platform, &root, &|overrides| {
        Platform::of_this_machine(overrides, options.cache_dir.as_deref())
    });
    update.platform = platform.packages;
    update.ini_files = platform.ini_files;
    update.hidden_platform = platform.hidden;
    update.filter = filter;
    phase("Resolving packages");
    let mut planned = updated(project, &root, locked.as_ref(), &source, &update)?;
    for finding in unreachable::at_second_hand(&source) {
        planned.warnings.push(sentences(&finding));
        planned.plan.findings.insert(0, finding);
    }
    Ok(planned)
}

/// The platform to resolve for, and which of its requirements count: the PHP that was named, else that of this machine, else
/// what `config.platform` says. Extensions of which nothing is known are not checked.
fn platform(
    wish: &PlatformWish,
    root: &RootPackage,
    here: &Here<'_>,
) -> (Platform, PlatformFilter) {
    counted(&wish.ignored, || match &wish.php {
        Some(php) => of_named_php(&newest_patch(php), root),
        None => here(&root.platform)
            .unwrap_or_else(|| Platform::unknown().with_overrides(&root.platform)),
    })
}

/// The plan of an update. The entries of all packages are made anew from the repositories, as Composer does. `root` is the
/// project's, with what temporary constraints add to it; `locked` are the packages of the project's lock.
fn updated(
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
        edits: vec![Edit::new(&project.files.lock, before, Some(&text))],
        changes: changes(project.lock().map(Lock::value), &value, &|_| None),
        findings,
        ..Plan::between(
            side(project.lock().map(Lock::value), project, root),
            side(Some(&value), project, root),
        )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_not_checked() {
        let root = serde_json::json!({"config": {"platform": {"php": "8.1.0", "ext-intl": "1"}}});
        let root = RootPackage::load(&root).unwrap();
        let wish = PlatformWish::default().with_php("8.3.2");
        let (platform, filter) = platform(&wish, &root, &|_| None);
        assert_eq!(platform.php(), Some("8.3.2"));
        assert!(filter.ignores("ext-gd") && !filter.ignores("php"));
    }
}
