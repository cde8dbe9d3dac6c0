//! Core packages that the store does not take from its distribution: the owner's own builds.
//!
//! Who serves a core package from a folder, a fork or a repository of their own carries a change in it, and a switch that
//! takes the target's package instead takes the change out of the shop. A private repository that passes on what the
//! distribution serves (a mirror, a Satis, a private Packagist) is none of that. So it is not the host that decides, but
//! what the locked entry says against what the distribution's repositories have of the version.

use crate::distribution::{
    Belongs, Detected, belongs, host_and_path, is_core_of, is_published_source, locked_packages,
    repository_host,
};
use crate::plan::{Code, Finding, Severity};
use crate::project::Project;
use composer_engine::format::package::Package;
use composer_engine::format::version::Version;
use composer_engine::repository::{Loaded, Options, PackageSource, Record, RepositorySet};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::Arc;

/// A core package of the store that the distribution did not build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnBuild {
    /// The package's name, as it is locked.
    pub name: String,
    /// The locked version, as written.
    pub version: String,
    /// Where the owner's build is served from.
    pub origin: Origin,
}

/// Where a locked package comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A folder, as a path repository names it.
    Folder(String),
    /// A repository under version control, by its address without who asks.
    Source(String),
    /// A repository on another host than the distribution's.
    Host(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "the folder {path}"),
            Self::Source(address) => write!(f, "the fork {address}"),
            Self::Host(host) => write!(f, "the repository at {host}"),
        }
    }
}

impl Origin {
    /// The origin of a locked entry; none for a package without files, and for one that its publisher serves.
    pub fn of(entry: &Value) -> Option<Self> {
        let text = |section: &str, key: &str| entry.get(section)?.get(key)?.as_str();
        let dist = text("dist", "url").filter(|url| !url.is_empty());
        if text("dist", "type") == Some("path") {
            return dist.map(|path| Self::Folder(path.to_owned()));
        }
        let source = text("source", "url").filter(|url| !url.is_empty());
        let address = dist.or(source)?;
        if repository_host(address).is_some() || is_published_source(address) {
            return None;
        }
        // An archive of a forge is made from the source, which is what people know it by.
        let host = host_and_path(address).map(|(host, _)| host.to_ascii_lowercase());
        match (source, host) {
            (Some(source), _) if dist.is_none_or(|dist| is_archive_of(dist, source)) => {
                Some(Self::Source(without_login(source)))
            }
            (_, Some(host)) => Some(Self::Host(host)),
            (_, None) => Some(Self::Source(without_login(address))),
        }
    }
}

/// Whether a download is the forge's archive of a repository: the same owner and name in both addresses.
fn is_archive_of(dist: &str, source: &str) -> bool {
    let name = |address: &str| {
        let address = address.trim_end_matches('/').trim_end_matches(".git");
        let mut parts = address.rsplit(['/', ':']);
        let (name, owner) = (parts.next()?, parts.next()?);
        Some(format!("/{owner}/{name}").to_ascii_lowercase())
    };
    name(source).is_some_and(|name| dist.to_ascii_lowercase().contains(&name))
}

/// An address without a name or a key in it.
fn without_login(address: &str) -> String {
    match host_and_path(address) {
        Some((host, path)) => format!(
            "{host}{}",
            path.split(['?', '#']).next().unwrap_or_default()
        ),
        None => address.to_owned(),
    }
}

/// What the distribution's repositories say about a locked version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Published {
    /// They have it, with the same checksum or commit.
    Same,
    /// They have it, and its checksum or commit is another.
    Different,
    /// They have it, and nothing tells whether it is the same.
    Untold,
    /// They have no such version.
    Missing,
    /// They could not be asked.
    Unasked,
}

