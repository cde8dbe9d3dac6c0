//! Everything after planning: show the plan, save it, ask, apply it, say what comes next.

use super::args::ConsentArgs;
use super::command_line::CommandLine;
use super::error::CliError;
use super::exit::Exit;
use super::prompt;
use super::signal::uninterrupted;
use super::ui::Ui;
use crate::apply::{Journals, Outcome};
use crate::plan::{Plan, codes};
use crate::preview::Shown;
use crate::preview::text::{self, Detail, Layout};
use anyhow::Context;
use std::fs;
use std::io::Write;
use std::path::Path;

/// What a command knows about its plan.
pub struct Finish<'a> {
    pub store: &'a Path,
    pub consent: &'a ConsentArgs,
    /// Where to save the plan, blocked or not.
    pub out: Option<&'a Path>,
    /// Whether to apply without `--yes` when there is nobody to ask: the command itself was the yes.
    pub applies_unasked: bool,
    /// The command that would make the same plan again and apply it.
    pub again: CommandLine,
    /// Whether questions led to this plan, so that the command is worth telling at the end.
    pub guided: bool,
}

/// A word to type in place of a flag.
struct Agreement {
    code: &'static str,
    flag: &'static str,
    is_given: bool,
    word: &'static str,
    warning: &'static str,
}

/// Carries the plan as far as the arguments and the user want it.
pub fn finish(mut plan: Plan, ui: &Ui, how: &Finish) -> Result<Exit, CliError> {
    let consent = how.consent;
    add_diffs(&mut plan, how.store, |path| {
        ui.json || how.out.is_some() || consent.lock_diff || !path.ends_with(".lock")
    });
    if let Some(out) = how.out {
        save(&plan, out)?;
    }
    show(&plan, ui, consent.lock_diff)?;
    if let Some(out) = how.out {
        ui.tell(&format!(
            "The plan is saved in {}; it holds whole files, so keep it to yourself.",
            out.display()
        ))?;
    }
    let exit = if plan.is_blocked() {
        Exit::Blocked
    } else if !plan.changes_files() || consent.dry_run && !consent.check {
        Exit::Done
    } else if consent.check || !is_agreed(&plan, ui, how)? {
        Exit::Pending
    } else {
        apply(&mut plan, ui, how)?;
        Exit::Done
    };
    if ui.json {
        ui.document(&Shown::new(&plan, &ui.masker).json())?;
    }
    Ok(exit)
}

/// Fills in the diffs that are wanted. A file that is no longer the one the plan was made from gets none.
fn add_diffs(plan: &mut Plan, store: &Path, is_wanted: impl Fn(&str) -> bool) {
    for edit in plan.edits.iter_mut().filter(|edit| is_wanted(&edit.path)) {
        edit.add_diff(fs::read(store.join(&edit.path)).ok().as_deref());
    }
}

fn show(plan: &Plan, ui: &Ui, lock_diff: bool) -> Result<(), CliError> {
    if ui.json && ui.detail == Detail::Brief {
        return Ok(());
    }
    let layout = Layout {
        width: ui.width,
        paint: ui.paint(),
        detail: ui.detail,
        lock_diff,
    };
    ui.show(&text::render(&Shown::new(plan, &ui.masker), &layout))
}

/// Writes the whole plan to a file that only its owner can read.
fn save(plan: &Plan, out: &Path) -> Result<(), CliError> {
    let folder = out
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let write = || -> anyhow::Result<()> {
        // A temporary file has mode 0600 from the start.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        serde_json::to_writer_pretty(&mut file, plan)?;
        file.write_all(b"\n")?;
        file.as_file().sync_all()?;
        file.persist(out)?;
        Ok(())
    };
    let saved = write().with_context(|| format!("cannot save the plan in {}", out.display()));
    saved.map_err(|error| CliError::new(Exit::Failed, error))
}

/// Whether the plan may be applied, by flags or by what the user says.
fn is_agreed(plan: &Plan, ui: &Ui, how: &Finish) -> Result<bool, CliError> {
    let consent = how.consent;
    let agreements = [
        Agreement {
            code: codes::DATA_LOSS,
            flag: "--accept-data-loss",
            is_given: consent.accept_data_loss,
            word: "lose data",
            warning: "This destroys data of the shop, see above.",
        },
        Agreement {
            code: codes::DOWNGRADE,
            flag: "--allow-downgrade",
            is_given: consent.allow_downgrade,
            word: "downgrade",
            warning: "This goes back to an older Magento, see above.",
        },
    ];
    let needed = || {
        agreements
            .iter()
            .filter(|agreement| plan.has_finding(agreement.code))
    };
    let missing: Vec<&Agreement> = needed().filter(|agreement| !agreement.is_given).collect();

    if !ui.can_prompt() {
        if missing.is_empty() && (consent.yes || how.applies_unasked) {
            return Ok(true);
        }
        let command = match how.out {
            Some(out) => {
                let apply = in_store(
                    CommandLine::new("apply").word(out.display().to_string()),
                    how.store,
                );
                needed().fold(apply, |line, agreement| line.word(agreement.flag))
            }
            None => missing.iter().fold(how.again.clone(), |line, agreement| {
                line.word(agreement.flag)
            }),
        };
        let command = command.word("--yes");
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
    if consent.yes || !missing.is_empty() || prompt::confirm(ui, "Apply?")? {
        Ok(true)
    } else {
        declined(ui)
    }
}

fn declined(ui: &Ui) -> Result<bool, CliError> {
    ui.warn("Nothing was written.")?;
    Ok(false)
}

/// The command with the store's directory, when that is not the current one.
pub(super) fn in_store(command: CommandLine, store: &Path) -> CommandLine {
    if store == Path::new(".") {
        command
    } else {
        command.options("-d", Some(store.display().to_string()))
    }
}

fn apply(plan: &mut Plan, ui: &Ui, how: &Finish) -> Result<(), CliError> {
    let undo = in_store(CommandLine::new("undo"), how.store);
    let done = "interrupted after the plan was applied; `mageshift undo` takes that back";
    let outcome = uninterrupted(done, || {
        Journals::open(how.store)?
            .masked(ui.masker.clone())
            .apply(plan)
    })?;
    plan.applied = true;
    match outcome {
        Outcome::Applied(_) => ui.tell(&format!(
            "{} `{undo}` takes it back.",
            ui.stderr.green("Applied.")
        ))?,
        Outcome::Nothing => ui.tell("The plan is applied already.")?,
    }
    if !plan.next_steps.is_empty() && ui.detail > Detail::Brief {
        let shown = Shown::new(plan, &ui.masker);
        let steps = shown.plan().next_steps.iter().enumerate();
        let steps: String = steps
            .map(|(index, step)| format!("  {}. {step}\n", index + 1))
            .collect();
        ui.show(&format!("\n{}\n{steps}", ui.paint().bold("Next steps")))?;
    }
    if how.guided {
        ui.tell(&format!(
            "\nThe same without questions:\n  {}",
            how.again.clone().word("--yes")
        ))?;
    }
    Ok(())
}
