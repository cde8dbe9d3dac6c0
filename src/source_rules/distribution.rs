//! Holds the other rooms to asking this one: none of them compares distributions, editions or targets by itself.

use super::{Rule, broken};
use regex::Regex;

/// What no source may have outside of tests, and what to do instead.
const FORBIDDEN: [Rule; 6] = [
    (
        r"\b(Distribution|Edition|Target)\s*::\s*([A-Z][a-z]\w*|\*|\{)",
        "it names one distribution, edition or target: ask `is_in`, `includes` or a `Direction`",
    ),
    (
        r"distribution::[^;]*\b(Distribution|Edition|Target) as \w|\bimpl\b[^{;]*\b(Distribution|Edition|Target)\s*\{|\btype\s+\w+\s*=\s*(\w+::)*(Distribution|Edition|Target)\b",
        "it gives one of them another name, or a method of its own, where the other rules do not look: ask it by its name",
    ),
    (
        r"\.(edition|distribution|vendor|target|source\.target)\(\)\s*(==|!=)|\.source\.target\s*(==|!=)|(==|!=)\s*[&*]*[\w.]+\.((edition|distribution|vendor|target)\(\)|source\.target\b)|\b(to|spec)\.target\s*(==|!=)|\b(Distribution|Target)::[A-Z_]{2,}\s*(==|!=)|(==|!=)\s*[&*]*(Distribution|Target)::[A-Z_]{2,}|\.(edition|distribution|vendor|target)\(\)\s*\.(eq|ne|cmp)\(",
        "it compares two of them: ask a `Direction`",
    ),
    (
        r#"(==|!=|\.(eq|ne)\()\s*&?"(mage-os|magento|adobe|commerce|community|minimal|enterprise|cloud)[a-z-]*/?"|"(mage-os|magento|adobe|commerce|community|minimal|enterprise|cloud)[a-z-]*/?"\s*(=>|\||==|!=|\]\s*\.contains)|(strip_prefix|starts_with|contains)\(\s*"(mage-os\b|(magento|adobe-commerce)/)"#,
        "it compares with a name: ask `short_name`, `rebuild_of` or `Target::from_word`",
    ),
    (
        r#""(mage-os|magento|adobe-commerce)/[a-z0-9*-]+""#,
        "it names a package of a distribution: ask `belongs`, or give it a name beside `QUALITY_PATCHES`",
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
    let examples: [&[&str]; 6] = [
        &[
            "if target == Target::CommerceCloud {",
            "use crate::distribution::Target::{MageOs, Magento};",
            "matches!(target, Target::MageOs | Target::MageOsMinimal)",
        ],
        &[
            "use crate::distribution::{Release, Target as Goal};",
            "impl fmt::LowerHex for Target {",
            "type Goal = crate::distribution::Target;",
        ],
        &[
            "survey.source.distribution() != target.distribution()",
            "target\n    .distribution()\n    == other",
            "if to.target != own",
            "if distribution == Distribution::UPSTREAM",
            "source.edition().eq(&target.edition())",
        ],
        &[
            r#"if to == "mage-os" {"#,
            r#"match target.word() {
                "commerce" | "commerce-cloud" => true,"#,
            r#"["magento", "commerce"].contains(&word)"#,
            r#"name.starts_with("magento/")"#,
            r#"edition.id() == "cloud""#,
        ],
        &[r#"requires.contains_key("mage-os/product-community-edition")"#],
        &[r#"const HOST: &str = "repo.magento.com";"#],
    ];
    for ((pattern, _), examples) in FORBIDDEN.into_iter().zip(examples) {
        let pattern = Regex::new(pattern).unwrap();
        for example in examples {
            assert!(pattern.is_match(example), "{example}");
        }
    }
}
