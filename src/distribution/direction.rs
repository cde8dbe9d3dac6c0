//! From where to where a switch leads, and what follows from it.

use super::packages::{LiveFacts, is_absent_in, rename};
use super::targets::{DataFacts, Distribution, Family, Target};

/// What a store is, and what it becomes. The rest of the program asks this and [`Target`] and compares neither targets nor
/// distributions itself, so that one more of them is a matter of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Direction {
    /// What the store is.
    pub source: Target,
    /// What it becomes.
    pub target: Target,
}

/// What a switch does to the data of a shop.
#[derive(Debug, Clone, Copy)]
pub enum DataEffect {
    /// The source alone has data of a kind; they have no place in the target.
    Lost(&'static DataFacts),
    /// The target changes tables, and there is no way back.
    Converted(&'static DataFacts),
    /// Everything stays, and this besides, of no use.
    LeftBehind(&'static str),
    /// Everything stays.
    Kept,
}

impl Direction {
    /// From a target, which a store is, to another one or the same.
    pub fn new(source: Target, target: Target) -> Self {
        Self { source, target }
    }

    /// Whose core the store has.
    pub fn from(self) -> Distribution {
        self.source.distribution()
    }

    /// Whose core it gets.
    pub fn to(self) -> Distribution {
        self.target.distribution()
    }

    /// Whether nothing but the release can change.
    pub fn stays_in_target(self) -> bool {
        self.source == self.target
    }

    /// Whether the core stays one distribution's.
    pub fn stays_in_distribution(self) -> bool {
        self.from() == self.to()
    }

    /// Whether the source has a trait that the target lacks.
    pub fn leaves(self, family: Family) -> bool {
        self.source.is_in(family) && !self.target.is_in(family)
    }

    /// Whether the target has a trait that the source lacks.
    pub fn enters(self, family: Family) -> bool {
        self.target.is_in(family) && !self.source.is_in(family)
    }

    /// Whether core packages change their vendor.
    pub fn renames(self) -> bool {
        self.from().vendor() != self.to().vendor()
    }

    /// The vendors of the core before and after.
    pub fn vendors(self) -> (&'static str, &'static str) {
        (self.from().vendor(), self.to().vendor())
    }

    /// What a core package of the source is called in the target, when it is another name; none also when it has no
    /// counterpart there. `release` is the target's, if it is known: a rebuild may have gained or dropped a package with
    /// it. Live facts win over the bundled data.
    pub fn renamed(self, name: &str, release: Option<&str>, live: &LiveFacts) -> Option<String> {
        rename(name, self.from(), self.to(), release, live)
    }

    /// Likewise, also for the upstream name of a package in a store that stays with a rebuild, whose release may lack what
    /// the target's has.
    pub fn renamed_from_any(
        self,
        name: &str,
        release: Option<&str>,
        live: &LiveFacts,
    ) -> Option<String> {
        let upstream = self.to().rebuilds();
        let from = upstream
            .filter(|_| self.stays_in_distribution())
            .unwrap_or(self.from());
        rename(name, from, self.to(), release, live)
    }

    /// Whether a core package has one name on both sides although the vendor changes: a rebuild never builds it, and it
    /// runs there as extensions do.
    pub fn leaves_alone(self, name: &str) -> bool {
        is_absent_in(self.from(), name) || is_absent_in(self.to(), name)
    }

    /// What becomes of the shop's data, apart from what a release changes.
    pub fn data(self) -> DataEffect {
        let (from, to) = (self.from(), self.to());
        match (&from.facts().data, &to.facts().data) {
            (Some(data), _) if !to.includes(from) => DataEffect::Lost(data),
            (_, Some(data)) if !from.includes(to) => DataEffect::Converted(data),
            _ => match from.facts().when_left.database.as_deref() {
                Some(left) if !self.stays_in_distribution() => DataEffect::LeftBehind(left),
                _ => DataEffect::Kept,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = Direction> {
        Target::ALL.into_iter().flat_map(|source| {
            Target::ALL
                .into_iter()
                .map(move |target| Direction::new(source, target))
        })
    }

    #[test]
    fn there_and_back_ask_the_same_question() {
        for direction in all() {
            let back = Direction::new(direction.target, direction.source);
            for family in [Family::Rebuild, Family::Commerce, Family::Cloud] {
                assert_eq!(direction.enters(family), back.leaves(family));
                assert!(!(direction.enters(family) && direction.leaves(family)));
            }
            assert_eq!(direction.renames(), back.renames());
            let lost = matches!(direction.data(), DataEffect::Lost(_));
            assert_eq!(lost, matches!(back.data(), DataEffect::Converted(_)));
            assert!(!lost || direction.leaves(Family::Commerce));
        }
    }

    #[test]
    fn what_stays_costs_nothing() {
        for target in Target::ALL {
            let stays = Direction::new(target, target);
            assert!(stays.stays_in_target() && stays.stays_in_distribution());
            assert!(!stays.renames());
            assert!(matches!(stays.data(), DataEffect::Kept));
        }
        let cloud = Direction::new(Target::CommerceCloud, Target::Commerce);
        assert!(cloud.leaves(Family::Cloud) && !cloud.leaves(Family::Commerce));
        assert!(matches!(cloud.data(), DataEffect::Kept));
        let home = Direction::new(Target::MageOs, Target::Magento);
        assert!(matches!(home.data(), DataEffect::LeftBehind(_)));
    }

    #[test]
    fn the_upstream_name_is_known_where_a_rebuild_stays() {
        let stays = Direction::new(Target::MageOs, Target::MageOs);
        let live = LiveFacts::default();
        let name = "magento/module-catalog";
        assert_eq!(stays.renamed(name, Some("3.4.0"), &live), None);
        assert_eq!(
            stays
                .renamed_from_any(name, Some("3.4.0"), &live)
                .as_deref(),
            Some("mage-os/module-catalog")
        );
    }
}
