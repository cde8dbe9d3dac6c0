//! JSON as PHP reads and writes it, to the byte.
//!
//! Measured with PHP 8.2 (`serialize_precision` -1, its default). What differs from other JSON libraries: integers beyond
//! 64 bits become doubles, doubles are written as `1.0e+25`, a key that occurs twice keeps its first place and its last value,
//! slashes and non-ASCII characters are escaped or not depending on the flags.

use super::error::JsonError;
use super::syntax;
use serde_json::{Map, Number, Value};

/// Decodes a text as `json_decode` does; objects and lists stay apart (see [`phpify`]).
pub fn decode(text: &str) -> Result<Value, JsonError> {
    syntax::parse(text)
}

/// `json_encode` with `JSON_UNESCAPED_SLASHES | JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE`, as Composer writes its files,
/// without a final newline. PHP's own indent is four spaces; Composer 2.6 and later replace it by that of the old file.
pub fn encode_pretty(value: &Value, indent: &str) -> String {
    let mut out = String::new();
    write_pretty(&mut out, value, indent, 0);
    out
}

/// `json_encode` with no flags: one line, `\/`, and `\uXXXX` for everything beyond ASCII.
pub fn encode_compact(value: &Value) -> String {
    let mut out = String::new();
    write_compact(&mut out, value);
    out
}

/// What is left of a value that PHP decoded to arrays: `{}` is `[]`, and an object with the keys 0, 1, 2 … in order is a list.
pub fn phpify(value: &Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.iter().map(phpify).collect()),
        Value::Object(object) if is_php_list(object) => {
            Value::Array(object.values().map(phpify).collect())
        }
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (key.clone(), phpify(value)))
            .collect(),
        scalar => scalar.clone(),
    }
}

/// Whether two values are identical once PHP has decoded them to arrays (`===`): the order of keys counts, `{}` is `[]`.
pub fn same_arrays(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_arrays(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            let mut entries = a.iter().zip(b);
            a.len() == b.len()
                && entries.all(|((key_a, a), (key_b, b))| key_a == key_b && same_arrays(a, b))
        }
        (Value::Array(list), Value::Object(object))
        | (Value::Object(object), Value::Array(list)) => {
            let mut values = list.iter().zip(object.values());
            list.len() == object.len()
                && is_php_list(object)
                && values.all(|(a, b)| same_arrays(a, b))
        }
        (a, b) => a == b,
    }
}

fn is_php_list(object: &Map<String, Value>) -> bool {
    object
        .keys()
        .enumerate()
        .all(|(index, key)| *key == index.to_string())
}

fn write_pretty(out: &mut String, value: &Value, indent: &str, depth: usize) {
    let new_line = |out: &mut String, depth| {
        out.push('\n');
        out.extend(std::iter::repeat_n(indent, depth));
    };
    match value {
        Value::Array(items) if !items.is_empty() => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                new_line(out, depth + 1);
                write_pretty(out, item, indent, depth + 1);
            }
            new_line(out, depth);
            out.push(']');
        }
        Value::Object(object) if !object.is_empty() => {
            out.push('{');
            for (index, (key, item)) in object.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                new_line(out, depth + 1);
                write_string(out, key, Escapes::FILE);
                out.push_str(": ");
                write_pretty(out, item, indent, depth + 1);
            }
            new_line(out, depth);
            out.push('}');
        }
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        scalar => write_scalar(out, scalar, Escapes::FILE),
    }
}

fn write_compact(out: &mut String, value: &Value) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write_compact(out, item);
            }
            out.push(']');
        }
        Value::Object(object) => {
            out.push('{');
            for (index, (key, item)) in object.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { "," });
                write_string(out, key, Escapes::ALL);
                out.push(':');
                write_compact(out, item);
            }
            out.push('}');
        }
        scalar => write_scalar(out, scalar, Escapes::ALL),
    }
}

/// Which characters are escaped beyond those that have to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Escapes {
    pub(crate) slashes: bool,
    pub(crate) unicode: bool,
}

impl Escapes {
    /// As in the files that Composer writes.
    pub(crate) const FILE: Escapes = Escapes {
        slashes: false,
        unicode: false,
    };
    /// `json_encode` without flags.
    const ALL: Escapes = Escapes {
        slashes: true,
        unicode: true,
    };
}

/// A string, or another scalar as PHP makes it one (`1.0` is `1`). None for anything else.
pub(crate) fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(match number.as_i64() {
            Some(integer) => integer.to_string(),
            None => number.as_f64()?.to_string(),
        }),
        Value::Bool(true) => Some("1".to_owned()),
        _ => None,
    }
}

