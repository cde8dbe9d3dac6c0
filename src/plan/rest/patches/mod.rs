//! Patches on installed packages: cweagans/composer-patches 1 and 2, vaimo/composer-patches, the `m2-hotfixes` and quality
//! patches of Adobe's cloud tools, and patch files that scripts apply.
//!
//! A patch for a package that is not installed under the name in its key is left out without a word, so every patch that
//! would be is named. `extra.patches` itself is renamed with the root; here it is read as it will be.

mod declared;
mod rewrite;

use super::packages::{Fate, Packages, upstream_version};
use super::report::{count, finding, names, with_places};
use super::{Contribution, Switch};
use crate::composer::constraint::Constraint;
use crate::composer::json_document::JsonDocument;
use crate::composer::json_path::Path as JsonPath;
use crate::composer::version::Version;
use crate::distribution::{is_core, is_core_of};
use crate::plan::{Edit, Severity};
use crate::project::patch_file::{Fit, PatchFile};
use crate::project::scan::Found;
use declared::Declared;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Where Adobe's cloud tools look for patches.
const HOTFIXES: &str = "m2-hotfixes";

/// The lock of cweagans/composer-patches 2, and the patches file that it reads unless told otherwise.
const PATCHES_LOCK: &str = "patches.lock.json";
const PATCHES_FILE: &str = "patches.json";

/// How many leading folders cweagans/composer-patches leaves out, in the order in which it tries.
const LEVELS: [usize; 4] = [1, 0, 2, 4];

/// A patch in the store.
#[derive(Default)]
struct Local {
    bytes: Vec<u8>,
    /// Who declares it for a package; nobody when it is applied to the whole store.
    declared: Vec<Declared>,
}

/// Whether a file is a patch by its name.
pub fn is_patch(path: &str) -> bool {
    [".patch", ".diff"]
        .iter()
        .any(|ending| path.ends_with(ending))
}

/// What is said about patches, each list as lines for people.
#[derive(Default)]
struct Said {
    edits: Vec<Edit>,
    rewritten: Vec<String>,
    without_package: Vec<String>,
    idle: Vec<String>,
    missing: Vec<String>,
    conditions: Vec<String>,
    kept: Vec<String>,
    failing: Vec<String>,
    moved: BTreeSet<String>,
    remote: Vec<String>,
}

/// Judges every patch of the store. `found` are the files that name core; of them only patches are looked at.
pub fn contribution(switch: &Switch<'_>, packages: &Packages<'_>, found: &[Found]) -> Contribution {
    let store = &switch.survey.project.dir;
    let mut said = Said::default();
    let mut all = from_root(switch.root);
    for file in patches_files(switch.root, store) {
        all.extend(patches_file(&file, packages, store, &mut said));
    }
    let mut local: BTreeMap<String, Local> = BTreeMap::new();
    for patch in all {
        judge_declared(&patch, packages, &mut said);
        if patch.is_remote() {
            continue;
        }
        let path = patch.source.trim_start_matches("./").to_owned();
        match std::fs::read(store.join(&path)) {
            Ok(bytes) => {
                let entry = local.entry(path).or_default();
                entry.bytes = bytes;
                entry.declared.push(patch);
            }
            Err(_) => said.missing.push(format!(
                "{path}, declared in {} for {}",
                patch.file, patch.package
            )),
        }
    }
    let hotfixes = hotfixes(store);
    let named_core = found
        .iter()
        .filter(|file| is_patch(&file.path))
        .map(|file| (file.path.clone(), file.bytes.clone()));
    for (path, bytes) in hotfixes.iter().cloned().chain(named_core) {
        local.entry(path).or_insert(Local {
            bytes,
            declared: Vec::new(),
        });
    }
    for (path, patch) in &local {
        judge_text(path, patch, packages, store, &mut said);
    }
    let mut contribution = report(said, packages);
    let hotfixes: Vec<String> = hotfixes.into_iter().map(|(path, _)| path).collect();
    contribution
        .findings
        .extend(cloud_findings(switch, packages, store, &hotfixes));
    contribution
}

fn from_root(root: &Value) -> Vec<Declared> {
    ["patches", "patches-dev"]
        .into_iter()
        .filter_map(|section| root.get("extra")?.get(section)?.as_object())
        .flat_map(|patches| declared::patches(patches, "composer.json"))
        .collect()
}

