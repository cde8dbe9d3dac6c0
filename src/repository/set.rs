//! All repositories of a store.

use super::address;
use super::array::{self, Packages};
use super::backend::Backend;
use super::composer::ComposerRepository;
use super::config::{self, Entry};
use super::error::{ErrorKind, RepositoryError};
use super::folder::Folder;
use super::path;
use super::versions::Loaded;
use super::{Additions, PackageSource, RepositoryInfo, RepositoryKind, WantsDev};
use crate::composer::package::Package;
use rayon::prelude::*;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// How repositories are to be read.
#[derive(Clone)]
pub struct Options {
    /// A folder with one static repository for each host. A repository whose host has a folder there is never contacted.
    pub mirror_dir: Option<PathBuf>,
    /// Whether the network is off.
    pub offline: bool,
    /// Composer's own config.json, decoded: its `repositories` come after the store's.
    pub user_config: Option<Value>,
    /// Which names may be installed from a branch. All, unless the caller knows better.
    pub wants_dev: Arc<WantsDev>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            mirror_dir: None,
            offline: false,
            user_config: None,
            wants_dev: Arc::new(|_| true),
        }
    }
}

/// The repositories that a root names, in Composer's order.
pub struct RepositorySet {
    infos: Vec<RepositoryInfo>,
    sources: Vec<Source>,
    wants_dev: Arc<WantsDev>,
}

/// What is behind one repository.
enum Source {
    Composer(Arc<ComposerRepository>),
    Packages(Packages),
    Unavailable(Arc<RepositoryError>),
}

impl RepositorySet {
    /// Opens the repositories of a decoded composer.json that lies in `store_dir`: reads their root documents, and inline and
    /// `path` packages. A repository that cannot be opened answers every question with the reason. Fails only when the
    /// `repositories` section is one that Composer refuses.
    pub fn open(
        root: &Value,
        store_dir: &Path,
        options: &Options,
    ) -> Result<RepositorySet, RepositoryError> {
        let entries = config::entries(root, options.user_config.as_ref())?;
        let opened = entries
            .into_par_iter()
            .map(|entry| open(entry, store_dir, options));
        let (infos, sources) = opened.unzip();
        Ok(RepositorySet {
            infos,
            sources,
            wants_dev: options.wants_dev.clone(),
        })
    }

    /// What a Composer repository says about where security advisories are found: its `security-advisories`.
    pub fn security_advisories(&self, repository: usize) -> Option<&Value> {
        match self.sources.get(repository)? {
            Source::Composer(repository) => repository.security_advisories(),
            _ => None,
        }
    }
}

impl PackageSource for RepositorySet {
    fn repositories(&self) -> &[RepositoryInfo] {
        &self.infos
    }

    fn load(&self, repository: usize, names: &[Arc<str>]) -> Vec<Loaded> {
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => repository.load(names, &*self.wants_dev),
            Some(Source::Packages(packages)) => {
                names.iter().map(|name| packages.load(name)).collect()
            }
            Some(Source::Unavailable(error)) => {
                vec![Loaded::Unavailable(error.clone()); names.len()]
            }
            None => vec![Loaded::Absent; names.len()],
        }
    }

    fn all(&self, repository: usize) -> Result<Vec<Arc<Package>>, Arc<RepositoryError>> {
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => Ok(repository.all().to_vec()),
            Some(Source::Packages(packages)) => Ok(packages.all().to_vec()),
            Some(Source::Unavailable(error)) => Err(error.clone()),
            None => Ok(Vec::new()),
        }
    }

    fn prefetch(&self, names: &[Arc<str>]) {
        let mut left: Vec<Arc<str>> = names.to_vec();
        for (info, source) in self.infos.iter().zip(&self.sources) {
            if let Source::Composer(repository) = source {
                let (asked, rest) = left
                    .into_iter()
                    .partition(|name| info.allows(name) && repository.may_have(name));
                left = rest;
                repository.prefetch(&asked, &self.wants_dev);
            }
        }
    }

    fn additions(&self, repository: usize) -> &Additions {
        static NONE: LazyLock<Additions> = LazyLock::new(Additions::default);
        static LOCAL: LazyLock<Additions> = LazyLock::new(|| Additions {
            keeps_transport_options: true,
            ..Additions::default()
        });
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => repository.additions(),
            Some(Source::Packages(_)) => &LOCAL,
            _ => &NONE,
        }
    }
}

fn open(entry: Entry, store_dir: &Path, options: &Options) -> (RepositoryInfo, Source) {
    let url = match entry.type_.as_str() {
        "composer" => address::of_repository(&entry.url),
        _ => entry.url.clone(),
    };
    let shown = address::masked(&url);
    let opened = match entry.type_.as_str() {
        "composer" => open_composer(url, &entry, options)
            .map(|repository| Source::Composer(Arc::new(repository))),
        "package" => {
            array::inline(entry.definition.get("package"), "inline package").map(Source::Packages)
        }
        "path" => path::load(&url, &entry.definition, store_dir, |name| {
            std::env::var(name).ok()
        })
        .map(Source::Packages),
        "vcs" | "git" | "github" | "gitlab" | "bitbucket" | "git-bitbucket" | "svn" | "hg"
        | "fossil" | "perforce" => {
            let message = format!(
                "a `{}` repository can only be read by Composer itself, from its history",
                entry.type_
            );
            Err(RepositoryError::new(
                ErrorKind::Unsupported,
                &shown,
                message,
            ))
        }
        "artifact" => {
            let message =
                "an `artifact` repository can only be read by Composer itself, from its archives";
            Err(RepositoryError::new(
                ErrorKind::Unsupported,
                &shown,
                message,
            ))
        }
        "pear" => Err(RepositoryError::new(
            ErrorKind::Unsupported,
            &shown,
            "`pear` repositories are no longer read by Composer",
        )),
        other => {
            let message = format!("repositories of type `{other}` are not known to Composer");
            Err(RepositoryError::new(
                ErrorKind::Configuration,
                &shown,
                message,
            ))
        }
    };
    let source = opened.unwrap_or_else(|error| Source::Unavailable(Arc::new(error)));
    let (kind, packages) = match &source {
        Source::Composer(repository) => (repository.kind(), 0),
        Source::Packages(packages) => (RepositoryKind::Array, packages.all().len()),
        // Nothing can be said of its packages as a whole.
        Source::Unavailable(_) => (RepositoryKind::Lazy, 0),
    };
    let Entry {
        name,
        type_,
        only,
        exclude,
        canonical,
        ..
    } = entry;
    (
        RepositoryInfo {
            name,
            url: shown,
            kind,
            canonical,
            only,
            exclude,
            type_,
            packages,
        },
        source,
    )
}

fn open_composer(
    url: String,
    entry: &Entry,
    options: &Options,
) -> Result<ComposerRepository, RepositoryError> {
    if entry.url.is_empty() {
        return Err(RepositoryError::new(
            ErrorKind::Configuration,
            "composer repository",
            "has no `url`",
        ));
    }
    let mirrored = options
        .mirror_dir
        .as_ref()
        .and_then(|mirror_dir| Folder::mirror(mirror_dir, &url));
    let backend = match mirrored.or_else(|| Folder::local(&url)) {
        Some(folder) => Backend::Folder(folder),
        None => {
            return Err(RepositoryError::new(
                ErrorKind::Offline,
                address::masked(&url),
                "is not in the mirror folder, and the network is off",
            ));
        }
    };
    let transport = entry.definition.get("options").filter(|options| {
        options
            .as_object()
            .is_some_and(|options| !options.is_empty())
    });
    ComposerRepository::open(url, backend, transport.cloned())
}
