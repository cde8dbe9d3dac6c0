//! A selection of packages, held against the full edition.

use super::draft::Draft;
use crate::distribution::{Release, Target, is_core_of};
use crate::plan::{Code, Finding, Plan, sentence};
use crate::profile::{Library, Offer};
use composer_engine::repository::RepositorySet;

/// How many core packages a product has in a release, with those that its template requires for development; none when the
/// repositories do not have it. Core packages require each other at exact versions, so this takes no resolution.
pub(super) fn core_packages(
    product: Target,
    release: &Release,
    library: &Library,
    source: &RepositorySet,
) -> Option<usize> {
    let root = Draft::new(product, release, None).root;
    let requires = ["require", "require-dev"]
        .iter()
        .filter_map(|section| root.get(*section)?.as_object())
        .flatten()
        .filter_map(|(name, constraint)| Some((name.as_str(), constraint.as_str()?)));
    let offer = Offer::follow(library, source, &[], requires);
    // Extensions that ship with a distribution may name a package as another distribution does.
    let is_core = |name: &&str| is_core_of(product.distribution(), name);
    offer
        .is_found(&product.facts().product)
        .then(|| offer.names().filter(is_core).count())
}

/// Says how many packages a plan has, and how many of them are core against the number in the full edition; nothing when
/// there is no difference.
pub(super) fn against_full(plan: &Plan, whole: usize) -> Option<Finding> {
    let core = plan.changes.iter().filter(|change| change.core).count();
    (core > 0 && core != whole).then(|| {
        Finding::new(
            Code::PackageCount,
            format!(
                "{}; the full edition has {whole}",
                sentence::count(core, "core package")
            ),
            format!(
                "{} with those of others. Packages for development are counted, too.",
                sentence::count(plan.changes.len(), "package")
            ),
        )
    })
}
