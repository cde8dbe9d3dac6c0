//! What is published against the packages of a new lock is said.

use crate::kit::{run, store};
use serde_json::{Value, json};
use std::fs;

#[test]
fn a_switch_names_security_advisories() {
    let repository = tempfile::tempdir().unwrap();
    let base = json!({"name": "acme/base", "version": "1.0.0", "dist": {"type": "zip", "url": "https://example.org/base.zip"}});
    let advisory = |id: &str, affected: &str| json!({"advisoryId": id, "packageName": "acme/base", "affectedVersions": affected});
    let files = [
        (
            "packages.json",
            json!({
                "metadata-url": "/p2/%package%.json",
                "available-packages": ["acme/base"],
                "security-advisories": {"metadata": true},
            }),
        ),
        (
            "p2/acme/base.json",
            json!({
                "packages": {"acme/base": [base]},
                "security-advisories": [advisory("PKSA-1", "<1.1"), advisory("PKSA-2", "<0.5")],
            }),
        ),
        (
            "p2/acme/base~dev.json",
            json!({"packages": {"acme/base": []}}),
        ),
    ];
    for (name, document) in files {
        let path = repository.path().join("repo.example.org").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, document.to_string()).unwrap();
    }
    let recording = concat!(env!("CARGO_MANIFEST_DIR"), "/data/recording");
    for host in fs::read_dir(recording).unwrap().flatten() {
        if host.path().is_dir() {
            std::os::unix::fs::symlink(host.path(), repository.path().join(host.file_name()))
                .unwrap();
        }
    }
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/sample-store");
    let root = fs::read_to_string(format!("{sample}/composer.json")).unwrap();
    let mut root: Value = serde_json::from_str(&root).unwrap();
    let list = root["repositories"].as_array_mut().unwrap();
    list.push(json!({"type": "composer", "url": "https://repo.example.org"}));
    root["require"]["acme/base"] = "^1.0".into();
    let lock = fs::read_to_string(format!("{sample}/composer.lock")).unwrap();
    let store = store(&root.to_string(), &lock);
    let arguments = [
        "switch",
        "--to",
        "mage-os",
        "--ignore-platform-reqs",
        "--offline",
        "--dry-run",
        "--json",
        "--mirror-dir",
        repository.path().to_str().unwrap(),
    ];
    let run = run(store.path(), &arguments);
    let plan: Value = serde_json::from_str(&run.stdout).expect(&run.stderr);
    let findings = plan["findings"].as_array().unwrap();
    let found: Vec<&Value> = findings
        .iter()
        .filter(|finding| finding["code"] == "security-advisory")
        .collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["title"], "acme/base 1.0.0 has a security advisory");
    let detail = found[0]["detail"].as_str().unwrap();
    assert!(
        detail.contains("PKSA-1") && !detail.contains("PKSA-2"),
        "{detail}"
    );
}
