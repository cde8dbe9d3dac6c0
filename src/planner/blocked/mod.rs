//! Why there is no way to a target, in a merchant's terms.

mod impasse;
pub(crate) mod nearest;
pub(crate) mod obstacle;
mod reason;
pub(crate) mod remedies;

pub(crate) use impasse::Impasse;

use crate::distribution::{Release, Target, is_core};
use crate::plan::sentence::count;
use crate::plan::{Code, Finding};
use crate::planner::blocked::remedies::Diagnosis;
use crate::planner::lock::unreachable::{perhaps_unread, unasked, unread, unread_findings};
use crate::project::ROOT;
use composer_engine::format::package::platform::is_platform_package;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::PackageSource;
use composer_engine::resolve::explain::problem::{Involved, Relation};
use composer_engine::resolve::world::Unavailable;
pub(crate) use impasse::listed;
use impasse::{MAX_LISTED, blocker, not_found, unasked_repository};
use std::collections::{BTreeMap, BTreeSet};

/// What may help where nothing was tried.
const ADVICE: &str =
    "Ask its vendor for a version that fits, allow one in composer.json, or remove the package.";

/// The blockers of a root that has no solution, and Composer's own text: one for each requirement that was found to stand in
/// the way; else one for each that takes part in the contradiction, for each package that nobody has and each repository
/// that would have to be asked.
pub(crate) fn findings(impasse: &Impasse<'_>, source: &dyn PackageSource) -> Vec<Finding> {
    let blocked = impasse.blocked;
    let mut findings = match impasse.diagnosis {
        Some(Diagnosis {
            core: Some(core), ..
        }) => {
            // Nothing is known about extensions while the core itself cannot be had; what nobody has is missing in any case.
            let mut findings = gaps(impasse, &core.requirements, Whose::Core);
            if findings.is_empty() {
                // A locked package that may stay can hide that there is no other one.
                findings = gaps(impasse, &blocked.explanation.requirements, Whose::Core);
            }
            if findings.is_empty() {
                // What the core brings along may lack something itself.
                findings = gaps(impasse, &core.requirements, Whose::Anybody);
            }
            findings.extend(unknown(impasse, source, &blocked.explanation.requirements));
            findings
        }
        Some(diagnosis) if !diagnosis.obstacles.is_empty() || !diagnosis.lines.is_empty() => {
            let lines = diagnosis.lines.iter();
            let lines = lines.map(|line| obstacle::line_finding(impasse, diagnosis, line));
            let obstacles = diagnosis.obstacles.iter();
            let obstacles =
                obstacles.map(|obstacle| obstacle::finding(impasse, diagnosis, obstacle, source));
            lines.chain(obstacles).collect()
        }
        _ => participants(impasse, source),
    };
    findings.extend(unread_findings(&blocked.unavailable, source));
    let not_read: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.leaves_it_open())
        .filter_map(|finding| finding.package.as_deref())
        .collect();
    let text = without_hints_on_options(blocked.explanation.text.trim_matches('\n'));
    if let Some(text) = without_guesses(&text, &not_read) {
        let title = format!(
            "No set of packages fits {} {}",
            impasse.target.name(),
            impasse.release
        );
        findings.push(blocker(Code::NoSolution, title, text, None).in_file(ROOT));
    }
    findings
}

/// Composer's text without the options that it recommends for `composer update`: a switch has none of them.
fn without_hints_on_options(text: &str) -> String {
    let parts = text.split("\n\n");
    let parts: Vec<&str> = parts
        .filter(|part| !part.starts_with("Use the option "))
        .collect();
    parts.join("\n\n")
}

/// Composer's text without what it guesses of packages whose repository was not read: that the name has a typo, that nobody
/// has it. Composer itself would have read that repository. None when nothing else is left of the text.
fn without_guesses(text: &str, not_read: &[&str]) -> Option<String> {
    const PROBLEM: &str = "  Problem ";
    if not_read.is_empty() {
        return Some(text.to_string());
    }
    let problems = text.split("\n\nPotential causes:").next().unwrap_or(text);
    let is_guess = |problem: &&str| {
        not_read
            .iter()
            .any(|name| problem.contains(&format!("requires {name}, it could not be found")))
    };
    let (guesses, others): (Vec<&str>, Vec<&str>) =
        problems.split(PROBLEM).skip(1).partition(is_guess);
    if guesses.is_empty() {
        return Some(text.to_string());
    }
    let others: String = others
        .iter()
        .map(|problem| format!("{PROBLEM}{}\n", problem.trim_end_matches('\n')))
        .collect();
    (!others.is_empty()).then(|| others.trim_end_matches('\n').to_string())
}

