//! Profiles and feature sets against the metadata of real releases: what is taken out is required by nothing that stays.
//!
//! A few releases come with the tests; `MAGESHIFT_REGISTRY` names a folder with all of them.

use crate::kit::*;
use composer_engine::repository::{Options, RepositorySet};
use mageshift::distribution::{Distribution, Release, ReleaseCatalog, Target};
use mageshift::planner::pipeline::new::Draft;
use mageshift::planner::survey::refresh;
use mageshift::profile::{Base, Library, Offer, Profile, Safety, Wanted, select};
use mageshift::project::site::Site;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::kit::RECORDING;

fn registry() -> PathBuf {
    std::env::var_os("MAGESHIFT_REGISTRY").map_or_else(|| RECORDING.into(), PathBuf::from)
}

fn options() -> Options {
    Options {
        mirror_dir: Some(registry()),
        offline: true,
        ..Options::default()
    }
}

/// The releases of a target in the registry, from 2.4.4 of Magento on.
fn releases(target: Target) -> ReleaseCatalog {
    let root = json!({"repositories": [{"type": "composer", "url": target.facts().repository}, {"packagist.org": false}]});
    let source = RepositorySet::open(&root, Path::new("."), &options()).unwrap();
    let mut catalog = ReleaseCatalog::bundled();
    refresh(&mut catalog, &source, target);
    assert!(catalog.is_live(target));
    catalog
}

/// What a selection takes out, and what stays and requires it: by package.
fn open_ends(
    library: &Library,
    profile: &Profile,
    draft: &Draft,
    source: &RepositorySet,
    full: (&str, &str),
) -> BTreeMap<String, Vec<String>> {
    let requires = draft.requires();
    let base = Base {
        distribution: draft.target.distribution(),
        source,
        locked: &[],
        requires: &requires,
        full,
        replaced: &BTreeSet::new(),
        files: &[],
    };
    let selection = select(
        library,
        Wanted {
            profile,
            with: &[],
            without: &[],
            sample_data: false,
        },
        base,
    )
    .unwrap();
    let wanted: Vec<(String, String)> =
        requires.iter().cloned().chain(selection.requires).collect();
    let offer = Offer::follow(
        library,
        source,
        &[],
        wanted
            .iter()
            .map(|(name, constraint)| (name.as_str(), constraint.as_str())),
    );
    let replaces: Vec<String> = selection.replaces.into_iter().collect();
    offer.requirers(&replaces).into_iter().collect()
}

/// The products whose releases are looked at, from Magento 2.4.4 on.
const FULL: [Target; 3] = [Target::MageOs, Target::Magento, Target::Commerce];

fn is_recent(release: &str, target: Target) -> bool {
    target == Target::MageOs || mageshift::distribution::compare_versions(release, "2.4.4").is_ge()
}

/// Looks at each finished release of the products, with its draft of a project and the repositories of that.
fn each_recent(mut look: impl FnMut(Target, &Release, &Draft, &RepositorySet)) {
    for target in FULL {
        let catalog = releases(target);
        let all = catalog.releases(target).iter();
        let is_wanted =
            |release: &&Release| release.is_stable() && is_recent(&release.version, target);
        for release in all.filter(is_wanted) {
            let draft = Draft::new(target, release, None);
            let source = draft.open(&Site::at(Path::new(".")), &options()).unwrap();
            look(target, release, &draft, &source);
        }
    }
}

#[test]
fn what_profiles_take_out_is_required_by_nothing_that_stays() {
    let library = Library::bundled();
    let mut looked_at = 0;
    each_recent(|target, release, draft, source| {
        let full = (target.facts().product.as_str(), release.version.as_str());
        for profile in library
            .profiles
            .iter()
            .filter(|profile| profile.name != "minimal")
        {
            let ends = open_ends(&library, profile, draft, source, full);
            assert!(
                ends.is_empty(),
                "{} {target} {}: {ends:?}",
                profile.name,
                release.version
            );
            looked_at += 1;
        }
    });
    eprintln!("{looked_at} pairs of profile and release");
    assert!(looked_at > 10);
}

