//! What is done by hand around a plan, in order. The terminal's next steps and the runbook are two views of this list.

use crate::distribution::{DataEffect, Direction, Family, ReleaseCatalog, Target};
use crate::plan::sentence::and;
use crate::plan::{Code, Edit, Plan};
use crate::project::config_php::CONFIG_PHP;
use crate::project::env_php::{EnvPhp, Mode};
use crate::project::root_files::RootFiles;
use crate::project::store_files::DiskFiles;
use composer_engine::files;
use serde_json::Value;
use std::path::Path;

/// Findings about paths into the core that a plan names and does not change.
const LEFT_TO_PEOPLE: [Code; 6] = [
    Code::PathsToCheck,
    Code::PathsWithoutPackage,
    Code::ScriptsNameCorePaths,
    Code::PatchesNeverApplied,
    Code::PatchesNotRewritten,
    Code::PatchesCondition,
];

/// What Magento and the build made of the code that is no longer there.
const CLEAN: &str = "rm -rf generated/code generated/metadata var/cache var/page_cache var/view_preprocessed pub/static/*";

/// The parts of a switch, in the order in which they are carried out; the last one only when something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// While the shop is open.
    Prepare,
    /// The shop is closed and its data are at rest.
    Close,
    /// composer.json, composer.lock and the other files are written.
    Apply,
    Install,
    Database,
    Check,
    RollBack,
}

impl Phase {
    /// All of them, in order.
    pub const ALL: [Self; 7] = [
        Self::Prepare,
        Self::Close,
        Self::Apply,
        Self::Install,
        Self::Database,
        Self::Check,
        Self::RollBack,
    ];

    /// The heading of its steps.
    pub fn title(self) -> &'static str {
        match self {
            Self::Prepare => "Before",
            Self::Close => "Close the shop",
            Self::Apply => "Apply the plan",
            Self::Install => "Install the code",
            Self::Database => "Bring the database and the build up to date",
            Self::Check => "Check, and open the shop",
            Self::RollBack => "If something goes wrong: the way back",
        }
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub phase: Phase,
    /// What to type in the store's folder, if it is a command.
    pub command: Option<String>,
    /// What to do, or what to know about the command; may be empty for a command.
    pub text: String,
}

impl Step {
    /// The step as one line. A line that is a command starts with it.
    pub fn line(&self) -> String {
        match &self.command {
            Some(command) if self.text.is_empty() => command.clone(),
            Some(command) => format!("{command}: {}", self.text),
            None => self.text.clone(),
        }
    }
}

/// What the steps depend on besides the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shop {
    /// None when app/etc/env.php does not tell.
    pub mode: Option<Mode>,
    /// Composer's vendor folder, relative to the store; none when it is outside, or not for a command line.
    pub vendor_dir: Option<String>,
    /// Whether there is an app/etc/config.php.
    pub has_config_php: bool,
    /// Where root and lock are.
    pub files: RootFiles,
}

impl Shop {
    /// Looks at a store. What cannot be read is as if it were not there.
    pub fn read(store: &Path) -> Self {
        let names = RootFiles::of(store).unwrap_or_default();
        let root = files::read(&store.join(&names.root), files::CONFIGURATION).unwrap_or_default();
        let root: Value = serde_json::from_slice(&root).unwrap_or_default();
        let vendor_dir = match root.pointer("/config/vendor-dir") {
            None => Some("vendor".to_owned()),
            Some(dir) => dir.as_str().and_then(folder),
        };
        Self {
            mode: EnvPhp::read(&DiskFiles::below(store))
                .ok()
                .flatten()
                .and_then(|env| env.mode),
            vendor_dir,
            has_config_php: store.join(CONFIG_PHP).is_file(),
            files: names,
        }
    }
}

/// A folder inside the store that a shell takes as it is written.
fn folder(path: &str) -> Option<String> {
    let path = path
        .strip_prefix("./")
        .unwrap_or(path)
        .trim_end_matches('/');
    let is_plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with(['.', '-'])
            && part
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
    };
    path.split('/').all(is_plain).then(|| path.to_owned())
}

/// What is left to do for a plan once it was applied to the files, one line a step.
pub fn lines(plan: &Plan, shop: &Shop) -> Vec<String> {
    steps(plan, shop)
        .iter()
        .filter(|step| !matches!(step.phase, Phase::Apply | Phase::RollBack))
        .map(Step::line)
        .collect()
}

