use super::*;
use crate::distribution::{Distribution, LivePackage, detect, is_foreign_core, rename};
use serde_json::json;

/// A root merged for a release of a target; the store is what `detect` makes of root and lock.
struct Case {
    root: String,
    lock: Option<Value>,
    live: LiveFacts,
    answers: Answers,
}

impl Case {
    fn new(root: Value) -> Self {
        Self::text(&serde_json::to_string_pretty(&root).unwrap())
    }

    fn text(root: &str) -> Self {
        Self {
            root: root.to_owned(),
            lock: None,
            live: LiveFacts::default(),
            answers: Answers::new(),
        }
    }

    fn lock(mut self, lock: Value) -> Self {
        self.lock = Some(lock);
        self
    }

    fn live(mut self, name: &str, versions: &[(&str, &[(&str, &str)])]) -> Self {
        let versions = versions.iter().map(|(version, requires)| LivePackage {
            version: (*version).to_owned(),
            requires: requires
                .iter()
                .map(|(name, on)| ((*name).to_owned(), (*on).to_owned()))
                .collect(),
            replaces: Vec::new(),
        });
        self.live.insert(name, versions.collect());
        self
    }

    fn merge(&self, target: Target, release: &str) -> RootMerge {
        let catalog = ReleaseCatalog::bundled();
        let root = JsonDocument::parse(self.root.clone()).unwrap();
        let source = detect(self.lock.as_ref(), root.value(), &catalog).unwrap();
        let release = catalog
            .facts(target, release)
            .cloned()
            .unwrap_or_else(|| Release::unknown(release));
        let input = RootMergeInput {
            root: &root,
            lock: self.lock.as_ref(),
            source: &source,
            target,
            release: &release,
            catalog: &catalog,
            live: &self.live,
            answers: &self.answers,
        };
        merge_root(&input).unwrap()
    }
}

/// What `create-project` writes.
fn new_project(target: Target, release: &str) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    serde::Serialize::serialize(&template(target, release).value, &mut serializer).unwrap();
    String::from_utf8(bytes).unwrap() + "\n"
}

fn codes(merge: &RootMerge) -> Vec<&str> {
    merge
        .findings
        .iter()
        .map(|finding| finding.code.as_str())
        .collect()
}

fn value<'m>(merge: &'m RootMerge, path: &[&str]) -> &'m Value {
    merge.document.get(path).unwrap_or(&Value::Null)
}

/// A root of a store of Open Source 2.4.8-p4 with some requirements of its own.
fn magento(require: &[(&str, &str)]) -> Case {
    let mut root = template(Target::Magento, "2.4.8-p4").value;
    for (name, constraint) in require {
        root["require"][name] = json!(constraint);
    }
    Case::new(Value::Object(root))
}

const NEWEST: [(Target, &str); 5] = [
    (Target::MageOs, "3.4.0"),
    (Target::MageOsMinimal, "3.2.0"),
    (Target::Magento, "2.4.9"),
    (Target::Commerce, "2.4.9"),
    (Target::CommerceCloud, "2.4.9"),
];

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
fn plugins_of_the_target_are_allowed() {
    let allowed = |plugins: Value| {
        let root = json!({ "config": { "allow-plugins": plugins }, "require": {
            "magento/product-community-edition": "2.4.5", "magento/composer-root-update-plugin": "~2.0" } });
        value(
            &Case::new(root).merge(Target::MageOs, "2.2.2"),
            &["config", "allow-plugins"],
        )
        .clone()
    };
    assert_eq!(allowed(json!(true)), json!(true));
    assert_eq!(
        allowed(json!({ "magento/*": true, "cweagans/composer-patches": true })),
        json!({ "mage-os/*": true, "cweagans/composer-patches": true, "php-http/discovery": true })
    );
    assert_eq!(
        allowed(
            json!({ "magento/magento-composer-installer": true, "magento/composer-root-update-plugin": false })
        ),
        json!({ "mage-os/magento-composer-installer": true, "mage-os/composer-root-update-plugin": false,
            "mage-os/inventory-composer-installer": true, "php-http/discovery": true })
    );
    let none = json!({ "require": { "magento/product-community-edition": "2.4.3" } });
    let merge = Case::new(none).merge(Target::MageOs, "2.2.2");
    assert_eq!(
        value(&merge, &["config", "allow-plugins", "mage-os/*"]),
        true
    );
}

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
    assert!(codes(&commerce).contains(&"repository-needs-keys"));
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
    let repositories = value(&case.merge(Target::MageOs, "2.2.2"), &["repositories"]).clone();
    assert_eq!(repositories[0]["url"], "https://repo.mage-os.org/");
    assert_eq!(repositories[1]["exclude"], json!(["magento/*"]));
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

