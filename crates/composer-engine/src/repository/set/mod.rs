//! All repositories of a store.

mod at_once;
pub(crate) mod branches;
mod connector;
pub(crate) mod foresight;
pub(crate) mod options;
pub(crate) mod probe;
pub(crate) mod session;

use super::address;
use super::composer::ComposerRepository;
use super::config::{self, Entry};
use super::error::{ErrorKind, RepositoryError};
use super::local::array;
use super::local::array::Packages;
use super::local::artifact;
use super::local::path;
use super::metadata::notices::{Advisory, ListEntry, Notices, may_be_named};
use super::metadata::versions::Loaded;
use super::transport::network::Background;
use super::vcs::{self, VcsRepository};
use super::{PackageSource, RepositoryInfo, RepositoryKind, WantsDev};
use crate::format::lock::entry::{self, Additions};
use crate::format::package::Package;
use crate::format::package::loader::LoadError;
use connector::{Connected, Connector};
use options::Options;
use rayon::prelude::*;
use rustc_hash::FxHashSet;
use serde_json::Value;
use session::{Known, Opened};
use std::path::Path;
use std::sync::{Arc, LazyLock};
use tracing::debug;

/// The repositories that a root names, in Composer's order.
pub struct RepositorySet {
    infos: Vec<RepositoryInfo>,
    sources: Vec<Source>,
    wants_dev: Arc<WantsDev>,
    _background: Vec<Arc<Background>>,
}

/// How a `composer` repository is to be opened.
enum Way {
    /// It is open, or could not be opened before.
    Known(Known),
    /// Under what it is remembered, its address and what it is read through.
    New(String, Box<Result<Connected, RepositoryError>>),
}

/// What keeps a repository open.
enum Kept {
    Nothing,
    /// It was open: the threads of its requests.
    By(Option<Arc<Background>>),
    /// It is new: what it is to be remembered under.
    Key(String),
}

/// What is behind one repository.
enum Source {
    Composer(Arc<ComposerRepository>),
    Packages(Packages),
    Inline(Packages, Notices),
    Vcs(Arc<VcsRepository>),
    Unavailable(Arc<RepositoryError>),
}

impl RepositorySet {
    /// Opens the repositories of a decoded composer.json that lies in `store_dir`: reads their root documents, and inline,
    /// `path` and `artifact` packages. A repository that cannot be opened answers every question with the reason. Fails only when the
    /// `repositories` section is one that Composer refuses.
    pub fn open(
        root: &Value,
        store_dir: &Path,
        options: &Options,
    ) -> Result<RepositorySet, RepositoryError> {
        RepositorySet::open_with(root, None, store_dir, options)
    }

