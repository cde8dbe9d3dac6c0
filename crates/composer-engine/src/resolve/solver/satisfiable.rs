//! Whether clauses hold together with assumptions, asked many times over.
//!
//! The [solver](crate::resolve::solver) of an answer decides as Composer does, and begins anew for every pool. This one only says yes
//! or no, in whatever order is fast: assumptions are decided at a level of their own, so that a clause which was learned from
//! a conflict names those that it depends on, and is true whatever is assumed the next time. What is learned from one
//! question is known to all later ones.

use crate::resolve::pool::Literal;

/// How many conflicts are learned from, of all questions together. Beyond that nothing is known to hold.
///
/// Of 80 switches of real stores, with 4,000 to 12,000 variables each, the hardest came to 217, and half of them to none.
/// Made-up worlds of 100 to 275 packages, whose every version needs small ranges of others, take 1 to 2 s for as many as this,
/// and 45 s for ten times as many, as each lesson is one more clause for all later ones.
const MOST_LESSONS: usize = 5_000;

/// Index of a clause.
type ClauseId = usize;

/// Why a literal is true.
#[derive(Debug, Clone, Copy)]
enum Reason {
    /// It was assumed, tried, or is a fact.
    Decided,
    /// All other literals of the clause are false.
    Clause(ClauseId),
    /// Another member of a group in which at most one is true.
    Member(Literal),
}

/// A contradiction.
enum Conflict {
    /// All literals of the clause are false.
    Clause(ClauseId),
    /// Two members of a group are true.
    Members(Literal, Literal),
}

/// What is known of a variable.
#[derive(Debug, Clone)]
struct Variable {
    /// 1 true, -1 false, 0 undecided.
    value: i8,
    level: usize,
    reason: Reason,
    /// Whether it was true in the last solution: the next one is probably much the same.
    was_true: bool,
    /// Whether the analysis of a conflict has met it.
    seen: bool,
    /// The groups it is in.
    groups: Vec<usize>,
    /// The clauses that need one of their positive literals once it and the like are true.
    needs: Vec<ClauseId>,
}

/// Clauses, all of which are to hold. Variables are numbered from 1; a negative literal says that its variable is false.
#[derive(Debug)]
pub(crate) struct Clauses {
    /// By variable. The first is always true, and stands where a clause has no negative literal.
    variables: Vec<Variable>,
    clauses: Vec<Box<[Literal]>>,
    /// By literal: the clauses that watch it, which are its first two.
    watching: Vec<Vec<ClauseId>>,
    groups: Vec<Box<[Literal]>>,
    /// The true literals in the order in which they became so.
    trail: Vec<Literal>,
    /// Where each level but the lowest, that of facts, begins in the trail.
    levels: Vec<usize>,
    propagated: usize,
    /// Whether the clauses contradict each other whatever is assumed.
    is_contradictory: bool,
    /// How many conflicts there were.
    lessons: usize,
}

/// What is always true; not a number of anybody's.
const ALWAYS: Literal = i32::MAX;

impl Clauses {
    /// No clauses yet, over variables up to that number.
    pub(crate) fn new(variables: usize) -> Self {
        let mut clauses = Clauses {
            variables: Vec::new(),
            clauses: Vec::new(),
            watching: Vec::new(),
            groups: Vec::new(),
            trail: Vec::new(),
            levels: Vec::new(),
            propagated: 0,
            is_contradictory: false,
            lessons: 0,
        };
        for _ in 0..=variables {
            clauses.variable();
        }
        clauses.assign(ALWAYS, Reason::Decided);
        clauses
    }

    /// A further variable.
    pub(crate) fn variable(&mut self) -> Literal {
        self.variables.push(Variable {
            value: 0,
            level: 0,
            reason: Reason::Decided,
            was_true: false,
            seen: false,
            groups: Vec::new(),
            needs: Vec::new(),
        });
        self.watching.extend([Vec::new(), Vec::new()]);
        (self.variables.len() - 1) as Literal
    }

