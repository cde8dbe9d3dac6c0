//! `mageshift new` makes a project out of nothing: without a network, into a folder that is empty enough, and back again. And
//! Composer, where there is one, finds nothing wrong with it and would have written the same lock.
//!
//! `MAGESHIFT_DIFFERENTIAL=full` asks Composer about every release in `MAGESHIFT_REGISTRY`, with every profile;
//! `MAGESHIFT_RELEASES` names some, apart from each other by commas.

mod common;
#[path = "support/composer.rs"]
mod composer;
#[path = "support/mirror.rs"]
mod mirror;

use common::*;
use composer::{Composer, said};
use mageshift::distribution::{Release, ReleaseCatalog, Target};
use mageshift::plan::new_project::Draft;
use mirror::Mirror;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

const RECORDING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/recording");

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn the_minimal_edition_comes_out_of_the_bundled_recording() {
    let home = tempfile::tempdir().unwrap();
    let made = run(
        home.path(),
        &[
            "new",
            "shop",
            "--profile",
            "minimal",
            "--yes",
            "--offline",
            "--mirror-dir",
            RECORDING,
        ],
    );
    assert_eq!(made.code, Some(0), "{made:?}");
    assert!(
        made.stdout.contains("3.2.0 is the newest that it has."),
        "{}",
        made.stdout
    );
    let shop = home.path().join("shop");
    let root = json(&shop.join("composer.json"));
    assert_eq!(root["require"]["mage-os/product-minimal-edition"], "3.2.0");
    let lock = json(&shop.join("composer.lock"));
    assert!(lock["packages"].as_array().unwrap().len() > 200);
    assert!(
        fs::read_to_string(shop.join(".gitignore"))
            .unwrap()
            .contains("/vendor/*\n")
    );

    let again = run(home.path(), &["new", "shop"]);
    assert_eq!(again.code, Some(4), "{again:?}");
    assert!(
        again.stderr.contains("`mageshift switch` changes it"),
        "{again:?}"
    );

    assert_eq!(run(home.path(), &["undo", "-d", "shop"]).code, Some(0));
    assert!(!shop.join("composer.json").exists() && !shop.join(".gitignore").exists());
}

#[test]
fn nothing_is_made_until_somebody_says_yes() {
    let home = tempfile::tempdir().unwrap();
    for (flag, code) in [("--dry-run", 0), ("--check", 5), ("-n", 5)] {
        let run = run(
            home.path(),
            &[
                "new",
                "shop",
                "--profile",
                "minimal",
                flag,
                "--mirror-dir",
                RECORDING,
            ],
        );
        assert_eq!(run.code, Some(code), "{run:?}");
        assert!(!home.path().join("shop").exists());
        if flag == "-n" {
            assert!(
                run.stderr.contains(
                    "mageshift new shop --distribution mage-os --release 3.2.0 --profile minimal"
                ),
                "{}",
                run.stderr
            );
        }
    }
}

#[test]
fn what_is_there_already_stays() {
    let home = tempfile::tempdir().unwrap();
    let shop = home.path().join("shop");
    fs::create_dir_all(shop.join(".ddev")).unwrap();
    fs::write(shop.join(".gitignore"), "mine\n").unwrap();
    let arguments = [
        "new",
        "shop",
        "--profile",
        "minimal",
        "--name",
        "acme/shop",
        "--yes",
        "--mirror-dir",
        RECORDING,
    ];
    assert_eq!(run(home.path(), &arguments).code, Some(0));
    assert_eq!(
        fs::read_to_string(shop.join(".gitignore")).unwrap(),
        "mine\n"
    );
    assert_eq!(json(&shop.join("composer.json"))["name"], "acme/shop");

    fs::create_dir_all(home.path().join("full/pub")).unwrap();
    let refused = run(
        home.path(),
        &["new", "full", "--yes", "--mirror-dir", RECORDING],
    );
    assert_eq!(
        (refused.code, refused.stderr.as_str()),
        (
            Some(4),
            "error: full is not empty: pub\nhint: name a new folder: mageshift new DIR\n"
        )
    );
}