/// What takes part in the contradiction that the solver met.
fn participants(impasse: &Impasse<'_>, source: &dyn PackageSource) -> Vec<Finding> {
    let blocked = impasse.blocked;
    // What is contradictory only because the locked versions were not offered is nothing that anybody has to solve.
    let explanation = blocked.remaining.as_ref().unwrap_or(&blocked.explanation);
    let is_requirement = |involved: &&Involved| involved.relation == Relation::Requires;
    let requirements: Vec<Involved> = explanation
        .requirements
        .iter()
        .filter(is_requirement)
        .cloned()
        .collect();
    let mut findings = own_requirements(impasse, &requirements);
    findings.extend(extensions(impasse, &requirements));
    findings.extend(gaps(impasse, &requirements, Whose::Core));
    findings.extend(unknown(impasse, source, &requirements));
    findings.extend(in_vain(impasse, source, &requirements));
    findings
}

/// That the store can go to another release as it is.
pub(crate) fn nearest(target: Target, release: &Release) -> Finding {
    let upstream = release
        .upstream
        .as_deref()
        .filter(|upstream| *upstream != release.version)
        .map_or_else(String::new, |upstream| {
            format!(" It is based on Magento {upstream}.")
        });
    Finding::new(
        Code::NearestRelease,
        format!(
            "{} {} is the nearest release the store can go to as it is",
            target.name(),
            release.version
        ),
        format!(
            "Every extension stays required as composer.json has it.{upstream} Plan it with --to {}@{}.",
            target.word(),
            release.version
        ),
    )
}

/// Libraries that composer.json requires itself, in a version that does not go with what others need.
fn own_requirements(impasse: &Impasse<'_>, requirements: &[Involved]) -> Vec<Finding> {
    let mut by_name: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for involved in requirements {
        if let Some((name, version)) = &involved.package
            && is_own(impasse.root, &involved.target)
            && !is_own(impasse.root, name)
        {
            let wanted = format!(
                "{name} {version} requires {} {}",
                involved.target, involved.constraint
            );
            by_name.entry(&involved.target).or_default().insert(wanted);
        }
    }
    let requirements = impasse.root.all_requires();
    let finding = |(name, wanted): (&str, BTreeSet<String>)| {
        let own = requirements
            .get(name)
            .map_or("", |link| &link.pretty_constraint);
        blocker(
            Code::RequirementBlocks,
            format!(
                "composer.json requires {name} {own}, which does not go with {} {}",
                impasse.target.name(),
                impasse.release
            ),
            format!("{}. {ADVICE}", listed(&wanted, "; ")),
            Some(name),
        )
    };
    by_name.into_iter().map(finding).collect()
}

/// Whether composer.json requires a package that no distribution builds.
fn is_own(root: &RootPackage, name: &str) -> bool {
    let mut links = root.requires.iter().chain(&root.dev_requires);
    !is_core(name) && !is_platform_package(name) && links.any(|link| *link.target == *name)
}

/// Extensions that require what the target does not have.
fn extensions(impasse: &Impasse<'_>, requirements: &[Involved]) -> Vec<Finding> {
    let by_core: BTreeSet<&str> = requirements
        .iter()
        .filter(|involved| {
            let package = involved.package.as_ref();
            package.is_some_and(|(name, _)| is_core(name))
        })
        .map(|involved| &*involved.target)
        .collect();
    let mut by_package: BTreeMap<&str, BTreeMap<&str, BTreeSet<String>>> = BTreeMap::new();
    for involved in requirements {
        let target = &*involved.target;
        let contested = is_core(target)
            || is_platform_package(target)
            || by_core.contains(target)
            || !involved.satisfiable;
        if let Some((name, version)) = &involved.package
            && !is_core(name)
            && contested
            && (is_own(impasse.root, name) || !is_own(impasse.root, target))
        {
            let wanted = format!("{target} {}", involved.constraint);
            let versions = by_package.entry(name).or_default();
            versions.entry(version).or_default().insert(wanted);
        }
    }
    let finding = |(name, versions): (&str, BTreeMap<&str, BTreeSet<String>>)| {
        let target = format!("{} {}", impasse.target.name(), impasse.release);
        let wants: Vec<(String, String)> = versions
            .iter()
            .map(|(version, wanted)| {
                let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
                ((*version).to_string(), wanted.join(" and "))
            })
            .collect();
        let (title, mut detail) = match wants.as_slice() {
            [(version, wanted)] => (
                format!("{name} {version} does not go with {target}"),
                format!("It requires {wanted}."),
            ),
            _ => {
                let listed: Vec<String> = wants
                    .iter()
                    .take(MAX_LISTED)
                    .map(|(version, wanted)| format!("{version} requires {wanted}"))
                    .collect();
                let more = match wants.len().saturating_sub(MAX_LISTED) {
                    0 => String::new(),
                    more => format!("; and {} likewise", count(more, "more version")),
                };
                (
                    format!("{name} does not go with {target}"),
                    format!("{}{more}.", listed.join("; ")),
                )
            }
        };
        detail.push(' ');
        detail.push_str(ADVICE);
        blocker(Code::PackageBlocks, title, detail, Some(name))
    };
    by_package.into_iter().map(finding).collect()
}