    /// Has at least one of these literals be true from now on.
    pub(crate) fn add(&mut self, mut literals: Vec<Literal>) {
        self.return_to(0);
        literals.sort_unstable();
        literals.dedup();
        if literals.iter().all(|&literal| literal > 0) {
            literals.push(-ALWAYS);
        }
        // What is watched must be what may still become true.
        literals.sort_by_key(|&literal| self.value(literal) < 0);
        let id = self.clauses.len();
        if literals.iter().any(|&literal| literal > 0) {
            for &literal in literals.iter().filter(|&&literal| literal < 0) {
                self.variables[place(literal)].needs.push(id);
            }
        }
        match literals.as_slice() {
            [] => self.is_contradictory = true,
            [first, rest @ ..] if rest.first().is_none_or(|&next| self.value(next) < 0) => {
                let first = *first;
                match self.value(first) {
                    0 => self.assign(first, Reason::Decided),
                    value => self.is_contradictory |= value < 0,
                }
            }
            _ => {}
        }
        self.push(literals);
    }

    /// Has at most one of these variables be true from now on.
    pub(crate) fn at_most_one(&mut self, members: Vec<Literal>) {
        self.return_to(0);
        let group = self.groups.len();
        for &member in &members {
            self.variables[place(member)].groups.push(group);
        }
        self.groups.push(members.into());
        // Members that are true already are looked at again.
        self.propagated = 0;
    }

    /// Whether it is certain that no values of the variables have all clauses hold.
    pub(crate) fn contradict_each_other(&mut self) -> bool {
        !self.hold(&[], |_| None) && self.lessons <= MOST_LESSONS
    }

