//! How a JSON file is written, and new values written the same way.

use super::php_json::{Escapes, write_scalar, write_string};
use serde_json::Value;

/// What new text in a file has to look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct JsonStyle {
    /// One level of indentation.
    pub(crate) indent: String,
    pub(crate) newline: &'static str,
    escapes: Escapes,
}

/// Whether a value is spread over lines or kept on the line it starts on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Objects over several lines; lists too when they hold more than scalars. This is how Composer writes values,
    /// except for a list of objects, which `JsonManipulator::format` squeezes together. Composer 2.9 avoids that case
    /// (it adds repositories one by one) and gets what is written here.
    /// The number is the depth of the value: 0 for the document itself, 1 for the value of a top-level key.
    Lines(usize),
    /// `{"a": 1, "b": [2, 3]}`.
    OneLine,
}

impl Layout {
    pub(crate) fn deeper(self) -> Layout {
        match self {
            Layout::Lines(depth) => Layout::Lines(depth + 1),
            Layout::OneLine => Layout::OneLine,
        }
    }
}

/// The first indentation in front of a `"`, as Composer detects it: the characters between a line's start and the quote.
pub(crate) fn detect_indent(text: &str) -> Option<&str> {
    text.split('\n').find_map(|line| {
        let (indent, _) = line.split_once('"')?;
        (!indent.is_empty() && indent.bytes().all(|byte| byte == b' ' || byte == b'\t'))
            .then_some(indent)
    })
}

impl JsonStyle {
    /// Composer's detection (`JsonManipulator::__construct`), and slashes escaped when most of the file's slashes are.
    pub(crate) fn detect(text: &str) -> Self {
        JsonStyle {
            indent: detect_indent(text).unwrap_or("    ").to_owned(),
            newline: if text.contains("\r\n") { "\r\n" } else { "\n" },
            escapes: Escapes {
                slashes: text.matches("\\/").count() * 2 > text.matches('/').count(),
                unicode: false,
            },
        }
    }

    pub(crate) fn line_start(&self, depth: usize) -> String {
        self.newline.to_owned() + &self.indent.repeat(depth)
    }

    pub(crate) fn string(&self, string: &str) -> String {
        let mut out = String::new();
        write_string(&mut out, string, self.escapes);
        out
    }

    pub(crate) fn value(&self, value: &Value, layout: Layout) -> String {
        match value {
            Value::Object(object) => {
                let entries = object
                    .iter()
                    .map(|(key, value)| self.entry(key, value, layout.deeper()));
                self.wrap('{', entries.collect(), '}', layout)
            }
            Value::Array(items) => {
                let layout = match items.iter().any(|item| item.is_object() || item.is_array()) {
                    true => layout,
                    false => Layout::OneLine,
                };
                let entries = items.iter().map(|item| self.value(item, layout.deeper()));
                self.wrap('[', entries.collect(), ']', layout)
            }
            scalar => {
                let mut out = String::new();
                write_scalar(&mut out, scalar, self.escapes);
                out
            }
        }
    }

    /// `"key": value`; the layout is that of the value.
    pub(crate) fn entry(&self, key: &str, value: &Value, layout: Layout) -> String {
        format!("{}: {}", self.string(key), self.value(value, layout))
    }

    /// An object or a list of entries that are written already.
    pub(crate) fn wrap(
        &self,
        open: char,
        entries: Vec<String>,
        close: char,
        layout: Layout,
    ) -> String {
        match layout {
            Layout::Lines(depth) if !entries.is_empty() => {
                let (inner, outer) = (self.line_start(depth + 1), self.line_start(depth));
                let entries = entries.join(&format!(",{inner}"));
                format!("{open}{inner}{entries}{outer}{close}")
            }
            _ => format!("{open}{}{close}", entries.join(", ")),
        }
    }
}
