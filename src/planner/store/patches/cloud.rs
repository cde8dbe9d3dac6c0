//! Patches that a tool would have applied: those of Adobe's cloud tools, and the lock of cweagans/composer-patches 2.

use crate::distribution::{HOTFIX_TOOLS, QUALITY_PATCHES};
use crate::plan::sentence::and;
use crate::plan::{Code, Finding};
use crate::planner::store::Switch;
use crate::planner::store::packages::{Fate, Packages};
use crate::planner::store::patches::local::{HOTFIXES, patches_lock};
use crate::planner::store::places::{count, names, with_all_places};
use crate::project::store_files::StoreFiles;
use crate::project::yaml;
use composer_engine::files;
use serde_json::{Map, Value};

/// What the tools of Adobe's cloud would have applied, and the lock of cweagans/composer-patches 2.
pub(crate) fn cloud_findings(
    switch: &Switch<'_>,
    packages: &Packages<'_>,
    store: &dyn StoreFiles,
    hotfixes: &[String],
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let leaves = |name: &str| packages.old(name).is_some() && packages.new_entry(name).is_none();
    if !hotfixes.is_empty() && HOTFIX_TOOLS.into_iter().any(leaves) {
        findings.push(Finding::new(
            Code::HotfixesNeverApplied,
            format!("Nothing applies {} in {HOTFIXES} any more", count(hotfixes.len(), "file")),
            with_all_places(
                "Adobe's cloud tools apply them during the build, and they are not part of the target. Declare those that are still needed as Composer patches.",
                hotfixes,
            ),
        ));
    }
    let quality = quality_patches(store);
    if !quality.is_empty() {
        let moves = switch.survey.source.upstream != switch.release.upstream;
        if leaves(QUALITY_PATCHES) {
            findings.push(Finding::new(
                Code::QualityPatchesNeverApplied,
                format!("{} of .magento.env.yaml would not be applied any more", count(quality.len(), "quality patch")),
                format!("magento/quality-patches is not part of the target: {}. Check which of them the target contains, and carry the others as Composer patches.", and(&quality)),
            ));
        } else if moves && packages.new_entry(QUALITY_PATCHES).is_some() {
            findings.push(Finding::new(
                Code::QualityPatchesCheck,
                "Quality patches depend on the Magento version",
                format!("The target is of another Magento version, which may contain some of {}: see `vendor/bin/magento-patches status` after the switch.", names(&quality)),
            ));
        }
    }
    findings.extend(stale_patches_lock(
        &switch.survey.project.files.root,
        packages,
        store,
    ));
    findings
}

/// The lock of cweagans/composer-patches 2 names packages as they were, and is what the plugin applies.
fn stale_patches_lock(
    root: &str,
    packages: &Packages<'_>,
    store: &dyn StoreFiles,
) -> Option<Finding> {
    let path = patches_lock(root);
    let text = store.read(&path, files::DATA).ok()?;
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
    let mut finding = Finding::new(
        Code::PatchesLockStale,
        format!("{path} holds patches for packages under their old names"),
        format!(
            "The patches for {} would not be applied. Run `composer patches-relock` and `composer patches-repatch` after the switch.",
            names(&stale)
        ),
    );
    finding.path = Some(path);
    Some(finding)
}

/// The quality patches that a cloud project asks for, in the order of the file.
fn quality_patches(store: &dyn StoreFiles) -> Vec<String> {
    let text = store.configuration(".magento.env.yaml").unwrap_or_default();
    let config: Value = yaml::decode(&text).unwrap_or_default();
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
