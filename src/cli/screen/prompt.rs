//! Questions on a terminal. Each takes plain data and has a flag that answers it. Esc goes one step back where there is one
//! (see [`Dialog`](super::dialog::Dialog)), and gives up where there is none; Ctrl-C gives up.
//!
//! Three libraries draw them, each what it does best. `dialoguer` asks for yes or no, for a consent word and for what is typed
//! unseen. `inquire` asks for a line, which in `dialoguer` cannot be left with Esc, and for several of many, where search and
//! place stay while one after the other is turned on. One of several is chosen from [a list of our own](super::list): none of
//! the two draws anything while nobody presses a key, and what choices cost becomes known while they are looked at.

use super::choice::Choice;
use super::dialog::Answer;
use super::list;
use super::list::{Costs, Picked, in_rows};
use super::ui::Ui;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::signal::{await_end, restore_terminal};
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, Input, Password};
use inquire::InquireError;
use inquire::ui::{RenderConfig, Styled};
use std::fmt;

/// An entry of the root that the store's owners and the target both changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Conflict {
    /// The entry, as `--keep` and `--take` name it.
    pub entry: String,
    /// What the store has.
    pub ours: String,
    /// What the target has.
    pub theirs: String,
    /// Whether the store's value is the better guess.
    pub keep_by_default: bool,
}

/// Asks for one of `choices`, which must not be empty; the answer is its index.
pub(crate) fn select(
    ui: &Ui,
    question: &str,
    choices: &[Choice],
    default: usize,
) -> Result<usize, CliError> {
    select_costed(ui, question, choices, default, || None)
}

/// Likewise, with costs that are looked for while the list is shown; nobody looks where the answer is known.
pub(crate) fn select_costed(
    ui: &Ui,
    question: &str,
    choices: &[Choice],
    default: usize,
    costs: impl FnOnce() -> Option<Costs>,
) -> Result<usize, CliError> {
    let place = |label: &str| choices.iter().position(|choice| choice.label == label);
    if let Some(answer) = ui.dialog.again(question) {
        match answer {
            Answer::One(label) if place(&label).is_some() => {
                return Ok(place(&label).unwrap_or_default());
            }
            _ => ui.dialog.reopen(),
        }
    }
    let default = match ui.dialog.proposed(question) {
        Some(Answer::One(label)) => place(&label).unwrap_or(default),
        _ => default,
    };
    let picked = list::pick(ui, question, choices, default, costs())?;
    let Some(answer) = taken(picked)? else {
        return Err(ui.dialog.back());
    };
    if let Some(choice) = choices.get(answer) {
        report(ui, question, &choice.label)?;
        ui.dialog.note(question, Answer::One(choice.label.clone()));
    }
    Ok(answer)
}

/// Asks what to do next: a question that is no part of what was wanted, and so is not answered again. None stands for Esc.
pub(crate) fn menu(
    ui: &Ui,
    question: &str,
    choices: &[Choice],
    default: usize,
) -> Result<Option<usize>, CliError> {
    taken(list::pick(ui, question, choices, default, None)?)
}

/// What was picked; none for a step back.
fn taken(picked: Picked) -> Result<Option<usize>, CliError> {
    match picked {
        Picked::Choice(index) => Ok(Some(index)),
        Picked::Back => Ok(None),
        Picked::GivenUp => Err(CliError::interrupted()),
    }
}

/// Repeats an answer in one line, without what it costs, which would not fit.
fn report(ui: &Ui, question: &str, answer: &str) -> Result<(), CliError> {
    let colon = if question.ends_with('?') { "" } else { ":" };
    ui.warn(&format!("{question}{colon} {}", ui.stderr.green(answer)))
}

/// Asks a yes-or-no question, the answer to which is no unless somebody says yes.
pub(crate) fn confirm(ui: &Ui, question: &str) -> Result<bool, CliError> {
    match ui.dialog.again(question) {
        Some(Answer::Yes(answer)) => return Ok(answer),
        Some(_) => ui.dialog.reopen(),
        None => {}
    }
    let default = ui.dialog.proposed(question) == Some(Answer::Yes(true));
    let theme = theme(ui);
    let answer = Confirm::with_theme(&*theme)
        .with_prompt(question)
        .default(default)
        .report(false)
        .interact_opt();
    let is_yes = answered(ui, answer)?;
    report(ui, question, if is_yes { "yes" } else { "no" })?;
    ui.dialog.note(question, Answer::Yes(is_yes));
    Ok(is_yes)
}

