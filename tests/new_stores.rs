//! Every release as a new store with every profile: Composer finds nothing wrong with it and would lock the same packages,
//! or it has no solution either.
//!
//! `MAGESHIFT_REGISTRY` names a mirror folder with the metadata of releases; those whose core it does not have whole are
//! passed over, but for Mage-OS. `MAGESHIFT_SAMPLE=n` takes n cases, always the same ones. Composer's verdicts are remembered;
//! a first full run takes half an hour.

#[path = "support/cases.rs"]
mod cases;
mod common;
#[path = "support/composer.rs"]
mod composer;
#[path = "support/mirror.rs"]
mod mirror;
#[path = "support/recorded.rs"]
mod recorded;
#[path = "support/verdict.rs"]
mod verdict;

use cases::{folder, in_parallel, sample};
use common::run;
use mageshift::distribution::{Distribution, ReleaseCatalog, Target, compare_versions};
use mageshift::profile::{BaseEdition, Library};
use recorded::Recorded;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use verdict::{Judge, packages};

/// Releases of Magento before this one take PHP versions and Composer plugins that are long gone.
const OLDEST_MAGENTO: &str = "2.4.6";

/// Where the recorded packages of a buyer's own repository are.
const OWN_REPOSITORY: &str = "hyva-themes.repo.packagist.com";

/// A release of a distribution with a profile.
struct Case {
    distribution: Distribution,
    release: String,
    profile: String,
}

impl Case {
    fn name(&self) -> String {
        format!(
            "{} {} {}",
            self.distribution.id(),
            self.release,
            self.profile
        )
    }
}

/// How a case ended.
#[derive(Debug)]
enum Outcome {
    /// Composer agrees. The number of packages, and the one that mageshift names for the full edition.
    Accepted(usize, Option<usize>),
    /// There is no solution; why, in Composer's words.
    NoSolution(String),
    Wrong(String),
}

/// Every release that was recorded, with every profile that there is for it.
fn all_cases(recorded: &Recorded) -> Vec<Case> {
    let library = Library::bundled();
    let catalog = ReleaseCatalog::bundled();
    let mut cases = Vec::new();
    for distribution in Distribution::ALL {
        let full = Target::full(distribution);
        for release in catalog.releases(full) {
            let version = &release.version;
            let find = |target: Target| {
                let product = &target.facts().product;
                recorded.version(host(distribution), product, version)
            };
            let is_mage_os = distribution == Distribution::MageOs;
            let is_recent = compare_versions(version, OLDEST_MAGENTO).is_ge();
            let is_whole = |product: &Value| {
                let vendor = "magento/";
                release.is_stable() && recorded.has_pinned(host(distribution), vendor, product)
            };
            let has_full =
                find(full).is_some_and(|product| is_mage_os || is_recent && is_whole(&product));
            let has_minimal = is_mage_os && find(Target::MageOsMinimal).is_some();
            let profiles = library.profiles.iter().filter(|profile| {
                (profile.name != "hyva" || recorded.has_host(OWN_REPOSITORY))
                    && match profile.edition {
                        BaseEdition::Full => has_full,
                        BaseEdition::Minimal => has_minimal,
                    }
            });
            cases.extend(profiles.map(|profile| Case {
                distribution,
                release: version.clone(),
                profile: profile.name.clone(),
            }));
        }
    }
    cases
}

/// Where the packages of a distribution come from.
fn host(distribution: Distribution) -> &'static str {
    match distribution {
        Distribution::MageOs => "repo.mage-os.org",
        Distribution::Magento | Distribution::Commerce => "repo.magento.com",
    }
}

