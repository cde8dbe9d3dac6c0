//! From arguments and answers to a plan.

use super::check::{CheckArgs, StoreReport};
use super::error::CliError;
use super::exit::Exit;
use super::releases::{ReleaseRow, ReleasesArgs};
use super::switch::SwitchArgs;
use super::ui::Ui;
use crate::plan::Plan;
use std::path::Path;

/// A plan, and how it came about.
pub struct Planned {
    pub plan: Plan,
    /// The arguments, completed by the answers.
    pub args: SwitchArgs,
    /// Whether there were questions.
    pub guided: bool,
}

/// Plans a switch; asks for what the arguments leave open when there is somebody to ask.
pub fn switch(_args: &SwitchArgs, _store: &Path, _ui: &Ui) -> Result<Planned, CliError> {
    Err(CliError::message(Exit::Failed, "this build has no planner"))
}

/// Looks at a store and plans each target without showing the plans.
pub fn check(_args: &CheckArgs, _store: &Path, _ui: &Ui) -> Result<StoreReport, CliError> {
    Err(CliError::message(Exit::Failed, "this build has no planner"))
}

/// The releases, refreshed from live metadata, the newest first.
pub fn releases(_args: &ReleasesArgs, _ui: &Ui) -> Result<Vec<ReleaseRow>, CliError> {
    Err(CliError::message(Exit::Failed, "this build has no planner"))
}
