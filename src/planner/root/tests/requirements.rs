//! Requirements.

use super::*;
use crate::plan::Code;

#[test]
fn core_the_owner_requires_takes_the_numbering_of_the_target() {
    let requirements = [
        ("magento/module-bundle-sample-data", "100.4.*"),
        ("magento/language-de_de", "^100.4"),
        ("acme/module-x", "^1"),
    ];
    let there = magento(&requirements).merge(Target::MageOs, "2.2.2");
    assert_eq!(
        value(&there, &["require", "mage-os/module-bundle-sample-data"]),
        "2.2.2"
    );
    assert_eq!(
        value(&there, &["require", "mage-os/language-de_de"]),
        "2.2.2"
    );
    assert_eq!(value(&there, &["require", "acme/module-x"]), "^1");
    assert!(codes(&there).contains(&"core-requirements-repinned"));

    // The way back finds Magento's numbers in what the locked packages replace.
    let lock = json!({ "packages": [
        { "name": "mage-os/product-community-edition", "version": "2.2.2", "extra": { "magento_version": "2.4.8-p4" } },
        { "name": "mage-os/module-bundle-sample-data", "version": "2.2.2",
          "replace": { "magento/module-bundle-sample-data": "100.4.4-p1" } },
    ] });
    let back = Case::text(there.document.text())
        .lock(lock)
        .merge(Target::Magento, "2.4.8-p4");
    assert_eq!(
        value(&back, &["require", "magento/module-bundle-sample-data"]),
        "100.4.*"
    );
    assert_eq!(value(&back, &["require", "magento/language-de_de"]), "*");
}

#[test]
fn an_upgrade_moves_only_constraints_that_shut_the_new_version_out() {
    let case = magento(&[
        ("magento/module-catalog", "104.0.*"),
        ("magento/module-cms", "104.0.8-p4"),
        ("magento/module-elasticsearch-8", "^100.4"),
    ])
    .live(
        "magento/product-community-edition",
        &[(
            "2.4.9",
            &[
                ("magento/module-catalog", "104.0.9"),
                ("magento/module-cms", "104.0.9"),
                ("magento/framework", "103.0.9"),
            ],
        )],
    )
    .live(
        "magento/module-elasticsearch-8",
        &[
            ("101.0.1", &[("magento/framework", "103.0.*")]),
            ("102.0.0", &[("magento/framework", "104.*")]),
        ],
    );
    let merge = case.merge(Target::Magento, "2.4.9");
    assert_eq!(
        value(&merge, &["require", "magento/module-catalog"]),
        "104.0.*"
    );
    assert_eq!(value(&merge, &["require", "magento/module-cms"]), "104.0.9");
    assert_eq!(
        value(&merge, &["require", "magento/module-elasticsearch-8"]),
        "^101.0",
        "the newest that fits"
    );
}

#[test]
fn what_only_commerce_has_goes_with_it() {
    let root = json!({ "require": {
        "magento/magento-cloud-metapackage": ">=2.4.8 <2.4.9", "magento/product-enterprise-edition": "2.4.8-p4",
        "magento/extension-b2b": "^1.5", "magento/live-search": "^4.0", "magento/page-builder-commerce": "*",
        "magento/ece-tools": "^2002", "fastly/magento2": "^1.2", "magento/quality-patches": "^1.1", "acme/x": "*" },
        "scripts": { "post-install-cmd": ["php ./vendor/bin/ece-tools x", "echo mine"], "mine": "bin/magento cron:run" } });
    let to_mage_os = Case::new(root.clone()).merge(Target::MageOs, "2.3.0");
    let required: Vec<&String> = value(&to_mage_os, &["require"])
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(
        required,
        [
            "mage-os/product-community-edition",
            "fastly/magento2",
            "acme/x"
        ]
    );
    for code in [
        "commerce-only-removed",
        "b2b-removed",
        "cloud-tools-removed",
        "cloud-tools-kept",
        "quality-patches-removed",
    ] {
        assert!(codes(&to_mage_os).contains(&code), "{code}");
    }
    assert_eq!(
        value(&to_mage_os, &["scripts"]),
        &json!({ "post-install-cmd": ["echo mine"], "mine": "bin/magento cron:run" })
    );

    let to_commerce = Case::new(root.clone()).merge(Target::Commerce, "2.4.8-p4");
    let require = value(&to_commerce, &["require"]);
    assert!(
        require.get("magento/magento-cloud-metapackage").is_none()
            && require.get("magento/ece-tools").is_none()
    );
    assert_eq!(require["magento/extension-b2b"], "^1.5");

    let upgraded = Case::new(root).merge(Target::CommerceCloud, "2.4.9");
    assert_eq!(
        value(&upgraded, &["require", "magento/magento-cloud-metapackage"]),
        ">=2.4.9 <2.4.10"
    );
    assert_eq!(
        value(
            &upgraded,
            &["require", "magento/product-enterprise-edition"]
        ),
        "2.4.9"
    );
}

