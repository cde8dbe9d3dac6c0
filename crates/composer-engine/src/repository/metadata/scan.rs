//! A fast, checking reader of JSON text that yields byte ranges instead of values.
//!
//! A repository document may hold two thousand versions in several megabytes, of which a plan uses a handful of fields of a
//! handful of versions. So the text is walked once: every value is checked against the grammar, the interesting ones are
//! remembered as ranges, and only what is needed is ever decoded.

use std::borrow::Cow;
use std::ops::Range;

/// The deepest nesting accepted, as in `serde_json`. Composer's metadata is six levels deep.
const MAX_DEPTH: u32 = 127;

/// Text that is not JSON, or not the shape that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{expected} expected")]
pub(crate) struct Syntax {
    /// Where, in bytes from the start of the text.
    pub at: usize,
    /// What should have been there.
    pub expected: &'static str,
}

impl Syntax {
    /// The line of the error in `text`, counted from 1.
    pub(crate) fn line(&self, text: &str) -> usize {
        let before = text.as_bytes().get(..self.at).unwrap_or(text.as_bytes());
        memchr::memchr_iter(b'\n', before).count() + 1
    }
}

/// Walks a JSON text. Every method leaves the scanner behind what it read, or fails.
#[derive(Debug, Clone)]
pub(crate) struct Scanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        Scanner { text, at: 0 }
    }

    /// The next byte that is not white space, without taking it.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            // Compact documents have no white space at all, so this is decided by the first comparison.
            if byte > b' ' || !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Reads an object. `entry` is called with each key, and must read its value.
    pub(crate) fn object(
        &mut self,
        mut entry: impl FnMut(Key<'a>, &mut Self) -> Result<(), Syntax>,
    ) -> Result<(), Syntax> {
        self.take(b'{', "an object")?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.key()?;
            self.take(b':', "`:`")?;
            entry(key, self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.expected("`,` or `}`")),
            }
        }
    }

    /// Reads the values of a list or, as PHP does not tell the two apart, of an object. `value` must read one value.
    pub(crate) fn values(
        &mut self,
        mut value: impl FnMut(&mut Self) -> Result<(), Syntax>,
    ) -> Result<(), Syntax> {
        if self.peek() == Some(b'{') {
            return self.object(|_, scanner| value(scanner));
        }
        self.take(b'[', "a list")?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            value(self)?;
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return Err(self.expected("`,` or `]`")),
            }
        }
    }

    /// Checks that only white space is left.
    pub(crate) fn end(&mut self) -> Result<(), Syntax> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.expected("the end of the document")),
        }
    }

    /// Passes over a value that is written as `known`, one that was checked before. None when it is written otherwise.
    ///
    /// Most of what a version says is what the one before it said, and comparing is many times faster than checking.
    pub(crate) fn repeated(&mut self, known: &str) -> Option<Range<usize>> {
        self.peek();
        let rest = self.text.as_bytes().get(self.at..)?;
        let after = rest.strip_prefix(known.as_bytes())?.first();
        // `12` is the beginning of `123`, too.
        let ends = matches!(
            after,
            Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')
        );
        (ends && !known.is_empty()).then(|| {
            let start = self.at;
            self.at += known.len();
            start..self.at
        })
    }

    /// Checks one value of any kind and returns where it is.
    pub(crate) fn value(&mut self) -> Result<Range<usize>, Syntax> {
        // One bit for each open bracket, 1 for an object.
        let mut open: u128 = 0;
        let mut depth = 0;
        let first = self.peek();
        let start = self.at;
        let mut next = first;
        loop {
            match next {
                Some(b'"') => self.string()?,
                Some(bracket @ (b'{' | b'[')) => {
                    if depth == MAX_DEPTH {
                        return Err(self.expected("less nesting"));
                    }
                    self.at += 1;
                    depth += 1;
                    open = open << 1 | u128::from(bracket == b'{');
                    let inner = self.peek();
                    // `}` and `]` are two after `{` and `[` in ASCII.
                    if inner != Some(bracket + 2) {
                        if bracket == b'{' {
                            self.entry()?;
                        }
                        next = self.peek();
                        continue;
                    }
                }
                Some(b'-' | b'0'..=b'9') => self.number()?,
                Some(b't') => self.literal("true")?,
                Some(b'f') => self.literal("false")?,
                Some(b'n') => self.literal("null")?,
                _ => return Err(self.expected("a value")),
            }
            // A value is complete (or an empty container was opened): close what ends here, go on with what follows.
            loop {
                if depth == 0 {
                    return Ok(start..self.at);
                }
                let in_object = open & 1 == 1;
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if in_object {
                            self.entry()?;
                        }
                        next = self.peek();
                        break;
                    }
                    Some(b'}') if in_object => {}
                    Some(b']') if !in_object => {}
                    _ if in_object => return Err(self.expected("`,` or `}`")),
                    _ => return Err(self.expected("`,` or `]`")),
                }
                self.at += 1;
                depth -= 1;
                open >>= 1;
            }
        }
    }

    /// Reads a key and the colon after it.
    fn entry(&mut self) -> Result<(), Syntax> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key"));
        }
        self.string()?;
        self.take(b':', "`:`")
    }

    fn key(&mut self) -> Result<Key<'a>, Syntax> {
        if self.peek() != Some(b'"') {
            return Err(self.expected("a key"));
        }
        let start = self.at;
        self.string()?;
        Ok(Key {
            raw: &self.text[start + 1..self.at - 1],
            start,
        })
    }

    fn take(&mut self, byte: u8, expected: &'static str) -> Result<(), Syntax> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(self.expected(expected))
    }

    fn expected(&self, expected: &'static str) -> Syntax {
        Syntax {
            at: self.at,
            expected,
        }
    }

    /// Checks a string, from its opening quote to behind its closing one.
    #[inline]
    fn string(&mut self) -> Result<(), Syntax> {
        let bytes = self.text.as_bytes();
        let mut at = self.at + 1;
        loop {
            match bytes.get(at..).and_then(<[u8]>::first_chunk) {
                Some(chunk) => {
                    let special = special_bytes(u64::from_le_bytes(*chunk));
                    if special == 0 {
                        at += 8;
                        continue;
                    }
                    at += special.trailing_zeros() as usize / 8;
                }
                None => {
                    while bytes
                        .get(at)
                        .is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..b' '))
                    {
                        at += 1;
                    }
                }
            }
            match bytes.get(at) {
                Some(b'"') => {
                    self.at = at + 1;
                    return Ok(());
                }
                Some(b'\\') => at = self.escape(at)?,
                Some(_) => {
                    return Err(Syntax {
                        at,
                        expected: "a string without control characters",
                    });
                }
                None => {
                    return Err(Syntax {
                        at,
                        expected: "the end of a string",
                    });
                }
            }
        }
    }

    /// Checks the escape sequence at `at`, including that surrogates come in pairs, and returns where it ends.
    fn escape(&self, at: usize) -> Result<usize, Syntax> {
        let wrong = Syntax {
            at,
            expected: "an escape sequence",
        };
        match self.text.as_bytes().get(at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
            Some(b'u') => match self.code_unit(at + 2).ok_or(wrong)? {
                0xD800..0xDC00 => {
                    let pair = self.text.as_bytes().get(at + 6..at + 8) == Some(b"\\u");
                    match self.code_unit(at + 8) {
                        Some(0xDC00..0xE000) if pair => Ok(at + 12),
                        _ => Err(wrong),
                    }
                }
                0xDC00..0xE000 => Err(wrong),
                _ => Ok(at + 6),
            },
            _ => Err(wrong),
        }
    }

    fn code_unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 4)?;
        // `from_str_radix` would accept a sign.
        digits
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit())
            .then(|| u16::from_str_radix(digits, 16).ok())
            .flatten()
    }

    fn number(&mut self) -> Result<(), Syntax> {
        let bytes = self.text.as_bytes();
        let digits = |mut at: usize| {
            let start = at;
            while bytes.get(at).is_some_and(u8::is_ascii_digit) {
                at += 1;
            }
            if at > start {
                Ok(at)
            } else {
                Err(Syntax {
                    at,
                    expected: "a digit",
                })
            }
        };
        let mut at = self.at + usize::from(bytes.get(self.at) == Some(&b'-'));
        at = if bytes.get(at) == Some(&b'0') {
            at + 1
        } else {
            digits(at)?
        };
        if bytes.get(at) == Some(&b'.') {
            at = digits(at + 1)?;
        }
        if matches!(bytes.get(at), Some(b'e' | b'E')) {
            at = digits(at + 1 + usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-'))))?;
        }
        self.at = at;
        Ok(())
    }

    fn literal(&mut self, word: &'static str) -> Result<(), Syntax> {
        if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
            self.at += word.len();
            return Ok(());
        }
        Err(self.expected("a value"))
    }
}

