//! `mageshift new`

use super::args::{ConsentArgs, GlobalArgs, PlatformArgs, SourceArgs};
use super::command_line::CommandLine;
use super::error::CliError;
use super::exit::Exit;
use super::finish::{Finish, finish};
use super::planning::options;
use super::ui::Ui;
use crate::distribution::{Distribution, ReleaseCatalog, Target, TargetSpec};
use crate::plan::error::PlanError;
use crate::plan::new_project::{Draft, collisions, newer_release, plan};
use crate::plan::request::Request;
use crate::plan::survey::refresh;
use crate::repository::RepositorySet;
use anyhow::Context;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Create a store: composer.json, composer.lock and .gitignore
///
/// What `composer create-project` would write, without Composer, PHP or an account, and with as few packages as you want.
/// Shown first, written on yes, and taken back with `mageshift undo`.
#[derive(Debug, Clone, Args)]
#[command(after_long_help = "\
Examples:
  The smallest Mage-OS:
    mageshift new shop --profile minimal

  Magento Open Source, a certain release:
    mageshift new shop --distribution magento --release 2.4.8-p4

Exit codes:
  0 done                     3 blocked                    5 not applied
  1 failed                   4 the folder is not empty    130 interrupted
  2 wrong usage")]
pub struct NewArgs {
    /// The folder; it need not exist
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub dir: PathBuf,

    /// mage-os, magento (Open Source) or commerce
    #[arg(long, value_name = "NAME", value_parser = ["mage-os", "magento", "commerce"], hide_possible_values = true)]
    pub distribution: Option<String>,

    /// The release, or a constraint such as `3.*`; the newest unless given
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<String>,

    /// full or minimal
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,

    /// The project's name in composer.json
    #[arg(long, value_name = "VENDOR/NAME", value_parser = project_name)]
    pub name: Option<String>,

    #[command(flatten)]
    pub applying: ApplyingArgs,
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}

/// What to do with the plan of a new project.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Applying")]
pub struct ApplyingArgs {
    /// Apply without asking
    #[arg(short, long)]
    pub yes: bool,

    /// Show the plan and apply nothing, whatever else is given
    #[arg(long)]
    pub dry_run: bool,

    /// Likewise, and exit with 5 when something would change
    #[arg(long)]
    pub check: bool,

    /// Save the whole plan, to be applied with `mageshift apply`
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,

    /// Show the diff of composer.lock, too
    #[arg(long, help_heading = "Output")]
    pub lock_diff: bool,
}

impl From<&ApplyingArgs> for ConsentArgs {
    /// A new project has no data to lose and no release to go back from.
    fn from(args: &ApplyingArgs) -> Self {
        Self {
            yes: args.yes,
            dry_run: args.dry_run,
            check: args.check,
            lock_diff: args.lock_diff,
            ..Self::default()
        }
    }
}

/// A name as Composer takes it (its JSON schema).
fn project_name(name: &str) -> Result<String, String> {
    let part = |part: &str| {
        let is_separator = |c: char| matches!(c, '.' | '_' | '-');
        let edge =
            |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        part.chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || is_separator(c))
            && edge(part.chars().next())
            && edge(part.chars().last())
    };
    match name.split_once('/') {
        Some((vendor, short)) if part(vendor) && part(short) => Ok(name.to_owned()),
        _ => Err("a name is VENDOR/NAME in lower case, such as acme/shop".to_owned()),
    }
}

impl NewArgs {
    fn request(&self) -> Request {
        Request {
            php: self.platform.php.clone(),
            ignore_platform: self.platform.ignored(),
            ..Request::default()
        }
    }

    /// The command that makes the same plan again, without questions.
    fn command_line(&self, dir: &Path) -> CommandLine {
        let path = |path: &PathBuf| path.display().to_string();
        CommandLine::new("new")
            .word(dir.display().to_string())
            .options("--distribution", &self.distribution)
            .options("--release", &self.release)
            .options("--profile", &self.profile)
            .options("--name", &self.name)
            .options("--mirror-dir", self.source.mirror_dir.as_ref().map(path))
            .flag("--offline", self.source.offline)
            .options("--php", &self.platform.php)
            .options("--ignore-platform-req", &self.platform.ignore_platform_req)
            .flag("--ignore-platform-reqs", self.platform.ignore_platform_reqs)
    }
}

