//! `mageshift fleet report`

use super::args::RESULTS;
use super::run::exit;
use super::show::{Row, table, told_failures, told_sum};
use crate::apply::Readers;
use crate::cli::options::command_line::CommandLine;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::output_file::Output;
use crate::cli::planning::finish::agreed_flags;
use crate::cli::planning::report::places;
use crate::cli::screen::ui::Ui;
use crate::fleet::markdown;
use crate::fleet::merge::{Merged, last_stage, merge};
use crate::fleet::result::{Outcome, Reach, StoreResult};
use crate::fleet::results::Stage;
use crate::fleet::results::id;
use crate::fleet::storage::{self, Storage};
use crate::fleet::sum::{self, Sum};
use crate::plan::Finding;
use crate::preview::{Masker, Shown, clean, shown_finding, side_name};
use crate::report::day::Day;
use crate::report::outcome::Verdict;
use crate::report::{
    Answer, Cover, Extra, Look, Overview, Page, Reason, TargetCounts, html, title,
};
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

    /// Name internal hosts and folders in the HTML file
    #[arg(
        long,
        requires = "html",
        long_help = "Name hosts and folders in the HTML file. Without it, hosts that not everybody knows and folders of this machine are left out; secrets always are"
    )]
    with_hosts: bool,

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
        file.write(folder, pages(&merged, &sum, args).as_bytes())?;
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
        ui.document(document)?;
    } else {
        let rows: Vec<Row> = merged.results.iter().map(Row::of).collect();
        ui.page(&table(&rows, ui))?;
        ui.show(&told_failures(&rows, ui))?;
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
    source: String,
    target: String,
    verdict: Verdict,
    why: String,
    blockers: Vec<Finding>,
}

impl<'a> Sheet<'a> {
    /// Of a store and one of its targets.
    fn of(result: &'a StoreResult, reach: &'a Reach, masker: &Masker) -> Self {
        let source = result.store.as_ref();
        let is_there =
            source == Some(&reach.target) && reach.core_changes + reach.other_changes == 0;
        let verdict = match reach.outcome {
            Outcome::Go if is_there => Verdict::Nothing,
            Outcome::Go => Verdict::Reachable,
            Outcome::Blocked => Verdict::Blocked,
            Outcome::Failed if reach.blockers.is_empty() => Verdict::NoPlan,
            Outcome::Failed => Verdict::Unanswered,
        };
        let line = CommandLine::new("switch").options("--to", Some(&reach.wanted));
        let flags = reach.plan.as_ref().map(agreed_flags).unwrap_or_default();
        let line = flags.into_iter().fold(line, CommandLine::word);
        Self {
            id: page_id(&format!("{} {}", result.name, reach.wanted)),
            store: &result.name,
            apply: line.word("--yes").to_string(),
            shown: reach.plan.as_ref().map(|plan| Shown::new(plan, masker)),
            source: source.map(side_name).unwrap_or_default(),
            target: side_name(&reach.target),
            verdict,
            why: clean(&reach.summary, masker),
            blockers: shown_findings(&reach.blockers, masker),
        }
    }

    /// Of a store that failed before a target was looked at, or in which something stands in the way of every target.
    fn of_store(result: &'a StoreResult, masker: &Masker) -> Self {
        let failure = result.failure.iter();
        let told = failure.flat_map(|failure| {
            let first = std::iter::once(&failure.message);
            first.chain(&failure.causes).chain(&failure.hint)
        });
        Self {
            id: page_id(&result.name),
            store: &result.name,
            apply: String::new(),
            shown: None,
            source: result.store.as_ref().map(side_name).unwrap_or_default(),
            target: String::new(),
            verdict: match result.failure {
                Some(_) => Verdict::NoPlan,
                None => Verdict::Blocked,
            },
            why: clean(
                &told.map(String::as_str).collect::<Vec<_>>().join("\n"),
                masker,
            ),
            blockers: shown_findings(&result.findings, masker),
        }
    }

    fn page(&self, today: Day) -> Page<'_> {
        Page {
            extra: Extra {
                id: &self.id,
                store: self.store,
                today,
                table_prefix: "",
                apply: &self.apply,
            },
            answer: match &self.shown {
                Some(shown) => Answer::Plan(shown),
                None => Answer::Look(Look {
                    source: &self.source,
                    target: &self.target,
                    verdict: self.verdict,
                    why: &self.why,
                    blockers: &self.blockers,
                }),
            },
        }
    }
}

/// Tells the page from all others.
fn page_id(name: &str) -> String {
    id(name).replace(['.', '_'], "-")
}

/// The HTML document: what the fleet comes to, then a page for each store and target, from what its result shows.
fn pages(merged: &Merged, sum: &Sum, args: &ReportArgs) -> String {
    let mut sheets = Vec::new();
    for result in &merged.results {
        let masker = &masker(result, args.with_hosts);
        if result.failure.is_some() || result.findings.iter().any(Finding::is_blocker) {
            sheets.push(Sheet::of_store(result, masker));
        }
        let targets = result.targets.iter();
        sheets.extend(targets.map(|reach| Sheet::of(result, reach, masker)));
    }
    let today = Day::today();
    let pages: Vec<Page<'_>> = sheets.iter().map(|sheet| sheet.page(today)).collect();
    let masker = masker_of_machine(args.with_hosts);
    let overview = Overview {
        stores: sum.stores,
        go: sum.go,
        blocked: sum.blocked,
        failed: sum.failed,
        targets: sum
            .targets
            .iter()
            .map(|of| TargetCounts {
                target: clean(&of.target, &masker),
                go: of.go,
                blocked: of.blocked,
                failed: of.failed,
            })
            .collect(),
        missing: merged.missing.told(merged.shards),
        reasons: sum
            .reasons
            .iter()
            .map(|told| reason(told, &masker))
            .collect(),
    };
    let title = args.title.clone().unwrap_or_else(|| title(&pages));
    let cover = Cover {
        title: &title,
        agency: args.agency.as_deref(),
        logo: None,
        note: None,
        today,
        is_discreet: !args.with_hosts,
        overview: Some(&overview),
    };
    html::document(&cover, &pages)
}

fn reason(reason: &sum::Reason, masker: &Masker) -> Reason {
    Reason {
        stores: reason.stores,
        package: reason.package.clone().unwrap_or_default(),
        example: clean(&reason.example, masker),
    }
}

/// Leaves out what this machine is called by, unless hosts and folders are wanted. Results have no secrets.
fn masker_of_machine(with_hosts: bool) -> Masker {
    match with_hosts {
        true => Masker::default(),
        false => Masker::default().discreet(&places::of_machine()),
    }
}

/// The same, and what the plans of a store name.
fn masker(result: &StoreResult, with_hosts: bool) -> Masker {
    if with_hosts {
        return Masker::default();
    }
    let mut places = places::of_machine();
    let plans = result
        .targets
        .iter()
        .filter_map(|reach| reach.plan.as_ref());
    plans.for_each(|plan| places::add_plan(&mut places, plan));
    Masker::default().discreet(&places)
}

fn shown_findings(findings: &[Finding], masker: &Masker) -> Vec<Finding> {
    let shown = |finding| shown_finding(finding, masker);
    findings.iter().map(shown).collect()
}
