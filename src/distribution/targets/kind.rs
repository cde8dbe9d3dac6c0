//! Which distributions, editions and targets there are.

use serde::Deserialize;
use std::fmt;

/// Who builds the core. A variant is one line here and in [`Distribution::ALL`]; all that is known of it stands in
/// `targets.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Distribution {
    /// Mage-OS, which builds Magento Open Source anew under names and numbers of its own.
    MageOs,
    /// Magento Open Source, whose names and numbers the others go by.
    Magento,
    /// Adobe Commerce, which adds to Magento Open Source and is licensed.
    Commerce,
}

impl Distribution {
    /// Every distribution, in the order in which they are listed.
    pub const ALL: [Self; 3] = [Self::MageOs, Self::Magento, Self::Commerce];

    /// What a new project is made of unless somebody says otherwise.
    pub const RECOMMENDED: Self = Self::MageOs;

    /// The distribution by whose package names extensions know the core.
    pub const UPSTREAM: Self = Self::Magento;
}

/// Which product of a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Edition {
    /// All that a distribution gives to everybody.
    Community,
    /// The core with few of its modules, to which what is wanted is added.
    Minimal,
    /// With the modules that only who has a licence gets.
    Enterprise,
    /// Enterprise, as Adobe hosts it.
    Cloud,
}

impl Edition {
    /// The word in JSON.
    pub fn id(self) -> &'static str {
        match self {
            Self::Community => "community",
            Self::Minimal => "minimal",
            Self::Enterprise => "enterprise",
            Self::Cloud => "cloud",
        }
    }
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// A product a store can be, or be switched to: a distribution in one of its editions. A variant is called as its word on
/// the command line; all that is known of it stands in `targets.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// Mage-OS with everything.
    MageOs,
    /// The minimal edition of Mage-OS.
    MageOsMinimal,
    /// Magento Open Source.
    Magento,
    /// Adobe Commerce, hosted by its owner.
    Commerce,
    /// Adobe Commerce on Cloud.
    CommerceCloud,
}

impl Target {
    /// Every target, in the order in which they are listed.
    pub const ALL: [Self; 5] = [
        Self::MageOs,
        Self::MageOsMinimal,
        Self::Magento,
        Self::Commerce,
        Self::CommerceCloud,
    ];
}
