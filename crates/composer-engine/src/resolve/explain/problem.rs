//! Why there is no solution, in Composer's own sentences (`Problem`, `Rule::getPrettyString`, `SolverProblemsException`).

use super::explained_pool::ExplainedPool;
use super::missing_package::MissingPackage;
use super::package_list::{Including, condensed, package_list};
use crate::format::package::Package;
use crate::format::package::links::Link;
use crate::format::package::platform::is_platform_package;
use crate::format::version::Version;
use crate::resolve::candidate::{CandidateId, Candidates, DEFAULT_BRANCH_ALIAS};
use crate::resolve::pool::Literal;
use crate::resolve::request::Request;
use crate::resolve::solver::rules::{Reason, Rule, RuleSet, RuleShape};
use crate::resolve::solver::{Cause, Problem};
use crate::resolve::stable_sort::sort_as_php;
use indexmap::{IndexMap, IndexSet};
use rustc_hash::FxHashSet;
use std::cmp::Ordering;
use std::sync::Arc;

/// Why there is no solution.
#[derive(Debug, Clone, Default)]
pub struct Explanation {
    /// Composer's text, from `Problem 1` to the hints at its end.
    pub text: String,
    /// The requirements that take part in the contradictions, for a summary.
    pub requirements: Vec<Involved>,
}

/// A requirement that takes part in a contradiction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Involved {
    /// The package that requires or conflicts, with its version; none for the root.
    pub package: Option<(Arc<str>, Arc<str>)>,
    /// How the one depends on the other.
    pub relation: Relation,
    /// The package that is named.
    pub target: Arc<str>,
    /// The constraint, as it is written.
    pub constraint: Arc<str>,
    /// Whether some package of the pool would satisfy a requirement. True for a conflict.
    pub satisfiable: bool,
}

/// What a package says of another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// `require`.
    Requires,
    /// `conflict`.
    Conflicts,
}

/// What a contradiction is explained from.
pub(crate) struct Context<'a, 'w> {
    /// What is known about packages that are not in the pool.
    pub missing: MissingPackage<'a, 'w>,
    /// The candidates.
    pub pool: &'a ExplainedPool<'a>,
    /// What was asked for.
    pub request: &'a Request,
    /// The rules that were made of both.
    pub rules: &'a RuleSet,
    /// The configuration files of PHP, which Composer names with a missing extension.
    pub ini_files: &'a [String],
    /// Whether the packages for development have been left out already.
    pub without_dev: bool,
}

impl Explanation {
    /// Explains contradictions. May load further versions, to tell why they are no way out.
    pub(crate) fn new(problems: &[Problem], context: &mut Context<'_, '_>) -> Self {
        let present = context.present();
        let mut texts = IndexSet::new();
        let mut missing_extensions = IndexSet::new();
        let mut caused_by_lock = false;
        let mut requirements = IndexSet::new();
        for problem in problems {
            texts.insert(context.problem_text(problem, &present));
            for cause in problem.sections.iter().flatten() {
                let target = context.required_name(cause);
                missing_extensions.extend(target.filter(|name| name.starts_with("ext-")));
                caused_by_lock |= context.is_caused_by_lock(cause);
                requirements.extend(context.involved(cause));
            }
        }
        let mut text = String::from("\n");
        for (number, problem) in (1..).zip(&texts) {
            text.push_str(&format!("  Problem {number}{problem}\n"));
        }
        let hints = context.hints(&text, &missing_extensions, caused_by_lock);
        if !hints.is_empty() {
            text.push('\n');
            text.push_str(&hints.join("\n\n"));
        }
        Explanation {
            text,
            requirements: requirements.into_iter().collect(),
        }
    }
}

impl Context<'_, '_> {
    fn candidates(&self) -> &Candidates {
        &self.missing.world.candidates
    }

    /// The locked and fixed packages of the pool.
    fn present(&self) -> FxHashSet<Literal> {
        let present = self
            .request
            .locked_repository
            .iter()
            .chain(&self.request.fixed);
        present.filter_map(|&id| self.pool.literal(id)).collect()
    }

