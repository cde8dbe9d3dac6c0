//! The planner for a new project: the pipeline of a switch, from an empty store.

pub mod environment;
pub(crate) mod steps;

use crate::distribution::{
    Distribution, Release, ReleaseCatalog, Target, TargetSpec, compare_versions, host_and_path,
    is_core_of, template,
};
use crate::plan::sentence;
use crate::plan::{Code, Edit, Finding, Plan, SCHEMA, Side};
use crate::planner::blocked;
use crate::planner::blocked::Impasse;
use crate::planner::error::PlanError;
use crate::planner::lock::changes::changes;
use crate::planner::lock::php::{PlannedPlatform, choose, guessed};
use crate::planner::lock::promise::Promise;
use crate::planner::lock::question;
use crate::planner::lock::soundness;
use crate::planner::lock::unreachable;
use crate::planner::lock::verification::verification;
use crate::planner::new::environment::Environment;
use crate::planner::new::steps::Surroundings;
use crate::planner::selection::findings;
use crate::planner::wish::Wish;
use crate::planner::wish::{NewStore, Packages, target_of};
use crate::profile::{Base, Library, Offer, Profile, Selection, open_ends, select};
use crate::project::site::{GITIGNORE, Site};
use crate::project::{LOCK, ROOT};
use composer_engine::format::json::php_json::encode_pretty;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::platform::Platform;
use composer_engine::repository::wants_dev;
use composer_engine::repository::{Options, RepositorySet};
use composer_engine::resolve::lock::text::{Entries, Preferences, new_lock};
use composer_engine::resolve::update::{Update, UpdateError, UpdateOptions, update};
use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The profile that leaves out nothing.
const FULL: &str = "full";

/// The indentation that `create-project` leaves: PHP's own.
const INDENT: &str = "    ";

/// A new project, before its packages are resolved.
pub struct Draft {
    pub target: Target,
    pub release: Release,
    /// The root, in the order in which it is written.
    pub root: Map<String, Value>,
    pub findings: Vec<Finding>,
    /// The development environment to write a configuration for.
    pub environment: Option<Environment>,
    selection: Selection,
    /// Hosts of repositories that are the buyer's own.
    own_hosts: Vec<String>,
}

impl Draft {
    /// The root that `create-project` writes for a release, under another name when one is given.
    pub fn new(target: Target, release: &Release, name: Option<&str>) -> Self {
        let template = template(target, &release.version);
        let mut root = template.value;
        if let (Some(name), Some(value)) = (name, root.get_mut("name")) {
            *value = name.into();
        }
        let assumed = (!template.exact).then(|| {
            note(
                Code::RootAssumed,
                format!("composer.json follows the nearest release whose template is known, with the numbers of {}", release.version),
                "Compare it with the project package of the release if an entry matters to you.",
            )
        });
        Self {
            target,
            release: release.clone(),
            root,
            findings: assumed.into_iter().collect(),
            environment: None,
            selection: Selection::default(),
            own_hosts: Vec::new(),
        }
    }

    /// The requirements of the root, without those for development.
    pub fn requires(&self) -> Vec<(String, String)> {
        let requires = self
            .root
            .get("require")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        requires
            .filter_map(|(name, constraint)| Some((name.clone(), constraint.as_str()?.to_string())))
            .collect()
    }

    /// Adds requirements after those of the template, which are no longer the template's to order.
    pub fn require(&mut self, requires: impl IntoIterator<Item = (String, String)>) {
        if let Some(section) = self.root.get_mut("require").and_then(Value::as_object_mut) {
            section.extend(
                requires
                    .into_iter()
                    .map(|(name, constraint)| (name, constraint.into())),
            );
        }
    }

    /// Adds a repository of the buyer's own after those of the template.
    pub fn add_repository(&mut self, url: &str) {
        let host = host_and_path(url).map(|(host, _)| host.to_owned());
        self.own_hosts.extend(host);
        if let Some(Value::Array(repositories)) = self.root.get_mut("repositories") {
            repositories.push(serde_json::json!({"type": "composer", "url": url}));
        }
    }

