//! "No secret planted in a URL, auth.json or COMPOSER_AUTH appears in any output."

use crate::kit::*;
use mageshift::plan::{ChangeKind, Code, Finding, Phase, Plan, Severity, Step};
use std::fs;

/// Everything that is planted, in one place or another.
const SECRETS: [&str; 9] = [
    "PlantedPublicKey0123456789abcdef",
    "PlantedPassword",
    "PlantedBearer",
    "PlantedGithub",
    "PlantedEnvironment",
    "PlantedUrlPassword",
    "PlantedUrlToken",
    "PlantedQueryKey",
    "planted-customer-x7",
];

const AUTH: &str = r#"{
    "http-basic": {"repo.magento.com": {"username": "PlantedPublicKey0123456789abcdef", "password": "PlantedPassword"}},
    "bearer": {"repo.acme.test": "PlantedBearer"}
}"#;

const ROOT: &str = r#"{
    "repositories": [
        {"type": "composer", "url": "https://me:PlantedUrlPassword@repo.acme.test"},
        {"type": "composer", "url": "https:\/\/PlantedUrlToken@repo.acme.test\/"},
        {"type": "composer", "url": "https://repo.acme.test/?key=PlantedQueryKey"},
        {"type": "composer", "url": "https://hyva-themes.repo.packagist.com/planted-customer-x7/"}
    ],
    "config": {"github-oauth": {"github.com": "PlantedGithub"}}
}
"#;

const ENVIRONMENT: &str = r#"{"gitlab-token": {"gitlab.com": "PlantedEnvironment"}}"#;

/// A plan that has secrets in every field that people or metadata may bring them into.
fn leaky_plan() -> Plan {
    let all = SECRETS.join(" ");
    let urls = "https://hyva-themes.repo.packagist.com/planted-customer-x7/p2 https://x.test/?key=PlantedQueryKey";
    let text = all
        .replace("planted-customer-x7", "")
        .replace("PlantedQueryKey", "")
        + urls;
    let mut finding = Finding::new(Code::RepositoryUnreachable, &text, &text);
    finding.package = Some(text.clone());
    finding.path = Some(text.clone());
    let mut plan = Plan {
        edits: vec![edit(
            "composer.json",
            ROOT,
            &ROOT.replace("\"me:", "\"you:").replace("    ", "  "),
        )],
        changes: vec![change(
            ChangeKind::Update,
            false,
            &text,
            &text,
            &text,
            &text,
        )],
        findings: vec![finding],
        steps: vec![Step::run(Phase::Install, &text, &text)],
        ..empty_plan()
    };
    plan.source.release = Some(text.clone());
    plan.target.upstream = Some(text);
    plan
}

fn assert_no_secret(what: &str, text: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{what} shows {secret}:\n{text}");
    }
}

#[test]
fn no_planted_secret_is_shown() {
    let store = store(ROOT, "{}\n");
    fs::write(store.path().join("auth.json"), AUTH).unwrap();
    let plan = saved(&leaky_plan());
    let plan = plan.to_str().unwrap();
    let blocked = {
        let mut plan = leaky_plan();
        let leaky = plan.findings.remove(0);
        plan.findings.push(leaky.as_severity(Severity::Blocker));
        saved(&plan)
    };
    let typo = format!("--to={}", SECRETS[1]);
    let missing = format!("{}.json", SECRETS[0]);
    for arguments in [
        &["apply", plan, "--dry-run"][..],
        &[
            "apply",
            plan,
            "--dry-run",
            "-v",
            "--lock-diff",
            "--color=always",
        ],
        &["apply", plan, "--check", "-q"],
        &["apply", plan, "--dry-run", "--json"],
        &["apply", blocked.to_str().unwrap(), "--json"],
        &["apply", plan, "--yes"],
        &["undo", "--list"],
        &["undo", "--list", "--json"],
        &["undo"],
        &["apply", &missing],
        &["apply", &missing, "--json"],
        &["switch", &typo],
    ] {
        let run = run_command(
            mageshift(store.path())
                .args(arguments)
                .env("COMPOSER_AUTH", ENVIRONMENT),
        );
        assert_no_secret(&format!("{arguments:?}, standard output"), &run.stdout);
        assert_no_secret(&format!("{arguments:?}, standard error"), &run.stderr);
        if arguments.contains(&"--yes") {
            let journal = store.path().join(".mageshift/journal/0001/journal.json");
            assert_no_secret("the journal", &fs::read_to_string(journal).unwrap());
        }
        if arguments.contains(&"--dry-run") {
            assert!(run.stdout.contains("***"), "{run:?}");
        }
    }
}