/// Asks for a word to be typed; whether it was that word.
pub(crate) fn type_word(ui: &Ui, question: &str, word: &str) -> Result<bool, CliError> {
    let theme = theme(ui);
    let answer = Input::<String>::with_theme(&*theme)
        .with_prompt(question)
        .allow_empty(true)
        .report(false)
        .interact_text()
        .map(Some);
    let typed = answered(ui, answer)?;
    let typed = typed.trim();
    let is_it = typed == word;
    if is_it {
        report(ui, question, typed)?;
    } else {
        let typed = ui.masker.mask(typed).into_owned();
        ui.warn(&format!(
            "{question}: {}",
            ui.stderr.red(format!("`{typed}` is another word"))
        ))?;
    }
    Ok(is_it)
}

/// Asks for a line of text, with a recommended answer that Enter takes.
pub(crate) fn input(ui: &Ui, question: &str, default: &str) -> Result<String, CliError> {
    typed(ui, question, Some(default))
}

/// Asks for a line of text that has no recommended answer.
pub(crate) fn required(ui: &Ui, question: &str) -> Result<String, CliError> {
    typed(ui, question, None)
}

fn typed(ui: &Ui, question: &str, default: Option<&str>) -> Result<String, CliError> {
    match ui.dialog.again(question) {
        Some(Answer::Text(answer)) => return Ok(answer),
        Some(_) => ui.dialog.reopen(),
        None => {}
    }
    let default = match ui.dialog.proposed(question) {
        Some(Answer::Text(answer)) => Some(answer),
        _ => default.map(str::to_owned),
    };
    let Some(answer) = line(ui, question, default.as_deref())? else {
        return Err(ui.dialog.back());
    };
    ui.dialog.note(question, Answer::Text(answer.clone()));
    Ok(answer)
}

/// Asks for a line that is no part of what was wanted, and so is not answered again. None stands for Esc.
pub(crate) fn line(
    ui: &Ui,
    question: &str,
    default: Option<&str>,
) -> Result<Option<String>, CliError> {
    let hint = format!("Enter takes it · {}", escape(ui));
    let mask = |text: &str| ui.masker.mask(text).into_owned();
    loop {
        let mut text = inquire::Text::new(question)
            .with_help_message(&hint)
            .with_formatter(&mask)
            .with_render_config(look(ui));
        if let Some(default) = default {
            text = text.with_default(default);
        }
        match text.prompt() {
            Ok(answer) if answer.trim().is_empty() => {}
            Ok(answer) => return Ok(Some(answer.trim().to_owned())),
            Err(error) => return left(error).map(|()| None),
        }
    }
}

/// What Esc does at a question.
fn escape(ui: &Ui) -> &'static str {
    match ui.dialog.has_answers() {
        true => "Esc back",
        false => "Esc stop",
    }
}

/// How a question of `inquire` was left: with Esc, or for good.
fn left(error: InquireError) -> Result<(), CliError> {
    match error {
        InquireError::OperationCanceled => Ok(()),
        InquireError::OperationInterrupted => Err(CliError::interrupted()),
        InquireError::IO(error) => Err(error.into()),
        other => Err(CliError::new(
            crate::cli::outcome::exit::Exit::Failed,
            other,
        )),
    }
}

/// Asks for a secret, which is not shown; empty when there is none.
pub(crate) fn secret(ui: &Ui, question: &str) -> Result<String, CliError> {
    match ui.dialog.again(question) {
        Some(Answer::Secret(answer)) => return Ok(answer),
        Some(_) => ui.dialog.reopen(),
        None => {}
    }
    let theme = theme(ui);
    let answer = Password::with_theme(&*theme)
        .with_prompt(question)
        .allow_empty_password(true)
        .interact()
        .map(Some);
    let answer = answered(ui, answer)?.trim().to_owned();
    ui.dialog.note(question, Answer::Secret(answer.clone()));
    Ok(answer)
}

/// A choice among several, as `inquire` shows it.
struct Item<'a> {
    choice: &'a Choice,
    lines: String,
}

impl fmt::Display for Item<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines)
    }
}

