//! A unified diff on a terminal.

use super::paint::Paint;

/// The diff with its lines coloured. Carriage returns at line ends, which a terminal would obey, are left out.
pub(super) fn render(diff: &str, paint: Paint) -> String {
    let mut out = String::with_capacity(diff.len());
    for line in diff.lines() {
        let line = line.replace('\r', "");
        out.push_str(&match line.as_bytes() {
            [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => paint.bold(line),
            [b'@', ..] => paint.cyan(line),
            [b'+', ..] => paint.green(line),
            [b'-', ..] => paint.red(line),
            [b'\\', ..] => paint.dim(line),
            _ => line,
        });
        out.push('\n');
    }
    out
}
