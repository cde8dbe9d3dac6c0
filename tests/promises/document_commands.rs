//! What documents and `--help` show runs: sessions print what they show, commands of chapters are understood by a store, and
//! every example of the help works.
#![cfg(unix)]

use crate::documents::{blocks, commands, documents, is_placeholder, words};
use crate::kit::{fixture, mageshift, recording};
use clap::{CommandFactory, Parser};
use mageshift::cli::Cli;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use tempfile::TempDir;

/// The sample store in a folder of its own, with what examples name beside it.
struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = folder.path().join("store");
        fs::create_dir_all(&store).expect("a writable folder");
        fs::create_dir(folder.path().join("home")).expect("a writable folder");
        for file in ["composer.json", "composer.lock"] {
            fs::copy(fixture("sample-store").join(file), store.join(file)).expect("a file");
        }
        Self { folder }
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    /// What runs in the store, with the recording as the only repositories, and nothing but a shell's own words.
    fn prepare<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        command
            .current_dir(self.store())
            .env_clear()
            .env("HOME", self.folder.path().join("home"))
            .env("PATH", "/nonexistent")
            .env("TERM", "xterm")
            .env("MAGESHIFT_MIRROR_DIR", recording())
            .stdin(Stdio::null())
    }

    fn run(&self, arguments: &[String]) -> (Option<i32>, String) {
        let mut command = mageshift(&self.store());
        let output = self
            .prepare(&mut command)
            .args(arguments)
            .output()
            .expect("the program");
        let said = [output.stdout, output.stderr].concat();
        (
            output.status.code(),
            String::from_utf8(said).expect("UTF-8"),
        )
    }
}

/// Whether the lines that were printed are those that are shown, where a line of `…` stands for any number of them, and one at
/// the end of a line for the rest of it.
fn shows(shown: &[String], printed: &[&str]) -> bool {
    let Some((first, rest)) = shown.split_first() else {
        return printed.iter().all(|line| line.trim().is_empty());
    };
    if first.trim() == "…" {
        return (0..=printed.len()).any(|skipped| shows(rest, &printed[skipped..]));
    }
    let Some((line, others)) = printed.split_first() else {
        return shown.iter().all(|line| line.trim().is_empty());
    };
    let fits = match first.strip_suffix('…') {
        Some(begin) => line.starts_with(begin),
        None => line.trim_end() == first.trim_end(),
    };
    fits && shows(rest, others)
}

