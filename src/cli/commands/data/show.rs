//! A conversion as text for a terminal.

use crate::cli::screen::ui::Ui;
use crate::database::conversion::{Conversion, TablePlan, Treatment};
use crate::plan::{Finding, Severity};
use crate::preview::layout::Detail;
use crate::preview::plain;
use std::collections::BTreeMap;
use std::fmt::Write;

/// The whole plan, with a final newline.
pub(super) fn plan(conversion: &Conversion, ui: &Ui) -> String {
    let paint = ui.paint();
    let mut out = format!(
        "{} {}, as of {}\n",
        paint.bold("Data:"),
        match conversion.in_place {
            Some(_) => format!("{} itself", conversion.source.plain()),
            None => format!(
                "{} → {}",
                conversion.source.plain(),
                conversion.target.plain()
            ),
        },
        conversion.as_of_utc
    );
    let heading = |out: &mut String, title: &str| {
        let _ = write!(out, "\n{}\n", paint.bold(title));
    };
    if conversion.changes_nothing() {
        out.push_str(
            "\nNothing in this database is Adobe Commerce's own: no table has versions, and no table\nand column goes. `bin/magento setup:upgrade` is all it takes.\n",
        );
    }
    let changed: Vec<&TablePlan> = conversion
        .tables
        .iter()
        .filter(|table| table.treatment != Treatment::AsItIs)
        .collect();
    if !changed.is_empty() {
        heading(&mut out, "Converted");
        for treatment in [
            Treatment::Versions,
            Treatment::Rows,
            Treatment::Changed,
            Treatment::Emptied,
        ] {
            let tables: Vec<&&TablePlan> = changed
                .iter()
                .filter(|table| table.treatment == treatment)
                .collect();
            if tables.is_empty() {
                continue;
            }
            let _ = writeln!(
                out,
                "  {} {}",
                paint.yellow("~"),
                grouped(treatment, tables.len())
            );
            if treatment == Treatment::Versions || ui.detail == Detail::Full {
                for table in tables {
                    let _ = writeln!(out, "      {}", plain(&line(table)));
                }
            }
        }
    }
    let as_it_is = conversion.tables.len() - changed.len();
    if as_it_is > 0 {
        heading(&mut out, "Kept");
        let _ = writeln!(
            out,
            "    {} every row as it is",
            number_of(as_it_is, "table")
        );
    }
    if !conversion.leaving.is_empty() {
        let title = match conversion.in_place {
            Some(_) => "Deleted",
            None => "Left behind",
        };
        heading(&mut out, title);
        let mut features: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
        for table in &conversion.leaving {
            let feature = features.entry(&table.feature).or_default();
            feature.0 += 1;
            feature.1 += table.rows;
        }
        for (feature, (tables, rows)) in features {
            let _ = writeln!(
                out,
                "  {} {feature}: {}, about {}",
                paint.red("-"),
                number_of(tables, "table"),
                number_of(rows as usize, "row")
            );
        }
        let columns: usize = conversion
            .tables
            .iter()
            .map(|table| table.dropped_columns.len())
            .sum();
        if columns > 0 {
            let _ = writeln!(
                out,
                "  {} {} of tables that stay",
                paint.red("-"),
                number_of(columns, "column")
            );
        }
    }
    let counts: Vec<_> = conversion
        .counts
        .iter()
        .filter(|count| count.records > 0 || ui.detail == Detail::Full)
        .collect();
    if !counts.is_empty() {
        heading(&mut out, "In numbers");
        for count in counts {
            let number = format!("{:>10}  ", grouped_digits(count.records));
            let rest = " ".repeat(number.chars().count());
            let _ = writeln!(out, "{}", wrapped(&count.what, &number, &rest, ui.width));
        }
    }
    let to_come: Vec<_> = conversion
        .versions
        .iter()
        .filter(|version| !version.is_over)
        .collect();
    if !to_come.is_empty() {
        heading(&mut out, "Scheduled");
        let shown = if ui.detail == Detail::Full {
            to_come.len()
        } else {
            10
        };
        for version in to_come.iter().take(shown) {
            let name = version.name.as_deref().unwrap_or("without a name");
            let _ = writeln!(
                out,
                "    {}  {} {}: {}",
                version.begins_utc,
                version.table,
                version.entity,
                plain(name)
            );
        }
        if to_come.len() > shown {
            let _ = writeln!(out, "    and {} more", to_come.len() - shown);
        }
    }
    for (severity, title) in [
        (Severity::Blocker, "Blockers"),
        (Severity::Warning, "Warnings"),
        (Severity::Note, "Notes"),
    ] {
        let findings: Vec<&Finding> = conversion
            .findings
            .iter()
            .filter(|finding| finding.severity() == severity)
            .collect();
        if findings.is_empty() {
            continue;
        }
        heading(&mut out, title);
        for finding in findings {
            let mark = match severity {
                Severity::Blocker => paint.red("x"),
                Severity::Warning => paint.yellow("!"),
                Severity::Note => paint.dim("·"),
            };
            let title = format!("{} [{}]", finding.title, finding.code());
            let _ = writeln!(
                out,
                "{}",
                wrapped(&plain(&title), &format!("  {mark} "), "    ", ui.width)
            );
            let _ = writeln!(
                out,
                "{}",
                wrapped(&plain(&finding.detail), "    ", "    ", ui.width)
            );
        }
    }
    let _ = writeln!(out, "\n{}", wrapped(&sum(conversion), "", "", ui.width));
    out
}