pub(super) fn run(args: &NewArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let here = &global.working_dir;
    let dir = if here == Path::new(".") {
        args.dir.clone()
    } else {
        here.join(&args.dir)
    };
    check_folder(&dir)?;
    let mut args = args.clone();
    let distribution = distribution(args.distribution.as_deref())?;
    let target = target(distribution, args.profile.as_deref().unwrap_or("full"))?;
    let progress = ui.progress("Looking for releases");
    let catalog = catalog(target, &dir, &args.source)?;
    let spec = TargetSpec {
        target,
        release: args.release.clone(),
    };
    let release = catalog.select(&spec, None).map_err(PlanError::from)?;
    args.distribution = Some(distribution.id().to_owned());
    args.release = Some(release.version.clone());
    progress.set("Resolving packages");
    let mut draft = Draft::new(target, release, args.name.as_deref());
    draft
        .findings
        .extend(newer_release(&catalog, target, release));
    let options = options(
        &serde_json::Value::Object(draft.root.clone()),
        &dir,
        &args.source,
    )?;
    let source = draft.open(&dir, &options)?;
    let plan = plan(draft, &dir, &source, &args.request())?;
    drop(progress);
    let how = Finish {
        store: &dir,
        consent: &ConsentArgs::from(&args.applying),
        out: args.applying.out.as_deref(),
        applies_unasked: false,
        again: args.command_line(&dir),
        guided: false,
    };
    finish(plan, ui, &how)
}

/// Fails when a project cannot be made in the folder without touching what is there.
fn check_folder(dir: &Path) -> Result<(), CliError> {
    if dir.exists() && !dir.is_dir() {
        return Err(CliError::message(
            Exit::Unusable,
            format!("{} is not a folder", dir.display()),
        ));
    }
    let names = collisions(dir).with_context(|| format!("cannot read {}", dir.display()));
    let names = names.map_err(|error| CliError::new(Exit::Failed, error))?;
    if names.is_empty() {
        return Ok(());
    }
    const SHOWN: usize = 5;
    let more = names.len().saturating_sub(SHOWN);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    let shown = names
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    let hint = if names.iter().any(|name| name == crate::project::ROOT) {
        "there is a project already; `mageshift switch` changes it. A new one needs another folder"
    } else {
        "name a new folder: mageshift new DIR"
    };
    let message = format!("{} is not empty: {shown}{more}", dir.display());
    Err(CliError::message(Exit::Unusable, message).hint(hint))
}

fn distribution(id: Option<&str>) -> Result<Distribution, CliError> {
    let id = id.unwrap_or("mage-os");
    let found = Distribution::ALL
        .into_iter()
        .find(|distribution| distribution.id() == id);
    found.ok_or_else(|| CliError::message(Exit::Usage, format!("there is no distribution `{id}`")))
}

fn target(distribution: Distribution, profile: &str) -> Result<Target, CliError> {
    Ok(match (distribution, profile) {
        (Distribution::MageOs, "minimal") => Target::MageOsMinimal,
        (Distribution::MageOs, _) => Target::MageOs,
        (Distribution::Magento, _) => Target::Magento,
        (Distribution::Commerce, _) => Target::Commerce,
    })
}

/// The releases of a target, refreshed from its repository where that answers.
fn catalog(target: Target, dir: &Path, args: &SourceArgs) -> Result<ReleaseCatalog, CliError> {
    let root = json!({"repositories": [{"type": "composer", "url": target.facts().repository}, {"packagist.org": false}]});
    let options = options(&root, dir, args)?;
    let source = RepositorySet::open(&root, dir, &options)
        .map_err(|error| PlanError::Repository(Arc::new(error)))?;
    let mut catalog = ReleaseCatalog::bundled();
    refresh(&mut catalog, &source, target);
    Ok(catalog)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_composers() {
        assert!(project_name("acme/shop-2.0").is_ok());
        for wrong in [
            "shop",
            "Acme/shop",
            "acme/",
            "acme/shop-",
            "a/b/c",
            "acme/my shop",
        ] {
            assert!(project_name(wrong).is_err(), "{wrong}");
        }
    }
}
