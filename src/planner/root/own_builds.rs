//! What becomes of the owner's own builds of core packages.
//!
//! Where the core changes its vendor, an own build can only stay or go, and nobody but its owner knows which: the plan is
//! blocked until that is decided. One that stays keeps its name, and the root replaces the name that the target's packages
//! require it by. Within one vendor an own build stays of itself, as long as its version fits.

use super::repositories::entry::{Place, entries};
use crate::distribution::host_and_path;
use crate::plan::{Code, Finding};
use crate::planner::composer_files::own_builds::{Origin, OwnBuild};
use crate::planner::root::{Choice, Conflict, Merger};
use composer_engine::format::json::document::{EditError, Position};
use composer_engine::format::json::path::Step;
use serde_json::{Map, Value, json};

impl<'a> Merger<'a> {
    /// What is decided about an own build; none when nothing is, or when the package is none.
    pub(super) fn decided(&self, name: &str) -> Option<Choice> {
        let build = self.input.own_builds.iter().find(|own| own.name == name)?;
        self.input.answers.get(&build.name).copied()
    }

    /// Whether an own build stays, whatever composer.json says about it.
    pub(super) fn stays_as_built(&self, name: &str) -> bool {
        let build = self.input.own_builds.iter().find(|own| own.name == name);
        build.is_some_and(|build| self.stays(build))
    }

    fn stays(&self, build: &OwnBuild) -> bool {
        match self.decided(&build.name) {
            Some(choice) => choice == Choice::Ours,
            None => !self.names.vendor_changes(),
        }
    }

    /// The own builds that the new lock has to hold as the store has them.
    pub(super) fn kept_builds(&self) -> Vec<OwnBuild> {
        let own = self.input.own_builds.iter();
        own.filter(|build| self.stays(build)).cloned().collect()
    }

    /// Settles each own build, or says that it has to be settled.
    pub(super) fn merge_own_builds(&mut self) -> Result<(), EditError> {
        let mut replaced: Vec<(&OwnBuild, Option<String>)> = Vec::new();
        for build in self.input.own_builds {
            let renamed = self.names.renamed(&build.name);
            let stays_of_itself = !self.names.vendor_changes();
            self.conflicts.push(Conflict {
                path: build.name.clone(),
                base: None,
                ours: json!(format!("{} from {}", build.version, build.origin)),
                theirs: match (&renamed, stays_of_itself) {
                    (Some(name), _) => json!(format!("{name} of {}", self.input.target)),
                    (None, true) => json!(format!("that of {}", self.input.target)),
                    (None, false) => json!("nothing: the target has no such package"),
                },
                default: stays_of_itself.then_some(Choice::Ours),
                is_own_build: true,
                question: format!("{} is an own build: keep it?", build.name),
            });
            match self.decided(&build.name) {
                Some(Choice::Theirs) => {
                    self.take_targets(build)?;
                    replaced.push((build, renamed));
                }
                Some(Choice::Ours) if !stays_of_itself => {
                    self.keep_build(build, renamed.as_deref())?
                }
                None if !stays_of_itself => self.ask_about(build, renamed.as_deref()),
                _ => {}
            }
        }
        self.say_replaced(&replaced);
        Ok(())
    }

