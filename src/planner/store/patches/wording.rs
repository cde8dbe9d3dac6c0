//! What is said about patches.

use crate::plan::{Code, Edit, Finding, Severity};
use crate::planner::store::Contribution;
use crate::planner::store::packages::Packages;
use crate::planner::store::places::{count, with_all_places, with_places};
use std::collections::BTreeSet;

/// The edits, and the places by what is said about them, as lines for people.
#[derive(Default)]
pub(crate) struct Said {
    /// Patches, and the files that name them, with new names.
    pub edits: Vec<Edit>,
    /// Files whose names were changed: [`Code::PatchesRewritten`].
    pub rewritten: Vec<String>,
    /// Patches that were applied and have no package any more: [`Code::PatchesNeverApplied`].
    pub without_package: Vec<String>,
    /// Patches that never had a package: [`Code::PatchesIdle`].
    pub idle: Vec<String>,
    /// Files that are declared and not there: [`Code::PatchesMissing`].
    pub missing: Vec<String>,
    /// Patches with a condition on a version that does not hold afterwards: [`Code::PatchesCondition`].
    pub conditions: Vec<String>,
    /// Patches that were left out and would be applied now: [`Code::PatchesBegin`].
    pub begins: Vec<String>,
    /// Files that could not be changed, with why: [`Code::PatchesNotRewritten`].
    pub kept: Vec<String>,
    /// Patches that neither fit the installed code nor have been applied to it: [`Code::PatchesDoNotFit`].
    pub failing: Vec<String>,
    /// Packages whose patched code gets another version, as `NAME OLD → NEW`.
    pub moved: BTreeSet<String>,
    /// Patches that lie on another machine and were not read: [`Code::PatchesRemote`].
    pub remote: Vec<String>,
}

/// The findings.
pub(crate) fn report(said: Said, packages: &Packages<'_>) -> Contribution {
    let (from, to) = packages.vendors();
    let mut findings = Vec::new();
    let mut places = |code: Code, title: String, detail: &str, places: &[String]| {
        if !places.is_empty() {
            // A patch that would silently be left out is always named.
            let listed = match code.severity() {
                Severity::Note => with_places(detail, places),
                _ => with_all_places(detail, places),
            };
            findings.push(Finding::new(code, title, listed));
        }
    };
    let number = |list: &[String]| count(list.len(), "patch");
    places(
        Code::PatchesRewritten,
        format!("New names in {}", count(said.rewritten.len(), "patch file")),
        &format!(
            "Their headers name files below vendor/{from}, which are below vendor/{to} after the switch, or the packages themselves. The changed lines stay as they are."
        ),
        &said.rewritten,
    );
    places(
        Code::PatchesNeverApplied,
        format!(
            "{} would not be applied any more",
            number(&said.without_package)
        ),
        "The target does not have the packages, so these patches fail or are left out without a word. Remove them, or move what is still needed to another package.",
        &said.without_package,
    );
    places(
        Code::PatchesIdle,
        format!("Without a package, now as then: {}", number(&said.idle)),
        "Neither the store nor the target has the packages that they are declared for, so nothing ever applies them.",
        &said.idle,
    );
    places(
        Code::PatchesMissing,
        format!("{} cannot be found", number(&said.missing)),
        "Restore the files, or take them out of the list of patches.",
        &said.missing,
    );
    places(
        Code::PatchesCondition,
        format!(
            "{} would no longer meet the condition",
            number(&said.conditions)
        ),
        "They would be left out without a word. Change the condition to the target's names and versions, when the target still needs the patch.",
        &said.conditions,
    );
    places(
        Code::PatchesBegin,
        format!("{} would be applied from now on", number(&said.begins)),
        "The store's versions did not meet their condition, those of the target do, although the numbers mean something else there. Change the condition, or remove the patch.",
        &said.begins,
    );
    places(
        Code::PatchesNotRewritten,
        format!("{} must be changed by hand", number(&said.kept)),
        &format!(
            "They name files below vendor/{from}. Until then they apply only where they are declared for that package, with `depth` 4."
        ),
        &said.kept,
    );
    places(
        Code::PatchesDoNotFit,
        format!(
            "{} cannot be applied to the installed code",
            number(&said.failing)
        ),
        "They were tried on the files in vendor, in memory: they neither apply nor have been applied. They fail after the switch, too.",
        &said.failing,
    );
    places(
        Code::PatchesRemote,
        format!("Not read: {} from the network", number(&said.remote)),
        &format!(
            "They go with the new name of their package. One that names files below vendor/{from} applies only in the package's own folder with `depth` 4."
        ),
        &said.remote,
    );
    let moved: Vec<String> = said.moved.into_iter().collect();
    places(
        Code::PatchesOtherVersion,
        format!("Patched code changes in {}", count(moved.len(), "package")),
        "These packages are of another upstream version after the switch. Check which of their patches are still needed, and that they apply.",
        &moved,
    );
    Contribution {
        edits: said.edits,
        findings,
    }
}