#[test]
fn sessions_print_what_they_show() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (path, text) in documents() {
        let sandbox = Sandbox::new();
        for (language, lines) in blocks(&text) {
            if language != "console" {
                continue;
            }
            let mut rest = lines.as_slice();
            while let Some((line, others)) = rest.split_first() {
                let command = line
                    .strip_prefix("$ ")
                    .unwrap_or_else(|| panic!("{path}: no command before {line}"));
                let end = others
                    .iter()
                    .position(|line| line.starts_with("$ "))
                    .unwrap_or(others.len());
                let shown = &others[..end];
                rest = &others[end..];
                let words = words(command);
                assert_eq!(words[0], "mageshift", "{path}: {command}");
                let (_, said) = sandbox.run(&words[1..]);
                let printed: Vec<&str> = said.lines().collect();
                if !shows(shown, &printed) {
                    wrong.push(format!(
                        "{path}: {command}\nshown:\n{}\nprinted:\n{said}",
                        shown.join("\n")
                    ));
                }
                count += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 8, "only {count} commands");
}

/// The examples of a command's `--help`.
fn examples(command: &clap::Command) -> Vec<String> {
    let help = command
        .get_after_long_help()
        .map(ToString::to_string)
        .unwrap_or_default();
    let lines: Vec<String> = help.lines().map(str::to_owned).collect();
    lines
        .iter()
        .map(|line| line.trim())
        .map(|line| line.split_once(":  ").map_or(line, |(_, line)| line))
        .filter(|line| line.starts_with("mageshift ") || line.contains("| mageshift "))
        .map(str::to_owned)
        .collect()
}

/// Commands that need more than a store. Their examples are read here, and what they do is tested with what they need.
const NEED_MORE: [(&str, &str); 3] = [
    ("data", "a database server"),
    ("auth", "a repository that asks for keys"),
    ("self-update", "an installation by install.sh"),
];

fn needs_more(command: &str) -> bool {
    NEED_MORE
        .iter()
        .any(|(known, _)| command.split(' ').next() == Some(known))
}

/// Every command that does something, with the words that lead to it, and its examples.
fn commands_with_examples(command: &clap::Command, path: &str, found: &mut Vec<Documented>) {
    for command in command.get_subcommands() {
        let name = command.get_name();
        if command.is_hide_set() || name == "help" {
            continue;
        }
        let path = format!("{path} {name}").trim_start().to_owned();
        let examples = examples(command);
        commands_with_examples(command, &path, found);
        found.push(Documented {
            command: path,
            examples,
        });
    }
}

struct Documented {
    command: String,
    examples: Vec<String>,
}

#[test]
fn every_command_has_an_example_of_its_own() {
    let mut all = Vec::new();
    commands_with_examples(&Cli::command(), "", &mut all);
    assert!(all.len() > 30, "only {} commands", all.len());
    for Documented { command, examples } in &all {
        let own = examples
            .iter()
            .any(|line| line.contains(&format!("mageshift {command}")));
        assert!(own, "{command} has no example among {examples:?}");
        for example in examples {
            let at = example.find("mageshift ").unwrap_or_default();
            if let Err(error) = Cli::try_parse_from(words(&example[at..])) {
                panic!("{command}: {example}\n{error}");
            }
            // Help is 80 columns wide, and a line that is broken cannot be copied.
            assert!(example.len() <= 76, "{command}: too long: {example}");
        }
    }
}

/// What examples take for granted beside the store: another one, a list of stores, and runs before this one.
fn prepare_for(command: &str, sandbox: &Sandbox) {
    let copy = |name: &str| {
        let to = sandbox.folder.path().join(name);
        fs::create_dir_all(&to).expect("a writable folder");
        for file in ["composer.json", "composer.lock"] {
            fs::copy(sandbox.store().join(file), to.join(file)).expect("a file");
        }
        to
    };
    copy("srv/shop");
    let run = |line: &str| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        sandbox.run(&words)
    };
    if command.starts_with("fleet") {
        let one = copy("srv/shops/one");
        let list = format!(
            "[defaults]\nto = \"mage-os\"\n\n[[store]]\npath = \"{}\"\ntags = [\"eu\"]\n",
            one.display()
        );
        fs::write(sandbox.store().join("stores.toml"), list).expect("a writable folder");
    }
    match command {
        "undo" => {
            for _ in 0..2 {
                run("upgrade magento@2.4.8-p4 --yes");
                run("slim --without fedex --yes --php 8.4");
            }
        }
        "fleet undo" => {
            run("fleet apply stores.toml --yes --php 8.4");
        }
        "fleet report" => {
            run("fleet check stores.toml --php 8.4");
            for worker in ["worker-1", "worker-2"] {
                run(&format!("fleet check stores.toml --php 8.4 --out {worker}"));
            }
        }
        "new" => {
            for file in ["composer.json", "composer.lock"] {
                fs::remove_file(sandbox.store().join(file)).expect("a file");
            }
        }
        _ => {}
    }
}

/// What the commands of a block of code take for granted: what the sentences before it are about.
fn prepare_for_block(lines: &[String], sandbox: &Sandbox) {
    let has = |command: &str| {
        let command = format!("mageshift {command}");
        lines.iter().any(|line| line.starts_with(&command))
    };
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    if has("new") {
        prepare_for("new", sandbox);
        return;
    }
    if has("fleet") {
        prepare_for("fleet", sandbox);
        for results in ["mageshift-fleet", "results"] {
            sandbox.run(&words(&format!(
                "fleet check stores.toml --php 8.4 --out {results}"
            )));
        }
    }
    if has("report") {
        for name in ["shop-one", "shop-two"] {
            let to = sandbox.store().join(name);
            fs::create_dir(&to).expect("a writable folder");
            for file in ["composer.json", "composer.lock"] {
                fs::copy(sandbox.store().join(file), to.join(file)).expect("a file");
            }
        }
        let logo = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>";
        fs::write(sandbox.store().join("logo.svg"), logo).expect("a writable folder");
        sandbox.run(&words(
            "switch --to mage-os --php 8.4 --out plan.json --check",
        ));
    }
}

