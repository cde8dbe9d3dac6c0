//! Which of the owner's requirements stand against a target, and what would help: found by trying, not by guessing.
//!
//! The explanation of a contradiction names what a solver happened to meet, in a root where several things may be wrong.
//! Here requirements, and lines of `replace` and `conflict`, are left out and taken back for as long as there is a solution:
//! what is left over does stand in the way, each explanation is of one requirement alone, and what is said to help was seen to help.

use crate::distribution::{is_core, template};
use crate::planner::blocked::remedies::lines::{Line, LineInTheWay};
use crate::planner::blocked::remedies::relaxation::Relaxation;
use crate::planner::blocked::remedies::search::{ANY, Search};
use crate::planner::blocked::remedies::trials::{Trials, give_back};
use crate::planner::error::PlanError;
use crate::planner::lock::question::{Blocked, Question, TakingOut};
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::package::Package;
use composer_engine::format::package::platform::is_platform_package;
use composer_engine::format::root::RootPackage;
use composer_engine::format::version::stability::Stability;
use composer_engine::resolve::explain::problem::Explanation;
use composer_engine::resolve::update::{Chosen, LockedPackages};
use rayon::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// When more requirements than these stand in the way, it is not they that are wrong.
const MAX_OBSTACLES: usize = 24;

/// Why a root has no solution.
#[derive(Debug, Default)]
pub(crate) struct Diagnosis {
    /// Why the target's core has no solution by itself. What else may be in the way cannot be known then.
    pub core: Option<Explanation>,
    /// The requirements that stand in the way. With all ways out together there is a solution.
    pub obstacles: Vec<Obstacle>,
    /// The lines of `replace` and `conflict` that do so. The solution is without them.
    pub lines: Vec<LineInTheWay>,
    /// The packages of that solution.
    pub solution: Vec<Chosen>,
    /// What is locked, by name: packages that no repository may have any more.
    pub locked: BTreeMap<Arc<str>, Arc<Package>>,
}

impl Diagnosis {
    /// What explains that the core, a requirement or a line stands in the way.
    pub(crate) fn explanations(&self) -> impl Iterator<Item = &Explanation> {
        let obstacles = self.obstacles.iter().map(|obstacle| &obstacle.explanation);
        let lines = self.lines.iter().map(|line| &line.explanation);
        self.core.iter().chain(obstacles).chain(lines)
    }
}

/// A requirement of composer.json that does not go with the target.
#[derive(Debug)]
pub(crate) struct Obstacle {
    /// As composer.json has it, in lower case.
    pub name: String,
    /// As composer.json has it.
    pub constraint: Arc<str>,
    /// What makes room for the target, tried together with the other ways out.
    pub way_out: WayOut,
    /// Why it does not go with the solution.
    pub explanation: Explanation,
}

/// What the owner can do about a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum WayOut {
    /// Give it this constraint.
    Allow(String),
    /// Drop it: the repositories have no version that fits.
    Remove,
}

/// Finds what stands in the way of a root without a solution, in what is left of it when its habits are given up; `written`
/// is the root with them. Nothing is found when it is too much, or not among the owner's requirements.
pub(crate) fn diagnose(
    question: &Question<'_>,
    document: &JsonDocument,
    written: &JsonDocument,
    blocked: &Blocked,
) -> Result<Diagnosis, PlanError> {
    let search = Search { question, document };
    let core = question.core(document.value(), TakingOut::Kept);
    let examination = Examination::new(&search, &core, true)?;
    let trials = examination.trials(BTreeSet::new());
    let mut diagnosis = match trials.has_solution(&examination.nothing_own())? {
        true => examination.diagnosis(blocked, trials)?,
        // Giving up habits leads nowhere while the core itself cannot be had.
        false => {
            let search = Search {
                question,
                document: written,
            };
            match core_alone(&search)? {
                CoreAlone::None(explanation) => Diagnosis {
                    core: Some(explanation),
                    ..Diagnosis::default()
                },
                CoreAlone::Some { core, with_lines } => {
                    let examination = Examination::new(&search, &core, with_lines)?;
                    let trials = examination.trials(BTreeSet::new());
                    examination.diagnosis(blocked, trials)?
                }
            }
        }
    };
    // A module that was added for an extension is no requirement of the owner's; the extension is in the way as well.
    let written = RootPackage::load(written.value())?.all_requires();
    let is_own = |obstacle: &Obstacle| written.contains_key(obstacle.name.as_str());
    diagnosis.obstacles.retain(is_own);
    Ok(diagnosis)
}

