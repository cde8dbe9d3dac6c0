//! From arguments and answers to a plan.

use super::error::CliError;
use super::exit::Exit;
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
