//! The files that are written, the steps of the night, and the way back.

use super::prose::inline;
use crate::plan::{Edit, Lines, Phase, Step, queries};
use crate::report::Extra;
use crate::report::outcome::Outcome;
use crate::report::texts::{Texts, fill};
use maud::{Markup, html};

/// So many lines of a table stay on one page with their heading.
const FEW: usize = 12;

/// The files.
pub(crate) fn files(outcome: &Outcome, id: &str, texts: &Texts) -> Markup {
    let words = &texts.files;
    let edits: Vec<&Edit> = outcome
        .plan
        .edits
        .iter()
        .filter(|edit| edit.changes_file())
        .collect();
    if edits.is_empty() || outcome.plan.is_blocked() {
        return html! {};
    }
    html! {
        section.small[edits.len() <= FEW] aria-labelledby={ (id) "-files" } {
            h3 id={ (id) "-files" } { (words.heading) }
            p { (inline(&words.intro)) }
            div.scroll tabindex="0" role="region" aria-label=(words.caption) {
                table {
                    caption.quiet { (words.caption) }
                    thead { tr {
                        th scope="col" { (words.file) }
                        th.number scope="col" { (words.lines) }
                    } }
                    tbody {
                        @for edit in edits {
                            tr {
                                th.path scope="row" { (edit.path) }
                                td.number { (size(edit, texts)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `+12 −3`, or what else becomes of a file.
fn size(edit: &Edit, texts: &Texts) -> String {
    let words = &texts.files;
    if edit.after_sha256.is_none() {
        return words.removed.clone();
    }
    let Some(Lines { come, go }) = edit.lines() else {
        return words.changed.clone();
    };
    match edit.before_sha256 {
        None => fill(&words.new, &[("come", &come)]),
        Some(_) => format!("+{come} −{go}"),
    }
}

/// Every step in order, and the way back in a section of its own.
pub(crate) fn section(outcome: &Outcome, extra: &Extra, texts: &Texts) -> Markup {
    let (words, id, plan) = (&texts.steps, extra.id, outcome.plan);
    let is_back = |phase: &Phase| *phase == Phase::RollBack;
    let own = |phase: Phase| -> Option<Markup> {
        match phase {
            Phase::Prepare if queries::script(plan, extra.table_prefix).is_some() => {
                let count = fill(&words.count, &[("heading", &texts.data.heading)]);
                Some(html! { (count) })
            }
            Phase::Apply if plan.applied => Some(html! { (words.applied) }),
            Phase::Apply => {
                Some(html! { code.command { (extra.apply) } " " span.why { (words.apply) } })
            }
            _ => None,
        }
    };
    let mut number = 0;
    let phases = |back: bool| {
        Phase::ALL
            .into_iter()
            .filter(move |phase| is_back(phase) == back)
    };
    let mut listed = |phase: Phase| {
        let steps: Vec<Markup> = own(phase)
            .into_iter()
            .chain(
                plan.steps
                    .iter()
                    .filter(|step| step.phase == phase)
                    .map(step),
            )
            .collect();
        // The way back is counted for itself.
        let start = if is_back(&phase) { 1 } else { number + 1 };
        number += steps.len();
        html! {
            @if !steps.is_empty() {
                @if !is_back(&phase) { h4 { (phase.title()) } }
                ol start=(start) { @for step in steps { li { (step) } } }
            }
        }
    };
    html! {
        section.new-page aria-labelledby={ (id) "-steps" } {
            h3 id={ (id) "-steps" } { (words.heading) }
            @if plan.is_blocked() || plan.steps.is_empty() {
                p { (words.blocked) }
            } @else {
                p { (words.intro) }
                @for phase in phases(false) { (listed(phase)) }
            }
        }
        @if !plan.is_blocked() && plan.steps.iter().any(|step| is_back(&step.phase)) {
            section aria-labelledby={ (id) "-back" } {
                h3 id={ (id) "-back" } { (words.back_heading) }
                p { (words.back_intro) }
                @for phase in phases(true) { (listed(phase)) }
            }
        }
    }
}

fn step(step: &Step) -> Markup {
    html! {
        @match &step.command {
            None => (inline(&step.text)),
            Some(command) => {
                code.command { (command) }
                @if !step.text.is_empty() { " " span.why { (inline(&step.text)) } }
            },
        }
    }
}
