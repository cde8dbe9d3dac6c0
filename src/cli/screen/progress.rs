//! What is being done, in one line: the message, and while repositories are asked, how many documents of how many have come,
//! from which host, and for how long. A host that keeps silent is named. Where nothing is asked, the part of the work that takes
//! long is named.

use super::activity::ACTIVITY;
use crate::preview::layout::Detail;
use crate::preview::{Masker, harmless};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How to tell what is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// One line that moves, on a terminal; nothing elsewhere
    #[default]
    Auto,
    /// Lines, for a log
    Plain,
    Never,
}

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Telling {
    /// Not at all.
    Nothing,
    /// By a line of its own now and then.
    Lines,
    /// By one line that is written over.
    Moving,
}

impl Telling {
    /// What fits where standard error goes.
    pub(crate) fn here(detail: Detail) -> Self {
        match detail == Detail::Brief || !io::stderr().is_terminal() {
            true => Self::Nothing,
            false => Self::Moving,
        }
    }
}

/// How often lines are added, where something has changed.
const PACE: Duration = Duration::from_secs(2);

/// The one line on the terminal, until it is dropped.
pub(crate) struct Line {
    telling: Telling,
    bar: ProgressBar,
    message: Mutex<String>,
    masker: Masker,
    /// Set to end the thread that writes lines.
    ended: Arc<AtomicBool>,
}

impl Line {
    /// Begins a line, which is there until it is dropped. Secrets are hidden in all that it tells.
    pub(crate) fn begin(telling: Telling, masker: Masker) -> Self {
        let (start, begun) = (ACTIVITY.begin(), Instant::now());
        let bar = match telling {
            Telling::Moving => ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()),
            _ => ProgressBar::hidden(),
        };
        let ended = Arc::new(AtomicBool::new(false));
        match telling {
            Telling::Moving => {
                let mask = masker.clone();
                let activity = move |_: &ProgressState, out: &mut dyn Write| {
                    let told = ACTIVITY.told(start, begun, Instant::now());
                    if !told.is_empty() {
                        let _ = write!(out, " · {}", mask.mask(&told));
                    }
                };
                let style = ProgressStyle::with_template("{spinner} {msg}{activity}")
                    .unwrap_or_else(|_| ProgressStyle::default_spinner());
                bar.set_style(style.with_key("activity", activity));
                bar.enable_steady_tick(Duration::from_millis(100));
            }
            Telling::Lines => {
                let (ended, mask) = (ended.clone(), masker.clone());
                let write = move |told: &str| {
                    let line = format!("{}\n", harmless(&mask.mask(told)));
                    let _ = io::Write::write_all(&mut io::stderr(), line.as_bytes());
                };
                let tell = move || {
                    let (mut last, mut last_phase) = (String::new(), None);
                    loop {
                        // In short steps, so that the end of the line is the end of the thread.
                        for _ in 0..20 {
                            std::thread::sleep(PACE / 20);
                            if ended.load(Ordering::Relaxed) {
                                return;
                            }
                            let now = Instant::now();
                            let is_asked = !ACTIVITY.asked(start, begun, now).is_empty();
                            let phase = ACTIVITY.phase(now).filter(|_| !is_asked);
                            // Once each, as a log has no use for a clock.
                            if let Some((words, since)) = phase
                                && last_phase.replace(since) != Some(since)
                            {
                                write(words);
                            }
                        }
                        let told = ACTIVITY.asked(start, begun, Instant::now());
                        if !told.is_empty() && told != last {
                            write(&told);
                            last = told;
                        }
                    }
                };
                // Without a thread the phases are told all the same.
                let _ = std::thread::Builder::new()
                    .name("progress".to_owned())
                    .spawn(tell);
            }
            Telling::Nothing => {}
        }
        Self {
            telling,
            bar,
            message: Mutex::default(),
            masker,
            ended,
        }
    }

    /// Says something else; what it said before.
    fn say(&self, message: &str) -> String {
        let mut now = self.message.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *now, message.to_owned());
        if before != message && !message.is_empty() {
            let masked = self.masker.mask(message);
            let masked = harmless(&masked);
            match self.telling {
                Telling::Moving => self.bar.set_message(masked.into_owned()),
                Telling::Lines => {
                    let text = format!("{masked}\n");
                    let _ = io::Write::write_all(&mut io::stderr(), text.as_bytes());
                }
                Telling::Nothing => {}
            }
        }
        before
    }

    /// Takes the line away while something else is written.
    pub(crate) fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.bar.suspend(write)
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.bar.finish_and_clear();
    }
}

/// What is being done, told until this is dropped.
pub struct Progress {
    line: Arc<Line>,
    /// What was told before, and is told again afterwards.
    before: String,
}

impl Progress {
    /// Says a message on a line.
    pub(crate) fn of(line: Arc<Line>, message: &str) -> Self {
        let before = line.say(message);
        Self { line, before }
    }

    /// Changes the message.
    pub fn set(&self, message: &str) {
        self.line.say(message);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // In a log it is not repeated.
        if self.line.telling == Telling::Moving && !self.before.is_empty() {
            self.line.say(&self.before);
        }
    }
}
