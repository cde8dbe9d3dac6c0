//! Texts of findings and steps as HTML: paragraphs, lists, and code between backticks.

use maud::{Markup, html};

/// A line of text with what is between backticks as code. A backtick without its partner stays one.
pub(crate) fn inline(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    let is_paired = parts.len() % 2 == 1;
    html! {
        @if is_paired {
            @for (index, part) in parts.iter().enumerate() {
                @if index % 2 == 1 { code { (part) } } @else { (part) }
            }
        } @else { (text) }
    }
}

/// Longer words are broken where they must be: a phone has no room for them.
const UNBROKEN: usize = 20;

/// A line in which names with a hyphen are not broken: `Mage-OS`, `2.4.8-p4`.
pub(crate) fn unbroken(text: &str) -> Markup {
    html! {
        @for (index, word) in text.split(' ').enumerate() {
            @if index > 0 { " " }
            @if word.contains('-') && word.len() <= UNBROKEN { span.nb { (word) } } @else { (word) }
        }
    }
}

/// A block of a text.
#[derive(Debug, PartialEq, Eq)]
enum Block<'t> {
    Paragraph(&'t str),
    List(Vec<&'t str>),
    /// Lines that are indented, as Composer writes its reasons.
    Lines(Vec<&'t str>),
}

fn blocks(text: &str) -> Vec<Block<'_>> {
    let mut blocks: Vec<Block> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let item = line.strip_prefix("- ");
        match (blocks.last_mut(), item) {
            (Some(Block::List(list)), Some(item)) => list.push(item),
            (_, Some(item)) => blocks.push(Block::List(vec![item])),
            (Some(Block::Lines(lines)), None) if line.starts_with(' ') => lines.push(line),
            (_, None) if line.starts_with(' ') => blocks.push(Block::Lines(vec![line])),
            (_, None) => blocks.push(Block::Paragraph(line)),
        }
    }
    blocks
}

/// A text of several lines.
pub(crate) fn prose(text: &str) -> Markup {
    html! {
        @for block in blocks(text) {
            @match block {
                Block::Paragraph(text) => p { (inline(text)) },
                Block::List(items) => ul { @for item in items { li { (inline(item)) } } },
                Block::Lines(lines) => pre { (lines.join("\n")) },
            }
        }
    }
}

/// Paragraphs that somebody wrote, parted by blank lines.
pub(crate) fn paragraphs(text: &str) -> Markup {
    let text = text.replace("\r\n", "\n");
    html! {
        @for paragraph in text.split("\n\n").map(str::trim).filter(|text| !text.is_empty()) {
            p { (paragraph) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_keeps_its_shape_and_gains_no_markup() {
        let text = "Run `a <b>` & wait.\n- one\n- `two`\n\n  Problem 1\n    - x\nDone `.";
        assert_eq!(
            prose(text).into_string(),
            "<p>Run <code>a &lt;b&gt;</code> &amp; wait.</p><ul><li>one</li><li><code>two</code></li></ul><pre>  Problem 1\n    - x</pre><p>Done `.</p>"
        );
        assert_eq!(
            paragraphs("a\r\n\r\n<b>\n\n\n").into_string(),
            "<p>a</p><p>&lt;b&gt;</p>"
        );
        assert_eq!(
            unbroken("to Mage-OS <2>").into_string(),
            "to <span class=\"nb\">Mage-OS</span> &lt;2&gt;"
        );
        let long = "the-shop-of-somebody-with-a-long-name";
        assert_eq!(unbroken(long).into_string(), long);
    }
}
