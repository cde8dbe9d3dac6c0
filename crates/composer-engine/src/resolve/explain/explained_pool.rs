//! The pool in which a contradiction was found.

use crate::format::constraint::Constraint;
use crate::resolve::candidate::{CandidateId, Candidates};
use crate::resolve::pool::optimizer::LeftOut;
use crate::resolve::pool::{Pool, RemovedVersions};
use std::ops::Deref;

/// A pool, and what was left out of it before it was solved over.
pub(crate) struct ExplainedPool<'a> {
    pool: &'a Pool,
    /// None where nothing was.
    left_out: Option<LeftOut<'a>>,
}

impl<'a> ExplainedPool<'a> {
    /// A pool from which nothing was left out.
    pub(crate) fn whole(pool: &'a Pool) -> Self {
        ExplainedPool {
            pool,
            left_out: None,
        }
    }

    /// A pool that was optimized.
    pub(crate) fn optimized(pool: &'a Pool, left_out: LeftOut<'a>) -> Self {
        ExplainedPool {
            pool,
            left_out: Some(left_out),
        }
    }

    /// The versions of a name that were left out and match, in the order in which they were loaded.
    pub(crate) fn removed_versions(
        &self,
        name: &str,
        constraint: &Constraint,
        candidates: &Candidates,
    ) -> RemovedVersions {
        let left_out = self.left_out.as_ref();
        left_out.map_or_else(RemovedVersions::new, |left_out| {
            left_out.removed_versions(name, constraint, self.pool, candidates)
        })
    }

    /// The versions that a package stands for, its own included, in the order in which that was noted.
    pub(crate) fn represented_versions(
        &self,
        id: CandidateId,
        candidates: &Candidates,
    ) -> RemovedVersions {
        let left_out = self.left_out.as_ref();
        left_out.map_or_else(RemovedVersions::new, |left_out| {
            left_out.represented_versions(id, candidates)
        })
    }
}

impl Deref for ExplainedPool<'_> {
    type Target = Pool;

    fn deref(&self) -> &Pool {
        self.pool
    }
}
