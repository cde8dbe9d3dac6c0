//! What an installed package leaves in other code besides its name: tables, configuration sections, layout handles.

use crate::planner::store::packages::{Fate, Packages};
use crate::project::store_files::StoreFiles;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

static TABLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"<table\s[^>]*?name\s*=\s*"(\w+)""#).expect("the pattern is valid")
});

static SECTION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"<section\s[^>]*?id\s*=\s*"(\w+)""#).expect("the pattern is valid")
});

/// What a trace is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A table that its `db_schema.xml` declares.
    Table,
    /// A section of the configuration: the first part of its paths.
    Section,
    /// A layout handle, by the name of its file.
    Handle,
}

impl Kind {
    /// As people read it.
    pub(crate) fn describe(self, word: &str) -> String {
        let what = match self {
            Self::Table => "table",
            Self::Section => "configuration path",
            Self::Handle => "layout handle",
        };
        format!("{what} {word}")
    }
}

/// The traces of the packages that go and that no package which stays has, too; none when nothing is installed.
#[derive(Debug, Default)]
pub(super) struct Traces(BTreeMap<String, BTreeSet<(Kind, String)>>);

impl Traces {
    /// Reads the installed packages of the core.
    pub(super) fn read(packages: &Packages<'_>, store: &dyn StoreFiles) -> Self {
        if !store.is_folder("vendor") || packages.gone().is_empty() {
            return Self::default();
        }
        let mut going = BTreeMap::new();
        let mut staying = BTreeSet::new();
        for (name, _) in packages.all_old() {
            let of_package = package_traces(store, &format!("vendor/{name}"));
            match packages.fate(name) {
                Fate::Goes => {
                    going.insert(name.to_owned(), of_package);
                }
                _ => staying.extend(of_package),
            }
        }
        for traces in going.values_mut() {
            traces.retain(|trace| !staying.contains(trace));
        }
        Self(going)
    }

    /// The words by which code refers to the traces of a package, with the quotes that tell them from other words.
    pub(super) fn of(&self, package: &str) -> Vec<(String, Kind)> {
        let traces = self.0.get(package).into_iter().flatten();
        traces
            .flat_map(|(kind, name)| {
                match kind {
                    Kind::Table => vec![format!("'{name}'"), format!("\"{name}\"")],
                    Kind::Section => vec![format!("'{name}/"), format!("\"{name}/")],
                    Kind::Handle => vec![format!("handle=\"{name}\"")],
                }
                .into_iter()
                .map(|word| (word, *kind))
                .collect::<Vec<_>>()
            })
            .collect()
    }
}

fn package_traces(store: &dyn StoreFiles, folder: &str) -> BTreeSet<(Kind, String)> {
    let mut traces = BTreeSet::new();
    let mut names = |file: &str, pattern: &Regex, kind: Kind| {
        let text = store
            .configuration(&format!("{folder}/{file}"))
            .unwrap_or_default();
        traces.extend(
            pattern
                .captures_iter(&text)
                .filter_map(|found| Some((kind, found.get(1)?.as_str().to_owned()))),
        );
    };
    // A single word is as likely something else.
    names("etc/db_schema.xml", &TABLE, Kind::Table);
    names("etc/adminhtml/system.xml", &SECTION, Kind::Section);
    traces.retain(|(kind, name)| *kind != Kind::Table || name.contains('_'));
    for area in ["frontend", "adminhtml", "base"] {
        for entry in store.entries(&format!("{folder}/view/{area}/layout")) {
            if let Some(handle) = entry.name.strip_suffix(".xml") {
                traces.insert((Kind::Handle, handle.to_owned()));
            }
        }
    }
    traces
}
