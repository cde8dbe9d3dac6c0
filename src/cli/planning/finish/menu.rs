//! What to do with a plan that questions led to: apply, look, save, change an answer, stop.

use super::how::{Finish, tell_again};
use super::outputs::{plan_file, save};
use super::show::layout;
use crate::cli::outcome::error::CliError;
use crate::cli::screen::choice::Choice;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::{Ui, terminal_width};
use crate::plan::Plan;
use crate::plan::census::Census;
use crate::preview::Shown;
use crate::preview::layout::Detail;
use crate::preview::text;
use std::path::Path;

/// What to do with a plan that questions led to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Apply,
    Look,
    Save,
    Change,
    Stop,
}

impl Next {
    /// What can be done with this plan, each with what it means.
    fn offer(plan: &Plan, ui: &Ui) -> Vec<(Self, Choice)> {
        let choice = |label: &str, cost: &str| Choice {
            label: label.to_owned(),
            cost: cost.to_owned(),
        };
        let look = match plan.is_blocked() {
            true => choice("show everything", "every finding, every reason"),
            false => choice(
                "show the diff",
                "every line that changes, then this question again",
            ),
        };
        let all = [
            (
                Self::Apply,
                choice("apply", "writes the files; `mageshift undo` takes it back"),
            ),
            (Self::Look, look),
            (
                Self::Save,
                choice("save the plan", "to be applied later, or by somebody else"),
            ),
            (
                Self::Change,
                choice("change an answer", "all others stay as they are"),
            ),
            (Self::Stop, choice("stop", "nothing is written")),
        ];
        let fits = |next: Self| match next {
            Self::Apply | Self::Save => !plan.is_blocked(),
            Self::Change => ui.dialog.has_answers(),
            Self::Look | Self::Stop => true,
        };
        all.into_iter().filter(|(next, _)| fits(*next)).collect()
    }
}

/// Asks what to do next until that is decided; whether it is to apply. The cursor stands on looking first, so that Enter
/// alone writes nothing.
pub(crate) fn next(
    plan: &Plan,
    shown: &Shown,
    census: &Census,
    ui: &Ui,
    how: &Finish,
) -> Result<bool, CliError> {
    let mut favourite = Next::Look;
    loop {
        let offer = Next::offer(plan, ui);
        let choices: Vec<Choice> = offer.iter().map(|(_, choice)| choice.clone()).collect();
        let place = offer.iter().position(|(next, _)| *next == favourite);
        let picked = prompt::menu(ui, "What now?", &choices, place.unwrap_or_default())?;
        let Some((next, choice)) = picked.and_then(|index| offer.get(index)) else {
            return Err(ui.dialog.back());
        };
        ui.warn(&format!("What now? {}", ui.stderr.green(&choice.label)))?;
        match next {
            Next::Apply => return Ok(true),
            Next::Look => {
                let mut layout = layout(ui, how.consent);
                match plan.is_blocked() {
                    true => layout.detail = Detail::Full,
                    false => layout.diff = true,
                }
                ui.page(&text::render(shown, census, &layout))?;
                favourite = match plan.is_blocked() {
                    true => Next::Change,
                    false => Next::Apply,
                };
            }
            Next::Save => {
                if save_for_later(plan, ui, how)? {
                    tell_again(ui, how)?;
                    return Ok(false);
                }
            }
            Next::Change => {
                if let Some(index) = which_answer(ui)? {
                    return Err(ui.dialog.change(index));
                }
            }
            Next::Stop => {
                ui.warn("Nothing was written.")?;
                tell_again(ui, how)?;
                return Ok(false);
            }
        }
    }
}

/// Asks for the file to save the plan in, and saves it there; false where somebody thought better of it.
fn save_for_later(plan: &Plan, ui: &Ui, how: &Finish) -> Result<bool, CliError> {
    loop {
        let Some(file) = prompt::line(ui, "Which file?", Some("plan.json"))? else {
            return Ok(false);
        };
        let path = Path::new(&file);
        let saved = plan_file(path)
            .check(how.store, Some(plan))
            .and_then(|()| save(plan, how.store, path));
        match saved {
            Ok(()) => {
                let saved = Finish {
                    out: Some(path),
                    again: how.again.clone(),
                    ..*how
                };
                ui.tell(&format!(
                    "The plan is saved in {file}; it holds whole files, so keep it to yourself. To apply it:\n  {}",
                    saved.apply_command(plan)
                ))?;
                return Ok(true);
            }
            Err(error) => ui.warn(
                error
                    .render(&ui.masker, ui.stderr, terminal_width())
                    .trim_end(),
            )?,
        }
    }
}

/// Asks which answer is to be changed; none where somebody thought better of it.
fn which_answer(ui: &Ui) -> Result<Option<usize>, CliError> {
    let choices: Vec<Choice> = ui
        .dialog
        .answers()
        .into_iter()
        .map(|(label, cost)| Choice { label, cost })
        .collect();
    let last = choices.len().saturating_sub(1);
    prompt::menu(ui, "Which answer?", &choices, last)
}
