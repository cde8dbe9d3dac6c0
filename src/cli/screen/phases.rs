//! Which part of the work is being done: the spans of the planner and the engine, heard as they begin and end.

use super::progress::ACTIVITY;
use crate::planner::phase as planner;
use composer_engine::phase as engine;
use std::time::{Duration, Instant};
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// What takes this long is worth a word.
const LONG: Duration = Duration::from_millis(500);

/// What a phase is called where it is told; none where something else says it already, or nobody would want to know.
fn words(name: &str) -> Option<&'static str> {
    Some(match name {
        engine::POOL => "gathering versions",
        engine::RULES => "writing down the rules",
        engine::SOLVE => "solving",
        engine::FEWEST_MOVES => "looking for fewer moves",
        engine::REASONS => "putting the reasons into words",
        engine::FAMILY => "gathering versions for many releases",
        planner::SURVEY => "reading the store",
        planner::REMEDY => "looking for a way out",
        planner::DIAGNOSIS => "looking for the reasons",
        planner::VERIFICATION => "checking the new lock",
        planner::STORE => "looking through the store's files",
        planner::NEAREST => "trying other releases",
        _ => return None,
    })
}

/// The phases that are going on, from whichever thread, in the order in which they began.
#[derive(Debug)]
pub(super) struct Phases(Vec<(u64, &'static str, Instant)>);

impl Phases {
    pub(super) const NONE: Self = Self(Vec::new());

    fn begin(&mut self, id: u64, words: &'static str, now: Instant) {
        self.0.push((id, words, now));
    }

    fn end(&mut self, id: u64) {
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

/// Hears of the phases, and of nothing else.
pub(in crate::cli) fn listener<S>() -> impl Layer<S>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let is_phase = |meta: &Metadata<'_>| meta.is_span() && words(meta.name()).is_some();
    let filter: FilterFn<_> = filter_fn(is_phase);
    Listener.with_filter(filter.with_max_level_hint(tracing::Level::DEBUG))
}

struct Listener;

impl<S: Subscriber> Layer<S> for Listener {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _: Context<'_, S>) {
        if let Some(words) = words(attributes.metadata().name()) {
            let begin = |phases: &mut Phases| phases.begin(id.into_u64(), words, Instant::now());
            ACTIVITY.with_phases(begin);
        }
    }

    fn on_close(&self, id: Id, _: Context<'_, S>) {
        ACTIVITY.with_phases(|phases| phases.end(id.into_u64()));
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
