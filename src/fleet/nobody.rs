//! Nobody to ask: what a plan leaves open gets its recommended answer, and what has none is an error.

use crate::distribution::{Release, Target};
use crate::plan::{Finding, Plan};
use crate::planner::error::{PlanError, Question};
use crate::planner::root::{Choice, Conflict};
use crate::planner::survey::Survey;
use crate::planner::wish::ask::Ask;
use crate::planner::wish::{NewModules, Packages};
use crate::profile::{Library, State};

/// Answers for a store among many.
pub(crate) struct Nobody;

impl Ask for Nobody {
    type Error = PlanError;

    fn phase(&self, _: &str) {}

    fn target(&self, _: &Survey<'_>) -> Result<Target, PlanError> {
        Err(PlanError::Unasked(Question::Target))
    }

    fn release(
        &self,
        _: &Survey<'_>,
        _: Target,
        _: &[&Release],
        _: Option<&Release>,
    ) -> Result<usize, PlanError> {
        Err(PlanError::Unasked(Question::Target))
    }

    fn profile(&self, _: &Survey<'_>, _: &Library, _: Target) -> Result<Option<String>, PlanError> {
        Err(PlanError::Unasked(Question::Packages))
    }

    fn sets(&self, _: &mut Packages, _: &[State<'_>]) -> Result<(), PlanError> {
        Err(PlanError::Unasked(Question::Packages))
    }

    fn conflicts(&self, _: &[&Conflict]) -> Result<Option<Vec<Choice>>, PlanError> {
        Ok(None)
    }

    fn instead(&self, _: &Plan, _: Target, _: &Release) -> Result<bool, PlanError> {
        Ok(false)
    }

    fn new_modules(&self, _: &Finding) -> Result<NewModules, PlanError> {
        Err(PlanError::Unasked(Question::NewModules))
    }
}
