//! `mageshift profiles`

use crate::cli::commands::new::install_args::InstallArgs;
use crate::cli::commands::new::run::{Metadata, Run};
use crate::cli::options::args::{PlatformArgs, SourceArgs};
use crate::cli::options::values;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::planning::repositories;
use crate::cli::screen::table;
use crate::cli::screen::ui::Ui;
use crate::distribution::{Distribution, Target, TargetSpec};
use crate::plan::SCHEMA;
use crate::plan::sentence;
use crate::planner::error::PlanError;
use crate::planner::pipeline::new::Draft;
use crate::planner::wish::{NewStore, Packages, Planned};
use crate::preview::layout::wrap_lines;
use crate::profile::{BaseEdition, FeatureSet, Library, Offer, Profile, Safety};
use crate::project::site::Site;
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::Path;

/// List and explain the profiles and feature sets of `mageshift new`
///
/// With a release, the packages are counted and dependencies between them are read from its metadata.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  How many packages each profile has:
    mageshift profiles --release 3.4.0

  What is in a feature set, and what needs it:
    mageshift profiles paypal --release 3.4.0")]
pub(crate) struct ProfilesArgs {
    /// A profile, a file of your own, or a feature set
    #[arg(value_name = "NAME", value_parser = values::profile_or_set(), hide_possible_values = true)]
    pub name: Option<String>,

    /// The release to look at, or a constraint
    #[arg(long, value_name = "RELEASE", value_parser = values::release(), hide_possible_values = true)]
    pub release: Option<String>,

    /// mage-os, magento (Open Source) or commerce
    #[arg(long, value_name = "NAME", value_parser = values::distribution(), default_value = Distribution::RECOMMENDED.id(), hide_possible_values = true)]
    pub distribution: String,

    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}

/// A profile, as it is listed.
#[derive(Debug, Clone, Serialize)]
struct ProfileRow {
    name: String,
    summary: String,
    edition: BaseEdition,
    with: Vec<String>,
    without: Vec<String>,
    /// The releases of Mage-OS on which a shop of it is known to have run.
    measured: Vec<String>,
    /// The release it was counted for; none when it does not exist there.
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packages: Option<usize>,
}

/// What a release says about a feature set.
#[derive(Debug, Clone, Default, Serialize)]
struct SetFacts {
    release: String,
    /// The packages of the set that the full edition has.
    packages: Vec<String>,
    /// Core packages outside of the set that require one of them: `mage-os/module-sales`.
    needed_by: Vec<String>,
}

/// Lists the profiles, or shows the one that is named with what it means for a release.
pub(crate) fn run(args: &ProfilesArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut library = Library::bundled();
    let Some(name) = &args.name else {
        let rows = library
            .profiles
            .iter()
            .map(|profile| row(profile, args, ui))
            .collect::<Result<Vec<_>, _>>()?;
        return list(&library, &rows, ui);
    };
    if let Some(set) = library.set(name).cloned() {
        return explain_set(&library, &set, args, ui);
    }
    let named = Packages {
        profile: Some(name.clone()),
        ..Packages::default()
    };
    let (profile, _) = named.profile(&mut library)?;
    let row = row(&profile, args, ui)?;
    if ui.json {
        ui.document(json!({"schema": SCHEMA, "profile": row}))?;
    } else {
        ui.show(&explain_profile(&library, &row, ui))?;
    }
    Ok(Exit::Done)
}

/// A profile with its package count, when a release is asked for and has the profile.
fn row(profile: &Profile, args: &ProfilesArgs, ui: &Ui) -> Result<ProfileRow, CliError> {
    let mut row = ProfileRow {
        name: profile.name.clone(),
        summary: profile.summary.clone(),
        edition: profile.edition,
        with: profile.with.clone(),
        without: profile.without.clone(),
        measured: profile.measured.clone(),
        release: None,
        packages: None,
    };
    if args.release.is_some() {
        let progress = ui.progress("Resolving packages");
        let made = run_of(profile, args).plan(Path::new("."));
        drop(progress);
        // A profile that the release does not have is listed without a count.
        if let Ok(Planned { plan, .. }) = made {
            row.packages =
                Some(plan.changes.len()).filter(|count| *count > 0 && !plan.is_blocked());
            row.release = plan.target.release;
        }
    }
    Ok(row)
}