    /// Whether all holds while these literals are true. `choose` says which of several variables is tried first.
    pub(crate) fn hold(
        &mut self,
        assumptions: &[Literal],
        mut choose: impl FnMut(&[Literal]) -> Option<Literal>,
    ) -> bool {
        'question: loop {
            self.return_to(0);
            if self.is_contradictory || self.propagate().is_some() {
                self.is_contradictory = true;
                return false;
            }
            self.levels.push(self.trail.len());
            for &assumption in assumptions {
                match self.value(assumption) {
                    0 => self.assign(assumption, Reason::Decided),
                    value if value < 0 => return false,
                    _ => {}
                }
            }
            // How far into the trail everybody has what they need.
            let mut served = 0;
            loop {
                if let Some(conflict) = self.propagate() {
                    if self.levels.len() == 1 {
                        return false;
                    }
                    self.lessons += 1;
                    if self.lessons > MOST_LESSONS {
                        return false;
                    }
                    let lesson = self.learn(conflict);
                    served = 0;
                    if let &[fact] = lesson.as_slice() {
                        self.return_to(0);
                        self.assign(fact, Reason::Decided);
                        continue 'question;
                    }
                    self.return_to(self.level(lesson[1]));
                    let first = lesson[0];
                    let id = self.push(lesson);
                    self.assign(first, Reason::Clause(id));
                    continue;
                }
                let Some(options) = self.open_need(&mut served) else {
                    self.note_solution();
                    return true;
                };
                let again = options.iter().copied();
                let again = again
                    .clone()
                    .find(|&option| self.variables[place(option)].was_true);
                let tried = again
                    .or_else(|| choose(&options))
                    .or(options.first().copied());
                self.levels.push(self.trail.len());
                // A need without options would have been a conflict.
                if let Some(tried) = tried {
                    self.assign(tried, Reason::Decided);
                }
            }
        }
    }

    /// The variables that could give somebody what is missing; none when everybody has what they need. All that is undecided
    /// can be false then.
    fn open_need(&self, served: &mut usize) -> Option<Vec<Literal>> {
        while let Some(&literal) = self.trail.get(*served) {
            if literal > 0 {
                for &clause in &self.variables[place(literal)].needs {
                    let literals = &self.clauses[clause];
                    // False already, or going to be: a variable that nobody needs.
                    let may_be_left = |&literal: &Literal| match literal {
                        0.. => self.value(literal) > 0,
                        _ => self.value(literal) >= 0,
                    };
                    if !literals.iter().any(may_be_left) {
                        let positive = literals.iter().copied().filter(|&literal| literal > 0);
                        return Some(
                            positive
                                .filter(|&literal| self.value(literal) == 0)
                                .collect(),
                        );
                    }
                }
            }
            *served += 1;
        }
        None
    }

    /// Has the next solution found as if there had been none before, by preference alone.
    pub(crate) fn forget_solution(&mut self) {
        for variable in &mut self.variables {
            variable.was_true = false;
        }
    }

    /// Whether a variable is true in the solution that was found last.
    pub(crate) fn was_true(&self, variable: Literal) -> bool {
        self.variables[place(variable)].was_true
    }

    fn note_solution(&mut self) {
        for variable in &mut self.variables {
            variable.was_true = variable.value > 0;
        }
    }

    fn value(&self, literal: Literal) -> i8 {
        let value = self.variables[place(literal)].value;
        if literal < 0 { -value } else { value }
    }

    fn level(&self, literal: Literal) -> usize {
        self.variables[place(literal)].level
    }

    fn assign(&mut self, literal: Literal, reason: Reason) {
        let level = self.levels.len();
        let variable = &mut self.variables[place(literal)];
        variable.value = if literal < 0 { -1 } else { 1 };
        variable.level = level;
        variable.reason = reason;
        self.trail.push(literal);
    }

    /// Takes back what was decided above a level.
    fn return_to(&mut self, level: usize) {
        if let Some(&end) = self.levels.get(level) {
            for literal in self.trail.drain(end..) {
                self.variables[place(literal)].value = 0;
            }
            self.levels.truncate(level);
            self.propagated = self.propagated.min(end);
        }
    }

    /// Keeps a clause, watched by its first two literals.
    fn push(&mut self, literals: Vec<Literal>) -> ClauseId {
        let id = self.clauses.len();
        if let [first, second, ..] = literals.as_slice() {
            self.watching[watch(*first)].push(id);
            self.watching[watch(*second)].push(id);
        }
        self.clauses.push(literals.into());
        id
    }

    /// Carries what is true on to what must be.
    fn propagate(&mut self) -> Option<Conflict> {
        while let Some(&literal) = self.trail.get(self.propagated) {
            self.propagated += 1;
            if literal > 0
                && let Some(conflict) = self.leave_others_out(literal)
            {
                return Some(conflict);
            }
            let mut watching = std::mem::take(&mut self.watching[watch(-literal)]);
            let conflict = self.follow(-literal, &mut watching);
            self.watching[watch(-literal)] = watching;
            if conflict.is_some() {
                return conflict;
            }
        }
        None
    }

    /// Makes the other members of a variable's groups false.
    fn leave_others_out(&mut self, literal: Literal) -> Option<Conflict> {
        for index in 0..self.variables[place(literal)].groups.len() {
            let group = self.variables[place(literal)].groups[index];
            for member in 0..self.groups[group].len() {
                let other = self.groups[group][member];
                if other == literal {
                    continue;
                }
                match self.value(other) {
                    0 => self.assign(-other, Reason::Member(literal)),
                    1.. => return Some(Conflict::Members(literal, other)),
                    _ => {}
                }
            }
        }
        None
    }

    /// Looks at the clauses that watch a literal which has become false, and has them watch another one.
    fn follow(&mut self, falsified: Literal, watching: &mut Vec<ClauseId>) -> Option<Conflict> {
        let mut place = 0;
        while let Some(&id) = watching.get(place) {
            let (clauses, variables) = (&mut self.clauses, &self.variables);
            let value = |literal: Literal| {
                let value = variables[self::place(literal)].value;
                if literal < 0 { -value } else { value }
            };
            let literals = &mut clauses[id];
            if literals[0] == falsified {
                literals.swap(0, 1);
            }
            let other = literals[0];
            if value(other) > 0 {
                place += 1;
                continue;
            }
            let next = (2..literals.len()).find(|&next| value(literals[next]) >= 0);
            if let Some(next) = next {
                literals.swap(1, next);
                let watched = literals[1];
                self.watching[watch(watched)].push(id);
                watching.swap_remove(place);
                continue;
            }
            if value(other) < 0 {
                return Some(Conflict::Clause(id));
            }
            self.assign(other, Reason::Clause(id));
            place += 1;
        }
        None
    }

    /// The clause that would have prevented a conflict: first what is to be true instead of what was decided last, then
    /// what was decided last of the rest.
    fn learn(&mut self, conflict: Conflict) -> Vec<Literal> {
        let level = self.levels.len();
        let mut lesson = vec![0];
        let mut met: Vec<usize> = Vec::new();
        // How many literals of the highest level are still to be explained.
        let mut open = 0;
        let mut at = self.trail.len();
        let mut causes: Vec<Literal> = match conflict {
            Conflict::Clause(id) => self.clauses[id].to_vec(),
            Conflict::Members(one, other) => vec![-one, -other],
        };
        loop {
            for &cause in &causes {
                let variable = &mut self.variables[place(cause)];
                if variable.seen || variable.level == 0 {
                    continue;
                }
                variable.seen = true;
                met.push(place(cause));
                if variable.level == level {
                    open += 1;
                } else {
                    lesson.push(cause);
                }
            }
            // The last one that was met.
            let literal = loop {
                let Some(before) = at.checked_sub(1) else {
                    break ALWAYS;
                };
                at = before;
                let literal = self.trail[at];
                if self.variables[place(literal)].seen {
                    break literal;
                }
            };
            open -= 1;
            if open <= 0 {
                lesson[0] = -literal;
                break;
            }
            causes = match self.variables[place(literal)].reason {
                Reason::Decided => Vec::new(),
                Reason::Clause(id) => {
                    let others = self.clauses[id].iter().copied();
                    others.filter(|&other| other != literal).collect()
                }
                Reason::Member(other) => vec![-other],
            };
        }
        for variable in met {
            self.variables[variable].seen = false;
        }
        let highest = (1..lesson.len()).max_by_key(|&at| self.level(lesson[at]));
        if let Some(highest) = highest {
            lesson.swap(1, highest);
        }
        lesson
    }
}

