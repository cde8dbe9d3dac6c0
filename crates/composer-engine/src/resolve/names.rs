//! Package names and what versions say of each other, by index.
//!
//! A plan asks the resolver many times, and a fleet of stores thousands of times, about mostly the same versions. So each thread
//! keeps its indices from one resolution to the next: they only ever grow, and an index says nothing of what may be chosen.
//! What is kept is bounded.

use crate::format::package::Package;
use crate::format::package::links::Links;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Index of a package name in its [`Names`].
pub type NameId = u32;

/// Index of a section of links in its [`Names`].
pub(crate) type SectionId = u32;

/// Index of what versions say of other packages in its [`Names`].
pub(crate) type RelationsId = u32;

/// What a version says of other packages, by index. Versions in a row mostly say the same, and then share it.
#[derive(Debug)]
pub(super) struct Relations {
    /// Index of it in its [`Names`].
    pub(super) id: RelationsId,
    pub(super) name: NameId,
    /// Requirements, conflicts, provided and replaced names.
    pub(super) sections: [Arc<Section>; 4],
    /// Its name and the names that it replaces, each once.
    pub(super) names: Box<[NameId]>,
    /// Its name and the names that it provides and replaces, each once; none where that is the same.
    pub(super) names_with_provided: Option<Box<[NameId]>>,
}

/// The links of a section, with indices for what they say.
#[derive(Debug, Default)]
pub(super) struct Section {
    /// Index of the section in its [`Names`]; the empty one is the first.
    pub(super) id: SectionId,
    /// The names that are linked to, in the order of the links.
    pub(super) names: Box<[NameId]>,
}

/// Some of the sections, or of the relations: their numbers are dense.
#[derive(Debug, Default)]
pub(super) struct IdSet(Vec<bool>);

impl IdSet {
    /// Puts one in. Whether it was not in yet.
    pub(super) fn insert(&mut self, id: u32) -> bool {
        let place = id as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, false);
        }
        !std::mem::replace(&mut self.0[place], true)
    }
}

/// How many relations are kept before everything is counted afresh. A large store knows some 15,000, and every store adds its own;
/// what is kept also keeps the links themselves in memory.
const MAX_RELATIONS: usize = 40_000;

/// Likewise, how many names: lists with a place for each are made for every pool.
const MAX_NAMES: usize = 1 << 15;

/// How many a thread keeps: one may be in use for long while others come and go.
const MAX_KEPT: usize = 2;

thread_local! {
    static KEPT: RefCell<Vec<Names>> = const { RefCell::new(Vec::new()) };
}

/// Where a package has its name and its links in memory. What is empty may be anywhere.
type Addresses = (usize, [usize; 4]);

/// Package names, sections of links between them, and relations, with their indices.
///
/// What is found by its address is held here, so that nothing else can come to have the same.
#[derive(Debug, Default)]
pub(super) struct Names {
    vocabulary: u64,
    texts: Vec<Arc<str>>,
    by_text: FxHashMap<Arc<str>, NameId>,
    /// By where a text is in memory: most links to a package share theirs, and then need not be hashed.
    by_address: FxHashMap<usize, (Arc<str>, NameId)>,
    sections: FxHashMap<usize, (Links, Arc<Section>)>,
    relations: FxHashMap<Addresses, Arc<Relations>>,
    empty: Arc<Section>,
    /// What was asked last: versions in a row are of one name and mostly have the same links.
    last: Option<(Addresses, Arc<Relations>)>,
}

impl Names {
    /// Those that the last resolution of this thread left, or none.
    pub(super) fn take() -> Names {
        let kept = KEPT.with_borrow_mut(Vec::pop);
        kept.unwrap_or_else(|| {
            static NEXT: AtomicU64 = AtomicU64::new(1);
            Names {
                vocabulary: NEXT.fetch_add(1, Ordering::Relaxed),
                ..Names::default()
            }
        })
    }

    /// Leaves them for the next resolution of this thread, unless they have become many.
    pub(super) fn keep(self) {
        if self.relations.len() > MAX_RELATIONS || self.texts.len() > MAX_NAMES {
            return;
        }
        // Not there any more while a thread ends.
        let _ = KEPT.try_with(|kept| {
            let mut kept = kept.borrow_mut();
            if kept.len() < MAX_KEPT {
                kept.push(self);
            }
        });
    }

    /// A number that no others have.
    pub(super) fn vocabulary(&self) -> u64 {
        self.vocabulary
    }

    /// How many names there are.
    pub(super) fn len(&self) -> usize {
        self.texts.len()
    }

    /// The name with an index.
    pub(super) fn text(&self, id: NameId) -> &Arc<str> {
        &self.texts[id as usize]
    }

