//! What a plan tells of the resolver's answer: the new lock with all that follows from it, or the reasons why there is none.

use crate::plan::{Edit, Finding, Plan};
use crate::planner::blocked::remedies::diagnose;
use crate::planner::blocked::{self, Impasse};
use crate::planner::composer_files::own_builds::{self, OwnBuild};
use crate::planner::composer_files::plugins;
use crate::planner::destination::Destination;
use crate::planner::error::PlanError;
use crate::planner::lock::advisories;
use crate::planner::lock::changes::changes;
use crate::planner::lock::only_locked;
use crate::planner::lock::php::refusal::{self, Refused};
use crate::planner::lock::question::{Blocked, Question, Setting};
use crate::planner::lock::soundness;
use crate::planner::lock::unreachable;
use crate::planner::lock::verification::verification;
use crate::planner::phase;
use crate::planner::store::{self, Switch, configured_php};
use composer_engine::format::json::document::JsonDocument;
use composer_engine::format::lock::Lock;
use composer_engine::resolve::lock::audit::concerns;
use composer_engine::resolve::lock::text::{Entries, Preferences, new_lock};
use composer_engine::resolve::update::Update;
use serde_json::Value;
use std::sync::Arc;
use tracing::debug_span;

/// What there is to tell with.
pub(super) struct Telling<'a> {
    /// What was asked.
    pub question: &'a Question<'a>,
    /// Where the store goes.
    pub destination: &'a Destination,
    /// The new composer.json.
    pub document: &'a JsonDocument,
    /// What was asked with.
    pub setting: &'a Setting,
    /// The core packages that stay the store's own builds.
    pub kept_builds: &'a [OwnBuild],
}

impl Telling<'_> {
    /// Writes the new lock into the plan, with its changes and all that follows from it in the store. The lock.
    pub(super) fn solved(
        &self,
        update: &Update,
        plan: &mut Plan,
        findings: &mut Vec<Finding>,
    ) -> Result<Arc<Value>, PlanError> {
        let Question { survey, wish, .. } = self.question;
        let Setting { root, source, .. } = self.setting;
        let (project, target) = (survey.project, self.question.target);
        findings.extend(unreachable::findings(&update.unavailable, update, source));
        findings.extend(only_locked::findings(update, root, source));
        let entries = match wish.like_composer {
            true => Entries::Fresh,
            false => Entries::Kept,
        };
        let lock = new_lock(
            self.document.text(),
            root,
            update,
            source,
            project.lock().zip(project.lock_text()),
            Preferences::default(),
            entries,
        )?;
        findings.extend(advisories::findings(&concerns(source, update, true)));
        let document = self.document.value();
        findings.extend(own_builds::findings(
            self.kept_builds,
            document,
            &lock.value,
        ));
        findings.extend(self.question.promise().broken(&lock.value));
        findings.extend(soundness::findings(document, &lock.value, target));
        let before = project.lock().map(Lock::value);
        findings.extend(plugins::findings(document, before, &lock.value));
        let direction = survey.direction(target);
        let renamed = |name: &str| direction.renamed(name, None, &self.destination.live);
        plan.changes = changes(before, &lock.value, &renamed);
        let options = self.question.options(self.setting);
        let (verified, rest) = rayon::join(
            || {
                debug_span!(phase::VERIFICATION)
                    .in_scope(|| verification(&lock, source, root, &options))
            },
            || {
                let _span = debug_span!(phase::STORE).entered();
                store::contribution(&Switch {
                    survey,
                    target,
                    release: self.question.release,
                    root: document,
                    lock: &lock.value,
                    changes: &plan.changes,
                    new_modules: wish.new_modules,
                    only_blockers: wish.without_advice,
                })
            },
        );
        findings.extend(verified?);
        plan.edits.push(Edit::new(
            &project.files.lock,
            project.lock_text().map(str::as_bytes),
            Some(&lock.text),
        ));
        plan.edits.extend(rest.edits);
        findings.extend(rest.findings);
        Ok(lock.value)
    }

    /// Finds out what stands in the way. The package that refuses the PHP to plan for, where that is among it.
    pub(super) fn blocked(
        &self,
        blocked: &Blocked,
        given_up: &JsonDocument,
        findings: &mut Vec<Finding>,
    ) -> Result<Option<Refused>, PlanError> {
        let Question {
            survey,
            target,
            release,
            locked,
            ..
        } = self.question;
        let source = &self.setting.source;
        let diagnosis = debug_span!(phase::DIAGNOSIS)
            .in_scope(|| diagnose(self.question, given_up, self.document, blocked))?;
        let impasse = Impasse {
            blocked,
            target: *target,
            release: &release.version,
            root: &self.setting.root,
            locked: locked.as_ref(),
            own_builds: self.kept_builds,
            diagnosis: Some(&diagnosis),
        };
        let explanations = diagnosis.explanations();
        let explanations = explanations
            .chain(&blocked.remaining)
            .chain([&blocked.explanation]);
        let refused = refusal::refused(explanations, &self.setting.platform);
        let reasons = blocked::findings(&impasse, source);
        findings.extend(own_builds::in_the_way(self.kept_builds, &reasons));
        findings.extend(reasons);
        findings.extend(configured_php(survey, *target, release));
        let undecided = unreachable::undecided(
            findings,
            &blocked.unavailable,
            source,
            locked.as_ref(),
            *target,
        );
        findings.splice(0..0, undecided);
        Ok(refused)
    }
}
