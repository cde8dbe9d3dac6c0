//! "The way to the new database and back is one line of app/etc/env.php": nothing else changes, and `undo` restores it.

use crate::kit::*;
use crate::schemas::assert_fits;
use std::fs;

const PASSWORD: &str = "Planted'Password";

fn env(database: &str) -> String {
    format!(
        "<?php\nreturn [\n    'crypt' => ['key' => 'planted-key'],\n    'db' => [\n        'table_prefix' => '',\n        'connection' => [\n            'default' => ['host' => 'db', 'dbname' => '{database}', 'username' => 'shop', 'password' => 'Planted\\'Password'], // shop\n        ],\n    ],\n];\n"
    )
}

fn shop() -> tempfile::TempDir {
    let store = sample_store();
    fs::create_dir_all(store.path().join("app/etc")).unwrap();
    fs::write(store.path().join("app/etc/env.php"), env("shop")).unwrap();
    store
}

#[test]
fn the_shop_is_led_to_another_database_and_back() {
    let store = shop();
    let file = store.path().join("app/etc/env.php");
    let read = || fs::read_to_string(&file).unwrap();

    let looked = run(store.path(), &["data", "use", "shop_mage_os", "--dry-run"]);
    assert_eq!(looked.code, Some(0), "{looked:?}");
    assert_eq!(
        looked.stdout,
        "app/etc/env.php: the connection default: shop → shop_mage_os\n"
    );
    let told = run(
        store.path(),
        &["data", "use", "shop_mage_os", "--dry-run", "--json"],
    );
    assert_fits("data", "use", &serde_json::from_str(&told.stdout).unwrap());
    let unasked = run(store.path(), &["data", "use", "shop_mage_os"]);
    assert_eq!(unasked.code, Some(5), "{unasked:?}");
    assert_eq!(read(), env("shop"), "nothing is written unasked");

    let written = run(store.path(), &["data", "use", "shop_mage_os", "--yes"]);
    assert_eq!(written.code, Some(0), "{written:?}");
    assert_eq!(read(), env("shop_mage_os"));
    let again = run(store.path(), &["data", "use", "shop_mage_os", "--yes"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(
        again.stderr.contains("leads to shop_mage_os already"),
        "{again:?}"
    );
    let listed = run(store.path(), &["undo", "--list"]);
    assert!(
        listed.stdout.contains("led to another database"),
        "{listed:?}"
    );

    let back = run(store.path(), &["undo"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    assert_eq!(read(), env("shop"));
    for run in [looked, unasked, written, again, listed, back] {
        let all = run.stdout + &run.stderr;
        assert!(
            !all.contains(PASSWORD) && !all.contains("planted-key"),
            "{all}"
        );
    }
}

#[test]
fn a_name_that_is_no_text_is_left_to_its_owner() {
    let store = shop();
    let file = store.path().join("app/etc/env.php");
    let called = env("shop").replace("'shop', 'user", "getenv('DB'), 'user");
    fs::write(&file, &called).unwrap();
    let run = run(store.path(), &["data", "use", "other", "--yes", "--json"]);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(
        run.stderr
            .contains("does not name the database of the connection default"),
        "{run:?}"
    );
    assert_eq!(fs::read_to_string(&file).unwrap(), called);
}
