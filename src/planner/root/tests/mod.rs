//! Tests of the merge.

mod repositories;
mod requirements;
mod settings;
mod stores;
mod templates;

use super::input::{RootMerge, RootMergeInput};
use super::*;
use crate::distribution::{LiveFacts, Release, ReleaseCatalog, Target, template};
use crate::distribution::{LivePackage, detect};
use crate::planner::composer_files::merge_plugin::Included;
use crate::planner::composer_files::own_builds::OwnBuild;
use composer_engine::format::json::document::JsonDocument;
use serde_json::Value;
use serde_json::json;

/// A root merged for a release of a target; the store is what `detect` makes of root and lock.
struct Case {
    root: String,
    lock: Option<Value>,
    live: LiveFacts,
    own_builds: Vec<OwnBuild>,
    included: Included,
    answers: Answers,
}

impl Case {
    fn new(root: Value) -> Self {
        Self::text(&serde_json::to_string_pretty(&root).unwrap())
    }

    fn text(root: &str) -> Self {
        Self {
            root: root.to_owned(),
            lock: None,
            live: LiveFacts::default(),
            own_builds: Vec::new(),
            included: Included::default(),
            answers: Answers::new(),
        }
    }

    fn lock(mut self, lock: Value) -> Self {
        self.lock = Some(lock);
        self
    }

    fn live(mut self, name: &str, versions: &[(&str, &[(&str, &str)])]) -> Self {
        let versions = versions.iter().map(|(version, requires)| LivePackage {
            version: (*version).to_owned(),
            requires: requires
                .iter()
                .map(|(name, on)| ((*name).into(), (*on).into()))
                .collect(),
            replaces: Vec::new(),
        });
        self.live.insert(name, versions.collect());
        self
    }

    fn merge(&self, target: Target, release: &str) -> RootMerge {
        let catalog = ReleaseCatalog::bundled();
        let root = JsonDocument::parse(self.root.clone()).unwrap();
        let source = detect(self.lock.as_ref(), root.value(), &catalog).unwrap();
        let release = catalog
            .facts(target, release)
            .cloned()
            .unwrap_or_else(|| Release::unknown(release));
        let input = RootMergeInput {
            root: &root,
            lock: self.lock.as_ref(),
            source: &source,
            target,
            release: &release,
            catalog: &catalog,
            live: &self.live,
            own_builds: &self.own_builds,
            included: &self.included,
            answers: &self.answers,
        };
        merge_root(&input).unwrap()
    }
}

/// What `create-project` writes.
fn new_project(target: Target, release: &str) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(&template(target, release).value, &mut serializer).unwrap();
    String::from_utf8(bytes).unwrap() + "\n"
}

fn codes(merge: &RootMerge) -> Vec<&str> {
    merge
        .findings
        .iter()
        .map(|finding| finding.code().as_str())
        .collect()
}

fn value<'m>(merge: &'m RootMerge, path: &[&str]) -> &'m Value {
    merge.document.get(path).unwrap_or(&Value::Null)
}

/// A root of a store of Open Source 2.4.8-p4 with some requirements of its own.
fn magento(require: &[(&str, &str)]) -> Case {
    let mut root = template(Target::Magento, "2.4.8-p4").value;
    for (name, constraint) in require {
        root["require"][name] = json!(constraint);
    }
    Case::new(Value::Object(root))
}

const NEWEST: [(Target, &str); 5] = [
    (Target::MageOs, "3.4.0"),
    (Target::MageOsMinimal, "3.2.0"),
    (Target::Magento, "2.4.9"),
    (Target::Commerce, "2.4.9"),
    (Target::CommerceCloud, "2.4.9"),
];
