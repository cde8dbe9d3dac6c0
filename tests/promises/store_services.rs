//! What a store's configuration says of its services is compared with the target; nothing secret of it is ever shown.

use crate::kit::{Run, mageshift, run_command};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Everything that is planted.
const SECRETS: [&str; 13] = [
    "PlantedDatabasePassword",
    "PlantedDatabaseUser",
    "planted_database_name",
    "PlantedCryptKey",
    "PlantedRedisPassword",
    "PlantedQueuePassword",
    "PlantedComposePassword",
    "PlantedDdevPassword",
    "PlantedDotEnvPassword",
    "PlantedPublicKey0123456789abcdef",
    "PlantedPrivateKey",
    "PlantedEnvironmentToken",
    "PlantedUrlPassword",
];

const ENV_PHP: &str = r"<?php
return [
    'crypt' => ['key' => 'PlantedCryptKey'],
    'db' => ['table_prefix' => 'shop_', 'connection' => ['default' => [
        'host' => 'db.example.com', 'dbname' => 'planted_database_name',
        'username' => 'PlantedDatabaseUser', 'password' => 'PlantedDatabasePassword',
    ]]],
    'session' => ['save' => 'redis', 'redis' => ['host' => 'r', 'password' => 'PlantedRedisPassword']],
    'queue' => ['amqp' => ['host' => 'PlantedDatabaseUser:PlantedQueuePassword@mq.example.com']],
    'system' => ['default' => ['catalog' => ['search' => ['engine' => 'elasticsearch6']]]],
];
";

const FILES: [(&str, &str); 5] = [
    ("app/etc/env.php", ENV_PHP),
    (
        ".ddev/config.yaml",
        "php_version: '8.3'\ndatabase: {type: mariadb, version: '10.4'}\nweb_environment: [A=PlantedDdevPassword]\n",
    ),
    (
        "compose.yaml",
        "services:\n  cache: {image: 'valkey/valkey:8', command: --requirepass PlantedComposePassword}\n  mq: {image: 'rabbitmq:${MQ}-management'}\n",
    ),
    (".env", "MQ=3.9\nSECRET=PlantedDotEnvPassword\n"),
    (
        "auth.json",
        r#"{"http-basic": {"repo.magento.com": {"username": "PlantedPublicKey0123456789abcdef", "password": "PlantedPrivateKey"}}}"#,
    ),
];

/// The sample store with these files.
fn store(files: &[(&str, &str)]) -> tempfile::TempDir {
    let store = tempfile::tempdir().unwrap();
    for name in ["composer.json", "composer.lock"] {
        fs::copy(
            crate::kit::fixture("sample-store").join(name),
            store.path().join(name),
        )
        .unwrap();
    }
    for (path, text) in files {
        let path = store.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    store
}

fn switch(store: &Path, arguments: &[&str]) -> Run {
    run_command(
        mageshift(store)
            .args(["switch", "--to", "mage-os@3.4.0", "--offline"])
            .args(["--mirror-dir", crate::kit::RECORDING])
            .args(arguments)
            .env(
                "COMPOSER_AUTH",
                r#"{"bearer": {"a.test": "PlantedEnvironmentToken"}}"#,
            ),
    )
}

/// The findings of a plan: code, and title.
fn findings(run: &Run) -> Vec<(String, String)> {
    let plan: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    plan["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (text(finding, "code"), text(finding, "title")))
        .collect()
}

#[test]
fn services_that_do_not_fit_are_named() {
    let store = store(&FILES);
    let found = findings(&switch(store.path(), &["--dry-run", "--json"]));
    let titles = |code: &str| -> Vec<&str> {
        found
            .iter()
            .filter(|(known, _)| known == code)
            .map(|(_, title)| title.as_str())
            .collect()
    };
    assert_eq!(
        titles("service-unsupported"),
        [
            "MariaDB 10.4 is not among the versions for Mage-OS 3.4.0",
            "RabbitMQ 3.9 is not among the versions for Mage-OS 3.4.0",
        ]
    );
    assert_eq!(
        titles("search-engine-gone"),
        ["The search engine elasticsearch6 is not in the target"]
    );
    assert_eq!(
        titles("services-unknown"),
        ["The version of the search engine is not known"]
    );
    assert_eq!(
        titles("php-assumed"),
        ["Planned for PHP 8.3, which .ddev/config.yaml names"]
    );
}

#[test]
fn services_that_fit_are_not_mentioned() {
    let fitting = "services:\n  a: {image: 'mariadb:11.4'}\n  b: {image: 'opensearchproject/opensearch:3'}\n  c: {image: 'php:8.4-fpm'}\n  d: {image: 'valkey/valkey:9.0'}\n";
    let store = store(&[("docker-compose.yml", fitting)]);
    let found = findings(&switch(store.path(), &["--dry-run", "--json"]));
    let about_services: Vec<_> = found
        .iter()
        .filter(|(code, _)| code.starts_with("service") || code.starts_with("search"))
        .collect();
    assert!(about_services.is_empty(), "{about_services:?}");
}

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.path() {
            path if path.is_dir() => files(&path),
            path => vec![path],
        })
        .collect()
}

