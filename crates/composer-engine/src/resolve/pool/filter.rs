//! Takes the versions out of a pool that a policy blocks (`SecurityAdvisoryPoolFilter`, `FilterListPoolFilter`).

use super::blocked::{Blocked, ByName};
use super::{Literal, Pool};
use crate::format::package::Package;
use crate::format::package::platform::is_platform_package;
use crate::format::version::Version;
use crate::format::version::stability::Stability;
use crate::repository::{Advisory, ListEntry, PackageSource, RepositoryError};
use crate::resolve::blocking::{Blocking, ListBlock, MALWARE};
use crate::resolve::candidate::{Candidate, CandidateId, Candidates, Origin};
use crate::resolve::request::Request;
use crate::resolve::world::World;
use indexmap::IndexMap;
use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::Value;
use std::sync::Arc;

/// The pool without what is blocked, and warnings about what could not be asked for. `metadata_only` is an update of
/// metadata alone, which advisories have no say in.
pub(crate) fn remove_blocked(
    world: &World<'_>,
    pool: Pool,
    request: &Request,
    blocking: &Blocking,
    metadata_only: bool,
) -> Result<(Pool, Vec<String>), Arc<RepositoryError>> {
    let mut filter = Filter {
        candidates: &world.candidates,
        source: world.source,
        request,
        blocking,
        blocked: Blocked::default(),
        warnings: Vec::new(),
    };
    let mut pool = pool;
    if blocking.advisories.blocks && !metadata_only {
        pool = filter.remove_insecure(pool)?;
    }
    if !blocking.lists.is_empty() {
        pool = filter.remove_listed(pool)?;
    }
    pool.blocked = Arc::new(filter.blocked);
    Ok((pool, filter.warnings))
}

/// The versions of each name that are of interest.
type Wanted<'a> = IndexMap<&'a Arc<str>, Vec<&'a Version>>;

struct Filter<'a> {
    candidates: &'a Candidates,
    source: &'a dyn PackageSource,
    request: &'a Request,
    blocking: &'a Blocking,
    blocked: Blocked,
    warnings: Vec<String>,
}

impl<'a> Filter<'a> {
    /// Abandoned packages, and releases with advisories.
    fn remove_insecure(&mut self, pool: Pool) -> Result<Pool, Arc<RepositoryError>> {
        let advisories = self.advisories(&pool)?;
        let rules = &self.blocking.abandoned;
        if advisories.is_empty() && !rules.blocks {
            return Ok(pool);
        }
        let mut kept = Vec::with_capacity(pool.len());
        for id in pool.literals().map(|literal| pool.candidate(literal)) {
            let candidate = &self.candidates[id];
            let package = &*candidate.package;
            let ignored = || {
                rules
                    .ignored
                    .iter()
                    .any(|ignored| ignored.concerns(&package.name))
            };
            if rules.blocks && is_abandoned(package) && !ignored() {
                for name in candidate.names(false) {
                    self.blocked
                        .abandoned
                        .entry(name.clone())
                        .or_default()
                        .push(package.version.clone());
                }
                continue;
            }
            let against = advisories_against(candidate, &advisories);
            if against.is_empty() {
                kept.push(id);
                continue;
            }
            for name in candidate.names(false) {
                let versions = self.blocked.insecure.entry(name.clone()).or_default();
                versions.push((package.version.clone(), against.clone()));
            }
        }
        Ok(self.reduced(pool, kept))
    }

