//! What the solver has decided so far, and why.

use super::rules::RuleId;
use crate::resolve::pool::Literal;

/// A decided literal and the rule that decided it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decision {
    pub literal: Literal,
    pub reason: RuleId,
}

/// Decisions in the order they were taken.
#[derive(Debug)]
pub(crate) struct Decisions {
    /// By package: the level of its decision, negative when decided against; 0 when undecided.
    levels: Vec<i32>,
    queue: Vec<Decision>,
}

impl Decisions {
    /// For a pool of that many packages.
    pub(crate) fn new(packages: usize) -> Self {
        Decisions {
            levels: vec![0; packages + 1],
            queue: Vec::new(),
        }
    }

    /// How many packages can be decided about.
    pub(crate) fn packages(&self) -> usize {
        self.levels.len() - 1
    }

    fn signed_level(&self, literal: Literal) -> i32 {
        let level = self.levels[literal.unsigned_abs() as usize];
        if literal < 0 { -level } else { level }
    }

    /// Decides an undecided literal.
    pub(crate) fn decide(&mut self, literal: Literal, level: i32, reason: RuleId) {
        debug_assert!(self.is_undecided(literal));
        self.levels[literal.unsigned_abs() as usize] = if literal < 0 { -level } else { level };
        self.queue.push(Decision { literal, reason });
    }

    pub(crate) fn satisfies(&self, literal: Literal) -> bool {
        self.signed_level(literal) > 0
    }

    pub(crate) fn contradicts(&self, literal: Literal) -> bool {
        self.signed_level(literal) < 0
    }

    pub(crate) fn is_undecided(&self, literal: Literal) -> bool {
        self.signed_level(literal) == 0
    }

    /// Whether the package of a literal of either sign is to be installed.
    pub(crate) fn installs(&self, literal: Literal) -> bool {
        self.levels[literal.unsigned_abs() as usize] > 0
    }

    /// The level of a literal's decision; 0 when undecided.
    pub(crate) fn level(&self, literal: Literal) -> i32 {
        self.signed_level(literal).abs()
    }

    /// The rule that decided the package of a literal.
    pub(crate) fn reason(&self, literal: Literal) -> Option<RuleId> {
        self.queue
            .iter()
            .find(|decision| decision.literal.abs() == literal.abs())
            .map(|decision| decision.reason)
    }

    /// All decisions, oldest first.
    pub(crate) fn queue(&self) -> &[Decision] {
        &self.queue
    }

    /// Takes back the newest decisions until `length` are left.
    pub(crate) fn truncate(&mut self, length: usize) {
        while self.queue.len() > length {
            if let Some(decision) = self.queue.pop() {
                self.levels[decision.literal.unsigned_abs() as usize] = 0;
            }
        }
    }
}
