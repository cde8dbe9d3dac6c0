//! What composer.json itself runs and loads of packages that go: the programs and folders in `scripts`, `autoload` and
//! `autoload-dev`. Composer stops at a command that is not there, and PHP at a file.

use crate::plan::{Code, Finding};
use crate::planner::store::Switch;
use crate::planner::store::packages::Packages;
use crate::planner::store::places::{count, with_all_places};
use crate::planner::store::programs;
use crate::project::ROOT;
use aho_corasick::AhoCorasick;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const SECTIONS: [&str; 3] = ["scripts", "autoload", "autoload-dev"];

/// One finding for all of them; none when there are none.
pub(crate) fn finding(switch: &Switch<'_>, packages: &Packages<'_>) -> Option<Finding> {
    let gone = Gone::of(packages);
    let mut places = BTreeSet::new();
    let mut named = BTreeSet::new();
    for section in SECTIONS {
        let members = switch.root.get(section).and_then(Value::as_object);
        for (member, value) in members.into_iter().flatten() {
            each_text(value, &mut |text| {
                for (what, package) in gone.named_in(text, section == "scripts") {
                    named.insert(package);
                    places.insert(format!("{section}.{member}: {what}, of {package}"));
                }
            });
        }
    }
    if places.is_empty() {
        return None;
    }
    let places: Vec<String> = places.into_iter().collect();
    let finding = Finding::new(
        Code::RootNamesGonePackage,
        format!(
            "{ROOT} uses {} that the new lock does not have",
            count(named.len(), "package")
        ),
        with_all_places(
            "Change or remove these first: `composer install` stops at a command that is not there, and PHP at a file that is to be loaded.",
            &places,
        ),
    );
    Some(finding.in_file(ROOT))
}

/// Packages that go.
struct Gone<'a> {
    /// Their programs, and whose they are.
    programs: BTreeMap<&'a str, &'a str>,
    /// What each pattern of the finder stands for: a program of the package, or none for its folder.
    words: Vec<(Option<&'a str>, &'a str)>,
    finder: Option<AhoCorasick>,
}

impl<'a> Gone<'a> {
    fn of(packages: &Packages<'a>) -> Self {
        let programs = programs::gone(packages);
        let of_programs = programs
            .iter()
            .map(|(program, package)| (Some(*program), *package));
        let folders = packages.gone().into_iter().map(|package| (None, package));
        let words: Vec<(Option<&str>, &str)> = of_programs.chain(folders).collect();
        let patterns = words.iter().map(|(program, package)| match program {
            Some(program) => format!("bin/{program}"),
            None => format!("/{package}"),
        });
        let finder = AhoCorasick::new(patterns).ok();
        Self {
            programs,
            words,
            finder,
        }
    }

    /// What a text names of them, in words, and of which package.
    fn named_in(&self, text: &str, is_command: bool) -> Vec<(String, &'a str)> {
        let ends = |end: usize| {
            let rest = text.get(end..).unwrap_or_default();
            !rest.starts_with(|next: char| next.is_ascii_alphanumeric() || "-_.".contains(next))
        };
        let runs = |program: &str| format!("runs {program}");
        let mut named = Vec::new();
        let finder = self.finder.iter();
        for found in finder.flat_map(|finder| finder.find_overlapping_iter(text)) {
            match self.words.get(found.pattern().as_usize()) {
                Some((Some(program), package)) if is_command && ends(found.end()) => {
                    named.push((runs(program), *package));
                }
                Some((None, package)) if ends(found.end()) => {
                    named.push(("names the folder".to_owned(), *package));
                }
                _ => {}
            }
        }
        // By its name alone, Composer looks for it in `vendor/bin` first.
        let commands = text.split(['&', '|', ';', '\n']).filter(|_| is_command);
        for command in commands.filter_map(|command| command.split_whitespace().next()) {
            if let Some((program, package)) = self.programs.get_key_value(command) {
                named.push((runs(program), *package));
            }
        }
        named
    }
}

fn each_text<'v>(value: &'v Value, see: &mut impl FnMut(&'v str)) {
    match value {
        Value::String(text) => see(text),
        Value::Array(items) => items.iter().for_each(|item| each_text(item, see)),
        Value::Object(members) => members.values().for_each(|member| each_text(member, see)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planner::store::packages::tests::packages;
    use serde_json::json;

    #[test]
    fn programs_and_folders_of_what_goes_are_found() {
        let old = json!({"packages": [
            {"name": "acme/gone", "version": "1", "bin": ["bin/acme-patches"]},
            {"name": "acme/fork", "version": "1", "bin": ["bin/phpcs"]},
        ]});
        let new =
            json!({"packages": [{"name": "acme/phpcs", "version": "1", "bin": ["bin/phpcs"]}]});
        let packages = packages(&old, &new, false);
        let gone = Gone::of(&packages);
        let named = |text: &str| -> Vec<String> {
            let named = gone.named_in(text, true);
            named
                .into_iter()
                .map(|(what, package)| format!("{what} {package}"))
                .collect()
        };
        for runs in [
            "./vendor/bin/acme-patches apply X",
            "cd x && acme-patches apply",
            "@php vendor/bin/acme-patches",
        ] {
            assert_eq!(named(runs), ["runs acme-patches acme/gone"], "{runs}");
        }
        assert_eq!(named("cp ../acme/gone/x y"), ["names the folder acme/gone"]);
        for other in [
            "vendor/bin/acme-patches-2 apply",
            "echo acme-patches",
            "vendor/bin/phpcs",
            "vendor/acme/gone-too/x",
        ] {
            assert_eq!(named(other), [""; 0], "{other}");
        }
    }
}
