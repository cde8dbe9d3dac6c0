//! The report as Markdown, the text of a pull request: the plan, and of several the table of all of them first.

use super::html::matrix;
use super::texts::Texts;
use super::{Answer, Page};
use crate::preview::markdown::{MARK, render};

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
    let mut parts = vec![format!("{MARK}\n{}", matrix::markdown(pages, texts))];
    for page in pages {
        if let Answer::Plan(shown) = page.answer {
            let text = render(shown);
            let text = text.strip_prefix(MARK).unwrap_or(&text).trim();
            parts.push(format!("<!-- {} -->\n{text}", page.extra.id));
        }
    }
    parts.join("\n\n") + "\n"
}
