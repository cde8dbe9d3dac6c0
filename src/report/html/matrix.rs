//! All pages of a document in one table.

use super::prose::{cell, unbroken};
use crate::plan::Code;
use crate::preview::side_name;
use crate::report::outcome::{Outcome, Verdict};
use crate::report::texts::Texts;
use crate::report::{Answer, Page};
use maud::{Markup, html};

/// The section; each row leads to its page.
pub(crate) fn section(pages: &[Page], texts: &Texts) -> Markup {
    let words = &texts.matrix;
    let first = pages.first().map(|page| page.extra.store);
    let is_of_many = pages.iter().any(|page| Some(page.extra.store) != first);
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
                        th scope="col" { (words.extensions) }
                        th scope="col" { (words.data) }
                        th scope="col" { (words.services) }
                        th scope="col" { (words.support) }
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
        Answer::Failed { target, why } => html! {
            tr.bad {
                (store(html! { (page.extra.store) }))
                @if is_of_many { td data-label=(words.target) { (link(target)) } }
                @else { th scope="row" { (link(target)) } }
                td data-label=(words.verdict) { span.verdict.bad { (texts.verdict.no_plan) } }
                td.wide colspan="4" { (why) }
            }
        },
        Answer::Plan(shown) => {
            let outcome = Outcome::of(shown.plan());
            let target = side_name(&outcome.plan.target);
            let verdict = outcome.verdict;
            html! {
                tr.(verdict.tone()) {
                    (store(html! { (page.extra.store) }))
                    @if is_of_many { td data-label=(words.target) { (link(&target)) } }
                    @else { th scope="row" { (link(&target)) } }
                    td data-label=(words.verdict) {
                        span.verdict.(verdict.tone()) { (verdict.word(texts)) }
                    }
                    td data-label=(words.extensions) { (extensions(&outcome, texts)) }
                    td data-label=(words.data) { (data(&outcome, texts)) }
                    td data-label=(words.services) { (services(&outcome, texts)) }
                    td data-label=(words.support) { (support(&outcome, page, texts)) }
                }
            }
        }
    }
}

fn extensions(outcome: &Outcome, texts: &Texts) -> String {
    let words = &texts.matrix;
    if matches!(outcome.verdict, Verdict::Blocked | Verdict::Unanswered) {
        return words.in_the_way.of(outcome.blockers);
    }
    let tally = outcome.extensions;
    let parts: Vec<String> = [(tally.moved(), &words.moved), (tally.removed, &words.gone)]
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, words)| words.of(number))
        .collect();
    match parts.is_empty() {
        true => words.all_stay.clone(),
        false => texts.join(&parts),
    }
}

fn data<'t>(outcome: &Outcome, texts: &'t Texts) -> &'t str {
    let words = &texts.matrix;
    let has = |code| outcome.finding(code).is_some();
    if has(Code::DataLoss) {
        &words.lost
    } else if has(Code::DataConverted) {
        &words.converted
    } else if has(Code::DataKept) {
        &words.stay
    } else {
        &words.unknown
    }
}

fn services(outcome: &Outcome, texts: &Texts) -> String {
    let words = &texts.matrix;
    let services = &outcome.plan.background.services;
    if outcome.unfit > 0 {
        words.unfit.of(outcome.unfit)
    } else if services.iter().any(|service| !service.found.is_empty()) {
        words.fit.clone()
    } else {
        words.not_compared.clone()
    }
}

fn support(outcome: &Outcome, page: &Page, texts: &Texts) -> String {
    let support = outcome.plan.background.target_support.as_ref();
    match support {
        Some(support) if support.until_next => texts.support.until_next.clone(),
        Some(support) => match support.regular.as_deref() {
            Some(end) => super::figures::ended(end, page.extra.today, texts),
            None => texts.matrix.unknown.clone(),
        },
        None => texts.matrix.unknown.clone(),
    }
}

/// The table as Markdown, for the text of a pull request; links lead nowhere there, so there are none.
pub(crate) fn markdown(pages: &[Page], texts: &Texts) -> String {
    let words = &texts.matrix;
    let mut lines = vec![
        format!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            words.store,
            words.target,
            words.verdict,
            words.extensions,
            words.data,
            words.services,
            words.support
        ),
        "|---|---|---|---|---|---|---|".to_owned(),
    ];
    for page in pages {
        let cells = match page.answer {
            Answer::Failed { target, why } => [
                target.to_owned(),
                texts.verdict.no_plan.clone(),
                why.to_owned(),
                String::new(),
                String::new(),
                String::new(),
            ],
            Answer::Plan(shown) => {
                let outcome = Outcome::of(shown.plan());
                [
                    side_name(&outcome.plan.target),
                    outcome.verdict.word(texts).to_owned(),
                    extensions(&outcome, texts),
                    data(&outcome, texts).to_owned(),
                    services(&outcome, texts),
                    support(&outcome, page, texts),
                ]
            }
        };
        let cells = cells.map(|text| cell(&text));
        lines.push(format!(
            "| {} | {} |",
            cell(page.extra.store),
            cells.join(" | ")
        ));
    }
    format!("## {}\n\n{}", words.heading, lines.join("\n"))
}
