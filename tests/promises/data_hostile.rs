//! "Whatever else is in a shop's database is copied byte for byte, or is named before anything is written."

use crate::database::server::{Server, dump, server};
use crate::database::shop::{NOW, Shop};
use crate::kit::data::{
    Setting, assert_keys_hold, assert_same, codes, copied, own_tables, planned, request, run_until,
    session, shown,
};
use mageshift::database::conversion::Conversion;
use mageshift::database::conversion::planning::plan;
use mageshift::database::conversion::request::Request;
use mageshift::database::conversion::script;
use mageshift::database::copying::{self, in_place, verifying};
use mysql::Conn;
use mysql::prelude::Queryable;
use std::ops::ControlFlow;

fn run(conn: &mut Conn, statements: &[&str]) {
    for sql in statements {
        conn.query_drop(sql)
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
    }
}

/// Tables of no extension in its right mind.
const ODD: [&str; 17] = [
    // Names with every quote, and a mark that stands for a value.
    "CREATE TABLE `acme``s? \"odd\" 'one'` (`it's` INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, `a``b?` INT UNSIGNED NULL, `select` VARCHAR(20), \
     CONSTRAINT `key``?'` FOREIGN KEY (`a``b?`) REFERENCES catalog_product_entity (row_id) ON DELETE CASCADE) COMMENT = 'it''s ? `odd`'",
    "INSERT INTO `acme``s? \"odd\" 'one'` (`a``b?`, `select`) SELECT row_id, '? '' ` \\\\' FROM catalog_product_entity",
    "CREATE TABLE acme_latin (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20), b TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, \
     c VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin, FULLTEXT KEY words (b)) ENGINE=MyISAM DEFAULT CHARSET=latin1",
    "INSERT INTO acme_latin (a, b, c) VALUES ('Köln', '漢字 😀', 'x'), (X'E4F6', '', NULL)",
    "CREATE TABLE acme_parts (id INT UNSIGNED NOT NULL, year SMALLINT NOT NULL, note VARCHAR(9), PRIMARY KEY (id, year)) PARTITION BY RANGE (year) (PARTITION a VALUES LESS THAN (2020), PARTITION b VALUES LESS THAN MAXVALUE)",
    "INSERT INTO acme_parts VALUES (1, 2019, 'old'), (1, 2024, 'new'), (2, 2030, NULL)",
    "CREATE TABLE acme_sum (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, net DECIMAL(10,2) NOT NULL, gross DECIMAL(10,2) GENERATED ALWAYS AS (net * 2) STORED, \
     half DECIMAL(10,2) AS (net / 2) VIRTUAL, data LONGTEXT CHECK (JSON_VALID(data)), KEY (gross))",
    "INSERT INTO acme_sum (net, data) VALUES (1.50, '{\"a\": [1, 2.0]}'), (2, 'null')",
    // No key at all, and two rows that are the same.
    "CREATE TABLE acme_log (at DATETIME NOT NULL DEFAULT '0000-00-00 00:00:00', day DATE, moment TIMESTAMP NULL, bits BIT(9), f DOUBLE, t TIME(3), y YEAR, e ENUM('a', 'b''c'), s SET('x', 'y'))",
    "INSERT INTO acme_log VALUES ('0000-00-00 00:00:00', '2020-00-00', '1970-01-01 00:00:01', b'100000001', 0.1, '-838:59:59.000', 2155, 'b''c', 'x,y'), ('2020-02-02', NULL, NULL, NULL, -1e300, NULL, NULL, NULL, '')",
    "INSERT INTO acme_log SELECT * FROM acme_log",
    // More than one statement can hold, and larger again when it is quoted.
    "CREATE TABLE acme_blob (id INT UNSIGNED NOT NULL PRIMARY KEY, data LONGBLOB, text LONGTEXT)",
    "INSERT INTO acme_blob VALUES (1, REPEAT(X'00', 6000000), REPEAT('\\'', 6000000)), (2, X'', ''), (3, NULL, NULL)",
    "CREATE VIEW acme_seen AS SELECT entity_id, row_id FROM catalog_product_entity",
    "CREATE DEFINER = gone@nowhere TRIGGER acme_touch BEFORE UPDATE ON acme_log FOR EACH ROW SET NEW.f = 1",
    "CREATE TABLE acme_zero (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, note INT)",
    "INSERT INTO acme_zero (id, note) VALUES (0, 1), (5, 2)",
];

