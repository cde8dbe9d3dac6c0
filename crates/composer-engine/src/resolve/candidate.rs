//! What the solver chooses from: a version of a package, or an alias of one.

use crate::format::constraint::Constraint;
use crate::format::package::{Link, Package};
use crate::format::stability::Stability;
use crate::format::version::Version;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Index of a package name in its [`Candidates`].
pub type NameId = u32;

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
    ids: NameIds,
}

/// The names that a candidate speaks of, as indices: its own, then the targets of its links, section by section.
#[derive(Debug, Clone)]
struct NameIds {
    all: Box<[NameId]>,
    /// Where conflicts, provided and replaced names begin.
    starts: [u32; 3],
}

impl Candidate {
    /// The index of its own name.
    pub fn name_id(&self) -> NameId {
        self.ids.all[0]
    }

    fn section(&self, from: u32, to: u32) -> &[NameId] {
        self.ids
            .all
            .get(from as usize..to as usize)
            .unwrap_or_default()
    }

    /// Its requirements, with the indices of their names.
    pub fn requires(&self) -> impl Iterator<Item = (NameId, &Link)> {
        let ids = self.section(1, self.ids.starts[0]);
        ids.iter().copied().zip(&self.package.requires)
    }

    /// Its conflicts, with the indices of their names.
    pub fn conflicts(&self) -> impl Iterator<Item = (NameId, &Link)> {
        let [conflicts, provides, _] = self.ids.starts;
        let ids = self.section(conflicts, provides);
        ids.iter().copied().zip(&self.package.conflicts)
    }

    /// What it provides, with the indices of the names.
    pub fn provides(&self) -> impl Iterator<Item = (NameId, &Link)> {
        self.provided_ids()
            .iter()
            .copied()
            .zip(&self.package.provides)
    }

    /// What it replaces, with the indices of the names.
    pub fn replaces(&self) -> impl Iterator<Item = (NameId, &Link)> {
        self.replaced_ids()
            .iter()
            .copied()
            .zip(&self.package.replaces)
    }

    fn provided_ids(&self) -> &[NameId] {
        let [_, provides, replaces] = self.ids.starts;
        self.section(provides, replaces)
    }

    fn replaced_ids(&self) -> &[NameId] {
        self.section(self.ids.starts[2], self.ids.all.len() as u32)
    }

    /// The indices of its name and the names it replaces and, if asked for, provides; each once.
    pub fn name_ids(&self, with_provided: bool) -> impl Iterator<Item = NameId> {
        let provided = if with_provided {
            self.provided_ids()
        } else {
            &[]
        };
        let replaced = self.replaced_ids();
        let own = self.name_id();
        let first = move |list: &[NameId], place: usize| {
            list[place] != own && !list[..place].contains(&list[place])
        };
        let provided_once = (0..provided.len()).filter(move |&place| first(provided, place));
        let replaced_once = (0..replaced.len())
            .filter(move |&place| first(replaced, place) && !provided.contains(&replaced[place]));
        std::iter::once(self.name_id())
            .chain(provided_once.map(|place| provided[place]))
            .chain(replaced_once.map(|place| replaced[place]))
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

/// Package names and their indices.
#[derive(Debug, Default)]
struct Names {
    texts: Vec<Arc<str>>,
    by_text: FxHashMap<Arc<str>, NameId>,
    /// By where a text is in memory: most links to a package share theirs, and then need not be hashed.
    by_address: FxHashMap<usize, NameId>,
    /// Keeps the addresses in use.
    held: Vec<Arc<str>>,
}

impl Names {
    fn id(&mut self, name: &Arc<str>) -> NameId {
        let address = name.as_ptr() as usize;
        if let Some(&id) = self.by_address.get(&address) {
            return id;
        }
        let id = match self.by_text.get(name) {
            Some(&id) => id,
            None => {
                let id = self.texts.len() as NameId;
                self.texts.push(name.clone());
                self.by_text.insert(name.clone(), id);
                id
            }
        };
        self.by_address.insert(address, id);
        self.held.push(name.clone());
        id
    }

    fn of_package(&mut self, package: &Package) -> NameIds {
        let sections = [
            &package.requires,
            &package.conflicts,
            &package.provides,
            &package.replaces,
        ];
        let links = sections.iter().map(|section| section.len()).sum::<usize>();
        let mut all = Vec::with_capacity(1 + links);
        all.push(self.id(&package.name));
        let mut ends = [0; 4];
        for (section, end) in sections.into_iter().zip(&mut ends) {
            all.extend(section.iter().map(|link| self.id(&link.target)));
            *end = all.len() as u32;
        }
        let [requires, conflicts, provides, _] = ends;
        NameIds {
            all: all.into(),
            starts: [requires, conflicts, provides],
        }
    }
}

/// Every candidate of one resolution. Ids stay valid for its whole life.
#[derive(Debug, Default)]
pub struct Candidates {
    list: Vec<Candidate>,
    names: Names,
}

impl Candidates {
    /// How many names there are: their indices are below that.
    pub fn names(&self) -> usize {
        self.names.texts.len()
    }

    /// The name with an index.
    pub fn name(&self, id: NameId) -> &Arc<str> {
        &self.names.texts[id as usize]
    }

    /// The index of a name; none when no candidate speaks of it.
    pub fn name_id(&self, name: &str) -> Option<NameId> {
        self.names.by_text.get(name).copied()
    }

    /// Adds a package as it is, without the alias it may have.
    pub fn add(&mut self, package: Arc<Package>, origin: Origin) -> CandidateId {
        self.list.push(Candidate {
            ids: self.names.of_package(&package),
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
        let (origin, reference) = (original.origin, original.reference.clone());
        let alias = Candidate {
            ids: self.names.of_package(&package),
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