/// The own builds of a store, by name.
pub(crate) fn find(project: &Project, options: &Options, source: &Detected) -> Vec<OwnBuild> {
    let Some(lock) = project.lock() else {
        return Vec::new();
    };
    let distribution = source.distribution();
    let is_core = |entry: &Value| {
        let name = entry.get("name").and_then(Value::as_str);
        name.is_some_and(|name| is_core_of(distribution, name) && belongs(name) != Belongs::Product)
            && entry.get("type").is_none_or(|kind| kind != "metapackage")
    };
    let core: Vec<&Value> = locked_packages(lock.value())
        .filter(|entry| is_core(entry))
        .collect();
    let mut suspects: BTreeMap<Origin, Vec<&Value>> = BTreeMap::new();
    for entry in &core {
        if let Some(origin) = Origin::of(entry) {
            suspects.entry(origin).or_default().push(entry);
        }
    }
    if suspects.is_empty() {
        return Vec::new();
    }
    let known = Known::new(
        published(project, options, source),
        suspects.values().flatten().copied(),
    );
    let mut own: Vec<OwnBuild> = suspects
        .iter()
        .flat_map(|(origin, entries)| {
            let is_most = entries.len() * 2 > core.len();
            let own = own_of(origin, entries, is_most, &known).into_iter();
            own.filter_map(|entry| {
                Some(OwnBuild {
                    name: entry.get("name")?.as_str()?.to_ascii_lowercase(),
                    version: entry.get("version")?.as_str()?.to_owned(),
                    origin: origin.clone(),
                })
            })
        })
        .collect();
    own.sort_by(|a, b| a.name.cmp(&b.name));
    own
}

/// Which packages from one place are own builds. A place that passes on at least one archive unchanged passes on all that
/// it does not build itself. One that repacks everything shows other checksums throughout: when most of the core comes
/// from there it is a mirror, and only versions that nobody else has are its own.
fn own_of<'e>(
    origin: &Origin,
    entries: &[&'e Value],
    is_most: bool,
    known: &Known,
) -> Vec<&'e Value> {
    if matches!(origin, Origin::Folder(_)) {
        return entries.to_vec();
    }
    let judged: Vec<(&Value, Published)> = entries
        .iter()
        .map(|entry| (*entry, known.judge(entry)))
        .collect();
    let passes_on = judged.iter().any(|(_, found)| *found == Published::Same);
    let is_own = |found: Published| match found {
        Published::Same => false,
        Published::Missing => true,
        Published::Different => passes_on || !is_most,
        Published::Untold | Published::Unasked => !passes_on && !is_most,
    };
    let own = judged.into_iter().filter(|(_, found)| is_own(*found));
    own.map(|(entry, _)| entry).collect()
}

/// What the distribution's repositories, and Packagist, have of the locked versions in question.
struct Known {
    /// What tells the files of those versions, by name; and whether every repository that may have it could be asked.
    versions: HashMap<String, (Vec<Value>, bool)>,
}

/// A locked version that is looked for.
struct Wanted<'e> {
    text: &'e str,
    /// None when it is no version.
    version: Option<Version>,
}

impl Wanted<'_> {
    fn is(&self, record: &Record) -> bool {
        match &self.version {
            Some(version) => version == record.version(),
            None => record.pretty_version() == self.text,
        }
    }
}

