//! Whether a new lock is what a switch promises: one product, one base, nothing of the old core.

use super::{Finding, Severity};
use crate::distribution::{Belongs, Distribution, Target, belongs};
use serde_json::Value;

/// What is wrong with a new lock, as blockers. Composer itself finds nothing wrong with two products or a core mixed of
/// two distributions; the shop then runs code of both.
pub fn findings(lock: &Value, target: Target) -> Vec<Finding> {
    let sections = ["packages", "packages-dev"]
        .into_iter()
        .filter_map(|section| lock.get(section)?.as_array());
    let real: Vec<(&str, bool)> = sections
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.get("name")?.as_str()?,
                entry.get("type").is_some_and(|kind| kind == "metapackage"),
            ))
        })
        .collect();
    let mut findings = Vec::new();
    let products: Vec<&str> = real
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| is_edition(name))
        .collect();
    let expected: &[Target] = match target {
        Target::Commerce => &[Target::Magento, Target::Commerce],
        Target::CommerceCloud => &[Target::Magento, Target::Commerce, Target::CommerceCloud],
        ref only => std::slice::from_ref(only),
    };
    for name in &products {
        if !expected
            .iter()
            .any(|target| target.facts().product == *name)
        {
            findings.push(blocker(
                "second-product",
                name,
                format!("{name} would be installed next to {}", target.facts().product),
                format!("Something still requires {name}, and a repository still offers it. Both cores would be deployed over each other. Remove the requirement, or the repository."),
            ));
        }
    }
    if !products.contains(&target.facts().product.as_str()) {
        findings.push(blocker(
            "no-product",
            &target.facts().product,
            format!("{} is not in the new lock", target.facts().product),
            "composer.json has to require it.".to_string(),
        ));
    }
    let foreign = match target.distribution() {
        Distribution::MageOs => Belongs::MagentoCore,
        Distribution::Magento | Distribution::Commerce => Belongs::MageOsCore,
    };
    for (name, is_metapackage) in &real {
        let of = belongs(name);
        let left_behind = of == foreign
            || (target.distribution() == Distribution::MageOs && of == Belongs::CommerceCore);
        // Mage-OS publishes empty magento/* metapackages that lead to its own packages.
        if left_behind && !is_metapackage && has_counterpart(name, target) {
            findings.push(blocker(
                "old-core-left",
                name,
                format!("{name} of the old core would stay"),
                format!("It is not replaced by a package of {}, and something requires it from a repository that still offers it.", target.name()),
            ));
        }
    }
    findings
}

/// A core package whose place another one takes in the target; development tools of either vendor run everywhere.
fn has_counterpart(name: &str, target: Target) -> bool {
    let from = match target.distribution() {
        Distribution::MageOs => Distribution::Magento,
        Distribution::Magento | Distribution::Commerce => Distribution::MageOs,
    };
    crate::distribution::rename(name, from, target.distribution(), None, &Default::default())
        .is_some()
}

fn is_edition(name: &str) -> bool {
    Target::from_product(name).is_some()
}

fn blocker(code: &str, package: &str, title: String, detail: String) -> Finding {
    Finding {
        severity: Severity::Blocker,
        code: code.to_string(),
        title,
        detail,
        package: Some(package.to_string()),
        path: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn codes(names: &[(&str, &str)], target: Target) -> Vec<String> {
        let packages: Vec<Value> = names
            .iter()
            .map(|(name, kind)| json!({"name": name, "version": "1", "type": kind}))
            .collect();
        findings(&json!({"packages": packages}), target)
            .into_iter()
            .map(|finding| finding.code)
            .collect()
    }

    #[test]
    fn a_mixed_core_is_refused() {
        let product = ("mage-os/product-community-edition", "metapackage");
        assert_eq!(
            codes(
                &[product, ("mage-os/magento2-base", "magento2-component")],
                Target::MageOs
            ),
            [""; 0]
        );
        assert_eq!(
            codes(
                &[product, ("magento/magento2-base", "magento2-component")],
                Target::MageOs
            ),
            ["old-core-left"]
        );
        assert_eq!(
            codes(
                &[product, ("magento/module-store", "metapackage")],
                Target::MageOs
            ),
            [""; 0]
        );
        assert_eq!(
            codes(
                &[
                    product,
                    ("magento/product-community-edition", "metapackage")
                ],
                Target::MageOs
            ),
            ["second-product"]
        );
        assert_eq!(codes(&[], Target::Magento), ["no-product"]);
    }

    #[test]
    fn commerce_contains_open_source() {
        let products = [
            ("magento/product-community-edition", "metapackage"),
            ("magento/product-enterprise-edition", "metapackage"),
        ];
        assert_eq!(codes(&products, Target::Commerce), [""; 0]);
        assert_eq!(codes(&products, Target::Magento), ["second-product"]);
    }
}
