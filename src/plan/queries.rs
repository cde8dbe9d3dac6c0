//! SQL that counts what a switch does to the shop's data, to be run before it. It only reads.

use crate::distribution::{Belongs, Family, belongs};
use crate::plan::{ChangeKind, Plan};
use serde::Deserialize;
use std::fmt::Write;
use std::sync::LazyLock;

/// When a query is of interest: when its package goes from the lock, or when it comes into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum When {
    Goes,
    Comes,
}

/// The number of rows of a table that matter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Count {
    /// What the rows are, as the result names them.
    pub what: String,
    when: When,
    package: String,
    /// Without the store's table prefix.
    pub table: String,
    /// A column that the table must have for the query to make sense.
    pub column: String,
    /// SQL: what is selected.
    #[serde(default = "all_rows")]
    pub count: String,
    /// SQL: what follows the table.
    #[serde(default)]
    pub clause: String,
}

fn all_rows() -> String {
    "COUNT(*)".to_string()
}

/// A question to `information_schema`, which every database has. `{prefix}` stands for the store's table prefix.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    what: String,
    when: When,
    package: String,
    sql: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    count: Vec<Count>,
    list: Vec<List>,
}

static DATA: LazyLock<Data> = LazyLock::new(|| {
    toml::from_str(include_str!("queries.toml")).expect("the bundled queries.toml is valid")
});

/// What is counted when a store leaves Adobe Commerce, in the order in which it is shown.
pub(crate) fn of_commerce() -> impl Iterator<Item = &'static Count> {
    DATA.count.iter().filter(|count| {
        let of = belongs(&count.package);
        let is_licensed = matches!(of, Belongs::Core(owner) if owner.is_in(Family::Commerce));
        count.when == When::Goes && is_licensed
    })
}

/// The queries for a plan as one script for MySQL and MariaDB; none when the plan touches no data that could be counted.
/// `table_prefix` is the store's (`db.table_prefix` in app/etc/env.php), usually empty.
///
/// No table has to exist: which do is asked first, and the count of one that does not is NULL.
pub(crate) fn script(plan: &Plan, table_prefix: &str) -> Option<String> {
    let concerns = |when: When, package: &str| {
        let kind = match when {
            When::Goes => ChangeKind::Remove,
            When::Comes => ChangeKind::Add,
        };
        plan.changes
            .iter()
            .any(|change| change.kind == kind && change.package == package)
    };
    let counts: Vec<&Count> = DATA
        .count
        .iter()
        .filter(|count| concerns(count.when, &count.package))
        .collect();
    let lists: Vec<&List> = DATA
        .list
        .iter()
        .filter(|list| concerns(list.when, &list.package))
        .collect();
    let mut script = String::new();
    if !counts.is_empty() {
        script.push_str(&counting(&counts, table_prefix));
    }
    for list in lists {
        let sql = list.sql.replace("{prefix}", table_prefix);
        // Writing to a string cannot fail.
        let _ = write!(script, "\n-- {}.\n{sql};\n", list.what);
    }
    let script = script.trim_start();
    (!script.is_empty()).then(|| script.to_string())
}

