//! "One that fails fails alone; a run that was cut off goes on to the same end; what did not change is not looked at twice."

use super::{files, lines, results};
use crate::kit::small_world::{SmallWorld, root};
use crate::schemas::assert_fits;
use serde_json::json;
use std::fs;
use std::process::Stdio;
use std::time::Duration;

/// Forty stores, of which each tenth is stuck and number 13 is broken.
fn forty(world: &SmallWorld) {
    for number in 0..40 {
        let name = format!("shop-{number:02}");
        match number {
            13 => world.broken(&name),
            number if number % 10 == 0 => world.stuck(&name),
            _ => world.store(&name),
        };
    }
}

const CHECK: [&str; 6] = [
    "fleet",
    "check",
    "stores",
    "--to=mage-os",
    "--to=magento",
    "--json",
];

#[test]
fn one_broken_store_among_forty_harms_no_other() {
    let world = SmallWorld::new();
    forty(&world);
    let run = world.run(&CHECK);
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    let (stores, sum) = lines(&run);
    assert_eq!(stores.len(), 40);
    assert_eq!(
        (&sum["go"], &sum["blocked"], &sum["failed"]),
        (&json!(35), &json!(4), &json!(1))
    );
    let broken = &stores["shop-13"];
    assert_eq!(broken["outcome"], "failed");
    let message = broken["failure"]["message"].as_str().unwrap();
    assert!(message.contains("composer.json"), "{message}");
    let stuck = &stores["shop-20"]["targets"][0];
    assert_eq!(
        (&stuck["wanted"], &stuck["outcome"]),
        (&json!("mage-os"), &json!("blocked"))
    );
    assert!(
        stuck["blockers"].to_string().contains("bolt/stuck"),
        "{stuck}"
    );

    // Without it, the others are as they were, and the sum of codes is that of the stuck ones.
    fs::remove_dir_all(world.path("stores/shop-13")).unwrap();
    let run = world.run(&[&CHECK[..], &["--out", "other"]].concat());
    assert_eq!(run.code, Some(3), "{}", run.stderr);
    let (all, others) = (
        results(&world.path("mageshift-fleet")),
        results(&world.path("other")),
    );
    assert_eq!((all.len(), others.len()), (40, 39));
    for (name, bytes) in &others {
        assert_eq!(all[name], *bytes, "{name}");
    }
    for number in [0, 10, 20, 30] {
        fs::remove_dir_all(world.path(&format!("stores/shop-{number:02}"))).unwrap();
    }
    assert_eq!(world.run(&CHECK).code, Some(0));
}

#[test]
fn what_did_not_change_is_not_looked_at_again() {
    let world = SmallWorld::new();
    for name in ["a", "b", "c"] {
        world.store(name);
    }
    world.broken("d");
    let unchanged = |arguments: &[&str]| {
        let (stores, _) = lines(&world.run(&[&CHECK[..], arguments].concat()));
        let unchanged = stores.values().filter(|store| store["unchanged"] == true);
        let names = unchanged.filter_map(|store| store["name"].as_str().map(str::to_owned));
        names.collect::<Vec<_>>()
    };
    assert!(unchanged(&[]).is_empty());
    assert_eq!(
        unchanged(&[]),
        ["a", "b", "c"],
        "what failed is tried again"
    );
    assert!(unchanged(&["--again"]).is_empty());
    assert!(
        unchanged(&["--php=8.3"]).is_empty(),
        "something else is wanted"
    );
    assert_eq!(unchanged(&["--php=8.3"]), ["a", "b", "c"]);
    let mut changed = root();
    changed["description"] = json!("changed");
    fs::write(world.path("stores/b/composer.json"), changed.to_string()).unwrap();
    assert_eq!(unchanged(&["--php=8.3"]), ["a", "c"]);
    // A release that was not there.
    let product = world.path("mirror/repo.mage-os.org/p2/mage-os/product-community-edition.json");
    let text = fs::read_to_string(&product).unwrap();
    let mut document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let versions = document["packages"]["mage-os/product-community-edition"]
        .as_array_mut()
        .unwrap();
    let mut newer = versions[0].clone();
    newer["version"] = json!("2.2.2");
    versions.push(newer);
    fs::write(product, document.to_string()).unwrap();
    assert!(unchanged(&["--php=8.3"]).is_empty());
}

