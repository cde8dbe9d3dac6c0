//! Turns a pool and a request into rules (`RuleSetGenerator`).

use super::rules::{Literals, Reason, Rule, RuleId, RuleKind, RuleSet, RuleShape};
use crate::format::constraint::Constraint;
use crate::format::package::links::Link;
use crate::resolve::candidate::{Candidates, NameId};
use crate::resolve::platform::PlatformFilter;
use crate::resolve::pool::{Literal, Pool};
use crate::resolve::request::{Request, Requirement};
use indexmap::IndexMap;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The rules of a request over a pool. Only packages that can be reached from the request have any.
pub(crate) fn generate(
    candidates: &Candidates,
    pool: &Pool,
    request: &Request,
    filter: &PlatformFilter,
) -> RuleSet {
    let mut generator = Generator {
        candidates,
        pool,
        filter,
        rules: RuleSet::default(),
        added: Vec::new(),
        is_added: vec![false; pool.len() + 1],
        by_name: vec![Vec::new(); candidates.names()],
        names: Vec::new(),
        providers: FxHashMap::default(),
        ignored: vec![None; candidates.names()],
        is_aliased: is_aliased(candidates, pool),
    };
    generator.add_request(request);
    generator.add_aliases();
    generator.add_conflicts();
    generator.rules
}

/// The root requirements that count, with the constraint as the filter leaves it.
pub(crate) fn effective_requirements<'a>(
    request: &'a Request,
    filter: &'a PlatformFilter,
) -> impl Iterator<Item = (&'a Arc<str>, Requirement)> {
    effective(&request.requires, filter)
}

/// Likewise, of what a root requires.
pub(crate) fn effective<'a>(
    requires: &'a IndexMap<Arc<str>, Requirement>,
    filter: &'a PlatformFilter,
) -> impl Iterator<Item = (&'a Arc<str>, Requirement)> {
    requires
        .iter()
        .filter(|(name, _)| !filter.ignores(name))
        .map(|(name, requirement)| {
            let requirement = match filter.relaxed(name, &requirement.constraint) {
                Some(relaxed) => Requirement {
                    pretty_constraint: relaxed.to_string().into(),
                    constraint: Arc::new(relaxed),
                },
                None => requirement.clone(),
            };
            (name, requirement)
        })
}

struct Generator<'a> {
    candidates: &'a Candidates,
    pool: &'a Pool,
    filter: &'a PlatformFilter,
    rules: RuleSet,
    /// In the order in which they were reached.
    added: Vec<Literal>,
    is_added: Vec<bool>,
    /// By name: the packages that are or replace it.
    by_name: Vec<Vec<Literal>>,
    /// The names of which there are any, in the order in which they came up.
    names: Vec<NameId>,
    providers: FxHashMap<(NameId, *const Constraint), Providers>,
    /// By name: whether requirements of it do not count, as far as that was asked.
    ignored: Vec<Option<bool>>,
    /// By package: whether it is an alias or has one.
    is_aliased: Vec<bool>,
}

/// What satisfies a link.
#[derive(Clone)]
struct Providers {
    literals: Arc<[Literal]>,
    /// Whether some of them have another name, or there are none: then they may be what another link needs, too.
    is_odd: bool,
}

impl Providers {
    fn new(candidates: &Candidates, pool: &Pool, name: NameId, constraint: &Constraint) -> Self {
        let literals = pool.providers_of(candidates, name, constraint);
        let other_name = |&literal| candidates[pool.candidate(literal)].name_id() != name;
        Providers {
            is_odd: literals.is_empty() || literals.iter().any(other_name),
            literals: literals.into(),
        }
    }
}

fn place_of(literal: Literal) -> usize {
    literal.unsigned_abs() as usize
}

fn is_aliased(candidates: &Candidates, pool: &Pool) -> Vec<bool> {
    let mut is_aliased = vec![false; pool.len() + 1];
    for literal in pool.literals() {
        if let Some(base) = candidates[pool.candidate(literal)].alias_of {
            let both = [Some(literal), pool.literal(base)];
            both.into_iter()
                .flatten()
                .for_each(|literal| is_aliased[place_of(literal)] = true);
        }
    }
    is_aliased
}

