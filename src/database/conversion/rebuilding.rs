//! In which order the tables of a database are rebuilt within it, and how much room that takes.

use super::{InPlace, TablePlan};
use crate::database::sql::{Name, Place};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// What the name of a new table begins with, until it takes that of the old one.
pub(crate) const NEW: &str = "mageshift_new_";

/// Where the new table of that number is made.
pub(crate) fn beside(database: &Name, number: usize) -> Place {
    Place::new(database, &format!("{NEW}{number}"))
}

/// Something that is done to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Act {
    /// The new one is written beside the old one.
    Write(usize),
    /// Each new one is compared, takes the place of the old one, and that one goes.
    Exchange(Vec<usize>),
}

/// The order in which tables are rebuilt: what others are looked up in comes behind these, the largest first. Where they look
/// each other up, they are there twice until the last one is written.
pub(crate) fn order(tables: &[TablePlan], bytes_of: &dyn Fn(&str) -> u64) -> Vec<Act> {
    let mut waiting: BTreeSet<usize> = (0..tables.len())
        .filter(|index| tables[*index].is_rebuilt())
        .collect();
    let mut written: BTreeSet<usize> = BTreeSet::new();
    let readers = |index: usize, waiting: &BTreeSet<usize>| {
        let reads = |other: &&usize| {
            **other != index && tables[**other].reads.contains(&tables[index].table)
        };
        waiting.iter().filter(reads).count()
    };
    let mut acts = Vec::new();
    loop {
        let next = waiting.iter().copied().min_by_key(|index| {
            let bytes = bytes_of(&tables[*index].table);
            (readers(*index, &waiting), Reverse(bytes), *index)
        });
        let Some(next) = next else { return acts };
        waiting.remove(&next);
        written.insert(next);
        acts.push(Act::Write(next));
        let free = written.iter().copied();
        let free: Vec<usize> = free
            .filter(|index| readers(*index, &waiting) == 0)
            .collect();
        if !free.is_empty() {
            written.retain(|index| !free.contains(index));
            acts.push(Act::Exchange(free));
        }
    }
}

/// What a conversion needs besides what is there.
pub(crate) fn space(tables: &[TablePlan], bytes_of: &dyn Fn(&str) -> u64) -> InPlace {
    let (mut twice, mut free_bytes) = (0, 0);
    for act in order(tables, bytes_of) {
        match act {
            Act::Write(index) => twice += bytes_of(&tables[index].table),
            Act::Exchange(group) => {
                let bytes = group.iter().map(|index| bytes_of(&tables[*index].table));
                twice -= bytes.sum::<u64>();
            }
        }
        free_bytes = free_bytes.max(twice);
    }
    let rebuilt = || tables.iter().filter(|table| table.is_rebuilt());
    let largest = rebuilt().max_by_key(|table| bytes_of(&table.table));
    InPlace {
        rebuilt: rebuilt().count(),
        largest: largest.map(|table| table.table.clone()),
        largest_bytes: largest.map_or(0, |table| bytes_of(&table.table)),
        free_bytes,
    }
}
