//! Every real store in every direction: either a lock that Composer installs from, or blockers that Composer confirms and that
//! are gone when the owner does what they advise.
//!
//! `MAGESHIFT_STORES` names a folder of stores (one folder each, with composer.json and perhaps composer.lock), and
//! `MAGESHIFT_REGISTRY` a mirror folder with the metadata of what they use. `MAGESHIFT_SAMPLE=n` takes n cases, always
//! the same ones; `MAGESHIFT_RELEASES=default` or `newest` takes one half. Composer's verdicts are remembered; a first
//! full run takes the better part of an hour.

use crate::kit::cases::{folder, in_parallel, sample};
use crate::kit::registry::only_locked;
use crate::kit::store::{Run, Store};
use crate::kit::verdict::{Judge, Relief};
use mageshift::preview::Masker;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const TARGETS: [&str; 5] = [
    "mage-os",
    "mage-os-minimal",
    "magento",
    "commerce",
    "commerce-cloud",
];
/// The default release of each target, and its newest one.
const RELEASES: [&str; 2] = ["", "@*"];

/// The releases that are asked for: both, or the half that `MAGESHIFT_RELEASES` names.
fn releases() -> &'static [&'static str] {
    match std::env::var("MAGESHIFT_RELEASES").as_deref() {
        Ok("default") => &RELEASES[..1],
        Ok("newest") => &RELEASES[1..],
        _ => &RELEASES,
    }
}

/// How one case ended.
#[derive(Debug)]
enum Outcome {
    /// Composer installs from the new lock.
    Accepted,
    /// Composer fails on the same root; the codes of the blockers.
    Blocked(Vec<String>),
    Wrong(String),
}

impl Outcome {
    fn sign(&self) -> &'static str {
        match self {
            Self::Accepted => "ok",
            Self::Blocked(_) => "block",
            Self::Wrong(_) => "WRONG",
        }
    }
}

#[test]
fn every_store_in_every_direction() {
    let (Some(stores), Some(registry)) = (folder("MAGESHIFT_STORES"), folder("MAGESHIFT_REGISTRY"))
    else {
        return;
    };
    let Some(judge) = Judge::over(&registry) else {
        return;
    };
    let stores: Vec<Store> = Store::all(&stores)
        .into_iter()
        .filter(Store::is_recent)
        .collect();
    let mut cases: Vec<(&Store, String)> = Vec::new();
    // The default releases first: a run that is cut short has then seen every direction.
    for release in releases() {
        for store in &stores {
            cases.extend(TARGETS.map(|target| (store, format!("{target}{release}"))));
        }
    }
    sample(&mut cases, |(store, target)| {
        format!("{} {target}", store.name)
    });
    let started = Instant::now();
    let finished = AtomicUsize::new(0);
    let outcomes = in_parallel(&cases, |(store, target)| {
        let begun = Instant::now();
        let outcome = switch(&judge, store, target, &registry);
        let number = finished.fetch_add(1, Ordering::Relaxed) + 1;
        eprintln!(
            "{number}/{} {:5} {} to {target} ({:.1?})",
            cases.len(),
            outcome.sign(),
            store.name,
            begun.elapsed()
        );
        if let Outcome::Wrong(why) = &outcome {
            eprintln!("{why}");
        }
        outcome
    });
    report(&cases, &outcomes);
    eprintln!("{} cases in {:.0?}", cases.len(), started.elapsed());
    let wrong = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, Outcome::Wrong(_)))
        .count();
    assert_eq!(
        wrong,
        0,
        "{wrong} of {} cases are wrong, see the table",
        cases.len()
    );
}

/// What is printed without options fits a screen, and a small one where nothing is wrong, and leaves out no blocker and no warning:
/// each is named, or counted behind others of its kind.
#[test]
fn the_verdict_fits_a_screen_and_names_what_is_wrong() {
    let (Some(stores), Some(registry)) = (folder("MAGESHIFT_STORES"), folder("MAGESHIFT_REGISTRY"))
    else {
        return;
    };
    let stores = Store::all(&stores);
    let mut cases: Vec<(&Store, &str)> = Vec::new();
    for store in &stores {
        cases.extend(TARGETS.map(|target| (store, target)));
    }
    sample(&mut cases, |(store, target)| {
        format!("{} {target}", store.name)
    });
    let heights = in_parallel(&cases, |(store, target)| {
        let (shown, plan) = store.preview(target, &registry);
        let wrong = why_no_screen(&shown, &plan);
        if let Some(wrong) = &wrong {
            eprintln!("{} to {target}: {wrong}\n{shown}", store.name);
        }
        (shown.lines().count(), wrong.is_some())
    });
    let mut lines: Vec<usize> = heights.iter().map(|(lines, _)| *lines).collect();
    lines.sort_unstable();
    let wrong = heights.iter().filter(|(_, is_wrong)| *is_wrong).count();
    eprintln!(
        "{} previews of {} lines in the median and {} at most, {wrong} wrong",
        lines.len(),
        lines[lines.len() / 2],
        lines[lines.len() - 1]
    );
    assert_eq!(wrong, 0);
}

