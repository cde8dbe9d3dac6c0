//! Holds the other rooms to asking this one: none of them compares distributions, editions or targets by itself.

use super::{Rule, broken};
use regex::Regex;

/// What no source may have outside of tests, and what to do instead.
const FORBIDDEN: [Rule; 4] = [
    (
        r"\b(Distribution|Edition|Target)::[A-Z][a-z]\w*",
        "it names one distribution, edition or target: ask `is_in`, `includes` or a `Direction`",
    ),
    (
        r"\.(edition|distribution|vendor|source\.target)(\(\))?\s*(==|!=)|(==|!=)\s*&?[\w.]+\.((edition|distribution|vendor)\(\)|source\.target\b)",
        "it compares two of them: ask a `Direction`",
    ),
    (
        r#"(==|!=)\s*"(mage-os|magento|commerce)[a-z-]*/?"|"(mage-os|magento|commerce)[a-z-]*/?"\s*(=>|\||==|!=)|(strip_prefix|starts_with)\("(mage-os|magento)/"#,
        "it compares with a name: ask `short_name`, `rebuild_of` or `Target::from_word`",
    ),
    (
        r#""(https://)?repo\.(mage-os\.org|magento\.com)/?""#,
        "it names a repository: ask `Target::host`",
    ),
];

#[test]
fn nobody_else_compares_distributions() {
    let found = broken("", &FORBIDDEN, |path| {
        path.starts_with("distribution") || path.starts_with("source_rules")
    });
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn each_rule_finds_what_it_forbids() {
    let examples = [
        "if target == Target::CommerceCloud {",
        "survey.source.distribution() != target.distribution()",
        r#"if to == "mage-os" {"#,
        r#"const HOST: &str = "repo.magento.com";"#,
    ];
    for ((pattern, _), example) in FORBIDDEN.into_iter().zip(examples) {
        assert!(Regex::new(pattern).unwrap().is_match(example), "{example}");
    }
}
