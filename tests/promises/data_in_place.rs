//! "A database that is converted itself ends as the copy would, wherever a run is cut off, and no table goes before the one that
//! takes its place was compared with it."

use crate::database::server::{Server, dump, server};
use crate::database::shop::{NOW, Shop};
use crate::kit::data::{
    assert_keys_hold, assert_same, copied, own_tables, planned, request, run_until, session, shown,
};
use mageshift::database::conversion::Conversion;
use mageshift::database::conversion::planning::plan;
use mageshift::database::conversion::request::Request;
use mageshift::database::copying;
use mageshift::database::copying::in_place::{self, Standing};
use mageshift::database::copying::verifying::{self, Verified};
use mysql::prelude::Queryable;
use std::ops::ControlFlow;

fn in_place(source: &str, shop: &Shop) -> Request {
    Request {
        target: source.into(),
        in_place: true,
        ..request(source, shop)
    }
}

/// What is done next: the plan, or what is left of the one that was begun.
fn next(server: &Server, request: &Request) -> Conversion {
    let mut session = session(server, "root");
    match in_place::standing(&mut session, request).unwrap() {
        Standing::NotBegun => plan(&mut session, request, &mut |_| {}).unwrap(),
        _ => in_place::begun(&mut session, request).unwrap(),
    }
}

fn verified(server: &Server, request: &Request) -> Verified {
    let mut session = session(server, "root");
    verifying::begin(&mut session).unwrap();
    in_place::verify(&mut session, request, &mut |_| {}).unwrap()
}

/// Random shops, by their seeds: once beside, once in place.
#[test]
fn it_ends_as_the_copy() {
    let Some(server) = server() else { return };
    for seed in 1..=5 {
        let shop = Shop {
            prefix: if seed % 3 == 0 {
                "m2_".into()
            } else {
                String::new()
            },
            lacks_keys: seed % 4 == 0,
            orphans: seed == 5,
            key_word: format!("ACME{seed}"),
            // One without anything in it.
            size: if seed == 2 { 0 } else { 6 },
            ..Shop::new(seed + 40)
        };
        let old = server.database();
        shop.make(&mut server.connect(), &old);
        let before = shown(server, &old, &shop, Some(NOW));
        let beside = Request {
            keep_aside: Some(format!("{old}_aside")),
            ..request(&old, &shop)
        };
        let copy = copied(server, &beside);
        let expected = own_tables(server, copy.target.plain());
        let aside = Request {
            keep_aside: Some(format!("{old}_aside2")),
            ..in_place(&old, &shop)
        };
        let conversion = next(server, &aside);
        assert!(!conversion.is_blocked(), "{:#?}", conversion.findings);
        let space = conversion.in_place.clone().unwrap();
        let all: usize = conversion.tables.len();
        assert!(space.rebuilt > 30 && space.rebuilt < all, "{space:?}");
        assert!(space.free_bytes >= space.largest_bytes && space.largest_bytes > 0);
        assert!(run_until(server, &conversion, usize::MAX));
        assert_same(&expected, &own_tables(server, &old));
        assert_same(&before, &shown(server, &old, &shop, None));
        assert_keys_hold(server, &old);
        assert_eq!(
            own_tables(server, &format!("{old}_aside2")),
            own_tables(server, &format!("{old}_aside")),
        );
        let check = verified(server, &aside);
        assert!(check.is_good(), "{check:#?}");
        assert!(check.storefront.len() >= 4, "{check:#?}");
        let mut session = session(server, "root");
        let standing = in_place::standing(&mut session, &aside).unwrap();
        assert_eq!(standing, Standing::Done);
    }
}

/// Every statement of a run is the last one of some run.
#[test]
fn a_run_that_is_cut_off_goes_on() {
    let Some(server) = server() else { return };
    let shop = Shop {
        size: 3,
        ..Shop::new(78)
    };
    let old = server.database();
    shop.make(&mut server.connect(), &old);
    let expected = own_tables(server, copied(server, &request(&old, &shop)).target.plain());
    // Each run comes some statements further than the one before, and is cut off at another one.
    for offset in 0..3 {
        let old = server.database();
        shop.make(&mut server.connect(), &old);
        let request = in_place(&old, &shop);
        let mut runs = 0;
        loop {
            runs += 1;
            let conversion = next(server, &request);
            if run_until(server, &conversion, 6 + (runs * 5 + offset) % 17) {
                break;
            }
            assert!(runs < 400, "no run comes to its end");
        }
        assert!(runs > 20, "{runs}");
        assert_same(&expected, &own_tables(server, &old));
        assert!(verified(server, &request).is_good());
    }
}

