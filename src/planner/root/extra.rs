//! `extra`: the settings of the template, and the maps in which others name core packages.

use crate::distribution::{is_core, is_core_of};
use crate::planner::composer_files::patch_names;
use crate::planner::root::Merger;
use crate::planner::root::sections::History;
use composer_engine::format::json::document::EditError;
use composer_engine::format::json::path::Path;
use serde_json::Value;

/// Objects in `extra` whose keys are package names: patches of cweagans/composer-patches and vaimo/composer-patches, and
/// the deployment settings of magento-composer-installer.
const KEYED_BY_PACKAGE: [&str; 9] = [
    "patches",
    "patches-dev",
    "patches-ignore",
    "magento-deploystrategy-overwrite",
    "magento-deploy-ignore",
    "magento-deploy-sort-priority",
    "magento-map-overwrite",
    "path-mapping-translations",
    "magento-force-overwrite",
];

impl Merger<'_> {
    pub(super) fn merge_extra(&mut self) -> Result<(), EditError> {
        self.merge_members(&["extra"], History::Counts)?;
        let Self { doc, names, .. } = self;
        for section in ["patches", "patches-dev"] {
            let map = Path::from(["extra", section]);
            patch_names::rename(doc, &map, &|name| names.renamed(name))?;
        }
        for section in KEYED_BY_PACKAGE {
            let Some(members) = self.doc.get(["extra", section]).and_then(Value::as_object) else {
                continue;
            };
            for name in members.keys().cloned().collect::<Vec<_>>() {
                self.rename_extra(section, &name)?;
            }
        }
        self.note_generated_replace();
        Ok(())
    }

    fn rename_extra(&mut self, section: &str, name: &str) -> Result<(), EditError> {
        let lower = name.to_ascii_lowercase();
        let patches = section.starts_with("patches");
        match self.names.renamed(&lower) {
            Some(renamed) if self.doc.get(["extra", section, renamed.as_str()]).is_none() => {
                self.doc.rename_key(["extra", section], name, &renamed)?;
                if patches {
                    self.tally.patched.push(format!("{name} → {renamed}"));
                }
            }
            Some(_) => self.tally.unpatched.push(name.to_owned()),
            None if patches
                && is_core(&lower)
                && !is_core_of(self.input.target.distribution(), &lower) =>
            {
                self.tally.unpatched.push(name.to_owned());
            }
            None => {}
        }
        Ok(())
    }

    /// yireo/magento2-replace-tools writes the root `replace` from its own lists, which have Magento's names only.
    fn note_generated_replace(&mut self) {
        let bulk = self
            .doc
            .get(["extra", "replace"])
            .is_some_and(|replace| replace.get("bulk").is_some());
        self.tally.generated_replace = bulk && self.names.vendor_changes();
    }
}
