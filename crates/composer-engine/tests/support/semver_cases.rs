//! Made-up and recorded versions and constraints, the same for the same seed.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    pub(crate) fn one_in(&mut self, chance: usize) -> bool {
        self.below(chance) == 0
    }

    pub(crate) fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// Texts of one sort: recorded, made up to be readable, made up to be odd.
pub(crate) struct Source {
    recorded: Vec<String>,
    plain: fn(&mut Random) -> String,
    odd: fn(&mut Random) -> String,
}

impl Source {
    pub(crate) fn versions(recorded: Vec<String>) -> Self {
        Source {
            recorded,
            plain: plain_version,
            odd: odd_version,
        }
    }

    pub(crate) fn constraints(recorded: Vec<String>) -> Self {
        Source {
            recorded,
            plain: plain_constraint,
            odd: odd_constraint,
        }
    }

    pub(crate) fn recorded(&self) -> usize {
        self.recorded.len()
    }

    pub(crate) fn next(&self, random: &mut Random) -> String {
        match random.below(3) {
            0 if !self.recorded.is_empty() => {
                self.recorded[random.below(self.recorded.len())].clone()
            }
            1 => (self.odd)(random),
            _ => (self.plain)(random),
        }
    }
}

/// The versions and link constraints in the documents of some packages of an unpacked registry.
pub(crate) fn recorded(
    registry: &Path,
    random: &mut Random,
    packages: usize,
) -> (Vec<String>, Vec<String>) {
    let mut documents = Vec::new();
    for host in children(registry) {
        collect_documents(&host.join("p2"), &mut documents);
    }
    documents.sort();
    let (mut versions, mut constraints) = (Vec::new(), Vec::new());
    for _ in 0..packages.min(documents.len()) {
        let document = documents.swap_remove(random.below(documents.len()));
        let text = std::fs::read(&document).unwrap_or_default();
        let document: Value = serde_json::from_slice(&text).unwrap_or_default();
        for entry in document["packages"]
            .as_object()
            .into_iter()
            .flat_map(|packages| packages.values())
        {
            for version in entry.as_array().into_iter().flatten() {
                versions.extend(version["version"].as_str().map(str::to_owned));
                for links in ["require", "require-dev", "conflict", "provide", "replace"] {
                    let links = version[links]
                        .as_object()
                        .into_iter()
                        .flat_map(|links| links.values());
                    constraints.extend(links.filter_map(Value::as_str).map(str::to_owned));
                }
            }
        }
    }
    for texts in [&mut versions, &mut constraints] {
        texts.sort();
        texts.dedup();
    }
    (versions, constraints)
}

fn children(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect()
}

fn collect_documents(folder: &Path, documents: &mut Vec<PathBuf>) {
    for path in children(folder) {
        if path.is_dir() {
            collect_documents(&path, documents);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            documents.push(path);
        }
    }
}

const NUMBERS: [&str; 14] = [
    "0",
    "0",
    "1",
    "1",
    "2",
    "2",
    "3",
    "4",
    "10",
    "00",
    "01",
    "2024",
    "99999",
    "99999999999999999999",
];
const WORDS: [&str; 18] = [
    "stable", "beta", "b", "RC", "rc", "alpha", "a", "patch", "pl", "p", "Stable", "BETA", "dev",
    "Dev", "foo", "x", "X", "*",
];
const SEPARATORS: [&str; 6] = ["", "-", ".", "_", "+", "--"];
const BRANCHES: [&str; 16] = [
    "dev-main",
    "dev-master",
    "dev-foo",
    "dev-1.0",
    "DEV-foo",
    "dev-feature/a-b",
    "master",
    "trunk",
    "default",
    "1.x-dev",
    "1.0.x-dev",
    "2.x-dev",
    "1.*-dev",
    "foo-dev",
    "dev-a#b",
    "9999999-dev",
];
const JUNK: [&str; 24] = [
    "", " ", "  ", ",", "|", "@", "#", "-", ".", "+", "~", "^", "=", ">", "<", "!", "\n", "\t",
    "v", "as", "dev", "é", "1", "x",
];

/// A version out of so few that many are equal or neighbours.
fn plain_version(random: &mut Random) -> String {
    if random.one_in(5) {
        return random
            .pick(&[
                "dev-a",
                "dev-b",
                "dev-c",
                "1.x-dev",
                "2.1.x-dev",
                "dev-master",
            ])
            .to_owned();
    }
    let mut text = random.pick(&["0", "1", "2", "3"]).to_owned();
    for _ in 0..random.below(3) {
        text = text + "." + random.pick(&["0", "0", "1", "2"]);
    }
    text + random.pick(&[
        "", "", "", "", "-dev", "-alpha", "-beta1", "-beta2", "-RC1", "-p1",
    ])
}

