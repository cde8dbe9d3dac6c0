//! All repositories of a store.

use super::address;
use super::array::{self, Packages};
use super::backend::{Backend, Connector};
use super::composer::ComposerRepository;
use super::config::{self, Entry};
use super::error::{ErrorKind, RepositoryError};
use super::network::Background;
use super::options::Options;
use super::path;
use super::versions::Loaded;
use super::{Additions, PackageSource, RepositoryInfo, RepositoryKind, WantsDev};
use crate::composer::auth::Secret;
use crate::composer::package::Package;
use rayon::prelude::*;
use serde_json::Value;
use std::path::Path;
use std::sync::{Arc, LazyLock};

/// The repositories that a root names, in Composer's order.
pub struct RepositorySet {
    infos: Vec<RepositoryInfo>,
    sources: Vec<Source>,
    wants_dev: Arc<WantsDev>,
    secrets: Vec<Secret>,
    _background: Option<Background>,
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
        let connector = Connector::new(root, options);
        // Every request for a root document is on its way before the first one is waited for.
        let prepared: Vec<_> = config::entries(root, options.user_config.as_ref())?
            .into_iter()
            .map(|entry| {
                let backend = (entry.type_ == "composer").then(|| connector.backend(&entry));
                (entry, backend)
            })
            .collect();
        let secrets = prepared
            .iter()
            .flat_map(|(entry, _)| entry.secrets())
            .chain(options.credentials.secrets())
            .collect();
        let (infos, sources) = prepared
            .into_par_iter()
            .map(|(entry, backend)| open(entry, backend, store_dir))
            .unzip();
        Ok(RepositorySet {
            infos,
            sources,
            wants_dev: options.wants_dev.clone(),
            secrets,
            _background: connector.into_background(),
        })
    }

    /// Every secret that is known: of auth.json and its like, and in the addresses and headers of repositories. None of them
    /// may appear in any output.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// Why answers of a repository come from the cache and may be old: its server fails. None when they are fresh.
    pub fn outage(&self, repository: usize) -> Option<&RepositoryError> {
        match self.sources.get(repository)? {
            Source::Composer(repository) => repository.outage(),
            _ => None,
        }
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

/// Opens one repository. `backend` is what a `composer` repository is read through.
fn open(
    entry: Entry,
    backend: Option<Result<(String, Backend), RepositoryError>>,
    store_dir: &Path,
) -> (RepositoryInfo, Source) {
    let mut shown = address::masked(&entry.url);
    let unreadable = |message: String| {
        Err(RepositoryError::new(
            ErrorKind::Unsupported,
            address::masked(&entry.url),
            message,
        ))
    };
    let opened = match (entry.type_.as_str(), backend) {
        (_, Some(Err(error))) => Err(error),
        (_, Some(Ok((url, backend)))) => {
            shown = address::masked(&url);
            ComposerRepository::open(&url, backend, entry.options().cloned())
                .map(|repository| Source::Composer(Arc::new(repository)))
        }
        ("package", _) => {
            array::inline(entry.definition.get("package"), "inline package").map(Source::Packages)
        }
        ("path", _) => path::load(&entry.url, &entry.definition, store_dir, |name| {
            std::env::var(name).ok()
        })
        .map(Source::Packages),
        (
            type_ @ ("vcs" | "git" | "github" | "gitlab" | "bitbucket" | "git-bitbucket" | "svn"
            | "hg" | "fossil" | "perforce"),
            _,
        ) => unreadable(format!(
            "a `{type_}` repository is read from its history, which only Composer itself can do"
        )),
        ("artifact", _) => unreadable(
            "an `artifact` repository is read from its archives, which only Composer itself can do"
                .to_owned(),
        ),
        ("pear", _) => unreadable("Composer no longer reads `pear` repositories".to_owned()),
        (type_, _) => unreadable(format!(
            "repositories of type `{type_}` are not known to Composer"
        )),
    };
    let source = opened.unwrap_or_else(|error| Source::Unavailable(Arc::new(error)));
    let (kind, packages) = match &source {
        Source::Composer(repository) => (repository.kind(), 0),
        Source::Packages(packages) => (RepositoryKind::Array, packages.all().len()),
        // Of a Composer repository it is not known; most are asked by name.
        Source::Unavailable(_) if entry.type_ == "composer" => (RepositoryKind::Lazy, 0),
        Source::Unavailable(_) => (RepositoryKind::Array, 0),
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
