//! What the program says and to whom. All output goes through here, so that all of it is masked, and nothing in it but
//! colours is acted upon by a terminal.

use super::dialog::Dialog;
use super::pager;
use super::progress::{Line, Progress, ProgressChoice, Telling};
use crate::cli::outcome::error::CliError;
use crate::plan::SCHEMA;
use crate::planner::destination::release::today;
use crate::preview::layout::{Detail, Layout, wrap_lines};
use crate::preview::{Masker, Paint, Shown, escaped, harmless};
use crate::project::root_files::RootFiles;
use clap::ValueEnum;
use console::Term;
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, as NO_COLOR and CLICOLOR_FORCE allow
    #[default]
    Auto,
    Always,
    Never,
}

/// Columns when there is no terminal to ask.
const DEFAULT_WIDTH: usize = 80;

/// Longer lines are hard to read.
const WIDEST: usize = 120;

/// Columns of the terminal that standard error goes to; none where it goes elsewhere, and nothing is to be broken.
pub(crate) fn terminal_width() -> Option<usize> {
    let size = Term::stderr()
        .size_checked()
        .filter(|_| io::stderr().is_terminal());
    size.map(|(_, columns)| usize::from(columns).min(WIDEST))
}

/// The terminal, or what stands in its place.
pub struct Ui {
    /// How much is told.
    pub detail: Detail,
    /// Whether standard output is reserved for one JSON document.
    pub json: bool,
    /// Colours of standard output.
    pub stdout: Paint,
    /// Colours of standard error.
    pub stderr: Paint,
    /// Columns.
    pub width: usize,
    /// Hides the secrets of the store in what is shown.
    pub masker: Masker,
    /// Where root and lock of the store are.
    pub files: RootFiles,
    /// Whether long output may go through a pager.
    pub pages: bool,
    /// What was answered so far.
    pub(crate) dialog: Dialog,
    /// How it is told what is being done.
    progress: Telling,
    /// The line that tells it, while there is one.
    line: Mutex<Weak<Line>>,
    may_ask: bool,
    is_redirected: bool,
    /// The day it is, as `YYYY-MM-DD`; empty where no clock tells.
    pub(crate) today: String,
    out: Stream,
    err: Stream,
}

type Stream = Mutex<Box<dyn Write + Send>>;

impl Ui {
    /// Looks at the streams and the environment. `interaction` is false when the user asked for no questions.
    pub fn new(
        color: ColorChoice,
        detail: Detail,
        json: bool,
        interaction: bool,
        masker: Masker,
        files: RootFiles,
    ) -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        let stdout = Paint(wants_color(color, io::stdout().is_terminal(), &variable));
        let stderr = Paint(wants_color(color, io::stderr().is_terminal(), &variable));
        console::set_colors_enabled(stdout.0);
        console::set_colors_enabled_stderr(stderr.0);
        let width = Term::stdout()
            .size_checked()
            .map_or(DEFAULT_WIDTH, |(_, columns)| {
                usize::from(columns).min(WIDEST)
            });
        let is_there =
            interaction && !json && io::stdin().is_terminal() && io::stderr().is_terminal();
        // Who sends the output elsewhere reads it later, and not while a question waits.
        let may_ask = is_there && io::stdout().is_terminal();
        Self {
            detail,
            json,
            stdout,
            stderr,
            width,
            masker,
            files,
            pages: true,
            dialog: Dialog::default(),
            progress: Telling::here(detail),
            line: Mutex::default(),
            may_ask,
            is_redirected: is_there && !may_ask,
            today: today().unwrap_or_default(),
            out: Mutex::new(Box::new(io::stdout())),
            err: Mutex::new(Box::new(io::stderr())),
        }
    }

    /// Tells what is being done in lines, or not at all, in place of what fits the terminal.
    pub(crate) fn tell_progress(&mut self, how: ProgressChoice) {
        self.progress = match (how, self.detail) {
            (_, Detail::Brief) | (ProgressChoice::Never, _) => Telling::Nothing,
            (ProgressChoice::Plain, _) => Telling::Lines,
            (ProgressChoice::Auto, _) => self.progress,
        };
    }

    /// Whether it is told what is being done.
    pub(crate) fn tells_progress(&self) -> bool {
        self.progress != Telling::Nothing
    }

    /// Whether there is somebody to ask: the one test for it.
    pub fn can_prompt(&self) -> bool {
        self.may_ask
    }

    /// Whether somebody sits there who does not see what a question would be about: the output goes to a file. Nothing is
    /// written then without a flag that says so.
    pub fn is_redirected(&self) -> bool {
        self.is_redirected
    }

    /// How what is asked for without options is laid out here.
    pub fn layout(&self) -> Layout<'_> {
        Layout {
            files: &self.files,
            width: self.width,
            paint: self.paint(),
            detail: self.detail,
            diff: false,
            packages: false,
            lock_diff: false,
            today: &self.today,
        }
    }

    /// The paint of the stream that [`Ui::show`] writes to.
    pub fn paint(&self) -> Paint {
        if self.json { self.stderr } else { self.stdout }
    }

    /// Shows what was asked for: on standard output, or on standard error when that is reserved for JSON.
    pub fn show(&self, text: &str) -> Result<(), CliError> {
        self.write(if self.json { &self.err } else { &self.out }, text)
    }

    /// Like [`Ui::show`], page by page on a terminal that is too small for it.
    pub fn page(&self, text: &str) -> Result<(), CliError> {
        let rows = Term::stdout()
            .size_checked()
            .map(|(rows, _)| usize::from(rows));
        let is_long = rows.is_some_and(|rows| text.lines().count() >= rows);
        let is_seen = !self.json && io::stdout().is_terminal();
        let is_paged =
            self.pages && is_seen && is_long && pager::show(&harmless(&self.masker.mask(text)))?;
        if is_paged { Ok(()) } else { self.show(text) }
    }

    /// Writes the one document of `--json`. Each text in it is masked by itself, so that what hides one cannot reach over its
    /// end into what follows.
    pub fn document(&self, mut document: Value) -> Result<(), CliError> {
        self.masker.mask_json(&mut document);
        self.write_masked(&self.out, &escaped(&format!("{document:#}\n")))
    }

    /// Writes one of several documents, on a line of its own.
    pub(crate) fn document_line(&self, mut document: Value) -> Result<(), CliError> {
        self.masker.mask_json(&mut document);
        self.write_masked(&self.out, &escaped(&format!("{document}\n")))
    }

    /// Writes what another program reads and is no JSON on standard output, which `--json` does not reserve here.
    pub(crate) fn output(&self, text: &str) -> Result<(), CliError> {
        self.write(&self.out, text)
    }

    /// Writes what has members of its own as the one document of `--json`, with the version of all documents.
    pub(crate) fn members(&self, told: &impl Serialize) -> Result<(), CliError> {
        let mut document = json!({"schema": SCHEMA});
        if let (Some(document), Ok(Value::Object(fields))) =
            (document.as_object_mut(), serde_json::to_value(told))
        {
            document.extend(fields);
        }
        self.document(document)
    }

    /// Writes the JSON of a plan on standard output. All texts in it are masked already.
    pub fn plan(&self, plan: &Shown) -> Result<(), CliError> {
        self.write_masked(&self.out, &escaped(&plan.json()))
    }

    /// Tells in passing, on standard error; not with `-q`.
    pub fn tell(&self, text: &str) -> Result<(), CliError> {
        if self.detail == Detail::Brief {
            Ok(())
        } else {
            self.warn(text)
        }
    }

    /// Tells on standard error what must not be missed.
    pub fn warn(&self, text: &str) -> Result<(), CliError> {
        let text = match terminal_width() {
            Some(width) => wrap_lines(text, width),
            None => text.to_owned(),
        };
        self.write(&self.err, &format!("{text}\n"))
    }

    /// One line on standard error about what is being done, until this is dropped; where another one is shown, it says this
    /// meanwhile.
    pub fn progress(&self, message: &str) -> Progress {
        let mut shown = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let line = shown.upgrade().unwrap_or_else(|| {
            let line = Arc::new(Line::begin(self.progress, self.masker.clone()));
            *shown = Arc::downgrade(&line);
            line
        });
        Progress::of(line, message)
    }

    fn write(&self, stream: &Stream, text: &str) -> Result<(), CliError> {
        self.write_masked(stream, &harmless(&self.masker.mask(text)))
    }

    fn write_masked(&self, stream: &Stream, text: &str) -> Result<(), CliError> {
        let line = self.line.lock().unwrap_or_else(PoisonError::into_inner);
        let line = line.upgrade();
        let write = || {
            let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
            stream.write_all(text.as_bytes())?;
            Ok(stream.flush()?)
        };
        match line {
            // What is drawn would stay above.
            Some(line) => line.aside(write),
            None => write(),
        }
    }
}

