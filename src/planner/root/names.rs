//! Core names on both sides of a switch.

use crate::distribution::{
    B2B, Belongs, Detected, Direction, Family, LiveFacts, Release, Target, belongs, template,
};
use crate::planner::root::RootMergeInput;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Renames core packages from the source's vendor to the target's.
pub(super) struct Names<'a> {
    direction: Direction,
    release: &'a str,
    live: &'a LiveFacts,
}

impl<'a> Names<'a> {
    /// Between the sides of a merge.
    pub(super) fn new(input: &RootMergeInput<'a>) -> Self {
        Self {
            direction: Direction::new(input.source.target, input.target),
            release: &input.release.version,
            live: input.live,
        }
    }

    /// Whether core packages change their vendor.
    pub(super) fn vendor_changes(&self) -> bool {
        self.direction.renames()
    }

    /// The vendors of the core before and after.
    pub(super) fn vendors(&self) -> (&'static str, &'static str) {
        self.direction.vendors()
    }

    /// Whether a core package keeps its name although the vendor changes, and runs in the target as extensions do.
    pub(super) fn leaves_alone(&self, name: &str) -> bool {
        self.direction.leaves_alone(name)
    }

    /// The name in the target, when it is another one.
    pub(super) fn renamed(&self, name: &str) -> Option<String> {
        self.direction.renamed(name, Some(self.release), self.live)
    }

    /// Likewise, also for Magento's name of a package in a store of Mage-OS that goes to another release of Mage-OS, which
    /// may have a package that the store's release lacks.
    pub(super) fn renamed_from_any(&self, name: &str) -> Option<String> {
        self.direction
            .renamed_from_any(name, Some(self.release), self.live)
    }

    /// The name in the target.
    pub(super) fn translated(&self, name: &str) -> String {
        self.renamed(name).unwrap_or_else(|| name.to_owned())
    }
}

/// The packages whose metadata in the target's repositories make a merge exact: the products, and whatever core the root
/// names, under the name it has in the target. A merge without them falls back to bundled data.
pub(crate) fn names_to_ask(
    root: &Value,
    source: &Detected,
    target: Target,
    release: &Release,
) -> Vec<String> {
    let direction = Direction::new(source.target, target);
    let to = direction.to();
    let nothing = LiveFacts::default();
    let products = target.stack().into_iter();
    let mut names: BTreeSet<String> = products
        .map(|target| target.facts().product.clone())
        .collect();
    let new_project = Value::Object(template(target, &release.version).value);
    for section in [root, &new_project]
        .into_iter()
        .flat_map(|root| [root.get("require"), root.get("require-dev")])
    {
        for name in section
            .and_then(Value::as_object)
            .into_iter()
            .flat_map(Map::keys)
        {
            let name = name.to_ascii_lowercase();
            let known = matches!(belongs(&name), Belongs::Core(_));
            if known && (name != B2B || target.is_in(Family::Commerce)) {
                let unlisted = to
                    .rebuilds()
                    .and_then(|upstream| upstream.short_name(&name))
                    .map(|short| to.full_name(short));
                let renamed = direction.renamed(&name, Some(&release.version), &nothing);
                names.insert(renamed.or(unlisted).unwrap_or(name));
            }
        }
    }
    names.into_iter().collect()
}