#[test]
fn b2b_follows_the_line() {
    let b2b = |constraint: &str, live: bool| {
        let root = json!({ "require": { "magento/product-enterprise-edition": "2.4.6-p3", "magento/extension-b2b": constraint } });
        let mut case = Case::new(root);
        if live {
            let framework: &[(&str, &str)] = &[("magento/framework", "103.0.9")];
            case = case
                .live("magento/product-community-edition", &[("2.4.9", framework)])
                .live(
                    "magento/extension-b2b",
                    &[
                        ("1.5.2", &[("magento/framework", ">=103.0.6 <103.0.9")]),
                        ("1.6.1", &[("magento/framework", ">=103.0.9 <103.0.11")]),
                    ],
                );
        }
        value(
            &case.merge(Target::Commerce, "2.4.9"),
            &["require", "magento/extension-b2b"],
        )
        .clone()
    };
    assert_eq!(b2b("1.3.*", false), "1.5.*");
    assert_eq!(
        b2b("^1.3", false),
        "^1.3",
        "admits what goes with the release"
    );
    assert_eq!(
        b2b("1.4.2", true),
        "1.6.1",
        "the repository knows a newer one"
    );
}

#[test]
fn one_product_is_left() {
    let root = json!({ "require": { "magento/product-community-edition": "2.4.5", "magento/magento-cloud-metapackage": "2.4.5" } });
    let merge = Case::new(root).merge(Target::CommerceCloud, "2.4.5-p17");
    assert_eq!(
        value(&merge, &["require"]),
        &json!({ "magento/magento-cloud-metapackage": "2.4.5" })
    );
    assert!(codes(&merge).contains(&"redundant-product-removed"));
}

#[test]
fn the_range_of_a_product_stays_one_while_it_means_the_release() {
    let product = |constraint: &str, release: &str| {
        let root = json!({ "require": { "mage-os/product-community-edition": constraint } });
        value(
            &Case::new(root).merge(Target::MageOs, release),
            &["require", "mage-os/product-community-edition"],
        )
        .clone()
    };
    assert_eq!(product("^2.0", "3.4.0"), "^3.4");
    assert_eq!(product("^2.0", "2.2.2"), "2.2.2", "2.3.0 is newer");
    assert_eq!(product("^3.0", "3.4.0"), "^3.0");
    assert_eq!(
        product("2.2.0 || 2.2.1", "3.4.0"),
        "3.4.0",
        "nobody asked for anything wider"
    );
    assert_eq!(
        product(">=2.0 <4", "3.4.0"),
        ">=2.0 <4",
        "a shape that is not known, but means the release"
    );
    assert_eq!(product("*", "3.4.0"), "*");
    let cloud = json!({ "require": { "magento/magento-cloud-metapackage": ">=2.4.7 <2.4.8" } });
    let older = Case::new(cloud).merge(Target::CommerceCloud, "2.4.8-p2");
    assert_eq!(
        value(&older, &["require", "magento/product-enterprise-edition"]),
        "2.4.8-p2",
        "the range means a newer one"
    );
}

#[test]
fn development_tools_follow_unless_they_are_the_owners() {
    let mut root = template(Target::Magento, "2.4.6-p5").value;
    for (name, constraint) in [
        ("phpunit/phpunit", "^9.6"),
        ("phpstan/phpstan", "^1.10"),
        ("acme/tool", "^1"),
        ("symfony/finder", "^5.2"),
    ] {
        root["require-dev"][name] = json!(constraint);
    }
    let mut case = Case::new(Value::Object(root));
    let merge = case.merge(Target::Magento, "2.4.8-p4");
    let dev = value(&merge, &["require-dev"]);
    assert_eq!(
        dev["phpunit/phpunit"], "^10.5",
        "the owner's pin and the target's tools exclude each other"
    );
    assert_eq!(dev["phpstan/phpstan"], "^1.10", "both can be met");
    assert_eq!(
        dev["symfony/finder"], "^6.4",
        "left by the template of 2.4.5"
    );
    assert_eq!(dev["acme/tool"], "^1");
    assert!(
        dev.get("symfony/process").is_none(),
        "the template's bound went with it"
    );
    assert_eq!(merge.conflicts[0].path, "require-dev.phpunit/phpunit");
    assert!(codes(&merge).contains(&"root-conflict"));

    case.answers
        .insert("require-dev.phpunit/phpunit".to_owned(), Choice::Ours);
    assert_eq!(
        value(
            &case.merge(Target::Magento, "2.4.8-p4"),
            &["require-dev", "phpunit/phpunit"]
        ),
        "^9.6"
    );
}

