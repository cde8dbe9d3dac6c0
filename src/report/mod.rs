//! A plan as a document for the one who decides: what becomes of the shop, what it takes, what stands in the way, and the steps
//! of the night. One HTML file that loads nothing, or one JSON document; for a choice of targets, or for many stores, with a
//! table of all of them first.
//!
//! [`outcome`] draws from a plan what the document says, [`html`], [`json`] and [`markdown`] say it, in the words of [`texts`]. Everything
//! starts from a [`Shown`] plan, so that nothing in it is a secret.

pub(crate) mod day;
pub(crate) mod html;
pub(crate) mod json;
pub(crate) mod logo;
pub(crate) mod markdown;
pub(crate) mod outcome;
mod places;
mod summary;
pub(crate) mod texts;
mod topic;

use crate::plan::Finding;
use crate::preview::{Shown, side_name};
use logo::Logo;
use outcome::Verdict;
use texts::{Texts, fill};

/// What a page says that is not in its plan. All of it is fit to be shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extra<'a> {
    /// Tells the page from the others of its document; letters, digits and hyphens.
    pub id: &'a str,
    /// What people call the store.
    pub store: &'a str,
    /// The day on which the report is made.
    pub today: day::Day,
    /// The prefix of the shop's tables, usually empty.
    pub table_prefix: &'a str,
    /// The command that applies the plan.
    pub apply: &'a str,
}

/// What stands above all pages of a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cover<'a> {
    /// The heading, and the title of the window.
    pub title: &'a str,
    /// Who made it, for whom it is a matter of trust.
    pub agency: Option<&'a str>,
    /// None where no picture was named.
    pub logo: Option<&'a Logo>,
    /// Words of the agency's own; blank lines part paragraphs.
    pub note: Option<&'a str>,
    /// The day on which the report is made.
    pub today: day::Day,
    /// Whether hosts and folders are left out of what follows, which is said then.
    pub is_discreet: bool,
    /// What the stores come to, where they are a fleet.
    pub overview: Option<&'a Overview>,
}

/// One store and one target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page<'a> {
    /// What the plan does not tell.
    pub extra: Extra<'a>,
    /// The plan, or why there is none.
    pub answer: Answer<'a>,
}

/// What came of planning.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer<'a> {
    /// There is one, which may be blocked.
    Plan(&'a Shown),
    /// There is no plan.
    Look(Look<'a>),
}

/// What is known of a store and a target without a plan. All of it is fit to be shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Look<'a> {
    /// What the store is; empty where that is not known.
    pub source: &'a str,
    /// What it should become; empty where nobody has said.
    pub target: &'a str,
    /// The answer in a word.
    pub verdict: Verdict,
    /// What the way costs, or why there is none.
    pub why: &'a str,
    /// What stands in the way.
    pub blockers: &'a [Finding],
}

impl<'a> Look<'a> {
    /// Nothing is known but why there is no plan.
    pub(crate) fn failed(target: &'a str, why: &'a str) -> Self {
        Self {
            source: "",
            target,
            verdict: Verdict::NoPlan,
            why,
            blockers: &[],
        }
    }
}

/// What many stores come to, above the table of all of them. All of it is fit to be shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Overview {
    /// How many there are.
    pub stores: usize,
    /// How many can go where they are wanted, or are there.
    pub go: usize,
    /// How many cannot.
    pub blocked: usize,
    /// Of how many it could not be found out, or not be done.
    pub failed: usize,
    /// The same target by target, where there are several.
    pub targets: Vec<TargetCounts>,
    /// What the document lacks, in sentences.
    pub missing: Vec<String>,
    /// What stands in the way of how many stores, the most frequent first.
    pub reasons: Vec<Reason>,
}

/// How many stores can go to one target.
#[derive(Debug, Clone)]
pub(crate) struct TargetCounts {
    /// As it was asked for: `mage-os@2.*`.
    pub target: String,
    /// How many can go there, or are there.
    pub go: usize,
    /// How many cannot.
    pub blocked: usize,
    /// Of how many it could not be found out.
    pub failed: usize,
}

/// Something that stands in the way of stores.
#[derive(Debug, Clone)]
pub(crate) struct Reason {
    /// How many stores.
    pub stores: usize,
    /// The package that it is about; empty where it is about none.
    pub package: String,
    /// As one of the stores is told.
    pub example: String,
}

/// The title of a document about one store and one target, or about several.
pub(crate) fn title(pages: &[Page]) -> String {
    let words = &Texts::english().cover;
    match pages {
        [page] => {
            let (from, to) = match page.answer {
                Answer::Plan(shown) => {
                    let plan = shown.plan();
                    (side_name(&plan.source), side_name(&plan.target))
                }
                Answer::Look(look) => (look.source.to_owned(), look.target.to_owned()),
            };
            let text = if from.is_empty() || from == to {
                &words.title_of_one_side
            } else {
                &words.title
            };
            let store = page.extra.store;
            fill(text, &[("store", &store), ("to", &to)])
        }
        [first, rest @ ..]
            if rest
                .iter()
                .all(|page| page.extra.store == first.extra.store) =>
        {
            fill(&words.title_of_choice, &[("store", &first.extra.store)])
        }
        _ => words.title_of_many.clone(),
    }
}
