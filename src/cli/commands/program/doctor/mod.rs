//! `mageshift doctor`

mod machine;
mod store;

use super::installation;
use crate::cli::options::args::{GlobalArgs, SourceArgs, existing_directory};
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::planning::repositories;
use crate::cli::screen::ui::Ui;
use crate::distribution::known_as_of;
use crate::planner::error::PlanError;
use clap::Args;
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Tell what a report of a fault should say: versions, platform, settings, repositories, cache
///
/// Secrets are not in it: of credentials it names host and kind, of variables that hold some only that they are set. The
/// repositories of the store are asked whether they answer; nothing is written.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift doctor
  mageshift doctor --offline
  mageshift doctor -d /srv/shop --json")]
pub(crate) struct DoctorArgs {
    #[command(flatten)]
    pub source: SourceArgs,
}

/// How long a repository has when nothing else is said: somebody waits, and nothing depends on the answer.
const DEADLINE: Duration = Duration::from_secs(10);

/// All that is told.
#[derive(Debug, Clone, Serialize)]
struct Report {
    /// This program's.
    version: &'static str,
    /// `linux`, `x86_64` and, where it matters, the C library that it is linked with.
    platform: String,
    /// What the system calls itself.
    system: Option<String>,
    /// The prefix that install.sh used; none for a program that came another way.
    installed_below: Option<PathBuf>,
    /// The month of the release data that ship with this program.
    release_data: &'static str,
    tools: Vec<machine::Tool>,
    terminal: Terminal,
    /// Variables that this program, or who it asks, reads.
    environment: Vec<machine::Variable>,
    credentials: Vec<Credential>,
    store: store::Store,
    repositories: Vec<store::Answer>,
    cache: Option<machine::Cache>,
}

/// What output goes to.
#[derive(Debug, Clone, Serialize)]
struct Terminal {
    /// Columns that text is made for.
    width: usize,
    /// Whether somebody can be asked.
    asks: bool,
    colors: bool,
}

/// Credentials that are stored, without the secret.
#[derive(Debug, Clone, Serialize)]
struct Credential {
    host: String,
    kind: &'static str,
    place: String,
}

/// Gathers what a report of a fault needs, without secrets, and asks repositories where that is wanted.
pub(crate) fn run(args: &DoctorArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let folder = &global.working_dir;
    existing_directory(folder)?;
    let store = store::look(folder);
    let root = store::root(folder, &store.files);
    let mut options = repositories::options(&root, folder)
        .map_err(|error| PlanError::Repository(Arc::new(error)))?;
    options.deadline = DEADLINE;
    let options = args.source.applied_to(options);
    let progress = ui.progress("Asking the repositories");
    let answers = store::ask(&root, &options);
    drop(progress);
    let report = Report {
        version: env!("CARGO_PKG_VERSION"),
        platform: machine::platform(),
        system: machine::system(),
        installed_below: installation::own().map(|own| own.prefix),
        release_data: known_as_of(),
        tools: machine::tools(),
        terminal: Terminal {
            width: ui.width,
            asks: ui.can_prompt(),
            colors: ui.stdout.0,
        },
        environment: machine::environment(std::env::vars_os()),
        credentials: crate::cli::commands::auth::known(folder)
            .unwrap_or_default()
            .into_iter()
            .map(|(host, kind, place)| Credential { host, kind, place })
            .collect(),
        store,
        repositories: answers,
        cache: options.cache_dir.as_deref().map(machine::cache),
    };
    if ui.json {
        ui.members(&report)?;
    } else {
        ui.show(&render(&report, ui))?;
    }
    Ok(Exit::Done)
}

/// One section below the other; a section with nothing in it says so.
fn render(report: &Report, ui: &Ui) -> String {
    let row = |name: &str, value: String| [name.to_owned(), value];
    let system = report.system.as_ref();
    let mut program = vec![
        row("mageshift", report.version.to_owned()),
        row("platform", report.platform.clone()),
        row("system", system.map_or("not known", |name| name).to_owned()),
        row(
            "installed by",
            match &report.installed_below {
                Some(prefix) => format!("install.sh, below {}", prefix.display()),
                None => "something other than install.sh".to_owned(),
            },
        ),
        row("release data", format!("of {}", report.release_data)),
        row(
            "terminal",
            format!(
                "{} columns, {}, {}",
                report.terminal.width,
                if report.terminal.asks {
                    "asks"
                } else {
                    "does not ask"
                },
                if report.terminal.colors {
                    "colours"
                } else {
                    "no colours"
                },
            ),
        ),
    ];
    program.extend(report.tools.iter().map(|tool| {
        let version = tool.version.as_deref();
        row(tool.name, version.unwrap_or("not on the PATH").to_owned())
    }));
    let environment = report.environment.iter().map(|variable| {
        let value = variable.value.as_deref();
        row(&variable.name, value.unwrap_or("is set").to_owned())
    });
    let credentials = report
        .credentials
        .iter()
        .map(|known| row(&known.host, format!("{}, in {}", known.kind, known.place)));
    let repositories = report
        .repositories
        .iter()
        .map(|answer| row(&answer.repository, answer.summary()));
    let cache = match &report.cache {
        None => vec![row("folder", "none: the system names no place".to_owned())],
        Some(cache) => vec![
            row("folder", cache.folder.display().to_string()),
            row(
                "holds",
                format!(
                    "{} documents, {} KiB",
                    cache.documents,
                    cache.bytes.div_ceil(1024)
                ),
            ),
            row(
                "writable",
                if cache.writable { "yes" } else { "no" }.to_owned(),
            ),
        ],
    };
    let sections: [(&str, Vec<[String; 2]>); 6] = [
        ("Program", program),
        ("Environment", environment.collect()),
        ("Credentials", credentials.collect()),
        ("Store", report.store.rows()),
        ("Repositories", repositories.collect()),
        ("Cache", cache),
    ];
    let mut out = String::new();
    for (title, rows) in sections {
        if !out.is_empty() {
            out.push('\n');
        }
        out.push_str(&format!("{}\n", ui.paint().bold(title)));
        out.push_str(&match rows.is_empty() {
            true => "  none\n".to_owned(),
            false => columns(&rows, ui.width),
        });
    }
    crate::preview::plain(&out).into_owned()
}

/// Names and values side by side; a value that is too wide goes on below itself.
fn columns(rows: &[[String; 2]], width: usize) -> String {
    let names = rows
        .iter()
        .map(|[name, _]| console::measure_text_width(name));
    let indent = 2 + names.max().unwrap_or(0) + 2;
    let mut out = String::new();
    for [name, value] in rows {
        let options =
            textwrap::Options::new(width.saturating_sub(indent).max(20)).break_words(false);
        for (index, line) in textwrap::wrap(value, options).iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            let gap = " ".repeat(indent - 2 - console::measure_text_width(name));
            out.push_str(&format!("  {name}{gap}{line}\n"));
        }
    }
    out
}