/// Asks which of `choices` are wanted, given which are so far. The answer holds indices.
pub(crate) fn choose_many(
    ui: &Ui,
    question: &str,
    choices: &[Choice],
    wanted: &[bool],
) -> Result<Vec<usize>, CliError> {
    let of_labels = |labels: &[String]| -> Vec<usize> {
        let all = choices.iter().enumerate();
        all.filter(|(_, choice)| labels.contains(&choice.label))
            .map(|(index, _)| index)
            .collect()
    };
    match ui.dialog.again(question) {
        Some(Answer::Many(labels)) if of_labels(&labels).len() == labels.len() => {
            return Ok(of_labels(&labels));
        }
        Some(_) => ui.dialog.reopen(),
        None => {}
    }
    let on = match ui.dialog.proposed(question) {
        Some(Answer::Many(labels)) => of_labels(&labels),
        _ => (0..choices.len())
            .filter(|index| wanted.get(*index).copied().unwrap_or_default())
            .collect(),
    };
    let items: Vec<Item> = lines(ui, choices)
        .into_iter()
        .zip(choices)
        .map(|(lines, choice)| Item { choice, lines })
        .collect();
    let tallest = items.iter().map(|item| item.lines.lines().count()).max();
    let rows = console::Term::stderr()
        .size_checked()
        .map_or(24, |(rows, _)| rows);
    let page = usize::from(rows).saturating_sub(5) / tallest.unwrap_or(1).max(1);
    let hint = format!(
        "↑↓ move · Space on or off · letters search · Enter done · {}",
        escape(ui)
    );
    // What is called so comes before what only tells of it; else the order of the list stays.
    let scorer = |typed: &str, item: &Item, _: &str, place: usize| {
        let typed = typed.to_lowercase();
        let order = -i64::try_from(place).unwrap_or(i64::MAX);
        let is_called = item.choice.label.to_lowercase().contains(&typed);
        let is_told = item.choice.cost.to_lowercase().contains(&typed);
        match is_called {
            true => Some(order),
            false => is_told.then_some(order - 1_000_000),
        }
    };
    let room = ui
        .width
        .saturating_sub(console::measure_text_width(question) + 4);
    let count = choices.len();
    let chosen = |items: &[inquire::list_option::ListOption<&Item>]| {
        let labels: Vec<&str> = items
            .iter()
            .map(|item| item.value.choice.label.as_str())
            .collect();
        match labels.join(", ") {
            all if all.is_empty() => "none".to_owned(),
            all if console::measure_text_width(&all) > room => {
                format!("{} of {count}", labels.len())
            }
            all => all,
        }
    };
    let answer = inquire::MultiSelect::new(question, items)
        .with_default(&on)
        .with_page_size(page.max(3))
        .with_help_message(&hint)
        .with_scorer(&scorer)
        .with_formatter(&chosen)
        .with_reset_cursor(false)
        .with_render_config(look(ui))
        .raw_prompt();
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            left(error)?;
            return Err(ui.dialog.back());
        }
    };
    let labels = answer
        .iter()
        .map(|option| option.value.choice.label.clone())
        .collect();
    ui.dialog.note(question, Answer::Many(labels));
    Ok(answer.iter().map(|option| option.index).collect())
}

/// The choices in two aligned columns, of which the second goes on in lines of its own.
fn lines(ui: &Ui, choices: &[Choice]) -> Vec<String> {
    let column = choices
        .iter()
        .map(|choice| console::measure_text_width(&choice.label))
        .max()
        .unwrap_or(0);
    // Marks stand in front, and the last column stays free.
    let width = ui.width.saturating_sub(column + 11).max(20);
    let line = |choice: &Choice| {
        let costs = in_rows(&choice.cost, width, "");
        let gap = format!("\n{}", " ".repeat(column + 8));
        let line = format!("{:<column$}  {}", choice.label, costs.join(&gap));
        ui.masker.mask(line.trim_end()).into_owned()
    };
    choices.iter().map(line).collect()
}

/// Asks what becomes of each conflict; `true` keeps what the store has.
pub(crate) fn decide(ui: &Ui, conflicts: &[Conflict]) -> Result<Vec<bool>, CliError> {
    conflicts
        .iter()
        .map(|conflict| {
            let choices = [
                Choice {
                    label: format!("keep {}", conflict.ours),
                    cost: "what the store has".to_owned(),
                },
                Choice {
                    label: format!("take {}", conflict.theirs),
                    cost: "what the target has".to_owned(),
                },
            ];
            let default = usize::from(!conflict.keep_by_default);
            select(ui, &conflict.entry, &choices, default).map(|answer| answer == 0)
        })
        .collect()
}

/// An answer, or what to return where there is none.
fn answered<T>(ui: &Ui, answer: dialoguer::Result<Option<T>>) -> Result<T, CliError> {
    match answer {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => {
            restore_terminal();
            Err(ui.dialog.back())
        }
        Err(dialoguer::Error::IO(error)) => {
            restore_terminal();
            match error.kind() {
                // Ctrl-C: the prompt has raised the signal.
                std::io::ErrorKind::Interrupted => {
                    await_end();
                    Err(CliError::interrupted())
                }
                _ => Err(error.into()),
            }
        }
    }
}

/// How `inquire` draws.
fn look(ui: &Ui) -> RenderConfig<'static> {
    let plain = match ui.stderr.0 {
        true => RenderConfig::default_colored(),
        false => RenderConfig::empty(),
    };
    plain
        .with_highlighted_option_prefix(Styled::new("❯"))
        .with_scroll_up_prefix(Styled::new("↑"))
        .with_scroll_down_prefix(Styled::new("↓"))
}

fn theme(ui: &Ui) -> Box<dyn Theme> {
    if ui.stderr.0 {
        Box::new(ColorfulTheme::default())
    } else {
        Box::new(SimpleTheme)
    }
}
