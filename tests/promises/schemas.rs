//! Each document that `--json` prints has a JSON Schema, and real documents fit it: with every field that is required, and with
//! none that is not described.

use crate::kit::*;
use jsonschema::Validator;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema")
}

fn schema(name: &str) -> Value {
    let text = fs::read(folder().join(format!("{name}.schema.json"))).expect("a schema");
    serde_json::from_slice(&text).expect("JSON")
}

/// The same schema for this version of the program alone: it knows all fields.
fn closed(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") {
                fields.insert("additionalProperties".to_owned(), false.into());
            }
            fields.values_mut().for_each(closed);
        }
        Value::Array(items) => items.iter_mut().for_each(closed),
        _ => {}
    }
}

fn validator(name: &str) -> Validator {
    let mut schema = schema(name);
    closed(&mut schema);
    jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Fails unless a document that the program printed fits the schema of that name, as it is and with nothing that it does not
/// describe.
#[track_caller]
pub(crate) fn assert_fits(name: &str, what: &str, document: &Value) {
    let wrong: Vec<String> = validator(name)
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(
        wrong.is_empty(),
        "{what}\n{}\n{document:#}",
        wrong.join("\n")
    );
    let open = jsonschema::validator_for(&schema(name)).expect("a schema");
    assert!(
        open.is_valid(document),
        "{what}: the schema is only right as long as no field is added\n{document:#}"
    );
}

/// The one document of a run with the metadata that ship with the program.
fn document(store: &Path, line: &str) -> Value {
    let mut command = mageshift(store);
    command.args(line.split(' ')).arg("--json");
    let run = run_command(command.env("MAGESHIFT_MIRROR_DIR", RECORDING));
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{line}: {error}: {run:?}"))
}

#[test]
fn documents_fit_their_schemas() {
    let store = sample_store();
    fs::copy(saved(&switch_plan()), store.path().join("plan.json")).expect("a plan");
    for (line, name) in [
        ("switch --to commerce --dry-run", "plan"),
        ("switch --to mage-os --php 8.1 --dry-run", "plan"),
        ("slim --without fedex --dry-run", "plan"),
        ("lock --lock --dry-run --ignore-platform-reqs", "plan"),
        ("new shop --profile minimal --dry-run", "plan"),
        ("check --to magento", "check"),
        ("check --to mage-os@3.4.0", "check"),
        ("releases", "releases"),
        ("next", "next"),
        ("undo --dry-run", "undo"),
        ("undo --list", "undo"),
        ("explain", "explain"),
        ("explain data-loss", "explain"),
        ("profiles", "profiles"),
        ("profiles lite", "profiles"),
        ("profiles fedex", "profiles"),
        ("why magento/framework", "why"),
        ("why-not magento/framework 104", "why-not"),
        ("auth --list", "auth"),
        ("auth repo.magento.com --test --offline", "error"),
        ("doctor --offline", "doctor"),
        ("doctor --offline -d ..", "doctor"),
        (
            "report --to mage-os --to magento@1 --ignore-platform-reqs",
            "report",
        ),
        ("report plan.json", "report"),
        ("undo", "error"),
        ("switch --to mageso", "error"),
        ("frobnicate", "error"),
        ("why acme/none", "error"),
    ] {
        assert_fits(name, line, &document(store.path(), line));
    }
}

#[test]
fn a_plan_fits_saved_applied_and_taken_back() {
    let store = sample_store();
    let made = document(
        store.path(),
        "switch --to mage-os@3.4.0 --php 8.4 --yes --out plan.json",
    );
    assert_eq!(made["applied"], true, "{made:#}");
    assert_fits("plan", "applied", &made);
    let saved = fs::read(store.path().join("plan.json")).expect("a saved plan");
    let saved: Value = serde_json::from_slice(&saved).expect("JSON");
    assert_fits("plan", "saved", &saved);
    assert_fits("next", "next", &document(store.path(), "next"));
    assert_fits("undo", "list", &document(store.path(), "undo --list"));
    assert_fits("undo", "look", &document(store.path(), "undo --dry-run"));
    assert_fits("undo", "undone", &document(store.path(), "undo"));
    let mut other = saved;
    other["changes"][0]["kind"] = "vanish".into();
    assert!(
        !validator("plan").is_valid(&other),
        "a schema can be missed"
    );
    other["changes"][0]["kind"] = "add".into();
    other["surplus"] = json!(1);
    assert!(
        !validator("plan").is_valid(&other),
        "a field is not described"
    );
}

#[test]
fn every_schema_is_one_and_is_listed_in_the_book() {
    let chapter = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/src/json.md");
    let chapter = fs::read_to_string(chapter).expect("the chapter");
    let mut count = 0;
    for entry in fs::read_dir(folder()).expect("a folder").flatten() {
        let name = entry.file_name().into_string().expect("UTF-8");
        let name = name.strip_suffix(".schema.json").expect("a schema");
        count += 1;
        validator(name);
        assert!(
            chapter.contains(&format!("`{name}`")),
            "{name} is not in the book"
        );
    }
    assert!(count > 14, "only {count} schemas");
}