#[test]
fn composer_agrees_on_every_release_and_profile() {
    let Some(registry) = folder("MAGESHIFT_REGISTRY") else {
        return;
    };
    let recorded = Recorded::complete(&registry).expect("a registry folder");
    let Some(judge) = Judge::over(recorded.folder()) else {
        return;
    };
    let mut cases = all_cases(&recorded);
    sample(&mut cases, Case::name);
    let (started, finished) = (Instant::now(), AtomicUsize::new(0));
    let outcomes = in_parallel(&cases, |case| {
        let begun = Instant::now();
        let outcome = judged(&judge, recorded.folder(), case);
        let number = finished.fetch_add(1, Ordering::Relaxed) + 1;
        let took = begun.elapsed();
        eprintln!(
            "{number}/{} {}: {outcome:?} ({took:.1?})",
            cases.len(),
            case.name()
        );
        outcome
    });
    println!("{}", table(&cases, &outcomes));
    eprintln!("{} cases in {:.0?}", cases.len(), started.elapsed());
    let mut wrong = Vec::new();
    for (case, outcome) in cases.iter().zip(&outcomes) {
        match outcome {
            Outcome::Wrong(why) => wrong.push(format!("{}: {why}", case.name())),
            Outcome::Accepted(_, Some(whole))
                if counted(&cases, &outcomes, case).is_some_and(|full| full != *whole) =>
            {
                wrong.push(format!(
                    "{}: the full edition has not {whole} packages",
                    case.name()
                ));
            }
            _ => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// Makes the store, and asks Composer about it.
fn judged(judge: &Judge, registry: &Path, case: &Case) -> Outcome {
    let home = tempfile::tempdir().expect("a temporary folder");
    let own = format!("https://{OWN_REPOSITORY}/shop/");
    let mut arguments = vec!["new", "shop", "--yes", "--json", "--out", "plan.json"];
    arguments.extend(["--distribution", case.distribution.id()]);
    arguments.extend(["--release", &case.release, "--profile", &case.profile]);
    arguments.extend(["--offline", "--ignore-platform-reqs", "--mirror-dir"]);
    arguments.push(registry.to_str().expect("a folder in UTF-8"));
    if case.profile == "hyva" {
        arguments.extend(["--repository", &own]);
    }
    let made = run(home.path(), &arguments);
    let read = |file: &str| fs::read(home.path().join(file)).unwrap_or_default();
    let plan: Value = serde_json::from_slice(&read("plan.json")).unwrap_or_default();
    let Some(root) = plan["edits"][0]["after"].as_str() else {
        return Outcome::Wrong(format!("exit {:?}: {}", made.code, made.stderr));
    };
    let theirs = judge.lock(root.as_bytes());
    match (made.code, theirs.exit) {
        (Some(0), 0) => {}
        (Some(3), 2) => return Outcome::NoSolution(reason(&theirs.said, &case.release)),
        (code, exit) => {
            let said = format!("{}{}", made.stdout, made.stderr);
            let said = if exit == 0 { &said } else { &theirs.said };
            return Outcome::Wrong(format!("exit {code:?}, Composer's {exit}: {said}"));
        }
    }
    let (root, lock) = (read("shop/composer.json"), read("shop/composer.lock"));
    for verdict in [judge.validate(&root, &lock), judge.install(&root, &lock)] {
        if verdict.exit != 0 || verdict.said.contains("not up to date") {
            return Outcome::Wrong(format!(
                "Composer exits with {}: {}",
                verdict.exit, verdict.said
            ));
        }
    }
    let ours = packages(&serde_json::from_slice(&lock).unwrap_or_default());
    let theirs = theirs.said.lines().map(str::to_owned).collect();
    let differing: Vec<&String> = ours.symmetric_difference(&theirs).collect();
    if differing.is_empty() {
        Outcome::Accepted(ours.len(), full_edition(&plan))
    } else {
        Outcome::Wrong(format!("the locks differ in {differing:?}"))
    }
}

/// The number of packages that a plan names for the full edition: `312 packages; the full edition has 609`.
fn full_edition(plan: &Value) -> Option<usize> {
    let mut findings = plan["findings"].as_array()?.iter();
    let finding = findings.find(|finding| finding["code"] == "package-count")?;
    let (_, number) = finding["title"].as_str()?.rsplit_once(' ')?;
    number.parse().ok()
}

/// The packages of the full edition of the same release, when it is among the cases.
fn counted(cases: &[Case], outcomes: &[Outcome], of: &Case) -> Option<usize> {
    let is_full = |case: &Case| {
        (
            case.distribution,
            case.release.as_str(),
            case.profile.as_str(),
        ) == (of.distribution, of.release.as_str(), "full")
    };
    let place = cases.iter().position(is_full)?;
    match outcomes.get(place)? {
        Outcome::Accepted(count, _) => Some(*count),
        _ => None,
    }
}

/// What every problem that Composer names ends in, without what leads there; the same for releases that lack the same.
fn reason(said: &str, release: &str) -> String {
    let ends = said.lines().filter_map(|line| {
        let line = line.trim().strip_prefix("- ")?;
        let (_, end) = line.split_once(" -> ").unwrap_or(("", line));
        (!end.starts_with("satisfiable")).then(|| end.replace(release, "RELEASE"))
    });
    let ends: BTreeSet<String> = ends.collect();
    ends.into_iter().collect::<Vec<_>>().join(" ")
}

/// Release × profile as a table in Markdown: packages, and those of the full edition; below it why there is no solution.
fn table(cases: &[Case], outcomes: &[Outcome]) -> String {
    let mut profiles: Vec<&str> = Vec::new();
    let mut rows: Vec<(String, BTreeMap<&str, &Outcome>)> = Vec::new();
    for (case, outcome) in cases.iter().zip(outcomes) {
        if !profiles.contains(&case.profile.as_str()) {
            profiles.push(&case.profile);
        }
        let name = format!(
            "{} {}",
            Target::full(case.distribution).name(),
            case.release
        );
        match rows.last_mut().filter(|(last, _)| *last == name) {
            Some((_, row)) => {
                row.insert(&case.profile, outcome);
            }
            None => rows.push((name, BTreeMap::from([(case.profile.as_str(), outcome)]))),
        }
    }
    let mut text = format!(
        "| release | {} |\n|---|{}\n",
        profiles.join(" | "),
        "---|".repeat(profiles.len())
    );
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, row) in &rows {
        let _ = write!(text, "| {name} |");
        for profile in &profiles {
            let cell = match row.get(profile) {
                None => "".to_owned(),
                Some(Outcome::Accepted(count, None)) => format!("{count}"),
                Some(Outcome::Accepted(count, Some(whole))) => format!("{count} of {whole}"),
                Some(Outcome::Wrong(_)) => "WRONG".to_owned(),
                Some(Outcome::NoSolution(why)) => {
                    reasons
                        .entry(why)
                        .or_default()
                        .push(format!("{name} {profile}"));
                    "no solution".to_owned()
                }
            };
            let _ = write!(text, " {cell} |");
        }
        text.push('\n');
    }
    for (why, cases) in reasons {
        let _ = write!(text, "\nNo solution for {}: {why}\n", cases.join(", "));
    }
    text
}
