//! "The store's other files follow the switch: patches, the list of modules, paths; code that cannot is named."

use crate::kit::{Run, copy, mageshift, run_command};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A made-up store: the root and the lock of the sample store, and files.
fn store(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["composer.json", "composer.lock"] {
        let text = fs::read(crate::kit::fixture("sample-store").join(name)).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
    }
    for (path, text) in files {
        write(folder.path(), path, text.as_bytes());
    }
    folder
}

fn write(store: &Path, path: &str, bytes: &[u8]) {
    let place = store.join(path);
    fs::create_dir_all(place.parent().unwrap()).unwrap();
    fs::write(place, bytes).unwrap();
}

fn switch(store: &Path, target: &str, arguments: &[&str]) -> Run {
    let mut command = mageshift(store);
    command
        .args(["switch", "--to", target, "--php", "8.4", "--json"])
        .arg("--mirror-dir")
        .arg(crate::kit::recording())
        .args(["--accept-data-loss", "--allow-downgrade"])
        .args(arguments);
    run_command(&mut command)
}

fn plan(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"))
}

/// The details of the findings with a code.
fn findings<'p>(plan: &'p Value, code: &str) -> Vec<&'p str> {
    let findings = plan["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["code"] == code)
        .map(|finding| finding["detail"].as_str().unwrap())
        .collect()
}

fn read(store: &Path, path: &str) -> String {
    String::from_utf8(fs::read(store.join(path)).unwrap()).unwrap()
}

/// Every file but what mageshift keeps for itself.
fn contents(store: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = contents_of(store);
    all.retain(|path, _| {
        let own = [store.join(".mageshift"), store.join(".cache")];
        !own.iter().any(|folder| path.starts_with(folder))
    });
    all
}

/// Every file below a folder.
fn contents_of(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_file() {
                all.insert(path.clone(), fs::read(path).unwrap());
            } else {
                folders.push(path);
            }
        }
    }
    all
}

const CONFIG_PHP: &str = "<?php\nreturn [\n    'modules' => [\n        'Magento_Store' => 1,\n        'Magento_AdobeIms' => 1,\n        'Acme_Own' => 0,\n        'Magento_Sales' => 1\n    ],\n    'system' => [\n        'default' => ['payment' => ['api_key' => 'PlantedConfigKey']]\n    ]\n];\n";

/// A reference of every kind whose meaning is certain in both directions.
const CERTAIN: [(&str, &str); 10] = [
    (
        "phpunit.xml.dist",
        "<phpunit>\r\n  <directory>vendor/magento/module-catalog/Test/Unit</directory>\r\n  <directory>./vendor/magento/framework</directory>\r\n</phpunit>",
    ),
    (
        "phpstan.neon",
        "\u{feff}parameters:\n    excludePaths: [vendor/magento/module-sales/*]\n",
    ),
    (
        ".github/workflows/ci.yml",
        "env:\n  REPO_PASSWORD: PlantedCiPassword\nsteps:\n  - run: php vendor/magento/framework/bin/x && cat vendor/phpunit/phpunit/phpunit\n",
    ),
    (
        "renovate.json",
        "{\"packageRules\": [{\"matchPackageNames\": [\"magento/framework\", \"acme/x\"]}]}\n",
    ),
    (
        "app/design/frontend/Acme/shop/web/tailwind/tailwind.config.js",
        "content: ['../../../../../../../vendor/magento/module-catalog/view/frontend/templates/**/*.phtml']",
    ),
    (
        "app/design/frontend/Acme/shop/web/css/source/_a.less",
        "@import '../../../../../../../../vendor/magento/theme-frontend-blank/web/css/source/_a.less';\n",
    ),
    (
        "nginx.json",
        "{\"include\": \"vendor\\/magento\\/module-sales\\/nginx.conf\"}\n",
    ),
    (
        "Makefile",
        "lint:\n\tphpcs vendor/magento/module-cms # not vendor/magentoese/x",
    ),
    (
        "patches/catalog.patch",
        "--- a/vendor/magento/module-catalog/Model/A.php\n+++ b/vendor/magento/module-catalog/Model/A.php\n@@ -1 +1 @@\n-vendor/magento/module-catalog\n+b\n",
    ),
    (
        "patches.json",
        "{\n  \"patches\": {\n    \"magento/module-catalog\": {\"Fix\": \"patches/catalog.patch\"},\n    \"mollie/magento2\": {\"Fix\": \"patches/mollie.patch\"}\n  }\n}\n",
    ),
];

