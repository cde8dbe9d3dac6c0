//! The parts of the work that go on, and which of them is worth a word.

use std::time::{Duration, Instant};

/// What takes this long is worth a word.
const LONG: Duration = Duration::from_millis(500);

/// The phases that are going on, from whichever thread, in the order in which they began.
#[derive(Debug)]
pub(super) struct Phases(Vec<(u64, &'static str, Instant)>);

impl Phases {
    /// Nothing goes on.
    pub(super) const NONE: Self = Self(Vec::new());

    /// Notes a phase that began now. `id` is its own among those that go on.
    pub(super) fn begin(&mut self, id: u64, words: &'static str, now: Instant) {
        self.0.push((id, words, now));
    }

    /// Forgets a phase.
    pub(super) fn end(&mut self, id: u64) {
        self.0.retain(|(own, ..)| *own != id);
    }

    /// What has been going on for long, and since when: the outermost, as what is within it may change many times a second.
    pub(super) fn told(&self, now: Instant) -> Option<(&'static str, Instant)> {
        let is_long = |since: &Instant| now.saturating_duration_since(*since) >= LONG;
        let mut all = self.0.iter();
        let (_, words, since) = all.find(|(_, _, since)| is_long(since))?;
        Some((*words, *since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_takes_long_is_told_and_what_is_within_it_is_not() {
        let begun = Instant::now();
        let after = |millis| begun + Duration::from_millis(millis);
        let mut phases = Phases::NONE;
        phases.begin(1, "looking for a way out", begun);
        phases.begin(2, "solving", after(100));
        assert_eq!(phases.told(after(400)), None);
        let told = |phases: &Phases, millis| phases.told(after(millis)).map(|(words, _)| words);
        assert_eq!(told(&phases, 500), Some("looking for a way out"));
        assert_eq!(told(&phases, 700), Some("looking for a way out"));
        phases.end(1);
        assert_eq!(told(&phases, 700), Some("solving"));
        phases.end(2);
        assert_eq!(told(&phases, 9000), None);
    }
}
