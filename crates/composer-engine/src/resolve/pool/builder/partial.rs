//! A partial update: what stays as it is locked, and what is unlocked on the way (`PoolBuilder::unlockPackage`).

use super::{Builder, is_symlinked_path};
use crate::format::constraint::Constraint;
use crate::format::package::Package;
use crate::format::package::platform::is_platform_package;
use crate::resolve::candidate::IdSet;
use crate::resolve::name_pattern::name_pattern;
use crate::resolve::request::Request;
use regex::Regex;
use std::sync::Arc;

impl Builder<'_, '_> {
    /// Locks what a partial update does not list.
    pub(super) fn lock_unlisted(&mut self, request: &mut Request) {
        let patterns: Vec<Regex> = request
            .update_only
            .iter()
            .filter_map(|pattern| name_pattern(pattern).ok())
            .collect();
        self.warn_about_unknown(request);
        for &id in &request.locked_repository {
            let package = self.package(id);
            if patterns
                .iter()
                .any(|pattern| pattern.is_match(&package.name))
            {
                continue;
            }
            self.skipped
                .entry(package.name.clone())
                .or_default()
                .push(id);
            for link in &package.replaces {
                self.skipped
                    .entry(link.target.clone())
                    .or_default()
                    .push(id);
            }
            if is_symlinked_path(&package) {
                self.unlocked_paths.insert(package.name.clone());
            } else {
                request.locked.insert(id);
            }
        }
    }

    fn warn_about_unknown(&mut self, request: &Request) {
        for wanted in &request.update_only {
            let Ok(pattern) = name_pattern(wanted) else {
                continue;
            };
            if request
                .locked_repository
                .iter()
                .any(|&id| pattern.is_match(self.candidates()[id].name()))
            {
                continue;
            }
            let mut matches_platform = false;
            let matches_root = request
                .requires
                .keys()
                .filter(|name| pattern.is_match(name))
                .any(|name| {
                    matches_platform |= is_platform_package(name);
                    !is_platform_package(name)
                });
            if matches_root {
                continue;
            }
            self.warnings.push(if matches_platform {
                format!("Pattern \"{wanted}\" listed for update matches platform packages, but these cannot be updated by Composer.")
            } else if wanted.contains('*') {
                format!("Pattern \"{wanted}\" listed for update does not match any locked packages.")
            } else {
                format!("Package \"{wanted}\" listed for update is not locked.")
            });
        }
    }

    /// Whether a partial update may unlock `name`; warns when a root requirement stands against it.
    pub(super) fn may_unlock(&mut self, request: &Request, name: &Arc<str>) -> bool {
        let held_by_root = self.skipped_root_requirements(request, name);
        if request.updates_root_dependencies() || held_by_root.is_empty() {
            return true;
        }
        for dependency in held_by_root {
            if self.warned.insert(dependency.clone()) {
                self.warnings.push(format!(
                    "Dependency {dependency} is also a root requirement. Package has not been listed as an update argument, so keeping locked at old version. Use --with-all-dependencies (-W) to include root dependencies."
                ));
            }
        }
        false
    }

    fn skipped_root_requirements(&self, request: &Request, name: &Arc<str>) -> Vec<String> {
        let shown = |package: &Package| match package.name == *name {
            true => package.name.to_string(),
            false => format!("{} (via replace of {name})", package.name),
        };
        let skipped = self
            .skipped
            .get(name)
            .into_iter()
            .flatten()
            .map(|&id| self.package(id));
        if request.requires.contains_key(name) {
            return skipped.map(|package| shown(&package)).collect();
        }
        let mut held = Vec::new();
        for package in skipped {
            if request.requires.contains_key(&package.name) {
                held.push(package.name.to_string());
            }
            if package
                .replaces
                .iter()
                .any(|link| request.requires.contains_key(&link.target))
            {
                held.push(shown(&package));
            }
        }
        held
    }

    /// Takes back the decision to keep `name` as locked (`unlockPackage`).
    pub(super) fn unlock(&mut self, request: &mut Request, name: &Arc<str>) {
        self.unlocking.push(name.clone());
        for id in self.skipped.get(name).cloned().unwrap_or_default() {
            let replacer = self.candidates()[id].name().clone();
            if replacer == *name
                || !self.skipped.contains_key(&replacer)
                || self.unlocking.contains(&replacer)
            {
                continue;
            }
            let required = |name: &Arc<str>| request.requires.contains_key(name);
            if request.updates_root_dependencies() || !(required(name) || required(&replacer)) {
                let replacer_required = required(&replacer);
                self.unlock(request, &replacer);
                if replacer_required {
                    self.mark(request, &replacer, &Arc::new(Constraint::Any));
                } else {
                    self.mark_requirements_on(request, &replacer);
                }
            }
        }
        self.unlocking.pop();
        if self.unlocked_paths.contains(name) {
            for place in 0..self.entries.len() {
                if let Some(id) = self.entries[place]
                    && self.candidates()[id].name() == name
                {
                    self.take_out(id, place);
                }
            }
        }
        self.marked.clear();
        self.marked_sections = IdSet::default();
        self.skipped.remove(name);
        self.loaded.remove(name);
        self.fully_loaded.remove(name);
        self.unlocked_paths.remove(name);
        for locked in request.all_locked() {
            let package = self.package(locked);
            if self.candidates()[locked].is_alias() || package.name != *name {
                continue;
            }
            let Some(place) = self.entries.iter().position(|entry| *entry == Some(locked)) else {
                continue;
            };
            request.locked.shift_remove(&locked);
            self.take_out(locked, place);
            for other in request.fixed_or_locked() {
                let holder = self.package(other);
                if other == locked || !self.skipped.contains_key(&holder.name) {
                    continue;
                }
                if let Some(link) = holder
                    .requires
                    .iter()
                    .find(|link| link.target == package.name)
                {
                    self.mark(request, &package.name, &link.constraint);
                }
                for replaced in &package.replaces {
                    if holder
                        .requires
                        .iter()
                        .any(|link| link.target == replaced.target)
                        && self.skipped.contains_key(&replaced.target)
                    {
                        self.unlock(request, &replaced.target);
                        self.mark(request, &replaced.target, &replaced.constraint);
                    }
                }
            }
        }
    }

    pub(super) fn mark_if_required(&mut self, request: &Request, name: &Arc<str>) {
        if let Some(requirement) = request.requires.get(name) {
            self.mark(request, name, &requirement.constraint);
        }
        self.mark_requirements_on(request, name);
    }

    /// Marks `name` with every constraint that a package of the pool has on it.
    fn mark_requirements_on(&mut self, request: &Request, name: &Arc<str>) {
        let packages: Vec<Arc<Package>> = self
            .entries
            .iter()
            .flatten()
            .map(|&id| self.package(id))
            .collect();
        for link in packages
            .iter()
            .flat_map(|package| &package.requires)
            .filter(|link| link.target == *name)
        {
            self.mark(request, name, &link.constraint);
        }
    }
}
