//! What a switch does to the shop's data, which no file shows.

use crate::distribution::{Distribution, Release, Target};
use crate::plan::sentence::and;
use crate::plan::{Change, ChangeKind, Code, Finding};
use crate::planner::survey::Survey;

/// What becomes of the database.
pub fn findings(survey: &Survey<'_>, target: Target, release: &Release) -> Vec<Finding> {
    let mut findings = Vec::new();
    if survey.is_downgrade(release) {
        findings.push(downgrade(survey, target, release));
    }
    let from = survey.source.distribution();
    findings.push(match (from, target.distribution()) {
        (Distribution::Commerce, to) if to != Distribution::Commerce => leaving_commerce(survey, to),
        (from, Distribution::Commerce) if from != Distribution::Commerce => entering_commerce(),
        (Distribution::MageOs, Distribution::Magento) => kept(
            "Products, customers, orders and configuration stay. Tables and settings of Mage-OS's own modules (MageOS_*) stay in the database, unused.",
        ),
        _ => kept("Products, customers, orders and configuration stay as they are; `setup:upgrade` brings the schema up to date."),
    });
    findings
}

/// Payment methods of Magento by the package that is the heart of each.
const PAYMENT_METHODS: [(&str, &str); 2] = [
    ("paypal/module-braintree-core", "Braintree"),
    (
        "magento/module-payment-services-paypal",
        "Adobe Payment Services",
    ),
];

/// Payment methods that go with their packages. A store that stays on its release has them taken out; else it is the target
/// that lacks them.
pub fn payment_methods(changes: &[Change], target: Target, stays: bool) -> Option<Finding> {
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
            "If the shop takes payments with {them}: have another method ready before {}, and capture and refund open orders first, since the admin cannot do so without its module. `--runbook FILE` writes queries that count such orders.",
            if stays { "it goes" } else { "the switch" }
        ),
    ))
}

fn kept(detail: &str) -> Finding {
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

fn leaving_commerce(survey: &Survey<'_>, to: Distribution) -> Finding {
    let b2b = match survey.source.b2b {
        Some(_) => {
            " With B2B: companies, shared catalogs, negotiable quotes, requisition lists and purchase orders."
        }
        None => "",
    };
    Finding::new(
        Code::DataLoss,
        "Data of Adobe Commerce features are lost",
        format!(
            "{} has no content staging, so scheduled updates are lost and only the current version of each product, category, page and rule can stay; and no store credit, reward points, gift cards, gift registries, returns (RMA), customer segments, target rules, event tickets or admin roles by website: their balances and records must be exported first or are gone.{b2b} The tables must be converted from row_id back to entity_id with SQL before the shop runs again; Adobe offers no procedure for it. composer.json and composer.lock are only the first half of this switch: try it on a copy of the database. `--runbook FILE` writes the steps, with queries that count what would be lost.",
            to.name()
        ),
    )
}

fn entering_commerce() -> Finding {
    Finding::new(
        Code::DataConverted,
        "The database is converted, and there is no way back but a backup",
        "On the first `setup:upgrade`, content staging changes the catalog, CMS and rule tables from entity_id to row_id and adds sequence tables. Nothing is lost, but extensions and own code that join these tables on entity_id break, and the way back is a backup of the database. `--runbook FILE` writes the steps, with queries that find such tables.",
    )
}
