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
    let mut phase = None;
    let mut table = String::new();
    for step in conversion.steps() {
        if phase != Some(step.phase) {
            out.push_str(match step.phase {
                Phase::Create => "\n-- Empty tables, each like the old one and then changed.\n",
                Phase::Keys => "\n-- Foreign keys.\n",
                Phase::Fill => "\n-- Rows.\n",
            });
            phase = Some(step.phase);
        }
        match step.phase {
            Phase::Create if table != step.table => {
                table.clone_from(&step.table);
                let of_table = conversion.written().filter(|plan| plan.table == table);
                for plan in of_table {
                    statement(
                        &mut out,
                        &Sql::new("DROP TABLE IF EXISTS ").place(&plan.into),
                    );
                }
            }
            Phase::Fill if step.reads.len() > 1 => {
                let _ = writeln!(out, "-- reads {}", comment(&step.reads.join(", ")));
            }
            _ => {}
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
