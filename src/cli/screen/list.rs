//! A list to choose one from. Lists of libraries stand still until a key is pressed and hold one line for each choice; this
//! one fills in what a choice costs while it is looked at, and wraps what is too long for a line.

use super::choice::Choice;
use super::ui::Ui;
use crossterm::cursor::{Hide, MoveToColumn, MoveUp, Show};
use crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use crossterm::terminal::{self, Clear, ClearType};
use crossterm::{execute, queue};
use std::io::{self, Write};
use std::sync::mpsc::{Receiver, TryRecvError};
use std::time::Duration;

/// What a choice costs, by its index, as it becomes known.
pub(crate) type Costs = Receiver<(usize, String)>;

/// How often costs are looked for.
const TICK: Duration = Duration::from_millis(120);

/// Stands for a cost that is not known yet.
const FRAMES: [&str; 4] = ["·  ", "·· ", "···", "   "];

/// Columns in front of a label.
const MARGIN: usize = 2;

/// How a list ended.
pub(crate) enum Picked {
    /// The choice at this place of the list.
    Choice(usize),
    /// A step back in the conversation.
    Back,
    /// No answer, and no further question.
    GivenUp,
}

/// A list while it is shown.
struct List<'a> {
    ui: &'a Ui,
    question: &'a str,
    choices: Vec<Choice>,
    /// Which of the choices that fit what was typed is under the cursor.
    at: usize,
    typed: String,
    /// Whose cost is still looked for.
    pending: Vec<bool>,
    frame: usize,
    /// The lines that are on the screen.
    shown: Vec<String>,
}

/// Shows the choices, which must not be empty, until one is taken.
pub(crate) fn pick(
    ui: &Ui,
    question: &str,
    choices: &[Choice],
    default: usize,
    costs: Option<Costs>,
) -> io::Result<Picked> {
    let mut list = List {
        ui,
        question,
        choices: choices.to_vec(),
        at: default.min(choices.len().saturating_sub(1)),
        typed: String::new(),
        pending: vec![costs.is_some(); choices.len()],
        frame: 0,
        shown: Vec::new(),
    };
    let _raw = Raw::enter()?;
    let picked = list.run(costs);
    list.erase()?;
    picked
}

/// A terminal that gives single keys, until this is dropped.
struct Raw;

impl Raw {
    fn enter() -> io::Result<Self> {
        terminal::enable_raw_mode()?;
        execute!(io::stderr(), Hide)?;
        Ok(Self)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = terminal::disable_raw_mode();
        let _ = execute!(io::stderr(), Show);
    }
}

