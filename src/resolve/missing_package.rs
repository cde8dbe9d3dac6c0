//! Why a requirement finds nothing: Composer's own diagnosis (`Problem::getMissingPackageReason`).

use super::blocking::MALWARE;
use super::candidate::{CandidateId, Origin};
use super::package_list::{Including, has_several_names, package_list};
use super::pool::Pool;
use super::pool_builder::LoadRules;
use super::request::{Request, Requirement};
use super::world::{KnownVersions, World, select_from};
use crate::composer::constraint::{Constraint, Operator};
use crate::composer::platform::is_platform_package;
use crate::repository::{Advisory, ListEntry};
use indexmap::{IndexMap, IndexSet};
use std::sync::Arc;

/// How many providers of a missing name are listed.
const MAX_PROVIDERS: usize = 15;

/// The start of a sentence about the root, and its end, which also serves for other packages.
type Sentence = (String, String);

/// Looks for the versions that a requirement does not get.
pub struct MissingPackage<'a, 'w> {
    pub world: &'a mut World<'w>,
    pub load: &'a LoadRules,
    /// The requirements of the root, the platform's excepted.
    pub root: &'a IndexMap<Arc<str>, Requirement>,
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
    pub fn reason(
        &mut self,
        pool: &Pool,
        request: &Request,
        name: &Arc<str>,
        wanted: Option<&Requirement>,
    ) -> Sentence {
        let text = wanted.map_or_else(String::new, constraint_text);
        if let Some(sentence) = self.platform_reason(pool, name, &text) {
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
        let constraint = wanted.map_or(&Constraint::Any, |wanted| &*wanted.constraint);
        let start = format!("- Root composer.json requires {name}{text}, ");
        let packages = self.find(request, name, constraint, Search::Acceptable);
        if !packages.is_empty() {
            let end = self.found_but_excluded(pool, name, constraint, &packages, locked);
            return (start, end);
        }
        let packages = self.find(request, name, constraint, Search::Unstable);
        if !packages.is_empty() {
            let shadowed = self.find(request, name, constraint, Search::Shadowed);
            if !shadowed.is_empty() {
                return self.shadowed(
                    pool,
                    name,
                    &text,
                    constraint,
                    &packages,
                    &shadowed,
                    "minimum-stability",
                );
            }
            let end = format!(
                "found {} but {} not match your minimum-stability.",
                self.list(pool, &packages, constraint),
                self.do_or_does(&packages)
            );
            return (start, end);
        }
        let packages = self.find(request, name, &Constraint::Any, Search::Unstable);
        if !packages.is_empty() {
            let shadowed = self.find(request, name, constraint, Search::Shadowed);
            if !shadowed.is_empty() {
                return self.shadowed(
                    pool,
                    name,
                    &text,
                    constraint,
                    &packages,
                    &shadowed,
                    "constraint",
                );
            }
            let end = format!(
                "found {} but {} not match the constraint.{}",
                self.list(pool, &packages, constraint),
                self.do_or_does(&packages),
                self.mismatch_hint(constraint, &packages)
            );
            return (start, end);
        }
        self.absent(request, name, &text)
    }

    fn list(&self, pool: &Pool, packages: &[CandidateId], constraint: &Constraint) -> String {
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
        pool: &Pool,
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

    /// Why versions are blocked, as the end of "because they …"; none when they are not.
    fn why_blocked(
        &self,
        pool: &Pool,
        name: &str,
        constraint: &Constraint,
        packages: &[CandidateId],
    ) -> Option<String> {
        let blocked = &pool.blocked;
        if blocked.is_abandoned(name, constraint) {
            return Some(
                "are abandoned and you configured \"policy.abandoned.block\" to true.".to_string(),
            );
        }
        if let Some(ids) = blocked.advisory_ids(name, constraint) {
            let concerns = |advisory: &&Arc<Advisory>| {
                packages.iter().any(|&id| {
                    advisory
                        .affected
                        .matches_version(self.world.candidates[id].version())
                })
            };
            let all = blocked
                .advisories
                .get(name)
                .into_iter()
                .flatten()
                .filter(concerns);
            let all: IndexSet<Arc<str>> = all.map(|advisory| advisory.id.clone()).collect();
            let ids = if all.is_empty() {
                ids.into_iter().collect()
            } else {
                all
            };
            let hint = match ids.iter().all(|id| id.starts_with("PKSA-")) {
                true => {
                    "Go to https://packagist.org/security-advisories/ to find advisory details."
                }
                false => "Review the advisory details above for more information.",
            };
            let ids: Vec<&str> = ids.iter().map(|id| &**id).collect();
            return Some(format!(
                "are affected by security advisories (\"{}\"). {hint} To ignore the advisories, add their IDs to the \"policy.advisories.ignore-id\" config or add the package to \"policy.advisories.ignore\". To turn the feature off entirely, you can set \"policy.advisories.block\" to false.",
                ids.join("\", \"")
            ));
        }
        let entries = blocked.entries(name, constraint);
        (!entries.is_empty()).then(|| format!("were {}", listed_text(&entries)))
    }

    /// Why a locked package that is to stay was not loaded (`Problem::getMissingLockedPackageReason`).
    pub fn blocked(&self, pool: &Pool, id: CandidateId) -> String {
        let package = &self.world.candidates[id].package;
        let entries = pool
            .blocked
            .entries(&package.name, &Constraint::exactly(package.version.clone()));
        format!(
            "Package {} {} (in the lock file) was not loaded, because it was {}",
            package.name,
            package.pretty_version,
            listed_text(&entries)
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
        pool: &Pool,
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
            let root = &candidates[higher[0]].package.pretty_name;
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
            return (
                format!("- Root composer.json requires {name}{text}, "),
                format!(
                    "found {higher_list} but {does} not match your {reason} and {is} therefore not installable. Make sure you either fix the {reason} or avoid updating this package to keep the one present in the lock file ({next_list})."
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

    /// The packages that provide a name, one a line, as far as repositories give all their packages at once.
    fn providers(&mut self, request: &Request, name: &str, max: usize) -> Option<String> {
        let mut members: Vec<CandidateId> = request.fixed.iter().copied().collect();
        for repository in 0..self.world.source.repositories().len() {
            if self.world.source.repositories()[repository].kind
                == crate::repository::RepositoryKind::Array
            {
                members.extend(self.world.members(repository).iter());
            }
        }
        members.extend(&request.locked_repository);
        let mut providers: IndexMap<Arc<str>, String> = IndexMap::new();
        for package in members
            .into_iter()
            .map(|id| &self.world.candidates[id].package)
        {
            if package.provides.iter().any(|link| &*link.target == name) {
                let description = package.metadata.get("description");
                let description = description
                    .as_ref()
                    .and_then(|text| text.as_str())
                    .unwrap_or_default();
                let description: String = description.chars().take(100).collect();
                providers.entry(package.name.clone()).or_insert(description);
            }
        }
        let shown = if providers.len() > max + 1 {
            max
        } else {
            providers.len()
        };
        let mut text: String = providers
            .iter()
            .take(shown)
            .map(|(name, description)| {
                format!("{}\n", format!("      - {name} {description}").trim_end())
            })
            .collect();
        if providers.len() > shown {
            text.push_str(&format!(
                "      ... and {} more.\n",
                providers.len() - shown
            ));
        }
        (!providers.is_empty()).then_some(text)
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
        let wanted = [(name.clone(), constraint.clone())];
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
                _ if place == repositories + 2 => {
                    fixed_list(&request.locked_repository, self.world)
                }
                _ => self.world.select(place - 2, &wanted, filter, &known),
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

    /// What is wrong with a platform package; none for other packages.
    fn platform_reason(&mut self, pool: &Pool, name: &Arc<str>, text: &str) -> Option<Sentence> {
        if !is_platform_package(name) {
            return None;
        }
        let version = self.platform_version(pool, name);
        let disabled = format!(
            "the {name} package is disabled by your platform config. Enable it again with \"composer config platform.{name} --unset\"."
        );
        if let Some(extension) = name.strip_prefix("ext-") {
            let end = match version {
                Some(version) => format!("it has the wrong version installed ({version})."),
                None => format!(
                    "it is missing from your system. Install or enable PHP's {extension} extension."
                ),
            };
            return Some((
                format!("- Root composer.json requires PHP extension {name}{text} but "),
                end,
            ));
        }
        if name.starts_with("lib-") {
            let end = "it has the wrong version installed or is missing from your system, make sure to load the extension providing it.";
            return Some((
                format!("- Root composer.json requires linked library {name}{text} but "),
                end.to_string(),
            ));
        }
        if name.starts_with("php") {
            let end = version.map_or(disabled, |version| {
                format!("your {name} version ({version}) does not satisfy that requirement.")
            });
            return Some((
                format!("- Root composer.json requires {name}{text} but "),
                end,
            ));
        }
        if &**name == "hhvm" {
            let end = "HHVM was not detected on this machine, make sure it is in your PATH.";
            return Some((
                format!("- Root composer.json requires {name}{text} but "),
                end.to_string(),
            ));
        }
        None
    }

    /// The version of a platform package as shown, with what `config.platform` put in its place.
    fn platform_version(&self, pool: &Pool, name: &str) -> Option<String> {
        let candidates = &self.world.candidates;
        let available = pool.providers(candidates, name, &Constraint::Any);
        let available: Vec<CandidateId> = available
            .into_iter()
            .map(|literal| pool.candidate(literal))
            .collect();
        let real = available
            .iter()
            .find(|&&id| candidates[id].origin == Origin::Platform);
        let package = &candidates[*real.or(available.first())?].package;
        if &*package.name != name {
            let provided = package.provides.iter().map(|link| (link, "provided"));
            let mut held = provided.chain(package.replaces.iter().map(|link| (link, "replaced")));
            if let Some((link, verb)) = held.find(|(link, _)| &*link.target == name) {
                let holder = format!("{} {}", package.pretty_name, package.pretty_version);
                return Some(format!("{} {verb} by {holder}", link.pretty_constraint));
            }
        }
        let overridden = package
            .metadata
            .get("extra")
            .is_some_and(|extra| extra.get("config.platform") == Some(&true.into()));
        let note = package.metadata.get("description").filter(|_| overridden);
        let note = note
            .as_ref()
            .and_then(|note| note.as_str())
            .map(|note| format!("; {}", note.replace("Package ", "")));
        Some(format!(
            "{}{}",
            package.pretty_version,
            note.unwrap_or_default()
        ))
    }
}

/// What lists say of a version, and how to overrule them.
fn listed_text(by_list: &IndexMap<Arc<str>, Vec<Arc<ListEntry>>>) -> String {
    let entry_text = |entry: &Arc<ListEntry>| {
        let part = |before: &str, text: &Option<String>, after: &str| {
            text.as_ref()
                .map_or_else(String::new, |text| format!("{before}{text}{after}"))
        };
        let source = part(" reported by ", &entry.source, "");
        format!(
            "{source}{}{}",
            part(" (see ", &entry.url, ")"),
            part(" reason: ", &entry.reason, "")
        )
    };
    let lists: Vec<String> = by_list
        .iter()
        .map(|(list, entries)| {
            let verb = if &**list == MALWARE {
                "flagged as"
            } else {
                "filtered by"
            };
            let entries: Vec<String> = entries.iter().map(entry_text).collect();
            format!("{verb} {list}{}", entries.join(", "))
        })
        .collect();
    let settings = |key: &str| {
        let paths: Vec<String> = by_list
            .keys()
            .map(|list| format!("\"policy.{list}.{key}\""))
            .collect();
        paths.join(" and ")
    };
    format!(
        "{}. To ignore filters for this package, add the package to the {} config. To turn the feature off entirely, you can set {} to false.",
        lists.join(", "),
        settings("ignore"),
        settings("block")
    )
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
