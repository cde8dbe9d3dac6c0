//! Code that runs on the target, but may not do there what it did: it compares Magento's version number, or joins tables
//! by a column that they lose in Adobe Commerce.

use crate::distribution::Family;
use crate::plan::{Code, Finding};
use crate::planner::store::code::owner::{OWN, extension_of};
use crate::planner::store::packages::Packages;
use crate::planner::store::places::{count, with_places};
use crate::project::scan::Found;
use memchr::memmem;

/// Words of code that asks for the version and compares it.
const COMPARES: [&str; 2] = ["version_compare(", "ProductMetadata"];

/// Tables that content staging links by `row_id` instead of the column beside them.
const LINKED: [(&str, &str); 14] = [
    ("catalog_product_entity_datetime", "entity_id"),
    ("catalog_product_entity_decimal", "entity_id"),
    ("catalog_product_entity_int", "entity_id"),
    ("catalog_product_entity_text", "entity_id"),
    ("catalog_product_entity_tier_price", "entity_id"),
    ("catalog_product_entity_varchar", "entity_id"),
    ("catalog_category_entity_int", "entity_id"),
    ("catalog_category_entity_varchar", "entity_id"),
    ("catalog_category_entity_text", "entity_id"),
    ("cms_page_store", "page_id"),
    ("cms_block_store", "block_id"),
    ("catalogrule_website", "rule_id"),
    ("catalogrule_customer_group", "rule_id"),
    ("salesrule_website", "rule_id"),
];

/// Signs of code that knows both columns.
const KNOWS_BOTH: [&str; 3] = ["row_id", "LinkField", "linkField"];

/// The words to look for, given where a switch leads.
pub(super) fn words(packages: &Packages<'_>) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    if compares_matter(packages) {
        words.extend(COMPARES.map(str::to_owned));
    }
    if links_matter(packages) {
        words.extend(LINKED.iter().map(|(table, _)| (*table).to_owned()));
    }
    words
}

/// A rebuild has release numbers of its own, and its name in place of Magento's.
fn compares_matter(packages: &Packages<'_>) -> bool {
    packages.direction().enters(Family::Rebuild)
}

fn links_matter(packages: &Packages<'_>) -> bool {
    packages.direction().enters(Family::Commerce)
}

/// What such code is found in, own code and extensions alike.
pub(super) fn findings(packages: &Packages<'_>, found: &[Found]) -> Vec<Finding> {
    let mut comparing = Vec::new();
    let mut linking = Vec::new();
    for file in found {
        let is_own = OWN.iter().any(|folder| file.path.starts_with(folder));
        let is_php = file.path.ends_with(".php") || file.path.ends_with(".phtml");
        if !is_php || !is_own && extension_of(&file.path).is_none() {
            continue;
        }
        if compares_matter(packages) {
            comparing.extend(compared(file));
        }
        if links_matter(packages) {
            linking.extend(linked(file));
        }
    }
    let mut findings = Vec::new();
    if !comparing.is_empty() {
        findings.push(Finding::new(
            Code::CodeComparesVersion,
            format!("The Magento version is compared in {}", count(comparing.len(), "file")),
            with_places(
                &format!("{} has release numbers and a name of its own, and some of its releases report them, or `UNKNOWN`, where Magento reports its version. Check what the code does then.", packages.target()),
                &comparing,
            ),
        ));
    }
    if !linking.is_empty() {
        findings.push(Finding::new(
            Code::CodeJoinsEntityId,
            format!("Tables are linked by columns that Commerce replaces, in {}", count(linking.len(), "file")),
            with_places(
                "In Adobe Commerce these tables are linked by row_id, the id of one scheduled version. Code that does not ask for the link field reads wrong rows or fails. Ask vendors for their Commerce edition, and use `MetadataPool::getMetadata()->getLinkField()` in own code.",
                &linking,
            ),
        ));
    }
    findings
}

fn has(file: &Found, word: &str) -> Option<usize> {
    memmem::find(&file.bytes, word.as_bytes())
}

fn compared(file: &Found) -> Option<String> {
    let [compares, asks] = COMPARES;
    let place = has(file, compares)?;
    has(file, asks)?;
    Some(format!("{}:{}", file.path, file.line(place)))
}

fn linked(file: &Found) -> Option<String> {
    if KNOWS_BOTH.iter().any(|sign| has(file, sign).is_some()) {
        return None;
    }
    LINKED.iter().find_map(|(table, column)| {
        let place = has(file, table)?;
        has(file, column)?;
        Some(format!(
            "{}:{}: {table} by {column}",
            file.path,
            file.line(place)
        ))
    })
}
