//! What is done by hand around a switch, in order: one file for each part of the way.

mod before;
mod build;
mod check;
mod code;
mod config_list;
mod database;
pub(crate) mod next;
mod shop;
mod way_back;

pub use shop::Shop;

use crate::distribution::Direction;
use crate::plan::{Phase, Plan, Step};

/// Every step of a plan, ordered by phase; none where a side is no target.
pub fn steps(plan: &Plan, shop: &Shop) -> Vec<Step> {
    let (Some(source), Some(target)) = (plan.source.target(), plan.target.target()) else {
        return Vec::new();
    };
    let mut list = List::default();
    let way = Way(Direction::new(source, target));
    way.prepare(plan, &mut list);
    way.close(plan, shop, &mut list);
    way.install(plan, &mut list);
    way.database(plan, shop, &mut list);
    way.check(plan, &mut list);
    way.roll_back(plan, shop, &mut list);
    let named = |step: &Step| {
        step.map(
            |command| shop.files.command(command),
            |text| shop.files.words(text).into_owned(),
        )
    };
    list.0.iter().map(named).collect()
}

/// The steps so far.
#[derive(Default)]
struct List(Vec<Step>);

impl List {
    fn run(&mut self, phase: Phase, command: &str, text: &str) {
        self.0.push(Step::run(phase, command, text));
    }

    fn say(&mut self, phase: Phase, text: impl Into<String>) {
        self.0.push(Step::say(phase, text));
    }
}

/// What the steps are for.
struct Way(Direction);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Code, Edit, Finding, Side};
    use crate::project::config_php::CONFIG_PHP;
    use crate::project::env_php::Mode;
    use crate::project::root_files::RootFiles;

    fn shop(mode: Option<Mode>) -> Shop {
        Shop {
            mode,
            vendor_dir: Some("vendor".to_owned()),
            has_config_php: true,
            files: RootFiles::default(),
        }
    }

    fn plan() -> Plan {
        let side = |distribution: &str, release: &str| Side {
            distribution: distribution.into(),
            edition: "community".into(),
            release: Some(release.into()),
            upstream: None,
        };
        Plan::between(side("magento", "2.4.8-p4"), side("mage-os", "2.2.2"))
    }

    fn of(phase: Phase, plan: &Plan, shop: &Shop) -> Vec<String> {
        let steps = steps(plan, shop);
        let steps = steps.iter().filter(|step| step.phase == phase);
        steps.map(Step::line).collect()
    }

    #[test]
    fn static_content_is_forced_unless_the_mode_is_known_to_be_production() {
        for (mode, forced) in [
            (Some(Mode::Production), false),
            (Some(Mode::Developer), true),
            (Some(Mode::Default), true),
            (None, true),
        ] {
            for phase in [Phase::Database, Phase::RollBack] {
                let steps = of(phase, &plan(), &shop(mode));
                let deploy = steps.iter().find(|step| step.contains(":deploy")).unwrap();
                assert_eq!(deploy.contains(":deploy -f"), forced, "{mode:?} {deploy}");
            }
        }
    }

    #[test]
    fn the_way_back_starts_from_nothing() {
        let back = |plan: &Plan, shop: &Shop| of(Phase::RollBack, plan, shop);
        let steps = back(&plan(), &shop(None));
        let at = |words: &str| {
            let found = steps.iter().position(|step| step.starts_with(words));
            found.unwrap_or_else(|| panic!("{words}: {steps:#?}"))
        };
        let order = [
            "bin/magento maintenance:enable",
            "mageshift undo",
            "cp before-switch-config.php",
            "rm -rf vendor:",
            "composer install",
            "mysql -e 'DROP DATABASE",
            "mysql DATABASE <",
            "rm -rf generated",
            "bin/magento setup:di",
        ];
        assert!(order.map(at).is_sorted(), "{steps:#?}");
        let mut edited = plan();
        edited.edits = vec![Edit::new(CONFIG_PHP, Some(b"old"), Some("new"))];
        assert!(!back(&edited, &shop(None)).concat().contains("config.php"));
        let elsewhere = Shop {
            vendor_dir: None,
            ..shop(None)
        };
        assert!(!back(&plan(), &elsewhere).concat().contains("rm -rf vendor"));
    }

    #[test]
    fn who_has_old_plugins_allowed_is_told_when_they_can_go() {
        let mut plan = plan();
        let told = |plan: &Plan| {
            of(Phase::Check, plan, &shop(None))
                .concat()
                .contains("magento/*")
        };
        assert!(!told(&plan));
        plan.findings
            .push(Finding::new(Code::OldPluginsAllowed, "", ""));
        assert!(told(&plan));
    }
}