impl List<'_> {
    fn run(&mut self, mut costs: Option<Costs>) -> io::Result<Picked> {
        loop {
            loop {
                if costs.as_ref().is_some_and(|open| self.take(open)) {
                    costs = None;
                    self.pending.fill(false);
                }
                self.draw()?;
                if costs.is_none() || event::poll(TICK)? {
                    break;
                }
                self.frame += 1;
            }
            let Event::Key(key) = event::read()? else {
                continue;
            };
            if key.kind == KeyEventKind::Release {
                continue;
            }
            if let Some(picked) = self.press(key) {
                return Ok(picked);
            }
        }
    }

    /// Notes the costs that have become known; whether no more will come.
    fn take(&mut self, costs: &Costs) -> bool {
        loop {
            match costs.try_recv() {
                Ok((index, cost)) => {
                    if let (Some(choice), Some(pending)) =
                        (self.choices.get_mut(index), self.pending.get_mut(index))
                    {
                        *pending = false;
                        let both = [choice.cost.as_str(), cost.as_str()];
                        let told: Vec<&str> =
                            both.into_iter().filter(|text| !text.is_empty()).collect();
                        choice.cost = told.join(", ");
                    }
                }
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => return true,
            }
        }
    }

    /// The choices that have all words that were typed.
    fn fitting(&self) -> Vec<usize> {
        let words: Vec<String> = self
            .typed
            .split_whitespace()
            .map(str::to_lowercase)
            .collect();
        let fits = |choice: &Choice| {
            let text = format!("{} {}", choice.label, choice.cost).to_lowercase();
            words.iter().all(|word| text.contains(word.as_str()))
        };
        let all = self.choices.iter().enumerate();
        all.filter(|(_, choice)| fits(choice))
            .map(|(index, _)| index)
            .collect()
    }

    fn press(&mut self, key: KeyEvent) -> Option<Picked> {
        let fitting = self.fitting();
        let last = fitting.len().saturating_sub(1);
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c' | 'd') if is_control => return Some(Picked::GivenUp),
            KeyCode::Char('n') if is_control => {
                self.at = if self.at < last { self.at + 1 } else { 0 }
            }
            KeyCode::Char('p') if is_control => self.at = self.at.checked_sub(1).unwrap_or(last),
            KeyCode::Esc => return Some(Picked::Back),
            KeyCode::Enter => {
                return fitting.get(self.at).map(|index| Picked::Choice(*index));
            }
            KeyCode::Down | KeyCode::Tab => self.at = if self.at < last { self.at + 1 } else { 0 },
            KeyCode::Up | KeyCode::BackTab => self.at = self.at.checked_sub(1).unwrap_or(last),
            KeyCode::Home => self.at = 0,
            KeyCode::End => self.at = last,
            KeyCode::PageDown => self.at = (self.at + 8).min(last),
            KeyCode::PageUp => self.at = self.at.saturating_sub(8),
            KeyCode::Backspace => self.retype(&fitting, |typed| {
                typed.pop();
            }),
            KeyCode::Char(letter) if !is_control => {
                self.retype(&fitting, |typed| typed.push(letter));
            }
            _ => {}
        }
        None
    }

    /// Changes what is searched for; the cursor stays on its choice where that still fits.
    fn retype(&mut self, before: &[usize], change: impl FnOnce(&mut String)) {
        let under = before.get(self.at).copied();
        change(&mut self.typed);
        let now = self.fitting();
        let stays = under.and_then(|under| now.iter().position(|index| *index == under));
        self.at = stays.unwrap_or(0);
    }

    /// The lines of the list on a terminal of so many rows.
    fn lines(&self, rows: usize) -> Vec<String> {
        let paint = self.ui.stderr;
        let width = self.ui.width.saturating_sub(1);
        let mut lines: Vec<String> = in_rows(self.question, width, "")
            .iter()
            .map(|text| paint.bold(text))
            .collect();
        if !self.typed.is_empty() {
            lines.push(format!("  search: {}", self.typed));
        }
        let fitting = self.fitting();
        let blocks: Vec<Vec<String>> = fitting
            .iter()
            .enumerate()
            .map(|(place, index)| self.block(*index, place == self.at, width))
            .collect();
        // A line for the question, one for the keys, two for what is not seen, and one for the cursor.
        let room = rows.saturating_sub(lines.len() + 4).max(3);
        let (first, last) = window(&blocks, self.at, room);
        if blocks.is_empty() {
            lines.push(paint.dim("  nothing fits; Backspace takes letters away"));
        }
        if first > 0 {
            lines.push(paint.dim(format!("  ↑ {first} more")));
        }
        lines.extend(blocks[first..last].iter().flatten().cloned());
        if last < blocks.len() {
            lines.push(paint.dim(format!("  ↓ {} more", blocks.len() - last)));
        }
        let leave = match self.ui.dialog.has_answers() {
            true => "Esc back · Ctrl-C stop",
            false => "Esc stop",
        };
        let keys = format!("  ↑↓ move · Enter choose · letters search · {leave}");
        lines.push(paint.dim(console::truncate_str(&keys, width, "…")));
        lines
    }

    /// A choice: its label, and beside it what it costs, on as many lines as that takes.
    fn block(&self, index: usize, is_current: bool, width: usize) -> Vec<String> {
        let paint = self.ui.stderr;
        let choice = &self.choices[index];
        let labels = self
            .choices
            .iter()
            .map(|choice| console::measure_text_width(&choice.label));
        let column = labels.max().unwrap_or_default().min(width / 2) + MARGIN + 2;
        let mut cost = choice.cost.clone();
        if self.pending[index] {
            let mark = FRAMES[self.frame / 3 % FRAMES.len()];
            cost = if cost.is_empty() {
                mark.to_owned()
            } else {
                format!("{cost} {mark}")
            };
        }
        let cost = self.ui.masker.mask(&cost).into_owned();
        let label = self.ui.masker.mask(&choice.label).into_owned();
        let sign = if is_current { "❯ " } else { "  " };
        let head = format!("{sign}{label}");
        let wide = console::measure_text_width(&head);
        let costs = in_rows(&cost, width.saturating_sub(column).max(20), "");
        let mut lines = Vec::new();
        let paint_head = |text: &str| match is_current {
            true => paint.cyan(text),
            false => text.to_owned(),
        };
        let mut costs = costs.into_iter();
        if wide + 2 > column {
            // A label of half a line or more stands alone.
            let rows = in_rows(&head, width, "    ");
            lines.extend(rows.iter().map(|text| paint_head(text)));
        } else {
            let first = costs.next().unwrap_or_default();
            let gap = " ".repeat(column - wide);
            let line = format!("{}{gap}{}", paint_head(&head), paint.dim(&first));
            lines.push(match first.is_empty() {
                true => paint_head(&head),
                false => line,
            });
        }
        let gap = " ".repeat(column);
        lines.extend(costs.map(|text| format!("{gap}{}", paint.dim(&text))));
        lines
    }

    fn draw(&mut self) -> io::Result<()> {
        let rows = terminal::size().map_or(24, |(_, rows)| usize::from(rows));
        let lines = self.lines(rows);
        if lines == self.shown {
            return Ok(());
        }
        let mut out = io::stderr().lock();
        self.rewind(&mut out)?;
        for line in &lines {
            write!(out, "{line}\r\n")?;
        }
        self.shown = lines;
        out.flush()
    }

    fn rewind(&self, out: &mut impl Write) -> io::Result<()> {
        if !self.shown.is_empty() {
            let rows = u16::try_from(self.shown.len()).unwrap_or(u16::MAX);
            queue!(out, MoveUp(rows))?;
        }
        queue!(out, MoveToColumn(0), Clear(ClearType::FromCursorDown))
    }

    fn erase(&mut self) -> io::Result<()> {
        let mut out = io::stderr().lock();
        self.rewind(&mut out)?;
        self.shown.clear();
        out.flush()
    }
}