#[test]
fn a_run_is_repeated_from_its_answers() {
    let home = tempfile::tempdir().unwrap();
    let mirror = ["-n", "--mirror-dir", RECORDING];
    let first = [
        &[
            "new",
            "one",
            "--profile",
            "minimal",
            "--with",
            "sitemap",
            "--php",
            "8.5",
            "--env",
            "ddev",
            "--language",
            "de_DE",
            "--db-host",
            "db",
            "--yes",
            "--save-answers",
            "answers.toml",
        ][..],
        &mirror,
    ]
    .concat();
    assert_eq!(run(home.path(), &first).code, Some(0));
    let second = [
        &["new", "two", "--yes", "--answers", "answers.toml"][..],
        &mirror,
    ]
    .concat();
    assert_eq!(run(home.path(), &second).code, Some(0));
    let answers = fs::read_to_string(home.path().join("answers.toml")).unwrap();
    assert!(
        answers.contains("[installing]") && answers.contains("db-host = \"db\""),
        "{answers}"
    );
    for file in [
        "composer.json",
        "composer.lock",
        ".ddev/docker-compose.valkey.yaml",
    ] {
        assert_eq!(
            fs::read(home.path().join("one").join(file)).unwrap(),
            fs::read(home.path().join("two").join(file)).unwrap()
        );
    }
    fs::write(home.path().join("answers.toml"), "profil = 'lite'\n").unwrap();
    let third = [&["new", "three", "--answers", "answers.toml"][..], &mirror].concat();
    assert_eq!(run(home.path(), &third).code, Some(2));
}

/// Names and versions of a lock, those for development apart.
fn versions(lock: &Value) -> Vec<String> {
    let lists = ["packages", "packages-dev"].iter().flat_map(|list| {
        let packages = lock[list].as_array().into_iter().flatten();
        packages.map(move |package| format!("{list} {} {}", package["name"], package["version"]))
    });
    lists.collect()
}

/// The flags with which Composer makes a lock out of metadata alone.
const UPDATE: [&str; 5] = [
    "update",
    "--no-install",
    "--no-plugins",
    "--no-scripts",
    "--ignore-platform-reqs",
];

/// What Composer says about a project that mageshift makes: the number of its packages, or none when both find no solution.
fn judged(
    composer: &Composer,
    mirror: &Mirror,
    registry: &Path,
    flags: &[&str],
) -> Result<Option<usize>, String> {
    let home = tempfile::tempdir().unwrap();
    let common = [
        "new",
        "shop",
        "--yes",
        "-q",
        "--out",
        "plan.json",
        "--ignore-platform-reqs",
        "--mirror-dir",
        registry.to_str().unwrap(),
    ];
    let made = run(home.path(), &[&common, flags].concat());
    let plan = json(&home.path().join("plan.json"));
    let other = tempfile::tempdir().unwrap();
    let mut root: Value =
        serde_json::from_str(plan["edits"][0]["after"].as_str().unwrap()).unwrap();
    mirror.stand_in(root.as_object_mut().unwrap());
    fs::write(other.path().join("composer.json"), root.to_string()).unwrap();
    let ask = |dir: &Path, arguments: &[&str]| {
        let output = composer.command(dir, arguments).output().unwrap();
        if output.status.success() {
            Ok(())
        } else {
            Err(format!(
                "composer {}: {}",
                arguments.join(" "),
                said(&output)
            ))
        }
    };
    let update = ask(other.path(), &UPDATE);
    match (made.code, &update) {
        (Some(0), _) => update?,
        (Some(3), Err(_)) => return Ok(None),
        _ => return Err(format!("mageshift: {}{}", made.stdout, made.stderr)),
    }
    let shop = home.path().join("shop");
    ask(&shop, &["validate", "--no-check-publish"])?;
    ask(
        &shop,
        &[
            "install",
            "--dry-run",
            "--no-plugins",
            "--no-scripts",
            "--ignore-platform-reqs",
        ],
    )?;
    let ours = versions(&json(&shop.join("composer.lock")));
    let theirs = versions(&json(&other.path().join("composer.lock")));
    let only_ours = ours.iter().filter(|line| !theirs.contains(line));
    let differing: Vec<&String> = only_ours
        .chain(theirs.iter().filter(|line| !ours.contains(line)))
        .collect();
    if differing.is_empty() {
        Ok(Some(ours.len()))
    } else {
        Err(format!("the locks differ: {differing:?}"))
    }
}

