//! The nearest release of a target that a blocked store can go to as it is.

use crate::distribution::{Release, Target, compare_versions, line};
use crate::planner::composer_files::merge_plugin::IncludedFile;
use crate::planner::destination::Destination;
use crate::planner::destination::decisions::{answers, merge};
use crate::planner::error::PlanError;
use crate::planner::lock::question::{Question, Setting};
use crate::planner::phase;
use crate::planner::root::Answers;
use crate::planner::survey::Survey;
use crate::planner::wish::Wish;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::{PackageSource, RepositorySet};
use composer_engine::resolve::request::Requirement;
use composer_engine::resolve::solvability::{Requirements, RootFamily, Solvability};
use composer_engine::resolve::update::UpdateOptions;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use serde_json::Value;
use std::sync::Arc;
use tracing::{debug, debug_span};

/// Looks for a release that has a solution without another constraint for any extension. Releases that are based on an
/// older Magento than the store are left out, as data do not go back.
pub(crate) fn nearest_release(
    survey: &Survey<'_>,
    blocked: &Destination,
    wish: &Wish,
) -> Result<Option<Release>, PlanError> {
    let _span = debug_span!(phase::NEAREST).entered();
    let source = survey.repositories(blocked.target)?;
    let releases = by_distance(survey, blocked.target, &blocked.release);
    let search = Search {
        survey,
        source: &source,
        target: blocked.target,
        wish,
    };
    // As many at once as there are processors, so that a near release is found without trying all of them.
    let (first, rest) = releases.split_at(rayon::current_num_threads().min(releases.len()));
    let answers: Vec<Result<bool, PlanError>> = first
        .par_iter()
        .map(|release| search.way(release)?.is_open())
        .collect();
    for (release, answer) in first.iter().zip(answers) {
        if answer? {
            return Ok(Some((*release).clone()));
        }
    }
    // Most often no other is, either. Over one pool for all that are left, that is found out for many at once.
    for some in rest.chunks(MOST_AT_ONCE) {
        let ways: Result<Vec<Way<'_>>, PlanError> =
            some.par_iter().map(|release| search.way(release)).collect();
        let ways = ways?;
        let family = Family::of(&ways)?;
        for way in &ways {
            if !family.rules_out(way)? && way.is_open()? {
                return Ok(Some(way.destination.release.clone()));
            }
        }
    }
    Ok(None)
}

/// How many releases share one pool. It grows with them.
const MOST_AT_ONCE: usize = 16;

/// What releases are looked for with.
struct Search<'a> {
    survey: &'a Survey<'a>,
    source: &'a RepositorySet,
    target: Target,
    wish: &'a Wish,
}

impl Search<'_> {
    /// What a switch to a release makes of the root.
    fn way(&self, release: &Release) -> Result<Way<'_>, PlanError> {
        let Search {
            survey,
            source,
            target,
            wish,
        } = self;
        let destination = Destination::at(survey, *source, *target, release.clone());
        let first = merge(survey, &destination, &Answers::new())?;
        let merged = merge(survey, &destination, &answers(&first.conflicts, wish))?;
        Ok(Way {
            survey,
            wish,
            destination,
            root: merged.document.value().clone(),
            included: merged.included,
        })
    }
}

/// A release, and the root that a switch to it makes.
struct Way<'a> {
    survey: &'a Survey<'a>,
    wish: &'a Wish,
    destination: Destination,
    root: Value,
    included: Vec<IncludedFile>,
}

impl Way<'_> {
    fn question(&self) -> Result<Question<'_>, PlanError> {
        Question::new(self.survey, self.wish, &self.destination, &self.included)
    }

    /// Whether the release can be reached.
    fn is_open(&self) -> Result<bool, PlanError> {
        let question = self.question()?;
        // The first is what most releases fail by.
        let is_open = question.has_solution(&question.setting(&self.root)?)?
            && question.has_core(&self.root)?;
        debug!(release = %self.destination.release.version, is_open, "tried");
        Ok(is_open)
    }
}

/// Releases that differ in nothing but what their roots require, and one pool for all of them.
struct Family {
    /// What the roots have in common; none when there are none.
    common: Option<(String, Solvability)>,
}

