//! What the documents promise: links lead somewhere, commands are understood, sessions print what they show, every example
//! of `--help` runs, and the list of findings is complete.
#![cfg(unix)]

use crate::kit::{fixture, mageshift, recording};
use clap::{CommandFactory, Parser};
use mageshift::cli::Cli;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every document for users, as a path from the project and its text.
fn documents() -> Vec<(String, String)> {
    let mut paths: Vec<String> = [
        "README.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "CODE_OF_CONDUCT.md",
        "profiles/README.md",
        "data/recording/README.md",
    ]
    .map(str::to_owned)
    .into();
    let chapters = fs::read_dir(project("docs/src")).expect("the book");
    let mut chapters: Vec<String> = chapters
        .flatten()
        .map(|entry| entry.file_name().into_string().expect("UTF-8"))
        .filter(|name| name.ends_with(".md"))
        .map(|name| format!("docs/src/{name}"))
        .collect();
    chapters.sort();
    paths.extend(chapters);
    paths
        .into_iter()
        .filter_map(|path| {
            let text = fs::read_to_string(project(&path)).ok()?;
            Some((path, text))
        })
        .collect()
}

/// The lines of code blocks: of fenced ones with their language, of indented ones without.
fn blocks(text: &str) -> Vec<(String, Vec<String>)> {
    let mut blocks: Vec<(String, Vec<String>)> = Vec::new();
    let mut fence: Option<String> = None;
    let (mut before_is_blank, mut is_indented) = (true, false);
    for line in text.lines() {
        let start = line.trim_start();
        if let Some(end) = &fence {
            if start.trim_end() == end {
                fence = None;
            } else if let Some((_, lines)) = blocks.last_mut() {
                lines.push(line.to_owned());
            }
            (before_is_blank, is_indented) = (false, false);
            continue;
        }
        if start.starts_with("```") {
            let ticks: String = start.chars().take_while(|&c| c == '`').collect();
            blocks.push((start[ticks.len()..].trim().to_owned(), Vec::new()));
            fence = Some(ticks);
        } else if let Some(code) = line
            .strip_prefix("    ")
            .filter(|_| before_is_blank || is_indented)
        {
            if !is_indented {
                blocks.push((String::new(), Vec::new()));
                is_indented = true;
            }
            if let Some((_, lines)) = blocks.last_mut() {
                lines.push(code.to_owned());
            }
        } else {
            is_indented = false;
        }
        before_is_blank = line.trim().is_empty();
    }
    blocks
}

/// The text without what stands in code.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            for (index, part) in line.split('`').enumerate() {
                out.push_str(if index % 2 == 0 { part } else { "code" });
            }
        }
        out.push('\n');
    }
    out
}

/// What a heading is called in an address, by the rules of GitHub and mdBook.
fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter_map(|c| match c {
            ' ' => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
            _ => None,
        })
        .collect()
}

fn anchors(text: &str) -> BTreeSet<String> {
    text.lines()
        .filter(|line| line.starts_with('#'))
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let mut count = 0;
    for (path, text) in documents() {
        let prose = prose(&text);
        for (index, _) in prose.match_indices("](") {
            let target = prose[index + 2..].split(')').next().unwrap_or_default();
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            count += 1;
            let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
            let linked = match file {
                "" => project(&path),
                file => project(&path).parent().expect("a folder").join(file),
            };
            assert!(
                linked.exists(),
                "{path} links to {target}, which is not there"
            );
            if !fragment.is_empty() {
                let text = fs::read_to_string(&linked).expect("a document");
                assert!(
                    anchors(&text).contains(fragment),
                    "{path} links to {target}, which has no such heading"
                );
            }
        }
    }
    assert!(count > 20, "only {count} links");
}

#[test]
fn the_book_lists_its_chapters() {
    let summary = fs::read_to_string(project("docs/src/SUMMARY.md")).expect("the summary");
    for entry in fs::read_dir(project("docs/src"))
        .expect("the book")
        .flatten()
    {
        let name = entry.file_name().into_string().expect("UTF-8");
        let is_chapter = name.ends_with(".md") && name != "SUMMARY.md";
        assert!(
            !is_chapter || summary.contains(&format!("({name})")),
            "{name} is not in the summary"
        );
    }
}

