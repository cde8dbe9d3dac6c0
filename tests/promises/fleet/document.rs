//! The document about a fleet: one HTML file that says of every store what is known of it, and what is missing.

use crate::kit::small_world::SmallWorld;
use std::fs;

/// A store that goes, one that is stuck, one that is broken.
fn three(world: &SmallWorld) {
    world.store("goes");
    world.stuck("stuck");
    world.broken("broken");
}

fn document(world: &SmallWorld, arguments: &[&str]) -> String {
    let all = [&["fleet", "report", "--html", "fleet.html"], arguments].concat();
    let run = world.run(&all);
    assert!(matches!(run.code, Some(0 | 1 | 3 | 5)), "{}", run.stderr);
    fs::read_to_string(world.path("fleet.html")).unwrap()
}

/// The page of a store and a target, as text between tags.
fn page<'h>(html: &'h str, store: &str) -> &'h str {
    let store = format!("<p class=\"store\">{store}</p>");
    let mut pages = html.split("<article class=\"page\"").skip(1);
    pages
        .find(|page| page.contains(&store))
        .unwrap_or_else(|| panic!("{store} has no page"))
}

#[test]
fn a_look_without_plans_says_who_can_go() {
    let world = SmallWorld::new();
    three(&world);
    world.run(&["fleet", "check", "stores", "--to=mage-os"]);
    let html = document(&world, &[]);
    assert!(
        html.contains("Of 3 shops 1 can go, 1 is blocked and 1 could not be looked at or changed."),
        "{html}"
    );
    let goes = page(&html, "goes");
    assert!(goes.contains("There is a way"), "{goes}");
    assert!(!goes.contains("No plan"), "{goes}");
    let stuck = page(&html, "stuck");
    assert!(stuck.contains("one thing stands in the way"), "{stuck}");
    assert!(stuck.contains("bolt/stuck"), "{stuck}");
    let broken = page(&html, "broken");
    assert!(broken.contains("composer.json"), "{broken}");
    // Folders of the machine are for who asks for them.
    let folder = world.folder().display().to_string();
    assert!(!html.contains(&folder), "{html}");
}

#[test]
fn several_targets_are_counted_one_by_one() {
    let world = SmallWorld::new();
    three(&world);
    let check = ["fleet", "check", "stores", "--to=mage-os", "--to=magento"];
    world.run(&check);
    let html = document(&world, &[]);
    for words in [
        "Each shop counts by the worst of its targets.",
        "<li>mage-os: 1 can go and 1 is blocked.</li>",
        "<li>magento: ",
        "In short",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("Regular support"), "no plan says it: {html}");
}

#[test]
fn plans_have_their_pages_and_what_is_missing_is_said() {
    let world = SmallWorld::new();
    three(&world);
    for number in 0..6 {
        world.store(&format!("more-{number}"));
    }
    for shard in ["1/3", "2/3", "3/3"] {
        world.run(&["fleet", "plan", "stores", "--to=mage-os", "--shard", shard]);
    }
    let whole = document(&world, &[]);
    assert!(!whole.contains("This document is not whole"), "{whole}");
    let goes = page(&whole, "goes");
    assert!(goes.contains("The shop can become"), "{goes}");
    assert!(
        goes.contains("mageshift switch --to mage-os --yes"),
        "{goes}"
    );
    fs::remove_file(world.path("mageshift-fleet/plan/shards/2-of-3.json")).unwrap();
    let part = document(&world, &[]);
    assert!(part.contains("This document is not whole"), "{part}");
    assert!(part.contains("Nothing is there of shard 2/3."), "{part}");
}
