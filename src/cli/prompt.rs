//! Questions on a terminal. Each takes plain data and has a flag that answers it; Esc (except
//! while typing a word) and Ctrl-C give up.

use super::error::CliError;
use super::signal::{await_end, restore_terminal};
use super::ui::Ui;
use dialoguer::theme::{ColorfulTheme, SimpleTheme, Theme};
use dialoguer::{Confirm, FuzzySelect, Input, MultiSelect, Password, Select};

/// One answer to choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// `Mage-OS 3.4.0`.
    pub label: String,
    /// What it costs, in a few words: `Magento 2.4.9, PHP 8.4, 12 extensions move`. May be empty.
    pub cost: String,
}

/// An entry of the root that the store's owners and the target both changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The entry, as `--keep` and `--take` name it.
    pub entry: String,
    /// What the store has.
    pub ours: String,
    /// What the target has.
    pub theirs: String,
    /// Whether the store's value is the better guess.
    pub keep_by_default: bool,
}

/// Longer lists can be searched by typing.
const LONGEST_LIST: usize = 12;

/// Asks for one of `choices`, which must not be empty; the answer is its index.
pub fn select(
    ui: &Ui,
    question: &str,
    choices: &[Choice],
    default: usize,
) -> Result<usize, CliError> {
    let items = lines(ui, choices);
    let theme = theme(ui);
    let answer = if items.len() > LONGEST_LIST {
        FuzzySelect::with_theme(&*theme)
            .with_prompt(question)
            .items(&items)
            .default(default)
            .report(false)
            .interact_opt()
    } else {
        Select::with_theme(&*theme)
            .with_prompt(question)
            .items(&items)
            .default(default)
            .report(false)
            .interact_opt()
    };
    let answer = answered(answer)?;
    if let Some(choice) = choices.get(answer) {
        report(ui, question, &choice.label)?;
    }
    Ok(answer)
}

/// Repeats an answer in one line, without what it costs, which would not fit.
fn report(ui: &Ui, question: &str, answer: &str) -> Result<(), CliError> {
    let colon = if question.ends_with('?') { "" } else { ":" };
    ui.warn(&format!("{question}{colon} {}", ui.stderr.green(answer)))
}

/// The choices in two aligned columns, each short enough for the terminal.
fn lines(ui: &Ui, choices: &[Choice]) -> Vec<String> {
    let width = choices
        .iter()
        .map(|choice| console::measure_text_width(&choice.label))
        .max()
        .unwrap_or(0);
    let line = |choice: &Choice| {
        let line = format!("{:<width$}  {}", choice.label, choice.cost);
        // A line that wraps would be drawn over and over. Six columns are for the marks in front.
        let line =
            console::truncate_str(line.trim_end(), ui.width.saturating_sub(6), "…").into_owned();
        ui.masker.mask(&line).into_owned()
    };
    choices.iter().map(line).collect()
}

/// Asks a yes-or-no question, the answer to which is no unless somebody says yes.
pub fn confirm(ui: &Ui, question: &str) -> Result<bool, CliError> {
    let theme = theme(ui);
    let answer = Confirm::with_theme(&*theme)
        .with_prompt(question)
        .default(false)
        .report(false)
        .interact_opt();
    let is_yes = answered(answer)?;
    report(ui, question, if is_yes { "yes" } else { "no" })?;
    Ok(is_yes)
}

