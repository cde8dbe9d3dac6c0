//! The planner for a new project: the pipeline of a switch, from an empty store.

mod aim;
mod draft;
pub mod environment;
mod full_edition;
mod resolution;
pub(crate) mod steps;

pub(crate) use aim::Aimed;
pub use draft::Draft;
pub(crate) use resolution::this_machine;

use crate::distribution::{Release, ReleaseCatalog, Target, compare_versions};
use crate::plan::{Code, Edit, Finding, Plan, Side};
use crate::planner::assembly::background::support;
use crate::planner::blocked;
use crate::planner::blocked::Impasse;
use crate::planner::error::PlanError;
use crate::planner::lock::changes::changes;
use crate::planner::lock::promise::Promise;
use crate::planner::lock::question;
use crate::planner::lock::soundness;
use crate::planner::lock::unreachable;
use crate::planner::lock::verification::verification;
use crate::planner::pipeline::new::full_edition::{against_full, core_packages};
use crate::planner::pipeline::new::resolution::resolve;
use crate::planner::pipeline::new::steps::Surroundings;
use crate::planner::selection::findings;
use crate::planner::wish::{NewStore, Packages, Planned, PlatformWish};
use crate::profile::{Base, Library, Selection, open_ends, select};
use crate::project::site::{GITIGNORE, Site};
use crate::project::{LOCK, ROOT};
use composer_engine::format::root::RootPackage;
use composer_engine::repository::{Options, RepositorySet};
use composer_engine::resolve::lock::text::{Entries, Preferences, new_lock};
use serde_json::Value;
use std::collections::BTreeSet;

/// The profile that leaves out nothing.
const FULL: &str = "full";

/// Plans a new store at a release of the catalog, on a site whose folder need not exist. `options` say how the repositories of a root
/// are read.
pub fn plan<E: From<PlanError>>(
    aimed: Aimed,
    release: &Release,
    wish: NewStore,
    catalog: &ReleaseCatalog,
    site: &Site,
    options: impl FnOnce(&Value) -> Result<Options, E>,
) -> Result<Planned<NewStore>, E> {
    let Aimed {
        library,
        plain,
        profile,
        target,
    } = &aimed;
    let distribution = target.distribution();
    let full = Target::full(distribution);
    let mut draft = Draft::new(*target, release, wish.name.as_deref());
    draft
        .findings
        .extend(newer_release(catalog, *target, release));
    draft.environment = wish.environment.flatten();
    draft.require(profile.require.clone());
    for url in &wish.repositories {
        draft.add_repository(url);
    }
    let options = options(&Value::Object(draft.root.clone()))?;
    let source = draft.open(site, &options)?;
    let packages = &wish.packages;
    let is_plain = profile.name == FULL
        && profile == plain
        && packages.with.is_empty()
        && packages.without.is_empty();
    if !is_plain {
        let base = Base {
            distribution,
            source: &source,
            locked: &[],
            requires: &draft.requires(),
            full: (&full.facts().product, &release.version),
            replaced: &BTreeSet::new(),
            files: &[],
        };
        let selection =
            select(library, packages.of(profile), base).map_err(PlanError::Selection)?;
        has_repositories(&selection, &wish.repositories)?;
        draft.select(selection, library);
    }
    let mut plan = assemble(draft, library, site, &source, &wish.platform)?;
    if !is_plain {
        let whole = core_packages(full, release, library, &source);
        plan.findings
            .extend(whole.and_then(|whole| against_full(&plan, whole)));
    }
    plan.findings.sort_by_key(|finding| finding.severity());
    plan.background.target_support = support(catalog, *target, &release.version);
    let wish = NewStore {
        distribution: Some(distribution),
        release: Some(release.version.clone()),
        packages: Packages {
            profile: Some(profile.name.clone()),
            ..wish.packages
        },
        ..wish
    };
    Ok(Planned { plan, wish })
}

/// Fails when a feature set comes from a repository of the buyer's own, and nobody has named it.
fn has_repositories(selection: &Selection, urls: &[String]) -> Result<(), PlanError> {
    let is_named = |host: &String| urls.iter().any(|url| url.contains(host.as_str()));
    let missing = selection
        .own_repositories
        .iter()
        .find(|(_, hosts)| !hosts.iter().any(is_named));
    match missing {
        None => Ok(()),
        Some((set, hosts)) => Err(PlanError::OwnRepository {
            set: set.clone(),
            hosts: hosts.clone(),
            is_new: true,
        }),
    }
}

