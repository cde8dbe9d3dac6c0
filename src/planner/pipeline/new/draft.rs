//! The composer.json of a new project, before its packages are resolved.

use crate::distribution::{Release, Target, host_and_path, template};
use crate::plan::{Code, Finding};
use crate::planner::error::PlanError;
use crate::planner::selection::findings;
use crate::planner::wish::environment::Environment;
use crate::profile::{Library, Selection};
use crate::project::site::Site;
use composer_engine::format::json::php_json::encode_pretty;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::{Options, RepositorySet, wants_dev};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The indentation that `create-project` leaves: PHP's own.
const INDENT: &str = "    ";

/// A new project, before its packages are resolved.
pub struct Draft {
    /// What the store is made as.
    pub target: Target,
    /// The release of the target.
    pub release: Release,
    /// The root, in the order in which it is written.
    pub root: Map<String, Value>,
    /// What a person should know about the choice of packages.
    pub findings: Vec<Finding>,
    /// The development environment to write a configuration for.
    pub environment: Option<Environment>,
    /// What the profile and the wish mean for the root.
    pub(super) selection: Selection,
    /// Hosts of repositories that are the buyer's own.
    pub(super) own_hosts: Vec<String>,
}

impl Draft {
    /// The root that `create-project` writes for a release, under another name when one is given.
    pub fn new(target: Target, release: &Release, name: Option<&str>) -> Self {
        let template = template(target, &release.version);
        let mut root = template.value;
        if let (Some(name), Some(value)) = (name, root.get_mut("name")) {
            *value = name.into();
        }
        let assumed = (!template.exact).then(|| {
            Finding::new(
                Code::RootAssumed,
                format!("composer.json follows the nearest release whose template is known, with the numbers of {}", release.version),
                "Compare it with the project package of the release if an entry matters to you.",
            )
        });
        Self {
            target,
            release: release.clone(),
            root,
            findings: assumed.into_iter().collect(),
            environment: None,
            selection: Selection::default(),
            own_hosts: Vec::new(),
        }
    }

    /// The requirements of the root, without those for development.
    pub fn requires(&self) -> Vec<(String, String)> {
        let requires = self
            .root
            .get("require")
            .and_then(Value::as_object)
            .into_iter()
            .flatten();
        requires
            .filter_map(|(name, constraint)| Some((name.clone(), constraint.as_str()?.to_string())))
            .collect()
    }

    /// Adds requirements after those of the template, which are no longer the template's to order.
    pub fn require(&mut self, requires: impl IntoIterator<Item = (String, String)>) {
        if let Some(section) = self.root.get_mut("require").and_then(Value::as_object_mut) {
            section.extend(
                requires
                    .into_iter()
                    .map(|(name, constraint)| (name, constraint.into())),
            );
        }
    }

    /// Adds a repository of the buyer's own after those of the template.
    pub fn add_repository(&mut self, url: &str) {
        let host = host_and_path(url).map(|(host, _)| host.to_owned());
        self.own_hosts.extend(host);
        if let Some(Value::Array(repositories)) = self.root.get_mut("repositories") {
            repositories.push(serde_json::json!({"type": "composer", "url": url}));
        }
    }

    /// Puts a selection of feature sets into the root.
    pub fn select(&mut self, selection: Selection, library: &Library) {
        self.require(selection.requires.clone());
        if !selection.replaces.is_empty() {
            let replaces: Map<String, Value> = selection
                .replaces
                .iter()
                .map(|name| (name.clone(), selection.replaced_version(name).into()))
                .collect();
            // Where Composer's schema has it: behind the requirements.
            let place = ["require", "require-dev"]
                .iter()
                .filter_map(|key| self.root.keys().position(|known| known == key))
                .max();
            let place = place.map_or(self.root.len(), |place| place + 1);
            self.root
                .shift_insert(place, "replace".to_string(), replaces.into());
        }
        self.findings
            .extend(findings::of_selection(&selection, library));
        self.selection = selection;
    }

    /// The text of composer.json.
    pub fn text(&self) -> String {
        encode_pretty(&Value::Object(self.root.clone()), INDENT) + "\n"
    }

    /// The repositories of the root, opened for the versions that it allows.
    pub fn open(&self, site: &Site, options: &Options) -> Result<RepositorySet, PlanError> {
        let root = Value::Object(self.root.clone());
        let options = Options {
            wants_dev: wants_dev(&RootPackage::load(&root)?),
            ..options.clone()
        };
        Ok(site.repositories(&root, &options).map_err(Arc::new)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_written_as_create_project_leaves_it() {
        let release = Release::unknown("3.2.0");
        let draft = Draft::new(Target::MageOsMinimal, &release, Some("acme/shop"));
        let text = draft.text();
        assert!(
            text.starts_with("{\n    \"name\": \"acme/shop\",\n    \"description\": "),
            "{text}"
        );
        assert!(text.contains("    \"require\": {\n        \"mage-os/product-minimal-edition\": \"3.2.0\"\n    },\n"), "{text}");
        assert!(text.ends_with("}\n") && draft.findings.is_empty());
    }
}
