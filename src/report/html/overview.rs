//! What many stores come to.

use super::prose::inline;
use crate::report::texts::{Texts, fill};
use crate::report::{Overview, Reason};
use maud::{Markup, html};

/// So many reasons are told.
const MOST_REASONS: usize = 20;

/// The section: the sum in a sentence, what the document lacks, and what stands in the way most often.
pub(crate) fn section(overview: &Overview, texts: &Texts) -> Markup {
    let words = &texts.overview;
    let list = counted(overview.go, overview.blocked, overview.failed, texts);
    let reasons = overview
        .reasons
        .get(..MOST_REASONS)
        .unwrap_or(&overview.reasons);
    html! {
        section.overview aria-labelledby="overview" {
            h2 id="overview" { (words.heading) }
            @if !list.is_empty() { p.sum { (words.sum.filled(overview.stores, &[("list", &list)])) } }
            @if overview.targets.len() > 1 {
                p { (words.of_targets) }
                ul { @for of in &overview.targets {
                    @let list = counted(of.go, of.blocked, of.failed, texts);
                    li { (fill(&words.of_target, &[("target", &of.target), ("list", &list)])) }
                } }
            }
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
                                @if reason.package.is_empty() { (inline(&example(reason, texts))) }
                                @else { (reason.package) p.quiet { (inline(&example(reason, texts))) } }
                            }
                        } } }
                    }
                }
            }
        }
    }
}

/// How many go, are blocked and failed, joined; those that there are.
fn counted(go: usize, blocked: usize, failed: usize, texts: &Texts) -> String {
    let words = &texts.overview;
    let parts: Vec<String> = [
        (go, &words.go),
        (blocked, &words.blocked),
        (failed, &words.failed),
    ]
    .into_iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, words)| words.of(number))
    .collect();
    texts.join(&parts)
}

/// What one of the stores is told; others may be told of another release.
fn example(reason: &Reason, texts: &Texts) -> String {
    match reason.stores {
        0 | 1 => reason.example.clone(),
        _ => fill(&texts.overview.for_example, &[("what", &reason.example)]),
    }
}