/// The run of `mageshift new` that makes a project of a profile.
fn run_of(profile: &Profile, args: &ProfilesArgs) -> Run {
    Run {
        dir: None,
        wish: NewStore {
            distribution: Distribution::of_id(&args.distribution),
            release: args.release.clone(),
            packages: Packages {
                profile: Some(profile.name.clone()),
                ..Packages::default()
            },
            platform: args.platform.wish(),
            ..NewStore::default()
        },
        metadata: Metadata {
            source: args.source.clone(),
            ..Metadata::default()
        },
        installing: InstallArgs::default(),
    }
}

fn list(library: &Library, rows: &[ProfileRow], ui: &Ui) -> Result<Exit, CliError> {
    if ui.json {
        let document = json!({"schema": SCHEMA, "profiles": rows, "sets": library.sets});
        ui.document(document)?;
        return Ok(Exit::Done);
    }
    let counted = rows.iter().any(|row| row.packages.is_some());
    let headings: &[&str] = if counted {
        &["profile", "packages", "has run with", ""]
    } else {
        &["profile", "has run with", ""]
    };
    let mut cells = vec![
        headings
            .iter()
            .map(|heading| heading.to_string())
            .collect::<Vec<_>>(),
    ];
    for row in rows {
        let count = counted.then(|| {
            row.packages
                .map_or_else(|| "–".to_owned(), |count| count.to_string())
        });
        cells.push(
            [
                Some(row.name.clone()),
                count,
                Some(releases(&row.measured).unwrap_or_else(|| "–".to_owned())),
                Some(row.summary.clone()),
            ]
            .into_iter()
            .flatten()
            .collect(),
        );
    }
    let mut text = table::render(&cells, "", ui.width);
    let mut group = "";
    let mut cells = vec![
        ["feature set", "without it", ""]
            .map(str::to_owned)
            .to_vec(),
    ];
    for set in &library.sets {
        if set.group != group {
            cells.push(vec![String::new()]);
            group = &set.group;
        }
        cells.push(vec![
            set.name.clone(),
            safety(set.safe).to_owned(),
            set.summary.clone(),
        ]);
    }
    text.push('\n');
    text.push_str(&table::render(&cells, "", ui.width));
    ui.show(&text)?;
    Ok(Exit::Done)
}

/// The releases of a measurement as part of a sentence; none when there are none.
fn releases(measured: &[String]) -> Option<String> {
    (!measured.is_empty()).then(|| format!("Mage-OS {}", measured.join(", ")))
}

fn safety(safe: Safety) -> &'static str {
    match safe {
        Safety::Yes => "works",
        Safety::No => "fails",
        Safety::Untested => "untested",
    }
}

fn explain_profile(library: &Library, row: &ProfileRow, ui: &Ui) -> String {
    let edition = match row.edition {
        BaseEdition::Full => "the full edition",
        BaseEdition::Minimal => "the minimal edition",
    };
    let mut text = format!("{}: {}\nStarts from {edition}.\n", row.name, row.summary);
    if let (Some(count), Some(release)) = (row.packages, &row.release) {
        text.push_str(&format!(
            "{} in {release}, those for development included.\n",
            sentence::count(count, "package")
        ));
    }
    text.push_str(&match releases(&row.measured) {
        Some(releases) => format!(
            "Measured with {releases}: it installed and compiled, and its pages answered. Not measured with other releases.\n"
        ),
        None => "Not measured with any release: look at its pages before you rely on it.\n".to_owned(),
    });
    let mut text = wrap_lines(&text, ui.width);
    for (heading, names) in [("Adds", &row.with), ("Takes out", &row.without)] {
        if names.is_empty() {
            continue;
        }
        let sets = names.iter().filter_map(|name| library.set(name));
        let cells: Vec<Vec<String>> = sets
            .map(|set| vec![set.name.clone(), set.summary.clone()])
            .collect();
        text.push_str(&format!(
            "\n{heading}\n{}",
            table::render(&cells, "  ", ui.width)
        ));
    }
    text
}

