//! Whether a contradiction that was met among some versions is one of all versions. A pool is optimized before it is solved, so
//! that "no" says nothing yet of the versions which were left out. Most often few packages are to blame: what they alone say
//! of each other, in all their versions, is looked at for a fraction of what it costs to solve over everything.

use super::rule_generator::{effective_requirements, generate};
use super::rules::{Reason, Rule, RuleShape};
use super::satisfiable::Clauses;
use crate::format::constraint::Constraint;
use crate::resolve::candidate::{CandidateId, Candidates, NameId};
use crate::resolve::platform::PlatformFilter;
use crate::resolve::pool::{Literal, Pool};
use crate::resolve::request::Request;
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

/// Whether packages of these names have no solution by themselves, in all versions that were loaded, whatever else a root
/// requires. Then the whole pool has none. When not, nothing is known.
pub(crate) fn is_among(
    names: &FxHashSet<Arc<str>>,
    candidates: &Candidates,
    loaded: &Pool,
    request: &Request,
    filter: &PlatformFilter,
) -> bool {
    let lacks_any = |name: &str, constraint: &Constraint| {
        loaded.providers(candidates, name, constraint).is_empty()
    };
    if effective_requirements(request, filter)
        .filter(|(name, _)| names.contains(*name))
        .any(|(name, requirement)| lacks_any(name, &requirement.constraint))
    {
        return true;
    }
    let all = loaded.literals().map(|literal| loaded.candidate(literal));
    let members: Vec<CandidateId> = all
        .filter(|id| names.contains(candidates[*id].name()) || request.fixed.contains(id))
        .collect();
    let mut part = Part {
        names,
        candidates,
        loaded,
        filter,
        pool: Pool::new(members, candidates),
        complete: FxHashMap::default(),
    };
    let mut clauses = Clauses::new(part.pool.len());
    for rule in generate(candidates, &part.pool, request, filter).all() {
        match rule.shape {
            RuleShape::AtMostOne => {
                let members: Vec<Literal> = rule.literals.iter().map(|l| l.abs()).collect();
                clauses.at_most_one(members);
            }
            _ if part.has_all_of(rule) => clauses.add(rule.literals.to_vec()),
            _ => {}
        }
    }
    clauses.contradict_each_other()
}

/// The versions of some names, of all that were loaded.
struct Part<'a> {
    names: &'a FxHashSet<Arc<str>>,
    candidates: &'a Candidates,
    loaded: &'a Pool,
    filter: &'a PlatformFilter,
    pool: Pool,
    /// Whether all that satisfies a link is in the part. The same few constraints come again and again.
    complete: FxHashMap<(NameId, *const Constraint), bool>,
}

impl Part<'_> {
    /// Whether a rule says no more in the part than it does in all that was loaded: there, something else might satisfy it.
    fn has_all_of(&mut self, rule: &Rule) -> bool {
        match &rule.reason {
            Reason::RootRequire { name, requirement } => {
                let id = self.candidates.name_id(name);
                let has_all = |name| self.has_all(name, &requirement.constraint);
                self.names.contains(name) && id.is_some_and(has_all)
            }
            Reason::Requires { package, link } => {
                let Some((name, link)) = self.candidates[*package].requires().nth(*link) else {
                    return false;
                };
                if let Some(relaxed) = self.filter.relaxed(&link.target, &link.constraint) {
                    return self.has_all(name, &relaxed);
                }
                let key = (name, Arc::as_ptr(&link.constraint));
                if let Some(known) = self.complete.get(&key) {
                    return *known;
                }
                let has_all = self.has_all(name, &link.constraint);
                self.complete.insert(key, has_all);
                has_all
            }
            // These are about members of the part alone.
            Reason::Fixed(_)
            | Reason::Conflict { .. }
            | Reason::SameName(_)
            | Reason::Alias(_)
            | Reason::InverseAlias(_) => true,
            Reason::Learned(_) => false,
        }
    }

    fn has_all(&self, name: NameId, constraint: &Constraint) -> bool {
        let count = |pool: &Pool| pool.providers_of(self.candidates, name, constraint).len();
        count(&self.pool) == count(self.loaded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::package::loader;
    use crate::resolve::candidate::Origin;
    use crate::resolve::pool::policy::Policy;
    use crate::resolve::request::Requirement;
    use crate::resolve::solver::{SolveError, solve};
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    const NAMES: [&str; 5] = ["a/a", "b/b", "c/c", "d/d", "e/e"];

    fn name() -> impl Strategy<Value = &'static str> {
        prop::sample::select(NAMES.to_vec())
    }

    fn links() -> impl Strategy<Value = Map<String, Value>> {
        let constraint = prop::sample::select(vec!["*", "1.0", "^2.0", ">=2", "<3", "4.0"]);
        let link = (name(), constraint).prop_map(|(name, text)| (name.to_owned(), json!(text)));
        prop::collection::vec(link, 0..3).prop_map(|links| links.into_iter().collect())
    }

    fn package() -> impl Strategy<Value = Value> {
        let version = prop::sample::select(vec!["1.0", "2.0", "3.0", "dev-main"]);
        let stands_for = prop::option::weighted(0.2, name());
        let relation = prop::sample::select(vec!["replace", "provide"]);
        let conflicts = prop::option::weighted(0.2, name());
        (name(), version, links(), relation, stands_for, conflicts).prop_map(
            |(name, version, requires, relation, stands_for, conflicts)| {
                let mut package = json!({ "name": name, "version": version, "require": requires });
                if version == "dev-main" {
                    package["extra"] = json!({ "branch-alias": { version: "2.x-dev" } });
                }
                if let Some(other) = stands_for {
                    package[relation] = json!({ other: "self.version" });
                }
                if let Some(other) = conflicts {
                    package["conflict"] = json!({ other: "<2" });
                }
                package
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_some_say_of_each_other_is_true_of_all(
            packages in prop::collection::vec(package(), 1..10),
            required in links(),
            some in prop::collection::hash_set(name(), 0..4),
        ) {
            let mut candidates = Candidates::default();
            let mut known = FxHashSet::default();
            // As always there is a root.
            let root = json!({ "name": "acme/store", "version": "1.0" });
            let root = Arc::new(loader::load(Arc::new(root)).unwrap());
            let mut members = vec![candidates.add(root, Origin::Root)];
            let mut request = Request::default();
            request.fixed.insert(members[0]);
            for package in &packages {
                if known.insert((package["name"].clone(), package["version"].clone())) {
                    let package = Arc::new(loader::load(Arc::new(package.clone())).unwrap());
                    members.extend(candidates.add_with_alias(package, Origin::Repository(0)));
                }
            }
            let pool = Pool::new(members, &candidates);
            for (name, constraint) in &required {
                let text = constraint.as_str().unwrap();
                let requirement = Requirement {
                    constraint: Arc::new(Constraint::parse(text).unwrap()),
                    pretty_constraint: text.into(),
                };
                request.requires.insert(name.as_str().into(), requirement);
            }
            let filter = PlatformFilter::default();
            let solved = solve(&candidates, &pool, &Policy::default(), &request, &filter);
            let has_none = matches!(solved, Err(SolveError::Unsolvable(_)));
            let are_to_blame = |names: &mut dyn Iterator<Item = &str>| {
                let names = names.map(Arc::from).collect();
                is_among(&names, &candidates, &pool, &request, &filter)
            };
            prop_assert!(!are_to_blame(&mut some.iter().copied()) || has_none);
            prop_assert_eq!(are_to_blame(&mut NAMES.into_iter()), has_none);
        }
    }
}
