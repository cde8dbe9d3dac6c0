//! Constraints that names are loaded with. Each resolution joins the same few thousand of them in the same ways, so that each
//! thread remembers what came of it: by number, which costs less than to look at whole constraints. What it remembers is bounded.

use crate::format::constraint::Constraint;
use crate::format::constraint::intervals;
use rustc_hash::FxHashMap;
use std::cell::RefCell;
use std::sync::Arc;

/// How many constraints, and how many answers about pairs of them, a thread remembers before it starts afresh.
const LIMIT: usize = 1 << 15;

/// A constraint with a number. Two of the same number are equal.
#[derive(Debug, Clone)]
pub(super) struct Need {
    number: u32,
    constraint: Arc<Constraint>,
}

/// What a thread remembers.
#[derive(Default)]
struct Memory {
    /// Never given twice, so that what was forgotten is taken for nothing else.
    next: u32,
    /// By where a constraint is in memory: a link's is shared by all links of the same text. What is found so is held.
    by_address: FxHashMap<*const Constraint, Need>,
    by_content: FxHashMap<Arc<Constraint>, u32>,
    /// Whether everything that the second matches is matched by the first.
    covered: FxHashMap<(u32, u32), bool>,
    unions: FxHashMap<(u32, u32), Need>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

impl Memory {
    fn need(&mut self, constraint: &Arc<Constraint>) -> Need {
        let address = Arc::as_ptr(constraint);
        if let Some(known) = self.by_address.get(&address) {
            return known.clone();
        }
        if self.by_address.len() >= LIMIT {
            self.by_address.clear();
            self.by_content.clear();
        }
        let next = self.next;
        let number = *self.by_content.entry(constraint.clone()).or_insert(next);
        if number == next {
            self.next += 1;
        }
        let need = Need {
            number,
            constraint: constraint.clone(),
        };
        self.by_address.insert(address, need.clone());
        need
    }
}

impl Need {
    /// Of a constraint.
    pub(super) fn of(constraint: &Arc<Constraint>) -> Need {
        MEMORY.with_borrow_mut(|memory| memory.need(constraint))
    }

    /// The constraint.
    pub(super) fn constraint(&self) -> &Arc<Constraint> {
        &self.constraint
    }

    /// Whether everything that matches `inner` matches it.
    pub(super) fn covers(&self, inner: &Need) -> bool {
        if self.number == inner.number || matches!(*self.constraint, Constraint::Any) {
            return true;
        }
        MEMORY.with_borrow_mut(|memory| {
            if memory.covered.len() >= LIMIT {
                memory.covered.clear();
            }
            let pair = (self.number, inner.number);
            let covered = memory.covered.entry(pair);
            *covered.or_insert_with(|| intervals::is_subset_of(&inner.constraint, &self.constraint))
        })
    }

    /// What either matches.
    pub(super) fn or(&self, other: &Need) -> Need {
        MEMORY.with_borrow_mut(|memory| {
            let pair = (self.number, other.number);
            if let Some(known) = memory.unions.get(&pair) {
                return known.clone();
            }
            if memory.unions.len() >= LIMIT {
                memory.unions.clear();
            }
            let both = vec![(*self.constraint).clone(), (*other.constraint).clone()];
            let union = intervals::compact(&Constraint::multi(both, false));
            let union = memory.need(&Arc::new(union));
            memory.unions.insert(pair, union.clone());
            union
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn constraint() -> impl Strategy<Value = Arc<Constraint>> {
        let texts = vec![
            "*",
            "^1.0",
            "^1.2",
            "~1.2.0",
            ">=1.0",
            "<2.0",
            "1.2.3",
            "01.2.3",
            "!=1.2.3",
            "dev-main",
            "^1.0 || ^2.0",
            "1.x-dev",
        ];
        prop::sample::select(texts).prop_map(|text| Arc::new(Constraint::parse(text).unwrap()))
    }

    proptest! {
        #[test]
        fn remembers_what_the_constraints_say(pairs in prop::collection::vec((constraint(), constraint()), 1..30)) {
            let mut joined = Need::of(&pairs[0].0);
            for (a, b) in &pairs {
                let (one, other) = (Need::of(a), Need::of(b));
                let covers = **a == Constraint::Any || a == b || intervals::is_subset_of(b, a);
                prop_assert_eq!(one.covers(&other), covers);
                let both = Constraint::multi(vec![(**joined.constraint()).clone(), (**b).clone()], false);
                joined = joined.or(&other);
                prop_assert_eq!(&**joined.constraint(), &intervals::compact(&both));
            }
        }
    }
}
