//! The rest of the store: what a switch means for everything besides composer.json and composer.lock.

pub(crate) mod code;
pub(crate) mod files;
pub(crate) mod modules;
pub(crate) mod packages;
pub(crate) mod patches;
pub(crate) mod paths;
mod places;
mod programs;
mod root_entries;
mod services;
mod switch;

pub(crate) use services::{configured_php, table as services_table};
pub(crate) use switch::{Contribution, Switch};

use super::destination::data_effects::payment_methods;

/// Looks through the rest of the store.
pub(crate) fn contribution(switch: &Switch<'_>) -> Contribution {
    let mut contribution = Contribution::default();
    if switch.only_blockers {
        contribution.findings = files::blockers(switch);
        return contribution;
    }
    contribution.extend(files::contribution(switch));
    contribution.findings.extend(services::findings(switch));
    let stays = switch.survey.is_at(switch.target, switch.release);
    contribution
        .findings
        .extend(payment_methods(switch.changes, switch.target, stays));
    contribution
}
