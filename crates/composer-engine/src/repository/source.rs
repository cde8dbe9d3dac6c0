//! What the resolver asks of repositories, whatever they are.

use super::error::RepositoryError;
use super::metadata::notices::{Advisory, ListEntry};
use super::metadata::versions::Loaded;
use crate::format::lock::entry::{self, Additions};
use crate::format::package::Package;
use crate::format::package::loader::LoadError;
use crate::format::package::name_pattern::NamePattern;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// Whether versions of a name that only its `~dev` document has may be wanted. As in Composer that document is not even
/// looked at unless the name may be installed from a branch.
pub type WantsDev = dyn Fn(&str) -> bool + Send + Sync;

/// How Composer selects from a repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepositoryKind {
    /// By name, only names that are needed: a Composer repository with `metadata-url` or one of its forerunners.
    Lazy,
    /// From all packages at once: inline packages, `path`, the lock, old servers that inline everything.
    Array,
}

/// One repository, as composer.json defines it.
#[derive(Debug, Clone)]
pub struct RepositoryInfo {
    /// The name it has in composer.json, if any.
    pub name: Option<String>,
    /// Its address, or the folder of a `path` or `artifact` repository, fit to be shown: without credentials. Empty for inline packages.
    pub url: String,
    /// What kind of repository it is.
    pub kind: RepositoryKind,
    /// Whether a package found here is not looked for in repositories of lower priority.
    pub canonical: bool,
    /// `only`: when given, nothing but these names is taken from here.
    pub only: Option<Vec<NamePattern>>,
    /// `exclude`: names that are not taken from here.
    pub exclude: Vec<NamePattern>,
    /// `composer`, `package`, `path`, `vcs` …
    pub type_: String,
    /// How many packages an inline repository defines.
    pub(super) packages: usize,
    /// How a repository of code is read, in Composer's words; empty for others.
    pub(super) driver: &'static str,
}

impl RepositoryInfo {
    /// Whether `name` may be taken from here (`FilterRepository::isAllowed`).
    pub fn allows(&self, name: &str) -> bool {
        match &self.only {
            Some(only) => only.iter().any(|pattern| pattern.matches(name)),
            None => !self.exclude.iter().any(|pattern| pattern.matches(name)),
        }
    }

    /// What Composer calls the repository in its messages (`getRepoName`).
    pub fn display(&self) -> impl fmt::Display {
        let RepositoryInfo { url, type_, .. } = self;
        match type_.as_str() {
            "composer" | "path" | "artifact" => format!("{type_} repo ({url})"),
            "package" => {
                let plural = if self.packages > 1 { "s" } else { "" };
                format!("package repo (defining {} package{plural})", self.packages)
            }
            "vcs" if self.driver.is_empty() => format!("vcs repo ({url})"),
            "vcs" => format!("vcs repo ({} {url})", self.driver),
            driver => format!("vcs repo ({driver} {url})"),
        }
    }
}

/// Where the resolver gets its packages from.
pub trait PackageSource: Sync {
    /// All repositories, highest priority first, packagist.org last unless it is switched off or moved.
    fn repositories(&self) -> &[RepositoryInfo];

    /// Looks up names, given in lower case, in one repository: one answer for each, in the same order. Blocks until all are
    /// there. `only` and `exclude` are the caller's business.
    fn load(&self, repository: usize, names: &[Arc<str>]) -> Vec<Loaded>;

    /// Likewise, with the versions of names that only their `~dev` documents have, wanted or not.
    fn load_with_branches(&self, repository: usize, names: &[Arc<str>]) -> Vec<Loaded> {
        self.load(repository, names)
    }

    /// All packages of a repository of the [`Array`](RepositoryKind::Array) kind, in its order. Any other has none to give.
    fn all(&self, repository: usize) -> Result<Vec<Arc<Package>>, Arc<RepositoryError>>;

    /// Says that these names will be asked for soon. Returns at once.
    fn prefetch(&self, names: &[Arc<str>]);

    /// Whether a repository publishes security advisories.
    fn has_advisories(&self, _repository: usize) -> bool {
        false
    }

    /// The security advisories that a repository publishes about some names, given in lower case; those that concern no
    /// version of interest, too. `complete` asks for advisories with their details, as far as they can be had. A repository
    /// in a folder and one without network say what is at hand.
    fn advisories(
        &self,
        _repository: usize,
        _names: &[Arc<str>],
        _complete: bool,
    ) -> Result<Vec<Advisory>, Arc<RepositoryError>> {
        Ok(Vec::new())
    }

    /// The filter lists that a repository keeps, such as `malware`.
    fn filter_lists(&self, _repository: usize) -> Vec<Arc<str>> {
        Vec::new()
    }

    /// What the filter lists of a repository hold about some names, given in lower case.
    fn list_entries(
        &self,
        _repository: usize,
        _names: &[Arc<str>],
    ) -> Result<Vec<ListEntry>, Arc<RepositoryError>> {
        Ok(Vec::new())
    }

    /// What the repository adds to a package's metadata before it reaches a lock.
    fn additions(&self, repository: usize) -> &Additions;

    /// The lock's entry for a version that the repository gave. Fails for one that would make the lock refused when it is read.
    fn entry(&self, repository: usize, package: &Arc<Package>) -> Result<Value, LoadError> {
        let info = self.repositories().get(repository);
        let is_composer = info.is_some_and(|info| info.type_ == "composer");
        entry::readable(package, is_composer.then(|| self.additions(repository)))
    }
}
