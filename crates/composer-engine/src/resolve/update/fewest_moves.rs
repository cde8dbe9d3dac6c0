//! Puts back what moved without need. Composer's minimal changes prefer a locked version wherever it comes to a choice,
//! but choose in the order in which packages come up; what was chosen early may make others move that could have stayed.

use crate::format::version::Version;
use crate::resolve::candidate::{CandidateId, Candidates};
use crate::resolve::platform::PlatformFilter;
use crate::resolve::pool::optimizer::{Optimizer, Purpose};
use crate::resolve::pool::policy::Policy;
use crate::resolve::pool::{Literal, Pool, Provider};
use crate::resolve::request::Request;
use crate::resolve::solver::probe::Probe;
use crate::resolve::solver::rules::RuleSet;
use crate::resolve::solver::solve;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a first answer was found in.
pub(crate) struct Question<'a> {
    pub candidates: &'a Candidates,
    /// The pool as it was loaded, to be optimized for other preferences.
    pub loaded: &'a Optimizer<'a, 'a>,
    /// The pool that was solved over.
    pub optimized: &'a Pool,
    pub request: &'a Request,
    pub policy: &'a Policy,
    pub filter: &'a PlatformFilter,
}

/// A solution as near to the locked versions as can be reached by keeping one package after the other, in the order of
/// their names, whenever that makes fewer of them move. `rules` are those of the first answer; `may_stay` has the locked versions of the packages it goes for.
///
/// The result is one that Composer leaves alone: asked again with it as the lock, it gives it back; otherwise the
/// first answer stands.
pub(crate) fn put_back(
    question: &Question<'_>,
    first: Vec<CandidateId>,
    rules: RuleSet,
    may_stay: &FxHashMap<Arc<str>, Version>,
) -> Vec<CandidateId> {
    let candidates = question.candidates;
    let mut best = first.clone();
    let mut pins: Vec<(Arc<str>, Version)> = Vec::new();
    let mut moved = moved_packages(candidates, &best, may_stay);
    if moved.is_empty() {
        return first;
    }
    // Most of what moved had to: that is found out without looking for a solution.
    let mut probe = Probe::new(question.optimized, rules);
    let open: Vec<(Arc<str>, Version)> = moved
        .iter()
        .filter_map(|name| Some((name.clone(), may_stay.get(name)?.clone())))
        .filter(|(name, version)| !had_to(question, &mut probe, name, version))
        .collect();
    let exchanged = probe
        .as_ref()
        .and_then(|probe| exchanged(question, probe, &first, &open));
    if let Some(found) = exchanged.and_then(|found| asked_again(question, &found)) {
        return found;
    }
    if let Some(found) = together(question, &open) {
        let still_moved = moved_packages(candidates, &found, may_stay);
        let stay = |(name, _): &(Arc<str>, Version)| !still_moved.contains(name);
        // One after the other comes to the same, as nothing else moves for them.
        if still_moved.is_subset(&moved) && open.iter().all(stay) {
            let is_good = asked_again(question, &found).is_some();
            return if is_good { found } else { first };
        }
    }
    for (name, version) in open {
        if !moved.contains(&name) || had_to(question, &mut probe, &name, &version) {
            continue;
        }
        let others = other_versions(question, &name, &version);
        let mut tried = pins.clone();
        tried.push((name, version));
        let Some(found) = solve_pinned(question, &tried) else {
            continue;
        };
        let still_moved = moved_packages(candidates, &found, may_stay);
        if still_moved.len() < moved.len() {
            (best, moved, pins) = (found, still_moved, tried);
            if let Some(probe) = &mut probe {
                probe.settle_without(&others);
            }
        }
    }
    if pins.is_empty() || asked_again(question, &best).is_some() {
        best
    } else {
        first
    }
}

/// Whether the rules themselves forbid that a package is at this version.
fn had_to(
    question: &Question<'_>,
    probe: &mut Option<Probe>,
    name: &Arc<str>,
    version: &Version,
) -> bool {
    let others = other_versions(question, name, version);
    probe
        .as_mut()
        .is_some_and(|probe| probe.needs_one_of(&others))
}