/// Plans the files of a draft: composer.json, composer.lock as `composer update`
/// writes it, and .gitignore unless there is one.
fn assemble(
    draft: Draft,
    library: &Library,
    site: &Site,
    source: &RepositorySet,
    wish: &PlatformWish,
) -> Result<Plan, PlanError> {
    let text = draft.text();
    let Draft {
        target,
        release,
        root,
        mut findings,
        environment,
        selection,
        own_hosts,
    } = draft;
    let root_value = Value::Object(root);
    let root = RootPackage::load(&root_value)?;
    let side = Side {
        distribution: target.distribution().id().to_string(),
        edition: target.edition().id().to_string(),
        release: Some(release.version.clone()),
        upstream: release.upstream.clone(),
    };
    let mut plan = Plan {
        edits: vec![Edit::new(ROOT, None, Some(&text))],
        ..Plan::between(side.clone(), side)
    };
    let (options, finding, resolved) = resolve(source, &root, target, &release, wish);
    findings.extend(finding);
    match resolved.map(question::or_blocked).transpose()? {
        // Said by the finding.
        None => {}
        Some(Ok(result)) => {
            findings.extend(unreachable::findings(&result.unavailable, &result, source));
            let lock = new_lock(
                &text,
                &root,
                &result,
                source,
                None,
                Preferences::default(),
                Entries::Fresh,
            )?;
            let promise = Promise {
                target,
                release: &release.version,
            };
            findings.extend(promise.broken(&lock.value));
            findings.extend(soundness::findings(&root_value, &lock.value, target));
            let vendor = target.distribution().vendor();
            let ends = open_ends(
                library,
                &lock.value,
                &selection.replaces,
                &selection.taken_out,
                vendor,
            );
            findings.extend(findings::of_open_ends(&ends));
            findings.extend(verification(&lock, source, &root, &options)?);
            plan.changes = changes(None, &lock.value, &|_| None);
            plan.edits.push(Edit::new(LOCK, None, Some(&lock.text)));
            let surroundings = Surroundings::of(
                target,
                &release,
                &lock.value,
                environment,
                &site.name(),
                wish.php.as_deref(),
            )
            .with_keys_for(own_hosts);
            plan.steps = surroundings.steps(site.enter());
            let (edits, notes) = surroundings.files(site.files());
            plan.edits.extend(edits);
            findings.extend(notes);
        }
        Some(Err(blocked)) => {
            let impasse = Impasse {
                blocked: &blocked,
                target,
                release: &release.version,
                root: &root,
                locked: None,
                own_builds: &[],
                diagnosis: None,
            };
            let mut reasons = unreachable::decisive(source, target);
            if reasons.is_empty() {
                reasons = blocked::findings(&impasse, source);
                let unavailable = &blocked.unavailable;
                reasons.extend(unreachable::undecided(
                    &reasons,
                    unavailable,
                    source,
                    None,
                    target,
                ));
            }
            findings.extend(reasons);
        }
    }
    if site.files().kind(GITIGNORE).is_none() {
        plan.edits.push(Edit::new(
            GITIGNORE,
            None,
            Some(include_str!("gitignore.txt")),
        ));
    }
    findings.sort_by_key(Finding::severity);
    plan.findings = findings;
    Ok(plan)
}

/// Says that there is a newer release than the one chosen: on offer, or known to this program and not served as this product.
fn newer_release(catalog: &ReleaseCatalog, target: Target, release: &Release) -> Option<Finding> {
    let newest = catalog.newest(target)?;
    if compare_versions(&newest.version, &release.version).is_gt() {
        return Some(note(
            Code::NewerRelease,
            format!(
                "The newest release of {} is {}",
                target.name(),
                newest.version
            ),
            &format!("Take it with --release {}.", newest.version),
        ));
    }
    let bundled = ReleaseCatalog::bundled();
    let known = bundled
        .newest(target)
        .filter(|known| compare_versions(&known.version, &release.version).is_gt())?;
    Some(note(
        Code::NewerReleaseNotServed,
        format!(
            "{} {} is known, but the repository does not serve it",
            target.name(),
            known.version
        ),
        &format!("{} is the newest that it has.", release.version),
    ))
}

fn note(code: Code, title: String, detail: &str) -> Finding {
    Finding::new(code, title, detail.to_string())
}
