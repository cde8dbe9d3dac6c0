//! Where a store goes: a target, one of its releases, and what its repositories say about the core.

pub(crate) mod data_effects;
pub(crate) mod decisions;
pub(crate) mod release;

use crate::distribution::{LATEST, LiveFacts, Release, ReleaseCatalog, Target, TargetSpec};
use crate::planner::error::PlanError;
use crate::planner::root::names_to_ask;
use crate::planner::survey::Survey;
use composer_engine::repository::PackageSource;

/// A target with one of its releases, and what the target's repositories say about the core.
pub(crate) struct Destination {
    /// What the store becomes, or stays.
    pub target: Target,
    /// The release of the target, with what is known of it.
    pub release: Release,
    /// What the target's repositories have of the core packages that the root names.
    pub live: LiveFacts,
    /// What the release was named by, where that is a version of Magento.
    pub by_upstream: Option<String>,
}

impl Destination {
    /// Chooses the release that is asked for, or the default one of the target; without a target the store stays what it is.
    /// Then asks the repositories what they have of the core packages that the root names. Fails when root and lock disagree,
    /// and when there is no such release.
    pub(crate) fn choose(
        survey: &mut Survey<'_>,
        spec: Option<&TargetSpec>,
    ) -> Result<Self, PlanError> {
        let spec = spec.cloned().unwrap_or(TargetSpec {
            target: survey.source.target,
            release: None,
        });
        let target = spec.target;
        survey.agree()?;
        let source = survey.repositories(target)?;
        survey.expect_core(&source, target);
        survey.refresh(&source, target);
        let store = survey.standing();
        let stays = spec.release.is_none() && survey.direction(target).stays_in_target();
        let release = match store.filter(|_| stays) {
            // Without a release a store stays on its line: at the newest of it, or where it is.
            Some(store) => match survey.catalog.default_for(target, store) {
                Some(newest) => newest.clone(),
                None => survey.own_release(store),
            },
            None => match survey.catalog.select(&spec, store) {
                Ok(release) => release.clone(),
                // Where the store is it can stay, though nobody lists that release any more.
                Err(error) => match store.filter(|store| {
                    survey.direction(target).stays_in_target()
                        && store.release == spec.release.as_deref()
                }) {
                    Some(store) => survey.own_release(store),
                    None => return Err(error.into()),
                },
            },
        };
        let asked = spec.release.filter(|asked| {
            asked != LATEST && ReleaseCatalog::is_named_by_upstream(asked, &release)
        });
        Ok(Self {
            by_upstream: asked,
            ..Self::at(survey, &source, target, release)
        })
    }

    /// A release of a target, with what its repositories say about the core packages that the root and the files of
    /// composer-merge-plugin name.
    pub(crate) fn at(
        survey: &Survey<'_>,
        source: &dyn PackageSource,
        target: Target,
        release: Release,
    ) -> Self {
        let names = names_to_ask(&survey.whole_root(), &survey.source, target, &release);
        let live = survey.live_facts(source, &names);
        Self {
            target,
            release,
            live,
            by_upstream: None,
        }
    }
}
