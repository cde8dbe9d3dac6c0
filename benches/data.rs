//! The copy of a shop's data against the plainest copy that the same server can make.
//!
//! `cargo bench --bench data`, or `cargo bench --bench data -- 200000` for another number of catalogue rows. Needs mariadbd or
//! mysqld; a private server is started in memory. The shop is made up: products with twenty values each, one in five with a
//! version that is over and one that is to come. The plain copy is one `INSERT … SELECT *` a table into a table that is
//! like the old one, with nothing looked at; both write the same number of rows or more. In place, every table that was written is
//! compared with the old one before that goes, which is part of the time.

#[path = "../tests/promises/database/mod.rs"]
mod database;

use database::server::{Server, server};
use database::shop::{NOW, Shop};
use mageshift::database::conversion::planning::plan;
use mageshift::database::conversion::request::Request;
use mageshift::database::copying;
use mageshift::database::staging::Decisions;
use mysql::Conn;
use mysql::prelude::Queryable;
use std::ops::ControlFlow;
use std::time::Instant;

const VALUES: u64 = 20;

fn main() {
    let rows = std::env::args()
        .filter_map(|argument| argument.parse::<u64>().ok())
        .next()
        .unwrap_or(1_000_000);
    let Some(server) = server() else { return };
    let mut conn = server.connect();
    let old = server.database();
    Shop {
        size: 0,
        ..Shop::new(1)
    }
    .make(&mut conn, &old);
    fill(&mut conn, rows);
    let made: u64 = conn
        .query_first("SELECT (SELECT COUNT(*) FROM catalog_product_entity) + (SELECT COUNT(*) FROM catalog_product_entity_varchar)")
        .unwrap()
        .unwrap();
    println!("{made} catalogue rows");
    for round in 1..=3 {
        let plain = plain_copy(&mut conn, &old);
        conn.query_drop(format!("DROP DATABASE IF EXISTS {old}_new"))
            .unwrap();
        let converted = convert(server, &old, false);
        println!(
            "{round}: plain {plain:.0} rows/s, copy {}",
            converted.told(plain)
        );
    }
    // The last one: it leaves no old database to be converted again.
    let plain = plain_copy(&mut conn, &old);
    let converted = convert(server, &old, true);
    println!(
        "plain {plain:.0} rows/s, in place {}",
        converted.told(plain)
    );
}

/// What a conversion took.
struct Converted {
    planned: f64,
    written: u64,
    seconds: f64,
}

impl Converted {
    /// The same against the rows a second of the plain copy.
    fn told(&self, plain: f64) -> String {
        let rate = self.written as f64 / self.seconds;
        format!(
            "{rate:.0} rows/s of {} ({:.0} %), plan {:.1} s, peak memory {} KiB",
            self.written,
            100.0 * rate / plain,
            self.planned,
            peak().unwrap_or(0)
        )
    }
}

/// Converts the shop, beside or in place.
fn convert(server: &Server, old: &str, in_place: bool) -> Converted {
    let mut session = server.session();
    let request = Request {
        source: old.into(),
        target: match in_place {
            true => old.into(),
            false => format!("{old}_new"),
        },
        prefix: String::new(),
        as_of: Some(NOW),
        decisions: Decisions::default(),
        code: mageshift::database::declared::AtHand::Absent,
        in_place,
        keep_aside: None,
    };
    let begun = Instant::now();
    let conversion = plan(&mut session, &request, &mut |_| {}).unwrap();
    let planned = begun.elapsed().as_secs_f64();
    let begun = Instant::now();
    let outcome = copying::copy(
        &mut session,
        &conversion,
        &mut |_| ControlFlow::Continue(()),
    )
    .unwrap();
    let copying::Outcome::Done(written) = outcome else {
        panic!("nobody has stopped it");
    };
    Converted {
        planned,
        written,
        seconds: begun.elapsed().as_secs_f64(),
    }
}

/// Products and their values, made on the server.
fn fill(conn: &mut Conn, rows: u64) {
    let products = rows / (VALUES + 1);
    let mut run = |sql: String| {
        conn.query_drop(&sql)
            .unwrap_or_else(|error| panic!("{error}: {sql}"))
    };
    run("SET foreign_key_checks = 0".into());
    run("CREATE TABLE number (n INT UNSIGNED NOT NULL PRIMARY KEY)".into());
    run("INSERT INTO number VALUES (0)".into());
    let mut count = 1;
    while count < products {
        run(format!("INSERT INTO number SELECT n + {count} FROM number"));
        count *= 2;
    }
    run(format!("DELETE FROM number WHERE n >= {products}"));
    run("INSERT INTO store_website (website_id, code) VALUES (0, 'admin')".into());
    run(
        "INSERT INTO store (store_id, code, website_id) VALUES (0, 'admin', 0), (1, 'de', 0)"
            .into(),
    );
    run("INSERT INTO eav_entity_type VALUES (4, 'catalog_product', 'Magento\\\\Catalog\\\\Model\\\\Product')".into());
    for attribute in 1..=VALUES {
        run(format!(
            "INSERT INTO eav_attribute (attribute_id, entity_type_id, attribute_code) VALUES ({attribute}, 4, 'a{attribute}')"
        ));
    }
    // One that goes, so that every value is asked whether it is one of it.
    run("INSERT INTO eav_attribute (attribute_id, entity_type_id, attribute_code) VALUES (99, 4, 'giftcard_amounts')".into());
    run("INSERT INTO sequence_product SELECT n + 1 FROM number".into());
    let versions = [
        (1, NOW - 1000, "n % 5 = 0"),
        (NOW - 1000, 2_147_483_647, "n % 5 = 0"),
        (1, 2_147_483_647, "n % 5 > 0"),
    ];
    for (begins, ends, which) in versions {
        run(format!(
            "INSERT INTO catalog_product_entity (entity_id, sku, created_in, updated_in) SELECT n + 1, CONCAT('sku-', n), {begins}, {ends} FROM number WHERE {which}"
        ));
    }
    for attribute in 1..=VALUES {
        run(format!(
            "INSERT INTO catalog_product_entity_varchar (attribute_id, store_id, value, row_id) SELECT {attribute}, 0, CONCAT('value ', entity_id * {attribute}), row_id FROM catalog_product_entity"
        ));
    }
    run("DROP TABLE number".into());
}

/// Rows a second of the plain copy.
fn plain_copy(conn: &mut Conn, old: &str) -> f64 {
    let new = format!("{old}_plain");
    let mut run = |sql: String| {
        conn.query_drop(&sql)
            .unwrap_or_else(|error| panic!("{error}: {sql}"));
        conn.affected_rows()
    };
    run(format!("DROP DATABASE IF EXISTS {new}"));
    run(format!("CREATE DATABASE {new}"));
    run("SET foreign_key_checks = 0".into());
    run("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED".into());
    let begun = Instant::now();
    let mut rows = 0;
    for table in ["catalog_product_entity", "catalog_product_entity_varchar"] {
        run(format!("CREATE TABLE {new}.{table} LIKE {old}.{table}"));
        rows += run(format!(
            "INSERT INTO {new}.{table} SELECT * FROM {old}.{table}"
        ));
    }
    rows as f64 / begun.elapsed().as_secs_f64()
}

/// The most memory that this program has had.
fn peak() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
