//! Which part of a pool a root reaches.

use crate::format::constraint::Constraint;
use crate::resolve::candidate::{CandidateId, Candidates, NameId, SectionId};
use crate::resolve::pool::Pool;
use crate::resolve::request::Requirement;
use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// Index of a link, all links to one name in one constraint being the same.
type LinkId = usize;

/// The members of a pool, and what each asks for in its turn. Dozens of roots are followed through it.
pub(super) struct Reach {
    /// What is there whatever the root requires.
    always: Vec<CandidateId>,
    /// By candidate: the list of links that it has, as far as it is in the pool or always there.
    links: Vec<Option<usize>>,
    lists: Vec<Box<[LinkId]>>,
    /// By link: the name, and the members with that name and a version that matches; of an alias, what it aliases.
    targets: Vec<(NameId, Box<[CandidateId]>)>,
    /// The members of the pool, by their own names.
    by_name: Vec<Vec<CandidateId>>,
}

impl Reach {
    /// For the members of a pool, and what is there anyway.
    pub(super) fn new(candidates: &Candidates, pool: &Pool, always: &[CandidateId]) -> Self {
        let mut by_name: Vec<Vec<CandidateId>> = vec![Vec::new(); candidates.names()];
        let members: Vec<CandidateId> = pool
            .literals()
            .map(|literal| pool.candidate(literal))
            .collect();
        for &id in &members {
            by_name[candidates[id].name_id() as usize].push(id);
        }
        let mut reach = Reach {
            always: always.to_vec(),
            links: vec![None; candidates.len()],
            lists: Vec::new(),
            targets: Vec::new(),
            by_name,
        };
        // Versions in a row require the same.
        let mut of_sections: FxHashMap<SectionId, usize> = FxHashMap::default();
        let mut known: FxHashMap<(NameId, *const Constraint), LinkId> = FxHashMap::default();
        let base = |id: CandidateId| candidates[id].alias_of.unwrap_or(id);
        let members = members.into_iter().map(base);
        for id in members.chain(always.iter().copied()) {
            let section = candidates[id].sections()[0].id;
            let list = *of_sections.entry(section).or_insert_with(|| {
                let links = candidates[id].requires().map(|(name, link)| {
                    let key = (name, Arc::as_ptr(&link.constraint));
                    *known.entry(key).or_insert_with(|| {
                        let targets = matching(candidates, &reach.by_name, name, &link.constraint);
                        reach.targets.push((name, targets));
                        reach.targets.len() - 1
                    })
                });
                let links = links.collect();
                reach.lists.push(links);
                reach.lists.len() - 1
            });
            reach.links[id] = Some(list);
        }
        reach
    }

    /// Which part of the pool would have been loaded for these requirements, by candidate; an alias goes with what it aliases.
    /// Composer installs no replacement that nobody names, in no version that nobody asks for.
    pub(super) fn from(
        &self,
        candidates: &Candidates,
        requires: &IndexMap<Arc<str>, Requirement>,
    ) -> Vec<bool> {
        let mut reached = vec![false; candidates.len()];
        let mut open = self.always.clone();
        open.iter().for_each(|&id| reached[id] = true);
        // What the root requires is loaded as the root requires it, whatever others would take.
        let mut is_of_root = vec![false; self.by_name.len()];
        for (name, requirement) in requires {
            let Some(name) = candidates.name_id(name) else {
                continue;
            };
            is_of_root[name as usize] = true;
            let targets = matching(candidates, &self.by_name, name, &requirement.constraint);
            take(&targets, &mut reached, &mut open);
        }
        let mut is_asked = vec![false; self.targets.len()];
        let mut is_followed = vec![false; self.lists.len()];
        while let Some(id) = open.pop() {
            let list = self.links[id].filter(|&list| !is_followed[list]);
            let Some(list) = list else { continue };
            is_followed[list] = true;
            for &link in &self.lists[list] {
                let (name, targets) = &self.targets[link];
                if !is_asked[link] && !is_of_root[*name as usize] {
                    is_asked[link] = true;
                    take(targets, &mut reached, &mut open);
                }
            }
        }
        reached
    }
}

/// Reaches what was not reached before.
fn take(targets: &[CandidateId], reached: &mut [bool], open: &mut Vec<CandidateId>) {
    for &id in targets {
        if !reached[id] {
            reached[id] = true;
            open.push(id);
        }
    }
}

/// The members of a name in a version that matches; of an alias, what it aliases.
fn matching(
    candidates: &Candidates,
    by_name: &[Vec<CandidateId>],
    name: NameId,
    constraint: &Constraint,
) -> Box<[CandidateId]> {
    let of_name = by_name.get(name as usize).map_or(&[][..], Vec::as_slice);
    let mut matching: Vec<CandidateId> = Vec::new();
    for &id in of_name {
        let base = candidates[id].alias_of.unwrap_or(id);
        if constraint.matches_version(candidates[id].version()) && !matching.contains(&base) {
            matching.push(base);
        }
    }
    matching.into()
}
