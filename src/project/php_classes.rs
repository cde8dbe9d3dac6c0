//! The classes that a PHP file cannot be loaded or constructed without, read from its text.
//!
//! This is no parser: comments and strings are blanked, and what is left is searched. What it does not understand it leaves
//! out, so that every class it names is one that the file needs.

use regex::Regex;
use std::collections::HashMap;
use std::sync::LazyLock;

static NAMESPACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bnamespace\s+([\w\\]+)\s*[;{]").expect("the pattern is valid"));

static USE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\buse\s+([\w\\\s,{}]+);").expect("the pattern is valid"));

/// The head of a declaration, from its keyword to the brace.
static DECLARATION: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?:^|[;{}\s])(?:class|interface|trait|enum)\s+\w+([^{;()]*)\{")
        .expect("the pattern is valid")
});

static CONSTRUCTOR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bfunction\s+__construct\s*\(").expect("the pattern is valid"));

/// The type and the name of a parameter without a default.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"^\s*(?:(?:public|protected|private|readonly)\s+)*(\\?[A-Z][\w\\]*)\s+\$\w+\s*$")
        .expect("the pattern is valid")
});

/// A class that a file needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needed {
    /// Its full name, without a backslash in front.
    pub class: String,
    /// Where it is named, in bytes.
    pub start: usize,
}

/// The parents, interfaces and traits of what a file declares, and the classes that its constructors cannot do without
/// (parameters of one class and no default). `setup:di:compile` loads each of them.
pub(crate) fn needed(text: &str) -> Vec<Needed> {
    let code = blanked(text);
    let Some(first) = DECLARATION.find(&code).map(|head| head.start()) else {
        return Vec::new();
    };
    let namespace = NAMESPACE
        .captures(&code)
        .and_then(|found| Some(found.get(1)?.as_str().to_owned()));
    let (head, body) = code.split_at(first);
    let mut imports = HashMap::new();
    for found in USE.captures_iter(head) {
        import(
            found.get(1).map_or("", |names| names.as_str()),
            &mut imports,
        );
    }
    let resolve = |name: &str| -> String {
        if let Some(full) = name.strip_prefix('\\') {
            return full.to_owned();
        }
        let (first, rest) = name.split_once('\\').unwrap_or((name, ""));
        match (imports.get(first), &namespace) {
            (Some(full), _) if rest.is_empty() => full.clone(),
            (Some(full), _) => format!("{full}\\{rest}"),
            (None, Some(namespace)) => format!("{namespace}\\{name}"),
            (None, None) => name.to_owned(),
        }
    };
    let mut all = Vec::new();
    let mut add = |name: &str, start: usize| {
        if !name.is_empty() {
            all.push(Needed {
                class: resolve(name),
                start,
            });
        }
    };
    for found in DECLARATION.captures_iter(&code) {
        if let Some(parents) = found.get(1) {
            for (offset, word) in words(parents.as_str()) {
                if word != "extends" && word != "implements" {
                    add(word, parents.start() + offset);
                }
            }
        }
    }
    // Behind the head of a class, `use` names traits; that of a closure has parentheses.
    for found in USE.captures_iter(body) {
        if let Some(traits) = found
            .get(1)
            .filter(|names| !names.as_str().contains(['{', '}']))
        {
            for (offset, word) in words(traits.as_str()) {
                add(word, first + traits.start() + offset);
            }
        }
    }
    for found in CONSTRUCTOR.find_iter(&code) {
        for (offset, parameter) in parameters(code.get(found.end()..).unwrap_or_default()) {
            if let Some(kind) = PARAMETER
                .captures(parameter)
                .and_then(|parameter| parameter.get(1))
            {
                add(kind.as_str(), found.end() + offset + kind.start());
            }
        }
    }
    all
}

/// `A\B`, `A\B as C`, `A\{B, C as D}`, separated by commas.
fn import(names: &str, imports: &mut HashMap<String, String>) {
    let names = names.trim();
    let (prefix, list) = match names.split_once('{') {
        Some((prefix, list)) => (prefix.trim(), list.trim_end_matches(['}', ' '])),
        None => ("", names),
    };
    for name in list.split(',') {
        let words: Vec<&str> = name.split_whitespace().collect();
        let (path, alias) = match words.as_slice() {
            [path] => (*path, path.rsplit('\\').next().unwrap_or(path)),
            [path, "as", alias] => (*path, *alias),
            // Functions, constants, and what is not understood.
            _ => continue,
        };
        let full = format!("{prefix}{path}");
        imports.insert(alias.to_owned(), full.trim_start_matches('\\').to_owned());
    }
}

/// The names in a list, with their places.
fn words(list: &str) -> impl Iterator<Item = (usize, &str)> {
    list.split(|c: char| c.is_whitespace() || c == ',')
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - list.as_ptr() as usize, word))
}

/// The parameters up to the parenthesis that closes the list, with their places.
fn parameters(code: &str) -> Vec<(usize, &str)> {
    let (mut depth, mut start) = (0usize, 0);
    let mut all = Vec::new();
    for (place, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' if depth == 0 => {
                all.extend(code.get(start..place).map(|last| (start, last)));
                break;
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                all.extend(code.get(start..place).map(|parameter| (start, parameter)));
                start = place + 1;
            }
            _ => {}
        }
    }
    all
}

