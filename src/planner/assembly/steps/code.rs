//! The code: what Composer installs, and what is left of the old one.

use super::{List, Way};
use crate::distribution::Family;
use crate::plan::sentence::and;
use crate::plan::{Code, Phase, Plan};

/// Findings about paths into the core that a plan names and does not change.
const LEFT_TO_PEOPLE: [Code; 7] = [
    Code::AutoloadNamesCorePaths,
    Code::PathsToCheck,
    Code::PathsWithoutPackage,
    Code::ScriptsNameCorePaths,
    Code::PatchesNeverApplied,
    Code::PatchesNotRewritten,
    Code::PatchesCondition,
];

impl Way {
    /// What Composer installs, and what is left of the old code to be removed or changed by hand.
    pub(super) fn install(&self, plan: &Plan, list: &mut List) {
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
}
