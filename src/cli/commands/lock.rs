//! `mageshift lock`

use crate::apply::Journals;
use crate::cli::options::args::{GlobalArgs, PlatformArgs, SourceArgs};
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::outcome::signal::uninterrupted;
use crate::cli::planning::finish::name_files;
use crate::cli::planning::repositories;
use crate::cli::planning::store_plan::{asking, read_store};
use crate::cli::screen::ui::Ui;
use crate::plan::Plan;
use crate::plan::sentence::count;
use crate::planner::error::PlanError;
use crate::planner::pipeline::composer_update::request::LockRequest;
use crate::planner::pipeline::composer_update::{self, LockPlan, LockWish};
use crate::preview::{Shown, plain};
use anyhow::anyhow;
use clap::Args;
use clap::builder::FalseyValueParser;
use composer_engine::repository::ErrorKind;
use composer_engine::resolve::request::UpdateScope;
use composer_engine::resolve::update::UpdateError;
use std::collections::BTreeMap;
use std::path::Path;

/// Update composer.lock as Composer does, without installing anything
///
/// Writes what `composer update --no-install` of a current Composer writes, byte for byte, and takes its options.
/// composer.json stays as it is. `mageshift undo` takes it back.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  Update everything that composer.json allows:
    mageshift lock

  Change as little as possible after an edit of composer.json:
    mageshift lock --minimal-changes

  The same with fewer moves than Composer makes:
    mageshift lock --fewest-moves

  Update one package with what it needs, to a certain version:
    mageshift lock acme/shop:^2.1 --with-dependencies

  Bring content hash, URLs and mirrors up to date, and no version:
    mageshift lock --lock

Exit codes:
  0 done, or nothing to do   2 wrong usage               4 the project is not usable
  1 failed                   3 there is no solution      130 interrupted")]
pub(crate) struct LockArgs {
    /// Packages to update, everything when left out: acme/shop, acme/*, acme/shop:^2
    #[arg(
        value_name = "PACKAGES",
        long_help = "Packages to update; everything when left out. A pattern (acme/*) stands for many, and a constraint may follow the name (acme/shop:^2). The words lock, nothing and mirrors mean --lock"
    )]
    pub packages: Vec<String>,

    /// Update their dependencies, too, except those that composer.json requires
    #[arg(short = 'w', long, env = "COMPOSER_WITH_DEPENDENCIES", hide_env = true, value_parser = FalseyValueParser::new())]
    pub with_dependencies: bool,

    /// Update all their dependencies
    #[arg(short = 'W', long, env = "COMPOSER_WITH_ALL_DEPENDENCIES", hide_env = true, value_parser = FalseyValueParser::new())]
    pub with_all_dependencies: bool,

    /// Keep dependencies at their locked version where possible
    #[arg(short, long, env = "COMPOSER_MINIMAL_CHANGES", hide_env = true, value_parser = FalseyValueParser::new())]
    pub minimal_changes: bool,

    /// Like --minimal-changes, and put back what moved without need
    #[arg(
        long,
        long_help = "Like --minimal-changes, and put back what moved without need: a package goes back to its locked version when a solution exists in which fewer packages move. Composer leaves the result alone"
    )]
    pub fewest_moves: bool,

    /// Update to patch releases only
    #[arg(long)]
    pub patch_only: bool,

    /// Add a constraint for this update; repeatable
    #[arg(long, value_name = "PACKAGE:CONSTRAINT")]
    pub with: Vec<String>,

    /// Update only what composer.json requires itself
    #[arg(long)]
    pub root_reqs: bool,

    /// Prefer stable versions
    #[arg(long, env = "COMPOSER_PREFER_STABLE", hide_env = true, value_parser = FalseyValueParser::new())]
    pub prefer_stable: bool,

    /// Prefer the lowest versions
    #[arg(long, env = "COMPOSER_PREFER_LOWEST", hide_env = true, value_parser = FalseyValueParser::new())]
    pub prefer_lowest: bool,

    /// Do not leave out versions with security advisories, abandoned packages and malware
    #[arg(
        long,
        visible_alias = "no-blocking",
        long_help = "Do not leave out versions because of what is published against them: security advisories, abandoned packages, malware and other lists of config.policy. Also COMPOSER_NO_SECURITY_BLOCKING and COMPOSER_NO_BLOCKING"
    )]
    pub no_security_blocking: bool,

    /// Refresh content hash, URLs and mirrors; no version changes
    #[arg(long)]
    pub lock: bool,

    /// Show what would change and write nothing
    #[arg(long)]
    pub dry_run: bool,

    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}

