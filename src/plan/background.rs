//! What is known around a plan: how long its releases get fixes, which extensions the store has, and what it runs on. Nothing
//! is decided by it; it is for who judges or reports.

pub use crate::project::services::Role;
use serde::{Deserialize, Serialize};

/// What is known around a plan. Of a plan that an older version saved, nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Background {
    /// Of the release that the store is at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_support: Option<Support>,
    /// Of the release that the plan leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_support: Option<Support>,
    /// The extensions in the old lock or in the new one, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extensions: Vec<Extension>,
    /// How many packages keep their version.
    #[serde(default)]
    pub kept: Kept,
    /// What the target's release runs on, and what the store's configuration names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// The hosts of the shop's services that app/etc/env.php names and findings may repeat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
}

impl Background {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether the packages of a store were counted.
    pub fn knows_packages(&self) -> bool {
        !self.extensions.is_empty() || self.kept != Kept::default()
    }
}

/// How long a release gets fixes. Days are `YYYY-MM-DD`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Support {
    /// The day it was published; none when it is not known.
    pub released: Option<String>,
    /// The day on which regular support ended or ends; none when it is not known or not set.
    pub regular: Option<String>,
    /// The day on which paid support ends, where there is such.
    pub extended: Option<String>,
    /// Whether support lasts until the next release, whenever that comes.
    pub until_next: bool,
}

/// A Magento package that no distribution builds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The package's name after the plan, or before it when it goes.
    pub name: String,
    /// The version in the new lock, or in the old one when it goes or when there is no new one.
    pub version: String,
    /// As its authors state them; empty when they do not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licences: Vec<String>,
    /// The host that it is downloaded from; none when the lock does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Whether that host asks for keys.
    #[serde(default)]
    pub needs_keys: bool,
}

/// How many packages keep their version and their name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Packages that a distribution builds.
    pub core: usize,
    /// Other packages of a type that Magento installs, and metapackages.
    pub extensions: usize,
    /// All other packages.
    pub libraries: usize,
}

/// A kind of service: what the release is made for, and what there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Which kind of service; each is listed once at most.
    pub role: Role,
    /// `MariaDB 11.4`; empty when nothing is known of the release.
    pub wanted: Vec<String>,
    /// What the store's configuration names; empty when it names no version.
    pub found: Vec<Found>,
}

/// A version that a file of the store names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// `MariaDB 10.6`.
    pub name: String,
    /// Relative to the store.
    pub file: String,
    /// How that version stands to the target's release.
    pub fit: Fit,
}

/// How a version stands to what a release is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// As the release names it, or of the same series and newer.
    Fits,
    /// Of a series that fits, but older than what the release was tried with; or spoken to like what fits.
    Close,
    /// None of what the release is made for.
    Unsupported,
    /// Nothing is known of the release.
    Unknown,
}