#[test]
fn certain_references_go_there_and_back_again() {
    let store = store(&CERTAIN);
    let dir = store.path();
    write(dir, "patches/mollie.patch", b"--- a/A.php\n+++ b/A.php\n");
    write(dir, "app/etc/env.php", b"<?php return ['db' => ['password' => 'PlantedEnvPassword'], 'x' => 'vendor/magento/framework'];");
    let before = contents(dir);
    let there = switch(dir, "mage-os", &["--yes"]);
    assert_eq!(there.code, Some(0), "{there:?}");
    for (path, text) in CERTAIN {
        let expected = text
            .replace("vendor/magento/", "vendor/mage-os/")
            .replace("vendor\\/magento\\/", "vendor\\/mage-os\\/")
            .replace("\"magento/", "\"mage-os/")
            .replace("-vendor/mage-os/", "-vendor/magento/");
        assert_eq!(read(dir, path), expected, "{path}");
    }
    let shown = plan(&there);
    assert_eq!(findings(&shown, "paths-to-check"), Vec::<&str>::new());
    assert_eq!(
        findings(&shown, "patches-never-applied"),
        Vec::<&str>::new()
    );

    let back = switch(dir, "magento@2.4.8-p3", &["--yes"]);
    assert_eq!(back.code, Some(0), "{back:?}");
    for (path, text) in CERTAIN {
        assert_eq!(read(dir, path), text, "{path}");
    }
    for undone in 0..2 {
        let undo = run_command(mageshift(dir).args(["undo", "--no-interaction"]));
        assert_eq!(undo.code, Some(0), "{undone}: {undo:?}");
    }
    assert!(before == contents(dir), "undo restores every byte");
}

