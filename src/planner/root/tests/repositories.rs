//! Repositories.

use super::*;
use crate::plan::Code;

/// A lock of Open Source with one extension, downloaded from a host.
fn lock_with_extension(host: &str) -> Value {
    let dist = |host: &str, name: &str| json!({ "type": "zip", "url": format!("https://{host}/archives/{name}.zip") });
    json!({ "packages": [
        { "name": "magento/product-community-edition", "version": "2.4.8-p4", "dist": dist("repo.magento.com", "product"),
          "require": { "paypal/module-braintree": "4.6" } },
        { "name": "paypal/module-braintree", "version": "4.6", "dist": dist("repo.magento.com", "braintree") },
        { "name": "acme/module-x", "version": "1.0.0", "dist": dist(host, "x"), "require": { "magento/framework": "*" } },
    ] })
}

#[test]
fn the_repository_of_the_source_goes_unless_extensions_come_from_it() {
    let magento_repo = json!({ "type": "composer", "url": "https://repo.magento.com/" });
    let mage_os_repo = json!({ "type": "composer", "url": "https://repo.mage-os.org/" });
    let filtered =
        json!({ "type": "composer", "url": "https://repo.magento.com/", "only": ["acme/*"] });
    let repositories = |list: Value, host: &str| {
        let mut case = magento(&[("acme/module-x", "^1")]).lock(lock_with_extension(host));
        let mut root: Value = serde_json::from_str(&case.root).unwrap();
        root["repositories"] = list;
        case.root = root.to_string();
        value(&case.merge(Target::MageOs, "2.2.2"), &["repositories"]).clone()
    };
    let acme = json!({ "type": "vcs", "url": "https://git.acme.test/x" });
    assert_eq!(
        repositories(json!([acme, magento_repo]), "api.github.com"),
        json!([acme, mage_os_repo])
    );
    assert_eq!(
        repositories(json!([acme, magento_repo]), "repo.magento.com"),
        json!([acme, mage_os_repo, filtered])
    );
    assert_eq!(
        repositories(
            json!({ "acme": acme, "0": magento_repo, "packagist.org": false }),
            "repo.magento.com"
        ),
        json!({ "acme": acme, "mage-os": mage_os_repo, "0": filtered, "packagist.org": false })
    );
    assert_eq!(
        repositories(
            json!({ "magento": magento_repo, "acme": acme }),
            "api.github.com"
        ),
        json!({ "mage-os": mage_os_repo, "acme": acme })
    );
    let only = |patterns: Value| json!({ "type": "composer", "url": "https://repo.magento.com", "only": patterns });
    assert_eq!(
        repositories(
            json!([only(json!(["magento/*", "acme/*"]))]),
            "repo.magento.com"
        ),
        json!([mage_os_repo, only(json!(["acme/*"]))])
    );
    assert_eq!(
        repositories(json!([magento_repo, magento_repo]), "api.github.com"),
        json!([mage_os_repo])
    );
}

#[test]
fn adobe_packages_that_run_on_mage_os_keep_their_repository_open_for_them_alone() {
    let mut lock = lock_with_extension("repo.magento.com");
    lock["packages"].as_array_mut().unwrap().push(
        json!({ "name": "magento/payment-services", "version": "2.9.0",
        "dist": { "url": "https://repo.magento.com/archives/p.zip" } }),
    );
    let case = magento(&[
        ("acme/module-x", "^1"),
        ("magento/payment-services", "^2.0"),
    ])
    .lock(lock);
    let merge = case.merge(Target::MageOs, "2.2.2");
    assert_eq!(
        value(&merge, &["repositories"])[1]["only"],
        json!(["acme/*", "magento/payment-services"])
    );
    assert_eq!(
        value(&merge, &["require", "magento/payment-services"]),
        "^2.0"
    );
}

#[test]
fn leaving_mage_os_opens_a_filtered_repository_again() {
    let mut case =
        magento(&[("acme/module-x", "^1")]).lock(lock_with_extension("repo.magento.com"));
    let there = case.merge(Target::MageOs, "2.2.2");
    let lock = json!({ "packages": [
        { "name": "mage-os/product-community-edition", "version": "2.2.2", "extra": { "magento_version": "2.4.8-p4" } },
        { "name": "acme/module-x", "version": "1.0.0", "dist": { "url": "https://repo.magento.com/archives/x.zip" } },
    ] });
    case = Case::text(there.document.text()).lock(lock);
    let back = case.merge(Target::Magento, "2.4.8-p4");
    assert_eq!(
        value(&back, &["repositories"]),
        &json!([{ "type": "composer", "url": "https://repo.magento.com/" }])
    );
    assert!(
        codes(&back).contains(&"repository-unfiltered")
            && codes(&back).contains(&"repository-removed")
    );
}

#[test]
fn a_mirror_serves_open_source_but_not_commerce() {
    let mut root = template(Target::Magento, "2.4.8").value;
    let mirror = json!([{ "type": "composer", "url": "https://mirror.mage-os.org/" }]);
    root["repositories"] = mirror.clone();
    let case = Case::new(Value::Object(root));
    assert_eq!(
        value(&case.merge(Target::Magento, "2.4.9"), &["repositories"]),
        &mirror
    );
    let commerce = case.merge(Target::Commerce, "2.4.9");
    assert_eq!(
        value(&commerce, &["repositories"])[0]["url"],
        "https://repo.magento.com/"
    );
}

#[test]
fn a_private_mirror_stays_and_is_kept_from_serving_core() {
    let private = json!({ "type": "composer", "url": "https://acme.repo.packagist.com/all/" });
    let root = json!({ "require": { "magento/product-community-edition": "2.4.8-p4", "acme/module-x": "^1" },
        "repositories": [private, { "packagist.org": false }] });
    let lock = json!({ "packages": [
        { "name": "magento/product-community-edition", "version": "2.4.8-p4" },
        { "name": "magento/framework", "version": "103.0.8-p4", "dist": { "url": "https://acme.repo.packagist.com/f.zip" } },
    ] });
    let case = Case::new(root.clone()).lock(lock);
    assert_eq!(
        value(&case.merge(Target::Magento, "2.4.9"), &["repositories"]),
        &root["repositories"]
    );
    let merge = case.merge(Target::MageOs, "2.2.2");
    assert!(codes(&merge).contains(&"packagist-is-off"));
    let repositories = value(&merge, &["repositories"]);
    assert_eq!(repositories[0]["url"], "https://repo.mage-os.org/");
    assert_eq!(repositories[1]["exclude"], json!(["magento/*"]));
}

#[test]
fn a_vendor_with_a_repository_for_each_edition_is_named_when_the_edition_changes() {
    let root = |edition: &str| {
        let mut root = template(Target::Magento, "2.4.8-p4").value;
        let url = format!("https://composer.vendor.test/{edition}/");
        root["repositories"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "type": "composer", "url": url }));
        Case::new(Value::Object(root)).lock(lock_with_extension("composer.vendor.test"))
    };
    let findings = |edition: &str, target: Target| -> Vec<String> {
        root(edition)
            .merge(target, "2.4.9")
            .findings
            .into_iter()
            .filter(|finding| finding.code() == Code::EditionRepository)
            .map(|finding| finding.detail)
            .collect()
    };
    let named = findings("community", Target::Commerce);
    assert_eq!(named.len(), 1);
    assert!(named[0].contains("The lock has from there: acme/module-x."));
    assert!(findings("community", Target::Magento).is_empty());
    assert!(findings("enterprise", Target::Commerce).is_empty());
}
