//! Colours, or none.

use console::Style;
use std::fmt::Display;

/// Colours text when it is switched on. Whether it is, the caller knows from the stream it writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint(pub bool);

impl Paint {
    /// Headings.
    pub fn bold(self, text: impl Display) -> String {
        self.with(Style::new().bold(), text)
    }

    /// What is there for looking things up.
    pub fn dim(self, text: impl Display) -> String {
        self.with(Style::new().dim(), text)
    }

    /// What is added, and what went well.
    pub fn green(self, text: impl Display) -> String {
        self.with(Style::new().green(), text)
    }

    /// What is removed, and what stops.
    pub fn red(self, text: impl Display) -> String {
        self.with(Style::new().red(), text)
    }

    /// What changes, and what needs attention.
    pub fn yellow(self, text: impl Display) -> String {
        self.with(Style::new().yellow(), text)
    }

    /// Where in a file, and what to type.
    pub fn cyan(self, text: impl Display) -> String {
        self.with(Style::new().cyan(), text)
    }

    fn with(self, style: Style, text: impl Display) -> String {
        style.force_styling(self.0).apply_to(text).to_string()
    }
}