#[test]
fn what_is_not_certain_is_named_and_left_alone() {
    let files = [
        (".gitignore", "/vendor/magento/\n/ignored\n"),
        ("ignored/a.sh", "vendor/magento/framework/x"),
        (
            "deploy.sh",
            "composer require magento/framework && composer create-project magento/project-community-edition\nls vendor/magento/module-*/etc\ncp vendor/magento/module-adobe-ims/x y\n",
        ),
        (
            "docs/notes.md",
            "See vendor/magento/framework and https://github.com/magento/framework.\n",
        ),
        (
            "app/code/Acme/Own/Path.php",
            "<?php require BP . '/vendor/magento/framework/x.php';",
        ),
        ("vendor/acme/a/a.yml", "vendor/magento/framework/x"),
        (
            "app/code/Acme/Own/composer.json",
            "{\"require\": {\"magento/framework\": \"*\"}}",
        ),
    ];
    let store = store(&files);
    write(
        store.path(),
        "latin.yml",
        b"# caf\xe9\npath: vendor/magento/framework/x\n",
    );
    let run = switch(store.path(), "mage-os", &["--dry-run"]);
    let plan = plan(&run);
    let paths: Vec<&Value> = plan["edits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| &edit["path"])
        .collect();
    assert_eq!(paths, ["composer.json", "composer.lock"]);
    let to_check = findings(&plan, "paths-to-check").concat();
    for place in [
        ".gitignore:1: the folder vendor/magento",
        "deploy.sh:1: magento/framework",
        "deploy.sh:1: magento/project-community-edition",
        "deploy.sh:2: a pattern, magento/module-",
        "app/code/Acme/Own/Path.php:1: magento/framework",
        "latin.yml:2: magento/framework",
    ] {
        assert!(to_check.contains(place), "{place} in {to_check}");
    }
    assert_eq!(to_check.lines().count(), 7, "{to_check}");
    assert!(
        findings(&plan, "paths-without-package")
            .concat()
            .contains("deploy.sh:3: magento/module-adobe-ims")
    );
    assert!(
        findings(&plan, "documentation-names-core")
            .concat()
            .contains("docs/notes.md:1")
    );
}

#[test]
fn patches_that_would_be_left_out_are_named() {
    let patch = |module: &str| {
        format!(
            "--- a/vendor/magento/{module}/A.php\n+++ b/vendor/magento/{module}/A.php\n@@ -1 +1 @@\n-old\n+new\n"
        )
    };
    let ims = patch("module-adobe-ims");
    let sales = patch("module-sales");
    let both = format!("{sales}{ims}");
    let hidden = patch("module-cms");
    let files = [
        ("m2-hotfixes/ims.patch", ims.as_str()),
        ("m2-hotfixes/both.patch", &both),
        ("patches/sales.patch", &sales),
        ("patches/cms.patch", &hidden),
        ("patches/odd.yml", &hidden),
        (
            "patches.lock.json",
            "{\"patches\": {\"magento/module-sales\": []}}",
        ),
        ("vendor/magento/module-cms/A.php", "something else\n"),
        ("vendor/magento/module-sales/A.php", "new\n"),
    ];
    let store = store(&files);
    let root = read(store.path(), "composer.json");
    let mut root: Value = serde_json::from_str(&root).unwrap();
    root["extra"]["patches"] = json!({
        "magento/module-sales": {"Fix": {"source": "patches/sales.patch", "sha256": "00"}},
        "magento/module-cms": ["patches/cms.patch", "patches/odd.yml"],
        "magento/module-tax": {"Fix": {"source": "patches/missing.patch", "depends": {"magento/framework": ">=100"}}},
        "paypal/module-braintree": {"Fix": "https://example.org/a.patch"},
    });
    write(store.path(), "composer.json", root.to_string().as_bytes());
    let run = switch(store.path(), "mage-os", &["--dry-run"]);
    let plan = plan(&run);
    let has = |code: &str, text: &str| {
        let details = findings(&plan, code).concat();
        assert!(
            details.contains(text),
            "{code}: {text} in {details:?}\n{run:?}"
        );
    };
    has(
        "patches-never-applied",
        "m2-hotfixes/ims.patch: changes magento/module-adobe-ims",
    );
    has(
        "patches-never-applied",
        "m2-hotfixes/both.patch: changes magento/module-adobe-ims, beside 1 other package",
    );
    has(
        "patches-never-applied",
        "https://example.org/a.patch (paypal/module-braintree in composer.json)",
    );
    has(
        "patches-missing",
        "patches/missing.patch, declared in composer.json for mage-os/module-tax",
    );
    has(
        "patches-condition",
        "magento/framework >=100, which is called mage-os/framework",
    );
    has(
        "patches-not-rewritten",
        "patches/sales.patch: a checksum is declared for it",
    );
    has("patches-do-not-fit", "patches/cms.patch");
    has("patches-lock-stale", "magento/module-sales");
    has("patches-rewritten", "patches/cms.patch");
    has("patches-rewritten", "patches/odd.yml");
    let paths: Vec<&str> = plan["edits"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|edit| edit["path"].as_str())
        .collect();
    assert_eq!(
        paths
            .iter()
            .filter(|path| **path == "patches/odd.yml")
            .count(),
        1,
        "{paths:?}"
    );
    assert!(
        !findings(&plan, "patches-do-not-fit")
            .concat()
            .contains("sales"),
        "it is applied already"
    );
}

#[test]
fn the_list_of_modules_follows_the_packages() {
    let store = store(&[
        ("app/etc/config.php", CONFIG_PHP),
        ("app/code/Acme/Own/registration.php", "<?php"),
    ]);
    let dir = store.path();
    let mirror = mirror_that_names_a_module();
    let planned = |arguments: &[&str]| {
        let mut command = mageshift(dir);
        command.args([
            "switch",
            "--to",
            "mage-os",
            "--php",
            "8.4",
            "--json",
            "--dry-run",
        ]);
        command
            .arg("--mirror-dir")
            .arg(mirror.path())
            .args(arguments);
        plan(&run_command(&mut command))
    };
    let enabled = planned(&[]);
    assert_eq!(findings(&enabled, "modules-come").len(), 1);
    let diff = |plan: &Value| {
        let edits = plan["edits"].as_array().unwrap();
        let edit = edits
            .iter()
            .find(|edit| edit["path"] == "app/etc/config.php");
        edit.unwrap_or_else(|| panic!("{edits:?}"))["diff"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let lines: Vec<String> = diff(&enabled)
        .lines()
        .filter(|line| line.starts_with(['+', '-']) && line.contains("=>"))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        lines,
        [
            "-        'Magento_AdobeIms' => 1,",
            "-        'Magento_Sales' => 1",
            "+        'Magento_Sales' => 1,",
            "+        'MageOS_MetaRobotsTag' => 1",
        ]
    );
    assert!(
        findings(&enabled, "modules-go")
            .concat()
            .contains("Magento_AdobeIms.")
    );
    let disabled = planned(&["--new-modules", "disable"]);
    assert!(diff(&disabled).contains("+        'MageOS_MetaRobotsTag' => 0"));
    let mut command = mageshift(dir);
    command.args([
        "switch",
        "--to",
        "mage-os",
        "--new-modules",
        "ask",
        "--php",
        "8.4",
    ]);
    let asked = run_command(command.arg("--mirror-dir").arg(mirror.path()));
    assert_eq!(asked.code, Some(2), "{asked:?}");
}

/// The recording has no autoload data; a package that comes with Mage-OS gets some here.
fn mirror_that_names_a_module() -> tempfile::TempDir {
    let mirror = tempfile::tempdir().unwrap();
    for host in ["repo.magento.com", "repo.packagist.org", "repo.mage-os.org"] {
        copy(
            &crate::kit::recording().join(host),
            &mirror.path().join(host),
        );
    }
    let tag = mirror
        .path()
        .join("repo.packagist.org/p2/mage-os/module-meta-robots-tag.json");
    let mut document: Value = serde_json::from_slice(&fs::read(&tag).unwrap()).unwrap();
    document["packages"]["mage-os/module-meta-robots-tag"][0]["autoload"] =
        json!({"files": ["registration.php"], "psr-4": {"MageOS\\MetaRobotsTag\\": ""}});
    fs::write(&tag, document.to_string()).unwrap();
    mirror
}

#[cfg(unix)]
#[test]
fn what_becomes_of_new_modules_is_asked_on_a_terminal() {
    use expectrl::process::unix::WaitStatus;
    use expectrl::{Eof, Expect, Session};
    use std::time::Duration;

    let mirror = mirror_that_names_a_module();
    for (keys, state) in [("\r", 1), ("\x1b[B\r", 0)] {
        let store = store(&[("app/etc/config.php", CONFIG_PHP)]);
        let mut command = mageshift(store.path());
        command
            .args(["switch", "--to", "mage-os", "--php", "8.4"])
            .args(["--new-modules", "ask", "--offline", "--mirror-dir"])
            .arg(mirror.path())
            .env("NO_COLOR", "1");
        let mut session = Session::spawn(command).unwrap();
        session.set_expect_timeout(Some(Duration::from_secs(60)));
        for (question, answer) in [
            ("What about the new modules?", keys),
            ("What now?", "\x1b[A\r"),
        ] {
            session
                .expect(question)
                .unwrap_or_else(|error| panic!("{question}: {error}"));
            std::thread::sleep(Duration::from_millis(200));
            session.send(answer).unwrap();
        }
        let rest = session.expect(Eof).unwrap();
        let rest = String::from_utf8_lossy(rest.as_bytes()).into_owned();
        let ended = session.get_process().wait().unwrap();
        assert!(
            matches!(ended, WaitStatus::Exited(_, 0)),
            "{ended:?}: {rest}"
        );
        let line = format!("'MageOS_MetaRobotsTag' => {state}");
        let config = read(store.path(), "app/etc/config.php");
        assert!(config.contains(&line), "{config}");
        // The command at the end decides without asking.
        assert_eq!(rest.contains("--new-modules disable"), state == 0, "{rest}");
        assert!(!rest.contains("--new-modules ask"), "{rest}");
    }
}

const NEEDS_IMS: &str = "<?php\nnamespace Acme\\Own;\nuse Magento\\AdobeIms\\Model\\Config;\nclass Thing extends Config {}\n";

#[test]
fn own_code_that_needs_a_missing_module_blocks_while_it_is_enabled() {
    let menu =
        "<config><menu><add id=\"Acme_Own::x\" parent=\"Magento_AdobeIms::top\"/></menu></config>";
    let files = [
        ("app/code/Acme/Own/registration.php", "<?php"),
        ("app/code/Acme/Own/Thing.php", NEEDS_IMS),
        ("app/code/Acme/Own/Test/ThingTest.php", NEEDS_IMS),
        ("app/code/Acme/Own/etc/adminhtml/menu.xml", menu),
        (
            "app/code/Acme/Own/etc/module.xml",
            "<config><module name=\"Acme_Own\"><sequence>\n<module name=\"Magento_AdobeImsOther\"/></sequence></module></config>",
        ),
        ("app/etc/config.php", CONFIG_PHP),
    ];
    let store = store(&files);
    let disabled = switch(store.path(), "mage-os", &["--dry-run"]);
    assert_eq!(disabled.code, Some(0), "{disabled:?}");
    let warning = findings(&plan(&disabled), "code-names-missing-module").concat();
    assert!(
        warning.contains("menu.xml:1: menu Magento_AdobeIms::top"),
        "{warning}"
    );
    assert!(
        warning.contains("Thing.php:3: class Magento\\AdobeIms\\Model\\Config"),
        "{warning}"
    );
    assert!(!warning.contains("module.xml"), "{warning}");

    write(
        store.path(),
        "app/etc/config.php",
        CONFIG_PHP
            .replace("'Acme_Own' => 0", "'Acme_Own' => 1")
            .as_bytes(),
    );
    let enabled = switch(store.path(), "mage-os", &["--dry-run"]);
    assert_eq!(enabled.code, Some(3), "{enabled:?}");
    let blocker = findings(&plan(&enabled), "code-needs-missing-module").concat();
    assert!(
        blocker.contains("app/code/Acme/Own/Thing.php:4: Magento\\AdobeIms\\Model\\Config"),
        "{blocker}"
    );
    assert!(!blocker.contains("Test/"), "{blocker}");
}

#[test]
fn what_installed_modules_leave_elsewhere_is_found() {
    let files = [
        (
            "vendor/magento/module-adobe-ims/etc/module.xml",
            "<config><module name=\"Magento_AdobeIms\"/></config>",
        ),
        (
            "vendor/magento/module-adobe-ims/etc/db_schema.xml",
            "<schema><table name=\"adobe_user_profile\"/><table name=\"admin_user\"/></schema>",
        ),
        (
            "vendor/magento/module-adobe-ims/etc/adminhtml/system.xml",
            "<section id=\"adobe_ims\"/><section id=\"system\"/>",
        ),
        (
            "vendor/magento/module-adobe-ims/view/adminhtml/layout/adobe_ims_login.xml",
            "<page/>",
        ),
        (
            "vendor/magento/module-user/etc/db_schema.xml",
            "<schema><table name=\"admin_user\"/></schema>",
        ),
        (
            "vendor/magento/module-backend/etc/adminhtml/system.xml",
            "<section id=\"system\"/>",
        ),
        (
            "vendor/mollie/magento2/Model/Ims.php",
            "<?php\nnamespace Mollie\\Payment\\Model;\nclass Ims extends \\Magento\\AdobeIms\\Model\\Config {}\n",
        ),
        (
            "vendor/mollie/magento2/Test/Unit/ImsTest.php",
            "<?php class T extends \\Magento\\AdobeIms\\Model\\Config {}\n",
        ),
        (
            "vendor/mageplaza/module-smtp/etc/module.xml",
            "<config>\n<module name=\"Magento_AdobeIms\"/></config>",
        ),
        (
            "app/code/Acme/Own/Table.php",
            "<?php\n$a = ['adobe_user_profile', 'admin_user'];\n$b = 'adobe_ims/general/x' . 'system/x';",
        ),
        (
            "app/design/frontend/Acme/shop/Magento_Theme/layout/default.xml",
            "<page>\n<update handle=\"adobe_ims_login\"/></page>",
        ),
        ("app/design/frontend/Acme/shop/Magento_AdobeIms/a.less", ""),
    ];
    let store = store(&files);
    let run = switch(store.path(), "mage-os", &["--dry-run"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let plan = plan(&run);
    let own = findings(&plan, "code-names-missing-module").concat();
    for place in [
        "app/code/Acme/Own/Table.php:2: table adobe_user_profile",
        "app/code/Acme/Own/Table.php:3: configuration path adobe_ims",
        "default.xml:2: layout handle adobe_ims_login",
        "app/design/frontend/Acme/shop/Magento_AdobeIms: a theme's files for it",
    ] {
        assert!(own.contains(place), "{place} in {own}");
    }
    assert_eq!(
        own.lines().count(),
        5,
        "what other modules have, too, is no trace: {own}"
    );
    let needing = findings(&plan, "extension-needs-missing-module").concat();
    assert!(
        needing
            .contains("vendor/mollie/magento2/Model/Ims.php:3: Magento\\AdobeIms\\Model\\Config"),
        "{needing}"
    );
    assert!(!needing.contains("Test"), "{needing}");
    let naming = findings(&plan, "extension-names-missing-module").concat();
    assert!(
        naming.contains("vendor/mageplaza/module-smtp/etc/module.xml:2: sequence Magento_AdobeIms"),
        "{naming}"
    );
}

#[test]
fn habits_that_break_on_the_target_are_named() {
    let files = [
        (
            "app/code/Acme/Own/Version.php",
            "<?php\nuse Magento\\Framework\\App\\ProductMetadataInterface;\nif (version_compare($v, '2.4')) {}",
        ),
        (
            "app/code/Acme/Own/Join.php",
            "<?php\n$s->join('catalog_product_entity_int', 'e.entity_id = i.entity_id');",
        ),
        (
            "app/code/Acme/Own/Good.php",
            "<?php\n$s->join('catalog_product_entity_int', $metadata->getLinkField() . 'entity_id');",
        ),
    ];
    let store = store(&files);
    let there = plan(&switch(store.path(), "mage-os", &["--dry-run"]));
    assert!(
        findings(&there, "code-compares-version")
            .concat()
            .contains("Version.php:3")
    );
    assert!(findings(&there, "code-joins-entity-id").is_empty());
    let commerce = plan(&switch(store.path(), "commerce", &["--dry-run"]));
    let joins = findings(&commerce, "code-joins-entity-id").concat();
    assert!(
        joins.contains("Join.php:2: catalog_product_entity_int by entity_id"),
        "{joins}"
    );
    assert!(!joins.contains("Good.php"), "{joins}");
    assert!(findings(&commerce, "code-compares-version").is_empty());
}

/// Everything that is planted in files that a plan reads, changes or passes by, and in the environment.
const PLANTED: &str = "Planted";

#[test]
fn a_patch_has_one_edit_however_it_is_declared() {
    const PATCH: &str = "--- a/vendor/magento/module-sales/A.php\n+++ b/vendor/magento/module-sales/A.php\n@@ -1 +1 @@\n-old\n+new\n";
    for declared in [
        "patches//sales.patch",
        "patches/./sales.patch",
        "linked/sales.patch",
    ] {
        let store = store(&[("patches/sales.patch", PATCH)]);
        #[cfg(unix)]
        std::os::unix::fs::symlink("patches", store.path().join("linked")).unwrap();
        if !store.path().join(declared).exists() {
            continue;
        }
        let before = contents(store.path());
        let mut root: Value = serde_json::from_str(&read(store.path(), "composer.json")).unwrap();
        root["extra"]["patches"] = json!({"magento/module-sales": {"Fix": declared}});
        write(store.path(), "composer.json", root.to_string().as_bytes());
        let run = switch(store.path(), "mage-os", &["--yes"]);
        assert_eq!(run.code, Some(0), "{declared}: {run:?}");
        assert!(
            read(store.path(), "patches/sales.patch").contains("vendor/mage-os/module-sales"),
            "{declared}"
        );
        let undo = run_command(mageshift(store.path()).args(["undo", "--no-interaction"]));
        assert_eq!(undo.code, Some(0), "{undo:?}");
        let mut after = contents(store.path());
        let root = store.path().join("composer.json");
        after.insert(root.clone(), before[&root].clone());
        assert_eq!(after, before, "{declared}");
    }
}

#[test]
fn a_class_that_is_named_by_way_of_an_imported_namespace_is_seen() {
    for head in [
        "use Magento\\AdobeIms;\nclass M extends AdobeIms\\Model\\Config {}",
        "use Magento\\AdobeIms as Ims;\nclass M extends Ims\\Model\\Config {}",
        "use Magento\\{Framework\\DataObject, AdobeIms\\Model\\Config};\nclass M extends Config {}",
        "use Magento\\{\n    AdobeIms as Ims,\n    Framework\\DataObject\n};\nclass M extends Ims\\Model\\Config {}",
    ] {
        let code = format!("<?php\nnamespace Acme\\Own;\n{head}\n");
        let config = CONFIG_PHP.replace("'Acme_Own' => 0", "'Acme_Own' => 1");
        let store = store(&[
            ("app/code/Acme/Own/registration.php", "<?php"),
            ("app/code/Acme/Own/M.php", &code),
            (
                "app/code/Acme/Own/etc/module.xml",
                "<config><module name=\"Acme_Own\"/></config>",
            ),
            ("app/etc/config.php", &config),
        ]);
        let run = switch(store.path(), "mage-os", &["--dry-run"]);
        assert_eq!(run.code, Some(3), "{head}: {run:?}");
        let blocker = findings(&plan(&run), "code-needs-missing-module").concat();
        assert!(
            blocker.contains("Magento\\AdobeIms\\Model\\Config"),
            "{head}: {blocker}"
        );
    }
}

#[test]
fn no_secret_of_any_file_is_shown_or_written() {
    let store = store(&CERTAIN);
    let dir = store.path();
    let mut root: Value = serde_json::from_str(&read(dir, "composer.json")).unwrap();
    root["scripts"]["post-install-cmd"] = json!([
        "PGPASSWORD=PlantedPgPassword cat vendor/magento/framework/x",
        "curl -H \"Authorization: Bearer PlantedBearerValue\" vendor/magento/framework/y",
    ]);
    root["extra"]["acme-license-key"] = "PlantedLicence".into();
    write(dir, "composer.json", root.to_string().as_bytes());
    write(dir, "app/etc/config.php", CONFIG_PHP.as_bytes());
    write(
        dir,
        "app/etc/env.php",
        b"<?php return ['db' => ['connection' => ['default' => ['host' => 'db', 'username' => 'PlantedDbUser', 'password' => 'PlantedEnvPassword vendor/magento/framework']]], 'crypt' => ['key' => 'PlantedCryptKey'], 'queue' => ['amqp' => ['host' => 'mq', 'password' => 'PlantedQueuePassword']]];",
    );
    write(dir, "auth.json", b"{\"http-basic\": {\"repo.magento.com\": {\"username\": \"PlantedPublicKey01234567\", \"password\": \"PlantedPassword vendor/magento/framework\"}}}");
    write(
        dir,
        "deploy.yml",
        b"token: PlantedToken\npath: vendor/magento/framework/x\n",
    );
    write(
        dir,
        "docker-compose.yml",
        b"services:\n  db:\n    image: mariadb:10.4\n    environment: {MYSQL_ROOT_PASSWORD: PlantedRootPassword}\n",
    );
    let environment = "{\"bearer\": {\"repo.mage-os.org\": \"PlantedBearer\"}, \"gitlab-token\": {\"gitlab.com\": \"PlantedGitlab\"}}";
    let outside = tempfile::tempdir().unwrap();
    let (out, runbook) = (
        outside.path().join("plan.json"),
        outside.path().join("runbook.md"),
    );
    for arguments in [&["--dry-run"][..], &["--dry-run", "-v"], &["--yes", "-v"]] {
        for json in [true, false] {
            let mut command = mageshift(dir);
            command
                .args(["switch", "--to", "mage-os", "--php", "8.4"])
                .args(arguments)
                .env("COMPOSER_AUTH", environment);
            command.arg("--mirror-dir").arg(crate::kit::recording());
            command
                .arg("--out")
                .arg(&out)
                .arg("--runbook")
                .arg(&runbook);
            command.args(json.then_some("--json"));
            let run = run_command(&mut command);
            assert!(
                !(run.stdout.clone() + &run.stderr).contains(PLANTED),
                "{run:?}"
            );
            // The last one finds the store where it wants to go, and has nothing to do.
            let is_there = arguments[0] == "--yes" && !json;
            // Many files are counted where one screen has no room for them.
            let is_brief = arguments.len() == 1 && !json;
            assert!(
                is_brief || run.stdout.contains("config.php") != is_there,
                "{run:?}"
            );
        }
    }
    assert!(!read(outside.path(), "runbook.md").contains(PLANTED));
    // The saved plan and the backup hold whole files: those that the plan changes, and no other.
    let changed: Vec<String> = serde_json::from_str::<Value>(&read(outside.path(), "plan.json"))
        .unwrap()["edits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edit| edit["path"].as_str().unwrap().to_owned())
        .collect();
    let secret_files = ["auth.json", "app/etc/env.php", "docker-compose.yml"];
    assert!(
        !changed
            .iter()
            .any(|path| secret_files.contains(&path.as_str()))
    );
    let of_changed_files = [
        "PlantedConfigKey",
        "PlantedToken",
        "PlantedCiPassword",
        "PlantedPgPassword",
        "PlantedBearerValue",
        "PlantedLicence",
    ];
    let own: BTreeMap<PathBuf, Vec<u8>> = contents_of(&dir.join(".mageshift"));
    let is_backup = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| name.starts_with("before-"))
    };
    assert!(own.len() > 2, "a journal and a backup: {:?}", own.keys());
    let plan = [(out.clone(), fs::read(&out).unwrap())];
    for (path, bytes) in own.into_iter().chain(plan) {
        let mut text = String::from_utf8_lossy(&bytes).into_owned();
        if path == out || is_backup(&path) {
            for allowed in of_changed_files {
                text = text.replace(allowed, "");
            }
        }
        assert!(!text.contains(PLANTED), "{path:?}: {text}");
    }
    let undo = run_command(mageshift(dir).args(["undo", "--no-interaction", "-v"]));
    assert_eq!(undo.code, Some(0), "{undo:?}");
    assert!(!(undo.stdout + &undo.stderr).contains(PLANTED));
}

/// Looks at the lists of modules in a collection of stores: each is understood, and putting in what was taken out at the end
/// gives the same bytes again.
#[test]
fn lists_of_modules_as_stores_have_them() {
    use mageshift::project::config_php::{CONFIG_PHP, ModuleList};
    let Some(stores) = std::env::var_os("MAGESHIFT_STORES") else {
        eprintln!("skipped: MAGESHIFT_STORES is not set");
        return;
    };
    let mut seen = 0;
    for store in fs::read_dir(stores).unwrap().flatten() {
        let Ok(text) = fs::read_to_string(store.path().join(CONFIG_PHP)) else {
            continue;
        };
        let Some(list) = ModuleList::find(&text) else {
            assert!(!text.contains("'modules'"), "{:?}", store.path());
            continue;
        };
        seen += 1;
        assert_eq!(list.changed(&[], &[], true), text, "{:?}", store.path());
        let last = list
            .modules()
            .last()
            .map(|(name, enabled)| (name.to_owned(), enabled));
        let (name, enabled) = last.unwrap();
        let names = [name];
        let without = list.changed(&names, &[], true);
        let again = ModuleList::find(&without)
            .unwrap()
            .changed(&[], &names, enabled);
        assert_eq!(again, text, "{:?}", store.path());
    }
    assert!(seen > 0, "no store has a list of modules");
    eprintln!("{seen} lists");
}