/// What is wrong with a preview; `plan` is null where the store could not be read, which is no preview.
fn why_no_screen(shown: &str, plan: &Value) -> Option<String> {
    let findings = plan["findings"].as_array()?;
    let bad: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["severity"] != "note")
        .collect();
    // The command to apply it stands below, on standard error.
    let most = if bad.is_empty() { 22 } else { 38 };
    if shown.lines().count() > most {
        return Some(format!("{} lines", shown.lines().count()));
    }
    if let Some(line) = shown.lines().find(|line| line.chars().count() > 80) {
        return Some(format!("wider than a screen: {line}"));
    }
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let flat = words(shown);
    let masker = Masker::default();
    // How several titles end alike is said once.
    let is_named = |about: &str| {
        let start = about.strip_suffix(" could not be asked").unwrap_or(about);
        flat.contains(start)
    };
    let is_told = |finding: &&Value| {
        let text = |key: &str| finding[key].as_str().map(|text| masker.mask(text));
        // Where a package or a file is in the title, the title is what is shown.
        let mut about = ["package", "path", "title"].into_iter().filter_map(text);
        let code = format!("[{}]", finding["code"].as_str().unwrap_or_default());
        let is_counted = flat.contains("more (-v)") || flat.contains("`-v` names them");
        flat.contains(&code) && (is_counted || about.any(|about| is_named(&words(&about))))
    };
    let missing = bad.into_iter().find(|finding| !is_told(finding))?;
    Some(format!("not told: {missing}"))
}

/// No more extensions and libraries move than with Composer's minimal changes, and asked again nothing moves.
///
/// Composer's own answer is that of `--like-composer`, which `recorded_answers` holds against Composer.
#[test]
fn fewer_packages_move_and_composer_leaves_the_lock_alone() {
    let (Some(stores), Some(registry)) = (folder("MAGESHIFT_STORES"), folder("MAGESHIFT_REGISTRY"))
    else {
        return;
    };
    let stores: Vec<Store> = Store::all(&stores)
        .into_iter()
        .filter(|store| store.is_recent() && store.lock()["packages"].is_array())
        .collect();
    let mut cases: Vec<(&Store, &str)> = stores
        .iter()
        .flat_map(|store| TARGETS.map(|target| (store, target)))
        .collect();
    sample(&mut cases, |(store, target)| {
        format!("{} {target}", store.name)
    });
    let rows = in_parallel(&cases, |(store, target)| {
        let run = Run::switch(store, target, &registry, &[]);
        if run.exit != Some(0) {
            return None;
        }
        let like_composer = Run::switch(store, target, &registry, &["--like-composer"]);
        let composers = (like_composer.exit == Some(0)).then(|| like_composer.moves());
        // None when Composer finds no solution because a package stays that no repository has any more.
        let again = [&["--minimal-changes"], &["--lock"]].map(|how| {
            let said = run.lock(&registry, how)?;
            Some(!said.lines().any(changes_version))
        });
        Some((run.moves(), composers, again))
    });
    let mut text = format!("{:70} ours  Composer's  left alone\n", "switch");
    let mut wrong = 0;
    for ((store, target), row) in cases.iter().zip(&rows) {
        let Some((ours, composers, again)) = row else {
            continue;
        };
        let is_wrong =
            composers.is_some_and(|composers| *ours > composers) || again.contains(&Some(false));
        wrong += usize::from(is_wrong);
        let name = format!("{} to {target}", store.name);
        let composers = composers.map_or("none".to_owned(), |moves| moves.to_string());
        let told = again.map(|again| match again {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "not solvable",
        });
        let _ = writeln!(
            text,
            "{name:70} {ours:4}  {composers:>10}  {}",
            told.join(", ")
        );
    }
    eprintln!("{text}");
    assert_eq!(wrong, 0, "{wrong} switches are wrong, see the table");
}

