//! From a package's metadata to a [`Package`], by the rules of Composer's `ArrayLoader`.

use super::links::Link;
use super::{BranchAlias, Metadata, Package};
use crate::format::constraint::Constraint;
use crate::format::json::php_json::scalar;
use crate::format::version::{Version, normalize_branch, numeric_alias_prefix};
use indexmap::IndexMap;
use rustc_hash::{FxBuildHasher, FxHashSet};
use serde_json::Value;
use std::sync::{Arc, LazyLock};

/// What old repositories call the normalised version of their main branch, and what a default branch is aliased to.
pub const DEFAULT_BRANCH_ALIAS: &str = "9999999-dev";

/// Metadata that Composer refuses to load.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// There is no `name`.
    #[error("unknown package has no name defined")]
    NoName,
    /// There is no `version`; the package is named.
    #[error("package {0} has no version defined")]
    NoVersion(String),
    /// The version is none.
    #[error("package {package} has an invalid version `{version}`")]
    Version {
        /// The package.
        package: String,
        /// What stands there.
        version: String,
    },
    /// A link has a constraint that is none.
    #[error("package {package} has an invalid constraint in {section}: {target} `{constraint}`")]
    Constraint {
        /// The package with the link.
        package: String,
        /// `require`, `conflict`, `provide` or `replace`.
        section: &'static str,
        /// The package that the link names.
        target: String,
        /// What stands there.
        constraint: String,
    },
    /// `source` or `dist` lack something.
    #[error("package {package}: `{field}` should be an object with {keys}")]
    Location {
        /// The package.
        package: String,
        /// `source` or `dist`.
        field: &'static str,
        /// What has to be there.
        keys: &'static str,
    },
}

/// Loads one version of a package from its decoded metadata, an entry of a lock or of an inline repository. The metadata
/// goes along as it is.
pub fn load(metadata: Arc<Value>) -> Result<Package, LoadError> {
    load_with(&metadata, Metadata::Value(metadata.clone()))
}

/// Loads an entry whose other fields are to be found elsewhere.
pub(crate) fn load_with(entry: &Value, metadata: Metadata) -> Result<Package, LoadError> {
    let name = entry
        .get("name")
        .and_then(Value::as_str)
        .ok_or(LoadError::NoName)?;
    let no_version = || LoadError::NoVersion(name.to_owned());
    let pretty_version = entry
        .get("version")
        .and_then(scalar)
        .ok_or_else(no_version)?;
    let normalized = entry.get("version_normalized").and_then(Value::as_str);
    let version = version(&pretty_version, normalized).map_err(|_| LoadError::Version {
        package: name.to_owned(),
        version: pretty_version.clone(),
    })?;
    let links = |section: &'static str| links(name, section, entry, &version);
    let default_branch = entry.get("default-branch") == Some(&Value::Bool(true));
    check_location(name, "source", entry)?;
    check_location(name, "dist", entry)?;
    Ok(Package {
        name: name.to_ascii_lowercase().into(),
        pretty_name: name.into(),
        requires: links("require")?.into(),
        conflicts: links("conflict")?.into(),
        provides: links("provide")?.into(),
        replaces: links("replace")?.into(),
        kind: kind(entry.get("type").and_then(Value::as_str)),
        default_branch,
        branch_alias: branch_alias(&pretty_version, default_branch, || branch_aliases(entry)),
        version,
        pretty_version: pretty_version.into(),
        metadata,
    })
}

/// Loads an entry of a repository's list of versions, which differs from any other in that a link from a package to itself
/// counts for nothing (`ArrayLoader::loadPackages`).
pub fn load_listed(metadata: Arc<Value>) -> Result<Package, LoadError> {
    let mut package = load(metadata)?;
    for links in [
        &mut package.requires,
        &mut package.conflicts,
        &mut package.provides,
        &mut package.replaces,
    ] {
        links.retain(|link| link.target != package.name);
    }
    Ok(package)
}

/// The type of a package, in lower case; `library` when it states none.
pub fn kind(stated: Option<&str>) -> Arc<str> {
    static LIBRARY: LazyLock<Arc<str>> = LazyLock::new(|| "library".into());
    match stated {
        None | Some("") => LIBRARY.clone(),
        Some(stated) => stated.to_ascii_lowercase().into(),
    }
}

/// The version of a package from `version` and, when there is one, `version_normalized`, which is trusted except for the
/// [`DEFAULT_BRANCH_ALIAS`] of repositories that serve Composer 1 too.
pub fn version(
    pretty_version: &str,
    normalized: Option<&str>,
) -> Result<Version, crate::format::version::InvalidVersion> {
    match normalized {
        Some(normalized) if normalized != DEFAULT_BRANCH_ALIAS => {
            Ok(Version::from_normalized(normalized))
        }
        _ => Version::parse(pretty_version),
    }
}