/// Every step of a plan, ordered by phase.
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
    for step in &mut list.0 {
        step.command = step.command.as_deref().map(|line| shop.files.command(line));
        step.text = shop.files.words(&step.text).into_owned();
    }
    list.0
}

/// The steps so far.
#[derive(Default)]
struct List(Vec<Step>);

impl List {
    fn run(&mut self, phase: Phase, command: &str, text: &str) {
        self.0.push(Step {
            phase,
            command: Some(command.to_string()),
            text: text.to_string(),
        });
    }

    fn say(&mut self, phase: Phase, text: impl Into<String>) {
        self.0.push(Step {
            phase,
            command: None,
            text: text.into(),
        });
    }
}

/// What the steps are for.
struct Way(Direction);

impl Way {
    fn prepare(&self, plan: &Plan, list: &mut List) {
        use Phase::Prepare;
        list.say(Prepare, "Work on a copy of the shop first, with a copy of its database: everything below, to the end");
        if let Some(platform) = platform(plan, self.0.target) {
            list.run(Prepare, "php -v && composer --version", &platform);
        }
        if plan.has_finding(Code::ServiceUnsupported) {
            list.say(
                Prepare,
                "Have the services that the warnings name ready in versions that fit the target",
            );
        }
        if self.0.target.facts().credentials {
            let entitled = match self.0.target.is_in(Family::Commerce) {
                true => format!(" and open {}", self.0.to()),
                false => String::new(),
            };
            list.run(
                Prepare,
                &format!("mageshift auth {} --test", self.0.target.host()),
                &format!(
                    "tells whether the keys are right{entitled}; without `--test` it stores them"
                ),
            );
        }
        if let DataEffect::Lost(data) = self.0.data() {
            list.run(
                Prepare,
                &format!("mageshift data plan --to {}", self.0.target.word()),
                "says what becomes of the data, table by table, and counts what is lost; it only reads the database. What it names as a blocker or a warning is to be looked at before the shop is closed",
            );
            list.say(
                Prepare,
                format!("Export what customers own and would lose: {}", data.export),
            );
        }
        if self.0.renames() {
            list.say(Prepare, "Keep a copy of app/code/Magento and lib/internal/Magento if they exist: Composer's Magento installer removes files of packages that go");
        }
    }

    fn close(&self, plan: &Plan, shop: &Shop, list: &mut List) {
        use Phase::Close;
        list.run(Close, "bin/magento maintenance:enable", "");
        // On Cloud the project's configuration starts cron, not the command.
        if self.0.source.is_in(Family::Cloud) {
            list.say(
                Close,
                "Stop cron, and the message queue consumers once their queues are empty",
            );
        } else {
            list.run(
                Close,
                "bin/magento cron:remove",
                "and stop the message queue consumers once their queues are empty",
            );
        }
        if matches!(
            self.0.data(),
            DataEffect::Lost(_) | DataEffect::Converted(_)
        ) {
            list.run(
                Close,
                "bin/magento indexer:set-mode realtime",
                "stale triggers fail on the converted tables",
            );
        }
        list.run(
            Close,
            "mysqldump --single-transaction --routines --triggers DATABASE > before-switch.sql",
            "the database as it is now, and a copy of the files beside it",
        );
        if keeps_config_php(plan, shop) {
            list.run(
                Close,
                "cp app/etc/config.php before-switch-config.php",
                "for the way back, since `setup:upgrade` rewrites the list of modules",
            );
        }
    }

    /// What is left to do about paths into the core, after what the plan did itself.
    fn other_paths(&self, plan: &Plan) -> String {
        let open: Vec<&str> = LEFT_TO_PEOPLE
            .into_iter()
            .filter(|code| plan.has_finding(*code))
            .map(Code::as_str)
            .collect();
        let found = if open.is_empty() {
            "The plan left no path of the project for you to change".to_owned()
        } else {
            format!("Change what the plan found and left alone ({})", and(&open))
        };
        format!(
            "{found}; look also where it does not, in files that .gitignore excludes and on the servers: the core is no longer in vendor/{} but in vendor/{}",
            self.0.from().vendor(),
            self.0.to().vendor()
        )
    }

