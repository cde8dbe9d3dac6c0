//! What becomes of each package, as far as other files care: whether it stays, gets another name, or goes.

use crate::distribution::{Direction, Distribution, LiveFacts, upstream_name};
use crate::planner::store::Switch;
use composer_engine::format::lock::Lock;
use rustc_hash::FxHashMap;
use serde_json::Value;

/// What becomes of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is in both locks under its name.
    Stays,
    /// The target has it under this name.
    Renamed(String),
    /// The store has it, the target does not.
    Goes,
    /// The store does not have it, so nothing can be said.
    Unknown,
}

/// The packages of both sides.
pub(crate) struct Packages<'a> {
    old: FxHashMap<&'a str, &'a Value>,
    new: FxHashMap<&'a str, &'a Value>,
    direction: Direction,
    release: &'a str,
}

impl<'a> Packages<'a> {
    /// Of the locks on both sides of a switch.
    pub(crate) fn of(switch: &'a Switch<'a>) -> Self {
        Self::new(
            switch.survey.project.lock().map(Lock::value),
            switch.lock,
            switch.survey.direction(switch.target),
            &switch.release.version,
        )
    }

    /// From two locks, a direction, and the release it ends at.
    pub(crate) fn new(
        old: Option<&'a Value>,
        new: &'a Value,
        direction: Direction,
        release: &'a str,
    ) -> Self {
        Self {
            old: by_name(old),
            new: by_name(Some(new)),
            direction,
            release,
        }
    }

    /// From where to where the switch leads.
    pub(crate) fn direction(&self) -> Direction {
        self.direction
    }

    /// The vendors of the core before and after.
    pub(crate) fn vendors(&self) -> (&'static str, &'static str) {
        self.direction.vendors()
    }

    /// Where the switch leads.
    pub(crate) fn target(&self) -> Distribution {
        self.direction.to()
    }

    /// What becomes of a package. Without a lock only the names of the target tell.
    pub(crate) fn fate(&self, name: &str) -> Fate {
        if self.new.contains_key(name) {
            return Fate::Stays;
        }
        match self.counterpart(name) {
            Some(renamed) if self.new.contains_key(renamed.as_str()) => Fate::Renamed(renamed),
            _ if self.old.contains_key(name) => Fate::Goes,
            _ => Fate::Unknown,
        }
    }

    /// The name that the target has for a package of the source's, whether or not this store uses it.
    pub(crate) fn counterpart(&self, name: &str) -> Option<String> {
        if !self.direction.renames() {
            return None;
        }
        let (from, to) = (self.direction.from(), self.direction.to());
        let twin = to.full_name(from.short_name(name)?);
        let replaces = |entry: Option<&&Value>, other: &str| {
            entry.is_some_and(|entry| {
                entry
                    .get("replace")
                    .is_some_and(|replace| replace.get(other).is_some())
            })
        };
        if replaces(self.new.get(twin.as_str()), name)
            || replaces(self.old.get(name), &twin) && self.new.contains_key(twin.as_str())
        {
            return Some(twin);
        }
        self.direction
            .renamed(name, Some(self.release), &LiveFacts::default())
    }

    /// The packages of the store that the target does not have under any name, sorted.
    pub(crate) fn gone(&self) -> Vec<&'a str> {
        let mut gone: Vec<&str> = self
            .old
            .keys()
            .copied()
            .filter(|name| self.fate(name) == Fate::Goes)
            .collect();
        gone.sort_unstable();
        gone
    }

    /// What a package of the target was in the store, under whichever name.
    pub(crate) fn before(&self, new: &str) -> Option<&'a Value> {
        let twin = || {
            let (from, to) = (self.direction.from(), self.direction.to());
            let old = from.full_name(to.short_name(new)?);
            let is_it = self.fate(&old) == Fate::Renamed(new.to_owned());
            self.old(&old).filter(|_| is_it)
        };
        self.old(new).or_else(twin)
    }

    /// The package of the target that stands in a name's place by replacing it, whoever built it.
    pub(crate) fn replacer(&self, name: &str) -> Option<&'a str> {
        let replaces = |entry: &Value| {
            let replace = entry.get("replace");
            replace.is_some_and(|replace| replace.get(name).is_some())
        };
        let all = self.new.iter().filter(|(_, entry)| replaces(entry));
        all.map(|(other, _)| *other)
            .filter(|other| *other != name)
            .min()
    }

    /// A package of the store as it is locked.
    pub(crate) fn old(&self, name: &str) -> Option<&'a Value> {
        self.old.get(name).copied()
    }

    /// A package of the target as it will be locked.
    pub(crate) fn new_entry(&self, name: &str) -> Option<&'a Value> {
        self.new.get(name).copied()
    }

    /// Every package of the store.
    pub(crate) fn all_old(&self) -> impl Iterator<Item = (&'a str, &'a Value)> + '_ {
        self.old.iter().map(|(name, entry)| (*name, *entry))
    }

    /// Every package of the target.
    pub(crate) fn all_new(&self) -> impl Iterator<Item = (&'a str, &'a Value)> + '_ {
        self.new.iter().map(|(name, entry)| (*name, *entry))
    }
}

