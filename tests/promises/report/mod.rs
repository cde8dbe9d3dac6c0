//! "A merchant decides by one document: it says what the plan says, loads nothing, and tells nothing that it should not."

mod browser;
mod outline;

use crate::kit::{self, RECORDING, Run, mageshift, run_command, saved};
use crate::schemas::assert_fits;
use outline::Outline;
use regex::Regex;
use serde_json::Value;
use std::fs;
use std::path::Path;

/// The sample store in the made-up store's folder, with services, a private repository, and secrets wherever a store has some.
fn store(parent: &Path) -> std::path::PathBuf {
    let store = parent.join("acme-shop");
    kit::copy(&kit::fixture("made-up-store"), &store);
    kit::copy(&kit::fixture("sample-store"), &store);
    let root = fs::read_to_string(store.join("composer.json")).unwrap();
    let mut root: Value = serde_json::from_str(&root).unwrap();
    let repositories = root["repositories"].as_array_mut().map(std::mem::take);
    let mut repositories = repositories.unwrap_or_default();
    repositories.push(serde_json::json!({
        "type": "composer", "url": "https://deploy:PlantedUrlPassword@satis.acme-agency.net/",
        "only": ["acme-agency/*"],
        "options": {"http": {"header": ["X-Key: PlantedHeader"]}},
    }));
    root["repositories"] = repositories.into();
    fs::write(store.join("composer.json"), format!("{root:#}")).unwrap();
    for (path, text) in [
        (
            "app/etc/env.php",
            "<?php return ['db' => ['table_prefix' => 'acme_', 'connection' => ['default' => ['host' => 'db-7.acme-agency.net', 'dbname' => 'shop', 'username' => 'shop', 'password' => 'PlantedDatabasePassword']]]];\n",
        ),
        (
            "auth.json",
            r#"{"http-basic": {"repo.magento.com": {"username": "PlantedPublicKey0123456789abcdef", "password": "PlantedPrivateKey"}}}"#,
        ),
        (
            ".ddev/config.yaml",
            "php_version: '8.1'\ndatabase: {type: mariadb, version: '10.4'}\nweb_environment: [A=PlantedDdev]\n",
        ),
    ] {
        let path = store.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    store
}

/// What is planted, and what is no secret but nobody else's business.
const SECRETS: [&str; 6] = [
    "PlantedUrlPassword",
    "PlantedHeader",
    "PlantedDatabasePassword",
    "PlantedPublicKey0123456789abcdef",
    "PlantedPrivateKey",
    "PlantedDdev",
];
const PLACES: [&str; 2] = ["satis.acme-agency.net", "db-7.acme-agency.net"];

fn report(folder: &Path, arguments: &[&str]) -> Run {
    run_command(mageshift(folder).arg("report").args(arguments))
}

/// What plans from the recorded metadata alone.
const SOURCES: [&str; 4] = [
    "--mirror-dir",
    RECORDING,
    "--offline",
    "--ignore-platform-reqs",
];

/// A text that stays the same when a day has passed.
fn undated(text: &str) -> String {
    let day = Regex::new(r"(until|ended on) \d+ [A-Z][a-z]+ \d{4}").unwrap();
    day.replace_all(text, "DAY").into_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn a_choice_of_targets_becomes_one_document() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    fs::write(
        folder.path().join("logo.svg"),
        "<svg xmlns='http://www.w3.org/2000/svg' width='120' height='30'><rect width='120' height='30'/></svg>",
    )
    .unwrap();
    let targets = [
        "--to",
        "mage-os@2.2.1",
        "--to",
        "commerce@2.4.8-p4",
        "--to",
        "magento@2.4.8-p9",
    ];
    let files = [
        "--html",
        "report.html",
        "--markdown",
        "report.md",
        "--json-file",
        "report.json",
    ];
    let of_agency = [
        "--agency",
        "Acme & <Sons>",
        "--logo",
        "logo.svg",
        "--note",
        "First.\n\n<b>Second</b>.",
    ];
    let arguments = [&["acme-shop"][..], &targets, &files, &of_agency, &SOURCES].concat();
    let run = report(folder.path(), &arguments);
    assert_eq!(run.code, Some(0), "{run:?}");
    let html = read(&folder.path().join("report.html"));
    let outline = Outline::of(&html);
    outline.assert_whole();
    insta::assert_snapshot!("report_outline", undated(&outline.to_string()));
    assert!(
        html.contains("Acme &amp; &lt;Sons&gt;")
            && html.contains("<p>&lt;b&gt;Second&lt;/b&gt;.</p>")
    );
    assert!(html.contains("src=\"data:image/svg+xml;base64,"));
    assert!(
        html.contains("'acme_sales_order_payment'"),
        "the queries have the store's prefix"
    );

    let markdown = read(&folder.path().join("report.md"));
    let table = markdown
        .lines()
        .skip(1)
        .take(8)
        .collect::<Vec<_>>()
        .join("\n");
    insta::assert_snapshot!("report_choice", undated(&table));

    let json: Value = serde_json::from_str(&read(&folder.path().join("report.json"))).unwrap();
    assert_fits("report", "several targets", &json);
    let verdicts: Vec<&str> = json["pages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|page| page["verdict"].as_str().unwrap())
        .collect();
    assert_eq!(verdicts, ["with-care", "with-care", "no-plan"]);
    let services = &json["pages"][0]["plan"]["background"]["services"];
    let php = services
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["role"] == "php")
        .unwrap();
    assert_eq!(php["found"][0]["fit"], "unsupported", "{php}");
    let places = json["pages"][0]["places"].as_array().unwrap();
    let place = places
        .iter()
        .find(|place| place["file"] == "app/code/Acme/Own/Model/SignIn.php");
    assert!(
        place.is_some_and(|place| place["line"].as_u64() > Some(1)),
        "{places:?}"
    );

    // Nothing in the store was touched.
    assert!(!store.join(".mageshift").exists());
    for text in [&html, &markdown, &json.to_string(), &run.stderr] {
        for secret in SECRETS {
            assert!(!text.contains(secret), "{secret} is told");
        }
    }
    let own = folder.path().to_str().unwrap();
    for text in [&html, &markdown, &json.to_string()] {
        for place in PLACES.iter().chain([&own, &RECORDING]) {
            assert!(!text.contains(place), "{place} is told");
        }
    }
    // The same again takes the place of what it wrote, now with hosts.
    let run = report(folder.path(), &[&arguments[..], &["--with-hosts"]].concat());
    assert_eq!(run.code, Some(0), "{run:?}");
    let html = read(&folder.path().join("report.html"));
    assert!(html.contains("db-7.acme-agency.net"));
    for secret in SECRETS {
        assert!(!html.contains(secret), "{secret} is told");
    }
}

#[test]
fn a_saved_plan_and_a_switch_make_the_same_document() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(folder.path());
    let plan = folder.path().join("acme-shop.json");
    let to = ["--to", "mage-os@2.2.1", "--dry-run"];
    let out = [
        "--out",
        plan.to_str().unwrap(),
        "--report",
        "../switch.html",
    ];
    let arguments = [&["switch"][..], &to, &out, &SOURCES].concat();
    let run = run_command(mageshift(&store).args(arguments));
    assert_eq!(run.code, Some(0), "{run:?}");
    let elsewhere = tempfile::tempdir().unwrap();
    fs::copy(&plan, elsewhere.path().join("acme-shop.json")).unwrap();
    let run = report(
        elsewhere.path(),
        &[
            "acme-shop.json",
            "--html",
            "r.html",
            "--markdown",
            "r.md",
            "--json",
        ],
    );
    assert_eq!(run.code, Some(0), "{run:?}");
    let of_switch = read(&folder.path().join("switch.html"));
    let of_plan = read(&elsewhere.path().join("r.html"));
    let outlines = [&of_switch, &of_plan].map(|html| {
        let outline = Outline::of(html);
        outline.assert_whole();
        outline.to_string()
    });
    assert_eq!(outlines[0], outlines[1]);
    assert!(of_plan.contains("mageshift apply acme-shop.json --yes"));
    let markdown = read(&elsewhere.path().join("r.md"));
    assert!(markdown.contains("+++ b/composer.json"), "{markdown}");
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["pages"][0]["verdict"], "with-care");
    for text in [&of_switch, &of_plan, &markdown, &run.stdout] {
        for hidden in SECRETS.iter().chain(&PLACES) {
            assert!(!text.contains(hidden), "{hidden} is told");
        }
    }
}