/// Each feature set alone, taken out of each release. Where the metadata contradict the evidence, mageshift must say so, and it
/// can: the package that stays is named by the same relation.
#[test]
fn a_set_that_is_safe_to_take_out_is_closed_or_known_not_to_be() {
    let library = Library::bundled();
    let (mut closed, mut open) = (0, BTreeMap::<&str, Vec<String>>::new());
    let mut contradicted = BTreeSet::new();
    each_recent(|target, release, _, source| {
        let offer = Offer::follow(
            &library,
            source,
            &[],
            [(target.facts().product.as_str(), release.version.as_str())],
        );
        for set in &library.sets {
            let names: Vec<String> = set
                .full_names(target.distribution().vendor())
                .filter(|name| offer.has(name))
                .collect();
            let requirers = offer.requirers(&names);
            if requirers.is_empty() {
                closed += 1;
                continue;
            }
            open.entry(&set.name).or_default().push(format!(
                "{} {}",
                target.word(),
                release.version
            ));
            if target.distribution() == Distribution::MageOs && set.safe == Safety::Yes {
                contradicted.insert(set.name.as_str());
            }
        }
    });
    eprintln!("{closed} closed; open: {open:#?}");
    assert!(open.contains_key("reports") && !open.contains_key("dhl"));
    // Seen to compile without them, but in some release the metadata say otherwise; what is new here has to be looked at.
    let known = ["aws-s3", "multishipping", "new-relic", "rss"];
    assert!(
        contradicted.iter().all(|set| known.contains(set)),
        "{contradicted:?}"
    );
}

/// A mirror folder with these packages of `repo.magento.com`: name, version, kind, requirements, conflicts.
fn mirror(
    packages: &[(&str, &str, &str, serde_json::Value, serde_json::Value)],
) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let host = folder.path().join("repo.magento.com");
    let mut documents = BTreeMap::<&str, Vec<serde_json::Value>>::new();
    for (name, version, kind, require, conflict) in packages {
        let package = json!({"name": name, "version": version, "type": kind, "require": require, "conflict": conflict});
        documents.entry(name).or_default().push(package);
    }
    let names: Vec<&str> = documents.keys().copied().collect();
    let root =
        json!({"packages": [], "metadata-url": "/p2/%package%.json", "available-packages": names});
    std::fs::create_dir_all(&host).unwrap();
    std::fs::write(host.join("packages.json"), root.to_string()).unwrap();
    for (name, versions) in documents {
        let file = host.join(format!("p2/{name}.json"));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, json!({"packages": {name: versions}}).to_string()).unwrap();
    }
    folder
}

/// What Commerce is made of: its modules name others with ranges, and the product of Open Source pins them.
#[test]
fn what_a_product_pins_goes_before_what_modules_allow_and_conflicts_are_kept_out() {
    let (module, none) = ("magento2-module", json!({}));
    let folder = mirror(&[
        (
            "magento/product-enterprise-edition",
            "2.4.6",
            "metapackage",
            json!({"magento/module-staging": "1.0.0", "magento/product-community-edition": "2.4.6"}),
            none.clone(),
        ),
        (
            "magento/product-community-edition",
            "2.4.6",
            "metapackage",
            json!({"magento/module-graph-ql": "1.0.0", "magento/module-new-relic-reporting": "1.0.0"}),
            json!({"paypal/module-braintree": ">=4.7.0"}),
        ),
        (
            "magento/module-staging",
            "1.0.0",
            module,
            json!({"magento/module-graph-ql": "1.*"}),
            none.clone(),
        ),
        (
            "magento/module-graph-ql",
            "1.0.0",
            module,
            json!({"magento/module-new-relic-reporting": "1.*"}),
            none.clone(),
        ),
        (
            "magento/module-graph-ql",
            "1.1.0",
            module,
            none.clone(),
            none.clone(),
        ),
        (
            "magento/module-new-relic-reporting",
            "1.0.0",
            module,
            none.clone(),
            none.clone(),
        ),
        (
            "paypal/module-braintree",
            "4.6.1",
            module,
            none.clone(),
            none.clone(),
        ),
        (
            "paypal/module-braintree",
            "4.8.0",
            module,
            none.clone(),
            none.clone(),
        ),
    ]);
    let root = json!({"repositories": [{"type": "composer", "url": "https://repo.magento.com/"}, {"packagist.org": false}]});
    let options = Options {
        mirror_dir: Some(folder.path().to_owned()),
        offline: true,
        ..Options::default()
    };
    let source = RepositorySet::open(&root, Path::new("."), &options).unwrap();
    let product = [("magento/product-enterprise-edition", "2.4.6")];
    let offer = Offer::follow(&Library::bundled(), &source, &[], product);
    let removed = ["magento/module-new-relic-reporting".to_owned()];
    assert_eq!(
        offer.requirers(&removed),
        [("magento/module-graph-ql".to_owned(), removed.to_vec())]
    );
    let version = |name| offer.without_conflict(&source, name);
    assert_eq!(version("paypal/module-braintree").as_deref(), Some("4.6.1"));
    assert_eq!(version("magento/module-staging"), None);
}

