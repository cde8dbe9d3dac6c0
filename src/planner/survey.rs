//! What a store is, and what is on offer for it, before anything is planned.

use super::composer_files::agreement::disagreement;
use super::composer_files::merge_plugin::Included;
use super::composer_files::own_builds;
use super::composer_files::own_builds::OwnBuild;
use super::composer_files::whole_root;
use crate::distribution::{
    Detected, Direction, LiveFacts, LivePackage, LiveRelease, Release, ReleaseCatalog, Standing,
    Target, detect, is_core, rebuild_of,
};
use crate::plan::Side;
use crate::planner::error::PlanError;
use crate::project::Project;
use composer_engine::format::lock::Lock;
use composer_engine::format::package::loader::LoadError;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::wants_dev;
use composer_engine::repository::{Loaded, Options, PackageSource, RepositoryError, RepositorySet};
use composer_engine::resolve::lock::text::locked_packages;
use composer_engine::resolve::update::LockedPackages;
use serde_json::{Map, Value, json};
use std::sync::{Arc, OnceLock};

/// A store and the releases it could go to.
pub struct Survey<'a> {
    /// The files, as they were read.
    pub project: &'a Project,
    /// How repositories are read.
    pub options: &'a Options,
    /// What the store is.
    pub source: Detected,
    /// The releases that are known: those that the program has, and what repositories add once they are asked.
    pub catalog: ReleaseCatalog,
    /// The files that composer-merge-plugin adds to the root.
    pub included: Included,
    // What is found out about the store is found out once, whichever target it is looked at for.
    own_builds: Arc<OnceLock<Vec<OwnBuild>>>,
    locked: Arc<OnceLock<Result<Option<LockedPackages>, LoadError>>>,
}

impl<'a> Survey<'a> {
    /// Finds out what the store is. No repository is asked yet.
    pub fn new(project: &'a Project, options: &'a Options) -> Result<Self, PlanError> {
        let catalog = ReleaseCatalog::bundled();
        let source = detect(
            project.lock().map(|lock| lock.value()),
            project.root.value(),
            &catalog,
        )?;
        Ok(Survey {
            project,
            options,
            source,
            catalog,
            included: Included::read(
                &*project.store,
                &project.files.root,
                project.root.value(),
                project.lock().map(Lock::value),
            ),
            own_builds: Arc::default(),
            locked: Arc::default(),
        })
    }

    /// The same store, to be looked at for another target: what is known of the store stays known, and the catalog is as it was
    /// before a target's repositories were asked.
    pub fn for_another(&self) -> Self {
        Survey {
            catalog: ReleaseCatalog::bundled(),
            source: self.source.clone(),
            included: self.included.clone(),
            own_builds: self.own_builds.clone(),
            locked: self.locked.clone(),
            ..*self
        }
    }

    /// The core packages of the store that its distribution did not build. The first call may ask repositories about
    /// packages that come from elsewhere.
    pub fn own_builds(&self) -> &[OwnBuild] {
        self.own_builds
            .get_or_init(|| own_builds::find(self.project, self.options, &self.source))
    }

    /// The root with what composer-merge-plugin adds to it.
    pub fn whole_root(&self) -> Value {
        whole_root::document(self.project.root.value(), &self.included.additions())
    }

    /// The packages of the store's lock, as the resolver takes them; none without a lock.
    pub fn locked(&self) -> Result<Option<&LockedPackages>, LoadError> {
        let locked = self
            .locked
            .get_or_init(|| self.project.lock().map(locked_packages).transpose());
        locked.as_ref().map(Option::as_ref).map_err(Clone::clone)
    }

    /// Fails when composer.json and composer.lock speak of different releases.
    pub fn agree(&self) -> Result<(), PlanError> {
        let root = RootPackage::load(self.project.root.value())?;
        match disagreement(&root, self.locked()?) {
            Some(disagreement) => Err(disagreement.into()),
            None => Ok(()),
        }
    }

    /// From what the store is to a target.
    pub fn direction(&self, target: Target) -> Direction {
        Direction::new(self.source.target, target)
    }

