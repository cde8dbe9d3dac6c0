//! What the solver chooses from: a version of a package, or an alias of one.

use super::names::Names;
use crate::format::constraint::Constraint;
use crate::format::package::Package;
use crate::format::package::links::Link;
use crate::format::version::Version;
use crate::format::version::stability::Stability;
use std::cell::RefCell;
use std::sync::Arc;

pub use super::names::NameId;
pub(super) use super::names::{IdSet, Relations, Section, SectionId};

/// Index of a candidate in its [`Candidates`].
pub type CandidateId = usize;

/// The pretty version of the alias that Composer gives a default branch without one of its own.
pub const DEFAULT_BRANCH_ALIAS: &str = "9999999-dev";

/// Where a candidate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The root itself.
    Root,
    /// The platform: PHP, its extensions, libraries.
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
    /// Its stability, by its version.
    pub stability: Stability,
    /// Where it comes from.
    pub origin: Origin,
    /// The candidate this is an alias of.
    pub alias_of: Option<CandidateId>,
    /// An inline alias of the root (`dev-main as 1.0`), not a branch alias.
    pub root_alias: bool,
    /// An alias some of whose requirements are `self.version`, so that its own requirements count.
    pub own_requirements: bool,
    /// The commit that the root demands (`dev-main#abc123`), in place of the package's own.
    pub reference: Option<Arc<str>>,
    /// The version as a number (see [`Version::place`]).
    place: Option<u128>,
    relations: Arc<Relations>,
}

impl Candidate {
    /// The index of its own name.
    pub fn name_id(&self) -> NameId {
        self.relations.name
    }

    /// What it says of other packages.
    pub(super) fn relations(&self) -> &Relations {
        &self.relations
    }

    /// Its requirements, conflicts, provided and replaced names.
    pub(super) fn sections(&self) -> &[Arc<Section>; 4] {
        &self.relations.sections
    }

    /// Its requirements, with the indices of their names.
    pub fn requires(&self) -> impl Iterator<Item = (NameId, &Link)> {
        let names = self.sections()[0].names.iter().copied();
        names.zip(&self.package.requires)
    }

    /// Its conflicts, with the indices of their names.
    pub fn conflicts(&self) -> impl Iterator<Item = (NameId, &Link)> {
        let names = self.sections()[1].names.iter().copied();
        names.zip(&self.package.conflicts)
    }

    /// What it provides, with the indices of the names.
    pub fn provides(&self) -> impl Iterator<Item = (NameId, &Link)> {
        let names = self.sections()[2].names.iter().copied();
        names.zip(&self.package.provides)
    }

    /// What it replaces, with the indices of the names.
    pub fn replaces(&self) -> impl Iterator<Item = (NameId, &Link)> {
        let names = self.sections()[3].names.iter().copied();
        names.zip(&self.package.replaces)
    }

    /// The indices of its name and the names it replaces and, if asked for, provides; each once.
    pub fn name_ids(&self, with_provided: bool) -> &[NameId] {
        match &self.relations.names_with_provided {
            Some(names) if with_provided => names,
            _ => &self.relations.names,
        }
    }

    /// The version as a number, where it has one.
    pub(super) fn place(&self) -> Option<u128> {
        self.place
    }

    /// Whether it stands for another candidate under a second version.
    pub fn is_alias(&self) -> bool {
        self.alias_of.is_some()
    }

    /// The name of the package.
    pub fn name(&self) -> &Arc<str> {
        &self.package.name
    }

    /// The version, normalised.
    pub fn version(&self) -> &Version {
        &self.package.version
    }