impl Known {
    fn new<'e>(published: Option<RepositorySet>, entries: impl Iterator<Item = &'e Value>) -> Self {
        let mut wanted: BTreeMap<Arc<str>, Vec<Wanted<'e>>> = BTreeMap::new();
        for entry in entries {
            let text = |key: &str| entry.get(key).and_then(Value::as_str);
            let (Some(name), Some(text)) = (text("name"), text("version")) else {
                continue;
            };
            let name = name.to_ascii_lowercase().into();
            let version = Version::parse(text).ok();
            wanted
                .entry(name)
                .or_default()
                .push(Wanted { text, version });
        }
        let names: Vec<Arc<str>> = wanted.keys().cloned().collect();
        let mut versions = HashMap::new();
        let Some(source) = published else {
            return Self { versions };
        };
        source.prefetch(&names);
        for (name, wanted) in &wanted {
            let mut found = Vec::new();
            let mut asked = true;
            for index in 0..source.repositories().len() {
                match source
                    .load(index, std::slice::from_ref(name))
                    .into_iter()
                    .next()
                {
                    Some(Loaded::Versions(loaded)) => found.extend(
                        loaded
                            .records
                            .iter()
                            .filter(|record| wanted.iter().any(|wanted| wanted.is(record)))
                            .map(|record| files_of(record.package())),
                    ),
                    Some(Loaded::Unavailable(_)) => asked = false,
                    Some(Loaded::Absent) | None => {}
                }
            }
            versions.insert(name.to_string(), (found, asked));
        }
        Self { versions }
    }

    fn judge(&self, entry: &Value) -> Published {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        let Some((versions, asked)) = self.versions.get(&text("name").to_ascii_lowercase()) else {
            return Published::Unasked;
        };
        let wanted = Version::parse(text("version")).ok();
        let same_version = |other: &&Value| {
            let version = other.get("version").and_then(Value::as_str);
            version == Some(text("version"))
                || wanted.is_some() && version.and_then(|v| Version::parse(v).ok()) == wanted
        };
        let verdicts: Vec<Option<bool>> = versions
            .iter()
            .filter(same_version)
            .map(|other| is_same_archive(entry, other))
            .collect();
        match verdicts.as_slice() {
            [] if *asked => Published::Missing,
            [] => Published::Unasked,
            some if some.contains(&Some(true)) => Published::Same,
            some if some.contains(&None) => Published::Untold,
            _ => Published::Different,
        }
    }
}

/// The fields that tell which files a version is, out of many.
fn files_of(package: &Package) -> Value {
    let fields = ["version", "dist", "source"].into_iter();
    let fields = fields.filter_map(|key| Some((key.to_owned(), package.metadata.get(key)?)));
    Value::Object(fields.collect())
}

/// Whether two entries name the same files: the same checksum or the same commit. None when they have neither in common.
fn is_same_archive(a: &Value, b: &Value) -> Option<bool> {
    let marks = ["/dist/shasum", "/dist/reference", "/source/reference"];
    let both = marks.iter().filter_map(|mark| {
        let text = |entry: &Value| {
            let text = entry.pointer(mark)?.as_str()?;
            (!text.is_empty()).then(|| text.to_ascii_lowercase())
        };
        Some(text(a)? == text(b)?)
    });
    let both: Vec<bool> = both.collect();
    (!both.is_empty()).then(|| both.contains(&true))
}

/// The repositories in which the store's distribution publishes: its own, those of the store that are known to serve it,
/// and Packagist.
fn published(project: &Project, options: &Options, source: &Detected) -> Option<RepositorySet> {
    let distribution = source.distribution();
    let root = project.root.value();
    let entries: Vec<&Value> = match root.get("repositories") {
        Some(Value::Array(list)) => list.iter().collect(),
        Some(Value::Object(object)) => object.values().collect(),
        _ => Vec::new(),
    };
    let serves = |entry: &&Value| {
        entry.get("type").is_some_and(|kind| kind == "composer")
            && entry
                .get("url")
                .and_then(Value::as_str)
                .and_then(repository_host)
                .is_some_and(|known| known.serves(distribution))
    };
    // A filter says what the store takes from there, not what is there.
    let mut repositories: Vec<Value> = entries
        .into_iter()
        .filter(serves)
        .cloned()
        .map(|mut entry| {
            if let Some(fields) = entry.as_object_mut() {
                fields.shift_remove("only");
                fields.shift_remove("exclude");
            }
            entry
        })
        .collect();
    repositories.push(json!({"type": "composer", "url": source.target.facts().repository}));
    let mut synthetic = Map::new();
    synthetic.insert("repositories".to_string(), repositories.into());
    synthetic.extend(
        root.get("config")
            .map(|config| ("config".to_string(), config.clone())),
    );
    project
        .repositories(&Value::Object(synthetic), options)
        .ok()
}

