//! A `composer` repository: asked by name, or read whole when it is an old one.

mod entries;
mod published;
mod server;

use super::address;
use super::error::{ErrorKind, RepositoryError};
use super::local::array::Packages;
use super::metadata::digest::Digests;
use super::metadata::document;
use super::metadata::notices::{Advisory, ListEntry};
use super::metadata::scan::Syntax;
use super::metadata::versions::{Loaded, Versions};
use super::transport::backend::Backend;
use super::transport::cache::digest;
use super::{RepositoryKind, WantsDev};
use crate::format::lock::entry::Additions;
use crate::format::package::Package;
use crate::format::package::loader::{self, LoadError};
use entries::Entries;
use published::Published;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Map, Value};
use server::{Available, Protocol, Server};
use sha2::{Digest, Sha256};
use std::mem;
use std::sync::atomic::{
    AtomicBool, AtomicUsize,
    Ordering::{AcqRel, Relaxed},
};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// How many further documents a repository may include. A Satis has one, packagist.org had a dozen.
const MOST_INCLUDES: usize = 1_000;

/// One Composer repository, its root document read.
pub(crate) struct ComposerRepository {
    backend: Backend,
    /// What was found in documents by earlier runs.
    digests: Option<Digests>,
    lookup: Lookup,
    additions: Additions,
    published: Published,
    /// Versions given in the root document of a repository that is otherwise asked by name. They hide those it would answer.
    partial: Packages,
    /// What was answered before: a name is asked for once with its branches, and once without.
    answers: Mutex<FxHashMap<Asked, Arc<Answer>>>,
    /// The documents that were read, by address: those with and those without branches share the first one.
    documents: Mutex<FxHashMap<String, Arc<OnceLock<Document>>>>,
    entries: Entries,
    /// How often what nobody asks for was looked for.
    round: AtomicUsize,
    /// How many names were asked for.
    turns: AtomicUsize,
}

/// What a name ends with whose branches are asked for, as in Composer's protocol.
const BRANCHES: &str = "~dev";

/// A name, and whether its branches are wanted, too.
type Asked = (Arc<str>, bool);

/// What a document says of its package; none when it says nothing, or is not there.
type Document = Result<Option<Arc<Versions>>, Arc<RepositoryError>>;

/// What is answered to one name, once somebody has found out.
#[derive(Default)]
struct Answer {
    is_taken: AtomicBool,
    loaded: OnceLock<Loaded>,
    /// The round in which it was last asked for.
    round: AtomicUsize,
    /// Its place among the names that were asked for, from 1; 0 while nobody has asked.
    turn: AtomicUsize,
}

impl Answer {
    /// Has `find` find it out, unless somebody else does. Never waits.
    fn find(&self, find: impl FnOnce() -> Loaded) {
        if !self.is_taken.swap(true, AcqRel) {
            // Nobody else sets it, as nobody else could take it.
            let _ = self.loaded.set(find());
        }
    }
}

/// How a name is looked up.
enum Lookup {
    /// Composer 2: `<name>` and `<name>~dev`, at most for the names that the repository says it has.
    Metadata {
        template: String,
        available: Option<Available>,
    },
    /// Composer 1: one document for each name.
    Lazy { template: String },
    /// Composer 1: one document for each listed name, under its checksum.
    Providers {
        template: String,
        listed: Map<String, Value>,
    },
    /// All versions are at hand.
    Inline(Packages),
}

