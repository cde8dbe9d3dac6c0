//! One version of one package, as far as resolving needs it, with the metadata it came from.

pub mod links;
pub mod loader;
pub(crate) mod name_pattern;
pub mod platform;

use super::json::php_json;
use super::version::Version;
use links::Links;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// A version that a branch is also known by: `extra.branch-alias`, or `9999999-dev` for a default branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchAlias {
    /// Normalised, for example `1.9999999.9999999.9999999-dev`.
    pub version: Version,
    /// As shown and locked, for example `1.x-dev`.
    pub pretty_version: Arc<str>,
}

/// One version of one package, loaded as Composer's `ArrayLoader` does. The order of links is that of the metadata:
/// the resolver's answer depends on it.
#[derive(Debug, Clone)]
pub struct Package {
    /// Lower-cased name.
    pub name: Arc<str>,
    /// The name as its author writes it.
    pub pretty_name: Arc<str>,
    /// The version, normalised.
    pub version: Version,
    /// The version as it is written.
    pub pretty_version: Arc<str>,
    /// `type`, lower-cased; `library` when absent.
    pub kind: Arc<str>,
    /// `require`, in its order.
    pub requires: Links,
    /// `conflict`.
    pub conflicts: Links,
    /// `provide`.
    pub provides: Links,
    /// `replace`.
    pub replaces: Links,
    /// `default-branch`: the repository's main branch, aliased to `9999999-dev` when it has no other alias.
    pub default_branch: bool,
    /// The alias that Composer's loader gives this version, if any (`ArrayLoader::getBranchAlias`).
    pub branch_alias: Option<BranchAlias>,
    /// Where the full metadata is, for the lock.
    pub metadata: Metadata,
}

impl Package {
    /// The commit, where the package is had from version control.
    pub fn source_reference(&self) -> Option<Arc<str>> {
        self.metadata.reference("source")
    }

    /// The commit that an archive was made of, where it says so.
    pub fn dist_reference(&self) -> Option<Arc<str>> {
        self.metadata.reference("dist")
    }

    /// About how many bytes it takes beside what it shares with others.
    pub(crate) fn weight(&self) -> usize {
        let links = [
            &self.requires,
            &self.conflicts,
            &self.provides,
            &self.replaces,
        ];
        let links = links.iter().map(|links| links.weight());
        size_of::<Package>() + links.sum::<usize>()
    }
}

/// The full metadata of one version. Decoded only for the few versions that reach a lock.
#[derive(Debug, Clone)]
pub enum Metadata {
    /// Already decoded (an inline repository, a lock, a `path` package).
    Value(Arc<Value>),
    /// One of the versions in a repository document.
    Document {
        /// The document that the entry is in.
        document: Arc<dyn DocumentFields>,
        /// Its place in the document.
        index: usize,
    },
}

/// A repository document, as far as the metadata of its versions is concerned. Its text has been checked when it was read,
/// so every field decodes.
pub trait DocumentFields: fmt::Debug + Send + Sync {
    /// One field of the version at `index`, decoded; none when it is absent.
    fn field(&self, index: usize, key: &str) -> Option<Value>;

    /// `reference` of a `source` or `dist` of the version at `index`, a number as PHP makes it a string; none when it is absent.
    fn reference(&self, index: usize, section: &str) -> Option<Arc<str>> {
        php_json::scalar(self.field(index, section)?.get("reference")?).map(Arc::from)
    }

    /// All fields of the version at `index`, decoded.
    fn to_value(&self, index: usize) -> Value;
}

impl Metadata {
    /// One field, decoded; none when it is absent.
    pub fn get(&self, key: &str) -> Option<Value> {
        match self {
            Metadata::Value(value) => value.get(key).cloned(),
            Metadata::Document { document, index } => document.field(*index, key),
        }
    }

    /// `reference` of a `source` or `dist`. Asked of the few versions that reach a lock or are compared with one.
    fn reference(&self, section: &str) -> Option<Arc<str>> {
        match self {
            Metadata::Value(value) => {
                php_json::scalar(value.get(section)?.get("reference")?).map(Arc::from)
            }
            Metadata::Document { document, index } => document.reference(*index, section),
        }
    }

    /// The metadata as one JSON object.
    pub fn to_value(&self) -> Value {
        match self {
            Metadata::Value(value) => (**value).clone(),
            Metadata::Document { document, index } => document.to_value(*index),
        }
    }
}
