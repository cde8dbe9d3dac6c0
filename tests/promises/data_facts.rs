//! "The schema of a real Commerce shop becomes that of a real Open Source shop." The two schemas lie beside some checkouts;
//! `MAGESHIFT_FACTS` names their folder.

use crate::database::server::server;
use mageshift::database::conversion::planning::plan;
use mageshift::database::conversion::request::Request;
use mageshift::database::copying::{self, Outcome};
use mageshift::database::reading;
use mageshift::database::schema::{IndexKind, Table};
use mageshift::database::staging::Decisions;
use mysql::prelude::Queryable;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::PathBuf;

/// What the releases of the two shops differ in: `setup:upgrade` adds it, or leaves it.
const OF_RELEASES: [&str; 13] = [
    "lacks column sales_creditmemo_comment.updated_at",
    "lacks column sales_creditmemo_comment.user_id",
    "lacks column sales_creditmemo_comment.user_type",
    "lacks column sales_invoice_comment.updated_at",
    "lacks column sales_invoice_comment.user_id",
    "lacks column sales_invoice_comment.user_type",
    "lacks column sales_shipment_comment.updated_at",
    "lacks column sales_shipment_comment.user_id",
    "lacks column sales_shipment_comment.user_type",
    "lacks column vault_payment_token.website_id",
    "lacks index of quote: QUOTE_STORE_ID_UPDATED_AT (store_id,updated_at)",
    "has index of quote: QUOTE_STORE_ID (store_id)",
    "lacks index of sales_order: SALES_ORDER_STORE_ID_STATE_CREATED_AT (store_id,state,created_at)",
];

/// The columns, indexes or keys of a table, by name.
fn part<'v>(table: &'v Value, name: &str) -> BTreeMap<&'v str, &'v str> {
    static NONE: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    let part = table.get(name).and_then(Value::as_object).unwrap_or(&NONE);
    part.iter()
        .map(|(name, text)| (name.as_str(), text.as_str().unwrap()))
        .collect()
}

/// `COLUMN -> TABLE.COLUMN on delete cascade`, taken apart.
fn key(text: &str) -> (&str, &str, &str, &str) {
    let (column, rest) = text.split_once(" -> ").unwrap();
    let (parent, rule) = rest.split_once(" on delete ").unwrap_or((rest, ""));
    let (parent, parent_column) = parent.split_once('.').unwrap();
    (column, parent, parent_column, rule)
}

fn quoted(columns: &str) -> String {
    let quoted: Vec<String> = columns
        .split(',')
        .map(|column| format!("`{column}`"))
        .collect();
    quoted.join(",")
}

fn create(name: &str, table: &Value) -> String {
    let mut lines = Vec::new();
    for (column, kind) in part(table, "columns") {
        let is_nullable = kind.contains(" null");
        let kind = kind
            .replace(" null", "")
            .replace(" on update current_timestamp()", "");
        let null = if is_nullable { "NULL" } else { "NOT NULL" };
        let default = match kind.as_str() {
            "timestamp" if !is_nullable => " DEFAULT CURRENT_TIMESTAMP",
            _ => "",
        };
        lines.push(format!("`{column}` {kind} {null}{default}"));
    }
    for (_, columns) in part(table, "primary") {
        lines.push(format!("PRIMARY KEY ({})", quoted(columns)));
    }
    for (index, columns) in part(table, "unique") {
        lines.push(format!("UNIQUE KEY `{index}` ({})", quoted(columns)));
    }
    for (index, columns) in part(table, "index") {
        let is_text =
            index.starts_with("FTI_") || columns.contains("content") || columns.contains("title");
        lines.push(format!(
            "{} `{index}` ({})",
            if is_text { "FULLTEXT KEY" } else { "KEY" },
            quoted(columns)
        ));
    }
    for (name, text) in part(table, "foreign") {
        let (column, parent, parent_column, rule) = key(text);
        let rule = if rule.is_empty() {
            String::new()
        } else {
            format!(" ON DELETE {rule}")
        };
        lines.push(format!("CONSTRAINT `{name}` FOREIGN KEY (`{column}`) REFERENCES `{parent}` (`{parent_column}`){rule}"));
    }
    format!("CREATE TABLE `{name}` ({}) ENGINE=InnoDB", lines.join(", "))
}

/// Tables that keys lead to and that the facts do not hold, with that column alone.
fn stand_ins(tables: &Map<String, Value>) -> Vec<String> {
    let mut missing: BTreeMap<(&str, &str), String> = BTreeMap::new();
    for table in tables.values() {
        let columns = part(table, "columns");
        for (_, text) in part(table, "foreign") {
            let (column, parent, parent_column, _) = key(text);
            if !tables.contains_key(parent) {
                missing.insert(
                    (parent, parent_column),
                    columns[column].replace(" null", ""),
                );
            }
        }
    }
    let more = |table: &str| match table {
        "eav_attribute" => {
            ", entity_type_id SMALLINT UNSIGNED NOT NULL, attribute_code VARCHAR(255), is_user_defined SMALLINT NOT NULL"
        }
        _ => "",
    };
    missing
        .iter()
        .map(|((table, column), kind)| {
            format!(
                "CREATE TABLE `{table}` (`{column}` {kind} NOT NULL{}, PRIMARY KEY (`{column}`))",
                more(table)
            )
        })
        .collect()
}