#[test]
fn composer_finds_nothing_wrong_and_writes_the_same_lock() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let mirror = Mirror::of(Path::new(RECORDING)).unwrap();
    let cases: [&[&str]; 4] = [
        &["--profile", "minimal"],
        &["--profile", "lite"],
        &[
            "--profile",
            "minimal",
            "--with",
            "inventory",
            "--without",
            "graphql",
        ],
        &["--distribution", "magento", "--release", "2.4.8-p4"],
    ];
    for flags in cases {
        let count = judged(&composer, &mirror, Path::new(RECORDING), flags);
        assert!(
            count.as_ref().is_ok_and(Option::is_some),
            "{flags:?}: {count:?}"
        );
    }
}

#[test]
fn composer_agrees_on_every_release_and_profile() {
    let registry = std::env::var_os("MAGESHIFT_REGISTRY").map(PathBuf::from);
    let (Some(registry), Ok("full")) =
        (registry, std::env::var("MAGESHIFT_DIFFERENTIAL").as_deref())
    else {
        eprintln!("skipped: set MAGESHIFT_DIFFERENTIAL=full and MAGESHIFT_REGISTRY");
        return;
    };
    let Some(composer) = Composer::find() else {
        return;
    };
    let mirror = Mirror::of(&registry).unwrap();
    const HYVA: &str = "hyva-themes.repo.packagist.com";
    let mut profiles = vec!["full", "minimal", "lite", "b2c", "catalog", "headless"];
    if registry.join(HYVA).is_dir() {
        profiles.push("hyva");
    }
    let own = format!("https://{HYVA}/shop/");
    let served = |product: &str, release: &str| {
        let text = fs::read_to_string(
            registry.join(format!("repo.mage-os.org/p2/mage-os/{product}.json")),
        )
        .unwrap_or_default();
        let document: Value = serde_json::from_str(&text).unwrap_or_default();
        document
            .to_string()
            .contains(&format!("\"version\":\"{release}\""))
    };
    println!("release {}", profiles.join(" "));
    let mut wrong = Vec::new();
    let some = std::env::var("MAGESHIFT_RELEASES").ok();
    let is_asked_for = |version: &str| {
        some.as_ref()
            .is_none_or(|some| some.split(',').any(|one| one == version))
    };
    let catalog = ReleaseCatalog::bundled();
    let releases = catalog.releases(Target::MageOs).iter();
    for release in releases.filter(|release| is_asked_for(&release.version)) {
        let mut cell = |profile: &str| {
            let product = if profile == "minimal" {
                "product-minimal-edition"
            } else {
                "product-community-edition"
            };
            if !served(product, &release.version) {
                return "-".to_owned();
            }
            let mut flags = vec!["--release", &release.version, "--profile", profile];
            if profile == "hyva" {
                flags.extend(["--repository", &own]);
            }
            match judged(&composer, &mirror, &registry, &flags) {
                Ok(Some(count)) => count.to_string(),
                Ok(None) => "no solution".to_owned(),
                Err(why) => {
                    wrong.push(format!("{} {profile}: {why}", release.version));
                    "wrong".to_owned()
                }
            }
        };
        let cells: Vec<String> = profiles.iter().map(|profile| cell(profile)).collect();
        println!("{} {}", release.version, cells.join(" "));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The roots that distributions are known to write, as a document with `templates` by distribution and release.
#[test]
fn roots_are_those_that_distributions_write() {
    let Some(path) = std::env::var_os("MAGESHIFT_ROOT_TEMPLATES") else {
        eprintln!("skipped: set MAGESHIFT_ROOT_TEMPLATES to a file of root templates");
        return;
    };
    let document = json(Path::new(&path));
    let (mut compared, mut same_order) = (0, 0);
    for (name, template) in document["templates"].as_object().unwrap() {
        let (distribution, release) = name.split_once('/').unwrap();
        let target = match distribution {
            "magento-open-source" => Target::Magento,
            "adobe-commerce" => Target::Commerce,
            "adobe-commerce-cloud" => Target::CommerceCloud,
            "mage-os" => Target::MageOs,
            "mage-os-minimal" => Target::MageOsMinimal,
            other => panic!("{other}"),
        };
        let mut template = template.clone();
        // B2B is a requirement on top of the template.
        let release = release.trim_end_matches("+b2b");
        if let Some(require) = template["require"].as_object_mut() {
            require.shift_remove("magento/extension-b2b");
        }
        let known = ReleaseCatalog::bundled();
        let unknown = Release::unknown(release);
        let draft = Draft::new(
            target,
            known.facts(target, release).unwrap_or(&unknown),
            None,
        );
        let root = Value::Object(draft.root);
        assert_eq!(root, template, "{name}");
        // Values compare without their order, texts with it.
        let (root, template) = (root.to_string(), template.to_string());
        same_order += usize::from(root == template);
        compared += 1;
    }
    eprintln!("{compared} roots, {same_order} of them in the same order throughout");
}

#[test]
fn a_development_environment_is_configured_and_undone() {
    let home = tempfile::tempdir().unwrap();
    let make = |words: &[&str]| {
        let common = [
            "new",
            "shop",
            "--profile",
            "minimal",
            "--yes",
            "--mirror-dir",
            RECORDING,
        ];
        run(home.path(), &[&common, words].concat())
    };
    let shop = home.path().join("shop");
    fs::create_dir_all(shop.join(".git")).unwrap();
    let made = make(&["--env", "ddev", "--php", "8.4"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    let config = fs::read_to_string(shop.join(".ddev/config.yaml")).unwrap();
    assert!(config.contains("php_version: \"8.4\""), "{config}");
    // Without the module that speaks to it, a broker would be of no use.
    assert!(!shop.join(".ddev/docker-compose.rabbitmq.yaml").exists());
    assert!(
        made.stdout.contains("ddev exec composer install"),
        "{}",
        made.stdout
    );
    assert_eq!(run(&shop, &["undo"]).code, Some(0));
    assert!(!shop.join(".ddev").exists());

    fs::write(shop.join(".env"), "WARDEN_ENV_NAME=mine\n").unwrap();
    fs::remove_dir_all(shop.join(".mageshift")).unwrap();
    let kept = make(&["--env", "warden"]);
    assert_eq!(kept.code, Some(0), "{kept:?}");
    assert!(kept.stdout.contains("environment-kept"), "{}", kept.stdout);
    assert_eq!(
        fs::read_to_string(shop.join(".env")).unwrap(),
        "WARDEN_ENV_NAME=mine\n"
    );

    fs::write(home.path().join("answers.toml"), "env = 'vagrant'\n").unwrap();
    let refused = run(home.path(), &["new", "other", "--answers", "answers.toml"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
}

#[cfg(unix)]
#[test]
fn composer_installs_when_it_is_there_and_is_named_when_it_is_not() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let tools = home.path().join("tools");
    fs::create_dir(&tools).unwrap();
    let make = |folder: &str| {
        let mut command = mageshift(home.path());
        command.env("PATH", &tools);
        command.args([
            "new",
            folder,
            "--profile",
            "minimal",
            "--yes",
            "--install",
            "-n",
        ]);
        run_command(command.args(["--mirror-dir", RECORDING]))
    };
    let without = make("one");
    assert_eq!(without.code, Some(0), "{without:?}");
    assert!(
        without.stderr.contains("there is no composer on the PATH"),
        "{without:?}"
    );

    let composer = tools.join("composer");
    fs::write(
        &composer,
        "#!/bin/sh\necho \"$1 in ${PWD##*/}\"\ntest -f composer.lock\n",
    )
    .unwrap();
    fs::set_permissions(&composer, fs::Permissions::from_mode(0o755)).unwrap();
    let with = make("two");
    assert_eq!(with.code, Some(0), "{with:?}");
    assert!(with.stdout.ends_with("install in two\n"), "{}", with.stdout);
    assert!(
        with.stderr.contains("$ composer install\n"),
        "{}",
        with.stderr
    );

    fs::write(&composer, "#!/bin/sh\nexit 7\n").unwrap();
    let failed = make("three");
    assert_eq!(failed.code, Some(1), "{failed:?}");
    assert!(
        failed.stderr.contains("the same command goes on from here"),
        "{}",
        failed.stderr
    );
}

#[cfg(unix)]
#[test]
fn magento_is_set_up_with_passwords_that_nobody_sees() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let tools = home.path().join("tools");
    fs::create_dir(&tools).unwrap();
    // Composer leaves its last file; PHP notes what it is called with, and what it is told.
    for (tool, script) in [
        (
            "composer",
            "mkdir -p vendor && touch vendor/autoload.php composer-ran-$(ls | wc -l)",
        ),
        ("php", "echo \"$@\" > called; cat > told"),
    ] {
        let tool = tools.join(tool);
        fs::write(&tool, format!("#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")).unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let make = |words: &[&str], passwords: &[(&str, &str)]| {
        let mut command = mageshift(home.path());
        command.env("PATH", &tools).envs(passwords.iter().copied());
        command.args([
            "new",
            "shop",
            "--profile",
            "minimal",
            "--yes",
            "--install",
            "-n",
        ]);
        command.args([
            "--mirror-dir",
            RECORDING,
            "--base-url",
            "https://shop.test/",
        ]);
        run_command(command.args(words))
    };
    let shop = home.path().join("shop");
    let lacking = make(&[], &[]);
    assert_eq!(lacking.code, Some(0), "{lacking:?}");
    assert!(
        lacking
            .stderr
            .contains("--db-host, --db-name, --db-user, --search-host, --admin-firstname"),
        "{}",
        lacking.stderr
    );
    let files = fs::read_dir(&shop).unwrap().count();

    // Whatever is still missing is said, and the same command with it goes on.
    let words = [
        "--db-host",
        "db",
        "--db-name",
        "shop",
        "--db-user",
        "shop",
        "--search-host",
        "search",
        "--admin-firstname",
        "Ann",
        "--admin-lastname",
        "O'Hara",
        "--admin-email",
        "ann@shop.test",
    ];
    let nobody = make(&words, &[("MAGESHIFT_DB_PASSWORD", "hush-1")]);
    assert!(
        nobody
            .stderr
            .contains("Put it into MAGESHIFT_ADMIN_PASSWORD"),
        "{}",
        nobody.stderr
    );
    assert!(!shop.join("called").exists());
    let passwords = [
        ("MAGESHIFT_DB_PASSWORD", "hush-1"),
        ("MAGESHIFT_ADMIN_PASSWORD", "hush-2"),
    ];
    let done = make(&words, &passwords);
    assert_eq!(done.code, Some(0), "{done:?}");
    let told = json(&shop.join("told"));
    for word in [
        "--db-password=hush-1",
        "--admin-password=hush-2",
        "--admin-lastname=O'Hara",
        "--opensearch-host=search",
    ] {
        assert!(told.as_array().unwrap().contains(&word.into()), "{told}");
    }
    let called = fs::read_to_string(shop.join("called")).unwrap();
    for text in [&done.stdout, &done.stderr, &called] {
        assert!(!text.contains("hush-"), "{text}");
    }
    assert!(done.stderr.contains("--db-password=***"), "{}", done.stderr);
    assert_eq!(
        fs::read_dir(&shop).unwrap().count(),
        files + 2,
        "Composer ran once"
    );
}
