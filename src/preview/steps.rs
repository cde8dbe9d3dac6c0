//! Steps on a terminal: each command stands alone on its line, to be copied from there.

use super::layout::{Layout, line, put, wrap};
use crate::plan::{Phase, Step};
use console::measure_text_width;

/// What follows a command is further in than the command.
const BESIDE: &str = "      ";

/// Steps under the headings of their phases; without a heading where all are of one.
pub(crate) fn render<'s>(steps: impl Iterator<Item = &'s Step>, layout: &Layout) -> String {
    let steps: Vec<&Step> = steps.collect();
    let mut out = String::new();
    let mut last: Option<Phase> = None;
    let is_one = steps.windows(2).all(|pair| pair[0].phase == pair[1].phase);
    for step in steps {
        if !is_one && last != Some(step.phase) {
            if last.is_some() {
                out.push('\n');
            }
            line(&mut out, &layout.paint.bold(step.phase.title()));
            last = Some(step.phase);
        }
        put_step(&mut out, step, layout);
    }
    out
}

/// One step: a command, and below it what to know about it; or a sentence.
pub(crate) fn put_step(out: &mut String, step: &Step, layout: &Layout) {
    match &step.command {
        Some(command) => {
            for part in broken(command, layout.width) {
                put(out, format_args!("  {part}\n"));
            }
            for text in wrap(&step.text, layout.width.saturating_sub(BESIDE.len())) {
                if !text.is_empty() {
                    put(out, format_args!("{BESIDE}{}\n", layout.paint.dim(text)));
                }
            }
        }
        None => bullet(out, &step.text, layout),
    }
}

fn bullet(out: &mut String, text: &str, layout: &Layout) {
    let mut mark = "- ";
    for text in wrap(text, layout.width.saturating_sub(4)) {
        put(out, format_args!("  {mark}{text}\n"));
        mark = "  ";
    }
}

/// A command in lines that a shell takes as one. It is broken between words, and only where it is too long.
fn broken(command: &str, width: usize) -> Vec<String> {
    const FURTHER: &str = "      ";
    let room = width.saturating_sub(2);
    if measure_text_width(command) <= room {
        return vec![command.to_owned()];
    }
    let mut lines: Vec<String> = Vec::new();
    for word in words(command) {
        match lines.last_mut() {
            // Two more columns are for the backslash.
            Some(line) if measure_text_width(line) + measure_text_width(word) + 3 <= room => {
                line.push(' ');
                line.push_str(word);
            }
            Some(line) => {
                line.push_str(" \\");
                lines.push(format!("{FURTHER}{word}"));
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The words of a command, quotes and all.
fn words(command: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let (mut start, mut quote) = (0, None);
    for (at, c) in command.char_indices() {
        match quote {
            Some(open) if c == open => quote = None,
            None if c == '\'' || c == '"' => quote = Some(c),
            None if c == ' ' => {
                words.push(&command[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&command[start..]);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_command_is_broken_between_its_words() {
        let command = "bin/magento setup:install --base-url=https://shop.test/ --db-host=HOST --db-name='a --b' --db-user=USER";
        let lines = broken(command, 60);
        assert_eq!(
            lines,
            [
                "bin/magento setup:install --base-url=https://shop.test/ \\",
                "      --db-host=HOST --db-name='a --b' --db-user=USER"
            ]
        );
        assert!(lines.iter().all(|line| measure_text_width(line) <= 58));
        let short = "composer install --no-dev";
        assert_eq!(broken(short, 60), [short]);
    }
}