/// What only one of the two kinds of servers has.
fn of_the_server(server: &Server) -> &'static [&'static str] {
    match server.is_mariadb {
        true => &[
            "CREATE TABLE acme_hidden (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, secret INT INVISIBLE DEFAULT 7, u UUID, i INET6)",
            "INSERT INTO acme_hidden (secret, u, i) VALUES (8, '123e4567-e89b-12d3-a456-426655440000', '::1')",
            "CREATE TABLE acme_history (id INT UNSIGNED NOT NULL PRIMARY KEY, note VARCHAR(9)) WITH SYSTEM VERSIONING",
            "INSERT INTO acme_history VALUES (1, 'a')",
            "CREATE SEQUENCE acme_numbers START WITH 5",
        ],
        false => &[
            "CREATE TABLE acme_hidden (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, secret INT DEFAULT 7 INVISIBLE, j JSON, KEY computed ((secret + 1)), KEY down (secret DESC))",
            "INSERT INTO acme_hidden (secret, j) VALUES (8, '{\"b\": 1, \"a\": [true, null, 1.5]}')",
            "CREATE TABLE acme_words (word VARCHAR(20) COLLATE utf8mb4_0900_ai_ci NOT NULL PRIMARY KEY, at POINT NOT NULL SRID 0, made DATETIME DEFAULT (NOW()), SPATIAL KEY (at))",
            "INSERT INTO acme_words VALUES ('ä', POINT(1, 2), '2020-01-01'), ('b', POINT(3, 4), NULL)",
            "SET SESSION sql_generate_invisible_primary_key = 1",
            "CREATE TABLE acme_keyless (note VARCHAR(9))",
            "SET SESSION sql_generate_invisible_primary_key = 0",
            "INSERT INTO acme_keyless VALUES ('a'), ('a')",
        ],
    }
}

fn odd_shop(server: &Server, seed: u64) -> (Shop, String) {
    let shop = Shop {
        size: 3,
        ..Shop::new(seed)
    };
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    run(&mut conn, &ODD);
    run(&mut conn, of_the_server(server));
    (shop, old)
}

/// The lines of a dump that are of the odd tables and have to stay what they are.
fn odd(server: &Server, database: &str) -> Vec<String> {
    const OTHERS: [&str; 4] = ["acme_note", "acme_target", "`s? ", "acme_numbers"];
    let lines = own_tables(server, database).into_iter();
    lines
        .filter(|line| line.contains("acme") && !OTHERS.iter().any(|word| line.contains(word)))
        .collect()
}

fn verified(server: &Server, request: &Request) -> verifying::Verified {
    let mut session = session(server, "root");
    verifying::begin(&mut session).unwrap();
    let conversion = plan(&mut session, request, &mut |_| {}).unwrap();
    verifying::verify(&mut session, &conversion, request, &mut |_| {}).unwrap()
}