/// Writes anything but a list or an object.
pub(crate) fn write_scalar(out: &mut String, value: &Value, escapes: Escapes) {
    match value {
        Value::String(string) => write_string(out, string, escapes),
        Value::Number(number) => write_number(out, number),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        _ => out.push_str("null"),
    }
}

/// Writes a string with its quotes.
pub(crate) fn write_string(out: &mut String, string: &str, escapes: Escapes) {
    let plain = |byte: u8| {
        matches!(byte, 0x20..=0x7f)
            && byte != b'"'
            && byte != b'\\'
            && !(escapes.slashes && byte == b'/')
    };
    out.push('"');
    // Nearly all strings need no look at their characters.
    if string.bytes().all(plain) {
        out.push_str(string);
        out.push('"');
        return;
    }
    for character in string.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' if escapes.slashes => out.push_str("\\/"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // The two line separators are escaped also with JSON_UNESCAPED_UNICODE (since PHP 7.1).
            '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => write_code_units(out, character),
            '\u{80}'.. if escapes.unicode => write_code_units(out, character),
            plain => out.push(plain),
        }
    }
    out.push('"');
}

fn write_code_units(out: &mut String, character: char) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        out.push_str(&format!("\\u{unit:04x}"));
    }
}

fn write_number(out: &mut String, number: &Number) {
    match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => out.push_str(&integer.to_string()),
        (None, Some(double)) => write_double(out, double),
        (None, None) => out.push_str(&number.to_string()),
    }
}

