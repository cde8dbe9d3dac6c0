//! Finds out cheaply that some packages cannot be left out, by carrying their absence through the rules alone.

use super::decisions::Decisions;
use super::rules::{RuleId, RuleSet, RuleShape};
use super::watch_graph::WatchGraph;
use crate::resolve::pool::{Literal, Pool};

/// The level of what holds in every solution.
const CERTAIN: i32 = 1;

/// What holds in every solution of a request over a pool, as far as it follows without choices.
pub(crate) struct Probe {
    rules: RuleSet,
    graph: WatchGraph,
    decisions: Decisions,
    propagated: usize,
}

impl Probe {
    /// Carries the rules through. None when they contradict each other.
    pub(crate) fn new(pool: &Pool, rules: RuleSet) -> Option<Self> {
        let mut probe = Probe {
            graph: WatchGraph::new(pool.len(), &rules),
            decisions: Decisions::new(pool.len()),
            rules,
            propagated: 0,
        };
        for &rule in probe.rules.listed() {
            let rule_at = &probe.rules[rule];
            if !rule_at.is_assertion() {
                continue;
            }
            let literal = rule_at.literals[0];
            if probe.decisions.contradicts(literal) {
                return None;
            }
            if probe.decisions.is_undecided(literal) {
                probe.decisions.decide(literal, CERTAIN, rule);
            }
        }
        probe.holds(CERTAIN).then_some(probe)
    }

    /// Whether the rules themselves forbid that none of these is installed. When not, there may be a solution without them.
    pub(crate) fn needs_one_of(&mut self, packages: &[Literal]) -> bool {
        let settled = self.decisions.queue().len();
        let possible = self.leave_out(packages, CERTAIN + 1);
        self.decisions.truncate(settled);
        self.propagated = settled;
        !possible
    }

    /// Has none of these installed from now on.
    pub(crate) fn settle_without(&mut self, packages: &[Literal]) {
        self.leave_out(packages, CERTAIN);
    }

    /// Whether these packages, and no others, satisfy all that has to be satisfied.
    pub(crate) fn is_solution(&self, packages: &[Literal]) -> bool {
        let mut is_in = vec![false; self.decisions.packages() + 1];
        for &literal in packages {
            is_in[literal.unsigned_abs() as usize] = true;
        }
        let holds = |literal: &&Literal| is_in[literal.unsigned_abs() as usize] == (**literal > 0);
        self.rules.all().iter().all(|rule| match rule.shape {
            RuleShape::AnyOf => rule.literals.iter().any(|literal| holds(&literal)),
            // Each of the literals says that a package is not there.
            RuleShape::Pair | RuleShape::AtMostOne => {
                let there = rule.literals.iter().filter(|literal| !holds(literal));
                there.take(2).count() < 2
            }
        })
    }

    fn leave_out(&mut self, packages: &[Literal], level: i32) -> bool {
        /// Nobody asks for the reasons of a probe.
        const NO_REASON: RuleId = 0;
        for &literal in packages {
            if self.decisions.satisfies(literal) {
                return false;
            }
            if self.decisions.is_undecided(literal) {
                self.decisions.decide(-literal, level, NO_REASON);
            }
        }
        self.holds(level)
    }

    fn holds(&mut self, level: i32) -> bool {
        let conflict = self.graph.propagate_from(
            &mut self.propagated,
            &self.rules,
            level,
            &mut self.decisions,
        );
        conflict.is_none()
    }
}
