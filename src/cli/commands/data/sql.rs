//! `mageshift data sql`: the conversion as a script.

use super::plan::{PlanArgs, conversion};
use crate::apply::Readers;
use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::output_file::Output;
use crate::cli::screen::ui::Ui;
use crate::database::conversion::script;
use clap::Args;
use std::path::PathBuf;

/// Write the conversion as an SQL script, for whoever looks after the database
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift data sql --to mage-os --out convert.sql
  mageshift data sql --to magento --into shop_new | gzip > convert.sql.gz")]
pub(super) struct SqlArgs {
    #[command(flatten)]
    plan: PlanArgs,

    /// Write it to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes the statements of a conversion as a script, for who runs it in another way.
pub(super) fn run(args: &SqlArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let (connection, mut session) = args.plan.connection.open(global, ui)?;
    let request = args.plan.conversion.request(&connection, global)?;
    if request.in_place {
        return Err(CliError::message(
            Exit::Usage,
            "a script writes a new database; in place `mageshift data copy --in-place` alone converts",
        )
        .hint("what is done there depends on what was done before, and each table is compared before the old one goes"));
    }
    let conversion = conversion(&mut session, &request, ui)?;
    if conversion.is_blocked() {
        for finding in &conversion.findings {
            ui.warn(&format!(
                "{} [{}]: {}",
                finding.title,
                finding.code(),
                finding.detail
            ))?;
        }
        return Ok(Exit::Blocked);
    }
    let text = script::render(&conversion);
    let Some(path) = &args.out else {
        ui.show(&text)?;
        return Ok(Exit::Done);
    };
    let file = Output {
        path,
        what: "a script",
        readers: Readers::Owner,
        is_own: &|bytes| {
            bytes.starts_with(b"-- ") && bytes.windows(10).any(|part| part == b"SET NAMES ")
        },
    };
    file.check(&global.working_dir, None)?;
    file.write(&global.working_dir, text.as_bytes())?;
    ui.tell(&format!("The script is in {}.", path.display()))?;
    Ok(Exit::Done)
}
