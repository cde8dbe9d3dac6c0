//! Answers about constraints, remembered: the packages of a store ask for each other in the same few thousand constraints, and
//! every resolution asks the same of them anew. Each thread remembers for itself, which costs no locks; what it remembers is
//! bounded.

use super::Constraint;
use rustc_hash::FxHashMap;
use std::cell::RefCell;

/// How many things of a kind a thread remembers before it starts afresh.
const LIMIT: usize = 1 << 15;

#[derive(Default)]
struct Memory {
    /// Constraints by number, so that a pair of them is two numbers.
    numbers: FxHashMap<Constraint, u32>,
    subsets: FxHashMap<(u32, u32), bool>,
    compacted: FxHashMap<Constraint, Constraint>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

impl Memory {
    fn number(&mut self, constraint: &Constraint) -> u32 {
        if let Some(&number) = self.numbers.get(constraint) {
            return number;
        }
        let number = self.numbers.len() as u32;
        self.numbers.insert(constraint.clone(), number);
        number
    }
}

/// Whether `inner` is a subset of `outer`, as `find` finds out.
pub(super) fn recalled(
    inner: &Constraint,
    outer: &Constraint,
    find: impl FnOnce() -> bool,
) -> bool {
    MEMORY.with_borrow_mut(|memory| {
        if memory.numbers.len() >= LIMIT || memory.subsets.len() >= LIMIT {
            memory.numbers.clear();
            memory.subsets.clear();
        }
        let pair = (memory.number(inner), memory.number(outer));
        *memory.subsets.entry(pair).or_insert_with(find)
    })
}

/// The shortest constraint that matches what `constraint` matches, as `find` finds it.
pub(super) fn compacted(constraint: &Constraint, find: impl FnOnce() -> Constraint) -> Constraint {
    MEMORY.with_borrow_mut(|memory| {
        if let Some(known) = memory.compacted.get(constraint) {
            return known.clone();
        }
        if memory.compacted.len() >= LIMIT {
            memory.compacted.clear();
        }
        let found = find();
        memory.compacted.insert(constraint.clone(), found.clone());
        found
    })
}
