//! Repositories that are read from archives and from the history of code, against Composer's own classes.

use crate::repository_differential::ask;
use composer_engine::format::auth::Credentials;
use composer_engine::format::lock::entry::dump;
use composer_engine::repository::{
    ErrorKind, Loaded, Options, PackageSource, RepositoryError, RepositorySet,
};
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The packages of the only repository of a store, as a lock would hold them, aliases in their places.
fn ours(definition: &Value, store: &Path, options: &Options) -> Value {
    let root = json!({"repositories": [definition, {"packagist.org": false}]});
    let set = RepositorySet::open(&root, store, options).unwrap();
    let packages = match set.all(0) {
        Ok(packages) => packages,
        Err(error) => return json!({"error": error.to_string()}),
    };
    let mut all = Vec::new();
    for package in packages {
        let mut entry = json!({"normalized": package.version.as_str()});
        if let (Value::Object(entry), Value::Object(dumped)) =
            (&mut entry, dump(&package.metadata.to_value(), None))
        {
            entry.extend(dumped);
        }
        all.push(entry);
        all.extend(
            package
                .branch_alias
                .iter()
                .map(|alias| json!({"alias": &*alias.pretty_version, "name": &*package.name})),
        );
    }
    all.into()
}

/// Asserts that both read a repository alike; what Composer said, for a closer look. None where there is no Composer.
fn agree(definition: &Value, store: &Path, options: &Options) -> Option<Value> {
    let cache = tempfile::tempdir().unwrap();
    let question = json!({"all": definition, "in": store, "cache": cache.path()});
    let answer = ask(&[question])?.remove(0);
    let ours = ours(definition, store, options);
    if answer.get("error").is_some() {
        assert!(ours.get("error").is_some(), "{answer} but {ours:#}");
        return Some(answer);
    }
    let listed = |packages: &Value| -> Vec<String> {
        let packages = packages.as_array().expect("a list").iter();
        packages.map(|package| format!("{package:#}")).collect()
    };
    let (ours, composers) = (listed(&ours), listed(&answer));
    let only = |a: &[String], b: &[String]| -> Vec<String> {
        a.iter().filter(|line| !b.contains(line)).cloned().collect()
    };
    let (more, less) = (only(&ours, &composers), only(&composers, &ours));
    assert!(
        more.is_empty() && less.is_empty() && ours.len() == composers.len(),
        "{definition}: we have\n{}\nand Composer has\n{}",
        more.join("\n"),
        less.join("\n")
    );
    Some(answer)
}

fn zip(path: &Path, files: &[(&str, &str)]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut archive = zip::ZipWriter::new(File::create(path).unwrap());
    for (name, content) in files {
        let plain = zip::write::SimpleFileOptions::default();
        if name.ends_with('/') {
            archive.add_directory(*name, plain).unwrap();
        } else {
            archive.start_file(*name, plain).unwrap();
            archive.write_all(content.as_bytes()).unwrap();
        }
    }
    archive.finish().unwrap();
}

