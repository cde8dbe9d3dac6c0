//! Holds the rooms to their order: who knows whom is read from `use` and from paths in the code, through what modules hand on.

use super::{code, sources};
use composer_engine::files;
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// No room has more parts, so that each is read at a glance.
const MOST_PARTS: usize = 15;

/// A module by its path in the crate: `["plan", "edit"]`. The crate itself is empty.
type Module = Vec<String>;

/// A name that a `use` brings, and what it stands for.
struct Import {
    name: String,
    path: Vec<String>,
    /// Whether it is handed on to others.
    is_public: bool,
}

/// One source file.
struct Source {
    imports: Vec<Import>,
    /// Its code without `use`, comments and tests.
    text: String,
}

/// All sources of a crate.
struct Crate {
    sources: BTreeMap<Module, Source>,
}

/// From a file to those that it knows.
type Arrows = BTreeMap<Module, BTreeSet<Module>>;

impl Crate {
    fn read(folder: &Path) -> Self {
        let read = |path: PathBuf| {
            let module = module_of(path.strip_prefix(folder).unwrap());
            let text = files::text(&path, files::CONFIGURATION).unwrap();
            (module.clone(), Source::of(&module, &text))
        };
        Self {
            sources: sources(folder).into_iter().map(read).collect(),
        }
    }

    fn of(texts: &[(&str, &str)]) -> Self {
        let source = |(path, text): &(&str, &str)| {
            let module = module_of(Path::new(path));
            (module.clone(), Source::of(&module, text))
        };
        Self {
            sources: texts.iter().map(source).collect(),
        }
    }

    /// The file that a path leads to, through what modules hand on; none where it leads out of the crate.
    fn home(&self, path: &[String], steps: usize) -> Option<Module> {
        let known = (0..=path.len())
            .rev()
            .find(|length| self.sources.contains_key(&path[..*length]))?;
        let (module, rest) = path.split_at(known);
        if let (Some(name), true) = (rest.first(), steps > 0) {
            let imports = &self.sources[module].imports;
            if let Some(import) = imports.iter().find(|import| import.name == *name) {
                let path = [&import.path, &rest[1..]].concat();
                return self.home(&path, steps - 1);
            }
        }
        Some(module.to_vec())
    }

    /// Who knows whom.
    fn arrows(&self) -> Arrows {
        let inline = Regex::new(r"\b([a-z_]+)::(\w+(?:::\w+)*)").unwrap();
        let mut arrows = Arrows::new();
        for (module, source) in &self.sources {
            let mut known = BTreeSet::new();
            let mut note = |path: &[String]| known.extend(self.home(path, 8));
            let is_module = |import: &&Import| self.sources.contains_key(&import.path);
            let handed =
                |import: &&Import| !import.is_public && !self.sources.contains_key(&import.path);
            for import in source.imports.iter().filter(handed) {
                note(&import.path);
            }
            for found in inline.captures_iter(&source.text) {
                let rest = found[2].split("::").map(str::to_owned);
                let first = match &found[1] {
                    "crate" => Vec::new(),
                    "self" => module.clone(),
                    "super" => module[..module.len().saturating_sub(1)].to_vec(),
                    name => {
                        let mut modules = source.imports.iter().filter(is_module);
                        let child = [module.as_slice(), &[name.to_owned()]].concat();
                        match modules.find(|import| import.name == name) {
                            Some(import) => import.path.clone(),
                            None if self.sources.contains_key(&child) => child,
                            None => continue,
                        }
                    }
                };
                note(&first.into_iter().chain(rest).collect::<Module>());
            }
            known.remove(module);
            arrows.insert(module.clone(), known);
        }
        arrows
    }
}

