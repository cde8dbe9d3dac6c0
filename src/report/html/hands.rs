//! What people have to change themselves: findings about code, patches and scripts, with file and line.

use super::findings::{Told, finding_head};
use super::prose::{inline, prose};
use crate::plan::{Finding, Plan};
use crate::report::places::{Parts, parts};
use crate::report::texts::{Texts, fill};
use crate::report::topic::Topic;
use maud::{Markup, html};

/// The section.
pub(crate) fn section(plan: &Plan, id: &str, texts: &Texts) -> Markup {
    let words = &texts.hands;
    let told: Vec<Told> = Told::all(plan, |finding| {
        Topic::of(finding.code()) == Topic::Hands && !finding.is_blocker()
    });
    html! {
        section aria-labelledby={ (id) "-hands" } {
            h3 id={ (id) "-hands" } { (words.heading) }
            @if told.is_empty() {
                p { (words.nothing) }
            } @else {
                p { (words.intro) }
                @for told in told { (one(&told, id, texts)) }
            }
        }
    }
}

/// A finding with its places in a table.
fn one(told: &Told, id: &str, texts: &Texts) -> Markup {
    let parts = parts(&told.finding.detail);
    html! {
        article.finding.(told.tone()) id={ (id) "-f" (told.number) } {
            (finding_head(told.finding, texts))
            (prose(&parts.text))
            @if !parts.places.is_empty() { (table(told.finding, &parts, texts)) }
        }
    }
}

fn table(finding: &Finding, parts: &Parts, texts: &Texts) -> Markup {
    let words = &texts.hands;
    let has_words = parts.places.iter().any(|place| !place.what.is_empty());
    html! {
        div.scroll tabindex="0" role="region" aria-label={ (words.caption) ": " (finding.title) } {
            table {
                caption.quiet { (words.caption) }
                thead { tr {
                    th scope="col" { (words.file) }
                    th.number scope="col" { (words.line) }
                    @if has_words { th scope="col" { (words.what) } }
                } }
                tbody {
                    @for place in &parts.places {
                        tr {
                            th.path scope="row" { (place.file) }
                            td.number { (place.line.unwrap_or("–")) }
                            @if has_words { td { (inline(place.what)) } }
                        }
                    }
                }
            }
        }
        @if parts.more > 0 { p { (fill(&words.more, &[("n", &parts.more)])) } }
    }
}
