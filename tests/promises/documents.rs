//! What the documents promise: links lead somewhere, commands are understood, configurations are valid, and messages are those
//! of the program. That commands do what is said of them is in `document_commands`.
#![cfg(unix)]

use clap::Parser;
use mageshift::cli::Cli;
use mageshift::plan::Code;
use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Every document for users, as a path from the project and its text.
pub(crate) fn documents() -> Vec<(String, String)> {
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
pub(crate) fn blocks(text: &str) -> Vec<(String, Vec<String>)> {
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
pub(crate) fn words(line: &str) -> Vec<String> {
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
pub(crate) fn commands(lines: &[String]) -> Vec<String> {
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

/// Commands in the middle of a sentence. What stands for something of the reader's own (`HOST`) is a word like any other.
#[test]
fn commands_in_sentences_are_understood() {
    let mut count = 0;
    for (path, text) in documents() {
        let text = without_blocks(&text);
        for code in text.split('`').skip(1).step_by(2) {
            let code = code.split_whitespace().collect::<Vec<_>>().join(" ");
            // What may be there, or stands for more of the same, is no command.
            if !code.starts_with("mageshift ") || code.contains(['…', '[']) {
                continue;
            }
            count += 1;
            let words = words(&code);
            let is_placeholder = words.iter().any(|word| is_placeholder(word));
            if let Err(error) = Cli::try_parse_from(words) {
                // Naming a command is not using it: what it cannot do without is left out.
                use clap::error::ErrorKind;
                let allowed = match error.kind() {
                    ErrorKind::MissingRequiredArgument
                    | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => true,
                    ErrorKind::ValueValidation
                    | ErrorKind::InvalidValue
                    | ErrorKind::InvalidSubcommand => is_placeholder,
                    _ => !error.use_stderr(),
                };
                assert!(allowed, "{path}: {code}\n{error}");
            }
        }
    }
    assert!(count > 40, "only {count} commands");
}

/// Whether a word stands for something of the reader's own, as HOST or OLD_mage_os does.
pub(crate) fn is_placeholder(word: &str) -> bool {
    let capitals = word.chars().take_while(char::is_ascii_uppercase).count();
    capitals > 2 && !word.contains('=')
}

/// The text without fenced and indented code; what stands in ticks stays.
fn without_blocks(text: &str) -> String {
    let mut out = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

#[test]
fn configurations_in_documents_are_valid() {
    let mut count = 0;
    for (path, text) in documents() {
        for (language, lines) in blocks(&text) {
            let text = lines.join("\n");
            let fault = match language.as_str() {
                "json" => serde_json::from_str::<serde_json::Value>(&text)
                    .err()
                    .map(|error| error.to_string()),
                "toml" => text
                    .parse::<toml::Table>()
                    .err()
                    .map(|error| error.to_string()),
                "yaml" => serde_norway::from_str::<serde_norway::Value>(&text)
                    .err()
                    .map(|error| error.to_string()),
                "sh" | "bash" => shell_fault(&text),
                _ => continue,
            };
            count += 1;
            assert_eq!(fault, None, "{path}:\n{text}");
        }
    }
    assert!(count > 12, "only {count} configurations");
}

/// What a shell has against a script; it does not run it.
fn shell_fault(script: &str) -> Option<String> {
    let mut shell = Command::new("sh")
        .arg("-n")
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .ok()?;
    shell
        .stdin
        .take()
        .expect("a pipe")
        .write_all(script.as_bytes())
        .expect("a shell that reads");
    let output = shell.wait_with_output().expect("a shell");
    (!output.status.success()).then(|| String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The cells of the tables of a document whose first column has this heading: the first of each row.
fn first_column(text: &str, heading: &str) -> Vec<String> {
    let mut cells = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let cell = line
            .strip_prefix("| ")
            .and_then(|row| row.split(" |").next());
        match cell {
            Some(cell) if cell == heading => inside = true,
            Some(cell) if inside => cells.push(cell.to_owned()),
            Some(_) => {}
            None if line.starts_with("|--") => {}
            None => inside = false,
        }
    }
    cells
}

/// Everything that the program can say: its sources and data, in one line, as its texts are wrapped there.
fn sources() -> String {
    fn add(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).expect("the sources").flatten() {
            let path = entry.path();
            if path.is_dir() {
                add(&path, text);
            } else if let Ok(more) = fs::read_to_string(&path) {
                text.push_str(&more.replace("\\\n", " "));
            }
        }
    }
    let mut text = String::new();
    add(&project("src"), &mut text);
    add(&project("crates/composer-engine/src"), &mut text);
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Who searches the page for the words on a screen has to find them as they are printed.
#[test]
fn messages_are_those_of_the_program() {
    let page = fs::read_to_string(project("docs/src/troubleshooting.md")).expect("the page");
    let sources = sources();
    let (mut count, mut wrong) = (0, Vec::new());
    for cell in first_column(&page, "message") {
        // Of other programs, and exit codes.
        if !cell.starts_with('`') {
            continue;
        }
        let message = cell.split('`').nth(1).expect("a message");
        for part in message
            .split('…')
            .map(str::trim)
            .filter(|part| !part.is_empty())
        {
            if !sources.contains(part) {
                wrong.push(format!("{part:?} ({message})"));
            }
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "the program never says {wrong:#?}");
    assert!(count > 15, "only {count} messages");
}

#[test]
fn codes_in_tables_are_codes_of_findings() {
    let known: BTreeSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
    let mut count = 0;
    for (path, text) in documents() {
        for cell in first_column(&text, "code") {
            for word in cell.split('`').skip(1).step_by(2) {
                assert!(known.contains(word), "{path}: there is no code {word}");
                count += 1;
            }
        }
    }
    assert!(count > 8, "only {count} codes");
}
