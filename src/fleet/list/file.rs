//! Lists of stores as text: TOML, JSON Lines, or a path on each line.

use super::entry::{Entry, Place};
use super::error::{ListError, Origin};
use super::folders;
use super::settings::{Settings, one_or_many};
use serde::Deserialize;
use std::path::Path;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// A table `[[store]]` for each, and `[defaults]` for all.
    Toml,
    /// An object on each line.
    JsonLines,
    /// A path on each line.
    Paths,
}

impl Format {
    /// By the name of a file; none where the name is not that of a list.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        match ending.to_ascii_lowercase().as_str() {
            "toml" => Some(Self::Toml),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            _ => None,
        }
    }

    /// By what the first line begins with, where there is no name.
    pub(crate) fn of_text(text: &str) -> Self {
        let mut lines = text.lines().map(str::trim);
        let first = lines.find(|line| !line.is_empty() && !line.starts_with('#'));
        match first {
            Some(line) if line.starts_with('{') => Self::JsonLines,
            Some("[[store]]" | "[defaults]") => Self::Toml,
            _ => Self::Paths,
        }
    }
}

/// A store as a list has it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Written {
    name: Option<String>,
    path: Option<String>,
    git: Option<String>,
    branch: Option<String>,
    folder: Option<String>,
    #[serde(default, deserialize_with = "one_or_many")]
    tags: Vec<String>,
    #[serde(flatten)]
    settings: Settings,
    /// What no list has; serde knows no unknown fields beside a flattened part.
    #[serde(flatten)]
    unknown: std::collections::BTreeMap<String, serde::de::IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenList {
    #[serde(default)]
    defaults: toml::Table,
    #[serde(default)]
    store: Vec<toml::Spanned<toml::Table>>,
}

/// The stores of a list, in its order; those without a name have an empty one. `shown` is what the list is called, and paths
/// count from `folder`.
pub(super) fn read(
    text: &str,
    format: Format,
    shown: &str,
    folder: &Path,
) -> Result<Vec<Entry>, ListError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let at = |line: usize| Origin::Line {
        list: shown.to_owned(),
        line,
    };
    match format {
        Format::Toml => of_toml(text, folder, &at),
        Format::JsonLines => {
            let mut entries = Vec::new();
            for (index, line) in text.lines().enumerate() {
                if line.trim().is_empty() {
                    continue;
                }
                let at = at(index + 1);
                let written = serde_json::from_str::<Written>(line).map_err(|error| {
                    let what = error.to_string();
                    // The line is that of the list, and a column is all that is left to tell.
                    let what = match what.rsplit_once(" at line 1 column ") {
                        Some((what, column)) => format!("{what} (column {column})"),
                        None => what,
                    };
                    wrong(&at, what)
                })?;
                entries.extend(stores(written, folder, at)?);
            }
            Ok(entries)
        }
        Format::Paths => {
            let mut entries = Vec::new();
            for (index, line) in text.lines().enumerate() {
                let path = line.trim();
                if !path.is_empty() && !path.starts_with('#') {
                    entries.extend(folders::find(folder, path, &at(index + 1))?);
                }
            }
            Ok(entries)
        }
    }
}

fn of_toml(
    text: &str,
    folder: &Path,
    at: &dyn Fn(usize) -> Origin,
) -> Result<Vec<Entry>, ListError> {
    let line = |offset: usize| {
        let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
        1 + memchr::memchr_iter(b'\n', before).count()
    };
    let failed = |error: toml::de::Error| {
        let offset = error.span().map_or(0, |span| span.start);
        wrong(&at(line(offset)), error.message().to_owned())
    };
    let list: WrittenList = toml::from_str(text).map_err(failed)?;
    let defaults: Written =
        toml::Value::Table(list.defaults)
            .try_into()
            .map_err(|error: toml::de::Error| {
                wrong(&at(1), format!("defaults: {}", error.message()))
            })?;
    let of_one = [
        ("name", defaults.name.is_some()),
        ("path", defaults.path.is_some()),
        ("git", defaults.git.is_some()),
    ];
    if let Some((field, _)) = of_one.iter().find(|(_, is_set)| *is_set) {
        return Err(wrong(
            &at(1),
            format!("defaults: `{field}` is of one store only"),
        ));
    }
    if let Some(field) = defaults.unknown.keys().next() {
        return Err(wrong(&at(1), format!("defaults: {}", unknown(field))));
    }
    let mut entries = Vec::new();
    for store in list.store {
        let at = at(line(store.span().start));
        let written: Written = toml::Value::Table(store.into_inner())
            .try_into()
            .map_err(|error: toml::de::Error| wrong(&at, error.message().to_owned()))?;
        let found = stores(written, folder, at)?;
        entries.extend(found.into_iter().map(|mut entry| {
            entry.settings = std::mem::take(&mut entry.settings).or(&defaults.settings);
            entry.tags.extend(defaults.tags.iter().cloned());
            if let Place::Git { branch, folder, .. } = &mut entry.place {
                *branch = branch.take().or_else(|| defaults.branch.clone());
                if folder.is_empty()
                    && let Some(default) = &defaults.folder
                {
                    folder.clone_from(default);
                }
            }
            entry
        }));
    }
    Ok(entries)
}

