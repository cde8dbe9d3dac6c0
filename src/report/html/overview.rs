//! What many stores come to.

use super::prose::inline;
use crate::report::Overview;
use crate::report::texts::Texts;
use maud::{Markup, html};

/// So many reasons are told.
const MOST_REASONS: usize = 20;

/// The section: the sum in a sentence, what the document lacks, and what stands in the way most often.
pub(crate) fn section(overview: &Overview, texts: &Texts) -> Markup {
    let words = &texts.overview;
    let parts: Vec<String> = [
        (overview.go, &words.go),
        (overview.blocked, &words.blocked),
        (overview.failed, &words.failed),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, words)| words.of(number))
    .collect();
    let list = texts.join(&parts);
    let reasons = overview
        .reasons
        .get(..MOST_REASONS)
        .unwrap_or(&overview.reasons);
    html! {
        section.overview aria-labelledby="overview" {
            h2 id="overview" { (words.heading) }
            @if !parts.is_empty() { p.sum { (words.sum.filled(overview.stores, &[("list", &list)])) } }
            @if !overview.missing.is_empty() {
                div.answer.bad {
                    p.word { (words.missing) }
                    @for sentence in &overview.missing { p { (sentence) } }
                }
            }
            @if !reasons.is_empty() {
                div.scroll tabindex="0" role="region" aria-label=(words.caption) {
                    table.cards {
                        caption.quiet { (words.caption) }
                        thead { tr {
                            th.number scope="col" { (words.stores) }
                            th scope="col" { (words.what) }
                        } }
                        tbody { @for reason in reasons { tr {
                            td.number data-label=(words.stores) { (reason.stores) }
                            th scope="row" {
                                @if reason.package.is_empty() { (inline(&reason.example)) }
                                @else { (reason.package) p.quiet { (inline(&reason.example)) } }
                            }
                        } } }
                    }
                }
            }
        }
    }
}
