//! What a composer.json asks for, as Composer's `RootPackageLoader` reads it: links, inline aliases, stability flags
//! and references.

pub mod package_order;
pub mod plugin_rules;

use super::constraint::Constraint;
use super::package::links::Link;
use super::package::links::Links;
use super::package::platform::is_platform_package;
use super::package::{Metadata, Package};
use super::php::truth::is_truthy;
use super::version::Version;
use super::version::stability::Stability;
use indexmap::IndexMap;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The name of a root without one.
pub const UNNAMED: &str = "__root__";

/// How many requirements a section may have. Of 160 real stores none has more than 96 in both.
const MOST_REQUIREMENTS: usize = 5_000;

/// Why a decoded composer.json is no root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootError {
    /// There are more of something than is read.
    #[error("`{section}` has {count} entries, and more than {most} are not read")]
    TooMany {
        /// The section.
        section: &'static str,
        /// How many there are.
        count: usize,
        /// How many are read.
        most: usize,
    },
    /// The document is no object.
    #[error("composer.json is not a JSON object")]
    NotAnObject,
    /// A section is no object of packages and constraints.
    #[error("`{section}` must be an object of package names and constraints")]
    NotALinkMap {
        /// The section.
        section: &'static str,
    },
    /// A package has something that is no text in place of a constraint.
    #[error("`{section}`: the constraint of {package} must be a string")]
    NotAConstraint {
        /// The section.
        section: &'static str,
        /// The package that is asked for.
        package: String,
    },
    /// A constraint is none.
    #[error("`{section}`: the constraint \"{constraint}\" of {package} cannot be read: {reason}")]
    InvalidConstraint {
        /// The section.
        section: &'static str,
        /// The package that is asked for.
        package: String,
        /// What stands there.
        constraint: String,
        /// Why it is none.
        reason: String,
    },
    /// An inline alias (`dev-main as 1.0`) whose right side is no version.
    #[error(
        "invalid alias definition \"{constraint}\" of {package}: use \"exact-version as other-exact-version\""
    )]
    InvalidAlias {
        /// The package that is asked for.
        package: String,
        /// What stands there.
        constraint: String,
    },
    /// Composer reads such names in a lock, but refuses them in the root (`ValidatingArrayLoader::hasPackageNamingError`).
    #[error(
        "`{section}`: {package} has upper-case letters, which Composer refuses; write {}",
        .package.to_lowercase()
    )]
    UpperCase {
        /// The section.
        section: &'static str,
        /// The package that is asked for.
        package: String,
    },
    /// `version` is none.
    #[error("the version \"{0}\" of the project cannot be read")]
    InvalidVersion(String),
    /// `minimum-stability` is none.
    #[error("`minimum-stability` \"{0}\" is none of stable, RC, beta, alpha and dev")]
    InvalidStability(String),
    /// The root asks for itself.
    #[error("the project {0} requires itself: was it named after a package by accident?")]
    RequiresItself(String),
}

/// An inline alias of a root requirement: `"dev-main as 1.5.0"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RootAlias {
    /// Lower-cased.
    pub package: Arc<str>,
    /// The normalised version that is aliased.
    pub version: Version,
    /// The alias as written.
    pub alias: Arc<str>,
    /// The version that it stands for, normalised.
    pub alias_normalized: Version,
}

/// The root as the resolver sees it.
#[derive(Debug, Clone)]
pub struct RootPackage {
    /// Name, version and the links that take part in resolving as a package (`conflict`, `provide`, `replace`); no requirements.
    pub package: Arc<Package>,
    /// `require`, in its order.
    pub requires: Vec<Link>,
    /// `require-dev`, in its order.
    pub dev_requires: Vec<Link>,
    /// `minimum-stability`; stable when left out.
    pub minimum_stability: Stability,
    /// `prefer-stable`.
    pub prefer_stable: bool,
    /// Lower-cased name → the least stable version that may be taken; sorted by name, as Composer 2.8 and later write them.
    pub stability_flags: BTreeMap<Arc<str>, Stability>,
    /// The inline aliases of the constraints.
    pub aliases: Vec<RootAlias>,
    /// Lower-cased name → commit, from `dev-main#abc123`.
    pub references: BTreeMap<Arc<str>, Arc<str>>,
    /// `config.platform`: name → version, or `false` for a package that is to be absent.
    pub platform: IndexMap<String, Value>,
}

