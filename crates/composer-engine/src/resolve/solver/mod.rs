//! The satisfiability solver: Composer's `Solver`, decision for decision, since which solution is found depends on each.

pub(crate) mod contradiction;
mod decisions;
pub(crate) mod probe;
pub(crate) mod rule_generator;
pub(crate) mod rules;
pub(crate) mod satisfiable;
mod watch_graph;

use super::candidate::{CandidateId, Candidates};
use super::platform::PlatformFilter;
use super::pool::policy::Policy;
use super::pool::{Literal, Pool};
use super::request::{Request, Requirement};
use crate::phase;
use decisions::Decisions;
use rule_generator::{effective_requirements, generate};
use rules::{Reason, Rule, RuleId, RuleKind, RuleSet, RuleShape};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;
use tracing::{debug, debug_span};
use watch_graph::WatchGraph;

/// How many literals of rules are looked at before a question is given up. It counts work and not time, so that the answer
/// does not depend on the machine. Real stores take up to some six million, on their way to another distribution or for an
/// update of all packages.
const MOST_WORK: u64 = 200_000_000;
/// How many of the last lessons tell which packages are at fault, and how many of these are named.
const LESSONS: usize = 1_000;
const NAMED: usize = 3;

/// One reason why there is no solution.
#[derive(Debug, Clone)]
pub(crate) enum Cause {
    /// A rule that takes part in the contradiction.
    Rule(RuleId),
    /// A root requirement that nothing satisfies.
    Unsatisfiable {
        name: Arc<str>,
        requirement: Requirement,
    },
    /// A locked package that is to stay but is blocked.
    Blocked(CandidateId),
}

/// A contradiction: sections of causes, as Composer's `Problem` groups them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Problem {
    pub sections: Vec<Vec<Cause>>,
}

impl Problem {
    fn new() -> Self {
        Problem {
            sections: vec![Vec::new()],
        }
    }

    fn add(&mut self, seen: &mut FxHashSet<RuleId>, rule: RuleId) {
        if seen.insert(rule)
            && let Some(section) = self.sections.last_mut()
        {
            section.push(Cause::Rule(rule));
        }
    }
}

/// All contradictions of a solve, and the rules they are about.
#[derive(Debug)]
pub(crate) struct Unsolvable {
    pub problems: Vec<Problem>,
    pub rules: RuleSet,
}

/// Why a solve did not end with a solution.
#[derive(Debug)]
pub(crate) enum SolveError {
    /// There is no solution.
    Unsolvable(Box<Unsolvable>),
    /// The versions of these packages, above all, contradict each other in more ways than are tried.
    Endless(Vec<CandidateId>),
    /// The solver contradicted itself, as Composer's `SolverBugException` says.
    Internal(String),
}

/// The packages to install, as literals of the pool, the newest decision first.
pub(crate) struct Solution {
    pub(super) literals: Vec<Literal>,
    /// What had to be satisfied, without what was learned on the way.
    pub(super) rules: RuleSet,
}

/// Finds the packages to install, as literals of the pool, the newest decision first.
pub(crate) fn solve(
    candidates: &Candidates,
    pool: &Pool,
    policy: &Policy,
    request: &Request,
    filter: &PlatformFilter,
) -> Result<Vec<Literal>, SolveError> {
    let solution = solution(candidates, pool, policy, request, filter)?;
    Ok(solution.literals)
}

