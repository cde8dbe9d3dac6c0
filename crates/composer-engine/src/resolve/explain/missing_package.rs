//! Why a requirement finds nothing: Composer's own diagnosis (`Problem::getMissingPackageReason`).

use super::explained_pool::ExplainedPool;
use super::package_list::{Including, has_several_names, package_list};
use crate::format::constraint::{Constraint, Operator};
use crate::format::version::Version;
use crate::resolve::candidate::{CandidateId, Origin};
use crate::resolve::pool::builder::{LoadRules, is_symlinked_path};
use crate::resolve::request::{Request, Requirement};
use crate::resolve::world::{KnownVersions, World, select_from};
use indexmap::IndexMap;
use std::sync::Arc;

/// How many providers of a missing name are listed.
const MAX_PROVIDERS: usize = 15;

/// The start of a sentence about the root, and its end, which also serves for other packages.
pub(crate) type Sentence = (String, String);

/// Looks for the versions that a requirement does not get.
pub(crate) struct MissingPackage<'a, 'w> {
    pub world: &'a mut World<'w>,
    pub load: &'a LoadRules,
    /// The requirements of the root, the platform's excepted.
    pub root: &'a IndexMap<Arc<str>, Requirement>,
    /// What is looked at behind the repositories: the packages of the lock, or those of a result.
    pub last: &'a [CandidateId],
    /// Platform packages that are there, but for `config.platform`.
    pub hidden: &'a [String],
}

/// Where to look.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Search {
    /// As the pool was built.
    Acceptable,
    /// Any stability.
    Unstable,
    /// In every repository, also behind a canonical one.
    Shadowed,
}

impl MissingPackage<'_, '_> {
    /// Why nothing satisfies a requirement.
    pub(crate) fn reason(
        &mut self,
        pool: &ExplainedPool<'_>,
        request: &Request,
        name: &Arc<str>,
        wanted: Option<&Requirement>,
    ) -> Sentence {
        let text = wanted.map_or_else(String::new, constraint_text);
        if let Some(sentence) = self.platform_reason(pool, request, name, &text) {
            return sentence;
        }
        let locked = request
            .all_locked()
            .into_iter()
            .find(|&id| self.world.candidates[id].name() == name);
        if let Some(id) = locked.filter(|id| pool.unacceptable.contains(id)) {
            let package = &self.world.candidates[id].package;
            return (
                "- ".to_string(),
                format!(
                    "{} is fixed to {} (lock file version) by a partial update but that version is rejected by your minimum-stability. Make sure you list it as an argument for the update command.",
                    package.pretty_name, package.pretty_version
                ),
            );
        }
        if let Some(sentence) =
            wanted.and_then(|wanted| self.branch_with_hash(pool, request, name, wanted))
        {
            return sentence;
        }
        let constraint = wanted.map_or(&Constraint::Any, |wanted| &*wanted.constraint);
        let start = format!("- Root composer.json requires {name}{text}, ");
        let packages = self.find(request, name, constraint, Search::Acceptable);
        if !packages.is_empty() {
            let end = self.found_but_excluded(pool, name, constraint, &packages, locked);
            return (start, end);
        }
        let unacceptable = [
            (constraint, "minimum-stability"),
            (&Constraint::Any, "constraint"),
        ];
        for (searched, excluded_by) in unacceptable {
            let packages = self.find(request, name, searched, Search::Unstable);
            if packages.is_empty() {
                continue;
            }
            let shadowed = self.find(request, name, constraint, Search::Shadowed);
            if !shadowed.is_empty() {
                return self.shadowed(
                    pool,
                    name,
                    &text,
                    constraint,
                    &packages,
                    &shadowed,
                    excluded_by,
                );
            }
            let found = self.list(pool, &packages, constraint);
            let do_or_does = self.do_or_does(&packages);
            let end = match excluded_by {
                "constraint" => {
                    let hint = self.mismatch_hint(constraint, &packages);
                    format!("found {found} but {do_or_does} not match the constraint.{hint}")
                }
                _ => format!("found {found} but {do_or_does} not match your {excluded_by}."),
            };
            return (start, end);
        }
        self.absent(request, name, &text)
    }

