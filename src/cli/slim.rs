//! `mageshift slim`

use super::args::{ConsentArgs, GlobalArgs, PlatformArgs, SourceArgs, existing_directory};
use super::command_line::CommandLine;
use super::error::CliError;
use super::exit::Exit;
use super::finish::{Finish, finish, in_store};
use super::planning::{self, options};
use super::selection::{SelectionArgs, profile, target, unselectable};
use super::switch::SwitchArgs;
use super::ui::Ui;
use crate::apply::Journals;
use crate::cli::new::contents::{ask_profile, ask_sets};
use crate::distribution::{Target, TargetSpec};
use crate::plan::Plan;
use crate::planner::error::PlanError;
use crate::planner::root::{Answers, RootMerge};
use crate::planner::selection::{self, SlimError};
use crate::planner::survey::Survey;
use crate::planner::{Destination, merge};
use crate::profile::{Library, Profile, Selection};
use crate::project::Project;
use clap::Args;
use std::path::{Path, PathBuf};

/// Take feature sets out of a store, or add some
///
/// The selection of `mageshift new` on a store that exists, at the release it is on: what goes is replaced in composer.json,
/// what stays keeps its version. An extension that requires what should go blocks the plan, and the plan says what to keep.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = "\
Examples:
  Choose from a list:
    mageshift slim

  What few shops need, but GraphQL stays:
    mageshift slim --profile lite --with graphql --dry-run

  Without two carriers:
    mageshift slim --without fedex,dhl

Exit codes:
  0 done, or nothing to do   3 blocked                  5 not applied
  1 failed                   4 the store is not usable  130 interrupted
  2 wrong usage")]
pub struct SlimArgs {
    #[command(flatten)]
    pub packages: SelectionArgs,

    /// Leave the lock as Composer writes it, moves without need included
    #[arg(long)]
    pub like_composer: bool,

    /// Have a Composer on the PATH confirm the new lock
    #[arg(long)]
    pub verify: bool,

    /// Save the whole plan, to be applied with `mageshift apply`
    #[arg(long, value_name = "FILE", help_heading = "Applying")]
    pub out: Option<PathBuf>,

    #[command(flatten)]
    pub consent: ConsentArgs,
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}

impl SlimArgs {
    /// The command that makes the same plan again, without questions.
    fn command_line(&self, store: &Path) -> CommandLine {
        let path = |path: &PathBuf| path.display().to_string();
        let line = self
            .packages
            .add_to(CommandLine::new("slim"))
            .flag("--like-composer", self.like_composer)
            .flag("--verify", self.verify)
            .options("--mirror-dir", self.source.mirror_dir.as_ref().map(path))
            .flag("--offline", self.source.offline)
            .options("--php", &self.platform.php)
            .options("--ignore-platform-req", &self.platform.ignore_platform_req)
            .flag("--ignore-platform-reqs", self.platform.ignore_platform_reqs);
        in_store(line, store)
    }

    /// The switch that ends at the release that the store is on.
    fn to_switch(&self, to: TargetSpec) -> SwitchArgs {
        SwitchArgs {
            to: Some(to),
            packages: self.packages.clone(),
            like_composer: self.like_composer,
            verify: self.verify,
            out: self.out.clone(),
            consent: self.consent.clone(),
            source: self.source.clone(),
            platform: self.platform.clone(),
            ..SwitchArgs::default()
        }
    }
}

pub(super) fn run(args: &SlimArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    existing_directory(store)?;
    Journals::open(store)?.check_finished()?;
    let mut args = args.clone();
    let project = Project::read(store).map_err(PlanError::from)?;
    let options = options(project.root.value(), store, &args.source)?;
    let mut survey = Survey::new(&project, &options)?;
    survey.agree()?;
    let Some(release) = survey.source.release.clone() else {
        let message = "which release the store is on cannot be told";
        return Err(CliError::message(Exit::Unusable, message)
            .hint("`mageshift switch --to TARGET@RELEASE --profile NAME` names it"));
    };
    let here = TargetSpec {
        target: survey.source.target,
        release: Some(release),
    };
    let mut guided = false;
    if args.packages.is_empty() {
        if !ui.can_prompt() {
            return Err(CliError::message(Exit::Usage, "there is nobody to ask what goes")
                .hint("say it with --profile, --without or --with; `mageshift profiles` lists what there is"));
        }
        ask(&mut args, &mut survey, &here, ui)?;
        guided = true;
    }
    let planned = planning::switch(&args.to_switch(here), store, ui)?;
    let how = Finish {
        store,
        consent: &args.consent,
        out: args.out.as_deref(),
        runbook: None,
        applies_unasked: false,
        again: args.command_line(store),
        guided: guided || planned.guided,
    };
    finish(planned.plan, ui, &how)
}