#[test]
fn a_run_that_is_killed_goes_on_to_the_same_results() {
    let world = SmallWorld::new();
    forty(&world);
    let whole = world.run(&[&CHECK[..], &["--out", "whole"]].concat());
    let whole = (whole.code, results(&world.path("whole")));
    let mut cut_off = 0;
    for wait in [20, 60, 120, 200, 300, 450, 700] {
        let mut command = world.command(world.folder(), &CHECK);
        command
            .arg("--offline")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        cut_off += usize::from(!child.wait().unwrap().success());
        for (name, bytes) in results(&world.path("mageshift-fleet")) {
            assert_eq!(whole.1[&name], bytes, "{name} after {wait} ms");
        }
    }
    assert!(cut_off > 0);
    let run = world.run(&CHECK);
    assert_eq!((run.code, results(&world.path("mageshift-fleet"))), whole);
    let report = world.run(&["fleet", "report", "--json"]);
    assert_eq!(report.code, Some(1));
    let report: serde_json::Value = serde_json::from_str(&report.stdout).unwrap();
    assert_fits("fleet-report", "a report", &report);
    assert_eq!(report["stores"].as_array().unwrap().len(), 40);
    assert_eq!(
        report["missing"],
        json!({"shards": [], "cut_off": [], "stores": []})
    );
}

#[test]
fn no_secret_of_forty_stores_appears_anywhere() {
    let world = SmallWorld::new();
    for number in 0..40 {
        let name = format!("shop-{number:02}");
        let store = world.store(&name);
        let mut root = root();
        root["repositories"] = json!([
            {"type": "composer", "url": format!("https://me:PlantedUrl{number:02}@repo.acme-{number}.test/")},
            {"type": "composer", "url": format!("https://repo.bolt-{number}.test/?key=PlantedQuery{number:02}")},
            {"type": "composer", "url": "https://repo.magento.com/"}
        ]);
        root["require"]["acme/not-there"] = json!("^2.0");
        fs::write(store.join("composer.json"), root.to_string()).unwrap();
        let auth = json!({
            "http-basic": {"repo.magento.com": {"username": format!("PlantedUser{number:02}"), "password": format!("PlantedPassword{number:02}")}},
            "bearer": {format!("repo.acme-{number}.test"): format!("PlantedBearer{number:02}")}
        });
        fs::write(store.join("auth.json"), auth.to_string()).unwrap();
        fs::create_dir_all(store.join("app/etc")).unwrap();
        let env = format!(
            "<?php return ['db' => ['connection' => ['default' => ['host' => 'localhost', 'dbname' => 'shop', 'username' => 'shop', 'password' => 'PlantedDatabase{number:02}']]]];"
        );
        fs::write(store.join("app/etc/env.php"), env).unwrap();
        if number == 7 {
            // A file that cannot be read is told about; its text is not.
            fs::write(
                store.join("auth.json"),
                "{\"bearer\": {\"a.test\": PlantedBroken}}",
            )
            .unwrap();
        }
    }
    for stage in ["check", "plan"] {
        for further in [&["--json"][..], &["-vv"]] {
            let all = ["fleet", stage, "stores", "--to=mage-os", "--again"];
            let run = world.run(&[&all[..], further].concat());
            assert!(matches!(run.code, Some(0 | 1 | 3)), "{}", run.stderr);
            for text in [run.stdout, run.stderr] {
                assert!(!text.contains("Planted"), "{stage} {further:?}: {text}");
            }
        }
    }
    let report = world.run(&["fleet", "report", "--json", "--markdown", "fleet.md"]);
    assert!(!(report.stdout + &report.stderr).contains("Planted"));
    let kept = files(&world.path("mageshift-fleet"));
    assert!(kept.len() > 80);
    for (name, bytes) in kept.into_iter().chain([(
        "fleet.md".to_owned(),
        fs::read(world.path("fleet.md")).unwrap(),
    )]) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Planted"), "{name}: {text}");
    }
}
