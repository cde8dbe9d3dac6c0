//! The printed steps of a switch, and of its way back, carried out by real Composers on a made-up installed store.
//!
//! The store has a vendor folder with plugins, as a shop has when the first step is typed. Packages are zips that the test
//! makes; bin/magento, mysql and mysqldump are stand-ins that refuse what the real ones refuse. Needs a Composer on the
//! PATH; `MAGESHIFT_COMPOSER` names further ones, as a PATH names folders.

use crate::kit::composer;
use crate::kit::composer::{Composer, said};
use crate::kit::server::{Response, Server};
use crate::kit::zip;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Stands in for Magento's command: it wants the code of its own vendor, deploys static content outside production mode
/// only by force, and writes the list of modules anew.
const BIN_MAGENTO: &str = r#"#!/usr/bin/env php
<?php
chdir(dirname(__DIR__));
require 'vendor/autoload.php';
if (!is_file('vendor/VENDOR/framework/registration.php')) {
    exit(2);
}
$env = require 'app/etc/env.php';
switch ($argv[1]) {
    case 'setup:upgrade':
        $config = require 'app/etc/config.php';
        $config['modules'] += ['Made_UpVENDOR' => 1];
        krsort($config['modules']);
        file_put_contents('app/etc/config.php', "<?php\nreturn " . var_export($config, true) . ";\n");
        touch(getenv('DATABASES') . '/DATABASE/table_of_VENDOR');
        break;
    case 'setup:static-content:deploy':
        exit($env['MAGE_MODE'] === 'production' || in_array('-f', $argv) ? 0 : 1);
}
"#;

/// Stands in for Magento's installer: it deploys the base package's files. Both vendors have the same class.
const INSTALLER: &str = r#"<?php
namespace MagentoHackathon\Composer\Magento;

use Composer\Composer;
use Composer\EventDispatcher\EventSubscriberInterface;
use Composer\IO\IOInterface;
use Composer\Plugin\PluginInterface;

class Plugin implements PluginInterface, EventSubscriberInterface
{
    private $vendor;

    public function activate(Composer $composer, IOInterface $io)
    {
        $this->vendor = $composer->getConfig()->get('vendor-dir');
    }

    public function deactivate(Composer $composer, IOInterface $io)
    {
    }

    public function uninstall(Composer $composer, IOInterface $io)
    {
    }

    public static function getSubscribedEvents()
    {
        return ['post-install-cmd' => 'deploy', 'post-update-cmd' => 'deploy'];
    }

    public function deploy()
    {
        $base = $this->vendor . '/VENDOR/magento2-base';
        if (is_dir($base)) {
            @mkdir('bin');
            copy("$base/bin/magento", 'bin/magento');
            chmod('bin/magento', 0755);
        }
    }
}
"#;

/// A plugin that only has to be allowed.
const QUIET_PLUGIN: &str = r#"<?php
namespace NAMESPACE;

class Plugin implements \Composer\Plugin\PluginInterface
{
    public function activate(\Composer\Composer $composer, \Composer\IO\IOInterface $io)
    {
    }

    public function deactivate(\Composer\Composer $composer, \Composer\IO\IOInterface $io)
    {
    }

    public function uninstall(\Composer\Composer $composer, \Composer\IO\IOInterface $io)
    {
    }
}
"#;

/// A table is a line of the dump.
const MYSQLDUMP: &str = "#!/bin/sh\nls \"$DATABASES/DATABASE\"\n";

const MYSQL: &str = r#"#!/bin/sh
if [ "$1" = -e ]; then
    test "$2" = 'DROP DATABASE DATABASE; CREATE DATABASE DATABASE' || exit 1
    rm -r "$DATABASES/DATABASE" && mkdir "$DATABASES/DATABASE"
else
    while read -r table; do touch "$DATABASES/$1/$table"; done
fi
"#;

const CONFIG_PHP: &str = "<?php\nreturn [\n    'modules' => [\n        'Made_Upmagento' => 1,\n        'Acme_Own' => 0,\n    ],\n];\n";

/// A folder with a mirror of the repositories, programs, databases and the store.
struct World {
    folder: tempfile::TempDir,
    /// Stands in for the hosts of the archives: packages of a core come from the host of their distribution.
    proxy: Server,
    composer: Composer,
}

