//! Before the plan is applied: while the shop is open, and once it is closed.

use super::config_list::keeps_config_php;
use super::{List, Shop, Way};
use crate::distribution::{DataEffect, Family, ReleaseCatalog, Target};
use crate::plan::{Code, Phase, Plan};

impl Way {
    /// What is done while the shop is open: keys, services, exports.
    pub(super) fn prepare(&self, plan: &Plan, list: &mut List) {
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

    /// How the shop is closed, and what is kept of it for the way back.
    pub(super) fn close(&self, plan: &Plan, shop: &Shop, list: &mut List) {
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
