//! All pages of a document in one table.

use super::prose::unbroken;
use crate::preview::side_name;
use crate::report::outcome::Outcome;
use crate::report::summary;
use crate::report::texts::Texts;
use crate::report::{Answer, Page};
use maud::{Markup, html};

/// The section; each row leads to its page.
pub(crate) fn section(pages: &[Page], texts: &Texts) -> Markup {
    let words = &texts.matrix;
    let first = pages.first().map(|page| page.extra.store);
    let is_of_many = pages.iter().any(|page| Some(page.extra.store) != first);
    let has_plans = pages
        .iter()
        .any(|page| matches!(page.answer, Answer::Plan(_)));
    let caption = if is_of_many {
        &words.caption_of_stores
    } else {
        &words.caption
    };
    html! {
        section.matrix aria-labelledby="choice" {
            h2 id="choice" { (words.heading) }
            div.scroll tabindex="0" role="region" aria-label=(caption) {
                table.cards {
                    caption.quiet { (caption) }
                    thead { tr {
                        @if is_of_many { th scope="col" { (words.store) } }
                        th scope="col" { (words.target) }
                        th scope="col" { (words.verdict) }
                        @if has_plans {
                            th scope="col" { (words.extensions) }
                            th scope="col" { (words.data) }
                            th scope="col" { (words.services) }
                            th scope="col" { (words.support) }
                        } @else { th scope="col" colspan="4" { (words.short) } }
                    } }
                    tbody { @for page in pages { (row(page, is_of_many, texts)) } }
                }
            }
        }
    }
}

fn row(page: &Page, is_of_many: bool, texts: &Texts) -> Markup {
    let words = &texts.matrix;
    let link = |name: &str| html! { a href={ "#" (page.extra.id) } { (unbroken(name)) } };
    let store = |name: Markup| {
        html! {
            @if is_of_many { th scope="row" { (name) } }
        }
    };
    match page.answer {
        Answer::Look(look) => html! {
            tr.(look.verdict.tone()) {
                (store(html! { (page.extra.store) }))
                // A store of which nobody has said what it should become has its page, too.
                @let target = if look.target.is_empty() { page.extra.store } else { look.target };
                @if is_of_many { td.target data-label=(words.target) { (link(target)) } }
                @else { th scope="row" { (link(target)) } }
                td data-label=(words.verdict) {
                    span.verdict.(look.verdict.tone()) { (look.verdict.word(texts)) }
                }
                td.wide colspan="4" { (look.why) }
            }
        },
        Answer::Plan(shown) => {
            let outcome = Outcome::of(shown.plan());
            let target = side_name(&outcome.plan.target);
            let verdict = outcome.verdict;
            html! {
                tr.(verdict.tone()) {
                    (store(html! { (page.extra.store) }))
                    @if is_of_many { td.target data-label=(words.target) { (link(&target)) } }
                    @else { th scope="row" { (link(&target)) } }
                    td data-label=(words.verdict) {
                        span.verdict.(verdict.tone()) { (verdict.word(texts)) }
                    }
                    td data-label=(words.extensions) { (summary::extensions(&outcome, texts)) }
                    td data-label=(words.data) { (summary::data(&outcome, texts)) }
                    td data-label=(words.services) { (summary::services(&outcome, texts)) }
                    td data-label=(words.support) { (summary::support(&outcome, page, texts)) }
                }
            }
        }
    }
}
