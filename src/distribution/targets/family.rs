//! What some targets share that others lack, whoever makes them.

use serde::Deserialize;

/// A trait of targets by which the rest of the program tells them apart; see [`Target::is_in`](super::Target::is_in) and
/// [`Direction::enters`](crate::distribution::Direction::enters).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Builds another distribution's sources, under names and with release numbers of its own. Follows from `rebuilds`.
    Rebuild,
    /// Is sold with a licence, for which keys alone are not enough, gets paid extended support, and has content staging and
    /// B2B, which change the tables of the database.
    Commerce,
    /// Runs on Adobe's cloud platform, which starts cron and deploys by itself.
    Cloud,
}
