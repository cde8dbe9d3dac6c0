//! A plan as a runbook in Markdown: what to know, and every step in order, for the pull request or the night shift.

use super::changes;
use super::layout::heading;
use super::markdown::{escape, fence, step_text};
use super::shown::Shown;
use crate::plan::queries;
use crate::plan::{Finding, Phase, Plan, Severity};

/// What a runbook says that is not in its plan.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// The command that applies the plan.
    pub apply: &'a str,
    /// The prefix of the store's tables, usually empty.
    pub table_prefix: &'a str,
}

/// The whole runbook, with a final newline.
pub fn render(shown: &Shown, surroundings: &Surroundings) -> String {
    let plan = shown.plan();
    let mut parts = vec![format!("# Runbook: {}", escape(&heading(plan)))];
    parts.push(summary(plan));
    if plan.is_blocked() {
        parts.push("**The plan is blocked: it cannot be applied before these are solved.**".into());
        parts.push(findings(plan, Severity::Blocker));
    }
    let warnings = findings(plan, Severity::Warning);
    if !warnings.is_empty() {
        parts.push(format!("## Know before you start\n\n{warnings}"));
    }
    if !plan.changes_files() && !plan.is_blocked() {
        parts.push("Nothing to change, so there is nothing to do.".to_owned());
        return parts.join("\n\n") + "\n";
    }
    let script = queries::script(plan, surroundings.table_prefix);
    let mut number = 0;
    for phase in Phase::ALL {
        let own = match (phase, &script) {
            (Phase::Prepare, Some(script)) => Some(count(script)),
            (Phase::Check, Some(_)) => {
                Some("Ask the queries from above again, and compare.".to_owned())
            }
            (Phase::Apply, _) => Some(apply(plan, surroundings.apply)),
            _ => None,
        };
        let of_phase = plan.steps.iter().filter(|step| step.phase == phase);
        let items: Vec<String> = own
            .into_iter()
            .chain(of_phase.map(step_text))
            .map(|text| {
                number += 1;
                item(number, &text)
            })
            .collect();
        if !items.is_empty() {
            parts.push(format!("## {}\n\n{}", phase.title(), items.join("\n")));
        }
    }
    let notes = findings(plan, Severity::Note);
    if !notes.is_empty() {
        parts.push(format!("## Notes\n\n{notes}"));
    }
    parts.join("\n\n") + "\n"
}

/// What the plan comes to, in numbers, and where the commands are to be run.
fn summary(plan: &Plan) -> String {
    let files: Vec<String> = plan
        .edits
        .iter()
        .filter(|edit| edit.changes_file())
        .map(|edit| format!("`{}`", edit.path))
        .collect();
    let mut lines = Vec::new();
    let count = changes::count(plan);
    if !count.is_empty() {
        lines.push(format!("- Packages: {count}"));
    }
    if !files.is_empty() {
        lines.push(format!(
            "- Files that the plan writes: {}",
            files.join(", ")
        ));
    }
    lines.push(
        "- Commands are run in the store's folder, as the user that owns its files. DATABASE stands for the name of the database, with the options that reach it."
            .to_owned(),
    );
    lines.join("\n")
}

fn findings(plan: &Plan, severity: Severity) -> String {
    let item = |finding: &Finding| {
        let detail = escape(&finding.detail).replace('\n', "\n  ");
        format!(
            "- **{}** (`{}`)\n  {detail}",
            escape(&finding.title),
            finding.code()
        )
    };
    plan.findings
        .iter()
        .filter(|finding| finding.severity() == severity)
        .map(item)
        .collect::<Vec<_>>()
        .join("\n")
}

/// An item of a list, with its further lines below its first one.
fn item(number: usize, text: &str) -> String {
    let mark = format!("{number}. ");
    let indent = format!("\n{}", " ".repeat(mark.len()));
    let text = text
        .replace('\n', &indent)
        .replace(&format!("{indent}\n"), "\n\n");
    format!("{mark}{text}")
}

fn count(script: &str) -> String {
    let fence = fence(script);
    format!(
        "Count in the shop's database what the switch touches, and keep the answer. The queries only read; a table that is not there counts NULL.\n\n{fence}sql\n{}\n{fence}",
        script.trim_end()
    )
}

fn apply(plan: &Plan, command: &str) -> String {
    if plan.applied {
        return "Done: the plan was applied when this was written.".to_owned();
    }
    format!(
        "`{command}`: all files are written as one unit, or none when one of them has changed since the plan was made. Commit them."
    )
}
