//! From the arguments of `mageshift new` to a plan.

use crate::cli::args::SourceArgs;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::new::NewArgs;
use crate::cli::new::repository::login;
use crate::cli::planning::options;
use crate::cli::recording::releases;
use crate::cli::selection::{profile, target, unselectable};
use crate::cli::ui::Ui;
use crate::distribution::{Distribution, Release, ReleaseCatalog, Target, TargetSpec};
use crate::plan::Plan;
use crate::planner::error::PlanError;
use crate::planner::new::{Draft, against_full, core_packages, newer_release, plan};
use crate::planner::survey::refresh;
use crate::profile::{Base, Library, Selection, select};
use composer_engine::repository::{Loaded, PackageSource, RepositoryError, RepositorySet};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Plans the project; the arguments come back with what was chosen for them.
pub(in crate::cli) fn make(
    args: &NewArgs,
    dir: &Path,
    ui: &Ui,
) -> Result<(Plan, NewArgs), CliError> {
    let mut args = args.clone();
    let mut library = Library::bundled();
    let distribution = distribution(args.distribution.as_deref())?;
    let plain = profile(
        &mut library,
        args.packages.profile.as_deref().unwrap_or("full"),
    )?;
    let profile = args.packages.worked_into(plain.clone(), &library)?;
    let full = Target::full(distribution);
    let target = target(full, &profile)?;
    let progress = ui.progress("Looking for releases");
    let catalog = releases(target, dir, &mut args)?;
    let spec = TargetSpec {
        target,
        release: args.release.clone(),
    };
    let release = select_release(&catalog, &spec, &args)?;
    args.distribution = Some(distribution.id().to_owned());
    args.release = Some(release.version.clone());
    args.packages.profile = Some(profile.name.clone());
    progress.set("Resolving packages");
    let mut draft = Draft::new(target, release, args.name.as_deref());
    draft
        .findings
        .extend(newer_release(&catalog, target, release));
    draft.environment = args.environment();
    draft.require(profile.require.clone());
    args.repository
        .iter()
        .for_each(|url| draft.add_repository(url));
    let mut options = options(&Value::Object(draft.root.clone()), dir, &args.source)?;
    if let Some((host, key)) = &args.key {
        options.credentials.add(&login(host, key));
    }
    let source = draft.open(dir, &options)?;
    let is_plain = profile.name == "full"
        && profile == plain
        && args.packages.with.is_empty()
        && args.packages.without.is_empty();
    if !is_plain {
        let base = Base {
            distribution,
            source: &source,
            locked: &[],
            requires: &draft.requires(),
            full: (&full.facts().product, &release.version),
            replaced: &BTreeSet::new(),
        };
        let selection = select(&library, args.packages.wish(&profile), base)
            .map_err(|error| unselectable(&error))?;
        has_repositories(&selection, &args.repository)?;
        draft.select(selection, &library);
    }
    let request = args.request();
    let mut plan = plan(draft, &library, dir, &source, &request)?;
    if !is_plain {
        let whole = core_packages(full, release, &library, &source);
        plan.findings
            .extend(whole.and_then(|whole| against_full(&plan, whole)));
    }
    if let Some(recording) = &args.recording {
        recording.mark(&mut plan);
    }
    plan.findings.sort_by_key(|finding| finding.severity);
    drop(progress);
    Ok((plan, args))
}

/// The release that is wanted, among those on offer.
pub(in crate::cli) fn select_release<'c>(
    catalog: &'c ReleaseCatalog,
    spec: &TargetSpec,
    args: &NewArgs,
) -> Result<&'c Release, CliError> {
    catalog
        .select(spec, None)
        .map_err(|error| match &args.recording {
            Some(recording) => recording.lacks(&error),
            None => PlanError::from(error).into(),
        })
}

/// Fails when a feature set comes from a repository of the buyer's own, and nobody has named it.
fn has_repositories(selection: &Selection, urls: &[String]) -> Result<(), CliError> {
    let is_named = |host: &String| urls.iter().any(|url| url.contains(host.as_str()));
    let missing = selection
        .own_repositories
        .iter()
        .find(|(_, hosts)| !hosts.iter().any(is_named));
    let Some((set, hosts)) = missing else {
        return Ok(());
    };
    let hosts = hosts.join(" or ");
    let message = format!("{set} comes from a repository of your own at {hosts}");
    Err(CliError::message(Exit::Usage, message)
        .hint("name its whole address with --repository, and put its key into auth.json"))
}

pub(in crate::cli) fn distribution(id: Option<&str>) -> Result<Distribution, CliError> {
    let id = id.unwrap_or("mage-os");
    let found = Distribution::ALL
        .into_iter()
        .find(|distribution| distribution.id() == id);
    found.ok_or_else(|| CliError::message(Exit::Usage, format!("there is no distribution `{id}`")))
}

/// The releases of a target, refreshed from its repository where that answers; and the failure where it does not.
pub(in crate::cli) fn ask_for_releases(
    target: Target,
    dir: &Path,
    args: &SourceArgs,
) -> Result<(ReleaseCatalog, Option<Arc<RepositoryError>>), CliError> {
    let root = json!({"repositories": [{"type": "composer", "url": target.facts().repository}, {"packagist.org": false}]});
    let options = options(&root, dir, args)?;
    let source = RepositorySet::open(&root, dir, &options)
        .map_err(|error| PlanError::Repository(Arc::new(error)))?;
    let mut catalog = ReleaseCatalog::bundled();
    refresh(&mut catalog, &source, target);
    if catalog.is_live(target) {
        return Ok((catalog, None));
    }
    let product: Arc<str> = target.facts().product.as_str().into();
    let failure = source
        .load(0, &[product])
        .into_iter()
        .find_map(|loaded| match loaded {
            Loaded::Unavailable(error) => Some(error),
            Loaded::Versions(_) | Loaded::Absent => None,
        });
    Ok((catalog, failure))
}