/// A constraint of ends that often meet.
fn plain_constraint(random: &mut Random) -> String {
    let part = |random: &mut Random| {
        let operator = random.pick(&["", "!=", ">", ">=", "<", "<=", ">=", "<", "^", "~"]);
        match plain_version(random) {
            branch if branch.starts_with("dev-") => {
                random.pick(&["", "", "!="]).to_owned() + &branch
            }
            version => operator.to_owned() + &version,
        }
    };
    let mut text = part(random);
    while random.one_in(2) {
        text += random.pick(&[" ", " || "]);
        text += &part(random);
    }
    text
}

fn number_run(random: &mut Random, longest: usize) -> String {
    let numbers: Vec<&str> = (0..=random.below(longest))
        .map(|_| random.pick(&NUMBERS))
        .collect();
    numbers.join(".")
}

fn numbered_version(random: &mut Random) -> String {
    let mut text = String::from(random.pick(&["", "", "", "v", "V"]));
    text += &number_run(random, 4);
    while random.one_in(3) {
        text += random.pick(&SEPARATORS);
        text += random.pick(&WORDS);
        if random.one_in(2) {
            text += random.pick(&SEPARATORS);
            text += &number_run(random, 2);
        }
    }
    text
}

fn date(random: &mut Random) -> String {
    let mut text = String::from(random.pick(&["2024", "v2010", "20240115", "201001"]));
    for _ in 0..random.below(9) {
        text += random.pick(&["", ".", "-", ":", "-", "."]);
        text += random.pick(&["01", "12", "5", "123", "31", "0001"]);
    }
    text + random.pick(&["", "", "-beta", "-p1", "RC2", "-dev"])
}

/// A version, or what may be taken for one.
fn odd_version(random: &mut Random) -> String {
    let mut text = match random.below(10) {
        0 => date(random),
        1 | 2 => random.pick(&BRANCHES).to_owned(),
        _ => numbered_version(random),
    };
    if random.one_in(12) {
        text += random.pick(&[
            "@dev",
            "@stable",
            "@RC",
            "@Beta",
            "+build.1",
            " as 1.0",
            " as foo",
            " as 1.0@dev",
        ]);
    }
    damaged(text, random)
}

fn atom(random: &mut Random) -> String {
    let mut text = match random.below(12) {
        0 | 1 => format!("^{}", numbered_version(random)),
        2 | 3 => format!("~{}", numbered_version(random)),
        4 => number_run(random, 4) + random.pick(&[".*", ".x", ".*.*", ".X-dev", ".x-dev"]),
        5 => random
            .pick(&["*", "x", "v*", "*.*", "", "*.x.X"])
            .to_owned(),
        6 => format!(
            "{}{}{}",
            numbered_version(random),
            random.pick(&[" - ", "  -  ", " -", "- "]),
            numbered_version(random)
        ),
        7 => random.pick(&BRANCHES).to_owned(),
        _ => {
            let operator = random.pick(&[
                "", "=", "==", "!=", "<>", ">", ">=", "<", "<=", "=>", "~>", ">= ", "< ", "!= ",
            ]);
            let operand = if random.one_in(6) {
                random.pick(&BRANCHES).to_owned()
            } else {
                numbered_version(random)
            };
            format!("{operator}{operand}")
        }
    };
    if random.one_in(8) {
        text += random.pick(&[
            "@dev", "@stable", "@RC", "@BETA", "@alpha", "#1a2b", " as 1.0", "+b.1", "@stable ",
        ]);
    }
    text
}

/// A constraint, or what may be taken for one.
fn odd_constraint(random: &mut Random) -> String {
    let mut text = atom(random);
    while random.one_in(2) {
        text += random.pick(&[
            " ", " ", ",", ", ", " , ", "  ", " || ", " || ", " || ", "||", "|", " | ", "|||",
            "\n", ",,", " ,\n",
        ]);
        text += &atom(random);
    }
    damaged(text, random)
}

/// Now and then with one character too many or too few.
fn damaged(mut text: String, random: &mut Random) -> String {
    if random.one_in(8) {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
        if !places.is_empty() {
            let at = places[random.below(places.len())];
            if random.one_in(3) {
                text.remove(at);
            } else {
                text.insert_str(at, random.pick(&JUNK));
            }
        }
    }
    text
}