#[test]
fn odd_tables_are_copied_byte_for_byte() {
    let Some(server) = server() else { return };
    let (shop, old) = odd_shop(server, 101);
    let untouched = dump(&mut server.connect(), &old);
    let before = shown(server, &old, &shop, Some(NOW));
    let request = request(&old, &shop);
    let conversion = copied(server, &request);
    let new = conversion.target.plain();
    assert_same(&odd(server, &old), &odd(server, new));
    // What is no table is named.
    let mut findings = conversion.findings.iter();
    let objects = findings.find(|finding| finding.code().as_str() == "data-own-objects");
    let objects = &objects.unwrap().detail;
    assert!(
        objects.contains("triggers: acme_touch; views: acme_seen"),
        "{objects}"
    );
    assert_eq!(
        objects.contains("sequences: acme_numbers"),
        server.is_mariadb,
        "{objects}"
    );
    assert_same(&before, &shown(server, new, &shop, None));
    assert_keys_hold(server, new);
    let check = verified(server, &request);
    assert!(check.is_good(), "{check:#?}");
    assert_eq!(dump(&mut server.connect(), &old), untouched);
    // The rows of the odd extension lead to entities now, through a key of its own name.
    let mut conn = server.connect();
    let wrong: u64 = conn
        .query_first(format!(
            "SELECT COUNT(*) FROM `{new}`.`acme``s? \"odd\" 'one'` AS o LEFT JOIN `{new}`.catalog_product_entity AS p ON p.entity_id = o.`a``b?` WHERE p.entity_id IS NULL"
        ))
        .unwrap()
        .unwrap();
    assert_eq!(wrong, 0);
    // One byte of six million is seen.
    for change in [
        "data = CONCAT(LEFT(data, 5999999), X'01')",
        "text = CONCAT(LEFT(text, 5999999), '\"')",
    ] {
        conn.query_drop(format!(
            "UPDATE `{new}`.acme_blob SET {change} WHERE id = 1"
        ))
        .unwrap();
        let check = verified(server, &request);
        let bad: Vec<&str> = check
            .tables
            .iter()
            .filter(|check| !check.is_equal)
            .map(|check| check.table.as_str())
            .collect();
        assert_eq!(bad, ["acme_blob"], "{change}");
        conn.query_drop(format!(
            "REPLACE INTO `{new}`.acme_blob SELECT * FROM `{old}`.acme_blob WHERE id = 1"
        ))
        .unwrap();
    }
    // The script says the same, in its own words.
    let expected = own_tables(server, new);
    for statement in script::render(&conversion)
        .split(";\n")
        .filter(|text| !text.trim().is_empty())
    {
        conn.query_drop(statement)
            .unwrap_or_else(|error| panic!("{error}: {statement}"));
    }
    assert_same(&expected, &own_tables(server, new));
}

#[test]
fn odd_tables_stay_what_they_are_in_place() {
    let Some(server) = server() else { return };
    let (shop, old) = odd_shop(server, 102);
    let before = (odd(server, &old), shown(server, &old, &shop, Some(NOW)));
    let expected = own_tables(server, copied(server, &request(&old, &shop)).target.plain());
    let request = Request {
        target: old.clone(),
        in_place: true,
        ..request(&old, &shop)
    };
    assert!(run_until(server, &planned(server, &request), usize::MAX));
    assert_same(&before.0, &odd(server, &old));
    assert_same(&before.1, &shown(server, &old, &shop, None));
    // Numbers of MariaDB's own kind stay where they are, and are not copied.
    let mut found = own_tables(server, &old);
    found.retain(|line| !line.contains("acme_numbers"));
    assert_same(&expected, &found);
    let mut session = session(server, "root");
    verifying::begin(&mut session).unwrap();
    let check = in_place::verify(&mut session, &request, &mut |_| {}).unwrap();
    assert!(check.is_good(), "{check:#?}");
}