    /// Puts a selection of feature sets into the root.
    pub fn select(&mut self, selection: Selection, library: &Library) {
        self.require(selection.requires.clone());
        if !selection.replaces.is_empty() {
            let replaces: Map<String, Value> = selection
                .replaces
                .iter()
                .map(|name| (name.clone(), selection.replaced_version(name).into()))
                .collect();
            // Where Composer's schema has it: behind the requirements.
            let place = ["require", "require-dev"]
                .iter()
                .filter_map(|key| self.root.keys().position(|known| known == key))
                .max();
            let place = place.map_or(self.root.len(), |place| place + 1);
            self.root
                .shift_insert(place, "replace".to_string(), replaces.into());
        }
        self.findings
            .extend(findings::of_selection(&selection, library));
        self.selection = selection;
    }

    /// The text of composer.json.
    pub fn text(&self) -> String {
        encode_pretty(&Value::Object(self.root.clone()), INDENT) + "\n"
    }

    /// The repositories of the root, opened for the versions that it allows.
    pub fn open(&self, site: &Site, options: &Options) -> Result<RepositorySet, PlanError> {
        let root = Value::Object(self.root.clone());
        let options = Options {
            wants_dev: wants_dev(&RootPackage::load(&root)?),
            ..options.clone()
        };
        Ok(site.repositories(&root, &options).map_err(Arc::new)?)
    }
}

/// What a wish for a new project is after, before a release is looked for.
#[derive(Debug)]
pub struct Aimed {
    pub library: Library,
    /// The profile as it is.
    pub plain: Profile,
    /// The same with the answers of the wish worked into it.
    pub profile: Profile,
    pub target: Target,
}

impl Aimed {
    /// Finds the profile, and the target that it starts from.
    pub fn at(distribution: Distribution, packages: &Packages) -> Result<Self, PlanError> {
        let mut library = Library::bundled();
        let (plain, profile) = packages.profile(&mut library)?;
        let target = target_of(Target::full(distribution), &profile)?;
        Ok(Self {
            library,
            plain,
            profile,
            target,
        })
    }

    /// The release that is wanted, among those on offer.
    pub fn release<'c>(
        &self,
        catalog: &'c ReleaseCatalog,
        release: Option<&str>,
    ) -> Result<&'c Release, PlanError> {
        let spec = TargetSpec {
            target: self.target,
            release: release.map(str::to_owned),
        };
        Ok(catalog.select(&spec, None)?)
    }
}

/// The plan of a new store, and what it was made of.
#[derive(Debug)]
pub struct Made {
    pub plan: Plan,
    /// What was wanted, with what was chosen for it.
    pub store: NewStore,
    /// Likewise.
    pub wish: Wish,
}

