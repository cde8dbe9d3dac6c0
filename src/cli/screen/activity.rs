//! What the process is busy with: which documents repositories owe, and which part of the work goes on.

use super::phases::Phases;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Who has kept silent for this long while something was asked is named.
const SILENCE: Duration = Duration::from_secs(2);

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
    pub(super) fn begin(&self) -> (u64, u64) {
        let counts = self.counts();
        (counts.answered, counts.answered)
    }

    /// `412 of 513 · repo.mage-os.org · 3 s`, counted from `start`; where a host keeps silent, it is the one that is named.
    /// While nothing is asked, `solving · 3 s`, once that takes long; else empty.
    pub(super) fn told(&self, start: (u64, u64), begun: Instant, now: Instant) -> String {
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
    pub(super) fn phase(&self, now: Instant) -> Option<(&'static str, Instant)> {
        self.counts().phases.told(now)
    }

    /// What is asked for; empty while nothing is.
    pub(super) fn asked(&self, start: (u64, u64), begun: Instant, now: Instant) -> String {
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