    /// The index of a name that was met.
    pub(super) fn known(&self, name: &str) -> Option<NameId> {
        self.by_text.get(name).copied()
    }

    fn id(&mut self, name: &Arc<str>) -> NameId {
        let address = name.as_ptr() as usize;
        if let Some((_, id)) = self.by_address.get(&address) {
            return *id;
        }
        let id = match self.by_text.get(name) {
            Some(&id) => id,
            None => {
                let id = self.texts.len() as NameId;
                self.texts.push(name.clone());
                self.by_text.insert(name.clone(), id);
                id
            }
        };
        self.by_address.insert(address, (name.clone(), id));
        id
    }

    fn section(&mut self, links: &Links) -> Arc<Section> {
        if links.is_empty() {
            return self.empty.clone();
        }
        let address = links.as_ptr() as usize;
        if let Some((_, section)) = self.sections.get(&address) {
            return section.clone();
        }
        // The empty one has the first number.
        let section = Arc::new(Section {
            id: self.sections.len() as SectionId + 1,
            names: links.iter().map(|link| self.id(&link.target)).collect(),
        });
        self.sections
            .insert(address, (links.clone(), section.clone()));
        section
    }

    /// What a package says of others.
    pub(super) fn of(&mut self, package: &Package) -> Arc<Relations> {
        let sections = [
            &package.requires,
            &package.conflicts,
            &package.provides,
            &package.replaces,
        ];
        let address = |links: &Links| match links.is_empty() {
            true => 0,
            false => links.as_ptr() as usize,
        };
        let addresses = (package.name.as_ptr() as usize, sections.map(address));
        if let Some((last, relations)) = &self.last
            && *last == addresses
        {
            return relations.clone();
        }
        let known = self.relations.get(&addresses).cloned();
        let relations = known.unwrap_or_else(|| {
            let sections = sections.map(|links| self.section(links));
            let name = self.id(&package.name);
            let [_, _, provided, replaced] = &sections;
            let names = each_once(name, &[], &replaced.names);
            let relations = Arc::new(Relations {
                id: self.relations.len() as RelationsId,
                name,
                names_with_provided: (!provided.names.is_empty())
                    .then(|| each_once(name, &provided.names, &replaced.names)),
                names,
                sections,
            });
            self.relations.insert(addresses, relations.clone());
            relations
        });
        self.last = Some((addresses, relations.clone()));
        relations
    }
}

/// A name and those that a version provides and replaces, in that order.
fn each_once(own: NameId, provided: &[NameId], replaced: &[NameId]) -> Box<[NameId]> {
    let mut names = Vec::with_capacity(1 + provided.len() + replaced.len());
    names.push(own);
    for name in provided.iter().chain(replaced) {
        if !names.contains(name) {
            names.push(*name);
        }
    }
    names.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::package::loader;
    use serde_json::json;

    fn package(name: &str, requires: &[&str]) -> Package {
        let requires: serde_json::Map<String, serde_json::Value> = requires
            .iter()
            .map(|name| ((*name).to_owned(), json!("*")))
            .collect();
        let entry = json!({ "name": name, "version": "1.0.0", "require": requires });
        loader::load(Arc::new(entry)).unwrap()
    }

    #[test]
    fn the_next_resolution_knows_what_this_one_met() {
        let mut names = Names::take();
        let shop = package("acme/shop", &["acme/base", "acme/mail"]);
        let met = names.of(&shop);
        let (vocabulary, base) = (names.vocabulary(), names.known("acme/base"));
        names.keep();
        let mut next = Names::take();
        assert_eq!(next.vocabulary(), vocabulary);
        assert_eq!(next.known("acme/base"), base);
        assert!(Arc::ptr_eq(&next.of(&shop), &met));
        // The same links elsewhere in memory are others, the same names are the same.
        let again = next.of(&package("acme/shop", &["acme/base", "acme/mail"]));
        assert_ne!(again.id, met.id);
        assert_eq!((again.name, &again.names), (met.name, &met.names));
        assert_eq!(again.sections[0].names, met.sections[0].names);
    }

    #[test]
    fn two_at_once_have_nothing_in_common() {
        let (mut first, mut second) = (Names::take(), Names::take());
        assert_ne!(first.vocabulary(), second.vocabulary());
        first.of(&package("acme/one", &[]));
        second.of(&package("acme/two", &[]));
        assert_eq!(first.known("acme/two"), None);
        assert_eq!(second.known("acme/one"), None);
    }

    #[test]
    fn what_has_become_much_is_not_kept() {
        let mut names = Names::take();
        let vocabulary = names.vocabulary();
        for number in 0..=MAX_NAMES {
            names.of(&package(&format!("acme/package-{number}"), &[]));
        }
        names.keep();
        assert_ne!(Names::take().vocabulary(), vocabulary);
    }
}
