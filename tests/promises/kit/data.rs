//! What tests of a shop's data share: a store whose env.php leads to a database of its own, and a conversion and what it is
//! compared by.

use super::{Run, mageshift, run_command};
use crate::database::server::{Server, dump, quoted, server};
use crate::database::shop::{NOW, Shop};
use crate::database::storefront::Reading;
use mageshift::database::conversion::Conversion;
use mageshift::database::conversion::planning::plan;
use mageshift::database::conversion::request::Request;
use mageshift::database::copying::{self, Outcome};
use mageshift::database::server::{Access, Endpoint, Session};
use mageshift::database::staging::Decisions;
use mysql::prelude::Queryable;
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

pub(crate) const PASSWORD: &str = "Planted-Pässword'7";

/// A store whose env.php leads to a database of its own, as a user who may read it, and write databases that begin like it.
pub(crate) struct Setting {
    pub server: &'static Server,
    pub folder: tempfile::TempDir,
    pub database: String,
    pub user: String,
}

impl Setting {
    /// None, with a word, where no server is at hand.
    pub(crate) fn new(shop: &Shop) -> Option<Self> {
        server().map(|server| Self::on(server, shop))
    }

    /// On a server of one's own.
    pub(crate) fn on(server: &'static Server, shop: &Shop) -> Self {
        let database = server.database();
        let mut conn = server.connect();
        shop.make(&mut conn, &database);
        let user = format!("u_{database}");
        let password = PASSWORD.replace('\'', "''");
        conn.query_drop(format!(
            "CREATE USER {user}@localhost IDENTIFIED BY '{password}'"
        ))
        .unwrap();
        conn.query_drop(format!(
            "GRANT SELECT, LOCK TABLES ON `{database}`.* TO {user}@localhost"
        ))
        .unwrap();
        conn.query_drop(format!(
            "GRANT ALL ON `{database}\\_%`.* TO {user}@localhost"
        ))
        .unwrap();
        let folder = tempfile::tempdir().unwrap();
        let setting = Self {
            server,
            folder,
            database,
            user,
        };
        setting.env(PASSWORD, "");
        fs::write(setting.store().join("composer.json"), "{}").unwrap();
        fs::create_dir_all(setting.store().join("var")).unwrap();
        fs::write(setting.store().join("var/.maintenance.flag"), "").unwrap();
        setting
    }

    pub(crate) fn store(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn env(&self, password: &str, more: &str) {
        let text = format!(
            "<?php\nreturn ['db' => ['table_prefix' => '', 'connection' => ['default' => ['host' => '{}', 'dbname' => '{}', 'username' => '{}', 'password' => '{}'], {more}]]];\n",
            self.server.socket().display(),
            self.database,
            self.user,
            password.replace('\'', "\\'")
        );
        fs::create_dir_all(self.store().join("app/etc")).unwrap();
        fs::write(self.store().join("app/etc/env.php"), text).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = mageshift(self.store());
        command.arg("data").args(arguments);
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Run {
        let run = run_command(&mut self.command(arguments));
        for out in [&run.stdout, &run.stderr] {
            assert!(!out.contains(PASSWORD) && !out.contains("Planted"), "{out}");
        }
        run
    }

    pub(crate) fn at(&self, command: &str, more: &[&str]) -> Run {
        let now = NOW.to_string();
        let mut arguments = vec![command, "--to", "mage-os", "--yes"];
        if !more.contains(&"--as-of") {
            arguments.extend(["--as-of", &now]);
        }
        arguments.extend(more);
        self.run(&arguments)
    }
}

pub(crate) fn session(server: &Server, user: &str) -> Session {
    Session::open(&Access {
        endpoint: Endpoint::Socket(server.socket().to_path_buf()),
        user: user.into(),
        password: None,
        tls: None,
    })
    .unwrap()
}

pub(crate) fn request(source: &str, shop: &Shop) -> Request {
    Request {
        source: source.into(),
        target: format!("{source}_new"),
        prefix: shop.prefix.clone(),
        as_of: Some(NOW),
        decisions: Decisions::default(),
        code: mageshift::database::declared::AtHand::Absent,
        in_place: false,
        keep_aside: None,
    }
}

pub(crate) fn planned(server: &Server, request: &Request) -> Conversion {
    plan(&mut session(server, "root"), request, &mut |_| {}).unwrap()
}

pub(crate) fn codes(conversion: &Conversion) -> Vec<&str> {
    let mut codes: Vec<&str> = conversion
        .findings
        .iter()
        .map(|finding| finding.code().as_str())
        .collect();
    codes.dedup();
    codes
}

/// Runs the copy and stops it before statement number `stop`; whether it came to its end.
pub(crate) fn run_until(server: &Server, conversion: &Conversion, stop: usize) -> bool {
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

pub(crate) fn copied(server: &Server, request: &Request) -> Conversion {
    let conversion = planned(server, request);
    assert!(!conversion.is_blocked(), "{:#?}", conversion.findings);
    assert!(run_until(server, &conversion, usize::MAX));
    conversion
}

pub(crate) fn shown(
    server: &Server,
    database: &str,
    shop: &Shop,
    staged_at: Option<u64>,
) -> Vec<String> {
    let reading = Reading {
        database,
        prefix: &shop.prefix,
        staged_at,
    };
    reading.lines(&mut server.connect())
}

pub(crate) fn assert_same(before: &[String], after: &[String]) {
    let missing: Vec<&String> = before.iter().filter(|line| !after.contains(line)).collect();
    let new: Vec<&String> = after.iter().filter(|line| !before.contains(line)).collect();
    assert!(
        missing.is_empty() && new.is_empty(),
        "missing: {missing:#?}\nnew: {new:#?}"
    );
    assert_eq!(before.len(), after.len());
}

/// Every key of a database is kept by its rows.
pub(crate) fn assert_keys_hold(server: &Server, database: &str) {
    let mut session = session(server, "root");
    let schema = mageshift::database::reading::read(&mut session, database, "").unwrap();
    let mut conn = server.connect();
    let place = |table: &str| format!("{}.{}", quoted(database), quoted(table));
    for table in schema.tables.values() {
        for key in &table.foreign_keys {
            let (column, parent_column) = (quoted(&key.columns[0]), quoted(&key.parent_columns[0]));
            let broken: u64 = conn
                .query_first(format!(
                    "SELECT COUNT(*) FROM {} AS c LEFT JOIN {} AS p ON p.{parent_column} = c.{column} WHERE c.{column} IS NOT NULL AND p.{parent_column} IS NULL",
                    place(&table.name),
                    place(&key.parent)
                ))
                .unwrap()
                .unwrap();
            assert_eq!(broken, 0, "{} of {}", key.name, table.name);
        }
    }
}

/// All of a shop's own tables, with their rows: what a copy notes for itself is none of it.
pub(crate) fn own_tables(server: &Server, database: &str) -> Vec<String> {
    let lines = dump(&mut server.connect(), database).into_iter();
    lines
        .filter(|line| !line.contains("mageshift_data"))
        .collect()
}
