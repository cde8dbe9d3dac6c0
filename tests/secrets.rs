//! "No secret planted in a URL, auth.json or COMPOSER_AUTH appears in any output."

mod common;

use common::*;
use mageshift::plan::{ChangeKind, Code, Finding, Plan, Severity};
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
        next_steps: vec![text.clone()],
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