impl RootPackage {
    /// Reads a decoded composer.json. A root without a version is `1.0.0+no-version-set`, as Composer has it for a project.
    pub fn load(manifest: &Value) -> Result<Self, RootError> {
        let object = manifest.as_object().ok_or(RootError::NotAnObject)?;
        let pretty_name = object
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or(UNNAMED);
        let name: Arc<str> = pretty_name.to_lowercase().into();
        let (pretty_version, parsed) = match object.get("version").and_then(Value::as_str) {
            Some(text) => (
                text,
                Version::parse(text).map_err(|_| RootError::InvalidVersion(text.to_string()))?,
            ),
            None => ("1.0.0+no-version-set", Version::from_normalized("1.0.0.0")),
        };
        for section in ["require", "require-dev"] {
            let count = object.get(section).and_then(Value::as_object);
            let count = count.map_or(0, serde_json::Map::len);
            if count > MOST_REQUIREMENTS {
                return Err(RootError::TooMany {
                    section,
                    count,
                    most: MOST_REQUIREMENTS,
                });
            }
        }
        let links = |section: &'static str| links(manifest, section, &parsed);
        let requires = links("require")?;
        let dev_requires = links("require-dev")?;
        let minimum_stability = match object.get("minimum-stability").and_then(Value::as_str) {
            Some(text) => Stability::parse(text)
                .ok_or_else(|| RootError::InvalidStability(text.to_string()))?,
            None => Stability::Stable,
        };
        let mut root = RootPackage {
            package: Arc::new(Package {
                name: name.clone(),
                pretty_name: pretty_name.into(),
                version: parsed.clone(),
                pretty_version: pretty_version.into(),
                kind: object
                    .get("type")
                    .and_then(Value::as_str)
                    .unwrap_or("library")
                    .to_lowercase()
                    .into(),
                requires: Links::default(),
                conflicts: links("conflict")?.into(),
                provides: links("provide")?.into(),
                replaces: links("replace")?.into(),
                default_branch: false,
                branch_alias: None,
                metadata: Metadata::Value(Arc::new(Value::Null)),
            }),
            requires,
            dev_requires,
            minimum_stability,
            prefer_stable: object.get("prefer-stable").is_some_and(is_truthy),
            stability_flags: BTreeMap::new(),
            aliases: Vec::new(),
            references: BTreeMap::new(),
            platform: platform(manifest),
        };
        for section in [&root.requires, &root.dev_requires] {
            if section.iter().any(|link| link.target == name) {
                return Err(RootError::RequiresItself(pretty_name.to_string()));
            }
            let texts = texts(section, &root.package);
            add_stability_flags(texts, root.minimum_stability, &mut root.stability_flags);
        }
        root.read_aliases()?;
        Ok(root)
    }

    /// Puts other requirements in the place of its own, as a plugin may while Composer runs. Inline aliases and references are
    /// those of the new ones then; stability flags stay, and are for the plugin to set.
    pub fn set_requirements(
        &mut self,
        requires: Vec<Link>,
        dev_requires: Vec<Link>,
    ) -> Result<(), RootError> {
        (self.requires, self.dev_requires) = (requires, dev_requires);
        self.read_aliases()
    }

    fn read_aliases(&mut self) -> Result<(), RootError> {
        self.aliases.clear();
        self.references.clear();
        for section in [&self.requires, &self.dev_requires] {
            for link in section {
                self.aliases.extend(alias_of(link)?);
            }
            add_references(texts(section, &self.package), &mut self.references);
        }
        Ok(())
    }

    /// Lets the constraints that one update adds (`composer update --with`) have their say in stability flags and
    /// references, as those of the root do.
    pub fn note_temporary(&mut self, links: &[Link]) {
        let own = &self.package;
        let flags = &mut self.stability_flags;
        add_stability_flags(texts(links, own), self.minimum_stability, flags);
        add_references(texts(links, own), &mut self.references);
    }

    /// `require` and `require-dev` together; a name in both has the constraint of `require-dev` at the place of `require`.
    pub fn all_requires(&self) -> IndexMap<Arc<str>, Link> {
        let links = self.requires.iter().chain(&self.dev_requires);
        links
            .map(|link| (link.target.clone(), link.clone()))
            .collect()
    }
}

