//! The changes of a lock: core packages folded into a line for each kind, the others one by one.

use crate::plan::{Change, ChangeKind, Plan};
use std::collections::BTreeMap;

/// Core packages to which the same happens.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fold<'p> {
    /// What happens to all of them.
    pub(super) kind: ChangeKind,
    /// The vendors before and after; the same unless the packages are renamed.
    pub(super) vendors: (&'p str, &'p str),
    /// The packages, as named after the change (before it, for removals).
    pub(super) packages: Vec<&'p str>,
}

/// What happens to the packages of a plan, for people.
pub(super) struct Changes<'p> {
    /// Core packages, by what happens to them and by vendor, in the order of [`Changes::others`].
    pub(super) folds: Vec<Fold<'p>>,
    /// Extensions and libraries: what moves first, then what comes, then what goes, by name.
    pub(super) others: Vec<&'p Change>,
    /// All core changes in the same order.
    pub(super) core: Vec<&'p Change>,
}

impl<'p> Changes<'p> {
    /// Sorts the changes of a plan.
    pub(super) fn of(plan: &'p Plan) -> Self {
        let mut sorted: Vec<&Change> = plan.changes.iter().collect();
        sorted.sort_by_key(|change| (order(change.kind), &change.package));
        let (core, others): (Vec<_>, Vec<_>) = sorted.into_iter().partition(|change| change.core);
        let mut folds: BTreeMap<(u8, &str, &str), Fold> = BTreeMap::new();
        for change in &core {
            let after = vendor(&change.package);
            let before = if change.kind == ChangeKind::Rename {
                vendor(&change.reason)
            } else {
                after
            };
            let fold = folds
                .entry((order(change.kind), before, after))
                .or_insert_with(|| Fold {
                    kind: change.kind,
                    vendors: (before, after),
                    packages: Vec::new(),
                });
            fold.packages.push(&change.package);
        }
        Self {
            folds: folds.into_values().collect(),
            others,
            core,
        }
    }
}

/// `257 packages renamed, 12 moved, 1 downgraded, 3 added, 2 removed`; empty when nothing changes.
pub(super) fn count(plan: &Plan) -> String {
    let kinds = [
        (ChangeKind::Rename, "renamed"),
        (ChangeKind::Update, "moved"),
        (ChangeKind::Downgrade, "downgraded"),
        (ChangeKind::Add, "added"),
        (ChangeKind::Remove, "removed"),
    ];
    let mut parts = Vec::new();
    for (kind, verb) in kinds {
        let count = plan
            .changes
            .iter()
            .filter(|change| change.kind == kind)
            .count();
        if count > 0 {
            let noun = match (parts.is_empty(), count) {
                (true, 1) => " package",
                (true, _) => " packages",
                (false, _) => "",
            };
            parts.push(format!("{count}{noun} {verb}"));
        }
    }
    parts.join(", ")
}

/// The sign of a change, as terraform and diffs have it.
pub(super) fn sign(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Rename | ChangeKind::Update | ChangeKind::Downgrade => "~",
        ChangeKind::Add => "+",
        ChangeKind::Remove => "-",
    }
}

fn order(kind: ChangeKind) -> u8 {
    match kind {
        ChangeKind::Rename => 0,
        ChangeKind::Update => 1,
        ChangeKind::Downgrade => 2,
        ChangeKind::Add => 3,
        ChangeKind::Remove => 4,
    }
}

fn vendor(package: &str) -> &str {
    package.split('/').next().unwrap_or(package)
}