/// A key that leads into another database leads there afterwards, and one that comes from there forbids a conversion in place.
#[test]
fn keys_across_databases() {
    let Some(server) = server() else { return };
    let shop = Shop {
        size: 2,
        ..Shop::new(103)
    };
    let old = server.database();
    let other = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    run(
        &mut conn,
        &[
            // A table of the same name is in the shop.
            &format!("CREATE TABLE `{other}`.store (id INT UNSIGNED NOT NULL PRIMARY KEY)"),
            &format!("INSERT INTO `{other}`.store VALUES (77)"),
            &format!(
                "CREATE TABLE acme_far (id INT UNSIGNED NOT NULL PRIMARY KEY, far INT UNSIGNED, CONSTRAINT acme_far_key FOREIGN KEY (far) REFERENCES `{other}`.store (id) ON DELETE SET NULL)"
            ),
            "INSERT INTO acme_far VALUES (1, 77), (2, NULL)",
        ],
    );
    let conversion = copied(server, &request(&old, &shop));
    let new = conversion.target.plain();
    let made = |conn: &mut Conn, database: &str| -> String {
        let row: (String, String) = conn
            .query_first(format!("SHOW CREATE TABLE `{database}`.acme_far"))
            .unwrap()
            .unwrap();
        row.1
    };
    assert_eq!(made(&mut conn, new), made(&mut conn, &old));
    assert!(made(&mut conn, new).contains(&format!(
        "REFERENCES `{other}`.`store` (`id`) ON DELETE SET NULL"
    )));
    let rows: u64 = conn
        .query_first(format!("SELECT COUNT(far) FROM `{new}`.acme_far"))
        .unwrap()
        .unwrap();
    assert_eq!(rows, 1);
    assert!(verified(server, &request(&old, &shop)).is_good());

    run(
        &mut conn,
        &[&format!(
            "CREATE TABLE `{other}`.orders (id INT UNSIGNED NOT NULL PRIMARY KEY, sale INT UNSIGNED, FOREIGN KEY (sale) REFERENCES `{old}`.sales_order (entity_id))"
        )],
    );
    let in_place = Request {
        target: old.clone(),
        in_place: true,
        ..request(&old, &shop)
    };
    let told = planned(server, &in_place);
    assert!(told.is_blocked());
    let mut findings = told.findings.iter();
    assert!(
        findings.any(|finding| finding.detail.contains(&format!("{other}.orders"))),
        "{:#?}",
        told.findings
    );
}

/// What the server would refuse is named in the plan, or stops where nothing is lost.
#[test]
fn what_the_server_would_refuse_stops_before_anything_goes() {
    let Some(server) = server() else { return };
    let shop = Shop {
        size: 2,
        ..Shop::new(104)
    };
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    run(
        &mut conn,
        &[
            "ALTER TABLE catalog_product_entity_tier_price ADD COLUMN acme_key VARCHAR(80) AS (CONCAT(row_id, '-', qty)) VIRTUAL",
        ],
    );
    let told = planned(server, &request(&old, &shop));
    let titles: Vec<&str> = told
        .findings
        .iter()
        .filter(|finding| finding.is_blocker())
        .map(|finding| finding.title.as_str())
        .collect();
    assert_eq!(
        titles,
        ["catalog_product_entity_tier_price.acme_key is computed from row_id, which changes"]
    );
    let mut decided = request(&old, &shop);
    decided
        .decisions
        .dropped_columns
        .insert("catalog_product_entity_tier_price.acme_key".into());
    copied(server, &decided);

    // A check over the beginning of a version is nothing that the plan sees.
    run(
        &mut conn,
        &[
            "ALTER TABLE catalog_product_entity_tier_price DROP COLUMN acme_key",
            "ALTER TABLE catalog_product_entity ADD CONSTRAINT acme_check CHECK (created_in > 0 OR sku <> '')",
        ],
    );
    let untouched = own_tables(server, &old);
    let in_place = Request {
        target: old.clone(),
        in_place: true,
        ..request(&old, &shop)
    };
    let conversion = planned(server, &in_place);
    assert!(!conversion.is_blocked());
    let outcome = copying::copy(&mut session(server, "root"), &conversion, &mut |_| {
        ControlFlow::Continue(())
    });
    let told = outcome.unwrap_err().to_string();
    assert!(told.contains("failed at"), "{told}");
    let left: Vec<String> = own_tables(server, &old)
        .into_iter()
        .filter(|line| !line.contains("mageshift_"))
        .collect();
    assert_same(&untouched, &left);
}