/// A text in lines of so many columns, the later ones behind `indent`. Days and versions stay whole; what is wider than a line is
/// broken all the same, so that every line is one row of the screen.
pub(super) fn in_rows(text: &str, width: usize, indent: &str) -> Vec<String> {
    let options = textwrap::Options::new(width)
        .subsequent_indent(indent)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .word_separator(textwrap::WordSeparator::AsciiSpace);
    let rows = textwrap::wrap(text, options);
    rows.into_iter().map(|row| row.into_owned()).collect()
}

/// The blocks around one of them that fit so many lines: from the first to the one behind the last.
fn window(blocks: &[Vec<String>], at: usize, room: usize) -> (usize, usize) {
    if blocks.is_empty() {
        return (0, 0);
    }
    let at = at.min(blocks.len() - 1);
    let (mut first, mut last) = (at, at + 1);
    let mut used = blocks[at].len();
    loop {
        let above = first.checked_sub(1).map(|index| blocks[index].len());
        let below = blocks.get(last).map(Vec::len);
        match (above, below) {
            // As much below as above, and what one side does not need goes to the other.
            (_, Some(lines))
                if used + lines <= room && (last - at <= at - first + 1 || above.is_none()) =>
            {
                used += lines;
                last += 1;
            }
            (Some(lines), _) if used + lines <= room => {
                used += lines;
                first -= 1;
            }
            (_, Some(lines)) if used + lines <= room => {
                used += lines;
                last += 1;
            }
            _ => return (first, last),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::ui::recorded;
    use crate::preview::layout::Detail;

    fn list<'a>(ui: &'a Ui, count: usize) -> List<'a> {
        let choice = |index: usize| {
            Choice {
            label: format!("Mage-OS 3.{index}.0"),
            cost: "Magento 2.4.8-p3, PHP 8.3, 8.4, 12 extensions move, regular fixes until 2028-05-31, no account needed".to_owned(),
        }
        };
        List {
            ui,
            question: "Which release?",
            choices: (0..count).map(choice).collect(),
            at: 0,
            typed: String::new(),
            pending: vec![true; count],
            frame: 0,
            shown: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_cut_and_all_fits_the_screen() {
        let (ui, _, _) = recorded::ui(Detail::Normal, false);
        let mut list = list(&ui, 30);
        for at in [0, 14, 29] {
            list.at = at;
            let lines = list.lines(24);
            assert!(lines.len() < 24, "{lines:#?}");
            assert!(
                lines
                    .iter()
                    .all(|line| console::measure_text_width(line) < 80),
                "{lines:#?}"
            );
            let text = lines.join(" ");
            assert!(text.contains(&format!("❯ Mage-OS 3.{at}.0")), "{text}");
            assert!(text.contains("no account"), "{text}");
        }
    }

    #[test]
    fn a_search_keeps_the_place() {
        let (ui, _, _) = recorded::ui(Detail::Normal, false);
        let mut list = list(&ui, 30);
        list.at = 21;
        for letter in "3.2".chars() {
            list.press(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
        }
        assert_eq!(list.fitting()[list.at], 21);
        for _ in 0..3 {
            list.press(KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE));
        }
        assert_eq!(list.at, 21);
    }

    #[test]
    fn costs_come_while_it_is_shown() {
        let (ui, _, _) = recorded::ui(Detail::Normal, false);
        let mut list = list(&ui, 2);
        let (send, costs) = std::sync::mpsc::channel();
        send.send((1, "blocked by acme/blog".to_owned())).unwrap();
        assert!(!list.take(&costs));
        assert_eq!(list.pending, [true, false]);
        assert!(list.choices[1].cost.ends_with("blocked by acme/blog"));
        drop(send);
        assert!(list.take(&costs));
    }
}