    /// The advisories that count, by name.
    fn advisories(&mut self, pool: &Pool) -> Result<ByName<Arc<Advisory>>, Arc<RepositoryError>> {
        let rules = &self.blocking.advisories;
        let publishing = (0..self.source.repositories().len())
            .filter(|&index| self.source.has_advisories(index));
        let publishing: Vec<usize> = publishing.collect();
        if publishing.is_empty() {
            return Ok(FxHashMap::default());
        }
        let wanted = self.wanted(pool, |id| self.request.is_locked(id));
        let ask = |complete: bool| {
            let mut found: ByName<Arc<Advisory>> = FxHashMap::default();
            let mut unreachable = Vec::new();
            for &index in &publishing {
                match self
                    .source
                    .advisories(index, &self.allowed(index, &wanted), complete)
                {
                    Ok(advisories) => {
                        let concern = |advisory: &Advisory| {
                            let versions = wanted.get(&advisory.package).into_iter().flatten();
                            versions
                                .into_iter()
                                .any(|version| advisory.affected.matches_version(version))
                        };
                        for advisory in advisories.into_iter().filter(concern) {
                            found
                                .entry(advisory.package.clone())
                                .or_default()
                                .push(Arc::new(advisory));
                        }
                    }
                    Err(error) if self.blocking.ignores_unreachable => unreachable.push(error),
                    Err(error) => return Err(error),
                }
            }
            Ok((found, unreachable))
        };
        let (mut found, mut unreachable) = ask(false)?;
        let is_short = |advisory: &Arc<Advisory>| advisory.details.is_none();
        if rules.needs_details() && found.values().flatten().any(is_short) {
            (found, unreachable) = ask(true)?;
        }
        self.warn(
            "Security advisory data could not be fetched from some repositories (ignored per policy.ignore-unreachable); matches may be incomplete:",
            &unreachable,
        );
        self.blocked.advisories = found.clone();
        found
            .values_mut()
            .for_each(|advisories| advisories.retain(|advisory| !self.is_ignored(advisory)));
        found.retain(|_, advisories| !advisories.is_empty());
        Ok(found)
    }

    /// `Auditor::processAdvisories`
    fn is_ignored(&self, advisory: &Advisory) -> bool {
        let rules = &self.blocking.advisories;
        let ignored = |id: &str| rules.ignored.iter().any(|ignored| ignored == id);
        ignored(&advisory.package)
            || ignored(&advisory.id)
            || advisory.details.as_ref().is_some_and(|details| {
                let severity = details.severity.as_ref();
                severity.is_some_and(|severity| rules.ignored_severities.contains(severity))
                    || details.cve.as_deref().is_some_and(ignored)
                    || details.remote_ids.iter().any(|id| ignored(id))
            })
    }

    /// Versions on filter lists. What is locked, or equal to it, is judged as something to install.
    fn remove_listed(&mut self, pool: Pool) -> Result<Pool, Arc<RepositoryError>> {
        let is_wanted =
            |list: &Arc<str>| self.blocking.lists.iter().any(|block| block.name == *list);
        let keeping = (0..self.source.repositories().len()).filter_map(|index| {
            let lists: Vec<Arc<str>> = self
                .source
                .filter_lists(index)
                .into_iter()
                .filter(&is_wanted)
                .collect();
            (!lists.is_empty()).then_some((index, lists))
        });
        let keeping: Vec<(usize, Vec<Arc<str>>)> = keeping.collect();
        if keeping.is_empty() {
            return Ok(pool);
        }
        let wanted = self.wanted(&pool, |_| false);
        let mut entries: ByName<Arc<ListEntry>> = FxHashMap::default();
        let mut unreachable = Vec::new();
        for (index, lists) in &keeping {
            match self
                .source
                .list_entries(*index, &self.allowed(*index, &wanted))
            {
                Ok(found) => {
                    for entry in found
                        .into_iter()
                        .filter(|entry| lists.contains(&entry.list))
                    {
                        entries
                            .entry(entry.package.clone())
                            .or_default()
                            .push(Arc::new(entry));
                    }
                }
                Err(error) if self.blocking.ignores_unreachable => unreachable.push(error),
                Err(error) => return Err(error),
            }
        }
        self.warn(
            "Filter list data could not be fetched from some sources (ignored per policy.ignore-unreachable); matches may be incomplete:",
            &unreachable,
        );
        if entries.is_empty() {
            return Ok(pool);
        }
        // Lists are gone through by name, whichever repository they are from.
        entries
            .values_mut()
            .for_each(|entries| entries.sort_by(|a, b| a.list.cmp(&b.list)));
        let locked: FxHashSet<(&Arc<str>, &Version)> = self
            .request
            .locked_repository
            .iter()
            .map(|&id| (self.candidates[id].name(), self.candidates[id].version()))
            .collect();
        let mut kept = Vec::with_capacity(pool.len());
        for id in pool.literals().map(|literal| pool.candidate(literal)) {
            let candidate = &self.candidates[id];
            let is_locked = self.request.is_locked(id)
                || locked.contains(&(candidate.name(), candidate.version()));
            let against = match is_judged(candidate) {
                true => self.entries_against(candidate, &entries, is_locked),
                false => Vec::new(),
            };
            if against.is_empty() {
                kept.push(id);
                continue;
            }
            for name in candidate.names(false) {
                let versions = self.blocked.listed.entry(name.clone()).or_default();
                versions.push((candidate.version().clone(), against.clone()));
            }
        }
        Ok(self.reduced(pool, kept))
    }

