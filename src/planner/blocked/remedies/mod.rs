//! Ways round a block that lies in the habits of a root and not in what the store needs.
//!
//! Three such habits occur in real stores: a repository that is asked first has another vendor's package in versions that do
//! not fit, and so hides those of the vendor's own; an extension needs a module that the target has, but that its product does
//! not bring along (Composer never installs a replacement that nobody names); a tool for development is pinned to versions
//! that do not go with the target. When the most lenient root of this kind has a solution, the mildest change to
//! composer.json that has one is made, and every change is a finding. Where even that has none, [`diagnose`] finds out which
//! requirements stand in the way, and what their owner can do about each.

mod diagnosis;
mod findings;
mod lines;
mod relaxation;
mod search;
mod trials;

pub(crate) use diagnosis::{Diagnosis, Obstacle, WayOut, diagnose};
pub(crate) use lines::{Line, LineInTheWay};

use crate::distribution::{LiveFacts, host_and_path, is_core, name_in};
use crate::plan::Finding;
use crate::planner::error::PlanError;
use crate::planner::lock::offered::find_version;
use crate::planner::lock::question::{Blocked, Question, Setting};
use composer_engine::format::json::document::JsonDocument;
use composer_engine::repository::{Loaded, PackageSource, RepositoryInfo, RepositoryKind};
use composer_engine::resolve::candidate::Origin;
use composer_engine::resolve::explain::problem::Relation;
use composer_engine::resolve::update::{Chosen, Update};
use relaxation::Relaxation;
use search::{ANY, Search};
use std::collections::{BTreeMap, BTreeSet};
use std::slice;
use std::sync::Arc;
use trials::Trials;

/// How many times modules are added before it is given up. Each time adds all that the contradictions name.
const MAX_ROUNDS: usize = 8;

/// A root that has a solution.
pub(crate) struct Remedied {
    /// The changed root.
    pub document: JsonDocument,
    /// The same, ready to be resolved.
    pub setting: Setting,
    /// Its solution.
    pub update: Update,
    /// What was changed, and why.
    pub findings: Vec<Finding>,
}

/// What came of looking for a change to a root.
pub(crate) enum Outcome {
    /// There is one.
    Remedied(Box<Remedied>),
    /// There is none: what is in the way is not the habits of the root.
    Hopeless {
        /// The root with all its habits given up.
        document: Box<JsonDocument>,
        /// Why that has no solution.
        blocked: Option<Box<Blocked>>,
    },
}

/// Finds the mildest change to a root without a solution that gives it one. `source` are the root's repositories.
pub(crate) fn remedy(
    question: &Question<'_>,
    document: &JsonDocument,
    source: &dyn PackageSource,
    blocked: &Blocked,
) -> Result<Outcome, PlanError> {
    let search = Search { question, document };
    let tools = search.tools()?;
    let most = Relaxation {
        any_order: true,
        without: tools.clone(),
        ..Relaxation::default()
    };
    let most = match search.with_modules(most, source, blocked)? {
        Ok(most) => most,
        Err((most, blocked)) => {
            return Ok(Outcome::Hopeless {
                document: Box::new(most.document(document, question.target)?),
                blocked: blocked.map(Box::new),
            });
        }
    };
    let (relaxation, solution) = match search.mildest(most, &tools)? {
        Ok(found) => found,
        Err((relaxation, blocked)) => {
            return Ok(Outcome::Hopeless {
                document: Box::new(relaxation.document(document, question.target)?),
                blocked: blocked.map(Box::new),
            });
        }
    };
    Ok(match search.carry_out(relaxation, &solution)? {
        Some(remedied) => Outcome::Remedied(Box::new(remedied)),
        None => Outcome::Hopeless {
            document: Box::new(document.clone()),
            blocked: None,
        },
    })
}

/// What was found, or the last relaxation that was tried and why it has no solution, where that is not why the root itself has
/// none.
type Tried<T> = Result<T, (Relaxation, Option<Blocked>)>;

/// Whether the contradiction of a root is one of a relaxed root, too: it is among packages that the relaxed one requires as
/// well, and that no second repository has, so that the order of repositories does not matter. What one has that cannot be asked
/// would not be known to the relaxed root, either.
fn stays(blocked: &Blocked, relaxation: &Relaxation, source: &dyn PackageSource) -> bool {
    let has = |(place, info): (usize, &RepositoryInfo), name: &Arc<str>| match info.kind {
        _ if !info.allows(name) => false,
        RepositoryKind::Lazy => {
            let answer = source.load(place, slice::from_ref(name)).pop();
            matches!(answer, Some(Loaded::Versions(_)))
        }
        RepositoryKind::Array => {
            let all = source.all(place).unwrap_or_default();
            all.iter().any(|package| package.name == *name)
        }
    };
    let is_had_once = |name: &Arc<str>| {
        let repositories = source.repositories().iter().enumerate();
        repositories.filter(|info| has(*info, name)).count() <= 1
    };
    let among = &blocked.among;
    !among.is_empty()
        && among
            .iter()
            .all(|name| !relaxation.without.contains(&**name))
        && among.iter().all(is_had_once)
}

