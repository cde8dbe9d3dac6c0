//! The report as Markdown, the text of a pull request: the plan, and of several the table of all of them first.

use super::outcome::Outcome;
use super::summary;
use super::texts::Texts;
use super::{Answer, Page};
use crate::preview::markdown::{MARK, cell, render};
use crate::preview::side_name;

/// The whole text, with a final newline. Of one plan it is what [`render`] makes.
pub(crate) fn document(pages: &[Page]) -> String {
    if let [
        Page {
            answer: Answer::Plan(shown),
            ..
        },
    ] = pages
    {
        return render(shown);
    }
    let texts = Texts::english();
    let mut parts = vec![format!("{MARK}\n{}", table(pages, texts))];
    for page in pages {
        if let Answer::Plan(shown) = page.answer {
            let text = render(shown);
            let text = text.strip_prefix(MARK).unwrap_or(&text).trim();
            parts.push(format!("<!-- {} -->\n{text}", page.extra.id));
        }
    }
    parts.join("\n\n") + "\n"
}

/// The table as Markdown, for the text of a pull request; links lead nowhere there, so there are none.
fn table(pages: &[Page], texts: &Texts) -> String {
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
            Answer::Look(look) => [
                look.target.to_owned(),
                look.verdict.word(texts).to_owned(),
                look.why.replace('\n', "; "),
                String::new(),
                String::new(),
                String::new(),
            ],
            Answer::Plan(shown) => {
                let outcome = Outcome::of(shown.plan());
                [
                    side_name(&outcome.plan.target),
                    outcome.verdict.word(texts).to_owned(),
                    summary::extensions(&outcome, texts),
                    summary::data(&outcome, texts).to_owned(),
                    summary::services(&outcome, texts),
                    summary::support(&outcome, page, texts),
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