impl World {
    fn new(binary: &Path, plugins: &Value, mode: &str) -> Option<Self> {
        let composer = Composer::at(binary)?;
        let folder = tempfile::tempdir().unwrap();
        let zips = folder.path().join("zips");
        let proxy = Server::handler(move |request| {
            let name = Path::new(&request.path).file_name()?;
            Some(Response::new(200, fs::read(zips.join(name)).ok()?))
        });
        let world = Self {
            folder,
            proxy,
            composer,
        };
        for folder in [
            "mirror",
            "programs",
            "databases/DATABASE",
            "zips",
            "store/app/etc",
        ] {
            fs::create_dir_all(world.path(folder)).unwrap();
        }
        let mageshift = Path::new(env!("CARGO_BIN_EXE_mageshift"));
        let programs = world.path("programs");
        symlink(mageshift, programs.join("mageshift")).unwrap();
        for (name, text) in [("mysql", MYSQL), ("mysqldump", MYSQLDUMP)] {
            world.program(name, text);
        }
        // By its full name, since some find their own files beside themselves.
        world.program(
            "composer",
            &format!("#!/bin/sh\nexec '{}' \"$@\"\n", binary.display()),
        );
        fs::write(world.path("databases/DATABASE/sales_order"), "").unwrap();
        world.publish("repo.magento.com", "magento", "2.4.8-p4");
        world.publish("repo.mage-os.org", "mage-os", "2.2.2");
        let acme = world.plugin(
            "example.com",
            "acme/tool",
            "1.0.0",
            &QUIET_PLUGIN.replace("NAMESPACE", "Acme"),
            "Acme\\Plugin",
        );
        world.mirror("repo.packagist.org", &[acme]);
        let root = json!({
            "name": "acme/shop", "type": "project",
            "require": {
                "acme/tool": "^1.0",
                "magento/composer-root-update-plugin": "^2.0.4",
                "magento/product-community-edition": "2.4.8-p4",
            },
            "config": { "allow-plugins": plugins, "secure-http": false },
            "repositories": [{ "type": "composer", "url": "https://repo.magento.com/" }],
        });
        let text = serde_json::to_string_pretty(&root).unwrap();
        fs::write(world.path("store/composer.json"), text + "\n").unwrap();
        fs::write(world.path("store/app/etc/config.php"), CONFIG_PHP).unwrap();
        let env = format!("<?php\nreturn ['MAGE_MODE' => '{mode}'];\n");
        fs::write(world.path("store/app/etc/env.php"), env).unwrap();
        world.run("mageshift lock");
        world.run("composer install");
        assert!(
            world
                .installed()
                .contains_key("magento/magento-composer-installer")
        );
        Some(world)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn program(&self, name: &str, text: &str) {
        let path = self.path("programs").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// A package as a repository describes it, with its archive.
    fn package(
        &self,
        host: &str,
        name: &str,
        version: &str,
        more: Value,
        files: &[(&str, &str)],
    ) -> Value {
        let mut package = json!({ "name": name, "version": version });
        let more: Map<String, Value> = serde_json::from_value(more).unwrap();
        package.as_object_mut().unwrap().extend(more);
        let own = package.to_string();
        let file = format!("{}-{version}.zip", name.replace('/', "-"));
        let archive = self.path("zips").join(&file);
        let files = [&[("composer.json", own.as_str())], files].concat();
        zip::write(&archive, &files);
        package["dist"] = json!({ "type": "zip", "url": format!("http://{host}/{file}") });
        package
    }

    fn plugin(&self, host: &str, name: &str, version: &str, code: &str, class: &str) -> Value {
        let more = json!({ "type": "composer-plugin", "require": { "composer-plugin-api": "^2.0" },
            "extra": { "class": class }, "autoload": { "classmap": ["src/"] } });
        self.package(host, name, version, more, &[("src/Plugin.php", code)])
    }

    fn mirror(&self, host: &str, packages: &[Value]) {
        let mut by_name: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
        for package in packages {
            let text = |key: &str| package[key].as_str().unwrap();
            let versions = by_name.entry(text("name")).or_default();
            versions.insert(text("version").to_owned(), package.clone());
        }
        let folder = self.path("mirror").join(host);
        fs::create_dir_all(&folder).unwrap();
        let document = json!({ "packages": by_name });
        fs::write(folder.join("packages.json"), document.to_string()).unwrap();
    }

    /// A distribution of one release with a base, a framework and two plugins.
    fn publish(&self, host: &str, vendor: &str, release: &str) {
        let name = |short: &str| format!("{vendor}/{short}");
        let of_vendor = |text: &str| text.replace("VENDOR", vendor);
        let registration = "<?php\n// Made up.\n";
        let other = if vendor == "mage-os" {
            json!({ "magento/framework": "103.0.8-p4" })
        } else {
            json!({})
        };
        let product = json!({
            "name": name("product-community-edition"), "version": release, "type": "metapackage",
            "require": {
                name("magento2-base"): release, name("framework"): release,
                name("magento-composer-installer"): "0.4.0",
            },
            "extra": { "magento_version": "2.4.8-p4" },
        });
        let packages = [
            product,
            self.package(
                host,
                &name("magento2-base"),
                release,
                json!({ "type": "magento2-component", "extra": { "map": [["bin/magento", "bin/magento"]] } }),
                &[("bin/magento", &of_vendor(BIN_MAGENTO))],
            ),
            self.package(
                host,
                &name("framework"),
                release,
                json!({ "type": "magento2-library", "replace": other }),
                &[("registration.php", registration)],
            ),
            self.plugin(
                host,
                &name("magento-composer-installer"),
                "0.4.0",
                &of_vendor(INSTALLER),
                "MagentoHackathon\\Composer\\Magento\\Plugin",
            ),
            self.plugin(
                host,
                &name("composer-root-update-plugin"),
                "2.0.4",
                &QUIET_PLUGIN.replace("NAMESPACE", "Magento\\RootUpdate"),
                "Magento\\RootUpdate\\Plugin",
            ),
        ];
        self.mirror(host, &packages);
    }

    /// Runs a line in the store's folder, as who has read it would.
    fn run(&self, line: &str) {
        let mut command = Command::new("sh");
        command.args(["-c", line]).stdin(Stdio::null());
        self.composer.prepare(&mut command, &self.path("store"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = [self.path("programs")]
            .into_iter()
            .chain(std::env::split_paths(&path));
        command
            .env("PATH", std::env::join_paths(path).unwrap())
            // No archive comes from anywhere else.
            .env_remove("COMPOSER_DISABLE_NETWORK")
            .env("http_proxy", self.proxy.url())
            .env("https_proxy", self.proxy.url())
            .env("HOME", self.folder.path())
            .env("DATABASES", self.path("databases"))
            .env("MAGESHIFT_MIRROR_DIR", self.path("mirror"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "`{line}`: {}", said(&output));
    }

    /// Everything that the way back has to bring back.
    fn state(&self) -> BTreeMap<String, String> {
        let mut state: BTreeMap<String, String> = [
            "composer.json",
            "composer.lock",
            "app/etc/config.php",
            "app/etc/env.php",
            "bin/magento",
        ]
        .into_iter()
        .map(|name| {
            (
                name.to_owned(),
                fs::read_to_string(self.path("store").join(name)).unwrap(),
            )
        })
        .collect();
        state.extend(self.installed());
        for table in fs::read_dir(self.path("databases/DATABASE")).unwrap() {
            state.insert(
                format!("table {}", table.unwrap().file_name().display()),
                String::new(),
            );
        }
        state
    }

    /// The packages in the vendor folder, with their versions.
    fn installed(&self) -> BTreeMap<String, String> {
        let text = fs::read(self.path("store/vendor/composer/installed.json")).unwrap();
        let installed: Value = serde_json::from_slice(&text).unwrap();
        let text = |package: &Value, key: &str| package[key].as_str().unwrap().to_owned();
        let packages = installed["packages"].as_array().unwrap().iter();
        packages
            .map(|package| (text(package, "name"), text(package, "version")))
            .collect()
    }
}

/// The commands of a runbook in order: those up to the shop's opening, and those of the way back.
fn commands(runbook: &str) -> (Vec<&str>, Vec<&str>) {
    let (there, back) = runbook.split_once("the way back\n").expect("a way back");
    let of = |part| -> Vec<&str> {
        str::lines(part)
            .filter_map(|line| {
                let (number, text) = line.split_once(". `")?;
                number.parse::<u32>().ok()?;
                text.split('`').next()
            })
            .collect()
    };
    (of(there), of(back))
}

#[test]
fn the_steps_work_as_printed() {
    let Some(on_path) = on_path("composer") else {
        eprintln!("{}", composer::SKIPPED);
        return;
    };
    let further = std::env::var_os("MAGESHIFT_COMPOSER").unwrap_or_default();
    let further = std::env::split_paths(&further).filter(|path| !path.as_os_str().is_empty());
    for binary in [on_path].into_iter().chain(further) {
        let named = json!({ "acme/tool": true, "magento/magento-composer-installer": true,
            "magento/composer-root-update-plugin": true });
        for (plugins, mode) in [
            (json!({ "acme/*": true, "magento/*": true }), "developer"),
            (named, "production"),
        ] {
            there_and_back(&binary, &plugins, mode);
        }
    }
}

fn there_and_back(binary: &Path, plugins: &Value, mode: &str) {
    let what = format!("{} {mode}", binary.display());
    let world = World::new(binary, plugins, mode).unwrap_or_else(|| panic!("{what} does not run"));
    let before = world.state();
    world.run("mageshift switch --to mage-os@2.2.2 --dry-run --runbook ../runbook.md");
    let runbook = fs::read_to_string(world.path("runbook.md")).unwrap();
    let (there, back) = commands(&runbook);
    for word in [
        "mageshift switch",
        "composer install",
        "bin/magento setup:upgrade",
    ] {
        assert!(
            there.iter().any(|command| command.starts_with(word)),
            "{word}: {runbook}"
        );
    }
    there.iter().for_each(|command| world.run(command));
    let installed = world.installed();
    assert!(
        installed.contains_key("mage-os/magento-composer-installer"),
        "{what}: {installed:?}"
    );
    assert!(
        installed.keys().all(|name| !name.starts_with("magento/")),
        "{what}: {installed:?}"
    );
    let deployed = fs::read_to_string(world.path("store/bin/magento")).unwrap();
    assert!(deployed.contains("vendor/mage-os/framework"), "{what}");
    assert!(
        world.state().contains_key("table table_of_mage-os"),
        "{what}"
    );
    back.iter().for_each(|command| world.run(command));
    let after = world.state();
    for (name, text) in &before {
        assert_eq!(after.get(name), Some(text), "{what}: {name}");
    }
    assert!(after.keys().eq(before.keys()), "{what}: {:?}", after.keys());
}

/// Where a program is on the PATH.
fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}