/// What of the core has a solution without anything of the owner's.
enum CoreAlone {
    /// This, which may be the core with what takes parts out of it.
    Some {
        core: Value,
        /// Whether it has one together with the lines of `replace` and `conflict`.
        with_lines: bool,
    },
    /// Nothing, for this reason.
    None(Explanation),
}

fn core_alone(search: &Search<'_>) -> Result<CoreAlone, PlanError> {
    let Search { question, document } = search;
    let core = question.core(document.value(), TakingOut::Kept);
    let Err(still) = question.attempt(&question.setting(&core)?)? else {
        return Ok(CoreAlone::Some {
            core,
            with_lines: true,
        });
    };
    // What takes parts out of the core may be what is wrong.
    let bare = question.core(document.value(), TakingOut::LeftOut);
    let asked = match bare == core {
        // Nothing does, and the answer is known.
        true => Some(still),
        false => question.attempt(&question.setting(&bare)?)?.err(),
    };
    let Some(blocked) = asked else {
        return Ok(CoreAlone::Some {
            core: bare,
            with_lines: true,
        });
    };
    // Or what the root itself says of them.
    let lines = lines(search);
    let without_lines = Relaxation {
        lines: lines.iter().cloned().collect(),
        ..Relaxation::default()
    };
    let relaxed = without_lines.document(document, question.target)?;
    let relaxed = question.core(relaxed.value(), TakingOut::LeftOut);
    if lines.is_empty() || question.attempt(&question.setting(&relaxed)?)?.is_err() {
        return Ok(CoreAlone::None(blocked.explanation));
    }
    Ok(CoreAlone::Some {
        core: bare,
        with_lines: false,
    })
}

/// The lines of `replace` and `conflict` that the owner has beside the template.
fn lines(search: &Search<'_>) -> Vec<Line> {
    let Search { question, document } = search;
    let own = question.survey.project.root.value();
    let template = template(question.target, &question.release.version).value;
    Line::all(document.value(), own, &Value::Object(template))
}

struct Examination<'a> {
    search: &'a Search<'a>,
    root: RootPackage,
    /// What composer.json requires beside the core, in its order.
    own: Vec<String>,
    /// Each of that with a constraint that allows newer versions.
    newer: BTreeMap<String, String>,
    /// What composer.json replaces and conflicts with beside the template.
    lines: Vec<Line>,
    /// Whether the core has a solution together with them.
    has_core: bool,
}

impl<'a> Examination<'a> {
    fn new(search: &'a Search<'a>, core: &Value, has_core: bool) -> Result<Self, PlanError> {
        let root = RootPackage::load(search.document.value())?;
        let core = RootPackage::load(core)?.all_requires();
        let mut own: Vec<String> = root
            .all_requires()
            .into_keys()
            .filter(|name| !core.contains_key(name))
            .map(|name| name.to_string())
            .collect();
        // A module first, then what needs it.
        own.sort_by_key(|name| !is_core(name));
        let newer = newer(search.question, &own);
        Ok(Examination {
            search,
            root,
            own,
            newer,
            lines: lines(search),
            has_core,
        })
    }

