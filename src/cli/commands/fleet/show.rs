//! A fleet on the terminal, and its lines of JSON.

use crate::cli::screen::table;
use crate::cli::screen::ui::Ui;
use crate::fleet::result::{Failure, Outcome, Reach, StoreResult};
use crate::fleet::sum::Sum;
use crate::plan::sentence::count;
use crate::preview::layout::Detail;
use crate::preview::{Paint, side_name};
use console::{measure_text_width, truncate_str};
use serde_json::{Value, json};
use std::time::Duration;

/// As many stores as are shown one by one; of larger fleets, those that do not go.
const MOST_ROWS: usize = 100;

/// As many reasons as are shown.
const MOST_REASONS: usize = 5;

/// As many different failures as are told in full.
const MOST_FAILURES: usize = 20;

/// As many stores as are named for one failure.
const MOST_NAMES: usize = 5;

/// A store as the table shows it.
pub(super) struct Row {
    name: String,
    outcome: Outcome,
    what: String,
    /// For each target, as it was asked for: how it stands, and what is said of it.
    targets: Vec<(String, Outcome)>,
    summary: String,
    /// What failed, if something did.
    failures: Vec<Failure>,
}

impl Row {
    /// From a result, all of which may be shown.
    pub(super) fn of(result: &StoreResult) -> Self {
        Self {
            name: result.name.clone(),
            outcome: result.outcome,
            what: result
                .store
                .as_ref()
                .map_or_else(|| "–".to_owned(), side_name),
            targets: result
                .targets
                .iter()
                .map(|reach| (reach.wanted.clone(), reach.outcome))
                .collect(),
            summary: result
                .summary()
                .lines()
                .next()
                .unwrap_or_default()
                .to_owned(),
            failures: failures(result),
        }
    }
}

/// What failed of a store, the whole of it or targets.
fn failures(result: &StoreResult) -> Vec<Failure> {
    let of_target = |reach: &Reach| {
        let outage = reach.blockers.iter().find(|finding| finding.is_outage());
        Failure {
            message: match outage {
                Some(finding) => finding.title.clone(),
                None => reach.summary.clone(),
            },
            causes: outage
                .map(|finding| finding.detail.clone())
                .into_iter()
                .collect(),
            hint: None,
        }
    };
    let own = result.findings.iter().filter(|finding| finding.is_outage());
    let own = own.map(|finding| Failure {
        message: finding.title.clone(),
        causes: vec![finding.detail.clone()],
        hint: None,
    });
    let targets = result.targets.iter();
    let targets = targets.filter(|reach| reach.outcome == Outcome::Failed);
    let all = result.failure.iter().cloned().chain(own);
    let mut all: Vec<Failure> = all.chain(targets.map(of_target)).collect();
    let mut seen = Vec::new();
    all.retain(|failure| {
        let is_new = !seen.contains(failure);
        seen.push(failure.clone());
        is_new
    });
    all
}

/// A result as a line while the fleet runs: without its plans, which are kept.
pub(super) fn line(result: &StoreResult, is_unchanged: bool, took: Duration) -> Value {
    let mut document = serde_json::to_value(result).unwrap_or_default();
    let targets = document.get_mut("targets").and_then(Value::as_array_mut);
    for reach in targets.into_iter().flatten() {
        if let Some(reach) = reach.as_object_mut() {
            reach.shift_remove("plan");
        }
    }
    if let Some(document) = document.as_object_mut() {
        document.insert("unchanged".to_owned(), is_unchanged.into());
        document.insert(
            "seconds".to_owned(),
            json!((took.as_secs_f64() * 1000.0).round() / 1000.0),
        );
    }
    document
}

fn sign(outcome: Outcome, paint: Paint) -> String {
    match outcome {
        Outcome::Go => paint.green("✓"),
        Outcome::Blocked => paint.red("×"),
        Outcome::Failed => paint.yellow("!"),
    }
}

