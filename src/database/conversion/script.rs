//! A conversion as a script for the person who looks after the database. It does what a copy does, in one run a table, and
//! ends with checks. Run again it begins anew.

use super::{Conversion, Phase, TablePlan};
use crate::database::sql::{Place, Sql};
use std::fmt::Write;

/// The whole script, with a final newline.
pub fn render(conversion: &Conversion) -> String {
    let mut out = format!(
        "-- {} as it is to be in {}, with the versions that are alive at {}.\n\
         -- The old database is only read: SELECT is enough there. On what is written ALL is needed.\n\
         -- Run it with the shop closed, and nothing that writes to the old database:\n\
         --   mysql --default-character-set=utf8mb4 --show-warnings < THIS-FILE\n\
         -- Run again it makes every table anew. The last statement lists what differs; it has to list nothing.\n\n\
         SET NAMES utf8mb4;\n\
         SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00', foreign_key_checks = 0;\n",
        comment(conversion.source.plain()),
        comment(conversion.target.plain()),
        conversion.as_of_utc
    );
    for database in conversion.databases() {
        statement(
            &mut out,
            &Sql::new("CREATE DATABASE IF NOT EXISTS ").name(database),
        );
    }
    if !conversion.server.to_ascii_lowercase().contains("mariadb") {
        out.push_str(
            "-- Where this server refuses a table without a primary key, or a key to a column that is not unique, as MySQL may:\n\
             --   SET SESSION sql_require_primary_key = 0, restrict_fk_on_non_standard_key = 0;\n",
        );
    }
    out.push_str("\n-- What an earlier run has made.\n");
    for plan in conversion.written() {
        let drop = Sql::new("DROP TABLE IF EXISTS ").place(&plan.into);
        statement(&mut out, &drop);
    }
    let mut phase = None;
    for step in conversion.steps() {
        if phase != Some(step.phase) {
            out.push_str(match step.phase {
                Phase::Create => "\n-- Empty tables, each like the old one and then changed.\n",
                Phase::Keys => "\n-- Foreign keys.\n",
                Phase::Fill => "\n-- Rows.\n",
            });
            phase = Some(step.phase);
        }
        if step.phase == Phase::Fill && step.reads.len() > 1 {
            let _ = writeln!(out, "-- reads {}", comment(&step.reads.join(", ")));
        }
        statement(&mut out, &step.sql);
    }
    out.push_str("\n-- Tables that do not have the rows that they have to have.\n");
    let checks: Vec<Sql> = conversion.written().filter_map(check).collect();
    if !checks.is_empty() {
        let sql = Sql::new("SELECT * FROM (")
            .list(" UNION ALL ", &checks)
            .text(") AS `checks` WHERE `expected` <> `found`");
        statement(&mut out, &sql);
    }
    out.push_str("\nSET SESSION foreign_key_checks = 1;\n");
    out
}

fn check(table: &TablePlan) -> Option<Sql> {
    let fill = table.fill.as_ref()?;
    Some(
        Sql::new("SELECT ")
            .value(table.table.as_str())
            .text(" AS `table_name`, (")
            .then(&fill.count())
            .text(") AS `expected`, (SELECT COUNT(*) FROM ")
            .place(&Place::clone(&table.into))
            .text(") AS `found`"),
    )
}

fn statement(out: &mut String, sql: &Sql) {
    out.push_str(&sql.spelled_out());
    out.push_str(";\n");
}

/// A name in a comment: it stays on its line.
fn comment(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}
