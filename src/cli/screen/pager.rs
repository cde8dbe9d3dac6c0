//! Long output page by page, as git shows it: through the program that PAGER names, else less.

use crate::cli::outcome::error::CliError;
use crate::cli::outcome::signal::uninterrupted;
use std::io::Write;
use std::process::{Command, Stdio};

/// Shows a text with the pager; false when there is none, or when the user wants none.
pub(crate) fn show(text: &str) -> Result<bool, CliError> {
    let named = std::env::var("PAGER").ok();
    let program = named.as_deref().unwrap_or("less").trim();
    if program.is_empty() || program == "cat" {
        return Ok(false);
    }
    let mut command = shell(program);
    command.stdin(Stdio::piped());
    // Leave the text on the screen, show colours, and do not wait where it fits.
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    if std::env::var_os("LV").is_none() {
        command.env("LV", "-c");
    }
    uninterrupted("interrupted, nothing was written", || {
        let Ok(mut pager) = command.spawn() else {
            return Ok(false);
        };
        if let Some(mut input) = pager.stdin.take() {
            // Whoever leaves the pager early has seen enough.
            let _ = input.write_all(text.as_bytes());
        }
        // A shell says with these that there is no such program.
        let ended = pager.wait()?;
        Ok(!matches!(ended.code(), Some(126 | 127)))
    })
}

/// PAGER may have arguments, so that a shell has to read it.
fn shell(program: &str) -> Command {
    let mut command = if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.arg("/C");
        command
    } else {
        let mut command = Command::new("sh");
        command.arg("-c");
        command
    };
    command.arg(program);
    command
}
