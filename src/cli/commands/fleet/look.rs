//! One store of a fleet: what it is, what it can become, and its plan, fit to be shown.

use super::args::wish;
use super::failure::failure;
use crate::apply::foreseen;
use crate::cli::options::args::SourceArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::planning::finish::{name_files, named};
use crate::cli::planning::store_plan::read_store;
use crate::distribution::TargetSpec;
use crate::fleet::list::Settings;
use crate::fleet::nobody::Nobody;
use crate::fleet::result::{Outcome, Reach, StoreResult};
use crate::plan::report::{StoreReport, TargetReport};
use crate::plan::{Finding, Plan, Side};
use crate::planner::pipeline::check::{check, of_plan};
use crate::planner::pipeline::switch;
use crate::planner::survey::Survey;
use crate::planner::wish::{Aim, Wish};
use crate::preview::{Masker, Shown, clean, shown_finding, shown_side};
use crate::project::Project;
use crate::project::root_files::RootFiles;
use composer_engine::files;
use composer_engine::repository::Options;
use std::path::Path;

/// A store as it is looked at.
pub(super) struct Look<'a> {
    /// The store's own, or that of its clone.
    pub folder: &'a Path,
    /// What is wanted of it, that of the whole run worked in.
    pub settings: &'a Settings,
    /// Where metadata come from, for all stores.
    pub source: &'a SourceArgs,
    /// Knows the store's secrets.
    pub masker: &'a Masker,
}

impl Look<'_> {
    /// What the store is and which targets it can reach.
    pub(super) fn check(&self, result: StoreResult) -> StoreResult {
        let checked = self.read().and_then(|(project, options)| {
            let wish = Wish {
                without_advice: true,
                ..wish(self.settings)
            };
            let report = check(&project, &options, &self.settings.to, &wish, &|_| {})?;
            Ok((project, report))
        });
        match checked {
            Ok((project, report)) => self.told(result, &project, report),
            Err(error) => self.failed(result, &error),
        }
    }

    /// The store's plans, one for each target.
    pub(super) fn plan(&self, mut result: StoreResult) -> StoreResult {
        let (project, options) = match self.read() {
            Ok(read) => read,
            Err(error) => return self.failed(result, &error),
        };
        match Survey::new(&project, &options) {
            Ok(survey) => result.store = Some(shown_side(&survey.side(), self.masker)),
            Err(error) => return self.failed(result, &error.into()),
        }
        if self.settings.to.is_empty() {
            return self.failed(result, &no_target());
        }
        for spec in &self.settings.to {
            result
                .targets
                .push(match self.planned(&project, &options, spec) {
                    Ok(plan) => self.reach(spec, &plan),
                    Err(error) => self.unplanned(&project, spec, &error),
                });
        }
        result.judged()
    }

    /// Reads the store, and how its repositories are read. Fails when an earlier run was cut off.
    pub(super) fn read(&self) -> Result<(Project, Options), CliError> {
        read_store(self.folder, self.source).map_err(|error| {
            let root = RootFiles::of(self.folder).unwrap_or_default().root;
            match self.folder.join(root).symlink_metadata() {
                Ok(_) => error,
                // What a command for one store advises is no way out of a list.
                Err(_) => {
                    error.hint("correct the store's folder in the list, or take it out of the list")
                }
            }
        })
    }

    /// The plan for a target, whole: with the new files, and not yet fit to be shown.
    pub(super) fn planned(
        &self,
        project: &Project,
        options: &Options,
        spec: &TargetSpec,
    ) -> Result<Plan, CliError> {
        let wish = Wish {
            aim: Aim::Switch(Some(spec.clone())),
            ..wish(self.settings)
        };
        let mut plan = switch::plan(project, options, wish, &Nobody)?.plan;
        plan.findings.extend(foreseen(self.folder, &plan));
        plan.findings.sort_by_key(Finding::severity);
        name_files(&mut plan, &project.files);
        for edit in plan
            .edits
            .iter_mut()
            .filter(|edit| !edit.path.ends_with(".lock"))
        {
            let now = files::read(&self.folder.join(&edit.path), files::DATA).ok();
            edit.add_diff(now.as_deref());
        }
        Ok(plan)
    }

    /// What is told of a plan.
    pub(super) fn reach(&self, spec: &TargetSpec, plan: &Plan) -> Reach {
        let shown = Shown::new(plan, self.masker);
        let mut reach = Reach::of(spec.to_string(), of_plan(shown.plan()));
        reach.plan = Some(shown.plan().clone());
        reach
    }

    /// What is told where there is no plan.
    pub(super) fn unplanned(
        &self,
        project: &Project,
        spec: &TargetSpec,
        error: &CliError,
    ) -> Reach {
        let failure = failure(error, &project.files, self.masker);
        Reach {
            wanted: spec.to_string(),
            outcome: match error.exit {
                Exit::Blocked => Outcome::Blocked,
                _ => Outcome::Failed,
            },
            target: Side {
                distribution: spec.target.distribution().id().to_owned(),
                edition: spec.target.edition().id().to_owned(),
                release: spec.release.clone(),
                upstream: None,
            },
            summary: failure.message,
            core_changes: 0,
            other_changes: 0,
            data_loss: false,
            blockers: Vec::new(),
            plan: None,
        }
    }

    /// The same result of a store that failed.
    pub(super) fn failed(&self, result: StoreResult, error: &CliError) -> StoreResult {
        let files = RootFiles::of(self.folder).unwrap_or_default();
        result.failed(failure(error, &files, self.masker))
    }

    fn told(&self, result: StoreResult, project: &Project, report: StoreReport) -> StoreResult {
        let shown = |finding: &Finding| shown_finding(&named(finding, &project.files), self.masker);
        let words = |text: &str| {
            let text = project.files.words(text);
            clean(&text, self.masker)
        };
        let wanted = |target: &TargetReport, index: usize| match self.settings.to.get(index) {
            Some(spec) => spec.to_string(),
            None => match target.target.target() {
                Some(target) => target.word().to_owned(),
                None => target.target.distribution.clone(),
            },
        };
        // That a target nobody asked for cannot be reached is no fault of the store.
        let is_asked = !self.settings.to.is_empty();
        let targets: Vec<Reach> = report
            .targets
            .into_iter()
            .enumerate()
            .map(|(index, target)| {
                let wanted = wanted(&target, index);
                let target = TargetReport {
                    target: shown_side(&target.target, self.masker),
                    summary: words(&target.summary),
                    blockers: target.blockers.iter().map(shown).collect(),
                    ..target
                };
                Reach::of(wanted, target)
            })
            .collect();
        let told = StoreResult {
            store: Some(shown_side(&report.store, self.masker)),
            lock: Some(report.lock),
            findings: report.findings.iter().map(shown).collect(),
            targets: if is_asked {
                targets.clone()
            } else {
                Vec::new()
            },
            ..result
        };
        StoreResult {
            targets,
            ..told.judged()
        }
    }
}

/// Nothing says what a store is to become.
pub(super) fn no_target() -> CliError {
    CliError::message(Exit::Usage, "nothing says what this store is to become")
        .hint("name it with --to, or as `to` in the list")
}
