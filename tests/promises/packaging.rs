//! What is published holds what it needs, and nothing else: the crate, and the Composer package that brings the program.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The files of a crate as it would be published; none where cargo cannot tell, as outside a checkout.
fn listed(package: &str) -> Option<BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "package",
            "--list",
            "--allow-dirty",
            "--offline",
            "-p",
            package,
        ])
        .current_dir(project("."))
        .output()
        .expect("cargo");
    if !output.status.success() {
        eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr));
        return None;
    }
    let list = String::from_utf8(output.stdout).expect("UTF-8");
    Some(list.lines().map(|line| line.replace('\\', "/")).collect())
}

/// Every file below a folder, as paths from the project.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path => found.push(path),
        }
    }
}

#[test]
fn the_crate_is_what_the_program_is_built_from() {
    let Some(listed) = listed("mageshift") else {
        return;
    };
    // What the compiler includes, by the paths in the source.
    let mut sources = Vec::new();
    files(&project("src"), &mut sources);
    let mut included = 0;
    for source in &sources {
        let path = source
            .strip_prefix(project(""))
            .expect("a path of the project");
        let path = path.to_str().expect("UTF-8").replace('\\', "/");
        assert!(listed.contains(&path), "{path} is not in the package");
        let Ok(text) = fs::read_to_string(source) else {
            continue;
        };
        for name in text.split("include_str!(\"").skip(1) {
            let name = name.split('"').next().unwrap_or_default();
            let file = source.parent().expect("a folder").join(name);
            let file = file.canonicalize().expect("an included file");
            let root = project("").canonicalize().expect("the project");
            let path = file.strip_prefix(root).expect("a path of the project");
            let path = path.to_str().expect("UTF-8").replace('\\', "/");
            assert!(
                listed.contains(&path),
                "{path}, which {} includes",
                source.display()
            );
            included += 1;
        }
    }
    assert!(included > 10, "only {included} files are included");
    let mut recording = Vec::new();
    files(&project("data/recording"), &mut recording);
    let shipped = listed
        .iter()
        .filter(|path| path.starts_with("data/recording/"));
    assert_eq!(shipped.count(), recording.len());

    let expected = ["src/", "profiles/", "data/recording/", "build.rs"];
    let at_the_root: Vec<&str> = listed
        .iter()
        .map(String::as_str)
        .filter(|path| !expected.iter().any(|folder| path.starts_with(folder)))
        .collect();
    assert_eq!(
        at_the_root,
        [
            ".cargo_vcs_info.json",
            "CHANGELOG.md",
            "Cargo.lock",
            "Cargo.toml",
            "Cargo.toml.orig",
            "LICENSE",
            "LICENSE-APACHE",
            "LICENSE-MIT",
            "README.md",
            "SECURITY.md"
        ]
    );
    // The registry takes 10 MB packed; unpacked, as here, it is a multiple of that.
    let bytes: u64 = listed
        .iter()
        .filter_map(|path| project(path).metadata().ok())
        .map(|metadata| metadata.len())
        .sum();
    assert!(bytes < 12 << 20, "{bytes} bytes");
}

#[test]
fn the_engine_is_a_crate_without_its_tests() {
    let Some(listed) = listed("composer-engine") else {
        return;
    };
    assert!(listed.contains("src/lib.rs") && listed.contains("LICENSE-MIT"));
    assert!(
        !listed.iter().any(|path| path.starts_with("tests/")),
        "{listed:?}"
    );
}

/// A program for which `fleet --out s3://…` is no address would be found out on the night it is needed.
#[test]
fn whatever_is_handed_out_knows_object_stores() {
    for path in [".github/workflows/release.yml", "Dockerfile", "install.sh"] {
        let Ok(text) = fs::read_to_string(project(path)) else {
            // A published crate has none of them.
            continue;
        };
        let builds: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("cargo build"))
            .collect();
        assert!(!builds.is_empty(), "{path} builds nothing");
        for build in builds {
            assert!(build.contains("--features cloud"), "{path}: {build}");
        }
    }
}

/// `rust-version` of a package, as numbers.
fn oldest_rust(package: &serde_json::Value) -> Option<Vec<u32>> {
    let version = package["rust_version"].as_str()?;
    Some(version.split('.').flat_map(str::parse).collect())
}

/// Who has the Rust that Cargo.toml names must be able to build all of it.
#[test]
fn no_dependency_asks_for_a_newer_rust_than_this_crate() {
    let cargo = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).current_dir(project("."));
        command.output().expect("cargo")
    };
    let about = String::from_utf8(cargo(&["-vV"]).stdout).expect("UTF-8");
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.expect("what cargo is built for");
    // What other systems need besides is not on this machine.
    let output = cargo(&[
        "metadata",
        "--format-version=1",
        "--offline",
        "--filter-platform",
        host,
    ]);
    if !output.status.success() {
        eprintln!("skipped: {}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let ours = packages
        .iter()
        .find(|package| package["name"] == "mageshift")
        .and_then(oldest_rust)
        .expect("rust-version in Cargo.toml");
    let mut count = 0;
    for package in packages {
        let Some(wanted) = oldest_rust(package) else {
            continue;
        };
        assert!(
            wanted <= ours,
            "{} {} asks for Rust {wanted:?}, and Cargo.toml promises {ours:?}",
            package["name"],
            package["version"]
        );
        count += 1;
    }
    assert!(count > 100, "only {count} packages name a Rust");
}

/// The values between quotes in a part of a text.
fn quoted(text: &str, begin: &str, end: &str) -> BTreeSet<String> {
    let (_, text) = text.split_once(begin).expect("the part begins");
    let (text, _) = text.split_once(end).expect("the part ends");
    text.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Licences and bills of materials are those of the systems that archives are built for.
#[test]
fn what_is_said_of_dependencies_is_said_of_every_target() {
    let read = |path: &str| fs::read_to_string(project(path));
    let Ok(workflow) = read(".github/workflows/release.yml") else {
        // A published crate has none.
        return;
    };
    let built: BTreeSet<String> = workflow
        .lines()
        .filter_map(|line| line.split_once("{ target: "))
        .filter_map(|(_, rest)| rest.split(',').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(built.len(), 5, "{built:?}");
    for file in ["about.toml", "deny.toml"] {
        let text = read(file).expect("a file of the project");
        assert_eq!(quoted(&text, "targets = [", "]"), built, "{file}");
    }
}