/// Lines of files of a store with a secret in each, as they stand beside a line that a switch changes.
const BESIDE: [(&str, &[&str]); 7] = [
    (
        "docker-compose.yml",
        &[
            "      MYSQL_ROOT_PASSWORD: Planted-a1",
            "      - MYSQL_PASSWORD=Planted-a2",
            "      - \"RABBITMQ_DEFAULT_PASS=Planted-a3\"",
            "      COMPOSER_AUTH: '{\"http-basic\": {\"repo.magento.com\": {\"username\": \"u\", \"password\": \"Planted-a4\"}}}'",
            "      DATABASE_URL: mysql://shop:Planted-a5@db/shop",
            "      REDIS_URL: redis://:Planted-a6@redis:6379",
            "    command: redis-server --requirepass Planted-a7",
            "      GITHUB_PAT: Planted-a8",
        ],
    ),
    (
        ".env",
        &[
            "DB_PASSWORD=Planted-b1",
            "export APP_SECRET='Planted-b2'",
            "STRIPE_SECRET_KEY=Planted-b3",
            "COMPOSER_AUTH={\"github-oauth\":{\"github.com\":\"Planted-b4\"}}",
            "MAGENTO_CRYPT_KEY=Planted-b5",
            "SMTP_PASS=Planted-b6",
            "AWS_SECRET_ACCESS_KEY=Planted-b7",
            "ENCRYPTION_KEY=Planted-b8",
        ],
    ),
    (
        "app/etc/env.php",
        &[
            "    'crypt' => ['key' => 'Planted-c1'],",
            "                'password' => 'Planted-c2',",
            "        'amqp' => ['host' => 'q', 'password' => \"Planted-c3\"],",
            "            'api_key' => 'Planted-c4',",
            "    'backend' => ['frontName' => 'Planted-c5'],",
            "        'pass' => 'Planted-c6',",
        ],
    ),
    (
        "Dockerfile",
        &[
            "ENV NPM_TOKEN Planted-d1",
            "ARG COMPOSER_TOKEN=Planted-d2",
            "RUN composer config --global http-basic.repo.magento.com public Planted-d3",
            "RUN composer config -g github-oauth.github.com Planted-d4",
            "RUN mysql -uroot -pPlanted-d5 shop",
            "RUN echo \"//registry.npmjs.org/:_authToken=Planted-d6\" > .npmrc",
        ],
    ),
    (
        ".gitlab-ci.yml",
        &[
            "    - curl -H \"Authorization: Bearer Planted-e1\" https://acme.test",
            "    - curl --header 'PRIVATE-TOKEN: Planted-e2' https://acme.test",
            "    - sshpass -p Planted-e3 ssh shop",
            "    - wget --password=Planted-e4 https://acme.test",
            "  DEPLOY_KEY: Planted-e5",
            "    - composer config http-basic.acme.test \"user\" \"Planted-e6\"",
            "    - composer config --auth bearer.acme.test Planted-e7",
        ],
    ),
    (
        "deploy.php",
        &[
            "set('slack_webhook', 'https://hooks.slack.com/services/T0/B0/Planted-f1');",
            "    ->set('deploy_password', 'Planted-f2')",
            "putenv('API_TOKEN=Planted-f3');",
            "define('LICENSE_KEY', 'Planted-f4');",
            "$password = \"Planted-f5\";",
            "-----BEGIN OPENSSH PRIVATE KEY-----\nPlantedF6b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ\n-----END OPENSSH PRIVATE KEY-----",
        ],
    ),
    (
        "Makefile",
        &[
            "\tbin/magento setup:install --admin-password=Planted-g1 --db-password Planted-g2",
            "\tbin/magento setup:install --amqp-password=\"Planted-g3\" --key='Planted-g4'",
            "\tMYSQL_PWD=Planted-g5 mysql shop",
            "\tcurl -u me:Planted-g6 https://acme.test",
            "\tbin/magento setup:install --session-save-redis-password=Planted-g7",
        ],
    ),
];

