//! A `path` repository: packages in folders beside the store.

use super::array::Packages;
use super::glob;
use crate::files;
use crate::format::package::Package;
use crate::format::package::loader;
use crate::format::version::normalize_branch;
use crate::repository::error::{ErrorKind, RepositoryError};
use serde_json::{Map, Value, json};
use sha1::{Digest, Sha1};
use std::path::Path;
use std::sync::Arc;

/// Loads the packages that `url`, a folder or a pattern of folders, holds (`PathRepository::initialize`). A relative `url`
/// starts at the store. `environment` looks up variables for `~` and `$NAME` in it.
pub(crate) fn load(
    url: &str,
    definition: &Map<String, Value>,
    store_dir: &Path,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Packages, RepositoryError> {
    let url = expand(url, environment);
    let mut options = match definition.get("options") {
        Some(Value::Object(options)) => options.clone(),
        _ => Map::new(),
    };
    if options.get("relative").is_none_or(Value::is_null) {
        options.insert(
            "relative".to_owned(),
            Value::Bool(!Path::new(&url).is_absolute()),
        );
    }
    let folders = glob::folders(store_dir, &url).map_err(|too_much| {
        RepositoryError::new(ErrorKind::Configuration, &url, too_much.to_string())
    })?;
    if folders.is_empty() && !is_empty_pattern(store_dir, &url) {
        return Err(RepositoryError::new(
            ErrorKind::NotFound,
            url,
            "the `url` supplied for the path repository does not exist",
        ));
    }
    let mut packages = Vec::new();
    for folder in folders {
        let file = store_dir.join(&folder).join("composer.json");
        let text = match files::read_if_there(&file, files::CONFIGURATION) {
            Ok(Some(text)) => text,
            Ok(None) => continue,
            Err(error) => {
                return Err(RepositoryError::new(
                    ErrorKind::Malformed,
                    file.display().to_string(),
                    error.what.to_string(),
                ));
            }
        };
        let package = package(&folder, &text, &options, store_dir).map_err(|message| {
            RepositoryError::new(ErrorKind::Malformed, file.display().to_string(), message)
        })?;
        packages.push(Arc::new(package));
    }
    Ok(Packages::new(packages))
}

/// Whether a pattern matches nothing though the folder it starts in exists: then it is right, and merely empty.
fn is_empty_pattern(store_dir: &Path, url: &str) -> bool {
    let is_pattern = |path: &Path| path.to_string_lossy().contains(['*', '{', '}']);
    let plain = Path::new(url).ancestors().find(|path| !is_pattern(path));
    is_pattern(Path::new(url)) && plain.is_some_and(|plain| store_dir.join(plain).is_dir())
}

fn package(
    folder: &str,
    text: &[u8],
    options: &Map<String, Value>,
    store_dir: &Path,
) -> Result<Package, String> {
    let path = store_dir.join(folder);
    let mut metadata: Map<String, Value> =
        serde_json::from_slice(text).map_err(|error| format!("is not a JSON object: {error}"))?;
    let reference = match options
        .get("reference")
        .and_then(Value::as_str)
        .unwrap_or("auto")
    {
        "none" => Some(Value::Null),
        // A package that is a repository of its own is known by its commit.
        "auto" if let Some(commit) = head(&path.join(".git")).and_then(|head| head.commit) => {
            Some(commit.into())
        }
        "auto" | "config" => Some(digest(text, options).into()),
        _ => None,
    };
    let mut dist = json!({"type": "path", "url": folder});
    if let Some(reference) = reference {
        dist["reference"] = reference;
    }
    metadata.insert("dist".to_owned(), dist);
    let transport = options
        .iter()
        .filter(|(key, _)| matches!(key.as_str(), "symlink" | "relative"));
    let transport: Map<_, _> = transport
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    metadata.insert("transport-options".to_owned(), transport.into());
    let name = metadata
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let stated = options
        .get("versions")
        .and_then(|versions| versions.get(name))
        .filter(|version| !version.is_null());
    if let Some(version) = stated.cloned() {
        metadata.insert("version".to_owned(), version);
    } else if metadata.get("version").is_none_or(Value::is_null) {
        let version = version_of_checkout(&path).unwrap_or_else(|| "dev-main".to_owned());
        metadata.insert("version".to_owned(), version.into());
    }
    loader::load(Arc::new(metadata.into())).map_err(|error| error.to_string())
}

/// The reference of a package that is no repository: a hash of its composer.json and the options, in PHP's serialisation.
fn digest(text: &[u8], options: &Map<String, Value>) -> String {
    let mut serialised = String::new();
    serialise(&Value::Object(options.clone()), &mut serialised);
    let hash = Sha1::new()
        .chain_update(text)
        .chain_update(serialised)
        .finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// PHP's `serialize`.
fn serialise(value: &Value, into: &mut String) {
    let entries: Vec<(String, &Value)> = match value {
        Value::Null => return into.push_str("N;"),
        Value::Bool(value) => return into.push_str(if *value { "b:1;" } else { "b:0;" }),
        Value::Number(number) => {
            let kind = if number.is_i64() { 'i' } else { 'd' };
            return into.push_str(&format!("{kind}:{number};"));
        }
        Value::String(text) => return into.push_str(&format!("s:{}:\"{text}\";", text.len())),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .map(|(index, value)| (format!("i:{index};"), value))
            .collect(),
        Value::Object(object) => object
            .iter()
            .map(|(key, value)| (format!("s:{}:\"{key}\";", key.len()), value))
            .collect(),
    };
    into.push_str(&format!("a:{}:{{", entries.len()));
    for (key, value) in entries {
        into.push_str(&key);
        serialise(value, into);
    }
    into.push('}');
}

/// The version that a package without one has from the repository it lies in: that of the branch (`2.x-dev`, `dev-main`), or
/// that of the commit. Composer names a feature branch after the main branch nearest to it, which only git can tell.
fn version_of_checkout(path: &Path) -> Option<String> {
    let path = path.canonicalize().ok()?;
    let head = path
        .ancestors()
        .find_map(|folder| head(&folder.join(".git")))?;
    // Without a commit there is no branch yet.
    let commit = head.commit?;
    let Some(branch) = head.branch else {
        return Some(format!("dev-{commit}"));
    };
    let version = normalize_branch(&branch);
    Some(if version.starts_with("dev-") {
        format!("dev-{branch}")
    } else {
        loader::pretty_alias(&version)
    })
}

struct Head {
    branch: Option<String>,
    commit: Option<String>,
}

/// What is checked out in the repository whose `.git` folder is given.
fn head(git: &Path) -> Option<Head> {
    let head = files::text(&git.join("HEAD"), files::CONFIGURATION).ok()?;
    let Some(reference) = head.trim().strip_prefix("ref: ") else {
        return Some(Head {
            branch: None,
            commit: commit(head.trim()),
        });
    };
    let loose = files::text(&git.join(reference), files::CONFIGURATION)
        .ok()
        .and_then(|text| commit(text.trim()));
    let packed = || {
        let packed = files::text(&git.join("packed-refs"), files::DATA).ok()?;
        packed
            .lines()
            .find_map(|line| commit(line.strip_suffix(reference)?.strip_suffix(' ')?))
    };
    Some(Head {
        branch: reference.strip_prefix("refs/heads/").map(str::to_owned),
        commit: loose.or_else(packed),
    })
}

fn commit(text: &str) -> Option<String> {
    (text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then(|| text.to_owned())
}

/// Replaces a leading `~`, `$NAME` or `%NAME%` (`Platform::expandPath`).
pub(crate) fn expand(url: &str, environment: impl Fn(&str) -> Option<String>) -> String {
    if let Some(rest) = url
        .strip_prefix('~')
        .filter(|rest| rest.starts_with(['/', '\\']))
    {
        return format!("{}{rest}", environment("HOME").unwrap_or_default());
    }
    let Some(rest) = url.strip_prefix(['$', '%']) else {
        return url.to_owned();
    };
    let end = rest
        .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .unwrap_or(rest.len());
    let (name, rest) = rest.split_at(end);
    let rest = if url.starts_with('%') {
        rest.strip_prefix('%')
    } else {
        Some(rest)
    };
    match rest {
        Some(rest) if !name.is_empty() => {
            format!("{}{rest}", environment(name).unwrap_or_default())
        }
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn store(files: &[(&str, &str)]) -> tempfile::TempDir {
        let store = tempfile::tempdir().unwrap();
        for (path, content) in files {
            let path = store.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        store
    }

    fn load_in(store: &tempfile::TempDir, definition: Value) -> Result<Packages, RepositoryError> {
        let Value::Object(definition) = definition else {
            unreachable!()
        };
        let url = definition["url"].as_str().unwrap().to_owned();
        load(&url, &definition, store.path(), |_| None)
    }

    #[test]
    fn finds_packages_by_pattern_and_gives_them_versions() {
        let store = store(&[
            ("src/acme/b/composer.json", r#"{"name": "acme/b"}"#),
            (
                "src/acme/a/composer.json",
                r#"{"name": "acme/a", "version": "1.2"}"#,
            ),
            ("src/acme/c/composer.json", r#"{"name": "acme/c"}"#),
            ("src/acme/empty/readme", ""),
        ]);
        let definition = json!({"url": "src/*/*", "options": {"versions": {"acme/b": "4.0.0"}}});
        let packages = load_in(&store, definition).unwrap();
        let versions: Vec<_> = packages
            .all()
            .iter()
            .map(|package| (&*package.name, &*package.pretty_version))
            .collect();
        assert_eq!(
            versions,
            [
                ("acme/a", "1.2"),
                ("acme/b", "4.0.0"),
                ("acme/c", "dev-main")
            ]
        );
        let metadata = packages.all()[0].metadata.to_value();
        assert_eq!(metadata["dist"]["url"], "src/acme/a");
        assert_eq!(metadata["transport-options"], json!({"relative": true}));
    }

    #[test]
    fn knows_branch_and_commit_of_a_checkout() {
        let commit = "0123456789012345678901234567890123456789";
        let store = store(&[
            ("composer.json", "{}"),
            (".git/HEAD", "ref: refs/heads/2.4\n"),
            (
                ".git/packed-refs",
                &format!("# pack-refs with: peeled\n{commit} refs/heads/2.4\n"),
            ),
            ("a/composer.json", r#"{"name": "acme/a"}"#),
            ("b/composer.json", r#"{"name": "acme/b"}"#),
            ("b/.git/HEAD", commit),
        ]);
        let packages = load_in(&store, json!({"url": "{a,b}"})).unwrap();
        let [a, b] = packages.all() else {
            panic!("two packages")
        };
        assert_eq!(
            (&*a.pretty_version, &*b.pretty_version),
            ("2.4.x-dev", &*format!("dev-{commit}"))
        );
        assert_eq!(b.dist_reference().as_deref(), Some(commit));
    }

    #[test]
    fn hashes_as_php_does() {
        // php -r 'echo sha1("{}" . serialize(["symlink" => false, "versions" => ["a/b" => "1.0"], "n" => [1, 2.5, null], "relative" => true]));'
        let Value::Object(options) = json!({"symlink": false, "versions": {"a/b": "1.0"}, "n": [1, 2.5, null], "relative": true})
        else {
            unreachable!()
        };
        assert_eq!(
            digest(b"{}", &options),
            "601fa84c97fc642f6545ada80eab1dc743f0012e"
        );
    }

    #[test]
    fn tells_a_missing_folder_from_an_empty_one() {
        let store = store(&[("packages/readme", "")]);
        assert!(
            load_in(&store, json!({"url": "packages/*"}))
                .unwrap()
                .all()
                .is_empty()
        );
        let error = load_in(&store, json!({"url": "modules/*"}))
            .err()
            .map(|error| error.kind);
        assert_eq!(error, Some(ErrorKind::NotFound));
    }

    #[test]
    fn expands_variables() {
        let environment = |name: &str| (name == "HOME").then(|| "/home/me".to_owned());
        for (url, expanded) in [
            ("~/a", "/home/me/a"),
            ("$HOME/a", "/home/me/a"),
            ("%HOME%/a", "/home/me/a"),
            ("a$HOME", "a$HOME"),
            ("%a", "%a"),
        ] {
            assert_eq!(expand(url, environment), expanded);
        }
    }
}
