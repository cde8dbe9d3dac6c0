//! Findings, as blocks with a heading each.

use super::prose::{inline, prose};
use crate::plan::{Code, Finding, Plan, Severity};
use crate::report::texts::{Texts, fill};
use crate::report::topic::Topic;
use maud::{Markup, html};

/// A finding with its place among those of its plan, by which others link to it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'p> {
    /// From 0, among all findings of the plan; a part of its anchor.
    pub(crate) number: usize,
    /// The finding itself, fit to be shown.
    pub(crate) finding: &'p Finding,
}

impl<'p> Told<'p> {
    /// Those of a plan that are wanted.
    pub(crate) fn all(plan: &'p Plan, wanted: impl Fn(&Finding) -> bool) -> Vec<Self> {
        Self::among(&plan.findings, wanted)
    }

    /// Those that are wanted of all that there are.
    pub(crate) fn among(findings: &'p [Finding], wanted: impl Fn(&Finding) -> bool) -> Vec<Self> {
        let all = findings.iter().enumerate();
        all.filter(|(_, finding)| wanted(finding))
            .map(|(number, finding)| Self { number, finding })
            .collect()
    }

    /// Its name in the style.
    pub(crate) fn tone(&self) -> &'static str {
        match self.finding.severity() {
            Severity::Blocker => "bad",
            Severity::Warning => "warn",
            Severity::Note => "plain",
        }
    }
}

/// What stands in the way, of all findings that there are.
pub(crate) fn blockers(findings: &[Finding], id: &str, texts: &Texts) -> Markup {
    let told = Told::among(findings, Finding::is_blocker);
    html! {
        @if !told.is_empty() {
            section aria-labelledby={ (id) "-blockers" } {
                h3 id={ (id) "-blockers" } { (texts.blockers.heading) }
                p { (texts.blockers.intro) }
                (list(&told, id, texts))
                @let nearest = Told::among(findings, |finding| finding.code() == Code::NearestRelease);
                (list(&nearest, id, texts))
            }
        }
    }
}

/// Warnings and notes that no other part tells.
pub(crate) fn others(plan: &Plan, id: &str, texts: &Texts) -> Markup {
    let words = &texts.findings;
    let of = |severity| {
        Told::all(plan, move |finding| {
            let is_told = finding.code() == Code::NearestRelease && plan.is_blocked();
            finding.severity() == severity && Topic::of(finding.code()) == Topic::Other && !is_told
        })
    };
    let (warnings, notes) = (of(Severity::Warning), of(Severity::Note));
    html! {
        @for (name, heading, told) in [("warnings", &words.warnings, warnings), ("notes", &words.notes, notes)] {
            @if !told.is_empty() {
                section aria-labelledby={ (id) "-" (name) } {
                    h3 id={ (id) "-" (name) } { (heading) }
                    (list(&told, id, texts))
                }
            }
        }
    }
}

/// Findings one after another.
pub(crate) fn list(told: &[Told], id: &str, texts: &Texts) -> Markup {
    html! {
        @for told in told {
            article.finding.(told.tone()) id={ (id) "-f" (told.number) } {
                (finding_head(told.finding, texts))
                (prose(&told.finding.detail))
            }
        }
    }
}

/// The heading of a finding, and what it is about.
pub(crate) fn finding_head(finding: &Finding, texts: &Texts) -> Markup {
    let words = &texts.findings;
    let severity = match finding.severity() {
        Severity::Blocker => &words.blocker,
        Severity::Warning => &words.warning,
        Severity::Note => &words.note,
    };
    let about = finding.package.as_ref().or(finding.path.as_ref());
    // What the title names already need not be said again.
    let about = about.filter(|about| !finding.title.contains(about.as_str()));
    html! {
        h4 { (inline(&finding.title)) }
        p.kind {
            span.word { (severity) }
            " · " code { (finding.code()) }
            @if let Some(about) = about { " · " (fill(&words.about, &[("what", about)])) }
        }
    }
}
