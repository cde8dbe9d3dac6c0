//! `mageshift check`

use crate::cli::options::args::{GlobalArgs, PlatformArgs, SourceArgs};
use crate::cli::options::values;
use crate::cli::outcome::annotations;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::planning::finish::named;
use crate::cli::planning::repositories;
use crate::cli::planning::store_plan::{asking, read_store};
use crate::cli::screen::table;
use crate::cli::screen::ui::Ui;
use crate::distribution::{Target, TargetSpec};
use crate::plan::report::{LockState, StoreReport, TargetReport};
use crate::plan::{Finding, Side};
use crate::planner::pipeline::check::check;
use crate::planner::wish::Wish;
use crate::preview::layout::wrap;
use crate::preview::text::render_findings;
use crate::preview::{shown_finding, shown_side, side_name};
use clap::{Args, ValueEnum};

/// Say what a store is and what it can become
///
/// Names the distribution, edition and release, whether composer.lock is fresh and can be installed, and which targets can be
/// reached. Nothing is written.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  mageshift check
  mageshift check -d /srv/shop --json
  mageshift check --to mage-os@2.2.2
  mageshift check --to mage-os --format github

Exit codes:
  0 nothing is wrong          3 composer.lock cannot be installed, or the target of
  1 failed                      --to cannot be reached
  2 wrong usage               4 the project is not usable")]
pub(crate) struct CheckArgs {
    /// Judge this target alone
    #[arg(
        long,
        value_name = "TARGET[@RELEASE]",
        value_parser = values::target_spec(),
        hide_possible_values = true,
        long_help = "Judge this target alone, with the reasons that `switch` gives: mage-os, mage-os-minimal, magento, commerce or commerce-cloud. Exits with 3 when there is no way to it"
    )]
    pub to: Option<TargetSpec>,

    /// How findings are printed
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value = "text",
        hide_default_value = true,
        hide_possible_values = true,
        conflicts_with = "json",
        help_heading = "Output",
        long_help = "How findings are printed: text, `github` for annotations in a workflow of GitHub Actions, or `sarif` for code scanning. Both name file and line, relative to where the command runs"
    )]
    pub format: Format,

    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}

/// What `--format` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Format {
    #[default]
    Text,
    /// Workflow commands of GitHub Actions.
    Github,
    /// A SARIF 2.1.0 log.
    Sarif,
}

/// Tells what the store is and what it can become. Blocked where the store itself or every target that was named is.
pub(crate) fn run(args: &CheckArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    let (project, options) = read_store(store, &args.source)?;
    let to = args.to.as_ref().map(|spec| spec.target.to_string());
    let options = asking(
        &project,
        options,
        &["check", to.as_deref().unwrap_or_default()],
    );
    let wish = Wish {
        platform: args.platform.wish(),
        ..Wish::default()
    };
    let progress = ui.progress("Checking composer.lock");
    let report = check(&project, &options, args.to.as_slice(), &wish, &|what| {
        progress.set(what);
    });
    repositories::remember(&options);
    let report = report?;
    drop(progress);
    let report = shown(report, ui);
    if ui.json {
        ui.members(&report)?;
    } else {
        match args.format {
            Format::Text => ui.show(&render(&report, ui))?,
            Format::Github => {
                ui.output(&annotations::github(
                    &all_findings(&report),
                    store,
                    &ui.files,
                ))?;
            }
            Format::Sarif => {
                let log = annotations::sarif(&all_findings(&report), store, &ui.files);
                ui.document(log)?;
            }
        }
    }
    let is_blocked = report.findings.iter().any(|finding| finding.is_blocker());
    let is_out_of_reach =
        args.to.is_some() && report.targets.iter().any(|target| !target.reachable);
    let is_outage = report
        .findings
        .iter()
        .chain(report.targets.iter().flat_map(|target| &target.blockers))
        .any(Finding::is_outage);
    Ok(if is_outage && (is_blocked || is_out_of_reach) {
        Exit::Failed
    } else if is_blocked || is_out_of_reach {
        Exit::Blocked
    } else {
        Exit::Done
    })
}

/// What is said of the store, and what stands against a target that was asked for. That a target nobody asked for cannot be
/// reached is no fault of the store.
fn all_findings(report: &StoreReport) -> Vec<&Finding> {
    let blockers = match report.targets.as_slice() {
        [target] => target.blockers.as_slice(),
        _ => &[],
    };
    report.findings.iter().chain(blockers).collect()
}

/// The report, fit to be shown.
fn shown(report: StoreReport, ui: &Ui) -> StoreReport {
    let masker = &ui.masker;
    StoreReport {
        store: shown_side(&report.store, masker),
        lock: report.lock,
        findings: report
            .findings
            .iter()
            .map(|finding| shown_finding(&named(finding, &ui.files), masker))
            .collect(),
        targets: report
            .targets
            .iter()
            .map(|target| TargetReport {
                target: shown_side(&target.target, masker),
                reachable: target.reachable,
                summary: masker
                    .mask(&crate::preview::plain(&ui.files.words(&target.summary)))
                    .into_owned(),
                blockers: target
                    .blockers
                    .iter()
                    .map(|finding| shown_finding(&named(finding, &ui.files), masker))
                    .collect(),
                ..*target
            })
            .collect(),
    }
}

