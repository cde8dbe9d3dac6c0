//! The command line: arguments, prompts, calls, exit code. A file or folder for each command in `commands`; what they share
//! is in `options`, `planning` and `screen`, how a run ends in `outcome`.

mod commands;
mod log;
mod options;
mod outcome;
mod output_file;
mod planning;
mod screen;
mod secrets;
mod usage;

pub use commands::Cli;
pub use outcome::error::CliError;
pub use outcome::exit::Exit;
pub use screen::ui::Ui;

use commands::Command;
use commands::catalog::{profiles, releases};
use commands::plans::{apply, next, undo};
use commands::program::{completions, doctor, explain, man, self_update};
use commands::{auth, check, lock, new, overview, report, slim, switch, why};
use outcome::signal;
use screen::ui::terminal_width;

use crate::apply::Journals;
use crate::planner::wish::Aim;
use crate::preview::layout::Detail;
use crate::project::root_files::RootFiles;
use clap::CommandFactory;
use options::args::GlobalArgs;
use std::io::Write;

/// Runs the program with the arguments of this process.
pub fn main() -> Exit {
    let mut cli = match usage::parse() {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let is_found_above = cli.command.is_about_a_store() && cli.global.find_store();
    signal::install();
    let global = &cli.global;
    let detail = match (global.quiet, global.verbose) {
        (true, _) => Detail::Brief,
        (false, 0) => Detail::Normal,
        (false, _) => Detail::Full,
    };
    let masker = secrets::masker(&global.working_dir);
    let mut ui = Ui::new(
        global.color,
        detail,
        global.json,
        !global.no_interaction,
        masker,
        // One that cannot be told is said by whoever reads the store.
        RootFiles::of(&global.working_dir).unwrap_or_default(),
    );
    ui.pages = !global.no_pager;
    ui.tell_progress(global.progress);
    let is_of_many = matches!(cli.command, Command::Fleet(_));
    if let Err(what) = log::start(global.verbose, is_of_many, &ui) {
        let _ = ui.warn(&what);
    }
    if is_found_above {
        let folder = std::path::absolute(&global.working_dir).and_then(|path| path.canonicalize());
        let folder = folder.unwrap_or_else(|_| global.working_dir.clone());
        let _ = ui.tell(&format!("The store is {}.", folder.display()));
    }
    if let Ok(journals) = Journals::open(&global.working_dir) {
        journals.clear_staged();
    }
    let ended = run(&cli.command, global, &ui);
    signal::end_if_interrupted();
    match ended {
        Ok(exit) => exit,
        Err(error) => {
            if error.exit == Exit::Interrupted {
                // The signal that broke off a question ends the program with a code of its own.
                signal::await_end();
            }
            report(&error, &ui)
        }
    }
}

fn run(command: &Command, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    match command {
        Command::Switch(args) => switch::run(args, Aim::Switch, global, ui),
        Command::Upgrade(args) => switch::run(args, Aim::Upgrade, global, ui),
        Command::Plan(args) => switch::plan(args, global, ui),
        Command::Version => {
            ui.show(concat!("mageshift ", env!("CARGO_PKG_VERSION"), "\n"))?;
            Ok(Exit::Done)
        }
        Command::Overview => overview::run(global, ui),
        Command::Slim(args) => slim::run(args, global, ui),
        Command::New(args) => new::run(args, global, ui),
        Command::Profiles(args) => profiles::run(args, ui),
        Command::Apply(args) => apply::run(args, global, ui),
        Command::Next(args) => next::run(args, global, ui),
        Command::Undo(args) => undo::run(args, global, ui),
        Command::Check(args) => check::run(args, global, ui),
        Command::Lock(args) => lock::run(args, global, ui),
        Command::Data(args) => args.run(global, ui),
        Command::Fleet(args) => args.run(global, ui),
        Command::Auth(args) => auth::run(args, global, ui),
        Command::Why(args) => why::why(args, global, ui),
        Command::WhyNot(args) => why::why_not(args, global, ui),
        Command::Releases(args) => releases::run(args, ui),
        Command::Report(args) => report::run(args, global, ui),
        Command::Explain(args) => explain::run(args, ui),
        Command::Doctor(args) => doctor::run(args, global, ui),
        Command::SelfUpdate(args) => self_update::run(args, ui),
        Command::Completions(args) => completions::run(args, Cli::command(), ui),
        Command::Man(args) => man::run(args, Cli::command(), ui),
    }
}

/// Tells what went wrong, once. When nobody reads any more there is nobody to tell, either.
fn report(error: &CliError, ui: &Ui) -> Exit {
    if !error.is_broken_pipe() {
        let error = &error.named(&ui.files);
        let _ = write!(
            std::io::stderr(),
            "{}",
            error.render(&ui.masker, ui.stderr, terminal_width())
        );
        if ui.json {
            let _ = write!(std::io::stdout(), "{}", error.json(&ui.masker));
        }
    }
    error.exit
}
