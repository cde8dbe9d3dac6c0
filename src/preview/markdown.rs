//! A plan as Markdown, for the description of a pull request.

use super::changes::{self, Changes};
use super::layout::{heading, is_lock};
use super::shown::Shown;
use crate::plan::sentence;
use crate::plan::{ChangeKind, Plan, Severity, Step};

/// The first line of what [`render`] makes; nobody sees it where Markdown is shown.
pub(crate) const MARK: &str = "<!-- a plan of mageshift -->";

/// Whether these bytes are a plan that was rendered earlier.
pub fn is_rendered(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK.as_bytes())
}

/// The whole preview, with a final newline.
pub fn render(shown: &Shown) -> String {
    let plan = shown.plan();
    let mut parts = vec![format!("{MARK}\n## {}", escape(&heading(plan)))];
    let count = changes::count(plan);
    if !count.is_empty() {
        parts.push(format!("{count}."));
    } else if !plan.is_blocked() && !plan.changes_files() {
        parts.push("Nothing to change.".to_owned());
    }
    for (title, severity) in [
        ("Blockers", Severity::Blocker),
        ("Warnings", Severity::Warning),
        ("Notes", Severity::Note),
    ] {
        let items: Vec<String> = plan
            .findings
            .iter()
            .filter(|finding| finding.severity() == severity)
            .map(|finding| {
                let detail = escape(&finding.detail).replace('\n', "\n  ");
                format!(
                    "- **{}** (`{}`)\n  {detail}",
                    escape(&finding.title),
                    finding.code()
                )
            })
            .collect();
        if !items.is_empty() {
            parts.push(format!("### {title}\n\n{}", items.join("\n")));
        }
    }
    parts.extend(packages(plan));
    for edit in plan
        .edits
        .iter()
        .filter(|edit| !edit.diff.is_empty() && !is_lock(&edit.path))
    {
        let fence = fence(&edit.diff);
        let newline = if edit.diff.ends_with('\n') { "" } else { "\n" };
        parts.push(format!(
            "### {}\n\n{fence}diff\n{}{newline}{fence}",
            code(&edit.path),
            edit.diff
        ));
    }
    let steps: Vec<String> = plan
        .steps_ahead()
        .map(|step| format!("1. {}", step_text(step)))
        .collect();
    if !steps.is_empty() {
        parts.push(format!("### Next steps\n\n{}", steps.join("\n")));
    }
    parts.join("\n\n") + "\n"
}

fn packages(plan: &Plan) -> Option<String> {
    let changes = Changes::of(plan);
    if plan.changes.is_empty() {
        return None;
    }
    let mut rows = vec![
        "| package | before | after |".to_owned(),
        "|---|---|---|".to_owned(),
    ];
    let version = |version: &Option<String>| version.as_deref().map_or("–".to_owned(), cell);
    let (from, to) = (version(&plan.source.release), version(&plan.target.release));
    for fold in &changes.folds {
        let (before, after) = fold.vendors;
        let name = format!(
            "{}, {}",
            sentence::count(fold.packages.len(), "core package"),
            code_cell(&format!("{before}/*"))
        );
        rows.push(match fold.kind {
            ChangeKind::Rename => {
                let after = code_cell(&format!("{after}/*"));
                format!("| {name} → {after} | {from} | {to} |")
            }
            ChangeKind::Update => format!("| {name} | {from} | {to} |"),
            ChangeKind::Downgrade => format!("| {name} | – | downgraded |"),
            ChangeKind::Add => format!("| {name} | – | added |"),
            ChangeKind::Remove => format!("| {name} | removed | – |"),
        });
    }
    for change in &changes.others {
        let direction = match change.kind {
            ChangeKind::Downgrade => " (downgrade)",
            _ => "",
        };
        rows.push(format!(
            "| {} | {} | {}{direction} |",
            code_cell(&change.package),
            version(&change.from),
            version(&change.to)
        ));
    }
    Some(format!("### Packages\n\n{}", rows.join("\n")))
}

/// One step, its command as code.
pub(super) fn step_text(step: &Step) -> String {
    let text = escape(&step.text);
    match &step.command {
        None => sentence_case(&text),
        Some(command) if text.is_empty() => code(command),
        Some(command) => format!("{}: {}", code(command), stopped(&text)),
    }
}

/// A text that begins with a capital letter and ends with a full stop.
fn sentence_case(text: &str) -> String {
    let mut characters = text.chars();
    match characters.next() {
        Some(first) => stopped(&format!("{}{}", first.to_uppercase(), characters.as_str())),
        None => String::new(),
    }
}

fn stopped(text: &str) -> String {
    let stop = if text.ends_with(['.', ':']) { "" } else { "." };
    format!("{text}{stop}")
}

/// Text in which nothing is taken for Markdown or HTML but pairs of backticks, between which nothing needs escaping.
pub(crate) fn escape(text: &str) -> String {
    escaped(text, false)
}

/// The same for a cell of a table, which has one line, and which a bar ends in code, too.
pub(crate) fn cell(text: &str) -> String {
    escaped(&text.replace(['\n', '\r'], " "), true)
}

/// A text as code, whatever it holds.
pub(super) fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let mark = "`".repeat(longest + 1);
    let gap = match text.starts_with('`') || text.ends_with('`') {
        true => " ",
        false => "",
    };
    format!("{mark}{gap}{text}{gap}{mark}")
}

/// The same in a cell of a table.
fn code_cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

fn escaped(text: &str, in_table: bool) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // Code does not go over the end of a line, where a paragraph may end, too.
    let in_one_line = |code: &&str| !code.contains('\n');
    let is_paired = parts.len() % 2 == 1 && parts.iter().skip(1).step_by(2).all(in_one_line);
    let mut escaped = String::with_capacity(text.len());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            escaped.push_str(if is_paired { "`" } else { "\\`" });
        }
        if is_paired && index % 2 == 1 {
            match in_table {
                true => escaped.push_str(&part.replace('|', "\\|")),
                false => escaped.push_str(part),
            }
            continue;
        }
        for character in part.chars() {
            if matches!(
                character,
                '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '@'
            ) {
                escaped.push('\\');
            }
            escaped.push(character);
        }
    }
    escaped
}

/// A fence that is longer than any row of backticks in the text.
pub(super) fn fence(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(longest.max(2) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_cell_or_its_code() {
        assert_eq!(cell("2.4<b>\n# x|y"), "2.4\\<b\\> \\# x\\|y");
        assert_eq!(cell("`a|<b>`"), "`a\\|<b>`");
        assert_eq!(code("acme/shop"), "`acme/shop`");
        assert_eq!(code("a`<b>"), "``a`<b>``");
        assert_eq!(code("`\n`"), "`` ` ` ``");
        assert_eq!(code_cell("a|`"), "`` a\\|` ``");
    }

    #[test]
    fn code_is_left_alone_and_the_rest_is_escaped() {
        assert_eq!(
            escape("a_b `c_d` *e* <f> @g"),
            r"a\_b `c_d` \*e\* \<f\> \@g"
        );
        assert_eq!(escape("a_b `c_d"), r"a\_b \`c\_d");
        assert_eq!(escape("`\n\n<b>`"), "\\`\n\n\\<b\\>\\`");
    }
}