/// Runs one example in a shell; what was said where it did not do what it is an example of.
fn fails(sandbox: &Sandbox, example: &str) -> Option<String> {
    let folder = sandbox.folder.path().display();
    let line = example.replace("/srv/shop", &format!("{folder}/srv/shop"));
    let line = line
        .replace("${fpath[1]}", "$HOME")
        .replace("~/", "$HOME/")
        .replace("/mnt/results", "mageshift-fleet");
    for redirected in line.split('>').skip(1).filter(|file| !file.is_empty()) {
        let file = redirected
            .trim()
            .trim_matches('"')
            .replace("$HOME", &format!("{folder}/home"));
        let folder = Path::new(&file).parent().expect("a folder").to_owned();
        fs::create_dir_all(folder).expect("a writable folder");
    }
    let program = env!("CARGO_BIN_EXE_mageshift");
    let line = line.replace("mageshift ", &format!("'{program}' --no-interaction "));
    let line = line.replace(
        &format!("'{program}' --no-interaction -fleet"),
        "mageshift-fleet",
    );
    let mut shell = Command::new("/bin/sh");
    let output = sandbox
        .prepare(shell.args(["-c", &line]))
        .output()
        .expect("sh");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    // Done, blocked, or something to apply: the store decides. Guided without a terminal, it says that nobody is there.
    let runs = match output.status.code() {
        Some(0 | 3 | 5) => true,
        _ => said.contains("nobody to ask"),
    };
    (!runs).then_some(said)
}

#[test]
fn every_example_of_the_help_runs() {
    let mut all = Vec::new();
    commands_with_examples(&Cli::command(), "", &mut all);
    all.retain(|documented| !needs_more(&documented.command));
    let wrong = in_turns(&all, |Documented { command, examples }| {
        let sandbox = Sandbox::new();
        prepare_for(command, &sandbox);
        let failed = examples
            .iter()
            .filter_map(|example| Some(format!("{example}\n{}", fails(&sandbox, example)?)));
        failed.collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Does the same for each of these, with as many at once as there are cores.
fn in_turns<T: Sync>(all: &[T], check: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let (next, wrong) = (Mutex::new(all.iter()), Mutex::new(Vec::new()));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                loop {
                    let one = next.lock().expect("a worker that lives").next();
                    let Some(one) = one else { break };
                    let more = check(one);
                    wrong.lock().expect("a worker that lives").extend(more);
                }
            });
        }
    });
    wrong.into_inner().expect("workers that live")
}

/// The commands of a block of code, one after the other in one store, as a reader would type them.
#[test]
fn commands_of_chapters_run() {
    let mut together: Vec<(String, Vec<String>)> = Vec::new();
    for (path, text) in documents() {
        for (language, lines) in blocks(&text) {
            let lines = commands(&lines);
            if language.is_empty() && !lines.is_empty() {
                together.push((path.clone(), lines));
            }
        }
    }
    let count: usize = together.iter().map(|(_, lines)| lines.len()).sum();
    assert!(count > 40, "only {count} commands");
    let wrong = in_turns(&together, |(path, lines)| {
        let sandbox = Sandbox::new();
        prepare_for_block(lines, &sandbox);
        let mut wrong = Vec::new();
        for line in lines {
            let words = words(line);
            if needs_more(&words[1]) || words.iter().any(|word| is_placeholder(word)) {
                continue;
            }
            let line = words[1..]
                .iter()
                .map(|word| {
                    // Read from the root of a checkout.
                    let word = word.replace("data/recording", &recording().display().to_string());
                    let fixtures = fixture("").display().to_string();
                    format!("'{}'", word.replace("tests/fixtures/", &fixtures))
                })
                .collect::<Vec<_>>()
                .join(" ");
            let said = fails(&sandbox, &format!("mageshift {line}"));
            wrong.extend(said.map(|said| format!("{path}: {line}\n{said}")));
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
