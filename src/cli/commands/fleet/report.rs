//! `mageshift fleet report`

use super::args::RESULTS;
use super::run::exit;
use super::show::{Row, table, told_sum};
use crate::apply::Readers;
use crate::cli::options::command_line::CommandLine;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::output_file::Output;
use crate::cli::screen::ui::Ui;
use crate::fleet::markdown;
use crate::fleet::merge::{last_stage, merge};
use crate::fleet::result::StoreResult;
use crate::fleet::results::Stage;
use crate::fleet::results::id;
use crate::fleet::storage::{self, Storage};
use crate::fleet::sum::Sum;
use crate::preview::{Masker, Shown, side_name};
use crate::report::day::Day;
use crate::report::{Answer, Cover, Extra, Page, html, title};
use clap::{Args, ValueEnum};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Bring together what a fleet's workers left
///
/// Reads the results of all shards, says what is missing, and writes them as one document.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift fleet report
  mageshift fleet report /mnt/results --markdown fleet.md
  mageshift fleet report worker-1 worker-2 --json

Exit codes:
  0 all go         1 some failed   5 shards or stores are missing
  3 some blocked   2 wrong usage")]
pub(super) struct ReportArgs {
    /// Where results are kept; several are read as one
    #[arg(value_name = "PLACE", default_value = RESULTS, hide_default_value = true)]
    results: Vec<String>,

    /// Which results: of check, plan or apply; the last there are
    #[arg(long, value_enum, value_name = "STAGE", hide_possible_values = true)]
    of: Option<StageArg>,

    /// Write all of it as one HTML file, with a page for each plan
    #[arg(
        long,
        value_name = "FILE",
        long_help = "Write all of it as one HTML file that loads nothing: a table of all stores, then a page for each store and target, from the plans of `fleet plan` or `fleet apply`"
    )]
    html: Option<PathBuf>,

    /// The title of the HTML file
    #[arg(long, value_name = "TEXT", requires = "html")]
    title: Option<String>,

    /// Who made the report, in the HTML file
    #[arg(long, value_name = "NAME", requires = "html")]
    agency: Option<String>,

    /// Write all of it as Markdown
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

/// What `--of` takes.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum StageArg {
    Check,
    Plan,
    Apply,
}

impl From<StageArg> for Stage {
    fn from(stage: StageArg) -> Self {
        match stage {
            StageArg::Check => Self::Check,
            StageArg::Plan => Self::Plan,
            StageArg::Apply => Self::Apply,
        }
    }
}

/// Adds up the results in one or more places, without looking at any store.
pub(super) fn run(args: &ReportArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut storages: Vec<Box<dyn Storage>> = Vec::new();
    for place in &args.results {
        storages.push(storage::open(place, false)?);
    }
    let stage = match args.of {
        Some(stage) => Some(stage.into()),
        None => last_stage(&storages)?,
    };
    let merged = match stage {
        Some(stage) => merge(&storages, stage)?,
        None => Default::default(),
    };
    let Some(stage) = stage.filter(|_| merged.shards > 0) else {
        let message = format!(
            "there are no results of a fleet in {}",
            args.results.join(", ")
        );
        return Err(CliError::message(Exit::Failed, message)
            .hint("name the place that `mageshift fleet check --out PLACE` wrote to"));
    };
    let sum = Sum::of(&merged.results);
    if let Some(path) = &args.markdown {
        let file = Output {
            path,
            what: "a report on a fleet",
            readers: Readers::Umask,
            is_own: &markdown::is_rendered,
        };
        let folder = Path::new(".");
        file.check(folder, None)?;
        file.write(folder, markdown::render(&merged, &sum).as_bytes())?;
        ui.tell(&format!("The report is in {}.", path.display()))?;
    }
    if let Some(path) = &args.html {
        let file = Output {
            path,
            what: "a report",
            readers: Readers::Umask,
            is_own: &html::is_rendered,
        };
        let folder = Path::new(".");
        file.check(folder, None)?;
        file.write(folder, pages(&merged.results, args).as_bytes())?;
        ui.tell(&format!("The report is in {}.", path.display()))?;
    }
    if ui.json {
        let document = json!({
            "schema": crate::fleet::result::SCHEMA,
            "stage": stage,
            "shards": merged.shards,
            "missing": merged.missing,
            "sum": sum,
            "stores": merged.results,
        });
        ui.document(&format!("{document:#}\n"))?;
    } else {
        let rows: Vec<Row> = merged.results.iter().map(Row::of).collect();
        ui.page(&table(&rows, ui))?;
        ui.show(&told_sum(&sum, ui))?;
    }
    if merged.missing.is_nothing() {
        return Ok(exit(&sum));
    }
    for what in merged.missing.told(merged.shards) {
        ui.warn(&what)?;
    }
    Ok(Exit::Pending)
}

/// What one page is made of.
struct Sheet<'a> {
    id: String,
    store: &'a str,
    apply: String,
    shown: Option<Shown>,
    target: String,
    why: &'a str,
}

/// The HTML document: a page for each store and target, from what its result shows.
fn pages(results: &[StoreResult], args: &ReportArgs) -> String {
    let masker = Masker::default();
    let mut sheets = Vec::new();
    for result in results {
        let blank = |target: String, why| Sheet {
            id: id(&format!("{} {target}", result.name)).replace(['.', '_'], "-"),
            store: &result.name,
            apply: String::new(),
            shown: None,
            target,
            why,
        };
        for reach in &result.targets {
            let line = CommandLine::new("switch").options("--to", Some(&reach.wanted));
            sheets.push(Sheet {
                apply: line.word("--yes").to_string(),
                shown: reach.plan.as_ref().map(|plan| Shown::new(plan, &masker)),
                ..blank(side_name(&reach.target), reach.summary.as_str())
            });
        }
        if result.targets.is_empty() {
            sheets.push(blank(String::new(), result.summary()));
        }
    }
    let today = Day::today();
    let pages: Vec<Page<'_>> = sheets
        .iter()
        .map(|sheet| Page {
            extra: Extra {
                id: &sheet.id,
                store: sheet.store,
                today,
                table_prefix: "",
                apply: &sheet.apply,
            },
            answer: match &sheet.shown {
                Some(shown) => Answer::Plan(shown),
                None => Answer::Failed {
                    target: &sheet.target,
                    why: sheet.why,
                },
            },
        })
        .collect();
    let title = args.title.clone().unwrap_or_else(|| title(&pages));
    let cover = Cover {
        title: &title,
        agency: args.agency.as_deref(),
        logo: None,
        note: None,
        today,
        is_discreet: false,
    };
    html::document(&cover, &pages)
}