    /// `#` starts a commit; in the name of a branch it is written `+`.
    fn branch_with_hash(
        &mut self,
        pool: &ExplainedPool<'_>,
        request: &Request,
        name: &Arc<str>,
        wanted: &Requirement,
    ) -> Option<Sentence> {
        let pretty = &wanted.pretty_constraint;
        let branch = pretty
            .split_once(" as ")
            .map_or(&**pretty, |(branch, _)| branch.trim_end());
        let is_exact = matches!(
            &*wanted.constraint,
            Constraint::Single {
                operator: Operator::Eq,
                ..
            }
        );
        if !is_exact || !pretty.starts_with("dev-") || !branch.contains('#') {
            return None;
        }
        let written = |branch: &str| Constraint::exactly(Version::from_normalized(branch));
        let either = Constraint::multi(
            vec![written(branch), written(&branch.replace('#', "+"))],
            false,
        );
        let packages = self.find(request, name, &either, Search::Acceptable);
        (!packages.is_empty()).then(|| {
            let text = constraint_text(wanted);
            let end = format!(
                "found {}. The # character in branch names is replaced by a + character. Make sure to require it as \"{}\".",
                self.list(pool, &packages, &wanted.constraint),
                pretty.replace('#', "+")
            );
            (format!("- Root composer.json requires {name}{text}, "), end)
        })
    }

    fn list(
        &self,
        pool: &ExplainedPool<'_>,
        packages: &[CandidateId],
        constraint: &Constraint,
    ) -> String {
        package_list(
            &self.world.candidates,
            pool,
            packages,
            Including::Removed(constraint),
        )
    }

