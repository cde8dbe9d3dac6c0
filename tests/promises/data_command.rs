//! `mageshift data`: what it asks for, what it says, and that no password of a database gets out.

use crate::database::server::dump;
use crate::database::shop::{NOW, Shop};
use crate::kit::data::{PASSWORD, Setting, own_tables};
use crate::kit::run_command;
use crate::schemas::assert_fits;
use mysql::prelude::Queryable;
use serde_json::Value;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

#[test]
fn a_plan_a_copy_and_a_check() {
    let Some(setting) = Setting::new(&Shop::new(31)) else {
        return;
    };
    let untouched = dump(&mut setting.server.connect(), &setting.database);
    let plan = setting.at("plan", &[]);
    assert_eq!(plan.code, Some(0), "{plan:?}");
    for words in [
        "6 tables with versions: the live ones stay",
        "Returns (RMA)",
        "[data-scheduled]",
        "Left behind",
    ] {
        assert!(plan.stdout.contains(words), "{words}: {}", plan.stdout);
    }
    let longest = plan.stdout.lines().map(|line| line.chars().count()).max();
    assert!(longest <= Some(80), "{}", plan.stdout);
    let json = setting.at("plan", &["--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_fits("data", "plan", &json);
    let inspected = setting.run(&["inspect", "--yes", "--json"]);
    let inspected = serde_json::from_str(&inspected.stdout).unwrap();
    assert_fits("data", "inspect", &inspected);
    let product = json["tables"]
        .as_array()
        .unwrap()
        .iter()
        .find(|table| table["table"] == "catalog_product_entity")
        .unwrap();
    assert_eq!(product["treatment"], "versions");
    assert!(
        product["fill"]["text"]
            .as_str()
            .unwrap()
            .starts_with("SELECT STRAIGHT_JOIN `o`.`entity_id`")
    );
    assert_eq!(product["fill"]["values"], serde_json::json!([NOW, NOW]));

    let nobody = setting.run(&[
        "copy",
        "--to",
        "mage-os",
        "--db-user",
        &setting.user,
        "--db-name",
        &setting.database,
    ]);
    assert_eq!(nobody.code, Some(5), "{nobody:?}");
    let copy = setting.at("copy", &["--keep-versions", "versions.jsonl"]);
    assert_eq!(copy.code, Some(0), "{copy:?}");
    assert!(
        copy.stdout.contains(&format!(
            "mageshift data use {}_mage_os\n",
            setting.database
        )),
        "{}",
        copy.stdout
    );
    let versions = fs::read_to_string(setting.store().join("versions.jsonl")).unwrap();
    let versions: Vec<Value> = versions
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let product = versions
        .iter()
        .find(|version| version["table"] == "catalog_product_entity")
        .unwrap();
    assert!(
        product["belongs_to_it"]["catalog_product_entity_varchar"].is_array(),
        "{product}"
    );
    assert!(versions.iter().any(|version| {
        version["update"]
            .as_str()
            .is_some_and(|name| name.starts_with("update "))
    }));

    let verify = setting.at("verify", &[]);
    assert_eq!(verify.code, Some(0), "{verify:?}");
    assert!(verify.stdout.starts_with("ok: "), "{}", verify.stdout);
    let mut conn = setting.server.connect();
    conn.query_drop(format!(
        "UPDATE {}_mage_os.customer_entity SET email = 'x' LIMIT 1",
        setting.database
    ))
    .unwrap();
    let verify = setting.at("verify", &["--json"]);
    let json: Value = serde_json::from_str(&verify.stdout).unwrap();
    assert_fits("data", "verify", &json);
    assert_eq!(json["is_good"], false, "{json:#}");
    let verify = setting.at("verify", &[]);
    assert_eq!(verify.code, Some(1), "{verify:?}");
    assert!(
        verify
            .stdout
            .contains("customer_entity: 3 rows, some with other values"),
        "{}",
        verify.stdout
    );
    let again = setting.at("copy", &[]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(
        again.stderr.contains("is written already"),
        "{}",
        again.stderr
    );
    let other = setting.at("copy", &["--as-of", "2020-01-01"]);
    assert_eq!(other.code, Some(4), "{other:?}");
    assert_eq!(dump(&mut conn, &setting.database), untouched);
}

#[test]
fn what_stands_in_the_way_is_said() {
    let Some(setting) = Setting::new(&Shop::new(32)) else {
        return;
    };
    let nobody = setting.run(&["plan", "--to", "mage-os"]);
    assert_eq!(nobody.code, Some(2), "{nobody:?}");
    assert!(
        nobody.stderr.contains(&setting.database) && nobody.stderr.contains("--yes"),
        "{}",
        nobody.stderr
    );
    let into_commerce = setting.run(&["plan", "--to", "commerce", "--yes"]);
    assert_eq!(into_commerce.code, Some(2), "{into_commerce:?}");
    let itself = setting.at("copy", &["--into", &setting.database]);
    assert_eq!(itself.code, Some(2), "{itself:?}");
    fs::remove_file(setting.store().join("var/.maintenance.flag")).unwrap();
    let open = setting.at("copy", &[]);
    assert_eq!(open.code, Some(4), "{open:?}");
    assert!(open.stderr.contains("the shop is open"), "{}", open.stderr);
    let mut conn = setting.server.connect();
    conn.query_drop(format!("CREATE DATABASE {}_mage_os", setting.database))
        .unwrap();
    conn.query_drop(format!(
        "CREATE TABLE {}_mage_os.somebodys (a INT)",
        setting.database
    ))
    .unwrap();
    let full = setting.at("copy", &["--shop-closed"]);
    assert_eq!(full.code, Some(4), "{full:?}");
    assert!(full.stderr.contains("is not empty"), "{}", full.stderr);
    let unverified = setting.at("verify", &[]);
    assert_eq!(unverified.code, Some(4), "{unverified:?}");
    setting.env("Planted-wrong", "");
    let refused = setting.at("plan", &[]);
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(
        refused.stderr.contains("refuses the user"),
        "{}",
        refused.stderr
    );
    setting.env(
        PASSWORD,
        "'checkout' => ['host' => 'h', 'dbname' => 'quotes']",
    );
    let split = setting.at("plan", &[]);
    assert_eq!(split.code, Some(4), "{split:?}");
    assert!(
        split.stderr.contains("database of its own for checkout"),
        "{}",
        split.stderr
    );
    setting.env(PASSWORD, "");
    conn.query_drop(format!(
        "CREATE TABLE {}.acme_x (id INT NOT NULL PRIMARY KEY, row_id INT UNSIGNED)",
        setting.database
    ))
    .unwrap();
    let unknown = setting.at("plan", &[]);
    assert_eq!(unknown.code, Some(3), "{unknown:?}");
    assert!(
        unknown.stdout.contains("--row-column"),
        "{}",
        unknown.stdout
    );
    let decided = setting.at("plan", &["--row-column", "acme_x.row_id=none"]);
    assert_eq!(decided.code, Some(0), "{decided:?}");
    let script = setting.at("sql", &["--row-column", "acme_x.row_id=none"]);
    assert_eq!(script.code, Some(0), "{script:?}");
    assert!(script.stdout.contains("INSERT INTO `"), "{}", script.stdout);
}

#[test]
fn the_password_may_come_from_the_environment() {
    let Some(setting) = Setting::new(&Shop::new(33)) else {
        return;
    };
    fs::remove_file(setting.store().join("app/etc/env.php")).unwrap();
    let socket = setting.server.socket().display().to_string();
    let connection = [
        "inspect",
        "--db-socket",
        &socket,
        "--db-user",
        &setting.user,
        "--db-name",
        &setting.database,
    ];
    let without = setting.run(&connection);
    assert_eq!(without.code, Some(1), "{without:?}");
    let run = run_command(
        setting
            .command(&connection)
            .env("MAGESHIFT_DB_PASSWORD", PASSWORD),
    );
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.stdout.contains("catalog_product_entity of entity_id"),
        "{}",
        run.stdout
    );
    assert!(!run.stdout.contains(PASSWORD) && !run.stderr.contains(PASSWORD));
}

/// A copy that is killed again and again ends in the database of one that was not.
#[test]
fn a_copy_that_is_killed_goes_on() {
    let shop = Shop {
        size: 8,
        ..Shop::new(34)
    };
    let Some(setting) = Setting::new(&shop) else {
        return;
    };
    assert_eq!(
        setting
            .at("copy", &["--into", &format!("{}_whole", setting.database)])
            .code,
        Some(0)
    );
    let whole = own_tables(setting.server, &format!("{}_whole", setting.database));
    let now = NOW.to_string();
    let mut kills = 0;
    for milliseconds in (60..).step_by(45) {
        let mut command = setting.command(&["copy", "--to", "mage-os", "--yes", "--as-of", &now]);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    let last = setting.at("copy", &[]);
    assert_eq!(last.code, Some(0), "{last:?}");
    assert!(kills > 0);
    let new = format!("{}_mage_os", setting.database);
    let plain = |lines: Vec<String>, database: &str| -> Vec<String> {
        let lines = lines.into_iter();
        lines.map(|line| line.replace(database, "NEW")).collect()
    };
    assert_eq!(
        plain(own_tables(setting.server, &new), &new),
        plain(whole, &format!("{}_whole", setting.database))
    );
    assert_eq!(setting.at("verify", &[]).code, Some(0));
}

/// The database itself is converted only once there is a dump, and a conversion that is killed again and again ends as the copy.
#[test]
fn a_database_is_converted_itself_once_there_is_a_dump() {
    let shop = Shop {
        size: 5,
        ..Shop::new(35)
    };
    let Some(setting) = Setting::new(&shop) else {
        return;
    };
    let mut conn = setting.server.connect();
    assert_eq!(setting.at("copy", &[]).code, Some(0));
    let expected = own_tables(setting.server, &format!("{}_mage_os", setting.database));
    let untouched = dump(&mut conn, &setting.database);

    let plan = setting.at("plan", &["--in-place"]);
    assert_eq!(plan.code, Some(0), "{plan:?}");
    for words in [
        "[data-in-place]",
        "Deleted",
        "MiB have to be free",
        "a dump alone",
    ] {
        let text = plan.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(words), "{words}: {}", plan.stdout);
    }
    let json = setting.at("plan", &["--in-place", "--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_fits("data", "plan in place", &json);
    assert_eq!(json["target"], json["source"]);
    let both = setting.at("plan", &["--in-place", "--into", "other"]);
    assert_eq!(both.code, Some(2), "{both:?}");
    let script = setting.at("sql", &["--in-place"]);
    assert_eq!(script.code, Some(2), "{script:?}");

    let without = setting.at("copy", &["--in-place"]);
    assert_eq!(without.code, Some(2), "{without:?}");
    assert!(without.stderr.contains("--dump FILE"), "{}", without.stderr);
    let missing = setting.at("copy", &["--in-place", "--dump", "no.sql"]);
    assert_eq!(missing.code, Some(2), "{missing:?}");
    fs::write(setting.store().join("shop.sql"), "").unwrap();
    let empty = setting.at("copy", &["--in-place", "--dump", "shop.sql"]);
    assert_eq!(empty.code, Some(2), "{empty:?}");
    assert!(empty.stderr.contains("is empty"), "{}", empty.stderr);
    fs::write(setting.store().join("shop.sql"), "-- a dump").unwrap();
    let file = fs::File::options()
        .write(true)
        .open(setting.store().join("shop.sql"))
        .unwrap();
    file.set_modified(std::time::SystemTime::now() - Duration::from_secs(30 * 3600))
        .unwrap();
    let stale = setting.at("copy", &["--in-place", "--dump", "shop.sql"]);
    assert!(stale.stderr.contains("is 30 hours old"), "{}", stale.stderr);
    file.set_modified(std::time::SystemTime::now()).unwrap();
    // The user may only read so far: nothing has happened.
    let denied = setting.at("copy", &["--in-place", "--dump", "shop.sql"]);
    assert_eq!(denied.code, Some(1), "{denied:?}");
    assert_eq!(dump(&mut conn, &setting.database), untouched);
    conn.query_drop(format!(
        "GRANT ALL ON `{}`.* TO {}@localhost",
        setting.database, setting.user
    ))
    .unwrap();

    let now = NOW.to_string();
    let arguments = [
        "copy",
        "--to",
        "mage-os",
        "--in-place",
        "--yes",
        "--dump-exists",
        "--as-of",
        &now,
    ];
    let mut kills = 0;
    for milliseconds in (80..).step_by(60) {
        let mut child = setting
            .command(&arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        if child.try_wait().unwrap().is_some() {
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
    }
    assert!(kills > 0);
    let last = setting.run(&arguments);
    assert_eq!(last.code, Some(0), "{last:?}");
    assert_eq!(own_tables(setting.server, &setting.database), expected);
    let verify = setting.at("verify", &["--in-place"]);
    assert_eq!(verify.code, Some(0), "{verify:?}");
    assert!(verify.stdout.starts_with("ok: "), "{}", verify.stdout);
    let json = setting.at("verify", &["--in-place", "--json"]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    assert_fits("data", "verify in place", &json);
    let again = setting.at("copy", &["--in-place"]);
    assert_eq!(again.code, Some(0), "{again:?}");
    assert!(
        again.stderr.contains("converted already"),
        "{}",
        again.stderr
    );
}

#[test]
fn the_server_logs_no_password_and_every_statement() {
    let Some(setting) = Setting::new(&Shop::new(47)) else {
        return;
    };
    let mut conn = setting.server.connect();
    // What stands in this log is what stands in the server's list of processes while it runs.
    for sql in [
        "SET GLOBAL log_output = 'TABLE'",
        "SET GLOBAL general_log = 'ON'",
    ] {
        conn.query_drop(sql).unwrap();
    }
    let copied = setting.run(&["copy", "--to", "mage-os", "--yes"]);
    let verified = setting.run(&["verify", "--to", "mage-os", "--yes"]);
    conn.query_drop("SET GLOBAL general_log = 'OFF'").unwrap();
    assert_eq!(copied.code, Some(0), "{copied:?}");
    assert_eq!(verified.code, Some(0), "{verified:?}");
    let of_user = format!("%{}%", setting.user);
    let statements: Vec<String> = conn
        .exec(
            "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log WHERE user_host LIKE ?",
            (&of_user,),
        )
        .unwrap();
    assert!(
        statements.iter().any(|sql| sql.contains("INSERT")),
        "{statements:?}"
    );
    let with_password = statements.iter().find(|sql| sql.contains(PASSWORD));
    assert_eq!(with_password, None);
}