/// The version of Magento's package that an entry of a lock equals: what it replaces under Magento's name, else its own.
pub(crate) fn upstream_version(entry: &Value) -> Option<&str> {
    let name = entry.get("name")?.as_str()?;
    let own = entry.get("version")?.as_str()?;
    let replaced =
        upstream_name(name).and_then(|upstream| entry.get("replace")?.get(upstream)?.as_str());
    Some(replaced.unwrap_or(own))
}

fn by_name(lock: Option<&Value>) -> FxHashMap<&str, &Value> {
    let sections = ["packages", "packages-dev"]
        .into_iter()
        .filter_map(|section| lock?.get(section)?.as_array());
    sections
        .flatten()
        .filter_map(|entry| Some((entry.get("name")?.as_str()?, entry)))
        .collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::distribution::Target;
    use serde_json::json;

    /// A store on Open Source that goes to Mage-OS.
    pub(crate) fn locks() -> (Value, Value) {
        let old = json!({"packages": [
            {"name": "magento/framework", "version": "103.0.8-p3"},
            {"name": "magento/module-sales", "version": "103.0.8"},
            {"name": "magento/module-tomorrow", "version": "1.0.0"},
            {"name": "magento/module-marketplace", "version": "100.4.6"},
            {"name": "paypal/module-braintree", "version": "4.7.0"},
            {"name": "acme/blog", "version": "1.0.0"},
        ], "packages-dev": [{"name": "magento/magento-coding-standard", "version": "38"}]});
        let new = json!({"packages": [
            {"name": "mage-os/framework", "version": "3.0.0", "replace": {"magento/framework": "103.0.9"}},
            {"name": "mage-os/module-sales", "version": "3.0.0", "replace": {"magento/module-sales": "103.0.9"}},
            {"name": "mage-os/module-tomorrow", "version": "3.0.0", "replace": {"magento/module-tomorrow": "1.0.1"}},
            {"name": "mage-os/module-rma", "version": "1.0.0"},
            {"name": "acme/blog", "version": "1.0.0"},
        ]});
        (old, new)
    }

    /// The packages of [`locks`], there or back.
    pub(crate) fn packages<'a>(old: &'a Value, new: &'a Value, back: bool) -> Packages<'a> {
        if back {
            Packages::new(
                Some(new),
                old,
                Direction::new(Target::MageOs, Target::Magento),
                "2.4.9",
            )
        } else {
            Packages::new(
                Some(old),
                new,
                Direction::new(Target::Magento, Target::MageOs),
                "3.0.0",
            )
        }
    }

    #[test]
    fn every_fate() {
        let (old, new) = locks();
        let there = packages(&old, &new, false);
        let renamed = |name: &str| Fate::Renamed(name.to_owned());
        assert_eq!(
            there.fate("magento/framework"),
            renamed("mage-os/framework")
        );
        assert_eq!(
            there.fate("magento/module-tomorrow"),
            renamed("mage-os/module-tomorrow"),
            "the new lock knows more than the data"
        );
        assert_eq!(there.fate("acme/blog"), Fate::Stays);
        assert_eq!(there.fate("magento/module-nobody-knows"), Fate::Unknown);
        assert_eq!(
            there.gone(),
            [
                "magento/magento-coding-standard",
                "magento/module-marketplace",
                "paypal/module-braintree"
            ]
        );
        let back = packages(&old, &new, true);
        assert_eq!(
            back.fate("mage-os/module-tomorrow"),
            renamed("magento/module-tomorrow")
        );
        assert_eq!(back.gone(), ["mage-os/module-rma"]);
        let version = |name| there.new_entry(name).and_then(upstream_version);
        assert_eq!(version("mage-os/framework"), Some("103.0.9"));
        assert_eq!(version("mage-os/module-rma"), Some("1.0.0"));
    }
}
