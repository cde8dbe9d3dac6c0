//! `extra`: the settings of the template, and the maps in which others name core packages.

use super::sections::History;
use crate::distribution::{is_core, is_core_of};
use crate::planner::composer_files::patch_names;
use crate::planner::root::Merger;
use composer_engine::format::json::document::EditError;
use composer_engine::format::json::path::Path;
use serde_json::Value;

/// Objects in `extra` whose keys are package names, by the keys that lead to them: patches of cweagans/composer-patches and
/// vaimo/composer-patches with what is said of them, and the deployment settings of magento-composer-installer.
const KEYED_BY_PACKAGE: [&[&str]; 12] = [
    &["patches"],
    &["patches-dev"],
    &["patches-ignore"],
    &["patches-exclude"],
    &["patchLevel"],
    &["composer-patches", "package-depths"],
    &["magento-deploystrategy-overwrite"],
    &["magento-deploy-ignore"],
    &["magento-deploy-sort-priority"],
    &["magento-map-overwrite"],
    &["path-mapping-translations"],
    &["magento-force-overwrite"],
];

impl Merger<'_> {
    /// Merges `extra`, and renames core packages in the maps that name them.
    pub(crate) fn merge_extra(&mut self) -> Result<(), EditError> {
        self.merge_members(&["extra"], History::Counts)?;
        let Self { doc, names, .. } = self;
        for section in ["patches", "patches-dev"] {
            let map = Path::from(["extra", section]);
            patch_names::rename(doc, &map, &|name| names.renamed(name))?;
        }
        for section in KEYED_BY_PACKAGE {
            self.rename_members(
                &section
                    .iter()
                    .fold(Path::from("extra"), |path, key| path.join(*key)),
            )?;
        }
        // The packages that ignored patches are for, below those that declare them.
        let ignored = Path::from(["extra", "patches-ignore"]);
        for owner in self.members(&ignored) {
            self.rename_members(&ignored.join(owner.as_str()))?;
        }
        self.rename_ignored_owners()?;
        self.note_generated_replace();
        Ok(())
    }

    /// The names of an object's members; none where there is no object.
    fn members(&self, section: &Path<'_>) -> Vec<String> {
        let members = self.doc.get(section.clone()).and_then(Value::as_object);
        members
            .into_iter()
            .flat_map(|members| members.keys().cloned())
            .collect()
    }

    fn rename_members(&mut self, section: &Path<'_>) -> Result<(), EditError> {
        let are_patches = [["extra", "patches"], ["extra", "patches-dev"]]
            .into_iter()
            .any(|patches| Path::from(patches) == *section);
        for name in self.members(section) {
            let lower = name.to_ascii_lowercase();
            match self.names.renamed(&lower) {
                Some(renamed) if self.doc.get(section.join(renamed.as_str())).is_none() => {
                    self.doc.rename_key(section.clone(), &name, &renamed)?;
                    if are_patches {
                        self.tally.patched.push(format!("{name} → {renamed}"));
                    }
                }
                Some(_) if are_patches => self.tally.unpatched.push(name),
                // Both names stand there already.
                Some(_) => {}
                None if are_patches
                    && is_core(&lower)
                    && !is_core_of(self.input.target.distribution(), &lower) =>
                {
                    self.tally.unpatched.push(name);
                }
                None => {}
            }
        }
        Ok(())
    }

    /// The packages whose patches cweagans/composer-patches 2 is to leave alone.
    fn rename_ignored_owners(&mut self) -> Result<(), EditError> {
        let list = Path::from(["extra", "composer-patches", "ignore-dependency-patches"]);
        let owners = self.doc.get(list.clone()).and_then(Value::as_array);
        let renamed: Vec<(usize, String)> = owners
            .into_iter()
            .flatten()
            .enumerate()
            .filter_map(|(index, owner)| {
                Some((
                    index,
                    self.names.renamed(&owner.as_str()?.to_ascii_lowercase())?,
                ))
            })
            .collect();
        for (index, owner) in renamed {
            self.doc.set(list.join(index), &owner.into())?;
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