impl ComposerRepository {
    /// Reads the root document of the repository at `url` (as [`address::of_repository`] makes it) and what belongs to it.
    pub(super) fn open(
        url: &str,
        backend: Backend,
        digests: Option<Digests>,
        options: Option<Value>,
        wanted_lists: Option<&Value>,
    ) -> Result<ComposerRepository, RepositoryError> {
        let root = address::of_root_document(url);
        let not_found =
            || RepositoryError::new(ErrorKind::NotFound, address::masked(&root), "is not there");
        let read = |text: &str| Server::read(text, url, &address::masked(&root));
        let server = backend.with_root(&root, read)?.ok_or_else(not_found)??;
        let base = address::base(url);
        let mut packages = Vec::new();
        load_versions(&mut packages, server.packages);
        let lookup = match server.protocol {
            Protocol::Metadata(template) => Lookup::Metadata {
                template,
                available: server.available,
            },
            Protocol::Lazy(template) => Lookup::Lazy { template },
            Protocol::Providers {
                template,
                includes,
                mut listed,
            } => {
                each_include(
                    listings(base, includes.as_ref()),
                    &backend,
                    |mut document| {
                        if let Some(Value::Object(more)) = document.remove("providers") {
                            listed.extend(more);
                        }
                        listings(base, document.get("provider-includes"))
                    },
                )?;
                Lookup::Providers { template, listed }
            }
            Protocol::Inline => {
                each_include(
                    further(base, server.includes.as_ref()),
                    &backend,
                    |mut document| {
                        let includes = further(base, document.get("includes"));
                        load_versions(&mut packages, server::take_packages(&mut document));
                        includes
                    },
                )?;
                Lookup::Inline(Packages::new(mem::take(&mut packages)))
            }
        };
        let additions = Additions {
            notification_url: server.notification_url,
            source_mirrors: server.source_mirrors,
            dist_mirrors: server.dist_mirrors,
            transport_options: options.unwrap_or_default(),
            base_url: base.to_owned(),
        };
        let published = Published::read(
            url,
            server.security_advisories.as_ref(),
            server.filter.as_ref(),
            wanted_lists,
        );
        Ok(ComposerRepository {
            backend,
            digests,
            lookup,
            additions,
            published,
            partial: Packages::new(packages),
            answers: Mutex::default(),
            documents: Mutex::default(),
            entries: Entries::default(),
            round: AtomicUsize::new(0),
            turns: AtomicUsize::new(0),
        })
    }

    /// Whether the repository is asked by name.
    pub(super) fn kind(&self) -> RepositoryKind {
        match self.lookup {
            Lookup::Inline(_) => RepositoryKind::Array,
            _ => RepositoryKind::Lazy,
        }
    }

    /// All packages of a repository that is not asked by name; none of any other.
    pub(super) fn all(&self) -> &[Arc<Package>] {
        match &self.lookup {
            Lookup::Inline(packages) => packages.all(),
            _ => &[],
        }
    }

    pub(super) fn additions(&self) -> &Additions {
        &self.additions
    }

    /// The lock's entry for a version.
    pub(super) fn entry(&self, package: &Arc<Package>) -> Result<Value, LoadError> {
        self.entries.get(package, &self.additions)
    }

    /// The filter lists that count.
    pub(super) fn lists(&self) -> &[Arc<str>] {
        self.published.lists()
    }

    /// Whether there are security advisories.
    pub(super) fn has_advisories(&self) -> bool {
        self.published.has_advisories()
    }

    /// Security advisories about some names.
    pub(super) fn advisories(
        self: &Arc<Self>,
        names: &[Arc<str>],
        complete: bool,
        wants_dev: &Arc<WantsDev>,
    ) -> Result<Vec<Advisory>, RepositoryError> {
        let load = |names: &[Arc<str>]| self.load(names, wants_dev);
        self.published
            .advisories(&self.known(names), complete, &self.backend, load)
    }

    /// What the filter lists hold about some names.
    pub(super) fn list_entries(
        self: &Arc<Self>,
        names: &[Arc<str>],
        wants_dev: &Arc<WantsDev>,
    ) -> Result<Vec<ListEntry>, RepositoryError> {
        let load = |names: &[Arc<str>]| self.load(names, wants_dev);
        self.published
            .entries(&self.known(names), &self.backend, load)
    }

    /// The names that the repository may have.
    fn known(&self, names: &[Arc<str>]) -> Vec<Arc<str>> {
        let known = names.iter().filter(|name| self.may_have(name));
        known.cloned().collect()
    }

    /// Looks up names, given in lower case.
    pub(super) fn load(
        self: &Arc<Self>,
        names: &[Arc<str>],
        wants_dev: &Arc<WantsDev>,
    ) -> Vec<Loaded> {
        let answers: Vec<_> = names
            .iter()
            .map(|name| self.answer(name, &**wants_dev))
            .collect();
        for answer in &answers {
            if answer.turn.load(Relaxed) == 0 {
                let turn = self.turns.fetch_add(1, Relaxed) + 1;
                answer.turn.store(turn, Relaxed);
            }
        }
        let missing = || {
            let both = names.iter().zip(&answers);
            both.filter(|(_, answer)| answer.loaded.get().is_none())
        };
        self.backend
            .prepare(missing().flat_map(|(name, _)| self.addresses(name, &**wants_dev)));
        // This thread begins at the front, and others take from it what they can.
        if missing().nth(1).is_some() {
            missing().for_each(|(name, answer)| self.find_later(name, answer, wants_dev));
        }
        for (name, answer) in names.iter().zip(&answers) {
            answer.find(|| self.ask(name, &**wants_dev));
        }
        answers
            .iter()
            .map(|answer| answer.loaded.wait().clone())
            .collect()
    }

