//! The versions of one package, each kept as what differs from the version before.
//!
//! Most fields of a version say what those of its neighbour say. A document that repeats them is several times larger
//! than what it says, and the memory to keep it costs more time than to read it. Packagist's minified documents leave the
//! repetitions out; here every document is kept without them.

use super::intern;
use super::scan::Key;
use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;
use std::sync::Arc;

/// Every how many versions all fields are written down. A version is then put together from fewer differences than this.
const CHECKPOINT: usize = 16;

/// What a minified document says to take a field away that the version before had (`MetadataMinifier`).
const UNSET: &str = "\"__unset\"";

/// How many different fields are accepted. The schema knows some forty.
const MAX_KEYS: usize = 1000;

/// The keys that are looked up for every version; each is at its index.
const KNOWN: [&str; 4] = ["version", "version_normalized", "default-branch", "extra"];
pub(crate) const VERSION: usize = 0;
pub(crate) const VERSION_NORMALIZED: usize = 1;
pub(crate) const DEFAULT_BRANCH: usize = 2;
pub(crate) const EXTRA: usize = 3;

/// A byte range of the text, half as wide as a `Range<usize>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: u32,
    end: u32,
}

/// One field gets another value, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Change {
    key: u16,
    value: Option<Span>,
}

impl Change {
    pub(crate) fn new(key: u16, value: Option<(u32, u32)>) -> Change {
        Change {
            key,
            value: value.map(|(start, end)| Span { start, end }),
        }
    }

    /// Which key, and where its new value is in the text.
    pub(crate) fn parts(self) -> (u16, Option<(u32, u32)>) {
        (self.key, self.value.map(|span| (span.start, span.end)))
    }
}

/// All versions, put together on demand.
#[derive(Debug)]
pub(crate) struct Differences {
    /// The different values, as they are written, one behind the other.
    text: Arc<str>,
    keys: Box<[Arc<str>]>,
    changes: Box<[Change]>,
    /// Where the changes of each version end.
    ends: Box<[u32]>,
    /// All fields in force before every [`CHECKPOINT`]th version, by key.
    checkpoints: Box<[Box<[Option<Span>]>]>,
}

impl Differences {
    /// How many bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        let checkpoints = self.checkpoints.iter().map(|fields| size_of_val(&**fields));
        self.text.len() + size_of_val(&*self.changes) + checkpoints.sum::<usize>()
    }

    /// What it is made of, for a digest: the values, the keys, the changes, and where those of each version end.
    pub(crate) fn parts(&self) -> (&str, &[Arc<str>], &[Change], &[u32]) {
        (&self.text, &self.keys, &self.changes, &self.ends)
    }

    /// Made of such parts. None when they do not fit together.
    pub(crate) fn from_parts(
        text: &str,
        keys: Vec<Arc<str>>,
        changes: Vec<Change>,
        ends: Vec<u32>,
    ) -> Option<Differences> {
        let is_inside = |span: Span| text.get(Range::<usize>::from(span)).is_some();
        let mut fields = vec![None; keys.len()];
        let mut checkpoints = Vec::with_capacity(ends.len().div_ceil(CHECKPOINT));
        let mut start = 0;
        for (index, &end) in ends.iter().enumerate() {
            if index.is_multiple_of(CHECKPOINT) {
                checkpoints.push(fields.as_slice().into());
            }
            for change in changes.get(start..end as usize)? {
                if !change.value.is_none_or(is_inside) {
                    return None;
                }
                *fields.get_mut(usize::from(change.key))? = change.value;
            }
            start = end as usize;
        }
        (start == changes.len()).then(|| Differences {
            text: text.into(),
            keys: keys.into(),
            changes: changes.into(),
            ends: ends.into(),
            checkpoints: checkpoints.into(),
        })
    }

    /// The fields of the version at `index`: their keys, and their values as they are written.
    pub(crate) fn fields(&self, index: usize) -> impl Iterator<Item = (&Arc<str>, &str)> {
        let mut fields = vec![None; self.keys.len()];
        let first = index - index % CHECKPOINT;
        if let Some(checkpoint) = self.checkpoints.get(index / CHECKPOINT) {
            fields[..checkpoint.len()].copy_from_slice(checkpoint);
        }
        let end = |index: usize| self.ends.get(index).map_or(0, |&end| end as usize);
        let start = first.checked_sub(1).map_or(0, end);
        for change in self.changes.get(start..end(index)).unwrap_or_default() {
            fields[usize::from(change.key)] = change.value;
        }
        self.keys
            .iter()
            .zip(fields)
            .filter_map(|(key, value)| Some((key, self.text.get(Range::<usize>::from(value?))?)))
    }
}

