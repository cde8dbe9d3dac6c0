//! Which of several candidates is preferred: Composer's `DefaultPolicy`.

use super::{Literal, Pool};
use crate::format::version::{self, Version};
use crate::resolve::candidate::{Candidate, Candidates, NameId};
use crate::resolve::stable_sort::sort_as_php;
use rustc_hash::FxHashMap;
use std::cmp::Ordering;
use std::sync::Arc;

/// The preferences of one update.
#[derive(Debug, Clone, Default)]
pub(crate) struct Policy {
    /// `prefer-stable`: the more stable version before the higher one.
    pub prefer_stable: bool,
    /// `--prefer-lowest`
    pub prefer_lowest: bool,
    /// `--minimal-changes`: the locked version of a name, preferred whenever it may be chosen (Composer 2.7 and later).
    pub preferred_versions: FxHashMap<Arc<str>, Version>,
}

impl Policy {
    /// The best versions of every package among `literals`, the most preferred package first
    /// (`selectPreferredPackages`). `required` is the name for whose sake one is to be chosen.
    pub(crate) fn select(
        &self,
        pool: &Pool,
        candidates: &Candidates,
        literals: &[Literal],
        required: Option<&str>,
    ) -> Vec<Literal> {
        let candidate = |literal: Literal| &candidates[pool.candidate(literal)];
        let mut sorted = literals.to_vec();
        sorted.sort_unstable();
        // There are few names to choose between, most often one.
        let name = |&literal: &Literal| candidate(literal).name_id();
        let mut by_name: Vec<(NameId, Vec<Literal>)> = Vec::new();
        let first = sorted.first().map(name);
        if first.is_some_and(|first| sorted.iter().all(|literal| name(literal) == first)) {
            by_name.extend(first.map(|first| (first, sorted)));
        } else {
            for literal in sorted {
                let name = name(&literal);
                match by_name.iter_mut().find(|(known, _)| *known == name) {
                    Some((_, group)) => group.push(literal),
                    None => by_name.push((name, vec![literal])),
                }
            }
        }
        let mut selected = Vec::new();
        for (_, mut group) in by_name {
            // Of one name, aliases come first; else the numbers decide.
            group.sort_by_key(|&literal| (!candidate(literal).is_alias(), literal));
            let best = self.best_versions(pool, candidates, &group);
            selected.extend(prefer_root_aliases(best, candidate));
        }
        sort_as_php(&mut selected, |&a, &b| {
            compare_names(candidate(a), candidate(b), required).then(a.cmp(&b))
        });
        selected
    }

    fn best_versions(
        &self,
        pool: &Pool,
        candidates: &Candidates,
        group: &[Literal],
    ) -> Vec<Literal> {
        let candidate = |literal: Literal| &candidates[pool.candidate(literal)];
        let Some((&first, rest)) = group.split_first() else {
            return Vec::new();
        };
        if let Some(preferred) = self.preferred_versions.get(candidate(first).name()) {
            let kept: Vec<Literal> = group
                .iter()
                .copied()
                .filter(|&literal| candidate(literal).version() == preferred)
                .collect();
            if !kept.is_empty() {
                return kept;
            }
        }
        let mut best = vec![first];
        for &literal in rest {
            match self.compare(candidate(literal), candidate(best[0])) {
                Some(Ordering::Greater) => best = vec![literal],
                Some(Ordering::Equal) => best.push(literal),
                Some(Ordering::Less) | None => {}
            }
        }
        best
    }

    /// Greater means preferred. Branches compare to nothing but themselves (`Constraint::versionCompare` with branches).
    fn compare(&self, a: &Candidate, b: &Candidate) -> Option<Ordering> {
        if self.prefer_stable && a.stability != b.stability {
            return Some(b.stability.cmp(&a.stability));
        }
        let (a, b) = (a.version(), b.version());
        if a.is_branch() && b.is_branch() {
            return (a == b).then_some(Ordering::Equal);
        }
        let order = version::compare(a, b);
        Some(if self.prefer_lowest {
            order.reverse()
        } else {
            order
        })
    }
}

/// When an inline alias of the root is among the best, only such are chosen from (`pruneRemoteAliases`).
fn prefer_root_aliases<'a>(
    best: Vec<Literal>,
    candidate: impl Fn(Literal) -> &'a Candidate,
) -> Vec<Literal> {
    let is_root_alias = |literal: &Literal| candidate(*literal).root_alias;
    match best.iter().any(is_root_alias) {
        true => best.into_iter().filter(is_root_alias).collect(),
        false => best,
    }
}

/// Less means preferred (`compareByPriority`): an alias before what it aliases, the original before what replaces it,
/// the vendor that was asked for before others.
fn compare_names(a: &Candidate, b: &Candidate, required: Option<&str>) -> Ordering {
    if a.name() == b.name() && a.is_alias() != b.is_alias() {
        return b.is_alias().cmp(&a.is_alias());
    }
    if replaces(a, b) {
        return Ordering::Greater;
    }
    if replaces(b, a) {
        return Ordering::Less;
    }
    match required.and_then(|name| name.split_once('/')) {
        Some((vendor, _)) => b
            .name()
            .starts_with(vendor)
            .cmp(&a.name().starts_with(vendor)),
        None => Ordering::Equal,
    }
}

fn replaces(source: &Candidate, target: &Candidate) -> bool {
    source
        .package
        .replaces
        .iter()
        .any(|link| link.target == *target.name())
}
