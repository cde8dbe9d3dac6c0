//! The clauses a solution must satisfy, and why each is there.

use crate::resolve::candidate::CandidateId;
use crate::resolve::pool::Literal;
use crate::resolve::request::Requirement;
use rustc_hash::{FxHashMap, FxHasher};
use smallvec::SmallVec;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// Index of a rule in its [`RuleSet`].
pub(crate) type RuleId = usize;

/// What a rule comes from. Composer takes some decisions by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleKind {
    Package,
    Request,
    Learned,
    /// Learned, but equal to a rule that was there before: it is watched and decides, but Composer does not list it.
    Unlisted,
}

/// How a rule's literals are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RuleShape {
    /// At least one literal holds.
    AnyOf,
    /// A conflict of two packages.
    Pair,
    /// At most one of three or more packages of one name.
    AtMostOne,
}

/// Why a rule is there.
#[derive(Debug, Clone)]
pub(crate) enum Reason {
    Fixed(CandidateId),
    RootRequire {
        name: Arc<str>,
        requirement: Requirement,
    },
    /// The requirement at that place of the package.
    Requires {
        package: CandidateId,
        link: usize,
    },
    /// The conflict at that place of the package.
    Conflict {
        package: CandidateId,
        link: usize,
    },
    SameName(Arc<str>),
    Alias(CandidateId),
    InverseAlias(CandidateId),
    /// Learned from the conflict of that number.
    Learned(usize),
}

/// The literals of a clause: most have few, and there are tens of thousands of clauses.
pub(crate) type Literals = SmallVec<[Literal; 4]>;

/// One clause.
#[derive(Debug, Clone)]
pub(crate) struct Rule {
    /// Ascending.
    pub literals: Literals,
    pub shape: RuleShape,
    pub kind: RuleKind,
    pub reason: Reason,
    pub disabled: bool,
}

impl Rule {
    pub(crate) fn new(literals: impl Into<Literals>, shape: RuleShape, reason: Reason) -> Self {
        let mut literals = literals.into();
        literals.sort_unstable();
        Rule {
            literals,
            shape,
            kind: RuleKind::Unlisted,
            reason,
            disabled: false,
        }
    }

    /// Whether the rule decides a single literal by itself.
    pub(crate) fn is_assertion(&self) -> bool {
        self.shape == RuleShape::AnyOf && self.literals.len() == 1
    }
}

/// All rules of a solve, without duplicates among the listed ones.
#[derive(Debug, Default)]
pub(crate) struct RuleSet {
    rules: Vec<Rule>,
    listed: Vec<RuleId>,
    request: Vec<RuleId>,
    learned: Vec<RuleId>,
    /// Listed rules that are not found by their hash yet.
    open: Vec<RuleId>,
    /// By hash: the last listed rule that has it.
    by_hash: FxHashMap<u64, RuleId>,
    /// By rule: the listed rule before it that has the same hash.
    same_hash: Vec<Option<RuleId>>,
}

impl RuleSet {
    /// Adds a rule and lists it, unless it is listed already (`RuleSet::add`). Returns where it is.
    pub(crate) fn add(&mut self, mut rule: Rule, kind: RuleKind) -> RuleId {
        if kind == RuleKind::Learned {
            self.index_all();
        }
        let id = self.rules.len();
        let hash = hash(&rule);
        let mut known = self.by_hash.get(&hash).copied();
        let before = known;
        while let Some(other) = known {
            let other_rule = &self.rules[other];
            if other_rule.shape == rule.shape && other_rule.literals == rule.literals {
                break;
            }
            known = self.same_hash[other];
        }
        self.same_hash.push(before);
        if known.is_none() {
            self.by_hash.insert(hash, id);
            rule.kind = kind;
            self.listed.push(id);
            match kind {
                RuleKind::Request => self.request.push(id),
                RuleKind::Learned => self.learned.push(id),
                RuleKind::Package | RuleKind::Unlisted => {}
            }
        }
        self.rules.push(rule);
        id
    }

    /// Adds a rule of a package that no other but those of `alike` can be equal to, as [`add`](Self::add) does.
    pub(crate) fn add_to_package(&mut self, mut rule: Rule, alike: &[RuleId]) {
        let id = self.rules.len();
        let is_equal = |other: &Rule| other.shape == rule.shape && other.literals == rule.literals;
        let is_known = alike.iter().any(|&other| is_equal(&self.rules[other]));
        if !is_known {
            rule.kind = RuleKind::Package;
            self.listed.push(id);
            self.open.push(id);
        }
        self.same_hash.push(None);
        self.rules.push(rule);
    }

    /// Has every rule be found by its hash: what is learned may be equal to any.
    fn index_all(&mut self) {
        for id in std::mem::take(&mut self.open) {
            let before = self.by_hash.insert(hash(&self.rules[id]), id);
            self.same_hash[id] = before;
        }
    }

    /// Forgets the rules from one on, which must be those that were learned.
    pub(crate) fn forget_from(&mut self, first: RuleId) {
        self.rules.truncate(first);
        self.same_hash.truncate(first);
        self.listed.retain(|&id| id < first);
        self.open.retain(|&id| id < first);
        self.learned.clear();
        // Nobody is told apart by its hash any more.
        self.by_hash.clear();
    }

    /// Every rule, those included that say what another one says.
    pub(crate) fn all(&self) -> &[Rule] {
        &self.rules
    }

    /// The listed rules in the order they were added.
    pub(crate) fn listed(&self) -> &[RuleId] {
        &self.listed
    }

    /// The rules that come from root requirements and fixed packages, in the order they were added.
    pub(crate) fn of_request(&self) -> &[RuleId] {
        &self.request
    }

    /// The rules that conflicts taught, the oldest first.
    pub(crate) fn learned(&self) -> &[RuleId] {
        &self.learned
    }

    /// The listed rules by kind: packages, request, learned; the order in which Composer watches them.
    pub(crate) fn in_watch_order(&self) -> Vec<RuleId> {
        let packages = self
            .listed
            .iter()
            .copied()
            .filter(|&id| self.rules[id].kind == RuleKind::Package);
        packages
            .chain(self.request.iter().copied())
            .chain(self.learned.iter().copied())
            .collect()
    }

    pub(crate) fn disable(&mut self, id: RuleId) {
        self.rules[id].disabled = true;
    }
}

fn hash(rule: &Rule) -> u64 {
    let mut hasher = FxHasher::default();
    (rule.shape, &rule.literals).hash(&mut hasher);
    hasher.finish()
}

impl std::ops::Index<RuleId> for RuleSet {
    type Output = Rule;

    fn index(&self, id: RuleId) -> &Rule {
        &self.rules[id]
    }
}