/// The text with blanks in place of comments, strings and what stands outside of PHP; every place stays the same.
fn blanked(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut place = find(bytes, b"<?php", 0).map_or(bytes.len(), |start| start + 5);
    blank(&mut out, 0, place);
    while place < bytes.len() {
        let rest = bytes.get(place..).unwrap_or_default();
        let end = match rest {
            // An attribute begins like a comment.
            [b'#', b'[', ..] => None,
            [b'#', ..] | [b'/', b'/', ..] => Some(find(bytes, b"\n", place).unwrap_or(bytes.len())),
            [b'/', b'*', ..] => {
                Some(find(bytes, b"*/", place + 2).map_or(bytes.len(), |end| end + 2))
            }
            [b'?', b'>', ..] => {
                Some(find(bytes, b"<?php", place).map_or(bytes.len(), |start| start + 5))
            }
            [quote @ (b'\'' | b'"' | b'`'), ..] => Some(string_end(bytes, place + 1, *quote)),
            [b'<', b'<', b'<', ..] => Some(heredoc_end(bytes, place)),
            _ => None,
        };
        match end {
            Some(end) => {
                blank(&mut out, place, end);
                place = end;
            }
            None => place += 1,
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn blank(out: &mut [u8], start: usize, end: usize) {
    for byte in out.get_mut(start..end).unwrap_or_default() {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    memchr::memmem::find(bytes.get(from..)?, wanted).map(|place| place + from)
}

fn string_end(bytes: &[u8], mut place: usize, quote: u8) -> usize {
    while let Some(&byte) = bytes.get(place) {
        match byte {
            b'\\' => place += 2,
            byte if byte == quote => return place + 1,
            _ => place += 1,
        }
    }
    bytes.len()
}

/// The end of a heredoc or nowdoc: the line that begins with its label.
fn heredoc_end(bytes: &[u8], place: usize) -> usize {
    let rest = bytes.get(place + 3..).unwrap_or_default();
    let label: Vec<u8> = rest
        .iter()
        .copied()
        .skip_while(|byte| b" '\"".contains(byte))
        .take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        .collect();
    if label.is_empty() {
        return place + 3;
    }
    let mut line = place;
    while let Some(end) = find(bytes, b"\n", line) {
        line = end + 1;
        let text = bytes.get(line..).unwrap_or_default();
        let indent = text
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace() && **byte != b'\n')
            .count();
        if text
            .get(indent..)
            .is_some_and(|text| text.starts_with(&label))
        {
            return line + indent + label.len();
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_survived(pieces in prop::collection::vec(prop_oneof![
            Just("<?php "), Just("class A extends \\B {"), Just("use A\\{B, C as D};"), Just("<<<X\n"), Just("'"), Just("\\"),
            Just("/*"), Just("*/"), Just("\u{e9}"), Just("function __construct("), Just("B $b,"), Just(")"), Just("\n"), Just("X"), Just("?>"),
        ], 0..24)) {
            let text = pieces.concat();
            for found in needed(&text) {
                prop_assert!(text.get(found.start..).is_some_and(|rest| !rest.is_empty()), "{found:?}");
            }
        }
    }

    fn classes(text: &str) -> Vec<String> {
        let found = needed(text);
        for needed in &found {
            let word = needed.class.rsplit('\\').next().unwrap();
            let line = &text[needed.start..];
            assert!(
                line.starts_with(|c: char| c == '\\' || c.is_ascii_alphabetic()),
                "{word}: {line}"
            );
        }
        found.into_iter().map(|needed| needed.class).collect()
    }

    #[test]
    fn what_a_class_cannot_do_without() {
        let text = r#"<?php
declare(strict_types=1);
namespace Acme\Shop\Model;
// use Magento\Not\This;
use Magento\Rma\Model\Rma as Base;
use Magento\Staging\{Model\Update, Api\UpdateRepositoryInterface as Updates};
use Magento\Unused\Thing;
use function Acme\helper;
/** @see class Nothing extends Wrong { */
#[Attribute(1)]
final class Rma extends Base implements \Magento\Rma\Api\RmaInterface, Updates
{
    use SomeTrait;
    public function __construct(
        private readonly Update $update,
        \Magento\Framework\App $app,
        ?Base\Config $nullable,
        Thing $optional = null,
        array $data = ['class A extends B {', 2],
        string $text = 'x',
    ) {
        $f = function () use ($app) { return "class X extends Y {"; };
        echo <<<TEXT
        class Z extends Q {
        TEXT;
    }
    public function other(Thing $thing): Thing { return $thing::class; }
}
"#;
        assert_eq!(
            classes(text),
            [
                "Magento\\Rma\\Model\\Rma",
                "Magento\\Rma\\Api\\RmaInterface",
                "Magento\\Staging\\Api\\UpdateRepositoryInterface",
                "Acme\\Shop\\Model\\SomeTrait",
                "Magento\\Staging\\Model\\Update",
                "Magento\\Framework\\App",
            ]
        );
    }

    #[test]
    fn odd_texts_need_nothing() {
        for text in [
            "",
            "<?php",
            "class A extends B {}",
            "<?php 'class A extends B {",
            "<?php return <<<",
            "<?php /* class A extends B {",
            "<?php # class A extends B {\n",
        ] {
            assert!(classes(text).is_empty(), "{text}");
        }
        assert_eq!(classes("<?php class A extends B {}"), ["B"]);
        assert_eq!(
            classes("<?php class A { function __construct(B $b"),
            Vec::<String>::new()
        );
    }
}
