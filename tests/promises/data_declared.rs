//! "Where the target's code is at hand, its db_schema.xml tells what the target knows; what it does not know is named, and
//! stops."

use crate::database::server::{Server, server};
use crate::database::shop::Shop;
use crate::kit::data::{codes, copied, planned, request, session};
use mageshift::database::conversion::planning::plan;
use mageshift::database::conversion::request::Request;
use mageshift::database::copying::verifying;
use mageshift::database::declared::{AtHand, Declared};
use mageshift::database::reading;
use mageshift::database::schema::Schema;
use mysql::prelude::Queryable;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

/// Code that declares the tables of a database, but for those that an extension made without a db_schema.xml: the product's in
/// one module, all others in a second one.
fn write_code(store: &Path, schema: &Schema) {
    let (mut catalog, mut rest) = (String::new(), String::new());
    for table in schema.tables.values() {
        let short = schema.short_name(&table.name).unwrap();
        if short.starts_with("acme_") || short.starts_with("sequence_") || short.ends_with("_cl") {
            continue;
        }
        let out = match short.starts_with("catalog_product") {
            true => &mut catalog,
            false => &mut rest,
        };
        let _ = writeln!(out, "<table name=\"{short}\" comment=\"a &gt; b\">");
        for column in &table.columns {
            let _ = writeln!(out, "  <column xsi:type=\"int\" name=\"{}\"/>", column.name);
        }
        out.push_str("  <index referenceId=\"I\"><column name=\"of_index\"/></index>\n</table>\n");
    }
    module(store, "vendor/acme/module-catalog", &catalog);
    module(store, "vendor/acme/module-rest", &rest);
}

fn module(store: &Path, folder: &str, tables: &str) {
    let etc = store.join(folder).join("etc");
    fs::create_dir_all(&etc).unwrap();
    let text = format!(
        "<?xml version=\"1.0\"?>\n<!-- <table name=\"of_a_comment\"/> -->\n<schema xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n{tables}</schema>\n"
    );
    fs::write(etc.join("db_schema.xml"), text).unwrap();
}

fn findings(server: &Server, request: &Request, code: &str) -> Vec<String> {
    let conversion = planned(server, request);
    conversion
        .findings
        .iter()
        .filter(|finding| finding.code().as_str() == code)
        .map(|finding| format!("{}: {}", finding.title, finding.detail))
        .collect()
}

#[test]
fn what_the_target_does_not_declare_is_named_and_stops() {
    let Some(server) = server() else { return };
    let shop = Shop {
        prefix: "m2_".into(),
        ..Shop::new(51)
    };
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    let first = request(&old, &shop);
    let converted = copied(server, &first);
    let new = converted.target.plain().to_string();
    let of_new = reading::read(&mut session(server, "root"), &new, "m2_").unwrap();
    conn.query_drop(format!("DROP DATABASE `{new}`")).unwrap();

    let store = tempfile::tempdir().unwrap();
    write_code(store.path(), &of_new);
    // Left from what was removed, known to the target's whitelist, declared by the target though Commerce has it, too.
    for sql in [
        "ALTER TABLE m2_sales_order ADD COLUMN acme_code VARCHAR(8) NOT NULL, ADD COLUMN once_declared INT NULL",
        "UPDATE m2_sales_order SET acme_code = 'x', gift_cards_amount = 7",
    ] {
        conn.query_drop(sql).unwrap();
    }
    fs::write(
        store
            .path()
            .join("vendor/acme/module-rest/etc/db_schema_whitelist.json"),
        r#"{"sales_order": {"column": {"once_declared": true}, "index": {"I": true}}}"#,
    )
    .unwrap();
    module(
        store.path(),
        "app/code/Acme/Gift",
        "<table name=\"sales_order\"><column xsi:type=\"decimal\" name=\"gift_cards_amount\"/></table><table name=\"company\"><column name=\"entity_id\"/><column name=\"company_name\"/></table>",
    );
    let code = AtHand::read(store.path()).unwrap();
    let AtHand::Target(declared) = &code else {
        panic!("{code:?}")
    };
    assert_eq!(declared.files, 3);
    assert!(!declared.has_table("of_a_comment") && !declared.has_column("store", "of_index"));
    let with_code = Request {
        code,
        ..first.clone()
    };
    let named = findings(server, &with_code, "data-undeclared");
    assert_eq!(named.len(), 2, "{named:#?}");
    assert!(
        named[0].contains("2 tables: m2_acme_note, m2_acme_target."),
        "{named:#?}"
    );
    assert!(
        named[1].contains("1 column: m2_sales_order.acme_code."),
        "{named:#?}"
    );
    assert!(planned(server, &with_code).is_blocked());
    assert!(findings(server, &with_code, "data-facts-only").is_empty());
    assert_eq!(findings(server, &first, "data-facts-only").len(), 1);

    let mut decided = with_code.clone();
    decided
        .decisions
        .dropped_columns
        .insert("m2_sales_order.acme_code".into());
    for table in ["m2_acme_note", "m2_acme_target"] {
        decided.decisions.left_out.insert(table.into());
    }
    let conversion = copied(server, &decided);
    assert!(!codes(&conversion).contains(&"data-undeclared"));
    let columns: Vec<String> = conn
        .exec(
            "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = 'm2_sales_order'",
            (&new,),
        )
        .unwrap();
    let has = |column: &str| columns.iter().any(|name| name == column);
    assert!(has("gift_cards_amount") && has("once_declared"));
    let company: Option<String> = conn
        .query_first(format!("SELECT company_name FROM `{new}`.m2_company"))
        .unwrap();
    assert_eq!(company.as_deref(), Some("Acme & Sons"));
    assert!(!has("acme_code") && !has("gw_id"));
    let check = |request: &Request| {
        let mut session = session(server, "root");
        verifying::begin(&mut session).unwrap();
        let again = plan(&mut session, request, &mut |_| {}).unwrap();
        verifying::verify(&mut session, &again, request, &mut |_| {}).unwrap()
    };
    let good = check(&decided);
    assert_eq!(good.undeclared.as_deref(), Some(&[][..]));
    assert!(good.is_good(), "{good:#?}");
    conn.query_drop(format!(
        "ALTER TABLE `{new}`.m2_store ADD COLUMN row_id INT NULL"
    ))
    .unwrap();
    let bad = check(&decided);
    assert_eq!(
        bad.undeclared.as_deref(),
        Some(&["m2_store.row_id".to_string()][..])
    );
    assert!(!bad.is_good());

    // What somebody wants to keep is kept.
    let mut kept = with_code;
    kept.decisions.keep_unknown = true;
    assert!(findings(server, &kept, "data-undeclared").is_empty());
    // A key cannot go, nor a column that is not there.
    for place in ["m2_sales_order.entity_id", "m2_sales_order.nothing"] {
        let mut wrong = kept.clone();
        wrong.decisions.dropped_columns.insert(place.into());
        let told = plan(&mut session(server, "root"), &wrong, &mut |_| {}).unwrap_err();
        assert!(told.to_string().contains(place), "{told}");
    }
}

