//! What the planner asks while it plans. Whoever answers may be a person at a terminal, the flags of a command, or nobody.

use crate::distribution::{Release, Target};
use crate::plan::{Finding, Plan};
use crate::planner::error::{PlanError, Question};
use crate::planner::root::{Choice, Conflict};
use crate::planner::survey::Survey;
use crate::planner::wish::{NewModules, Packages};
use crate::profile::{Library, State};

/// Answers to what a wish leaves open. An error ends the planning.
pub trait Ask {
    /// What may go wrong with a question, and with planning.
    type Error: From<PlanError>;

    /// Says what is being done, until it is said anew or something is asked.
    fn phase(&self, what: &str);

    /// What the store becomes.
    fn target(&self, survey: &Survey<'_>) -> Result<Target, Self::Error>;

    /// Which of the releases on offer, which are never none; the recommended one comes first. `default` is the one that a
    /// switch without a release takes.
    fn release(
        &self,
        survey: &Survey<'_>,
        target: Target,
        offer: &[&Release],
        default: Option<&Release>,
    ) -> Result<usize, Self::Error>;

    /// Which profile a store gets, among those that the target can have; none leaves it as it is.
    fn profile(
        &self,
        survey: &Survey<'_>,
        library: &Library,
        target: Target,
    ) -> Result<Option<String>, Self::Error>;

    /// Which feature sets; what differs from the state is noted in `packages`.
    fn sets(&self, packages: &mut Packages, states: &[State<'_>]) -> Result<(), Self::Error>;

    /// What becomes of entries that the store and the target both changed, in the same order; none leaves them open.
    fn conflicts(&self, open: &[&Conflict]) -> Result<Option<Vec<Choice>>, Self::Error>;

    /// Whether a release that can be reached will do in place of the one that the plan is blocked for.
    fn instead(
        &self,
        blocked: &Plan,
        target: Target,
        nearest: &Release,
    ) -> Result<bool, Self::Error>;

    /// Whether modules that the target brings along are enabled, which the finding names.
    fn new_modules(&self, come: &Finding) -> Result<NewModules, Self::Error>;
}

/// Where nobody can be asked and nobody waits: what is open stays open.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Ask for Nobody {
    type Error = PlanError;

    fn phase(&self, _what: &str) {}

    fn target(&self, _survey: &Survey<'_>) -> Result<Target, PlanError> {
        Err(PlanError::Unasked(Question::Target))
    }

    fn release(
        &self,
        _survey: &Survey<'_>,
        _target: Target,
        _offer: &[&Release],
        _default: Option<&Release>,
    ) -> Result<usize, PlanError> {
        Ok(0)
    }

    fn profile(
        &self,
        _survey: &Survey<'_>,
        _library: &Library,
        _target: Target,
    ) -> Result<Option<String>, PlanError> {
        Err(PlanError::Unasked(Question::Packages))
    }

    fn sets(&self, _packages: &mut Packages, _states: &[State<'_>]) -> Result<(), PlanError> {
        Ok(())
    }

    fn conflicts(&self, _open: &[&Conflict]) -> Result<Option<Vec<Choice>>, PlanError> {
        Ok(None)
    }

    fn instead(
        &self,
        _blocked: &Plan,
        _target: Target,
        _nearest: &Release,
    ) -> Result<bool, PlanError> {
        Ok(false)
    }

    fn new_modules(&self, _come: &Finding) -> Result<NewModules, PlanError> {
        Err(PlanError::Unasked(Question::NewModules))
    }
}
