//! Whether all went well.

use super::build::start_cron;
use super::{List, Way};
use crate::plan::{Code, Phase, Plan};

impl Way {
    /// How it is seen that the shop works, and how it is opened.
    pub(super) fn check(&self, plan: &Plan, list: &mut List) {
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
}