impl<'a> Generator<'a> {
    fn add_request(&mut self, request: &Request) {
        for &fixed in &request.fixed {
            // A package that the minimum stability keeps out of the pool has no rule.
            let Some(literal) = self.pool.literal(fixed) else {
                continue;
            };
            self.add_package(literal);
            self.rules.add(
                Rule::new([literal].as_slice(), RuleShape::AnyOf, Reason::Fixed(fixed)),
                RuleKind::Request,
            );
        }
        for (name, requirement) in effective_requirements(request, self.filter) {
            let providers = self
                .pool
                .providers(self.candidates, name, &requirement.constraint);
            if providers.is_empty() {
                continue;
            }
            for &provider in &providers {
                self.add_package(provider);
            }
            let reason = Reason::RootRequire {
                name: name.clone(),
                requirement,
            };
            self.rules.add(
                Rule::new(providers, RuleShape::AnyOf, reason),
                RuleKind::Request,
            );
        }
    }

    /// Adds a package with all that can be reached from it, breadth first.
    fn add_package(&mut self, literal: Literal) {
        let mut next = self.added.len();
        self.reach(literal);
        while let Some(&literal) = self.added.get(next) {
            next += 1;
            let id = self.pool.candidate(literal);
            let candidate = &self.candidates[id];
            let base = candidate.alias_of;
            match base.and_then(|base| Some((base, self.pool.literal(base)?))) {
                Some((base, base_literal)) => {
                    self.reach(base_literal);
                    self.add_requirement(literal, &[base_literal], Reason::Alias(id), None);
                    let inverse = Reason::InverseAlias(base);
                    self.add_requirement(base_literal, &[literal], inverse, None);
                    if !candidate.own_requirements {
                        continue;
                    }
                }
                None => {
                    for &name in candidate.name_ids(false) {
                        let of_name = &mut self.by_name[name as usize];
                        if of_name.is_empty() {
                            self.names.push(name);
                        }
                        of_name.push(literal);
                    }
                }
            }
            // Two links need the same only where what satisfies one of them is not called what it names, or nothing does.
            let mut all = Vec::new();
            let mut odd = Vec::new();
            for (place, (name, link)) in candidate.requires().enumerate() {
                if self.ignores(name) {
                    continue;
                }
                let providers = self.providers(name, link);
                let reason = Reason::Requires {
                    package: id,
                    link: place,
                };
                let next = self.rules.all().len();
                // What an alias says of a package, too, may be the same.
                match self.is_aliased[place_of(literal)] {
                    true => self.add_requirement(literal, &providers.literals, reason, None),
                    false => {
                        let alike: &[RuleId] = match providers.is_odd {
                            true => &all,
                            false => &odd,
                        };
                        self.add_requirement(literal, &providers.literals, reason, Some(alike));
                    }
                }
                if self.rules.all().len() > next {
                    all.push(next);
                    odd.extend(providers.is_odd.then_some(next));
                }
                let reached = providers.literals.iter();
                reached.for_each(|&provider| self.reach(provider));
            }
        }
    }

    /// Puts a package at the end of those to look at, unless it is among them.
    fn reach(&mut self, literal: Literal) {
        let is_added = &mut self.is_added[literal.unsigned_abs() as usize];
        if !*is_added {
            *is_added = true;
            self.added.push(literal);
        }
    }

    /// What satisfies a link. The same few constraints come again and again.
    fn providers(&mut self, name: NameId, link: &'a Link) -> Providers {
        let (pool, candidates) = (self.pool, self.candidates);
        if let Some(relaxed) = self.filter.relaxed(&link.target, &link.constraint) {
            return Providers::new(candidates, pool, name, &relaxed);
        }
        let key = (name, Arc::as_ptr(&link.constraint));
        let providers = self.providers.entry(key);
        providers
            .or_insert_with(|| Providers::new(candidates, pool, name, &link.constraint))
            .clone()
    }

    /// Whether requirements of a name do not count.
    fn ignores(&mut self, name: NameId) -> bool {
        let (filter, candidates) = (self.filter, self.candidates);
        *self.ignored[name as usize].get_or_insert_with(|| filter.ignores(candidates.name(name)))
    }

