//! Why there is no way to a target, in a merchant's terms.

use super::resolution::Blocked;
use super::{Finding, Severity};
use crate::composer::platform::is_platform_package;
use crate::distribution::{Target, is_core};
use crate::repository::PackageSource;
use crate::resolve::problem::Involved;
use std::collections::{BTreeMap, BTreeSet};

/// The blockers of a switch that has no solution: one for each extension that stands against it, one for each repository
/// that would have to be asked, and Composer's own text.
pub fn findings(
    blocked: &Blocked,
    source: &dyn PackageSource,
    target: Target,
    release: &str,
) -> Vec<Finding> {
    // What is contradictory only because the locked versions were not offered is nothing that anybody has to solve.
    let explanation = blocked.remaining.as_ref().unwrap_or(&blocked.explanation);
    let unavailable = &blocked.unavailable;
    let mut findings = Vec::new();
    let mut by_package: BTreeMap<(String, String), Vec<&Involved>> = BTreeMap::new();
    // What the core, too, has its own idea of.
    let by_core: BTreeSet<&str> = explanation
        .requirements
        .iter()
        .filter(|involved| {
            involved
                .package
                .as_ref()
                .is_some_and(|(name, _)| is_core(name))
        })
        .map(|involved| &*involved.target)
        .collect();
    for involved in &explanation.requirements {
        let target = &*involved.target;
        let contested = is_core(target)
            || is_platform_package(target)
            || by_core.contains(target)
            || !involved.satisfiable;
        if let Some((name, version)) = &involved.package
            && !is_core(name)
            && contested
        {
            by_package
                .entry((name.to_string(), version.to_string()))
                .or_default()
                .push(involved);
        }
    }
    for ((name, version), requirements) in by_package {
        let wanted: Vec<String> = requirements
            .iter()
            .map(|requirement| format!("{} {}", requirement.target, requirement.constraint))
            .collect();
        findings.push(Finding {
            severity: Severity::Blocker,
            code: "package-blocks".to_string(),
            title: format!("{name} {version} does not go with {} {release}", target.name()),
            detail: format!(
                "It requires {}. Ask its vendor for a version that does, allow one in composer.json, or remove the package.",
                wanted.join(" and ")
            ),
            package: Some(name),
            path: None,
        });
    }
    let mut asked: Vec<(usize, String)> = Vec::new();
    for involved in &explanation.requirements {
        let hidden = unavailable
            .iter()
            .filter(|missing| missing.package == involved.target);
        asked.extend(hidden.map(|missing| (missing.repository, involved.target.to_string())));
    }
    asked.sort();
    asked.dedup();
    for (repository, package) in asked {
        let info = &source.repositories()[repository];
        let missing = unavailable
            .iter()
            .find(|missing| *missing.package == *package);
        let reason = missing.map_or_else(String::new, |missing| missing.error.to_string());
        findings.push(Finding {
            severity: Severity::Blocker,
            code: "repository-must-be-asked".to_string(),
            title: format!("{package} has to move, but its repository cannot be asked"),
            detail: format!("{} may have a version that fits: {reason}.", info.display()),
            package: Some(package),
            path: None,
        });
    }
    findings.push(Finding {
        severity: Severity::Blocker,
        code: "no-solution".to_string(),
        title: format!("No set of packages fits {} {release}", target.name()),
        detail: blocked.explanation.text.trim_matches('\n').to_string(),
        package: None,
        path: Some("composer.json".to_string()),
    });
    findings
}