/// The key of an entry, as it stands between its quotes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key<'a> {
    /// Without the quotes, escapes untouched.
    raw: &'a str,
    start: usize,
}

impl<'a> Key<'a> {
    /// The key itself, escapes resolved.
    pub(crate) fn text(&self) -> Cow<'a, str> {
        unescape(self.raw)
    }

    /// Where its opening quote is.
    pub(crate) fn start(&self) -> usize {
        self.start
    }
}

/// The content of a checked JSON string, escapes resolved. None when `raw` is not a string.
pub(crate) fn string_of(raw: &str) -> Option<Cow<'_, str>> {
    Some(unescape(raw.strip_prefix('"')?.strip_suffix('"')?))
}

fn unescape(raw: &str) -> Cow<'_, str> {
    if memchr::memchr(b'\\', raw.as_bytes()).is_none() {
        return Cow::Borrowed(raw);
    }
    // The scanner has checked the escapes, so this does not fail on anything it let through.
    Cow::Owned(serde_json::from_str(&format!("\"{raw}\"")).unwrap_or_else(|_| raw.to_owned()))
}

/// Marks (with the top bit of the byte) the bytes of a word that end the plain part of a string: quotes, backslashes and
/// control characters. Only the lowest mark is reliable, as a borrow may mark a byte above it.
#[inline]
fn special_bytes(word: u64) -> u64 {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    const QUOTES: u64 = u64::from_ne_bytes([b'"'; 8]);
    const BACKSLASHES: u64 = u64::from_ne_bytes([b'\\'; 8]);
    const SPACES: u64 = u64::from_ne_bytes([b' '; 8]);
    let quote = word ^ QUOTES;
    let backslash = word ^ BACKSLASHES;
    let zero_quote = quote.wrapping_sub(ONES) & !quote;
    let zero_backslash = backslash.wrapping_sub(ONES) & !backslash;
    let control = word.wrapping_sub(SPACES) & !word;
    (zero_quote | zero_backslash | control) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn accepts(text: &str) -> bool {
        let mut scanner = Scanner::new(text);
        scanner.value().and_then(|_| scanner.end()).is_ok()
    }

    #[test]
    fn agrees_with_serde_json_on_what_is_json() {
        for text in [
            "",
            " ",
            "{}",
            "[]",
            "[1,2]",
            "[1,]",
            "{\"a\":1}",
            "{\"a\" : [ ] }",
            "{\"a\":1,}",
            "{a:1}",
            "{\"a\"}",
            "{\"a\":}",
            "01",
            "-",
            "-0",
            "1.",
            "1.5e+3",
            "1e",
            ".5",
            "tru",
            "true",
            "nul",
            "null ",
            "\"",
            "\"\\\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"\\u+123\"",
            "\"\\ud800\"",
            "\"\\ud83d\\ude00\"",
            "\"\\udc00\"",
            "\"tab\there\"",
            "\"0123456789abcdef\"",
            "[}",
            "{]",
            "[[[[]]]]",
            "[1 2]",
            "1 2",
            "{\"a\":1 \"b\":2}",
            "\u{feff}{}",
            "[\"é\"]",
        ] {
            assert_eq!(
                accepts(text),
                serde_json::from_str::<Value>(text).is_ok(),
                "{text:?}"
            );
        }
        assert!(!accepts(&"[".repeat(100_000)));
    }

    #[test]
    fn names_the_line() {
        let text = "{\n  \"a\": 1,\n  \"b\": oops\n}";
        let error = Scanner::new(text).value().unwrap_err();
        assert_eq!(
            (error.line(text), error.to_string()),
            (3, "a value expected".to_owned())
        );
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 60, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".{0,12}", inner), 0..6)
                    .prop_map(|entries| Value::Object(entries.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn accepts_whatever_serde_json_writes(value in json(), pretty in any::<bool>()) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            let range = Scanner::new(&text).value();
            prop_assert_eq!(range, Ok(0..text.len()));
        }

        #[test]
        fn agrees_with_serde_json_on_broken_text(value in json(), at in any::<prop::sample::Index>(), with in "[\\[\\]{}\",:\\\\ 0-9a-f]{0,2}") {
            let mut text = serde_json::to_string(&value).unwrap();
            let mut cut = at.index(text.len());
            while !text.is_char_boundary(cut) {
                cut -= 1;
            }
            let end = (cut + 1..=text.len()).find(|&end| text.is_char_boundary(end)).unwrap_or(text.len());
            text.replace_range(cut..end, &with);
            // A raw value is the grammar alone: floats may be huge, but lone surrogates go unnoticed.
            prop_assume!(!text.to_lowercase().contains("\\ud"));
            let judged: Result<&serde_json::value::RawValue, _> = serde_json::from_str(&text);
            prop_assert_eq!(accepts(&text), judged.is_ok(), "{:?}", text);
        }

        #[test]
        fn only_the_same_text_is_repeated(known in json(), value in json(), same in any::<bool>(), end in "[,}\\] ]?") {
            let known = known.to_string();
            let value = if same { known.clone() } else { value.to_string() };
            let text = format!(" {value}{end}");
            let mut scanner = Scanner::new(&text);
            match scanner.repeated(&known) {
                Some(range) => prop_assert_eq!(Ok(range), Scanner::new(&text).value()),
                None => prop_assert!(known != value || end.is_empty()),
            }
        }

        #[test]
        fn reads_keys_and_strings_as_serde_json_does(key in ".{0,20}", content in ".{0,40}") {
            let text = format!("{{{}:{}}}", Value::from(key.clone()), Value::from(content.clone()));
            let mut seen = None;
            Scanner::new(&text).object(|found, scanner| {
                let value = scanner.value()?;
                seen = Some((found.text().into_owned(), string_of(&text[value]).map(Cow::into_owned)));
                Ok(())
            }).unwrap();
            prop_assert_eq!(seen, Some((key, Some(content))));
        }
    }
}