/// Plans a new store at a release of the catalog, on a site whose folder need not exist. `options` say how the repositories of a root
/// are read.
pub fn plan<E: From<PlanError>>(
    aimed: Aimed,
    release: &Release,
    wanted: NewStore,
    mut wish: Wish,
    catalog: &ReleaseCatalog,
    site: &Site,
    options: impl FnOnce(&Value) -> Result<Options, E>,
) -> Result<Made, E> {
    let Aimed {
        library,
        plain,
        profile,
        target,
    } = &aimed;
    let distribution = target.distribution();
    let full = Target::full(distribution);
    let mut draft = Draft::new(*target, release, wanted.name.as_deref());
    draft
        .findings
        .extend(newer_release(catalog, *target, release));
    draft.environment = wanted.environment.flatten();
    draft.require(profile.require.clone());
    for url in &wanted.repositories {
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
        has_repositories(&selection, &wanted.repositories)?;
        draft.select(selection, library);
    }
    let mut plan = assemble(draft, library, site, &source, &wish)?;
    if !is_plain {
        let whole = core_packages(full, release, library, &source);
        plan.findings
            .extend(whole.and_then(|whole| against_full(&plan, whole)));
    }
    plan.findings.sort_by_key(|finding| finding.severity());
    wish.packages.profile = Some(profile.name.clone());
    let store = NewStore {
        distribution: Some(distribution),
        release: Some(release.version.clone()),
        ..wanted
    };
    Ok(Made { plan, store, wish })
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
    wish: &Wish,
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
        schema: SCHEMA,
        source: side.clone(),
        target: side,
        edits: vec![Edit::new(ROOT, None, Some(&text))],
        changes: Vec::new(),
        findings: Vec::new(),
        steps: Vec::new(),
        applied: false,
        background: crate::plan::background::Background::default(),
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
            findings.extend(verification(&lock.text, source, &root, &options)?);
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

/// How many core packages a product has in a release, with those that its template requires for development; none when the
/// repositories do not have it. Core packages require each other at exact versions, so this takes no resolution.
fn core_packages(
    product: Target,
    release: &Release,
    library: &Library,
    source: &RepositorySet,
) -> Option<usize> {
    let root = Draft::new(product, release, None).root;
    let requires = ["require", "require-dev"]
        .iter()
        .filter_map(|section| root.get(*section)?.as_object())
        .flatten()
        .filter_map(|(name, constraint)| Some((name.as_str(), constraint.as_str()?)));
    let offer = Offer::follow(library, source, &[], requires);
    // Extensions that ship with a distribution may name a package as another distribution does.
    let is_core = |name: &&str| is_core_of(product.distribution(), name);
    offer
        .is_found(&product.facts().product)
        .then(|| offer.names().filter(is_core).count())
}

/// Says how many packages a plan has, and how many of them are core against the number in the full edition; nothing when
/// there is no difference.
fn against_full(plan: &Plan, whole: usize) -> Option<Finding> {
    let core = plan.changes.iter().filter(|change| change.core).count();
    (core > 0 && core != whole).then(|| {
        note(
            Code::PackageCount,
            format!(
                "{}; the full edition has {whole}",
                sentence::count(core, "core package")
            ),
            &format!(
                "{} with those of others. Packages for development are counted, too.",
                sentence::count(plan.changes.len(), "package")
            ),
        )
    })
}

/// What the machine says of its PHP, where nothing else tells which one to plan for.
pub(crate) fn this_machine(overrides: &IndexMap<String, Value>) -> Option<Platform> {
    Platform::of_this_machine(overrides, None)
}

/// Finds the packages for the PHP that is asked for; none when the release does not run on it, which the finding says. Where
/// the PHP is a guess, it is the oldest PHP of the release that has a solution: a development tool may have given up the very
/// oldest one already.
fn resolve(
    source: &RepositorySet,
    root: &RootPackage,
    target: Target,
    release: &Release,
    wish: &Wish,
) -> (
    UpdateOptions,
    Option<Finding>,
    Option<Result<Update, UpdateError>>,
) {
    let attempt = |wish: &Wish| {
        let PlannedPlatform {
            platform,
            filter,
            finding,
            is_guess,
            mismatch,
        } = choose(wish, root, target, release, &[], &this_machine);
        let options = UpdateOptions {
            platform: platform.packages,
            filter,
            ..UpdateOptions::default()
        };
        if mismatch.is_some() {
            return (false, (options, mismatch, None));
        }
        let result = update(source, root, None, &options);
        (is_guess, (options, finding, Some(result)))
    };
    let (is_guess, first) = attempt(wish);
    let has_solution = |result: &Option<Result<Update, UpdateError>>| matches!(result, Some(Ok(_)));
    if has_solution(&first.2) || !is_guess {
        return first;
    }
    for php in release.php_series().into_iter().skip(1) {
        let (_, (options, _, result)) = attempt(&Wish {
            php: Some(php.clone()),
            ..wish.clone()
        });
        if has_solution(&result) {
            return (options, Some(guessed(&php)), result);
        }
    }
    first
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_written_as_create_project_leaves_it() {
        let release = Release::unknown("3.2.0");
        let draft = Draft::new(Target::MageOsMinimal, &release, Some("acme/shop"));
        let text = draft.text();
        assert!(
            text.starts_with("{\n    \"name\": \"acme/shop\",\n    \"description\": "),
            "{text}"
        );
        assert!(text.contains("    \"require\": {\n        \"mage-os/product-minimal-edition\": \"3.2.0\"\n    },\n"), "{text}");
        assert!(text.ends_with("}\n") && draft.findings.is_empty());
    }
}
