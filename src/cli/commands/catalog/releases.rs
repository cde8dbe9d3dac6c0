//! `mageshift releases`

use crate::cli::options::args::SourceArgs;
use crate::cli::options::values;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::planning::repositories;
use crate::cli::screen::table;
use crate::cli::screen::ui::Ui;
use crate::distribution::{
    Distribution, Release, ReleaseCatalog, Target, compare_versions, known_as_of,
};
use crate::plan::SCHEMA;
use crate::planner::assembly::background::support;
use crate::planner::lock::unreachable::reason;
use crate::preview::layout::wrap;
use clap::Args;
use serde::Serialize;
use serde_json::json;
use std::path::Path;

/// List the releases of the distributions
///
/// With the Magento version each is based on, the PHP versions and services it runs on, and its dates. The list ships
/// with the program and is refreshed from the repositories, so releases newer than the program are in it, too.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  All releases of Mage-OS:
    mageshift releases mage-os

  What was released since the program was made:
    mageshift releases --refresh

  For a script:
    mageshift releases magento --json")]
pub(crate) struct ReleasesArgs {
    /// Only this distribution: mage-os, magento or commerce
    #[arg(value_name = "DISTRIBUTION", value_parser = values::distribution(), hide_possible_values = true)]
    pub distribution: Option<String>,

    /// Only releases that are newer than the data of this program
    #[arg(
        long,
        long_help = "Only what the repositories have and the data that ship with this program lack: releases since it was made. Of those it knows what metadata say; services and support are those of their line"
    )]
    pub refresh: bool,

    #[command(flatten)]
    pub source: SourceArgs,
}

/// One release, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ReleaseRow {
    /// `mage-os`, `magento` or `commerce`.
    pub distribution: String,
    /// In the distribution's own numbering.
    pub release: String,
    /// The Magento version it is based on.
    pub upstream: String,
    /// PHP versions, oldest first: `8.3`, `8.4`.
    pub php: Vec<String>,
    /// Other services with their versions: `MySQL 8.4`.
    pub services: Vec<String>,
    /// `2026-09-08`; none when it is not known.
    pub released: Option<String>,
    /// The last day with fixes, past or to come; none when it is not known.
    pub supported_until: Option<String>,
    /// Whether it gets fixes until there is a newer release, whenever that comes.
    pub until_next_release: bool,
    /// Whether it is in the data that ship with this program, and not only in a repository.
    pub bundled: bool,
}

impl ReleaseRow {
    /// Whether it was released after the data that ship with this program. What comes before the oldest release in them was
    /// left out long ago, and is still served.
    fn came_later(&self) -> bool {
        let bundled = ReleaseCatalog::bundled();
        let target = Distribution::of_id(&self.distribution).map(Target::full);
        let oldest = target.and_then(|target| bundled.releases(target).first());
        !self.bundled
            && oldest.is_none_or(|oldest| compare_versions(&self.release, &oldest.version).is_gt())
    }
}

/// Lists the releases, with what is known of each; with `--refresh` those that the program did not know.
pub(crate) fn run(args: &ReleasesArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut rows = releases(args, ui)?;
    if args.refresh {
        rows.retain(ReleaseRow::came_later);
    }
    let learned = rows.iter().filter(|row| !row.bundled).count();
    if ui.json {
        let document = json!({"schema": SCHEMA, "release_data": known_as_of(), "releases": rows});
        ui.document(document)?;
    } else {
        if !rows.is_empty() {
            ui.show(&render(&rows, ui.width, &ui.today))?;
        }
        ui.tell(&age(learned))?;
    }
    Ok(Exit::Done)
}

/// How old the data are, and how many releases the repositories had beyond them.
fn age(learned: usize) -> String {
    let since = match learned {
        0 => "the repositories have no release beyond them".to_owned(),
        1 => "1 release is from a repository alone, and has the services and support of its line"
            .to_owned(),
        _ => format!(
            "{learned} releases are from a repository alone, and have the services and support of their line"
        ),
    };
    format!("Release data of {}; {since}.", known_as_of())
}

