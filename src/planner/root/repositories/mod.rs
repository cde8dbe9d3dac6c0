//! `repositories`: where the target's core comes from, and what becomes of the source's repository.
//!
//! A repository is canonical by default: the first one that has a name decides it. A Magento repository left open beside
//! Mage-OS brings removed modules, or a whole second product, back without an error; a Mage-OS repository left open beside
//! Magento serves Mage-OS code under Magento names. So the source's repository goes, or it is filtered when extensions
//! of the store come from it.

pub(crate) mod entry;

use crate::distribution::{
    Belongs, Direction, Family, belongs, host_and_path, is_absent_in, is_core_of,
};
use crate::planner::root::Merger;
use composer_engine::format::json::document::{EditError, Position};
use composer_engine::format::json::path::Step;
use entry::{Entry, Place, entries};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashSet};

/// What of a repository the store still needs after the switch.
enum Need {
    Nothing,
    /// These packages.
    Packages(BTreeSet<String>),
    /// Nobody can tell, for lack of a lock.
    Unknown,
}

impl Merger<'_> {
    /// Leads the root to where the target's core is served: the source's repository is replaced, filtered or removed, as
    /// far as the store needs it no more, and the target's is added where none serves it.
    pub(super) fn merge_repositories(&mut self) -> Result<(), EditError> {
        let direction = self.direction();
        let (from, to) = (direction.from(), direction.to());
        let all = entries(&self.doc);
        self.note_edition_repositories(&all);
        self.tally.packagist_is_off = direction.enters(Family::Rebuild) && self.packagist_is_off();
        let serving = |entry: &Entry, distribution| {
            entry.known.is_some_and(|host| {
                host.serves(distribution)
                    && (host.has_releases() || !self.input.release.is_stable())
            })
        };
        let serves_target: Vec<&Entry> = all.iter().filter(|entry| serving(entry, to)).collect();
        let old: Vec<&Entry> = all
            .iter()
            .filter(|entry| !serving(entry, to))
            .filter(|entry| match entry.known {
                Some(host) => host.serves(from),
                None => self.names.vendor_changes() && self.served_core(&entry.host),
            })
            .collect();
        for entry in &serves_target {
            self.unfilter(entry)?;
        }
        let private_mirror = all
            .iter()
            .any(|entry| entry.known.is_none() && self.served_core(&entry.host));
        let missing = serves_target.is_empty()
            && (!direction.stays_in_distribution() || !old.is_empty() || !private_mirror);
        // Nothing to change for a store that already gets its core from somewhere else than the known hosts.
        if direction.stays_in_distribution()
            && old.is_empty()
            && (private_mirror || self.doc.get("repositories").is_some())
        {
            return Ok(());
        }
        let first_old = old.first().map(|entry| entry.place.clone());
        let mut vacant = None;
        // From the end, so that the places of those before stay right.
        for entry in old.into_iter().rev() {
            // A mirror of the same vendor's releases hides nothing when the target's own repository comes before it.
            let harmless = missing
                && !self.names.vendor_changes()
                && entry.known.is_some_and(|host| host.has_releases());
            if harmless && !matches!(self.need(entry), Need::Nothing) {
                continue;
            }
            if self.retire(entry)?
                && let Some(later) = vacant.replace(entry.clone())
            {
                self.remove_repository(&later)?;
            }
        }
        match vacant {
            Some(entry) if missing => self.move_in(&entry),
            Some(entry) => self.remove_repository(&entry),
            None if missing => self.insert_repository(first_old.as_ref()),
            None => Ok(()),
        }
    }

    fn direction(&self) -> Direction {
        Direction::new(self.input.source.target, self.input.target)
    }

    /// Whether the root turns Packagist off, in either shape of `repositories`.
    fn packagist_is_off(&self) -> bool {
        let is_off = |(name, value): (&String, &Value)| {
            matches!(name.as_str(), "packagist" | "packagist.org") && *value == Value::Bool(false)
        };
        match self.doc.get("repositories") {
            Some(Value::Object(members)) => members.iter().any(is_off),
            Some(Value::Array(items)) => items
                .iter()
                .filter_map(Value::as_object)
                .flatten()
                .any(is_off),
            _ => false,
        }
    }

    /// Some vendors have one repository for Open Source and another for Commerce (`/community/`, `/enterprise/`).
    fn note_edition_repositories(&mut self, all: &[Entry]) {
        let direction = self.direction();
        let other_edition = if direction.enters(Family::Commerce) {
            "/community"
        } else if direction.leaves(Family::Commerce) {
            "/enterprise"
        } else {
            return;
        };
        let urls = all
            .iter()
            .filter_map(|entry| host_and_path(entry.value.get("url")?.as_str()?));
        self.tally.edition_repositories = urls
            .filter(|(_, path)| path.contains(other_edition))
            .map(|(host, _)| format!("{host}{other_edition}"))
            .collect();
    }

    /// Whether core of the source was downloaded from a host.
    fn served_core(&self, host: &str) -> bool {
        let from = self.input.source.distribution();
        self.lock
            .names()
            .filter(|name| is_core_of(from, name))
            .any(|name| self.lock.hosts(name).contains(&host))
    }

    /// What the store needs from a repository of the source: the locked packages from there that its requirements lead to
    /// without passing through core.
    fn need(&self, entry: &Entry) -> Need {
        let sections = ["require", "require-dev"]
            .map(|section| self.doc.get(section).and_then(Value::as_object));
        let required: Vec<&str> = sections
            .into_iter()
            .flatten()
            .flat_map(Map::keys)
            .map(String::as_str)
            .collect();
        if self.lock.is_empty() {
            let extension = |name: &&str| name.contains('/') && belongs(name) == Belongs::Extension;
            let template = |name: &&str| {
                ["require", "require-dev"].iter().any(|section| {
                    self.theirs
                        .get(*section)
                        .is_some_and(|t| t.get(*name).is_some())
                })
            };
            let marketplace = entry.known.is_none_or(|host| host.is_marketplace());
            let any = required
                .iter()
                .any(|name| extension(name) && !template(name));
            return if marketplace && any {
                Need::Unknown
            } else {
                Need::Nothing
            };
        }
        let from = self.input.source.distribution();
        let to = self.input.target.distribution();
        let stays = |name: &str| is_absent_in(to, name);
        let kept: HashSet<&str> = self
            .lock
            .closure(required, |name| is_core_of(from, name) && !stays(name));
        let needed: BTreeSet<String> = kept
            .into_iter()
            .filter(|name| self.lock.hosts(name).contains(&entry.host.as_str()))
            .map(str::to_owned)
            .collect();
        if needed.is_empty() {
            Need::Nothing
        } else {
            Need::Packages(needed)
        }
    }

    /// Filters a repository of the source so that no core comes from it. True when nothing else does either.
    fn retire(&mut self, entry: &Entry) -> Result<bool, EditError> {
        let from = self.input.source.distribution();
        let need = self.need(entry);
        if let (Need::Nothing, Some(_)) = (&need, entry.known) {
            return Ok(true);
        }
        let vendor = format!("{}/*", from.vendor());
        let of_vendor = |name: &str| name.starts_with(&format!("{}/", from.vendor()));
        if let Some(only) = entry.patterns("only") {
            let kept: Vec<&String> = only
                .iter()
                .filter(|pattern| !of_vendor(pattern) && *pattern != "*")
                .collect();
            if kept.is_empty() {
                return Ok(entry.known.is_some());
            }
            if kept.len() < only.len() {
                self.doc
                    .set(entry.place.member("only").as_slice(), &json!(kept))?;
            }
            return Ok(false);
        }
        // A private repository may stand in for all others, and Composer takes no `only` beside an `exclude`: these say what
        // they must not serve. A distribution's repository says what it still may, so that it hides nothing else.
        let excludes = entry.known.is_none() || entry.patterns("exclude").is_some();
        if let Need::Packages(names) = &need
            && !excludes
        {
            let patterns: BTreeSet<String> = names
                .iter()
                .map(|name| match name.split_once('/') {
                    Some((vendor, _)) if !of_vendor(name) => format!("{vendor}/*"),
                    _ => name.clone(),
                })
                .collect();
            self.doc
                .set(entry.place.member("only").as_slice(), &json!(patterns))?;
        } else {
            let mut exclude = entry.patterns("exclude").unwrap_or_default();
            if exclude.contains(&vendor) {
                return Ok(false);
            }
            exclude.push(vendor);
            self.doc
                .set(entry.place.member("exclude").as_slice(), &json!(exclude))?;
        }
        if self
            .tally
            .filtered
            .iter()
            .all(|(host, _)| *host != entry.host)
        {
            self.tally.filtered.push(match need {
                Need::Packages(names) => (entry.host.clone(), Some(names.into_iter().collect())),
                Need::Nothing => (entry.host.clone(), Some(Vec::new())),
                Need::Unknown => (entry.host.clone(), None),
            });
        }
        Ok(false)
    }

    /// Lets a repository serve core that was kept from doing so, by an earlier switch or by its owner.
    fn unfilter(&mut self, entry: &Entry) -> Result<(), EditError> {
        let vendor = self.input.target.distribution().vendor();
        let whole = format!("{vendor}/*");
        let of_vendor = |pattern: &String| pattern.starts_with(&format!("{vendor}/"));
        if let Some(exclude) = entry
            .patterns("exclude")
            .filter(|patterns| patterns.iter().any(of_vendor))
        {
            let kept: Vec<&String> = exclude
                .iter()
                .filter(|pattern| !of_vendor(pattern))
                .collect();
            match kept.is_empty() {
                true => self
                    .doc
                    .remove(entry.place.member("exclude").as_slice())
                    .map(drop)?,
                false => self
                    .doc
                    .set(entry.place.member("exclude").as_slice(), &json!(kept))?,
            }
            self.tally.unfiltered.push(entry.host.clone());
        }
        let shut_out = |patterns: &Vec<String>| {
            !patterns
                .iter()
                .any(|pattern| *pattern == whole || pattern == "*")
        };
        if entry.patterns("only").as_ref().is_some_and(shut_out) {
            self.doc.remove(entry.place.member("only").as_slice())?;
            self.tally.unfiltered.push(entry.host.clone());
        }
        Ok(())
    }

    fn target_repository(&self) -> &'static str {
        &self.input.target.facts().repository
    }

    /// Puts the target's repository in the place of one that is not needed any more.
    fn move_in(&mut self, entry: &Entry) -> Result<(), EditError> {
        let mut url = self.target_repository();
        if entry
            .value
            .get("url")
            .and_then(Value::as_str)
            .is_some_and(|old| !old.ends_with('/'))
        {
            url = url.trim_end_matches('/');
        }
        self.tally.replaced_repository = Some((entry.host.clone(), url.to_owned()));
        if entry.is_plain() {
            self.doc
                .set(entry.place.member("url").as_slice(), &json!(url))?;
            if let Some(name) = entry.value.get("name").and_then(Value::as_str) {
                self.doc.set(
                    entry.place.member("name").as_slice(),
                    &json!(self.renamed_key(name)),
                )?;
            }
        } else {
            self.doc.set(
                entry.place.path().as_slice(),
                &json!({ "type": "composer", "url": url }),
            )?;
        }
        match &entry.place {
            Place::Key(key) => {
                let renamed = self.renamed_key(key);
                let free = self.doc.get(["repositories", renamed.as_str()]).is_none();
                if free && renamed != *key {
                    self.doc.rename_key("repositories", key, &renamed)?;
                }
                Ok(())
            }
            Place::Index(_) => Ok(()),
        }
    }

    /// A key or name of a repository that speaks of the source's vendor speaks of the target's.
    fn renamed_key(&self, key: &str) -> String {
        let direction = self.direction();
        let (from, to) = direction.vendors();
        let (old, new) = (direction.source.host(), direction.target.host());
        match key {
            _ if !direction.renames() => key.to_owned(),
            _ if key.contains(old) => key.replace(old, new),
            _ if key.contains(from) => to.to_owned(),
            _ => key.to_owned(),
        }
    }

    fn remove_repository(&mut self, entry: &Entry) -> Result<(), EditError> {
        self.tally.removed_repositories.push(entry.host.clone());
        match &entry.place {
            Place::Index(index) => self.doc.list_remove("repositories", *index).map(drop),
            Place::Key(_) => self.doc.remove(entry.place.path().as_slice()).map(drop),
        }
    }

    /// Adds the target's repository before the one it has to come before, or at the start.
    fn insert_repository(&mut self, before: Option<&Place>) -> Result<(), EditError> {
        let url = self.target_repository();
        let repository = json!({ "type": "composer", "url": url });
        self.tally.added_repository = Some(url.to_owned());
        match self.doc.get("repositories") {
            Some(Value::Object(members)) if !members.is_empty() => {
                let name = self.input.target.distribution().vendor();
                let mut key = name.to_owned();
                while members.contains_key(&key) {
                    key.push_str("-core");
                }
                let first = members.keys().next().cloned().unwrap_or_default();
                let position = match before {
                    Some(Place::Key(other)) => Position::Before(other),
                    _ => Position::Before(&first),
                };
                self.doc.insert("repositories", position, &key, &repository)
            }
            Some(_) => {
                let index = match before {
                    Some(Place::Index(index)) => *index,
                    _ => 0,
                };
                self.doc
                    .list_insert([Step::Key("repositories")], index, &repository)
            }
            None => self.add(&["repositories"], &json!([repository])),
        }
    }
}
