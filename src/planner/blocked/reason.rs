//! Why a requirement of composer.json does not go with a target, found in the explanation and in the metadata behind it.

use crate::distribution::{LiveFacts, is_core, name_in};
use crate::plan::sentence::and;
use crate::planner::blocked::impasse::{Impasse, listed};
use crate::planner::blocked::remedies::{Diagnosis, Obstacle};
use crate::planner::lock::offered::{find_version, versions_of};
use composer_engine::format::constraint::Constraint;
use composer_engine::format::package::Package;
use composer_engine::format::package::platform::is_platform_package;
use composer_engine::format::version::compare;
use composer_engine::format::version::stability::Stability;
use composer_engine::repository::PackageSource;
use composer_engine::resolve::explain::problem::{Explanation, Involved, Relation};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// So far from an obstacle its metadata are followed.
const MAX_STEPS: usize = 3;

/// More of Composer's sentences than these are no summary.
const MAX_QUOTED: usize = 3;

/// What a version demands of others.
type Demands = BTreeMap<Relation, BTreeSet<String>>;

/// A package of a solution under one of its names.
struct Offer<'a> {
    by: &'a str,
    pretty: &'a str,
    versions: Constraint,
}

/// A name with a constraint, by address, and how many steps further it is looked.
type Asked = (Arc<str>, *const Constraint, usize);

/// Why an obstacle is one: what its dependencies demand, and what the solution without it has instead.
pub(super) struct Reason<'a> {
    impasse: &'a Impasse<'a>,
    diagnosis: &'a Diagnosis,
    obstacle: &'a Obstacle,
    /// By name: the packages of the solution that have it, or stand in for it.
    offers: FxHashMap<&'a str, Vec<Offer<'a>>>,
    /// What was found out about versions already. Their links share constraints, so that the same is asked many times.
    known: RefCell<FxHashMap<Asked, Vec<Involved>>>,
}

impl<'a> Reason<'a> {
    /// Looks up under which names the solution's packages can be had. Nothing is asked of repositories yet.
    pub(super) fn new(
        impasse: &'a Impasse<'a>,
        diagnosis: &'a Diagnosis,
        obstacle: &'a Obstacle,
    ) -> Self {
        let mut offers: FxHashMap<&str, Vec<Offer<'_>>> = FxHashMap::default();
        for chosen in &diagnosis.solution {
            let package = &*chosen.package;
            offers.entry(&package.name).or_default().push(Offer {
                by: &package.name,
                pretty: &package.pretty_version,
                versions: Constraint::exactly(package.version.clone()),
            });
            for link in package.replaces.iter().chain(&package.provides) {
                let is_self = &*link.pretty_constraint == "self.version";
                offers.entry(&link.target).or_default().push(Offer {
                    by: &package.name,
                    pretty: match is_self {
                        true => &package.pretty_version,
                        false => &link.pretty_constraint,
                    },
                    versions: (*link.constraint).clone(),
                });
            }
        }
        Reason {
            impasse,
            diagnosis,
            obstacle,
            offers,
            known: RefCell::default(),
        }
    }

    fn involved(&self) -> impl Iterator<Item = (&'a str, &'a str, &'a Involved)> {
        let requirements = self.obstacle.explanation.requirements.iter();
        requirements.filter_map(|involved| {
            let (name, version) = involved.package.as_ref()?;
            Some((&**name, &**version, involved))
        })
    }