/// What one entry of a list stands for: a store, or as many as its pattern matches.
fn stores(written: Written, base: &Path, at: Origin) -> Result<Vec<Entry>, ListError> {
    if let Some(field) = written.unknown.keys().next() {
        return Err(wrong(&at, unknown(field)));
    }
    if let Some(name) = &written.name {
        check_name(name, &at)?;
    }
    let mut found = match (&written.path, &written.git) {
        (Some(path), None) => {
            if let Some((field, _)) = [("branch", &written.branch), ("folder", &written.folder)]
                .into_iter()
                .find(|(_, value)| value.is_some())
            {
                let what = format!("`{field}` belongs to `git`, and this store has a `path`");
                return Err(wrong(&at, what));
            }
            let found = folders::find(base, path, &at)?;
            if found.len() > 1 && written.name.is_some() {
                let what = format!(
                    "`path` leads to {} stores, which have one `name`",
                    found.len()
                );
                return Err(wrong(&at, what));
            }
            found
        }
        (None, Some(url)) => vec![Entry {
            name: String::new(),
            place: Place::Git {
                url: address(url, base, &at)?,
                branch: written
                    .branch
                    .clone()
                    .map(|branch| reference(branch, &at))
                    .transpose()?,
                folder: inner_folder(written.folder.as_deref().unwrap_or_default(), &at)?,
            },
            tags: Vec::new(),
            settings: Settings::default(),
            origin: at.clone(),
        }],
        (Some(_), Some(_)) => return Err(wrong(&at, "a store has a `path` or a `git`, not both")),
        (None, None) => return Err(wrong(&at, "a store needs a `path` or a `git`")),
    };
    for entry in &mut found {
        entry.tags.clone_from(&written.tags);
        entry.settings = written.settings.clone();
        entry.name = written.name.clone().unwrap_or_default();
    }
    Ok(found)
}

fn unknown(field: &str) -> String {
    const KNOWN: [&str; 20] = [
        "name",
        "path",
        "git",
        "branch",
        "folder",
        "tags",
        "to",
        "php",
        "ignore-platform-req",
        "ignore-platform-reqs",
        "profile",
        "with",
        "without",
        "language",
        "theme",
        "checkout",
        "keep",
        "take",
        "accept-data-loss",
        "allow-downgrade",
    ];
    let near = KNOWN
        .iter()
        .map(|known| (strsim::osa_distance(known, field), known))
        .min();
    match near {
        Some((distance, known)) if distance <= 2 => {
            format!("there is no field `{field}`; did you mean `{known}`?")
        }
        _ => format!("there is no field `{field}`"),
    }
}

fn wrong(at: &Origin, what: impl Into<String>) -> ListError {
    ListError::Written {
        at: at.clone(),
        what: what.into(),
    }
}

fn check_name(name: &str, at: &Origin) -> Result<(), ListError> {
    if name.trim().is_empty() {
        return Err(wrong(at, "the `name` is empty"));
    }
    if name.chars().any(char::is_control) || name.len() > 200 {
        return Err(wrong(
            at,
            "the `name` is no name: one line of at most 200 bytes",
        ));
    }
    Ok(())
}

/// An address that git takes for one, and for nothing else: no option, and no program that is to be run.
fn address(url: &str, base: &Path, at: &Origin) -> Result<String, ListError> {
    let url = url.trim();
    let scheme = url
        .split_once("://")
        .map(|(scheme, _)| scheme.to_ascii_lowercase());
    match scheme.as_deref() {
        Some("https" | "http" | "ssh" | "git" | "file") => return Ok(url.to_owned()),
        Some(scheme) => {
            return Err(wrong(
                at,
                format!("git is not asked over `{scheme}`; use https, ssh, git or file"),
            ));
        }
        None => {}
    }
    if url.is_empty()
        || url.starts_with('-')
        || url.contains("::")
        || url.chars().any(char::is_control)
    {
        return Err(wrong(at, "this is no address of a repository"));
    }
    // git@forge.test:acme/shop.git, as git tells it from a path: by a colon before the first slash.
    let is_remote = url
        .split_once(':')
        .is_some_and(|(host, _)| !host.contains('/'));
    if is_remote && !url.starts_with('.') {
        return Ok(url.to_owned());
    }
    Ok(base.join(url).display().to_string())
}