/// Takes in version after version.
pub(crate) struct Builder {
    minified: bool,
    text: String,
    keys: Vec<Arc<str>>,
    /// The fields of the version at hand, by key.
    fields: Vec<Option<Span>>,
    /// The number of the version that last had each field.
    seen: Vec<usize>,
    /// Which key came after each one: most probably it does again.
    follows: Vec<usize>,
    last: usize,
    changes: Vec<Change>,
    ends: Vec<u32>,
    checkpoints: Vec<Box<[Option<Span>]>>,
}

thread_local! {
    /// A text to write into, kept from document to document.
    static SCRATCH: Cell<String> = const { Cell::new(String::new()) };
}

impl Builder {
    /// For a document that is minified already, or for one that repeats every field.
    pub(crate) fn new(minified: bool) -> Builder {
        let mut text = SCRATCH.take();
        text.clear();
        Builder {
            minified,
            text,
            keys: KNOWN.map(intern::text).to_vec(),
            fields: vec![None; KNOWN.len()],
            seen: vec![0; KNOWN.len()],
            follows: vec![0; KNOWN.len()],
            last: 0,
            changes: Vec::new(),
            ends: Vec::new(),
            checkpoints: Vec::new(),
        }
    }

    /// Begins a version.
    pub(crate) fn begin(&mut self) {
        if self.ends.len().is_multiple_of(CHECKPOINT) {
            self.checkpoints.push(self.fields.as_slice().into());
        }
    }

    /// Notes that an entry of the version that was begun is what it was in the version before.
    pub(crate) fn keep(&mut self, id: usize) {
        self.seen[id] = self.ends.len() + 1;
    }

    /// Takes in an entry of the version that was begun.
    pub(crate) fn set(&mut self, id: usize, raw: &str) {
        self.seen[id] = self.ends.len() + 1;
        let value = if self.minified && raw == UNSET {
            None
        } else if self.value(id) == Some(raw) {
            return;
        } else {
            let start = self.text.len();
            self.text.push_str(raw);
            Some(Span::from(start..self.text.len()))
        };
        self.change(id, value);
    }

    /// Ends the version that was begun. What it did not mention is gone, unless the document is minified.
    pub(crate) fn end(&mut self) {
        if !self.minified {
            for id in 0..self.keys.len() {
                if self.fields[id].is_some() && self.seen[id] != self.ends.len() + 1 {
                    self.change(id, None);
                }
            }
        }
        self.ends.push(self.changes.len() as u32);
    }

    /// The value of a field in the version at hand.
    pub(crate) fn value(&self, id: usize) -> Option<&str> {
        let range: Range<usize> = self.fields.get(id).copied()??.into();
        self.text.get(range)
    }

    pub(crate) fn finish(mut self) -> Differences {
        let text = Arc::from(self.text.as_str());
        SCRATCH.set(std::mem::take(&mut self.text));
        Differences {
            text,
            keys: self.keys.into(),
            changes: self.changes.into(),
            ends: self.ends.into(),
            checkpoints: self.checkpoints.into(),
        }
    }

    fn change(&mut self, id: usize, value: Option<Span>) {
        if self.fields[id] != value {
            self.fields[id] = value;
            self.changes.push(Change {
                key: id as u16,
                value,
            });
        }
    }

    /// The number of a key; none when there are too many different ones.
    pub(crate) fn id(&mut self, key: Key<'_>) -> Option<usize> {
        let key = key.text();
        let expected = self.follows[self.last];
        let id = if *self.keys[expected] == *key {
            expected
        } else {
            self.keys
                .iter()
                .position(|known| **known == *key)
                .unwrap_or(self.keys.len())
        };
        if id == MAX_KEYS {
            return None;
        }
        if id == self.keys.len() {
            self.add(key);
        }
        self.follows[self.last] = id;
        self.last = id;
        Some(id)
    }

    fn add(&mut self, key: Cow<'_, str>) {
        self.keys.push(intern::text(&key));
        self.fields.push(None);
        self.seen.push(0);
        self.follows.push(0);
    }
}

impl From<Range<usize>> for Span {
    /// Positions in a document, which is smaller than 4 GiB.
    fn from(range: Range<usize>) -> Span {
        Span {
            start: range.start as u32,
            end: range.end as u32,
        }
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Range<usize> {
        span.start as usize..span.end as usize
    }
}
