//! How the repositories of a store are read by this program: its name, and where it keeps documents.

use crate::cli::options::args::SourceArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::screen::activity::ACTIVITY;
use crate::distribution::{ReleaseCatalog, Target};
use crate::planner::error::PlanError;
use crate::planner::survey::live_catalog;
use crate::project::root_files::RootFiles;
use composer_engine::repository::{Foresight, Options, RepositoryError, RepositorySet, Session};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// What applies to the store in `store` with the decoded composer.json `root`. Fails when a file that Composer reads for it,
/// such as auth.json, is there and cannot be used.
pub(crate) fn options(root: &Value, store: &Path) -> Result<Options, RepositoryError> {
    let environment = |name: &str| std::env::var(name).ok();
    // A root that cannot be told is said by whoever reads it.
    let folder = RootFiles::of(store).unwrap_or_default().folder(store);
    Ok(Options {
        agent: concat!("mageshift ", env!("CARGO_PKG_VERSION")).to_owned(),
        cache_dir: cache_dir(environment),
        ..Options::for_store(root, &folder, environment)?
    })
}

/// What the whole process has read, whichever store it was for: a document is asked for and read once, and a second store
/// that names the same repositories finds them open. It is kept to the end of the process, which takes it back at once;
/// piece by piece takes many times longer.
static SESSION: LazyLock<Arc<Session>> = LazyLock::new(Arc::default);

/// How many bytes of metadata are kept from one store to the next: what ten large stores need together.
const KEPT: usize = 256 << 20;

/// Likewise, with what the arguments say; for all that a command asks. May be called for many stores, from many threads.
pub(crate) fn of_store(root: &Value, store: &Path, args: &SourceArgs) -> Result<Options, CliError> {
    let options = options(root, store).map_err(|error| PlanError::Repository(Arc::new(error)))?;
    SESSION.forget_beyond(KEPT);
    Ok(args.applied_to(Options {
        session: SESSION.clone(),
        on_progress: Some(Arc::new(|progress| ACTIVITY.note(&progress))),
        ..options
    }))
}

/// The options of a command that asks one question. Where `question`, each of its parts, is the same as in an earlier run,
/// what was asked for then is asked for at once.
pub(crate) fn foreseeing(options: Options, question: &[&str]) -> Options {
    let cache_dir = options.cache_dir.as_ref().filter(|_| !options.offline);
    let foresight = cache_dir.map(|cache_dir| Foresight::of(cache_dir, question));
    Options {
        foresight: foresight.map(Arc::new),
        ..options
    }
}

/// Keeps what was asked for, for the next run with the same question.
pub(crate) fn remember(options: &Options) {
    if let Some(foresight) = &options.foresight {
        foresight.keep(&options.session);
    }
}

/// The releases of a target, refreshed from its repository where that answers; and the failure where it does not.
pub(crate) fn releases(
    target: Target,
    dir: &Path,
    args: &SourceArgs,
) -> Result<(ReleaseCatalog, Option<Arc<RepositoryError>>), CliError> {
    let root = target.repository_root();
    let options = of_store(&root, dir, args)?;
    let source = RepositorySet::open(&root, dir, &options)
        .map_err(|error| PlanError::from(Arc::new(error)))?;
    Ok(live_catalog(target, &source))
}

/// `MAGESHIFT_CACHE_DIR`, or a folder of our own where the system keeps caches. `environment` looks up a variable.
fn cache_dir(environment: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    match environment("MAGESHIFT_CACHE_DIR").filter(|dir| !dir.is_empty()) {
        Some(dir) => Some(PathBuf::from(dir)),
        None => etcetera::choose_base_strategy()
            .ok()
            .map(|folders| etcetera::BaseStrategy::cache_dir(&folders).join("mageshift")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_goes_before_the_system() {
        let set = |value: &'static str| {
            move |name: &str| (name == "MAGESHIFT_CACHE_DIR").then(|| value.to_owned())
        };
        assert_eq!(
            cache_dir(set("/var/cache/mageshift")),
            Some(PathBuf::from("/var/cache/mageshift"))
        );
        assert_eq!(cache_dir(set("")), cache_dir(|_| None));
    }
}