#[test]
fn what_blocks_is_said_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let plan = saved(&kit::blocked_plan());
    let arguments = [plan.to_str().unwrap(), "--html", "r.html"];
    let run = report(folder.path(), &arguments);
    assert_eq!(run.code, Some(3), "{run:?}");
    let html = read(&folder.path().join("r.html"));
    Outline::of(&html).assert_whole();
    assert!(
        html.contains("cannot become <span class=\"nb\">Mage-OS</span> 2.2.1"),
        "{html}"
    );
    assert!(html.contains("mageshift switch --to mage-os@2.2.1"));
    assert!(
        !html.contains("bin/magento"),
        "no steps of a night that cannot be"
    );
}

#[test]
fn a_store_that_fails_fails_alone() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a/shop", "b/shop"] {
        let store = folder.path().join(name);
        kit::copy(&kit::fixture("sample-store"), &store);
    }
    fs::write(folder.path().join("b/shop/composer.json"), "<<<<<<< ours").unwrap();
    let stores = [
        "a/shop",
        "b/shop",
        "--to",
        "mage-os@2.2.1",
        "--html",
        "r.html",
    ];
    let run = report(folder.path(), &[&stores[..], &SOURCES].concat());
    assert_eq!(run.code, Some(1), "{run:?}");
    let html = read(&folder.path().join("r.html"));
    Outline::of(&html).assert_whole();
    assert!(
        html.contains("<p class=\"store\">shop</p>")
            && html.contains("<p class=\"store\">shop (2)</p>")
    );
    assert!(html.contains("There is no plan for"));
    // Alone, it is an error like that of any command.
    let run = report(folder.path(), &[&stores[1..], &SOURCES].concat());
    assert_eq!(run.code, Some(4), "{run:?}");
}