/// What a new lock makes of the own builds that are to stay: one note on those that do, a blocker for each that it does not
/// hold.
pub(crate) fn findings(kept: &[OwnBuild], root: &Value, lock: &Value) -> Vec<Finding> {
    let replaced = |name: &str| root.get("replace").is_some_and(|r| r.get(name).is_some());
    let entry = |build: &OwnBuild| {
        locked_packages(lock).find(|entry| {
            entry
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(|other| other.eq_ignore_ascii_case(&build.name))
        })
    };
    let (held, taken): (Vec<&OwnBuild>, Vec<&OwnBuild>) = kept
        .iter()
        .filter(|build| !replaced(&build.name))
        .partition(|build| entry(build).and_then(Origin::of).as_ref() == Some(&build.origin));
    let held = match held.as_slice() {
        [] => None,
        [build] => Some(
            Finding::new(
                Code::OwnBuildKept,
                format!("{} stays the store's own build", build.name),
                format!(
                    "It comes from {}. Compare it with the package of the new release, whose fixes it lacks until you \
                     carry them over.",
                    build.origin
                ),
            )
            .of_package(build.name.clone()),
        ),
        builds => Some(Finding::new(
            Code::OwnBuildKept,
            format!("{} packages stay the store's own builds", builds.len()),
            format!(
                "{}\nCompare each with the package of the new release, whose fixes it lacks until you carry them over.",
                origins(builds)
            ),
        )),
    };
    let instead = |build: &OwnBuild| {
        let new = entry(build).and_then(|entry| entry.get("version")?.as_str());
        new.map_or_else(
            || "hold no such package".to_owned(),
            |version| format!("take {version} from elsewhere"),
        )
    };
    let taken = match taken.as_slice() {
        [] => None,
        [build] => Some(
            Finding::new(
                Code::OwnBuildTaken,
                format!("{} would no longer be the store's own build", build.name),
                format!(
                    "{} comes from {}; the new lock would {}. Serve a version there that goes with the target, or \
                     agree with `--take {}`.",
                    build.version,
                    build.origin,
                    instead(build),
                    build.name
                ),
            )
            .of_package(build.name.clone()),
        ),
        builds => {
            let lines: Vec<String> = builds
                .iter()
                .map(|build| {
                    let OwnBuild {
                        name,
                        version,
                        origin,
                    } = build;
                    format!("- {name} {version} from {origin}: the new lock would {}", instead(build))
                })
                .collect();
            Some(Finding::new(
                Code::OwnBuildTaken,
                format!(
                    "{} packages would no longer be the store's own builds",
                    builds.len()
                ),
                format!(
                    "{}\nServe versions there that go with the target, or agree with `--take NAME`, or with \
                     `--take own-builds` to all.",
                    lines.join("\n")
                ),
            ))
        }
    };
    held.into_iter().chain(taken).collect()
}