impl Source {
    fn of(module: &Module, text: &str) -> Self {
        let lines: Vec<&str> = code(text).map(|(_, line)| line).collect();
        let text = lines.join("\n");
        let statement = Regex::new(r"(?m)^( *)(pub(?:\([^)]*\))? )?use ([^;]+);").unwrap();
        let inner = Regex::new(r"(?ms)^(?:pub(?:\([^)]*\))? )?mod \w+ \{$.*?^\}").unwrap();
        let inner: Vec<_> = inner.find_iter(&text).map(|found| found.range()).collect();
        let mut imports = Vec::new();
        for found in statement.captures_iter(&text) {
            let place = found.get(0).unwrap().start();
            // A module inside of the file is part of it.
            let is_inner = inner.iter().any(|range| range.contains(&place));
            let tree: String = found[3].split_whitespace().collect::<Vec<_>>().join(" ");
            for (name, path) in leaves(&tree) {
                let path = match path.split_first() {
                    Some((first, rest)) if first == "crate" => rest.to_vec(),
                    Some((first, rest)) if first == "super" && is_inner => {
                        [module.as_slice(), rest].concat()
                    }
                    Some((first, rest)) if first == "super" => {
                        let ups = 1 + rest.iter().take_while(|part| *part == "super").count();
                        let above = &module[..module.len().saturating_sub(ups)];
                        [above, &rest[ups - 1..]].concat()
                    }
                    Some((first, rest)) if first == "self" => [module.as_slice(), rest].concat(),
                    // A child, or another crate, which nothing is found for.
                    _ => [module.as_slice(), &path].concat(),
                };
                imports.push(Import {
                    name,
                    path,
                    is_public: found.get(2).is_some(),
                });
            }
        }
        let text = statement.replace_all(&text, "");
        // Who may see an item says nothing of what it knows.
        let sight = Regex::new(r"pub\(in [^)]*\)").unwrap();
        Self {
            imports,
            text: sight.replace_all(&text, "pub").into_owned(),
        }
    }
}

/// The module that a file is.
fn module_of(path: &Path) -> Module {
    let path = path.with_extension("");
    let mut parts: Module = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if parts
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        parts.pop();
    }
    parts
}

/// The names that a tree of `use` brings, each with its whole path.
fn leaves(tree: &str) -> Vec<(String, Vec<String>)> {
    let tree = tree.trim();
    if let Some((start, rest)) = tree.split_once('{') {
        let start: Vec<String> = parts(start);
        let rest = rest.strip_suffix('}').unwrap_or(rest);
        let mut depth = 0;
        let branches = rest.split(|c| {
            depth += i32::from(c == '{') - i32::from(c == '}');
            c == ',' && depth == 0
        });
        let leaves = branches
            .filter(|branch| !branch.trim().is_empty())
            .flat_map(leaves);
        return leaves
            .map(|(name, path)| match path.as_slice() {
                [own] if own == "self" => {
                    (start.last().cloned().unwrap_or_default(), start.clone())
                }
                path => (name, [start.as_slice(), path].concat()),
            })
            .collect();
    }
    let (path, name) = match tree.split_once(" as ") {
        Some((path, name)) => (parts(path), Some(name.trim().to_owned())),
        None => (parts(tree), None),
    };
    let name = name.or_else(|| path.last().cloned()).unwrap_or_default();
    vec![(name, path)]
}