    /// `trials` are those with all lines.
    fn diagnosis<'s>(
        &'s self,
        blocked: &Blocked,
        mut trials: Trials<'s>,
    ) -> Result<Diagnosis, PlanError> {
        let missing = self.missing(blocked);
        let found = |name: &&String| !missing.contains(*name);
        let names: Vec<String> = self.own.iter().filter(found).cloned().collect();
        let mut relaxation = self.nothing_own();
        let mut against = match self.has_core {
            true => trials.give_back(&names, &mut relaxation, &Relaxation::take_back)?,
            false => names.clone(),
        };
        if let Some((without_lines, still)) = self.without_lines(&names, &against)? {
            trials = self.trials(without_lines.lines.clone());
            (relaxation, against) = (without_lines, still);
        }
        against.extend(missing);
        if against.is_empty() && relaxation.lines.is_empty() || against.len() > MAX_OBSTACLES {
            return Ok(Diagnosis::default());
        }
        if let Some(loosened) = self.loosened(&against, &relaxation.lines, &trials)? {
            relaxation = loosened;
        } else {
            let loosen = |trial: &mut Relaxation, name: &str| {
                trial.take_back(name);
                let newer = self.newer.get_key_value(name);
                trial
                    .loose
                    .extend(newer.map(|(name, newer)| (name.clone(), newer.clone())));
            };
            trials.give_back(&against, &mut relaxation, &loosen)?;
        }
        let question = self.search.question;
        let Ok(solution) = trials.solution(&relaxation)? else {
            return Ok(Diagnosis::default());
        };
        let (obstacles, lines) = self.obstacles(relaxation, &solution)?;
        Ok(Diagnosis {
            core: None,
            obstacles,
            lines,
            solution,
            locked: question
                .locked
                .iter()
                .flat_map(LockedPackages::all)
                .map(|package| (package.name.clone(), package.clone()))
                .collect(),
        })
    }

    /// A root without anything that its owner requires.
    fn nothing_own(&self) -> Relaxation {
        Relaxation {
            without: self.own.iter().cloned().collect(),
            ..Relaxation::default()
        }
    }

    fn trials(&self, lines: BTreeSet<Line>) -> Trials<'_> {
        let widest = Relaxation {
            loose: self.newer.clone(),
            lines,
            ..Relaxation::default()
        };
        Trials::new(self.search, widest, self.own.iter())
    }

    /// A root without as few lines of `replace` and `conflict` as possible that has room for requirements which have none
    /// beside those lines, and the requirements that still have none; nothing when the lines are not to blame.
    fn without_lines(
        &self,
        names: &[String],
        against: &[String],
    ) -> Result<Option<(Relaxation, Vec<String>)>, PlanError> {
        if self.lines.is_empty() || (self.has_core && against.is_empty()) {
            return Ok(None);
        }
        let mut relaxation = Relaxation {
            lines: self.lines.iter().cloned().collect(),
            ..self.nothing_own()
        };
        let trials = self.trials(relaxation.lines.clone());
        let still = trials.give_back(names, &mut relaxation, &Relaxation::take_back)?;
        if self.has_core && still.len() >= against.len() {
            return Ok(None);
        }
        let take_back = |trial: &mut Relaxation, line: &Line| {
            trial.lines.remove(line);
        };
        let has_solution = |trial: &Relaxation| {
            let setting = self.search.relaxed(trial)?;
            self.search.question.has_solution(&setting)
        };
        let left = give_back(&self.lines, &mut relaxation, &take_back, &has_solution)?;
        Ok((!left.is_empty()).then_some((relaxation, still)))
    }

    /// The requirements that nothing satisfies at all, as the explanation has them.
    fn missing(&self, blocked: &Blocked) -> BTreeSet<String> {
        let explanation = blocked.remaining.as_ref().unwrap_or(&blocked.explanation);
        let unsatisfied = explanation.requirements.iter().filter(|involved| {
            involved.package.is_none()
                && !involved.satisfiable
                && !is_platform_package(&involved.target)
        });
        let names: BTreeSet<&str> = unsatisfied.map(|involved| &*involved.target).collect();
        let own = self.own.iter().filter(|name| names.contains(name.as_str()));
        own.cloned().collect()
    }

    /// A relaxed root with newer versions of as few requirements as possible, of those that stand in the way before others;
    /// none when newer versions do not help.
    fn loosened(
        &self,
        against: &[String],
        lines: &BTreeSet<Line>,
        trials: &Trials<'_>,
    ) -> Result<Option<Relaxation>, PlanError> {
        let mut relaxation = Relaxation {
            loose: self.newer.clone(),
            lines: lines.clone(),
            ..Relaxation::default()
        };
        if !trials.has_solution(&relaxation)? {
            return Ok(None);
        }
        let others = self.own.iter().filter(|name| !against.contains(name));
        let names: Vec<String> = others.chain(against).cloned().collect();
        trials.give_back(&names, &mut relaxation, &Relaxation::take_back)?;
        Ok(Some(relaxation))
    }

    /// What a relaxed root gives up, and what its solution has instead.
    fn obstacles(
        &self,
        mut relaxation: Relaxation,
        solution: &[Chosen],
    ) -> Result<(Vec<Obstacle>, Vec<LineInTheWay>), PlanError> {
        let loosened = relaxation.loose.clone();
        relaxation.settle(self.search.document, solution)?;
        let allowed = loosened.iter().map(|(name, newer)| {
            let pin = relaxation.repinned.get(name).unwrap_or(newer);
            (name, WayOut::Allow(pin.clone()))
        });
        let removed = relaxation.without.iter().map(|name| (name, WayOut::Remove));
        let ways_out: BTreeMap<&String, WayOut> = allowed.chain(removed).collect();
        let constraints = self.root.all_requires();
        let explained = |(name, way_out): (&String, WayOut)| {
            let mut trial = relaxation.clone();
            trial.take_back(name);
            trial.repinned.remove(name);
            let constraint = constraints.get(name.as_str());
            let constraint =
                constraint.map_or_else(|| ANY.into(), |link| link.pretty_constraint.clone());
            let setting = self.search.relaxed(&trial)?;
            let explanation = self.search.question.explain(&setting)?;
            Ok(explanation.map(|explanation| Obstacle {
                name: name.clone(),
                constraint,
                way_out,
                explanation,
            }))
        };
        let obstacles: Result<Vec<Option<Obstacle>>, PlanError> = ways_out
            .into_iter()
            .collect::<Vec<_>>()
            .into_par_iter()
            .map(explained)
            .collect();
        let in_the_way = |line: &Line| {
            let mut trial = relaxation.clone();
            trial.lines.remove(line);
            let setting = self.search.relaxed(&trial)?;
            let explanation = self.search.question.explain(&setting)?;
            Ok(explanation.map(|explanation| LineInTheWay {
                line: line.clone(),
                explanation,
            }))
        };
        let lines: Result<Vec<Option<LineInTheWay>>, PlanError> =
            relaxation.lines.iter().map(in_the_way).collect();
        Ok((
            obstacles?.into_iter().flatten().collect(),
            lines?.into_iter().flatten().collect(),
        ))
    }
}

/// Constraints that allow what is locked and everything newer. What is not locked, or from a branch, may be anything.
fn newer(question: &Question<'_>, names: &[String]) -> BTreeMap<String, String> {
    let locked: BTreeMap<&str, &str> = question
        .locked
        .iter()
        .flat_map(LockedPackages::all)
        .filter(|package| package.version.stability() == Stability::Stable)
        .map(|package| (&*package.name, &*package.pretty_version))
        .collect();
    let newer = |name: &str| match locked.get(name) {
        Some(version) => format!(">={version}"),
        None => ANY.to_string(),
    };
    names
        .iter()
        .map(|name| (name.clone(), newer(name)))
        .collect()
}
