//! The question a switch puts to the resolver: a new root, the lock, and what may stay as it is locked.

use crate::distribution::{Release, Target, is_core, template};
use crate::plan::Finding;
use crate::planner::composer_files::merge_plugin::{Addition, IncludedFile};
use crate::planner::composer_files::whole_root;
use crate::planner::destination::Destination;
use crate::planner::error::PlanError;
use crate::planner::lock::php::{PlannedPlatform, choose};
use crate::planner::lock::promise::Promise;
use crate::planner::survey::Survey;
use crate::planner::wish::Wish;
use composer_engine::format::package::Package;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::RepositorySet;
use composer_engine::repository::platform::Platform;
use composer_engine::repository::wants_dev;
use composer_engine::resolve::explain::problem::Explanation;
use composer_engine::resolve::platform::PlatformFilter;
use composer_engine::resolve::update::narrow::{Narrow, narrow};
use composer_engine::resolve::update::{
    LockedPackages, Update, UpdateError, UpdateOptions, update,
};
use composer_engine::resolve::world::{StandIns, Unavailable};
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What stays the same whatever root is tried.
pub(crate) struct Question<'a> {
    /// The store.
    pub survey: &'a Survey<'a>,
    /// What somebody wants of it.
    pub wish: &'a Wish,
    /// What the store becomes.
    pub target: Target,
    /// The release of the target that is promised.
    pub release: &'a Release,
    /// What the store has; none without a lock.
    pub locked: Option<LockedPackages>,
    /// The files that composer-merge-plugin adds to a root, as they will be.
    included: Vec<Addition>,
    /// The locked packages that no distribution built.
    own: FxHashSet<Arc<str>>,
    may_stay: FxHashSet<Arc<str>>,
    /// Why roots have no solution although every locked package may stay, by their text, as the order of repositories counts.
    unsolvable: Mutex<FxHashMap<Arc<str>, Explanation>>,
}

/// A root, ready to be resolved.
pub(crate) struct Setting {
    /// The root as text.
    text: Arc<str>,
    /// The root as the resolver takes it, with what files add to it.
    pub root: RootPackage,
    /// The repositories of that root.
    pub source: RepositorySet,
    /// The PHP and the extensions that are planned for.
    pub platform: Platform,
    /// Which requirements of them count.
    pub filter: PlatformFilter,
    /// What is to be said about the choice of the platform.
    pub finding: Option<Finding>,
    /// Whether nothing of the store names the PHP to plan for.
    pub is_guess: bool,
    /// Why no packages need to be looked for: the PHP does not go with the release or the root.
    pub mismatch: Option<Finding>,
}

/// What becomes of requirements that replace parts of the core, as yireo/magento2-replace-* do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TakingOut {
    /// They are what the root requires, like all others.
    Kept,
    /// They are not required, so that the core is whole.
    LeftOut,
}

/// Why a root has no solution.
#[derive(Debug)]
pub(crate) struct Blocked {
    /// As Composer explains it.
    pub explanation: Explanation,
    /// What still stands in the way when every locked package may stay where it is and, once remedies were looked for, the
    /// habits of the root are given up.
    pub remaining: Option<Explanation>,
    /// What repositories could not be asked about, and the packages that this is about.
    pub unavailable: Vec<Unavailable>,
    /// The packages that contradict each other whatever else the root requires and whatever is locked; none where that is not
    /// known.
    pub among: Box<[Arc<str>]>,
}

impl Blocked {
    /// The same, of a root that has no solution whatever locked packages may stay where they are.
    fn anyway(self) -> Self {
        Blocked {
            remaining: Some(self.explanation.clone()),
            ..self
        }
    }
}

impl<'a> Question<'a> {
    /// Reads the lock of the store. `included` are the files that composer-merge-plugin adds, as the merge leaves them.
    pub(crate) fn new(
        survey: &'a Survey<'a>,
        wish: &'a Wish,
        destination: &'a Destination,
        included: &[IncludedFile],
    ) -> Result<Self, PlanError> {
        let Destination {
            target, release, ..
        } = destination;
        let target = *target;
        let locked = survey.locked()?.cloned();
        let all: FxHashSet<Arc<str>> = locked
            .iter()
            .flat_map(LockedPackages::all)
            .map(|package| package.name.clone())
            .collect();
        // An own build of a core package that is to stay is treated as any package of the owner's.
        let is_kept = |name: &str| {
            wish.keep.iter().any(|kept| kept == name)
                && survey.own_builds().iter().any(|own| own.name == name)
        };
        let own: FxHashSet<Arc<str>> = all
            .iter()
            .filter(|name| !is_core(name) || is_kept(name))
            .cloned()
            .collect();
        // A package that no repository has any more can stay as it is; the core of another vendor goes where the target goes.
        let renames = survey.direction(target).renames();
        let may_stay = if renames { own.clone() } else { all };
        Ok(Question {
            survey,
            wish,
            target,
            release,
            locked,
            included: included.iter().map(IncludedFile::addition).collect(),
            own,
            may_stay,
            unsolvable: Mutex::default(),
        })
    }

