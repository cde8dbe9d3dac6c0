//! `mageshift data`: the shop's database.

mod beside;
mod connect;
mod copy;
mod in_place;
mod inspect;
mod plan;
mod show;
mod sql;
mod use_database;
mod verify;

use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::ui::Ui;
use crate::database::error::DatabaseError;
use clap::{Args, Subcommand};

/// Convert the data of an Adobe Commerce shop for Mage-OS or Magento Open Source
///
/// `plan` reads the schema of the shop's own database and says what becomes of each table; it only reads. `copy` writes a
/// new database beside the old one, which is never touched, so that the way back is one line in app/etc/env.php. `sql`
/// writes the same as a script, `verify` compares the two databases, and `use` leads the shop to the new one.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  mageshift data plan --to mage-os
  mageshift data copy --to mage-os --into shop_new
  mageshift data verify --to mage-os --into shop_new
  mageshift data use shop_new")]
pub(crate) struct DataArgs {
    #[command(subcommand)]
    command: DataCommand,
}

#[derive(Debug, Subcommand)]
enum DataCommand {
    Inspect(inspect::InspectArgs),
    Plan(plan::PlanArgs),
    Copy(copy::CopyArgs),
    Sql(sql::SqlArgs),
    Verify(verify::VerifyArgs),
    Use(use_database::UseArgs),
}

impl DataArgs {
    /// Runs what was asked for. The folder may be that of no store: options can name all that it would.
    pub(crate) fn run(&self, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
        match &self.command {
            DataCommand::Inspect(args) => inspect::run(args, global, ui),
            DataCommand::Plan(args) => plan::run(args, global, ui),
            DataCommand::Copy(args) => {
                let (connection, mut session) = args.plan.connection.open(global, ui)?;
                connect::tell(&connection, &session, ui)?;
                let request = args.plan.conversion.request(&connection, global)?;
                match request.in_place {
                    true => in_place::run(args, global, ui, &mut session, &request),
                    false => beside::run(args, global, ui, (&connection, &mut session), request),
                }
            }
            DataCommand::Sql(args) => sql::run(args, global, ui),
            DataCommand::Verify(args) => verify::run(args, global, ui),
            DataCommand::Use(args) => use_database::run(args, global, ui),
        }
    }
}

impl From<DatabaseError> for CliError {
    fn from(error: DatabaseError) -> Self {
        let hint = error.hint();
        let exit = match error {
            DatabaseError::Unfit(_) | DatabaseError::Version { .. } => Exit::Unusable,
            _ => Exit::Failed,
        };
        let error = Self::new(exit, error);
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}
