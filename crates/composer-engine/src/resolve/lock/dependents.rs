//! Who in a lock depends on a package, and who would forbid another version of it.

use crate::format::constraint::Constraint;
use crate::format::package::Package;
use crate::format::package::links::Link;
use crate::format::package::platform::is_platform_package;
use crate::format::root::RootPackage;
use crate::resolve::update::LockedPackages;
use rustc_hash::FxHashMap;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::Arc;

/// How one package speaks of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// `require`.
    Requires,
    /// `require-dev` of the root.
    RequiresForDevelopment,
    /// `conflict`.
    ConflictsWith,
    /// `replace`.
    Replaces,
    /// `provide`.
    Provides,
    /// What is asked about requires this in a version that is not locked.
    IsRequiredBy,
}

impl Relation {
    /// The words for it in a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Relation::Requires => "requires",
            Relation::RequiresForDevelopment => "requires (for development)",
            Relation::ConflictsWith => "conflicts with",
            Relation::Replaces => "replaces",
            Relation::Provides => "provides",
            Relation::IsRequiredBy => "is required by",
        }
    }
}

/// One package, or composer.json, that has something to say about another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependent {
    /// The package; none for composer.json.
    pub package: Option<String>,
    /// Its version, as written.
    pub version: Option<String>,
    /// How the one depends on the other.
    pub relation: Relation,
    /// The name it uses: a Mage-OS package is mostly required under its Magento name.
    pub target: String,
    /// The constraint, as it is written.
    pub constraint: String,
}

/// Why a package is in a lock, or what stands there in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The package that is asked about.
    pub package: String,
    /// The locked version; none when the package is not there itself and others replace it.
    pub version: Option<String>,
    /// Those that replace it, when it is not there itself, before those that require it.
    pub dependents: Vec<Dependent>,
    /// The shortest way from composer.json to the package, both left out when composer.json requires it itself.
    pub chain: Vec<String>,
}

/// A root with its lock.
pub struct Locked<'a> {
    /// The root.
    pub root: &'a RootPackage,
    /// What is locked.
    pub packages: &'a LockedPackages,
}

impl<'a> Locked<'a> {
    /// Finds out why a package is locked, or who keeps it out by replacing or providing it; of a part of the platform, who
    /// needs it. None when nothing in the lock or in composer.json stands for the name.
    pub fn why(&self, name: &str) -> Option<Why> {
        let Some(package) = self.find(name) else {
            return self.why_replaced(name).or_else(|| self.why_platform(name));
        };
        let names = names(package);
        let asks = |link: &Link| names.contains(&&link.target);
        let mut dependents = self.root_links(asks);
        dependents.extend(self.requirers(asks));
        Some(Why {
            package: package.pretty_name.to_string(),
            version: Some(package.pretty_version.to_string()),
            dependents,
            chain: self.chain(package),
        })
    }

    fn why_replaced(&self, name: &str) -> Option<Why> {
        let asks = |link: &Link| *link.target == *name;
        let roots = [
            (&*self.root.package.replaces, Relation::Replaces),
            (&*self.root.package.provides, Relation::Provides),
        ];
        let mut dependents = root_dependents(roots, asks);
        let mut first = None;
        for other in self.packages.all() {
            for (links, relation) in [
                (&other.replaces, Relation::Replaces),
                (&other.provides, Relation::Provides),
            ] {
                for link in links.iter().filter(|link| asks(link)) {
                    first.get_or_insert(other);
                    dependents.push(dependent(other, relation, link));
                }
            }
        }
        if dependents.is_empty() {
            return None;
        }
        let chain = first.map_or_else(Vec::new, |package| {
            let mut chain = self.chain(package);
            chain.push(format!(
                "{} {}",
                package.pretty_name, package.pretty_version
            ));
            chain
        });
        dependents.extend(self.root_links(asks));
        dependents.extend(self.requirers(asks));
        Some(Why {
            package: name.to_owned(),
            version: None,
            dependents,
            chain,
        })
    }

    /// Who needs a part of the platform, which no lock holds.
    fn why_platform(&self, name: &str) -> Option<Why> {
        let asks = |link: &Link| *link.target == *name;
        let mut dependents = self.root_links(asks);
        dependents.extend(self.requirers(asks));
        is_platform_package(name).then(|| Why {
            package: name.to_owned(),
            version: None,
            dependents,
            chain: Vec::new(),
        })
    }

