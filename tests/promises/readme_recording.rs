//! The recording that the README shows: played anew by the program on a terminal, and held to what it prints today.
//!
//! `MAGESHIFT_RECORD=1 cargo test --test promises readme_recording` writes it.

use crate::kit::cast::{Frame, frame, svg, text};
use crate::kit::terminal::{Terminal, blank};
use crate::kit::*;
use std::path::Path;

const ROWS: u16 = 30;

/// Where it is kept.
const FILE: &str = "docs/recording.svg";

/// A shell's screen, on which commands are typed and run.
struct Play {
    /// A folder with a store, and with metadata.
    home: tempfile::TempDir,
    parser: vt100::Parser,
    frames: Vec<Frame>,
}

impl Play {
    fn note(&mut self, tenths: u32) {
        self.frames.push(frame(self.parser.screen(), tenths));
    }

    /// A command on a clean screen, letter by letter, a few at once.
    fn type_in(&mut self, line: &str) {
        self.parser.process(b"\x1b[2J\x1b[H$ ");
        self.note(5);
        let letters: Vec<char> = line.chars().collect();
        for some in letters.chunks(4) {
            self.parser
                .process(some.iter().collect::<String>().as_bytes());
            self.note(2);
        }
        self.parser.process(b"\r\n");
    }

    /// Runs what was typed; `talk` says what somebody does there.
    fn run(&mut self, line: &str, talk: impl FnOnce(&mut Terminal, &mut Vec<Frame>)) {
        self.type_in(line);
        let mut program = mageshift(&self.home.path().join("store"));
        program
            .args(line.split_whitespace().skip(1))
            // A name that is short, and the same on every machine.
            .env("MAGESHIFT_MIRROR_DIR", "../metadata")
            .env_remove("NO_COLOR")
            .env("PAGER", "cat");
        let parser = std::mem::replace(&mut self.parser, blank(1, 1));
        let mut terminal = Terminal::start_on(parser, &program);
        talk(&mut terminal, &mut self.frames);
        terminal.end();
        self.parser = terminal.parser;
    }
}

/// Waits for a text and so many costs, and shows the screen.
fn look(terminal: &mut Terminal, frames: &mut Vec<Frame>, what: &str, costs: usize, tenths: u32) {
    terminal.wait_until(what, |screen| {
        let told = screen.matches("extension").count() + screen.matches("blocked").count();
        screen.contains(what) && told >= costs
    });
    frames.push(frame(terminal.parser.screen(), tenths));
}

fn play() -> Vec<Frame> {
    let home = tempfile::tempdir().unwrap();
    copy(&fixture("sample-store"), &home.path().join("store"));
    std::os::unix::fs::symlink(RECORDING, home.path().join("metadata")).unwrap();
    let mut play = Play {
        home,
        parser: blank(ROWS, 80),
        frames: Vec::new(),
    };
    play.run("mageshift", |_, _| {});
    play.note(35);
    play.run("mageshift switch", |terminal, frames| {
        look(terminal, frames, "Esc stop", 5, 50);
        terminal.press("\r");
        look(terminal, frames, "Esc back", 3, 30);
        terminal.press("\x1b[B");
        look(terminal, frames, "❯ Mage-OS 3.4.0", 3, 15);
        terminal.press("\r");
        look(terminal, frames, "nothing is written", 0, 70);
        terminal.press("\x1b[A");
        look(terminal, frames, "❯ apply", 0, 10);
        terminal.press("\r");
    });
    play.note(50);
    play.run("mageshift undo --yes", |_, _| {});
    play.note(40);
    play.frames
}

#[test]
fn the_recording_of_the_readme_is_what_the_program_prints() {
    let frames = play();
    let texts: Vec<String> = frames.iter().map(text).collect();
    let all = texts.join("\n");
    for told in [
        "What should it become?",
        "Which release?",
        "What now?",
        "Took back:",
    ] {
        assert!(all.contains(told), "{told} is not shown:\n{all}");
    }
    assert!(!all.contains(RECORDING), "{all}");
    // Who wants no motion sees what the program is about: the plan, before it is applied.
    let still = texts.iter().position(|text| text.contains("What now?"));
    let description = format!(
        "In a store of Magento Open Source, mageshift is asked what can be done, leads through a switch to Mage-OS with what each \
         choice costs, shows the plan, applies it, and takes it back. The plan: {}",
        texts[still.unwrap_or(0)]
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    );
    let title = "mageshift in a terminal: a switch to Mage-OS, previewed, applied and undone";
    let drawn = svg(&frames, title, &description, still.unwrap_or(0));
    assert!(drawn.len() < 150_000, "{} bytes", drawn.len());
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    if std::env::var_os("MAGESHIFT_RECORD").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let kept = std::fs::read_to_string(&path).unwrap();
    assert!(
        kept == drawn,
        "{FILE} is not what the program prints; `MAGESHIFT_RECORD=1 cargo test --test promises readme_recording` records it anew"
    );
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    assert!(
        readme.contains(&format!("]({FILE})")),
        "the README shows it"
    );
}
