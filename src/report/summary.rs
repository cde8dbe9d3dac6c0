//! A plan in a few words for each thing that matters: a row of the table of all of them.

use super::Page;
use super::day::{self, Day};
use super::outcome::{Outcome, Verdict};
use super::texts::{Texts, fill};
use crate::plan::Code;

/// Extensions: what stands in the way, or how many do not stay as they are.
pub(super) fn extensions(outcome: &Outcome, texts: &Texts) -> String {
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

/// What becomes of the shop's data.
pub(super) fn data<'t>(outcome: &Outcome, texts: &'t Texts) -> &'t str {
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

/// Services: how many the release is not made for.
pub(super) fn services(outcome: &Outcome, texts: &Texts) -> String {
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

/// How long the release gets fixes.
pub(super) fn support(outcome: &Outcome, page: &Page, texts: &Texts) -> String {
    let support = outcome.plan.background.target_support.as_ref();
    match support {
        Some(support) if support.until_next => texts.support.until_next.clone(),
        Some(support) => match support.regular.as_deref() {
            Some(end) => ended(end, page.extra.today, texts),
            None => texts.matrix.unknown.clone(),
        },
        None => texts.matrix.unknown.clone(),
    }
}

/// `until 1 May 2027`, or that it has ended.
pub(super) fn ended(end: &str, today: Day, texts: &Texts) -> String {
    let words = &texts.support;
    let is_over = Day::parse(end).is_some_and(|end| end < today);
    let text = if is_over { &words.ended } else { &words.ends };
    fill(text, &[("day", &day::shown(end, texts))])
}
