//! `mageshift apply`

use crate::apply::Journals;
use crate::cli::options::args::{AgreedArgs, ConsentArgs, GlobalArgs, existing_directory};
use crate::cli::options::command_line::CommandLine;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::planning::finish::{Finish, finish};
use crate::cli::screen::ui::Ui;
use crate::plan::findings::UnknownCode;
use crate::plan::{Code, Plan};
use clap::Args;
use composer_engine::files;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Apply a plan that was saved with `switch --out`
///
/// The plan is refused when a file has changed since it was made. On a terminal it is shown and asked about first;
/// elsewhere, naming the plan is the yes.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  Make a plan, look at it, apply it:
    mageshift switch --to mage-os --out plan.json --dry-run
    mageshift apply plan.json

  Apply it without a question:
    mageshift apply plan.json --yes")]
pub(crate) struct ApplyArgs {
    /// The saved plan
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,

    /// Write the steps of this switch, in order, as Markdown
    #[arg(long, value_name = "FILE")]
    pub runbook: Option<PathBuf>,

    #[command(flatten)]
    pub consent: ConsentArgs,
    #[command(flatten)]
    pub agreed: AgreedArgs,
}

/// Applies a saved plan, which is asked about again. Fails where a file is not the one that it was made from.
pub(crate) fn run(args: &ApplyArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    existing_directory(store)?;
    let mut plan = read(&args.plan)?;
    plan.applied = false;
    let journals = Journals::open(store)?;
    journals.check_finished()?;
    if !plan.is_blocked() {
        journals.check(&plan)?;
    }
    let again = CommandLine::new("apply")
        .word(args.plan.display().to_string())
        .in_store(store);
    let how = Finish {
        agreed: args.agreed,
        runbook: args.runbook.as_deref(),
        applies_unasked: true,
        ..Finish::new(store, &args.consent, again)
    };
    finish(plan, ui, &how)
}

/// Reads a saved plan.
pub(crate) fn read(path: &Path) -> Result<Plan, CliError> {
    let text = files::read(path, files::PLAN)?;
    let plan = serde_json::from_slice(&text);
    plan.map_err(|error| match foreign_code(&text) {
        // What it asks to be agreed to, or to be solved first, only the version that knows it can tell.
        Some(unknown) => CliError::message(
            Exit::Failed,
            format!(
                "{}: {unknown}; another version made this plan",
                path.display()
            ),
        )
        .hint("make the plan again with this version, or apply it with the one that made it"),
        None => {
            let error =
                anyhow::Error::new(error).context(format!("{} is not a plan", path.display()));
            CliError::new(Exit::Failed, error).hint("save one with `mageshift switch --out FILE`")
        }
    })
}

/// The first finding of a plan that this version does not know.
fn foreign_code(text: &[u8]) -> Option<UnknownCode> {
    #[derive(Deserialize)]
    struct AnyPlan {
        findings: Vec<AnyFinding>,
    }
    #[derive(Deserialize)]
    struct AnyFinding {
        code: String,
    }
    let plan: AnyPlan = serde_json::from_slice(text).ok()?;
    let mut codes = plan.findings.into_iter();
    codes.find_map(|finding| finding.code.parse::<Code>().err())
}
