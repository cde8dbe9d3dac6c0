//! What follows from what a distribution or a target is: questions, answered from the data.

use super::facts::{DATA, DistributionFacts, TargetFacts};
use super::family::Family;
use super::host::host_and_path;
use super::kind::{Distribution, Edition, Target};
use serde_json::{Value, json};
use std::fmt;

impl Distribution {
    /// What is known of it.
    pub fn facts(self) -> &'static DistributionFacts {
        // `Distribution::ALL` and the file have the same order; a test holds them together.
        &DATA.distribution[self as usize]
    }

    /// The word in JSON and on the command line.
    pub fn id(self) -> &'static str {
        &self.facts().id
    }

    /// The distribution of this word.
    pub fn of_id(id: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|distribution| distribution.id() == id)
    }

    /// The name people use.
    pub fn name(self) -> &'static str {
        &self.facts().name
    }

    /// The vendor of the distribution's core packages (`magento`, `mage-os`).
    pub fn vendor(self) -> &'static str {
        &self.facts().vendor
    }

    /// The vendors of all distributions, each once.
    pub fn vendors() -> Vec<&'static str> {
        let mut vendors: Vec<&str> = Self::ALL.into_iter().map(Self::vendor).collect();
        let mut seen = std::collections::HashSet::new();
        vendors.retain(|vendor| seen.insert(*vendor));
        vendors
    }

    /// The names of all distributions, to put into a sentence.
    pub fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::name).collect()
    }

    /// The distribution whose sources it builds, under names and with release numbers of its own.
    pub fn rebuilds(self) -> Option<Self> {
        self.facts().rebuilds
    }

    /// Whether all of another distribution's core is in this one. A distribution includes itself.
    pub fn includes(self, other: Self) -> bool {
        self == other || self.facts().includes.contains(&other)
    }

    /// Whether every target of this distribution has a trait.
    pub fn is_in(self, family: Family) -> bool {
        match family {
            Family::Rebuild => self.rebuilds().is_some(),
            family => self.facts().families.contains(&family),
        }
    }

    /// A package's name without the vendor, if that is this distribution's.
    pub fn short_name(self, name: &str) -> Option<&str> {
        name.strip_prefix(self.vendor())?.strip_prefix('/')
    }

    /// A name of the distribution's own.
    pub fn full_name(self, short: &str) -> String {
        format!("{}/{short}", self.vendor())
    }
}

impl fmt::Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Target {
    /// The target of a distribution that has everything it ships and nothing around it.
    pub fn full(distribution: Distribution) -> Self {
        Self::ALL
            .into_iter()
            .find(|target| target.distribution() == distribution && target.is_full())
            .expect("every distribution has a target; a test holds it")
    }

    /// Whether it is that of its distribution.
    pub fn is_full(self) -> bool {
        let facts = self.facts();
        facts.minimal_of.or(facts.wraps).is_none()
    }

