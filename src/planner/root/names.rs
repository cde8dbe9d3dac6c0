//! Core names on both sides of a switch.

use crate::distribution::{
    B2B, Belongs, Detected, Distribution, LiveFacts, Release, Target, belongs, rename, template,
};
use crate::planner::root::RootMergeInput;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// Renames core packages from the source's vendor to the target's.
pub(super) struct Names<'a> {
    from: Distribution,
    to: Distribution,
    mage_os_release: Option<&'a str>,
    live: &'a LiveFacts,
}

impl<'a> Names<'a> {
    pub(super) fn new(input: &RootMergeInput<'a>) -> Self {
        let (from, to) = (input.source.distribution(), input.target.distribution());
        let mage_os_release = match (from, to) {
            (_, Distribution::MageOs) => Some(input.release.version.as_str()),
            (Distribution::MageOs, _) => input.source.release.as_deref(),
            _ => None,
        };
        Self {
            from,
            to,
            mage_os_release,
            live: input.live,
        }
    }

    /// Whether core packages change their vendor.
    pub(super) fn vendor_changes(&self) -> bool {
        self.from.vendor() != self.to.vendor()
    }

    /// The vendors of the core before and after.
    pub(super) fn vendors(&self) -> (&'static str, &'static str) {
        (self.from.vendor(), self.to.vendor())
    }

    /// The name in the target, when it is another one.
    pub(super) fn renamed(&self, name: &str) -> Option<String> {
        rename(name, self.from, self.to, self.mage_os_release, self.live)
    }

    /// Likewise, also for Magento's name of a package in a store of Mage-OS that goes to another release of Mage-OS, which
    /// may have a package that the store's release lacks.
    pub(super) fn renamed_from_any(&self, name: &str) -> Option<String> {
        let from = match (self.from, self.to) {
            (Distribution::MageOs, Distribution::MageOs) => Distribution::Magento,
            (from, _) => from,
        };
        rename(name, from, self.to, self.mage_os_release, self.live)
    }

    /// The name in the target.
    pub(super) fn translated(&self, name: &str) -> String {
        self.renamed(name).unwrap_or_else(|| name.to_owned())
    }
}

/// The packages whose metadata in the target's repositories make a merge exact: the products, and whatever core the root
/// names, under the name it has in the target. A merge without them falls back to bundled data.
pub fn names_to_ask(
    root: &Value,
    source: &Detected,
    target: Target,
    release: &Release,
) -> Vec<String> {
    let (from, to) = (source.distribution(), target.distribution());
    let mage_os_release = (to == Distribution::MageOs).then_some(release.version.as_str());
    let nothing = LiveFacts::default();
    let mut names = BTreeSet::from([target.facts().product.clone()]);
    if to == Distribution::Commerce {
        names.extend(
            [Target::Magento, Target::Commerce].map(|target| target.facts().product.clone()),
        );
    }
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
            let known = matches!(
                belongs(&name),
                Belongs::MageOsCore | Belongs::MagentoCore | Belongs::CommerceCore
            );
            if known && (name != B2B || to == Distribution::Commerce) {
                let unlisted = name
                    .strip_prefix("magento/")
                    .filter(|_| to == Distribution::MageOs);
                let renamed = rename(&name, from, to, mage_os_release, &nothing);
                names.insert(
                    renamed
                        .or(unlisted.map(|short| format!("mage-os/{short}")))
                        .unwrap_or(name),
                );
            }
        }
    }
    names.into_iter().collect()
}
