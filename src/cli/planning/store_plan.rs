//! From a store on disk and a wish to a plan, with whoever sits at the terminal.

use super::composer_check::verify;
use super::cost;
use super::repositories;
use super::terminal::Terminal;
use crate::apply::Journals;
use crate::cli::options::args::{SourceArgs, existing_directory};
use crate::cli::outcome::error::CliError;
use crate::planner::error::PlanError;
use crate::planner::pipeline::switch;
use crate::planner::wish::{Aim, Planned, Wish};
use crate::project::Project;
use composer_engine::repository::Options;
use std::path::Path;
use std::sync::Arc;

/// Reads the store in a folder, and how its repositories are read. Fails when an earlier run was cut off.
pub(crate) fn read_store(
    folder: &Path,
    source: &SourceArgs,
) -> Result<(Project, Options), CliError> {
    existing_directory(folder)?;
    Journals::open(folder)?.check_finished()?;
    let project = Project::read(folder).map_err(PlanError::from)?;
    let options = repositories::of_store(project.root.value(), folder, source)?;
    Ok((project, options))
}

/// The options with what was asked for in an earlier run of the same question: what is wanted of the store as it is.
pub(crate) fn asking(project: &Project, options: Options, wanted: &[&str]) -> Options {
    let files = [project.root.text(), project.lock_text().unwrap_or_default()];
    repositories::foreseeing(options, &[&files, wanted].concat())
}

/// Plans what is wished of the store; `verifies` has a Composer on the PATH confirm it. Fails when an earlier run was cut off.
pub(crate) fn plan_store(
    store: &Path,
    source: &SourceArgs,
    wish: Wish,
    verifies: bool,
    terminal: &Terminal<'_>,
) -> Result<Planned, CliError> {
    let (project, options) = read_store(store, source)?;
    let aim = match &wish.aim {
        Aim::Switch(spec) | Aim::Upgrade(spec) => spec.as_ref().map(|spec| spec.target.to_string()),
        Aim::Slim => None,
    };
    let options = asking(
        &project,
        options,
        &["plan", aim.as_deref().unwrap_or_default()],
    );
    if terminal.may_ask() {
        // The list of choices is shown while this looks, and looks at a store that is read for it alone.
        let (options, wish) = (options.clone(), wish.clone());
        let project = Arc::new(Project::read(store).map_err(PlanError::from)?);
        terminal.can_estimate(Arc::new(move |spec| {
            cost::of(&project, &options, &wish, spec)
        }));
    }
    let planned = switch::plan(&project, &options, wish, terminal);
    repositories::remember(&options);
    let mut planned = planned?;
    if verifies {
        let plan = &mut planned.plan;
        plan.findings
            .extend(verify(plan, store, &project.files, terminal)?);
        plan.findings.sort_by_key(|finding| finding.severity());
    }
    terminal.rest();
    Ok(planned)
}
