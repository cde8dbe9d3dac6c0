//! Who takes part in contradictions.

use crate::resolve::candidate::Candidates;
use crate::resolve::pool::Pool;
use crate::resolve::solver::rules::{Reason, RuleSet};
use crate::resolve::solver::{Cause, Problem};
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
