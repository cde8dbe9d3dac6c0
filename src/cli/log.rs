//! Who listens to what the program does: for `-vv` and `MAGESHIFT_LOG` it is told line by line on standard error, masked as all
//! output; where there is a line that says what is being done, the phases are told there.

use super::screen::phase_listener;
use super::screen::ui::Ui;
use crate::preview::Masker;
use std::io::{self, Write};
use std::str::FromStr;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::fmt::time::uptime;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The variable that says what is told: a level, or levels by part (`composer_engine=trace,mageshift=debug`).
const VARIABLE: &str = "MAGESHIFT_LOG";

/// Starts to listen, where something is to be told. The variable comes before the flag. An error is a sentence about a variable that
/// cannot be read; nothing is told then.
pub(super) fn start(verbose: u8, is_of_many: bool, ui: &Ui) -> Result<(), String> {
    let wish = std::env::var(VARIABLE).unwrap_or_default();
    let targets = targets(&wish, verbose);
    let lines = targets.as_ref().ok().cloned().flatten().map(|targets| {
        tracing_subscriber::fmt::layer()
            .with_writer(Masked(ui.masker.clone()))
            .with_timer(uptime())
            .with_ansi(ui.stderr.0)
            .with_span_events(FmtSpan::CLOSE)
            .compact()
            .with_filter(targets)
    });
    // Of many stores at once, what is told is how many are done.
    let phases = (ui.tells_progress() && !is_of_many).then(phase_listener::listener);
    if lines.is_some() || phases.is_some() {
        let listeners = tracing_subscriber::registry().with(phases).with(lines);
        listeners.try_init().map_err(|error| error.to_string())?;
    }
    targets.map(|_| ())
}

/// What is told; none when nothing is.
fn targets(wish: &str, verbose: u8) -> Result<Option<Targets>, String> {
    let own = |level: LevelFilter| {
        Targets::new()
            .with_target("mageshift", level)
            .with_target("composer_engine", level)
    };
    if wish.is_empty() {
        return Ok(match verbose {
            0 | 1 => None,
            2 => Some(own(LevelFilter::DEBUG)),
            _ => Some(own(LevelFilter::TRACE)),
        });
    }
    // A level alone is meant for this program, not for the libraries below it.
    if let Ok(level) = LevelFilter::from_str(wish) {
        return Ok(Some(own(level)));
    }
    // A word without a level would be taken for the name of a part that nothing is told of.
    let is_levelled = |part: &str| part.contains('=') || LevelFilter::from_str(part).is_ok();
    let parts = wish.split(',').all(|part| is_levelled(part.trim()));
    match Targets::from_str(wish) {
        Ok(targets) if parts => Ok(Some(targets)),
        _ => Err(format!(
            "{VARIABLE} is not read: it is a level, as debug, or levels by part, as composer_engine=trace"
        )),
    }
}

/// Standard error, behind the masker.
struct Masked(Masker);

impl<'a> MakeWriter<'a> for Masked {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            masker: &self.0,
            bytes: Vec::new(),
        }
    }
}

/// One event, which is written whole: a secret may not escape by being written in two parts.
struct Line<'a> {
    masker: &'a Masker,
    bytes: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.bytes);
        // When nobody reads standard error there is nobody to tell.
        let _ =
            io::stderr().write_all(crate::preview::harmless(&self.masker.mask(&text)).as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_follows_the_variable_before_the_flag() {
        let enables = |wish: &str, verbose, target: &str, level| {
            targets(wish, verbose)
                .unwrap()
                .is_some_and(|targets| targets.would_enable(target, &level))
        };
        use tracing::Level;
        assert!(!enables("", 1, "mageshift::planner", Level::ERROR));
        assert!(enables("", 2, "mageshift::planner", Level::DEBUG));
        assert!(!enables("", 2, "composer_engine::repository", Level::TRACE));
        assert!(enables("", 3, "composer_engine::repository", Level::TRACE));
        assert!(!enables("", 3, "hyper", Level::ERROR));
        assert!(!enables("info", 3, "mageshift", Level::DEBUG));
        assert!(enables("hyper=debug", 0, "hyper::client", Level::DEBUG));
        assert!(targets("loud please", 0).is_err());
    }
}