/// The words of a command line, as a shell sees them up to a comment, a pipe or a redirection.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            (None, '#') if word.is_none() => break,
            (None, '|' | '>' | ';' | '&') => break,
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The command lines of mageshift in a block of code, without what stands before: a prompt, or variables.
fn commands(lines: &[String]) -> Vec<String> {
    let mut commands = Vec::new();
    let mut rest = lines.iter();
    while let Some(line) = rest.next() {
        let mut line = line.trim_start().trim_start_matches("$ ").to_owned();
        while let Some(more) = line.strip_suffix('\\') {
            line = match rest.next() {
                Some(next) => format!("{more}{}", next.trim_start()),
                None => more.to_owned(),
            };
        }
        let line = line.replace("cargo run --release -- ", "mageshift ");
        if line.starts_with("mageshift ") {
            commands.push(line);
        }
    }
    commands
}

#[test]
fn commands_are_understood() {
    let mut count = 0;
    for (path, text) in documents() {
        for (_, lines) in blocks(&text) {
            for command in commands(&lines) {
                count += 1;
                if let Err(error) = Cli::try_parse_from(words(&command)) {
                    assert!(!error.use_stderr(), "{path}: {command}\n{error}");
                }
            }
        }
    }
    assert!(count > 40, "only {count} commands");
}

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

/// Commands that need more than a store: what they are without it, others test.
const NEED_MORE: [(&str, &str); 3] = [
    ("data", "a database server"),
    ("auth", "a repository that asks for keys"),
    ("self-update", "an installation by install.sh"),
];

#[test]
fn every_example_of_the_help_runs() {
    let mut wrong = Vec::new();
    for command in Cli::command()
        .get_subcommands()
        .filter(|command| !command.is_hide_set())
    {
        let name = command.get_name();
        if name == "help" {
            continue;
        }
        // `upgrade` has the options of `switch`, and its examples.
        let examples = examples(command);
        assert!(!examples.is_empty(), "{name} has no example");
        for example in &examples {
            let at = example.find("mageshift ").unwrap_or_default();
            if let Err(error) = Cli::try_parse_from(words(&example[at..])) {
                wrong.push(format!("{name}: {example}\n{error}"));
            }
        }
        if NEED_MORE.iter().any(|(known, _)| *known == name) {
            continue;
        }
        let sandbox = Sandbox::new();
        // What an example takes for granted: another store, and a plan that was applied.
        let other = sandbox.folder.path().join("srv/shop");
        fs::create_dir_all(&other).expect("a writable folder");
        for file in ["composer.json", "composer.lock"] {
            fs::copy(sandbox.store().join(file), other.join(file)).expect("a file");
        }
        if name == "undo" {
            for _ in 0..2 {
                let plan = "upgrade magento@2.4.8-p4 --yes"
                    .split(' ')
                    .map(str::to_owned);
                sandbox.run(&plan.collect::<Vec<_>>());
                let plan = "slim --without fedex --yes --php 8.4"
                    .split(' ')
                    .map(str::to_owned);
                sandbox.run(&plan.collect::<Vec<_>>());
            }
        }
        if name.starts_with("fleet") {
            let one = sandbox.folder.path().join("srv/shops/one");
            fs::create_dir_all(&one).expect("a writable folder");
            for file in ["composer.json", "composer.lock"] {
                fs::copy(sandbox.store().join(file), one.join(file)).expect("a file");
            }
            let list = format!(
                "[defaults]\nto = \"mage-os\"\n\n[[store]]\npath = \"{}\"\ntags = [\"eu\"]\n",
                one.display()
            );
            fs::write(sandbox.store().join("stores.toml"), list).expect("a writable folder");
        }
        if name == "new" {
            for file in ["composer.json", "composer.lock"] {
                fs::remove_file(sandbox.store().join(file)).expect("a file");
            }
        }
        let folder = sandbox.folder.path().display();
        for example in examples {
            let line = example.replace("/srv/shop", &format!("{folder}/srv/shop"));
            let line = line.replace("${fpath[1]}", "$HOME").replace("~/", "$HOME/");
            for redirected in line.split('>').skip(1) {
                let file = redirected
                    .trim()
                    .trim_matches('"')
                    .replace("$HOME", &format!("{folder}/home"));
                let folder = Path::new(&file).parent().expect("a folder").to_owned();
                fs::create_dir_all(folder).expect("a writable folder");
            }
            let program = env!("CARGO_BIN_EXE_mageshift");
            let line = line.replace("mageshift ", &format!("'{program}' --no-interaction "));
            let mut shell = Command::new("/bin/sh");
            let output = sandbox
                .prepare(shell.args(["-c", &line]))
                .output()
                .expect("sh");
            let said = [output.stdout, output.stderr].concat();
            let said = String::from_utf8_lossy(&said);
            // Done, blocked, or something to apply: the store decides. Guided without a terminal, it says that nobody is there.
            let runs = match output.status.code() {
                Some(0 | 3 | 5) => true,
                _ => said.contains("nobody to ask"),
            };
            if !runs {
                wrong.push(format!("{name}: {example}\n{said}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