    /// Likewise, and at the same time the `composer` repositories of another root, which are going to be asked for and are then
    /// open in the session.
    pub fn open_with(
        root: &Value,
        next: Option<&Value>,
        store_dir: &Path,
        options: &Options,
    ) -> Result<RepositorySet, RepositoryError> {
        let connector = Connector::new(root, options);
        let credentials = connector.all_credentials();
        let user_config = options.user_config.as_ref();
        let entries = config::entries(root, user_config)?;
        let members = entries.len();
        let mut next = match next {
            // What is wrong with the other root is said when it is opened itself.
            Some(next) => config::entries(next, user_config).unwrap_or_default(),
            None => Vec::new(),
        };
        if !next.is_empty() {
            let mut keys: FxHashSet<String> =
                entries.iter().map(|entry| connector.key(entry)).collect();
            next.retain(|entry| {
                let key = connector.key(entry);
                entry.type_ == "composer"
                    && options.session.find(&key, &credentials).is_none()
                    && keys.insert(key)
            });
        }
        // Every request for a root document is on its way before the first one is waited for.
        let prepared: Vec<_> = entries
            .into_iter()
            .chain(next)
            .map(|entry| {
                let way = (entry.type_ == "composer").then(|| {
                    let key = connector.key(&entry);
                    match options.session.find(&key, &credentials) {
                        Some(known) => Way::Known(known),
                        None => Way::New(key, Box::new(connector.backend(&entry))),
                    }
                });
                let vcs = vcs::TYPES
                    .contains(&entry.type_.as_str())
                    .then(|| connector.vcs(&entry, store_dir));
                (entry, way, vcs)
            })
            .collect();
        let opened: Vec<(RepositoryInfo, Source, Kept)> = prepared
            .into_par_iter()
            .map(|(entry, way, vcs)| open(entry, way, vcs, store_dir))
            .collect();
        let background = connector.into_background().map(Arc::new);
        let mut set = RepositorySet {
            infos: Vec::with_capacity(members),
            sources: Vec::with_capacity(members),
            wants_dev: options.wants_dev.clone(),
            _background: Vec::new(),
        };
        for (place, (info, source, kept)) in opened.into_iter().enumerate() {
            match (kept, &source) {
                (Kept::By(other), _) => set._background.extend(other),
                (Kept::Key(key), Source::Composer(repository)) => {
                    debug!(repository = %info.display(), "opened");
                    let opened = Opened {
                        repository: repository.clone(),
                        background: background.clone(),
                    };
                    options.session.keep(key, &credentials, Ok(opened));
                }
                (Kept::Key(key), Source::Unavailable(error)) => {
                    debug!(repository = %info.display(), %error, "not opened");
                    options.session.keep(key, &credentials, Err(error.clone()));
                }
                _ => {}
            }
            if let (Some(foresight), Source::Composer(repository)) = (&options.foresight, &source) {
                repository.foresee(foresight.begin(&repository.id()));
            }
            if place < members {
                set.infos.push(info);
                set.sources.push(source);
            }
        }
        set._background.extend(background);
        Ok(set)
    }

    /// Why a repository could not be opened, or one of code could not be read; none when it could, or was not asked yet.
    pub fn failure(&self, repository: usize) -> Option<&Arc<RepositoryError>> {
        match self.sources.get(repository)? {
            Source::Unavailable(error) => Some(error),
            Source::Vcs(repository) => repository.failure(),
            _ => None,
        }
    }

    /// Why a repository is not asked any more, and nothing answers in its place: it could not be opened, or its server has
    /// failed since. None for one that was not asked yet.
    pub fn given_up(&self, repository: usize) -> Option<&RepositoryError> {
        match self.sources.get(repository)? {
            Source::Composer(repository) if repository.outage().is_none() => repository.down(),
            _ => self.failure(repository).map(|error| &**error),
        }
    }

    /// Why answers of a repository come from the cache and may be old: its server fails. None when they are fresh.
    pub fn outage(&self, repository: usize) -> Option<&RepositoryError> {
        match self.sources.get(repository)? {
            Source::Composer(repository) => repository.outage(),
            Source::Vcs(repository) => repository.outage(),
            _ => None,
        }
    }

    /// Why the site that keeps a repository of code told nothing of it while git could read it. What only the site knows is
    /// then taken to be as usual: that everybody may see it, and that it is not archived.
    pub fn silence(&self, repository: usize) -> Option<&RepositoryError> {
        match self.sources.get(repository)? {
            Source::Vcs(repository) => repository.silence(),
            _ => None,
        }
    }

