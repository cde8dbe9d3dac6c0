//! What is seen of the lines around a change.
//!
//! A file of a store may hold a secret in any shape, and no list of shapes is complete: a password that an option of some
//! program takes, the second line of a value of YAML, an attribute of XML. The lines around a change are only there to say
//! where it is. So of each as much is seen as says that: what opens a section, what closes one, and how far in it stands.

use regex::Regex;
use std::sync::LazyLock;

/// What stands in the place of a line, or of the rest of one.
const LEFT_OUT: &str = "…";

/// A line without a value: nothing but punctuation, a name that opens a section or a block, a tag of XML without attributes,
/// the beginning of a file of PHP, a module that is on or off. Names and blanks are those of ASCII: a line with others is left out,
/// and a name of up to so many letters of all scripts would be a pattern that takes longer to make than a lock to resolve.
static PLACE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?-u)^\s*(?:[\[\](){}<>,;:=/*|&'"-]*"#,
        r#"|(?:-\s+)?["']?[A-Za-z_@.][\w.@-]{0,63}["']?\s*(?::|(?:=>|:|=)?\s*[\[{(])"#,
        r#"|</?[A-Za-z_][\w:.-]{0,63}>"#,
        r#"|<\?php"#,
        r#"|return(?:\s+array)?\s*[\[(]"#,
        r#"|'[A-Z][A-Za-z0-9]*_[A-Z][A-Za-z0-9_]*'\s*=>\s*[01],?"#,
        r#")\s*$"#,
    ))
    .expect("a valid pattern")
});

/// A unified diff whose unchanged lines say no more than where the change is.
pub(crate) fn hide_context(diff: &str) -> String {
    let mut shown = String::with_capacity(diff.len());
    for line in diff.split_inclusive('\n') {
        let Some(text) = line.strip_prefix(' ') else {
            shown.push_str(line);
            continue;
        };
        let content = text.trim_end_matches(['\n', '\r']);
        if PLACE.is_match(content) {
            shown.push_str(line);
            continue;
        }
        let indent = content.len() - content.trim_start().len();
        shown.push(' ');
        shown.push_str(&content[..indent]);
        shown.push_str(LEFT_OUT);
        shown.push_str(&text[content.len()..]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::RegexBuilder;

    /// Of letters of all scripts it was two hundred times as large, and a sixth of a switch to make.
    #[test]
    fn the_pattern_is_small() {
        let small = RegexBuilder::new(PLACE.as_str())
            .size_limit(1 << 16)
            .build();
        assert!(small.is_ok(), "{small:?}");
    }

    #[test]
    fn lines_around_a_change_say_where_it_is_and_nothing_else() {
        let diff = "--- a/x.yml\n+++ b/x.yml\n@@ -1,9 +1,9 @@\n services:\n   app:\n     environment:\n       DB_PASSWORD: heron\n       - stork\n         ibis\n-    x: ./vendor/magento/a\n+    x: ./vendor/mage-os/a\n     \"key\": {\n \n     },\n@@ -20 +20 @@\n   <env name=\"A\" value=\"heron\"/>\r\n   <password>ibis</password>\n   <php>\n   </php>\n \tredis-cli -a heron\n   'Acme_Blog' => 1,\n   'password' => 'crane',\n     'modules' => [\n plover\n";
        let shown = "--- a/x.yml\n+++ b/x.yml\n@@ -1,9 +1,9 @@\n services:\n   app:\n     environment:\n       …\n       …\n         …\n-    x: ./vendor/magento/a\n+    x: ./vendor/mage-os/a\n     \"key\": {\n \n     },\n@@ -20 +20 @@\n   …\r\n   …\n   <php>\n   </php>\n \t…\n   'Acme_Blog' => 1,\n   …\n     'modules' => [\n …\n";
        assert_eq!(hide_context(diff), shown);
    }
}