/// Asks for a word to be typed; whether it was that word.
pub fn type_word(ui: &Ui, question: &str, word: &str) -> Result<bool, CliError> {
    let theme = theme(ui);
    let answer = Input::<String>::with_theme(&*theme)
        .with_prompt(question)
        .allow_empty(true)
        .report(false)
        .interact_text()
        .map(Some);
    let typed = answered(answer)?;
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
pub fn input(ui: &Ui, question: &str, default: &str) -> Result<String, CliError> {
    let theme = theme(ui);
    let answer = Input::<String>::with_theme(&*theme)
        .with_prompt(question)
        .default(default.to_owned());
    typed(ui, question, answer)
}

/// Asks for a line of text that has no recommended answer.
pub fn required(ui: &Ui, question: &str) -> Result<String, CliError> {
    let theme = theme(ui);
    typed(
        ui,
        question,
        Input::<String>::with_theme(&*theme).with_prompt(question),
    )
}

fn typed(ui: &Ui, question: &str, input: Input<'_, String>) -> Result<String, CliError> {
    let answer = answered(input.report(false).interact_text().map(Some))?;
    let answer = answer.trim().to_owned();
    report(ui, question, &ui.masker.mask(&answer))?;
    Ok(answer)
}

/// Asks for a secret, which is not shown; empty when there is none.
pub fn secret(ui: &Ui, question: &str) -> Result<String, CliError> {
    let theme = theme(ui);
    let answer = Password::with_theme(&*theme)
        .with_prompt(question)
        .allow_empty_password(true)
        .interact()
        .map(Some);
    answered(answer).map(|typed| typed.trim().to_owned())
}

/// Asks which of `choices` are wanted, given which are so far. The answer holds indices. In a short list space turns one on
/// or off; a long one is searched by typing, and Enter turns one on or off, until the first line is taken.
pub fn choose_many(
    ui: &Ui,
    question: &str,
    choices: &[Choice],
    wanted: &[bool],
) -> Result<Vec<usize>, CliError> {
    if choices.len() > LONGEST_LIST {
        return search_many(ui, question, choices, wanted);
    }
    let theme = theme(ui);
    let answer = MultiSelect::with_theme(&*theme)
        .with_prompt(format!("{question} (space turns one on or off)"))
        .items(lines(ui, choices))
        .defaults(wanted)
        .report(false)
        .interact_opt();
    let wanted = answered(answer)?;
    let chosen: Vec<&str> = wanted
        .iter()
        .filter_map(|index| choices.get(*index))
        .map(|choice| choice.label.as_str())
        .collect();
    let chosen = if chosen.is_empty() {
        "none".to_owned()
    } else {
        chosen.join(", ")
    };
    report(ui, question, &chosen)?;
    Ok(wanted)
}

fn search_many(
    ui: &Ui,
    question: &str,
    choices: &[Choice],
    wanted: &[bool],
) -> Result<Vec<usize>, CliError> {
    let mut wanted: Vec<bool> = (0..choices.len())
        .map(|index| wanted.get(index).copied().unwrap_or_default())
        .collect();
    let theme = theme(ui);
    loop {
        let on = wanted.iter().filter(|is_on| **is_on).count();
        let done = Choice {
            label: "done".to_owned(),
            cost: format!("{on} of {} are on", choices.len()),
        };
        let marked = choices.iter().zip(&wanted).map(|(choice, is_on)| Choice {
            label: format!("[{}] {}", if *is_on { 'x' } else { ' ' }, choice.label),
            cost: choice.cost.clone(),
        });
        let items: Vec<Choice> = std::iter::once(done).chain(marked).collect();
        let answer = FuzzySelect::with_theme(&*theme)
            .with_prompt(format!(
                "{question} (type to search, Enter turns one on or off)"
            ))
            .items(lines(ui, &items))
            .default(0)
            .report(false)
            .interact_opt();
        match answered(answer)?
            .checked_sub(1)
            .and_then(|index| wanted.get_mut(index))
        {
            Some(is_on) => *is_on = !*is_on,
            None => break,
        }
    }
    Ok((0..wanted.len()).filter(|index| wanted[*index]).collect())
}

/// Asks what becomes of each conflict; `true` keeps what the store has.
pub fn decide(ui: &Ui, conflicts: &[Conflict]) -> Result<Vec<bool>, CliError> {
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

/// An answer, or the end of the run when there is none.
fn answered<T>(answer: dialoguer::Result<Option<T>>) -> Result<T, CliError> {
    match answer {
        Ok(Some(answer)) => Ok(answer),
        Ok(None) => {
            restore_terminal();
            Err(CliError::interrupted())
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

fn theme(ui: &Ui) -> Box<dyn Theme> {
    if ui.stderr.0 {
        Box::new(ColorfulTheme::default())
    } else {
        Box::new(SimpleTheme)
    }
}
