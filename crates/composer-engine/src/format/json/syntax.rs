//! JSON text to a tree that knows where everything stands in it: the common ground of [`super::php_json`] and
//! [`crate::format::json::document`]. The grammar is PHP's: lower-case literals, no byte order mark, no lone surrogates.

use super::error::{JsonError, JsonErrorKind};
use serde_json::{Map, Number, Value};
use std::ops::Range;

/// `json_decode` refuses arrays and objects nested deeper than this (its default depth is 512, scalars included).
const MAX_DEPTH: usize = 511;

/// What a parsed text becomes: a plain [`Value`], or a [`Node`] with the places of everything.
pub(crate) trait Tree: Sized {
    /// The entries of an object.
    type Members: Default;
    /// A string, number, boolean or null.
    fn scalar(value: Value, span: Range<usize>) -> Self;
    fn list(items: Vec<Self>, span: Range<usize>) -> Self;
    fn object(members: Self::Members, span: Range<usize>) -> Self;
    /// Adds an entry to an object. The span of the key has its quotes.
    fn add(members: &mut Self::Members, key: String, key_span: Range<usize>, value: Self);
}

/// Of entries with the same key the last one's value stands at the first one's place, as in a PHP array.
impl Tree for Value {
    type Members = Map<String, Value>;

    fn scalar(value: Value, _: Range<usize>) -> Self {
        value
    }

    fn list(items: Vec<Value>, _: Range<usize>) -> Self {
        Value::Array(items)
    }

    fn object(members: Self::Members, _: Range<usize>) -> Self {
        Value::Object(members)
    }

    fn add(members: &mut Self::Members, key: String, _: Range<usize>, value: Value) {
        members.insert(key, value);
    }
}

/// One value of the text.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    kind: NodeKind,
}

#[derive(Debug, Clone)]
enum NodeKind {
    Null,
    Scalar,
    List(Vec<Node>),
    Object(Vec<Member>),
}

/// One entry of an object. An object keeps all entries of the text, also those with the same key.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) key: String,
    /// The key with its quotes.
    pub(crate) key_span: Range<usize>,
    pub(crate) value: Node,
}

impl Tree for Node {
    type Members = Vec<Member>;

    fn scalar(value: Value, span: Range<usize>) -> Self {
        let kind = if value.is_null() {
            NodeKind::Null
        } else {
            NodeKind::Scalar
        };
        Node { span, kind }
    }

    fn list(items: Vec<Node>, span: Range<usize>) -> Self {
        Node {
            span,
            kind: NodeKind::List(items),
        }
    }

    fn object(members: Vec<Member>, span: Range<usize>) -> Self {
        Node {
            span,
            kind: NodeKind::Object(members),
        }
    }

    fn add(members: &mut Vec<Member>, key: String, key_span: Range<usize>, value: Node) {
        members.push(Member {
            key,
            key_span,
            value,
        });
    }
}

impl Member {
    /// From the key's first quote to the value's end.
    pub(crate) fn span(&self) -> Range<usize> {
        self.key_span.start..self.value.span.end
    }
}

