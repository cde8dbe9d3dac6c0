//! A plan as it may be shown.

use super::mask::Masker;
use crate::plan::{Plan, Side};
use console::strip_ansi_codes;
use std::borrow::Cow;

/// A plan without secrets, without control characters and without the new files. Everything that renders a plan takes
/// this, so that nothing else can be rendered.
#[derive(Debug, Clone)]
pub struct Shown(Plan);

impl Shown {
    /// Makes the copy of a plan that may be shown.
    pub fn new(plan: &Plan, masker: &Masker) -> Self {
        let mut plan = plan.clone();
        let clean = |text: &mut String| *text = masker.mask(&plain(text)).into_owned();
        let clean_option = |text: &mut Option<String>| text.iter_mut().for_each(clean);
        for Side {
            distribution,
            edition,
            release,
            upstream,
        } in [&mut plan.source, &mut plan.target]
        {
            clean(distribution);
            clean(edition);
            clean_option(release);
            clean_option(upstream);
        }
        for edit in &mut plan.edits {
            clean(&mut edit.path);
            // Carriage returns stay: they are part of what changes.
            let lines = edit
                .diff
                .split_inclusive('\r')
                .map(|line| match line.strip_suffix('\r') {
                    Some(line) => format!("{}\r", plain(line)),
                    None => plain(line).into_owned(),
                });
            edit.diff = masker.mask(&lines.collect::<String>()).into_owned();
            edit.after = None;
        }
        for change in &mut plan.changes {
            clean(&mut change.package);
            clean_option(&mut change.from);
            clean_option(&mut change.to);
            clean(&mut change.reason);
        }
        for finding in &mut plan.findings {
            clean(&mut finding.code);
            clean(&mut finding.title);
            clean(&mut finding.detail);
            clean_option(&mut finding.package);
            clean_option(&mut finding.path);
        }
        plan.next_steps.iter_mut().for_each(clean);
        Self(plan)
    }

    /// The plan, fit to be shown.
    pub fn plan(&self) -> &Plan {
        &self.0
    }

    /// The documented JSON, one document of many lines, with a final newline.
    pub fn json(&self) -> String {
        // A plan is strings, lists and flags, which always serialise.
        let mut json = serde_json::to_string_pretty(&self.0).unwrap_or_default();
        json.push('\n');
        json
    }
}

/// Text from outside made harmless for a terminal: without escape sequences, control characters (but line feeds and
/// tabs) and characters that change the direction of writing.
pub fn plain(text: &str) -> Cow<'_, str> {
    let is_harmful = |c: char| {
        c.is_control() && c != '\n' && c != '\t'
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(is_harmful) {
        Cow::Owned(strip_ansi_codes(text).replace(is_harmful, ""))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_removed() {
        assert_eq!(
            plain("a \u{1b}[31mred\u{1b}[0m\u{7}\r word\n\tb\u{202e}c"),
            "a red word\n\tbc"
        );
        assert!(matches!(plain("plain – text\n"), Cow::Borrowed(_)));
    }
}
