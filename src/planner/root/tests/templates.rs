//! Untouched roots, and what a template says of a root.

use super::*;

#[test]
fn an_untouched_root_becomes_the_template_of_the_target() {
    let older = [
        (Target::Magento, "2.4.4"),
        (Target::Magento, "2.4.6-p4"),
        (Target::MageOs, "1.0.1"),
        (Target::MageOs, "2.2.2"),
    ];
    for (from, release) in NEWEST.into_iter().chain(older) {
        for (to, to_release) in NEWEST {
            let merge = Case::text(&new_project(from, release)).merge(to, to_release);
            let mut merged = merge.document.value().clone();
            let mut wanted = Value::Object(template(to, to_release).value);
            for root in [&mut merged, &mut wanted] {
                let root = root.as_object_mut().unwrap();
                // Left as it is, whatever the template says.
                root.remove("conflict");
                // Its shape stays that of the store.
                root.remove("repositories");
            }
            // Development tools follow where both templates have some, do not come where the store has none, and stay
            // where the target's template has none.
            let tools = |root: &mut Value| root.as_object_mut().unwrap().remove("require-dev");
            match (
                template(from, release).value.get("require-dev"),
                tools(&mut merged),
                tools(&mut wanted),
            ) {
                (None, merged, _) => assert_eq!(merged, None, "{from} to {to}"),
                (Some(_), merged, None) => assert!(merged.is_some(), "{from} to {to}"),
                (Some(_), merged, wanted) => {
                    assert_eq!(merged, wanted, "{from} {release} to {to} {to_release}")
                }
            }
            if from.distribution().vendor() != to.distribution().vendor() {
                let plugins = merged.pointer_mut("/config/allow-plugins").unwrap();
                let old = format!("{}/*", from.distribution().vendor());
                assert_eq!(
                    plugins.as_object_mut().unwrap().remove(&old),
                    Some(json!(true))
                );
            }
            assert_eq!(merged, wanted, "{from} {release} to {to} {to_release}");
            assert!(merge.conflicts.is_empty());
        }
    }
}

#[test]
fn there_and_back_ends_where_it_began() {
    for (a, a_release, b, b_release) in [
        (Target::Magento, "2.4.9", Target::MageOs, "3.4.0"),
        (Target::Magento, "2.4.8-p4", Target::MageOs, "2.2.2"),
        (Target::Magento, "2.4.6", Target::MageOs, "1.0.0"),
        (Target::Magento, "2.4.9", Target::Commerce, "2.4.9"),
        (Target::Commerce, "2.4.9", Target::MageOs, "3.4.0"),
        (Target::MageOs, "3.4.0", Target::MageOsMinimal, "3.4.0"),
        (Target::CommerceCloud, "2.4.9", Target::Commerce, "2.4.9"),
        (Target::CommerceCloud, "2.4.9", Target::MageOs, "3.4.0"),
    ] {
        let start = new_project(a, a_release);
        let there = Case::text(&start)
            .merge(b, b_release)
            .document
            .text()
            .to_owned();
        let back = Case::text(&there)
            .merge(a, a_release)
            .document
            .text()
            .to_owned();
        // The plugins of the vendor folder that is left are allowed until it is gone.
        let old = format!("            \"{}/*\": true,\n", b.distribution().vendor());
        let back = match a.distribution().vendor() == b.distribution().vendor() {
            true => back,
            false => back.replacen(&old, "", 1),
        };
        assert!(
            start == back,
            "{a} to {b}:\n{}",
            similar::TextDiff::from_lines(&start, &back).unified_diff()
        );
    }
}

#[test]
fn a_switch_to_what_the_store_is_changes_nothing() {
    let root = json!({ "name": "magento/project-community-edition", "description": "Community-built eCommerce Platform for Growth",
        "require": { "magento/product-community-edition": "2.4.9", "magento/module-cms": "1.2.3" },
        "require-dev": { "phpunit/phpunit": "~9.5.0" } });
    let merge = Case::new(root.clone()).merge(Target::Magento, "2.4.9");
    assert_eq!(merge.document.value(), &root);
    assert!(merge.findings.is_empty());
}