    /// The locked packages that require what is asked for.
    fn requirers(&self, asks: impl Fn(&Link) -> bool) -> Vec<Dependent> {
        let links = self.packages.all().flat_map(|other| {
            let links = other.requires.iter();
            links.map(move |link| (other, link))
        });
        links
            .filter(|(_, link)| asks(link))
            .map(|(other, link)| dependent(other, Relation::Requires, link))
            .collect()
    }

    /// Finds everything that stands against a version of a package. `package` is that version, when a repository has it:
    /// then its own requirements count, too.
    pub fn why_not(
        &self,
        name: &str,
        wanted: &Constraint,
        package: Option<&Package>,
    ) -> Vec<Dependent> {
        let own_name: Arc<str> = name.into();
        let forbids = |link: &Link| {
            *link.target == *own_name
                && match package {
                    Some(package) => !link.constraint.matches_version(&package.version),
                    None => !crate::format::constraint::intervals::have_intersections(
                        &link.constraint,
                        wanted,
                    ),
                }
        };
        let mut dependents = self.root_links(forbids);
        for other in self.packages.all().filter(|other| *other.name != *name) {
            let requires = other.requires.iter().filter(|link| forbids(link));
            dependents.extend(requires.map(|link| dependent(other, Relation::Requires, link)));
            let conflicts = other.conflicts.iter().filter(|link| {
                *link.target == *own_name
                    && package
                        .is_some_and(|package| link.constraint.matches_version(&package.version))
            });
            dependents
                .extend(conflicts.map(|link| dependent(other, Relation::ConflictsWith, link)));
            let replaces = other
                .replaces
                .iter()
                .filter(|link| *link.target == *own_name);
            dependents.extend(replaces.map(|link| dependent(other, Relation::Replaces, link)));
        }
        let unmet = package
            .into_iter()
            .flat_map(|package| &package.requires)
            .filter(|link| {
                !is_platform_package(&link.target) && *link.target != *own_name && !self.meets(link)
            });
        dependents.extend(unmet.map(|link| {
            let locked = self.find(&link.target);
            Dependent {
                package: Some(link.target.to_string()),
                version: locked.map(|package| package.pretty_version.to_string()),
                relation: Relation::IsRequiredBy,
                target: name.to_string(),
                constraint: link.pretty_constraint.to_string(),
            }
        }));
        dependents
    }

    fn find(&self, name: &str) -> Option<&'a Arc<Package>> {
        self.packages.all().find(|package| *package.name == *name)
    }

    /// Whether some locked package satisfies a requirement.
    fn meets(&self, link: &Link) -> bool {
        self.packages.all().any(|package| {
            let same = package.name == link.target;
            let stands_in = package
                .replaces
                .iter()
                .chain(&package.provides)
                .any(|other| other.target == link.target);
            (same && link.constraint.matches_version(&package.version)) || (!same && stands_in)
        })
    }

    fn root_links(&self, asks: impl Fn(&Link) -> bool) -> Vec<Dependent> {
        let sections = [
            (&*self.root.requires, Relation::Requires),
            (&*self.root.dev_requires, Relation::RequiresForDevelopment),
        ];
        root_dependents(sections, asks)
    }

    /// The shortest way from composer.json to a package.
    fn chain(&self, package: &Package) -> Vec<String> {
        let mut by_name: FxHashMap<&str, &Arc<Package>> = FxHashMap::default();
        for other in self.packages.all() {
            for name in names(other) {
                by_name.entry(name).or_insert(other);
            }
        }
        for other in self.packages.all() {
            by_name.insert(&other.name, other);
        }
        let mut came_from: FxHashMap<&str, Option<&Arc<Package>>> = FxHashMap::default();
        let mut queue = VecDeque::new();
        let roots = self.root.requires.iter().chain(&self.root.dev_requires);
        for next in roots.filter_map(|link| by_name.get(&*link.target)) {
            if came_from.insert(&next.name, None).is_none() {
                queue.push_back(*next);
            }
        }
        while let Some(current) = queue.pop_front() {
            if current.name == package.name {
                let mut chain = Vec::new();
                let mut step = came_from.get(&*current.name).copied().flatten();
                while let Some(before) = step {
                    chain.push(format!("{} {}", before.pretty_name, before.pretty_version));
                    step = came_from.get(&*before.name).copied().flatten();
                }
                chain.reverse();
                return chain;
            }
            for link in &current.requires {
                if let Some(next) = by_name.get(&*link.target)
                    && !came_from.contains_key(&*next.name)
                {
                    came_from.insert(&next.name, Some(current));
                    queue.push_back(next);
                }
            }
        }
        Vec::new()
    }
}

