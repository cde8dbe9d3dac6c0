//! What a new project has and has not, by feature set: a list of three hundred packages tells nobody that.

use crate::distribution::{Distribution, is_core_of};
use crate::plan::{ChangeKind, Plan};
use crate::preview::layout::{Layout, is_lock, line, wrap};
use crate::profile::{FeatureSet, Library};
use std::collections::BTreeSet;

/// The sets of which the new lock has the main package, and those of the distribution's own that it does not have; language
/// packs by their locales.
pub(crate) fn render(out: &mut String, plan: &Plan, layout: &Layout) {
    let Some(distribution) = Distribution::of_id(&plan.target.distribution) else {
        return;
    };
    let added = plan
        .changes
        .iter()
        .filter(|change| change.kind == ChangeKind::Add);
    let names: BTreeSet<&str> = added.map(|change| change.package.as_str()).collect();
    if names.is_empty() {
        return;
    }
    let library = Library::bundled();
    let main = |set: &FeatureSet| set.full_names(distribution.vendor()).next();
    let is_in = |set: &FeatureSet| main(set).is_some_and(|name| names.contains(name.as_str()));
    // What the root replaces was taken out of the release, whoever builds it.
    let root = plan.edits.iter().find(|edit| !is_lock(&edit.path));
    let root = root
        .and_then(|edit| edit.after.as_deref())
        .unwrap_or_default();
    let is_replaced = |name: &str| root.contains(&format!("\"{name}\":"));
    let is_own = |set: &FeatureSet| {
        main(set).is_some_and(|name| is_core_of(distribution, &name) || is_replaced(&name))
    };
    let languages: BTreeSet<&str> = library
        .languages()
        .map(|(_, set)| set.name.as_str())
        .collect();
    let sets = || {
        library
            .sets
            .iter()
            .filter(|set| !languages.contains(set.name.as_str()))
    };
    let list = |wanted: &dyn Fn(&FeatureSet) -> bool| -> Vec<&str> {
        let mut names: Vec<&str> = sets()
            .filter(|set| wanted(set))
            .map(|set| set.name.as_str())
            .collect();
        names.sort_unstable();
        names
    };
    let locales: Vec<&str> = library
        .languages()
        .filter(|(_, set)| is_in(set))
        .map(|(locale, _)| locale)
        .collect();
    out.push('\n');
    for (title, names) in [
        ("In it", list(&is_in)),
        ("Not in it", list(&|set| !is_in(set) && is_own(set))),
        ("Languages", locales),
    ] {
        if names.is_empty() {
            continue;
        }
        let text = format!("{title}  {}", names.join(", "));
        for (index, text) in wrap(&text, layout.width).iter().enumerate() {
            let rest = text.strip_prefix(title).filter(|_| index == 0);
            line(
                out,
                &rest.map_or(text.clone(), |rest| layout.paint.bold(title) + rest),
            );
        }
    }
}