/// The name of a branch, by the rules of git that matter here.
fn reference(branch: String, at: &Origin) -> Result<String, ListError> {
    let is_odd = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    let is_name = !branch.is_empty()
        && !branch.starts_with(['-', '/'])
        && !branch.ends_with(['/', '.'])
        && !branch.contains("..")
        && !branch.contains("@{")
        && !branch.contains(is_odd);
    match is_name {
        true => Ok(branch),
        false => Err(wrong(at, format!("`{branch}` is no name of a branch"))),
    }
}

/// A folder in a repository, which it does not lead out of.
fn inner_folder(folder: &str, at: &Origin) -> Result<String, ListError> {
    let parts: Vec<&str> = folder
        .split('/')
        .filter(|part| !matches!(*part, "" | "."))
        .collect();
    let leads_out = folder.starts_with('/') || folder.contains('\\') || parts.contains(&"..");
    match leads_out || parts.contains(&".git") {
        true => Err(wrong(
            at,
            "`folder` is one of the repository's own, relative and with `/`",
        )),
        false => Ok(parts.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::Target;

    fn toml(text: &str) -> Result<Vec<Entry>, ListError> {
        read(text, Format::Toml, "list.toml", Path::new("/srv"))
    }

    fn said(text: &str) -> String {
        toml(text).unwrap_err().to_string()
    }

    #[test]
    fn a_list_names_stores_and_what_is_wanted_of_them() {
        let entries = toml(
            r#"
[defaults]
to = "mage-os"
php = "8.3"
branch = "main"
tags = "all"

[[store]]
name = "Acme"
git = "git@forge.test:acme/shop.git"
folder = "src/"
tags = ["eu", "b2b"]

[[store]]
git = "https://forge.test/bolt.git"
branch = "live"
to = ["mage-os@2.*", "magento"]
php = "8.4"
"#,
        )
        .unwrap();
        let [acme, bolt] = entries.as_slice() else {
            panic!("{entries:?}")
        };
        assert_eq!(acme.name, "Acme");
        assert_eq!(acme.tags, ["eu", "b2b", "all"]);
        assert_eq!(
            acme.place,
            Place::Git {
                url: "git@forge.test:acme/shop.git".into(),
                branch: Some("main".into()),
                folder: "src".into()
            }
        );
        assert_eq!(acme.settings.php.as_deref(), Some("8.3"));
        assert_eq!(bolt.settings.php.as_deref(), Some("8.4"));
        let targets: Vec<Target> = bolt.settings.to.iter().map(|spec| spec.target).collect();
        assert_eq!(targets, [Target::MageOs, Target::Magento]);
        assert!(matches!(&bolt.place, Place::Git { branch: Some(branch), .. } if branch == "live"));
        assert!(
            matches!(&bolt.origin, Origin::Line { line: 14, .. }),
            "{:?}",
            bolt.origin
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, said_of_it) in [
            ("[[store]\n", "list.toml:1: "),
            (
                "[[store]]\ngit = \"x\"\n[[store]]\npaht = \"x\"\n",
                "list.toml:3: there is no field `paht`; did you mean `path`?",
            ),
            (
                "\n[[store]]\nname = \"a\"\n",
                "list.toml:2: a store needs a `path` or a `git`",
            ),
            (
                "[[store]]\ngit = \"ext::sh -c date\"\n",
                "list.toml:1: this is no address",
            ),
            (
                "[[store]]\ngit = \"--upload-pack=date\"\n",
                "list.toml:1: this is no address",
            ),
            (
                "[[store]]\ngit = \"x\"\nbranch = \"-f\"\n",
                "list.toml:1: `-f` is no name of a branch",
            ),
            (
                "[[store]]\ngit = \"x\"\nfolder = \"../y\"\n",
                "list.toml:1: `folder` is one",
            ),
            (
                "[[store]]\ngit = \"x\"\nto = \"magneto\"\n",
                "list.toml:1: unknown target `magneto`",
            ),
            (
                "[[store]]\ngit = \"x\"\nname = \"a\\nb\"\n",
                "list.toml:1: the `name` is no name",
            ),
            (
                "[defaults]\npath = \"x\"\n",
                "list.toml:1: defaults: `path` is of one store only",
            ),
        ] {
            let said = said(text);
            assert!(said.starts_with(said_of_it), "{text}\n{said}");
        }
        let text = "{\"git\": \"x\"}\n\n{\"git\": 3}\n";
        let error = read(text, Format::JsonLines, "l.jsonl", Path::new("/")).unwrap_err();
        assert!(error.to_string().starts_with("l.jsonl:3: "), "{error}");
    }

    #[test]
    fn a_text_without_a_name_is_told_by_its_first_line() {
        assert_eq!(Format::of_text("\n{\"path\": \"a\"}"), Format::JsonLines);
        assert_eq!(Format::of_text("# stores\n[[store]]\n"), Format::Toml);
        assert_eq!(Format::of_text("/srv/a\n/srv/b\n"), Format::Paths);
    }
}