    /// Looks up names, given in lower case, their branches included.
    pub(super) fn load_with_branches(self: &Arc<Self>, names: &[Arc<str>]) -> Vec<Loaded> {
        let every: Arc<WantsDev> = Arc::new(|_: &str| true);
        self.load(names, &every)
    }

    /// Begins to load what [`load`](Self::load) would, in the background.
    pub(super) fn prefetch(self: &Arc<Self>, names: &[Arc<str>], wants_dev: &Arc<WantsDev>) {
        for name in names {
            let answer = self.answer(name, &**wants_dev);
            if answer.loaded.get().is_some() {
                continue;
            }
            if let Backend::Remote(remote) = &self.backend {
                self.addresses(name, &**wants_dev)
                    .into_iter()
                    .for_each(|url| remote.begin(url));
                continue;
            }
            self.find_later(name, &answer, wants_dev);
        }
    }

    /// Asks the network for names that are likely to be needed, each as [`asked`](Self::asked) has it. What needs no network is
    /// left alone.
    pub(super) fn foresee(self: &Arc<Self>, likely: &[String]) {
        if !self.is_remote() {
            return;
        }
        let with_branches = |asked: &String| asked.ends_with(BRANCHES);
        let (mut names, mut branches) = (Vec::with_capacity(likely.len()), FxHashSet::default());
        for asked in likely {
            let name: Arc<str> = asked.strip_suffix(BRANCHES).unwrap_or(asked).into();
            if with_branches(asked) {
                branches.insert(name.clone());
            }
            if self.may_have(&name) {
                names.push(name);
            }
        }
        let wants_dev: Arc<WantsDev> = Arc::new(move |name: &str| branches.contains(name));
        self.prefetch(&names, &wants_dev);
    }

    /// The names that were asked for over the network, in this order, with `~dev` where it was for branches, too.
    pub(super) fn asked(&self) -> Vec<String> {
        if !self.is_remote() {
            return Vec::new();
        }
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut asked: Vec<(usize, &Asked)> = answers
            .iter()
            .map(|(asked, answer)| (answer.turn.load(Relaxed), asked))
            .filter(|(turn, (name, _))| *turn > 0 && self.may_have(name))
            .collect();
        asked.sort_unstable();
        asked
            .into_iter()
            .map(|(_, (name, branches))| format!("{name}{}", if *branches { BRANCHES } else { "" }))
            .collect()
    }

    /// What stands for the repository where its address must not be shown.
    pub(super) fn id(&self) -> String {
        digest(&address::without_login(&self.additions.base_url))
    }

    /// Whether an answer to a name is fetched over a network.
    pub(super) fn is_remote(&self) -> bool {
        let is_by_name = matches!(self.lookup, Lookup::Metadata { .. } | Lookup::Lazy { .. });
        is_by_name && matches!(&self.backend, Backend::Remote(remote) if remote.has_network())
    }

    /// Has another thread find an answer.
    fn find_later(
        self: &Arc<Self>,
        name: &Arc<str>,
        answer: &Arc<Answer>,
        wants_dev: &Arc<WantsDev>,
    ) {
        let (repository, name) = (self.clone(), name.clone());
        let (answer, wants_dev) = (answer.clone(), wants_dev.clone());
        rayon::spawn(move || answer.find(|| repository.ask(&name, &*wants_dev)));
    }

    /// Why the server is not asked any more, if it is not.
    pub(super) fn down(&self) -> Option<&RepositoryError> {
        match &self.backend {
            Backend::Folder(_) => None,
            Backend::Remote(remote) => remote.down(),
        }
    }

    /// Why answers come from the cache alone, if they do.
    pub(super) fn outage(&self) -> Option<&RepositoryError> {
        match &self.backend {
            Backend::Folder(_) => None,
            Backend::Remote(remote) => remote.outage(),
        }
    }

    /// Whether the repository says that it has `name`, or does not say.
    pub(super) fn may_have(&self, name: &str) -> bool {
        match &self.lookup {
            Lookup::Inline(_) => false,
            Lookup::Metadata {
                available: Some(available),
                ..
            } => available.contains(name),
            Lookup::Metadata { .. } | Lookup::Lazy { .. } => true,
            Lookup::Providers { listed, .. } => listed.contains_key(name),
        }
    }

    fn answer(&self, name: &Arc<str>, wants_dev: &WantsDev) -> Arc<Answer> {
        let key = (name.clone(), wants_dev(name));
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = answers.entry(key).or_default();
        answer.round.store(self.round.load(Relaxed), Relaxed);
        answer.clone()
    }

