//! The files that composer-merge-plugin adds to the root.
//!
//! What they require is the owner's: it is in no template, extensions stay, and core follows the target as in the root.

use crate::distribution::{Belongs, belongs};
use crate::plan::sentence::{count, list};
use crate::plan::{Code, Finding};
use crate::planner::composer_files::whole_root::taken_from_extra;
use crate::planner::root::Merger;
use composer_engine::format::json::document::EditError;
use serde_json::Value;

impl Merger<'_> {
    /// Edits each file as the root is edited.
    pub(super) fn merge_included(&mut self) -> Result<(), EditError> {
        let mut products = Vec::new();
        for index in 0..self.included.len() {
            if self.included[index].is_own {
                continue;
            }
            // The root steps aside, so that the same edits are made to the file.
            std::mem::swap(&mut self.doc, &mut self.included[index].document);
            let merged = self.merge_file();
            std::mem::swap(&mut self.doc, &mut self.included[index].document);
            if merged? {
                products.push(self.included[index].path.clone());
            }
        }
        if let Some(first) = products.first() {
            self.findings.push(Finding::new(
                Code::MergePluginProduct,
                "composer-merge-plugin brings the product",
                format!(
                    "{} what the store is a store of. A switch changes that in composer.json: move the requirement there.",
                    if products.len() == 1 {
                        format!("{} requires", products[0])
                    } else {
                        format!("{} require", list(&products))
                    }
                ),
            )
            .in_file(first));
        }
        Ok(())
    }

    /// Edits one file; whether it requires a product.
    fn merge_file(&mut self) -> Result<bool, EditError> {
        let mut has_product = false;
        for section in ["require", "require-dev"] {
            let links = self.doc.get(section).and_then(Value::as_object);
            for (name, constraint) in links.cloned().unwrap_or_default() {
                has_product |= belongs(&name.to_ascii_lowercase()) == Belongs::Product;
                if let Some(constraint) = constraint.as_str() {
                    self.merge_owners_requirement(section, (&name, constraint))?;
                }
            }
        }
        self.merge_replace()?;
        self.merge_conflict()?;
        Ok(has_product)
    }

    /// Says that there are such files, and which of them nobody can read.
    pub(super) fn report_included(&mut self) {
        let find = |code, title: String, detail: String| {
            Finding::new(code, title, detail).in_file("composer.json")
        };
        let others = || self.included.iter().filter(|file| !file.is_own);
        let paths: Vec<&str> = others().map(|file| file.path.as_str()).collect();
        let passed_over = others().filter(|file| file.passed_over() > 0);
        let passed_over: Vec<&str> = passed_over.map(|file| file.path.as_str()).collect();
        let passed_over = match passed_over.as_slice() {
            [] => String::new(),
            some => format!(
                " Entries of `repositories` without a `type` count for nothing there: {}.",
                list(some)
            ),
        };
        if !paths.is_empty() {
            self.findings.push(find(
                Code::MergePluginFiles,
                format!(
                    "composer-merge-plugin adds {} to composer.json",
                    count(paths.len(), "file")
                ),
                format!(
                    "What they require counts as the root's own: {}.{passed_over}",
                    list(&paths)
                ),
            ));
        }
        let taken = taken_from_extra(self.doc.value(), &self.included);
        if !taken.is_empty() {
            self.findings.push(find(
                Code::MergePluginExtra,
                format!(
                    "composer-merge-plugin takes {} of `extra` from other files, which the plan does not follow",
                    count(taken.len(), "part")
                ),
                format!(
                    "{}. Package names there (of patches, for example) are neither renamed nor looked at: compare them with the target's by hand, or move these parts to composer.json.",
                    list(&taken)
                ),
            ));
        }
        let unread = &self.input.included.unread;
        if !unread.is_empty() {
            let each: Vec<String> = unread
                .iter()
                .map(|(path, why)| format!("{path}: {why}"))
                .collect();
            self.findings.push(find(
                Code::MergePluginUnread,
                format!("composer-merge-plugin adds {} that cannot be read", count(unread.len(), "file")),
                format!(
                    "What they require would be missing from the lock. Mend them, or take them out of extra.merge-plugin: {}.",
                    list(&each)
                ),
            ));
        }
    }
}
