//! What may be shown of a plan.

use super::hiding::assignment::mask_assignments;
use super::hiding::context::hide_context;
use super::hiding::mask::Masker;
use crate::plan::background::{Background, Extension, Found, Service};
use crate::plan::{Change, Edit, Finding, Plan, Side, Step};
use crate::project::ROOT;
use console::strip_ansi_codes;
use std::borrow::Cow;

/// A plan without secrets, without control characters and without the new files. Everything that renders a plan takes
/// this, so that nothing else can be rendered.
#[derive(Debug, Clone)]
pub struct Shown(Plan);

impl Shown {
    /// Makes the copy of a plan that may be shown.
    pub fn new(plan: &Plan, masker: &Masker) -> Self {
        let edits = plan.edits.iter().map(|edit| Edit {
            path: clean(&edit.path, masker),
            before_sha256: edit.before_sha256.clone(),
            after_sha256: edit.after_sha256.clone(),
            lines: edit.lines(),
            diff: shown_diff(edit, is_of_composer(plan, edit), masker),
            after: None,
        });
        let changes = plan.changes.iter().map(|change| Change {
            package: clean(&change.package, masker),
            from: clean_option(&change.from, masker),
            to: clean_option(&change.to, masker),
            kind: change.kind,
            core: change.core,
            reason: clean(&change.reason, masker),
        });
        Self(Plan {
            schema: plan.schema,
            source: shown_side(&plan.source, masker),
            target: shown_side(&plan.target, masker),
            edits: edits.collect(),
            changes: changes.collect(),
            findings: plan
                .findings
                .iter()
                .map(|finding| shown_finding(finding, masker))
                .collect(),
            steps: plan
                .steps
                .iter()
                .map(|step| shown_step(step, masker))
                .collect(),
            applied: plan.applied,
            background: shown_background(&plan.background, masker),
        })
    }

