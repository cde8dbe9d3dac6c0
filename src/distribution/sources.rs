//! Holds the other rooms to asking this one: none of them compares distributions, editions or targets by itself.

use composer_engine::files;
use regex::Regex;
use std::path::{Path, PathBuf};

/// What no source may have outside of tests, and what to do instead.
const FORBIDDEN: [(&str, &str); 4] = [
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

/// The Rust files below a folder, apart from those of tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let walk = ignore::WalkBuilder::new(folder).build();
    let paths = walk.filter_map(|entry| Some(entry.ok()?.into_path()));
    let is_source = |path: &PathBuf| {
        let is_test = path.components().any(|part| {
            let part = part.as_os_str();
            part == "tests" || part == "tests.rs"
        });
        path.extension().is_some_and(|end| end == "rs") && !is_test
    };
    paths.filter(is_source).collect()
}

/// What of a source is no comment and no test.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = Regex::new(r"(?m)^#\[cfg\(test\)\]\n(pub\(crate\) )?mod \w+ \{").unwrap();
    let end = tests.find(text).map_or(text.len(), |found| found.start());
    let lines = text[..end].lines().enumerate();
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn nobody_else_compares_distributions() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rules = FORBIDDEN.map(|(pattern, way)| (Regex::new(pattern).unwrap(), way));
    let mut found = Vec::new();
    for path in sources(&src) {
        let relative = path.strip_prefix(&src).unwrap();
        if relative.starts_with("distribution") {
            continue;
        }
        let text = files::text(&path, files::CONFIGURATION).unwrap();
        for (number, line) in code(&text) {
            for (rule, way) in &rules {
                if rule.is_match(line) {
                    let place = relative.display();
                    found.push(format!(
                        "src/{place}:{}: {}\n  {way}",
                        number + 1,
                        line.trim()
                    ));
                }
            }
        }
    }
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
    let text = "let a = 1;\n// Target::Magento\n#[cfg(test)]\nmod tests {\n    Target::MageOs\n}\n";
    assert_eq!(code(text).collect::<Vec<_>>(), [(0, "let a = 1;")]);
}
