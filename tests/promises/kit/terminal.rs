//! A terminal of so many rows and columns, with what a program leaves on its screen.

use expectrl::process::unix::WaitStatus;
use expectrl::session::OsSession;
use expectrl::{Eof, Expect, Session};
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// How long is waited for what must come. Builds without optimisation on busy machines take long to plan.
const PATIENCE: Duration = Duration::from_secs(120);

/// So long after the last byte the screen is taken for drawn.
const QUIET: Duration = Duration::from_millis(250);

/// What `mageshift new` asks, in order.
pub(crate) const QUESTIONS_OF_NEW: [&str; 11] = [
    "Which folder?",
    "Which distribution?",
    "Which profile?",
    "Which release?",
    "Which theme?",
    "Languages",
    "Sample products",
    "Which feature sets?",
    "Which PHP",
    "Development environment?",
    "What now?",
];

/// A screen on which nobody has written.
pub(crate) fn blank(rows: u16, columns: u16) -> vt100::Parser {
    let [rows, columns] = [rows, columns].map(|size| NonZero::new(size).expect("a size"));
    vt100::Parser::new(rows, columns, 1000)
}

/// A program that runs on a terminal, or has run there.
pub(crate) struct Terminal {
    session: OsSession,
    pub parser: vt100::Parser,
    is_over: bool,
}

impl Terminal {
    /// Starts a program on a fresh screen.
    pub(crate) fn start(program: &Command, rows: u16, columns: u16) -> Self {
        Self::start_on(blank(rows, columns), program)
    }

    /// Starts a program on a screen that others have written on.
    pub(crate) fn start_on(parser: vt100::Parser, program: &Command) -> Self {
        let (rows, columns) = parser.screen().size();
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                &format!("stty rows {rows} cols {columns}; exec \"$@\""),
            ])
            .arg("sh")
            .arg(program.get_program())
            .args(program.get_args())
            .env("TERM", "xterm-256color")
            .current_dir(program.get_current_dir().unwrap_or(Path::new(".")));
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        Self {
            session: Session::spawn(command).expect("a terminal"),
            parser,
            is_over: false,
        }
    }

    /// Reads what there is; whether there was anything.
    fn read(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.session.try_read(&mut buffer) {
            Ok(0) => {
                self.is_over = true;
                false
            }
            Ok(count) => {
                self.parser.process(&buffer[..count]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => false,
            // Linux says so when nobody holds the other side any more.
            Err(_) => {
                self.is_over = true;
                false
            }
        }
    }

    /// Waits until the screen is as wished and stays as it is for a moment.
    pub(crate) fn wait_until(&mut self, what: &str, is_so: impl Fn(&str) -> bool) {
        let began = Instant::now();
        let mut changed = Instant::now();
        loop {
            if self.read() {
                changed = Instant::now();
                continue;
            }
            if changed.elapsed() >= QUIET && is_so(&self.screen()) {
                return;
            }
            let screen = self.screen();
            assert!(!self.is_over, "it ended before {what}:\n{screen}");
            assert!(
                began.elapsed() < PATIENCE,
                "no {what} on the screen:\n{screen}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until a text stands on the screen.
    pub(crate) fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |screen| screen.contains(text));
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.session.send(keys).expect("somebody reads");
    }

    /// What stands on the screen.
    pub(crate) fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Waits for the end of the program; its exit code.
    pub(crate) fn end(&mut self) -> i32 {
        let began = Instant::now();
        while !self.is_over {
            if !self.read() {
                std::thread::sleep(Duration::from_millis(10));
            }
            assert!(
                began.elapsed() < PATIENCE,
                "it does not end:\n{}",
                self.screen()
            );
        }
        match self.session.get_process().wait().expect("a process") {
            WaitStatus::Exited(_, code) => code,
            other => panic!("{other:?}"),
        }
    }
}

/// What is still printed, and the exit code.
pub(crate) fn end(mut session: OsSession) -> (String, i32) {
    let rest = session.expect(Eof).unwrap();
    let rest = String::from_utf8_lossy(rest.as_bytes()).into_owned();
    match session.get_process().wait().unwrap() {
        WaitStatus::Exited(_, code) => (rest, code),
        other => panic!("{other:?}"),
    }
}