/// The alias of a branch (`ArrayLoader::getBranchAlias`): the entry of `extra.branch-alias` for this very branch when it names
/// a numeric branch below it, else [`DEFAULT_BRANCH_ALIAS`] for a default branch that is not itself numeric.
/// `aliases` yields source and target of each entry, and is asked only when the version is a branch.
pub fn branch_alias(
    pretty_version: &str,
    default_branch: bool,
    aliases: impl FnOnce() -> Vec<(String, String)>,
) -> Option<BranchAlias> {
    if !pretty_version.starts_with("dev-") && !pretty_version.ends_with("-dev") {
        return None;
    }
    for (source, target) in aliases() {
        let Some(branch) = target.strip_suffix("-dev") else {
            continue;
        };
        let version = if target == DEFAULT_BRANCH_ALIAS {
            target.clone()
        } else {
            normalize_branch(branch)
        };
        if !version.ends_with("-dev")
            || !source.eq_ignore_ascii_case(pretty_version)
            || !is_below(&source, &target)
        {
            continue;
        }
        return Some(BranchAlias {
            pretty_version: pretty_alias(&version).into(),
            version: Version::from_normalized(&version),
        });
    }
    if default_branch && numeric_alias_prefix(pretty_version).is_none() {
        return Some(BranchAlias {
            version: Version::from_normalized(DEFAULT_BRANCH_ALIAS),
            pretty_version: DEFAULT_BRANCH_ALIAS.into(),
        });
    }
    None
}

/// Whether an alias is a subversion of its branch, as far as both are numeric: `1.x-dev` may be `1.2.x-dev`, not `2.x-dev`.
fn is_below(source: &str, target: &str) -> bool {
    match (numeric_alias_prefix(source), numeric_alias_prefix(target)) {
        (Some(source), Some(target)) => target
            .to_ascii_lowercase()
            .starts_with(&source.to_ascii_lowercase()),
        _ => true,
    }
}

/// `1.9999999.9999999.9999999-dev` as people write it: `1.x-dev`.
pub fn pretty_alias(version: &str) -> String {
    const WILDCARD: &str = ".9999999";
    let Some(start) = version.find(WILDCARD) else {
        return version.to_owned();
    };
    let rest = version[start..].trim_start_matches(WILDCARD);
    format!("{}.x{rest}", &version[..start])
}

/// One link of a package of version `version`. None when the constraint cannot be parsed.
pub fn link(target: &str, pretty_constraint: &str, version: &Version) -> Option<Link> {
    let constraint = match pretty_constraint {
        "self.version" => Arc::new(Constraint::exactly(version.clone())),
        constraint => Constraint::parse_cached(constraint).ok()?,
    };
    Some(Link {
        target: target.into(),
        constraint,
        pretty_constraint: pretty_constraint.into(),
    })
}

/// Links as Composer keeps them, one for each target: a later one takes the place of an earlier one. (The keys of one object
/// can only clash here by differing in case.)
pub fn unique_links(links: Vec<Link>) -> Vec<Link> {
    let mut targets = FxHashSet::with_capacity_and_hasher(links.len(), FxBuildHasher);
    if links.iter().all(|link| targets.insert(&*link.target)) {
        return links;
    }
    let mut unique: IndexMap<Arc<str>, Link> = IndexMap::new();
    for link in links {
        unique.insert(link.target.clone(), link);
    }
    unique.into_values().collect()
}

fn links(
    package: &str,
    section: &'static str,
    metadata: &Value,
    version: &Version,
) -> Result<Vec<Link>, LoadError> {
    let mut links = Vec::new();
    for (target, constraint) in metadata
        .get(section)
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        // Composer passes over a constraint that is not a string.
        let Some(constraint) = constraint.as_str() else {
            continue;
        };
        let target = target.to_ascii_lowercase();
        let link = link(&target, constraint, version).ok_or_else(|| LoadError::Constraint {
            package: package.to_owned(),
            section,
            target: target.clone(),
            constraint: constraint.to_owned(),
        })?;
        links.push(link);
    }
    Ok(unique_links(links))
}

/// Refuses a `source`, which must have a reference, or a `dist`, which may, that does not say how to get the package.
fn check_location(package: &str, field: &'static str, metadata: &Value) -> Result<(), LoadError> {
    let Some(location) = metadata.get(field).filter(|location| !location.is_null()) else {
        return Ok(());
    };
    let keys: &[&str] = if field == "source" {
        &["type", "url", "reference"]
    } else {
        &["type", "url"]
    };
    let complete = location.as_object().is_some_and(|location| {
        keys.iter()
            .all(|&key| location.get(key).is_some_and(|value| !value.is_null()))
    });
    if !complete {
        let keys = if field == "source" {
            "`type`, `url` and `reference`"
        } else {
            "`type` and `url`"
        };
        return Err(LoadError::Location {
            package: package.to_owned(),
            field,
            keys,
        });
    }
    Ok(())
}

