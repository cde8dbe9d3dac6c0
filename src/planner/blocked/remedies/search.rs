//! What a search for a remedy asks of the resolver.

use crate::planner::blocked::remedies::relaxation::Relaxation;
use crate::planner::error::PlanError;
use crate::planner::lock::question::{Question, Setting};
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::root::RootPackage;
use std::collections::BTreeSet;

/// The constraint that every version satisfies.
pub(super) const ANY: &str = "*";

/// A root under the question whether something milder or more would give it a solution.
pub(super) struct Search<'a> {
    /// What stays the same whatever is tried.
    pub(super) question: &'a Question<'a>,
    /// The merged root, without any change for a remedy.
    pub(super) document: &'a JsonDocument,
}

impl Search<'_> {
    /// The owner's requirements for development.
    pub(super) fn tools(&self) -> Result<BTreeSet<String>, PlanError> {
        let root = RootPackage::load(self.document.value())?;
        let names = root.dev_requires.iter().map(|link| link.target.to_string());
        Ok(names.filter(|name| name.contains('/')).collect())
    }

    /// The root with this given up, ready to be resolved.
    pub(super) fn relaxed(&self, relaxation: &Relaxation) -> Result<Setting, PlanError> {
        let document = relaxation.document(self.document, self.question.target)?;
        self.question.setting(document.value())
    }
}
