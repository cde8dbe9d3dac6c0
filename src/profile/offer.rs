//! What a release brings: the packages that a product leads to.

use super::Library;
use crate::distribution::is_core;
use composer_engine::format::constraint::Constraint;
use composer_engine::format::package::Package;
use composer_engine::format::version::compare;
use composer_engine::format::version::stability::Stability;
use composer_engine::repository::{Loaded, PackageSource};
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How a suggestion begins that is meant for `sampledata:deploy`.
const SAMPLE_DATA: &str = "Sample Data version:";

/// The core packages that some requirements lead to, and what these require; likewise those that feature sets name, which
/// distributions ship without building them. Core packages require each other at exact versions, so this is what a resolution
/// would have of them; other packages are known by name only.
#[derive(Debug, Clone, Default)]
pub struct Offer {
    /// What is required to begin with.
    roots: Vec<Arc<str>>,
    packages: BTreeMap<Arc<str>, Option<Arc<Package>>>,
    /// By each name that one of them replaces, or that what is required to begin with replaces, the one that does.
    replacers: BTreeMap<Arc<str>, Arc<Package>>,
    constraints: BTreeMap<Arc<str>, Arc<str>>,
}

impl Offer {
    /// Follows requirements, given as names and constraints, through what the store has locked and the repositories.
    pub fn follow<'a>(
        library: &Library,
        source: &dyn PackageSource,
        locked: &[Arc<Package>],
        requirements: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Self {
        let named: FxHashSet<&str> = library
            .sets
            .iter()
            .flat_map(|set| &set.packages)
            .map(String::as_str)
            .collect();
        let locked: FxHashMap<&str, &Arc<Package>> = locked
            .iter()
            .map(|package| (&*package.name, package))
            .collect();
        let is_known = |name: &str| is_core(name) || named.contains(name);
        let mut offer = Offer::default();
        // What metapackages pin goes before what modules allow, which may be a whole line of versions.
        let mut open: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        let mut later: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        for (name, constraint) in requirements {
            open.push((name.to_lowercase().into(), constraint.into()));
        }
        offer.roots = open.iter().map(|(name, _)| name.clone()).collect();
        let roots: FxHashSet<Arc<str>> = offer.roots.iter().cloned().collect();
        // Of what is neither known nor locked it counts what it replaces.
        let is_looked_up =
            |name: &str| is_known(name) || roots.contains(name) && name.contains('/');
        loop {
            if open.is_empty() {
                std::mem::swap(&mut open, &mut later);
            }
            if open.is_empty() {
                break;
            }
            // A whole layer at a time, so that a server is asked for many names at once.
            let layer: Vec<(Arc<str>, Arc<str>)> = std::mem::take(&mut open);
            let names: Vec<Arc<str>> = layer
                .iter()
                .map(|(name, _)| name.clone())
                .filter(|name| is_looked_up(name) && !locked.contains_key(&**name))
                .collect();
            source.prefetch(&names);
            for (name, constraint) in layer {
                offer
                    .constraints
                    .entry(name.clone())
                    .or_insert_with(|| constraint.clone());
                if offer.packages.contains_key(&name) {
                    continue;
                }
                let package = if is_known(&name) {
                    let locked = locked
                        .get(&*name)
                        .filter(|package| fits(package, &constraint));
                    locked
                        .map(|package| Arc::clone(package))
                        .or_else(|| newest(source, &name, &constraint, &[]))
                } else {
                    if is_looked_up(&name) && !locked.contains_key(&*name) {
                        let package = newest(source, &name, &constraint, &[]);
                        package
                            .iter()
                            .for_each(|package| offer.replaced_by(package));
                    }
                    None
                };
                if let Some(package) = &package {
                    offer.replaced_by(package);
                    let links = package
                        .requires
                        .iter()
                        .filter(|link| link.target.contains('/'));
                    let queue = if &*package.kind == "metapackage" {
                        &mut open
                    } else {
                        &mut later
                    };
                    queue.extend(
                        links.map(|link| (link.target.clone(), link.pretty_constraint.clone())),
                    );
                }
                offer.packages.insert(name, package);
            }
        }
        offer
    }

    fn replaced_by(&mut self, package: &Arc<Package>) {
        for link in package
            .replaces
            .iter()
            .filter(|link| link.target != package.name)
        {
            let first = self.replacers.entry(link.target.clone());
            first.or_insert_with(|| package.clone());
        }
    }

    /// The package that replaces a name, if one of what is required to begin with or of the core does. Packages of the store's
    /// lock that are no core are not among them.
    pub fn replacer(&self, name: &str) -> Option<&Package> {
        self.replacers.get(name).map(|package| &**package)
    }

    /// Whether the package is there.
    pub fn has(&self, name: &str) -> bool {
        self.packages.contains_key(name)
    }