impl Node {
    /// The entries of an object; none for anything else.
    pub(crate) fn members(&self) -> Option<&[Member]> {
        match &self.kind {
            NodeKind::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The items of a list; none for anything else.
    pub(crate) fn items(&self) -> Option<&[Node]> {
        match &self.kind {
            NodeKind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The spans of all entries of an object or a list.
    pub(crate) fn entry_spans(&self) -> Vec<Range<usize>> {
        match &self.kind {
            NodeKind::Null | NodeKind::Scalar => Vec::new(),
            NodeKind::List(items) => items.iter().map(|item| item.span.clone()).collect(),
            NodeKind::Object(members) => members.iter().map(Member::span).collect(),
        }
    }

    /// Whether PHP sees nothing here that an entry could not be added to: null, `[]` or `{}`.
    pub(crate) fn is_vacant(&self) -> bool {
        match &self.kind {
            NodeKind::Null => true,
            NodeKind::Scalar => false,
            NodeKind::List(items) => items.is_empty(),
            NodeKind::Object(members) => members.is_empty(),
        }
    }
}

/// Parses a whole text.
pub(crate) fn parse<T: Tree>(text: &str) -> Result<T, JsonError> {
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
    };
    if text.starts_with('\u{feff}') {
        return Err(parser.error(JsonErrorKind::ByteOrderMark));
    }
    parser.skip_whitespace();
    if parser.peek().is_none() {
        return Err(parser.error(JsonErrorKind::Empty));
    }
    let root = parser.value()?;
    parser.skip_whitespace();
    match parser.peek() {
        None => Ok(root),
        Some(_) => Err(parser.unexpected()),
    }
}

struct Parser<'t> {
    text: &'t str,
    /// Byte offset of the next character; always on a character boundary.
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError::at(self.text, self.at, kind)
    }

    fn unexpected(&self) -> JsonError {
        self.error(
            match self
                .text
                .get(self.at..)
                .and_then(|rest| rest.chars().next())
            {
                Some(character) => JsonErrorKind::Unexpected(character),
                None => JsonErrorKind::UnexpectedEnd,
            },
        )
    }

    fn skip_whitespace(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn value<T: Tree>(&mut self) -> Result<T, JsonError> {
        let start = self.at;
        let scalar = match self.peek() {
            Some(b'{') => {
                let members = self.nested(Self::object::<T>)?;
                return Ok(T::object(members, start..self.at));
            }
            Some(b'[') => {
                let items = self.nested(Self::list::<T>)?;
                return Ok(T::list(items, start..self.at));
            }
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            _ => self.literal()?,
        };
        Ok(T::scalar(scalar, start..self.at))
    }

    fn nested<T>(&mut self, parse: fn(&mut Self) -> Result<T, JsonError>) -> Result<T, JsonError> {
        if self.depth == MAX_DEPTH {
            return Err(self.error(JsonErrorKind::TooDeep));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn object<T: Tree>(&mut self) -> Result<T::Members, JsonError> {
        let mut members = T::Members::default();
        if self.opens_empty(b'}') {
            return Ok(members);
        }
        loop {
            let start = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.unexpected());
            }
            let key = self.string()?;
            let key_span = start..self.at;
            self.skip_whitespace();
            if self.peek() != Some(b':') {
                return Err(self.unexpected());
            }
            self.at += 1;
            self.skip_whitespace();
            let value = self.value()?;
            T::add(&mut members, key, key_span, value);
            if self.closes(b'}')? {
                return Ok(members);
            }
        }
    }

    fn list<T: Tree>(&mut self) -> Result<Vec<T>, JsonError> {
        let mut items = Vec::new();
        if self.opens_empty(b']') {
            return Ok(items);
        }
        loop {
            items.push(self.value()?);
            if self.closes(b']')? {
                return Ok(items);
            }
        }
    }

    /// Steps over the opening bracket, and over the closing one when nothing is between them.
    fn opens_empty(&mut self, close: u8) -> bool {
        self.at += 1;
        self.skip_whitespace();
        let empty = self.peek() == Some(close);
        self.at += usize::from(empty);
        empty
    }

    /// Steps over what follows an entry: the closing bracket (true), or a comma and the way to the next entry.
    fn closes(&mut self, close: u8) -> Result<bool, JsonError> {
        self.skip_whitespace();
        match self.peek() {
            Some(byte) if byte == close => {
                self.at += 1;
                Ok(true)
            }
            Some(b',') => {
                let comma = self.at;
                self.at += 1;
                self.skip_whitespace();
                if self.peek() == Some(close) {
                    return Err(JsonError::at(
                        self.text,
                        comma,
                        JsonErrorKind::TrailingComma,
                    ));
                }
                Ok(false)
            }
            Some(b'"' | b'{' | b'[') => Err(self.error(JsonErrorKind::MissingComma)),
            _ => Err(self.unexpected()),
        }
    }

    fn literal(&mut self) -> Result<Value, JsonError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for (word, value) in [
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
            ("null", Value::Null),
        ] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.unexpected())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.unexpected());
        }
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        Ok(())
    }

    /// An integer that fits 64 bits with sign stays one (`-0` is 0), everything else is a double, as in PHP.
    fn number(&mut self) -> Result<Number, JsonError> {
        let start = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let mut integer = true;
        if self.peek() == Some(b'.') {
            integer = false;
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            integer = false;
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
        }
        let literal = self.text.get(start..self.at).unwrap_or_default();
        if integer && let Ok(number) = literal.parse::<i64>() {
            return Ok(number.into());
        }
        let number = literal.parse().ok().and_then(Number::from_f64);
        number.ok_or_else(|| JsonError::at(self.text, start, JsonErrorKind::NumberOutOfRange))
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut decoded = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let plain = rest
                .bytes()
                .position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))
                .unwrap_or(rest.len());
            decoded.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(decoded);
                }
                Some(b'\\') => decoded.push(self.escape()?),
                Some(_) => return Err(self.error(JsonErrorKind::ControlCharacter)),
                None => return Err(self.error(JsonErrorKind::UnexpectedEnd)),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        let fail = |kind| JsonError::at(self.text, start, kind);
        let simple = match self.text.as_bytes().get(start + 1) {
            Some(&byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let first = self
                    .code_unit(start)
                    .ok_or_else(|| fail(JsonErrorKind::InvalidEscape))?;
                // A high surrogate counts only with the low one right behind it.
                let second = (0xd800..0xdc00)
                    .contains(&first)
                    .then(|| self.code_unit(start + 6))
                    .flatten();
                let character = char::decode_utf16([first].into_iter().chain(second)).next();
                let Some(Ok(character)) = character else {
                    return Err(fail(JsonErrorKind::UnpairedSurrogate));
                };
                self.at = start + if second.is_some() { 12 } else { 6 };
                return Ok(character);
            }
            _ => return Err(fail(JsonErrorKind::InvalidEscape)),
        };
        self.at = start + 2;
        Ok(simple)
    }

    /// The UTF-16 code unit of the `\uXXXX` at an offset.
    fn code_unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        all_hex
            .then(|| u16::from_str_radix(digits, 16).ok())
            .flatten()
    }
}
