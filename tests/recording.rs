//! The recording answers for the real repositories: real Composer resolves the roots of every distribution with it.

#[path = "support/composer.rs"]
mod composer;
#[path = "support/mirror.rs"]
mod mirror;
#[path = "support/php.rs"]
mod php;

use composer::{Composer, said};
use mirror::Mirror;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// The versions at which the sample store stands still, so that a switch meets packages that could move.
const SAMPLE_PINS: [&str; 4] = [
    "mollie/magento2:2.50.0",
    "mageplaza/module-core:1.5.14",
    "smile/elasticsuite:2.11.17.1",
    "monolog/monolog:3.9.0",
];

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

/// Updates `root` from the recording in `dir`; Composer's words when it fails.
fn update(
    composer: &Composer,
    recording: &Mirror,
    dir: &Path,
    root: &str,
    with: &[&str],
) -> Result<Value, String> {
    let mut pointed: Value = serde_json::from_str(root).expect("a composer.json");
    recording.stand_in(pointed.as_object_mut().expect("an object"));
    fs::write(dir.join("composer.json"), pointed.to_string()).expect("a writable folder");
    let flags = [
        "update",
        "--no-install",
        "--no-plugins",
        "--no-scripts",
        "--ignore-platform-reqs",
    ];
    let with = with.iter().flat_map(|pin| ["--with", pin]);
    let output = composer
        .command(dir, flags.into_iter().chain(with))
        .output()
        .expect("Composer runs");
    if !output.status.success() {
        return Err(said(&output));
    }
    let lock = fs::read(dir.join("composer.lock")).expect("a lock");
    Ok(serde_json::from_slice(&lock).expect("a lock that is JSON"))
}

fn root(require: Value, dev: &str) -> Value {
    let roots: Value = serde_json::from_slice(
        &fs::read(tests().join("recording/roots.json")).expect("roots.json"),
    )
    .expect("roots.json is JSON");
    let repositories = ["repo.mage-os.org", "repo.magento.com"]
        .map(|host| json!({"type": "composer", "url": format!("https://{host}/")}));
    let mage_os = require
        .as_object()
        .is_some_and(|r| r.keys().any(|name| name.starts_with("mage-os/")));
    json!({
        "name": "a/root",
        "require": require,
        "require-dev": roots.get(dev).unwrap_or(&json!({})),
        "repositories": repositories[usize::from(!mage_os)..usize::from(!mage_os) + 1],
        "minimum-stability": "stable",
        "prefer-stable": true,
    })
}

#[test]
fn composer_resolves_every_release_with_the_recording() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let recording = Mirror::of(&tests().join("recording")).expect("the recording");
    let with = |mut require: Value, more: Value| {
        require
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        require
    };
    let extensions = json!({"mollie/magento2": "^2.49", "smile/elasticsuite": "~2.11.17", "mageplaza/module-smtp": "^4.7"});
    let plugins = json!({"magento/composer-root-update-plugin": "^2.0.4", "magento/composer-dependency-version-audit-plugin": "~0.1"});
    let preview = json!({"magento/composer": "^1.10.1-beta1"});
    let mut cases = Vec::new();
    for (edition, releases) in [
        ("community", &["2.4.8", "2.4.8-p3", "2.4.8-p4", "2.4.9"][..]),
        ("enterprise", &["2.4.8", "2.4.8-p4", "2.4.9"]),
    ] {
        for release in releases {
            let product = json!({ format!("magento/product-{edition}-edition"): release });
            let newer = *release == "2.4.9";
            let require = with(
                with(product, plugins.clone()),
                if newer { preview.clone() } else { json!({}) },
            );
            cases.push((
                require,
                if newer {
                    "Development tools of 2.4.9"
                } else {
                    "Development tools of 2.4.8"
                },
            ));
        }
    }
    cases.push((json!({"magento/product-enterprise-edition": "2.4.9", "magento/extension-b2b": "1.5.3", "magento/composer": "^1.10.1-beta1"}), ""));
    cases.push((
        json!({"magento/magento-cloud-metapackage": ">=2.4.8 <2.4.9"}),
        "",
    ));
    cases.push((
        json!({"mage-os/product-community-edition": "2.2.1"}),
        "Development tools of Mage-OS 2.2.1",
    ));
    cases.push((
        json!({"mage-os/product-community-edition": "3.4.0"}),
        "Development tools of Mage-OS 3.4.0",
    ));
    cases.push((
        json!({"mage-os/product-minimal-edition": "3.2.0"}),
        "Development tools of Mage-OS 3.2.0",
    ));
    for (require, dev) in cases {
        // The minimal edition lacks modules that the extensions need, and the aliases for those name a newer release.
        let minimal = require.get("mage-os/product-minimal-edition").is_some();
        let require = if minimal {
            require
        } else {
            with(require, extensions.clone())
        };
        let dir = tempfile::tempdir().expect("a temporary folder");
        let root = root(require.clone(), dev);
        if let Err(words) = update(&composer, &recording, dir.path(), &root.to_string(), &[]) {
            panic!("Composer cannot resolve {require} with the recording:\n{words}");
        }
    }
}

/// The sample store's lock is what Composer writes for its root; `MAGESHIFT_BLESS=1` writes it.
#[test]
fn the_sample_stores_lock_is_composers() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let recording = Mirror::of(&tests().join("recording")).expect("the recording");
    let store = tests().join("sample-store");
    let root = fs::read_to_string(store.join("composer.json")).expect("the sample's root");
    let dir = tempfile::tempdir().expect("a temporary folder");
    let lock = update(&composer, &recording, dir.path(), &root, &SAMPLE_PINS)
        .unwrap_or_else(|words| panic!("{words}"));
    let hash = php::script(
        &composer,
        dir.path(),
        "content-hash.php",
        store.join("composer.json"),
    )
    .output()
    .expect("php runs");
    let text = fs::read_to_string(dir.path().join("composer.lock")).expect("a lock");
    let pointed = lock["content-hash"].as_str().expect("a content-hash");
    let text = text.replace(pointed, String::from_utf8_lossy(&hash.stdout).trim());
    if std::env::var_os("MAGESHIFT_BLESS").is_some() {
        fs::write(store.join("composer.lock"), &text).expect("the sample's lock");
    }
    let ours: Value =
        serde_json::from_slice(&fs::read(store.join("composer.lock")).expect("the sample's lock"))
            .expect("JSON");
    let theirs: Value = serde_json::from_str(&text).expect("JSON");
    let versions = |lock: &Value| -> Vec<String> {
        let packages = ["packages", "packages-dev"]
            .iter()
            .flat_map(|list| lock[list].as_array().into_iter().flatten());
        packages
            .map(|p| format!("{} {}", p["name"], p["version"]))
            .collect()
    };
    assert_eq!(versions(&ours), versions(&theirs));
    assert_eq!(ours["content-hash"], theirs["content-hash"]);
}