/// What composer.json says in some of its sections.
fn root_dependents(
    sections: [(&[Link], Relation); 2],
    asks: impl Fn(&Link) -> bool,
) -> Vec<Dependent> {
    let links = sections.into_iter().flat_map(|(links, relation)| {
        links
            .iter()
            .filter(|link| asks(link))
            .map(move |link| (relation, link))
    });
    links
        .map(|(relation, link)| Dependent {
            package: None,
            version: None,
            relation,
            target: link.target.to_string(),
            constraint: link.pretty_constraint.to_string(),
        })
        .collect()
}

/// The name of a package, and every other one that it answers to.
fn names(package: &Package) -> Vec<&Arc<str>> {
    let others = package.replaces.iter().chain(&package.provides);
    std::iter::once(&package.name)
        .chain(others.map(|link| &link.target))
        .collect()
}

fn dependent(package: &Package, relation: Relation, link: &Link) -> Dependent {
    Dependent {
        package: Some(package.pretty_name.to_string()),
        version: Some(package.pretty_version.to_string()),
        relation,
        target: link.target.to_string(),
        constraint: link.pretty_constraint.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::lock::Lock;
    use crate::resolve::lock::text::locked_packages;
    use serde_json::json;

    const LOCK: &str = r#"{"packages": [
        {"name": "acme/shop", "version": "2.0.0", "require": {"magento/framework": "*", "acme/base": "^1"}},
        {"name": "acme/base", "version": "1.4.0", "require": {"php": ">=8.2"}},
        {"name": "mage-os/framework", "version": "3.4.0", "replace": {"magento/framework": "103.0.9"}, "conflict": {"acme/base": "2.*"}}
    ], "packages-dev": []}"#;

    fn with_locked<R>(ask: impl FnOnce(&Locked<'_>) -> R) -> R {
        let root = RootPackage::load(&json!({"require": {"acme/shop": "^2"}})).unwrap();
        let packages = locked_packages(&Lock::parse(LOCK).unwrap()).unwrap();
        ask(&Locked {
            root: &root,
            packages: &packages,
        })
    }

    #[test]
    fn a_package_is_there_for_those_who_use_any_of_its_names() {
        with_locked(|locked| {
            let why = locked.why("mage-os/framework").unwrap();
            assert_eq!(why.dependents.len(), 1);
            assert_eq!(why.dependents[0].target, "magento/framework");
            assert_eq!(why.chain, ["acme/shop 2.0.0"]);
            assert_eq!(locked.why("acme/shop").unwrap().dependents[0].package, None);
            assert_eq!(locked.why("acme/none"), None);
            let php = locked.why("php").unwrap();
            assert_eq!((php.version, php.dependents.len()), (None, 1));
            assert_eq!(locked.why("ext-gd").unwrap().dependents, []);
            let replaced = locked.why("magento/framework").unwrap();
            assert_eq!(replaced.version, None);
            let told = |index: usize| {
                let who = &replaced.dependents[index];
                (who.relation, who.package.as_deref())
            };
            assert_eq!(told(0), (Relation::Replaces, Some("mage-os/framework")));
            assert_eq!(told(1), (Relation::Requires, Some("acme/shop")));
            assert_eq!(
                replaced.chain,
                ["acme/shop 2.0.0", "mage-os/framework 3.4.0"]
            );
        });
    }

    #[test]
    fn requirements_conflicts_and_replacements_forbid_a_version() {
        with_locked(|locked| {
            let package = |value| crate::format::package::loader::load(Arc::new(value)).unwrap();
            let two = package(
                json!({"name": "acme/base", "version": "2.0.0", "require": {"acme/other": "^1", "mage-os/framework": "^4"}}),
            );
            let wanted = Constraint::parse("2.0.0").unwrap();
            let against = locked.why_not("acme/base", &wanted, Some(&two));
            let told: Vec<String> = against
                .iter()
                .map(|d| {
                    format!(
                        "{} {} {} {}",
                        d.package.as_deref().unwrap_or("composer.json"),
                        d.relation.words(),
                        d.target,
                        d.constraint
                    )
                })
                .collect();
            assert_eq!(
                told,
                [
                    "acme/shop requires acme/base ^1",
                    "mage-os/framework conflicts with acme/base 2.*",
                    "acme/other is required by acme/base ^1",
                    "mage-os/framework is required by acme/base ^4",
                ]
            );
            let older = Constraint::parse("^1.2").unwrap();
            assert_eq!(locked.why_not("acme/base", &older, None), []);
        });
    }
}
