//! A fleet as Markdown: what it comes to, store by store, and what is missing.

use super::merge::Merged;
use super::result::{Outcome, StoreResult};
use super::sum::Sum;
use crate::plan::Finding;
use crate::plan::sentence::count;
use crate::preview::markdown::{self, escape};
use crate::preview::side_name;

/// The first line of what [`render`] makes; nobody sees it where Markdown is shown.
const MARK: &str = "<!-- a fleet of mageshift -->";

/// Whether these bytes are a report that was rendered earlier.
pub(crate) fn is_rendered(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK.as_bytes())
}

/// The whole report, with a final newline.
pub(crate) fn render(merged: &Merged, sum: &Sum) -> String {
    let mut parts = vec![format!(
        "{MARK}\n# {}: {} go, {} blocked, {} failed",
        count(sum.stores, "store"),
        sum.go,
        sum.blocked,
        sum.failed
    )];
    let missing = merged.missing.told(merged.shards);
    if !missing.is_empty() {
        let lines: Vec<String> = missing
            .iter()
            .map(|what| format!("- {}", escape(what)))
            .collect();
        parts.push(format!("## Missing\n\n{}", lines.join("\n")));
    }
    if sum.targets.len() > 1 {
        let rows = sum.targets.iter().map(|target| {
            let name = escape(&target.target);
            format!(
                "| {name} | {} | {} | {} |",
                target.go, target.blocked, target.failed
            )
        });
        let rows: Vec<String> = rows.collect();
        parts.push(format!(
            "## Targets\n\n| target | go | blocked | failed |\n|---|---|---|---|\n{}",
            rows.join("\n")
        ));
    }
    if !sum.reasons.is_empty() {
        let rows = sum.reasons.iter().map(|reason| {
            let what = cell(&reason.what());
            format!("| {} | {what} | `{}` |", reason.stores, reason.code)
        });
        let rows: Vec<String> = rows.collect();
        parts.push(format!(
            "## In the way\n\n| stores | what | finding |\n|---|---|---|\n{}",
            rows.join("\n")
        ));
    }
    parts.push(stores(&merged.results));
    let blocked = merged
        .results
        .iter()
        .filter(|result| result.outcome != Outcome::Go);
    let blocked: Vec<String> = blocked.map(details).collect();
    if !blocked.is_empty() {
        parts.push(format!("## Blocked and failed\n\n{}", blocked.join("\n\n")));
    }
    parts.join("\n\n") + "\n"
}

fn stores(results: &[StoreResult]) -> String {
    let mut rows = vec![
        "## Stores\n\n| store | is | target | | |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    for result in results {
        let is = result
            .store
            .as_ref()
            .map_or_else(|| "–".to_owned(), side_name);
        let (name, is) = (cell(&result.name), cell(&is));
        if result.targets.is_empty() {
            let (sign, summary) = (sign(result.outcome), cell(result.summary()));
            rows.push(format!("| {name} | {is} | – | {sign} | {summary} |"));
        }
        for reach in &result.targets {
            let (target, summary) = (cell(&side_name(&reach.target)), cell(&reach.summary));
            let sign = sign(reach.outcome);
            rows.push(format!("| {name} | {is} | {target} | {sign} | {summary} |"));
        }
    }
    rows.join("\n")
}

/// What stands in the way of a store, in full.
fn details(result: &StoreResult) -> String {
    let mut lines = vec![format!("### {}\n", escape(&result.name))];
    if let Some(failure) = &result.failure {
        lines.push(item(&failure.message, &failure.causes.join("\n")));
        lines.extend(
            failure
                .hint
                .iter()
                .map(|hint| format!("  {}", escape(hint))),
        );
    }
    let of = |finding: &Finding| item(&finding.title, &finding.detail);
    lines.extend(
        result
            .findings
            .iter()
            .filter(|finding| finding.is_blocker())
            .map(of),
    );
    for reach in result
        .targets
        .iter()
        .filter(|reach| reach.outcome != Outcome::Go)
    {
        lines.push(format!("\n{}:\n", escape(&side_name(&reach.target))));
        if reach.blockers.is_empty() {
            lines.push(item(&reach.summary, ""));
        }
        lines.extend(reach.blockers.iter().map(of));
    }
    lines.join("\n")
}

fn item(title: &str, detail: &str) -> String {
    let detail = escape(detail).replace('\n', "\n  ");
    format!("- **{}**\n  {detail}", escape(title))
        .trim_end()
        .to_owned()
}

fn sign(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Go => "✓",
        Outcome::Blocked => "×",
        Outcome::Failed => "!",
    }
}

/// Text for a cell of a table, which has one line.
fn cell(text: &str) -> String {
    markdown::cell(text.lines().next().unwrap_or_default())
}