/// <https://no-color.org> goes before <https://bixense.com/clicolors>, and `--color` before both.
fn wants_color(
    choice: ColorChoice,
    is_terminal: bool,
    variable: &dyn Fn(&str) -> Option<String>,
) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    let is_on = |name| variable(name).is_some_and(|value| !value.is_empty() && value != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if is_set("NO_COLOR") => false,
        ColorChoice::Auto if is_on("CLICOLOR_FORCE") => true,
        ColorChoice::Auto => {
            is_terminal
                && variable("TERM").as_deref() != Some("dumb")
                && variable("CLICOLOR").as_deref() != Some("0")
        }
    }
}

/// For tests: what was written, and an [`Ui`] that writes it.
#[cfg(test)]
pub(crate) mod recorded {
    use super::*;

    /// A stream that remembers.
    #[derive(Debug, Clone, Default)]
    pub(crate) struct Record(Arc<Mutex<Vec<u8>>>);

    impl Record {
        pub(crate) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Record {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A [`Ui`] without a terminal, colours and secrets, its standard output and its standard error.
    pub(crate) fn ui(detail: Detail, json: bool) -> (Ui, Record, Record) {
        let (out, err) = (Record::default(), Record::default());
        let ui = Ui {
            width: DEFAULT_WIDTH,
            out: Mutex::new(Box::new(out.clone())),
            err: Mutex::new(Box::new(err.clone())),
            ..Ui::new(
                ColorChoice::Never,
                detail,
                json,
                false,
                Masker::default(),
                RootFiles::default(),
            )
        };
        (ui, out, err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_follow_the_flag_the_environment_and_the_stream() {
        let wants = |choice, is_terminal, set: &[(&str, &str)]| {
            wants_color(choice, is_terminal, &|name| {
                set.iter()
                    .find(|(key, _)| *key == name)
                    .map(|(_, value)| (*value).to_owned())
            })
        };
        use ColorChoice::{Always, Auto, Never};
        assert!(wants(Always, false, &[("NO_COLOR", "1")]));
        assert!(!wants(Never, true, &[("CLICOLOR_FORCE", "1")]));
        assert!(wants(Auto, true, &[]));
        assert!(!wants(Auto, false, &[]));
        assert!(wants(Auto, true, &[("NO_COLOR", "")]));
        assert!(!wants(
            Auto,
            true,
            &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")]
        ));
        assert!(wants(Auto, false, &[("CLICOLOR_FORCE", "1")]));
        assert!(!wants(Auto, false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!wants(Auto, true, &[("TERM", "dumb")]));
        assert!(!wants(Auto, true, &[("CLICOLOR", "0")]));
    }
}