    /// One warning on all own builds that go, each with the name that takes its place.
    fn say_replaced(&mut self, replaced: &[(&OwnBuild, Option<String>)]) {
        let target = self.input.target;
        let instead = |renamed: &Option<String>| match renamed {
            Some(new) => format!("{new} of {target} takes its place"),
            None if self.names.vendor_changes() => format!("{target} has no such package"),
            None => format!("that of {target} takes its place"),
        };
        match replaced {
            [] => {}
            [(build, renamed)] => {
                let OwnBuild {
                    name,
                    version,
                    origin,
                } = build;
                let detail = format!(
                    "{version} comes from {origin}; {}. What was changed in it is no longer in the shop: carry it as a \
                     patch or a module of your own where it is still needed.",
                    instead(renamed)
                );
                self.say(
                    Code::OwnBuildReplaced,
                    build,
                    format!("the store's own build of {name} goes"),
                    detail,
                );
            }
            builds => {
                let lines = builds.iter().map(|(build, renamed)| {
                    let OwnBuild {
                        name,
                        version,
                        origin,
                    } = build;
                    format!("- {name} {version} from {origin}: {}", instead(renamed))
                });
                let lines: Vec<String> = lines.collect();
                let finding = Finding::new(
                    Code::OwnBuildReplaced,
                    format!("{} own builds of the store go", builds.len()),
                    format!(
                        "{}\nWhat was changed in them is no longer in the shop: carry it as patches or modules of your own \
                         where it is still needed.",
                        lines.join("\n")
                    ),
                );
                self.findings.push(finding.in_file("composer.json"));
            }
        }
    }

    fn ask_about(&mut self, build: &OwnBuild, renamed: Option<&str>) {
        let OwnBuild {
            name,
            version,
            origin,
        } = build;
        let target = self.input.target;
        let taken = match renamed {
            Some(new) => format!(
                "`--take {name}` takes {new} of {target} in its place, without your changes"
            ),
            None => format!("{target} has no such package; `--take {name}` goes without"),
        };
        self.say(
            Code::OwnBuild,
            build,
            format!("{name} is the store's own build"),
            format!(
                "{version} comes from {origin}, not from {}. Decide what becomes of it: {taken}; `--keep {name}` keeps it as \
                 it is, if its requirements allow.",
                self.input.source.distribution()
            ),
        );
    }

    /// The target's package takes the place of an own build. Where both have one name, the repository of the own build may
    /// not serve it any more, or Composer would look for the target's version there.
    fn take_targets(&mut self, build: &OwnBuild) -> Result<(), EditError> {
        let OwnBuild { name, origin, .. } = build;
        if self.names.vendor_changes() {
            return Ok(());
        }
        for place in self.places(origin) {
            let mut only = self.patterns(&place, "only");
            if only.contains(name) {
                only.retain(|pattern| pattern != name);
                match only.is_empty() {
                    true => self.doc.remove(place.path().as_slice()).map(drop)?,
                    false => self
                        .doc
                        .set(place.member("only").as_slice(), &json!(only))?,
                }
            } else if only.is_empty() {
                let mut exclude = self.patterns(&place, "exclude");
                exclude.push(name.clone());
                self.doc
                    .set(place.member("exclude").as_slice(), &json!(exclude))?;
            }
        }
        Ok(())
    }

    /// An own build stays under its name. The target's packages require it by another one, which the root replaces unless
    /// the own build does so itself.
    fn keep_build(&mut self, build: &OwnBuild, renamed: Option<&str>) -> Result<(), EditError> {
        let name = build.name.as_str();
        let is_required = ["require", "require-dev"].iter().any(|section| {
            let links = self.doc.get(*section).and_then(Value::as_object);
            links
                .into_iter()
                .flat_map(Map::keys)
                .any(|required| required.eq_ignore_ascii_case(name))
        });
        if !is_required {
            self.add(&["require", name], &json!(build.version))?;
        }
        if let Some(new) = renamed
            && !self.lock.stands_in_for(name, new)
            && self.doc.get(["replace", new]).is_none()
        {
            self.add(&["replace", new], &json!("*"))?;
        }
        Ok(())
    }

    /// Lets the repository of an own build go on serving it, where the core of the old vendor is shut out from there.
    pub(super) fn serve_kept_builds(&mut self) -> Result<(), EditError> {
        if !self.names.vendor_changes() {
            return Ok(());
        }
        for entry in entries(&self.doc).into_iter().rev() {
            let origin = Origin::Host(entry.host.clone());
            let kept: Vec<String> = self
                .kept_builds()
                .into_iter()
                .filter(|build| build.origin == origin)
                .map(|build| build.name)
                .collect();
            let vendor = format!("{}/*", self.input.source.distribution().vendor());
            let excludes = entry.patterns("exclude").unwrap_or_default();
            if kept.is_empty() || !excludes.contains(&vendor) {
                continue;
            }
            let mut value = entry.value.clone();
            if let Some(fields) = value.as_object_mut() {
                fields.shift_remove("exclude");
                fields.insert("only".to_owned(), json!(kept));
            }
            match &entry.place {
                Place::Index(index) => {
                    self.doc
                        .list_insert([Step::Key("repositories")], *index, &value)?
                }
                Place::Key(key) => {
                    let own = format!("{key}-own-builds");
                    self.doc
                        .insert("repositories", Position::Before(key), &own, &value)?;
                }
            }
        }
        Ok(())
    }