    fn install(&self, plan: &Plan, list: &mut List) {
        use Phase::Install;
        list.run(Install, "composer install", "with plugins on, so that the files of the base package (bin/magento, setup, pub, lib) are deployed anew");
        if self.0.leaves(Family::Commerce) {
            list.say(Install, "Remove LICENSE_EE.txt, README_EE.md and what else of the Commerce base files is left in the project");
        }
        if self.0.leaves(Family::Cloud) {
            list.say(Install, "Remove .magento.app.yaml, .magento.env.yaml and .magento/; m2-hotfixes and QUALITY_PATCHES must become Composer patches");
        }
        if self.0.target.is_in(Family::Cloud) {
            list.run(
                Install,
                "git add -A",
                "the base files that Composer deploys must be committed for Commerce on Cloud",
            );
        }
        if self.0.renames() {
            list.say(Install, self.other_paths(plan));
        }
        if !self.0.stays_in_distribution()
            && let Some(patches) = &self.0.from().facts().when_left.patches
        {
            list.say(Install, patches.as_str());
        }
    }

    fn database(&self, plan: &Plan, shop: &Shop, list: &mut List) {
        use Phase::Database;
        if plan.has_finding(Code::Downgrade) {
            list.say(Database, "Restore a backup of the database from before it was upgraded past the target's Magento version: `setup:upgrade` cannot go back");
        }
        if self.0.leaves(Family::Commerce) {
            let target = self.0.target.word();
            list.run(
                Database,
                &format!("mageshift data copy --to {target}"),
                "writes a new database beside the old one, which is not touched: the live version of each product, category, page, block and rule, with entity_id in place of row_id, and without the tables and columns that only Adobe Commerce has. Tested on made-up shops with the schema of a real one, not yet on a real shop: rehearse it on a copy",
            );
            list.run(
                Database,
                &format!("mageshift data verify --to {target}"),
                "compares the two databases, before the next steps change the new one",
            );
            list.say(
                Database,
                "Give the new database's name to every connection in app/etc/env.php (`dbname`)",
            );
        }
        list.run(Database, CLEAN, "");
        let modules = if has_module_list(plan) {
            "the plan has brought the list of modules in app/etc/config.php up to date"
        } else {
            "modules that are new are enabled, those that are gone leave app/etc/config.php"
        };
        list.run(Database, "bin/magento setup:upgrade", modules);
        list.run(Database, "bin/magento setup:di:compile", "");
        deploy_static_content(Database, shop, list);
        list.run(Database, "bin/magento indexer:reindex", "");
        list.run(
            Database,
            "bin/magento cache:flush",
            "and flush Redis or Valkey and Varnish",
        );
    }

    fn check(&self, plan: &Plan, list: &mut List) {
        use Phase::Check;
        list.run(
            Check,
            "bin/magento --version",
            &format!("should name {}", self.0.target.name()),
        );
        list.run(
            Check,
            "bin/magento setup:db:status",
            "should find everything up to date",
        );
        list.say(Check, "Log in to the admin, look at a product, a category and a CMS page, and place an order with each payment method");
        list.run(Check, "bin/magento maintenance:disable", "");
        start_cron(Check, self.0.target, list);
        if plan.has_finding(Code::OldPluginsAllowed) {
            list.say(
                Check,
                format!(
                    "Once `composer install` has run in every copy of the shop, the entries of {}/* in allow-plugins can go from composer.json",
                    self.0.from().vendor()
                ),
            );
        }
    }

