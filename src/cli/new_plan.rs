//! From the arguments of `mageshift new` to a plan.

use super::args::SourceArgs;
use super::error::CliError;
use super::exit::Exit;
use super::new::NewArgs;
use super::planning::options;
use super::ui::Ui;
use crate::distribution::{Distribution, ReleaseCatalog, Target, TargetSpec};
use crate::plan::Plan;
use crate::plan::error::PlanError;
use crate::plan::new_project::{Draft, against_full, newer_release, plan};
use crate::plan::survey::refresh;
use crate::profile::{
    Base, BaseEdition, Library, LibraryError, Profile, Selection, SelectionError, Wish, select,
};
use crate::repository::RepositorySet;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// Plans the project; the arguments come back with what was chosen for them.
pub(super) fn make(args: &NewArgs, dir: &Path, ui: &Ui) -> Result<(Plan, NewArgs), CliError> {
    let mut args = args.clone();
    let mut library = Library::bundled();
    let distribution = distribution(args.distribution.as_deref())?;
    let profile = profile(&mut library, args.profile.as_deref().unwrap_or("full"))?;
    let full = full_target(distribution);
    let target = target(distribution, &profile)?;
    let progress = ui.progress("Looking for releases");
    let catalog = catalog(target, dir, &args.source)?;
    let spec = TargetSpec {
        target,
        release: args.release.clone(),
    };
    let release = catalog.select(&spec, None).map_err(PlanError::from)?;
    args.distribution = Some(distribution.id().to_owned());
    args.release = Some(release.version.clone());
    args.profile = Some(profile.name.clone());
    progress.set("Resolving packages");
    let mut draft = Draft::new(target, release, args.name.as_deref());
    draft
        .findings
        .extend(newer_release(&catalog, target, release));
    draft.require(profile.require.clone());
    args.repository
        .iter()
        .for_each(|url| draft.add_repository(url));
    let options = options(&Value::Object(draft.root.clone()), dir, &args.source)?;
    let source = draft.open(dir, &options)?;
    let is_plain = profile.name == "full" && args.with.is_empty() && args.without.is_empty();
    if !is_plain {
        let wish = Wish {
            profile: &profile,
            with: &args.with,
            without: &args.without,
        };
        let base = Base {
            distribution,
            source: &source,
            requires: &draft.requires(),
            full: (&full.facts().product, &release.version),
        };
        let selection = select(&library, wish, base).map_err(unselectable)?;
        has_repositories(&selection, &args.repository)?;
        draft.select(selection, &library);
    }
    let mut plan = plan(draft, &library, dir, &source, &args.request())?;
    if !is_plain {
        plan.findings
            .extend(against_full(&plan, full, release, &source, &args.request()));
        plan.findings.sort_by_key(|finding| finding.severity);
    }
    drop(progress);
    Ok((plan, args))
}

/// Fails when a feature set comes from a repository of the buyer's own, and nobody has named it.
fn has_repositories(selection: &Selection, urls: &[String]) -> Result<(), CliError> {
    let missing = selection
        .own_repositories
        .iter()
        .find(|(_, host)| !urls.iter().any(|url| url.contains(host.as_str())));
    let Some((set, host)) = missing else {
        return Ok(());
    };
    let message = format!("{set} comes from a repository of your own at {host}");
    Err(CliError::message(Exit::Usage, message)
        .hint("name its whole address with --repository, and put its key into auth.json"))
}

fn unselectable(error: SelectionError) -> CliError {
    CliError::new(Exit::Usage, error)
        .hint("`mageshift profiles` lists the profiles and the feature sets")
}

pub(super) fn profile(library: &mut Library, name: &str) -> Result<Profile, CliError> {
    let known: Vec<String> = library
        .profiles
        .iter()
        .map(|profile| profile.name.clone())
        .collect();
    library.profile(name).map_err(|error| {
        let exit = if matches!(error, LibraryError::Unreadable { .. }) {
            Exit::Failed
        } else {
            Exit::Usage
        };
        CliError::new(exit, error).hint(format!(
            "the profiles are {}, or a TOML file of your own",
            known.join(", ")
        ))
    })
}

pub(super) fn distribution(id: Option<&str>) -> Result<Distribution, CliError> {
    let id = id.unwrap_or("mage-os");
    let found = Distribution::ALL
        .into_iter()
        .find(|distribution| distribution.id() == id);
    found.ok_or_else(|| CliError::message(Exit::Usage, format!("there is no distribution `{id}`")))
}

/// The product of a distribution that has all feature sets.
pub(super) fn full_target(distribution: Distribution) -> Target {
    match distribution {
        Distribution::MageOs => Target::MageOs,
        Distribution::Magento => Target::Magento,
        Distribution::Commerce => Target::Commerce,
    }
}

pub(super) fn target(distribution: Distribution, profile: &Profile) -> Result<Target, CliError> {
    match (profile.edition, distribution) {
        (BaseEdition::Full, _) => Ok(full_target(distribution)),
        (BaseEdition::Minimal, Distribution::MageOs) => Ok(Target::MageOsMinimal),
        (BaseEdition::Minimal, _) => {
            let message = format!(
                "{} has no minimal edition, which the profile {} starts from",
                distribution.name(),
                profile.name
            );
            Err(CliError::message(Exit::Usage, message)
                .hint("--profile lite takes out of the full edition what few shops need"))
        }
    }
}

/// The releases of a target, refreshed from its repository where that answers.
pub(super) fn catalog(
    target: Target,
    dir: &Path,
    args: &SourceArgs,
) -> Result<ReleaseCatalog, CliError> {
    let root = json!({"repositories": [{"type": "composer", "url": target.facts().repository}, {"packagist.org": false}]});
    let options = options(&root, dir, args)?;
    let source = RepositorySet::open(&root, dir, &options)
        .map_err(|error| PlanError::Repository(Arc::new(error)))?;
    let mut catalog = ReleaseCatalog::bundled();
    refresh(&mut catalog, &source, target);
    Ok(catalog)
}