    /// The packages of a repository of code. With the first of them all are asked, as Composer would one
    /// after the other.
    fn of_code<'a>(&self, wanted: &'a VcsRepository) -> Result<&'a Packages, Arc<RepositoryError>> {
        if !wanted.is_read() {
            let unread = self.sources.iter().filter_map(|source| match source {
                Source::Vcs(repository) if !repository.is_read() => Some(&**repository),
                _ => None,
            });
            let unread = unread.map(|repository: &VcsRepository| (repository.server(), repository));
            let unread: Vec<(String, &VcsRepository)> = unread.collect();
            at_once::for_each(&unread, |repository| drop(repository.packages()));
        }
        wanted.packages()
    }

    /// Begins to load what will be asked for by somebody who wants the branches of these names.
    pub fn prefetch_as(&self, names: &[Arc<str>], wants_dev: &Arc<WantsDev>) {
        for (repository, names) in self.who_has(names) {
            repository.prefetch(&names, wants_dev);
        }
    }

    /// Begins to fetch what is likely to be asked for at last, where that takes a network.
    pub fn ask_ahead(&self, names: &[Arc<str>]) {
        let repositories = self.who_has(names).into_iter();
        for (repository, names) in repositories.filter(|(repository, _)| repository.is_remote()) {
            repository.prefetch(&names, &self.wants_dev);
        }
    }

    /// The `composer` repositories, each with those of the names that it is asked for if none before has them.
    fn who_has(&self, names: &[Arc<str>]) -> Vec<(&Arc<ComposerRepository>, Vec<Arc<str>>)> {
        let mut left: Vec<Arc<str>> = names.to_vec();
        let mut found = Vec::new();
        for (info, source) in self.infos.iter().zip(&self.sources) {
            if let Source::Composer(repository) = source {
                let (asked, rest) = left
                    .into_iter()
                    .partition(|name| info.allows(name) && repository.may_have(name));
                left = rest;
                found.push((repository, asked));
            }
        }
        found
    }
}

impl PackageSource for RepositorySet {
    fn repositories(&self) -> &[RepositoryInfo] {
        &self.infos
    }

    fn load(&self, repository: usize, names: &[Arc<str>]) -> Vec<Loaded> {
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => repository.load(names, &self.wants_dev),
            Some(Source::Packages(packages) | Source::Inline(packages, _)) => {
                names.iter().map(|name| packages.load(name)).collect()
            }
            Some(Source::Vcs(repository)) => match self.of_code(repository) {
                Ok(packages) => names.iter().map(|name| packages.load(name)).collect(),
                Err(error) => vec![Loaded::Unavailable(error); names.len()],
            },
            Some(Source::Unavailable(error)) => {
                vec![Loaded::Unavailable(error.clone()); names.len()]
            }
            None => vec![Loaded::Absent; names.len()],
        }
    }

    fn load_with_branches(&self, repository: usize, names: &[Arc<str>]) -> Vec<Loaded> {
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => repository.load_with_branches(names),
            _ => self.load(repository, names),
        }
    }

    fn all(&self, repository: usize) -> Result<Vec<Arc<Package>>, Arc<RepositoryError>> {
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => Ok(repository.all().to_vec()),
            Some(Source::Packages(packages) | Source::Inline(packages, _)) => {
                Ok(packages.all().to_vec())
            }
            Some(Source::Vcs(repository)) => Ok(self.of_code(repository)?.all().to_vec()),
            Some(Source::Unavailable(error)) => Err(error.clone()),
            None => Ok(Vec::new()),
        }
    }

    fn prefetch(&self, names: &[Arc<str>]) {
        self.prefetch_as(names, &self.wants_dev);
    }

    fn has_advisories(&self, repository: usize) -> bool {
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => repository.has_advisories(),
            Some(Source::Inline(_, notices)) => notices.advisories.is_some(),
            _ => false,
        }
    }

    fn advisories(
        &self,
        repository: usize,
        names: &[Arc<str>],
        complete: bool,
    ) -> Result<Vec<Advisory>, Arc<RepositoryError>> {
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => repository
                .advisories(names, complete, &self.wants_dev)
                .map_err(Arc::new),
            Some(Source::Inline(_, notices)) => {
                let advisories = notices.advisories.iter().flatten();
                let asked = advisories.filter(|advisory| names.contains(&advisory.package));
                Ok(asked.cloned().collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn filter_lists(&self, repository: usize) -> Vec<Arc<str>> {
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => repository.lists().to_vec(),
            Some(Source::Inline(_, notices)) => {
                let mut lists: Vec<Arc<str>> = Vec::new();
                for entry in &notices.entries {
                    if !lists.contains(&entry.list) && may_be_named(&entry.list) {
                        lists.push(entry.list.clone());
                    }
                }
                lists
            }
            _ => Vec::new(),
        }
    }

    fn list_entries(
        &self,
        repository: usize,
        names: &[Arc<str>],
    ) -> Result<Vec<ListEntry>, Arc<RepositoryError>> {
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => repository
                .list_entries(names, &self.wants_dev)
                .map_err(Arc::new),
            Some(Source::Inline(_, notices)) => {
                let asked = notices.entries.iter();
                let asked = asked.filter(|entry| names.contains(&entry.package));
                Ok(asked.cloned().collect())
            }
            _ => Ok(Vec::new()),
        }
    }

    fn additions(&self, repository: usize) -> &Additions {
        static NONE: LazyLock<Additions> = LazyLock::new(Additions::default);
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => repository.additions(),
            _ => &NONE,
        }
    }

    fn entry(&self, repository: usize, package: &Arc<Package>) -> Result<Value, LoadError> {
        match self.sources.get(repository) {
            Some(Source::Composer(repository)) => repository.entry(package),
            _ => entry::readable(package, None),
        }
    }
}

