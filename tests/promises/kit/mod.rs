//! Plans made by hand, for tests of what comes after planning.

pub(crate) mod cases;
#[cfg(unix)]
pub(crate) mod cast;
pub(crate) mod composer;
pub(crate) mod data;
pub(crate) mod fixture;
pub(crate) mod journalled;
pub(crate) mod lock;
pub(crate) mod lock_command;
pub(crate) mod mirror;
pub(crate) mod php;
pub(crate) mod recorded;
pub(crate) mod registry;
pub(crate) mod second_judge;
#[path = "../../../crates/composer-engine/tests/support/server.rs"]
pub(crate) mod server;
pub(crate) mod small_world;
pub(crate) mod store;
#[cfg(unix)]
pub(crate) mod terminal;
pub(crate) mod verdict;
pub(crate) mod world;
pub(crate) mod zip;

use mageshift::plan::{Change, ChangeKind, Code, Edit, Finding, Phase, Plan, Side, Step};
use std::path::{Path, PathBuf};

/// The metadata that ship with the program, as a mirror folder.
pub(crate) const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/recording");

/// The same as a path.
pub(crate) fn recording() -> PathBuf {
    PathBuf::from(RECORDING)
}

/// A store, or a file of one, among those that the tests bring along.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name)
}

pub(crate) fn side(distribution: &str, edition: &str, release: &str, upstream: &str) -> Side {
    Side {
        distribution: distribution.into(),
        edition: edition.into(),
        release: Some(release.into()),
        upstream: Some(upstream.into()),
    }
}

/// A plan from Open Source 2.4.8-p3 to Mage-OS 2.2.1 that does nothing yet.
pub(crate) fn empty_plan() -> Plan {
    Plan::between(
        side("magento", "community", "2.4.8-p3", "2.4.8-p3"),
        side("mage-os", "community", "2.2.1", "2.4.8-p4"),
    )
}

pub(crate) fn change(
    kind: ChangeKind,
    core: bool,
    package: &str,
    from: &str,
    to: &str,
    reason: &str,
) -> Change {
    let version = |version: &str| (!version.is_empty()).then(|| version.to_owned());
    Change {
        package: package.into(),
        from: version(from),
        to: version(to),
        kind,
        core,
        reason: reason.into(),
    }
}

pub(crate) const ROOT_BEFORE: &str = r#"{
    "name": "acme/shop",
    "require": {
        "acme/module-blog": "^1.2",
        "magento/product-community-edition": "2.4.8-p3"
    },
    "repositories": {
        "magento": { "type": "composer", "url": "https://repo.magento.com/" }
    }
}
"#;

pub(crate) const ROOT_AFTER: &str = r#"{
    "name": "acme/shop",
    "require": {
        "acme/module-blog": "^1.2",
        "mage-os/product-community-edition": "2.2.1"
    },
    "repositories": {
        "mage-os": { "type": "composer", "url": "https://repo.mage-os.org/" }
    }
}
"#;

pub(crate) fn edit(path: &str, before: &str, after: &str) -> Edit {
    let mut edit = Edit::new(path, Some(before.as_bytes()), Some(after));
    edit.add_diff(Some(before.as_bytes()));
    edit
}

