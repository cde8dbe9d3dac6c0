//! What a preview looks like: 80 columns, no colour, and the other formats.

use crate::kit::*;
use mageshift::plan::census::Census;
use mageshift::plan::{ChangeKind, Code, Finding, Plan, Side};
use mageshift::planner::steps::{Shop, steps};
use mageshift::preview::layout::{Detail, Layout};
use mageshift::preview::runbook::{self, Surroundings};
use mageshift::preview::text::render;
use mageshift::preview::{Masker, Paint, Shown, markdown};
use mageshift::project::env_php::Mode;
use mageshift::project::root_files::RootFiles;
use std::collections::BTreeSet;

fn text(plan: &Plan, change: impl Fn(&mut Layout)) -> String {
    let files = RootFiles::default();
    let mut layout = Layout {
        files: &files,
        width: 80,
        paint: Paint(false),
        detail: Detail::Normal,
        diff: false,
        packages: false,
        lock_diff: false,
        today: "2026-06-01",
    };
    change(&mut layout);
    let census = Census {
        extensions: BTreeSet::from(["acme/module-with-a-rather-long-name".to_owned()]),
        kept_extensions: 12,
        kept_libraries: 80,
    };
    render(&Shown::new(plan, &Masker::default()), &census, &layout)
}

#[test]
fn a_switch() {
    insta::assert_snapshot!(text(&switch_plan(), |_| {}));
}

#[test]
fn a_switch_in_full() {
    insta::assert_snapshot!(text(&switch_plan(), |layout| {
        layout.detail = Detail::Full;
        layout.lock_diff = true;
    }));
}

#[test]
fn a_switch_in_brief() {
    insta::assert_snapshot!(text(&switch_plan(), |layout| layout.detail = Detail::Brief));
}

#[test]
fn a_blocked_switch() {
    insta::assert_snapshot!(text(&blocked_plan(), |_| {}));
}

#[test]
fn a_release_upgrade() {
    let source = Side {
        release: Some("2.1.0".into()),
        ..empty_plan().target
    };
    let changes = vec![change(
        ChangeKind::Update,
        true,
        "mage-os/module-cms",
        "2.1.0",
        "2.2.1",
        "",
    )];
    let edits = vec![edit("composer.json", "{}\n", "{ }\n")];
    insta::assert_snapshot!(text(
        &Plan {
            source,
            changes,
            edits,
            ..empty_plan()
        },
        |_| {}
    ));
}

#[test]
fn colours_change_nothing_but_colours() {
    let coloured = text(&switch_plan(), |layout| {
        layout.paint = Paint(true);
        layout.diff = true;
    });
    assert!(
        coloured.contains("\u{1b}[32m+        \"mage-os\""),
        "{coloured}"
    );
    assert_eq!(
        console::strip_ansi_codes(&coloured),
        text(&switch_plan(), |layout| layout.diff = true)
    );
}

#[test]
fn lines_fit_the_terminal() {
    for width in [60, 80, 120] {
        let mut plan = switch_plan();
        plan.edits.clear();
        for line in text(&plan, |layout| layout.width = width)
            .lines()
            .filter(|line| line.contains(' '))
        {
            let is_table =
                line.starts_with("  ~ ") || line.starts_with("  + ") || line.starts_with("  - ");
            assert!(
                console::measure_text_width(line) <= width || is_table,
                "{width}: {line}"
            );
        }
    }
}

#[test]
fn text_from_metadata_cannot_steer_the_terminal() {
    let mut plan = switch_plan();
    plan.changes[0].package = "acme/\u{1b}]0;title\u{7}evil\r\u{1b}[2J".into();
    plan.findings[0].detail = "a\u{1b}[1Ab\u{202e}c\u{8}".into();
    plan.edits[0].diff.push_str("+\u{1b}[31mred\r\n");
    let shown = text(&plan, |layout| layout.detail = Detail::Full);
    assert!(
        !shown.contains(|c: char| c.is_control() && c != '\n' || c == '\u{202e}'),
        "{shown:?}"
    );
    let json = Shown::new(&plan, &Masker::default()).json();
    assert!(
        !json.contains("u001b") && json.contains(r"+red\r\n"),
        "{json}"
    );
}

