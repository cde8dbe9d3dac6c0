//! The answers of a conversation. Whatever comes of them is made from the beginning each time: to go back a step is to forget
//! the last answer and to ask again, with all others given as before. So no question needs to know how to be taken back.

use crate::cli::outcome::error::CliError;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// An answer, as something that a question with other choices can still tell whether it has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The label of a choice.
    One(String),
    /// The labels of several.
    Many(Vec<String>),
    /// Yes or no.
    Yes(bool),
    /// What was typed.
    Text(String),
    /// What was typed unseen.
    Secret(String),
}

impl Answer {
    /// As it is repeated to whoever gave it.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::One(text) | Self::Text(text) => text.clone(),
            Self::Many(labels) if labels.is_empty() => "none".to_owned(),
            Self::Many(labels) => labels.join(", "),
            Self::Yes(true) => "yes".to_owned(),
            Self::Yes(false) => "no".to_owned(),
            Self::Secret(_) => "(typed unseen)".to_owned(),
        }
    }
}

/// A question and its answer.
#[derive(Clone)]
struct Given {
    question: String,
    answer: Answer,
}

#[derive(Default)]
struct State {
    is_open: bool,
    given: Vec<Given>,
    /// How many of those have been asked for again since the last beginning.
    at: usize,
    /// Answers that were taken back, which are proposed when their question comes again.
    taken_back: Vec<Given>,
}

/// What has been answered so far.
#[derive(Default)]
pub(crate) struct Dialog(Mutex<State>);

impl Dialog {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Carries out work that asks, from the beginning each time that somebody goes back.
    pub(crate) fn hold<T>(
        &self,
        mut work: impl FnMut() -> Result<T, CliError>,
    ) -> Result<T, CliError> {
        loop {
            let mut state = self.state();
            (state.is_open, state.at) = (true, 0);
            drop(state);
            match work() {
                Err(error) if error.is_back() => {}
                other => {
                    self.state().is_open = false;
                    return other;
                }
            }
        }
    }

    /// The answer that was given to this question the last time. Where another question comes now, what was answered from
    /// here on is only proposed.
    pub(crate) fn again(&self, question: &str) -> Option<Answer> {
        let mut state = self.state();
        let at = state.at;
        let known = state.given.get(at)?;
        if known.question != question {
            let rest = state.given.split_off(at);
            state.taken_back.extend(rest);
            return None;
        }
        let answer = known.answer.clone();
        state.at += 1;
        Some(answer)
    }

    /// An answer that is given again does not fit any more: the question is open.
    pub(crate) fn reopen(&self) {
        let mut state = self.state();
        let at = state.at.saturating_sub(1);
        state.given.truncate(at);
        state.at = at;
    }

    /// What was answered before it was taken back.
    pub(crate) fn proposed(&self, question: &str) -> Option<Answer> {
        let state = self.state();
        let mut all = state.taken_back.iter().rev();
        let known = all.find(|given| given.question == question)?;
        Some(known.answer.clone())
    }

    /// Notes an answer; forgotten at once where there is no way back.
    pub(crate) fn note(&self, question: &str, answer: Answer) {
        let mut state = self.state();
        if !state.is_open {
            return;
        }
        let question = question.to_owned();
        state.given.push(Given { question, answer });
        state.at = state.given.len();
    }

    /// Whether there is an answer to go back to.
    pub(crate) fn has_answers(&self) -> bool {
        let state = self.state();
        state.is_open && !state.given.is_empty()
    }

    /// Whether answers are being given again, so that what is told with a question has been read.
    pub(crate) fn is_repeating(&self) -> bool {
        let state = self.state();
        state.at < state.given.len()
    }

    /// The questions and their answers, in order.
    pub(crate) fn answers(&self) -> Vec<(String, String)> {
        let state = self.state();
        let all = state.given.iter();
        all.map(|given| (given.question.clone(), given.answer.shown()))
            .collect()
    }

    /// Goes back one step: what to return from the question that is open. Where there is no step back, the run ends.
    pub(crate) fn back(&self) -> CliError {
        let mut state = self.state();
        if !state.is_open {
            return CliError::interrupted();
        }
        match state.given.pop() {
            Some(last) => {
                state.taken_back.push(last);
                CliError::back()
            }
            None => CliError::interrupted(),
        }
    }

    /// Asks one of the questions again, and those behind it with what was answered as the proposal.
    pub(crate) fn change(&self, index: usize) -> CliError {
        let mut state = self.state();
        if index < state.given.len() {
            let rest = state.given.split_off(index);
            state.taken_back.extend(rest);
        }
        CliError::back()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::ui::Ui;
    use crate::cli::screen::ui::recorded;
    use crate::preview::layout::Detail;

    fn one(label: &str) -> Answer {
        Answer::One(label.to_owned())
    }

    /// Asks as a prompt does: what was answered before is not asked, `None` goes back.
    fn ask(ui: &Ui, question: &str, fresh: &mut Vec<Option<&str>>) -> Result<String, CliError> {
        if let Some(answer) = ui.dialog.again(question) {
            return Ok(answer.shown());
        }
        match fresh.remove(0) {
            None => Err(ui.dialog.back()),
            Some(answer) => {
                ui.dialog.note(question, one(answer));
                Ok(answer.to_owned())
            }
        }
    }

    #[test]
    fn only_what_was_taken_back_is_asked_again() {
        let (ui, _, _) = recorded::ui(Detail::Normal, false);
        let mut fresh = vec![Some("mage-os"), Some("3.0"), None, Some("3.1"), Some("yes")];
        let got = ui.dialog.hold(|| {
            let target = ask(&ui, "target", &mut fresh)?;
            let release = ask(&ui, "release", &mut fresh)?;
            if release == "3.1" {
                assert_eq!(ui.dialog.proposed("release"), Some(one("3.0")));
            }
            let sure = ask(&ui, "sure", &mut fresh)?;
            Ok([target, release, sure])
        });
        assert_eq!(got.unwrap(), ["mage-os", "3.1", "yes"]);
        assert!(fresh.is_empty());
    }

    #[test]
    fn a_change_asks_that_question_and_what_follows_from_it() {
        let (ui, _, _) = recorded::ui(Detail::Normal, false);
        let mut fresh = vec![
            Some("hyva"),
            Some("hyva checkout"),
            Some("luma"),
            Some("yes"),
        ];
        let mut has_changed = false;
        let got = ui.dialog.hold(|| {
            let theme = ask(&ui, "theme", &mut fresh)?;
            if theme == "hyva" {
                ask(&ui, "checkout", &mut fresh)?;
            }
            if !std::mem::replace(&mut has_changed, true) {
                return Err(ui.dialog.change(0));
            }
            Ok([theme, ask(&ui, "sample data", &mut fresh)?])
        });
        assert_eq!(got.unwrap(), ["luma", "yes"]);
        assert!(fresh.is_empty());
    }

    #[test]
    fn the_first_question_has_no_step_back() {
        let (ui, _, _) = recorded::ui(Detail::Normal, false);
        let got = ui.dialog.hold(|| ask(&ui, "target", &mut vec![None]));
        assert!(!got.unwrap_err().is_back());
        ui.dialog.note("target", one("kept where nobody goes back"));
        assert!(!ui.dialog.has_answers());
    }
}
