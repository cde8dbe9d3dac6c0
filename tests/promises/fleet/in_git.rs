//! Plans as commits on branches of their own: nothing forced, no file of a checkout touched, the main branch never written to.

use super::{files, lines};
use crate::kit::small_world::SmallWorld;
use crate::kit::{Run, run_command};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const BRANCH: &str = "mageshift/mage-os-2.2.1";

/// Runs git as somebody, without the settings of whoever runs the tests.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args([
            "-c",
            "user.name=Shop",
            "-c",
            "user.email=shop@acme.test",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A store in a bare repository, below the folder `src`, and the address of that.
fn bare(world: &SmallWorld, name: &str) -> (PathBuf, String) {
    let store = world.store(name);
    let tree = world.path(&format!("trees/{name}"));
    fs::create_dir_all(tree.join("src")).unwrap();
    for file in ["composer.json", "composer.lock"] {
        fs::copy(store.join(file), tree.join("src").join(file)).unwrap();
    }
    fs::write(tree.join("README"), "shop\n").unwrap();
    git(&tree, &["init", "-q"]);
    git(&tree, &["add", "."]);
    git(&tree, &["commit", "-q", "-m", "Shop"]);
    git(&tree, &["commit", "-q", "--allow-empty", "-m", "Second"]);
    let bare = world.path(&format!("bare/{name}.git"));
    git(
        &tree,
        &["clone", "-q", "--bare", ".", bare.to_str().unwrap()],
    );
    let url = format!("file://{}", bare.display());
    (bare, url)
}

fn apply(world: &SmallWorld, further: &[&str]) -> Run {
    run_command(&mut apply_command(world, further))
}

fn apply_command(world: &SmallWorld, further: &[&str]) -> Command {
    let all = [
        "fleet",
        "apply",
        "list.jsonl",
        "--to=mage-os",
        "--json",
        "--offline",
    ];
    let mut command = world.command(world.folder(), &[&all[..], further].concat());
    for (name, value) in [("NAME", "Agency"), ("EMAIL", "agency@acme.test")] {
        command
            .env(format!("GIT_AUTHOR_{name}"), value)
            .env(format!("GIT_COMMITTER_{name}"), value);
    }
    command
}

fn list(world: &SmallWorld, urls: &[&str]) {
    let lines: String = urls
        .iter()
        .map(|url| format!("{{\"git\": \"{url}\", \"folder\": \"src\"}}\n"))
        .collect();
    fs::write(world.path("list.jsonl"), lines).unwrap();
}

fn branches(bare: &Path) -> Vec<String> {
    let refs = git(
        bare,
        &[
            "for-each-ref",
            "--format=%(refname:short) %(objectname)",
            "refs/heads",
        ],
    );
    refs.lines().map(str::to_owned).collect()
}