/// Finds the packages to install, and keeps the rules.
pub(crate) fn solution(
    candidates: &Candidates,
    pool: &Pool,
    policy: &Policy,
    request: &Request,
    filter: &PlatformFilter,
) -> Result<Solution, SolveError> {
    let rules = debug_span!(phase::RULES).in_scope(|| generate(candidates, pool, request, filter));
    let _span = debug_span!(phase::SOLVE).entered();
    let generated = rules.all().len();
    let mut solver = Solver {
        candidates,
        pool,
        policy,
        fixed: request
            .fixed
            .iter()
            .filter_map(|&id| pool.literal(id))
            .collect(),
        decisions: Decisions::new(pool.len()),
        graph: WatchGraph::new(pool.len(), &rules),
        rules,
        propagated: 0,
        branches: Vec::new(),
        problems: Vec::new(),
        learned: Vec::new(),
    };
    for (name, requirement) in effective_requirements(request, filter) {
        if pool
            .providers(candidates, name, &requirement.constraint)
            .is_empty()
        {
            let cause = Cause::Unsatisfiable {
                name: name.clone(),
                requirement,
            };
            solver.problems.push(Problem {
                sections: vec![vec![cause]],
            });
        }
    }
    for id in request.all_locked() {
        let locked = &candidates[id];
        if pool.blocked.is_listed(locked.name(), locked.version()) {
            let sections = vec![vec![Cause::Blocked(id)]];
            solver.problems.push(Problem { sections });
        }
    }
    solver.decide_assertions();
    let outcome = solver.run();
    let (looked_at, conflicts) = (solver.graph.looked_at, solver.learned.len());
    debug!(looked_at, conflicts, "work");
    outcome?;
    if !solver.problems.is_empty() {
        return Err(SolveError::Unsolvable(Box::new(Unsolvable {
            problems: solver.problems,
            rules: solver.rules,
        })));
    }
    let installed = solver
        .decisions
        .queue()
        .iter()
        .rev()
        .map(|decision| decision.literal);
    let literals = installed.filter(|&literal| literal > 0).collect();
    solver.rules.forget_from(generated);
    Ok(Solution {
        literals,
        rules: solver.rules,
    })
}

/// A choice that could have been made otherwise.
struct Branch {
    alternatives: Vec<Option<Literal>>,
    level: i32,
}

/// What a conflict teaches.
struct Lesson {
    literal: Literal,
    level: i32,
    rule: Rule,
}

struct Solver<'a> {
    candidates: &'a Candidates,
    pool: &'a Pool,
    policy: &'a Policy,
    fixed: FxHashSet<Literal>,
    decisions: Decisions,
    graph: WatchGraph,
    rules: RuleSet,
    propagated: usize,
    branches: Vec<Branch>,
    problems: Vec<Problem>,
    /// By lesson: the rules it was learned from.
    learned: Vec<Vec<RuleId>>,
}