    /// The release that every solve ends at.
    pub(crate) fn promise(&self) -> Promise<'_> {
        Promise {
            target: self.target,
            release: &self.release.version,
        }
    }

    /// Opens the repositories of a root, and chooses the platform to plan for.
    pub(crate) fn setting(&self, document: &Value) -> Result<Setting, PlanError> {
        let text = document.to_string().into();
        let mut root = whole_root::package(document, &self.included)?;
        let document = &whole_root::document(document, &self.included);
        self.promise().bind(&mut root);
        let cache_dir = self.survey.options.cache_dir.as_deref();
        let PlannedPlatform {
            platform,
            filter,
            finding,
            is_guess,
            mismatch,
        } = choose(
            &self.wish.platform,
            &root,
            self.target,
            self.release,
            &self.survey.project.services.services,
            &|overrides| Platform::of_this_machine(overrides, cache_dir),
        );
        let source = self.open(document, &root)?;
        Ok(Setting {
            text,
            root,
            source,
            platform,
            filter,
            finding,
            is_guess,
            mismatch,
        })
    }

    /// The repositories of a root document, opened for the stabilities that `root` allows.
    pub(crate) fn source(
        &self,
        document: &Value,
        root: &RootPackage,
    ) -> Result<RepositorySet, PlanError> {
        self.open(&whole_root::document(document, &self.included), root)
    }

    fn open(&self, document: &Value, root: &RootPackage) -> Result<RepositorySet, PlanError> {
        let mut repositories = self.survey.options.clone();
        repositories.wants_dev = wants_dev(root);
        let opened = self.survey.project.repositories(document, &repositories);
        Ok(opened.map_err(Arc::new)?)
    }

    /// The options that every attempt has in common.
    pub(crate) fn options(&self, setting: &Setting) -> UpdateOptions {
        UpdateOptions {
            minimal_changes: true,
            stand_ins: StandIns::Missing,
            thorough: true,
            put_back: (!self.wish.like_composer).then(|| self.own.clone()),
            may_stay: Some(self.may_stay.clone()),
            platform: setting.platform.packages.clone(),
            filter: setting.filter.clone(),
            temporary: self.promise().constraint().into_iter().collect(),
            ..UpdateOptions::default()
        }
    }

    /// Finds the packages of the new lock, with as few moves as can be had.
    pub(crate) fn resolve(&self, setting: &Setting) -> Result<Result<Update, Blocked>, PlanError> {
        let options = self.options(setting);
        let nothing = FxHashSet::default();
        let kept = if self.wish.like_composer {
            &nothing
        } else {
            &self.own
        };
        let Setting { root, source, .. } = setting;
        // Of what stays it is asked in the end whether it can still be had.
        source.ask_ahead(&kept.iter().cloned().collect::<Vec<_>>());
        let locked = self.locked.as_ref();
        match narrow(source, root, locked, &options, kept) {
            Narrow::Ended(outcome) => return or_blocked(*outcome),
            Narrow::TooNarrow => {}
            Narrow::Contradiction => {
                let where_needed = UpdateOptions {
                    stand_ins: StandIns::WhereNeeded,
                    ..options.clone()
                };
                let outcome = update(source, root, locked, &where_needed);
                match outcome {
                    Ok(found) => return Ok(Ok(found)),
                    Err(
                        error @ UpdateError::Unsolvable {
                            stand_ins_matter: false,
                            ..
                        },
                    ) => return Ok(or_blocked(Err(error))?.map_err(Blocked::anyway)),
                    // Offered fewer packages, there is none either; but that is what Composer would say.
                    Err(UpdateError::Unsolvable {
                        explanation, among, ..
                    }) => {
                        let plain = UpdateOptions {
                            thorough: false,
                            ..options
                        };
                        let outcome = or_blocked(update(source, root, locked, &plain))?;
                        return Ok(outcome.map_err(|blocked| Blocked {
                            remaining: Some(explanation),
                            among,
                            ..blocked
                        }));
                    }
                    // There is one, of which it is not known whether it is the only one.
                    Err(UpdateError::UnsolvableWithoutDev { .. }) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        let first = update(source, root, locked, &options);
        let is_same_question = matches!(
            first,
            Err(UpdateError::Unsolvable {
                stand_ins_matter: false,
                ..
            })
        );
        if is_same_question {
            return Ok(or_blocked(first)?.map_err(Blocked::anyway));
        }
        let mut blocked = match or_blocked(first)? {
            Ok(found) => return Ok(Ok(found)),
            Err(blocked) => blocked,
        };
        let all = UpdateOptions {
            stand_ins: StandIns::All,
            ..options
        };
        match or_blocked(update(source, root, locked, &all))? {
            Ok(found) => Ok(Ok(found)),
            Err(still) => {
                blocked.remaining = Some(still.explanation);
                blocked.among = still.among;
                Ok(Err(blocked))
            }
        }
    }

    /// Whether the target's core can be had at all, without anything of the store's owner but what takes parts out of it.
    /// Where it cannot, nothing that is done to the owner's requirements helps.
    pub(crate) fn has_core(&self, document: &Value) -> Result<bool, PlanError> {
        self.has_solution(&self.setting(&self.core(document, TakingOut::Kept))?)
    }

    /// A root with nothing but the core, as the target's template requires it, and perhaps what takes parts out of that.
    pub(crate) fn core(&self, document: &Value, taking_out: TakingOut) -> Value {
        let template = template(self.target, &self.release.version).value;
        let is_of_template = |name: &str| {
            let require = template.get("require").and_then(Value::as_object);
            require.is_some_and(|require| require.contains_key(name))
        };
        let mut core = document.clone();
        if let Some(fields) = core.as_object_mut() {
            fields.shift_remove("require-dev");
            // With what composer-merge-plugin would add.
            fields.shift_remove("extra");
            if let Some(Value::Object(require)) = fields.get_mut("require") {
                require.retain(|name, _| {
                    let name = name.to_ascii_lowercase();
                    (is_core(&name) && is_of_template(&name))
                        || (taking_out == TakingOut::Kept && self.takes_out_core(&name))
                });
            }
        }
        core
    }

    /// Whether a locked package of the owner, or one that it needs, replaces parts of the core (as yireo/magento2-replace-*).
    fn takes_out_core(&self, name: &str) -> bool {
        let locked: FxHashMap<&str, &Package> = self
            .locked
            .iter()
            .flat_map(LockedPackages::all)
            .map(|package| (&*package.name, &**package))
            .collect();
        let mut seen = FxHashSet::default();
        let mut queue = vec![name];
        while let Some(name) = queue.pop() {
            let Some(package) = locked.get(name) else {
                continue;
            };
            if is_core(&package.name) || !seen.insert(&package.name) {
                continue;
            }
            if package.replaces.iter().any(|link| is_core(&link.target)) {
                return true;
            }
            queue.extend(package.requires.iter().map(|link| &*link.target));
        }
        false
    }

    /// Whether there is any solution, every locked package being allowed to stay. One that only a look at every version
    /// finds is not noticed.
    pub(crate) fn has_solution(&self, setting: &Setting) -> Result<bool, PlanError> {
        if setting.mismatch.is_some() {
            return Ok(false);
        }
        let options = UpdateOptions {
            thorough: false,
            unexplained: true,
            ..self.lenient(setting)
        };
        let Setting { root, source, .. } = setting;
        let found = update(source, root, self.locked.as_ref(), &options);
        Ok(or_blocked(found)?.is_ok())
    }

    fn unsolvable(&self) -> MutexGuard<'_, FxHashMap<Arc<str>, Explanation>> {
        self.unsolvable
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The options under which every locked package may stay, and nothing is put back.
    pub(crate) fn lenient(&self, setting: &Setting) -> UpdateOptions {
        UpdateOptions {
            stand_ins: StandIns::All,
            put_back: None,
            ..self.options(setting)
        }
    }

    /// Why a root that is known to have no solution has none, every locked package being allowed to stay.
    pub(crate) fn explain(&self, setting: &Setting) -> Result<Option<Explanation>, PlanError> {
        if let Some(explanation) = self.unsolvable().get(&setting.text) {
            return Ok(Some(explanation.clone()));
        }
        let options = UpdateOptions {
            thorough: false,
            ..self.lenient(setting)
        };
        let Setting { root, source, .. } = setting;
        let outcome = or_blocked(update(source, root, self.locked.as_ref(), &options))?;
        Ok(outcome.err().map(|blocked| blocked.explanation))
    }

    /// Finds a solution in which every locked package may stay, or the reasons why there is none.
    pub(crate) fn attempt(&self, setting: &Setting) -> Result<Result<Update, Blocked>, PlanError> {
        let options = self.lenient(setting);
        let Setting { root, source, .. } = setting;
        let outcome = update(source, root, self.locked.as_ref(), &options);
        if let Err(UpdateError::Unsolvable { explanation, .. }) = &outcome {
            let known = (setting.text.clone(), explanation.clone());
            self.unsolvable().extend([known]);
        }
        or_blocked(outcome)
    }
}

/// Tells a root without a solution from an error.
pub(crate) fn or_blocked(
    outcome: Result<Update, UpdateError>,
) -> Result<Result<Update, Blocked>, PlanError> {
    match outcome {
        Ok(found) => Ok(Ok(found)),
        Err(UpdateError::Unsolvable {
            explanation,
            unavailable,
            among,
            ..
        }) => Ok(Err(Blocked {
            explanation,
            remaining: None,
            unavailable,
            among,
        })),
        Err(UpdateError::UnsolvableWithoutDev { explanation }) => Ok(Err(Blocked {
            explanation,
            remaining: None,
            unavailable: Vec::new(),
            among: Box::default(),
        })),
        Err(error) => Err(error.into()),
    }
}
