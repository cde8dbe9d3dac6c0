//! What `mageshift lock` is asked for, in the terms of `composer update`.

use crate::distribution::is_core;
use crate::planner::error::LockRequestError;
use composer_engine::format::constraint::Constraint;
use composer_engine::format::constraint::intervals;
use composer_engine::format::package::links::Link;
use composer_engine::format::root::RootPackage;
use composer_engine::format::version::stability::Stability;
use composer_engine::resolve::name_pattern::name_pattern;
use composer_engine::resolve::request::{Requirement, UpdateScope};
use composer_engine::resolve::update::{LockedPackages, UpdateOptions};
use indexmap::{IndexMap, IndexSet};
use regex::Regex;
use std::sync::{Arc, LazyLock};

/// The words that stand for `--lock` where package names are expected.
const METADATA_WORDS: [&str; 3] = ["lock", "nothing", "mirrors"];

/// The arguments of one update, as they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LockRequest {
    /// Names, patterns (`acme/*`) and names with a constraint (`acme/shop:^2`); or a word that stands for `--lock`.
    pub packages: Vec<String>,
    /// `--with`: names with a constraint.
    pub with: Vec<String>,
    /// `--with-dependencies` and `--with-all-dependencies`: how far the update reaches beyond the named packages.
    pub scope: UpdateScope,
    /// `--root-reqs`
    pub root_requirements: bool,
    /// `--patch-only`: no locked package goes further than its patch level.
    pub patch_only: bool,
    /// `--minimal-changes`: what is not named moves only when it must.
    pub minimal_changes: bool,
    /// `--fewest-moves`: what moved without need goes back to its locked version.
    pub fewest_moves: bool,
    /// `--prefer-stable`, besides what the root says.
    pub prefer_stable: bool,
    /// `--prefer-lowest`: the oldest versions that fit.
    pub prefer_lowest: bool,
    /// `--lock`
    pub metadata_only: bool,
}

impl LockRequest {
    /// The options of the update (`UpdateCommand::execute`). Temporary constraints also have a say in the stability flags
    /// and references of the root.
    pub(crate) fn options(
        &self,
        root: &mut RootPackage,
        locked: Option<&LockedPackages>,
    ) -> Result<UpdateOptions, LockRequestError> {
        let mut constraints: IndexMap<String, String> = IndexMap::new();
        for pair in &self.with {
            let (name, constraint) = name_and_constraint(pair)
                .ok_or_else(|| LockRequestError::NoConstraint(pair.clone()))?;
            constraints.insert(name.to_string(), constraint.to_string());
        }
        let mut packages = Vec::new();
        for package in &self.packages {
            packages.push(match name_and_constraint(package) {
                Some((name, constraint)) => {
                    constraints.insert(name.to_string(), constraint.to_string());
                    name.to_string()
                }
                None => package.clone(),
            });
        }
        let mut temporary = temporary_constraints(&constraints, root)?;
        if self.patch_only {
            let locked = locked.ok_or(LockRequestError::PatchOnlyWithoutLock)?;
            keep_to_patches(locked, &mut temporary);
        }
        if self.root_requirements {
            let required = root.all_requires();
            match packages.is_empty() {
                true => packages = required.keys().map(|name| name.to_string()).collect(),
                false => packages.retain(|name| required.contains_key(name.as_str())),
            }
        }
        let listed = packages.len();
        packages.retain(|package| !METADATA_WORDS.contains(&package.as_str()));
        let metadata_only = self.metadata_only || packages.len() < listed;
        if metadata_only && !packages.is_empty() {
            return Err(LockRequestError::SelectionOfMetadata);
        }
        let update_only: IndexSet<Arc<str>> = packages
            .iter()
            .map(|name| name.to_lowercase().into())
            .collect();
        Ok(UpdateOptions {
            update_only: update_only.into_iter().collect(),
            scope: self.scope,
            minimal_changes: self.minimal_changes,
            put_back: locked.filter(|_| self.fewest_moves).map(|locked| {
                let names = locked.all().map(|package| package.name.clone());
                names.filter(|name| !is_core(name)).collect()
            }),
            prefer_stable: self.prefer_stable,
            prefer_lowest: self.prefer_lowest,
            metadata_only,
            temporary: temporary.into_iter().collect(),
            ..UpdateOptions::default()
        })
    }
}

/// `acme/shop:^2`, `acme/shop=2.0` or `acme/shop ^2` in two (`VersionParser::parseNameVersionPairs`).
fn name_and_constraint(pair: &str) -> Option<(&str, &str)> {
    let (name, constraint) = pair.trim().split_once([':', '=', ' '])?;
    (!name.is_empty() && !constraint.is_empty()).then_some((name, constraint))
}

