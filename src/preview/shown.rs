//! What may be shown of a plan.

use super::assignment::mask_assignments;
use super::mask::Masker;
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

fn clean(text: &str, masker: &Masker) -> String {
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

/// The diff of a file. In files other than Composer's own, secrets are told by the names they are given to.
fn shown_diff(edit: &Edit, is_of_composer: bool, masker: &Masker) -> String {
    let diff = clean_diff(&edit.diff, masker);
    if is_of_composer {
        return diff;
    }
    mask_assignments(&diff).into_owned()
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
    let is_harmful = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        turns || c.is_control() && c != '\n' && c != '\t'
    };
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

    #[test]
    fn carriage_returns_of_a_diff_stay() {
        assert_eq!(
            clean_diff("-a\u{7}\r\n+b\r\n", &Masker::default()),
            "-a\r\n+b\r\n"
        );
    }
}