/// The first answer with these versions in the place of those that moved, where that is a solution as it stands: most often
/// nobody else has to move for them, and then none has to be looked for.
fn exchanged(
    question: &Question<'_>,
    probe: &Probe,
    first: &[CandidateId],
    pins: &[(Arc<str>, Version)],
) -> Option<Vec<CandidateId>> {
    let Question {
        candidates,
        optimized,
        ..
    } = question;
    let mut places: FxHashMap<&Arc<str>, Vec<usize>> = FxHashMap::default();
    for (place, &id) in first.iter().enumerate() {
        places.entry(candidates[id].name()).or_default().push(place);
    }
    let mut exchanged = first.to_vec();
    let mut is_any = false;
    for (name, version) in pins {
        let of_name = optimized.of_name(candidates, candidates.name_id(name)?);
        let ids = of_name
            .iter()
            .map(|provider| optimized.candidate(provider.literal));
        let mut locked = ids.filter(|&id| {
            let base = &candidates[candidates[id].alias_of.unwrap_or(id)];
            base.name() == name && base.version() == version
        });
        // What has aliases is more than one member.
        let (Some(only), None, [place]) = (locked.next(), locked.next(), &**places.get(name)?)
        else {
            return None;
        };
        exchanged[*place] = only;
        is_any = true;
    }
    let literals = exchanged.iter().map(|&id| optimized.literal(id));
    let literals: Vec<Literal> = literals.collect::<Option<_>>()?;
    (is_any && probe.is_solution(&literals)).then_some(exchanged)
}

/// A solution with all of these versions, where there are several.
fn together(question: &Question<'_>, pins: &[(Arc<str>, Version)]) -> Option<Vec<CandidateId>> {
    match pins {
        [] | [_] => None,
        pins => solve_pinned(question, pins),
    }
}

/// The names that are installed, but not in their locked version.
fn moved_packages(
    candidates: &Candidates,
    installed: &[CandidateId],
    may_stay: &FxHashMap<Arc<str>, Version>,
) -> BTreeSet<Arc<str>> {
    let real = installed
        .iter()
        .map(|&id| &candidates[id])
        .filter(|candidate| !candidate.is_alias());
    let moved = real.filter(|candidate| {
        may_stay
            .get(candidate.name())
            .is_some_and(|version| version != candidate.version())
    });
    moved.map(|candidate| candidate.name().clone()).collect()
}

/// The members of the pool that have a name in any other version.
fn other_versions(question: &Question<'_>, name: &Arc<str>, version: &Version) -> Vec<Literal> {
    let Question {
        candidates,
        optimized,
        ..
    } = question;
    let is_other = |literal: &Literal| {
        let id = optimized.candidate(*literal);
        let base = &candidates[candidates[id].alias_of.unwrap_or(id)];
        base.name() == name && base.version() != version
    };
    let of_name = candidates
        .name_id(name)
        .map_or(&[] as &[Provider], |id| optimized.of_name(candidates, id));
    let literals = of_name.iter().map(|provider| provider.literal);
    literals.filter(is_other).collect()
}

/// Solves with every other version of the pinned names left out.
fn solve_pinned(question: &Question<'_>, pins: &[(Arc<str>, Version)]) -> Option<Vec<CandidateId>> {
    let Question {
        candidates,
        optimized,
        ..
    } = question;
    let pins: FxHashMap<&Arc<str>, &Version> =
        pins.iter().map(|(name, version)| (name, version)).collect();
    let allowed = |id: &CandidateId| {
        let base = candidates[*id].alias_of.unwrap_or(*id);
        pins.get(candidates[base].name())
            .is_none_or(|version| *version == candidates[base].version())
    };
    let members = optimized
        .literals()
        .map(|literal| optimized.candidate(literal))
        .filter(allowed);
    let pool = Pool::new(members.collect(), candidates);
    installed(question, &pool, question.policy)
}

fn installed(question: &Question<'_>, pool: &Pool, policy: &Policy) -> Option<Vec<CandidateId>> {
    let literals = solve(
        question.candidates,
        pool,
        policy,
        question.request,
        question.filter,
    )
    .ok()?;
    Some(
        literals
            .into_iter()
            .map(|literal| pool.candidate(literal))
            .collect(),
    )
}

/// The same solution as it is found by one who has it as the lock; none when minimal changes would not leave it as it is.
fn asked_again(question: &Question<'_>, solution: &[CandidateId]) -> Option<Vec<CandidateId>> {
    let candidates = question.candidates;
    let real = |ids: &[CandidateId]| -> FxHashSet<CandidateId> {
        ids.iter()
            .copied()
            .filter(|id| !candidates[*id].is_alias())
            .collect()
    };
    let versions = solution.iter().filter(|id| !candidates[**id].is_alias());
    let preferred_versions = versions
        .map(|&id| {
            (
                candidates[id].name().clone(),
                candidates[id].version().clone(),
            )
        })
        .collect();
    let policy = Policy {
        preferred_versions,
        ..question.policy.clone()
    };
    let pool = question.loaded.optimized(&policy, Purpose::Answer);
    installed(question, &pool, &policy).filter(|found| real(found) == real(solution))
}
