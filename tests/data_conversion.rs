//! "The storefront shows the same before and after, whatever happens on the way, and the old database is never touched."

mod database;

use database::server::{Server, dump, server};
use database::shop::{NOW, Shop};
use database::storefront::Reading;
use mageshift::database::conversion::Conversion;
use mageshift::database::copying::{self, Outcome};
use mageshift::database::planning::{Request, plan};
use mageshift::database::server::{Access, Endpoint, Session};
use mageshift::database::staging::Decisions;
use mysql::prelude::Queryable;
use std::ops::ControlFlow;

fn session(server: &Server, user: &str) -> Session {
    Session::open(&Access {
        endpoint: Endpoint::Socket(server.socket().to_path_buf()),
        user: user.into(),
        password: None,
        tls: None,
    })
    .unwrap()
}

fn request(source: &str, shop: &Shop) -> Request {
    Request {
        source: source.into(),
        target: format!("{source}_new"),
        prefix: shop.prefix.clone(),
        as_of: Some(NOW),
        decisions: Decisions::default(),
        keep_aside: None,
    }
}

fn planned(server: &Server, request: &Request) -> Conversion {
    plan(&mut session(server, "root"), request, &mut |_| {}).unwrap()
}

fn codes(conversion: &Conversion) -> Vec<&str> {
    let mut codes: Vec<&str> = conversion
        .findings
        .iter()
        .map(|finding| finding.code().as_str())
        .collect();
    codes.dedup();
    codes
}

/// Runs the copy and stops it before statement number `stop`; whether it came to its end.
fn run_until(server: &Server, conversion: &Conversion, stop: usize) -> bool {
    let mut statements = 0;
    let outcome = copying::copy(&mut session(server, "root"), conversion, &mut |_| {
        statements += 1;
        match statements > stop {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    });
    matches!(outcome.unwrap(), Outcome::Done(_))
}

fn copied(server: &Server, request: &Request) -> Conversion {
    let conversion = planned(server, request);
    assert!(!conversion.is_blocked(), "{:#?}", conversion.findings);
    assert!(run_until(server, &conversion, usize::MAX));
    conversion
}

fn shown(server: &Server, database: &str, shop: &Shop, staged_at: Option<u64>) -> Vec<String> {
    let reading = Reading {
        database,
        prefix: &shop.prefix,
        staged_at,
    };
    reading.lines(&mut server.connect())
}

fn assert_same(before: &[String], after: &[String]) {
    let missing: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(
        missing.is_empty() && new.is_empty(),
        "missing: {missing:#?}\nnew: {new:#?}"
    );
    assert_eq!(before.len(), after.len());
}

/// Every key of a database is kept by its rows.
fn assert_keys_hold(server: &Server, database: &str) {
    let mut session = session(server, "root");
    let schema = mageshift::database::reading::read(&mut session, database, "").unwrap();
    let mut conn = server.connect();
    for table in schema.tables.values() {
        for key in &table.foreign_keys {
            let (column, parent_column) = (&key.columns[0], &key.parent_columns[0]);
            let broken: u64 = conn
                .query_first(format!(
                    "SELECT COUNT(*) FROM `{database}`.`{}` AS c LEFT JOIN `{database}`.`{}` AS p ON p.`{parent_column}` = c.`{column}` WHERE c.`{column}` IS NOT NULL AND p.`{parent_column}` IS NULL",
                    table.name, key.parent
                ))
                .unwrap()
                .unwrap();
            assert_eq!(broken, 0, "{} of {}", key.name, table.name);
        }
    }
}

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
