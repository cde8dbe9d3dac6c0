//! What the planner asks while it plans. Whoever answers may be a person at a terminal, the flags of a command, or
//! nobody: the planner does not know which.

use crate::distribution::{Release, Target};
use crate::plan::{Finding, Plan};
use crate::planner::error::PlanError;
use crate::planner::root::{Choice, Conflict};
use crate::planner::survey::Survey;
use crate::planner::wish::{NewModules, Packages};
use crate::profile::{Library, State};

/// Answers to what a wish leaves open. An error ends the planning.
pub(crate) trait Ask {
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
