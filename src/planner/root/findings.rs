//! What a merge did, told once per subject and not once per entry.

use super::requirements::admission::admits;
use crate::plan::sentence::{count, list};
use crate::plan::{Code, Finding};
use crate::planner::root::Merger;
use crate::planner::root::tally::{Removal, Tally};
use serde_json::Value;
use std::collections::BTreeSet;

impl Merger<'_> {
    /// Turns the tally into findings.
    pub(super) fn report(&mut self) {
        let tally = std::mem::take(&mut self.tally);
        self.report_removals(&tally);
        self.report_renames(&tally);
        self.report_repositories(&tally);
    }

    fn find(&mut self, code: Code, title: String, detail: String) {
        self.findings
            .push(Finding::new(code, title, detail).in_file("composer.json"));
    }

    fn report_removals(&mut self, tally: &Tally) {
        let target = self.input.target;
        let commerce = tally.names(Removal::Commerce);
        if !commerce.is_empty() {
            self.find(
                Code::CommerceOnlyRemoved,
                format!(
                    "Adobe Commerce alone has {} of the store's requirements",
                    commerce.len()
                ),
                format!(
                    "{} no longer required; {target} has no counterpart.",
                    are(&commerce)
                ),
            );
        }
        if !tally.names(Removal::B2b).is_empty() {
            self.find(
                Code::B2bRemoved,
                "B2B goes with Adobe Commerce".to_owned(),
                "magento/extension-b2b is no longer required. Company accounts, shared catalogs, quotes, requisition lists and \
                 purchase orders go with it; export what has to stay."
                    .to_owned(),
            );
        }
        let cloud = tally.names(Removal::Cloud);
        if !cloud.is_empty() {
            self.find(
                Code::CloudToolsRemoved,
                "tools of the cloud platform are no longer required".to_owned(),
                format!("{} of use on Adobe Commerce on Cloud only.", are(&cloud)),
            );
        }
        if !tally.kept_cloud_tools.is_empty() {
            self.find(
                Code::CloudToolsKept,
                format!("{} still required", are(&tally.kept_cloud_tools)),
                "Of what comes with Adobe Commerce on Cloud, this works elsewhere, too. Remove the requirement if the store does without."
                    .to_owned(),
            );
        }
        if !tally.names(Removal::QualityPatches).is_empty() {
            self.find(
                Code::QualityPatchesRemoved,
                "Adobe's quality patches do not apply to Mage-OS".to_owned(),
                "magento/quality-patches is no longer required: it recognises releases by Magento's package names. Check which of \
                 the patches in use Mage-OS contains, and carry the others as Composer patches."
                    .to_owned(),
            );
        }
        let gone = tally.names(Removal::NoCounterpart);
        if !gone.is_empty() {
            self.find(
                Code::CorePackageGone,
                match gone.as_slice() {
                    [name] => format!("{target} does not have {name}"),
                    _ => format!(
                        "{target} does not have {} of the required core packages",
                        gone.len()
                    ),
                },
                format!(
                    "{} no longer required: {target} {} has no such package. See that the shop does without, or choose a \
                     release that has it.",
                    are(&gone),
                    self.input.release.version
                ),
            );
        }
    }

    fn report_renames(&mut self, tally: &Tally) {
        if !tally.repinned.is_empty() {
            self.find(
                Code::CoreRequirementsRepinned,
                format!(
                    "new constraints for {}",
                    count(tally.repinned.len(), "core requirement")
                ),
                format!("{}.", list(&tally.repinned)),
            );
        }
        if !tally.replaced.is_empty() {
            self.find(
                Code::ReplaceExtended,
                format!("{} in `replace` got a Mage-OS name, too", count(tally.replaced.len(), "package")),
                "The product requires the Mage-OS name, extensions require Magento's: a module stays away only when the root \
                 replaces both."
                    .to_owned(),
            );
        }
        if !tally.patched.is_empty() {
            self.find(
                Code::PatchesRenamed,
                format!(
                    "patches for {} are declared for the new name",
                    count(tally.patched.len(), "core package")
                ),
                format!(
                    "{}. Check that the target still needs each.",
                    list(&tally.patched)
                ),
            );
        }
        if !tally.unpatched.is_empty() {
            self.find(
                Code::PatchesWithoutPackage,
                format!("patches for {} have nothing to apply to", count(tally.unpatched.len(), "package")),
                format!(
                    "{} not part of {}, so the patches would silently be left out. Move or remove them.",
                    are(&tally.unpatched),
                    self.input.target
                ),
            );
        }
        if tally.generated_replace {
            self.find(
                Code::ReplaceIsGenerated,
                "`composer replace:build` would undo the new `replace`".to_owned(),
                format!(
                    "yireo/magento2-replace-tools writes `replace` from lists with Magento's names only. Do not run it on {}.",
                    self.input.target
                ),
            );
        }
        if !tally.old_plugins.is_empty() {
            self.find(
                Code::OldPluginsAllowed,
                format!(
                    "allow-plugins keeps {} for the old vendor folder",
                    count(tally.old_plugins.len(), "entry")
                ),
                format!(
                    "{}. Composer before 2.7.7 loads the plugins of the vendor folder that is there before it installs, and stops \
                     at one that is not allowed. The old entries can go once `composer install` has run in every copy of the store.",
                    list(&tally.old_plugins)
                ),
            );
        }
        let (from, to) = self.names.vendors();
        let all = |members: &BTreeSet<String>| list(&members.iter().cloned().collect::<Vec<_>>());
        if !tally.scripts.renamed.is_empty() {
            self.find(
                Code::ScriptsRenamed,
                format!(
                    "new package names in {}",
                    count(tally.scripts.renamed.len(), "script")
                ),
                format!(
                    "vendor/{from}/… becomes vendor/{to}/… where the package gets that name: {}.",
                    all(&tally.scripts.renamed)
                ),
            );
        }
        if !tally.scripts.left.is_empty() {
            self.find(
                Code::ScriptsNameCorePaths,
                format!("scripts name files below vendor/{from}"),
                format!(
                    "Check {}: core is installed below vendor/{to} after the switch.",
                    all(&tally.scripts.left)
                ),
            );
        }
        if !tally.autoload.renamed.is_empty() {
            self.find(
                Code::AutoloadRenamed,
                "new package names in what composer.json loads".to_owned(),
                format!(
                    "vendor/{from}/… becomes vendor/{to}/… where the package gets that name: {}.",
                    all(&tally.autoload.renamed)
                ),
            );
        }
        if !tally.autoload.left.is_empty() {
            self.find(
                Code::AutoloadNamesCorePaths,
                format!("composer.json loads files below vendor/{from}"),
                format!(
                    "Check {}: core is installed below vendor/{to} after the switch, and a file that is named and not there stops every request.",
                    all(&tally.autoload.left)
                ),
            );
        }
    }

    fn report_repositories(&mut self, tally: &Tally) {
        if let Some((old, url)) = &tally.replaced_repository {
            self.find(
                Code::RepositoryReplaced,
                format!("{url} takes the place of {old}"),
                format!("Nothing the store requires comes from {old} any more."),
            );
        }
        if let Some(url) = &tally.added_repository {
            self.find(
                Code::RepositoryAdded,
                format!("{url} is added to the repositories"),
                format!("The core of {} comes from there.", self.input.target),
            );
        }
        for (host, packages) in &tally.filtered {
            let why = match packages.as_deref() {
                None => "Without a composer.lock nobody can tell which extensions come from it, so it stays".to_owned(),
                Some([]) => "It is a repository of the store's own, so it stays".to_owned(),
                Some(packages) => format!("It stays for {}", list(packages)),
            };
            let vendor = self.input.source.distribution().vendor();
            self.find(
                Code::RepositoryFiltered,
                format!("{host} no longer serves core"),
                format!("{why}. A filter keeps {vendor}/* packages from there out of the store; left open, they would come back without an error."),
            );
        }
        if !tally.removed_repositories.is_empty() {
            self.find(
                Code::RepositoryRemoved,
                format!(
                    "{} no longer among the repositories",
                    are(&tally.removed_repositories)
                ),
                "Nothing the store requires comes from there any more.".to_owned(),
            );
        }
        if !tally.unfiltered.is_empty() {
            self.find(
                Code::RepositoryUnfiltered,
                format!("core may come from {} again", list(&tally.unfiltered)),
                format!(
                    "A filter kept it from serving packages of {}.",
                    self.input.target
                ),
            );
        }
        if tally.packagist_is_off {
            self.find(
                Code::PackagistIsOff,
                "the store does not use Packagist".to_owned(),
                "Mage-OS brings add-ons that are on Packagist only. Let the private repository of the store mirror them, or let the \
                 store use Packagist."
                    .to_owned(),
            );
        }
        for url in &tally.edition_repositories {
            let host = url.split('/').next().unwrap_or_default();
            let mut from_there: Vec<String> = self
                .lock
                .names()
                .filter(|name| self.lock.hosts(name).contains(&host))
                .map(str::to_owned)
                .collect();
            from_there.sort_unstable();
            let named = if from_there.is_empty() {
                String::new()
            } else {
                format!(" The lock has from there: {}.", list(&from_there))
            };
            self.find(
                Code::EditionRepository,
                format!("{url} is a repository for one edition"),
                format!(
                    "Its vendor serves other packages to stores of Adobe Commerce than to others.{named} Check which address the \
                     licence names for the new edition, change it in composer.json, and plan again."
                ),
            );
        }
    }

    /// A root can pretend a PHP version, which then decides what Composer accepts.
    pub(super) fn check_platform(&mut self) {
        let pinned = self
            .doc
            .get(["config", "platform", "php"])
            .and_then(Value::as_str);
        let (Some(pinned), Some(php)) = (pinned.map(str::to_owned), self.input.release.php.clone())
        else {
            return;
        };
        if !admits(&php, &pinned) {
            self.find(
                Code::PlatformPhp,
                format!("config.platform.php is {pinned}"),
                format!(
                    "{} {} requires PHP {php}. Composer goes by the version in composer.json, whatever PHP is installed: set \
                     config.platform.php to the PHP the store will run on.",
                    self.input.target, self.input.release.version
                ),
            );
        }
    }
}

/// Names as the subject of a sentence, with its verb.
fn are(names: &[String]) -> String {
    format!(
        "{} {}",
        list(names),
        if names.len() == 1 { "is" } else { "are" }
    )
}