/// The plan in a sentence.
fn sum(conversion: &Conversion) -> String {
    if let Some(in_place) = &conversion.in_place {
        let largest = match &in_place.largest {
            Some(table) => format!(
                " (the largest, {table}, takes {} MiB)",
                mebibytes(in_place.largest_bytes)
            ),
            None => String::new(),
        };
        return format!(
            "Plan: {} of {} rebuilt within {}, about {}, and {} deleted. About {} MiB have to be free for tables that are there twice meanwhile{largest}. The way back is a dump alone.",
            in_place.rebuilt,
            number_of(conversion.tables.len(), "table"),
            conversion.source.plain(),
            number_of(conversion.rows as usize, "row"),
            number_of(conversion.leaving.len(), "table"),
            mebibytes(in_place.free_bytes)
        );
    }
    format!(
        "Plan: {} and about {} ({} MiB) into {}; {} stay behind.",
        number_of(conversion.tables.len(), "table"),
        number_of(conversion.rows as usize, "row"),
        conversion.bytes / 1024 / 1024,
        conversion.target.plain(),
        number_of(conversion.leaving.len(), "table")
    )
}

fn mebibytes(bytes: u64) -> u64 {
    bytes.div_ceil(1024 * 1024)
}

fn grouped(treatment: Treatment, tables: usize) -> String {
    let tables = number_of(tables, "table");
    match treatment {
        Treatment::Versions => format!("{tables} with versions: the live ones stay"),
        Treatment::Rows => {
            format!("{tables} of what belongs to versions: that of the live ones stays")
        }
        Treatment::Changed => format!("{tables} without some rows, columns or values"),
        Treatment::Emptied => format!("{tables} without their rows, which Magento fills again"),
        Treatment::AsItIs => format!("{tables} as they are"),
    }
}

fn line(table: &TablePlan) -> String {
    let about = if table.is_counted { "" } else { "about " };
    format!(
        "{}: {about}{} → {}",
        table.table,
        number_of(table.rows as usize, "row"),
        grouped_digits(table.kept)
    )
}

fn wrapped(text: &str, first: &str, rest: &str, width: usize) -> String {
    // The first indent may hold colour codes, which have no width of their own.
    let options = textwrap::Options::new(width)
        .initial_indent(rest)
        .subsequent_indent(rest)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .break_words(false);
    let filled = textwrap::fill(text, options);
    format!("{first}{}", filled.strip_prefix(rest).unwrap_or(&filled))
}

/// `1 row`, `12,000 rows`.
pub(super) fn number_of(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {what}{plural}", grouped_digits(number as u64))
}

/// `12,000`.
pub(super) fn grouped_digits(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}
