//! From a wish to a plan that is shown, saved or applied: what the commands that plan have in common.

pub(crate) mod choices;
pub(crate) mod composer_check;
pub(crate) mod cost;
pub(crate) mod finish;
pub(crate) mod recording;
pub(crate) mod report;
pub(crate) mod repositories;
pub(crate) mod store_plan;
pub(crate) mod terminal;