    /// `FilterListAuditor::getMatchingEntries`
    fn entries_against(
        &self,
        candidate: &Candidate,
        entries: &ByName<Arc<ListEntry>>,
        is_locked: bool,
    ) -> Vec<Arc<ListEntry>> {
        let version = candidate.version();
        let mut against = Vec::new();
        for name in candidate.names(false) {
            for entry in entries.get(name).into_iter().flatten() {
                let Some(block) = self
                    .blocking
                    .lists
                    .iter()
                    .find(|block| block.name == entry.list)
                else {
                    continue;
                };
                let blocks = if is_locked {
                    block.on_install
                } else {
                    block.on_update
                };
                if blocks
                    && entry.constraint.matches_version(version)
                    && !block
                        .ignored
                        .iter()
                        .any(|ignored| ignored.covers(name, version))
                    && !is_from_ignored_source(block, entry)
                {
                    against.push(entry.clone());
                }
            }
        }
        against
    }

    /// The versions that are asked about.
    fn wanted(&self, pool: &Pool, is_exempt: impl Fn(CandidateId) -> bool) -> Wanted<'a> {
        let mut wanted = Wanted::new();
        for id in pool
            .literals()
            .map(|literal: Literal| pool.candidate(literal))
        {
            let candidate = &self.candidates[id];
            if is_judged(candidate) && !candidate.root_alias && !is_exempt(id) {
                wanted
                    .entry(candidate.name())
                    .or_default()
                    .push(candidate.version());
            }
        }
        wanted
    }

    /// The names that may be taken from a repository.
    fn allowed(&self, repository: usize, wanted: &Wanted<'a>) -> Vec<Arc<str>> {
        let info = &self.source.repositories()[repository];
        let names = wanted.keys().filter(|name| info.allows(name));
        names.map(|name| (*name).clone()).collect()
    }

    fn reduced(&self, pool: Pool, kept: Vec<CandidateId>) -> Pool {
        if kept.len() == pool.len() {
            return pool;
        }
        let mut reduced = Pool::new(kept, self.candidates);
        reduced.unacceptable = pool.unacceptable;
        reduced
    }

    fn warn(&mut self, about: &str, unreachable: &[Arc<RepositoryError>]) {
        if !unreachable.is_empty() {
            self.warnings.push(about.to_string());
            self.warnings
                .extend(unreachable.iter().map(|error| format!("  - {error}")));
        }
    }
}

/// Whether a candidate is one that anything can be published against.
fn is_judged(candidate: &Candidate) -> bool {
    candidate.origin != Origin::Root && !is_platform_package(candidate.name())
}

fn is_from_ignored_source(block: &ListBlock, entry: &ListEntry) -> bool {
    let is_ignored = |source: &String| block.ignored_sources.contains(source);
    &*block.name == MALWARE && entry.source.as_ref().is_some_and(is_ignored)
}

/// The advisories against a version. A branch has none: nobody knows whether it is mended.
fn advisories_against(
    candidate: &Candidate,
    advisories: &ByName<Arc<Advisory>>,
) -> Vec<Arc<Advisory>> {
    if advisories.is_empty() || candidate.version().stability() == Stability::Dev {
        return Vec::new();
    }
    let names = candidate.names(false).into_iter();
    let about = names.filter_map(|name| advisories.get(name)).flatten();
    about
        .filter(|advisory| advisory.affected.matches_version(candidate.version()))
        .cloned()
        .collect()
}

/// `CompletePackage::isAbandoned`
fn is_abandoned(package: &Package) -> bool {
    match package.metadata.get("abandoned") {
        Some(Value::Bool(abandoned)) => abandoned,
        Some(Value::String(replacement)) => !replacement.is_empty(),
        _ => false,
    }
}
