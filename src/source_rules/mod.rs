//! What the compiler cannot hold the sources to: patterns that no line of code may match.

mod distribution;
mod planner;
mod rooms;

use composer_engine::files;
use regex::Regex;
use std::path::{Path, PathBuf};

/// A pattern that no code outside of tests matches, and what to do instead.
pub(crate) type Rule = (&'static str, &'static str);

/// The lines below a folder of `src` that break a rule, each with its place and what to do. Files for which `is_free` holds,
/// given their path below that folder, are left out.
pub(crate) fn broken(room: &str, rules: &[Rule], is_free: impl Fn(&Path) -> bool) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room);
    let rules: Vec<(Regex, &str)> = rules
        .iter()
        .map(|(pattern, way)| (Regex::new(pattern).unwrap(), *way))
        .collect();
    let mut found = Vec::new();
    let sources = sources(&folder);
    assert!(!sources.is_empty(), "{}", folder.display());
    for path in sources {
        let relative = path.strip_prefix(&folder).unwrap();
        if is_free(relative) {
            continue;
        }
        let text = files::text(&path, files::CONFIGURATION).unwrap();
        let text = blanked(&text);
        for (rule, way) in &rules {
            for place in rule.find_iter(&text).map(|hit| hit.start()) {
                let number = text[..place].matches('\n').count();
                found.push(format!(
                    "{}:{}: {}\n  {way}",
                    Path::new("src").join(room).join(relative).display(),
                    number + 1,
                    text.lines().nth(number).unwrap_or_default().trim()
                ));
            }
        }
    }
    found
}

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

/// A source without comments and tests, each line where it was. A rule may look over the end of one.
fn blanked(text: &str) -> String {
    let mut blanked = String::new();
    let mut lines = 0;
    for (number, line) in code(text) {
        blanked.extend(std::iter::repeat_n('\n', number - lines));
        lines = number;
        blanked.push_str(line);
    }
    blanked
}

/// What of a source is no comment and no test.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let tests = Regex::new(r"(?m)^#\[cfg\(test\)\]\n(pub\(crate\) )?mod \w+ \{").unwrap();
    let end = tests.find(text).map_or(text.len(), |found| found.start());
    let lines = text[..end].lines().enumerate();
    lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_tests_are_free() {
        let text =
            "let a = 1;\n// Target::Magento\n#[cfg(test)]\nmod tests {\n    Target::MageOs\n}\n";
        assert_eq!(code(text).collect::<Vec<_>>(), [(0, "let a = 1;")]);
    }

    #[test]
    fn lines_stay_where_they_were() {
        let text = "a\n// no\n\n    b\n#[cfg(test)]\nmod tests {\n}\n";
        assert_eq!(blanked(text), "a\n\n\n    b");
    }
}
