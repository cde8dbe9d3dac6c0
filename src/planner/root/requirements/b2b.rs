//! The B2B extension of Adobe Commerce.

use super::admission::admits;
use super::constraint_style::restyle;
use crate::distribution::{B2B, Family, line};
use crate::planner::root::Merger;

impl Merger<'_> {
    /// The constraint on the B2B extension for the target's release; none when the store's own will do, or when nothing is
    /// known about what goes with the release.
    pub(crate) fn b2b_constraint(&self, ours: &str) -> Option<String> {
        let same_line = self
            .input
            .source
            .release
            .as_deref()
            .is_some_and(|on| line(on) == line(&self.input.release.version));
        if same_line && self.input.source.target.is_in(Family::Commerce) {
            return None;
        }
        let listed: Vec<&str> = self.input.release.b2b.iter().map(String::as_str).collect();
        let preferred = self
            .newest_that_fits(B2B)
            .or_else(|| listed.first().copied())?;
        let will_do = admits(ours, preferred) || listed.iter().any(|version| admits(ours, version));
        (!will_do).then(|| restyle(ours, preferred))
    }
}
