//! `mageshift next`

use super::undo::{age, title};
use crate::apply::{Journals, Record};
use crate::cli::options::args::{GlobalArgs, existing_directory};
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::ui::Ui;
use crate::distribution::{ReleaseCatalog, detect};
use crate::plan::sentence::count;
use crate::plan::{SCHEMA, Side, Step};
use crate::planner::assembly::steps::Shop;
use crate::planner::assembly::steps::next::{Standpoint, State, standpoints, upkeep};
use crate::planner::error::PlanError;
use crate::preview::{side_name, steps};
use crate::project::Project;
use crate::project::root_files::RootFiles;
use crate::project::standing::{Installed, Standing};
use crate::project::store_files::DiskFiles;
use clap::Args;
use composer_engine::format::lock::Lock;
use serde_json::json;

/// Say what is still to do after an apply
///
/// Looks at the store: whether vendor is what composer.lock says, whether app/etc/config.php lists the modules that are there,
/// whether generated code and static files are newer than the code, and whether the maintenance mode is on. What is in the
/// database the files do not tell. Nothing is written.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift next

  For a script:
    mageshift next --json")]
pub(crate) struct NextArgs {}

/// Shows which steps of the newest applied plan are still to do, as far as files tell.
pub(crate) fn run(_: &NextArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    existing_directory(store)?;
    let journals = Journals::open(store)?;
    journals.check_finished()?;
    let last = journals.list()?.pop();
    let (source, target, steps) = match &last {
        Some(record) if !record.steps.is_empty() => (
            record.source.clone(),
            record.target.clone(),
            record.steps.clone(),
        ),
        _ => {
            let side = side(store)?;
            let files = RootFiles::of(store).unwrap_or_default();
            let shop = Shop::read(&DiskFiles::below(store), files);
            let steps = upkeep(&side, &shop);
            (side.clone(), side, steps)
        }
    };
    let standing = Standing::of(store, &ui.files);
    let points = standpoints(steps.iter(), &standing);
    if ui.json {
        let document = json!({
            "schema": SCHEMA,
            "source": source,
            "target": target,
            "applied_at": last.as_ref().map(|record| record.applied_at),
            "vendor": word(&standing.installed),
            "maintenance": standing.is_closed,
            "steps": points,
        });
        ui.document(document)?;
    } else {
        ui.show(&render(last.as_ref(), &target, &standing, &points, ui))?;
    }
    Ok(Exit::Done)
}

/// What the store is, by its files.
fn side(store: &std::path::Path) -> Result<Side, CliError> {
    let project = Project::read(store).map_err(PlanError::from)?;
    let lock = project.lock().map(Lock::value);
    let detected =
        detect(lock, project.root.value(), &ReleaseCatalog::bundled()).map_err(PlanError::from)?;
    Ok(Side {
        distribution: detected.distribution().id().to_owned(),
        edition: detected.edition().id().to_owned(),
        release: detected.release,
        upstream: detected.upstream,
    })
}

fn word(installed: &Installed) -> &'static str {
    match installed {
        Installed::Missing => "missing",
        Installed::NoLock => "no-lock",
        Installed::Unknown => "unknown",
        Installed::AsLocked(_) => "as-locked",
        Installed::Differs(_) => "differs",
    }
}

fn render(
    last: Option<&Record>,
    target: &Side,
    standing: &Standing,
    points: &[Standpoint],
    ui: &Ui,
) -> String {
    let paint = ui.paint();
    let mut out = match last {
        Some(record) => format!(
            "{}\nApplied {} ago.\n",
            paint.bold(title(record)),
            age(record)
        ),
        None => format!(
            "{}\nNo run of mageshift is recorded here.\n",
            paint.bold(side_name(target))
        ),
    };
    if standing.is_closed {
        out.push_str(&paint.yellow("The shop is closed: the maintenance mode is on."));
        out.push('\n');
    }
    let of = |state: State| -> Vec<Step> {
        let of_state = points.iter().filter(|point| point.state == state);
        of_state.map(explained).collect()
    };
    let (open, unknown) = (of(State::Open), of(State::Unknown));
    let title = match (open.is_empty(), unknown.is_empty()) {
        (true, true) => "Nothing is left to do.",
        (true, false) => "As far as the files tell, nothing is left to do.",
        (false, _) => "Still to do",
    };
    out.push_str(&format!("\n{}\n", paint.bold(title)));
    let layout = ui.layout();
    if !open.is_empty() {
        out.push_str(&format!("\n{}", steps::render(open.iter(), &layout)));
    }
    if !unknown.is_empty() {
        let title = paint.bold("The files do not tell whether this is done");
        let steps = steps::render(unknown.iter(), &layout);
        out.push_str(&format!("\n{title}\n\n{steps}"));
    }
    let done = points.len() - open.len() - unknown.len();
    if done > 0 {
        let text = format!("{} done or not needed", count(done, "step"));
        out.push_str(&format!("\n{}\n", paint.dim(text)));
    }
    out
}

/// The step, with what tells how far it is before what there is to know about it.
fn explained(point: &Standpoint) -> Step {
    let texts = [point.reason.as_str(), point.step.text.as_str()];
    let texts: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
    Step {
        text: texts.join("; "),
        ..point.step.clone()
    }
}