impl Search<'_> {
    /// A relaxed root that has a solution, with modules of the target added as contradictions ask for them; else the last
    /// one that was tried, and why it has none.
    fn with_modules(
        &self,
        mut relaxation: Relaxation,
        source: &dyn PackageSource,
        blocked: &Blocked,
    ) -> Result<Tried<Relaxation>, PlanError> {
        let setting = self.relaxed(&relaxation)?;
        let is_changed = self.add_modules(&mut relaxation, blocked, &setting.source);
        if !is_changed && stays(blocked, &relaxation, source) {
            return Ok(Err((relaxation, None)));
        }
        let mut rounds = 1;
        loop {
            let setting = self.relaxed(&relaxation)?;
            let Err(blocked) = self.question.attempt(&setting)? else {
                return Ok(Ok(relaxation));
            };
            rounds += 1;
            if rounds > MAX_ROUNDS || !self.add_modules(&mut relaxation, &blocked, &setting.source)
            {
                return Ok(Err((relaxation, Some(blocked))));
            }
        }
    }

    /// Requires modules of a rebuild whose Magento names take part in a contradiction. False when there are none.
    fn add_modules(
        &self,
        relaxation: &mut Relaxation,
        blocked: &Blocked,
        source: &dyn PackageSource,
    ) -> bool {
        let Question {
            target, release, ..
        } = self.question;
        let distribution = target.distribution();
        if distribution.rebuilds().is_none() {
            return false;
        }
        let before = relaxation.modules.len();
        let root = self.document.value();
        let required = blocked.explanation.requirements.iter();
        let required = required.filter(|involved| involved.relation == Relation::Requires);
        for (involved, (name, version)) in
            required.filter_map(|involved| Some((involved, involved.package.as_ref()?)))
        {
            // An extension that needs one module that is missing mostly needs several: one contradiction names one.
            let mut targets = vec![involved.target.clone()];
            if !is_core(name)
                && is_core(&involved.target)
                && let Some(package) = find_version(source, name, version)
            {
                targets.extend(package.requires.iter().map(|link| link.target.clone()));
            }
            for target in targets {
                let live = LiveFacts::default();
                let module = name_in(distribution, &target, Some(&release.version), &live);
                let Some(module) = module.filter(|name| !relaxation.modules.contains_key(name))
                else {
                    continue;
                };
                let is_required = root
                    .get("require")
                    .and_then(|require| require.get(&module))
                    .is_some();
                let module_name: Arc<str> = module.as_str().into();
                if !is_required && find_version(source, &module_name, &release.version).is_some() {
                    relaxation.modules.insert(module, name.to_string());
                }
            }
        }
        relaxation.modules.len() > before
    }

    /// The mildest part of a relaxation that still has a solution; else why it has none after all.
    fn mildest(
        &self,
        most: Relaxation,
        tools: &BTreeSet<String>,
    ) -> Result<Tried<(Relaxation, Vec<Chosen>)>, PlanError> {
        let any = || tools.iter().map(|name| (name.clone(), ANY.to_owned()));
        let loose = |relaxation: &Relaxation| Relaxation {
            loose: any().collect(),
            without: BTreeSet::new(),
            ..relaxation.clone()
        };
        let pinned = |relaxation: &Relaxation| Relaxation {
            loose: BTreeMap::new(),
            without: BTreeSet::new(),
            ..relaxation.clone()
        };
        let ordered = |relaxation: &Relaxation| Relaxation {
            any_order: false,
            ..relaxation.clone()
        };
        let bare = |relaxation: &Relaxation| Relaxation {
            modules: Default::default(),
            ..relaxation.clone()
        };
        let mut relaxation = loose(&most);
        let trials = Trials::new(self, relaxation.clone(), tools.iter());
        if trials.has_solution(&relaxation)? {
            // Each of these gives up less, and is tried before what gives up more.
            let milder = [
                bare(&pinned(&most)),
                ordered(&pinned(&most)),
                bare(&ordered(&loose(&most))),
                pinned(&most),
                bare(&loose(&most)),
                ordered(&loose(&most)),
            ];
            for trial in milder {
                if trials.has_solution(&trial)? {
                    relaxation = trial;
                    break;
                }
            }
        } else {
            // Some tool has no version at all that goes with the target: the others stay, as they are if they can.
            relaxation = most;
            let tools: Vec<String> = tools.iter().cloned().collect();
            let moved = trials.give_back(&tools, &mut relaxation, &Relaxation::take_back)?;
            let with_any_version = |trial: &mut Relaxation, name: &str| {
                trial.without.remove(name);
                trial.loose.insert(name.to_owned(), ANY.to_owned());
            };
            trials.give_back(&moved, &mut relaxation, &with_any_version)?;
        }
        // Only those lose their constraints that must.
        let loose: Vec<String> = relaxation.loose.keys().cloned().collect();
        trials.give_back(&loose, &mut relaxation, &Relaxation::take_back)?;
        // Only those modules come that something needs.
        let modules: Vec<String> = relaxation.modules.keys().cloned().collect();
        let without_module = |trial: &mut Relaxation, name: &str| {
            trial.modules.remove(name);
        };
        trials.give_back(&modules, &mut relaxation, &without_module)?;
        Ok(match trials.solution(&relaxation)? {
            Ok(solution) => Ok((relaxation, solution)),
            Err(blocked) => Err((relaxation, Some(blocked))),
        })
    }

    /// Makes the changes that a relaxed root's solution asks for, and resolves with them.
    fn carry_out(
        &self,
        mut relaxation: Relaxation,
        solution: &[Chosen],
    ) -> Result<Option<Remedied>, PlanError> {
        let setting = self.relaxed(&relaxation)?;
        relaxation.forget_needless_modules(self.document, solution)?;
        relaxation.settle(self.document, solution)?;
        if relaxation.any_order {
            relaxation.any_order = false;
            relaxation.hidden = self.hidden(&setting, solution);
            let all: Vec<(String, String)> = relaxation.hidden.iter().cloned().collect();
            self.show_again(&all, &mut relaxation)?;
        }
        let document = relaxation.document(self.document, self.question.target)?;
        let setting = self.question.setting(document.value())?;
        let Ok(update) = self.question.resolve(&setting)? else {
            return Ok(None);
        };
        let findings = findings::of(&relaxation, &update, &setting.source);
        Ok(Some(Remedied {
            document,
            setting,
            update,
            findings,
        }))
    }

    /// Hides no more than a solution needs: takes back as many of these names as can be had from where they came from.
    fn show_again(
        &self,
        names: &[(String, String)],
        relaxation: &mut Relaxation,
    ) -> Result<(), PlanError> {
        if names.is_empty() {
            return Ok(());
        }
        let mut trial = relaxation.clone();
        trial.hidden.retain(|hidden| !names.contains(hidden));
        if self.question.has_solution(&self.relaxed(&trial)?)? {
            *relaxation = trial;
            return Ok(());
        }
        if names.len() > 1 {
            let (first, second) = names.split_at(names.len() / 2);
            self.show_again(first, relaxation)?;
            self.show_again(second, relaxation)?;
        }
        Ok(())
    }

    /// Whether a repository is where the target's own vendor publishes: what has that vendor's name is not taken from
    /// elsewhere.
    fn is_published_by(&self, url: &str, name: &str) -> bool {
        let facts = self.question.target.facts();
        let host = |url: &str| host_and_path(url).map(|(host, _)| host.to_owned());
        let vendor = self.question.target.distribution().vendor();
        host(url) == host(&facts.repository) && name.split('/').next() == Some(vendor)
    }

    /// The packages of a solution that repositories of higher priority hide, each with the address of such a repository.
    fn hidden(&self, setting: &Setting, solution: &[Chosen]) -> BTreeSet<(String, String)> {
        let source = &setting.source;
        let mut hidden = BTreeSet::new();
        for Chosen {
            package, origin, ..
        } in solution
        {
            let Origin::Repository(index) = *origin else {
                continue;
            };
            let before = source.repositories().iter().enumerate().take(index);
            let before = before.filter(|(_, info)| {
                info.allows(&package.name) && !self.is_published_by(&info.url, &package.name)
            });
            for (higher, info) in before {
                let answer = source.load(higher, slice::from_ref(&package.name));
                if matches!(answer.first(), Some(Loaded::Versions(_))) {
                    hidden.insert((info.url.clone(), package.name.to_string()));
                }
            }
        }
        hidden
    }
}
