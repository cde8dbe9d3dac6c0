//! Locked packages that stay beside other versions which repositories give, only where there is no solution without them.

use super::{LockedPackages, Update, UpdateError, UpdateOptions, update_once};
use crate::format::root::RootPackage;
use crate::repository::PackageSource;
use crate::resolve::candidate::{CandidateId, Candidates};
use crate::resolve::platform::PlatformFilter;
use crate::resolve::pool::Pool;
use crate::resolve::pool::optimizer::{Purpose, optimize};
use crate::resolve::pool::policy::Policy;
use crate::resolve::request::Request;
use crate::resolve::solver::solve;
use crate::resolve::world::StandIns;
use rustc_hash::FxHashSet;

/// What an answer was found in.
pub(super) struct Question<'a> {
    pub candidates: &'a Candidates,
    pub loaded: &'a Pool,
    pub request: &'a Request,
    pub policy: &'a Policy,
    pub filter: &'a PlatformFilter,
}

/// Looks with all of them first: where they are needed, and where there is no solution at all, that says all. Only an answer
/// that could do without them is found anew, as it would be if nobody had offered them.
pub(super) fn update_where_needed(
    source: &dyn PackageSource,
    root: &RootPackage,
    locked: Option<&LockedPackages>,
    options: &UpdateOptions,
) -> Result<Update, UpdateError> {
    let answer = update_once(source, root, locked, options)?;
    if answer.needs_stand_ins {
        return Ok(answer.update);
    }
    let without = UpdateOptions {
        stand_ins: StandIns::Missing,
        unexplained: true,
        ..options.clone()
    };
    match update_once(source, root, locked, &without) {
        Ok(answer) => Ok(answer.update),
        Err(UpdateError::Unsolvable { .. } | UpdateError::UnsolvableWithoutDev { .. }) => {
            Ok(answer.update)
        }
        Err(error) => Err(error),
    }
}

/// Whether there is no solution without the packages of `beside_others`, of which the one that was found may have some. What
/// they alone brought into the pool is still there, so a "no" is sure and a "yes" is not.
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
