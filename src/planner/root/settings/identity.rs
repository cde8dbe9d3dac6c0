//! What a root says of itself: name, description, version, licence.

use crate::distribution::was_ever_in_a_template;
use crate::planner::root::Merger;
use composer_engine::format::json::document::EditError;
use serde_json::Value;

impl Merger<'_> {
    /// Follows the target's template wherever the text is one a template wrote. An owner's own name, description or
    /// licence is nobody's business, so that raises no question; nor does a `version` that was left behind.
    pub(crate) fn merge_identity(&mut self) -> Result<(), EditError> {
        for key in ["name", "description", "license", "version"] {
            let (Some(ours), Some(theirs)) = (self.doc.get(key), self.theirs.get(key)) else {
                continue;
            };
            let from_template = match key {
                "version" => ours.as_str() == self.input.source.release.as_deref(),
                _ => was_ever_in_a_template(&[key], ours),
            };
            let base = self.base.get(key);
            if ours != theirs && base != Some(theirs) && (from_template || base == Some(ours)) {
                let theirs: Value = theirs.clone();
                self.change(&[key], &theirs)?;
            }
        }
        Ok(())
    }
}