/// The place of a literal's variable in lists by variable.
fn place(literal: Literal) -> usize {
    match literal.abs() {
        ALWAYS => 0,
        variable => variable as usize,
    }
}

/// The place of a literal in lists by literal.
fn watch(literal: Literal) -> usize {
    2 * place(literal) + usize::from(literal < 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VARIABLES: i32 = 7;

    fn literal() -> impl Strategy<Value = Literal> {
        (1..=VARIABLES, any::<bool>()).prop_map(|(variable, is_true)| match is_true {
            true => variable,
            false => -variable,
        })
    }

    fn clauses(length: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Vec<Literal>>> {
        prop::collection::vec(prop::collection::vec(literal(), length), 0..14)
    }

    fn is_satisfied(
        clauses: &[Vec<Literal>],
        groups: &[Vec<Literal>],
        assumed: &[Literal],
    ) -> bool {
        (0..1 << VARIABLES).any(|assignment: i32| {
            let holds =
                |&literal: &Literal| (assignment >> (literal.abs() - 1) & 1 == 1) == (literal > 0);
            assumed.iter().all(holds)
                && clauses.iter().all(|clause| clause.iter().any(holds))
                && groups
                    .iter()
                    .all(|group| group.iter().filter(|&literal| holds(literal)).count() <= 1)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn agrees_with_trying_everything(
            first in clauses(1..5),
            groups in prop::collection::vec(prop::collection::btree_set(1..=VARIABLES, 2..5), 0..3),
            questions in prop::collection::vec((clauses(1..4), prop::collection::vec(literal(), 0..4)), 1..6),
        ) {
            let groups: Vec<Vec<Literal>> = groups.into_iter().map(|group| group.into_iter().collect()).collect();
            let mut solver = Clauses::new(VARIABLES as usize);
            let mut all = Vec::new();
            let add = |solver: &mut Clauses, all: &mut Vec<Vec<Literal>>, clauses: Vec<Vec<Literal>>| {
                for clause in clauses {
                    // One that is true whatever happens says nothing.
                    if !clause.iter().any(|&literal| clause.contains(&-literal)) {
                        solver.add(clause.clone());
                        all.push(clause);
                    }
                }
            };
            add(&mut solver, &mut all, first);
            for group in &groups {
                solver.at_most_one(group.clone());
            }
            for (more, assumed) in questions {
                add(&mut solver, &mut all, more);
                let expected = is_satisfied(&all, &groups, &assumed);
                for _ in 0..2 {
                    prop_assert_eq!(solver.hold(&assumed, |options| options.last().copied()), expected);
                }
            }
        }
    }
}