    fn rule(&self, cause: &Cause) -> Option<&Rule> {
        match cause {
            Cause::Rule(rule) => Some(&self.rules[*rule]),
            Cause::Unsatisfiable { .. } | Cause::Blocked(_) => None,
        }
    }

    fn link<'p>(package: &'p Package, reason: &Reason) -> Option<&'p Link> {
        match reason {
            Reason::Requires { link, .. } => package.requires.get(*link),
            Reason::Conflict { link, .. } => package.conflicts.get(*link),
            _ => None,
        }
    }

    fn required_name(&self, cause: &Cause) -> Option<Arc<str>> {
        match cause {
            Cause::Unsatisfiable { name, .. } => Some(name.clone()),
            Cause::Blocked(id) => Some(self.candidates()[*id].name().clone()),
            Cause::Rule(rule) => match &self.rules[*rule].reason {
                Reason::RootRequire { name, .. } => Some(name.clone()),
                Reason::Fixed(package) => Some(self.candidates()[*package].name().clone()),
                reason @ Reason::Requires { package, .. } => {
                    Self::link(&self.candidates()[*package].package, reason)
                        .map(|link| link.target.clone())
                }
                _ => None,
            },
        }
    }

    fn involved(&self, cause: &Cause) -> Option<Involved> {
        let root = |name: &Arc<str>, constraint: &Arc<str>, satisfiable| Involved {
            package: None,
            relation: Relation::Requires,
            target: name.clone(),
            constraint: constraint.clone(),
            satisfiable,
        };
        match cause {
            Cause::Unsatisfiable { name, requirement } => {
                Some(root(name, &requirement.pretty_constraint, false))
            }
            Cause::Blocked(_) => None,
            Cause::Rule(rule) => {
                let rule = &self.rules[*rule];
                match &rule.reason {
                    Reason::RootRequire { name, requirement } => {
                        Some(root(name, &requirement.pretty_constraint, true))
                    }
                    reason @ (Reason::Requires { package, .. }
                    | Reason::Conflict { package, .. }) => {
                        let package = &self.candidates()[*package].package;
                        let link = Self::link(package, reason)?;
                        let relation = match reason {
                            Reason::Conflict { .. } => Relation::Conflicts,
                            _ => Relation::Requires,
                        };
                        Some(Involved {
                            package: Some((
                                package.pretty_name.clone(),
                                package.pretty_version.clone(),
                            )),
                            relation,
                            target: link.target.clone(),
                            constraint: link.pretty_constraint.clone(),
                            satisfiable: relation == Relation::Conflicts || rule.literals.len() > 1,
                        })
                    }
                    _ => None,
                }
            }
        }
    }

    /// `Rule::isCausedByLock`
    fn is_caused_by_lock(&self, cause: &Cause) -> bool {
        let (target, constraint, is_link) = match cause {
            Cause::Unsatisfiable { name, requirement } => {
                (name.clone(), requirement.constraint.clone(), false)
            }
            Cause::Blocked(_) => return false,
            Cause::Rule(rule) => match &self.rules[*rule].reason {
                Reason::RootRequire { name, requirement } => {
                    (name.clone(), requirement.constraint.clone(), false)
                }
                reason @ Reason::Requires { package, .. } => {
                    let Some(link) = Self::link(&self.candidates()[*package].package, reason)
                    else {
                        return false;
                    };
                    (link.target.clone(), link.constraint.clone(), true)
                }
                _ => return false,
            },
        };
        if is_platform_package(&target) {
            return false;
        }
        let locked = self
            .request
            .locked_repository
            .iter()
            .find(|&&id| *self.candidates()[id].name() == target);
        locked.is_some_and(|&id| {
            self.pool.unacceptable.contains(&id)
                || !constraint.matches_version(self.candidates()[id].version())
                || (is_link && !self.request.is_locked(id))
        })
    }

    fn hints(
        &self,
        text: &str,
        missing_extensions: &IndexSet<Arc<str>>,
        caused_by_lock: bool,
    ) -> Vec<String> {
        let mut hints = Vec::new();
        if !self.without_dev
            && (text.contains("could not be found") || text.contains("no matching package found"))
        {
            hints.push("Potential causes:\n - A typo in the package name\n - The package is not available in a stable-enough version according to your minimum-stability setting\n   see <https://getcomposer.org/doc/04-schema.md#minimum-stability> for more details.\n - It's a private package and you forgot to add a custom repository to find it\n\nRead <https://getcomposer.org/doc/articles/troubleshooting.md> for further common problems.".to_string());
        }
        if !missing_extensions.is_empty() {
            let ignored: Vec<String> = missing_extensions
                .iter()
                .map(|extension| format!("--ignore-platform-req={extension}"))
                .collect();
            hints.push(format!(
                "To enable extensions, verify that they are enabled in your .ini files:\n    - {}\nYou can also run `php --ini` in a terminal to see which files are used by PHP in CLI mode.\nAlternatively, you can run Composer with `{}` to temporarily ignore these required extensions.",
                self.ini_files.join("\n    - "),
                ignored.join(" ")
            ));
        }
        if caused_by_lock && !self.without_dev && !self.request.updates_root_dependencies() {
            hints.push("Use the option --with-all-dependencies (-W) to allow upgrades, downgrades and removals for packages currently locked to specific versions.".to_string());
        }
        hints
    }

    /// `Problem::getPrettyString`
    fn problem_text(&mut self, problem: &Problem, present: &FxHashSet<Literal>) -> String {
        let causes: Vec<&Cause> = problem.sections.iter().rev().flatten().collect();
        match causes.as_slice() {
            [Cause::Unsatisfiable { name, requirement }] => {
                let (start, end) =
                    self.missing
                        .reason(self.pool, self.request, name, Some(requirement));
                return format!("\n    {start}{end}");
            }
            [Cause::Blocked(id)] => {
                let text = self.missing.blocked(self.pool, *id);
                return format!("\n    - {text}");
            }
            _ => {}
        }
        let mut keyed: Vec<((u8, String), &Cause)> = causes
            .into_iter()
            .map(|cause| (self.sort_key(cause), cause))
            .collect();
        sort_as_php(&mut keyed, |((a_priority, a), _), ((b_priority, b), _)| {
            b_priority.cmp(a_priority).then_with(|| compare_texts(a, b))
        });
        let mut messages: IndexMap<String, Option<Sources>> = IndexMap::new();
        for (_, cause) in keyed {
            let message = self.cause_text(cause, present);
            let source = self.source(cause);
            match source.and_then(|id| Some((id, message.splitn(3, ' ').nth(2)?.to_string()))) {
                Some((id, rest))
                    if rest.starts_with("requires") || rest.starts_with("conflicts") =>
                {
                    let sources = messages.entry(rest).or_default().get_or_insert_default();
                    self.note_source(sources, id);
                }
                _ if message.is_empty() => {}
                _ => {
                    messages.entry(message).or_default();
                }
            }
        }
        let mut lines = Vec::new();
        for (message, sources) in messages {
            match sources {
                None => lines.push(message),
                Some(sources) => lines.extend(
                    sources
                        .into_iter()
                        .map(|(name, versions)| sentence(&name, versions, &message)),
                ),
            }
        }
        lines
            .into_iter()
            .map(|line| format!("\n    - {line}"))
            .collect()
    }

    /// The package that a requirement or conflict belongs to.
    fn source(&self, cause: &Cause) -> Option<CandidateId> {
        match &self.rule(cause)?.reason {
            Reason::Requires { package, .. } | Reason::Conflict { package, .. } => {
                Some(self.shown(*package))
            }
            _ => None,
        }
    }

    fn note_source(&self, sources: &mut Sources, id: CandidateId) {
        let package = &self.candidates()[id].package;
        let versions = sources.entry(package.pretty_name.clone()).or_default();
        let own =
            Version::parse(&package.pretty_version).unwrap_or_else(|_| package.version.clone());
        versions.insert(own, package.pretty_version.to_string());
        for (version, pretty) in self.pool.represented_versions(id, self.candidates()) {
            versions.insert(version, pretty.to_string());
        }
    }

    /// The order of sentences in Composer 2.9 and later: what is fixed, root requirements, links, the rest; each by text.
    fn sort_key(&self, cause: &Cause) -> (u8, String) {
        let candidates = self.candidates();
        let Some(rule) = self.rule(cause) else {
            return (
                2,
                self.required_name(cause)
                    .map_or_else(String::new, |name| name.to_string()),
            );
        };
        match &rule.reason {
            Reason::Fixed(package) => (3, unique_name(candidates, *package)),
            Reason::RootRequire { name, .. } => (2, name.to_string()),
            reason @ (Reason::Requires { package, .. } | Reason::Conflict { package, .. }) => {
                let shown = self.shown(*package);
                let link = Self::link(&candidates[*package].package, reason);
                let text = link.map_or_else(String::new, |link| {
                    link_text(&candidates[shown].package, link, reason)
                });
                (1, format!("{}//{text}", unique_name(candidates, shown)))
            }
            Reason::SameName(name) => (0, name.to_string()),
            Reason::Alias(package) | Reason::InverseAlias(package) => {
                (0, unique_name(candidates, *package))
            }
            Reason::Learned(_) => {
                let literals: Vec<String> = rule.literals.iter().map(Literal::to_string).collect();
                (0, literals.join("-"))
            }
        }
    }

    /// A default branch is shown as itself, not as its alias.
    fn shown(&self, id: CandidateId) -> CandidateId {
        let candidate = &self.candidates()[id];
        match candidate.alias_of {
            Some(base) if &*candidate.package.pretty_version == DEFAULT_BRANCH_ALIAS => base,
            _ => id,
        }
    }

    fn packages(&self, literals: &[Literal]) -> Vec<CandidateId> {
        literals
            .iter()
            .map(|&literal| self.pool.candidate(literal))
            .collect()
    }

    fn list(&self, packages: &[CandidateId], including: Including<'_>) -> String {
        package_list(self.candidates(), self.pool, packages, including)
    }

    /// `Rule::getPrettyString`
    fn cause_text(&mut self, cause: &Cause, present: &FxHashSet<Literal>) -> String {
        let rule = match cause {
            Cause::Rule(rule) => self.rules[*rule].clone(),
            Cause::Unsatisfiable { name, requirement } => {
                return format!(
                    "No package found to satisfy root composer.json require {name} {}",
                    requirement.pretty_constraint
                );
            }
            Cause::Blocked(id) => return self.missing.blocked(self.pool, *id),
        };
        match &rule.reason {
            Reason::RootRequire { name, requirement } => {
                let providers = self.packages(&self.pool.providers(
                    self.candidates(),
                    name,
                    &requirement.constraint,
                ));
                let mut real = providers
                    .iter()
                    .filter(|&&id| !self.candidates()[id].is_alias());
                if let (Some(&only), None) = (real.next(), real.next())
                    && self.request.is_locked(only)
                {
                    return self.locked_text(only);
                }
                let list = self.list(&providers, Including::Removed(&requirement.constraint));
                format!(
                    "Root composer.json requires {name} {} -> satisfiable by {list}.",
                    requirement.pretty_constraint
                )
            }
            Reason::Fixed(package) => {
                let shown = self.shown(*package);
                if self.request.is_locked(shown) {
                    return self.locked_text(shown);
                }
                let package = &self.candidates()[shown].package;
                format!(
                    "{} is present at version {} and cannot be modified by Composer",
                    package.pretty_name, package.pretty_version
                )
            }
            reason @ Reason::Requires { package, .. } => {
                let source = self.candidates()[self.shown(*package)].package.clone();
                let own = self.candidates()[*package].package.clone();
                let Some(link) = Self::link(&own, reason) else {
                    return String::new();
                };
                let text = link_text(&source, link, reason);
                let providers = self.packages(rule.literals.get(1..).unwrap_or_default());
                if !providers.is_empty() {
                    let list = self.list(&providers, Including::Removed(&link.constraint));
                    return format!("{text} -> satisfiable by {list}.");
                }
                let requirement = crate::resolve::request::Requirement {
                    constraint: link.constraint.clone(),
                    pretty_constraint: shown_constraint(&source, link).into(),
                };
                let (_, end) =
                    self.missing
                        .reason(self.pool, self.request, &link.target, Some(&requirement));
                format!("{text} -> {end}")
            }
            reason @ Reason::Conflict { package, .. } => {
                self.conflict_text(&rule, reason, *package)
            }
            Reason::SameName(name) => self.same_name_text(&rule, name, present),
            Reason::Learned(_) => self.learned_text(&rule, present),
            Reason::Alias(_) => {
                let (alias, base) = (
                    self.pool.candidate(rule.literals[0]),
                    self.pool.candidate(rule.literals[1]),
                );
                self.alias_text(alias, base, "and thus requires it to be installed too.")
            }
            Reason::InverseAlias(_) => {
                let (base, alias) = (
                    self.pool.candidate(rule.literals[0]),
                    self.pool.candidate(rule.literals[1]),
                );
                self.alias_text(alias, base, "and must be installed with it.")
            }
        }
    }

    fn locked_text(&self, id: CandidateId) -> String {
        let package = &self.candidates()[id].package;
        format!(
            "{} is locked to version {} and an update of this package was not requested.",
            package.pretty_name, package.pretty_version
        )
    }

    fn alias_text(&self, alias: CandidateId, base: CandidateId, end: &str) -> String {
        let candidates = self.candidates();
        // That 9999999-dev is an alias of the default branch helps nobody.
        if candidates[alias].version().as_str() == DEFAULT_BRANCH_ALIAS {
            return String::new();
        }
        let base = &candidates[self.shown(base)];
        format!(
            "{} is an alias of {} {end}",
            candidates[alias].pretty_string(),
            base.pretty_string()
        )
    }

    fn conflict_text(&self, rule: &Rule, reason: &Reason, issuer: CandidateId) -> String {
        let candidates = self.candidates();
        let Some(link) = Self::link(&candidates[issuer].package, reason) else {
            return String::new();
        };
        let other = rule
            .literals
            .iter()
            .map(|&literal| self.pool.candidate(literal))
            .find(|&id| id != issuer);
        let Some(other) = other else {
            return String::new();
        };
        let (issuer, other) = (
            &candidates[self.shown(issuer)],
            &candidates[self.shown(other)],
        );
        // Composer shows the constraint when the package of the first literal, the higher number, has the conflict.
        let first = self.shown(self.pool.candidate(rule.literals[0]));
        let mut target = match candidates[first].name() == issuer.name() {
            true => format!("{} {}", other.package.pretty_name, link.pretty_constraint),
            false => other.pretty_string(),
        };
        if link.target != *other.name() {
            let find = |links: &[Link]| {
                links
                    .iter()
                    .find(|held| held.target == link.target)
                    .cloned()
            };
            let held = find(&other.package.replaces)
                .map(|held| ("replaces", held))
                .or_else(|| find(&other.package.provides).map(|held| ("provides", held)));
            if let Some((verb, held)) = held {
                target = format!(
                    "{} {} ({} {verb} {} {})",
                    link.target,
                    link.pretty_constraint,
                    other.pretty_string(),
                    link.target,
                    held.pretty_constraint
                );
            }
        }
        format!("{} conflicts with {target}.", issuer.pretty_string())
    }

    fn same_name_text(
        &self,
        rule: &Rule,
        replaced: &Arc<str>,
        present: &FxHashSet<Literal>,
    ) -> String {
        let all = self.packages(&rule.literals);
        let names: IndexSet<&Arc<str>> =
            all.iter().map(|&id| self.candidates()[id].name()).collect();
        let list = |packages: &[CandidateId]| self.list(packages, Including::Represented);
        if names.len() < 2 {
            return format!(
                "You can only install one version of a package, so only one of these can be installed: {}.",
                list(&all)
            );
        }
        let replacers: Vec<&str> = names
            .iter()
            .filter(|name| **name != replaced)
            .map(|name| &***name)
            .collect();
        let reason = match (names.contains(replaced), replacers.as_slice()) {
            (false, _) => {
                let both = if rule.shape == RuleShape::Pair {
                    "both"
                } else {
                    "all"
                };
                format!("They {both} replace {replaced} and thus cannot coexist.")
            }
            (true, [only]) => {
                format!("{only} replaces {replaced} and thus cannot coexist with it.")
            }
            (true, several) => format!(
                "[{}] replace {replaced} and thus cannot coexist with it.",
                several.join(", ")
            ),
        };
        let (installed, removable): (Vec<Literal>, Vec<Literal>) = rule
            .literals
            .iter()
            .partition(|literal| present.contains(&literal.abs()));
        if !installed.is_empty() && !removable.is_empty() {
            return format!(
                "{} cannot be installed as that would require removing {}. {reason}",
                list(&self.packages(&removable)),
                list(&self.packages(&installed))
            );
        }
        format!(
            "Only one of these can be installed: {}. {reason}",
            list(&all)
        )
    }

    fn learned_text(&self, rule: &Rule, present: &FxHashSet<Literal>) -> String {
        let verb = |literal: Literal| match (present.contains(&literal.abs()), literal > 0) {
            (true, true) => "keep",
            (true, false) => "remove",
            (false, true) => "install",
            (false, false) => "don't install",
        };
        let conclusion = if let [only] = &*rule.literals {
            format!(
                "{} {}",
                verb(*only),
                self.candidates()[self.pool.candidate(*only)].pretty_string()
            )
        } else {
            let mut groups: IndexMap<&str, Vec<CandidateId>> = IndexMap::new();
            for &literal in &rule.literals {
                groups
                    .entry(verb(literal))
                    .or_default()
                    .push(self.shown(self.pool.candidate(literal)));
            }
            let groups = groups.into_iter().map(|(verb, packages)| {
                let one_of = if packages.len() > 1 { " one of" } else { "" };
                format!(
                    "{verb}{one_of} {}",
                    self.list(&packages, Including::Themselves)
                )
            });
            groups.collect::<Vec<_>>().join(" | ")
        };
        format!("Conclusion: {conclusion} (conflict analysis result)")
    }
}