    /// `literal` needs one of `providers`; nothing to say when it is one of them. `alike` are the rules that may say the
    /// same, where not any may.
    fn add_requirement(
        &mut self,
        literal: Literal,
        providers: &[Literal],
        reason: Reason,
        alike: Option<&[RuleId]>,
    ) {
        if providers.contains(&literal) {
            return;
        }
        let mut literals = Literals::with_capacity(1 + providers.len());
        literals.push(-literal);
        literals.extend(providers.iter().copied());
        let rule = Rule::new(literals, RuleShape::AnyOf, reason);
        match alike {
            Some(alike) => self.rules.add_to_package(rule, alike),
            None => {
                self.rules.add(rule, RuleKind::Package);
            }
        }
    }

    /// Aliases of what was reached, and inline aliases of the root: without them a package could be installed without its alias.
    fn add_aliases(&mut self) {
        for literal in self.pool.literals() {
            let candidate = &self.candidates[self.pool.candidate(literal)];
            let Some(base) = candidate.alias_of else {
                continue;
            };
            let is_added = |literal: Literal| self.is_added[literal.unsigned_abs() as usize];
            let base_added = self.pool.literal(base).is_some_and(is_added);
            if !is_added(literal) && (candidate.root_alias || base_added) {
                self.add_package(literal);
            }
        }
    }

    fn add_conflicts(&mut self) {
        for &literal in &self.added {
            let id = self.pool.candidate(literal);
            for (place, (name, link)) in self.candidates[id].conflicts().enumerate() {
                if self.by_name[name as usize].is_empty() || self.filter.ignores(&link.target) {
                    continue;
                }
                for other in self
                    .pool
                    .providers_of(self.candidates, name, &link.constraint)
                {
                    let conflicting = &self.candidates[self.pool.candidate(other)];
                    // An alias that only provides or replaces the name conflicts through what it aliases.
                    if other != literal
                        && (!conflicting.is_alias() || conflicting.name_id() == name)
                    {
                        let reason = Reason::Conflict {
                            package: id,
                            link: place,
                        };
                        self.rules.add(
                            Rule::new([-literal, -other].as_slice(), RuleShape::Pair, reason),
                            RuleKind::Package,
                        );
                    }
                }
            }
        }
        for &name in &self.names {
            let literals = &self.by_name[name as usize];
            let shape = match literals.len() {
                0 | 1 => continue,
                2 => RuleShape::Pair,
                _ => RuleShape::AtMostOne,
            };
            let literals: Literals = literals.iter().map(|literal| -literal).collect();
            self.rules.add(
                Rule::new(
                    literals,
                    shape,
                    Reason::SameName(self.candidates.name(name).clone()),
                ),
                RuleKind::Package,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::package::loader;
    use crate::resolve::candidate::Origin;
    use serde_json::{Value, json};

    fn rules_of(packages: &[Value], required: &str) -> (RuleSet, Vec<Vec<Literal>>) {
        let mut candidates = Candidates::default();
        let members = packages.iter().map(|package| {
            let package = loader::load(Arc::new(package.clone())).unwrap();
            candidates.add(Arc::new(package), Origin::Repository(0))
        });
        let members = members.collect();
        let pool = Pool::new(members, &candidates);
        let mut request = Request::default();
        let requirement = Requirement {
            constraint: Arc::new(Constraint::Any),
            pretty_constraint: "*".into(),
        };
        request.requires.insert(required.into(), requirement);
        let rules = generate(&candidates, &pool, &request, &PlatformFilter::default());
        let listed = rules.listed().iter();
        let listed = listed.map(|&rule| rules[rule].literals.to_vec()).collect();
        (rules, listed)
    }

    #[test]
    fn requirements_that_nothing_satisfies_are_one_rule() {
        let shop = json!({
            "name": "acme/shop", "version": "1.0.0", "require": { "acme/gone": "*", "acme/lost": "*" },
        });
        let (rules, listed) = rules_of(&[shop], "acme/shop");
        assert_eq!(listed, [vec![-1], vec![1]]);
        assert_eq!(rules.all().len(), 3);
    }

    #[test]
    fn requirements_that_the_same_package_satisfies_are_one_rule() {
        let shop = json!({
            "name": "acme/shop", "version": "1.0.0",
            "require": { "acme/base": "*", "acme/mail": "*", "acme/post": "*" },
        });
        let base =
            json!({ "name": "acme/base", "version": "1.0.0", "replace": { "acme/mail": "*" } });
        let post = json!({ "name": "acme/post", "version": "1.0.0" });
        let (_, listed) = rules_of(&[shop, base, post], "acme/shop");
        assert_eq!(listed, [vec![-1, 2], vec![-1, 3], vec![1]]);
    }
}
