//! Finds the rules that a decision affects: every rule watches two of its literals, those of the kind "at most one" all.

use super::decisions::Decisions;
use super::rules::{RuleId, RuleSet, RuleShape};
use crate::resolve::pool::Literal;

type NodeId = u32;

#[derive(Debug)]
struct Node {
    rule: RuleId,
    watched: [Literal; 2],
}

/// Chains of rules by the literal they watch, the newest first.
#[derive(Debug)]
pub(crate) struct WatchGraph {
    nodes: Vec<Node>,
    /// Oldest first: the end of the list is the head of Composer's chain.
    chains: Vec<Vec<NodeId>>,
    /// How many literals of rules were looked at so far.
    pub looked_at: u64,
}

impl WatchGraph {
    /// For a pool of that many packages, with the rules as Composer watches them.
    pub(crate) fn new(packages: usize, rules: &RuleSet) -> Self {
        let order = rules.in_watch_order();
        let mut sizes = vec![0_usize; 2 * packages + 2];
        for rule in order.iter().map(|&rule| &rules[rule]) {
            let watched = match rule.shape {
                RuleShape::AtMostOne => rule.literals.len(),
                RuleShape::AnyOf | RuleShape::Pair => 2,
            };
            for &literal in rule.literals.iter().take(watched) {
                sizes[Self::chain(literal)] += 1;
            }
        }
        // What is learned, and watches that move, find some room.
        let room = |&size: &usize| match size {
            0 => Vec::new(),
            size => Vec::with_capacity(size + 2),
        };
        let mut graph = WatchGraph {
            nodes: Vec::with_capacity(order.len()),
            chains: sizes.iter().map(room).collect(),
            looked_at: 0,
        };
        for rule in order {
            graph.insert(rules, rule);
        }
        graph
    }

    fn chain(literal: Literal) -> usize {
        2 * literal.unsigned_abs() as usize + usize::from(literal < 0)
    }

    /// Watches the first two literals of a rule, or all of an "at most one". Assertions need no watching.
    fn insert(&mut self, rules: &RuleSet, rule: RuleId) {
        let literals = &rules[rule].literals;
        let watched = [
            literals.first().copied().unwrap_or(0),
            literals.get(1).copied().unwrap_or(0),
        ];
        self.insert_watching(rules, rule, watched);
    }

    /// Watches a learned rule's first literal and the one that was decided last (`watch2OnHighest`).
    pub(crate) fn insert_learned(&mut self, rules: &RuleSet, rule: RuleId, decisions: &Decisions) {
        let literals = &rules[rule].literals;
        let mut watched = [
            literals.first().copied().unwrap_or(0),
            literals.get(1).copied().unwrap_or(0),
        ];
        if literals.len() >= 3 {
            let mut highest = 0;
            for &literal in literals {
                let level = decisions.level(literal);
                if level > highest {
                    watched[1] = literal;
                    highest = level;
                }
            }
        }
        self.insert_watching(rules, rule, watched);
    }

    fn insert_watching(&mut self, rules: &RuleSet, rule: RuleId, watched: [Literal; 2]) {
        if rules[rule].literals.len() < 2 {
            return;
        }
        let node = self.nodes.len() as NodeId;
        self.nodes.push(Node { rule, watched });
        if rules[rule].shape == RuleShape::AtMostOne {
            for &literal in &rules[rule].literals {
                self.chains[Self::chain(literal)].push(node);
            }
        } else {
            for literal in watched {
                self.chains[Self::chain(literal)].push(node);
            }
        }
    }

    /// Carries on all decisions from the place `from` in their queue, which moves behind the last one that was; the first rule
    /// that cannot hold any more (`Solver::propagate`).
    pub(crate) fn propagate_from(
        &mut self,
        from: &mut usize,
        rules: &RuleSet,
        level: i32,
        decisions: &mut Decisions,
    ) -> Option<RuleId> {
        while let Some(decision) = decisions.queue().get(*from) {
            let literal = decision.literal;
            *from += 1;
            let conflict = self.propagate(rules, literal, level, decisions);
            if conflict.is_some() {
                return conflict;
            }
        }
        None
    }

    /// Carries a decision on to every rule that watches its opposite: moves watches, decides what has become
    /// necessary, and returns the first rule that cannot hold any more (`RuleWatchGraph::propagateLiteral`).
    fn propagate(
        &mut self,
        rules: &RuleSet,
        decided: Literal,
        level: i32,
        decisions: &mut Decisions,
    ) -> Option<RuleId> {
        let literal = -decided;
        let chain = Self::chain(literal);
        let mut place = self.chains[chain].len();
        while place > 0 {
            place -= 1;
            let node_id = self.chains[chain][place];
            let node = &mut self.nodes[node_id as usize];
            let rule = &rules[node.rule];
            self.looked_at += 1;
            if rule.shape == RuleShape::AtMostOne {
                self.looked_at += rule.literals.len() as u64;
                for &other in &rule.literals {
                    if other != literal && !decisions.satisfies(other) {
                        if decisions.contradicts(other) {
                            return Some(node.rule);
                        }
                        decisions.decide(other, level, node.rule);
                    }
                }
                continue;
            }
            let other = if node.watched[0] == literal {
                node.watched[1]
            } else {
                node.watched[0]
            };
            if rule.disabled || decisions.satisfies(other) {
                continue;
            }
            self.looked_at += rule.literals.len() as u64;
            let alternative = rule.literals.iter().copied().find(|&candidate| {
                candidate != literal && candidate != other && !decisions.contradicts(candidate)
            });
            if let Some(alternative) = alternative {
                let watch = usize::from(node.watched[0] != literal);
                node.watched[watch] = alternative;
                self.chains[chain].remove(place);
                self.chains[Self::chain(alternative)].push(node_id);
                continue;
            }
            if decisions.contradicts(other) {
                return Some(node.rule);
            }
            decisions.decide(other, level, node.rule);
        }
        None
    }
}
