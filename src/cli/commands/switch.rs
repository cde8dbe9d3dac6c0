//! `mageshift switch`

use crate::cli::options::args::{
    AgreedArgs, ConsentArgs, GlobalArgs, LockingArgs, PlatformArgs, SavingArgs, SourceArgs,
};
use crate::cli::options::command_line::CommandLine;
use crate::cli::options::decisions::DecisionArgs;
use crate::cli::options::selection::SelectionArgs;
use crate::cli::options::values;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::planning::finish::{Finish, finish};
use crate::cli::planning::store_plan::plan_store;
use crate::cli::planning::terminal::Terminal;
use crate::cli::screen::ui::Ui;
use crate::distribution::TargetSpec;
use crate::planner::wish::{Aim, NewModules, Planned, Wish};
use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Switch a store to another distribution, edition or release
///
/// Plans the new composer.json and composer.lock, shows what changes, and applies it on yes. On a terminal, what is not
/// given as an option is asked. Nothing is written until somebody says yes, and `mageshift undo` takes it back.
#[derive(Debug, Clone, Default, Args)]
#[command(after_long_help = "\
Targets:
  mage-os, mage-os-minimal, magento (Open Source), commerce, commerce-cloud

Examples:
  Be guided:
    mageshift switch

  See what a switch to Mage-OS on the same Magento version would change:
    mageshift switch --to mage-os --dry-run

  Switch to a certain release, without questions:
    mageshift switch --to mage-os@3.4.0 --yes

  Switch, and leave behind what few shops need:
    mageshift switch --to mage-os --profile lite

  In a pipeline: plan here, apply there:
    mageshift switch --to 'mage-os@3.*' --out plan.json --check
    mageshift apply plan.json --yes

Exit codes:
  0 done, or nothing to do   3 blocked                  5 not applied
  1 failed                   4 the store is not usable  130 interrupted
  2 wrong usage")]
pub(crate) struct SwitchArgs {
    /// The same as `--to`
    #[arg(value_name = "TARGET[@RELEASE]", conflicts_with = "to", value_parser = values::target_spec(), hide_possible_values = true)]
    pub target: Option<TargetSpec>,

    /// What the store becomes; RELEASE may be a constraint or `latest`
    #[arg(
        long,
        value_name = "TARGET[@RELEASE]",
        value_parser = values::target_spec(),
        hide_possible_values = true,
        long_help = "What the store becomes: mage-os, mage-os-minimal, magento, commerce or commerce-cloud. RELEASE may be a constraint such as 3.*, `latest`, or the Magento version that a release of Mage-OS equals; left out, it is the newest release on the store's own line of Magento (2.4.8), else on the nearest newer one that is not older in security fixes"
    )]
    pub to: Option<TargetSpec>,

    #[command(flatten)]
    pub decisions: DecisionArgs,

    /// List modules that the target brings along as enabled or disabled, or ask
    #[arg(
        long,
        value_enum,
        value_name = "STATE",
        default_value = "enable",
        hide_default_value = true,
        hide_possible_values = true,
        long_help = "How modules that the target brings along are listed in app/etc/config.php: `enable` (as setup:upgrade would do, the default), `disable`, or `ask`"
    )]
    pub new_modules: NewModulesArg,
    #[command(flatten)]
    pub packages: SelectionArgs,

    #[command(flatten)]
    pub locking: LockingArgs,
    #[command(flatten)]
    pub saving: SavingArgs,

    /// Write the steps of this switch, in order, as Markdown
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Applying",
        long_help = "Write a runbook: every step of this switch in order, from backups and queries that count what is affected to the way back, as Markdown for the pull request or the night shift"
    )]
    pub runbook: Option<PathBuf>,

    /// Write the plan as Markdown
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Applying",
        long_help = "Write the plan as Markdown: the findings, the packages and the diff of composer.json, for the pull request"
    )]
    pub markdown: Option<PathBuf>,

    /// Write what the switch means as an HTML document
    #[arg(
        long,
        value_name = "FILE",
        help_heading = "Applying",
        long_help = "Write what the switch means as one HTML file for the one who decides: verdict, support, effort, extensions, data, services, code, steps. `mageshift report` has more to choose"
    )]
    pub report: Option<PathBuf>,

    #[command(flatten)]
    pub consent: ConsentArgs,
    #[command(flatten)]
    pub agreed: AgreedArgs,
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub platform: PlatformArgs,
}

/// What `--new-modules` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum NewModulesArg {
    #[default]
    Enable,
    Disable,
    Ask,
}

impl From<NewModulesArg> for NewModules {
    fn from(arg: NewModulesArg) -> Self {
        match arg {
            NewModulesArg::Enable => Self::Enable,
            NewModulesArg::Disable => Self::Disable,
            NewModulesArg::Ask => Self::Ask,
        }
    }
}

impl SwitchArgs {
    /// What the arguments wish; `aim` makes it a switch or an upgrade.
    fn wish(&self, aim: fn(Option<TargetSpec>) -> Aim) -> Wish {
        Wish {
            aim: aim(self.to.clone().or(self.target.clone())),
            packages: self.packages.packages(),
            platform: self.platform.wish(),
            like_composer: self.locking.like_composer,
            keep: self.decisions.keep.clone(),
            take: self.decisions.take.clone(),
            new_modules: self.new_modules.into(),
            without_advice: false,
        }
    }