/// Lines whose secret no rule knows: they are not shown beside a change.
const UNKNOWN: [(&str, &[&str]); 4] = [
    (
        "docker-compose.yml",
        &[
            "      - name: DB_PASSWORD\n        value: Planted-u1",
            "      password: >-\n        Planted-u2",
            "      Planted-u3",
        ],
    ),
    (
        "deploy.php",
        &[
            "new PDO('mysql:host=db', 'me', 'Planted-u4');",
            "    'auth' => ['me', 'Planted-u5'],",
        ],
    ),
    (
        "nginx.conf",
        &[
            "    if ($http_x_vary != \"Planted-u6\") {",
            "    secure_link_md5 \"$uri Planted-u7\";",
        ],
    ),
    (
        "Makefile",
        &[
            "\techo Planted-u8 | tool --stdin",
            "\tn98-magerun2 customer:change-password me@acme.test Planted-u9",
        ],
    ),
];

/// What a change shows of lines beside it and of its own line: none of what is planted there.
fn shown_of(path: &str, text: &dyn Fn(&str) -> String) -> bool {
    let store = store(ROOT, "{}\n");
    let file = store.path().join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text("magento")).unwrap();
    let plan = saved(&Plan {
        edits: vec![edit(path, &text("magento"), &text("mage-os"))],
        ..empty_plan()
    });
    let plan = plan.to_str().unwrap();
    let mut is_shown = false;
    for arguments in [
        &["apply", plan, "--dry-run", "-v"][..],
        &["apply", plan, "--dry-run", "--json"],
    ] {
        let run = run_command(mageshift(store.path()).args(arguments));
        assert!(run.stdout.contains("@@"), "{run:?}");
        is_shown |= run.stdout.contains("Planted") || run.stderr.contains("Planted");
    }
    is_shown
}

#[test]
fn no_secret_of_an_unknown_shape_beside_a_changed_line_is_shown() {
    for (path, lines) in UNKNOWN {
        for line in lines {
            let text =
                |folder: &str| format!("{line}\n  x: ./vendor/{folder}/module-theme\n{line}\n");
            assert!(!shown_of(path, &text), "{path}: {line}");
        }
    }
}

#[test]
fn no_secret_on_a_changed_line_is_shown() {
    let mut shown = Vec::new();
    for (path, lines) in BESIDE {
        for line in lines.iter().filter(|line| !line.contains('\n')) {
            let text = |folder: &str| format!("{line} # ./vendor/{folder}/module-theme\n");
            if shown_of(path, &text) {
                shown.push(format!("{path}: {line}"));
            }
        }
    }
    assert!(shown.is_empty(), "shown:\n{}", shown.join("\n"));
}

/// What a person is to run must work as it is printed, and stays so in the journal, from which it is printed again.
#[test]
fn printed_commands_have_no_mask_in_them() {
    let folder = tempfile::tempdir().unwrap();
    for (name, arguments) in [
        ("plain", &[][..]),
        ("ddev", &["--env", "ddev"]),
        ("warden", &["--env", "warden"]),
    ] {
        let made = run_command(
            mageshift(folder.path())
                .args(["new", name, "--profile", "minimal", "--php", "8.4", "--yes"])
                .args(arguments)
                .env("MAGESHIFT_MIRROR_DIR", RECORDING),
        );
        assert_eq!(made.code, Some(0), "{made:?}");
        let next = run(&folder.path().join(name), &["next"]);
        for said in [&made, &next] {
            let all = format!("{}{}", said.stdout, said.stderr);
            assert!(!all.contains("***"), "{name}: {all}");
            assert!(
                all.contains("--admin-password=\"$MAGESHIFT_ADMIN_PASSWORD\""),
                "{name}: {all}"
            );
        }
    }
}

#[test]
fn no_secret_beside_a_changed_line_is_shown() {
    let mut shown = Vec::new();
    for (path, lines) in BESIDE {
        for line in lines {
            let text =
                |folder: &str| format!("{line}\n  x: ./vendor/{folder}/module-theme\n{line}\n");
            if shown_of(path, &text) {
                shown.push(format!("{path}: {line}"));
            }
        }
    }
    shown.dedup();
    assert!(shown.is_empty(), "shown:\n{}", shown.join("\n"));
}
