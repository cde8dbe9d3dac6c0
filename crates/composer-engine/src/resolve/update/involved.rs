//! Who takes part in contradictions, and whom they would have move.

use crate::format::package::links::Link;
use crate::resolve::candidate::Candidates;
use crate::resolve::pool::Pool;
use crate::resolve::pool::builder::fits;
use crate::resolve::solver::rules::{Reason, RuleSet};
use crate::resolve::solver::{Cause, Problem};
use crate::resolve::world::World;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// The packages that take part in contradictions.
pub(crate) fn names_involved(
    candidates: &Candidates,
    pool: &Pool,
    problems: &[Problem],
    rules: &RuleSet,
) -> FxHashSet<Arc<str>> {
    let mut names = FxHashSet::default();
    for cause in problems
        .iter()
        .flat_map(|problem| problem.sections.iter().flatten())
    {
        let rule = match cause {
            Cause::Rule(rule) => &rules[*rule],
            Cause::Unsatisfiable { name, .. } => {
                names.insert(name.clone());
                continue;
            }
            Cause::Blocked(package) => {
                names.insert(candidates[*package].name().clone());
                continue;
            }
        };
        let packages = rule
            .literals
            .iter()
            .map(|&literal| &candidates[pool.candidate(literal)]);
        names.extend(packages.map(|candidate| candidate.name().clone()));
        match &rule.reason {
            Reason::RootRequire { name, .. } => {
                names.insert(name.clone());
            }
            Reason::Requires { package, link } => {
                let link = candidates[*package].package.requires.get(*link);
                names.extend(link.map(|link| link.target.clone()));
            }
            _ => {}
        }
    }
    names
}

/// The kept packages that some version of these would have in another version.
pub(crate) fn names_beyond(
    world: &World<'_>,
    pool: &Pool,
    involved: &FxHashSet<Arc<str>>,
) -> FxHashSet<Arc<str>> {
    let all = pool
        .literals()
        .map(|literal| &world.candidates[pool.candidate(literal)]);
    let links = all
        .filter(|candidate| involved.contains(candidate.name()))
        .flat_map(|candidate| &*candidate.package.requires);
    let moves = |link: &&Link| {
        let kept = world.kept(&link.target);
        kept.is_some_and(|kept| !fits(kept, &link.constraint))
    };
    links
        .filter(moves)
        .map(|link| link.target.clone())
        .collect()
}