/// Parses the constraints and spreads patterns over the root's requirements, which each must have something in common
/// with its constraint.
fn temporary_constraints(
    constraints: &IndexMap<String, String>,
    root: &mut RootPackage,
) -> Result<IndexMap<Arc<str>, Requirement>, LockRequestError> {
    let mut links = Vec::new();
    let mut temporary = IndexMap::new();
    for (package, pretty) in constraints {
        let target: Arc<str> = package.to_lowercase().into();
        let constraint = Constraint::parse_cached(pretty).map_err(|error| {
            LockRequestError::InvalidConstraint {
                package: package.clone(),
                constraint: pretty.clone(),
                reason: error.to_string(),
            }
        })?;
        let pretty_constraint: Arc<str> = pretty.as_str().into();
        let requirement = Requirement {
            constraint: constraint.clone(),
            pretty_constraint: pretty_constraint.clone(),
        };
        let pattern = name_pattern(&target).ok().filter(|_| target.contains('*'));
        let matches = |name: &Arc<str>| match &pattern {
            Some(pattern) => pattern.is_match(name),
            None => *name == target,
        };
        for (name, link) in root
            .all_requires()
            .into_iter()
            .filter(|(name, _)| matches(name))
        {
            if !intervals::have_intersections(&constraint, &link.constraint) {
                return Err(LockRequestError::OutsideRoot {
                    package: name.to_string(),
                    constraint: pretty.clone(),
                    root: link.pretty_constraint.to_string(),
                });
            }
            temporary.insert(name, requirement.clone());
        }
        if pattern.is_none() {
            temporary.insert(target.clone(), requirement);
        }
        links.push(Link {
            target,
            constraint,
            pretty_constraint,
        });
    }
    root.note_temporary(&links);
    Ok(temporary)
}

/// Lets nothing that is locked leave its `x.y.z` (`--patch-only`).
fn keep_to_patches(locked: &LockedPackages, temporary: &mut IndexMap<Arc<str>, Requirement>) {
    static PATCH: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"^\d+\.\d+\.\d+").ok());
    let releases = locked
        .all()
        .filter(|package| package.version.stability() != Stability::Dev);
    for package in releases {
        let patch = PATCH
            .as_ref()
            .and_then(|patch| patch.find(package.version.as_str()));
        let Some(pretty) = patch.map(|patch| format!("~{}", patch.as_str())) else {
            continue;
        };
        let Ok(constraint) = Constraint::parse_cached(&pretty) else {
            continue;
        };
        let requirement = match temporary.get(&package.name) {
            Some(known) => {
                let both = Constraint::multi(
                    vec![(*known.constraint).clone(), (*constraint).clone()],
                    true,
                );
                Requirement {
                    pretty_constraint: both.to_string().into(),
                    constraint: Arc::new(both),
                }
            }
            None => Requirement {
                constraint,
                pretty_constraint: pretty.into(),
            },
        };
        temporary.insert(package.name.clone(), requirement);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn options(request: &LockRequest) -> Result<UpdateOptions, LockRequestError> {
        let root = json!({"require": {"php": "^8", "a/a": "^1.2", "a/b": "*"}, "require-dev": {"b/b": "^1"}});
        request.options(&mut RootPackage::load(&root).unwrap(), None)
    }

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| word.to_string()).collect()
    }

    fn shown(options: &UpdateOptions) -> (Vec<&str>, Vec<String>) {
        let with = options
            .temporary
            .iter()
            .map(|(name, to)| format!("{name} {}", to.pretty_constraint));
        (
            options.update_only.iter().map(|name| &**name).collect(),
            with.collect(),
        )
    }

    #[test]
    fn names_may_have_constraints() {
        let request = LockRequest {
            packages: words(&["A/a:1.2.*", "c/c", "c/c", "d/d=2.0"]),
            with: words(&["c/c:^3 || ^4", "a/*:1.*"]),
            ..LockRequest::default()
        };
        let (names, with) = options(&request)
            .map(|options| {
                let (names, with) = shown(&options);
                (names.join(" "), with.join(", "))
            })
            .unwrap();
        assert_eq!(names, "a/a c/c d/d");
        assert_eq!(with, "c/c ^3 || ^4, a/a 1.2.*, a/b 1.*, d/d 2.0");
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let with = |pair: &str| {
            options(&LockRequest {
                with: words(&[pair]),
                ..LockRequest::default()
            })
            .unwrap_err()
            .to_string()
        };
        assert_eq!(
            with("a/a"),
            "a/a is missing a version constraint, use e.g. a/a:^1.0"
        );
        assert!(with("a/a:^2").ends_with("the constraint in your composer.json (^1.2)"));
        assert!(with("a/a:nonsense>").contains("cannot be read"));
        let request = LockRequest {
            packages: words(&["a/a", "mirrors"]),
            ..LockRequest::default()
        };
        assert_eq!(
            options(&request).unwrap_err(),
            LockRequestError::SelectionOfMetadata
        );
        let request = LockRequest {
            patch_only: true,
            ..LockRequest::default()
        };
        assert_eq!(
            options(&request).unwrap_err(),
            LockRequestError::PatchOnlyWithoutLock
        );
    }

    #[test]
    fn root_requirements_and_words() {
        let request = LockRequest {
            root_requirements: true,
            ..LockRequest::default()
        };
        assert_eq!(
            shown(&options(&request).unwrap()).0,
            ["php", "a/a", "a/b", "b/b"]
        );
        let request = LockRequest {
            packages: words(&["a/a", "c/c"]),
            ..request
        };
        assert_eq!(shown(&options(&request).unwrap()).0, ["a/a"]);
        let request = LockRequest {
            packages: words(&["nothing"]),
            ..LockRequest::default()
        };
        let options = options(&request).unwrap();
        assert!(options.metadata_only && options.update_only.is_empty());
    }
}
