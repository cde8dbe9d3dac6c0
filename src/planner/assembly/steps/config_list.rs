//! Who keeps the list of modules in app/etc/config.php.

use super::Shop;
use crate::plan::{Edit, Plan};
use crate::project::config_php::CONFIG_PHP;

/// Whether somebody has to keep app/etc/config.php, which `setup:upgrade` rewrites: an undo restores what the plan changed.
pub(super) fn keeps_config_php(plan: &Plan, shop: &Shop) -> bool {
    shop.has_config_php && !has_module_list(plan)
}

/// Whether the plan itself changes the list of modules.
pub(super) fn has_module_list(plan: &Plan) -> bool {
    let has_list = |edit: &Edit| edit.path == CONFIG_PHP && edit.changes_file();
    plan.edits.iter().any(has_list)
}