/// A switch as it usually looks.
pub(crate) fn switch_plan() -> Plan {
    let mut changes = vec![
        change(
            ChangeKind::Update,
            false,
            "laminas/laminas-http",
            "2.19.0",
            "2.21.0",
            "mage-os/framework requires ^2.20",
        ),
        change(
            ChangeKind::Update,
            false,
            "acme/module-with-a-rather-long-name",
            "1.2.3",
            "1.3.0",
            "1.2.3 requires magento/framework ~103.0.7, which Mage-OS 2.2.1 does not replace any more",
        ),
        change(
            ChangeKind::Update,
            false,
            "phpunit/phpunit",
            "10.5.63",
            "12.5.4",
            "",
        ),
        change(
            ChangeKind::Downgrade,
            false,
            "league/flysystem",
            "3.29.1",
            "2.5.0",
            "mage-os/framework requires ^2.4",
        ),
        change(
            ChangeKind::Add,
            false,
            "creatuity/magento2-interceptors",
            "",
            "1.4.0",
            "mage-os/product-community-edition requires it",
        ),
        change(
            ChangeKind::Remove,
            true,
            "magento/composer-dependency-version-audit-plugin",
            "0.1.6",
            "",
            "",
        ),
        change(
            ChangeKind::Remove,
            true,
            "magento/composer-root-update-plugin",
            "2.0.4",
            "",
            "",
        ),
    ];
    for name in ["backend", "catalog", "checkout", "cms"] {
        let package = format!("mage-os/module-{name}");
        changes.push(change(
            ChangeKind::Rename,
            true,
            &package,
            "104.0.8-p3",
            "2.2.1",
            &format!("magento/module-{name}"),
        ));
    }
    for number in 1..=30 {
        changes.push(change(
            ChangeKind::Add,
            true,
            &format!("mage-os/module-addon-{number}"),
            "",
            "2.2.1",
            "",
        ));
    }
    Plan {
        edits: vec![
            edit("composer.json", ROOT_BEFORE, ROOT_AFTER),
            edit(
                "composer.lock",
                "{\"packages\": []}\n",
                "{\"packages\": [1]}\n",
            ),
        ],
        changes,
        findings: vec![
            Finding::new(
                Code::RepositoryUnreachable,
                "composer.amasty.com cannot be read: no credentials",
                "2 packages from it stay at their locked version: amasty/base and amasty/module-reports.",
            ),
            Finding::new(
                Code::NewerRelease,
                "The newest release of Mage-OS is 3.4.0, based on Magento 2.4.9",
                "It is an upgrade as well as a switch. To take it: mageshift switch --to mage-os@3.4.0",
            ),
            Finding::new(
                Code::DataKept,
                "All data stay",
                "Mage-OS 2.2.1 has the same tables as Magento 2.4.8-p4. `bin/magento setup:upgrade` brings the schema up to date.",
            ),
        ],
        steps: vec![
            Step::run(Phase::Install, "composer install", "with plugins on"),
            Step::run(Phase::Database, "bin/magento setup:upgrade", ""),
            Step::say(
                Phase::Database,
                "Flush the external cache (Redis or Valkey), once in each of its instances if there are several",
            ),
        ],
        ..empty_plan()
    }
}

/// A switch that an extension stands against.
pub(crate) fn blocked_plan() -> Plan {
    Plan {
        findings: vec![
            Finding::new(
                Code::NoSolution,
                "acme/module-blog allows no release of Mage-OS based on Magento 2.4.9",
                "Problem 1\n    - acme/module-blog 1.2.3 requires magento/framework ~103.0.7 -> found magento/framework[103.0.8] but it does not match the constraint.\nThe newest release that it allows is Mage-OS 2.2.1: mageshift switch --to mage-os@2.2.1",
            ),
            Finding::new(Code::DataLoss, "Gift cards are lost", "Export them first."),
        ],
        ..empty_plan()
    }
}

/// A store's directory with this root and lock.
pub(crate) fn store(root: &str, lock: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("composer.json"), root).unwrap();
    std::fs::write(folder.path().join("composer.lock"), lock).unwrap();
    folder
}

/// The store that [`switch_plan`] is for.
pub(crate) fn switch_store() -> tempfile::TempDir {
    store(ROOT_BEFORE, "{\"packages\": []}\n")
}

/// Saves a plan outside of the store; its path.
pub(crate) fn saved(plan: &Plan) -> tempfile::TempPath {
    let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
    std::fs::write(&path, serde_json::to_vec(plan).unwrap()).unwrap();
    path
}

/// The program in this directory, with nothing of the user's own in its environment.
pub(crate) fn mageshift(directory: &Path) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_mageshift"));
    command
        .current_dir(directory)
        .env_clear()
        .env("HOME", directory)
        .env("TERM", "xterm");
    // What is kept from run to run has no place in a fixture.
    if directory.starts_with(env!("CARGO_MANIFEST_DIR")) {
        command.env("MAGESHIFT_CACHE_DIR", env!("CARGO_TARGET_TMPDIR"));
    }
    command
}

/// What a run printed and how it ended.
#[derive(Debug)]
pub(crate) struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the program without a terminal.
pub(crate) fn run(directory: &Path, arguments: &[&str]) -> Run {
    run_command(mageshift(directory).args(arguments))
}

pub(crate) fn run_command(command: &mut std::process::Command) -> Run {
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Run {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::write(target, std::fs::read(entry.path()).unwrap()).unwrap();
        }
    }
}

/// A copy of the sample store, Magento Open Source 2.4.8-p3.
pub(crate) fn sample_store() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let sample = fixture("sample-store");
    for file in ["composer.json", "composer.lock"] {
        std::fs::copy(sample.join(file), folder.path().join(file)).unwrap();
    }
    folder
}
