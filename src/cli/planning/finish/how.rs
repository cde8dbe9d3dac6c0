//! What a command knows about its plan, and the commands to go on with.

use super::agreement::agreements;
use crate::cli::options::args::{AgreedArgs, ConsentArgs};
use crate::cli::options::command_line::CommandLine;
use crate::cli::outcome::error::CliError;
use crate::cli::screen::ui::Ui;
use crate::plan::Plan;
use std::path::Path;

/// What a command knows about its plan.
pub(crate) struct Finish<'a> {
    /// The folder of the store.
    pub store: &'a Path,
    /// Whether it is applied, shown, or asked about.
    pub consent: &'a ConsentArgs,
    /// What cannot be taken back, and was agreed to.
    pub agreed: AgreedArgs,
    /// Where to save the plan, blocked or not.
    pub out: Option<&'a Path>,
    /// Where to write the runbook.
    pub runbook: Option<&'a Path>,
    /// Where to write the plan as Markdown.
    pub markdown: Option<&'a Path>,
    /// Where to write the document for who decides.
    pub report: Option<&'a Path>,
    /// Whether to apply without `--yes` when there is nobody to ask: the command itself was the yes.
    pub applies_unasked: bool,
    /// The command that would make the same plan again and apply it.
    pub again: CommandLine,
    /// Whether questions led to this plan, so that the command is worth telling at the end.
    pub guided: bool,
}

impl<'a> Finish<'a> {
    /// A plan that is shown, and applied on yes: nothing is written beside it, nothing was agreed to, and nobody was asked.
    pub(crate) fn new(store: &'a Path, consent: &'a ConsentArgs, again: CommandLine) -> Self {
        Self {
            store,
            consent,
            agreed: AgreedArgs::default(),
            out: None,
            runbook: None,
            markdown: None,
            report: None,
            applies_unasked: false,
            again,
            guided: false,
        }
    }

    /// The command that applies the plan without questions: the saved one when there is one, else the one that makes it
    /// again.
    pub(crate) fn apply_command(&self, plan: &Plan) -> CommandLine {
        let line = match self.out {
            // The saved plan has the paths of its files.
            Some(out) => CommandLine::new("apply")
                .word(out.display().to_string())
                .in_store(self.store),
            None => self.again.clone(),
        };
        let agreements = agreements(self.agreed);
        // What makes the plan again has the flags that were given.
        agreements
            .iter()
            .filter(|agreement| plan.has_finding(agreement.code))
            .filter(|agreement| self.out.is_some() || !agreement.is_given)
            .fold(line, |line, agreement| line.word(agreement.flag))
            .word("--yes")
    }
}

/// The command that does the same, to who was asked.
pub(crate) fn tell_again(ui: &Ui, how: &Finish) -> Result<(), CliError> {
    if how.guided {
        ui.tell(&format!(
            "\nThe same without questions:\n  {}",
            how.again.clone().word("--yes")
        ))?;
    }
    Ok(())
}
