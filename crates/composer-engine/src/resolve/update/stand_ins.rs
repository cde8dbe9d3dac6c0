//! Whether locked packages have to stay beside other versions which repositories give.

use crate::resolve::candidate::{CandidateId, Candidates};
use crate::resolve::platform::PlatformFilter;
use crate::resolve::pool::Pool;
use crate::resolve::pool::optimizer::{Purpose, optimize};
use crate::resolve::pool::policy::Policy;
use crate::resolve::request::Request;
use crate::resolve::solver::solve;
use rustc_hash::FxHashSet;

/// What an answer was found in.
pub(super) struct Question<'a> {
    pub candidates: &'a Candidates,
    pub loaded: &'a Pool,
    pub request: &'a Request,
    pub policy: &'a Policy,
    pub filter: &'a PlatformFilter,
}

/// Whether there is no solution without the packages of `beside_others`, of which the one that was found may have some. What
/// they alone brought into the pool is still there, so a "yes" is sure and a "no" is not.
pub(super) fn are_needed(
    question: &Question<'_>,
    beside_others: &FxHashSet<CandidateId>,
    installed: &[CandidateId],
) -> bool {
    let Question {
        candidates,
        loaded,
        request,
        policy,
        filter,
    } = question;
    if !installed.iter().any(|id| beside_others.contains(id)) {
        return false;
    }
    let members = loaded.literals().map(|literal| loaded.candidate(literal));
    let others = members.filter(|id| !beside_others.contains(id));
    let mut pool = Pool::new(others.collect(), candidates);
    pool.unacceptable = loaded.unacceptable.clone();
    pool.blocked = loaded.blocked.clone();
    let pool = optimize(candidates, &pool, request, policy, Purpose::Solvability);
    solve(candidates, &pool, policy, request, filter).is_err()
}
