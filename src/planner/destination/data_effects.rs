//! What a switch does to the shop's data, which no file shows.

use crate::distribution::{DataEffect, DataFacts, PAYMENT_METHODS, Release, Target};
use crate::plan::sentence::and;
use crate::plan::{Change, ChangeKind, Code, Finding};
use crate::planner::survey::Survey;

/// What becomes of the database.
pub(crate) fn findings(survey: &Survey<'_>, target: Target, release: &Release) -> Vec<Finding> {
    let mut findings = Vec::new();
    if survey.is_downgrade(release) {
        findings.push(downgrade(survey, target, release));
    }
    findings.push(match survey.direction(target).data() {
        DataEffect::Lost(data) => lost(survey, target, data),
        DataEffect::Converted(data) => converted(data),
        DataEffect::LeftBehind(left) => kept(format!(
            "Products, customers, orders and configuration stay. {left}"
        )),
        DataEffect::Kept => kept("Products, customers, orders and configuration stay as they are; `setup:upgrade` brings the schema up to date.".to_owned()),
    });
    findings
}

/// Payment methods that go with their packages. A store that stays on its release has them taken out; else it is the target
/// that lacks them.
pub(crate) fn payment_methods(changes: &[Change], target: Target, stays: bool) -> Option<Finding> {
    let goes = |name: &str| {
        changes
            .iter()
            .any(|change| change.kind == ChangeKind::Remove && change.package == name)
    };
    let methods: Vec<&str> = PAYMENT_METHODS
        .into_iter()
        .filter(|(package, _)| goes(package))
        .map(|(_, method)| method)
        .collect();
    let (are, them) = match methods.len() {
        0 => return None,
        1 => ("is", "it"),
        _ => ("are", "one of them"),
    };
    Some(Finding::new(
        Code::DataPaymentMethods,
        &match stays {
            true => format!("{} {are} taken out", and(&methods)),
            false => format!("{} {are} not in {}", and(&methods), target.name()),
        },
        format!(
            "With `--runbook FILE`, `switch` writes queries that count open orders. If the shop takes payments with {them}: have another method ready before {}, and capture and refund open orders first, since the admin cannot do so without its module.",
            if stays { "it goes" } else { "the switch" }
        ),
    ))
}

fn kept(detail: String) -> Finding {
    Finding::new(Code::DataKept, "The shop's data stay", detail)
}

fn downgrade(survey: &Survey<'_>, target: Target, release: &Release) -> Finding {
    let unknown = "an unknown version";
    Finding::new(
        Code::Downgrade,
        "The target is based on an older Magento",
        format!(
            "The store is on Magento {}, {} {} is based on {}. The database has been upgraded past that, so the shop stops with \"Please update your modules\" until a backup from before that upgrade is restored. `setup:upgrade` cannot go back.",
            survey.source.upstream.as_deref().unwrap_or(unknown),
            target.name(),
            release.version,
            release.upstream.as_deref().unwrap_or(unknown)
        ),
    )
}

fn lost(survey: &Survey<'_>, target: Target, data: &DataFacts) -> Finding {
    let b2b = match survey.source.b2b {
        Some(_) => format!(" With B2B: {}.", data.b2b),
        None => String::new(),
    };
    Finding::new(
        Code::DataLoss,
        format!("Data of {} features are lost", survey.source.distribution()),
        format!(
            "{} has {}{b2b} {} With `--runbook FILE`, `switch` writes the steps, with queries that count what would be lost. composer.json and composer.lock are only the first half of this switch: `mageshift data` does the other half, in a new database beside the old one. Try it on a copy.",
            target.distribution(),
            data.others,
            data.leaving
        ),
    )
}

fn converted(data: &DataFacts) -> Finding {
    Finding::new(
        Code::DataConverted,
        "The database is converted, and there is no way back but a backup",
        format!(
            "{} With `--runbook FILE`, `switch` writes the steps, with queries that find such tables.",
            data.entering
        ),
    )
}
