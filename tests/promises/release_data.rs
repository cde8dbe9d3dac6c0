//! Data of releases do not age unseen: the program tells how old they are and what repositories have beyond them, and
//! packaging/release-data.py proposes it, with templates and packages.

use crate::kit::mageshift;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// The files of src/distribution/ that the script reads.
const DATA: [&str; 4] = [
    "releases.toml",
    "targets.toml",
    "packages.toml",
    "root_templates.json",
];

/// Where one of them is, below a folder.
fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    fs::read_dir(folder)
        .expect("a folder")
        .flatten()
        .find_map(|entry| {
            let path = entry.path();
            match path.is_dir() {
                true => find(&path, name),
                false => path.ends_with(name).then_some(path),
            }
        })
}

fn known(name: &str) -> String {
    let path = find(&project("src/distribution"), name).expect("the data");
    fs::read_to_string(path).expect("UTF-8")
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A copy of the data and the script, and a repository of Mage-OS that is ahead of them.
struct Setting {
    folder: TempDir,
}

impl Setting {
    fn new() -> Self {
        let setting = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        for folder in ["packaging", "src/distribution", "home"] {
            fs::create_dir_all(setting.path(folder)).expect("a writable folder");
        }
        for file in DATA {
            fs::write(
                setting.path(&format!("src/distribution/{file}")),
                known(file),
            )
            .expect("a writable folder");
        }
        setting.serve("repo.mage-os.org", None, &[]);
        setting
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn data(&self, file: &str) -> String {
        fs::read_to_string(self.path(&format!("src/distribution/{file}"))).expect("the data")
    }

    /// Writes the versions of a package into the repository of a host.
    fn serve(&self, host: &str, package: Option<&str>, versions: &[Value]) {
        let host = self.path("mirror").join(host);
        fs::create_dir_all(&host).expect("a writable folder");
        let root = json!({"packages": [], "metadata-url": "/p2/%package%.json"});
        fs::write(host.join("packages.json"), root.to_string()).expect("a writable file");
        if let Some(package) = package {
            let file = host.join(format!("p2/{package}.json"));
            fs::create_dir_all(file.parent().expect("a folder")).expect("a writable folder");
            let document = json!({"packages": {package: versions}});
            fs::write(file, document.to_string()).expect("a writable file");
        }
    }

    fn mage_os(&self, short: &str, versions: &[Value]) {
        let name = format!("mage-os/{short}");
        let named = versions.iter().map(|version| {
            let mut version = version.clone();
            version["name"] = json!(name);
            version
        });
        self.serve("repo.mage-os.org", Some(&name), &named.collect::<Vec<_>>());
    }

    /// Runs the script; none without Python.
    fn propose(&self) -> Option<String> {
        let script = self.path("packaging/release-data.py");
        fs::copy(project("packaging/release-data.py"), &script).expect("the script");
        // It reads TOML, which came with Python 3.11.
        let has = Command::new("python3")
            .args(["-c", "import tomllib"])
            .output();
        if !has.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: no python3 with tomllib");
            return None;
        }
        let output = Command::new("python3")
            .arg(script)
            .arg(env!("CARGO_BIN_EXE_mageshift"))
            .arg(self.path("mirror"))
            .env("HOME", self.path("home"))
            .env("MAGESHIFT_CACHE_DIR", self.path("home/cache"))
            // Nobody is asked: the other host has a repository with nothing in it.
            .env_remove("COMPOSER_AUTH")
            .output()
            .expect("python3");
        assert!(output.status.success(), "{output:?}");
        Some(String::from_utf8(output.stdout).expect("UTF-8"))
    }
}

/// The composer.json that the data know for Mage-OS since 3.0.0, for another release.
fn known_root(release: &str) -> Value {
    let templates: Vec<Value> = serde_json::from_str(&known("root_templates.json")).expect("JSON");
    let template = templates
        .iter()
        .find(|one| one["target"] == "mage-os" && one["since"] == "3.0.0")
        .expect("a template");
    let text = template["value"].to_string().replace("{release}", release);
    serde_json::from_str(&text).expect("JSON")
}

fn ahead() -> Setting {
    let setting = Setting::new();
    let product = |version: &str, packages: &[&str]| {
        let mut require = json!({"php": "~8.4.0||~8.5.0"});
        for package in packages {
            require[format!("mage-os/{package}")] = json!(version);
        }
        json!({"version": version, "require": require, "extra": {"magento_version": "2.4.9"}})
    };
    let plain = |version: &str| json!({"version": version, "require": {}});
    setting.mage_os(
        "product-community-edition",
        &[
            // Older than all that ships: served, and no news.
            product("0.9.0", &[]),
            product("3.4.0", &["module-captcha", "module-dhl"]),
            product("8.0.0", &["module-captcha", "module-dhl"]),
            product(
                "9.0.0",
                &["module-captcha", "module-made-up", "module-of-its-own"],
            ),
        ],
    );
    setting.mage_os(
        "module-captcha",
        &[plain("3.4.0"), plain("8.0.0"), plain("9.0.0")],
    );
    setting.mage_os("module-dhl", &[plain("3.4.0"), plain("8.0.0")]);
    let replaces = json!({"magento/module-made-up": "100.0.0"});
    setting.mage_os(
        "module-made-up",
        &[json!({"version": "9.0.0", "replace": replaces})],
    );
    setting.mage_os("module-of-its-own", &[plain("9.0.0")]);
    let mut other = known_root("9.0.0");
    other["require-dev"]["phpunit/phpunit"] = json!("^13.0");
    other["require-dev"]["mage-os/made-up"] = json!("9.0.0");
    other["autoload"].as_object_mut().unwrap().remove("psr-0");
    setting.mage_os("project-community-edition", &[known_root("8.0.0"), other]);
    setting.serve("repo.magento.com", None, &[]);
    setting
}

#[test]
fn what_came_out_meanwhile_is_proposed_once() {
    let setting = ahead();
    let Some(said) = setting.propose() else {
        return;
    };
    assert_eq!(
        said.lines().collect::<Vec<_>>(),
        [
            "mage-os 8.0.0",
            "mage-os 9.0.0",
            "mage-os 8.0.0: create-project writes what it writes for 3.0.0",
            "mage-os 9.0.0: create-project writes other require-dev, autoload than for 3.0.0",
            "mage-os 9.0.0: mage-os/module-made-up is new, and magento/module-made-up is its name elsewhere",
            "mage-os 9.0.0: mage-os/module-of-its-own is new, and replaces nothing of magento: to be looked at",
            "mage-os 9.0.0: mage-os/module-dhl is gone",
        ]
    );
    let releases: toml::Table = setting.data("releases.toml").parse().expect("TOML");
    let newest = releases["mage-os"]
        .as_array()
        .and_then(|all| all.last())
        .unwrap();
    assert_eq!(newest["version"].as_str(), Some("9.0.0"));
    assert_eq!(newest["upstream"].as_str(), Some("2.4.9"));
    assert_eq!(newest["php"].as_str(), Some("~8.4.0||~8.5.0"));

    let templates: Vec<Value> =
        serde_json::from_str(&setting.data("root_templates.json")).expect("JSON");
    let of = |since: &str| {
        let mut all = templates.iter();
        all.find(|known| known["target"] == "mage-os" && known["since"] == since)
            .unwrap()
    };
    let exact = of("3.0.0")["exact"].as_array().unwrap();
    assert_eq!(exact.last(), Some(&json!("8.0.0")));
    assert_eq!(of("9.0.0")["like"], "mage-os 3.0.0");
    assert_eq!(
        of("9.0.0")["patch"],
        json!({
            "require-dev": {"phpunit/phpunit": "^13.0", "mage-os/made-up": "{release}"},
            "autoload": {"psr-0": null}
        })
    );

    let packages: toml::Table = setting.data("packages.toml").parse().expect("TOML");
    let built = packages["mage-os"]["built"].as_array().unwrap();
    let names: Vec<&str> = built.iter().filter_map(toml::Value::as_str).collect();
    assert!(names.contains(&"module-made-up") && !names.contains(&"module-of-its-own"));
    assert_eq!(
        packages["mage-os"]["since"]["module-made-up"].as_str(),
        Some("9.0.0")
    );
    assert_eq!(
        packages["mage-os"]["until"]["module-dhl"].as_str(),
        Some("9.0.0")
    );

    // The program still lacks them, and the data have them.
    let after = DATA.map(|file| setting.data(file));
    assert_eq!(setting.propose().as_deref(), Some(""));
    assert_eq!(DATA.map(|file| setting.data(file)), after);
}

#[test]
fn data_that_are_up_to_date_stay_byte_for_byte() {
    let setting = Setting::new();
    let before = DATA.map(|file| setting.data(file));
    let all = ["1.0.0", "3.4.0"].map(|version| json!({"version": version, "require": {}}));
    setting.mage_os("product-community-edition", &all);
    setting.serve("repo.magento.com", None, &[]);
    let Some(said) = setting.propose() else {
        return;
    };
    assert_eq!(said, "");
    assert_eq!(DATA.map(|file| setting.data(file)), before);
}

#[test]
fn the_program_tells_how_old_its_data_are_and_what_it_learned() {
    let setting = ahead();
    let run = |arguments: &[&str]| {
        let output = mageshift(setting.folder.path())
            .args(["releases", "mage-os", "-n", "--mirror-dir"])
            .arg(setting.path("mirror"))
            .args(arguments)
            .env("HOME", setting.path("home"))
            .env("MAGESHIFT_CACHE_DIR", setting.path("home/cache"))
            .output()
            .expect("the program");
        assert!(output.status.success(), "{output:?}");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        (text(output.stdout), text(output.stderr))
    };
    let (list, said) = run(&["--refresh"]);
    assert!(list.contains("9.0.0") && list.contains("8.0.0"), "{list}");
    // Not what ships with the program, and not what was left out of it long ago.
    assert!(!list.contains("3.4.0") && !list.contains("0.9.0"), "{list}");
    assert!(said.contains("Release data of 20"), "{said}");
    assert!(said.contains("2 releases are from a repository"), "{said}");
    let (document, _) = run(&["--refresh", "--json"]);
    let document: Value = serde_json::from_str(&document).expect("JSON");
    assert_eq!(document["releases"].as_array().map(Vec::len), Some(2));
    assert_eq!(document["releases"][0]["bundled"], false);
    let (list, _) = run(&[]);
    assert!(list.contains("3.4.0") && list.contains("0.9.0"), "{list}");
}