#[test]
fn the_json_document() {
    let shown = Shown::new(&switch_plan(), &Masker::default());
    let document: serde_json::Value = serde_json::from_str(&shown.json()).unwrap();
    let keys: Vec<&str> = document
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(
        keys,
        [
            "schema",
            "source",
            "target",
            "edits",
            "changes",
            "findings",
            "steps",
            "next_steps",
            "applied"
        ]
    );
    let edit = document["edits"][0].as_object().unwrap();
    assert_eq!(
        edit.keys().collect::<Vec<_>>(),
        ["path", "before_sha256", "after_sha256", "diff"]
    );
}

#[test]
fn markdown_for_a_pull_request() {
    insta::assert_snapshot!(markdown::render(&Shown::new(
        &switch_plan(),
        &Masker::default()
    )));
}

#[test]
fn nothing_to_do() {
    let mut plan = Plan {
        source: empty_plan().target,
        ..empty_plan()
    };
    plan.edits.push(edit("composer.json", "{}\n", "{}\n"));
    insta::assert_snapshot!(text(&plan, |_| {}), @"
    Mage-OS 2.2.1 (based on Magento 2.4.8-p4)
    Regular support: 2.2.1 ended on 2026-04-15
    Nothing to change.
    ");
}

#[test]
fn a_runbook_for_leaving_commerce() {
    let removed = |name: &str| change(ChangeKind::Remove, true, name, "1", "", "");
    let mut plan = Plan {
        source: side("commerce", "cloud", "2.4.8-p3", "2.4.8-p3"),
        edits: vec![edit("composer.json", "{}\n", "{ }\n")],
        changes: vec![
            removed("magento/module-reward"),
            removed("magento/module-gift-card"),
        ],
        findings: vec![
            Finding::new(
                Code::DataLoss,
                "Gift cards are lost",
                "Export *all* of them first.",
            ),
            Finding::new(Code::NewerRelease, "There is a newer release", "Or not."),
        ],
        ..empty_plan()
    };
    let surroundings = Surroundings {
        apply: "mageshift switch --to mage-os@2.2.1 --accept-data-loss --yes",
        table_prefix: "shop_",
    };
    let shop = Shop {
        mode: Some(Mode::Production),
        vendor_dir: Some("vendor".to_owned()),
        has_config_php: true,
        files: RootFiles::default(),
    };
    plan.steps = steps(&plan, &shop);
    let render =
        |plan: &Plan| runbook::render(&Shown::new(plan, &Masker::default()), &surroundings);
    insta::assert_snapshot!(render(&plan));
    plan.findings[0] = Finding::new(Code::NoSolution, "Nothing fits", "Really.");
    assert!(render(&plan).contains("The plan is blocked"));
}

#[test]
fn many_findings_of_a_kind_are_told_as_one_and_the_screen_is_kept() {
    let mut plan = switch_plan();
    for number in 1..=60 {
        let package = format!("acme/module-{number}");
        let finding = Finding::new(
            Code::PackageBlocks,
            format!("{package} 1.0 does not go with Mage-OS 2.2.1"),
            "It requires magento/framework 102.*. Allow ^2.0 in composer.json.",
        );
        plan.findings.push(finding.of_package(package));
        let code = [Code::NoLock, Code::B2bRemoved, Code::RepositoryOrder][number % 3];
        plan.findings
            .push(Finding::new(code, format!("Warning {number}"), ""));
    }
    plan.findings.sort_by_key(Finding::severity);
    let shown = text(&plan, |_| {});
    assert!(shown.lines().count() <= 40, "{shown}");
    for finding in &plan.findings {
        let code = format!("[{}]", finding.code());
        let is_note = finding.severity() == mageshift::plan::Severity::Note;
        assert!(is_note || shown.contains(&code), "{code}: {shown}");
    }
    assert!(shown.contains("and 59 more like it"), "{shown}");
    assert!(!shown.contains("@@"), "the diff is for who asks: {shown}");
    assert!(text(&plan, |layout| layout.diff = true).contains("\n@@ "));
    let packages = text(&plan, |layout| layout.packages = true);
    assert!(packages.contains("+ mage-os/module-addon-30"), "{packages}");
}
