//! Small things that thousands of versions have in common, made once: versions, texts, links.
//!
//! The modules of a shop system share their version numbers and require each other in them, so nearly everything has been
//! seen before. Each thread remembers for itself, which costs no locks; what it remembers is bounded.

use crate::format::package::links::Link;
use crate::format::package::loader;
use crate::format::version::Version;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::sync::Arc;

/// How many things of a kind a thread remembers before it starts afresh.
const LIMIT: usize = 1 << 16;

#[derive(Default)]
struct Seen {
    versions: FxHashMap<Box<str>, Version>,
    /// By the text as it is written; none for one that is no version.
    parsed: FxHashMap<Box<str>, Option<Version>>,
    texts: FxHashMap<Box<str>, Arc<str>>,
    links: FxHashMap<Box<str>, Link>,
}

thread_local! {
    static SEEN: RefCell<Seen> = RefCell::default();
}

/// What [`loader::version`] makes of `version` and `version_normalized`; none when that is nothing.
pub(crate) fn version(pretty_version: &str, normalized: Option<&str>) -> Option<Version> {
    let Some(normalized) =
        normalized.filter(|normalized| *normalized != loader::DEFAULT_BRANCH_ALIAS)
    else {
        return SEEN.with_borrow_mut(|seen| {
            remember(&mut seen.parsed, pretty_version, || {
                loader::version(pretty_version, None).ok()
            })
        });
    };
    Some(self::normalized(normalized))
}

/// A version that is normalised already, shared.
pub(crate) fn normalized(text: &str) -> Version {
    SEEN.with_borrow_mut(|seen| {
        remember(&mut seen.versions, text, || Version::from_normalized(text))
    })
}

/// A text, shared.
pub(crate) fn text(text: &str) -> Arc<str> {
    SEEN.with_borrow_mut(|seen| remember(&mut seen.texts, text, || text.into()))
}

/// The link that `raw`, an entry of a section as it is written, stands for. `make` must depend on nothing else.
pub(crate) fn link(raw: &str, make: impl FnOnce() -> Link) -> Link {
    // `make` runs outside of the borrow, as it may come back here.
    let known = SEEN.with_borrow(|seen| seen.links.get(raw).cloned());
    known.unwrap_or_else(|| {
        let link = make();
        SEEN.with_borrow_mut(|seen| remember(&mut seen.links, raw, || link))
    })
}

fn remember<T: Clone>(seen: &mut FxHashMap<Box<str>, T>, key: &str, make: impl FnOnce() -> T) -> T {
    if let Some(known) = seen.get(key) {
        return known.clone();
    }
    if seen.len() >= LIMIT {
        seen.clear();
    }
    let made = make();
    seen.insert(key.into(), made.clone());
    made
}