fn shop_with(server: &Server, seed: u64, statements: &[&str]) -> (Shop, String, Conversion) {
    let shop = Shop::new(seed);
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    run(&mut conn, statements);
    let conversion = planned(server, &request(&old, &shop));
    (shop, old, conversion)
}

/// Somebody has dropped the tables that count.
#[test]
fn a_shop_without_its_sequences() {
    let Some(server) = server() else { return };
    let (shop, old, _) = shop_with(
        server,
        105,
        &[
            "SET foreign_key_checks = 0",
            "DROP TABLE sequence_product, sequence_cms_page, sequence_product_bundle_option",
        ],
    );
    let before = shown(server, &old, &shop, Some(NOW));
    let conversion = copied(server, &request(&old, &shop));
    let new = conversion.target.plain();
    assert_same(&before, &shown(server, new, &shop, None));
    assert_keys_hold(server, new);
    assert!(verified(server, &request(&old, &shop)).is_good());
}

/// An entity whose only version begins tomorrow, one whose only version is over, and one that ends this very second.
#[test]
fn versions_at_the_edges() {
    let Some(server) = server() else { return };
    let tomorrow = NOW + 86_400;
    let (shop, old, conversion) = shop_with(
        server,
        106,
        &[
            "INSERT INTO sequence_cms_block (sequence_value) VALUES (801), (802), (803), (804)",
            &format!(
                "INSERT INTO cms_block (block_id, title, identifier, created_in, updated_in) VALUES (801, 'a', 'tomorrow', {tomorrow}, 2147483647), (802, 'b', 'over', 1, {}), (803, 'c', 'ends', 1, {NOW}), (804, 'd', 'begins', {NOW}, {})",
                NOW - 5,
                NOW + 1
            ),
        ],
    );
    assert!(codes(&conversion).contains(&"data-no-live-version"));
    assert!(codes(&conversion).contains(&"data-scheduled"));
    let conversion = copied(server, &request(&old, &shop));
    let mut conn = server.connect();
    let kept: Vec<u64> = conn
        .query(format!(
            "SELECT block_id FROM `{}`.cms_block WHERE block_id > 800",
            conversion.target.plain()
        ))
        .unwrap();
    assert_eq!(kept, [804]);
    // The server's zone is not the shop's: moments are seconds.
    conn.query_drop("SET GLOBAL time_zone = '+13:00'").unwrap();
    let elsewhere = planned(server, &request(&old, &shop));
    conn.query_drop("SET GLOBAL time_zone = 'SYSTEM'").unwrap();
    assert_eq!(elsewhere.fingerprint(), conversion.fingerprint());
}

/// A server that keeps names in small letters, and an env.php that does not.
#[test]
fn names_in_small_letters() {
    if server().is_none() {
        return;
    }
    let own = Server::start(&["--skip-networking", "--lower-case-table-names=1"]);
    let server: &'static Server = Box::leak(Box::new(own.unwrap()));
    let shop = Shop {
        prefix: "M2_".into(),
        size: 2,
        ..Shop::new(107)
    };
    let mut setting = Setting::on(server, &shop);
    setting.database = setting.database.to_uppercase();
    let env = setting.store().join("app/etc/env.php");
    setting.env(crate::kit::data::PASSWORD, "");
    let text = std::fs::read_to_string(&env).unwrap();
    std::fs::write(
        &env,
        text.replace("'table_prefix' => ''", "'table_prefix' => 'M2_'"),
    )
    .unwrap();
    for (command, more) in [
        ("plan", &[][..]),
        ("copy", &[]),
        ("verify", &[]),
        ("plan", &["--leave-out", "M2_review"]),
    ] {
        let run = setting.at(command, more);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(
            command != "plan" || run.stdout.contains("6 tables with versions"),
            "{}",
            run.stdout
        );
    }
    let itself = setting.at("copy", &["--into", &setting.database]);
    assert_eq!(itself.code, Some(2), "{itself:?}");
}