/// The releases, refreshed from live metadata, the newest first.
fn releases(args: &ReleasesArgs, ui: &Ui) -> Result<Vec<ReleaseRow>, CliError> {
    let mut rows = Vec::new();
    let distributions = match args.distribution.as_deref().and_then(Distribution::of_id) {
        Some(only) => vec![only],
        None => Distribution::ALL.to_vec(),
    };
    for target in distributions.into_iter().map(Target::full) {
        let progress = ui.progress(&format!("Looking for releases of {}", target.name()));
        let catalog = live_catalog(args, target, ui)?;
        drop(progress);
        rows.extend(
            catalog
                .releases(target)
                .iter()
                .rev()
                .map(|release| row(&catalog, target, release)),
        );
    }
    Ok(rows)
}

/// The bundled releases of a target, refreshed from its repository where that answers.
fn live_catalog(args: &ReleasesArgs, target: Target, ui: &Ui) -> Result<ReleaseCatalog, CliError> {
    let (catalog, failure) = repositories::releases(target, Path::new("."), &args.source)?;
    if !catalog.is_live(target) {
        let cause = failure.map_or_else(String::new, |error| format!(" ({})", reason(&error)));
        ui.warn(&format!(
            "{} could not be asked{cause}; these are the releases this program knows",
            target.facts().repository
        ))?;
    }
    Ok(catalog)
}

fn row(catalog: &ReleaseCatalog, target: Target, release: &Release) -> ReleaseRow {
    let support = support(catalog, target, &release.version).unwrap_or_default();
    ReleaseRow {
        distribution: target.distribution().id().to_string(),
        release: release.version.clone(),
        upstream: release.upstream.clone().unwrap_or_default(),
        php: release.php_series(),
        services: release
            .services
            .iter()
            .map(|(service, version)| format!("{service} {version}"))
            .collect(),
        released: release.released.clone(),
        supported_until: support.regular,
        until_next_release: support.until_next,
        bundled: ReleaseCatalog::bundled()
            .find(target, &release.version)
            .is_some(),
    }
}

/// Until when a release gets fixes, or since when it gets none.
fn supported(row: &ReleaseRow, today: &str) -> String {
    match row.supported_until.as_deref() {
        None if row.until_next_release => "until the next".to_owned(),
        Some(end) if end < today => format!("ended {end}"),
        Some(end) => format!("until {end}"),
        None => "–".to_owned(),
    }
}

/// One table; services go below their release, where there is room for them.
fn render(rows: &[ReleaseRow], width: usize, today: &str) -> String {
    let headings = ["target", "release", "Magento", "PHP", "released", "support"];
    let mut cells = vec![headings.map(str::to_owned).to_vec()];
    for row in rows {
        let date = |date: &Option<String>| date.clone().unwrap_or_else(|| "–".to_owned());
        cells.push(vec![
            row.distribution.clone(),
            row.release.clone(),
            row.upstream.clone(),
            row.php.join(", "),
            date(&row.released),
            supported(row, today),
        ]);
    }
    let table = table::render(&cells, "", width);
    let mut out = String::new();
    for (index, line) in table.lines().enumerate() {
        out.push_str(line);
        out.push('\n');
        let services = index
            .checked_sub(1)
            .and_then(|index| rows.get(index))
            .map(|row| {
                row.services
                    .join(", ")
                    .replace(' ', "\u{a0}")
                    .replace(",\u{a0}", ", ")
            });
        if let Some(services) = services.filter(|services| !services.is_empty()) {
            for text in wrap(&services, width.saturating_sub(4)) {
                out.push_str(&format!("    {text}\n"));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_a_table() {
        let row = |release: &str, services: &[&str], end: Option<&str>| ReleaseRow {
            distribution: "mage-os".into(),
            release: release.into(),
            upstream: "2.4.8-p4".into(),
            php: vec!["8.3".into(), "8.4".into()],
            services: services.iter().map(|&service| service.to_owned()).collect(),
            released: Some("2026-03-10".into()),
            supported_until: end.map(str::to_owned),
            until_next_release: end.is_none(),
            bundled: true,
        };
        insta::assert_snapshot!(render(&[row("2.2.1", &["MySQL 8.4", "OpenSearch 3"], None), row("2.2.0", &[], Some("2026-06-01")), row("2.1.0", &[], Some("2026-05-31"))], 80, "2026-06-01"), @"
        target   release  Magento   PHP       released    support
        mage-os  2.2.1    2.4.8-p4  8.3, 8.4  2026-03-10  until the next
            MySQL 8.4, OpenSearch 3
        mage-os  2.2.0    2.4.8-p4  8.3, 8.4  2026-03-10  until 2026-06-01
        mage-os  2.1.0    2.4.8-p4  8.3, 8.4  2026-03-10  ended 2026-05-31
        ");
    }
}