fn branch_aliases(metadata: &Value) -> Vec<(String, String)> {
    let aliases = metadata
        .pointer("/extra/branch-alias")
        .and_then(Value::as_object);
    aliases
        .into_iter()
        .flatten()
        .filter_map(|(source, target)| Some((source.clone(), target.as_str()?.to_owned())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn loaded(metadata: Value) -> Result<Package, LoadError> {
        load(Arc::new(metadata))
    }

    #[test]
    fn loads_what_a_lock_holds() {
        let metadata = json!({
            "name": "Acme/Module-A", "version": "v1.2", "type": "Magento2-Module",
            "source": {"type": "git", "url": "u", "reference": 42}, "dist": {"type": "zip", "url": "u", "reference": "d"},
            "require": {"PHP": ">=8", "acme/module-a": "*", "Acme/B": "^1", "acme/b": "^2", "acme/c": ["odd"]},
            "replace": {"acme/old": "self.version"}, "conflict": [],
        });
        let package = loaded(metadata.clone()).unwrap();
        assert_eq!(
            (&*package.name, &*package.pretty_name),
            ("acme/module-a", "Acme/Module-A")
        );
        assert_eq!(
            (package.version.as_str(), &*package.pretty_version),
            ("1.2.0.0", "v1.2")
        );
        assert_eq!(&*package.kind, "magento2-module");
        let requires: Vec<_> = package
            .requires
            .iter()
            .map(|link| (&*link.target, &*link.pretty_constraint))
            .collect();
        assert_eq!(
            requires,
            [("php", ">=8"), ("acme/module-a", "*"), ("acme/b", "^2")]
        );
        assert_eq!(
            *package.replaces[0].constraint,
            Constraint::exactly(package.version.clone())
        );
        assert_eq!(
            (
                package.source_reference().as_deref(),
                package.dist_reference().as_deref()
            ),
            (Some("42"), Some("d"))
        );
        assert_eq!(package.metadata.to_value(), metadata);
        let listed = load_listed(Arc::new(metadata)).unwrap();
        assert_eq!(listed.requires.len(), 2);
    }

    #[test]
    fn refuses_what_composer_refuses() {
        for (metadata, error) in [
            (
                json!({"version": "1"}),
                "unknown package has no name defined",
            ),
            (json!({"name": "a/b"}), "package a/b has no version defined"),
            (
                json!({"name": "a/b", "version": []}),
                "package a/b has no version defined",
            ),
            (
                json!({"name": "a/b", "version": "x y"}),
                "package a/b has an invalid version `x y`",
            ),
            (
                json!({"name": "a/b", "version": "1", "require": {"c/d": "^^1"}}),
                "package a/b has an invalid constraint in require: c/d `^^1`",
            ),
            (
                json!({"name": "a/b", "version": "1", "source": {"type": "git", "url": "u"}}),
                "package a/b: `source` should be an object with `type`, `url` and `reference`",
            ),
            (
                json!({"name": "a/b", "version": "1", "dist": "zip"}),
                "package a/b: `dist` should be an object with `type` and `url`",
            ),
        ] {
            assert_eq!(loaded(metadata).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn aliases_branches() {
        let alias = |version: &str, default_branch: bool, aliases: &[(&str, &str)]| {
            let aliases = aliases
                .iter()
                .map(|(source, target)| (source.to_string(), target.to_string()))
                .collect();
            branch_alias(version, default_branch, || aliases)
                .map(|alias| (alias.pretty_version.to_string(), alias.version.to_string()))
        };
        let expect = |pretty: &str, version: &str| Some((pretty.to_owned(), version.to_owned()));
        let one = expect("1.x-dev", "1.9999999.9999999.9999999-dev");
        assert_eq!(
            alias("dev-master", false, &[("dev-master", "1.x-dev")]),
            one
        );
        assert_eq!(
            alias("dev-Master", false, &[("DEV-master", "1.x-dev")]),
            one
        );
        assert_eq!(
            alias(
                "dev-master",
                false,
                &[("dev-main", "2.x-dev"), ("dev-master", "1.2.x-dev")]
            ),
            expect("1.2.x-dev", "1.2.9999999.9999999-dev")
        );
        assert_eq!(
            alias("1.x-dev", false, &[("1.x-dev", "1.2.x-dev")]),
            expect("1.2.x-dev", "1.2.9999999.9999999-dev")
        );
        assert_eq!(alias("1.x-dev", false, &[("1.x-dev", "2.x-dev")]), None);
        assert_eq!(alias("dev-master", false, &[("dev-master", "1.x")]), None);
        assert_eq!(
            alias("dev-master", true, &[("dev-master", "feature-dev")]),
            expect("9999999-dev", "9999999-dev")
        );
        assert_eq!(
            alias("dev-master", true, &[]),
            expect("9999999-dev", "9999999-dev")
        );
        assert_eq!(alias("2.x-dev", true, &[]), None);
        assert_eq!(alias("1.0.0", true, &[("1.0.0", "1.x-dev")]), None);
    }

    #[test]
    fn distrusts_the_old_name_of_main_branches() {
        assert_eq!(
            version("dev-master", Some(DEFAULT_BRANCH_ALIAS))
                .unwrap()
                .as_str(),
            "dev-master"
        );
        assert_eq!(
            version("whatever", Some("1.0.0.0")).unwrap().as_str(),
            "1.0.0.0"
        );
        assert_eq!(version("v1", None).unwrap().as_str(), "1.0.0.0");
    }
}