impl LockArgs {
    fn wish(&self) -> LockWish {
        LockWish {
            request: self.request(),
            platform: self.platform.wish(),
            blocks: !self.no_security_blocking,
        }
    }

    fn request(&self) -> LockRequest {
        LockRequest {
            packages: self.packages.clone(),
            with: self.with.clone(),
            scope: match (self.with_all_dependencies, self.with_dependencies) {
                (true, _) => UpdateScope::WithAllDependencies,
                (false, true) => UpdateScope::WithDependencies,
                (false, false) => UpdateScope::Listed,
            },
            root_requirements: self.root_reqs,
            patch_only: self.patch_only,
            minimal_changes: self.minimal_changes || self.fewest_moves,
            fewest_moves: self.fewest_moves,
            prefer_stable: self.prefer_stable,
            prefer_lowest: self.prefer_lowest,
            metadata_only: self.lock,
        }
    }
}

/// Updates composer.lock alone, as `composer update --no-install` does.
pub(crate) fn run(args: &LockArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    let LockPlan {
        mut plan,
        operations,
        warnings,
    } = match plan(args, store, ui) {
        Err(Failure::NoSolution(error)) => return unsolvable(&error, ui),
        Err(Failure::Other(error)) => return Err(error),
        Ok(plan) => plan,
    };
    name_files(&mut plan, &ui.files);
    for warning in &warnings {
        ui.warn(&plain(&ui.files.words(warning)))?;
    }
    if operations.is_empty() {
        ui.tell("Nothing to modify in lock file")?;
    } else {
        ui.tell(&ui.stderr.green(operations.summary()))?;
    }
    for operation in &operations.list {
        ui.tell(&format!("  - {}", plain(&operation.to_string())))?;
    }
    if plan.changes_files() && !args.dry_run {
        write(&mut plan, store, ui)?;
    }
    if ui.json {
        ui.plan(&Shown::new(&plan, &ui.masker))?;
    }
    Ok(Exit::Done)
}

fn write(plan: &mut Plan, store: &Path, ui: &Ui) -> Result<(), CliError> {
    ui.tell(&ui.stderr.green("Writing lock file"))?;
    let done = "interrupted after composer.lock was written; `mageshift undo` takes that back";
    uninterrupted(done, || {
        let journals = Journals::open(store)?.masked(ui.masker.clone());
        journals.apply(plan).map_err(CliError::not_applied)
    })?;
    plan.applied = true;
    Ok(())
}

/// Why there is no plan.
enum Failure {
    /// Composer's own headline and text.
    NoSolution(UpdateError),
    Other(CliError),
}

impl<E: Into<CliError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Other(error.into())
    }
}

fn plan(args: &LockArgs, store: &Path, ui: &Ui) -> Result<LockPlan, Failure> {
    let (project, options) = read_store(store, &args.source)?;
    let options = asking(&project, options, &["lock"]);
    let progress = ui.progress("Reading the repositories");
    let variable = |name: &str| std::env::var(name).ok();
    let planned = composer_update::plan(&project, &options, &args.wish(), variable, &|phase| {
        progress.set(phase)
    });
    repositories::remember(&options);
    planned.map_err(|error| match error {
        PlanError::Update(
            error @ (UpdateError::Unsolvable { .. } | UpdateError::UnsolvableWithoutDev { .. }),
        ) => match unasked(&error) {
            Some(error) => Failure::Other(error),
            None => Failure::NoSolution(error),
        },
        PlanError::Repository(cause) if cause.kind == ErrorKind::Configuration => {
            Failure::Other(CliError::new(Exit::Unusable, cause))
        }
        error => Failure::Other(error.into()),
    })
}

