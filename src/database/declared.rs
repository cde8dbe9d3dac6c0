//! What the target's code declares of the database: `etc/db_schema.xml` of each module below `vendor/` and `app/code/`, and
//! `app/etc/db_schema.xml`, merged as Magento merges them: tables and columns by name, what one file declares and another one
//! disables is not there. `db_schema_whitelist.json` beside them names what `setup:upgrade` takes away by itself when it is
//! declared no longer.
//!
//! Files are read within the store alone: a module that a link leads out of it is passed over, and told.

use super::error::DatabaseError;
use super::facts::FACTS;
use super::schema::{Schema, Table};
use super::staging::ROW;
use composer_engine::files;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Without these a folder of code is no whole shop.
const CORE: [&str; 3] = ["catalog_product_entity", "eav_attribute", "sales_order"];

/// Of each folder of folders, more are not looked at; the largest real `vendor/` has some 800 packages.
const MOST_FOLDERS: usize = 20_000;

/// Names by table.
type Names = BTreeMap<String, BTreeSet<String>>;

/// The declared schema of a shop's code. Tables are named without a prefix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    tables: Names,
    whitelisted: Names,
    /// How many files declare it.
    pub files: usize,
    /// Folders that a link leads out of the store, which are not read.
    pub outside: Vec<String>,
}

/// Whose schema is at hand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AtHand {
    /// That of a shop without content staging.
    Target(Declared),
    /// That of Adobe Commerce: the packages of the target are not installed yet.
    Commerce,
    /// None, or not of a whole shop.
    #[default]
    Absent,
}

impl AtHand {
    /// The target's, when it is at hand.
    pub(crate) fn of_target(&self) -> Option<&Declared> {
        match self {
            Self::Target(declared) => Some(declared),
            Self::Commerce | Self::Absent => None,
        }
    }

    /// Reads it from the folder of a store.
    pub fn read(store: &Path) -> Result<Self, DatabaseError> {
        let declared = Declared::read(store)?;
        if CORE.iter().any(|table| !declared.has_table(table)) {
            return Ok(Self::Absent);
        }
        if declared.has_column(CORE[0], ROW) {
            return Ok(Self::Commerce);
        }
        Ok(Self::Target(declared))
    }
}

/// What a database has and the target's code does not declare.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Undeclared {
    /// Whole names of tables.
    pub tables: Vec<String>,
    /// As `TABLE.COLUMN`, of tables that are declared.
    pub columns: Vec<String>,
}

impl Declared {
    /// Reads the files below a store.
    pub fn read(store: &Path) -> Result<Self, DatabaseError> {
        let mut reading = Reading {
            root: std::fs::canonicalize(store).unwrap_or_else(|_| store.to_path_buf()),
            ..Reading::default()
        };
        reading.file(&store.join("app/etc/db_schema.xml"))?;
        for modules in ["vendor", "app/code"] {
            for vendor in reading.folders(&store.join(modules)) {
                for package in reading.folders(&vendor) {
                    for module in modules_of(&package) {
                        reading.module(&module)?;
                    }
                }
            }
        }
        Ok(reading.merged())
    }

    /// Whether some module declares the table.
    pub fn has_table(&self, table: &str) -> bool {
        self.tables.contains_key(table)
    }

    /// Whether some module declares the column.
    pub fn has_column(&self, table: &str, column: &str) -> bool {
        self.tables
            .get(table)
            .is_some_and(|columns| columns.contains(column))
    }

    /// Whether `setup:upgrade` takes a column away by itself.
    fn is_whitelisted(&self, table: &str, column: &str) -> bool {
        self.whitelisted
            .get(table)
            .is_some_and(|columns| columns.contains(column))
    }

    /// What is not declared of tables. `columns` gives the names that a table's columns have in the new database.
    pub(crate) fn undeclared<'t>(
        &self,
        schema: &Schema,
        tables: impl IntoIterator<Item = &'t Table>,
        columns: &dyn Fn(&Table) -> Vec<String>,
    ) -> Undeclared {
        let mut undeclared = Undeclared::default();
        for table in tables {
            let short = schema.short_name(&table.name);
            let Some(short) = short.filter(|short| self.has_table(short)) else {
                if !short.is_some_and(|short| {
                    FACTS.is_made_by_code(short) || self.whitelisted.contains_key(short)
                }) {
                    undeclared.tables.push(table.name.clone());
                }
                continue;
            };
            for column in columns(table) {
                if !self.has_column(short, &column) && !self.is_whitelisted(short, &column) {
                    undeclared.columns.push(format!("{}.{column}", table.name));
                }
            }
        }
        undeclared
    }
}

