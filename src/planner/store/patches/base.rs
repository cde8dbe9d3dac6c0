//! `patches-base` of vaimo/composer-patches: paths of patches made from a template, such as
//! `patches/{{VendorName}}_{{ModuleName}}/{{version}}/{{file}}`.

use regex::{Regex, RegexBuilder};
use serde_json::Value;
use std::sync::LazyLock;

/// A placeholder of a template.
static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\{\{([^}]+)\}\}").expect("a valid pattern"));

/// Between an abbreviation and a word, and before a capital letter inside a word.
static HUMPS: LazyLock<[Regex; 2]> = LazyLock::new(|| {
    ["([A-Z]+)([A-Z][a-z])", r"([a-z\d])([A-Z])"]
        .map(|pattern| Regex::new(pattern).expect("a valid pattern"))
});

/// The version of a patch that has none.
const NO_VERSION: &str = "0.0.0";

/// What a path is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    /// The source as it is declared.
    pub file: &'a str,
    /// The package that the patch is for.
    pub package: &'a str,
    /// The description.
    pub label: &'a str,
    /// The first condition on a version.
    pub version: Option<&'a str>,
}

/// The template for a package among those of a setting: its own, its vendor's, or the default.
pub(super) fn template<'v>(setting: &'v Value, package: &str) -> Option<&'v str> {
    match setting {
        Value::String(template) => Some(template),
        Value::Object(templates) => {
            let vendor = package.split('/').next().unwrap_or(package);
            let keys = [package, vendor, "default"].into_iter();
            let named = keys.filter_map(|key| templates.get(key)).next();
            named.or_else(|| templates.values().next())?.as_str()
        }
        _ => None,
    }
}

/// The path of a patch; none when the template has a placeholder that is not known.
pub(super) fn path(template: &str, parts: Parts<'_>) -> Option<String> {
    let mut path = String::new();
    let mut rest = 0;
    for found in PLACEHOLDER.captures_iter(template) {
        let (whole, name) = (found.get(0)?, found.get(1)?);
        path.push_str(template.get(rest..whole.start())?);
        path.push_str(&placeholder(name.as_str(), parts)?);
        rest = whole.end();
    }
    path.push_str(template.get(rest..)?);
    let path = path.trim_start_matches("./");
    Some(path.to_owned())
}

/// `(Package|Other)ModuleName`: a name, and perhaps what is cut off from its value.
fn placeholder(written: &str, parts: Parts<'_>) -> Option<String> {
    let mut name = String::new();
    let mut depth = 0_usize;
    for c in written.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => name.push(c),
            _ => {}
        }
    }
    let value = value(&name, parts)?;
    if name == written {
        return Some(value);
    }
    let pattern = written.replace('(', "(?:").replace(&name, "(.*)");
    let pattern = RegexBuilder::new(&pattern).case_insensitive(true).build();
    let cut = pattern.ok()?;
    let cut = cut.captures(&value).and_then(|found| found.get(1));
    let cut = cut.map_or(value.as_str(), |found| found.as_str());
    Some(cut.trim_matches([' ', ':', '-', '_', '.']).to_owned())
}

fn value(name: &str, parts: Parts<'_>) -> Option<String> {
    match name {
        "version" => {
            let first = parts.version.and_then(|version| version.split(' ').next());
            let version: String = first
                .unwrap_or(NO_VERSION)
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || ".-".contains(*c))
                .collect();
            return Some(version);
        }
        "file" => return Some(parts.file.to_owned()),
        "label" => return Some(parts.label.to_owned()),
        _ => {}
    }
    let (vendor, module) = parts.package.split_once('/')?;
    let values = [
        ("file name", parts.file),
        ("vendor name", vendor),
        ("module name", module),
        ("label value", parts.label),
    ];
    let spellings: [fn(&str) -> String; 5] = [
        |words| words.replace(' ', ""),
        |words| words.split(' ').map(capital).collect(),
        |words| capital(words).replace(' ', ""),
        |words| words.replace(' ', "-"),
        |words| words.replace(' ', "_"),
    ];
    values.into_iter().find_map(|(words, value)| {
        let spelling = spellings.iter().find(|spelling| spelling(words) == name)?;
        Some(spelling(&self::words(value)))
    })
}

/// A name in small letters, with spaces between its words.
fn words(name: &str) -> String {
    let mut name = name.replace('_', ".");
    for hump in HUMPS.iter() {
        name = hump.replace_all(&name, "${1}_${2}").into_owned();
    }
    let name = name.to_lowercase();
    let words = name.split([' ', '_', '-', '.', '/', ':']);
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const PARTS: Parts<'_> = Parts {
        file: "cart-total.patch",
        package: "acme/module-CheckoutGift",
        label: "Fix: wrong total",
        version: Some(">=v2.7.0 <v2.7.1"),
    };

    #[test]
    fn a_path_is_made_from_a_template() {
        for (template, made) in [
            (
                "patches/{{VendorName}}_{{ModuleName}}/{{version}}/{{file}}",
                "patches/Acme_ModuleCheckoutGift/v2.7.0/cart-total.patch",
            ),
            (
                "./p/{{vendor-name}}/{{module_name}}.patch",
                "p/acme/module_checkout_gift.patch",
            ),
            (
                "{{(Module|Theme)ModuleName}}/{{labelvalue}}",
                "CheckoutGift/fixwrongtotal",
            ),
            ("{{(Fix)label}}", "wrong total"),
            ("patches/fixed.patch", "patches/fixed.patch"),
        ] {
            assert_eq!(path(template, PARTS).as_deref(), Some(made), "{template}");
        }
        assert_eq!(path("{{something}}/{{file}}", PARTS), None);
        let unbound = Parts {
            version: None,
            ..PARTS
        };
        assert_eq!(path("{{version}}", unbound).as_deref(), Some("0.0.0"));
    }

    #[test]
    fn packages_and_vendors_have_templates_of_their_own() {
        let templates = json!({"default": "d", "acme": "v", "acme/x": "p", "*": "b"});
        for (package, which) in [("acme/x", "p"), ("acme/y", "v"), ("other/z", "d")] {
            assert_eq!(template(&templates, package), Some(which));
        }
        assert_eq!(template(&json!({"*": "b"}), "a/b"), Some("b"));
        assert_eq!(template(&json!("t"), "a/b"), Some("t"));
    }
}