/// The stores, one on a line: for one target with what is said of it, for several with a column for each.
pub(super) fn table(rows: &[Row], ui: &Ui) -> String {
    let paint = ui.paint();
    let shows_all = rows.len() <= MOST_ROWS || ui.detail == Detail::Full;
    let shown: Vec<&Row> = rows
        .iter()
        .filter(|row| shows_all || row.outcome != Outcome::Go)
        .filter(|row| ui.detail > Detail::Brief || row.outcome != Outcome::Go)
        .take(if shows_all { usize::MAX } else { MOST_ROWS })
        .collect();
    let mut targets: Vec<&str> = Vec::new();
    for (target, _) in shown.iter().flat_map(|row| &row.targets) {
        if !targets.contains(&target.as_str()) {
            targets.push(target);
        }
    }
    let is_matrix = shown.iter().any(|row| row.targets.len() > 1);
    let mut cells: Vec<Vec<String>> = Vec::new();
    if is_matrix {
        let mut heading = vec!["store".to_owned(), "is".to_owned()];
        heading.extend(targets.iter().map(|target| (*target).to_owned()));
        cells.push(heading.iter().map(|cell| paint.bold(cell)).collect());
    }
    // What is said of one target may take half of the line; of several, each has a column.
    let said = match is_matrix {
        true => targets.iter().map(|target| target.len() + 2).sum(),
        false => ui.width / 3,
    };
    let left = ui.width.saturating_sub(said + 4).max(24);
    for row in &shown {
        let name = truncate_str(&row.name, left * 2 / 5, "…").into_owned();
        let what = truncate_str(&row.what, left * 3 / 5, "…").into_owned();
        let mut line = vec![format!("{} {name}", sign(row.outcome, paint)), what];
        if is_matrix && !row.targets.is_empty() {
            line.extend(targets.iter().map(|target| {
                let mut own = row.targets.iter();
                let own = own.find(|(own, _)| own == target);
                own.map_or_else(|| "–".to_owned(), |(_, outcome)| sign(*outcome, paint))
            }));
        } else {
            line.push(row.summary.clone());
        }
        cells.push(line);
    }
    let text = table::render(&cells, "", usize::MAX);
    let mut out: String = text
        .lines()
        .map(|line| match measure_text_width(line) > ui.width {
            true => format!("{}\n", truncate_str(line, ui.width, "…")),
            false => format!("{line}\n"),
        })
        .collect();
    let hidden = rows.len() - shown.len();
    if hidden > 0 && ui.detail > Detail::Brief {
        out.push_str(&format!(
            "{} more are not shown; -v shows all.\n",
            count(hidden, "store")
        ));
    }
    out
}

/// What failed, in full and with what can be done about it: each failure once, with the stores that it is of. Nothing where
/// nothing failed.
pub(super) fn told_failures(rows: &[Row], ui: &Ui) -> String {
    let mut told: Vec<(&Failure, Vec<&str>)> = Vec::new();
    for row in rows {
        for failure in &row.failures {
            match told.iter_mut().find(|(known, _)| *known == failure) {
                Some((_, names)) => names.push(&row.name),
                None => told.push((failure, vec![&row.name])),
            }
        }
    }
    if told.is_empty() {
        return String::new();
    }
    let paint = ui.paint();
    let is_full = ui.detail == Detail::Full;
    let limit = |most: usize| if is_full { usize::MAX } else { most };
    let mut out = format!("\n{}\n", paint.bold("What failed"));
    for (failure, names) in told.iter().take(limit(MOST_FAILURES)) {
        let mut shown = names[..names.len().min(limit(MOST_NAMES))].join(", ");
        if let more @ 1.. = names.len().saturating_sub(limit(MOST_NAMES)) {
            shown.push_str(&format!(" and {more} more"));
        }
        out.push_str(&indented(&shown, "  ", ui.width));
        let causes = failure.causes.iter().flat_map(|cause| cause.lines());
        for line in failure.message.lines().chain(causes) {
            out.push_str(&indented(line, "    ", ui.width));
        }
        if let Some(hint) = &failure.hint {
            out.push_str(&indented(&format!("hint: {hint}"), "    ", ui.width));
        }
    }
    if let more @ 1.. = told.len().saturating_sub(limit(MOST_FAILURES)) {
        out.push_str(&format!(
            "  {} more; -v tells all.\n",
            count(more, "failure")
        ));
    }
    out
}

/// A text below an indent, in lines that are no wider than asked for unless a word is.
fn indented(text: &str, indent: &str, width: usize) -> String {
    let options = textwrap::Options::new(width)
        .initial_indent(indent)
        .subsequent_indent(indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    format!("{}\n", textwrap::fill(text.trim(), options))
}

/// What the fleet comes to: how many go, and what stands in the way most often.
pub(super) fn told_sum(sum: &Sum, ui: &Ui) -> String {
    let paint = ui.paint();
    let mut out = format!(
        "\n{}: {} go, {} blocked, {} failed\n",
        paint.bold(count(sum.stores, "store")),
        sum.go,
        sum.blocked,
        sum.failed
    );
    if sum.targets.len() > 1 {
        let rows = sum.targets.iter().map(|target| {
            vec![
                target.target.clone(),
                format!("{} go", target.go),
                format!("{} blocked", target.blocked),
                format!("{} failed", target.failed),
            ]
        });
        out.push_str(&table::render(&rows.collect::<Vec<_>>(), "  ", usize::MAX));
    }
    if !sum.reasons.is_empty() {
        out.push_str(&format!("\n{}\n", paint.bold("In the way most often")));
        let rows = sum.reasons.iter().take(MOST_REASONS).map(|reason| {
            let what = match &reason.package {
                Some(package) => format!("{package} ({})", reason.code),
                None => format!("{}: {}", reason.code, reason.what()),
            };
            let what = what.lines().next().unwrap_or_default().to_owned();
            vec![
                count(reason.stores, "store"),
                truncate_str(&what, 64, "…").into_owned(),
            ]
        });
        out.push_str(&table::render(&rows.collect::<Vec<_>>(), "  ", usize::MAX));
    }
    out
}