/// The folders of the modules in a package: its own, `src`, and those that its `registration.php` names.
fn modules_of(package: &Path) -> BTreeSet<PathBuf> {
    static FOLDER: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"__DIR__\s*\.\s*['"]/?([A-Za-z0-9_./-]+)['"]"#).expect("the pattern is valid")
    });
    let mut modules = BTreeSet::from([package.to_path_buf(), package.join("src")]);
    for folder in [package.to_path_buf(), package.join("src")] {
        let registration = folder.join("registration.php");
        let Ok(Some(text)) = files::text_if_there(&registration, files::CONFIGURATION) else {
            continue;
        };
        let named = FOLDER.captures_iter(&text).map(|found| found[1].to_owned());
        let inside = named.filter(|name| !name.split('/').any(|part| part == ".."));
        modules.extend(inside.map(|name| folder.join(name.trim_end_matches('/'))));
    }
    modules
}

/// What the files say so far: what is there, and what a file disables.
#[derive(Debug, Default)]
struct Reading {
    root: PathBuf,
    tables: BTreeMap<String, Element>,
    whitelisted: Names,
    files: usize,
    outside: Vec<String>,
}

/// A table or a column in several files.
#[derive(Debug, Default)]
struct Element {
    is_disabled: bool,
    /// A file says that it is not disabled.
    is_enabled: bool,
    columns: BTreeMap<String, Element>,
}

impl Element {
    fn hear(&mut self, disabled: Option<&str>) {
        match disabled {
            Some("true" | "1") => self.is_disabled = true,
            Some(_) => self.is_enabled = true,
            None => {}
        }
    }

    fn is_there(&self) -> bool {
        !self.is_disabled || self.is_enabled
    }
}

impl Reading {
    /// The folders in a folder that lie within the store, links followed.
    fn folders(&mut self, folder: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let mut folders: Vec<PathBuf> = entries
            .take(MOST_FOLDERS)
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
            .collect();
        folders.sort();
        folders.retain(|path| {
            let is_inside =
                std::fs::canonicalize(path).is_ok_and(|path| path.starts_with(&self.root));
            if !is_inside {
                self.outside.push(path.display().to_string());
            }
            is_inside
        });
        folders
    }

    fn module(&mut self, module: &Path) -> Result<(), DatabaseError> {
        let etc = module.join("etc");
        let is_inside = std::fs::canonicalize(&etc).is_ok_and(|path| path.starts_with(&self.root));
        if !is_inside {
            return Ok(());
        }
        self.file(&etc.join("db_schema.xml"))?;
        self.whitelist(&etc.join("db_schema_whitelist.json"))
    }

    /// The text of a file, when it is there and no link out of the store.
    fn text(&self, path: &Path) -> Result<Option<String>, DatabaseError> {
        match std::fs::canonicalize(path) {
            Ok(real) if real.starts_with(&self.root) => {
                files::text_if_there(path, files::CONFIGURATION)
                    .map_err(|error| DatabaseError::Unfit(error.to_string()))
            }
            _ => Ok(None),
        }
    }

    fn file(&mut self, path: &Path) -> Result<(), DatabaseError> {
        let Some(text) = self.text(path)? else {
            return Ok(());
        };
        self.files += 1;
        self.declare(&text).map_err(|error| {
            DatabaseError::Unfit(format!("{} cannot be read as XML: {error}", path.display()))
        })
    }

