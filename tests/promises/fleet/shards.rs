//! Shards: every store in one of them, all of them together the whole, and what is missing is told.

use super::{lines, results};
use crate::kit::run_command;
use crate::kit::small_world::SmallWorld;

#[test]
fn shards_make_a_whole_and_missing_ones_are_told() {
    let world = SmallWorld::new();
    for number in 0..12 {
        world.store(&format!("shop-{number}"));
    }
    let check = ["fleet", "check", "stores", "--to=mage-os", "--json"];
    world.run(&[&check[..], &["--out=whole"]].concat());
    let mut seen = 0;
    for shard in ["1/3", "3/3"] {
        let run = world.run(&[&check[..], &["--shard", shard]].concat());
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        seen += lines(&run).0.len();
    }
    let report = world.run(&["fleet", "report"]);
    assert_eq!(report.code, Some(5), "{}", report.stdout);
    assert!(
        report.stderr.contains("Nothing is there of shard 2/3."),
        "{}",
        report.stderr
    );
    // As an engine would start it; and a second worker of the same shard at the same time.
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let mut command = world.command(world.folder(), &check);
            command
                .arg("--offline")
                .env("CI_NODE_INDEX", "2")
                .env("CI_NODE_TOTAL", "3");
            std::thread::spawn(move || run_command(&mut command))
        })
        .collect();
    for worker in workers {
        let run = worker.join().unwrap();
        assert_eq!(run.code, Some(0), "{}", run.stderr);
        assert!(
            run.stderr.contains("Shard 2/3, by CI_NODE_INDEX"),
            "{}",
            run.stderr
        );
        assert_eq!(lines(&run).0.len(), 12 - seen);
    }
    assert_eq!(world.run(&["fleet", "report"]).code, Some(0));
    assert_eq!(
        results(&world.path("mageshift-fleet")),
        results(&world.path("whole"))
    );
}

#[test]
fn half_a_shard_is_wrong_usage() {
    let world = SmallWorld::new();
    world.store("a");
    let run = world.run(&["fleet", "check", "stores", "--shard", "4/3"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("counted from 1 to 3"), "{}", run.stderr);
    let mut command = world.command(world.folder(), &["fleet", "check", "stores"]);
    let run = run_command(command.env("JOB_COMPLETION_INDEX", "0"));
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("MAGESHIFT_SHARDS"), "{}", run.stderr);
}
