//! What is left to do by hand once a plan was applied.

use super::survey::Survey;
use crate::distribution::{Distribution, Target};

/// Commands and sentences, in order. A line that is a command starts with it.
pub fn steps(survey: &Survey<'_>, target: Target) -> Vec<String> {
    let from = survey.source.distribution();
    let to = target.distribution();
    let vendor_changes = from.vendor() != to.vendor();
    let mut steps =
        vec!["Back up the database and the files; work on a copy of the shop first.".to_string()];
    steps.push("bin/magento maintenance:enable".to_string());
    if to == Distribution::Commerce && from != Distribution::Commerce {
        steps.push("bin/magento cron:remove, and let the message queue consumers run until their queues are empty".to_string());
        steps.push(
            "bin/magento indexer:set-mode realtime: stale triggers fail on the converted tables"
                .to_string(),
        );
    }
    if vendor_changes {
        steps.push("Keep a copy of app/code/Magento and lib/internal/Magento if they exist: Composer's Magento installer removes files of packages that go".to_string());
    }
    steps.push(
        "composer install, with plugins on, so that the files of the base package (bin/magento, setup, pub, lib) are deployed anew"
            .to_string(),
    );
    if to == Distribution::Commerce {
        steps.push("Composer needs the keys of repo.magento.com with an entitlement to Adobe Commerce, in auth.json".to_string());
    }
    if survey.leaves_commerce(target) {
        steps.push("Convert the database with SQL (row_id to entity_id, drop Commerce tables and columns) before the next step; export store credit, reward points, gift cards and companies first".to_string());
        steps.push("Remove LICENSE_EE.txt, README_EE.md and what else of the Commerce base files is left in the project".to_string());
    }
    if survey.source.target == Target::CommerceCloud && target != Target::CommerceCloud {
        steps.push("Remove .magento.app.yaml, .magento.env.yaml and .magento/; m2-hotfixes and QUALITY_PATCHES must become Composer patches".to_string());
    }
    if target == Target::CommerceCloud {
        steps.push("git add -A: the base files that Composer deploys must be committed for Commerce on Cloud".to_string());
    }
    steps.push("rm -rf generated/code generated/metadata var/cache var/page_cache var/view_preprocessed pub/static/*".to_string());
    steps.push("bin/magento setup:upgrade: modules that are new are enabled, those that are gone leave app/etc/config.php".to_string());
    steps.push("bin/magento setup:di:compile".to_string());
    steps.push("bin/magento setup:static-content:deploy".to_string());
    steps.push("bin/magento indexer:reindex".to_string());
    steps.push("bin/magento cache:flush, and flush Redis or Valkey and Varnish".to_string());
    steps.push("bin/magento --version should name the new distribution; then bin/magento maintenance:disable".to_string());
    if vendor_changes {
        steps.push(format!(
            "Search the project for vendor/{} (phpunit.xml, phpstan.neon, nginx.conf, CI, themes): the core is now in vendor/{}",
            from.vendor(),
            to.vendor()
        ));
    }
    if from == Distribution::MageOs && to != Distribution::MageOs {
        steps.push("Mage-OS releases since 3.2 contain Adobe's isolated security patches; apply those for your release by hand".to_string());
    }
    steps
}