/// `config.platform`, without the entries that are `null`.
fn platform(manifest: &Value) -> IndexMap<String, Value> {
    let entries = manifest
        .get("config")
        .and_then(|config| config.get("platform"))
        .and_then(Value::as_object);
    entries
        .into_iter()
        .flatten()
        .filter(|(_, version)| !version.is_null())
        .map(|(name, version)| (name.to_lowercase(), version.clone()))
        .collect()
}

fn links(
    manifest: &Value,
    section: &'static str,
    own_version: &Version,
) -> Result<Vec<Link>, RootError> {
    let entries = match manifest.get(section) {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(list)) if list.is_empty() => return Ok(Vec::new()),
        Some(Value::Object(entries)) => entries,
        Some(_) => return Err(RootError::NotALinkMap { section }),
    };
    let mut links: IndexMap<Arc<str>, Link> = IndexMap::with_capacity(entries.len());
    for (package, constraint) in entries {
        let pretty = constraint
            .as_str()
            .ok_or_else(|| RootError::NotAConstraint {
                section,
                package: package.clone(),
            })?;
        let constraint = match pretty {
            "self.version" => Arc::new(Constraint::exactly(own_version.clone())),
            _ => {
                Constraint::parse_cached(pretty).map_err(|error| RootError::InvalidConstraint {
                    section,
                    package: package.clone(),
                    constraint: pretty.to_string(),
                    reason: error.to_string(),
                })?
            }
        };
        let target: Arc<str> = package.to_lowercase().into();
        if *target != **package && !is_platform_package(&target) {
            return Err(RootError::UpperCase {
                section,
                package: package.clone(),
            });
        }
        links.insert(
            target.clone(),
            Link {
                target,
                constraint,
                pretty_constraint: pretty.into(),
            },
        );
    }
    Ok(links.into_values().collect())
}

/// What stands between a version and its alias.
const AS: &str = " as ";

/// `RootPackageLoader::extractAliases`
fn alias_of(link: &Link) -> Result<Option<RootAlias>, RootError> {
    static ALIAS: LazyLock<Regex> = LazyLock::new(|| {
        pattern(r"(?:^|\| *|, *)([^,\s#|]+)(?:#[^ ]+)? +as +([^,\s|]+)(?:$| *\|| *,)")
    });
    let text = &*link.pretty_constraint;
    // Few roots have any, and making the pattern takes longer than reading them.
    if !text.contains(AS) {
        return Ok(None);
    }
    let invalid = || RootError::InvalidAlias {
        package: link.target.to_string(),
        constraint: text.to_string(),
    };
    match ALIAS.captures(text) {
        Some(found) => Ok(Some(RootAlias {
            package: link.target.clone(),
            version: Version::parse(&found[1]).map_err(|_| invalid())?,
            alias: found[2].into(),
            alias_normalized: Version::parse(&found[2]).map_err(|_| invalid())?,
        })),
        None => Err(invalid()),
    }
}

/// Each link with the text that its stability is read from: that of the version which `self.version` stands for.
fn texts<'l>(links: &'l [Link], own: &'l Package) -> impl Iterator<Item = (&'l Link, &'l str)> {
    links.iter().map(|link| match &*link.pretty_constraint {
        "self.version" => (link, &*own.pretty_version),
        text => (link, text),
    })
}

/// `RootPackageLoader::extractStabilityFlags`: an explicit `@flag` in any alternative (the least stable wins); else the
/// stability of a constraint that is one version or branch, unless the minimum is lower anyway.
fn add_stability_flags<'l>(
    links: impl Iterator<Item = (&'l Link, &'l str)>,
    minimum: Stability,
    flags: &mut BTreeMap<Arc<str>, Stability>,
) {
    static FLAG: LazyLock<Regex> =
        LazyLock::new(|| pattern(r"(?i)^[^@]*?@(stable|RC|beta|alpha|dev)$"));
    let is_single = |atom: &str| {
        let separates = |c: char| c == ',' || c == '@' || c.is_whitespace();
        !atom.is_empty() && !atom.contains(separates)
    };
    for (link, text) in links {
        let atoms = atoms(text);
        let mut explicit = false;
        for stability in atoms
            .iter()
            .filter(|atom| atom.contains('@'))
            .filter_map(|atom| Stability::parse(&FLAG.captures(atom)?[1]))
        {
            if flags
                .get(&link.target)
                .is_none_or(|known| *known <= stability)
            {
                flags.insert(link.target.clone(), stability);
                explicit = true;
            }
        }
        if explicit {
            continue;
        }
        for atom in &atoms {
            let atom = without_alias(atom);
            if !is_single(atom) {
                continue;
            }
            let stability = Stability::of(atom);
            if stability != Stability::Stable
                && minimum <= stability
                && flags
                    .get(&link.target)
                    .is_none_or(|known| *known <= stability)
            {
                flags.insert(link.target.clone(), stability);
            }
        }
    }
}