    /// Whether answers may depend on credentials for other hosts than the repository's own.
    pub(super) fn is_known_elsewhere(&self) -> bool {
        match &self.backend {
            Backend::Folder(_) => false,
            Backend::Remote(remote) => remote.is_known_elsewhere(),
        }
    }

    /// How many documents were read, or are being read.
    pub(super) fn documents(&self) -> usize {
        let documents = self.documents.lock();
        documents.unwrap_or_else(PoisonError::into_inner).len()
    }

    /// About how many bytes it takes what was read.
    pub(super) fn weight(&self) -> usize {
        let documents = self
            .documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let read = documents.values().filter_map(|document| document.get());
        let versions = read.filter_map(|document| Some(document.as_ref().ok()?.as_ref()?.weight()));
        versions.sum::<usize>() + self.entries.weight()
    }

    /// Forgets the answers that nobody has asked for in this round, or all. Who waits for one still gets it.
    pub(super) fn forget(&self, all: bool) {
        let round = self.round.load(Relaxed);
        let mut answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.retain(|_, answer| {
            let is_there = answer.loaded.get().is_some();
            !is_there || (!all && answer.round.load(Relaxed) == round)
        });
        let names: FxHashSet<Arc<str>> = answers.keys().map(|(name, _)| name.clone()).collect();
        drop(answers);
        let every = |_: &str| true;
        let kept = names.iter().flat_map(|name| self.addresses(name, &every));
        let kept: FxHashSet<String> = kept.collect();
        let mut documents = self
            .documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        documents.retain(|url, _| kept.contains(url));
        drop(documents);
        self.entries.forget();
    }

    /// From here on, what nobody asks for counts as not needed.
    pub(super) fn begin_round(&self) {
        self.round.fetch_add(1, Relaxed);
    }

    fn ask(&self, name: &Arc<str>, wants_dev: &WantsDev) -> Loaded {
        if let Lookup::Inline(packages) = &self.lookup {
            return packages.load(name);
        }
        let partial = self.partial.load(name);
        if !matches!(partial, Loaded::Absent) {
            return partial;
        }
        match self.fetch(name, wants_dev) {
            // A document that has no versions is one that is not there, except in Composer 2's protocol.
            Ok(Some(versions))
                if versions.records.is_empty()
                    && !matches!(self.lookup, Lookup::Metadata { .. }) =>
            {
                Loaded::Absent
            }
            Ok(Some(versions)) => Loaded::Versions(versions),
            Ok(None) => Loaded::Absent,
            Err(error) => Loaded::Unavailable(error),
        }
    }

    fn fetch(&self, name: &Arc<str>, wants_dev: &WantsDev) -> Document {
        let mut found: Option<Arc<Versions>> = None;
        for url in self.addresses(name, wants_dev) {
            found = match (found, self.document(url, name)?) {
                (Some(found), Some(more)) => Some(Arc::new(found.with(&more))),
                (found, more) => found.or(more),
            };
        }
        Ok(found)
    }

    /// What the document at `url` says of `name`. Who asks while another thread reads it waits for that.
    fn document(&self, url: String, name: &Arc<str>) -> Document {
        let mut documents = self
            .documents
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let document = documents.entry(url.clone()).or_default().clone();
        drop(documents);
        let read = || {
            let malformed = |error: Syntax, text: &str| {
                let message = format!(
                    "is not a repository document: {error} in line {}",
                    error.line(text)
                );
                RepositoryError::new(ErrorKind::Malformed, self.backend.shown(&url), message)
            };
            let sum = match &self.lookup {
                Lookup::Providers { listed, .. } => listed.get(&**name).and_then(checksum),
                _ => None,
            };
            let read = |text: &str| {
                verify(text, sum, || self.backend.shown(&url))?;
                let walk = || document::content(text, name).map_err(|error| malformed(error, text));
                match &self.digests {
                    Some(digests) => {
                        digests.content(&address::without_login(&url), text, name, walk)
                    }
                    None => walk(),
                }
            };
            let content = self.backend.with(&url, read)?.transpose()?.flatten();
            Ok(content.map(|content| Arc::new(document::versions(name, content))))
        };
        document.get_or_init(|| read().map_err(Arc::new)).clone()
    }