/// What must hold of any merged root.
fn check_invariants(store: &str, merge: &RootMerge, target: Target) {
    let root = merge.document.value();
    let names = |section: &str| -> Vec<String> {
        let members = root.get(section).and_then(Value::as_object);
        members
            .map(|members| members.keys().cloned().collect())
            .unwrap_or_default()
    };
    JsonDocument::parse(merge.document.text().to_owned()).expect("the text stays JSON");
    let mut products: Vec<Target> = names("require")
        .iter()
        .filter_map(|name| Target::from_product(name))
        .collect();
    if target == Target::CommerceCloud {
        products.retain(|product| *product != Target::Commerce);
    }
    assert_eq!(products, [target], "{store}: exactly one product");
    let distribution = target.distribution();
    for section in ["require", "require-dev"] {
        for name in names(section) {
            assert!(
                !is_foreign_core(distribution, &name) || name == Target::Magento.facts().product,
                "{store} {target}: {name}"
            );
        }
    }
    let foreign = if distribution == Distribution::MageOs {
        "magento/"
    } else {
        "mage-os/"
    };
    let plugins = root
        .get("config")
        .and_then(|config| config.get("allow-plugins"))
        .and_then(Value::as_object);
    assert!(
        plugins
            .into_iter()
            .flatten()
            .all(|(name, _)| !name.starts_with(foreign)),
        "{store} {target}: {plugins:?}"
    );
    for name in names("replace") {
        let twin = rename(
            &name,
            Distribution::Magento,
            distribution,
            None,
            &LiveFacts::default(),
        );
        assert!(
            twin.is_none_or(|twin| names("replace").contains(&twin)),
            "{store} {target}: {name} stands alone"
        );
        assert!(
            distribution == Distribution::MageOs || !is_foreign_core(distribution, &name),
            "{store} {target}: {name}"
        );
    }
    for entry in repository_entry::entries(&merge.document) {
        let open = entry.patterns("only").is_none()
            && entry
                .patterns("exclude")
                .is_none_or(|patterns| !patterns.contains(&format!("{foreign}*")));
        let other = entry.known.is_some_and(|host| !host.serves(distribution));
        assert!(!(open && other), "{store} {target}: {} is open", entry.host);
    }
}

#[test]
fn real_stores_merge_for_every_target() {
    let Some(stores) = std::env::var_os("MAGESHIFT_STORES") else {
        eprintln!("skipped: MAGESHIFT_STORES names no folder of stores");
        return;
    };
    let catalog = ReleaseCatalog::bundled();
    let mut merged = 0;
    for store in std::fs::read_dir(stores)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let Ok(text) = std::fs::read_to_string(store.join("composer.json")) else {
            continue;
        };
        let Ok(root) = JsonDocument::parse(text) else {
            continue;
        };
        let lock = std::fs::read_to_string(store.join("composer.lock")).ok();
        let lock: Option<Value> = lock.and_then(|text| serde_json::from_str(&text).ok());
        let Ok(source) = detect(lock.as_ref(), root.value(), &catalog) else {
            continue;
        };
        for target in Target::ALL {
            let upstream = source.upstream.as_deref().unwrap_or_default();
            let same_line = catalog
                .default_for(target, upstream)
                .or_else(|| catalog.newest(target));
            for release in same_line.into_iter().chain(catalog.newest(target)) {
                let case = Case {
                    root: root.text().to_owned(),
                    lock: lock.clone(),
                    live: LiveFacts::default(),
                    answers: Answers::new(),
                };
                check_invariants(
                    &store.display().to_string(),
                    &case.merge(target, &release.version),
                    target,
                );
                merged += 1;
            }
        }
    }
    eprintln!("{merged} merges");
}