/// The patches files that the root names, or that the plugin would find.
fn patches_files(root: &Value, store: &Path) -> Vec<String> {
    let extra = root.get("extra");
    let own = extra.and_then(|extra| extra.get("patches-file"));
    let second = extra.and_then(|extra| extra.get("composer-patches")?.get("patches-file"));
    let mut files: Vec<String> = [own, second]
        .into_iter()
        .flatten()
        .flat_map(|value| match value {
            Value::Array(list) => list.iter().collect(),
            other => vec![other],
        })
        .filter_map(|file| Some(file.as_str()?.trim_start_matches("./").to_owned()))
        .filter(|file| is_inside(file) && !file.starts_with("vendor/"))
        .collect();
    if files.is_empty() && store.join(PATCHES_FILE).is_file() {
        files.push(PATCHES_FILE.to_owned());
    }
    files
}

/// Gives the packages in a patches file their new names, and reads what it declares then.
fn patches_file(
    file: &str,
    packages: &Packages<'_>,
    store: &Path,
    said: &mut Said,
) -> Vec<Declared> {
    let Ok(bytes) = std::fs::read(store.join(file)) else {
        said.missing
            .push(format!("{file}, the patches file that composer.json names"));
        return Vec::new();
    };
    let parsed = std::str::from_utf8(&bytes)
        .ok()
        .and_then(|text| JsonDocument::parse(text.to_owned()).ok());
    let Some(mut document) = parsed else {
        said.missing.push(format!(
            "{file} is not valid JSON, so its patches are unknown"
        ));
        return Vec::new();
    };
    // With vaimo/composer-patches the file may be the map itself.
    let section = match document.get("patches") {
        Some(Value::Object(_)) => JsonPath::from("patches"),
        _ => JsonPath::root(),
    };
    let map = |document: &JsonDocument| -> Map<String, Value> {
        document
            .get(section.clone())
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    for name in map(&document).keys() {
        if let Fate::Renamed(renamed) = packages.fate(&name.to_ascii_lowercase())
            && document.get(section.join(&renamed)).is_none()
        {
            // A name that cannot be changed shows up as one without a package.
            let _ = document.rename_key(section.clone(), name, &renamed);
        }
    }
    if document.text().as_bytes() != bytes {
        said.rewritten.push(file.to_owned());
        said.edits
            .push(Edit::new(file, Some(&bytes), Some(document.text())));
    }
    declared::patches(&map(&document), file)
}

/// The patches that cloud tools apply.
fn hotfixes(store: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = std::fs::read_dir(store.join(HOTFIXES))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            is_patch(&name).then_some(())?;
            Some((
                format!("{HOTFIXES}/{name}"),
                std::fs::read(entry.path()).ok()?,
            ))
        })
        .collect();
    files.sort();
    files
}

/// What a declaration alone tells: its package, its conditions.
fn judge_declared(patch: &Declared, packages: &Packages<'_>, said: &mut Said) {
    let (name, target) = (patch.package.as_str(), packages.target());
    if name == "*" {
        return;
    }
    let place = || format!("{} ({} in {})", patch.source, name, patch.file);
    if packages.new_entry(name).is_none() {
        // The merge of the roots speaks about core in composer.json.
        let is_reported =
            patch.file == "composer.json" && is_core(name) && !is_core_of(target, name);
        // Without a lock nobody knows what was installed.
        let was_there = packages.old(name).is_some() || packages.all_old().next().is_none();
        match (is_reported, was_there) {
            (true, _) => {}
            (false, true) => said.without_package.push(place()),
            (false, false) => said.idle.push(place()),
        }
        return;
    }
    for (package, constraint) in &patch.conditions {
        let holds = |entry: Option<&Value>| entry.is_some_and(|entry| matches(entry, constraint));
        let before = packages.before(package).or_else(|| packages.old(package));
        if holds(before) && !holds(packages.new_entry(package)) {
            let now = match packages.new_entry(package) {
                Some(entry) => format!("is {}", version(entry)),
                None => match packages.fate(package) {
                    Fate::Renamed(renamed) => format!("is called {renamed}"),
                    _ => "is gone".to_owned(),
                },
            };
            said.conditions.push(format!(
                "{}: needs {package} {constraint}, which {now}",
                place()
            ));
        }
    }
    if patch.is_remote()
        && packages
            .before(name)
            .is_some_and(|old| version_name(old) != name)
    {
        said.remote.push(place());
    }
    moved(name, packages, said);
}

/// Notes a package whose code changes with the switch.
fn moved(name: &str, packages: &Packages<'_>, said: &mut Said) {
    let (Some(old), Some(new)) = (packages.before(name), packages.new_entry(name)) else {
        return;
    };
    if let (Some(before), Some(after)) = (upstream_version(old), upstream_version(new))
        && before != after
    {
        said.moved.insert(format!("{name} {before} → {after}"));
    }
}