    fn roll_back(&self, plan: &Plan, shop: &Shop, list: &mut List) {
        use Phase::RollBack;
        list.run(
            RollBack,
            "bin/magento maintenance:enable",
            "or, when it does not run, make an empty file var/.maintenance.flag",
        );
        list.run(
            RollBack,
            "mageshift undo",
            "every file that the plan wrote becomes what it was, byte for byte",
        );
        if keeps_config_php(plan, shop) {
            list.run(
                RollBack,
                "cp before-switch-config.php app/etc/config.php",
                "`setup:upgrade` has rewritten the list of modules",
            );
        }
        let why = "the old composer.json does not allow the target's plugins, at which Composer before 2.7.7 would stop";
        match &shop.vendor_dir {
            Some(folder) => list.run(RollBack, &format!("rm -rf {folder}"), why),
            None => list.say(RollBack, format!("Remove Composer's vendor folder: {why}")),
        }
        list.run(
            RollBack,
            "composer install",
            "with plugins on, so that the old base files are deployed again",
        );
        if self.0.leaves(Family::Commerce) {
            list.say(RollBack, "Give the old database's name back to every connection in app/etc/env.php: nothing has written to it since the shop was closed. Orders placed since are in the new one only");
        } else {
            list.run(
                RollBack,
                "mysql -e 'DROP DATABASE DATABASE; CREATE DATABASE DATABASE'",
                "this and the next step as soon as `setup:upgrade` has run, even if it failed: the dump alone leaves the target's tables in place. Note the character set before (`SHOW CREATE DATABASE`), and give it again",
            );
            list.run(
                RollBack,
                "mysql DATABASE < before-switch.sql",
                "orders placed since the dump are lost",
            );
        }
        list.run(RollBack, CLEAN, "");
        list.run(RollBack, "bin/magento setup:di:compile", "");
        deploy_static_content(RollBack, shop, list);
        list.run(RollBack, "bin/magento indexer:reindex", "");
        list.run(
            RollBack,
            "bin/magento cache:flush",
            "and flush Redis or Valkey and Varnish",
        );
        list.run(RollBack, "bin/magento maintenance:disable", "");
        start_cron(RollBack, self.0.source, list);
    }
}

/// Whether somebody has to keep app/etc/config.php, which `setup:upgrade` rewrites: an undo restores what the plan changed.
fn keeps_config_php(plan: &Plan, shop: &Shop) -> bool {
    shop.has_config_php && !has_module_list(plan)
}

/// Whether the plan itself changes the list of modules.
fn has_module_list(plan: &Plan) -> bool {
    let has_list = |edit: &Edit| edit.path == CONFIG_PHP && edit.changes_file();
    plan.edits.iter().any(has_list)
}

/// Magento refuses to deploy outside production mode unless it is forced. The plan may be made on a machine in another
/// mode than the shop's, so the step never goes.
fn deploy_static_content(phase: Phase, shop: &Shop, list: &mut List) {
    if shop.mode == Some(Mode::Production) {
        list.run(phase, "bin/magento setup:static-content:deploy", "");
    } else {
        list.run(
            phase,
            "bin/magento setup:static-content:deploy -f",
            "production mode needs it; `-f` lets it run in the other modes, too, which can do without",
        );
    }
}

fn start_cron(phase: Phase, shop: Target, list: &mut List) {
    if shop.is_in(Family::Cloud) {
        list.say(phase, "Start cron and the message queue consumers again");
    } else {
        list.run(
            phase,
            "bin/magento cron:install",
            "and start the message queue consumers again",
        );
    }
}

/// What the release that a plan leads to needs of PHP and Composer, when it is known.
fn platform(plan: &Plan, target: Target) -> Option<String> {
    let catalog = ReleaseCatalog::bundled();
    let release = catalog.facts(target, plan.target.release.as_deref()?)?;
    let php = release.php_series();
    if php.is_empty() {
        return None;
    }
    let composer = match release.services.get("composer") {
        Some(composer) => {
            format!(" and Composer {composer}; releases of Composer 2.9 have known troubles")
        }
        None => String::new(),
    };
    Some(format!(
        "the target runs on PHP {}{composer}",
        php.join(", ")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{Finding, SCHEMA, Side};

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
        Plan {
            schema: SCHEMA,
            source: side("magento", "2.4.8-p4"),
            target: side("mage-os", "2.2.2"),
            edits: Vec::new(),
            changes: Vec::new(),
            findings: Vec::new(),
            next_steps: Vec::new(),
            applied: false,
        }
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
    fn only_a_folder_of_the_store_is_removed() {
        assert_eq!(folder("./lib/vendor/").as_deref(), Some("lib/vendor"));
        for odd in [
            "",
            "/",
            "/srv/vendor",
            "../vendor",
            ".",
            "./",
            "a b",
            "$HOME/x",
            "~/x",
            "a//b",
            "-x",
            "a/../b",
            "x;y",
        ] {
            assert_eq!(folder(odd), None, "{odd}");
        }
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
