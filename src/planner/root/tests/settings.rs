//! Everything else in a root.

use super::*;

#[test]
fn replace_names_both_vendors_on_mage_os() {
    let mut case = magento(&[]);
    let mut root: Value = serde_json::from_str(&case.root).unwrap();
    root["replace"] = json!({ "magento/module-dhl": "*", "magento/module-ups": "100.4.5", "magento/services-id": "*", "acme/x": "*" });
    root["conflict"]["magento/module-fedex"] = json!("<100.4.5");
    case.root = serde_json::to_string_pretty(&root).unwrap();
    let there = case.merge(Target::MageOs, "2.2.2");
    let mut both = root["replace"].clone();
    both["mage-os/module-dhl"] = json!("*");
    both["mage-os/module-ups"] = json!("*");
    assert_eq!(value(&there, &["replace"]), &both);
    assert_eq!(
        value(&there, &["conflict"]),
        &root["conflict"],
        "what is replaced is in conflict, too"
    );
    let back = Case::text(there.document.text()).merge(Target::Magento, "2.4.8-p4");
    assert_eq!(value(&back, &["replace"]), &root["replace"]);

    let alone = json!({ "require": { "mage-os/product-community-edition": "3.4.0" },
        "replace": { "mage-os/module-dhl": "*", "mage-os/module-rma": "*" } });
    let merge = Case::new(alone).merge(Target::Magento, "2.4.9");
    assert_eq!(
        value(&merge, &["replace"]),
        &json!({ "magento/module-dhl": "*", "mage-os/module-rma": "*" })
    );
}

#[test]
fn plugins_of_both_vendors_are_allowed() {
    let merged = |plugins: Value| {
        let root = json!({ "config": { "allow-plugins": plugins }, "require": {
            "magento/product-community-edition": "2.4.5", "magento/composer-root-update-plugin": "~2.0" } });
        Case::new(root).merge(Target::MageOs, "2.2.2")
    };
    let allowed = |plugins: Value| value(&merged(plugins), &["config", "allow-plugins"]).clone();
    let discovery = |mut plugins: Value| {
        plugins["php-http/discovery"] = json!(true);
        plugins
    };
    assert_eq!(allowed(json!(true)), json!(true));
    assert_eq!(allowed(json!(false)), json!(false));
    assert_eq!(
        allowed(json!({ "magento/*": true, "cweagans/composer-patches": true })),
        discovery(
            json!({ "magento/*": true, "mage-os/*": true, "cweagans/composer-patches": true })
        )
    );
    assert_eq!(
        allowed(
            json!({ "magento/magento-composer-installer": true, "magento/composer-root-update-plugin": false })
        ),
        discovery(
            json!({ "magento/magento-composer-installer": true, "magento/composer-root-update-plugin": false,
            "mage-os/magento-composer-installer": true, "mage-os/composer-root-update-plugin": false,
            "mage-os/inventory-composer-installer": true })
        )
    );
    // The first entry that fits counts, so the order of the old entries is that of the new ones.
    let ordered = allowed(
        json!({ "magento/composer-root-*": false, "magento/composer-*": true, "*/*": true }),
    );
    let order: Vec<&String> = ordered.as_object().unwrap().keys().collect();
    let place = |name: &str| order.iter().position(|other| *other == name).unwrap();
    assert!(
        place("mage-os/composer-root-*") < place("mage-os/composer-*"),
        "{order:?}"
    );
    let merge = merged(json!({ "magento/*": true }));
    assert!(codes(&merge).contains(&"old-plugins-allowed"));
    let again = Case::text(merge.document.text()).merge(Target::MageOs, "2.2.2");
    assert_eq!(again.document.text(), merge.document.text());
    let same_vendor = Case::new(
        json!({ "config": { "allow-plugins": { "magento/*": true } },
        "require": { "magento/product-community-edition": "2.4.8" } }),
    );
    let same_vendor = same_vendor.merge(Target::Commerce, "2.4.8");
    assert!(!codes(&same_vendor).contains(&"old-plugins-allowed"));
}

#[test]
fn without_the_section_what_ran_goes_on_running() {
    let root = json!({ "require": { "magento/product-community-edition": "2.4.3" } });
    let lock = |api: &str| {
        json!({ "plugin-api-version": api, "packages": [
            { "name": "magento/product-community-edition", "version": "2.4.3", "type": "metapackage" },
            { "name": "magento/magento-composer-installer", "version": "0.3.0", "type": "composer-plugin" },
            { "name": "acme/patches", "version": "1.0.0", "type": "composer-plugin" } ] })
    };
    let allowed = |lock: Option<Value>| {
        let mut case = Case::new(root.clone());
        case.lock = lock;
        value(
            &case.merge(Target::MageOs, "2.2.2"),
            &["config", "allow-plugins"],
        )
        .clone()
    };
    for (lock, acme) in [
        (None, None),
        (Some(lock("2.6.0")), None),
        (Some(lock("2.1.0")), Some(&json!(true))),
    ] {
        let plugins = allowed(lock);
        assert_eq!(plugins["mage-os/*"], true);
        assert_eq!(plugins["magento/*"], true);
        assert_eq!(plugins.get("acme/patches"), acme);
    }
}

