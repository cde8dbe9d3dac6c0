//! `mageshift new` makes a project out of nothing: without a network, into a folder that is empty enough, and back again.

use crate::kit::*;
use mageshift::distribution::{Release, ReleaseCatalog, Target};
use mageshift::planner::pipeline::new::Draft;
use serde_json::Value;
use std::fs;
use std::path::Path;

use crate::kit::RECORDING;

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
            "-v",
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
fn without_a_network_the_bundled_metadata_stand_in_and_say_so() {
    let home = tempfile::tempdir().unwrap();
    let make = |folder: &str, words: &[&str]| {
        let common = ["new", folder, "--profile", "minimal", "--yes", "-v"];
        run(home.path(), &[&common, words].concat())
    };
    let made = make("one", &["--offline"]);
    assert_eq!(made.code, Some(0), "{made:?}");
    for said in [
        "[bundled-metadata]",
        "[newer-release-not-served]",
        "3.2.0 is the newest that it has.",
        "\n  mageshift lock\n",
    ] {
        assert!(made.stdout.contains(said), "{said}: {}", made.stdout);
    }
    assert_eq!(make("two", &["--mirror-dir", RECORDING]).code, Some(0));
    for file in ["composer.json", "composer.lock"] {
        let [one, two] = ["one", "two"].map(|folder| fs::read(home.path().join(folder).join(file)));
        assert!(one.unwrap() == two.unwrap(), "{file}");
    }
    let lacking = make("three", &["--offline", "--release", "3.1.0"]);
    assert_eq!(lacking.code, Some(1), "{lacking:?}");
    assert!(
        lacking.stderr.contains("the newest is 3.2.0"),
        "{lacking:?}"
    );
    let waits = make("four", &["--offline", "--install"]);
    assert!(
        waits.stderr.contains("--install waits for a network"),
        "{waits:?}"
    );
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
    let kept = make(&["--env", "warden", "-v"]);
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

#[test]
fn answers_take_the_place_of_no_other_file() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path();
    let mirror = ["-n", "--mirror-dir", RECORDING, "--php", "8.5"];
    let save = |file: &str| {
        let begin = [
            "new",
            "one",
            "--profile",
            "minimal",
            "--yes",
            "--save-answers",
            file,
        ];
        run(path, &[&begin[..], &mirror].concat())
    };
    fs::write(path.join("notes.toml"), "mine = true\n").unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("notes.toml", path.join("link.toml")).unwrap();
    for (file, why) in [
        ("notes.toml", "is there and is not"),
        ("link.toml", "is a link"),
    ] {
        if !path.join(file).exists() {
            continue;
        }
        let ended = save(file);
        assert_eq!(ended.code, Some(2), "{ended:?}");
        assert!(ended.stderr.contains(why), "{ended:?}");
        assert!(!path.join("one").exists(), "{ended:?}");
    }
    assert_eq!(
        fs::read_to_string(path.join("notes.toml")).unwrap(),
        "mine = true\n"
    );
    // What a run that was cut off left beside its place goes with the next one.
    fs::write(path.join(".answers.toml.mageshift-new-0-0"), "cut off").unwrap();
    for _ in 0..2 {
        assert_eq!(save("answers.toml").code, Some(0));
        fs::remove_dir_all(path.join("one")).unwrap();
    }
    assert!(!path.join(".answers.toml.mageshift-new-0-0").exists());
    assert!(
        fs::read_to_string(path.join("answers.toml"))
            .unwrap()
            .contains("profile")
    );
}

/// The project package of 3.4.0 is known word for word, that of 3.2.0 is not.
#[test]
fn a_root_that_follows_another_release_says_so() {
    let home = tempfile::tempdir().unwrap();
    for (release, is_assumed) in [("3.2.0", true), ("3.4.0", false)] {
        let words = ["new", "shop", "--release", release, "--profile", "full"];
        let common = [
            "--dry-run",
            "--json",
            "-n",
            "--offline",
            "--ignore-platform-reqs",
        ];
        let made = run(
            home.path(),
            &[&words[..], &common, &["--mirror-dir", RECORDING]].concat(),
        );
        assert_eq!(
            made.stdout.contains("\"root-assumed\""),
            is_assumed,
            "{release}: {made:?}"
        );
    }
}