/// Where each comes from, one a line.
fn origins(builds: &[&OwnBuild]) -> String {
    let line =
        |build: &&OwnBuild| format!("- {} {} from {}", build.name, build.version, build.origin);
    builds.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// What is said of own builds that are to stay where no set of packages fits: their versions may be why. Those of which the
/// reasons of the block tell already are left out.
pub(crate) fn in_the_way(builds: &[OwnBuild], reasons: &[Finding]) -> Option<Finding> {
    let is_told = |build: &&OwnBuild| {
        let mut told = reasons
            .iter()
            .filter(|reason| reason.code() == Code::OwnBuild);
        told.any(|reason| reason.package.as_deref() == Some(&build.name))
    };
    let builds: Vec<&OwnBuild> = builds.iter().filter(|build| !is_told(build)).collect();
    let finding = match builds.as_slice() {
        [] => return None,
        [build] => Finding::new(
            Code::OwnBuildKept,
            format!("{} is the store's own build", build.name),
            format!(
                "{} comes from {} and stays as it is. If the target needs another version, serve one there, or let the \
                 target's package take its place with `--take {}`.",
                build.version, build.origin, build.name
            ),
        )
        .of_package(build.name.clone()),
        builds => Finding::new(
            Code::OwnBuildKept,
            format!("{} packages are the store's own builds", builds.len()),
            format!(
                "{}\nThey stay as they are. If the target needs other versions, serve them there, or let the target's \
                 packages take their places: `--take NAME`, or `--take own-builds` for all.",
                origins(builds)
            ),
        ),
    };
    Some(finding.as_severity(Severity::Warning))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_named_as_people_know_them() {
        let origin = |entry: Value| Origin::of(&entry).map(|origin| origin.to_string());
        let told = |text: &str| Some(text.to_owned());
        assert_eq!(
            origin(json!({"dist": {"type": "path", "url": "packages/base"}})),
            told("the folder packages/base")
        );
        assert_eq!(
            origin(json!({
                "source": {"type": "git", "url": "https://me:key@forge.example/shop/base.git"},
                "dist": {"type": "zip", "url": "https://api.forge.example/repos/shop/base/zipball/0a"}
            })),
            told("the fork forge.example/shop/base.git")
        );
        assert_eq!(
            origin(json!({"source": {"type": "git", "url": "git@forge.example:shop/base.git"}})),
            told("the fork git@forge.example:shop/base.git")
        );
        assert_eq!(
            origin(json!({
                "source": {"type": "git", "url": "https://github.com/magento/magento2.git"},
                "dist": {"type": "zip", "url": "https://satis.shop.example/dist/base.zip"}
            })),
            told("the repository at satis.shop.example")
        );
        for published in [
            json!({"type": "metapackage"}),
            json!({"dist": {"type": "zip", "url": "https://mirror.mage-os.org/archives/base.zip"}}),
            json!({"source": {"type": "git", "url": "git@github.com:magento/composer.git"}}),
            json!({"dist": {"type": "zip", "url": "https://api.github.com/repos/magento/composer/zipball/0a"}}),
        ] {
            assert_eq!(origin(published.clone()), None, "{published}");
        }
    }

    /// Which of some packages from one place are own builds, each given with its version and checksum; the
    /// distribution has `a`, `b` and `c` in 1.0 with the checksum 1.
    fn own(entries: &[(&str, &str, &str)], is_most: bool) -> Vec<String> {
        let entry = |(name, version, sum): &(&str, &str, &str)| {
            json!({"name": name, "version": version, "dist": {"type": "zip",
                "url": "https://satis.shop.example/x.zip", "shasum": sum}})
        };
        let published = ["a", "b", "c"]
            .map(|name| (name.to_owned(), (vec![entry(&(name, "1.0.0", "1"))], true)));
        let known = Known {
            versions: HashMap::from(published),
        };
        let entries: Vec<Value> = entries.iter().map(entry).collect();
        let entries: Vec<&Value> = entries.iter().collect();
        let origin = Origin::Host("satis.shop.example".into());
        own_of(&origin, &entries, is_most, &known)
            .into_iter()
            .map(|entry| entry["name"].as_str().unwrap().to_owned())
            .collect()
    }

    #[test]
    fn a_mirror_is_known_by_what_it_serves() {
        assert_eq!(own(&[("a", "1.0", "1"), ("b", "1.0", "1")], false), [""; 0]);
        assert_eq!(own(&[("a", "1.0", "1"), ("b", "1.0", "2")], true), ["b"]);
        assert_eq!(own(&[("a", "1.0", "1"), ("b", "1.0", "")], false), [""; 0]);
        assert_eq!(
            own(
                &[("a", "1.0", "7"), ("b", "1.0", "8"), ("c", "1.0.1", "9")],
                true
            ),
            ["c"],
            "it packs its archives anew, and has one version that nobody else has"
        );
    }

    #[test]
    fn a_repository_of_a_few_packages_is_the_owners() {
        assert_eq!(own(&[("a", "1.0", "2")], false), ["a"]);
        assert_eq!(own(&[("a", "1.0", "")], false), ["a"]);
        assert_eq!(own(&[("d", "1.0", "1")], true), [""; 0], "nobody was asked");
        assert_eq!(own(&[("d", "1.0", "1")], false), ["d"]);
        assert_eq!(own(&[("a", "dev-fix", "1")], true), ["a"]);
    }
}