/// Asks for a profile, and for feature sets on top of it.
fn ask(
    args: &mut SlimArgs,
    survey: &mut Survey<'_>,
    here: &TargetSpec,
    ui: &Ui,
) -> Result<(), CliError> {
    let store = crate::preview::side_name(&survey.side());
    ui.tell(&format!("This store is {store}.\n"))?;
    let library = Library::bundled();
    args.packages.profile = ask_profile(&library, here.target, Some("as it is"), ui)?;
    let slimming = match Slimming::of(&args.packages)? {
        Some(slimming) => slimming,
        None => Slimming::unchanged()?,
    };
    let progress = ui.progress("Looking at the release");
    let to = TargetSpec {
        target: slimming.target(here.target)?,
        ..here.clone()
    };
    let request = args.to_switch(to).request();
    let destination = Destination::choose(survey, &request)?;
    let merged = merge(survey, &destination, &Answers::new())?;
    let sets = selection::states(
        survey,
        &destination,
        &merged,
        &slimming.library,
        &slimming.profile,
    )?;
    drop(progress);
    ask_sets(&mut args.packages, &sets, ui)
}

/// A selection that a store's plan has to take into account.
pub(super) struct Slimming {
    packages: SelectionArgs,
    library: Library,
    profile: Profile,
}

impl Slimming {
    /// Reads the profile; none when nothing is chosen.
    pub fn of(packages: &SelectionArgs) -> Result<Option<Self>, CliError> {
        if packages.is_empty() {
            return Ok(None);
        }
        let mut slimming = Self::unchanged()?;
        if let Some(name) = &packages.profile {
            slimming.profile = profile(&mut slimming.library, name)?;
        }
        slimming.profile = packages.worked_into(slimming.profile, &slimming.library)?;
        slimming.packages = packages.clone();
        Ok(Some(slimming))
    }

    /// A selection that leaves everything as it is.
    fn unchanged() -> Result<Self, CliError> {
        let mut library = Library::bundled();
        let profile = profile(&mut library, "full")?;
        Ok(Self {
            packages: SelectionArgs::default(),
            library,
            profile,
        })
    }

    /// The target that is meant: a profile decides between the full and the minimal edition.
    pub fn target(&self, wanted: Target) -> Result<Target, CliError> {
        match self.packages.profile {
            Some(_) => target(wanted, &self.profile),
            None => Ok(wanted),
        }
    }

    /// Works the selection into a merged root.
    pub fn select(
        &self,
        survey: &Survey<'_>,
        destination: &Destination,
        merged: &mut RootMerge,
    ) -> Result<Selection, CliError> {
        let wish = self.packages.wish(&self.profile);
        let selection = selection::select(survey, destination, merged, &self.library, wish);
        let selection = selection.map_err(|error| match error {
            SlimError::Selection(error) => unselectable(&error),
            SlimError::Plan(error) => error.into(),
        })?;
        let repositories = merged.document.get(["repositories"]);
        let repositories = repositories.map(ToString::to_string).unwrap_or_default();
        let is_there = |hosts: &[String]| {
            hosts
                .iter()
                .any(|host| repositories.contains(host.as_str()))
        };
        match selection
            .own_repositories
            .iter()
            .find(|(_, hosts)| !is_there(hosts))
        {
            None => Ok(selection),
            Some((set, hosts)) => {
                let message = format!(
                    "{set} comes from a repository of your own at {}",
                    hosts.join(" or ")
                );
                Err(CliError::message(Exit::Usage, message).hint(
                    "add it to the store first: composer config repositories.NAME composer URL",
                ))
            }
        }
    }

    /// Adds to a plan what its lock shows about the selection.
    pub fn check(
        &self,
        plan: &mut Plan,
        selection: &Selection,
        survey: &Survey<'_>,
        target: Target,
    ) {
        selection::check(plan, selection, &self.library, survey, target);
    }
}
