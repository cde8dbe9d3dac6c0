//! "The storefront shows the same before and after, whatever happens on the way, and the old database is never touched."

use crate::database::server::{dump, server};
use crate::database::shop::{NOW, Shop};
use crate::kit::data::{
    assert_keys_hold, assert_same, codes, copied, own_tables, planned, request, run_until, session,
    shown,
};
use mageshift::database::conversion::planning::plan;
use mageshift::database::conversion::request::Request;
use mageshift::database::conversion::script;
use mageshift::database::copying::{self, verifying};
use mysql::prelude::Queryable;
use std::ops::ControlFlow;

/// Random shops, by their seeds.
#[test]
fn the_storefront_shows_the_same() {
    let Some(server) = server() else { return };
    let seeds: u64 = std::env::var("MAGESHIFT_SHOPS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(8);
    for seed in 1..=seeds {
        let shop = Shop {
            prefix: if seed % 3 == 0 {
                "m2_".into()
            } else {
                String::new()
            },
            lacks_keys: seed % 4 == 0,
            key_word: format!("ACME{seed}"),
            ..Shop::new(seed)
        };
        let old = server.database();
        shop.make(&mut server.connect(), &old);
        let untouched = dump(&mut server.connect(), &old);
        let before = shown(server, &old, &shop, Some(NOW));
        let conversion = copied(server, &request(&old, &shop));
        let new = conversion.target.plain();
        assert_same(&before, &shown(server, new, &shop, None));
        assert_keys_hold(server, new);
        assert_eq!(dump(&mut server.connect(), &old), untouched, "seed {seed}");
    }
}

/// Wherever a run is cut off, the same again ends in the same database.
#[test]
fn a_run_that_is_cut_off_goes_on() {
    let Some(server) = server() else { return };
    let shop = Shop {
        size: 4,
        ..Shop::new(77)
    };
    let old = server.database();
    shop.make(&mut server.connect(), &old);
    let whole = copied(server, &request(&old, &shop));
    let expected = dump(&mut server.connect(), whole.target.plain());
    let mut conn = server.connect();
    conn.query_drop(format!("DROP DATABASE `{}`", whole.target.plain()))
        .unwrap();
    // Every statement of a run is the last one of some run: each goes on, and comes one further than the one before.
    let mut runs = 0;
    let mut stop = 1;
    loop {
        let conversion = planned(server, &request(&old, &shop));
        assert_eq!(conversion.fingerprint(), whole.fingerprint());
        runs += 1;
        if run_until(server, &conversion, stop) {
            break;
        }
        // Some statements are done anew in each run, so a run has to get further than those.
        stop = 1 + (runs * 7) % 40;
        assert!(runs < 400, "no run comes to its end");
    }
    assert!(runs > 5, "{runs}");
    assert_eq!(dump(&mut conn, whole.target.plain()), expected);
}

/// A row that changes in the new database, and one that is lost, are found.
#[test]
fn a_difference_is_found() {
    let Some(server) = server() else { return };
    let shop = Shop::new(5);
    let old = server.database();
    shop.make(&mut server.connect(), &old);
    let conversion = copied(server, &request(&old, &shop));
    let check = || {
        let mut session = session(server, "root");
        verifying::begin(&mut session).unwrap();
        let again = plan(&mut session, &request(&old, &shop), &mut |_| {}).unwrap();
        verifying::verify(&mut session, &again, &request(&old, &shop), &mut |_| {}).unwrap()
    };
    let good = check();
    assert!(good.is_good(), "{good:#?}");
    assert!(good.storefront.iter().any(|check| check.values > 0));
    let new = conversion.target.plain();
    let mut conn = server.connect();
    conn.query_drop(format!("UPDATE `{new}`.catalog_product_entity_decimal SET value = value + 1 ORDER BY value_id LIMIT 1"))
        .unwrap();
    let changed = check();
    let bad: Vec<&str> = changed
        .tables
        .iter()
        .filter(|check| !check.is_equal)
        .map(|check| check.table.as_str())
        .collect();
    assert_eq!(bad, ["catalog_product_entity_decimal"]);
    assert!(changed.storefront.iter().any(|check| !check.is_equal));
    conn.query_drop("SET foreign_key_checks = 0").unwrap();
    conn.query_drop(format!(
        "DELETE FROM `{new}`.sales_order ORDER BY entity_id LIMIT 1"
    ))
    .unwrap();
    let lost = check();
    let keys: Vec<&str> = lost
        .broken_keys
        .iter()
        .map(|key| key.table.as_str())
        .collect();
    assert_eq!(keys, ["sales_order_item"]);
}

/// Bad data are named, left behind, and stop nothing.
#[test]
fn rows_that_point_to_nothing_stay_behind() {
    let Some(server) = server() else { return };
    let shop = Shop {
        orphans: true,
        ..Shop::new(9)
    };
    let old = server.database();
    shop.make(&mut server.connect(), &old);
    let conversion = copied(server, &request(&old, &shop));
    let orphans = conversion
        .findings
        .iter()
        .find(|finding| finding.code().as_str() == "data-orphans")
        .unwrap();
    for place in [
        "sales_order_item.order_id (1)",
        "catalog_category_product.product_id (1)",
        "wishlist_item.wishlist_id (1)",
    ] {
        assert!(orphans.detail.contains(place), "{}", orphans.detail);
    }
    assert_keys_hold(server, conversion.target.plain());
    assert_same(
        &shown(server, &old, &shop, Some(NOW)),
        &shown(server, conversion.target.plain(), &shop, None),
    );
}

/// What the plan says of a shop, and what becomes of what only Commerce has.
#[test]
fn what_only_commerce_has_goes_and_the_rest_stays() {
    let Some(server) = server() else { return };
    let shop = Shop::new(3);
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    let aside = Request {
        keep_aside: Some(format!("{old}_aside")),
        ..request(&old, &shop)
    };
    let conversion = copied(server, &aside);
    let leaving: Vec<&str> = conversion
        .leaving
        .iter()
        .map(|table| table.table.as_str())
        .collect();
    for table in [
        "company",
        "magento_rma",
        "sequence_product",
        "sequence_product_bundle_option",
        "sequence_rma_item_1",
        "staging_update",
    ] {
        assert!(leaving.contains(&table), "{leaving:?}");
    }
    assert!(!leaving.contains(&"sequence_order_1") && !leaving.contains(&"magento_bulk"));
    let counted = |what: &str| {
        conversion
            .counts
            .iter()
            .find(|count| count.what == what)
            .map(|count| count.records)
    };
    assert_eq!(counted("returns (RMA)"), Some(1));
    assert_eq!(counted("companies"), Some(1));
    assert_eq!(
        counted("admin roles limited to some websites: each may work on all of them"),
        Some(1)
    );
    let new = conversion.target.plain();
    let mut list = |sql: &str| -> Vec<String> {
        conn.query(sql.replace("NEW", new).replace("OLD", &old))
            .unwrap()
    };
    assert_eq!(
        list("SELECT path FROM NEW.core_config_data ORDER BY 1"),
        [
            "general/locale/code",
            "giftcards_of_acme/a",
            "web/secure/base_url"
        ]
    );
    assert_eq!(
        list("SELECT module FROM NEW.setup_module ORDER BY 1"),
        ["Acme_Note", "Magento_Catalog"]
    );
    assert_eq!(
        list("SELECT patch_name FROM NEW.patch_list ORDER BY 1"),
        [r"Acme\Note\C", r"Magento\Catalog\Setup\Patch\Data\A"]
    );
    assert_eq!(
        list("SELECT resource_id FROM NEW.authorization_rule ORDER BY 1"),
        ["Magento_Backend::all", "Magento_Catalog::products"]
    );
    // An own attribute of the name of one of Commerce's stays; the type of returns goes with its attributes.
    assert_eq!(
        list("SELECT attribute_id FROM NEW.eav_attribute ORDER BY attribute_id"),
        ["1", "2", "3", "4", "7", "9", "10"]
    );
    assert_eq!(
        list("SELECT COUNT(*) FROM NEW.catalog_product_entity_int WHERE attribute_id = 6"),
        ["0"]
    );
    assert_eq!(
        list("SELECT CONCAT(mode, ' ', status, ' ', version_id) FROM NEW.mview_state"),
        ["disabled idle 7"]
    );
    assert_eq!(list("SELECT COUNT(*) FROM NEW.cron_schedule"), ["0"]);
    assert_eq!(list("SELECT flag_code FROM NEW.flag"), ["report_order"]);
    assert_eq!(
        list(
            "SELECT COUNT(*) FROM NEW.salesrule WHERE is_active = 1 AND conditions_serialized LIKE '%CustomerSegment%'"
        ),
        ["0"]
    );
    // Numbers that were given once are not given again.
    let counter = "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'DB' AND TABLE_NAME = 'TABLE'";
    for (entity, sequence) in [
        ("catalog_product_entity", "sequence_product"),
        ("cms_page", "sequence_cms_page"),
        (
            "catalog_product_bundle_selection",
            "sequence_product_bundle_selection",
        ),
    ] {
        let of = |database: &str, table: &str| {
            counter
                .replace("DB", database)
                .replace("TABLE'", &format!("{table}'"))
        };
        assert_eq!(
            list(&of("NEW", entity)),
            list(&of("OLD", sequence)),
            "{entity}"
        );
    }
    // What goes is in the third database: whole tables, and columns with the keys of their rows.
    assert_eq!(
        list("SELECT company_name FROM OLD_aside.company"),
        ["Acme & Sons"]
    );
    assert_eq!(
        list(
            "SELECT CONCAT(entity_id, ' ', gift_cards_amount) FROM OLD_aside.sales_order ORDER BY 1"
        ),
        ["1 5.0000", "2 5.0000", "3 5.0000"]
    );
    // The extension's key leads to the entity now, and its other key to nothing.
    assert_eq!(
        list(
            "SELECT REFERENCED_COLUMN_NAME FROM information_schema.KEY_COLUMN_USAGE WHERE TABLE_SCHEMA = 'NEW' AND TABLE_NAME = 'acme_note' AND REFERENCED_TABLE_NAME IS NOT NULL"
        ),
        ["entity_id"]
    );
    assert!(codes(&conversion).contains(&"data-keys-into-what-goes"));
    // Each customer has one list, as the key of Open Source wants it.
    assert_eq!(
        list("SELECT COUNT(*) - COUNT(DISTINCT customer_id) FROM NEW.wishlist"),
        ["0"]
    );
    let lost = "SELECT COUNT(*) FROM OLD.wishlist_item AS i WHERE NOT EXISTS (SELECT 1 FROM NEW.wishlist_item AS n WHERE n.wishlist_item_id = i.wishlist_item_id) AND EXISTS (SELECT 1 FROM NEW.catalog_product_entity AS p WHERE p.entity_id = i.product_id)";
    assert_eq!(list(lost), ["0"]);
}

/// All that a person has to know before is told, each under its code, and nothing of it of a shop that has none of it.
#[test]
fn what_a_person_has_to_know_is_told() {
    let Some(server) = server() else { return };
    let shop = Shop::new(5);
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    let (past, soon) = (NOW - 1_000_000, NOW + 1_000_000);
    let segment = r"Magento\\CustomerSegment\\Model\\Segment\\Condition\\Segment";
    let gift_card = r"Magento\\GiftCard\\Model\\Attribute\\Backend\\Giftcard\\Amount";
    let block = r"Magento\\GiftCard\\Block\\Form";
    for sql in [
        format!("USE `{old}`"),
        "INSERT INTO sequence_cms_page (sequence_value) VALUES (901), (902)".to_owned(),
        format!("INSERT INTO cms_page SET page_id = 901, title = 'a', identifier = 'campaign', content = '{block}', created_in = {past}, updated_in = {soon}"),
        format!("INSERT INTO cms_page SET page_id = 902, title = 'b', identifier = 'over', content = '', created_in = 1, updated_in = {past}"),
        "INSERT INTO sequence_salesrule (sequence_value) VALUES (901)".to_owned(),
        format!("INSERT INTO salesrule SET rule_id = 901, name = 'r', is_active = 1, conditions_serialized = '{segment}', created_in = 1, updated_in = 2147483647"),
        format!("INSERT INTO eav_attribute SET entity_type_id = 4, attribute_code = 'voucher', backend_model = '{gift_card}', backend_type = 'decimal', is_user_defined = 1"),
        "INSERT INTO customer_entity SET email = 'two@x.test'".to_owned(),
        "INSERT INTO wishlist (customer_id, name) SELECT entity_id, 'one' FROM customer_entity WHERE email = 'two@x.test'".to_owned(),
        "INSERT INTO wishlist (customer_id, name) SELECT entity_id, 'two' FROM customer_entity WHERE email = 'two@x.test'".to_owned(),
        format!("UPDATE flag SET flag_data = '{{\"current_version\":\"{}\"}}' WHERE flag_code = 'staging'", past - 10),
        "CREATE VIEW acme_names AS SELECT name FROM salesrule".to_owned(),
        "CREATE EVENT acme_nightly ON SCHEDULE EVERY 1 DAY DO SELECT 1".to_owned(),
        "CREATE PROCEDURE acme_count() SELECT COUNT(*) FROM salesrule".to_owned(),
        "CREATE TRIGGER acme_seen BEFORE INSERT ON store FOR EACH ROW SET @y = 1".to_owned(),
        "CREATE TRIGGER trg_cms_page_after_insert AFTER INSERT ON cms_page FOR EACH ROW SET @x = 1".to_owned(),
    ] {
        conn.query_drop(&sql)
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
    let conversion = planned(server, &request(&old, &shop));
    for (code, part) in [
        ("data-content", "campaign"),
        ("data-ends", "past its end at"),
        ("data-indexer-triggers", "indexer:set-mode"),
        ("data-merged", "one row of wishlist for each customer_id"),
        ("data-no-live-version", "stay behind"),
        ("data-own-attributes", "voucher"),
        ("data-own-objects", "triggers: acme_seen"),
        ("data-own-objects", "views: acme_names"),
        ("data-own-objects", "routines: acme_count"),
        ("data-own-objects", "events: acme_nightly"),
        ("data-rules-switched-off", "Magento_CustomerSegment"),
        ("data-update-not-applied", "Let cron run once"),
    ] {
        let mut findings = conversion.findings.iter();
        assert!(
            findings.any(|finding| {
                finding.code().as_str() == code && finding.detail.contains(part)
            }),
            "{code}: {:#?}",
            conversion.findings
        );
    }
    // A wrong prefix hides the whole shop.
    let wrong = Request {
        prefix: "other_".into(),
        ..request(&old, &shop)
    };
    let told = plan(&mut session(server, "root"), &wrong, &mut |_| {});
    let told = told.unwrap();
    assert!(told.is_blocked() && codes(&told).contains(&"data-no-shop"));
}

/// What nobody says is named, and stops the plan, until somebody decides.
#[test]
fn what_is_not_known_stops() {
    let Some(server) = server() else { return };
    let shop = Shop::new(11);
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    conn.query_drop("CREATE TABLE acme_label (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, row_id INT UNSIGNED NOT NULL, label TEXT)").unwrap();
    conn.query_drop(
        "INSERT INTO acme_label (row_id, label) SELECT row_id, sku FROM catalog_product_entity",
    )
    .unwrap();
    let conversion = planned(server, &request(&old, &shop));
    let blockers: Vec<&str> = conversion
        .findings
        .iter()
        .filter(|finding| finding.code().as_str() == "data-unknown")
        .map(|finding| finding.title.as_str())
        .collect();
    assert_eq!(
        blockers,
        ["acme_label.row_id may hold rows of a staged table"]
    );
    assert!(conversion.is_blocked());
    let mut decided = request(&old, &shop);
    decided.decisions.row_columns.insert(
        "acme_label.row_id".into(),
        Some("catalog_product_entity".into()),
    );
    let conversion = copied(server, &decided);
    let wrong: u64 = conn
        .query_first(format!(
            "SELECT COUNT(*) FROM `{0}`.acme_label AS l LEFT JOIN `{0}`.catalog_product_entity AS p ON p.entity_id = l.row_id AND p.sku = l.label WHERE p.sku IS NULL",
            conversion.target.plain()
        ))
        .unwrap()
        .unwrap();
    assert_eq!(wrong, 0);
    assert!(codes(&conversion).contains(&"data-own-row-columns"));
    // Two versions at once: there is no telling which one the shop shows.
    conn.query_drop(format!("INSERT INTO cms_page (page_id, identifier, created_in, updated_in) SELECT page_id, 'twice', 1, 2147483647 FROM cms_page WHERE created_in <= {NOW} AND updated_in > {NOW} LIMIT 1")).unwrap();
    assert!(codes(&planned(server, &decided)).contains(&"data-versions-overlap"));
}

/// A shop without anything in it, and one that has no content staging.
#[test]
fn empty_and_plain_shops() {
    let Some(server) = server() else { return };
    let shop = Shop {
        size: 0,
        ..Shop::new(1)
    };
    let old = server.database();
    shop.make(&mut server.connect(), &old);
    let conversion = copied(server, &request(&old, &shop));
    assert_eq!(conversion.rows, 0);
    // What has been converted has nothing left to convert.
    let again = Request {
        source: conversion.target.plain().into(),
        target: format!("{old}_again"),
        ..request(&old, &shop)
    };
    let again = planned(server, &again);
    assert!(again.leaving.is_empty(), "{:?}", again.leaving);
    assert!(
        again
            .tables
            .iter()
            .all(|table| table.dropped_columns.is_empty())
    );
}

/// The script does what the copy does, and does it again.
#[test]
fn the_script_does_the_same() {
    let Some(server) = server() else { return };
    let shop = Shop {
        prefix: "x_".into(),
        ..Shop::new(21)
    };
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    let conversion = copied(server, &request(&old, &shop));
    let new = conversion.target.plain();
    let expected = own_tables(server, new);
    let script = script::render(&conversion);
    for _ in 0..2 {
        for statement in script.split(";\n").filter(|text| !text.trim().is_empty()) {
            let rows: Vec<mysql::Row> = conn
                .query(statement)
                .unwrap_or_else(|error| panic!("{error}: {statement}"));
            assert!(rows.is_empty(), "{statement}");
        }
        assert_eq!(own_tables(server, new), expected);
    }
}

/// A user who may only read can plan, and cannot be made to write.
#[test]
fn reading_is_enough_to_plan() {
    let Some(server) = server() else { return };
    let shop = Shop::new(2);
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    conn.query_drop(format!("CREATE USER reader_{old}@localhost"))
        .unwrap();
    conn.query_drop(format!("GRANT SELECT ON {old}.* TO reader_{old}@localhost"))
        .unwrap();
    let user = format!("reader_{old}");
    let mut reader = session(server, &user);
    let conversion = plan(&mut reader, &request(&old, &shop), &mut |_| {}).unwrap();
    let all = planned(server, &request(&old, &shop));
    assert_eq!(conversion.fingerprint(), all.fingerprint());
    let error =
        copying::copy(&mut reader, &conversion, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.is_denied(), "{error}");
    let denied = copying::Lock::take(session(server, &user), &conversion)
        .err()
        .unwrap();
    assert!(denied.is_denied(), "{denied}");
}

/// While it is copied, nobody else can write to the old database, and everybody can read.
#[test]
fn the_old_database_is_locked_against_writing() {
    let Some(server) = server() else { return };
    let shop = Shop::new(4);
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    let conversion = planned(server, &request(&old, &shop));
    let lock = copying::Lock::take(session(server, "root"), &conversion).unwrap();
    conn.query_drop("SET lock_wait_timeout = 1").unwrap();
    conn.query_drop("SELECT COUNT(*) FROM sales_order").unwrap();
    conn.query_drop("INSERT INTO sales_order SET increment_id = 'late'")
        .unwrap_err();
    assert!(run_until(server, &conversion, usize::MAX));
    lock.release().unwrap();
    conn.query_drop("INSERT INTO sales_order SET increment_id = 'late'")
        .unwrap();
}