/// Whose requirements make a gap in the core.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Those of core packages.
    Core,
    /// Those of all packages, where nothing but the core was asked for.
    Anybody,
}

/// Packages that no repository has in the version that the target's core needs.
fn gaps(impasse: &Impasse<'_>, requirements: &[Involved], whose: Whose) -> Vec<Finding> {
    let missing = requirements.iter().filter(|involved| {
        let by_core = involved.package.as_ref().map_or_else(
            || is_core(&involved.target),
            |(name, _)| is_core(name) || whose == Whose::Anybody,
        );
        by_core && !involved.satisfiable && !is_platform_package(&involved.target)
    });
    // What an own build takes the place of is not looked for anywhere else.
    let (hidden, missing): (Vec<&Involved>, Vec<&Involved>) =
        missing.partition(|involved| impasse.own_build(&involved.target).is_some());
    let mut by_build: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for involved in hidden {
        let demands = by_build.entry(&involved.target).or_default();
        if let Some((name, version)) = &involved.package {
            let Involved {
                target, constraint, ..
            } = involved;
            demands.insert(format!("{name} {version} requires {target} {constraint}"));
        }
    }
    let mut findings: Vec<Finding> = by_build
        .into_iter()
        .filter_map(|(name, demands)| {
            Some(impasse.own_build_blocks(impasse.own_build(name)?, &demands))
        })
        .collect();
    let needed: BTreeSet<String> = missing
        .into_iter()
        .map(|involved| format!("{} {}", involved.target, involved.constraint))
        .collect();
    if needed.is_empty() {
        return findings;
    }
    findings.push(blocker(
        Code::CoreIncomplete,
        format!(
            "The repositories do not have all of {} {}",
            impasse.target.name(),
            impasse.release
        ),
        format!(
            "{} cannot be had from any repository that composer.json names in this order. A mirror may lack it, a filter may hide it, or the keys may not entitle to it; another release may be complete.",
            listed(&needed, ", ")
        ),
        None,
    ));
    findings
}

/// Packages of the owner's that no repository has at all.
fn unknown(
    impasse: &Impasse<'_>,
    source: &dyn PackageSource,
    requirements: &[Involved],
) -> Vec<Finding> {
    let unavailable = |name: &str| {
        let mut missing = impasse.blocked.unavailable.iter();
        missing.any(|missing| *missing.package == *name)
    };
    let missing: BTreeSet<&str> = requirements
        .iter()
        .filter(|involved| involved.package.is_none() && !involved.satisfiable)
        .map(|involved| &*involved.target)
        .filter(|name| !is_core(name) && !is_platform_package(name) && !unavailable(name))
        .collect();
    let finding = |name: &str| {
        let unread = unread(&impasse.blocked.unavailable, source, Some(name));
        if !unread.is_empty() {
            return perhaps_unread(name, &unread);
        }
        not_found(
            impasse,
            name,
            None,
            "Add the repository it comes from with its credentials, restore the composer.lock that holds it, or remove the package.",
        )
    };
    missing.into_iter().map(finding).collect()
}

/// Repositories that could not be asked about a package that has to move.
fn in_vain(
    impasse: &Impasse<'_>,
    source: &dyn PackageSource,
    requirements: &[Involved],
) -> Vec<Finding> {
    let mut asked: BTreeMap<(usize, &str), &Unavailable> = BTreeMap::new();
    for involved in requirements {
        let name = &involved.target;
        // What another repository has does not wait for this one.
        let missing = unasked(&impasse.blocked.unavailable, source, name, impasse.locked);
        if let Some(missing) = missing.filter(|_| !is_core(name)) {
            asked.insert((missing.repository, name), missing);
        }
    }
    asked
        .into_iter()
        .map(|((_, name), missing)| unasked_repository(impasse, name, missing, source))
        .collect()
}