    /// Notes that the plan was applied.
    pub fn note_applied(&mut self) {
        self.0.applied = true;
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

/// What is known around a plan, fit to be shown.
fn shown_background(background: &Background, masker: &Masker) -> Background {
    let all = |texts: &[String]| texts.iter().map(|text| clean(text, masker)).collect();
    let extensions = background.extensions.iter().map(|extension| Extension {
        name: clean(&extension.name, masker),
        version: clean(&extension.version, masker),
        licences: all(&extension.licences),
        host: clean_option(&extension.host, masker),
        needs_keys: extension.needs_keys,
    });
    let services = background.services.iter().map(|service| Service {
        role: service.role,
        wanted: all(&service.wanted),
        found: service
            .found
            .iter()
            .map(|found| Found {
                name: clean(&found.name, masker),
                file: clean(&found.file, masker),
                fit: found.fit,
            })
            .collect(),
    });
    Background {
        source_support: background.source_support.clone(),
        target_support: background.target_support.clone(),
        extensions: extensions.collect(),
        kept: background.kept,
        services: services.collect(),
        hosts: all(&background.hosts),
    }
}

/// One side of a switch, fit to be shown.
pub fn shown_side(side: &Side, masker: &Masker) -> Side {
    Side {
        distribution: clean(&side.distribution, masker),
        edition: clean(&side.edition, masker),
        release: clean_option(&side.release, masker),
        upstream: clean_option(&side.upstream, masker),
    }
}

/// A finding, fit to be shown.
pub fn shown_finding(finding: &Finding, masker: &Masker) -> Finding {
    finding.map_texts(|text| clean(text, masker))
}

/// A step, fit to be shown.
pub fn shown_step(step: &Step, masker: &Masker) -> Step {
    step.map(|command| clean(command, masker), |text| clean(text, masker))
}

/// A text from outside as it may be shown: without secrets, and harmless for a terminal.
pub(crate) fn clean(text: &str, masker: &Masker) -> String {
    masker.mask(&plain(text)).into_owned()
}

fn clean_option(text: &Option<String>, masker: &Masker) -> Option<String> {
    text.as_ref().map(|text| clean(text, masker))
}

/// Whether a file is a root or a lock, under whatever name.
fn is_of_composer(plan: &Plan, edit: &Edit) -> bool {
    let is_there = |path: String| plan.edits.iter().any(|edit| edit.path == path);
    let path = edit.path.as_str();
    let is_beside_lock = path
        .strip_suffix(".json")
        .is_some_and(|stem| is_there(format!("{stem}.lock")));
    path == ROOT || path.ends_with(".lock") || is_beside_lock || is_there(format!("{path}.lock"))
}

/// The diff of a file. In files other than the lock, secrets are told by the names they are given to; in those that are not
/// Composer's own, the lines around a change say no more than where it is.
fn shown_diff(edit: &Edit, is_of_composer: bool, masker: &Masker) -> String {
    if is_of_composer {
        let diff = clean_diff(&edit.diff, masker);
        return match edit.path.ends_with(".lock") {
            true => diff,
            false => mask_root(&diff),
        };
    }
    let diff = clean_diff(&hide_context(&edit.diff), masker);
    mask_assignments(&diff).into_owned()
}

/// A root's diff without what scripts and settings of plugins give to names that sound secret. A patch is called by what it
/// mends, which may be a token, and a package as it likes.
fn mask_root(diff: &str) -> String {
    let is_patch = |line: &str| {
        let line = line.trim_end().trim_end_matches([',', '"']);
        line.ends_with(".patch") || line.ends_with(".diff")
    };
    let is_package = |line: &str| {
        let member = line.trim_start_matches(['+', '-', ' ', '\t']);
        let name = member
            .strip_prefix('"')
            .and_then(|rest| rest.split_once("\": \""));
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
        name.is_some_and(|(name, _)| name.contains('/') && name.chars().all(is_name))
    };
    diff.split_inclusive('\n')
        .map(|line| match is_patch(line) || is_package(line) {
            true => Cow::Borrowed(line),
            false => mask_assignments(line),
        })
        .collect()
}

/// Like the rest, but with its carriage returns: they are part of what changes.
fn clean_diff(diff: &str, masker: &Masker) -> String {
    if !diff.contains('\r') {
        return clean(diff, masker);
    }
    let parts: Vec<Cow<str>> = diff.split('\r').map(plain).collect();
    masker.mask(&parts.join("\r")).into_owned()
}

/// Text from outside made harmless for a terminal: without escape sequences, control characters (but line feeds and
/// tabs) and characters that change the direction of writing.
pub fn plain(text: &str) -> Cow<'_, str> {
    // Nearly every text is plain ASCII, which is told a piece at a time.
    let is_fine = |byte: u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
    let is_plain = |piece: &[u8]| {
        let odd = piece.iter().map(|&byte| u8::from(!is_fine(byte)));
        odd.fold(0, |any, odd| any | odd) == 0
    };
    if text.as_bytes().chunks(256).all(is_plain) {
        return Cow::Borrowed(text);
    }
    if text.contains(is_harmful) {
        Cow::Owned(strip_ansi_codes(text).replace(is_harmful, ""))
    } else {
        Cow::Borrowed(text)
    }
}

/// What a terminal would act on, or what changes the direction of writing.
fn is_harmful(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || c.is_control() && c != '\n' && c != '\t'
}

/// A whole text as it goes to a terminal, with the colours that this program gives it and nothing else that a terminal would
/// act on: whatever was not made plain before.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    const COLOUR: &str = "\u{1b}[";
    if !text.contains(|c| is_harmful(c) && c != '\u{1b}') && !text.contains('\u{1b}') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_harmful) {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let arguments = from
            .strip_prefix(COLOUR)
            .map(|after| after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';'));
        rest = match arguments.and_then(|after| after.strip_prefix('m')) {
            Some(after) => {
                out.push_str(&from[..from.len() - after.len()]);
                after
            }
            None => {
                let mut letters = from.chars();
                letters.next();
                letters.as_str()
            }
        };
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// A document of JSON with the same characters escaped, which mean the same to whoever reads it as JSON.
pub(crate) fn escaped(json: &str) -> Cow<'_, str> {
    if !json.contains(is_harmful) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        match is_harmful(c) {
            true => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_stay_and_all_else_that_acts_is_gone() {
        assert_eq!(
            harmless(
                "\u{1b}[1;31mred\u{1b}[0m \u{1b}]0;title\u{7}\u{9b}1m\u{202e}a\r\n\u{1b}[2J\u{1b}"
            ),
            "\u{1b}[1;31mred\u{1b}[0m ]0;title1ma\n[2J"
        );
        assert!(matches!(harmless("plain – text\n"), Cow::Borrowed(_)));
        let json = serde_json::json!({"a\u{9b}": "\u{202e}\u{1b}é"});
        let safe = escaped(&json.to_string()).into_owned();
        assert!(safe.is_ascii() || !safe.contains(is_harmful));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
            json
        );
    }

    #[test]
    fn control_characters_are_removed() {
        assert_eq!(
            plain("a \u{1b}[31mred\u{1b}[0m\u{7}\r word\n\tb\u{202e}c"),
            "a red word\n\tbc"
        );
        assert!(matches!(plain("plain – text\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn carriage_returns_of_a_diff_stay() {
        assert_eq!(
            clean_diff("-a\u{7}\r\n+b\r\n", &Masker::default()),
            "-a\r\n+b\r\n"
        );
    }
}