    /// The package's name and the names it replaces and, if asked for, provides; each once (`BasePackage::getNames`).
    pub fn names(&self, with_provided: bool) -> Vec<&Arc<str>> {
        let package = &*self.package;
        let provided = if with_provided {
            &*package.provides
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

thread_local! {
    /// Room for the candidates of the next resolution, empty: it needs about as much as the last one.
    static ROOM: RefCell<Vec<Candidate>> = const { RefCell::new(Vec::new()) };
}

/// Every candidate of one resolution. Ids stay valid for its whole life.
#[derive(Debug)]
pub struct Candidates {
    list: Vec<Candidate>,
    names: Names,
}

impl Default for Candidates {
    fn default() -> Self {
        Candidates {
            list: ROOM.take(),
            names: Names::take(),
        }
    }
}

impl Drop for Candidates {
    fn drop(&mut self) {
        std::mem::take(&mut self.names).keep();
        self.list.clear();
        // Not there any more while a thread ends.
        let _ = ROOM.try_with(|room| room.replace(std::mem::take(&mut self.list)));
    }
}

impl Candidates {
    /// What the indices of names, sections and relations belong to: in candidates with the same vocabulary they mean the same.
    pub(super) fn vocabulary(&self) -> u64 {
        self.names.vocabulary()
    }

    /// How many names there are: their indices are below that.
    pub fn names(&self) -> usize {
        self.names.len()
    }

    /// The name with an index.
    pub fn name(&self, id: NameId) -> &Arc<str> {
        self.names.text(id)
    }

    /// The index of a name; none when no candidate speaks of it, neither here nor in a resolution before.
    pub fn name_id(&self, name: &str) -> Option<NameId> {
        self.names.known(name)
    }

    /// Adds a package as it is, without the alias it may have.
    pub fn add(&mut self, package: Arc<Package>, origin: Origin) -> CandidateId {
        let relations = self.names.of(&package);
        self.list.push(Candidate {
            relations,
            place: package.version.place(),
            stability: package.version.stability(),
            package,
            origin,
            alias_of: None,
            root_alias: false,
            own_requirements: false,
            reference: None,
        });
        self.list.len() - 1
    }

    /// Adds a package and, if it has one, its branch alias. The alias comes first, as in every Composer repository.
    pub fn add_with_alias(
        &mut self,
        package: Arc<Package>,
        origin: Origin,
    ) -> impl Iterator<Item = CandidateId> + use<> {
        let alias = package.branch_alias.clone();
        let base = self.add(package, origin);
        let alias =
            alias.map(|alias| self.add_alias(base, &alias.version, &alias.pretty_version, false));
        alias.into_iter().chain([base])
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
        if own_requirements {
            let requires = package.requires.iter();
            package.requires = requires
                .map(|link| match is_self_version(link) {
                    true => rewritten(link),
                    false => link.clone(),
                })
                .collect();
        }
        for links in [
            &mut package.conflicts,
            &mut package.provides,
            &mut package.replaces,
        ] {
            if links.iter().any(is_self_version) {
                let added = links.iter().filter(|link| is_self_version(link));
                *links = links.iter().cloned().chain(added.map(rewritten)).collect();
            }
        }
        package.version = version.clone();
        package.pretty_version = pretty_version.clone();
        let (origin, reference) = (original.origin, original.reference.clone());
        let relations = self.names.of(&package);
        let alias = Candidate {
            relations,
            place: version.place(),
            stability: version.stability(),
            package: Arc::new(package),
            origin,
            alias_of: Some(base),
            root_alias,
            own_requirements,
            reference,
        };
        self.list.push(alias);
        self.list.len() - 1
    }

    /// Demands a commit of a candidate (`Package::setSourceDistReferences`). An alias passes it on to what it aliases.
    pub fn set_reference(&mut self, id: CandidateId, reference: &Arc<str>) {
        let base = self[id].alias_of.unwrap_or(id);
        self.list[base].reference = Some(reference.clone());
    }

    /// How many candidates there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl std::ops::Index<CandidateId> for Candidates {
    type Output = Candidate;

    fn index(&self, id: CandidateId) -> &Candidate {
        &self.list[id]
    }
}

fn is_self_version(link: &Link) -> bool {
    &*link.pretty_constraint == "self.version"
}