#[test]
fn only_the_code_of_the_target_tells() {
    let store = tempfile::tempdir().unwrap();
    assert_eq!(AtHand::read(store.path()).unwrap(), AtHand::Absent);
    let core = "<table name=\"catalog_product_entity\"><column name=\"entity_id\"/></table><table name=\"eav_attribute\"/><table name=\"sales_order\"/>";
    module(store.path(), "vendor/acme/module-a", core);
    assert!(matches!(
        AtHand::read(store.path()).unwrap(),
        AtHand::Target(_)
    ));
    // Code with content staging is that of Adobe Commerce.
    module(
        store.path(),
        "vendor/acme/module-staging",
        "<table name=\"catalog_product_entity\"><column name=\"row_id\"/></table>",
    );
    assert_eq!(AtHand::read(store.path()).unwrap(), AtHand::Commerce);
    module(
        store.path(),
        "app/code/Acme/Off",
        "<table name=\"catalog_product_entity\"><column name=\"row_id\" disabled=\"true\"/></table>",
    );
    assert!(matches!(
        AtHand::read(store.path()).unwrap(),
        AtHand::Target(_)
    ));
    // Modules where registration.php says they are.
    let nested = store.path().join("vendor/acme/bundle");
    module(
        store.path(),
        "vendor/acme/bundle/modules/one",
        "<table name=\"acme_one\"/>",
    );
    module(
        store.path(),
        "vendor/acme/bundle/tests/two",
        "<table name=\"acme_two\"/>",
    );
    fs::write(
        nested.join("registration.php"),
        "<?php R::register(R::MODULE, 'Acme_One', __DIR__ . '/modules/one');\n",
    )
    .unwrap();
    let declared = Declared::read(store.path()).unwrap();
    assert!(declared.has_table("acme_one") && !declared.has_table("acme_two"));
    // What is no XML stops, as it stops Magento.
    fs::write(
        nested.join("modules/one/etc/db_schema.xml"),
        "<schema><table name=\"a\"></schema>",
    )
    .unwrap();
    let told = Declared::read(store.path()).unwrap_err().to_string();
    assert!(told.contains("modules/one/etc/db_schema.xml"), "{told}");
}

#[cfg(unix)]
#[test]
fn links_out_of_the_store_are_not_followed() {
    let outside = tempfile::tempdir().unwrap();
    module(outside.path(), "module", "<table name=\"acme_outside\"/>");
    let store = tempfile::tempdir().unwrap();
    module(store.path(), "packages/in", "<table name=\"acme_inside\"/>");
    fs::create_dir_all(store.path().join("vendor/acme/file/etc")).unwrap();
    let link = |from: PathBuf, to: PathBuf| std::os::unix::fs::symlink(from, to);
    link(
        outside.path().join("module"),
        store.path().join("vendor/acme/out"),
    )
    .unwrap();
    link(
        PathBuf::from("../../packages/in"),
        store.path().join("vendor/acme/in"),
    )
    .unwrap();
    link(
        outside.path().join("module/etc/db_schema.xml"),
        store.path().join("vendor/acme/file/etc/db_schema.xml"),
    )
    .unwrap();
    let declared = Declared::read(store.path()).unwrap();
    assert!(declared.has_table("acme_inside") && !declared.has_table("acme_outside"));
    assert_eq!(declared.outside.len(), 1, "{:?}", declared.outside);
}
