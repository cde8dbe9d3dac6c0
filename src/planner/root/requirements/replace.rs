//! Root `replace` and `conflict`.
//!
//! A root that replaces a module has to name it as everybody requires it: the product requires `mage-os/x`, third parties
//! require `magento/x`. With `mage-os/x` alone the module comes back from any Magento repository, with `magento/x` alone there is
//! no solution. So on a rebuild such as Mage-OS both names stand there, elsewhere only Magento's.

use crate::distribution::Family;
use crate::planner::root::Merger;
use composer_engine::format::json::document::{EditError, Position};
use serde_json::{Value, json};

impl Merger<'_> {
    /// Gives core packages in `replace` the names that they are required by in the target.
    pub(crate) fn merge_replace(&mut self) -> Result<(), EditError> {
        let Some(replace) = self.doc.get("replace").and_then(Value::as_object) else {
            return Ok(());
        };
        let is_rebuild = self.input.target.is_in(Family::Rebuild);
        if !self.names.vendor_changes() && !is_rebuild {
            return Ok(());
        }
        let names: Vec<String> = replace.keys().cloned().collect();
        for name in names {
            let Some(renamed) = self.names.renamed_from_any(&name.to_ascii_lowercase()) else {
                continue;
            };
            let has_both = self.doc.get(["replace", renamed.as_str()]).is_some();
            if is_rebuild {
                if !has_both {
                    self.doc
                        .insert("replace", Position::Before(&name), &renamed, &json!("*"))?;
                    self.tally.replaced.push(renamed);
                }
            } else if has_both {
                self.doc.remove(["replace", name.as_str()])?;
            } else {
                self.doc.rename_key("replace", &name, &renamed)?;
            }
        }
        Ok(())
    }

    /// A conflict with a Magento name keeps its meaning on Mage-OS, whose packages replace these names at the upstream version.
    /// One with a Mage-OS name means nothing elsewhere, except when it excludes the package altogether.
    pub(crate) fn merge_conflict(&mut self) -> Result<(), EditError> {
        let Some(conflict) = self.doc.get("conflict").and_then(Value::as_object) else {
            return Ok(());
        };
        if !self.names.vendor_changes() || self.input.target.is_in(Family::Rebuild) {
            return Ok(());
        }
        let entries: Vec<(String, bool)> = conflict
            .iter()
            .map(|(name, constraint)| (name.clone(), constraint.as_str() == Some("*")))
            .collect();
        for (name, any) in entries {
            let Some(renamed) = self.names.renamed(&name.to_ascii_lowercase()) else {
                continue;
            };
            if any && self.doc.get(["conflict", renamed.as_str()]).is_none() {
                self.doc.rename_key("conflict", &name, &renamed)?;
            } else {
                self.take_out(&["conflict", &name])?;
            }
        }
        Ok(())
    }
}
