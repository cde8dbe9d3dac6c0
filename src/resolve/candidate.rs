//! What the solver chooses from: a version of a package, or an alias of one.

use crate::composer::constraint::Constraint;
use crate::composer::package::{Link, Package};
use crate::composer::stability::Stability;
use crate::composer::version::Version;
use std::sync::Arc;

/// Index of a candidate in its [`Candidates`].
pub type CandidateId = usize;

/// The pretty version of the alias that Composer gives a default branch without one of its own.
pub const DEFAULT_BRANCH_ALIAS: &str = "9999999-dev";

/// Where a candidate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    Root,
    Platform,
    /// The old lock.
    Locked,
    /// The repository of that index, in order of priority.
    Repository(usize),
    /// The result of a first solve, solved over once more to split off what only `require-dev` needs.
    Result,
}

/// A version of a package that may be chosen, or an alias of one.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// An alias has a package of its own: its version, and with it its `self.version` links, differ.
    pub package: Arc<Package>,
    pub stability: Stability,
    pub origin: Origin,
    /// The candidate this is an alias of.
    pub alias_of: Option<CandidateId>,
    /// An inline alias of the root (`dev-main as 1.0`), not a branch alias.
    pub root_alias: bool,
    /// An alias some of whose requirements are `self.version`, so that its own requirements count.
    pub own_requirements: bool,
    /// The commit that the root demands (`dev-main#abc123`), in place of the package's own.
    pub reference: Option<Arc<str>>,
}

impl Candidate {
    pub fn is_alias(&self) -> bool {
        self.alias_of.is_some()
    }

    pub fn name(&self) -> &Arc<str> {
        &self.package.name
    }

    pub fn version(&self) -> &Version {
        &self.package.version
    }

    /// The package's name and the names it replaces and, if asked for, provides; each once (`BasePackage::getNames`).
    pub fn names(&self, with_provided: bool) -> Vec<&Arc<str>> {
        let package = &*self.package;
        let provided = if with_provided {
            package.provides.as_slice()
        } else {
            &[]
        };
        let mut names = Vec::with_capacity(1 + provided.len() + package.replaces.len());
        names.push(&package.name);
        for link in provided.iter().chain(&package.replaces) {
            if !names.contains(&&link.target) {
                names.push(&link.target);
            }
        }
        names
    }

    /// `acme/shop 1.2.0`, as Composer's messages name a package.
    pub fn pretty_string(&self) -> String {
        format!(
            "{} {}",
            self.package.pretty_name, self.package.pretty_version
        )
    }
}

/// Every candidate of one resolution. Ids stay valid for its whole life.
#[derive(Debug, Default)]
pub struct Candidates(Vec<Candidate>);

impl Candidates {
    /// Adds a package as it is, without the alias it may have.
    pub fn add(&mut self, package: Arc<Package>, origin: Origin) -> CandidateId {
        self.0.push(Candidate {
            stability: package.version.stability(),
            package,
            origin,
            alias_of: None,
            root_alias: false,
            own_requirements: false,
            reference: None,
        });
        self.0.len() - 1
    }

    /// Adds a package and, if it has one, its branch alias. The alias comes first, as in every Composer repository.
    pub fn add_with_alias(&mut self, package: Arc<Package>, origin: Origin) -> Vec<CandidateId> {
        let alias = package.branch_alias.clone();
        let base = self.add(package, origin);
        match alias {
            Some(alias) => vec![
                self.add_alias(base, &alias.version, &alias.pretty_version, false),
                base,
            ],
            None => vec![base],
        }
    }

    /// Adds an alias of a candidate. `self.version` in `require` becomes the alias's version; in `conflict`, `provide` and
    /// `replace` the link to the alias's version is added to the original one (`AliasPackage::replaceSelfVersionDependencies`).
    pub fn add_alias(
        &mut self,
        base: CandidateId,
        version: &Version,
        pretty_version: &Arc<str>,
        root_alias: bool,
    ) -> CandidateId {
        let original = &self[base];
        let mut package = (*original.package).clone();
        let shown = match &**pretty_version {
            DEFAULT_BRANCH_ALIAS => package.pretty_version.clone(),
            _ => pretty_version.clone(),
        };
        let own_requirements = package.requires.iter().any(is_self_version);
        let rewritten = |link: &Link| Link {
            target: link.target.clone(),
            constraint: Arc::new(Constraint::exactly(version.clone())),
            pretty_constraint: shown.clone(),
        };
        for link in package
            .requires
            .iter_mut()
            .filter(|link| is_self_version(link))
        {
            *link = rewritten(link);
        }
        for links in [
            &mut package.conflicts,
            &mut package.provides,
            &mut package.replaces,
        ] {
            let added: Vec<Link> = links
                .iter()
                .filter(|link| is_self_version(link))
                .map(rewritten)
                .collect();
            links.extend(added);
        }
        package.version = version.clone();
        package.pretty_version = pretty_version.clone();
        let alias = Candidate {
            stability: version.stability(),
            package: Arc::new(package),
            origin: original.origin,
            alias_of: Some(base),
            root_alias,
            own_requirements,
            reference: original.reference.clone(),
        };
        self.0.push(alias);
        self.0.len() - 1
    }

    /// Demands a commit of a candidate (`Package::setSourceDistReferences`). An alias passes it on to what it aliases.
    pub fn set_reference(&mut self, id: CandidateId, reference: &Arc<str>) {
        let base = self[id].alias_of.unwrap_or(id);
        self.0[base].reference = Some(reference.clone());
    }

    /// How many candidates there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl std::ops::Index<CandidateId> for Candidates {
    type Output = Candidate;

    fn index(&self, id: CandidateId) -> &Candidate {
        &self.0[id]
    }
}

fn is_self_version(link: &Link) -> bool {
    &*link.pretty_constraint == "self.version"
}