    /// Adds what a `db_schema.xml` says. Columns of a constraint or an index have the same element, deeper down.
    fn declare(&mut self, text: &str) -> Result<(), quick_xml::Error> {
        let mut reader = Reader::from_str(text);
        let mut path: Vec<String> = Vec::new();
        let mut table = String::new();
        loop {
            match reader.read_event()? {
                Event::Start(element) => {
                    self.element(&path, &element, &mut table)?;
                    path.push(String::from_utf8_lossy(element.local_name().as_ref()).into_owned());
                }
                Event::Empty(element) => self.element(&path, &element, &mut table)?,
                Event::End(_) => {
                    path.pop();
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn element(
        &mut self,
        path: &[String],
        element: &BytesStart<'_>,
        table: &mut String,
    ) -> Result<(), quick_xml::Error> {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let local = element.local_name();
        match (&path[..], local.as_ref()) {
            (["schema"], b"table") | (["schema", "table"], b"column") => {}
            _ => return Ok(()),
        }
        let (mut name, mut disabled) = (String::new(), None);
        for attribute in element.attributes() {
            let attribute = attribute?;
            let value = || String::from_utf8_lossy(&attribute.value).trim().to_owned();
            match attribute.key.as_ref() {
                b"name" => name = value(),
                b"disabled" => disabled = Some(value()),
                _ => {}
            }
        }
        if path.len() == 1 {
            self.tables
                .entry(name.clone())
                .or_default()
                .hear(disabled.as_deref());
            *table = name;
        } else {
            let columns = &mut self.tables.entry(table.clone()).or_default().columns;
            columns.entry(name).or_default().hear(disabled.as_deref());
        }
        Ok(())
    }

    fn whitelist(&mut self, path: &Path) -> Result<(), DatabaseError> {
        let Some(text) = self.text(path)? else {
            return Ok(());
        };
        let unread = |error| {
            DatabaseError::Unfit(format!(
                "{} cannot be read as JSON: {error}",
                path.display()
            ))
        };
        let tables: serde_json::Value = serde_json::from_str(&text).map_err(unread)?;
        for (table, parts) in tables.as_object().into_iter().flatten() {
            let columns = parts.get("column").and_then(serde_json::Value::as_object);
            let columns = columns.into_iter().flatten().map(|(name, _)| name.clone());
            self.whitelisted
                .entry(table.clone())
                .or_default()
                .extend(columns);
        }
        Ok(())
    }

    fn merged(self) -> Declared {
        let there = |elements: BTreeMap<String, Element>| {
            elements
                .into_iter()
                .filter(|(_, element)| element.is_there())
        };
        Declared {
            tables: there(self.tables)
                .map(|(name, table)| (name, there(table.columns).map(|(name, _)| name).collect()))
                .collect(),
            whitelisted: self.whitelisted,
            files: self.files,
            outside: self.outside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn declared(files: &[&str]) -> Declared {
        let mut reading = Reading::default();
        for file in files {
            reading.declare(file).unwrap();
        }
        reading.merged()
    }

    #[test]
    fn files_are_merged_by_the_names_of_tables_and_columns() {
        let first = r#"<?xml version="1.0"?><!-- <table name="c"/> --><schema xmlns:xsi="x"><table name="a"><column xsi:type="int" name="id" comment="&quot;"/><column xsi:type="int" name="old"/><constraint xsi:type="primary" referenceId="PRIMARY"><column name="of_key"/></constraint><index referenceId="I"><column name="of_index"/></index></table><table name="gone"><column name="id"/></table></schema>"#;
        let second = r#"<schema><table name="a"><column name="old" disabled="true"/><column name="new"></column></table><table name="gone" disabled="true"/></schema>"#;
        for order in [[first, second], [second, first]] {
            let declared = declared(&order);
            let expected = BTreeSet::from(["id".to_string(), "new".to_string()]);
            assert_eq!(declared.tables, Names::from([("a".to_string(), expected)]));
        }
        let back =
            r#"<schema><table name="a"><column name="old" disabled="false"/></table></schema>"#;
        assert!(declared(&[first, second, back]).has_column("a", "old"));
    }

    #[test]
    fn what_is_no_xml_is_an_error() {
        for text in [
            "<schema><table name=\"a\"></schema>",
            "<schema><table name=></table></schema>",
        ] {
            assert!(Reading::default().declare(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in "(<schema>|<table name=\"a\"|<column |disabled=\"true\"|/>|>|</table>|&x;|<!--|-->|<!\\[CDATA\\[|é)*") {
            let _ = Reading::default().declare(&text);
        }
    }
}
