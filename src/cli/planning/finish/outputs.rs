//! The files that a run leaves beside what it applies: the saved plan, the runbook, Markdown, the report.

use super::how::Finish;
use super::prepare::{Wanted, add_diffs, but_for_locks};
use crate::apply::Readers;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::output_file::{Output, is_plan, is_runbook};
use crate::cli::planning::report::{html_file, of_plan};
use crate::cli::screen::ui::Ui;
use crate::plan::Plan;
use crate::preview::Shown;
use crate::preview::markdown;
use crate::preview::runbook::{self, Surroundings};
use crate::project::env_php::EnvPhp;
use crate::project::store_files::DiskFiles;
use std::path::Path;

/// The file for the whole plan, which only its owner can read.
pub(crate) fn plan_file(path: &Path) -> Output<'_> {
    Output {
        path,
        what: "a saved plan",
        readers: Readers::Owner,
        is_own: &is_plan,
    }
}

/// The file for the steps, which others may read as far as the umask lets them.
pub(crate) fn runbook_file(path: &Path) -> Output<'_> {
    Output {
        path,
        what: "a runbook",
        readers: Readers::Umask,
        is_own: &is_runbook,
    }
}

/// The file for the plan as Markdown, likewise.
pub(crate) fn markdown_file(path: &Path) -> Output<'_> {
    Output {
        path,
        what: "a plan as Markdown",
        readers: Readers::Umask,
        is_own: &markdown::is_rendered,
    }
}

/// Writes the whole plan.
pub(crate) fn save(plan: &Plan, store: &Path, out: &Path) -> Result<(), CliError> {
    let mut plan = plan.clone();
    add_diffs(&mut plan, store, |_| Wanted::Diff);
    let mut text =
        serde_json::to_vec_pretty(&plan).map_err(|error| CliError::new(Exit::Failed, error))?;
    text.push(b'\n');
    plan_file(out).write(store, &text)
}

/// Writes the steps of a switch, masked as all that is shown.
pub(crate) fn write_runbook(
    plan: &Plan,
    shown: &Shown,
    ui: &Ui,
    how: &Finish,
    path: &Path,
) -> Result<(), CliError> {
    let apply = how.apply_command(plan).to_string();
    let apply = ui.masker.mask(&apply).into_owned();
    let surroundings = Surroundings {
        apply: &apply,
        table_prefix: &EnvPhp::read(&DiskFiles::below(how.store))
            .ok()
            .flatten()
            .unwrap_or_default()
            .table_prefix,
    };
    let text = runbook::render(shown, &surroundings);
    runbook_file(path).write(how.store, text.as_bytes())?;
    ui.tell(&format!("The runbook is in {}.", path.display()))
}

/// Writes the document for who decides.
pub(crate) fn write_report(
    plan: &Plan,
    ui: &Ui,
    how: &Finish,
    path: &Path,
) -> Result<(), CliError> {
    let mut plan = plan.clone();
    add_diffs(&mut plan, how.store, but_for_locks);
    let env = EnvPhp::read(&DiskFiles::below(how.store)).ok().flatten();
    let prefix = env.unwrap_or_default().table_prefix;
    let apply = how.apply_command(&plan).to_string();
    let text = of_plan(&plan, how.store, &apply, &prefix);
    html_file(path).write(how.store, text.as_bytes())?;
    ui.tell(&format!("The report is in {}.", path.display()))
}