    /// The target of an edition of a distribution, by the words that JSON has for them.
    pub fn of(distribution: &str, edition: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|target| {
            target.distribution().id() == distribution && target.edition().id() == edition
        })
    }

    /// The targets with everything that a host serves to who has keys for them, the smallest first.
    pub fn sold_at(host: &str) -> Vec<Self> {
        let full = Distribution::ALL.map(Self::full).into_iter();
        full.filter(|target| target.facts().credentials && target.host() == host)
            .collect()
    }

    /// Every other target.
    pub fn others(self) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(move |other| *other != self)
    }

    /// A root that names nothing but the repository of the target's core.
    pub fn repository_root(self) -> Value {
        json!({"repositories": [
            {"type": "composer", "url": self.facts().repository},
            {"packagist.org": false},
        ]})
    }

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        &self.facts().word
    }

    /// The words of all targets, as part of a sentence.
    pub fn listed(conjunction: &str) -> String {
        listed(&Self::ALL.map(Self::word), conjunction)
    }

    /// The name people use.
    pub fn name(self) -> &'static str {
        &self.facts().name
    }

    /// The target with everything, where this one is a small edition; else itself.
    pub fn full_edition(self) -> Self {
        self.facts().minimal_of.unwrap_or(self)
    }

    /// The small edition of the same, if there is one.
    pub fn minimal_edition(self) -> Option<Self> {
        let full = self.full_edition();
        Self::ALL
            .into_iter()
            .find(|target| target.facts().minimal_of == Some(full))
    }

    /// Whether it is a small edition of another target.
    pub fn is_minimal(self) -> bool {
        self.facts().minimal_of.is_some()
    }

    /// The target whose product this one's is a shell around, with patch numbers of its own.
    pub fn wraps(self) -> Option<Self> {
        self.facts().wraps
    }

    /// The target whose product has the version that is the release: the wrapped one, else itself.
    pub fn numbered(self) -> Self {
        self.wraps().unwrap_or(self)
    }

    /// The target whose product this one's requires, other than one that it wraps.
    pub fn contains(self) -> Option<Self> {
        self.facts().contains
    }

    /// The targets whose products are in a lock of this one: itself, then what it wraps or contains, and so on.
    pub fn stack(self) -> Vec<Self> {
        let below = |target: &Self| target.wraps().or(target.contains());
        // No longer than there are targets, whatever the data say.
        std::iter::successors(Some(self), below)
            .take(Self::ALL.len())
            .collect()
    }

    /// Whether it has a trait, by itself or as all of its distribution do.
    pub fn is_in(self, family: Family) -> bool {
        self.distribution().is_in(family) || self.facts().families.contains(&family)
    }

    /// The host of the repository that its core comes from.
    pub fn host(self) -> &'static str {
        host_and_path(&self.facts().repository).map_or("", |(host, _)| host)
    }

    /// The target of this word, or of another word that people have for it, however it is written: `Mage-OS`, `mage_os`.
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase().replace(['_', ' '], "-");
        Self::ALL
            .into_iter()
            .find(|target| target.word() == word || target.facts().aliases.contains(&word))
    }

    /// The target whose word is most like this one, if any is.
    pub(in crate::distribution) fn like(word: &str) -> Option<Self> {
        let word = word.trim().to_lowercase();
        let likeness = |target: &Target| {
            let words = std::iter::once(target.word())
                .chain(target.facts().aliases.iter().map(String::as_str));
            words
                .map(|known| strsim::jaro_winkler(known, &word))
                .fold(0.0, f64::max)
        };
        Self::ALL
            .into_iter()
            .map(|target| (target, likeness(&target)))
            .filter(|(_, likeness)| *likeness > 0.8)
            .max_by(|(_, a), (_, b)| a.total_cmp(b))
            .map(|(target, _)| target)
    }

    /// The target whose product metapackage has this name.
    pub fn from_product(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|target| target.facts().product == name)
    }

    /// The target whose project template has this name.
    pub fn from_project(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|target| target.facts().project == name)
    }

    /// What is known of it.
    pub fn facts(self) -> &'static TargetFacts {
        // `Target::ALL` and the file have the same order; a test holds them together.
        &DATA.target[self as usize]
    }

    /// Whose core it is.
    pub fn distribution(self) -> Distribution {
        self.facts().distribution
    }

    /// How much of that.
    pub fn edition(self) -> Edition {
        self.facts().edition
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `a, b or c`.
pub(in crate::distribution) fn listed(words: &[impl AsRef<str>], conjunction: &str) -> String {
    let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match words.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} {conjunction} {last}", others.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_alias_stands_for_two_targets() {
        let mut words: Vec<&str> = Target::ALL
            .iter()
            .flat_map(|target| {
                let aliases = target.facts().aliases.iter().map(String::as_str);
                aliases.chain([target.word()])
            })
            .collect();
        words.sort_unstable();
        let all = words.len();
        words.dedup();
        assert_eq!(words.len(), all);
    }
}