/// `RootPackageLoader::extractReferences`
fn add_references<'l>(
    links: impl Iterator<Item = (&'l Link, &'l str)>,
    references: &mut BTreeMap<Arc<str>, Arc<str>>,
) {
    static REFERENCE: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[^,\s@]+?#([a-f0-9]+)$"));
    for (link, text) in links {
        let text = without_alias(text);
        if text.contains('#')
            && let Some(found) = REFERENCE.captures(text)
            && Stability::of(text) == Stability::Dev
        {
            references.insert(link.target.clone(), found[1].into());
        }
    }
}

/// `dev-main as 1.0` → `dev-main`
fn without_alias(text: &str) -> &str {
    static ALIASED: LazyLock<Regex> = LazyLock::new(|| pattern(r"^([^,\s@]+) as .+$"));
    if !text.contains(AS) {
        return text;
    }
    ALIASED
        .captures(text)
        .and_then(|found| found.get(1))
        .map_or(text, |version| version.as_str())
}

/// The single constraints of an expression: alternatives split at `|`, conjunctions at spaces and commas, but not
/// inside ` - ` ranges, ` as ` aliases, or between an operator and its version.
fn atoms(expression: &str) -> Vec<String> {
    let mut atoms = Vec::new();
    for alternative in expression.trim().split('|').map(str::trim) {
        let words: Vec<&str> = alternative
            .split([',', ' '])
            .filter(|word| !word.is_empty())
            .collect();
        let mut current = String::new();
        for (index, word) in words.iter().enumerate() {
            let glued = matches!(*word, "as" | "-")
                || index
                    .checked_sub(1)
                    .and_then(|before| words.get(before))
                    .is_some_and(|before| {
                        matches!(*before, "as" | "-") || before.ends_with(['=', '<', '>'])
                    });
            if !current.is_empty() {
                if glued {
                    current.push(' ');
                } else {
                    atoms.push(std::mem::take(&mut current));
                }
            }
            current.push_str(word);
        }
        if !current.is_empty() {
            atoms.push(current);
        }
    }
    atoms
}

fn pattern(text: &str) -> Regex {
    #[expect(
        clippy::expect_used,
        reason = "the patterns are literals of this file, exercised by its tests"
    )]
    Regex::new(text).expect("a valid pattern")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn root(manifest: Value) -> RootPackage {
        RootPackage::load(&manifest).unwrap()
    }

    #[test]
    fn a_branchs_own_version_admits_branches() {
        let of = |version: &str| {
            let root = root(json!({"version": version, "require": {"acme/a": "self.version"}}));
            root.stability_flags.get("acme/a").copied()
        };
        assert_eq!(of("dev-main"), Some(Stability::Dev));
        assert_eq!(of("2.0.0-beta1"), Some(Stability::Beta));
        assert_eq!(of("2.0.0"), None);
    }

    #[test]
    fn other_requirements_bring_their_own_aliases() {
        let manifest = json!({"require": {"acme/a": "dev-main#abc as 1.0"}});
        let mut changed = root(manifest);
        let other = root(json!({"require-dev": {"acme/b": "dev-fix#def as 2.0"}}));
        changed
            .set_requirements(Vec::new(), other.dev_requires.clone())
            .unwrap();
        assert_eq!(changed.aliases, other.aliases);
        assert_eq!(changed.references, other.references);
        // What they admit is for who sets them to say.
        assert_eq!(changed.stability_flags.get("acme/a"), Some(&Stability::Dev));
        assert_eq!(changed.stability_flags.get("acme/b"), None);
    }
}