fn render(report: &StoreReport, ui: &Ui) -> String {
    let paint = ui.paint();
    let lock = match report.lock {
        LockState::Missing => "there is no composer.lock",
        // Made for this composer.json, as its hash says, and yet no use.
        LockState::Fresh if report.findings.iter().any(Finding::is_blocker) => {
            "composer.lock was made for this composer.json"
        }
        LockState::Fresh => "composer.lock is up to date",
        LockState::Stale => {
            "composer.lock is out of date: composer.json was changed since it was made"
        }
    };
    let layout = ui.layout();
    let lock = ui.files.words(lock);
    let mut out = format!("{}\n{lock}\n\n", paint.bold(side_name(&report.store)));
    out.push_str(&render_findings(&report.findings, &ui.masker, &layout));
    if !report.targets.is_empty() {
        out.push_str(&format!("{}\n", paint.bold("Targets")));
        out.push_str(&targets(&report.targets, ui));
    }
    // Of many targets the line is enough; of one that was asked for, all that stands against it.
    if let [target] = report.targets.as_slice()
        && !target.blockers.is_empty()
    {
        out.push('\n');
        out.push_str(&render_findings(&target.blockers, &ui.masker, &layout));
    }
    out
}

/// The targets, those that can be reached first. What stands against one goes below it, with the command that says more.
fn targets(all: &[TargetReport], ui: &Ui) -> String {
    let paint = ui.paint();
    let (reachable, blocked): (Vec<_>, Vec<_>) = all.iter().partition(|target| target.reachable);
    let row = |target: &&TargetReport| {
        let Side {
            release, upstream, ..
        } = &target.target;
        let name = Side {
            upstream: None,
            ..target.target.clone()
        };
        let sign = match target.reachable {
            true => paint.green("✓"),
            false => paint.red("×"),
        };
        let upstream = upstream.as_ref().or(release.as_ref());
        let cost = match target.reachable {
            true => target.summary.clone(),
            false => String::new(),
        };
        vec![
            format!("{sign} {}", side_name(&name)),
            upstream.cloned().unwrap_or_default(),
            cost,
        ]
    };
    let headings = ["  target", "Magento", "changes"]
        .map(str::to_owned)
        .to_vec();
    let rows = reachable.iter().chain(&blocked).map(row);
    let rows: Vec<Vec<String>> = std::iter::once(headings).chain(rows).collect();
    let table = table::render(&rows, "  ", ui.width);
    if blocked.is_empty() {
        return table;
    }
    // A target that was asked for alone has its reasons below.
    let is_alone = all.len() == 1;
    let mut lines = table.lines();
    let first: Vec<&str> = lines.by_ref().collect();
    let (head, tail) = first.split_at(first.len() - blocked.len());
    let mut out = head.join("\n") + "\n";
    for (line, target) in tail.iter().zip(blocked) {
        out.push_str(&format!("{line}\n"));
        for text in wrap(&target.summary, ui.width.saturating_sub(6)) {
            out.push_str(&format!("      {text}\n"));
        }
        if let Some(word) = target
            .target
            .target()
            .map(Target::word)
            .filter(|_| !is_alone)
        {
            let command = format!("mageshift check --to {word}");
            out.push_str(&format!("      {}\n", paint.dim(command)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::screen::ui::recorded;
    use crate::preview::layout::Detail;

    #[test]
    fn a_report_names_the_store_its_lock_and_the_targets() {
        let side = |distribution: &str, release: &str| Side {
            distribution: distribution.into(),
            edition: "community".into(),
            release: Some(release.into()),
            upstream: Some("2.4.8-p4".into()),
        };
        let report = StoreReport {
            store: side("magento", "2.4.8-p4"),
            lock: LockState::Stale,
            findings: vec![],
            targets: vec![
                TargetReport {
                    target: side("mage-os", "2.2.1"),
                    reachable: true,
                    summary: "2 extensions move".into(),
                    core_changes: 0,
                    other_changes: 2,
                    data_loss: false,
                    blockers: vec![],
                    is_unanswered: false,
                },
                TargetReport {
                    target: side("magento", "2"),
                    reachable: false,
                    summary: "repo.magento.com wants credentials".into(),
                    core_changes: 0,
                    other_changes: 0,
                    data_loss: false,
                    blockers: vec![],
                    is_unanswered: false,
                },
            ],
        };
        let (ui, ..) = recorded::ui(Detail::Normal, false);
        insta::assert_snapshot!(render(&report, &ui), @"
        Magento Open Source 2.4.8-p4
        composer.lock is out of date: composer.json was changed since it was made

        Targets
            target                 Magento   changes
          ✓ Mage-OS 2.2.1          2.4.8-p4  2 extensions move
          × Magento Open Source 2  2.4.8-p4
              repo.magento.com wants credentials
              mageshift check --to magento
        ");
    }
}
