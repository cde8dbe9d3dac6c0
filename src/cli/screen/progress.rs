//! What is being done, in one line: the message, and while repositories are asked, how many documents of how many have come,
//! from which host, and for how long. A host that keeps silent is named. Where nothing is asked, the part of the work that takes
//! long is named.

use super::phases::Phases;
use crate::preview::layout::Detail;
use crate::preview::{Masker, harmless};
use clap::ValueEnum;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::{self, IsTerminal};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How to tell what is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum ProgressChoice {
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
    Nothing,
    Lines,
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

/// Who has kept silent for this long while something was asked is named.
const SILENCE: Duration = Duration::from_secs(2);

/// How often lines are added, where something has changed.
const PACE: Duration = Duration::from_secs(2);

/// What the process asks repositories for and thinks about, from whichever thread.
pub(crate) static ACTIVITY: Activity = Activity(Mutex::new(Counts {
    asked: 0,
    answered: 0,
    latest: String::new(),
    open: BTreeMap::new(),
    phases: Phases::NONE,
}));

/// See [`ACTIVITY`].
pub(crate) struct Activity(Mutex<Counts>);

struct Counts {
    asked: u64,
    answered: u64,
    /// The host that was heard of last.
    latest: String,
    /// The hosts that owe answers: how many, and since when nothing has come.
    open: BTreeMap<String, (u64, Instant)>,
    phases: Phases,
}

impl Activity {
    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a document was asked for, or answered.
    pub(crate) fn note(&self, progress: &composer_engine::repository::Progress) {
        self.note_at(&progress.host, progress.is_answer, Instant::now());
    }

    fn note_at(&self, host: &str, is_answer: bool, now: Instant) {
        let mut counts = self.counts();
        if !is_answer {
            counts.asked += 1;
            let (owed, _) = counts.open.entry(host.to_owned()).or_insert((0, now));
            *owed += 1;
            return;
        }
        counts.answered += 1;
        host.clone_into(&mut counts.latest);
        if let Some((owed, since)) = counts.open.get_mut(host) {
            *owed = owed.saturating_sub(1);
            *since = now;
            if *owed == 0 {
                counts.open.remove(host);
            }
        }
    }

    /// Notes what begins or ends.
    pub(super) fn with_phases(&self, note: impl FnOnce(&mut Phases)) {
        note(&mut self.counts().phases);
    }

    /// Where counting begins now: what is still owed counts as asked for, too.
    fn begin(&self) -> (u64, u64) {
        let counts = self.counts();
        (counts.answered, counts.answered)
    }

    /// `412 of 513 · repo.mage-os.org · 3 s`, counted from `start`; where a host keeps silent, it is the one that is named.
    /// While nothing is asked, `solving · 3 s`, once that takes long; else empty.
    fn told(&self, start: (u64, u64), begun: Instant, now: Instant) -> String {
        let asked = self.asked(start, begun, now);
        if !asked.is_empty() {
            return asked;
        }
        match self.phase(now) {
            Some((words, since)) => {
                let seconds = now.saturating_duration_since(since).as_secs();
                format!("{words} · {seconds} s")
            }
            None => String::new(),
        }
    }

    /// The phase that has been going on for long, and since when.
    fn phase(&self, now: Instant) -> Option<(&'static str, Instant)> {
        self.counts().phases.told(now)
    }

    /// What is asked for; empty while nothing is.
    fn asked(&self, start: (u64, u64), begun: Instant, now: Instant) -> String {
        let counts = self.counts();
        let asked = counts.asked.saturating_sub(start.0);
        let answered = counts.answered.saturating_sub(start.1);
        if asked == 0 || counts.open.is_empty() {
            return String::new();
        }
        let quiet = |(host, (_, since)): (&String, &(u64, Instant))| {
            let silence = now.saturating_duration_since(*since);
            (silence >= SILENCE).then(|| (silence, host.clone()))
        };
        let longest = counts.open.iter().filter_map(quiet).max();
        let seconds = now.saturating_duration_since(begun).as_secs();
        match longest {
            Some((silence, host)) => format!(
                "{answered} of {asked} · waiting for {host} · {} s",
                silence.as_secs()
            ),
            None => {
                let host = match counts.latest.is_empty() {
                    true => counts.open.keys().next().cloned().unwrap_or_default(),
                    false => counts.latest.clone(),
                };
                format!("{answered} of {asked} · {host} · {seconds} s")
            }
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn activity() -> Activity {
        Activity(Mutex::new(Counts {
            asked: 0,
            answered: 0,
            latest: String::new(),
            open: BTreeMap::new(),
            phases: Phases::NONE,
        }))
    }

    #[test]
    fn documents_are_counted_and_who_is_silent_is_named() {
        let activity = activity();
        let begun = Instant::now();
        let after = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(activity.told((0, 0), begun, after(1)), "");
        for host in ["repo.one.test", "repo.one.test", "slow.two.test"] {
            activity.note_at(host, false, begun);
        }
        activity.note_at("repo.one.test", true, after(1));
        assert_eq!(
            activity.told((0, 0), begun, after(1)),
            "1 of 3 · repo.one.test · 1 s"
        );
        activity.note_at("repo.one.test", true, after(2));
        assert_eq!(
            activity.told((0, 0), begun, after(5)),
            "2 of 3 · waiting for slow.two.test · 5 s"
        );
        activity.note_at("slow.two.test", true, after(6));
        assert_eq!(activity.told((0, 0), begun, after(6)), "");
    }

    #[test]
    fn a_message_counts_from_its_own_beginning() {
        let activity = activity();
        let begun = Instant::now();
        activity.note_at("repo.one.test", false, begun);
        activity.note_at("repo.one.test", true, begun);
        let start = activity.begin();
        activity.note_at("repo.one.test", false, begun);
        assert_eq!(
            activity.told(start, begun, begun),
            "0 of 1 · repo.one.test · 0 s"
        );
    }
}