#[test]
fn a_removal_that_leaves_an_open_end_is_refused_with_a_way_out() {
    let home = tempfile::tempdir().unwrap();
    let plan = |flags: &[&str]| {
        let arguments = [
            &["new", "shop", "--dry-run", "-nv", "--mirror-dir", RECORDING],
            flags,
        ]
        .concat();
        run(home.path(), &arguments)
    };
    let open = plan(&["--without", "vault"]);
    assert_eq!(open.code, Some(3), "{open:?}");
    assert!(
        open.stdout
            .contains("mage-os/module-paypal requires mage-os/module-vault"),
        "{}",
        open.stdout
    );
    assert!(open.stdout.contains("--without paypal"), "{}", open.stdout);
    let closed = plan(&["--without", "vault,instant-purchase,paypal"]);
    assert!(
        !closed.stdout.contains("removal-not-closed"),
        "{}",
        closed.stdout
    );
    let unsafe_set = plan(&["--without", "swatches"]);
    assert!(
        unsafe_set
            .stdout
            .contains("A shop does not work without swatches"),
        "{}",
        unsafe_set.stdout
    );
    let typo = plan(&["--without", "paypall"]);
    assert_eq!(
        (typo.code, typo.stderr.lines().next()),
        (
            Some(2),
            Some("error: there is no feature set `paypall`; did you mean `paypal`?")
        )
    );
    let contradiction = plan(&["--without", "dhl", "--with", "dhl"]);
    assert_eq!(contradiction.code, Some(2));
}

#[test]
fn a_selection_is_written_under_both_vendors_or_required() {
    let home = tempfile::tempdir().unwrap();
    let root = |profile: &[&str]| -> serde_json::Value {
        let arguments = [
            &["new", "shop", "--yes", "-n", "--mirror-dir", RECORDING],
            profile,
        ]
        .concat();
        let made = run(home.path(), &arguments);
        assert_eq!(made.code, Some(0), "{made:?}");
        let text = std::fs::read(home.path().join("shop/composer.json")).unwrap();
        std::fs::remove_dir_all(home.path().join("shop")).unwrap();
        serde_json::from_slice(&text).unwrap()
    };
    let lite = root(&["--profile", "lite", "--with", "weee"]);
    for name in ["mage-os/module-dhl", "magento/module-dhl"] {
        assert_eq!(lite["replace"][name], "*");
    }
    assert!(lite["replace"].get("mage-os/module-weee").is_none());
    let minimal = root(&["--profile", "minimal"]);
    assert!(minimal.get("replace").is_none());
    assert_eq!(
        minimal["require"]["mage-os/module-offline-payments"],
        "3.2.0"
    );
    assert!(
        minimal["require"]["laminas/laminas-view"]
            .as_str()
            .unwrap()
            .starts_with("^2")
    );
}

#[test]
fn profiles_are_listed_and_explained() {
    let home = tempfile::tempdir().unwrap();
    let list = run(home.path(), &["profiles"]);
    assert!(
        list.stdout.contains("\nminimal ") && list.stdout.contains("\npaypal "),
        "{}",
        list.stdout
    );
    let set = run(
        home.path(),
        &[
            "profiles",
            "vault",
            "--release",
            "3.4.0",
            "--mirror-dir",
            RECORDING,
        ],
    );
    assert!(
        set.stdout.contains("  mage-os/module-vault\n")
            && set.stdout.contains("Required in 3.4.0 by\n"),
        "{}",
        set.stdout
    );
    let json = run(home.path(), &["profiles", "lite", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(document["profile"]["edition"], "full");
    assert_eq!(run(home.path(), &["profiles", "nothing"]).code, Some(2));
}