/// The shortest digits that give the same double, laid out as PHP's `php_gcvt` does with 17 digits: plain from 0.0001 to
/// below 1e17, else with an exponent.
fn write_double(out: &mut String, double: f64) {
    let shortest = format!("{double:e}");
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let fraction = mantissa
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    // Of two shortest forms that are equally near PHP takes the one with the even last digit, as rounding does.
    let choose = |rounded: String, shortest: String| {
        if rounded.parse() == Ok(double) {
            rounded
        } else {
            shortest
        }
    };
    if double == 0.0 || (-4..17).contains(&exponent) {
        let decimals = usize::try_from(fraction as i32 - exponent).unwrap_or(0);
        out.push_str(&match decimals {
            0 => double.to_string(),
            _ => choose(format!("{double:.decimals$}"), double.to_string()),
        });
        return;
    }
    let rounded = choose(format!("{double:.fraction$e}"), shortest.clone());
    let mantissa = rounded
        .split_once('e')
        .map_or(mantissa, |(mantissa, _)| mantissa);
    out.push_str(mantissa);
    if !mantissa.contains('.') {
        out.push_str(".0");
    }
    out.push_str(&format!("e{exponent:+}"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::json::error::JsonErrorKind;
    use proptest::prelude::*;
    use serde_json::json;

    fn kind(text: &str) -> (JsonErrorKind, usize, usize) {
        let error = decode(text).expect_err(text);
        (error.kind, error.line, error.column)
    }

    #[test]
    fn numbers_are_php_s() {
        for (literal, written) in [
            ("-0", "0"),
            ("-0.0", "-0"),
            ("1.0", "1"),
            ("0.0001", "0.0001"),
            ("0.00012", "0.00012"),
            ("0.00001", "1.0e-5"),
            ("1.5e-7", "1.5e-7"),
            ("1e16", "10000000000000000"),
            ("1e17", "1.0e+17"),
            ("123456789012345678.0", "1.2345678901234568e+17"),
            ("9223372036854775807", "9223372036854775807"),
            ("9223372036854775808", "9.223372036854776e+18"),
            ("-9223372036854775809", "-9.223372036854776e+18"),
            ("1e100", "1.0e+100"),
            ("5e-324", "5.0e-324"),
            ("-185221813952672.124", "-185221813952672.12"),
        ] {
            assert_eq!(
                encode_compact(&decode(literal).unwrap()),
                written,
                "{literal}"
            );
        }
    }

    #[test]
    fn a_repeated_key_keeps_its_first_place_and_its_last_value() {
        assert_eq!(
            encode_compact(&decode(r#"{"a":1,"b":2,"a":3}"#).unwrap()),
            r#"{"a":3,"b":2}"#
        );
    }

    #[test]
    fn strings_are_escaped_as_the_flags_say() {
        let value = json!("a/é😀\u{2028}\u{1}\u{7f}\"\\\n");
        assert_eq!(
            encode_compact(&value),
            "\"a\\/\\u00e9\\ud83d\\ude00\\u2028\\u0001\u{7f}\\\"\\\\\\n\""
        );
        assert_eq!(
            encode_pretty(&value, "    "),
            "\"a/é😀\\u2028\\u0001\u{7f}\\\"\\\\\\n\""
        );
        assert_eq!(decode(&encode_compact(&value)).unwrap(), value);
    }

    #[test]
    fn pretty_text_has_the_indent_asked_for() {
        let value = json!({"a": [1, {}], "b": {"c": []}});
        assert_eq!(
            encode_pretty(&value, "\t"),
            "{\n\t\"a\": [\n\t\t1,\n\t\t{}\n\t],\n\t\"b\": {\n\t\t\"c\": []\n\t}\n}"
        );
    }

    #[test]
    fn phpify_forgets_what_php_arrays_forget() {
        let value =
            json!({"a": {}, "b": {"0": 1, "1": {"x": {}}}, "c": {"1": 1, "0": 2}, "d": [{}]});
        assert_eq!(
            encode_compact(&phpify(&value)),
            r#"{"a":[],"b":[1,{"x":[]}],"c":{"1":1,"0":2},"d":[[]]}"#
        );
    }

    #[test]
    fn arrays_are_compared_as_php_compares_them() {
        let same = |a, b| same_arrays(&a, &b);
        assert!(same(
            json!({"a": {}, "b": [1]}),
            json!({"a": [], "b": {"0": 1}})
        ));
        assert!(!same(json!({"a": 1, "b": 2}), json!({"b": 2, "a": 1})));
        assert!(!same(json!({"a": 1}), json!({"a": "1"})));
        assert!(!same(json!([1]), json!([1, 2])));
    }

    #[test]
    fn mistakes_are_named_and_located() {
        assert_eq!(kind(""), (JsonErrorKind::Empty, 1, 1));
        assert_eq!(kind(" \n"), (JsonErrorKind::Empty, 2, 1));
        assert_eq!(kind("\u{feff}{}"), (JsonErrorKind::ByteOrderMark, 1, 1));
        assert_eq!(
            kind("{\n  \"é\": 1, \"b\": x\n}"),
            (JsonErrorKind::Unexpected('x'), 2, 16)
        );
        assert_eq!(
            kind("{\n  \"a\": 1,\n}"),
            (JsonErrorKind::TrailingComma, 2, 9)
        );
        assert_eq!(
            kind("{\"a\": 1\n\"b\": 2}"),
            (JsonErrorKind::MissingComma, 2, 1)
        );
        assert_eq!(
            kind("{\n<<<<<<< HEAD\n\"a\": 1\n=======\n\"a\": 2\n>>>>>>> b\n}"),
            (JsonErrorKind::ConflictMarker, 2, 1)
        );
        assert_eq!(kind("[\"a\nb\"]"), (JsonErrorKind::ControlCharacter, 1, 4));
        assert_eq!(
            kind("[\"\\ud800\\u0041\"]"),
            (JsonErrorKind::UnpairedSurrogate, 1, 3)
        );
        assert_eq!(kind("[\"\\x\"]"), (JsonErrorKind::InvalidEscape, 1, 3));
        assert_eq!(kind("[1e999]"), (JsonErrorKind::NumberOutOfRange, 1, 2));
        assert_eq!(kind("{\"a\""), (JsonErrorKind::UnexpectedEnd, 1, 5));
        assert_eq!(kind("01"), (JsonErrorKind::Unexpected('1'), 1, 2));
        assert_eq!(kind("TRUE"), (JsonErrorKind::Unexpected('T'), 1, 1));
        assert_eq!(kind(&"[".repeat(600)), (JsonErrorKind::TooDeep, 1, 512));
        assert!(decode(&format!("{}{}", "[".repeat(511), "]".repeat(511))).is_ok());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC*|[\\[\\]{},:\"\\\\u0-9a-f.eE\\-+ \n]*") {
            let _ = decode(&text);
        }

        #[test]
        fn decoding_undoes_encoding(text in any::<String>(), number in any::<f64>(), integer in any::<i64>()) {
            // PHP writes infinities not at all and -0.0 as the integer -0.
            let number = if number.is_finite() && number != 0.0 { number } else { 0.5 };
            let value = json!({"text": text.clone(), text: [number, integer, null, true]});
            let decoded = decode(&encode_compact(&value)).unwrap();
            prop_assert_eq!(encode_pretty(&decoded, " "), encode_pretty(&value, " "));
            prop_assert_eq!(decode(&encode_pretty(&value, "\t")).unwrap(), decoded);
        }
    }
}