#[test]
fn patches_and_deployment_settings_follow_their_packages() {
    let root = json!({ "require": { "magento/product-community-edition": "2.4.8-p4" }, "extra": {
        "magento-deploy-ignore": { "*": ["/.gitignore"], "magento/magento2-base": ["/nginx.conf.sample"] },
        "patches": { "magento/module-tax": { "Fix": "patches/tax.patch" }, "magento/module-staging": ["x.patch"], "acme/x": {} },
        "path-mapping-translations": { "js": "./js" }, "replace": { "bulk": ["yireo/magento2-replace-bundled"] } } });
    let merge = Case::new(root).merge(Target::MageOs, "2.2.2");
    let extra = value(&merge, &["extra"]);
    assert_eq!(
        extra["patches"]["mage-os/module-tax"]["Fix"],
        "patches/tax.patch"
    );
    assert!(extra["patches"].get("magento/module-staging").is_some());
    assert!(
        extra["magento-deploy-ignore"]
            .get("mage-os/magento2-base")
            .is_some()
    );
    for code in [
        "patches-renamed",
        "patches-without-package",
        "replace-is-generated",
    ] {
        assert!(codes(&merge).contains(&code), "{code}");
    }
}

#[test]
fn what_is_said_of_patches_follows_their_packages() {
    let root = json!({ "require": { "magento/product-community-edition": "2.4.8-p4" }, "extra": {
        "patchLevel": { "magento/module-tax": "-p2", "acme/x": "-p1" },
        "patches-ignore": { "acme/fixes": { "magento/module-tax": { "why": "a.patch" } } },
        "patches-exclude": { "magento/module-tax": ["a"] },
        "composer-patches": { "package-depths": { "magento/module-tax": 3 },
            "ignore-dependency-patches": ["acme/fixes", "magento/module-tax"] } } });
    let merge = Case::new(root).merge(Target::MageOs, "2.2.2");
    assert_eq!(
        *value(&merge, &["extra"]),
        json!({
            "patchLevel": { "mage-os/module-tax": "-p2", "acme/x": "-p1" },
            "patches-ignore": { "acme/fixes": { "mage-os/module-tax": { "why": "a.patch" } } },
            "patches-exclude": { "mage-os/module-tax": ["a"] },
            "composer-patches": { "package-depths": { "mage-os/module-tax": 3 },
                "ignore-dependency-patches": ["acme/fixes", "mage-os/module-tax"] }
        })
    );
    assert!(
        !codes(&merge).contains(&"patches-renamed"),
        "none of them is a patch"
    );
}

#[test]
fn stability_is_not_raised_over_what_is_locked() {
    let root = json!({ "minimum-stability": "alpha", "require": { "magento/magento-cloud-metapackage": ">=2.4.8 <2.4.9" } });
    let lock = |version: &str| {
        json!({ "packages": [
        { "name": "magento/magento-cloud-metapackage", "version": "2.4.8" }, { "name": "acme/x", "version": version } ] })
    };
    let merge = Case::new(root.clone())
        .lock(lock("1.0.0-beta2"))
        .merge(Target::Commerce, "2.4.8");
    assert_eq!(value(&merge, &["minimum-stability"]), "alpha");
    assert!(codes(&merge).contains(&"minimum-stability-kept"));
    let merge = Case::new(root)
        .lock(lock("1.0.0"))
        .merge(Target::Commerce, "2.4.8");
    assert_eq!(value(&merge, &["minimum-stability"]), "stable");
}

#[test]
fn a_pinned_php_outside_the_target_is_told() {
    let root = json!({ "config": { "platform": { "php": "8.1.2" } }, "require": { "magento/product-community-edition": "2.4.7" } });
    assert!(
        codes(&Case::new(root.clone()).merge(Target::Magento, "2.4.9")).contains(&"platform-php")
    );
    assert!(!codes(&Case::new(root).merge(Target::Magento, "2.4.7-p3")).contains(&"platform-php"));
}

#[test]
fn the_form_of_the_file_stays() {
    let text = "{\r\n  \"require\" : {\r\n\t\"acme/x\":\"1\",\r\n\t\"magento/product-community-edition\":\"2.4.8-p4\"\r\n  },\r\n  \"x\": \"https:\\/\\/\\u00e4\"}";
    let merge = Case::text(text).merge(Target::Magento, "2.4.8-p5");
    let text = merge.document.text();
    assert!(text.contains("  \"require\" : {\r\n\t\"acme/x\":\"1\",\r\n\t\"magento/product-community-edition\":\"2.4.8-p5\""));
    assert!(text.contains("https:\\/\\/\\u00e4"));
}

#[test]
fn a_root_of_odd_shapes_is_no_panic() {
    for root in [
        json!({ "name": "magento/project-community-edition", "require": [], "config": [], "extra": [], "repositories": {} }),
        json!({ "name": "magento/project-community-edition", "require": { "magento/product-community-edition": 7, "": "", "x": null }, "scripts": [], "replace": [], "autoload": [] }),
        json!({ "require": { "magento/product-community-edition": "what" }, "repositories": [7, { "type": "composer" }, false] }),
    ] {
        for (target, release) in NEWEST {
            let merge = Case::new(root.clone()).merge(target, release);
            assert!(value(&merge, &["require", &target.facts().product]).is_string());
        }
    }
}