    /// The store as a side of a plan.
    pub fn side(&self) -> Side {
        Side {
            distribution: self.source.distribution().id().to_string(),
            edition: self.source.edition().id().to_string(),
            release: self.source.release.clone(),
            upstream: self.source.upstream.clone(),
        }
    }

    /// The repositories that a target's core comes from: the store's own first while the distribution stays the same, since it
    /// may use a mirror; else the distribution's, which the store need not have yet.
    pub fn repositories(&self, target: Target) -> Result<RepositorySet, PlanError> {
        let facts = target.facts();
        let default = json!({"type": "composer", "url": facts.repository});
        let root = self.project.root.value();
        let own: Vec<Value> = match root.get("repositories") {
            Some(Value::Array(list)) => list.clone(),
            Some(Value::Object(object)) => object.values().cloned().collect(),
            _ => Vec::new(),
        };
        let mut repositories: Vec<Value> = own
            .into_iter()
            .filter(Value::is_object)
            .filter(|entry| entry.get("type").is_some())
            .collect();
        if self.direction(target).stays_in_distribution() {
            repositories.push(default);
        } else {
            repositories.insert(0, default);
        }
        repositories.push(json!({"packagist.org": false}));
        let mut synthetic = Map::new();
        synthetic.insert("repositories".to_string(), repositories.into());
        synthetic.extend(
            root.get("config")
                .map(|config| ("config".to_string(), config.clone())),
        );
        Ok(self
            .project
            .repositories_before_own(&Value::Object(synthetic), self.options)
            .map_err(Arc::new)?)
    }

    /// Has the target's core loaded in the background, as far as the lock lets it be guessed: all of it is going to be asked for.
    pub fn expect_core(&self, source: &RepositorySet, target: Target) {
        let Ok(root) = RootPackage::load(self.project.root.value()) else {
            return;
        };
        let (direction, live) = (self.direction(target), LiveFacts::default());
        let locked = self.project.lock().map(Lock::value);
        let lists = locked.iter().flat_map(|lock| {
            let lists = ["packages", "packages-dev"].iter();
            lists.filter_map(|list| lock.get(list)?.as_array())
        });
        let names = lists
            .flatten()
            .filter_map(|package| package.get("name")?.as_str())
            .filter(|name| is_core(name))
            .filter_map(|name| {
                let renamed = direction.renamed(name, None, &live);
                // What another vendor has no counterpart of goes.
                let own = || (!direction.renames()).then(|| Arc::from(name));
                renamed.map(Arc::from).or_else(own)
            });
        source.prefetch_as(&names.collect::<Vec<_>>(), &wants_dev(&root));
    }

    /// Takes over into the catalog what the repositories have of a target's product.
    pub fn refresh(&mut self, source: &dyn PackageSource, target: Target) {
        refresh(&mut self.catalog, source, target);
    }

    /// What the repositories say about some packages, for the merge of the roots. Magento's names are on Packagist, too:
    /// what the target's repositories do not have is looked up in all of the store's.
    pub fn live_facts(&self, source: &dyn PackageSource, names: &[String]) -> LiveFacts {
        let mut facts = LiveFacts::default();
        let names: Vec<Arc<str>> = names.iter().map(|name| name.as_str().into()).collect();
        source.prefetch(&names);
        let mut all: Option<Option<RepositorySet>> = None;
        for name in &names {
            let mut found = versions(source, name);
            let mut absent = found.is_empty() && is_known_absent(source, name);
            if absent && rebuild_of(name).is_none() {
                let all = all.get_or_insert_with(|| {
                    let root = self.project.root.value();
                    self.project.repositories(root, self.options).ok()
                });
                if let Some(all) = all {
                    found = versions(all, name);
                    absent = found.is_empty() && is_known_absent(all, name);
                }
            }
            if !found.is_empty() || absent {
                facts.insert(
                    name,
                    found
                        .iter()
                        .map(|package| LivePackage::from(&**package))
                        .collect(),
                );
            }
        }
        facts
    }

