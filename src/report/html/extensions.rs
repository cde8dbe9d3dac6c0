//! Extension by extension: what becomes of it, its licence, and whether keys are needed.

use crate::report::outcome::{Fate, Outcome, Row};
use crate::report::texts::{ExtensionsTexts, Texts, fill};
use maud::{Markup, html};

/// The section.
pub(crate) fn section(outcome: &Outcome, id: &str, texts: &Texts) -> Markup {
    let words = &texts.extensions;
    let is_known = outcome.plan.background.knows_packages();
    html! {
        section aria-labelledby={ (id) "-extensions" } {
            h3 id={ (id) "-extensions" } { (words.heading) }
            @if !is_known {
                p { (words.unknown) }
            } @else if outcome.rows.is_empty() {
                p { (words.none) }
            } @else {
                div.scroll tabindex="0" role="region" aria-label=(words.caption) {
                    table.cards {
                        caption.quiet { (words.caption) }
                        thead { tr {
                            th scope="col" { (words.name) }
                            th scope="col" { (words.fate) }
                            th scope="col" { (words.licence) }
                            th scope="col" { (words.keys) }
                        } }
                        tbody { @for row in &outcome.rows { (self::row(row, id, words)) } }
                    }
                }
            }
        }
    }
}

fn row(row: &Row, id: &str, words: &ExtensionsTexts) -> Markup {
    let extension = row.extension;
    let tone = match row.fate {
        Fate::InTheWay => "bad",
        Fate::Goes | Fate::GoesBack => "warn",
        _ => "plain",
    };
    let licence = match extension.licences.as_slice() {
        [] => words.no_licence.clone(),
        licences => licences.join(", "),
    };
    html! {
        tr.(tone) {
            th.path scope="row" { (breakable(&extension.name)) }
            td data-label=(words.fate) {
                (row.in_words(words))
                @if let Some(reason) = row.reason {
                    " (" a href={ "#" (id) "-f" (reason) } { (words.more) } ")"
                }
            }
            td data-label=(words.licence) { (licence) }
            td data-label=(words.keys) {
                @match (&extension.host, extension.needs_keys && row.fate != Fate::Goes) {
                    (_, false) => (words.no_keys),
                    (Some(host), true) => (fill(&words.keys_of_host, &[("host", host)])),
                    (None, true) => (words.keys_of),
                }
            }
        }
    }
}

/// A package's name, which may be broken behind its vendor.
fn breakable(name: &str) -> Markup {
    html! {
        @match name.split_once('/') {
            Some((vendor, rest)) => { (vendor) "/" wbr; (rest) },
            None => (name),
        }
    }
}