    /// The addresses of the documents about `name`, in the order in which their versions count. None when the repository is
    /// known not to have it.
    fn addresses(&self, name: &str, wants_dev: &WantsDev) -> Vec<String> {
        if !is_package_name(name) {
            return Vec::new();
        }
        let address = |template: &str, name: &str| template.replace("%package%", name);
        match &self.lookup {
            Lookup::Inline(_) => Vec::new(),
            Lookup::Metadata {
                available: Some(available),
                ..
            } if !available.contains(name) => Vec::new(),
            Lookup::Metadata { template, .. } => {
                let dev = wants_dev(name).then(|| address(template, &format!("{name}~dev")));
                [address(template, name)].into_iter().chain(dev).collect()
            }
            Lookup::Lazy { template } => vec![address(template, name)],
            Lookup::Providers { template, listed } => {
                let checksum = listed.get(name).and_then(checksum);
                checksum
                    .map(|checksum| address(template, name).replace("%hash%", checksum))
                    .into_iter()
                    .collect()
            }
        }
    }
}

/// A further document of a repository, and the checksum that it has to have, if it has to have one.
struct Include {
    url: String,
    checksum: Option<String>,
}

/// Visits the documents named by `includes` and those that they name, each once, in the order in which Composer merges
/// them. `visit` returns what the document at hand includes.
fn each_include(
    includes: Vec<Include>,
    backend: &Backend,
    mut visit: impl FnMut(Map<String, Value>) -> Vec<Include>,
) -> Result<(), RepositoryError> {
    let mut seen = FxHashSet::default();
    let mut left: Vec<Include> = includes.into_iter().rev().collect();
    while let Some(Include { url, checksum }) = left.pop() {
        if !seen.insert(url.clone()) {
            continue;
        }
        let failed =
            |kind, message: String| Err(RepositoryError::new(kind, backend.shown(&url), message));
        // Names can be made up for ever.
        if seen.len() > MOST_INCLUDES {
            return failed(
                ErrorKind::Malformed,
                format!(
                    "is one of more than {MOST_INCLUDES} documents that the repository includes"
                ),
            );
        }
        let read = |text: &str| {
            verify(text, checksum.as_deref(), || backend.shown(&url))?;
            server::object(text, &backend.shown(&url))
        };
        match backend.with(&url, read)? {
            Some(document) => left.extend(visit(document?).into_iter().rev()),
            None => {
                let message = "is not there, though the repository includes it";
                return failed(ErrorKind::NotFound, message.to_owned());
            }
        }
    }
    Ok(())
}

/// Fails for a document that is not the one that was announced, as Composer does. `shown` is what errors call it.
fn verify(
    text: &str,
    checksum: Option<&str>,
    shown: impl FnOnce() -> String,
) -> Result<(), RepositoryError> {
    let is_other = |wanted: &str| {
        let sum = Sha256::digest(text.as_bytes());
        let sum: String = sum.iter().map(|byte| format!("{byte:02x}")).collect();
        sum != wanted
    };
    if checksum.is_some_and(|wanted| !wanted.is_empty() && is_other(wanted)) {
        return Err(RepositoryError::new(
            ErrorKind::Malformed,
            shown(),
            "is not what the repository announced: its checksum is another one",
        ));
    }
    Ok(())
}

/// The `provider-includes`: below the repository, under their checksums.
fn listings(base: &str, includes: Option<&Value>) -> Vec<Include> {
    let includes = includes.and_then(Value::as_object).into_iter().flatten();
    includes
        .map(|(name, entry)| {
            let checksum = checksum(entry);
            Include {
                url: format!(
                    "{base}/{}",
                    name.replace("%hash%", checksum.unwrap_or_default())
                ),
                checksum: checksum.map(str::to_owned),
            }
        })
        .collect()
}

/// The `includes`: below the repository. Composer compares their checksums with its cache alone.
fn further(base: &str, includes: Option<&Value>) -> Vec<Include> {
    let includes = includes.and_then(Value::as_object).into_iter().flatten();
    let include = |(name, _)| Include {
        url: format!("{base}/{name}"),
        checksum: None,
    };
    includes.map(include).collect()
}

fn checksum(entry: &Value) -> Option<&str> {
    entry.get("sha256")?.as_str()
}

/// Loads `packages` of a root document: versions by name, by version or listed. Composer refuses a repository with a version
/// that cannot be loaded; here that version alone is left out.
fn load_versions(into: &mut Vec<Arc<Package>>, packages: Value) {
    for versions in server::into_items(packages) {
        let versions = server::into_items(versions)
            .filter_map(|version| loader::load_listed(Arc::new(version)).ok());
        into.extend(versions.map(Arc::new));
    }
}

/// Whether a name can be a package's, and be part of a path. (Platform packages have no slash, so they never get here.)
fn is_package_name(name: &str) -> bool {
    let is_part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_lowercase() || first.is_ascii_digit())
            && part
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'))
    };
    name.split_once('/')
        .is_some_and(|(vendor, name)| is_part(vendor) && is_part(name))
}
