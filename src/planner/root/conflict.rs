//! Entries that the store and the target's template both changed.

use serde_json::Value;
use std::collections::BTreeMap;

/// Which value an entry takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The store's.
    Ours,
    /// The target template's.
    Theirs,
}

/// Decisions, by [`Conflict::path`].
pub(crate) type Answers = BTreeMap<String, Choice>;

/// One entry with three values, to be decided.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Conflict {
    /// Where it is: `require-dev.phpunit/phpunit`.
    pub path: String,
    /// The source template's value.
    pub base: Option<Value>,
    /// The store's value.
    pub ours: Value,
    /// The target template's value.
    pub theirs: Value,
    /// What happens when nobody decides; none when only the owner can, and the plan is blocked until then.
    pub default: Option<Choice>,
    /// Whether it is about a core package that the owner builds. Such a one is decided by its name, never along with all.
    pub is_own_build: bool,
    /// One sentence for the prompt.
    pub question: String,
}

impl Conflict {
    /// Whether somebody who can be asked is asked. An own build that stays of itself is no question.
    pub(crate) fn is_question(&self) -> bool {
        !self.is_own_build || self.default.is_none()
    }
}