#[test]
fn a_section_the_owner_emptied_stays_empty() {
    let mut root = template(Target::Magento, "2.4.6").value;
    root.remove("require-dev");
    root.remove("autoload-dev");
    let merge = Case::new(Value::Object(root)).merge(Target::MageOs, "3.4.0");
    assert!(
        merge.document.get("require-dev").is_none() && merge.document.get("autoload-dev").is_none()
    );
}

#[test]
fn a_fork_of_a_core_package_is_a_question() {
    let mut case = magento(&[("magento/module-catalog", "dev-master as 104.0.8")]);
    let merge = case.merge(Target::MageOs, "2.2.2");
    assert_eq!(
        value(&merge, &["require", "mage-os/module-catalog"]),
        "2.2.2"
    );
    case.answers
        .insert(merge.conflicts[0].path.clone(), Choice::Ours);
    assert_eq!(
        value(
            &case.merge(Target::MageOs, "2.2.2"),
            &["require", "magento/module-catalog"]
        ),
        "dev-master as 104.0.8"
    );
}

#[test]
fn core_that_the_release_does_not_have_goes_and_is_told() {
    let search = [("magento/module-elasticsearch-8", "^100.4")];
    let to_1_0_1 = |live: &[(&str, &[(&str, &str)])]| {
        let case = magento(&search).live("mage-os/module-elasticsearch-8", live);
        case.merge(Target::MageOs, "1.0.1")
    };
    let gone = to_1_0_1(&[("1.1.0", &[]), ("2.0.0", &[])]);
    for name in ["magento", "mage-os"].map(|vendor| format!("{vendor}/module-elasticsearch-8")) {
        assert_eq!(*value(&gone, &["require", &name]), Value::Null);
    }
    let told = gone
        .findings
        .iter()
        .find(|f| f.code() == Code::CorePackageGone);
    assert!(
        told.unwrap()
            .detail
            .contains("magento/module-elasticsearch-8")
    );

    let there = to_1_0_1(&[("1.0.1", &[]), ("1.1.0", &[])]);
    assert_eq!(
        *value(&there, &["require", "mage-os/module-elasticsearch-8"]),
        json!("1.0.1")
    );
    assert!(!codes(&there).contains(&"core-package-gone"));
}

#[test]
fn magentos_own_packages_belong_to_the_release_whose_core_they_go_with() {
    let product: &[(&str, &[(&str, &str)])] = &[("2.4.9", &[("magento/framework", "103.0.9")])];
    let merged = |versions: &[(&str, &[(&str, &str)])]| {
        magento(&[("magento/module-old-search", "^100.4")])
            .live("magento/product-community-edition", product)
            .live("magento/module-old-search", versions)
            .merge(Target::Magento, "2.4.9")
    };
    let name = ["require", "magento/module-old-search"];
    let for_older = merged(&[("100.4.1", &[("magento/framework", "103.0.8")])]);
    assert_eq!(*value(&for_older, &name), Value::Null);
    assert!(codes(&for_older).contains(&"core-package-gone"));
    let for_this = merged(&[("100.4.1", &[("magento/framework", "103.0.*")])]);
    assert_eq!(*value(&for_this, &name), json!("^100.4"));
    assert!(codes(&merged(&[])).contains(&"core-package-gone"));
}

#[test]
fn a_product_for_development_is_the_stores_product_all_the_same() {
    for require in [
        json!({}),
        json!({ "magento/product-community-edition": "2.4.8-p4" }),
    ] {
        let root = json!({ "require": require,
            "require-dev": { "magento/product-community-edition": "^2.4.8", "acme/lint": "^1" } });
        let merge = Case::new(root).merge(Target::MageOs, "2.2.2");
        assert_eq!(
            value(&merge, &["require"])["mage-os/product-community-edition"],
            "2.2.2"
        );
        assert_eq!(
            *value(&merge, &["require-dev"]),
            json!({ "acme/lint": "^1" })
        );
        assert!(codes(&merge).contains(&"redundant-product-removed"));
    }
}