#[test]
fn no_planted_secret_gets_out() {
    let store = store(&FILES);
    let root = fs::read_to_string(store.path().join("composer.json")).unwrap();
    let url = r#""repositories": [
        {"type": "composer", "url": "https://me:PlantedUrlPassword@packages.example.com/"},"#;
    let with_url = root.replacen("\"repositories\": [", url, 1);
    assert_ne!(with_url, root);
    fs::write(store.path().join("composer.json"), with_url).unwrap();
    let runbook = store.path().join("runbook.md");
    let plan = store.path().join("plan.json");
    let (runbook, plan) = (runbook.to_str().unwrap(), plan.to_str().unwrap());
    for arguments in [
        &["--dry-run", "-v"][..],
        &["--dry-run", "--json", "--out", plan],
        &["--yes"],
    ] {
        let arguments = [arguments, &["--runbook", runbook]].concat();
        let run = switch(store.path(), &arguments);
        assert_eq!(run.code, Some(0), "{run:?}");
        let written = fs::read_to_string(runbook).unwrap();
        for secret in SECRETS {
            for (what, text) in [
                ("output", &run.stdout),
                ("error", &run.stderr),
                ("runbook", &written),
            ] {
                assert!(!text.contains(secret), "{what} of {arguments:?}: {secret}");
            }
        }
    }
    let journal = store.path().join(".mageshift/journal/0001/journal.json");
    let journal = fs::read_to_string(journal).unwrap();
    // The old composer.json is kept as it was, to be put back; nothing of the other files is kept anywhere.
    let kept = files(&store.path().join(".mageshift"));
    for secret in SECRETS {
        assert!(!journal.contains(secret), "journal: {secret}");
        for file in &kept {
            let text = String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned();
            assert!(
                secret == "PlantedUrlPassword" || !text.contains(secret),
                "{}: {secret}",
                file.display()
            );
        }
        let saved = fs::read_to_string(plan).unwrap();
        assert!(secret == "PlantedUrlPassword" || !saved.contains(secret));
    }
}

#[test]
fn a_runbook_has_every_step_in_order() {
    let store = store(&FILES);
    let folder = tempfile::tempdir().unwrap();
    let (plan, runbook) = (folder.path().join("p.json"), folder.path().join("r.md"));
    let (plan, runbook) = (plan.to_str().unwrap(), runbook.to_str().unwrap());
    let run = switch(
        store.path(),
        &["--dry-run", "--out", plan, "--runbook", runbook],
    );
    assert!(run.stderr.contains("The runbook is in"), "{run:?}");
    let from_switch = fs::read_to_string(runbook).unwrap();
    let order = [
        "# Runbook: Magento Open Source 2.4.8-p3 → Mage-OS 3.4.0",
        "'shop_sales_order_payment'",
        "`bin/magento maintenance:enable`",
        "`mysqldump",
        "`mageshift apply",
        "`composer install`",
        "`bin/magento setup:upgrade`",
        "`bin/magento --version`",
        "`bin/magento maintenance:disable`",
        "`mageshift undo`",
        "`mysql DATABASE < before-switch.sql`",
    ];
    let mut rest = from_switch.as_str();
    for words in order {
        let at = rest.find(words);
        rest = &rest
            [at.unwrap_or_else(|| panic!("{words} is missing or too early:\n{from_switch}"))..];
    }
    let again = run_command(mageshift(store.path()).args([
        "apply",
        plan,
        "--dry-run",
        "--runbook",
        runbook,
    ]));
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(fs::read_to_string(runbook).unwrap(), from_switch);
}

#[test]
fn a_php_that_the_release_does_not_run_on_is_named_in_a_blocked_plan_too() {
    let store = store(&[(
        ".ddev/config.yaml",
        "type: magento2\nphp_version: \"8.1\"\n",
    )]);
    let path = store.path().join("composer.json");
    let mut root: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    root["require"]["acme/none"] = "^1.0".into();
    fs::write(&path, root.to_string()).unwrap();
    let run = switch(store.path(), &["--json"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let plan: Value = serde_json::from_str(&run.stdout).unwrap();
    let all = plan["findings"].as_array().unwrap();
    let named: Vec<&Value> = all
        .iter()
        .filter(|finding| finding["path"] == ".ddev/config.yaml")
        .collect();
    assert_eq!(named.len(), 1, "{plan:#}");
    let title = named[0]["title"].as_str().unwrap();
    assert!(title.ends_with("does not run on PHP 8.1"), "{title}");
    let detail = named[0]["detail"].as_str().unwrap();
    assert!(detail.contains("requires PHP ~8."), "{detail}");
}