/// One result with a row for each count. Names are compared as bytes: collations of connections differ.
fn counting(counts: &[&Count], table_prefix: &str) -> String {
    let mut wanted = String::new();
    for (index, count) in counts.iter().enumerate() {
        let clause = match count.clause.as_str() {
            "" => String::new(),
            clause => format!(" {clause}"),
        };
        let values = [
            &count.what,
            &format!("{table_prefix}{}", count.table),
            &count.column,
            &count.count,
            &clause,
        ]
        .map(|value| quoted(value));
        let [what, table, column, counted, clause] = &values;
        let _ = if index == 0 {
            writeln!(
                wanted,
                "    SELECT 1 AS place, {what} AS what, {table} AS tab, {column} AS col, {counted} AS counted, {clause} AS clause"
            )
        } else {
            writeln!(
                wanted,
                "    UNION ALL SELECT {}, {what}, {table}, {column}, {counted}, {clause}",
                index + 1
            )
        };
    }
    format!(
        "-- How many there are of each; NULL where this database has no such table.
SET SESSION group_concat_max_len = 1000000;
SELECT GROUP_CONCAT(
    IF(present.TABLE_NAME IS NULL,
       CONCAT('SELECT ', QUOTE(wanted.what), ' AS what, NULL AS records'),
       CONCAT('SELECT ', QUOTE(wanted.what), ' AS what, ', wanted.counted, ' AS records FROM `', wanted.tab, '`', wanted.clause))
    ORDER BY wanted.place SEPARATOR ' UNION ALL ')
  INTO @mageshift_counts
  FROM (
{wanted}  ) AS wanted
  LEFT JOIN information_schema.COLUMNS AS present
    ON present.TABLE_SCHEMA = DATABASE()
   AND CAST(present.TABLE_NAME AS BINARY) = CAST(wanted.tab AS BINARY)
   AND CAST(present.COLUMN_NAME AS BINARY) = CAST(wanted.col AS BINARY);
PREPARE mageshift_counts FROM @mageshift_counts;
EXECUTE mageshift_counts;
DEALLOCATE PREPARE mageshift_counts;
"
    )
}

/// A string literal. The data have no backslashes, which not every SQL mode reads the same way.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Change, Side};

    fn plan(kind: ChangeKind, packages: &[&str]) -> Plan {
        let side = Side {
            distribution: "commerce".into(),
            edition: "enterprise".into(),
            release: None,
            upstream: None,
        };
        let changes = packages.iter().map(|package| Change {
            package: (*package).into(),
            from: None,
            to: None,
            kind,
            core: true,
            reason: String::new(),
        });
        Plan {
            changes: changes.collect(),
            ..Plan::between(side.clone(), side)
        }
    }

    #[test]
    fn only_what_goes_is_counted() {
        let going = plan(ChangeKind::Remove, &["magento/module-reward"]);
        let sql = script(&going, "shop_").unwrap();
        let row = "'shop_magento_reward' AS tab, 'points_balance' AS col, 'COUNT(*)' AS counted, ' WHERE points_balance > 0' AS clause";
        assert!(sql.contains(row), "{sql}");
        assert!(!sql.contains("staging") && !sql.contains("UNION ALL SELECT 2"));
        let updated = plan(ChangeKind::Update, &["magento/module-reward"]);
        assert_eq!(script(&updated, ""), None);
    }

    #[test]
    fn what_comes_is_listed() {
        let coming = plan(
            ChangeKind::Add,
            &["magento/module-staging", "magento/module-catalog-staging"],
        );
        let sql = script(&coming, "x_").unwrap();
        assert!(sql.contains("('x_catalog_product_entity', 'x_catalog_category_entity')"));
        assert!(sql.contains("products to convert") && !sql.contains("scheduled versions"));
    }

    /// Every statement reads: none of the words that write, and nothing that two SQL modes read differently.
    #[test]
    fn nothing_is_written() {
        let packages: Vec<&str> = DATA
            .count
            .iter()
            .map(|count| count.package.as_str())
            .chain(DATA.list.iter().map(|list| list.package.as_str()))
            .collect();
        for kind in [ChangeKind::Remove, ChangeKind::Add] {
            let sql = script(&plan(kind, &packages), "").unwrap();
            for statement in sql.split(";\n").filter(|text| !text.trim().is_empty()) {
                let first = statement
                    .lines()
                    .find(|line| !line.is_empty() && !line.starts_with("--"))
                    .unwrap();
                let verb = first.split(' ').next().unwrap();
                assert!(
                    ["SELECT", "SET", "PREPARE", "EXECUTE", "DEALLOCATE"].contains(&verb),
                    "{statement}"
                );
            }
            assert!(!sql.contains('\\') && !sql.contains("{prefix}"));
        }
    }
}
