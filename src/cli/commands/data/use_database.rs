//! `mageshift data use`: leads the shop to another database.

use crate::apply::Journals;
use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::outcome::signal::uninterrupted;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::plan::{Edit, Plan};
use crate::planner::error::PlanError;
use crate::planner::pipeline::composer_update::unchanged::unchanged;
use crate::project::Project;
use crate::project::env_php::{ENV_PHP, redirected};
use clap::Args;
use composer_engine::files;
use serde_json::json;

/// Lead the shop to another database: one line of app/etc/env.php
///
/// Gives every connection the new name and changes nothing else. `mageshift undo` takes it back, which is the way back to
/// the old database. Nothing is asked of the server.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  After `mageshift data copy` and `mageshift data verify`:
    mageshift data use shop_mage_os

  And back again:
    mageshift undo")]
pub(super) struct UseArgs {
    /// The database, as `mageshift data copy` has written it
    #[arg(value_name = "DATABASE")]
    database: String,

    /// Write without asking
    #[arg(short, long)]
    yes: bool,

    /// Show what would change, and write nothing
    #[arg(long)]
    dry_run: bool,
}

/// Leads app/etc/env.php to another database, with a journal that `mageshift undo` takes back.
pub(super) fn run(args: &UseArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    let journals = Journals::open(store)?;
    journals.check_finished()?;
    let project = Project::read(store).map_err(PlanError::from)?;
    let text = files::text(&store.join(ENV_PHP), files::CONFIGURATION)?;
    let new = redirected(&text, &args.database).map_err(|error| {
        CliError::new(Exit::Unusable, error)
            .hint("correct `db` in that file, or give the name to every connection by hand")
    })?;
    let edit = Edit::new(ENV_PHP, Some(text.as_bytes()), Some(&new.text));
    let mut plan = Plan {
        edits: vec![edit],
        ..unchanged(&project)?
    };
    if !ui.json {
        let lines = new.connections.iter().map(|(connection, old)| {
            format!(
                "{ENV_PHP}: the connection {connection}: {old} → {}\n",
                args.database
            )
        });
        ui.show(&lines.collect::<String>())?;
    }
    let exit = if new.connections.is_empty() {
        ui.tell(&format!("{ENV_PHP} leads to {} already.", args.database))?;
        Exit::Done
    } else if args.dry_run {
        Exit::Done
    } else if !is_agreed(args, ui)? {
        Exit::Pending
    } else {
        let done =
            "interrupted after app/etc/env.php was written; `mageshift undo` takes that back";
        uninterrupted(done, || {
            let journals = journals.masked(ui.masker.clone());
            journals.apply(&plan).map_err(CliError::not_applied)
        })?;
        plan.applied = true;
        ui.tell(&format!(
            "{} `mageshift undo` leads the shop back.",
            ui.stderr.green("Written.")
        ))?;
        Exit::Done
    };
    if ui.json {
        let connections: Vec<_> = new
            .connections
            .iter()
            .map(|(name, from)| json!({"name": name, "from": from, "to": args.database}))
            .collect();
        let document = json!({
            "schema": crate::database::conversion::SCHEMA,
            "file": ENV_PHP,
            "connections": connections,
            "applied": plan.applied,
        });
        ui.document(document)?;
    }
    Ok(exit)
}

fn is_agreed(args: &UseArgs, ui: &Ui) -> Result<bool, CliError> {
    if args.yes {
        return Ok(true);
    }
    if !ui.can_prompt() {
        ui.warn("Nothing was written: there is nobody to ask, and no --yes.")?;
        return Ok(false);
    }
    let agreed = prompt::confirm(ui, &format!("Lead the shop to {}?", args.database))?;
    if !agreed {
        ui.warn("Nothing was written.")?;
    }
    Ok(agreed)
}