/// The error of an update that has no solution while a repository could not be asked: Composer's text would call a name
/// misspelled, or a version missing, that nobody looked for. None when all were asked.
fn unasked(error: &UpdateError) -> Option<CliError> {
    let UpdateError::Unsolvable { unavailable, .. } = error else {
        return None;
    };
    // What is wrong with an entry, or with a file, is so tomorrow as well.
    let may_answer = unavailable.iter().any(|missing| {
        let kind = missing.error.kind;
        !matches!(
            kind,
            ErrorKind::Configuration
                | ErrorKind::Entry
                | ErrorKind::Malformed
                | ErrorKind::Unsupported
        )
    });
    // One reason for each repository, not one for each of its packages.
    let reasons: BTreeMap<usize, String> = unavailable
        .iter()
        .map(|missing| (missing.repository, missing.error.to_string()))
        .collect();
    if reasons.is_empty() {
        return None;
    }
    let reasons: Vec<String> = reasons.into_values().collect();
    let message = format!(
        "{} could not be asked, and without it no set of packages is known: {}",
        count(reasons.len(), "repository"),
        reasons.join("; ")
    );
    let hint = match may_answer {
        true => "try again when it answers; `mageshift doctor` asks each repository",
        false => {
            "mend what is named, or the entry in `repositories` of composer.json; `mageshift doctor` asks each repository"
        }
    };
    Some(CliError::message(Exit::Failed, message).hint(hint))
}

/// Tells Composer's headline and its text.
fn unsolvable(error: &UpdateError, ui: &Ui) -> Result<Exit, CliError> {
    let text = match error {
        UpdateError::Unsolvable { explanation, .. } => explanation.text.clone(),
        UpdateError::UnsolvableWithoutDev { explanation } => format!(
            "Your requirements can be resolved successfully when require-dev packages are present.\n\
             You may need to move packages from require-dev or some of their dependencies to require.\n{}",
            explanation.text
        ),
        _ => String::new(),
    };
    let headline = error.to_string();
    if let UpdateError::Unsolvable { warnings, .. } = error {
        for warning in warnings {
            ui.warn(&plain(warning))?;
        }
    }
    ui.warn(&ui.stderr.red(&headline))?;
    ui.warn(&plain(&text))?;
    if ui.json {
        let error = CliError::new(
            Exit::Blocked,
            anyhow!(text.trim().to_string()).context(headline),
        );
        ui.document(error.document())?;
    }
    Ok(Exit::Blocked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    fn parse(words: &[&str]) -> LockArgs {
        let words = ["mageshift", "lock"].iter().chain(words);
        match crate::cli::Cli::try_parse_from(words).unwrap().command {
            crate::cli::Command::Lock(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_are_composer_s() {
        let args = parse(&[
            "a/a",
            "b/b:^2",
            "-W",
            "-m",
            "--with",
            "c/c:1",
            "--prefer-lowest",
        ]);
        assert_eq!(
            args.request(),
            LockRequest {
                packages: vec!["a/a".into(), "b/b:^2".into()],
                with: vec!["c/c:1".into()],
                scope: UpdateScope::WithAllDependencies,
                minimal_changes: true,
                prefer_lowest: true,
                ..LockRequest::default()
            }
        );
        assert_eq!(
            parse(&["-w"]).request().scope,
            UpdateScope::WithDependencies
        );
        assert!(parse(&["--lock"]).request().metadata_only);
    }
}