    /// The side of a plan that a release of a target is.
    pub fn target_side(&self, target: Target, release: &Release) -> Side {
        Side {
            distribution: target.distribution().id().to_string(),
            edition: target.edition().id().to_string(),
            release: Some(release.version.clone()),
            upstream: release.upstream.clone(),
        }
    }

    /// Where the store stands, for the choice of a release; none when its Magento version cannot be told.
    pub fn standing(&self) -> Option<Standing<'_>> {
        Some(Standing {
            target: self.source.target,
            release: self.source.release.as_deref(),
            upstream: self.source.upstream.as_deref()?,
        })
    }

    /// Whether a store is at a release of a target already, so that nothing but its selection of packages can change.
    pub fn is_at(&self, target: Target, release: &Release) -> bool {
        self.direction(target).stays_in_target()
            && self.source.release.as_deref() == Some(&release.version)
    }

    /// The release that a store is at, offered or not.
    pub fn own_release(&self, store: Standing<'_>) -> Release {
        let version = store.release.unwrap_or(store.upstream);
        let known = self.catalog.facts(store.target, version).cloned();
        known.unwrap_or_else(|| Release {
            upstream: Some(store.upstream.to_owned()),
            ..Release::unknown(version)
        })
    }

    /// Whether the way to a target ends at a Magento older than the store's.
    pub fn is_downgrade(&self, release: &Release) -> bool {
        match (&self.source.upstream, &release.upstream) {
            (Some(from), Some(to)) => crate::distribution::compare_versions(to, from).is_lt(),
            _ => false,
        }
    }
}

/// Takes over into a catalog what the repositories have of a target's product.
pub fn refresh(catalog: &mut ReleaseCatalog, source: &dyn PackageSource, target: Target) {
    // The cloud metapackage has numbers of its own; its releases are those of the product it requires.
    let product = &target.numbered().facts().product;
    let releases: Vec<LiveRelease> = versions(source, product)
        .iter()
        .map(|package| LiveRelease {
            version: package.pretty_version.to_string(),
            upstream: package
                .metadata
                .get("extra")
                .and_then(|extra| extra.get("magento_version")?.as_str().map(str::to_string)),
            php: package
                .requires
                .iter()
                .find(|link| &*link.target == "php")
                .map(|link| link.pretty_constraint.to_string()),
        })
        .collect();
    catalog.refresh(product, &releases);
}

/// The bundled releases of a target, refreshed from its [repository](Target::repository_root) where that answers; and the
/// failure where it does not.
pub fn live_catalog(
    target: Target,
    source: &RepositorySet,
) -> (ReleaseCatalog, Option<Arc<RepositoryError>>) {
    let mut catalog = ReleaseCatalog::bundled();
    refresh(&mut catalog, source, target);
    if catalog.is_live(target) {
        return (catalog, None);
    }
    let product: Arc<str> = target.facts().product.as_str().into();
    let failure = source
        .load(0, &[product])
        .into_iter()
        .find_map(|loaded| match loaded {
            Loaded::Unavailable(error) => Some(error),
            Loaded::Versions(_) | Loaded::Absent => None,
        });
    (catalog, failure)
}

/// The versions of a name in the first repository that has any.
fn versions(
    source: &dyn PackageSource,
    name: &str,
) -> Vec<Arc<composer_engine::format::package::Package>> {
    let names = [Arc::from(name)];
    for (index, info) in source.repositories().iter().enumerate() {
        if !info.allows(name) {
            continue;
        }
        if let Some(Loaded::Versions(versions)) = source.load(index, &names).into_iter().next()
            && !versions.records.is_empty()
        {
            return versions
                .records
                .iter()
                .map(|record| record.package().clone())
                .collect();
        }
    }
    Vec::new()
}

/// Whether every repository was asked and none has the name.
fn is_known_absent(source: &dyn PackageSource, name: &str) -> bool {
    let names = [Arc::from(name)];
    (0..source.repositories().len()).all(|index| {
        !matches!(
            source.load(index, &names).first(),
            Some(Loaded::Unavailable(_))
        )
    })
}
