//! The product requirement: exactly one, at the release the store goes to.

use super::admission::admits;
use super::constraint_style::restyle;
use crate::distribution::{Direction, Target, exact_version, line};
use crate::plan::{Code, Finding};
use crate::planner::root::Merger;
use composer_engine::format::json::document::EditError;
use serde_json::{Value, json};

impl Merger<'_> {
    /// Makes the one requirement on a product that of the target, at its release; a second product goes, and any that is
    /// required for development.
    pub(crate) fn merge_product(&mut self) -> Result<(), EditError> {
        let target = self.input.target;
        let product = target.facts().product.as_str();
        let required: Vec<String> = match self.doc.get("require").and_then(Value::as_object) {
            Some(require) => require
                .keys()
                .filter(|name| Target::from_product(name).is_some())
                .cloned()
                .collect(),
            None => Vec::new(),
        };
        // The requirement that becomes the target's product: the one of that name, else the largest.
        let kept = required.iter().find(|name| *name == product).or_else(|| {
            required
                .iter()
                .max_by_key(|name| Target::from_product(name))
        });
        let constraint = self.product_constraint(kept.map(String::as_str));
        match kept {
            Some(name) => {
                if name != product {
                    self.doc.rename_key("require", name, product)?;
                }
                if self.doc.get(["require", product]).and_then(Value::as_str) != Some(&constraint) {
                    self.doc.set(["require", product], &json!(constraint))?;
                }
            }
            None => self.add(&["require", product], &json!(constraint))?,
        }
        for name in required
            .iter()
            .filter(|name| Some(*name) != kept && *name != product)
        {
            self.merge_second_product(name)?;
        }
        self.take_products_from_development()?;
        self.pin_cloud_core()
    }

    /// A product that stands in `require-dev`, too, would hold the store where it is, whatever `require` has.
    fn take_products_from_development(&mut self) -> Result<(), EditError> {
        let section = self.doc.get("require-dev").and_then(Value::as_object);
        let names = section.into_iter().flat_map(|section| section.keys());
        let products = names.filter(|name| Target::from_product(name).is_some());
        let product = &self.input.target.facts().product;
        for name in products.cloned().collect::<Vec<String>>() {
            self.doc.remove(["require-dev", &name])?;
            self.findings.push(
                Finding::new(
                    Code::RedundantProductRemoved,
                    format!("{name} is taken out of require-dev"),
                    format!("A store requires one product, here {product}, and not for development only."),
                )
                .of_package(name)
                .in_file("composer.json"),
            );
        }
        Ok(())
    }

    /// The constraint on the target's product, given the name of the requirement it comes from.
    fn product_constraint(&mut self, from: Option<&str>) -> String {
        let target = self.input.target;
        let release = self.input.release.version.as_str();
        let ours = from
            .and_then(|from| self.doc.get(["require", from]))
            .and_then(Value::as_str)
            .map(str::to_owned);
        let ours = ours.filter(|_| from == Some(target.facts().product.as_str()));
        if target.wraps().is_some() {
            return self.metapackage_constraint(ours);
        }
        let Some(ours) = ours else {
            return release.to_owned();
        };
        if exact_version(&ours) == Some(release)
            || (self.is_same_release() && admits(&ours, release))
        {
            return ours;
        }
        // A range stays one only as long as a later `composer update` chooses this very release by it. Best is one that
        // admits nothing older, as the store's own may have done before; the solve is bound to the release in any case.
        let chooses = |constraint: &str| {
            let newest = self
                .input
                .catalog
                .newest_matching(target, constraint)
                .ok()
                .flatten();
            newest.is_some_and(|newest| newest.version == release)
        };
        let restyled = restyle(&ours, release);
        if exact_version(&ours).is_some() {
            return restyled;
        }
        if exact_version(&restyled).is_none() && chooses(&restyled) {
            return restyled;
        }
        if chooses(&ours) {
            return ours;
        }
        self.findings.push(Finding::new(
            Code::ProductPinned,
            format!("{} is pinned to {release}", target.facts().product),
            format!(
                "The store requires {ours}. A range would let Composer choose a newer release than {release}, so the plan requires exactly this one."
            ),
        )
        .of_package(target.facts().product.clone())
        .in_file("composer.json"));
        release.to_owned()
    }

    /// The constraint on the cloud metapackage, whose numbers are its own: one of the release's line. The core behind it is
    /// bound to the release by the solve, and where Composer would go on to a newer one, by [`Self::pin_cloud_core`].
    fn metapackage_constraint(&self, ours: Option<String>) -> String {
        let release = self.input.release.version.as_str();
        let on = self.input.source.release.as_deref();
        let same_line = on.is_some_and(|on| line(on) == line(release));
        // What admits a metapackage of the line admits every patch of the core; what names one of its patches does so, too.
        let is_of_line = |ours: &String| {
            admits(ours, &line(release))
                || exact_version(ours).is_some_and(|exact| line(exact) == line(release))
        };
        if let Some(ours) = ours.filter(|ours| same_line && is_of_line(ours)) {
            return ours;
        }
        let theirs = self
            .theirs
            .get("require")
            .and_then(|require| require.get(&self.input.target.facts().product));
        theirs.and_then(Value::as_str).unwrap_or(release).to_owned()
    }

    /// A second product of the same family: Commerce beside its cloud metapackage stays, at the release; everything else is
    /// contained in the product the root requires.
    fn merge_second_product(&mut self, name: &str) -> Result<(), EditError> {
        let path = ["require", name];
        let target = self.input.target;
        let is_of = |other: &Target| other.facts().product == name;
        if let Some(wrapped) = target.wraps().filter(is_of) {
            let release = self.input.release.version.as_str();
            let ours = self
                .doc
                .get(path)
                .and_then(Value::as_str)
                .unwrap_or_default();
            // A range that Composer would choose a newer patch by is no promise of this one.
            let newest = self.input.catalog.newest_matching(wrapped, ours);
            let chooses = newest
                .ok()
                .flatten()
                .is_some_and(|newest| newest.version == release);
            let stays = exact_version(ours) == Some(release)
                || (exact_version(ours).is_none() && admits(ours, release) && chooses)
                || (self.is_same_release() && admits(ours, release));
            if !stays {
                self.doc.set(path, &json!(release))?;
            }
            return Ok(());
        }
        self.doc.remove(path)?;
        if !target
            .numbered()
            .contains()
            .is_some_and(|other| is_of(&other))
        {
            return Ok(());
        }
        let product = &target.facts().product;
        self.findings.push(Finding::new(
            Code::RedundantProductRemoved,
            format!("{name} is no longer required by the root"),
            format!("A store requires one product, here {product}. It brings along what {name} was required for."),
        )
        .of_package(name.to_owned())
        .in_file("composer.json"));
        Ok(())
    }

    /// The cloud metapackage admits every patch of a line and Composer takes the newest. Any other release has to be
    /// required beside it.
    fn pin_cloud_core(&mut self) -> Result<(), EditError> {
        let Some(wrapped) = self.input.target.wraps() else {
            return Ok(());
        };
        let core = ["require", wrapped.facts().product.as_str()];
        if self.doc.get(core).is_some() || self.is_same_release() {
            return Ok(());
        }
        let release = self.input.release;
        let offered = self.input.catalog.releases(self.input.target);
        let newest = offered
            .iter()
            .rfind(|other| other.is_stable() && line(&other.version) == line(&release.version));
        if newest.is_none_or(|newest| newest.version == release.version) {
            return Ok(());
        }
        self.doc.set(core, &json!(release.version))
    }
}

impl Merger<'_> {
    /// Whether the root requires the target's product already, at the release the store is on.
    pub(crate) fn is_there_already(&self) -> bool {
        let require = self.doc.get("require").and_then(Value::as_object);
        let mut products = require
            .into_iter()
            .flatten()
            .filter(|(name, _)| Target::from_product(name).is_some());
        let only = products.next().filter(|_| products.next().is_none());
        self.is_same_release()
            && only.is_some_and(|(name, constraint)| {
                *name == self.input.target.facts().product
                    && constraint
                        .as_str()
                        .is_some_and(|constraint| admits(constraint, &self.input.release.version))
            })
    }

    /// Whether the store stays on the release it is on.
    pub(crate) fn is_same_release(&self) -> bool {
        Direction::new(self.input.source.target, self.input.target).stays_in_target()
            && self.input.source.release.as_deref() == Some(&self.input.release.version)
    }
}