/// A server that is stopped between the two halves of an exchange leaves no table of the name.
#[test]
fn half_an_exchange_goes_on() {
    let Some(server) = server() else { return };
    let shop = Shop {
        size: 3,
        ..Shop::new(79)
    };
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    let expected = own_tables(server, copied(server, &request(&old, &shop)).target.plain());
    let request = in_place(&old, &shop);
    let conversion = next(server, &request);
    let written = format!("SELECT name FROM `{old}`.mageshift_data WHERE kind = 'sum' LIMIT 1");
    // Up to where the first table is written and not yet exchanged.
    let outcome = copying::copy(
        &mut session(server, "root"),
        &conversion,
        &mut |_| match server.connect().query_first::<String, _>(&written) {
            Ok(Some(_)) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        },
    );
    assert_eq!(outcome.unwrap(), copying::Outcome::Stopped);
    let table: String = conn.query_first(&written).unwrap().unwrap();
    let plan = conversion.tables.iter().find(|plan| plan.table == table);
    let new = plan.unwrap().into.table.plain();
    let gone = new.replace("_new_", "_old_");
    conn.query_drop(format!(
        "RENAME TABLE `{old}`.`{table}` TO `{old}`.`{gone}`"
    ))
    .unwrap();
    assert!(run_until(server, &next(server, &request), usize::MAX));
    assert_same(&expected, &own_tables(server, &old));
}

/// What somebody writes after a table was read is seen before the old table goes, and is in the new one in the end.
#[test]
fn what_is_written_meanwhile_is_not_lost() {
    let Some(server) = server() else { return };
    let shop = Shop::new(80);
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    let request = in_place(&old, &shop);
    let conversion = next(server, &request);
    let plan = conversion
        .tables
        .iter()
        .find(|plan| plan.table == "core_config_data")
        .unwrap();
    let filled = format!(
        "SELECT 1 FROM `{old}`.mageshift_data WHERE kind = 'table' AND state = 'done' AND name = '{old}.{}'",
        plan.into.table.plain()
    );
    let mut is_late = false;
    let outcome = copying::copy(&mut session(server, "root"), &conversion, &mut |_| {
        let mut conn = server.connect();
        if !is_late && matches!(conn.query_first::<u8, _>(&filled), Ok(Some(_))) {
            is_late = true;
        }
        if !is_late {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(())
    });
    // The run ended before it could note the table as compared: the next one compares again.
    assert!(is_late, "{outcome:?}");
    conn.query_drop("INSERT INTO core_config_data SET path = 'late/a/b', value = '1'")
        .unwrap();
    let conversion = next(server, &request);
    let told = copying::copy(&mut session(server, "root"), &conversion, &mut |_| {
        ControlFlow::Continue(())
    });
    let told = told.unwrap_err().to_string();
    assert!(
        told.contains("core_config_data is not what the old one says"),
        "{told}"
    );
    assert!(run_until(server, &next(server, &request), usize::MAX));
    let late: Option<String> = conn
        .query_first("SELECT value FROM core_config_data WHERE path = 'late/a/b'")
        .unwrap();
    assert_eq!(late.as_deref(), Some("1"));
}

/// A database that another journal belongs to, or that has tables of such names, is not touched.
#[test]
fn what_belongs_to_something_else_is_refused() {
    let Some(server) = server() else { return };
    let shop = Shop {
        size: 2,
        ..Shop::new(81)
    };
    let old = server.database();
    let mut conn = server.connect();
    shop.make(&mut conn, &old);
    let copy = copied(server, &request(&old, &shop));
    let of_copy = in_place(copy.target.plain(), &shop);
    let told = in_place::standing(&mut session(server, "root"), &of_copy).unwrap_err();
    assert!(told.to_string().contains("is a copy of"), "{told}");

    conn.query_drop("CREATE TABLE mageshift_new_7 (id INT)")
        .unwrap();
    let untouched = dump(&mut conn, &old);
    let copy = |request: &Request| {
        let conversion = next(server, request);
        copying::copy(&mut session(server, "root"), &conversion, &mut |_| {
            ControlFlow::Continue(())
        })
    };
    let told = copy(&in_place(&old, &shop)).unwrap_err();
    assert!(told.to_string().contains("mageshift_new_7"), "{told}");
    assert_eq!(dump(&mut conn, &old), untouched);
    conn.query_drop("DROP TABLE mageshift_new_7").unwrap();

    // Half converted: with another moment it is another conversion, and nothing else is planned from it.
    let request = in_place(&old, &shop);
    assert!(!run_until(server, &next(server, &request), 200));
    let other = Request {
        as_of: Some(NOW + 5),
        ..request.clone()
    };
    let told = in_place::standing(&mut session(server, "root"), &other).unwrap_err();
    assert!(told.to_string().contains("another conversion"), "{told}");
    let beside = crate::kit::data::request(&old, &shop);
    let told = in_place::check_whole(&mut session(server, "root"), &beside).unwrap_err();
    assert!(told.to_string().contains("goes on"), "{told}");
    assert!(run_until(server, &next(server, &request), usize::MAX));
    assert!(verified(server, &request).is_good());
    // What changes afterwards is found.
    conn.query_drop(
        "UPDATE catalog_product_entity_decimal SET value = value + 1 ORDER BY value_id LIMIT 1",
    )
    .unwrap();
    let check = verified(server, &request);
    assert!(!check.is_good());
    assert!(
        check.storefront.iter().any(|check| !check.is_equal),
        "{check:#?}"
    );
    // A second time there is nothing to do.
    let again = planned(server, &beside);
    assert!(again.leaving.is_empty());
}
