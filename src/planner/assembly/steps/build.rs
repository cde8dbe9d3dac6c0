//! Steps that lead to the target as well as back.

use super::{List, Shop};
use crate::distribution::{Family, Target};
use crate::plan::Phase;
use crate::project::env_php::Mode;

/// What Magento and the build made of the code that is no longer there.
pub(super) const CLEAN: &str = "rm -rf generated/code generated/metadata var/cache var/page_cache var/view_preprocessed pub/static/*";

/// Magento refuses to deploy outside production mode unless it is forced. The plan may be made on a machine in another
/// mode than the shop's, so the step never goes.
pub(super) fn deploy_static_content(phase: Phase, shop: &Shop, list: &mut List) {
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

/// Lets cron and the consumers of message queues run again, as the shop's kind of hosting wants it.
pub(super) fn start_cron(phase: Phase, shop: Target, list: &mut List) {
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
