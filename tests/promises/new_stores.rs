//! Every release as a new store with every profile: Composer finds nothing wrong with it and would lock the same packages,
//! or it has no solution either.
//!
//! `MAGESHIFT_REGISTRY` names a mirror folder with the metadata of releases; those whose core it does not have whole are
//! passed over, but for Mage-OS. `MAGESHIFT_SAMPLE=n` takes n cases, always the same ones. Composer's verdicts are remembered;
//! a first full run takes half an hour.

use crate::kit::cases::{folder, in_parallel, sample};
use crate::kit::recorded::Recorded;
use crate::kit::run;
use crate::kit::verdict::{Judge, packages};
use mageshift::distribution::{Distribution, ReleaseCatalog, Target, compare_versions};
use mageshift::profile::{BaseEdition, Library};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Releases of Magento before this one take PHP versions and Composer plugins that are long gone.
const OLDEST_MAGENTO: &str = "2.4.6";

/// A buyer's own repository, and where its recorded packages are.
const OWN_REPOSITORY: &str = "https://hyva-themes.repo.packagist.com/shop/";
const OWN_HOST: &str = "hyva-themes.repo.packagist.com";

/// A release of a distribution with a profile.
struct Case {
    distribution: Distribution,
    release: String,
    profile: String,
}

impl Case {
    fn flags(&self) -> Vec<&str> {
        let mut flags = vec!["--distribution", self.distribution.id()];
        flags.extend(["--release", &self.release, "--profile", &self.profile]);
        if self.profile == "hyva" {
            flags.extend(["--repository", OWN_REPOSITORY]);
        }
        flags
    }

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
    /// Composer agrees. How many packages there are, how many of them are core, and how many core packages the full edition is
    /// said to have.
    Accepted {
        packages: usize,
        core: usize,
        full_core: Option<usize>,
    },
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
                (profile.name != "hyva" || recorded.has_host(OWN_HOST))
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
        let outcome = judged(&judge, recorded.folder(), &case.flags());
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
        if let Outcome::Wrong(why) = outcome {
            wrong.push(format!("{}: {why}", case.name()));
        }
        if let Outcome::Accepted {
            full_core: Some(said),
            ..
        } = outcome
            && let Some((_, core)) = full_edition(&cases, &outcomes, case)
            && core != *said
        {
            wrong.push(format!(
                "{}: the full edition has {core} core packages, not {said}",
                case.name()
            ));
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

/// The same, of what comes with the tests.
#[test]
fn composer_agrees_on_the_bundled_recording() {
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/recording");
    let Some(judge) = Judge::over(&recording) else {
        return;
    };
    let cases: [&[&str]; 4] = [
        &["--profile", "minimal"],
        &["--profile", "lite"],
        &[
            "--profile",
            "minimal",
            "--with",
            "inventory",
            "--without",
            "graphql",
        ],
        &["--distribution", "magento", "--release", "2.4.8-p4"],
    ];
    for flags in cases {
        let outcome = judged(&judge, &recording, flags);
        assert!(
            matches!(outcome, Outcome::Accepted { .. }),
            "{flags:?}: {outcome:?}"
        );
    }
}

/// Makes the store, and asks Composer about it.
fn judged(judge: &Judge, registry: &Path, flags: &[&str]) -> Outcome {
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut arguments = vec!["new", "shop", "--yes", "--json", "--out", "plan.json"];
    arguments.extend(["--offline", "--ignore-platform-reqs", "--mirror-dir"]);
    arguments.push(registry.to_str().expect("a folder in UTF-8"));
    arguments.extend(flags);
    let made = run(home.path(), &arguments);
    let read = |file: &str| fs::read(home.path().join(file)).unwrap_or_default();
    let plan: Value = serde_json::from_slice(&read("plan.json")).unwrap_or_default();
    let Some(root) = plan["edits"][0]["after"].as_str() else {
        return Outcome::Wrong(format!("exit {:?}: {}", made.code, made.stderr));
    };
    let theirs = judge.lock(root.as_bytes());
    match (made.code, theirs.exit) {
        (Some(0), 0) => {}
        (Some(3), 2) => {
            return Outcome::NoSolution(reason(&theirs.said, &plan["target"]["release"]));
        }
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
        let changes = plan["changes"].as_array().into_iter().flatten();
        Outcome::Accepted {
            packages: ours.len(),
            core: changes.filter(|change| change["core"] == true).count(),
            full_core: full_core(&plan),
        }
    } else {
        Outcome::Wrong(format!("the locks differ in {differing:?}"))
    }
}

/// The number that a plan names for the full edition: `114 core packages; the full edition has 354`.
fn full_core(plan: &Value) -> Option<usize> {
    let mut findings = plan["findings"].as_array()?.iter();
    let finding = findings.find(|finding| finding["code"] == "package-count")?;
    let (_, number) = finding["title"].as_str()?.rsplit_once(' ')?;
    number.parse().ok()
}

/// All packages and the core packages of the full edition of the same release, when it is among the cases.
fn full_edition(cases: &[Case], outcomes: &[Outcome], of: &Case) -> Option<(usize, usize)> {
    let is_full = |case: &Case| {
        let release = (case.distribution, case.release.as_str());
        release == (of.distribution, of.release.as_str()) && case.profile == "full"
    };
    match outcomes.get(cases.iter().position(is_full)?)? {
        Outcome::Accepted { packages, core, .. } => Some((*packages, *core)),
        _ => None,
    }
}

/// What every problem that Composer names ends in, without what leads there; the same for releases that lack the same.
fn reason(said: &str, release: &Value) -> String {
    let release = release.as_str().unwrap_or_default();
    let ends = said.lines().filter_map(|line| {
        let line = line.trim().strip_prefix("- ")?;
        let (_, end) = line.split_once(" -> ").unwrap_or(("", line));
        (!end.starts_with("satisfiable")).then(|| end.replace(release, "RELEASE"))
    });
    let ends: BTreeSet<String> = ends.collect();
    ends.into_iter().collect::<Vec<_>>().join(" ")
}

/// Release × profile as a table in Markdown: packages, of as many in the full edition; below it why there is no solution.
fn table(cases: &[Case], outcomes: &[Outcome]) -> String {
    let mut profiles: Vec<&str> = Vec::new();
    let mut rows: Vec<(String, BTreeMap<&str, String>)> = Vec::new();
    let mut reasons: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (case, outcome) in cases.iter().zip(outcomes) {
        if !profiles.contains(&case.profile.as_str()) {
            profiles.push(&case.profile);
        }
        let release = format!(
            "{} {}",
            Target::full(case.distribution).name(),
            case.release
        );
        let cell = match outcome {
            Outcome::Accepted { packages, .. } if case.profile == "full" => packages.to_string(),
            Outcome::Accepted { packages, .. } => match full_edition(cases, outcomes, case) {
                Some((whole, _)) => format!("{packages} of {whole}"),
                None => packages.to_string(),
            },
            Outcome::Wrong(_) => "WRONG".to_owned(),
            Outcome::NoSolution(why) => {
                let same = reasons.entry(why).or_default();
                same.push(format!("{release} {}", case.profile));
                "no solution".to_owned()
            }
        };
        if rows.last().is_none_or(|(last, _)| *last != release) {
            rows.push((release, BTreeMap::new()));
        }
        rows.last_mut()
            .expect("just there")
            .1
            .insert(&case.profile, cell);
    }
    let line = "---|".repeat(profiles.len());
    let mut text = format!("| release | {} |\n|---|{line}\n", profiles.join(" | "));
    for (release, row) in &rows {
        let cells = profiles
            .iter()
            .map(|profile| row.get(profile).map_or("", String::as_str));
        let _ = writeln!(
            text,
            "| {release} | {} |",
            cells.collect::<Vec<_>>().join(" | ")
        );
    }
    for (why, cases) in reasons {
        let _ = write!(text, "\nNo solution for {}: {why}\n", cases.join(", "));
    }
    text
}
