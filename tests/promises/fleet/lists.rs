//! Which stores a fleet has: lists in files and from standard input, and what is wrong with them, by line.

use super::lines;
use crate::kit::small_world::SmallWorld;
use std::fs;
use std::io::Write;
use std::process::Stdio;

#[test]
fn a_list_says_what_is_wanted_of_each_store() {
    let world = SmallWorld::new();
    for name in ["a", "b", "c"] {
        world.store(name);
    }
    let list = r#"
[defaults]
to = "mage-os"

[[store]]
name = "First"
path = "stores/a"
tags = ["eu"]

[[store]]
path = "stores/b"
to = ["magento", "mage-os@2.2.1"]
tags = ["eu", "b2b"]

[[store]]
path = "stores/none"

[[store]]
path = "stores/emptied"

[[store]]
path = "stores/no-object"

[[store]]
path = "stores/c"
"#;
    fs::write(world.path("list.toml"), list).unwrap();
    fs::create_dir_all(world.path("stores/emptied/app")).unwrap();
    fs::create_dir_all(world.path("stores/no-object")).unwrap();
    fs::write(world.path("stores/no-object/composer.json"), "[]\n").unwrap();
    let run = world.run(&["fleet", "check", "list.toml", "--json"]);
    assert_eq!(
        run.code,
        Some(1),
        "a folder of the list without a store: {}",
        run.stderr
    );
    let (stores, _) = lines(&run);
    let names: Vec<&str> = stores.keys().map(String::as_str).collect();
    assert_eq!(names, ["First", "b", "c", "emptied", "no-object", "none"]);
    for name in ["emptied", "none"] {
        let hint = stores[name]["failure"]["hint"].as_str().unwrap();
        assert!(hint.contains("in the list"), "{name}: {hint}");
    }
    let message = stores["no-object"]["failure"]["message"].as_str().unwrap();
    assert!(
        message.ends_with("composer.json is not a JSON object"),
        "{message}"
    );
    let wanted = |name: &str| {
        let targets = stores[name]["targets"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let wanted = targets
            .iter()
            .filter_map(|target| target["wanted"].as_str());
        wanted.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(wanted("First"), ["mage-os"]);
    assert_eq!(wanted("b"), ["magento", "mage-os@2.2.1"]);
    let (stores, sum) =
        lines(&world.run(&["fleet", "check", "list.toml", "--json", "--tag", "eu"]));
    assert_eq!((stores.len(), sum["go"].as_u64()), (2, Some(2)));
}

#[test]
fn a_list_may_come_from_another_program() {
    let world = SmallWorld::new();
    let paths = ["a", "b"].map(|name| world.store(name).display().to_string());
    let objects = paths
        .clone()
        .map(|path| format!("{{\"path\": \"{path}\"}}"));
    for text in [paths.join("\n"), objects.join("\n")] {
        let arguments = [
            "fleet",
            "check",
            "-",
            "--json",
            "--to=mage-os",
            "--offline",
            "--again",
        ];
        let mut command = world.command(world.folder(), &arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{text}");
        assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 3);
    }
}

#[test]
fn what_is_wrong_with_a_list_is_told_by_its_line() {
    let world = SmallWorld::new();
    world.store("a");
    for (file, text, said) in [
        (
            "l.toml",
            "[[store]]\npath = \"stores/a\"\nto = \"mage-so\"\n",
            "l.toml:1",
        ),
        (
            "l.toml",
            "[[store]]\npath = \"stores/a\"\n\n[[store]]\npath = \"stores/a\"\nphp = 8\n",
            "l.toml:4",
        ),
        (
            "l.jsonl",
            "{\"path\": \"stores/a\"}\n{\"path\": \"stores/a\", \"taggs\": []}\n",
            "l.jsonl:2: there is no field `taggs`; did you mean `tags`?",
        ),
        ("l.jsonl", "\n{\"path\"\n", "l.jsonl:2"),
        (
            "l.jsonl",
            "{\"name\": \"x\", \"path\": \"a\"}\n{\"name\": \"x\", \"path\": \"b\"}\n",
            "the name `x` is there twice: l.jsonl:1 and l.jsonl:2",
        ),
    ] {
        fs::write(world.path(file), text).unwrap();
        let run = world.run(&["fleet", "check", file]);
        assert_eq!(run.code, Some(2), "{text}");
        assert!(run.stderr.contains(said), "{text}\n{}", run.stderr);
        assert!(!world.path("mageshift-fleet").exists(), "nothing was begun");
    }
    let run = world.run(&["fleet", "check", "stroes"]);
    assert_eq!(run.code, Some(2));
    assert!(
        run.stderr.contains("`stroes`: there is no store in stroes"),
        "{}",
        run.stderr
    );
}
