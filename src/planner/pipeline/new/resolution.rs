//! The packages of a new project, for the PHP that it is to run on.

use crate::distribution::{Release, Target};
use crate::plan::Finding;
use crate::planner::lock::php::{PlannedPlatform, choose, guessed};
use crate::planner::wish::PlatformWish;
use composer_engine::format::root::RootPackage;
use composer_engine::repository::RepositorySet;
use composer_engine::repository::platform::Platform;
use composer_engine::resolve::update::{Update, UpdateError, UpdateOptions, update};
use indexmap::IndexMap;
use serde_json::Value;

/// What the machine says of its PHP, where nothing else tells which one to plan for.
pub(crate) fn this_machine(overrides: &IndexMap<String, Value>) -> Option<Platform> {
    Platform::of_this_machine(overrides, None)
}

/// Finds the packages for the PHP that is asked for; none when the release does not run on it, which the finding says. Where
/// the PHP is a guess, it is the oldest PHP of the release that has a solution: a development tool may have given up the very
/// oldest one already.
pub(super) fn resolve(
    source: &RepositorySet,
    root: &RootPackage,
    target: Target,
    release: &Release,
    wish: &PlatformWish,
) -> (
    UpdateOptions,
    Option<Finding>,
    Option<Result<Update, UpdateError>>,
) {
    let attempt = |wish: &PlatformWish| {
        let PlannedPlatform {
            platform,
            filter,
            finding,
            is_guess,
            mismatch,
        } = choose(wish, root, target, release, &[], &this_machine);
        let options = UpdateOptions {
            platform: platform.packages,
            filter,
            ..UpdateOptions::default()
        };
        if mismatch.is_some() {
            return (false, (options, mismatch, None));
        }
        let result = update(source, root, None, &options);
        (is_guess, (options, finding, Some(result)))
    };
    let (is_guess, first) = attempt(wish);
    let has_solution = |result: &Option<Result<Update, UpdateError>>| matches!(result, Some(Ok(_)));
    if has_solution(&first.2) || !is_guess {
        return first;
    }
    for php in release.php_series().into_iter().skip(1) {
        let (_, (options, _, result)) = attempt(&wish.with_php(&php));
        if has_solution(&result) {
            return (options, Some(guessed(&php)), result);
        }
    }
    first
}
