//! What is known of the databases of Adobe Commerce and Magento Open Source: `commerce.toml`, and what counts.

use crate::distribution::is_commerce_module;
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The facts that ship. Tables are named without a prefix.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Facts {
    feature: Vec<Feature>,
    /// Tables with versions.
    pub staged: Vec<StagedFact>,
    /// Other tables that are counted by one of their own.
    pub counted: Vec<CountedFact>,
    rows: BTreeMap<String, Vec<String>>,
    without_key: WithoutKey,
    entities: BTreeMap<String, Vec<String>>,
    columns: BTreeMap<String, Vec<String>>,
    /// Tables that Open Source allows fewer rows in.
    pub merged: Vec<MergedFact>,
    attributes: BTreeMap<String, Vec<String>>,
    rows_that_go: BTreeMap<String, Vec<String>>,
    /// Columns whose rows go with the module that they name.
    pub named: Vec<Classes>,
    /// Rules that are kept and switched off when they name what goes.
    pub switched_off: Vec<SwitchedOff>,
    /// Columns whose names of classes are told, and stay.
    pub shown: Vec<Classes>,
    empty: Empty,
    made_by_code: Empty,
    /// Values that rows get whatever they had.
    pub set: Vec<SetFact>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Feature {
    name: String,
    tables: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WithoutKey {
    columns: Vec<String>,
}

/// A staged table.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StagedFact {
    /// The table with the versions.
    pub table: String,
    /// The column that names the entity.
    pub entity: String,
    /// The table that counts its entities.
    pub sequence: String,
}

/// A table whose numbers come from a table of their own, so that several versions can share one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CountedFact {
    /// The table whose rows are counted.
    pub table: String,
    /// The column that holds the number.
    pub column: String,
    /// The table that counts.
    pub sequence: String,
}

/// A table in which one row stands for several.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct MergedFact {
    /// The table.
    pub table: String,
    /// Its key, of which the first one stands for all.
    pub key: String,
    /// The column by which Open Source allows one row.
    pub one_per: String,
    /// What becomes of the data, as a clause for people.
    pub what: String,
}

/// Columns in which names of classes stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Classes {
    /// The table with them.
    pub table: String,
    /// Each holds names in any of their spellings, among other text.
    pub columns: Vec<String>,
}

/// Likewise, of rows that can be switched off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SwitchedOff {
    /// The table with the rules.
    pub table: String,
    /// Each holds conditions or actions with names of classes, serialised.
    pub columns: Vec<String>,
    /// The column that is set to 0.
    pub switch: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Empty {
    tables: Vec<String>,
}

/// A value that every row gets.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetFact {
    /// The table.
    pub table: String,
    /// The column that is set.
    pub column: String,
    /// What all rows get, as text.
    pub value: String,
}

/// The facts, read once.
pub(crate) static FACTS: LazyLock<Facts> = LazyLock::new(|| {
    toml::from_str(include_str!("commerce.toml")).expect("the bundled commerce.toml is valid")
});

impl Facts {
    /// The feature of Commerce that a table belongs to; none for a table that stays.
    pub(crate) fn feature(&self, table: &str) -> Option<&str> {
        self.feature
            .iter()
            .find(|feature| feature.tables.iter().any(|pattern| fits(pattern, table)))
            .map(|feature| feature.name.as_str())
    }

    /// The staged table whose rows a column holds.
    pub(crate) fn rows_in(&self, table: &str, column: &str) -> Option<&str> {
        holder(&self.rows, table, column)
    }

    /// Whether Open Source has a column, which holds entities, without a foreign key.
    pub(crate) fn is_without_key(&self, table: &str, column: &str) -> bool {
        let mut places = self.without_key.columns.iter();
        places.any(|place| place.split_once('.') == Some((table, column)))
    }

    /// The table whose entities a column holds.
    pub(crate) fn entities_in(&self, table: &str, column: &str) -> Option<&str> {
        holder(&self.entities, table, column)
    }

    /// Columns of a table that stays which only Commerce has.
    pub(crate) fn columns(&self, table: &str) -> &[String] {
        self.columns
            .get(table)
            .map(Vec::as_slice)
            .unwrap_or_default()
    }

    /// Whether Commerce's setup makes this attribute.
    pub(crate) fn is_attribute(&self, entity_type: &str, code: &str) -> bool {
        self.attributes
            .get(entity_type)
            .is_some_and(|codes| codes.iter().any(|known| known == code))
    }

