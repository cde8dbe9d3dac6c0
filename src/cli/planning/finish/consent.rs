//! Whether a plan may be applied.

use super::agreement::{Agreement, agreements};
use super::how::Finish;
use crate::cli::outcome::error::CliError;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::plan::Plan;
use crate::preview::side_name;

/// Whether the plan may be applied, by flags or by what the user says; `is_said` that it was said already.
pub(crate) fn is_agreed(
    plan: &Plan,
    ui: &Ui,
    how: &Finish,
    is_said: bool,
) -> Result<bool, CliError> {
    let consent = how.consent;
    let agreements = agreements(how.agreed);
    let missing: Vec<&Agreement> = agreements
        .iter()
        .filter(|agreement| plan.has_finding(agreement.code) && !agreement.is_given)
        .collect();

    if !ui.can_prompt() {
        let is_unasked = how.applies_unasked && !ui.is_redirected();
        if missing.is_empty() && (consent.yes || is_unasked) {
            return Ok(true);
        }
        for agreement in &missing {
            for finding in plan
                .findings
                .iter()
                .filter(|finding| finding.code() == agreement.code)
            {
                let detail = match finding.detail.is_empty() {
                    true => String::new(),
                    false => format!(" {}", finding.detail),
                };
                ui.warn(&format!(
                    "{}: {} → {}.{detail}\n`{}` agrees to that.",
                    finding.title,
                    side_name(&plan.source),
                    side_name(&plan.target),
                    agreement.flag
                ))?;
            }
        }
        let command = how.apply_command(plan);
        ui.warn(&format!("Nothing was written. To apply it:\n  {command}"))?;
        return Ok(false);
    }
    for agreement in &missing {
        ui.warn(&ui.stderr.red(agreement.warning))?;
        let question = format!("Type `{}` to go on", agreement.word);
        if !prompt::type_word(ui, &question, agreement.word)? {
            return declined(ui);
        }
    }
    // Who has typed a word has said yes.
    if consent.yes || is_said || !missing.is_empty() || prompt::confirm(ui, "Apply?")? {
        Ok(true)
    } else {
        declined(ui)
    }
}

fn declined(ui: &Ui) -> Result<bool, CliError> {
    ui.warn("Nothing was written.")?;
    Ok(false)
}
