//! Text in columns.

use crate::preview::layout::wrap;
use console::measure_text_width;

/// What is narrower is not broken into lines.
const NARROWEST: usize = 20;

/// Rows with aligned columns, two spaces apart, each row behind `indent`. The first row holds the headings. What is in the last
/// column and too long for `width` goes on below itself.
pub(crate) fn render(rows: &[Vec<String>], indent: &str, width: usize) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let of_column = |column: usize| {
        rows.iter()
            .filter_map(|row| row.get(column))
            .map(|cell| measure_text_width(cell))
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(of_column).collect();
    let before: usize = widths.iter().rev().skip(1).map(|width| width + 2).sum();
    let room = width.saturating_sub(indent.len() + before);
    let mut out = String::new();
    for row in rows {
        let mut line = indent.to_owned();
        let mut further = Vec::new();
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let is_long = at + 1 == columns && room >= NARROWEST && measure_text_width(cell) > room;
            if is_long {
                let mut lines = wrap(cell, room).into_iter();
                line.push_str(&lines.next().unwrap_or_default());
                further.extend(lines);
                continue;
            }
            line.push_str(cell);
            line.push_str(&" ".repeat(width.saturating_sub(measure_text_width(cell)) + 2));
        }
        out.push_str(line.trim_end());
        out.push('\n');
        for line in further {
            out.push_str(&format!("{indent}{}{line}\n", " ".repeat(before)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a", "bcd", ""], ["aä", "b", "c"]].map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(render(&rows, " ", 80), " a   bcd\n aä  b    c\n");
    }

    #[test]
    fn the_last_column_goes_on_below_itself() {
        let rows = [
            ["name", "what"],
            ["a", "some words that are too long for the line"],
        ]
        .map(|row| row.map(str::to_owned).to_vec());
        assert_eq!(
            render(&rows, "  ", 32),
            "  name  what\n  a     some words that are too\n        long for the line\n"
        );
    }
}
