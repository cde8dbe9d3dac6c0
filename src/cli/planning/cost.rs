//! What a choice would cost the store: found by planning it, while the choice is looked at.

use crate::cli::screen::list::Costs;
use crate::distribution::{Release, ReleaseCatalog, Target, TargetSpec};
use crate::fleet::nobody::Nobody;
use crate::plan::sentence::count;
use crate::plan::{ChangeKind, Code, Finding, Plan};
use crate::planner::destination::release::today;
use crate::planner::pipeline::switch;
use crate::planner::wish::{Aim, Wish};
use crate::project::Project;
use composer_engine::repository::Options;
use std::sync::Arc;
use std::sync::mpsc::channel;

/// The plan for a target, or in a few words why there is none. May be called from another thread.
pub(crate) type Estimate = Arc<dyn Fn(&TargetSpec) -> Result<Plan, String> + Send + Sync>;

/// What is told of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    /// All, where the choice does not name its release.
    WithRelease,
    /// All but what the choice names.
    WithoutRelease,
}

/// Looks for what the targets cost, one after the other, until nobody listens any more.
pub(crate) fn look_for(estimate: Estimate, specs: Vec<TargetSpec>, told: Told) -> Costs {
    let (send, costs) = channel();
    let look = move || {
        for (index, spec) in specs.iter().enumerate() {
            let cost = match estimate(spec) {
                Ok(plan) => words(&plan, told),
                Err(why) => why,
            };
            if send.send((index, cost)).is_err() {
                break;
            }
        }
    };
    // Without a thread the list is shown all the same, without costs.
    let _ = std::thread::Builder::new()
        .name("costs".to_owned())
        .spawn(look);
    costs
}

/// Plans a target of the store as the wish has it, with the recommended answer to what it leaves open.
pub(crate) fn of(
    project: &Project,
    options: &Options,
    wish: &Wish,
    spec: &TargetSpec,
) -> Result<Plan, String> {
    let wish = Wish {
        aim: Aim::Switch(Some(spec.clone())),
        without_advice: true,
        ..wish.clone()
    };
    match switch::plan(project, options, wish, &Nobody) {
        Ok(planned) => Ok(planned.plan),
        Err(error) => Err(error.to_string()),
    }
}

/// What a plan costs: where it leads, what stands in the way, what is lost, what moves.
fn words(plan: &Plan, told: Told) -> String {
    let mut words = Vec::new();
    if told == Told::WithRelease {
        words.extend(release(plan));
    }
    let blockers: Vec<&Finding> = plan
        .findings
        .iter()
        .filter(|finding| finding.is_blocker())
        .collect();
    if let Some(first) = blockers.first() {
        let by = match &first.package {
            Some(package) => format!("blocked by {package}"),
            None => format!("blocked: {}", first.title),
        };
        words.push(match blockers.len() - 1 {
            0 => by,
            more => format!("{by}, and {more} more"),
        });
    }
    if plan.has_finding(Code::DataLoss) {
        words.push("loses data".to_owned());
    }
    if blockers.is_empty() {
        words.push(moves(plan));
    }
    words.join(", ")
}

/// The release that a plan leads to, with its PHP and how long it gets fixes.
fn release(plan: &Plan) -> Vec<String> {
    let side = &plan.target;
    let Some(version) = &side.release else {
        return Vec::new();
    };
    let other = side
        .upstream
        .as_ref()
        .filter(|upstream| *upstream != version);
    let mut words = vec![match other {
        Some(upstream) => format!("{version} (Magento {upstream})"),
        None => version.clone(),
    }];
    let catalog = ReleaseCatalog::bundled();
    let known = side
        .target()
        .and_then(|target| catalog.facts(target, version));
    let target = side.target();
    let facts = known
        .zip(target)
        .map(|(release, target)| facts(&catalog, target, release));
    words.extend(facts.into_iter().flatten());
    words
}

/// The PHP of a release, and how long it gets fixes, as far as that is known.
pub(crate) fn facts(catalog: &ReleaseCatalog, target: Target, release: &Release) -> Vec<String> {
    let php = release.php_series();
    let php = (!php.is_empty()).then(|| format!("PHP {}", php.join(", ")));
    let fixes = today().and_then(|today| fixes(catalog, target, release, &today));
    php.into_iter().chain(fixes).collect()
}

/// How long a release gets fixes, as of a day.
fn fixes(
    catalog: &ReleaseCatalog,
    target: Target,
    release: &Release,
    today: &str,
) -> Option<String> {
    if let Some(ended) = catalog.out_of_support(target, release, today) {
        return Some(format!("no fixes since {ended}"));
    }
    match &release.support_end {
        Some(end) => Some(format!("fixes until {end}")),
        None => target
            .distribution()
            .facts()
            .only_newest_supported
            .then(|| "fixes until the next release".to_owned()),
    }
}

/// How many extensions do not keep their version.
fn moves(plan: &Plan) -> String {
    if !plan.changes_files() {
        return "nothing changes".to_owned();
    }
    let names: Vec<&str> = plan
        .background
        .extensions
        .iter()
        .map(|extension| extension.name.as_str())
        .collect();
    let of = |kinds: &[ChangeKind]| {
        plan.changes
            .iter()
            .filter(|change| !change.core && kinds.contains(&change.kind))
            .filter(|change| names.contains(&change.package.as_str()))
            .count()
    };
    let gone = of(&[ChangeKind::Remove]);
    let moved = of(&[
        ChangeKind::Update,
        ChangeKind::Downgrade,
        ChangeKind::Rename,
    ]);
    let mut text = match (moved, names.is_empty()) {
        (0, true) => return "no extensions".to_owned(),
        (0, false) => "no extension moves".to_owned(),
        (1, _) => "1 extension moves".to_owned(),
        (more, _) => format!("{} move", count(more, "extension")),
    };
    if gone > 0 {
        text.push_str(&format!(", {gone} gone"));
    }
    text
}
