//! Which of a plan's steps are still to do, as far as the files of the store tell.

use super::{Shop, steps};
use crate::plan::sentence::{count, list};
use crate::plan::{Phase, Plan, Side, Step};
use crate::project::env_php::Mode;
use crate::project::standing::{Built, Installed, Standing};
use serde::Serialize;

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// The files show that it was done.
    Done,
    /// The files show that it was not done yet.
    Open,
    /// Not needed in the mode that the shop is in.
    Needless,
    /// The files do not tell.
    Unknown,
}

/// A step, and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Standpoint {
    /// The step, as the plan has it.
    #[serde(flatten)]
    pub step: Step,
    /// How far it is.
    pub state: State,
    /// What tells it; may be empty.
    pub reason: String,
}

/// Looks at each step that leads to the target. What comes before the code is installed is done once it is.
pub(crate) fn standpoints<'s>(
    steps: impl Iterator<Item = &'s Step>,
    standing: &Standing,
) -> Vec<Standpoint> {
    let steps: Vec<&Step> = steps.filter(|step| step.phase.is_ahead()).collect();
    let is_install = |step: &&Step| kind(step) == Kind::Install;
    let install = steps.iter().position(is_install).unwrap_or(0);
    let look = |(at, step): (usize, &&Step)| {
        let (state, reason) = if at < install && standing.is_installed() {
            (State::Done, "the code is installed".to_owned())
        } else {
            look(step, standing)
        };
        Standpoint {
            step: (*step).clone(),
            state,
            reason,
        }
    };
    steps.iter().enumerate().map(look).collect()
}

/// What a command does, as far as files tell whether it was run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Enter,
    Close,
    Install,
    Clean,
    Upgrade,
    SetUp,
    Compile,
    Deploy,
    SetMode,
    Open,
    Other,
}

fn kind(step: &Step) -> Kind {
    let Some(command) = &step.command else {
        return Kind::Other;
    };
    const KINDS: [(&str, Kind); 10] = [
        ("composer install", Kind::Install),
        ("rm -rf generated/", Kind::Clean),
        ("bin/magento maintenance:enable", Kind::Close),
        ("bin/magento maintenance:disable", Kind::Open),
        ("bin/magento setup:upgrade", Kind::Upgrade),
        ("bin/magento setup:install", Kind::SetUp),
        ("bin/magento setup:di:compile", Kind::Compile),
        ("bin/magento setup:static-content:deploy", Kind::Deploy),
        ("bin/magento deploy:mode:set", Kind::SetMode),
        ("cd ", Kind::Enter),
    ];
    // A command may stand behind what runs it in an environment, or behind an assignment.
    let begins = |words: &str| command.starts_with(words) || command.contains(&format!(" {words}"));
    KINDS
        .into_iter()
        .find(|(words, kind)| match kind {
            Kind::Enter | Kind::Clean => command.starts_with(words),
            _ => begins(words),
        })
        .map_or(Kind::Other, |(_, kind)| kind)
}

fn look(step: &Step, standing: &Standing) -> (State, String) {
    let said = |state, reason: &str| (state, reason.to_owned());
    let waits = || said(State::Open, "");
    let is_developer = standing.mode == Some(Mode::Developer);
    let is_ahead = !standing.is_installed() && standing.installed != Installed::Unknown;
    match kind(step) {
        Kind::Enter => said(State::Done, "this is the folder"),
        Kind::Install => install(&standing.installed),
        Kind::Close if standing.is_closed => said(State::Done, "the maintenance mode is on"),
        Kind::Close => said(State::Open, "the maintenance mode is off"),
        Kind::Other => match kept(step, standing) {
            Some(file) => (State::Done, format!("{file} is there")),
            None if is_ahead && step.phase > Phase::Install => waits(),
            None => said(State::Unknown, ""),
        },
        _ if is_ahead => waits(),
        Kind::Clean => match standing.generated {
            Built::Older => said(
                State::Open,
                "generated/code is older than the installed code",
            ),
            Built::Missing | Built::Newer => said(State::Done, "nothing old is in generated/code"),
        },
        Kind::Upgrade => upgrade(standing),
        Kind::SetUp if standing.is_set_up => said(State::Done, "app/etc/env.php is there"),
        Kind::SetUp => said(State::Open, "there is no app/etc/env.php"),
        Kind::SetMode => match standing.mode {
            Some(_) => said(State::Done, "app/etc/env.php has a mode"),
            None => said(State::Open, "app/etc/env.php has no mode"),
        },
        Kind::Compile | Kind::Deploy if is_developer => {
            said(State::Needless, "the shop is in developer mode")
        }
        Kind::Compile => built(standing.compiled, "generated/metadata"),
        Kind::Deploy => built(standing.deployed, "pub/static"),
        Kind::Open if standing.is_closed => said(State::Open, "the maintenance mode is on"),
        Kind::Open => said(State::Done, "the maintenance mode is off"),
    }
}

