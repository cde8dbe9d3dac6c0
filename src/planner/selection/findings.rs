//! What a person should know about a selection of packages.

use crate::plan::sentence::and;
use crate::plan::{Code, Finding, Severity};
use crate::profile::{Library, OpenEnd, Selection};

/// What can be said before the packages are resolved.
pub(crate) fn of_selection(selection: &Selection, library: &Library) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (set, evidence) in &selection.unsafe_sets {
        findings.push(Finding::new(
            Code::UnsafeRemoval,
            format!("A shop does not work without {set}"),
            format!("{evidence}. Keep it with --with {set}."),
        ));
    }
    for (set, needing) in &selection.needed {
        findings.push(Finding::new(
            Code::SetNeeded,
            format!("{needing} needs {set}"),
            format!("Keep it with --with {set}, or take out both with --without {needing}."),
        ));
    }
    for kept_out in &selection.kept_out {
        let by = kept_out.by.split(' ').next().unwrap_or_default();
        let severity = match kept_out.is_asked_for {
            true => Severity::Blocker,
            false => Severity::Warning,
        };
        if kept_out.is_file {
            let finding = Finding::new(
                Code::SetKeptOut,
                format!("{} keeps {} out", kept_out.by, kept_out.set),
                format!(
                    "Its `replace` has {}, and composer-merge-plugin takes that into composer.json. Take the lines out, or do \
                     without {}.",
                    and(&kept_out.names),
                    kept_out.set
                ),
            );
            findings.push(finding.as_severity(severity).in_file(&kept_out.by));
            continue;
        }
        findings.push(Finding::new(
            Code::SetKeptOut,
            format!("{} keeps {} out", kept_out.by, kept_out.set),
            format!(
                "It replaces {}, so Composer installs nothing under that name. Remove the requirement of what brings it \
                 (`mageshift why {by}` says what does), or do without {}.",
                and(&kept_out.names),
                kept_out.set
            ),
        )
        .as_severity(severity)
        .of_package(by));
    }
    for (set, requirer) in &selection.kept {
        findings.push(Finding::new(
            Code::SetKept,
            format!("{set} stays"),
            format!("The profile takes it out elsewhere, but here {requirer} requires it."),
        ));
    }
    if selection.lacks_sample_data {
        findings.push(Finding::new(
            Code::NoSampleData,
            "No package of this release suggests sample data",
            "So none are required. Where the repository is a mirror, it may lack what packages suggest: run bin/magento sampledata:deploy after composer install.",
        ));
    }
    if !selection.untested_sets.is_empty() {
        findings.push(Finding::new(
            Code::UntestedRemoval,
            format!("Nobody is known to have tried a shop without {}", selection.untested_sets.join(", ")),
            "The packages that stay do not require them, but code may use them all the same: run bin/magento setup:di:compile before you rely on it. Keep a set with --with NAME.".to_string(),
        ));
    }
    for set in selection
        .taken_out
        .iter()
        .filter_map(|name| library.set(name))
    {
        if set.safe == crate::profile::Safety::Yes && !set.evidence.is_empty() {
            findings.push(Finding::new(
                Code::Removal,
                format!("{} is taken out", set.name),
                format!("{}.", set.evidence),
            ));
        }
    }
    findings
}

/// What the packages show once they are resolved.
pub(crate) fn of_open_ends(ends: &[OpenEnd]) -> Vec<Finding> {
    let findings = ends.iter().map(|end| {
        let missing = end.missing.join(" and ");
        let keep: Vec<String> = end.sets.iter().map(|set| format!("--with {set}")).collect();
        let keep = keep.join(" ");
        let detail = match end.of_sets.as_slice() {
            [] => format!("It belongs to no feature set, so what it requires has to stay: {keep}."),
            sets => {
                let drop: Vec<String> = sets.iter().map(|set| format!("--without {set}")).collect();
                format!(
                    "Take it out, too, with {}, or keep what it requires with {keep}.",
                    drop.join(" or ")
                )
            }
        };
        Finding::new(
            Code::RemovalNotClosed,
            format!("{} requires {missing}", end.requirer),
            detail,
        )
        .of_package(end.requirer.clone())
    });
    findings.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_is_told_by_what_is_wrong_with_it() {
        let codes = |selection: Selection| -> Vec<Code> {
            let findings = of_selection(&selection, &Library::bundled());
            findings.iter().map(Finding::code).collect()
        };
        assert_eq!(codes(Selection::default()), []);
        let named = |name: &str| name.to_owned();
        let selection = Selection {
            needed: vec![(named("vault"), named("paypal"))],
            kept: vec![(named("wishlist"), named("acme/gifts"))],
            untested_sets: vec![named("rss")],
            lacks_sample_data: true,
            ..Selection::default()
        };
        assert_eq!(
            codes(selection),
            [
                Code::SetNeeded,
                Code::SetKept,
                Code::NoSampleData,
                Code::UntestedRemoval
            ]
        );
    }
}