fn differences(table: &Table, wanted: &Value) -> Vec<String> {
    let name = &table.name;
    let mut found = Vec::new();
    let mut compare = |what: &str, has: BTreeSet<String>, wants: BTreeSet<String>| {
        found.extend(
            has.difference(&wants)
                .map(|text| format!("has {what}{text}")),
        );
        found.extend(
            wants
                .difference(&has)
                .map(|text| format!("lacks {what}{text}")),
        );
    };
    compare(
        "column ",
        table
            .columns
            .iter()
            .map(|column| format!("{name}.{}", column.name))
            .collect(),
        part(wanted, "columns")
            .keys()
            .map(|column| format!("{name}.{column}"))
            .collect(),
    );
    compare(
        "a column that counts: ",
        table
            .columns
            .iter()
            .filter(|column| column.counts_by_itself)
            .map(|column| format!("{name}.{}", column.name))
            .collect(),
        part(wanted, "columns")
            .iter()
            .filter(|(_, kind)| kind.contains("auto_increment"))
            .map(|(column, _)| format!("{name}.{column}"))
            .collect(),
    );
    let wants = ["primary", "unique", "index"]
        .iter()
        .flat_map(|kind| part(wanted, kind))
        .map(|(index, columns)| format!("{name}: {index} ({columns})"));
    compare(
        "index of ",
        table
            .indexes
            .iter()
            .map(|index| format!("{name}: {} ({})", index.name, index.columns().join(",")))
            .collect(),
        wants.collect(),
    );
    let has = table.foreign_keys.iter().map(|key| {
        format!(
            "{name}: {} {} -> {}.{}",
            key.name, key.columns[0], key.parent, key.parent_columns[0]
        )
    });
    let wants = part(wanted, "foreign")
        .into_iter()
        .map(|(name_of_key, text)| {
            let (column, parent, parent_column, _) = key(text);
            format!("{name}: {name_of_key} {column} -> {parent}.{parent_column}")
        });
    compare("key of ", has.collect(), wants.collect());
    assert!(
        table
            .indexes
            .iter()
            .any(|index| index.kind == IndexKind::Primary),
        "{name}"
    );
    found
}

#[test]
fn a_real_commerce_schema_becomes_a_real_open_source_schema() {
    let Some(folder) = std::env::var_os("MAGESHIFT_FACTS").map(PathBuf::from) else {
        eprintln!("skipped: no MAGESHIFT_FACTS");
        return;
    };
    let Some(server) = server() else { return };
    let facts: Value =
        serde_json::from_slice(&std::fs::read(folder.join("database.json")).unwrap()).unwrap();
    let commerce = facts["commerce"].as_object().unwrap();
    let old = server.database();
    let mut conn = server.connect();
    conn.query_drop(format!("USE {old}")).unwrap();
    conn.query_drop("SET foreign_key_checks = 0").unwrap();
    let tables = commerce.iter().map(|(name, table)| create(name, table));
    for sql in tables.chain(stand_ins(commerce)) {
        conn.query_drop(&sql)
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
    conn.query_drop("CREATE TABLE core_config_data (config_id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, path VARCHAR(255))").unwrap();
    let mut session = server.session();
    let request = Request {
        source: old.clone(),
        target: format!("{old}_new"),
        prefix: String::new(),
        as_of: None,
        decisions: Decisions::default(),
        code: mageshift::database::declared::AtHand::Absent,
        in_place: false,
        keep_aside: None,
    };
    let conversion = plan(&mut session, &request, &mut |_| {}).unwrap();
    assert!(!conversion.is_blocked(), "{:#?}", conversion.findings);
    let outcome = copying::copy(
        &mut session,
        &conversion,
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    assert!(matches!(outcome, Outcome::Done(0)));
    let new = reading::read(&mut session, &request.target, "").unwrap();
    let mut found = Vec::new();
    let wanted = facts["open_source"].as_object().unwrap();
    for (name, wanted) in wanted {
        found.extend(differences(&new.tables[name], wanted));
    }
    let is_of_release = |text: &String| {
        OF_RELEASES.contains(&text.as_str())
            || text.starts_with("lacks index of sales_") && text.contains("_comment: ")
    };
    found.retain(|text| !is_of_release(text));
    assert!(found.is_empty(), "{found:#?}");
    println!("{} tables compared", wanted.len());
}