    /// Whether the package is there, and a repository has it.
    pub fn is_found(&self, name: &str) -> bool {
        self.packages.get(name).is_some_and(Option::is_some)
    }

    /// The packages that are there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.packages.keys().map(|name| &**name)
    }

    /// The newest version of a package that goes with what conflicts with some of its versions; none when nothing does. What
    /// requires it may have to be an older version, too, and is not looked at.
    pub fn without_conflict(&self, source: &dyn PackageSource, name: &str) -> Option<Arc<str>> {
        let packages = self.packages.values().flatten();
        let links = packages.flat_map(|package| &package.conflicts);
        let conflicts: Vec<&Constraint> = links
            .filter(|link| &*link.target == name)
            .map(|link| &*link.constraint)
            .collect();
        if conflicts.is_empty() {
            return None;
        }
        let package = newest(source, &name.into(), "*", &conflicts)?;
        Some(package.pretty_version.clone())
    }

    /// The core packages with code that are still there without `names` and require one of them, with what they require of
    /// them.
    pub fn requirers(&self, names: &[String]) -> Vec<(String, Vec<String>)> {
        let named: FxHashSet<&str> = names.iter().map(String::as_str).collect();
        let named = |name: &str| named.contains(name);
        let mut there: BTreeMap<&str, &Arc<Package>> = BTreeMap::new();
        let mut open: Vec<&Arc<str>> = self.roots.iter().collect();
        while let Some(name) = open.pop() {
            let package = self.packages.get(name).and_then(Option::as_ref);
            let Some(package) = package.filter(|_| !named(name)) else {
                continue;
            };
            if there.insert(name, package).is_none() {
                open.extend(package.requires.iter().map(|link| &link.target));
            }
        }
        let packages = there
            .into_values()
            .filter(|package| &*package.kind != "metapackage");
        let requirers = packages.filter_map(|package| {
            let missed = package
                .requires
                .iter()
                .filter(|link| named(&link.target))
                .map(|link| link.target.to_string());
            let missed: Vec<String> = missed.collect();
            (!missed.is_empty()).then(|| (package.name.to_string(), missed))
        });
        requirers.collect()
    }

    /// The sample data that packages suggest, unless `is_out` has them, by name and constraint: what
    /// `bin/magento sampledata:deploy` requires (Magento's `SampleData\Model\Dependency`).
    pub fn sample_data(&self, is_out: impl Fn(&str) -> bool) -> Vec<(String, String)> {
        let packages = self.packages.values().flatten();
        let suggestions = packages
            .filter(|package| !is_out(&package.name))
            .filter_map(|package| package.metadata.get("suggest"));
        let mut sample_data: BTreeMap<String, String> = BTreeMap::new();
        for suggestion in suggestions {
            for (name, text) in suggestion.as_object().into_iter().flatten() {
                let version = text
                    .as_str()
                    .and_then(|text| text.strip_prefix(SAMPLE_DATA));
                sample_data
                    .extend(version.map(|version| (name.clone(), version.trim().to_owned())));
            }
        }
        sample_data.into_iter().collect()
    }

    /// The constraint under which the package is first required, the product's own before any other.
    pub fn constraint(&self, name: &str) -> Option<&Arc<str>> {
        self.constraints.get(name)
    }
}

fn fits(package: &Package, constraint: &str) -> bool {
    Constraint::parse(constraint)
        .is_ok_and(|constraint| constraint.matches_version(&package.version))
}

/// The newest version that fits and that nothing conflicts with: stable ones before others, as nobody requires a branch of the
/// core.
fn newest(
    source: &dyn PackageSource,
    name: &Arc<str>,
    constraint: &str,
    conflicts: &[&Constraint],
) -> Option<Arc<Package>> {
    let constraint = Constraint::parse(constraint).ok()?;
    let names = [name.clone()];
    for (index, info) in source
        .repositories()
        .iter()
        .enumerate()
        .filter(|(_, info)| info.allows(name))
    {
        if let Some(Loaded::Versions(versions)) = source.load(index, &names).into_iter().next() {
            let fitting = versions
                .records
                .iter()
                .filter(|record| constraint.matches_version(record.version()))
                .filter(|record| {
                    let mut conflicts = conflicts.iter();
                    conflicts.all(|conflict| !conflict.matches_version(record.version()))
                });
            let best = fitting.max_by(|a, b| {
                let is_stable = |stability: Stability| stability == Stability::Stable;
                is_stable(a.stability())
                    .cmp(&is_stable(b.stability()))
                    .then_with(|| compare(a.version(), b.version()))
            });
            if let Some(best) = best {
                return Some(best.package().clone());
            }
            if info.canonical && !versions.records.is_empty() {
                return None;
            }
        }
    }
    None
}
