//! The effort in numbers, how long the releases get fixes, and what changes: each as figures and as a picture.

use super::prose::unbroken;
use super::svg;
use super::svg::{Bar, Line, Share};
use crate::plan::Side;
use crate::plan::background::Support;
use crate::preview::side_name;
use crate::report::Extra;
use crate::report::day;
use crate::report::day::Day;
use crate::report::outcome::{Outcome, Tally};
use crate::report::summary::ended;
use crate::report::texts::{Plural, Texts, fill};
use maud::{Markup, html};

/// Numbers with what they count.
pub(crate) fn numbers(outcome: &Outcome, id: &str, texts: &Texts) -> Markup {
    let words = &texts.numbers;
    let decided = outcome.blockers == 0;
    let all: [(usize, &Plural, bool); 11] = [
        (outcome.blockers, &words.in_the_way, outcome.blockers > 0),
        (outcome.extensions.kept, &words.kept, decided),
        (outcome.extensions.moved(), &words.moved, decided),
        (
            outcome.extensions.removed,
            &words.gone,
            outcome.extensions.removed > 0,
        ),
        (
            outcome.extensions.added,
            &words.come,
            outcome.extensions.added > 0,
        ),
        (outcome.core.changed(), &words.core, decided),
        (outcome.libraries.changed(), &words.libraries, decided),
        (outcome.files, &words.files, decided),
        (outcome.places, &words.places, decided),
        (outcome.warnings, &words.warnings, true),
        (outcome.steps, &words.steps, decided),
    ];
    html! {
        section aria-labelledby={ (id) "-numbers" } {
            h3 id={ (id) "-numbers" } { (words.heading) }
            ul.numbers {
                @for (number, words, _) in all.into_iter().filter(|(_, _, is_shown)| *is_shown) {
                    li { b { (number) } " " span { (words.of(number)) } }
                }
            }
        }
    }
}

/// Support of both sides.
pub(crate) fn support(outcome: &Outcome, extra: &Extra, texts: &Texts) -> Markup {
    let words = &texts.support;
    let plan = outcome.plan;
    let background = &plan.background;
    let mut sides: Vec<(&str, &Side, &Option<Support>)> =
        vec![(&words.now, &plan.source, &background.source_support)];
    if plan.source != plan.target {
        sides.push((&words.then, &plan.target, &background.target_support));
    }
    let id = extra.id;
    if sides.iter().all(|(_, _, support)| support.is_none()) {
        return html! {};
    }
    let has_extended = sides.iter().any(|(_, _, support)| {
        support
            .as_ref()
            .is_some_and(|support| support.extended.is_some())
    });
    let ends = |end: &Option<String>, none: &str| match end.as_deref() {
        None => none.to_owned(),
        Some(end) => ended(end, extra.today, texts),
    };
    html! {
        section aria-labelledby={ (id) "-support" } {
            h3 id={ (id) "-support" } { (words.heading) }
            (timeline(&sides, extra, texts))
            div.scroll tabindex="0" role="region" aria-label=(words.caption) {
                table.small {
                    caption { (words.caption) }
                    thead { tr {
                        th scope="col" { (words.release) }
                        th scope="col" { (words.published) }
                        th scope="col" { (words.regular) }
                        @if has_extended { th scope="col" { (words.extended) } }
                    } }
                    tbody {
                        @for (when, side, support) in &sides {
                            tr {
                                th scope="row" { (when) ": " (unbroken(&side_name(side))) }
                                @let known = support.as_ref().cloned().unwrap_or_default();
                                td {
                                    @match known.released.as_deref() {
                                        Some(released) => (day::shown(released, texts)),
                                        None => (words.unknown),
                                    }
                                }
                                td {
                                    @if known.until_next { (words.until_next) }
                                    @else { (ends(&known.regular, &words.unknown)) }
                                }
                                @if has_extended { td { (ends(&known.extended, &words.none)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn timeline(sides: &[(&str, &Side, &Option<Support>)], extra: &Extra, texts: &Texts) -> Markup {
    let words = &texts.support;
    let parse = |text: &Option<String>| text.as_deref().and_then(Day::parse);
    let mut lines = Vec::new();
    let mut said = Vec::new();
    for (when, side, support) in sides {
        let Some(support) = support else { continue };
        let label = format!("{when}: {}", side_name(side));
        let end = match (&support.regular, support.until_next) {
            (_, true) => words.until_next.clone(),
            (Some(end), _) => ended(end, extra.today, texts),
            (None, _) => words.unknown.clone(),
        };
        said.push(format!("{label}, {end}"));
        lines.push(Line {
            label,
            begins: parse(&support.released),
            ends: parse(&support.regular),
            extended: parse(&support.extended),
            is_open: support.until_next,
        });
    }
    let description = fill(&words.picture, &[("list", &said.join("; "))]);
    svg::timeline(&lines, extra.today, &words.today, &description)
}

/// What changes, as bars and as a table.
pub(crate) fn changes(outcome: &Outcome, id: &str, texts: &Texts) -> Markup {
    let words = &texts.changes;
    let rows: Vec<(&str, Tally)> = [
        (&*words.core, outcome.core),
        (&*words.extensions, outcome.extensions),
        (&*words.libraries, outcome.libraries),
    ]
    .into_iter()
    .filter(|(_, tally)| tally.sum() > 0)
    .collect();
    let kinds = |tally: &Tally| {
        [
            ("kept", tally.kept),
            ("renamed", tally.renamed),
            ("updated", tally.updated),
            ("added", tally.added),
            ("downgraded", tally.downgraded),
            ("removed", tally.removed),
        ]
    };
    let names = [
        &words.kept,
        &words.renamed,
        &words.updated,
        &words.added,
        &words.downgraded,
        &words.removed,
    ];
    let bars: Vec<Bar> = rows
        .iter()
        .map(|(label, tally)| Bar {
            label,
            shares: kinds(tally)
                .into_iter()
                .filter(|(_, number)| *number > 0)
                .map(|(class, number)| Share { class, number })
                .collect(),
        })
        .collect();
    // A kind that does not occur needs no column.
    let occurs: Vec<bool> = (0..names.len())
        .map(|kind| rows.iter().any(|(_, tally)| kinds(tally)[kind].1 > 0))
        .collect();
    html! {
        section aria-labelledby={ (id) "-changes" } {
            h3 id={ (id) "-changes" } { (words.heading) }
            @if rows.is_empty() {
                p { (words.blocked) }
            } @else {
                (svg::bars(&bars, &words.picture))
                div.scroll tabindex="0" role="region" aria-label=(words.caption) {
                    table.small.cards {
                        caption { (words.caption) }
                        thead { tr {
                            th scope="col" { (words.kind) }
                            @for (kind, name) in names.iter().enumerate().filter(|(kind, _)| occurs[*kind]) {
                                th.number scope="col" {
                                    span.swatch.(kinds(&Tally::default())[kind].0) aria-hidden="true" {}
                                    (name)
                                }
                            }
                        } }
                        tbody {
                            @for (label, tally) in &rows {
                                tr {
                                    th scope="row" { (label) }
                                    @for (kind, (class, number)) in kinds(tally).into_iter().enumerate() {
                                        @if occurs[kind] {
                                            td.number data-label=(names[kind]) {
                                                // Where the heading is not seen, as on a phone.
                                                span.swatch.(class) aria-hidden="true" {}
                                                (number)
                                            }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