impl Solver<'_> {
    /// Decides what single-literal rules demand; contradictions among them become problems.
    fn decide_assertions(&mut self) {
        let mut place = 0;
        while let Some(&rule) = self.rules.listed().get(place) {
            place += 1;
            if !self.rules[rule].is_assertion() || self.rules[rule].disabled {
                continue;
            }
            let literal = self.rules[rule].literals[0];
            if self.decisions.is_undecided(literal) {
                self.decisions.decide(literal, 1, rule);
                continue;
            }
            if self.decisions.satisfies(literal) {
                continue;
            }
            let mut seen = FxHashSet::default();
            let mut problem = Problem::new();
            problem.add(&mut seen, rule);
            let conflicting = self.decisions.reason(literal);
            if let Some(conflicting) = conflicting {
                problem.add(&mut seen, conflicting);
            }
            if conflicting.is_some_and(|rule| self.rules[rule].kind == RuleKind::Package) {
                self.rules.disable(rule);
                self.problems.push(problem);
                continue;
            }
            for other in self.rules.of_request().to_vec() {
                let same = self.rules[other]
                    .literals
                    .first()
                    .is_some_and(|first| first.abs() == literal.abs());
                if same && self.rules[other].is_assertion() && !self.rules[other].disabled {
                    problem.add(&mut seen, other);
                    self.rules.disable(other);
                }
            }
            self.problems.push(problem);
            self.decisions.truncate(0);
            place = 0;
        }
    }

    fn propagate(&mut self, level: i32) -> Option<RuleId> {
        self.graph.propagate_from(
            &mut self.propagated,
            &self.rules,
            level,
            &mut self.decisions,
        )
    }

    /// Takes back every decision above a level.
    fn revert(&mut self, level: i32) {
        let kept = self
            .decisions
            .queue()
            .iter()
            .rposition(|decision| self.decisions.level(decision.literal) <= level)
            .map_or(0, |place| place + 1);
        if kept < self.decisions.queue().len() {
            self.decisions.truncate(kept);
            self.propagated = kept;
        }
        while self
            .branches
            .last()
            .is_some_and(|branch| branch.level >= level)
        {
            self.branches.pop();
        }
    }

    /// Decides a literal one level up and carries it through, learning from every conflict. The new level; none when
    /// there is no solution.
    fn decide_and_learn(
        &mut self,
        level: i32,
        literal: Literal,
        reason: RuleId,
    ) -> Result<Option<i32>, SolveError> {
        let mut level = level + 1;
        self.decisions.decide(literal, level, reason);
        while let Some(conflict) = self.propagate(level) {
            if level == 1 {
                self.note_unsolvable(conflict);
                return Ok(None);
            }
            if self.graph.looked_at > MOST_WORK {
                return Err(SolveError::Endless(self.at_fault()));
            }
            let lesson = self.learn(level, conflict)?;
            if lesson.level <= 0 || lesson.level >= level {
                return Err(internal(format!(
                    "reverting to level {} from level {level}",
                    lesson.level
                )));
            }
            level = lesson.level;
            self.revert(level);
            let rule = self.rules.add(lesson.rule, RuleKind::Learned);
            self.graph
                .insert_learned(&self.rules, rule, &self.decisions);
            self.decisions.decide(lesson.literal, level, rule);
        }
        Ok(Some(level))
    }

    /// Installs the best of several packages, remembering the others.
    fn choose(
        &mut self,
        level: i32,
        options: &[Literal],
        rule: RuleId,
    ) -> Result<Option<i32>, SolveError> {
        let required = self.required_name(rule);
        let mut best = self
            .policy
            .select(self.pool, self.candidates, options, required.as_deref())
            .into_iter();
        let Some(selected) = best.next() else {
            return Err(internal("nothing to choose from".to_string()));
        };
        let alternatives: Vec<Option<Literal>> = best.map(Some).collect();
        if !alternatives.is_empty() {
            self.branches.push(Branch {
                alternatives,
                level,
            });
        }
        self.decide_and_learn(level, selected, rule)
    }

    /// The name for whose sake a rule wants a package (`Rule::getRequiredPackage`).
    fn required_name(&self, rule: RuleId) -> Option<Arc<str>> {
        match &self.rules[rule].reason {
            Reason::RootRequire { name, .. } => Some(name.clone()),
            Reason::Fixed(package) => Some(self.candidates[*package].name().clone()),
            Reason::Requires { package, link } => self.candidates[*package]
                .package
                .requires
                .get(*link)
                .map(|link| link.target.clone()),
            _ => None,
        }
    }

    /// Finds the decision behind a conflict that, taken back, prevents it (first unique implication point).
    fn learn(&mut self, level: i32, conflict: RuleId) -> Result<Lesson, SolveError> {
        let mut rule = conflict;
        let mut rule_level = 1;
        // Marked literals of the conflict's level and of level 1 that are still to be explained.
        let mut at_level = 0_i32;
        let mut at_first_level = 0_i32;
        let mut seen: FxHashSet<Literal> = FxHashSet::default();
        let mut first = None;
        let mut others: Vec<Literal> = Vec::new();
        let mut place = self.decisions.queue().len();
        let mut sources = Vec::new();
        'explain: loop {
            self.graph.looked_at += self.rules[rule].literals.len() as u64;
            sources.push(rule);
            let at_most_one = self.rules[rule].shape == RuleShape::AtMostOne;
            for &literal in &self.rules[rule].literals {
                // An "at most one" is many rules in one, not all of which need be carried through yet.
                if at_most_one && self.decisions.is_undecided(literal) {
                    continue;
                }
                if self.decisions.satisfies(literal) || !seen.insert(literal.abs()) {
                    continue;
                }
                let literal_level = self.decisions.level(literal);
                if literal_level == 1 {
                    at_first_level += 1;
                } else if literal_level == level {
                    at_level += 1;
                } else {
                    others.push(literal);
                    rule_level = rule_level.max(literal_level);
                }
            }
            let mut retry = true;
            while retry {
                retry = false;
                if at_level == 0 {
                    at_first_level -= 1;
                    if at_first_level == 0 {
                        break 'explain;
                    }
                }
                let literal = loop {
                    place = place
                        .checked_sub(1)
                        .ok_or_else(|| internal("no decision explains a conflict".to_string()))?;
                    let literal = self.decisions.queue()[place].literal;
                    if seen.remove(&literal.abs()) {
                        break literal;
                    }
                };
                if at_level == 1 {
                    at_level = 0;
                    first = Some(-literal);
                    if at_first_level == 0 {
                        break 'explain;
                    }
                    for other in &others {
                        seen.remove(&other.abs());
                    }
                    // Only marks of level 1 are left; the one just taken counts again.
                    at_first_level += 1;
                    retry = true;
                } else {
                    at_level = (at_level - 1).max(0);
                    let reason = self.decisions.queue()[place].reason;
                    if self.rules[reason].shape == RuleShape::AtMostOne {
                        // Exactly one package of the name was decided for; that is the reason.
                        let chosen = self.rules[reason].literals.iter().copied().find(|&other| {
                            !seen.contains(&other.abs()) && self.decisions.satisfies(-other)
                        });
                        if let Some(chosen) = chosen {
                            sources.push(reason);
                            let chosen_level = self.decisions.level(chosen);
                            if chosen_level == 1 {
                                at_first_level += 1;
                            } else if chosen_level == level {
                                at_level += 1;
                            } else {
                                others.push(chosen);
                                rule_level = rule_level.max(chosen_level);
                            }
                            seen.insert(chosen.abs());
                        }
                        retry = true;
                    }
                }
            }
            rule = self.decisions.queue()[place].reason;
        }
        let literal =
            first.ok_or_else(|| internal("nothing to learn from a conflict".to_string()))?;
        let mut literals = vec![literal];
        literals.extend(others);
        let reason = Reason::Learned(self.learned.len());
        self.learned.push(sources);
        Ok(Lesson {
            literal,
            level: rule_level,
            rule: Rule::new(literals, RuleShape::AnyOf, reason),
        })
    }

    /// The packages that the last lessons are about most often, a version of each.
    fn at_fault(&self) -> Vec<CandidateId> {
        let mut counts: FxHashMap<&Arc<str>, (usize, CandidateId)> = FxHashMap::default();
        let rules = self.rules.learned().iter().rev().take(LESSONS);
        for &literal in rules.flat_map(|&rule| &self.rules[rule].literals) {
            let id = self.pool.candidate(literal);
            let (count, _) = counts.entry(self.candidates[id].name()).or_insert((0, id));
            *count += 1;
        }
        let mut counts: Vec<(&Arc<str>, (usize, CandidateId))> = counts.into_iter().collect();
        counts.sort_by(|(a, (many, _)), (b, (more, _))| more.cmp(many).then(a.cmp(b)));
        let worst = counts.into_iter().take(NAMED);
        worst.map(|(_, (_, id))| id).collect()
    }

    fn note_unsolvable(&mut self, conflict: RuleId) {
        let mut problem = Problem::new();
        let mut listed = FxHashSet::default();
        let mut explained = FxHashSet::default();
        problem.add(&mut listed, conflict);
        self.explain(&mut problem, &mut listed, &mut explained, conflict);
        let mut seen: FxHashSet<Literal> = FxHashSet::default();
        let contradicted = |rule: RuleId, seen: &mut FxHashSet<Literal>| {
            let literals = self.rules[rule].literals.iter().copied();
            seen.extend(
                literals
                    .filter(|&literal| !self.decisions.satisfies(literal))
                    .map(Literal::abs),
            );
        };
        contradicted(conflict, &mut seen);
        for decision in self.decisions.queue().iter().rev() {
            if seen.contains(&decision.literal.abs()) {
                problem.add(&mut listed, decision.reason);
                self.explain(&mut problem, &mut listed, &mut explained, decision.reason);
                contradicted(decision.reason, &mut seen);
            }
        }
        self.problems.push(problem);
    }

    /// Adds the root requirements behind a rule, each in a section of its own.
    fn explain(
        &self,
        problem: &mut Problem,
        listed: &mut FxHashSet<RuleId>,
        explained: &mut FxHashSet<RuleId>,
        rule: RuleId,
    ) {
        let mut stack = vec![rule];
        while let Some(rule) = stack.pop() {
            if !explained.insert(rule) {
                continue;
            }
            match (self.rules[rule].kind, &self.rules[rule].reason) {
                (RuleKind::Learned, Reason::Learned(lesson)) => {
                    stack.extend(
                        self.learned[*lesson]
                            .iter()
                            .rev()
                            .filter(|source| !explained.contains(source)),
                    );
                }
                (RuleKind::Package, _) => {}
                _ => {
                    problem.sections.push(Vec::new());
                    problem.add(listed, rule);
                }
            }
        }
    }

    fn run(&mut self) -> Result<(), SolveError> {
        let mut level = 1;
        let mut system_level = level + 1;
        loop {
            if level == 1
                && let Some(conflict) = self.propagate(level)
            {
                self.note_unsolvable(conflict);
                return Ok(());
            }
            if level < system_level {
                let Some((reached, complete)) = self.satisfy_request(level)? else {
                    return Ok(());
                };
                level = reached;
                system_level = level + 1;
                if !complete {
                    continue;
                }
            }
            system_level = system_level.min(level);
            let Some(reached) = self.satisfy_rules(level)? else {
                return Ok(());
            };
            level = reached;
            if level < system_level {
                continue;
            }
            match self.last_alternative() {
                None => return Ok(()),
                Some((branch, place, literal)) => {
                    self.branches[branch].alternatives[place] = None;
                    level = self.branches[branch].level;
                    self.revert(level);
                    let Some(last) = self.decisions.queue().last() else {
                        return Err(internal("no decision left to branch from".to_string()));
                    };
                    let reason = last.reason;
                    match self.decide_and_learn(level, literal, reason)? {
                        Some(reached) => level = reached,
                        None => return Ok(()),
                    }
                }
            }
        }
    }

    /// Decides for every root requirement that nothing satisfies yet. The level reached and whether all were looked at;
    /// none when there is no solution.
    fn satisfy_request(&mut self, mut level: i32) -> Result<Option<(i32, bool)>, SolveError> {
        let rules = self.rules.of_request().to_vec();
        for (place, &rule) in rules.iter().enumerate() {
            if self.rules[rule].disabled {
                continue;
            }
            let literals = &self.rules[rule].literals;
            if literals
                .iter()
                .any(|&literal| self.decisions.satisfies(literal))
            {
                continue;
            }
            let mut options: Vec<Literal> = literals
                .iter()
                .copied()
                .filter(|&literal| literal > 0 && self.decisions.is_undecided(literal))
                .collect();
            if options.iter().any(|literal| self.fixed.contains(literal)) {
                options.retain(|literal| self.fixed.contains(literal));
            }
            if options.is_empty() {
                continue;
            }
            let before = level;
            match self.choose(level, &options, rule)? {
                Some(reached) => level = reached,
                None => return Ok(None),
            }
            if level <= before {
                // Composer starts over unless the conflict came up at the very last requirement.
                return Ok(Some((level, place + 1 == rules.len())));
            }
        }
        Ok(Some((level, true)))
    }

    /// Decides for every rule whose packages are all installed and none of whose alternatives is. The level reached;
    /// none when there is no solution.
    fn satisfy_rules(&mut self, mut level: i32) -> Result<Option<i32>, SolveError> {
        let mut count = self.rules.listed().len();
        let mut unchanged = 0;
        let mut place = 0;
        while unchanged < count {
            if place == count {
                place = 0;
            }
            let rule = self.rules.listed()[place];
            place += 1;
            unchanged += 1;
            self.graph.looked_at += 1;
            if self.rules[rule].disabled {
                continue;
            }
            let mut options = Vec::new();
            let open = self.rules[rule].literals.iter().all(|&literal| {
                if literal > 0 && self.decisions.is_undecided(literal) {
                    options.push(literal);
                }
                // Everything negative is installed, nothing positive is.
                self.decisions.installs(literal) == (literal < 0)
            });
            if !open || options.len() < 2 {
                continue;
            }
            match self.choose(level, &options, rule)? {
                Some(reached) => level = reached,
                None => return Ok(None),
            }
            count = self.rules.listed().len();
            unchanged = 0;
        }
        Ok(Some(level))
    }

    /// The alternative of the oldest branch that was decided above its branch's level, so that deciding for it early may
    /// make the solution smaller.
    fn last_alternative(&self) -> Option<(usize, usize, Literal)> {
        let mut found = None;
        for (index, branch) in self.branches.iter().enumerate().rev() {
            for (place, literal) in branch.alternatives.iter().enumerate() {
                if let Some(literal) = *literal
                    && self.decisions.level(literal) > branch.level + 1
                {
                    found = Some((index, place, literal));
                }
            }
        }
        found
    }
}

fn internal(message: String) -> SolveError {
    SolveError::Internal(message)
}