#[test]
fn only_a_report_is_replaced_by_a_report() {
    let folder = tempfile::tempdir().unwrap();
    let plan = saved(&kit::switch_plan());
    let plan = plan.to_str().unwrap();
    for (option, name, foreign) in [
        ("--html", "r.html", "<!DOCTYPE html><p>somebody's own"),
        ("--markdown", "r.md", "# somebody's own"),
        ("--json-file", "r.json", "{\"schema\": 1}"),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, foreign).unwrap();
        let run = report(folder.path(), &[plan, option, name]);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert_eq!(read(&path), foreign);
        fs::remove_file(&path).unwrap();
        for _ in 0..2 {
            let run = report(folder.path(), &[plan, option, name]);
            assert_eq!(run.code, Some(0), "{run:?}");
        }
    }
}

#[test]
fn wrong_usage_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let plan = saved(&kit::switch_plan());
    let plan = plan.to_str().unwrap();
    fs::write(folder.path().join("logo.png"), "no picture").unwrap();
    fs::write(folder.path().join("composer.json"), "{}").unwrap();
    for (arguments, said) in [
        (&[plan][..], "no file to write"),
        (
            &["gone", "--html", "r.html"],
            "there is neither a store nor a plan at gone",
        ),
        (
            &["--html", "r.html"],
            "what the store should become is not said",
        ),
        (
            &[plan, "--to", "mage-os", "--html", "r.html"],
            "a saved plan has its target already",
        ),
        (
            &[plan, "--html", "r.html", "--logo", "logo.png"],
            "logo.png cannot be the logo",
        ),
    ] {
        let run = report(folder.path(), arguments);
        assert_eq!(run.code, Some(2), "{run:?}");
        assert!(run.stderr.contains(said), "{run:?}");
    }
    assert!(!folder.path().join("r.html").exists());
}