    /// The command that makes the plan with this target again, without questions.
    fn command_line(&self, planned: &Planned, store: &Path) -> CommandLine {
        let Planned { plan, wish } = planned;
        let release = plan.target.release.clone();
        let named = match &wish.aim {
            Aim::Switch(to) | Aim::Upgrade(to) => to.clone(),
            Aim::Slim => None,
        };
        let to = plan
            .target
            .target()
            .map(|target| TargetSpec { target, release })
            .or(named);
        let line = CommandLine::new("switch")
            .options("--to", to.map(|to| to.to_string()))
            .packages(&wish.packages)
            .options("--keep", &wish.keep)
            .options("--take", &wish.take)
            .options(
                "--new-modules",
                (wish.new_modules == NewModules::Disable).then_some("disable"),
            )
            .flag("--like-composer", wish.like_composer)
            .flag("--verify", self.locking.verify)
            .flag("--accept-data-loss", self.agreed.accept_data_loss)
            .flag("--allow-downgrade", self.agreed.allow_downgrade)
            .sources(&self.source)
            .platform(&wish.platform);
        line.in_store(store)
    }
}

/// `mageshift plan`: a switch that is shown and not applied.
pub(crate) fn plan(args: &SwitchArgs, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let mut args = args.clone();
    args.consent.dry_run = true;
    run(&args, Aim::Switch, global, ui)
}

/// Plans what the store is to become, shows it, and applies it when that is agreed to. `mageshift switch` and `mageshift upgrade`
/// have the same options and differ in their aim.
pub(crate) fn run(
    args: &SwitchArgs,
    aim: fn(Option<TargetSpec>) -> Aim,
    global: &GlobalArgs,
    ui: &Ui,
) -> Result<Exit, CliError> {
    ui.dialog.hold(|| make(args, args.wish(aim), global, ui))
}

/// Plans and finishes; from the beginning again each time that somebody goes back.
fn make(args: &SwitchArgs, wish: Wish, global: &GlobalArgs, ui: &Ui) -> Result<Exit, CliError> {
    let store = &global.working_dir;
    let terminal = Terminal::new(ui, args.consent.yes);
    let planned = plan_store(store, &args.source, wish, args.locking.verify, &terminal)?;
    let again = args.command_line(&planned, store);
    let how = Finish {
        agreed: args.agreed,
        out: args.saving.out.as_deref(),
        runbook: args.runbook.as_deref(),
        markdown: args.markdown.as_deref(),
        report: args.report.as_deref(),
        guided: terminal.has_asked(),
        ..Finish::new(store, &args.consent, again)
    };
    finish(planned.plan, ui, &how)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::Target;
    use crate::plan::Plan;
    use crate::plan::Side;
    use crate::planner::wish::{IgnorePlatform, PlatformWish};
    use clap::Parser;

    fn parse(words: &[&str]) -> SwitchArgs {
        let words = ["mageshift", "switch"].iter().chain(words);
        match crate::cli::Cli::try_parse_from(words).unwrap().command {
            crate::cli::Command::Switch(args) => *args,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn options_become_a_request() {
        let args = parse(&[
            "--to",
            "mage-os@3.*",
            "--php",
            "8.4",
            "--ignore-platform-req",
            "ext-gd",
            "--ignore-platform-req=php+",
            "--keep=all",
        ]);
        assert_eq!(
            args.wish(Aim::Switch),
            Wish {
                aim: Aim::Switch(Some(TargetSpec {
                    target: Target::MageOs,
                    release: Some("3.*".into())
                })),
                platform: PlatformWish {
                    php: Some("8.4".into()),
                    ignored: IgnorePlatform::These(vec!["ext-gd".into(), "php+".into()]),
                },
                keep: vec!["all".into()],
                ..Wish::default()
            }
        );
        assert_eq!(
            parse(&["--ignore-platform-reqs"])
                .wish(Aim::Switch)
                .platform
                .ignored,
            IgnorePlatform::Everything
        );
        assert_eq!(parse(&[]).wish(Aim::Switch), Wish::default());
    }

    #[test]
    fn the_same_plan_can_be_made_again() {
        let side = Side {
            distribution: "mage-os".into(),
            edition: "community".into(),
            release: Some("3.4.0".into()),
            upstream: None,
        };
        let plan = Plan::between(side.clone(), side);
        let args = parse(&[
            "--to",
            "mage-os@3.*",
            "--mirror-dir",
            "my mirror",
            "--php",
            "8.4",
            "--allow-downgrade",
        ]);
        let wish = args.wish(Aim::Switch);
        let planned = Planned { plan, wish };
        assert_eq!(
            args.command_line(&planned, Path::new("shop")).to_string(),
            "mageshift switch --to mage-os@3.4.0 --allow-downgrade --mirror-dir 'my mirror' --php 8.4 -d shop"
        );
    }
}
