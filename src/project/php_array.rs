//! Reads the array that a PHP file returns, without running PHP: enough of the language for the files below `app/etc`.
//!
//! Literals are read; whatever else stands in the place of a value (a call, a constant, an interpolated string) is
//! skipped and becomes [`Value::Other`]. Nothing is an error: a file that is no PHP gives [`Value::Other`], too.

use std::fmt;
use std::ops::Range;

/// Where a literal stands in the file, in bytes. It is no part of what a value means: values of two files are equal, and
/// shown alike, wherever they stand.
#[derive(Clone, Eq)]
pub(super) struct Place(pub(super) Range<usize>);

impl PartialEq for Place {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("_")
    }
}

/// A text as a string literal of PHP.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}

/// Arrays nested deeper than this are skipped.
const DEEPEST: usize = 64;

/// A value of a PHP file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A string literal, and the bytes that it takes in the file, with its quotes.
    Text(String, Place),
    /// A number without a point and a sign, or `true`, `false` and `null`, in lower case.
    Word(String),
    /// The entries of an array literal, in order, with their keys; a number is a key as its text is. Those without a key
    /// have none, and one whose key is no literal is [`Value::Other`] without a key.
    Array(Vec<(Option<String>, Value)>),
    /// Anything else.
    Other,
}

impl Value {
    /// The value behind a row of keys. Of a key that occurs twice the last one counts, as in PHP.
    pub(super) fn at(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| match value {
            Value::Array(entries) => entries
                .iter()
                .rev()
                .find(|(name, _)| name.as_deref() == Some(*key))
                .map(|(_, value)| value),
            _ => None,
        })
    }

    /// The text behind a row of keys, unless it is empty.
    pub(super) fn text_at(&self, keys: &[&str]) -> Option<&str> {
        match self.at(keys)? {
            Value::Text(text, _) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The entries of the array behind a row of keys.
    pub(super) fn entries_at(&self, keys: &[&str]) -> &[(Option<String>, Value)] {
        match self.at(keys) {
            Some(Value::Array(entries)) => entries,
            _ => &[],
        }
    }
}

/// What the file returns.
pub(super) fn returned(php: &str) -> Value {
    let mut reader = Reader {
        text: php,
        at: php
            .find("<?php")
            .map_or(php.len(), |start| start + "<?php".len()),
    };
    loop {
        match reader.token() {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("return") => {
                return reader.value(0);
            }
            Some(_) => {}
            None => return Value::Other,
        }
    }
}

#[derive(Debug, PartialEq)]
enum Token<'t> {
    /// A name, a keyword, a variable or a number.
    Word(&'t str),
    /// A string literal; none when it holds variables.
    Text(Option<String>),
    Arrow,
    Sign(char),
}

struct Reader<'t> {
    text: &'t str,
    /// The byte to read next; always on a character's boundary.
    at: usize,
}