    /// The obstacle, and what it leads to by the requirements that take part.
    fn below(&self) -> FxHashSet<&'a str> {
        let mut below = FxHashSet::default();
        let mut queue = vec![self.obstacle.name.as_str()];
        while let Some(name) = queue.pop() {
            let is_new = below.insert(name);
            if !is_new || self.is_settled(name) || self.is_others_core(name) {
                continue;
            }
            let links = self
                .involved()
                .filter(|(by, ..)| by.eq_ignore_ascii_case(name));
            let targets = links
                .filter(|(.., involved)| involved.relation == Relation::Requires)
                .map(|(.., involved)| &*involved.target);
            queue.extend(targets);
        }
        below
    }

    /// Whether the solution without the obstacle has a package: it is not the obstacle's doing then.
    fn is_settled(&self, name: &str) -> bool {
        name != self.obstacle.name && !self.offered(name).is_empty()
    }

    /// Whether a package is of the core, and how it hangs together with the rest of that is nothing that the obstacle does.
    fn is_others_core(&self, name: &str) -> bool {
        name != self.obstacle.name && is_core(name)
    }

    /// What the obstacle, or a package that only it needs, demands and the solution does not have.
    pub(super) fn contested(&self) -> Vec<&'a Involved> {
        let below = self.below();
        let has_demands = |name: &str| {
            self.involved()
                .any(|(by, ..)| by.eq_ignore_ascii_case(name))
        };
        self.involved()
            .filter(|(by, ..)| {
                below.contains(by) && !self.is_settled(by) && !self.is_others_core(by)
            })
            .filter(|(_, _, involved)| {
                let offered = self.offered(&involved.target);
                let constraint = Constraint::parse_cached(demanded(involved)).ok();
                let fits = constraint.is_some_and(|constraint| {
                    offered
                        .iter()
                        .any(|offer| constraint.matches(&offer.versions))
                });
                match involved.relation {
                    Relation::Conflicts => fits,
                    // What is not there, but could be, is contested by what it demands itself.
                    Relation::Requires if offered.is_empty() => {
                        !involved.satisfiable
                            || is_core(&involved.target)
                            || !has_demands(&involved.target)
                    }
                    Relation::Requires => !fits,
                }
            })
            .map(|(.., involved)| involved)
            .collect()
    }

    /// What every version of the obstacle leads to that the solution has otherwise, by the metadata: where it takes many steps
    /// to a contradiction, an explanation need not name the requirement that it begins with.
    pub(super) fn contested_by_metadata(&self, source: &dyn PackageSource) -> Vec<Involved> {
        let name: Arc<str> = self.obstacle.name.as_str().into();
        match Constraint::parse_cached(&self.obstacle.constraint) {
            Ok(constraint) => self.contested_by_all(source, &name, &constraint, MAX_STEPS),
            Err(_) => Vec::new(),
        }
    }

    /// What the newest version of a package demands and the solution does not have; nothing when any of them goes with it.
    fn contested_by_all(
        &self,
        source: &dyn PackageSource,
        name: &Arc<str>,
        constraint: &Constraint,
        steps: usize,
    ) -> Vec<Involved> {
        let asked: Asked = (name.clone(), std::ptr::from_ref(constraint), steps);
        if let Some(known) = self.known.borrow().get(&asked) {
            return known.clone();
        }
        let contested = self.look_at_all(source, name, constraint, steps);
        self.known.borrow_mut().insert(asked, contested.clone());
        contested
    }

    fn look_at_all(
        &self,
        source: &dyn PackageSource,
        name: &Arc<str>,
        constraint: &Constraint,
        steps: usize,
    ) -> Vec<Involved> {
        let locked = self.diagnosis.locked.get(name).cloned();
        let mut of_newest: Option<(Arc<Package>, Vec<Involved>)> = None;
        for package in versions_of(source, name).chain(locked) {
            if !constraint.matches_version(&package.version) {
                continue;
            }
            let contested = self.contested_by(source, &package, steps);
            if contested.is_empty() {
                return contested;
            }
            let is_stable = |package: &Package| package.version.stability() == Stability::Stable;
            let is_newer = |(newest, _): &(Arc<Package>, _)| {
                let by_stability = is_stable(&package).cmp(&is_stable(newest));
                by_stability
                    .then_with(|| compare(&package.version, &newest.version))
                    .is_gt()
            };
            if of_newest.as_ref().is_none_or(is_newer) {
                of_newest = Some((package, contested));
            }
        }
        of_newest.map_or_else(Vec::new, |(_, contested)| contested)
    }

    fn contested_by(
        &self,
        source: &dyn PackageSource,
        package: &Package,
        steps: usize,
    ) -> Vec<Involved> {
        let mut contested = Vec::new();
        for link in &package.requires {
            let offered = self.offered(&link.target);
            if offered.is_empty() && steps > 0 && !is_platform_package(&link.target) {
                let below =
                    self.contested_by_all(source, &link.target, &link.constraint, steps - 1);
                contested.extend(below);
                continue;
            }
            let fits = |offer: &Offer<'_>| link.constraint.matches(&offer.versions);
            if !offered.is_empty() && !offered.iter().any(fits) {
                contested.push(Involved {
                    package: Some((package.pretty_name.clone(), package.pretty_version.clone())),
                    relation: Relation::Requires,
                    target: link.target.clone(),
                    constraint: link.pretty_constraint.clone(),
                    satisfiable: true,
                });
            }
        }
        contested
    }

    /// What other packages say about the obstacle.
    pub(super) fn others_demands(&self) -> BTreeSet<String> {
        let below = self.below();
        self.involved()
            .filter(|(by, _, involved)| {
                !below.contains(by) && *involved.target == *self.obstacle.name
            })
            .map(|(by, version, involved)| {
                let verb = verb(involved.relation, true);
                format!(
                    "{by} {version} {verb} {} {}",
                    involved.target,
                    demanded(involved)
                )
            })
            .collect()
    }

    /// `It requires a/b ^1.`, or version by version, or of a package that it needs.
    pub(super) fn demands(&self, contested: &[&Involved]) -> Vec<String> {
        let mut by_package: BTreeMap<&str, BTreeMap<&str, Demands>> = BTreeMap::new();
        for involved in contested {
            let Some((name, version)) = &involved.package else {
                continue;
            };
            let demand = format!("{} {}", involved.target, demanded(involved));
            let versions = by_package.entry(name).or_default();
            let demands = versions.entry(version).or_default();
            demands.entry(involved.relation).or_default().insert(demand);
        }
        let sentence = |(name, versions): (&str, BTreeMap<&str, Demands>)| {
            let is_own = name.eq_ignore_ascii_case(&self.obstacle.name);
            let mut alike: BTreeMap<Demands, Vec<&str>> = BTreeMap::new();
            for (version, demands) in versions {
                alike.entry(demands).or_default().push(version);
            }
            let only_one = alike.len() == 1;
            let parts: BTreeSet<String> = alike
                .into_iter()
                .map(|(demands, versions)| {
                    let who = match (is_own, only_one) {
                        (true, true) => "It".to_string(),
                        (true, false) => and(&versions),
                        (false, _) => format!("{name} {}", and(&versions)),
                    };
                    let is_one = only_one && is_own || versions.len() == 1;
                    let demands: Vec<String> = demands
                        .iter()
                        .map(|(relation, what)| {
                            let what: Vec<&String> = what.iter().collect();
                            format!("{} {}", verb(*relation, is_one), and(&what))
                        })
                        .collect();
                    format!("{who} {}", and(&demands))
                })
                .collect();
            let needed = match is_own {
                true => "",
                false => "It needs what does not go with the target: ",
            };
            format!("{needed}{}.", listed(&parts, "; "))
        };
        by_package.into_iter().map(sentence).collect()
    }

    /// What the target has of that.
    pub(super) fn what_there_is(
        &self,
        contested: &[&Involved],
        source: &dyn PackageSource,
    ) -> Vec<String> {
        let targets: BTreeSet<&Arc<str>> = contested
            .iter()
            .map(|involved| &involved.target)
            .filter(|target| !is_platform_package(target))
            .collect();
        let target = format!("{} {}", self.impasse.target.name(), self.impasse.release);
        let (present, absent): (Vec<&Arc<str>>, Vec<&Arc<str>>) = targets
            .into_iter()
            .partition(|name| !self.offered(name).is_empty());
        let mut sentences = Vec::new();
        if !present.is_empty() {
            let present: BTreeSet<String> = present
                .iter()
                .flat_map(|name| {
                    let offers = self.offered(name).iter();
                    offers.map(move |offer| match *offer.by == ***name {
                        true => format!("{name} {}", offer.pretty),
                        false => format!("{name} {} in {}", offer.pretty, offer.by),
                    })
                })
                .collect();
            sentences.push(format!("{target} has {}.", listed(&present, ", ")));
        }
        if !absent.is_empty() {
            let names: BTreeSet<String> = absent.iter().map(|name| name.to_string()).collect();
            sentences.push(format!("{target} does not have {}.", listed(&names, ", ")));
            let target = self.impasse.target;
            if target.is_minimal()
                && absent
                    .iter()
                    .all(|name| self.is_in_full_edition(name, source))
            {
                let full = target.full_edition().word();
                sentences.push(format!("The full edition has it: --to {full}."));
            }
        }
        sentences
    }

    fn is_in_full_edition(&self, name: &str, source: &dyn PackageSource) -> bool {
        let target = self.impasse.target;
        let product: Arc<str> = target.full_edition().facts().product.as_str().into();
        let full = find_version(source, &product, self.impasse.release);
        let release = Some(self.impasse.release);
        let live = LiveFacts::default();
        let renamed = name_in(target.distribution(), name, release, &live);
        is_core(name)
            && full.is_some_and(|product| {
                let mut links = product.requires.iter();
                links.any(|link| Some(&*link.target) == renamed.as_deref())
            })
    }

    /// The packages of the solution that have a name, or stand in for it.
    fn offered(&self, name: &str) -> &[Offer<'a>] {
        self.offers.get(name).map_or(&[], Vec::as_slice)
    }

    /// The first words of Composer's, where nothing shorter says it.
    pub(super) fn quoted(&self) -> String {
        let name = std::slice::from_ref(&self.obstacle.name);
        quoted(&self.obstacle.explanation, name)
    }
}

/// The first of Composer's sentences that name any of these packages.
pub(super) fn quoted(explanation: &Explanation, names: &[String]) -> String {
    let lines = explanation.text.lines();
    let sentences: Vec<&str> = lines
        .filter_map(|line| line.trim_start().strip_prefix("- "))
        .filter(|line| names.iter().any(|name| line.contains(name.as_str())))
        .take(MAX_QUOTED)
        .collect();
    sentences.join(" ")
}

/// The constraint of a link, in numbers.
pub(super) fn demanded(involved: &Involved) -> &str {
    match (&*involved.constraint, &involved.package) {
        ("self.version", Some((_, version))) => version,
        (constraint, _) => constraint,
    }
}

fn verb(relation: Relation, one: bool) -> &'static str {
    match (relation, one) {
        (Relation::Requires, true) => "requires",
        (Relation::Requires, false) => "require",
        (Relation::Conflicts, true) => "conflicts with",
        (Relation::Conflicts, false) => "conflict with",
    }
}