fn tar(path: &Path, files: &[(&str, &str)]) {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        if name.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
        }
        archive
            .append_data(&mut header, name, content.as_bytes())
            .unwrap();
    }
    let bytes = archive.into_inner().unwrap();
    let name = path.to_str().unwrap();
    if name.ends_with("gz") {
        let file = File::create(path).unwrap();
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        packed.write_all(&bytes).unwrap();
        packed.finish().unwrap();
    } else {
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn archives_of_a_folder_are_read_as_composer_reads_them() {
    let store = tempfile::tempdir().unwrap();
    let folder = store.path().join("archives");
    let root = |version: &str| {
        format!(
            r#"{{"name": "Acme/X", "version": "{version}", "type": "magento2-module", "require": {{"php": ">=8.1"}}}}"#
        )
    };
    let at = |name: &str| folder.join(name);
    zip(
        &at("top.zip"),
        &[("registration.php", ""), ("composer.json", &root("1.0.0"))],
    );
    zip(
        &at("deep/er/folder.zip"),
        &[
            ("x-1.1/", ""),
            ("x-1.1/composer.json", &root("v1.1")),
            ("x-1.1/src/a", ""),
        ],
    );
    zip(
        &at("bare.zip"),
        &[
            ("x/composer.json", &root("1.2.0-beta1")),
            ("__MACOSX/x", ""),
        ],
    );
    zip(
        &at("two.zip"),
        &[("a/composer.json", &root("9.0.0")), ("b/x", "")],
    );
    zip(
        &at("beside.zip"),
        &[("readme.md", ""), ("a/composer.json", &root("9.1.0"))],
    );
    zip(&at("deep.zip"), &[("a/b/composer.json", &root("9.2.0"))]);
    zip(&at("empty.zip"), &[]);
    fs::write(at("broken.zip"), "no archive").unwrap();
    fs::write(at("readme.txt"), "").unwrap();
    tar(&at("top.tar"), &[("composer.json", &root("2.0.0"))]);
    tar(
        &at("folder.tar.gz"),
        &[("x/", ""), ("x/composer.json", &root("2.1.0"))],
    );
    tar(
        &at("bare.tgz"),
        &[("x/composer.json", &root("2.2.0")), ("x/src/a", "")],
    );
    tar(
        &at("two.tar.gz"),
        &[("a/composer.json", &root("9.3.0")), ("b/x", "")],
    );
    let options = Options {
        offline: true,
        ..Options::default()
    };
    let alone = ours(
        &json!({"type": "artifact", "url": "archives"}),
        store.path(),
        &options,
    );
    let mut versions: Vec<_> = alone
        .as_array()
        .unwrap()
        .iter()
        .map(|package| package["version"].as_str().unwrap())
        .collect();
    versions.sort_unstable();
    assert_eq!(
        versions,
        ["1.0.0", "1.2.0-beta1", "2.0.0", "2.1.0", "2.2.0", "v1.1"]
    );
    for url in [
        "archives",
        "archives/",
        "./archives",
        "archives/deep",
        "missing",
    ] {
        let definition = json!({"type": "artifact", "url": url});
        if agree(&definition, store.path(), &options).is_none() {
            return;
        }
    }
    // One without a version makes them all unusable.
    zip(
        &at("none.zip"),
        &[("composer.json", r#"{"name": "acme/y"}"#)],
    );
    let definition = json!({"type": "artifact", "url": "archives"});
    let answer = agree(&definition, store.path(), &options);
    assert!(answer.is_none_or(|answer| answer.get("error").is_some()));
}

/// What is said of a folder with one archive, which the writer makes.
fn said_of(name: &str, write: impl FnOnce(&Path)) -> Value {
    let store = tempfile::tempdir().unwrap();
    fs::create_dir(store.path().join("archives")).unwrap();
    write(&store.path().join("archives").join(name));
    let definition = json!({"type": "artifact", "url": "archives"});
    ours(&definition, store.path(), &offline())
}

/// Changes bytes of a file wherever they stand; as long as they were.
fn replace(path: &Path, from: &[u8], to: &[u8]) {
    let mut bytes = fs::read(path).unwrap();
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from) {
            bytes[at..at + to.len()].copy_from_slice(to);
        }
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn an_archive_that_means_harm_costs_little_and_is_named() {
    let root = r#"{"name": "acme/x", "version": "1.0.0"}"#;
    let huge = format!("{root}{}", " ".repeat(200_000_000));
    let refused = |said: &Value, why: &str| {
        let error = said["error"].as_str().unwrap_or_default();
        assert!(
            error.contains(why) && error.contains("archives/x."),
            "{said}"
        );
    };
    let said = said_of("x.zip", |path| zip(path, &[("composer.json", &huge)]));
    refused(&said, "larger than any real one");
    let said = said_of("x.tar.gz", |path| tar(path, &[("composer.json", &huge)]));
    refused(&said, "larger than any real one");
    // PHP reads the first of two, others the last.
    let said = said_of("x.zip", |path| {
        zip(path, &[("composer.json", root), ("composer.jsox", "{}")]);
        replace(path, b"composer.jsox", b"composer.json");
    });
    refused(&said, "more than one composer.json");
    let said = said_of("x.zip", |path| {
        zip(path, &[("composer.json", root)]);
        // The flag that says that it is encrypted, in both places.
        for (sign, at) in [(&b"PK\x03\x04"[..], 6), (b"PK\x01\x02", 8)] {
            let mut bytes = fs::read(path).unwrap();
            let start = bytes.windows(4).position(|four| four == sign).unwrap();
            bytes[start + at] |= 1;
            fs::write(path, bytes).unwrap();
        }
    });
    refused(&said, "decrypt");
    // A link in an archive leads nowhere, and a name that climbs is a name.
    let passwords = |kind| {
        said_of("x.tar", move |path| {
            let mut archive = tar::Builder::new(File::create(path).unwrap());
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(kind);
            header.set_size(0);
            archive
                .append_link(&mut header, "composer.json", "/etc/passwd")
                .unwrap();
            archive.finish().unwrap();
        })
    };
    for kind in [tar::EntryType::Symlink, tar::EntryType::Link] {
        assert_eq!(passwords(kind), json!([]));
    }
    let deep = format!("{}composer.json", "d/".repeat(20_000));
    let said = said_of("x.zip", |path| zip(path, &[(&deep, root)]));
    assert_eq!(said, json!([]));
    let many: Vec<String> = (0..100_001).map(|number| format!("f{number}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (name.as_str(), "")).collect();
    let said = said_of("x.tar", |path| tar(path, &many));
    refused(&said, "more than 100000 files");
    // What is no file is not waited for.
    #[cfg(unix)]
    {
        let zero = |path: &Path| std::os::unix::fs::symlink("/dev/zero", path).unwrap();
        assert_eq!(said_of("x.zip", zero), json!([]));
        let up = |path: &Path| std::os::unix::fs::symlink("..", path).unwrap();
        let said = said_of("x", up);
        assert!(said.to_string().contains("folders deep"), "{said}");
    }
}

/// A folder with a repository of git, made by commands as people make them; none where git is not installed.
struct Project {
    folder: PathBuf,
}

impl Project {
    fn new(folder: PathBuf) -> Option<Project> {
        fs::create_dir_all(&folder).unwrap();
        let project = Project { folder };
        if Command::new("git").arg("--version").output().is_err() {
            eprintln!("skipped: no git");
            return None;
        }
        project.git(&["init", "-q", "-b", "main"]);
        Some(project)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(&self.folder)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .envs([
                ("GIT_AUTHOR_DATE", "2024-05-01T10:00:00+02:00"),
                ("GIT_COMMITTER_DATE", "2025-06-02T11:00:00Z"),
            ])
            .args([
                "-c",
                "user.name=A",
                "-c",
                "user.email=a@acme.test",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Commits a composer.json; nothing but another file when it is empty.
    fn commit(&self, root: &str) {
        if root.is_empty() {
            let _ = fs::remove_file(self.folder.join("composer.json"));
        } else {
            fs::write(self.folder.join("composer.json"), root).unwrap();
        }
        fs::write(self.folder.join("code.php"), format!("<?php // {root}")).unwrap();
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "a change"]);
    }

    fn tag(&self, name: &str) {
        self.git(&["tag", name]);
    }

    fn branch(&self, name: &str, root: &str) {
        self.git(&["checkout", "-q", "-b", name]);
        self.commit(root);
        self.git(&["checkout", "-q", "main"]);
    }
}

fn offline() -> Options {
    Options {
        offline: true,
        ..Options::default()
    }
}

const X: &str =
    r#"{"name": "acme/x", "type": "magento2-module", "require": {"php": ">=8.1", "Acme/Y": "^1"}}"#;

/// What a history is called, and what makes it.
type History = (&'static str, fn(&Project));

/// What histories there are. Each makes one in a folder that has an empty main branch.
const HISTORIES: [History; 34] = [
    ("plain", |git| git.commit(X)),
    ("tags with and without v", |git| {
        for tag in ["1.0.0", "v1.1", "V1.2.0", "release-1.3", "1.4.0.7", "2"] {
            git.commit(X);
            git.tag(tag);
        }
    }),
    ("the same version twice", |git| {
        for tag in ["v1.0.0", "1.0.0", "1.0", "release-1.0.0"] {
            git.commit(X);
            git.tag(tag);
        }
    }),
    ("suffixes", |git| {
        for tag in [
            "1.0.0-alpha",
            "1.0.0-beta.2",
            "1.0.0-RC1",
            "1.0.0-p4",
            "1.0.0-patch",
            "1.0.0-dev",
            "1.0.1+build",
            "1.0-stable",
            "20240115",
            "nightly",
            "1.0.x",
            "x/1.0",
        ] {
            git.commit(X);
            git.tag(tag);
        }
    }),
    ("tags with a message", |git| {
        git.commit(X);
        git.git(&["tag", "-a", "-m", "the first", "1.0.0"]);
        git.git(&["tag", "-a", "-m", "of a tag", "1.1.0", "1.0.0"]);
    }),
    ("a version in composer.json", |git| {
        for (version, tag) in [
            ("1.0.0", "v1.0.0"),
            ("1.0.0", "1.1.0"),
            ("v1.2.0", "1.2"),
            ("1.3.0-dev", "1.3.0"),
            ("nonsense", "1.4.0"),
        ] {
            git.commit(&format!(r#"{{"name": "acme/x", "version": "{version}"}}"#));
            git.tag(tag);
        }
    }),
    ("a number as a version", |git| {
        git.commit(r#"{"name": "acme/x", "version": 1.5}"#);
        git.tag("1.5.0");
    }),
    ("branches", |git| {
        git.commit(X);
        for branch in [
            "1.x",
            "2.0",
            "v3",
            "v4.x",
            "feature/some-thing",
            "develop",
            "5.1.x-dev",
            "release-6",
            "gh-pages",
            "UPPER",
            "9999999",
        ] {
            git.branch(branch, X);
        }
    }),
    ("master beside main", |git| {
        git.commit(X);
        git.branch("master", X);
    }),
    ("a broken composer.json on a branch", |git| {
        git.commit(X);
        git.branch("broken", "{");
        git.branch("empty", "{}");
        git.branch("list", "[]");
        git.branch("text", "\"a\"");
        git.branch("blank", "  \n");
        git.branch("none", "");
        git.branch(
            "odd",
            r#"{"name": "acme/x", "require": {"a/b": "not a constraint !"}}"#,
        );
    }),
    ("a broken main branch", |git| {
        git.commit(X);
        git.tag("1.0.0");
        git.branch("other", X);
        git.commit("{");
    }),
    ("no composer.json on the main branch", |git| {
        git.commit(X);
        git.tag("1.0.0");
        git.commit(r#"{"name": "acme/old"}"#);
        git.tag("1.1.0");
        git.commit("");
    }),
    ("renamed", |git| {
        git.commit(r#"{"name": "acme/old"}"#);
        git.tag("1.0.0");
        git.branch("1.x", r#"{"name": "acme/older"}"#);
        git.commit(r#"{"name": "Acme/New"}"#);
        git.tag("2.0.0");
    }),
    ("never named", |git| {
        git.commit(r#"{"type": "library"}"#);
        git.tag("1.0.0");
    }),
    ("a branch alias", |git| {
        git.commit(r#"{"name": "acme/x", "extra": {"branch-alias": {"dev-main": "2.x-dev", "dev-develop": "3.x-dev"}}}"#)
    }),
    ("an alias that is none", |git| {
        git.commit(r#"{"name": "acme/x", "extra": {"branch-alias": {"dev-main": "2.0"}}}"#)
    }),
    ("a fork of core", |git| {
        git.commit(r#"{"name": "magento/module-catalog", "version": "104.0.7", "replace": {"acme/catalog": "self.version"}}"#);
        git.tag("104.0.7");
        git.branch("104.0.7-fix", r#"{"name": "magento/module-catalog"}"#);
    }),
    ("many packages in one", |git| {
        fs::create_dir_all(git.folder.join("packages/y")).unwrap();
        fs::write(
            git.folder.join("packages/y/composer.json"),
            r#"{"name": "acme/y"}"#,
        )
        .unwrap();
        git.commit(r#"{"name": "acme/all", "replace": {"acme/y": "self.version"}}"#);
        git.tag("1.0.0");
    }),
    ("a moved tag", |git| {
        git.commit(X);
        git.tag("1.0.0");
        git.commit(r#"{"name": "acme/x", "description": "moved"}"#);
        git.git(&["tag", "-f", "1.0.0"]);
    }),
    ("a dist and a source of its own", |git| {
        git.commit(r#"{"name": "acme/x", "dist": {"type": "zip", "url": "https://a.test/x.zip", "reference": "1"}}"#);
        git.tag("1.0.0");
        git.commit(r#"{"name": "acme/x", "dist": {"type": "zip", "url": "https://a.test/x.zip", "reference": "r"}, "source": {"type": "git", "url": "https://a.test/x", "reference": "s"}}"#);
        git.tag("1.1.0");
    }),
    ("a time and a default branch of its own", |git| {
        git.commit(r#"{"name": "acme/x", "time": "2020-02-03 04:05:06", "default-branch": true}"#);
        git.tag("1.0.0");
        git.branch(
            "other",
            r#"{"name": "acme/x", "time": "", "default-branch": true}"#,
        );
    }),
    ("much else", |git| {
        git.commit(r#"{"name": "acme/x", "license": "MIT", "keywords": ["b", "a"], "bin": "bin/x", "scripts": {"post-install-cmd": "a"}, "autoload": {"psr-4": {"Acme\\X\\": ""}}, "repositories": [{"type": "vcs", "url": "a"}], "minimum-stability": "dev", "config": {"a": 1}, "suggest": {"a/b": "c"}, "abandoned": "acme/z"}"#)
    }),
    ("on a branch that is not main", |git| {
        git.commit(X);
        git.branch("2.4", X);
        git.git(&["checkout", "-q", "2.4"]);
    }),
    ("nothing at all", |git| git.commit("")),
    ("submodules", |git| {
        git.commit(X);
        let link = format!("160000,{},lib/y", git.git(&["rev-parse", "HEAD"]));
        let modules = "[submodule \"lib/y\"]\n\tpath = lib/y\n\turl = https://a.test/y.git\n";
        fs::write(git.folder.join(".gitmodules"), modules).unwrap();
        git.git(&["add", ".gitmodules"]);
        git.git(&["update-index", "--add", "--cacheinfo", &link]);
        git.git(&["commit", "-q", "-m", "a submodule"]);
        git.tag("1.0.0");
    }),
    ("a submodule in place of composer.json", |git| {
        git.commit(X);
        let link = format!("160000,{},composer.json", git.git(&["rev-parse", "HEAD"]));
        git.git(&["checkout", "-q", "-b", "other"]);
        git.git(&["rm", "-q", "--cached", "composer.json"]);
        git.git(&["update-index", "--add", "--cacheinfo", &link]);
        git.git(&["commit", "-q", "-m", "odd"]);
        git.git(&["checkout", "-q", "-f", "main"]);
    }),
    ("a folder in place of composer.json", |git| {
        git.commit(X);
        git.git(&["checkout", "-q", "-b", "other"]);
        git.git(&["rm", "-q", "composer.json"]);
        fs::create_dir(git.folder.join("composer.json")).unwrap();
        fs::write(git.folder.join("composer.json/a"), X).unwrap();
        git.git(&["add", "-A"]);
        git.git(&["commit", "-q", "-m", "odd"]);
        git.git(&["checkout", "-q", "main"]);
    }),
    ("packages in folders, each with branches", |git| {
        for name in ["y", "z"] {
            let folder = git.folder.join("packages").join(name);
            fs::create_dir_all(&folder).unwrap();
            let root = format!(r#"{{"name": "acme/{name}", "version": "9.9.9"}}"#);
            fs::write(folder.join("composer.json"), root).unwrap();
        }
        git.commit(r#"{"name": "acme/all", "repositories": [{"type": "path", "url": "packages/*"}], "require": {"acme/y": "*"}}"#);
        git.tag("1.0.0");
        git.branch("packages/y", r#"{"name": "acme/y"}"#);
    }),
    ("two tags of one commit", |git| {
        git.commit(X);
        for tag in ["1.0.0", "v1.0.1", "stable"] {
            git.tag(tag);
        }
    }),
    ("a tag that names a file", |git| {
        git.commit(X);
        git.git(&["tag", "1.0.0", "HEAD:composer.json"]);
        git.git(&["tag", "-a", "-m", "a", "1.2.0", "HEAD:code.php"]);
        git.tag("1.3.0");
    }),
    ("a branch and a tag of one name", |git| {
        git.commit(X);
        git.branch(
            "1.0",
            r#"{"name": "acme/x", "description": "of the branch"}"#,
        );
        git.tag("1.0");
    }),
    ("branches in folders", |git| {
        git.commit(X);
        for branch in [
            "a/b/c",
            "release/1.x",
            "release/v2.0",
            "dependabot/npm_and_yarn/a-1.2.3",
        ] {
            git.branch(branch, X);
        }
    }),
    ("line ends of elsewhere", |git| {
        git.commit("{\r\n\t\"name\": \"acme/x\",\r\n\t\"description\": \"Zo\u{eb} \u{2014} \\u00fc\"\r\n}\r\n");
        git.tag("1.0.0");
    }),
    ("only tags are packages", |git| {
        git.commit(X);
        git.tag("v1.0.0");
        git.commit("");
    }),
];

#[test]
fn histories_are_read_as_composer_reads_them() {
    let store = tempfile::tempdir().unwrap();
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (index, (what, make)) in HISTORIES.iter().enumerate() {
        let Some(project) = Project::new(store.path().join(format!("code/{index}"))) else {
            return;
        };
        make(&project);
        let folder = project.folder.display();
        for url in [
            format!("code/{index}"),
            format!("{folder}"),
            format!("file://{folder}/.git"),
        ] {
            let definition = json!({"type": "vcs", "url": url});
            let compare = || agree(&definition, store.path(), &offline()).is_some();
            match std::panic::catch_unwind(compare) {
                Ok(true) => compared += 1,
                Ok(false) => return,
                Err(_) => wrong.push(format!("{what} ({url})")),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join(", "));
    eprintln!("{compared} histories compared");
}

/// Composer 2.5 keeps the `#`, which its constraints cannot name, and leaves out the reference.
#[test]
fn what_later_composers_made_of_it() {
    let store = tempfile::tempdir().unwrap();
    let Some(project) = Project::new(store.path().join("x")) else {
        return;
    };
    project.commit(r#"{"name": "acme/x", "dist": {"type": "zip", "url": "https://a.test/x.zip"}}"#);
    project.branch("fix#12", X);
    let read = ours(
        &json!({"type": "git", "url": "./x"}),
        store.path(),
        &offline(),
    );
    assert!(read[0]["dist"]["reference"].is_string(), "{read:#}");
    assert_eq!(read[0]["dist"]["reference"], read[0]["source"]["reference"]);
    assert_eq!(read[2]["version"], "dev-fix+12");
}

#[test]
fn main_branch_and_its_alias_are_known() {
    let store = tempfile::tempdir().unwrap();
    let Some(project) = Project::new(store.path().join("x")) else {
        return;
    };
    project.commit(r#"{"name": "acme/x"}"#);
    project.tag("v1.0.0");
    project.branch("1.x", r#"{"name": "acme/x"}"#);
    let commit = project.git(&["rev-parse", "v1.0.0"]);
    let read = ours(
        &json!({"type": "git", "url": "./x"}),
        store.path(),
        &offline(),
    );
    let versions: Vec<_> = read
        .as_array()
        .unwrap()
        .iter()
        .map(|package| {
            package["version"]
                .as_str()
                .or(package["alias"].as_str())
                .unwrap()
        })
        .collect();
    assert_eq!(versions, ["v1.0.0", "dev-main", "9999999-dev", "1.x-dev"]);
    assert_eq!(
        read[0]["source"],
        json!({"type": "git", "url": "./x", "reference": commit})
    );
    assert_eq!(read[0]["time"], "2024-05-01T08:00:00+00:00");
    assert_eq!(read[1]["default-branch"], true);
}

#[test]
fn nothing_of_a_strangers_repository_is_run() {
    let store = tempfile::tempdir().unwrap();
    let Some(project) = Project::new(store.path().join("x")) else {
        return;
    };
    project.commit(X);
    let mark = store.path().join("was-run");
    let run = format!("touch {}", mark.display());
    for setting in [
        "core.fsmonitor",
        "core.sshCommand",
        "core.askPass",
        "core.pager",
        "uploadpack.packObjectsHook",
        "credential.helper",
    ] {
        project.git(&["config", setting, &run]);
    }
    // An object that is missing would be fetched from where the configuration says.
    project.git(&["config", "remote.origin.url", &format!("ext::sh -c {run}")]);
    project.git(&["config", "remote.origin.promisor", "true"]);
    project.git(&["config", "extensions.partialClone", "origin"]);
    project.git(&["config", "protocol.ext.allow", "always"]);
    let blob = project.git(&["rev-parse", "main:composer.json"]);
    fs::remove_file(
        project
            .folder
            .join(".git/objects")
            .join(&blob[..2])
            .join(&blob[2..]),
    )
    .unwrap();
    let read = ours(
        &json!({"type": "vcs", "url": "./x"}),
        store.path(),
        &offline(),
    );
    assert!(read.get("error").is_some(), "{read:#}");
    assert!(!mark.exists());
    for url in [
        "--upload-pack=touch was-run",
        "-x",
        "ext::sh -c touch% was-run",
        "http://a.test/x.git",
        "git://a.test/x.git",
        "fd::17",
        "svn://a.test/x",
    ] {
        let options = Options::default();
        let read = ours(&json!({"type": "vcs", "url": url}), store.path(), &options);
        assert!(read.get("error").is_some(), "{url}");
        assert!(
            !mark.exists() && !store.path().join("was-run").exists(),
            "{url}"
        );
    }
}

#[test]
fn a_failure_keeps_its_secrets() {
    let store = tempfile::tempdir().unwrap();
    let options = Options::default();
    let url = "https://me:hunter2secret@127.0.0.1:9/acme/x.git";
    let read = ours(&json!({"type": "git", "url": url}), store.path(), &options);
    let said = read["error"].as_str().unwrap();
    assert!(
        said.contains("127.0.0.1") && !said.contains("hunter2"),
        "{said}"
    );
    // Without the network it is the mirror that is missing.
    let read = ours(
        &json!({"type": "git", "url": url}),
        store.path(),
        &offline(),
    );
    assert!(
        read["error"]
            .as_str()
            .unwrap()
            .contains("the network is off"),
        "{read}"
    );
}

/// Serves the files of a folder until it is dropped.
struct Files {
    port: u16,
    is_over: Arc<AtomicBool>,
}

impl Files {
    fn of(folder: PathBuf) -> Files {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let is_over = Arc::new(AtomicBool::new(false));
        let over = is_over.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                if let Ok(stream) = stream {
                    // Whoever asks goes away before the answer when it is enough.
                    let _ = serve(stream, &folder);
                }
            }
        });
        Files { port, is_over }
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/x.git", self.port)
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(mut stream: TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut request = String::new();
    let mut lines = BufReader::new(stream.try_clone()?);
    lines.read_line(&mut request)?;
    let mut header = String::new();
    while lines.read_line(&mut header)? > 2 {
        header.clear();
    }
    let path = request.split(' ').nth(1).unwrap_or("/");
    let path = path
        .split('?')
        .next()
        .unwrap_or("/")
        .trim_start_matches('/');
    let (status, body) = match fs::read(folder.join(path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

#[test]
fn a_repository_elsewhere_is_mirrored_and_serves_without_the_network() {
    let store = tempfile::tempdir().unwrap();
    let Some(project) = Project::new(store.path().join("code")) else {
        return;
    };
    for tag in ["1.0.0", "1.1.0"] {
        project.commit(X);
        project.tag(tag);
    }
    project.branch("gone", X);
    let served = store.path().join("served");
    fs::create_dir(&served).unwrap();
    project.git(&["clone", "-q", "--mirror", ".", "../served/x.git"]);
    let publish = || {
        let place = "../served/x.git";
        project.git(&["push", "-q", "--mirror", place]);
        project.git(&["--git-dir", place, "update-server-info"]);
    };
    publish();
    let server = Files::of(served);
    let definition = json!({"type": "vcs", "url": server.url()});
    let cache = tempfile::tempdir().unwrap();
    let options = |offline: bool| Options {
        offline,
        cache_dir: Some(cache.path().to_owned()),
        user_config: Some(json!({"config": {"secure-http": false}})),
        ..Options::default()
    };
    let versions = |read: &Value| -> Vec<String> {
        let packages = read.as_array().unwrap_or_else(|| panic!("{read:#}")).iter();
        let versions = packages.filter_map(|package| package["version"].as_str());
        versions.map(str::to_owned).collect()
    };
    let first = ours(&definition, store.path(), &options(false));
    assert_eq!(versions(&first), ["1.0.0", "1.1.0", "dev-main", "dev-gone"]);
    agree(&definition, store.path(), &options(false));
    // A tag that moved, one that is new, a branch that is gone.
    project.commit(X);
    project.git(&["tag", "-f", "1.1.0"]);
    project.tag("1.2.0");
    project.git(&["branch", "-q", "-D", "gone"]);
    publish();
    let before = ours(&definition, store.path(), &options(true));
    assert_eq!(before, first);
    let second = ours(&definition, store.path(), &options(false));
    assert_eq!(versions(&second), ["1.0.0", "1.1.0", "1.2.0", "dev-main"]);
    assert_ne!(first[1]["source"], second[1]["source"]);
    agree(&definition, store.path(), &options(false));
    drop(server);
    let root = json!({"repositories": [definition, {"packagist.org": false}]});
    let set = RepositorySet::open(&root, store.path(), &options(false)).unwrap();
    assert_eq!(set.all(0).unwrap().len(), 4);
    assert!(
        set.outage(0)
            .is_some_and(|outage| outage.url.contains("127.0.0.1"))
    );
    assert_eq!(ours(&definition, store.path(), &options(true)), second);
}

#[test]
fn the_configuration_says_which_servers_are_sites_as_it_does_to_composer() {
    let own = json!({
        "github-domains": ["code.acme.test", "hub.acme.test:8443"],
        "gitlab-domains": ["lab.acme.test", "acme.test:8443/gitlab"],
    });
    let (usual, tokens) = (
        json!({"github-domains": ["old.acme.test"], "gitlab-domains": ["old-lab.acme.test"]}),
        json!({"github-oauth": {"keyed.acme.test": "t"}, "gitlab-token": {"keyed-lab.acme.test": "t"}}),
    );
    let mut cases = Vec::new();
    for host in [
        "github.com",
        "www.github.com",
        "code.acme.test",
        "www.code.acme.test",
        "CODE.acme.test",
        "hub.acme.test:8443",
        "hub.acme.test",
        "old.acme.test",
        "keyed.acme.test",
        "gitlab.com",
        "lab.acme.test",
        "lab.acme.test:8080",
        "acme.test:8443/gitlab",
        "acme.test/gitlab",
        "old-lab.acme.test",
        "keyed-lab.acme.test",
        "bitbucket.org",
        "other.acme.test",
    ] {
        for path in [
            "/team/tool.git",
            "/team/tool/",
            "/team/group/tool.kit",
            "/tool",
        ] {
            cases.push(format!("https://{host}{path}"));
            cases.push(format!("git@{host}:{}", &path[1..]));
        }
    }
    let cases: Vec<Value> = cases
        .iter()
        .flat_map(|url| {
            ["vcs", "github", "gitlab", "bitbucket"].map(|type_| json!({"type": type_, "url": url}))
        })
        .collect();
    let questions: Vec<Value> = cases
        .iter()
        .map(|case| json!({"driver": case, "config": [usual, own, tokens]}))
        .collect();
    let Some(answers) = ask(&questions) else {
        return;
    };
    let mut options = offline();
    options.user_config = Some(json!({"config": usual}));
    let mut credentials = Credentials::default();
    credentials.add(&tokens);
    options.credentials = credentials;
    let folder = tempfile::tempdir().unwrap();
    for (case, answer) in cases.iter().zip(answers) {
        let root = json!({"repositories": [case, {"packagist.org": false}], "config": own});
        let set = RepositorySet::open(&root, folder.path(), &options).unwrap();
        let refused = |error: &Arc<RepositoryError>| error.kind == ErrorKind::Configuration;
        let ours = match set.failure(0) {
            Some(error) if refused(error) => "refused".to_owned(),
            _ => set.repositories()[0].display().to_string(),
        };
        // `vcs repo (github https://…)`
        let ours = ours.trim_start_matches("vcs repo (");
        let ours = ours.split(' ').next().unwrap_or_default();
        assert_eq!(answer, ours, "{case}");
    }
}

#[test]
fn a_hundred_thousand_tags_are_merely_many() {
    let place = tempfile::tempdir().unwrap();
    let Some(project) = Project::new(place.path().join("many")) else {
        return;
    };
    project.commit(r#"{"name": "acme/many"}"#);
    let commit = project.git(&["rev-parse", "HEAD"]);
    let mut refs = String::from("# pack-refs with: peeled fully-peeled \n");
    for number in 0..100_000 {
        let name = format!("{}.{}.{}", number / 2_500, number / 50 % 50, number % 50);
        refs.push_str(&format!("{} refs/tags/{name}\n", commit.trim()));
    }
    fs::write(place.path().join("many/.git/packed-refs"), refs).unwrap();
    let root = json!({"repositories": [{"type": "git", "url": "./many"}]});
    let set = RepositorySet::open(&root, place.path(), &offline()).unwrap();
    let began = std::time::Instant::now();
    let versions = set.load(0, &["acme/many".into()]).remove(0);
    assert!(matches!(versions, Loaded::Versions(versions) if versions.records.len() == 100_001));
    // What grows with the square of the tags takes a quarter of an hour here.
    let taken = began.elapsed().as_secs();
    assert!(taken < 300, "{taken} s");
}
