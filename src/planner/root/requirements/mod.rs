//! `require` and `require-dev`, apart from the product.

pub(crate) mod admission;
mod b2b;
mod constraint_style;
mod product;
mod replace;
mod target_versions;

use crate::distribution::{
    B2B, Belongs, Direction, Family, QUALITY_PATCHES, belongs, exact_version, is_core,
    was_ever_in_a_template,
};
use crate::planner::root::tally::Removal;
use crate::planner::root::{Choice, Conflict, Merger};
use composer_engine::format::constraint::Constraint;
use composer_engine::format::constraint::intervals::have_intersections;
use composer_engine::format::json::document::EditError;
use composer_engine::format::version::stability::Stability;
use serde_json::{Map, Value, json};

/// What becomes of one requirement.
enum Verdict {
    Keep,
    /// The name and constraint it takes.
    Become(String, String),
    Remove(Removal),
}

impl Merger<'_> {
    /// Carries the requirements of a section (`require`, `require-dev`) over to the target, and adds what its template
    /// requires newly. Products are left to [`Merger::merge_product`].
    pub(super) fn merge_requirements(&mut self, section: &str) -> Result<(), EditError> {
        let base = object(&self.base, section);
        let theirs = object(&self.theirs, section);
        let ours = self
            .doc
            .get(section)
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        for (name, constraint) in &ours {
            let Some(constraint) = constraint.as_str() else {
                continue;
            };
            if belongs(&name.to_ascii_lowercase()) == Belongs::Product {
                continue;
            }
            let verdict = self.requirement(section, name, constraint, &base, &theirs);
            self.carry_out(section, (name, constraint), verdict)?;
        }
        self.add_from_template(section, &ours, &base, &theirs)
    }

    /// A requirement of a file that no template is for; the product's is left to the root.
    pub(super) fn merge_owners_requirement(
        &mut self,
        section: &str,
        (name, constraint): (&str, &str),
    ) -> Result<(), EditError> {
        let lower = name.to_ascii_lowercase();
        if belongs(&lower) == Belongs::Product || self.stays_as_built(&lower) {
            return Ok(());
        }
        let new_name = self.names.translated(&lower);
        let verdict = self.owners_requirement(name, &new_name, constraint);
        self.carry_out(section, (name, constraint), verdict)
    }

    fn carry_out(
        &mut self,
        section: &str,
        (name, constraint): (&str, &str),
        verdict: Verdict,
    ) -> Result<(), EditError> {
        match verdict {
            Verdict::Keep => {}
            Verdict::Become(new_name, new) => {
                self.rewrite(section, (name, constraint), (&new_name, &new))?
            }
            Verdict::Remove(removal) => {
                self.take_out(&[section, name])?;
                self.tally.removed(removal, name);
            }
        }
        Ok(())
    }

    fn requirement(
        &mut self,
        section: &str,
        name: &str,
        ours: &str,
        base: &Map<String, Value>,
        theirs: &Map<String, Value>,
    ) -> Verdict {
        let lower = name.to_ascii_lowercase();
        if self.stays_as_built(&lower) {
            return Verdict::Keep;
        }
        let new_name = self.names.translated(&lower);
        let base_value = base.get(&lower).and_then(Value::as_str);
        let untouched =
            base_value == Some(ours) || was_ever_in_a_template(&[section, &lower], &json!(ours));
        let has_tools = !theirs.is_empty();
        let served = |theirs: &str| self.served_constraint(&new_name, theirs);
        let theirs = match theirs.get(&new_name).and_then(Value::as_str).map(served) {
            Some(None) => return Verdict::Remove(Removal::NoCounterpart),
            theirs => theirs.flatten(),
        };
        let Some(theirs) = theirs.as_deref() else {
            // What a template needed once, left behind by an upgrade, would hold the target back. Among development tools
            // only bounds do; a tool may have become the owner's.
            // No template of the target that has no tools at all says that there are to be none.
            let left_behind = match section {
                "require-dev" => (base_value.is_some() && has_tools) || ours.starts_with('<'),
                _ => true,
            };
            return match untouched && left_behind {
                true => Verdict::Remove(Removal::Template),
                false => self.owners_requirement(name, &new_name, ours),
            };
        };
        // An owner's pin on one version of a core package is a pin on the release the store is on.
        let core_pin = is_core(&lower) && exact_version(ours).is_some();
        // What an earlier template left behind moves when the template does, or when it has to.
        let outdated = untouched && (base_value != Some(theirs) || !intersect(ours, theirs));
        match theirs == ours && new_name == lower {
            true => Verdict::Keep,
            false if new_name != lower || core_pin || outdated => {
                Verdict::Become(new_name, theirs.to_owned())
            }
            false => self.both_constrain((section, name), base, ours, theirs),
        }
    }

    /// A requirement of the target's template for which the store has a constraint of its own. It stays where both can be
    /// met; where not, the template's is what the target's other tools go with. In a section of the owner's making there
    /// are no such others.
    fn both_constrain(
        &mut self,
        (section, name): (&str, &str),
        base_section: &Map<String, Value>,
        ours: &str,
        theirs: &str,
    ) -> Verdict {
        let base = base_section.get(name);
        if intersect(ours, theirs) || base.and_then(Value::as_str) == Some(theirs) {
            return Verdict::Keep;
        }
        let conflict = Conflict {
            path: format!("{section}.{name}"),
            base: base.cloned(),
            ours: json!(ours),
            theirs: json!(theirs),
            default: Some(if base_section.is_empty() {
                Choice::Ours
            } else {
                Choice::Theirs
            }),
            is_own_build: false,
            question: format!(
                "{name}: keep {ours}, or take {theirs} as new projects of {} do?",
                self.input.target
            ),
        };
        match self.decide(conflict) {
            Choice::Ours => Verdict::Keep,
            Choice::Theirs => Verdict::Become(name.to_owned(), theirs.to_owned()),
        }
    }

    /// A requirement that no template has: an extension stays, core follows the target.
    fn owners_requirement(&mut self, name: &str, new_name: &str, ours: &str) -> Verdict {
        let lower = name.to_ascii_lowercase();
        let direction = Direction::new(self.input.source.target, self.input.target);
        let is_licensed = direction.target.is_in(Family::Commerce);
        match belongs(&lower) {
            Belongs::Core(_) if lower == B2B && is_licensed => self.b2b_requirement(ours),
            Belongs::Core(owner) | Belongs::Service(owner)
                if owner.is_in(Family::Commerce) && !is_licensed =>
            {
                Verdict::Remove(match lower.as_str() {
                    B2B => Removal::B2b,
                    _ => Removal::Commerce,
                })
            }
            Belongs::CloudTool if direction.leaves(Family::Cloud) => {
                match direction.from().short_name(&lower) {
                    Some(_) => Verdict::Remove(Removal::Cloud),
                    None => {
                        self.tally.kept_cloud_tools.push(name.to_owned());
                        Verdict::Keep
                    }
                }
            }
            Belongs::OwnReleases
                if lower == QUALITY_PATCHES && direction.target.is_in(Family::Rebuild) =>
            {
                Verdict::Remove(Removal::QualityPatches)
            }
            Belongs::Core(_) => self.core_requirement(&lower, new_name, ours),
            _ => Verdict::Keep,
        }
    }

    fn core_requirement(&mut self, name: &str, new_name: &str, ours: &str) -> Verdict {
        if self.names.vendor_changes() && name == new_name {
            // Adobe's service packages in Open Source run on Mage-OS as extensions do; what else has no counterpart is gone.
            return match self.names.leaves_alone(name) {
                true => Verdict::Keep,
                false => Verdict::Remove(Removal::NoCounterpart),
            };
        }
        if self.is_missing_in_target(new_name) {
            return Verdict::Remove(Removal::NoCounterpart);
        }
        if Stability::of(ours) == Stability::Dev && self.decided(name).is_none() {
            return self.fork_requirement(name, new_name, ours);
        }
        let constraint = self.core_constraint(name, new_name, ours);
        match constraint == ours && new_name == name {
            true => Verdict::Keep,
            false => Verdict::Become(new_name.to_owned(), constraint),
        }
    }

    /// A branch of a core package: the owner's fork. It cannot follow a switch to another vendor by itself.
    fn fork_requirement(&mut self, name: &str, new_name: &str, ours: &str) -> Verdict {
        if name == new_name {
            return Verdict::Keep;
        }
        let theirs = self.core_constraint(name, new_name, "0.0");
        let conflict = Conflict {
            path: format!("require.{name}"),
            base: None,
            ours: json!(ours),
            theirs: json!(theirs),
            default: Some(Choice::Theirs),
            is_own_build: false,
            question: format!(
                "{name} {ours} is a fork of a core package: keep it, or take {new_name} {theirs}?"
            ),
        };
        match self.decide(conflict) {
            Choice::Ours => Verdict::Keep,
            Choice::Theirs => Verdict::Become(new_name.to_owned(), theirs),
        }
    }

    fn b2b_requirement(&mut self, ours: &str) -> Verdict {
        match self.b2b_constraint(ours) {
            Some(constraint) => Verdict::Become(B2B.to_owned(), constraint),
            None => Verdict::Keep,
        }
    }

    fn rewrite(
        &mut self,
        section: &str,
        (name, old): (&str, &str),
        (new_name, new): (&str, &str),
    ) -> Result<(), EditError> {
        if new_name != name {
            if self.doc.get([section, new_name]).is_some() {
                self.doc.remove([section, name])?;
            } else {
                self.doc.rename_key(section, name, new_name)?;
            }
        }
        if self.doc.get([section, new_name]).and_then(Value::as_str) != Some(new) {
            self.doc.set([section, new_name], &json!(new))?;
        }
        if self
            .theirs
            .get(section)
            .is_none_or(|theirs| theirs.get(new_name).is_none())
        {
            let new = if new_name == name {
                new.to_owned()
            } else {
                format!("{new_name} {new}")
            };
            self.tally.repinned.push(format!("{name} {old} → {new}"));
        }
        Ok(())
    }

    /// Adds what the target's template has and the source's did not. Not to a section from which the owner took all of the
    /// template's requirements. Development tools come only to a store that has all of those it was made with: a store that
    /// has none, or took some out, need not want others.
    fn add_from_template(
        &mut self,
        section: &str,
        ours: &Map<String, Value>,
        base: &Map<String, Value>,
        theirs: &Map<String, Value>,
    ) -> Result<(), EditError> {
        let is_product = |name: &str| belongs(name) == Belongs::Product;
        let translated = |names: &Map<String, Value>| -> Vec<String> {
            let names = names
                .keys()
                .map(|name| name.to_ascii_lowercase())
                .filter(|name| !is_product(name));
            names.map(|name| self.names.translated(&name)).collect()
        };
        let (ours, base) = (translated(ours), translated(base));
        let has = |name: &String| ours.contains(name);
        let follows = match section {
            "require-dev" => !base.is_empty() && base.iter().all(has),
            _ => base.is_empty() || base.iter().any(has),
        };
        if !follows {
            return Ok(());
        }
        for (name, constraint) in theirs {
            if is_product(name) || ours.contains(name) || base.contains(name) {
                continue;
            }
            if let Some(served) = constraint
                .as_str()
                .and_then(|constraint| self.served_constraint(name, constraint))
            {
                self.add(&[section, name], &json!(served))?;
            }
        }
        Ok(())
    }
}

/// Whether some version can satisfy both constraints.
fn intersect(a: &str, b: &str) -> bool {
    match (Constraint::parse(a), Constraint::parse(b)) {
        (Ok(a), Ok(b)) => have_intersections(&a, &b),
        _ => false,
    }
}

fn object(template: &Map<String, Value>, section: &str) -> Map<String, Value> {
    template
        .get(section)
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default()
}