/// By pretty name: the versions that a sentence goes for.
type Sources = IndexMap<Arc<str>, IndexMap<Version, String>>;

/// `acme/shop 1.0.0 requires …` or `acme/shop[1.0.0, 1.1.0] require …`
fn sentence(name: &str, versions: IndexMap<Version, String>, rest: &str) -> String {
    let shown = condensed(versions, 1);
    match shown.as_slice() {
        [only] => format!("{name} {only} {rest}"),
        several => {
            let plural = rest.replacen(
                "requires",
                "require",
                usize::from(rest.starts_with("requires")),
            );
            let plural = plural.replacen(
                "conflicts",
                "conflict",
                usize::from(rest.starts_with("conflicts")),
            );
            format!("{name}[{}] {plural}", several.join(", "))
        }
    }
}

/// `acme/shop 1.0.0 requires acme/base ^2.0`
fn link_text(source: &Package, link: &Link, reason: &Reason) -> String {
    let verb = if matches!(reason, Reason::Conflict { .. }) {
        "conflicts"
    } else {
        "requires"
    };
    let constraint = shown_constraint(source, link);
    format!(
        "{} {} {verb} {} {constraint}",
        source.pretty_name, source.pretty_version, link.target
    )
}

/// PHP's comparison of two strings: two numbers, as a learned rule of one literal has them, are compared as such.
fn compare_texts(a: &str, b: &str) -> Ordering {
    match (a.parse::<i64>(), b.parse::<i64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

/// A constraint as shown; `self.version` is shown as that version.
fn shown_constraint<'a>(source: &'a Package, link: &'a Link) -> &'a str {
    match &*link.pretty_constraint {
        "self.version" => &source.pretty_version,
        constraint => constraint,
    }
}

/// `acme/shop-1.0.0.0`, with what it is an alias of.
fn unique_name(candidates: &Candidates, id: CandidateId) -> String {
    let candidate = &candidates[id];
    let own = format!("{}-{}", candidate.name(), candidate.version().as_str());
    match candidate.alias_of {
        Some(base) => {
            let kind = if candidate.root_alias {
                "root alias"
            } else {
                "alias"
            };
            format!("{own} ({kind} of {})", candidates[base].version().as_str())
        }
        None => own,
    }
}