/// Opens one repository; `way` is for a `composer` repository, `vcs` for one of code.
fn open(
    entry: Entry,
    way: Option<Way>,
    vcs: Option<Result<Arc<VcsRepository>, RepositoryError>>,
    store_dir: &Path,
) -> (RepositoryInfo, Source, Kept) {
    let mut shown = address::masked(&entry.url);
    let mut kept = Kept::Nothing;
    let unreadable = |message: String| {
        Err(RepositoryError::new(
            ErrorKind::Unsupported,
            address::masked(&entry.url),
            message,
        ))
    };
    let of_code = vcs.map(|repository| repository.map(Source::Vcs));
    let otherwise = || match (entry.type_.as_str(), way) {
        (_, Some(Way::Known(known))) => {
            shown = address::masked(&address::of_repository(&entry.url));
            match known {
                Ok(opened) => {
                    kept = Kept::By(opened.background);
                    Ok(Source::Composer(opened.repository))
                }
                Err(error) => Ok(Source::Unavailable(error)),
            }
        }
        (_, Some(Way::New(key, connected))) => connected.and_then(|connected| {
            let Connected {
                url,
                backend,
                digests,
            } = connected;
            shown = address::masked(&url);
            kept = Kept::Key(key);
            let wanted_lists = entry.definition.get("filter");
            let options = entry.options().cloned();
            ComposerRepository::open(&url, backend, digests, options, wanted_lists)
                .map(|repository| Source::Composer(Arc::new(repository)))
        }),
        ("package", _) => array::inline(entry.definition.get("package"), "inline package")
            .map(|packages| Source::Inline(packages, Notices::of_repository(&entry.definition))),
        ("path", _) => path::load(&entry.url, &entry.definition, store_dir, |name| {
            std::env::var(name).ok()
        })
        .map(Source::Packages),
        ("artifact", _) => artifact::load(&entry.url, store_dir, |name| std::env::var(name).ok())
            .map(Source::Packages),
        ("pear", _) => unreadable("Composer no longer reads `pear` repositories".to_owned()),
        (type_, _) => unreadable(format!(
            "repositories of type `{type_}` are not known to Composer"
        )),
    };
    let opened = of_code.unwrap_or_else(otherwise);
    let source = opened.unwrap_or_else(|error| Source::Unavailable(Arc::new(error)));
    let (kind, packages) = match &source {
        Source::Composer(repository) => (repository.kind(), 0),
        Source::Packages(packages) | Source::Inline(packages, _) => {
            (RepositoryKind::Array, packages.count())
        }
        Source::Vcs(_) => (RepositoryKind::Array, 0),
        // Of a Composer repository it is not known; most are asked by name.
        Source::Unavailable(_) if entry.type_ == "composer" => (RepositoryKind::Lazy, 0),
        Source::Unavailable(_) => (RepositoryKind::Array, 0),
    };
    let driver = match &source {
        Source::Vcs(repository) => repository.driver(),
        _ => "",
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
            driver,
        },
        source,
        kept,
    )
}
