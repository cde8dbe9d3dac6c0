//! Hears which part of the work is being done: the spans of the planner and the engine, as they begin and end.

use super::activity::ACTIVITY;
use super::phases::Phases;
use crate::planner::phase as planner;
use composer_engine::phase as engine;
use std::time::Instant;
use tracing::span::{Attributes, Id};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

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