fn version(entry: &Value) -> &str {
    entry
        .get("version")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn version_name(entry: &Value) -> &str {
    entry
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn matches(entry: &Value, constraint: &str) -> bool {
    match (
        Constraint::parse(constraint),
        Version::parse(version(entry)),
    ) {
        (Ok(constraint), Ok(version)) => constraint.matches_version(&version),
        _ => false,
    }
}

/// What the text of a patch tells: the packages in its paths, and whether it fits the installed code.
fn judge_text(path: &str, patch: &Local, packages: &Packages<'_>, store: &Path, said: &mut Said) {
    let text = String::from_utf8_lossy(&patch.bytes);
    let parsed = PatchFile::parse(&text);
    let named = rewrite::named(&text, &parsed, packages);
    if !named.gone.is_empty() {
        let gone: Vec<&String> = named.gone.iter().collect();
        let others = if named.known.is_empty() {
            String::new()
        } else {
            format!(", beside {}", count(named.known.len(), "other package"))
        };
        said.without_package
            .push(format!("{path}: changes {}{others}", names(&gone)));
    } else if let Some(after) = &named.rewritten {
        match obstacle(path, patch) {
            Some(obstacle) => said.kept.push(format!("{path}: {obstacle}")),
            None => {
                said.rewritten.push(path.to_owned());
                said.edits
                    .push(Edit::new(path, Some(&patch.bytes), Some(after)));
            }
        }
    }
    for name in &named.known {
        let now = match packages.fate(name) {
            Fate::Renamed(renamed) => renamed,
            _ => name.clone(),
        };
        moved(&now, packages, said);
    }
    if parsed.sections.is_empty() || !store.join("vendor").is_dir() {
        return;
    }
    let fits: Vec<Fit> = if patch.declared.is_empty() {
        vec![parsed.fit(store, &[1, 0])]
    } else {
        patch
            .declared
            .iter()
            .map(|declared| {
                let installed = packages
                    .before(&declared.package)
                    .map_or(declared.package.as_str(), version_name);
                let levels = declared.level.map_or(LEVELS.to_vec(), |level| vec![level]);
                parsed.fit(&store.join("vendor").join(installed), &levels)
            })
            .collect()
    };
    if fits.contains(&Fit::Fails) {
        said.failing.push(path.to_owned());
    }
}

/// Why a patch cannot be rewritten.
fn obstacle(path: &str, patch: &Local) -> Option<&'static str> {
    if patch.declared.iter().any(|declared| declared.has_checksum) {
        Some("a checksum is declared for it")
    } else if std::str::from_utf8(&patch.bytes).is_err() {
        Some("it is not UTF-8 text")
    } else if path.starts_with("vendor/") {
        Some("it belongs to an installed package")
    } else if !is_inside(path) {
        Some("it lies outside of the store")
    } else {
        None
    }
}

/// Whether a path leads to a file below the store.
fn is_inside(path: &str) -> bool {
    Path::new(path)
        .components()
        .all(|part| matches!(part, std::path::Component::Normal(_)))
}

fn report(said: Said, packages: &Packages<'_>) -> Contribution {
    let (from, to) = packages.vendors();
    let mut findings = Vec::new();
    let mut places = |severity, code, title: String, detail: &str, places: &[String]| {
        if !places.is_empty() {
            findings.push(finding(severity, code, title, with_places(detail, places)));
        }
    };
    let number = |list: &[String]| count(list.len(), "patch");
    places(
        Severity::Note,
        "patches-rewritten",
        format!("New names in {}", count(said.rewritten.len(), "patch file")),
        &format!(
            "Their headers name files below vendor/{from}, which are below vendor/{to} after the switch, or the packages themselves. The changed lines stay as they are."
        ),
        &said.rewritten,
    );
    places(
        Severity::Warning,
        "patches-never-applied",
        format!(
            "{} would not be applied any more",
            number(&said.without_package)
        ),
        "The target does not have the packages, so these patches fail or are left out without a word. Remove them, or move what is still needed to another package.",
        &said.without_package,
    );
    places(
        Severity::Note,
        "patches-idle",
        format!("Without a package, now as then: {}", number(&said.idle)),
        "Neither the store nor the target has the packages that they are declared for, so nothing ever applies them.",
        &said.idle,
    );
    places(
        Severity::Warning,
        "patches-missing",
        format!("{} cannot be found", number(&said.missing)),
        "Restore the files, or take them out of the list of patches.",
        &said.missing,
    );
    places(
        Severity::Warning,
        "patches-condition",
        format!(
            "{} would no longer meet the condition",
            number(&said.conditions)
        ),
        "They would be left out without a word. Change the condition to the target's names and versions, when the target still needs the patch.",
        &said.conditions,
    );
    places(
        Severity::Warning,
        "patches-not-rewritten",
        format!("{} must be changed by hand", number(&said.kept)),
        &format!(
            "They name files below vendor/{from}. Until then they apply only where they are declared for that package, with `depth` 4."
        ),
        &said.kept,
    );
    places(
        Severity::Warning,
        "patches-do-not-fit",
        format!(
            "{} cannot be applied to the installed code",
            number(&said.failing)
        ),
        "They were tried on the files in vendor, in memory: they neither apply nor have been applied. They fail after the switch, too.",
        &said.failing,
    );
    places(
        Severity::Note,
        "patches-remote",
        format!("Not read: {} from the network", number(&said.remote)),
        &format!(
            "They go with the new name of their package. One that names files below vendor/{from} applies only in the package's own folder with `depth` 4."
        ),
        &said.remote,
    );
    let moved: Vec<String> = said.moved.into_iter().collect();
    places(
        Severity::Note,
        "patches-other-version",
        format!("Patched code changes in {}", count(moved.len(), "package")),
        "These packages are of another upstream version after the switch. Check which of their patches are still needed, and that they apply.",
        &moved,
    );
    Contribution {
        edits: said.edits,
        findings,
    }
}

/// What the tools of Adobe's cloud would have applied, and the lock of cweagans/composer-patches 2.
fn cloud_findings(
    switch: &Switch<'_>,
    packages: &Packages<'_>,
    store: &Path,
    hotfixes: &[String],
) -> Vec<crate::plan::Finding> {
    let mut findings = Vec::new();
    let leaves = |name: &str| packages.old(name).is_some() && packages.new_entry(name).is_none();
    if !hotfixes.is_empty()
        && (leaves("magento/magento-cloud-patches") || leaves("magento/ece-tools"))
    {
        findings.push(finding(
            Severity::Warning,
            "hotfixes-never-applied",
            format!("Nothing applies {} in {HOTFIXES} any more", count(hotfixes.len(), "file")),
            with_places(
                "Adobe's cloud tools apply them during the build, and they are not part of the target. Declare those that are still needed as Composer patches.",
                hotfixes,
            ),
        ));
    }
    let quality = quality_patches(store);
    if !quality.is_empty() {
        let moves = switch.survey.source.upstream != switch.release.upstream;
        if leaves("magento/quality-patches") {
            findings.push(finding(
                Severity::Warning,
                "quality-patches-never-applied",
                format!("{} of .magento.env.yaml would not be applied any more", count(quality.len(), "quality patch")),
                format!("magento/quality-patches is not part of the target: {}. Check which of them the target contains, and carry the others as Composer patches.", names(&quality)),
            ));
        } else if moves {
            findings.push(finding(
                Severity::Note,
                "quality-patches-check",
                "Quality patches depend on the Magento version".to_owned(),
                format!("The target is of another Magento version, which may contain some of {}: see `vendor/bin/magento-patches status` after the switch.", names(&quality)),
            ));
        }
    }
    findings.extend(stale_patches_lock(packages, store));
    findings
}

/// The lock of cweagans/composer-patches 2 names packages as they were, and is what the plugin applies.
fn stale_patches_lock(packages: &Packages<'_>, store: &Path) -> Option<crate::plan::Finding> {
    let text = std::fs::read(store.join(PATCHES_LOCK)).ok()?;
    let lock: Value = serde_json::from_slice(&text).ok()?;
    let stale: Vec<&String> = lock
        .get("patches")?
        .as_object()?
        .keys()
        .filter(|name| matches!(packages.fate(name), Fate::Renamed(_) | Fate::Goes))
        .collect();
    if stale.is_empty() {
        return None;
    }
    let mut finding = finding(
        Severity::Warning,
        "patches-lock-stale",
        format!("{PATCHES_LOCK} holds patches for packages under their old names"),
        format!(
            "The patches for {} would not be applied. Run `composer patches-relock` and `composer patches-repatch` after the switch.",
            names(&stale)
        ),
    );
    finding.path = Some(PATCHES_LOCK.to_owned());
    Some(finding)
}

/// The quality patches that a cloud project asks for, in the order of the file.
fn quality_patches(store: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(store.join(".magento.env.yaml")).unwrap_or_default();
    let config: Value = serde_norway::from_str(&text).unwrap_or_default();
    let stages = config.get("stage").and_then(Value::as_object);
    let mut patches: Vec<String> = Vec::new();
    let lists = stages
        .into_iter()
        .flat_map(Map::values)
        .filter_map(|stage| stage.get("QUALITY_PATCHES")?.as_array());
    for id in lists.flatten().filter_map(Value::as_str) {
        if !patches.iter().any(|known| known == id) {
            patches.push(id.to_owned());
        }
    }
    patches
}
