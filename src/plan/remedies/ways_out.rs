//! What the owner of a blocked store could do: found by trying, not by guessing.

use super::Search;
use super::relaxation::Relaxation;
use crate::composer::json_document::JsonDocument;
use crate::composer::platform::is_platform_package;
use crate::composer::root_package::RootPackage;
use crate::distribution::is_core;
use crate::plan::error::PlanError;
use crate::plan::resolution::{Blocked, Question};
use crate::resolve::problem::Explanation;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// More requirements than these are not tried one by one.
const MAX_SUSPECTS: usize = 12;

/// Changes to the owner's requirements that lift a block, all of them together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct WaysOut {
    /// Requirements of composer.json with the constraint that allows a version which goes with the target.
    pub constraints: BTreeMap<String, String>,
    /// Requirements of which no version that the repositories have goes with the target.
    pub removals: BTreeSet<String>,
}

impl WaysOut {
    /// Whether nothing that is done to the owner's requirements helps.
    pub fn is_empty(&self) -> bool {
        self.constraints.is_empty() && self.removals.is_empty()
    }
}

/// Looks for other versions of the extensions that take part in a contradiction, and, where there are none, for those
/// without which there is a solution.
pub fn ways_out(
    question: &Question<'_>,
    document: &JsonDocument,
    blocked: &Blocked,
) -> Result<WaysOut, PlanError> {
    let explanation = blocked.remaining.as_ref().unwrap_or(&blocked.explanation);
    let suspects = suspects(question, document, explanation)?;
    let search = Search { question, document };
    if suspects.is_empty() || suspects.len() > MAX_SUSPECTS {
        return Ok(WaysOut::default());
    }
    let loosened = Relaxation {
        loose: suspects.clone(),
        ..Relaxation::default()
    };
    if let Ok(update) = search.attempt(&loosened)? {
        return ways(loosened, document, &update);
    }
    let mut relaxation = Relaxation {
        without: suspects.clone(),
        ..Relaxation::default()
    };
    let Ok(mut update) = search.attempt(&relaxation)? else {
        return Ok(WaysOut::default());
    };
    for name in &suspects {
        let mut trial = relaxation.clone();
        trial.without.remove(name);
        trial.loose.insert(name.clone());
        if let Ok(found) = search.attempt(&trial)? {
            (relaxation, update) = (trial, found);
        }
    }
    ways(relaxation, document, &update)
}

fn ways(
    mut relaxation: Relaxation,
    document: &JsonDocument,
    update: &crate::resolve::update::Update,
) -> Result<WaysOut, PlanError> {
    relaxation.settle(document, update)?;
    Ok(WaysOut {
        constraints: relaxation.repinned,
        removals: relaxation.without,
    })
}

/// The owner's requirements that take part in a contradiction, or that bring in, by the lock, what does.
fn suspects(
    question: &Question<'_>,
    document: &JsonDocument,
    explanation: &Explanation,
) -> Result<BTreeSet<String>, PlanError> {
    let root = RootPackage::load(document.value())?;
    let own: FxHashSet<Arc<str>> = root
        .all_requires()
        .into_keys()
        .filter(|name| !is_core(name) && !is_platform_package(name))
        .map(|name| Arc::from(&*name))
        .collect();
    let mut requirers: FxHashMap<&str, Vec<&Arc<str>>> = FxHashMap::default();
    for package in question.locked.iter().flat_map(|locked| locked.all()) {
        for link in &package.requires {
            requirers
                .entry(&link.target)
                .or_default()
                .push(&package.name);
        }
    }
    let mut queue: Vec<&str> = Vec::new();
    for involved in &explanation.requirements {
        match &involved.package {
            Some((name, _)) if !is_core(name) => queue.push(name),
            None => queue.push(&involved.target),
            Some(_) => {}
        }
    }
    let mut seen: FxHashSet<&str> = FxHashSet::default();
    let mut suspects = BTreeSet::new();
    while let Some(name) = queue.pop() {
        if !seen.insert(name) || is_core(name) {
            continue;
        }
        if own.contains(name) {
            suspects.insert(name.to_string());
        } else {
            let above = requirers.get(name).into_iter().flatten();
            queue.extend(above.map(|name| &***name));
        }
    }
    Ok(suspects)
}