impl Family {
    /// Those that are like the first one.
    fn of(ways: &[Way<'_>]) -> Result<Self, PlanError> {
        let [first, others @ ..] = ways else {
            return Ok(Self { common: None });
        };
        let question = first.question()?;
        let mut setting = question.setting(&first.root)?;
        let likeness = likeness(&setting, &first.root);
        let requirements = requirements(&setting);
        let mut variants: Vec<(Arc<str>, Requirement)> = Vec::new();
        let mut optional: FxHashSet<Arc<str>> = FxHashSet::default();
        let mut roots = vec![setting.root.clone()];
        for way in others {
            let question = way.question()?;
            let setting = question.setting(&way.root)?;
            let own = self::requirements(&setting);
            roots.push(setting.root.clone());
            let missing = requirements.keys().filter(|name| !own.contains_key(*name));
            optional.extend(missing.cloned());
            variants.extend(own.into_iter().filter(|(name, requirement)| {
                requirements
                    .get(name)
                    .is_none_or(|known| known.constraint != requirement.constraint)
            }));
        }
        allow_what_any_allows(&mut setting.root, &roots);
        setting.source = question.source(&first.root, &setting.root)?;
        let options = UpdateOptions {
            // Each release has one of its own.
            temporary: Vec::new(),
            ..question.lenient(&setting)
        };
        let family = RootFamily {
            root: &setting.root,
            variants: &variants,
            optional: &optional,
        };
        let solvability =
            Solvability::new(&setting.source, family, question.locked.as_ref(), &options);
        // The version of a root may differ, which matters to nobody unless somebody asks for the root.
        let is_asked_for = solvability.is_asked_for(&setting.root.package.name);
        Ok(Self {
            common: (!is_asked_for).then_some((likeness, solvability)),
        })
    }

    /// Whether it is certain that a release cannot be reached.
    fn rules_out(&self, way: &Way<'_>) -> Result<bool, PlanError> {
        let Some((likeness, solvability)) = &self.common else {
            return Ok(false);
        };
        let question = way.question()?;
        let setting = question.setting(&way.root)?;
        Ok(*likeness == self::likeness(&setting, &way.root)
            && !solvability.holds(&requirements(&setting)))
    }
}

fn requirements(setting: &Setting) -> Requirements {
    let links = setting.root.all_requires().into_iter();
    links.map(|(name, link)| (name, link.into())).collect()
}

/// Lets a root take versions as unstable as any of some roots does.
fn allow_what_any_allows(root: &mut RootPackage, roots: &[RootPackage]) {
    let allowed = |name: &Arc<str>| {
        let of_root = |root: &RootPackage| {
            *root
                .stability_flags
                .get(name)
                .unwrap_or(&root.minimum_stability)
        };
        roots.iter().map(of_root).max()
    };
    let names = roots.iter().flat_map(|root| root.stability_flags.keys());
    let flags = names.filter_map(|name| Some((name.clone(), allowed(name)?)));
    root.stability_flags = flags.collect();
    let minimum = roots.iter().map(|root| root.minimum_stability).max();
    root.minimum_stability = minimum.unwrap_or(root.minimum_stability);
}

/// All that a solve depends on besides what the root requires and its version, and how stable it wants packages.
fn likeness(setting: &Setting, document: &Value) -> String {
    let RootPackage {
        package,
        prefer_stable,
        aliases,
        references,
        ..
    } = &setting.root;
    let platform: Vec<String> = setting
        .platform
        .packages
        .iter()
        .map(|package| format!("{} {}", package.name, package.version))
        .collect();
    format!(
        "{:?}",
        (
            (
                &package.name,
                &package.conflicts,
                &package.provides,
                &package.replaces
            ),
            (prefer_stable, aliases, references),
            (setting.source.repositories(), document.get("repositories")),
            (platform, &setting.filter),
        )
    )
}

/// The other finished releases of a target, in the order in which they are worth trying: the newest of each upstream line, the
/// nearest line first and of two as near the newer one; then the rest likewise; and those with a known fault last.
fn by_distance<'s>(survey: &'s Survey<'_>, target: Target, wanted: &Release) -> Vec<&'s Release> {
    let line_of = |release: &Release| release.upstream.as_deref().map(line);
    let all = survey.catalog.releases(target);
    let mut lines: Vec<String> = all.iter().chain([wanted]).filter_map(line_of).collect();
    lines.sort_by(|a, b| compare_versions(a, b));
    lines.dedup();
    let place = |release: &Release| {
        let own = line_of(release)?;
        lines.iter().position(|line| *line == own)
    };
    let at = place(wanted).unwrap_or(lines.len());
    let mut others: Vec<&Release> = all
        .iter()
        .rev()
        .filter(|release| {
            release.version != wanted.version
                && release.is_stable()
                && !survey.is_downgrade(release)
                // Where the store is already it need not go.
                && !survey.is_at(target, release)
        })
        .collect();
    // Newest first within each line, as the sort is stable.
    others.sort_by_key(|release| {
        let place = place(release).unwrap_or(lines.len());
        (place.abs_diff(at), place < at)
    });
    let mut seen = Vec::new();
    let (first, rest): (Vec<&Release>, Vec<&Release>) = others.into_iter().partition(|release| {
        let line = line_of(release);
        let is_newest = release.defect.is_none() && !seen.contains(&line);
        if is_newest {
            seen.push(line);
        }
        is_newest
    });
    let (sound, faulty): (Vec<&Release>, Vec<&Release>) = rest
        .into_iter()
        .partition(|release| release.defect.is_none());
    first.into_iter().chain(sound).chain(faulty).collect()
}
