//! The database, and what Magento builds from the code.

use super::build::{CLEAN, deploy_static_content};
use super::config_list::has_module_list;
use super::{List, Shop, Way};
use crate::distribution::Family;
use crate::plan::{Code, Phase, Plan};

impl Way {
    /// How the data get to the target: converted where they must be, then brought up to date, and what is built anew.
    pub(super) fn database(&self, plan: &Plan, shop: &Shop, list: &mut List) {
        use Phase::Database;
        if plan.has_finding(Code::Downgrade) {
            list.say(Database, "Restore a backup of the database from before it was upgraded past the target's Magento version: `setup:upgrade` cannot go back");
        }
        if self.0.leaves(Family::Commerce) {
            let target = self.0.target.word();
            list.run(
                Database,
                &format!("mageshift data copy --to {target}"),
                "writes a new database beside the old one, which is not touched: the live version of each product, category, page, block and rule, with entity_id in place of row_id, and without the tables and columns that only Adobe Commerce has. Tested on made-up shops with the schema of a real one, not yet on a real shop: rehearse it on a copy. Where there is no room for a second database, `--in-place` with both commands converts the database itself, and the next step falls away: then a dump is the only way back",
            );
            list.run(
                Database,
                &format!("mageshift data verify --to {target}"),
                "compares the two databases, before the next steps change the new one",
            );
            list.run(
                Database,
                "mageshift data use DATABASE",
                "with the name that `data copy` has told: leads app/etc/env.php to the new database; `mageshift undo` leads it back",
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
}