    /// The entries of `repositories`, of any type, that packages of an origin come from.
    fn places(&self, origin: &Origin) -> Vec<Place> {
        let serves = |entry: &Value| {
            let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
            match (origin, text("type")) {
                (Origin::Folder(path), "path") => is_below(path, text("url")),
                (Origin::Host(host), "composer") => host_and_path(text("url"))
                    .is_some_and(|(other, _)| other.eq_ignore_ascii_case(host)),
                (Origin::Source(_), "path" | "composer" | "package" | "artifact" | "") => false,
                (Origin::Source(address), _) => same_address(address, text("url")),
                _ => false,
            }
        };
        match self.doc.get("repositories") {
            Some(Value::Array(items)) => {
                let items = items.iter().enumerate().filter(|(_, entry)| serves(entry));
                items.map(|(index, _)| Place::Index(index)).rev().collect()
            }
            Some(Value::Object(members)) => {
                let members = members.iter().filter(|(_, entry)| serves(entry));
                members.map(|(key, _)| Place::Key(key.clone())).collect()
            }
            _ => Vec::new(),
        }
    }

    fn patterns(&self, place: &Place, key: &str) -> Vec<String> {
        let member = place.member(key);
        let list = self.doc.get(member.as_slice()).and_then(Value::as_array);
        let names = list.into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    }

    fn say(&mut self, code: Code, build: &OwnBuild, title: String, detail: String) {
        self.findings.push(
            Finding::new(code, title, detail)
                .of_package(build.name.clone())
                .in_file("composer.json"),
        );
    }
}

/// Whether a folder is one of those that the pattern of a path repository names: the same number of parts, each of which
/// fits. What is within braces or brackets counts as fitting.
fn is_below(path: &str, pattern: &str) -> bool {
    let parts = |text: &str| -> Vec<String> {
        let parts = text.split('/').filter(|part| !matches!(*part, "" | "."));
        parts.map(str::to_owned).collect()
    };
    let (path, pattern) = (parts(path), parts(pattern));
    path.len() == pattern.len()
        && path
            .iter()
            .zip(&pattern)
            .all(|(part, pattern)| pattern == part || pattern.contains(['*', '?', '{', '[']))
}

/// Whether two addresses are those of one repository, however each is written.
fn same_address(a: &str, b: &str) -> bool {
    let plain = |address: &str| {
        let address = match host_and_path(address) {
            Some((host, path)) => format!("{host}{path}"),
            None => address
                .rsplit_once('@')
                .map_or(address, |(_, rest)| rest)
                .replacen(':', "/", 1),
        };
        let address = address.trim_end_matches('/').to_ascii_lowercase();
        address.trim_end_matches(".git").to_owned()
    };
    plain(a) == plain(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_a_path_repository() {
        assert!(is_below("packages/magento/base", "./packages/*/*"));
        assert!(is_below("packages/base", "packages/base/"));
        assert!(!is_below("packages/magento/base", "packages/*"));
        assert!(!is_below("other/base", "packages/*"));
    }

    #[test]
    fn one_repository_in_many_spellings() {
        let https = "https://github.com/Shop/base.git";
        for other in [
            "git@github.com:shop/base.git",
            "github.com/shop/base",
            https,
        ] {
            assert!(same_address(https, other), "{other}");
        }
        assert!(!same_address(https, "https://github.com/shop/other.git"));
    }
}