impl<'t> Reader<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips what stands before the first byte that `stop` accepts; all of it when there is none.
    fn skip_to(&mut self, stop: impl Fn(char) -> bool) -> &'t str {
        let rest = self.rest();
        let end = rest.find(stop).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn skip_behind(&mut self, mark: &str) {
        let rest = self.rest();
        self.at += rest.find(mark).map_or(rest.len(), |at| at + mark.len());
    }

    fn skip_blanks(&mut self) {
        loop {
            self.skip_to(|c| !c.is_whitespace());
            let rest = self.rest();
            if rest.starts_with("/*") {
                self.at += 2;
                self.skip_behind("*/");
            } else if rest.starts_with("//") || (rest.starts_with('#') && !rest.starts_with("#[")) {
                self.skip_to(|c| c == '\n');
            } else {
                return;
            }
        }
    }

    fn token(&mut self) -> Option<Token<'t>> {
        self.skip_blanks();
        let rest = self.rest();
        let first = rest.chars().next()?;
        if first == '\'' || first == '"' {
            self.at += 1;
            return Some(Token::Text(self.string(first)));
        }
        if rest.starts_with("<<<") {
            self.heredoc();
            return Some(Token::Text(None));
        }
        if rest.starts_with("=>") {
            self.at += 2;
            return Some(Token::Arrow);
        }
        let in_word = |c: char| c.is_alphanumeric() || c == '_' || c == '\\' || c == '$';
        if in_word(first) {
            return Some(Token::Word(self.skip_to(|c| !in_word(c))));
        }
        self.at += first.len_utf8();
        Some(Token::Sign(first))
    }

    fn peek(&mut self) -> Option<Token<'t>> {
        let at = self.at;
        let token = self.token();
        self.at = at;
        token
    }

    /// The rest of a string literal behind its opening quote.
    fn string(&mut self, quote: char) -> Option<String> {
        let mut text = String::new();
        let mut is_literal = true;
        loop {
            text.push_str(self.skip_to(|c| c == quote || c == '\\' || c == '$'));
            let mut rest = self.rest().chars();
            match (rest.next(), rest.next()) {
                (Some('\\'), Some(next)) => {
                    self.at += 1 + next.len_utf8();
                    if next != quote && next != '\\' && next != '$' {
                        text.push('\\');
                    }
                    text.push(next);
                }
                (Some('$'), _) => {
                    self.at += 1;
                    is_literal &= quote == '\'';
                    text.push('$');
                }
                (Some('\\'), None) | (None, _) => {
                    self.at = self.text.len();
                    return None;
                }
                (Some(_), _) => {
                    self.at += 1;
                    return is_literal.then_some(text);
                }
            }
        }
    }

    /// Skips `<<<LABEL` and its lines to the one that begins with the label.
    fn heredoc(&mut self) {
        self.at += 3;
        let label = self.skip_to(|c| c == '\n').trim();
        let label = label.trim_matches(['\'', '"']);
        while !self.rest().is_empty() {
            self.at += 1;
            let line = self.rest().trim_start_matches([' ', '\t']);
            if !label.is_empty() && line.starts_with(label) {
                self.skip_behind(label);
                return;
            }
            self.skip_to(|c| c == '\n');
        }
    }

    /// A value, up to the comma, bracket or semicolon behind it.
    fn value(&mut self, depth: usize) -> Value {
        let value = match self.peek() {
            Some(Token::Sign('[')) => {
                self.token();
                self.array(']', depth)
            }
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("array") => {
                self.token();
                match self.peek() {
                    Some(Token::Sign('(')) => {
                        self.token();
                        self.array(')', depth)
                    }
                    _ => Value::Other,
                }
            }
            Some(Token::Text(Some(text))) => {
                self.skip_blanks();
                let start = self.at;
                self.token();
                Value::Text(text, Place(start..self.at))
            }
            Some(Token::Word(word)) if is_literal(word) => {
                self.token();
                Value::Word(word.to_ascii_lowercase())
            }
            _ => Value::Other,
        };
        // A value with anything behind it, `'a' . B`, is no literal.
        if self.skip_expression() {
            Value::Other
        } else {
            value
        }
    }

    /// Skips to what ends a value; whether there was anything to skip.
    fn skip_expression(&mut self) -> bool {
        let mut open = 0usize;
        let mut skipped = false;
        while let Some(token) = self.peek() {
            match token {
                Token::Sign(',' | ';') | Token::Arrow if open == 0 => break,
                Token::Sign(']' | ')' | '}') if open == 0 => break,
                Token::Sign('[' | '(' | '{') => open += 1,
                Token::Sign(']' | ')' | '}') => open -= 1,
                _ => {}
            }
            self.token();
            skipped = true;
        }
        skipped
    }

    /// The entries of an array behind its opening bracket.
    fn array(&mut self, close: char, depth: usize) -> Value {
        if depth >= DEEPEST {
            self.skip_expression();
            while self.peek() == Some(Token::Sign(',')) || self.peek() == Some(Token::Arrow) {
                self.token();
                self.skip_expression();
            }
            self.token();
            return Value::Other;
        }
        let mut entries = Vec::new();
        loop {
            match self.peek() {
                None => return Value::Array(entries),
                Some(Token::Sign(sign)) if sign == close => {
                    self.token();
                    return Value::Array(entries);
                }
                // A bracket that does not fit, or a semicolon: the file is not PHP.
                Some(Token::Sign(']' | ')' | '}' | ';')) => return Value::Array(entries),
                Some(Token::Sign(',') | Token::Arrow) => {
                    self.token();
                    continue;
                }
                Some(_) => {}
            }
            let first = self.value(depth + 1);
            if self.peek() != Some(Token::Arrow) {
                entries.push((None, first));
                continue;
            }
            self.token();
            let value = self.value(depth + 1);
            entries.push(match first {
                Value::Text(key, _) | Value::Word(key) => (Some(key), value),
                _ => (None, Value::Other),
            });
        }
    }
}

fn is_literal(word: &str) -> bool {
    let is_name = ["true", "false", "null"].contains(&word.to_ascii_lowercase().as_str());
    is_name || (!word.is_empty() && word.chars().all(|c| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn literals_are_read_and_the_rest_is_skipped() {
        let value = returned(
            r#"<?php
// return ['no' => 'x'];
declare(strict_types=1);
$x = ['return' => 1];
return array (
  'a' => 'it\'s', # comment
  "b" => ["c" => 'd' /* , */, 5 => true, 'e' => getenv('X', ['y' => 'z']) ?: 'q', ],
  'f' => 'g' . H, 'i' => "j$k", 'l' => \Foo\Bar::class, 'm' => <<<'TXT'
    ], 'n' => 'no'
    TXT,
  'o' => array('p' => 'first', 'p' => 'last'),
  7,
);
"#,
        );
        assert_eq!(value.text_at(&["a"]), Some("it's"));
        assert_eq!(value.text_at(&["b", "c"]), Some("d"));
        assert_eq!(value.text_at(&["o", "p"]), Some("last"));
        for key in ["f", "i", "l", "m"] {
            assert_eq!(value.at(&[key]), Some(&Value::Other), "{key}");
        }
        assert_eq!(value.at(&["b", "5"]), Some(&Value::Word("true".to_owned())));
        assert_eq!(value.at(&["b", "e"]), Some(&Value::Other));
        assert_eq!(value.at(&["n"]), None);
        assert_eq!(value.entries_at(&[]).len(), 8);
    }

    #[test]
    fn depth_is_limited() {
        let deep = format!(
            "<?php return {}{};",
            "[".repeat(100_000),
            "]".repeat(100_000)
        );
        assert!(matches!(returned(&deep), Value::Array(_)));
        let wide = format!(
            "<?php return [{}'x' => 'y',{}, 'z' => 'after'];",
            "['k', 'l' => ".repeat(70),
            "]".repeat(70)
        );
        assert_eq!(returned(&wide).text_at(&["z"]), Some("after"));
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(php in ".{0,200}") {
            returned(&format!("<?php return {php}"));
            returned(&php);
        }

        #[test]
        fn nothing_made_of_its_tokens_makes_it_panic(tokens in prop::collection::vec(
            prop::sample::select(vec![
                "[", "]", "(", ")", "{", "}", "array", "=>", ",", ";", "'", "\"", "\\", "$x", "<<<A\n", "A", "//", "/*", "*/", "#", "\n", "é", "return", "1", ".", " ",
            ]), 0..40)) {
            returned(&format!("<?php return {}", tokens.concat()));
        }
    }
}
