//! What the results of a fleet come to.

use super::result::{Outcome, StoreResult};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many stores there are of each kind, and what stands in their way most often.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Sum {
    /// All that were added up.
    pub stores: usize,
    /// Those that have a way to each target that was asked for.
    pub go: usize,
    /// Those with something in the way of one.
    pub blocked: usize,
    /// Those of which something could not be found out or done.
    pub failed: usize,
    /// For each target, in the order in which they were met: how many stores go there, are blocked, failed.
    pub targets: Vec<TargetSum>,
    /// What stands in the way of how many stores, the most frequent first.
    pub reasons: Vec<Reason>,
}

/// How many stores can go to a target.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct TargetSum {
    /// As it was asked for.
    pub target: String,
    /// How many stores have a way to it.
    pub go: usize,
    /// How many have something in the way.
    pub blocked: usize,
    /// How many of which it could not be found out.
    pub failed: usize,
}

/// Something that stands in the way of stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Reason {
    /// The code of its finding.
    pub code: String,
    /// The package that it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// As one of the stores is told.
    pub example: String,
    /// How many stores it stands in the way of, each counted once.
    pub stores: usize,
}

impl Reason {
    /// The package that it is about, or else what one of the stores is told: others may be told of another release.
    pub(crate) fn what(&self) -> String {
        match (&self.package, self.stores) {
            (Some(package), _) => package.clone(),
            (None, 0 | 1) => self.example.clone(),
            (None, _) => format!("for example: {}", self.example),
        }
    }
}

/// Adds results up, one after the other, so that none need be kept.
#[derive(Debug, Default)]
pub(crate) struct Adder {
    sum: Sum,
    reasons: BTreeMap<(String, Option<String>), (usize, String)>,
}

impl Adder {
    /// Adds a result.
    pub(crate) fn add(&mut self, result: &StoreResult) {
        let sum = &mut self.sum;
        sum.stores += 1;
        match result.outcome {
            Outcome::Go => sum.go += 1,
            Outcome::Blocked => sum.blocked += 1,
            Outcome::Failed => sum.failed += 1,
        }
        for reach in &result.targets {
            let known = sum
                .targets
                .iter()
                .position(|target| target.target == reach.wanted);
            let index = known.unwrap_or_else(|| {
                sum.targets.push(TargetSum {
                    target: reach.wanted.clone(),
                    ..TargetSum::default()
                });
                sum.targets.len() - 1
            });
            let target = &mut sum.targets[index];
            match reach.outcome {
                Outcome::Go => target.go += 1,
                Outcome::Blocked => target.blocked += 1,
                Outcome::Failed => target.failed += 1,
            }
        }
        let of_targets = result.targets.iter().flat_map(|reach| &reach.blockers);
        let own = result
            .findings
            .iter()
            .filter(|finding| finding.is_blocker());
        let mut seen = BTreeSet::new();
        for finding in own.chain(of_targets) {
            let key = (finding.code().to_string(), finding.package.clone());
            if seen.insert(key.clone()) {
                let reason = self.reasons.entry(key);
                reason.or_insert_with(|| (0, finding.title.clone())).0 += 1;
            }
        }
    }

    /// What it comes to.
    pub(crate) fn sum(self) -> Sum {
        let mut reasons: Vec<Reason> = self
            .reasons
            .into_iter()
            .map(|((code, package), (stores, example))| Reason {
                code,
                package,
                example,
                stores,
            })
            .collect();
        reasons.sort_by(|a, b| b.stores.cmp(&a.stores).then_with(|| a.code.cmp(&b.code)));
        Sum {
            reasons,
            ..self.sum
        }
    }
}

impl Sum {
    /// The sum of some results.
    pub(crate) fn of<'a>(results: impl IntoIterator<Item = &'a StoreResult>) -> Self {
        let mut adder = Adder::default();
        results.into_iter().for_each(|result| adder.add(result));
        adder.sum()
    }

    /// The worst there is to say of the fleet.
    pub(crate) fn outcome(&self) -> Outcome {
        match (self.failed, self.blocked) {
            (0, 0) => Outcome::Go,
            (0, _) => Outcome::Blocked,
            _ => Outcome::Failed,
        }
    }
}