fn explain_set(
    library: &Library,
    set: &FeatureSet,
    args: &ProfilesArgs,
    ui: &Ui,
) -> Result<Exit, CliError> {
    let facts = args
        .release
        .is_some()
        .then(|| facts(library, set, args))
        .transpose()?;
    let needed_by: Vec<&str> = library
        .needed_by(&set.name)
        .map(|set| set.name.as_str())
        .collect();
    if ui.json {
        let document =
            json!({"schema": SCHEMA, "set": set, "neededBy": needed_by, "inRelease": facts});
        ui.document(document)?;
        return Ok(Exit::Done);
    }
    let mut text = format!("{}: {}\n", set.name, set.summary);
    let evidence = if set.evidence.is_empty() {
        String::new()
    } else {
        format!(". {}", set.evidence)
    };
    text.push_str(&format!("Without it: {}{evidence}.\n", safety(set.safe)));
    if let Some(releases) = releases(&set.measured) {
        text.push_str(&format!(
            "Measured with {releases}: installed and compiled without it; pages were not looked at.\n"
        ));
    }
    for (heading, names) in [
        (
            "Needs",
            set.needs.iter().map(String::as_str).collect::<Vec<_>>(),
        ),
        ("Needed by", needed_by),
    ] {
        if !names.is_empty() {
            text.push_str(&format!("{heading}: {}.\n", names.join(", ")));
        }
    }
    let (heading, packages) = match &facts {
        Some(facts) => (
            format!(
                "{} in {}",
                sentence::count(facts.packages.len(), "package"),
                facts.release
            ),
            &facts.packages,
        ),
        None => ("Packages".to_owned(), &set.packages),
    };
    text.push_str(&format!("\n{heading}\n"));
    packages
        .iter()
        .for_each(|name| text.push_str(&format!("  {name}\n")));
    if let Some(facts) = facts.filter(|facts| !facts.needed_by.is_empty()) {
        text.push_str(&format!("\nRequired in {} by\n", facts.release));
        facts
            .needed_by
            .iter()
            .for_each(|line| text.push_str(&format!("  {line}\n")));
    }
    ui.show(&text)?;
    Ok(Exit::Done)
}

/// Asks the repository about a feature set.
fn facts(library: &Library, set: &FeatureSet, args: &ProfilesArgs) -> Result<SetFacts, CliError> {
    let here = Path::new(".");
    let distribution = Distribution::of_id(&args.distribution).unwrap_or(Distribution::RECOMMENDED);
    let full = Target::full(distribution);
    let (catalog, _) = repositories::releases(full, here, &args.source)?;
    let spec = TargetSpec {
        target: full,
        release: args.release.clone(),
    };
    let release = catalog.select(&spec, None).map_err(PlanError::from)?;
    let draft = Draft::new(full, release, None);
    let options = repositories::of_store(&Value::Object(draft.root.clone()), here, &args.source)?;
    let source = draft.open(&Site::at(here), &options)?;
    let offer = Offer::follow(
        library,
        &source,
        &[],
        [(full.facts().product.as_str(), release.version.as_str())],
    );
    let packages: Vec<String> = set
        .full_names(distribution.vendor())
        .filter(|name| offer.has(name))
        .collect();
    let needed_by = offer
        .requirers(&packages)
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    Ok(SetFacts {
        release: release.version.clone(),
        packages,
        needed_by,
    })
}