    fn do_or_does(&self, packages: &[CandidateId]) -> &'static str {
        if has_several_names(&self.world.candidates, packages) {
            "these do"
        } else {
            "it does"
        }
    }

    fn conflict_or_conflicts(&self, packages: &[CandidateId]) -> &'static str {
        if has_several_names(&self.world.candidates, packages) {
            "these conflict"
        } else {
            "it conflicts"
        }
    }

    /// Acceptable versions exist, so something else rules them out.
    fn found_but_excluded(
        &self,
        pool: &ExplainedPool<'_>,
        name: &Arc<str>,
        constraint: &Constraint,
        packages: &[CandidateId],
        locked: Option<CandidateId>,
    ) -> String {
        let candidates = &self.world.candidates;
        let list = self.list(pool, packages, constraint);
        let none_matches = |wanted: &Constraint| {
            !packages
                .iter()
                .any(|&id| wanted.matches_version(candidates[id].version()))
        };
        if let Some(root) = self
            .root
            .get(name)
            .filter(|root| none_matches(&root.constraint))
        {
            return format!(
                "found {list} but {} with your root composer.json require ({}).",
                self.conflict_or_conflicts(packages),
                root.pretty_constraint
            );
        }
        for known in candidates[packages[0]].names(true) {
            let temporary = self
                .load
                .temporary
                .iter()
                .find(|(limited, _)| limited == known);
            if let Some((_, temporary)) =
                temporary.filter(|(_, temporary)| none_matches(&temporary.constraint))
            {
                return format!(
                    "found {list} but {} with your temporary update constraint ({known}:{}).",
                    self.conflict_or_conflicts(packages),
                    temporary.pretty_constraint
                );
            }
        }
        if let Some(locked) = locked.map(|id| &candidates[id].package)
            && !packages
                .iter()
                .any(|&id| *candidates[id].version() == locked.version)
        {
            return format!(
                "found {list} but the package is fixed to {} (lock file version) by a partial update and that version does not match. Make sure you list it as an argument for the update command.",
                locked.pretty_version
            );
        }
        if let Some(why) = self.why_blocked(pool, name, constraint, packages) {
            return format!("found {list} but these were not loaded, because they {why}");
        }
        if packages
            .iter()
            .all(|&id| candidates[id].origin == Origin::Locked)
        {
            return format!(
                "found {list} in the lock file but not in remote repositories, make sure you avoid updating this package to keep the one from the lock file."
            );
        }
        let conflict = if has_several_names(candidates, packages) {
            "they conflict"
        } else {
            "it conflicts"
        };
        format!(
            "found {list} but these were not loaded, likely because {conflict} with another require."
        )
    }

    fn mismatch_hint(&self, constraint: &Constraint, packages: &[CandidateId]) -> String {
        let candidates = &self.world.candidates;
        if candidates[packages[0]].origin == Origin::Root {
            return " See https://getcomposer.org/dep-on-root for details and assistance."
                .to_string();
        }
        let wants_master = matches!(constraint, Constraint::Single { version, .. } if version.as_str() == "dev-master");
        let renamed = packages
            .iter()
            .map(|&id| &candidates[id].package)
            .find(|package| {
                wants_master && matches!(package.version.as_str(), "dev-default" | "dev-main")
            });
        renamed.map_or_else(String::new, |package| {
            format!(
                " Perhaps dev-master was renamed to {}?",
                package.pretty_version
            )
        })
    }

    /// Fitting versions exist, but behind a repository of higher priority (`computeCheckForLowerPrioRepo`).
    #[expect(
        clippy::too_many_arguments,
        reason = "one sentence, with everything it speaks of"
    )]
    fn shadowed(
        &self,
        pool: &ExplainedPool<'_>,
        name: &Arc<str>,
        text: &str,
        constraint: &Constraint,
        higher: &[CandidateId],
        shadowed: &[CandidateId],
        reason: &str,
    ) -> Sentence {
        let candidates = &self.world.candidates;
        let origin = |id: CandidateId| candidates[id].origin;
        let next = origin(shadowed[0]);
        let of_next: Vec<CandidateId> = shadowed
            .iter()
            .copied()
            .take_while(|&id| origin(id) == next)
            .collect();
        let (higher_list, next_list) = (
            self.list(pool, higher, constraint),
            self.list(pool, &of_next, constraint),
        );
        let start = format!("- Root composer.json requires {name}{text}, it is ");
        if origin(higher[0]) == Origin::Root {
            let root = candidates[higher[0]].pretty_string();
            return (
                start,
                format!(
                    "satisfiable by {next_list} from {} but {root} is the root package and cannot be modified. See https://getcomposer.org/dep-on-root for details and assistance.",
                    self.repository(next)
                ),
            );
        }
        if next == Origin::Locked {
            let (does, is) = if higher.len() == 1 {
                ("it does", "is")
            } else {
                ("these do", "are")
            };
            let way_out = match is_symlinked_path(&candidates[of_next[0]].package) {
                true => format!(
                    "Make sure you fix the {reason} as packages installed from symlinked path repos are updated even in partial updates and the one from the lock file can thus not be used."
                ),
                false => format!(
                    "Make sure you either fix the {reason} or avoid updating this package to keep the one present in the lock file ({next_list})."
                ),
            };
            return (
                format!("- Root composer.json requires {name}{text}, "),
                format!(
                    "found {higher_list} but {does} not match your {reason} and {is} therefore not installable. {way_out}"
                ),
            );
        }
        (
            start,
            format!(
                "satisfiable by {next_list} from {} but {higher_list} from {} has higher repository priority. The packages from the higher priority repository do not match your {reason} and are therefore not installable. That repository is canonical so the lower priority repo's packages are not installable. See https://getcomposer.org/repoprio for details and assistance.",
                self.repository(next),
                self.repository(origin(higher[0]))
            ),
        )
    }

    fn repository(&self, origin: Origin) -> String {
        match origin {
            Origin::Root => "root package repo".to_string(),
            Origin::Platform => "platform repo".to_string(),
            Origin::Locked | Origin::Result => "lock repo".to_string(),
            Origin::Repository(index) => self.world.source.repositories()[index]
                .display()
                .to_string(),
        }
    }

    /// No repository has the name.
    fn absent(&mut self, request: &Request, name: &Arc<str>, text: &str) -> Sentence {
        let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '-');
        let start = format!("- Root composer.json requires {name}, it ");
        let illegal: String = name.chars().filter(|&c| !is_legal(c)).collect();
        if !illegal.is_empty() {
            return (
                start,
                format!(
                    "could not be found, it looks like its name is invalid, \"{illegal}\" is not allowed in package names."
                ),
            );
        }
        if let Some(providers) = self.providers(request, name, MAX_PROVIDERS) {
            return (
                format!("- Root composer.json requires {name}{text}, it "),
                format!(
                    "could not be found in any version, but the following packages provide it:\n{providers}      Consider requiring one of these to satisfy the {name} requirement."
                ),
            );
        }
        (
            start,
            "could not be found in any version, there may be a typo in the package name."
                .to_string(),
        )
    }

    /// `RepositorySet::findPackages`: over the root, the platform, the repositories and the lock.
    fn find(
        &mut self,
        request: &Request,
        name: &Arc<str>,
        constraint: &Constraint,
        search: Search,
    ) -> Vec<CandidateId> {
        let filter = (search == Search::Acceptable).then_some(&self.load.stability);
        let wanted = [(name.clone(), Arc::new(constraint.clone()))];
        let known = KnownVersions::default();
        let of = |origin: Origin, ids: Vec<CandidateId>, world: &World<'_>| -> Vec<CandidateId> {
            ids.into_iter()
                .filter(|&id| world.candidates[id].origin == origin)
                .collect()
        };
        let fixed: Vec<CandidateId> = request.fixed.iter().copied().collect();
        let root = of(Origin::Root, fixed.clone(), self.world);
        let platform = of(Origin::Platform, fixed, self.world);
        let mut found = Vec::new();
        let repositories = self.world.source.repositories().len();
        for place in 0..repositories + 3 {
            let fixed_list = |members: &[CandidateId], world: &World<'_>| {
                select_from(&world.candidates, members, &[&wanted[0]], filter, &known)
            };
            let selection = match place {
                0 => fixed_list(&root, self.world),
                1 => fixed_list(&platform, self.world),
                _ if place == repositories + 2 => fixed_list(self.last, self.world),
                _ => self
                    .world
                    .select(place - 2, &wanted, filter, &known, &|_| Box::new(|_| true)),
            };
            found.extend(selection.packages);
            if search != Search::Shadowed && selection.found.contains(name) {
                break;
            }
        }
        if search == Search::Shadowed {
            found.retain(|&id| {
                let candidate = &self.world.candidates[id];
                self.load
                    .stability
                    .accepts(candidate.names(true), candidate.stability)
                    && constraint.matches_version(candidate.version())
            });
        }
        found
    }
}

/// ` ^1.0`, or for an exact version what it matches, as Composer 2.9 and later tell (`Problem::constraintToText`).
fn constraint_text(wanted: &Requirement) -> String {
    let pretty = &wanted.pretty_constraint;
    let exact = matches!(&*wanted.constraint, Constraint::Single { operator: Operator::Eq, version } if !version.is_branch());
    if !exact {
        return format!(" {pretty}");
    }
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !pretty.split('.').all(is_number) {
        return format!(" {pretty} (exact version match)");
    }
    let mut forms = vec![pretty.to_string()];
    for missing in 1..4_usize.saturating_sub(pretty.matches('.').count()) {
        forms.push(format!("{pretty}{}", ".0".repeat(missing)));
    }
    let text = match forms.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => forms.concat(),
    };
    format!(" {pretty} (exact version match: {text})")
}