fn install(installed: &Installed) -> (State, String) {
    match installed {
        Installed::AsLocked(packages) => (
            State::Done,
            format!("{} as locked", count(*packages, "package")),
        ),
        Installed::Missing => (State::Open, "there is no vendor folder".to_owned()),
        Installed::NoLock => (State::Open, "there is no composer.lock".to_owned()),
        Installed::Unknown => (
            State::Unknown,
            "the vendor folder cannot be read".to_owned(),
        ),
        Installed::Differs(differences) => {
            let names: Vec<&str> = differences
                .iter()
                .map(|difference| difference.package.as_str())
                .collect();
            let verb = if names.len() == 1 { "is" } else { "are" };
            let packages = count(names.len(), "package");
            let reason = format!("{packages} {verb} not as locked: {}", list(&names));
            (State::Open, reason)
        }
    }
}

/// The schema is in the database; the files tell only when it cannot be up to date.
fn upgrade(standing: &Standing) -> (State, String) {
    match &standing.unlisted {
        Some(names) if !names.is_empty() => {
            let modules = count(names.len(), "module");
            let reason = format!("app/etc/config.php lacks {modules}: {}", list(names));
            (State::Open, reason)
        }
        _ if standing.module_list == Built::Older => (
            State::Open,
            "app/etc/config.php, which it writes, is older than the installed code".to_owned(),
        ),
        _ => (
            State::Unknown,
            "`bin/magento setup:db:status` tells".to_owned(),
        ),
    }
}

fn built(built: Built, what: &str) -> (State, String) {
    match built {
        Built::Missing => (State::Open, format!("there is no {what}")),
        Built::Older => (
            State::Open,
            format!("{what} is older than the installed code"),
        ),
        Built::Newer => (
            State::Done,
            format!("{what} is newer than the installed code"),
        ),
    }
}

/// The file that a command keeps something in, when that is there.
fn kept(step: &Step, standing: &Standing) -> Option<&'static str> {
    let command = step.command.as_deref()?;
    ["before-switch.sql", "before-switch-config.php"]
        .into_iter()
        .find(|file| command.ends_with(file) && standing.has(file))
}

/// What there is to do for a store of which no run is known: to install what is locked, and what follows from it.
pub(crate) fn upkeep(side: &Side, shop: &Shop) -> Vec<Step> {
    let plan = Plan::between(side.clone(), side.clone());
    let mut steps = steps(&plan, shop);
    steps.retain(|step| step.phase.is_ahead() && step.phase >= Phase::Install);
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(command: &str, change: impl Fn(&mut Standing)) -> State {
        let mut standing = Standing::default();
        change(&mut standing);
        look(&Step::run(Phase::Database, command, ""), &standing).0
    }

    #[test]
    fn a_step_is_open_until_the_files_show_it() {
        let installed = |standing: &mut Standing| standing.installed = Installed::AsLocked(3);
        assert_eq!(state("composer install", |_| {}), State::Open);
        assert_eq!(
            state("COMPOSER=b2b.json composer install", installed),
            State::Done
        );
        assert_eq!(state("ddev exec composer install", installed), State::Done);
        assert_eq!(state("bin/magento setup:upgrade", |_| {}), State::Open);
        assert_eq!(
            state("bin/magento setup:upgrade", installed),
            State::Unknown
        );
        let lacks = |standing: &mut Standing| {
            installed(standing);
            standing.unlisted = Some(vec!["Acme_Blog".to_owned()]);
        };
        assert_eq!(state("bin/magento setup:upgrade", lacks), State::Open);
        let compiled = |built, mode| {
            move |standing: &mut Standing| {
                installed(standing);
                standing.compiled = built;
                standing.mode = mode;
            }
        };
        let compile = "bin/magento setup:di:compile";
        assert_eq!(state(compile, compiled(Built::Older, None)), State::Open);
        assert_eq!(state(compile, compiled(Built::Newer, None)), State::Done);
        let developer = compiled(Built::Missing, Some(Mode::Developer));
        assert_eq!(state(compile, developer), State::Needless);
        let closed = |standing: &mut Standing| {
            installed(standing);
            standing.is_closed = true;
        };
        assert_eq!(
            state("bin/magento maintenance:disable", closed),
            State::Open
        );
        assert_eq!(
            state("bin/magento maintenance:disable", installed),
            State::Done
        );
        assert_eq!(state("bin/magento cache:flush", installed), State::Unknown);
    }

    #[test]
    fn what_comes_before_the_installation_is_past_with_it() {
        let steps = [
            Step::say(Phase::Prepare, "Work on a copy"),
            Step::run(Phase::Close, "bin/magento maintenance:enable", ""),
            Step::run(Phase::Install, "composer install", ""),
            Step::run(Phase::RollBack, "mageshift undo", ""),
        ];
        let states = |installed| {
            let standing = Standing {
                installed,
                ..Standing::default()
            };
            let all = standpoints(steps.iter(), &standing);
            all.iter().map(|one| one.state).collect::<Vec<_>>()
        };
        assert_eq!(
            states(Installed::Missing),
            [State::Unknown, State::Open, State::Open]
        );
        assert_eq!(
            states(Installed::AsLocked(1)),
            [State::Done, State::Done, State::Done]
        );
    }
}