#[test]
fn a_human_switch_from_open_source_to_commerce_is_reproduced() {
    let merge = Case::text(&new_project(Target::Magento, "2.2.2")).merge(Target::Commerce, "2.2.2");
    assert_eq!(
        value(&merge, &["name"]),
        "magento/project-enterprise-edition"
    );
    assert_eq!(value(&merge, &["license"]), &json!(["proprietary"]));
    assert_eq!(
        value(&merge, &["require"]),
        &json!({ "magento/product-enterprise-edition": "2.2.2", "composer/composer": "@alpha" })
    );
    assert_eq!(
        value(&merge, &["require-dev", "friendsofphp/php-cs-fixer"]),
        "~2.1.1"
    );
    assert_eq!(
        value(&merge, &["require-dev", "sjparkinson/static-review"]),
        "~4.1"
    );
    assert!(
        value(&merge, &["autoload-dev", "psr-4"])
            .get("Magento\\ToolkitFramework\\")
            .is_some()
    );
}

#[test]
fn identity_follows_only_where_a_template_wrote_it() {
    let root = json!({ "name": "acme/shop", "description": "The shop", "license": "proprietary", "version": "2.4.8-p1",
        "require": { "magento/product-community-edition": "2.4.8-p4" } });
    let merge = Case::new(root.clone()).merge(Target::MageOs, "3.4.0");
    for key in ["name", "description", "license", "version"] {
        assert_eq!(value(&merge, &[key]), &root[key], "{key}");
    }
}

#[test]
fn a_template_yields_to_what_is_served() {
    let case = magento(&[("magento/module-bundle-sample-data", "100.4.*")])
        .live(
            "mage-os/composer-root-update-plugin",
            &[("2.1.0", &[]), ("2.2.1", &[]), ("3.0.0", &[])],
        )
        .live("mage-os/module-bundle-sample-data", &[("2.2.2", &[])])
        .live("mage-os/magento-coding-standard", &[]);
    let merge = case.merge(Target::MageOs, "2.2.2");
    assert_eq!(
        value(&merge, &["require", "mage-os/composer-root-update-plugin"]),
        "2.2.1"
    );
    assert_eq!(
        value(
            &merge,
            &[
                "require",
                "mage-os/composer-dependency-version-audit-plugin"
            ]
        ),
        "2.2.2",
        "nobody asked"
    );
    assert_eq!(
        value(&merge, &["require", "mage-os/module-bundle-sample-data"]),
        "2.2.2"
    );
    assert!(
        value(&merge, &["require-dev"])
            .get("mage-os/magento-coding-standard")
            .is_none()
    );

    // Magento's own tools are on Packagist, too, whatever its repository says.
    let back = Case::text(&new_project(Target::MageOs, "3.4.0"))
        .live("magento/magento-coding-standard", &[]);
    assert_eq!(
        value(
            &back.merge(Target::Magento, "2.4.9"),
            &["require-dev", "magento/magento-coding-standard"]
        ),
        "*"
    );
}

#[test]
fn names_to_ask_cover_the_root_and_the_template() {
    let root = json!({ "require": { "magento/product-community-edition": "2.4.8-p4", "magento/extension-b2b": "^1",
        "magento/module-of-tomorrow": "*", "acme/x": "*" } });
    let source = detect(None, &root, &ReleaseCatalog::bundled()).unwrap();
    let names = names_to_ask(&root, &source, Target::MageOs, &Release::unknown("2.2.2"));
    for name in [
        "mage-os/product-community-edition",
        "mage-os/module-of-tomorrow",
        "mage-os/composer-root-update-plugin",
    ] {
        assert!(names.iter().any(|other| other == name), "{name}");
    }
    assert!(
        names.iter().all(|name| name.starts_with("mage-os/")),
        "{names:?}"
    );
    let names = names_to_ask(&root, &source, Target::Commerce, &Release::unknown("2.4.9"));
    assert!(
        names.iter().any(|name| name == "magento/extension-b2b")
            && !names.iter().any(|name| name == "acme/x")
    );
}