    /// Columns of a table whose values tell that a row goes, with the patterns of those values.
    pub(crate) fn rows_that_go(&self, table: &str) -> impl Iterator<Item = (&str, &[String])> {
        self.rows_that_go.iter().filter_map(move |(place, values)| {
            let (of, column) = place.split_once('.')?;
            (of == table).then_some((column, values.as_slice()))
        })
    }

    /// Whether Magento's code makes a table, so that no `db_schema.xml` declares it.
    pub(crate) fn is_made_by_code(&self, table: &str) -> bool {
        let mut tables = self.made_by_code.tables.iter();
        tables.any(|pattern| fits(pattern, table))
    }

    /// Whether a table comes without its rows.
    pub(crate) fn is_empty(&self, table: &str) -> bool {
        self.empty.tables.iter().any(|pattern| fits(pattern, table))
    }
}

fn holder<'f>(
    places: &'f BTreeMap<String, Vec<String>>,
    table: &str,
    column: &str,
) -> Option<&'f str> {
    places
        .iter()
        .find(|(_, places)| {
            places.iter().any(|place| {
                place
                    .split_once('.')
                    .is_some_and(|of| of == (table, column))
            })
        })
        .map(|(staged, _)| staged.as_str())
}

/// Whether a text fits a pattern in which `*` stands for any text.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, tail)) => text.strip_prefix(head).is_some_and(|rest| {
            tail.is_empty()
                || rest
                    .char_indices()
                    .map(|(index, _)| index)
                    .chain([rest.len()])
                    .any(|index| fits(tail, &rest[index..]))
        }),
    }
}

/// A module's name, or a class or a right of one: `Magento_Rma`, `Magento\Rma\Model`, `Magento\\Rma\\Model` in JSON.
static MODULE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\bMagento(?:_|\\{1,4})([A-Z][A-Za-z0-9]*)").expect("the pattern is valid")
});

/// The first module that only Commerce has and that a text names.
pub(crate) fn commerce_module_in(text: &str) -> Option<String> {
    MODULE
        .captures_iter(text)
        .map(|found| format!("Magento_{}", &found[1]))
        .find(|module| is_commerce_module(module))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_columns_of_commerce_are_known_and_nothing_else() {
        let facts = &*FACTS;
        assert_eq!(
            facts.feature("magento_rma_item_entity_int"),
            Some("Returns (RMA)")
        );
        assert_eq!(facts.feature("sequence_rma_item_12"), Some("Returns (RMA)"));
        assert_eq!(
            facts.feature("magento_sales_order_grid_archive"),
            Some("Sales archive")
        );
        for kept in [
            "magento_bulk",
            "magento_operation",
            "magento_acknowledged_bulk",
            "sequence_order_1",
            "company_directory",
            "wishlist",
        ] {
            assert_eq!(facts.feature(kept), None, "{kept}");
        }
        assert_eq!(
            facts.rows_in("catalog_product_link", "product_id"),
            Some("catalog_product_entity")
        );
        assert_eq!(
            facts.rows_in("catalog_product_link", "linked_product_id"),
            None
        );
        assert!(facts.is_attribute("catalog_product", "lifetime"));
        assert!(!facts.is_attribute("customer", "lifetime"));
    }

    #[test]
    fn a_module_is_found_in_every_spelling() {
        for text in [
            "Magento_CustomerSegment::customersegment",
            r"Magento\CustomerSegment\Model\Segment\Condition\Segment",
            r#"{"type":"Magento\\CustomerSegment\\Model"}"#,
            r#"{{widget type="Magento\CustomerSegment\Block"}}"#,
        ] {
            assert_eq!(
                commerce_module_in(text).as_deref(),
                Some("Magento_CustomerSegment"),
                "{text}"
            );
        }
        for text in [
            r"Magento\SalesRule\Model",
            "Magento_Customer::manage",
            "MyMagento_Rma",
        ] {
            assert_eq!(commerce_module_in(text), None, "{text}");
        }
    }

    #[test]
    fn patterns() {
        assert!(fits("a*c*", "abcd") && fits("*_cl", "x_cl") && fits("a", "a") && fits("*", ""));
        assert!(!fits("a*c", "abd") && !fits("a", "ab") && !fits("*_cl", "x_clx"));
    }
}
