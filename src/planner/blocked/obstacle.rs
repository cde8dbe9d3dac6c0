//! One requirement of composer.json that does not go with a target, told in a merchant's terms.

use crate::plan::{Code, Finding};
use crate::planner::blocked::impasse::{Impasse, blocker, listed, not_found, unasked_repository};
use crate::planner::blocked::reason::{Reason, demanded, quoted};
use crate::planner::blocked::remedies::{Diagnosis, Line, LineInTheWay, Obstacle, WayOut};
use crate::planner::lock::unreachable::{perhaps_unread, unasked, unread};
use composer_engine::format::package::platform::is_platform_package;
use composer_engine::repository::PackageSource;
use composer_engine::resolve::explain::problem::{Involved, Relation};
use std::collections::BTreeSet;

/// What an obstacle is to the store's owner.
pub(crate) fn finding(
    impasse: &Impasse<'_>,
    diagnosis: &Diagnosis,
    obstacle: &Obstacle,
    source: &dyn PackageSource,
) -> Finding {
    let name = obstacle.name.as_str();
    let involved = &obstacle.explanation.requirements;
    let is_missing = involved.iter().any(|involved| {
        involved.package.is_none() && *involved.target == *name && !involved.satisfiable
    });
    let unavailable = &impasse.blocked.unavailable;
    let unasked = unasked(unavailable, source, &name.into(), impasse.locked);
    let unasked = unasked.map(|unasked| unasked_repository(impasse, name, unasked, source));
    if is_platform_package(name) {
        return platform(impasse, obstacle);
    }
    if is_missing {
        let unread = unread(unavailable, source, Some(name));
        return match unasked {
            Some(unasked) => unasked,
            None if !unread.is_empty() => perhaps_unread(name, &unread),
            None => missing(impasse, obstacle),
        };
    }
    let reason = Reason::new(impasse, diagnosis, obstacle);
    let target = format!("{} {}", impasse.target.name(), impasse.release);
    let own = match &*obstacle.constraint {
        "*" => name.to_string(),
        constraint => format!("{name} {constraint}"),
    };
    let mut contested = reason.contested();
    let others = reason.others_demands();
    if let Some(build) = impasse.own_build(name) {
        return impasse.own_build_blocks(build, &others);
    }
    if contested.is_empty() && !others.is_empty() {
        return blocker(
            Code::RequirementBlocks,
            format!("composer.json requires {own}, which does not go with {target}"),
            format!("{}. {}", listed(&others, "; "), advice(obstacle)),
            Some(name),
        );
    }
    let by_metadata = match contested.is_empty() {
        true => reason.contested_by_metadata(source),
        false => Vec::new(),
    };
    contested.extend(&by_metadata);
    let mut sentences = Vec::new();
    if contested.is_empty() {
        sentences.push(reason.quoted());
    } else {
        sentences.extend(reason.demands(&contested));
        sentences.extend(reason.what_there_is(&contested, source));
    }
    // Nobody knows what a repository has that could not be asked.
    if let (WayOut::Remove, Some(mut unasked)) = (&obstacle.way_out, unasked) {
        sentences.push(unasked.detail);
        unasked.detail = sentences.join(" ");
        return unasked;
    }
    sentences.push(advice(obstacle));
    blocker(
        Code::PackageBlocks,
        format!("{own} does not go with {target}"),
        sentences.join(" "),
        Some(name),
    )
}

/// A line of `replace` or `conflict` that does not go with the target.
pub(crate) fn line_finding(
    impasse: &Impasse<'_>,
    diagnosis: &Diagnosis,
    in_the_way: &LineInTheWay,
) -> Finding {
    let LineInTheWay { line, explanation } = in_the_way;
    let is_named = |name: &str| {
        let mut names = line.names.iter();
        names.any(|own| own.eq_ignore_ascii_case(name))
    };
    // Others may be installed with the line only.
    let is_in_solution = |involved: &&Involved| {
        involved.package.as_ref().is_none_or(|(name, version)| {
            let mut chosen = diagnosis.solution.iter();
            chosen.any(|chosen| {
                *chosen.package.pretty_name == **name && chosen.package.pretty_version == *version
            })
        })
    };
    let demands: BTreeSet<String> = explanation
        .requirements
        .iter()
        .filter(|involved| involved.relation == Relation::Requires && is_named(&involved.target))
        .filter(is_in_solution)
        .map(|involved| {
            let what = format!("{} {}", involved.target, demanded(involved));
            match &involved.package {
                Some((name, version)) => format!("{name} {version} requires {what}"),
                None => format!("composer.json requires {what}"),
            }
        })
        .collect();
    let why = match demands.is_empty() {
        true => quoted(explanation, &line.names),
        false => format!("{}.", listed(&demands, "; ")),
    };
    let (code, verb, effect) = match line.section {
        "replace" => (
            Code::ReplaceBlocks,
            "replaces",
            "With the line composer.json counts as that package in that version, and the package itself cannot be installed",
        ),
        _ => (
            Code::ConflictBlocks,
            "conflicts with",
            "With the line no such version can be installed",
        ),
    };
    let Line {
        name, constraint, ..
    } = line;
    let others = match diagnosis.lines.len() + diagnosis.obstacles.len() {
        0 | 1 => "",
        _ => " when the other blockers are out of the way as well",
    };
    let finding = blocker(
        code,
        format!(
            "composer.json {verb} {name} {constraint}, which does not go with {} {}",
            impasse.target.name(),
            impasse.release
        ),
        format!(
            "{effect}. {why} Remove `\"{name}\": \"{constraint}\"` from `{}` in composer.json: this was tried, and there is a solution without it{others}.",
            line.section
        ),
        Some(name),
    );
    finding.in_file("composer.json")
}

/// A requirement on PHP, an extension, a library or Composer itself: no repository has such, and nobody sells it.
fn platform(impasse: &Impasse<'_>, obstacle: &Obstacle) -> Finding {
    let (name, constraint) = (&obstacle.name, &obstacle.constraint);
    let words = obstacle.explanation.text.lines().find_map(|line| {
        line.trim_start()
            .strip_prefix("- ")
            .filter(|line| line.contains(name.as_str()))
    });
    let words = words.map_or_else(String::new, |words| format!("Composer says: {words} "));
    blocker(
        Code::PlatformBlocks,
        format!("composer.json requires {name} {constraint}, which the platform does not have"),
        format!(
            "{words}The plan is for {} {}. Change the requirement, or config.platform, in composer.json; --ignore-platform-req {name} leaves it to the server.",
            impasse.target.name(),
            impasse.release
        ),
        Some(name),
    )
}

/// A requirement that no repository satisfies.
fn missing(impasse: &Impasse<'_>, obstacle: &Obstacle) -> Finding {
    let name = obstacle.name.as_str();
    let advice = match &obstacle.way_out {
        WayOut::Allow(constraint) => format!("Other versions exist: allow {constraint} in composer.json."),
        WayOut::Remove => "Add the repository it comes from with its credentials, restore the composer.lock that holds it, or remove it from composer.json.".to_string(),
    };
    not_found(impasse, name, Some(&*obstacle.constraint), &advice)
}

/// What the owner can do, as it was tried.
fn advice(obstacle: &Obstacle) -> String {
    match &obstacle.way_out {
        WayOut::Allow(constraint) => {
            format!("A version that fits exists: allow {constraint} in composer.json.")
        }
        WayOut::Remove => "The repositories have no newer version that fits: ask its vendor for one, or remove it from composer.json.".to_string(),
    }
}