fn parts(path: &str) -> Vec<String> {
    let parts = path.split("::").map(str::trim);
    parts
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// What is in circles: the groups of more than one that all lead to each other.
fn circles<T: Ord + Clone>(arrows: &BTreeMap<T, BTreeSet<T>>) -> Vec<BTreeSet<T>> {
    let reached = |start: &T| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&T> = arrows.get(start).into_iter().flatten().collect();
        while let Some(one) = next.pop() {
            if seen.insert(one.clone()) {
                next.extend(arrows.get(one).into_iter().flatten());
            }
        }
        seen
    };
    let reach: BTreeMap<&T, BTreeSet<T>> = arrows.keys().map(|one| (one, reached(one))).collect();
    let mut circles = BTreeSet::new();
    for (one, seen) in &reach {
        let circle: BTreeSet<T> = seen
            .iter()
            .filter(|other| reach.get(other).is_some_and(|back| back.contains(one)))
            .cloned()
            .collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

/// The arrows between the parts of a room: its files, and its folders with all that is in them. Its own `mod.rs` is a part, too.
fn within(room: &[String], arrows: &Arrows) -> BTreeMap<String, BTreeSet<String>> {
    let part = |module: &Module| {
        let rest = module.strip_prefix(room)?;
        Some(
            rest.first()
                .map_or_else(|| "mod.rs".to_owned(), String::clone),
        )
    };
    let mut parts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (from, known) in arrows {
        let Some(from) = part(from) else { continue };
        let known = known.iter().filter_map(part).filter(|to| *to != from);
        let known: Vec<String> = known.collect();
        parts.entry(from).or_default().extend(known);
    }
    parts
}

/// Every folder with sources.
fn rooms(arrows: &Arrows) -> BTreeSet<Module> {
    let above = |module: &Module| -> Vec<Module> {
        let lengths = 0..module.len();
        lengths.map(|length| module[..length].to_vec()).collect()
    };
    arrows.keys().flat_map(above).collect()
}

/// What breaks the rules of rooms, as sentences.
fn broken(arrows: &Arrows, order: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for circle in circles(arrows) {
        let name = |module: &Module| module.join("/");
        let known = |module: &Module| -> Vec<String> {
            arrows[module].intersection(&circle).map(name).collect()
        };
        let ties = circle
            .iter()
            .map(|module| format!("{} knows {}", name(module), known(module).join(" and ")));
        let ties: Vec<String> = ties.collect();
        found.push(format!(
            "files know each other in a circle: {}",
            ties.join("; ")
        ));
    }
    for room in rooms(arrows) {
        let parts = within(&room, arrows);
        let name = ["src".to_owned()]
            .iter()
            .chain(&room)
            .cloned()
            .collect::<Vec<_>>()
            .join("/");
        for circle in circles(&parts) {
            let circle: Vec<String> = circle.into_iter().collect();
            found.push(format!(
                "parts of {name} know each other in a circle: {}",
                circle.join(", ")
            ));
        }
        let count = parts.keys().filter(|part| *part != "mod.rs").count();
        if count > MOST_PARTS {
            found.push(format!(
                "{name} has {count} parts: give those that belong together a room of their own"
            ));
        }
    }
    let place = |room: &String| order.iter().position(|known| known == room);
    for (from, known) in within(&[], arrows) {
        let Some(own) = place(&from) else { continue };
        for to in known {
            if place(&to).is_none_or(|other| other > own) {
                found.push(format!(
                    "{from} knows {to}, which the map in lib.rs does not have above it"
                ));
            }
        }
    }
    found
}

/// The rooms in the order of the map in lib.rs.
fn order() -> Vec<&'static str> {
    let row = |line: &'static str| line.strip_prefix("//! | [`")?.split_once('`');
    let rows = include_str!("../lib.rs").lines().filter_map(row);
    rows.map(|(room, _)| room).collect()
}

#[test]
fn no_files_and_no_rooms_know_each_other_in_a_circle_and_rooms_know_those_above_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let arrows = Crate::read(&folder).arrows();
    let order = order();
    for room in ["distribution", "planner", "database", "apply", "cli"] {
        assert!(order.contains(&room), "{room} is not in the map");
    }
    let found = broken(&arrows, &order);
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

/// The engine's sources are there where the whole workspace is.
#[test]
fn the_engine_has_no_circle_either() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/composer-engine/src");
    if folder.is_dir() {
        let arrows = Crate::read(&folder).arrows();
        assert!(arrows.len() > 100);
        let order = ["files", "phase", "format", "repository", "resolve"];
        let found = broken(&arrows, &order);
        assert!(found.is_empty(), "\n{}", found.join("\n"));
    }
}

mod tests {
    use super::*;

    fn found(texts: &[(&str, &str)], order: &[&str]) -> Vec<String> {
        broken(&Crate::of(texts).arrows(), order)
    }

    #[test]
    fn a_circle_of_files_is_found_through_what_a_module_hands_on() {
        let found = found(
            &[
                ("lib.rs", "mod a;"),
                ("a/mod.rs", "mod one;\nmod two;\npub use two::Two;"),
                ("a/one.rs", "use crate::a::Two;\npub struct One;"),
                ("a/two.rs", "use super::one;\nfn two() -> one::One {}"),
            ],
            &[],
        );
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].ends_with("circle: a/one knows a/two; a/two knows a/one"),
            "{found:?}"
        );
    }

    #[test]
    fn rooms_in_a_circle_are_found_though_no_files_are() {
        let found = found(
            &[
                ("a/one.rs", "use crate::b::{self, four::Four};"),
                ("a/two.rs", "struct Two;"),
                ("b/three.rs", "fn f() -> crate::a::two::Two {}"),
                ("b/four.rs", "struct Four;"),
            ],
            &["a", "b"],
        );
        let circle = "parts of src know each other in a circle: a, b";
        assert_eq!(found[0], circle);
        assert!(found[1].starts_with("a knows b"), "{found:?}");
    }

    #[test]
    fn tests_and_comments_draw_no_arrow_and_a_face_draws_none() {
        let found = found(
            &[
                ("a/mod.rs", "pub use one::One;\npub struct Base;"),
                (
                    "a/one.rs",
                    "use super::Base;\n// crate::b::B\npub struct One;",
                ),
                (
                    "b.rs",
                    "use crate::a::One;\n#[cfg(test)]\nmod tests {\n    use crate::c::C;\n}",
                ),
                ("c.rs", "use crate::b::B;"),
            ],
            &["a", "b", "c"],
        );
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_room_with_too_many_parts_is_named() {
        let files: Vec<String> = (0..=MOST_PARTS).map(|i| format!("a/f{i}.rs")).collect();
        let texts: Vec<(&str, &str)> = files.iter().map(|path| (path.as_str(), "")).collect();
        let found = found(&texts, &["a"]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("src/a has 16 parts"), "{found:?}");
    }
}