#[test]
fn a_branch_is_made_and_pushed_when_that_is_asked() {
    let world = SmallWorld::new();
    let (bare, url) = bare(&world, "acme");
    let before = branches(&bare);
    list(&world, &[&url]);
    let run = apply(&world, &[]);
    assert_eq!(run.code, Some(5), "nobody said yes: {}", run.stderr);
    assert!(!world.path("mageshift-fleet/clones").exists());
    let run = apply(&world, &["--yes"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let (stores, _) = lines(&run);
    let done = &stores["acme"]["done"];
    assert_eq!(
        (&done["as"], &done["branch"], &done["pushed"]),
        (&"branch".into(), &BRANCH.into(), &false.into())
    );
    assert_eq!(branches(&bare), before, "nothing is pushed unasked");

    let run = apply(&world, &["--yes", "--push"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let after = branches(&bare);
    assert_eq!(after.len(), before.len() + 1);
    assert!(
        before.iter().all(|branch| after.contains(branch)),
        "the others are as they were"
    );
    assert_eq!(
        git(&bare, &["diff", "--name-only", "main", BRANCH]),
        "src/composer.json\nsrc/composer.lock"
    );
    assert_eq!(
        git(&bare, &["rev-parse", &format!("{BRANCH}^")]),
        git(&bare, &["rev-parse", "main"])
    );
    let message = git(&bare, &["log", "-1", "--format=%an%n%B", BRANCH]);
    assert!(
        message.starts_with("Agency\nSwitch from Magento Open Source 2.4.8-p3 to Mage-OS 2.2.1\n"),
        "{message}"
    );
    let root = git(&bare, &["show", &format!("{BRANCH}:src/composer.json")]);
    assert!(root.contains("mage-os/product-community-edition"), "{root}");
    let text = files(&world.path("mageshift-fleet/apply/pull-requests"));
    let text = String::from_utf8(text.into_values().next().unwrap()).unwrap();
    assert!(
        text.contains("## Magento Open Source 2.4.8-p3 → Mage-OS 2.2.1"),
        "{text}"
    );
    // Once more changes nothing, neither here nor there.
    let (stores, _) = lines(&apply(&world, &["--yes", "--push"]));
    assert_eq!(stores["acme"]["unchanged"], true);
    let (stores, _) = lines(&apply(&world, &["--yes", "--push", "--again"]));
    assert_eq!(stores["acme"]["outcome"], "go", "{stores:?}");
    assert_eq!(branches(&bare), after);
}

#[test]
fn a_branch_of_somebody_else_is_never_replaced() {
    let world = SmallWorld::new();
    let (bare, url) = bare(&world, "acme");
    git(&bare, &["branch", BRANCH, "main~1"]);
    list(&world, &[&url]);
    let before = branches(&bare);
    let run = apply(&world, &["--yes", "--push"]);
    assert_eq!(run.code, Some(1));
    let (stores, _) = lines(&run);
    let message = stores["acme"]["failure"]["message"].as_str().unwrap();
    assert!(message.contains("cannot be pushed"), "{message}");
    assert_eq!(branches(&bare), before);

    // Where that is the main branch of the repository.
    git(
        &bare,
        &["symbolic-ref", "HEAD", &format!("refs/heads/{BRANCH}")],
    );
    fs::write(
        world.path("list.jsonl"),
        format!("{{\"git\": \"{url}\", \"branch\": \"main\", \"folder\": \"src\"}}\n"),
    )
    .unwrap();
    let (stores, _) = lines(&apply(&world, &["--yes", "--push"]));
    let message = stores["acme"]["failure"]["message"].as_str().unwrap();
    assert!(message.contains("is the main one"), "{message}");
    assert_eq!(branches(&bare), before);
}

#[test]
fn a_checkout_stays_as_it_is_and_undo_takes_the_branch_back() {
    let world = SmallWorld::new();
    bare(&world, "acme");
    let tree = world.path("trees/acme");
    fs::write(
        world.path("list.jsonl"),
        "{\"path\": \"trees/acme/src\", \"name\": \"acme\"}\n",
    )
    .unwrap();
    let before = (
        files(&tree.join("src")),
        git(&tree, &["status", "--porcelain=v2", "--branch"]),
    );
    let run = apply(&world, &["--yes"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let now = || {
        (
            files(&tree.join("src")),
            git(&tree, &["status", "--porcelain=v2", "--branch"]),
        )
    };
    assert_eq!(now(), before);
    assert_eq!(git(&tree, &["branch", "--list", BRANCH]), BRANCH);
    // A branch that somebody went on with is theirs.
    let made = git(&tree, &["rev-parse", BRANCH]);
    git(&tree, &["branch", "-f", BRANCH, "main"]);
    let run = world.run(&["fleet", "undo", "list.jsonl"]);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    git(&tree, &["branch", "-f", BRANCH, &made]);
    let run = world.run(&["fleet", "undo", "list.jsonl"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert!(
        run.stderr
            .contains(&format!("acme: the branch {BRANCH} is gone.")),
        "{}",
        run.stderr
    );
    assert_eq!(git(&tree, &["branch", "--list", BRANCH]), "");
    assert_eq!(now(), before);
    let (stores, _) = lines(&apply(&world, &["--yes"]));
    assert_eq!(stores["acme"]["unchanged"], false);
}

#[test]
fn a_dirty_tree_and_one_that_names_programs_are_refused() {
    let world = SmallWorld::new();
    bare(&world, "acme");
    bare(&world, "bolt");
    let list = "{\"path\": \"trees/acme/src\", \"name\": \"acme\"}\n{\"path\": \"trees/bolt/src\", \"name\": \"bolt\"}\n";
    fs::write(world.path("list.jsonl"), list).unwrap();
    fs::write(world.path("trees/acme/README"), "changed\n").unwrap();
    let touched = world.path("touched");
    let filter = format!("touch {}", touched.display());
    git(
        &world.path("trees/bolt"),
        &["config", "filter.x.clean", &filter],
    );
    fs::write(world.path("trees/bolt/.gitattributes"), "* filter=x\n").unwrap();
    for further in [&[][..], &["--in-place"]] {
        let run = apply(&world, &[&["--yes"], further].concat());
        assert_eq!(run.code, Some(1));
        let (stores, _) = lines(&run);
        let said = |name: &str| {
            stores[name]["failure"]["message"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert!(said("acme").contains("not committed"), "{}", said("acme"));
        assert!(said("bolt").contains("filter.x.clean"), "{}", said("bolt"));
    }
    assert!(!touched.exists());
    // Keys would go by way of somebody else.
    let bolt = world.path("trees/bolt");
    git(&bolt, &["config", "--unset", "filter.x.clean"]);
    for (name, value, is_refused) in [
        ("http.proxy", "http://evil.test", true),
        ("http.https://github.com/.sslVerify", "false", true),
        ("http.curloptResolve", "github.com:443:192.0.2.1", true),
        ("http.https://github.com/.sslVerify", "true", false),
        ("http.https://github.com/.extraheader", "x: y", false),
    ] {
        git(&bolt, &["config", name, value]);
        let (stores, _) = lines(&apply(&world, &["--yes"]));
        let told = stores["bolt"]["failure"]["message"]
            .as_str()
            .unwrap_or_default();
        assert_eq!(
            told.contains(&name.to_lowercase()[..8]),
            is_refused,
            "{told}"
        );
        git(&bolt, &["config", "--unset", name]);
    }
    let run = world.run(&["fleet", "undo", "list.jsonl"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    for name in ["acme", "bolt"] {
        assert_eq!(
            git(
                &world.path(&format!("trees/{name}")),
                &["branch", "--list", BRANCH]
            ),
            ""
        );
    }
}

#[test]
fn a_checkout_that_git_does_not_read_is_not_written() {
    let world = SmallWorld::new();
    bare(&world, "acme");
    let list = "{\"path\": \"trees/acme/src\", \"name\": \"acme\"}\n";
    fs::write(world.path("list.jsonl"), list).unwrap();
    let before = files(&world.path("trees/acme/src"));
    for further in [&["--yes"][..], &["--yes", "--push"]] {
        let mut command = apply_command(&world, further);
        // As where git is not installed.
        command.env("PATH", world.path("nothing"));
        let run = run_command(&mut command);
        assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
        let (stores, _) = lines(&run);
        let told = stores["acme"]["failure"]["message"].as_str().unwrap();
        assert!(told.contains("the checkout cannot be read"), "{told}");
        assert_eq!(files(&world.path("trees/acme/src")), before);
    }
}

#[test]
fn the_login_of_an_address_is_in_no_name_of_a_clone() {
    let world = SmallWorld::new();
    // Nobody listens there, so that the address is as far as it gets.
    list(&world, &["https://bob:S3cr3tPW99x@127.0.0.1:9/x.git"]);
    let run = apply(&world, &["--yes"]);
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    let mut names = names(&world.path("mageshift-fleet/clones"));
    assert!(!names.is_empty());
    names.push(run.stdout + &run.stderr);
    let told = names.concat().to_lowercase();
    assert!(!told.contains("s3cr3tpw99x"), "{told}");
}

#[test]
fn what_is_in_no_repository_is_written_in_place_and_comes_back() {
    let world = SmallWorld::new();
    for name in ["a", "b"] {
        world.store(name);
    }
    world.stuck("c");
    let own = |mut files: std::collections::BTreeMap<String, Vec<u8>>| {
        files.retain(|name, _| !name.contains(".mageshift"));
        files
    };
    let before = own(files(&world.path("stores")));
    let all = ["fleet", "apply", "stores", "--to=mage-os", "--yes"];
    let run = world.run(&all);
    assert_eq!(run.code, Some(3), "{}{}", run.stdout, run.stderr);
    let after = own(files(&world.path("stores")));
    assert_ne!(after["a/composer.json"], before["a/composer.json"]);
    assert_eq!(
        after["c/composer.json"], before["c/composer.json"],
        "it is blocked"
    );
    // A second run has nothing to do, and does not forget what the first one did.
    assert_eq!(world.run(&all).code, Some(3));
    assert_eq!(own(files(&world.path("stores"))), after);
    let run = world.run(&["fleet", "undo", "stores"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(own(files(&world.path("stores"))), before);
    assert_eq!(
        world.run(&["fleet", "undo", "stores"]).code,
        Some(0),
        "nothing is left to take back"
    );
    assert_eq!(own(files(&world.path("stores"))), before);
}

#[test]
fn a_pull_request_is_opened_by_the_program_of_the_forge_and_once() {
    let world = SmallWorld::new();
    let (_, url) = bare(&world, "acme");
    list(&world, &[&url]);
    // Stands in for the program of the forge: remembers what it was asked, and that there is a pull request.
    let bin = world.path("bin");
    fs::create_dir_all(&bin).unwrap();
    let asked = world.path("asked");
    let script = format!(
        "#!/bin/sh\necho \"$@\" >> {asked}\ncase \"$2\" in\n view) test -f {asked}.open && echo https://forge.test/pull/1 || exit 1;;\n create) shift; while [ \"$1\" != --body-file ]; do shift; done; cp \"$2\" {asked}.text; touch {asked}.open; echo https://forge.test/pull/1;;\nesac\n",
        asked = asked.display()
    );
    fs::write(bin.join("gh"), script).unwrap();
    fs::set_permissions(bin.join("gh"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
    let open = |further: &[&str]| {
        let all = [
            "fleet",
            "apply",
            "list.jsonl",
            "--to=mage-os",
            "--json",
            "--offline",
            "--yes",
            "--push",
            "--open-pr",
        ];
        let mut command = world.command(world.folder(), &[&all[..], further].concat());
        command.env("PATH", &path);
        for who in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{who}_NAME"), "A")
                .env(format!("GIT_{who}_EMAIL"), "a@acme.test");
        }
        let (stores, _) = lines(&run_command(&mut command));
        stores["acme"].clone()
    };
    let unknown: Value = open(&[]);
    let message = unknown["failure"]["message"].as_str().unwrap();
    assert!(message.contains("no forge that is known"), "{message}");
    assert_eq!(
        unknown["done"]["pushed"], true,
        "what was done is told: {unknown}"
    );
    let opened = open(&["--forge=github"]);
    assert_eq!(
        opened["done"]["pull_request"], "https://forge.test/pull/1",
        "{opened}"
    );
    let said = fs::read_to_string(&asked).unwrap();
    assert!(said.contains(&format!("pr create --head {BRANCH} --title Switch from Magento Open Source 2.4.8-p3 to Mage-OS 2.2.1")), "{said}");
    assert!(said.contains("--base main"), "{said}");
    let text = fs::read_to_string(world.path("asked.text")).unwrap();
    assert!(text.contains("### Packages"), "{text}");
    assert_eq!(
        open(&["--forge=github", "--again"])["done"]["pull_request"],
        "https://forge.test/pull/1"
    );
    let said = fs::read_to_string(&asked).unwrap();
    assert_eq!(said.matches("pr create").count(), 1, "{said}");
}

/// A run of the fleet that was cut off between two files of a store that is in git.
#[test]
fn a_store_that_is_half_written_is_seen_before_git_is_asked() {
    use crate::kit::journalled::{journals, plan};
    let world = SmallWorld::new();
    bare(&world, "acme");
    let store = world.path("trees/acme/src");
    let line = "{\"path\": \"trees/acme/src\", \"name\": \"acme\"}\n";
    fs::write(world.path("list.jsonl"), line).unwrap();
    let half = plan(
        &store,
        &[("composer.json", Some("{}")), ("composer.lock", None)],
    );
    let journals = journals(&store).watched(|step| {
        if step == "moved" {
            std::panic::resume_unwind(Box::new("cut off"));
        }
    });
    let cut = std::panic::AssertUnwindSafe(|| journals.apply(&half));
    assert!(std::panic::catch_unwind(cut).is_err());
    assert_eq!(
        fs::read_to_string(store.join("composer.json")).unwrap(),
        "{}"
    );

    let run = apply(&world, &["--yes"]);
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    let (stores, _) = lines(&run);
    let message = stores["acme"]["failure"]["message"].as_str().unwrap();
    assert!(message.contains("an earlier run was cut off"), "{message}");
    assert!(message.contains("`composer.json`"), "{message}");
    // In place the files go back first, and then the store is what it was.
    let run = apply(&world, &["--yes", "--in-place"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let text = fs::read_to_string(store.join("composer.json")).unwrap();
    assert!(text.contains("mage-os/product-community-edition"), "{text}");
    let run = world.run(&["fleet", "undo", "list.jsonl"]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(git(&store, &["status", "--porcelain"]), "");
}

/// The names of all that is in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_clone_that_was_being_made_goes_with_the_next_run() {
    let world = SmallWorld::new();
    let (_, url) = bare(&world, "acme");
    list(&world, &[&url]);
    let clones = world.path("mageshift-fleet/clones");
    fs::create_dir_all(&clones).unwrap();
    for name in [".new-dead", ".new-alive", ".new-of-somebody-else"] {
        fs::create_dir_all(clones.join(name).join("clone")).unwrap();
    }
    fs::write(world.path("mageshift-fleet/.gitignore"), "*\n").unwrap();
    fs::write(clones.join("dead.lock"), "").unwrap();
    let alive = fs::File::create(clones.join("alive.lock")).unwrap();
    alive.lock().unwrap();
    let run = apply(&world, &["--yes"]);
    assert_eq!(run.code, Some(0), "{}{}", run.stdout, run.stderr);
    let new: Vec<String> = names(&clones)
        .into_iter()
        .filter(|name| name.starts_with(".new-"))
        .collect();
    assert_eq!(new, [".new-alive", ".new-of-somebody-else"]);
}

/// Stands before git: at the call of a number it kills the program that called, before git does its work or after.
fn deadly_git(world: &SmallWorld) -> PathBuf {
    let output = Command::new("sh")
        .args(["-c", "command -v git"])
        .output()
        .unwrap();
    let real = String::from_utf8(output.stdout).unwrap();
    let bin = world.path("deadly");
    fs::create_dir_all(&bin).unwrap();
    // What git calls itself is git's own.
    let script = format!(
        "#!/bin/sh\n[ -n \"$INNER\" ] && exec {real} \"$@\"\nexport INNER=1\nn=$(($(cat \"$COUNTED\") + 1)); echo $n > \"$COUNTED\"\n\
         [ $n = \"$DEADLY\" ] || exec {real} \"$@\"\n\
         [ \"$WHEN\" = after ] && {real} \"$@\" > /dev/null 2>&1\nkill -9 $PPID\n",
        real = real.trim()
    );
    fs::write(bin.join("git"), script).unwrap();
    fs::set_permissions(bin.join("git"), fs::Permissions::from_mode(0o755)).unwrap();
    bin
}

#[test]
fn where_git_knows_nobody_for_the_commit_the_way_out_is_told() {
    let world = SmallWorld::new();
    let (bare, url) = bare(&world, "acme");
    list(&world, &[&url]);
    let before = branches(&bare);
    // Set to nothing, so that neither the machine's own settings nor its name stand in.
    fs::write(
        world.path(".gitconfig"),
        "[user]\n\tuseConfigOnly = true\n\tname =\n\temail =\n",
    )
    .unwrap();
    let run = world.run(&[
        "fleet",
        "apply",
        "list.jsonl",
        "--to=mage-os",
        "--yes",
        "--push",
    ]);
    assert_eq!(run.code, Some(1), "{}{}", run.stdout, run.stderr);
    let told: Vec<&str> = run.stdout.split_whitespace().collect();
    let told = told.join(" ");
    for words in [
        "What failed",
        "git does not know who makes the commit",
        "hint: set user.name and user.email",
    ] {
        assert!(told.contains(words), "{words}: {}", run.stdout);
    }
    assert_eq!(branches(&bare), before);
    // With a name it goes on, in the same clone.
    assert_eq!(apply(&world, &["--yes", "--push"]).code, Some(0));
    assert_eq!(branches(&bare).len(), before.len() + 1);
}

#[test]
fn a_kill_at_any_call_of_git_leaves_the_branch_or_none_and_the_next_run_ends_it() {
    let world = SmallWorld::new();
    let (whole, url) = bare(&world, "whole");
    list(&world, &[&url]);
    assert_eq!(apply(&world, &["--yes", "--push"]).code, Some(0));
    let tree = |bare: &Path| git(bare, &["rev-parse", &format!("{BRANCH}^{{tree}}")]);
    let wanted = tree(&whole);
    let bin = deadly_git(&world);
    let counted = world.path("counted");
    let mut last = 0;
    for when in ["before", "after"] {
        for at in 1.. {
            let name = format!("{when}{at}");
            let (bare, url) = bare(&world, &name);
            list(&world, &[&url]);
            let before = branches(&bare);
            fs::write(&counted, "0").unwrap();
            let all = [
                "fleet",
                "apply",
                "list.jsonl",
                "--to=mage-os",
                "--offline",
                "--yes",
                "--push",
            ];
            let mut command = world.command(world.folder(), &all);
            let path = std::env::var("PATH").unwrap();
            command
                .env("PATH", format!("{}:{path}", bin.display()))
                .env("COUNTED", &counted)
                .env("DEADLY", at.to_string())
                .env("WHEN", when);
            for (name, value) in [("NAME", "Agency"), ("EMAIL", "agency@acme.test")] {
                command
                    .env(format!("GIT_AUTHOR_{name}"), value)
                    .env(format!("GIT_COMMITTER_{name}"), value);
            }
            let killed = run_command(&mut command);
            let is_new = branches(&bare).len() > before.len();
            assert!(!is_new || tree(&bare) == wanted, "{name}");
            let run = apply(&world, &["--yes", "--push"]);
            assert_eq!(run.code, Some(0), "{name}: {}{}", run.stdout, run.stderr);
            assert_eq!(branches(&bare).len(), before.len() + 1, "{name}");
            assert!(before.iter().all(|branch| branches(&bare).contains(branch)));
            assert_eq!(tree(&bare), wanted, "{name}");
            let left = names(&world.path("mageshift-fleet/clones"));
            assert!(
                left.iter().all(|name| !name.starts_with(".new-")),
                "{left:?}"
            );
            if killed.code.is_some() {
                assert_eq!(killed.code, Some(0), "{}", killed.stderr);
                last = at;
                break;
            }
        }
    }
    assert!(last > 10, "{last} calls");
}
