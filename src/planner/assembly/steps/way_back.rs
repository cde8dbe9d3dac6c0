//! The way back, for when something goes wrong.

use super::build::{CLEAN, deploy_static_content, start_cron};
use super::config_list::keeps_config_php;
use super::{List, Shop, Way};
use crate::distribution::Family;
use crate::plan::{Phase, Plan};

impl Way {
    /// How files, code and data become what they were.
    pub(super) fn roll_back(&self, plan: &Plan, shop: &Shop, list: &mut List) {
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