/// Whether a line of a list of operations says more than that the same version has other addresses now, or that a
/// branch has a newer commit, which Composer fetches at every update whatever the lock holds.
fn changes_version(line: &str) -> bool {
    let Some(operation) = line.strip_prefix("  - ") else {
        return false;
    };
    let versions = operation
        .rsplit_once('(')
        .and_then(|(_, versions)| versions.strip_suffix(')')?.split_once(" => "));
    let version = |text: &str| text.split(' ').next().map(String::from);
    !matches!(versions, Some((from, to)) if version(from) == version(to))
}

/// Old stores, and those that no program could use: a plan, or exit 4 and a message that names the file.
#[test]
fn older_and_broken_stores_never_panic() {
    let (Some(stores), Some(registry)) = (folder("MAGESHIFT_STORES"), folder("MAGESHIFT_REGISTRY"))
    else {
        return;
    };
    let stores: Vec<Store> = Store::all(&stores)
        .into_iter()
        .filter(|store| !store.is_recent())
        .collect();
    let targets = ["mage-os", "magento", "commerce"];
    let mut cases: Vec<(&Store, &str)> = stores
        .iter()
        .flat_map(|store| targets.map(|target| (store, target)))
        .collect();
    if std::env::var_os("MAGESHIFT_SAMPLE").is_some() {
        // Every store still, each to one of the targets in turn.
        let turns = stores.iter().zip(targets.into_iter().cycle());
        cases = turns.collect();
    }
    let wrong = in_parallel(&cases, |(store, target)| {
        let run = Run::switch(store, target, &registry, &[]);
        let complaint = match run.exit {
            Some(0) => run.undo(store).err(),
            Some(3) => None,
            Some(1) if is_unasked(&run) => None,
            Some(4) => ["composer.json", "composer.lock"]
                .iter()
                .all(|file| !run.said.contains(file))
                .then(|| format!("the message names no file: {}", run.said)),
            _ => Some(format!("exit {:?}: {}", run.exit, run.last_words())),
        };
        complaint.map(|complaint| format!("{} to {target}: {complaint}", store.name))
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

/// Switches a copy of the store, asks Composer about the result, and takes it back.
fn switch(judge: &Judge, store: &Store, target: &str, registry: &Path) -> Outcome {
    let mut run = Run::switch(store, target, registry, &[]);
    let mut decided: &[&str] = &[];
    if asks_about_own_builds(&run) {
        decided = &["--take", "own-builds"];
        run = Run::switch(store, target, registry, decided);
    }
    match run.exit {
        Some(0) => match accepted(judge, target, &run).and_then(|()| run.undo(store)) {
            Ok(()) => Outcome::Accepted,
            Err(why) => Outcome::Wrong(why),
        },
        Some(3) => blocked(judge, store, target, registry, decided, &run),
        Some(1) if is_unasked(&run) => Outcome::Blocked(vec!["repository-unreachable".into()]),
        // Root and lock are at different releases: there is nothing to plan from.
        Some(4) if run.said.contains("and composer.lock has") => {
            Outcome::Blocked(vec!["root-and-lock-disagree".to_owned()])
        }
        _ => Outcome::Wrong(format!("exit {:?}: {}", run.exit, run.last_words())),
    }
}

/// Whether a decision on builds of the store's own is missing, which is its owner's: one blocks, or stays where something else
/// blocks and may be why. What else stands in the way is told then, too, but by a root in which nobody has decided yet.
fn asks_about_own_builds(run: &Run) -> bool {
    let mut findings = run.plan["findings"].as_array().into_iter().flatten();
    findings.any(|finding| match finding["code"].as_str() {
        Some("own-build" | "own-build-taken") => finding["severity"] == "blocker",
        Some("own-build-kept") => finding["severity"] == "warning",
        _ => false,
    })
}

/// Whether a repository that the target cannot do without is not recorded, and the plan says so.
fn is_unasked(run: &Run) -> bool {
    run.said.contains("nothing can be said")
}

/// What must be true of a switched store.
fn accepted(judge: &Judge, target: &str, run: &Run) -> Result<(), String> {
    let (root, lock) = (run.file("composer.json"), run.file("composer.lock"));
    let document: Value =
        serde_json::from_slice(&lock).map_err(|error| format!("the lock is no JSON: {error}"))?;
    let packages = document["packages"].as_array().into_iter().flatten();
    let names: Vec<&str> = packages
        .filter_map(|package| package["name"].as_str())
        .collect();
    let count = |wanted: &[&str]| names.iter().filter(|name| wanted.contains(name)).count();
    let (products, bases) = (
        count(&[
            "magento/product-community-edition",
            "mage-os/product-community-edition",
            "mage-os/product-minimal-edition",
        ]),
        count(&["magento/magento2-base", "mage-os/magento2-base"]),
    );
    if (products, bases) != (1, 1) {
        return Err(format!(
            "{products} products and {bases} base packages in the lock"
        ));
    }
    let (present, absent) = match target.split('@').next().unwrap_or_default() {
        "mage-os" => (
            "mage-os/product-community-edition",
            "magento/product-enterprise-edition",
        ),
        "mage-os-minimal" => (
            "mage-os/product-minimal-edition",
            "magento/product-enterprise-edition",
        ),
        "magento" => (
            "magento/product-community-edition",
            "magento/product-enterprise-edition",
        ),
        "commerce" => (
            "magento/product-enterprise-edition",
            "magento/magento-cloud-metapackage",
        ),
        _ => ("magento/magento-cloud-metapackage", "mage-os/magento2-base"),
    };
    if count(&[present]) != 1 || count(&[absent]) != 0 {
        return Err(format!("the lock is not the target: {present} or {absent}"));
    }
    let (product, release) = promised(target, run);
    let locked = document["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|package| package["name"] == product)
        .map(|package| &package["version"]);
    if locked != Some(&release) {
        return Err(format!(
            "the plan promises {product} {release}, the lock has {locked:?}"
        ));
    }
    let verdict = judge.install(&root, &lock);
    if verdict.exit != 0 {
        return Err(format!(
            "Composer refuses the lock (exit {}): {}",
            verdict.exit,
            verdict.words()
        ));
    }
    let stale = verdict.said.contains("not up to date");
    if stale {
        Err("Composer finds the lock out of date".into())
    } else {
        Ok(())
    }
}

/// The product that has the number of a plan's release, and that number. The cloud metapackage has numbers of its own.
fn promised(target: &str, run: &Run) -> (&'static str, Value) {
    let product = match target.split('@').next().unwrap_or_default() {
        "mage-os" => "mage-os/product-community-edition",
        "mage-os-minimal" => "mage-os/product-minimal-edition",
        "magento" => "magento/product-community-edition",
        _ => "magento/product-enterprise-edition",
    };
    (product, run.plan["target"]["release"].clone())
}

/// A block is right only when Composer fails on the new root too, whatever relief it gets.
fn blocked(
    judge: &Judge,
    store: &Store,
    target: &str,
    registry: &Path,
    decided: &[&str],
    run: &Run,
) -> Outcome {
    let findings = run.plan["findings"].as_array().cloned().unwrap_or_default();
    let blockers: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["severity"] == "blocker")
        .collect();
    let codes: Vec<String> = blockers
        .iter()
        .filter_map(|finding| finding["code"].as_str())
        .map(String::from)
        .collect();
    if codes.is_empty() {
        return Outcome::Wrong(format!("exit 3 without a blocker: {}", run.last_words()));
    }
    let root = run
        .planned("composer.json")
        .unwrap_or_else(|| run.file("composer.json"));
    // A range may admit an older release as well; the plan is about this one.
    let (product, release) = promised(target, run);
    let root = match serde_json::from_slice::<Value>(&root) {
        Ok(mut document) if document["require"].is_object() => {
            document["require"][product] = release;
            document.to_string().into_bytes()
        }
        _ => root,
    };
    let verdict = judge.update(&root, &[]);
    match verdict.exit {
        0 => {
            return Outcome::Wrong(format!(
                "Composer resolves what is blocked by {}",
                codes.join(", ")
            ));
        }
        2 => {}
        exit => {
            let words = verdict.words();
            return Outcome::Wrong(format!(
                "Composer cannot judge the new root (exit {exit}): {words}"
            ));
        }
    }
    // The old core must go when the distribution changes, so its packages are none that could stay.
    let core = if target.starts_with("mage-os") {
        "magento/"
    } else {
        "mage-os/"
    };
    let locked = only_locked(registry, &store.lock(), |name| !name.starts_with(core));
    let reliefs = [
        Relief::Locked(locked),
        Relief::NoDevelopmentTools,
        Relief::AnyOrder,
    ];
    let relieved = judge.update(&root, &reliefs);
    if relieved.exit == 0 {
        let alone = reliefs
            .iter()
            .find(|relief| judge.update(&root, std::slice::from_ref(*relief)).exit == 0);
        let cause = alone.map_or(
            "several things together that a better root avoids",
            Relief::name,
        );
        return Outcome::Wrong(format!(
            "only blocked by {cause}; says {}",
            codes.join(", ")
        ));
    }
    if relieved.exit != 2 {
        return Outcome::Wrong(format!(
            "Composer cannot judge the relieved root: {}",
            relieved.words()
        ));
    }
    match ways_out_help(store, target, registry, decided, &blockers) {
        Ok(()) => Outcome::Blocked(codes),
        Err(why) => Outcome::Wrong(why),
    }
}

/// Whether the summary names what stands in the way: the store can go when all of it is done as advised. Where the core cannot
/// be had, no requirement of the owner's is to blame.
fn ways_out_help(
    store: &Store,
    target: &str,
    registry: &Path,
    decided: &[&str],
    blockers: &[&Value],
) -> Result<(), String> {
    if blockers
        .iter()
        .any(|finding| finding["code"] == "core-incomplete")
    {
        return Ok(());
    }
    let named: Vec<(&str, Option<&str>)> = blockers
        .iter()
        .filter_map(|finding| {
            let detail = finding["detail"].as_str()?;
            let allowed = detail
                .split_once("allow ")
                .and_then(|(_, rest)| rest.split_once(" in composer.json"));
            Some((
                finding["package"].as_str()?,
                allowed.map(|(constraint, _)| constraint),
            ))
        })
        .collect();
    if named.is_empty() {
        return Err("no reason is given but Composer's text".into());
    }
    let run = Run::switch_changed(store, target, registry, decided, |root| {
        for (name, allowed) in &named {
            for section in ["require", "require-dev"] {
                let Some(links) = root[section].as_object_mut() else {
                    continue;
                };
                match (allowed, links.get_mut(*name)) {
                    (Some(constraint), Some(entry)) => *entry = (*constraint).into(),
                    (None, Some(_)) => {
                        links.shift_remove(*name);
                    }
                    (_, None) => {}
                }
            }
        }
    });
    match run.exit {
        Some(0) => Ok(()),
        exit => Err(format!(
            "done as advised ({named:?}), exit {exit:?}: {}",
            run.last_words()
        )),
    }
}

/// The table stores × direction, the totals, the reasons for the blocks in groups, and every wrong case.
fn report(cases: &[(&Store, String)], outcomes: &[Outcome]) {
    let columns: Vec<String> = TARGETS
        .iter()
        .flat_map(|target| RELEASES.map(|release| format!("{target}{release}")))
        .collect();
    let mut rows: BTreeMap<&str, BTreeMap<&str, &Outcome>> = BTreeMap::new();
    for ((store, target), outcome) in cases.iter().zip(outcomes) {
        rows.entry(&store.name).or_default().insert(target, outcome);
    }
    let mut text = format!("{:62}", "store");
    for column in &columns {
        let _ = write!(text, " {column:>17}");
    }
    text.push('\n');
    for (store, row) in &rows {
        let _ = write!(text, "{store:62}");
        for column in &columns {
            let _ = write!(
                text,
                " {:>17}",
                row.get(column.as_str())
                    .map_or("", |outcome| outcome.sign())
            );
        }
        text.push('\n');
    }
    for sign in ["ok", "block", "WRONG"] {
        let _ = write!(text, "{sign:62}");
        for column in &columns {
            let count = rows
                .values()
                .filter_map(|row| row.get(column.as_str()))
                .filter(|outcome| outcome.sign() == sign)
                .count();
            let _ = write!(text, " {count:>17}");
        }
        text.push('\n');
    }
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in outcomes {
        if let Outcome::Blocked(codes) = outcome {
            for code in codes {
                *reasons.entry(code).or_default() += 1;
            }
        }
    }
    for (code, count) in reasons {
        let _ = writeln!(text, "blocked by {code}: {count}");
    }
    for ((store, target), outcome) in cases.iter().zip(outcomes) {
        if let Outcome::Wrong(why) = outcome {
            let _ = writeln!(text, "WRONG {} to {target}: {why}", store.name);
        }
    }
    eprintln!("{text}");
}
