//! install.sh installs a release after checking who signed it, takes it away again without a trace, and refuses all else.
#![cfg(unix)]

use crate::kit::server::{Request, Response, Server};
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The name of this machine in the names of archives.
const TARGET: &str = match (cfg!(target_os = "macos"), cfg!(target_arch = "aarch64")) {
    (false, false) => "x86_64-unknown-linux-musl",
    (false, true) => "aarch64-unknown-linux-musl",
    (true, false) => "x86_64-apple-darwin",
    (true, true) => "aarch64-apple-darwin",
};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether the signature can be made and checked here; a test that needs it says when it cannot.
fn has_openssl() -> bool {
    let found = Command::new("openssl").arg("version").output();
    let found = found.is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: openssl is not installed");
    }
    found
}

fn sh(script: &str, arguments: &[&Path]) -> String {
    let output = Command::new("sh")
        .args(["-euc", script, "sh"])
        .args(arguments)
        .output()
        .expect("sh");
    assert!(output.status.success(), "{script}\n{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A user with an empty home, a place with releases, and the key that signs them.
struct Setting {
    folder: TempDir,
}

impl Setting {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let setting = Self { folder };
        for name in ["home", "releases", "programs"] {
            fs::create_dir(setting.path(name)).expect("a writable folder");
        }
        if has_openssl() {
            setting.make_key("key.pem");
        }
        setting
    }

    fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    fn make_key(&self, name: &str) {
        sh(
            "openssl ecparam -name prime256v1 -genkey -noout -out \"$1\"",
            &[&self.path(name)],
        );
    }

    /// The public half, as a release's install.sh has it.
    fn public_key(&self) -> String {
        let encoded = "openssl ec -in \"$1\" -pubout -outform DER 2>/dev/null | openssl base64 -A";
        sh(encoded, &[&self.path("key.pem")])
    }

    /// A program that only knows its version, with a manual page of its own.
    fn stub(&self, version: &str) -> PathBuf {
        let program = self.path("programs").join(version).join("mageshift");
        fs::create_dir_all(program.parent().expect("a folder")).expect("a writable folder");
        let script = format!(
            "#!/bin/sh\ncase $1 in --version) echo mageshift {version} ;; --quiet) echo . >\"$3/mageshift.1\"; echo . >\"$3/mageshift-{version}.1\" ;; esac\n"
        );
        fs::write(&program, script).expect("a writable file");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("a file of ours");
        program
    }

    /// Publishes a program for this machine, as the release workflow does, and signs it where there is an openssl.
    fn publish(&self, version: &str, program: &Path) {
        let release = self.path("releases").join(version);
        let made = Command::new("sh")
            .arg(project("packaging/archive.sh"))
            .args([version, TARGET])
            .args([program, &release])
            .env("MAGESHIFT_INSTALL_SCRIPT", self.script())
            .env("MAGESHIFT_ARCHIVE_LEVEL", "1")
            .output()
            .expect("sh");
        assert!(made.status.success(), "{made:?}");
        self.sign(version, "key.pem");
        fs::write(self.path("releases/latest"), format!("{version}\n")).expect("a writable file");
    }

    /// The script, as a release has it: it knows where releases are, and their key.
    fn script(&self) -> PathBuf {
        let stamped = self.path("install.sh");
        if !stamped.exists() {
            let releases = format!("file://{}", self.path("releases").display());
            let output = Command::new("sh")
                .arg(project("packaging/stamp.sh"))
                .args([&releases, &format!("{releases}/latest"), &self.public_key()])
                .stdin(fs::File::open(project("install.sh")).expect("the script"))
                .output()
                .expect("sh");
            assert!(output.status.success(), "{output:?}");
            fs::write(&stamped, output.stdout).expect("a writable file");
        }
        stamped
    }

    fn sign(&self, version: &str, key: &str) {
        let signed = Command::new("sh")
            .arg(project("packaging/sign.sh"))
            .args([self.path("releases").join(version), self.path(key)])
            .output()
            .expect("sh");
        assert!(signed.status.success(), "{signed:?}");
    }

    /// The archive of a release.
    fn archive(&self, version: &str) -> PathBuf {
        let name = format!("releases/{version}/mageshift-{version}-{TARGET}.tar.gz");
        self.path(&name)
    }

    /// install.sh of the project, which knows no releases of its own.
    fn install(&self, arguments: &[&str]) -> Command {
        self.run(&project("install.sh"), arguments)
    }

    fn run(&self, script: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command
            .arg(script)
            .args(arguments)
            .env("HOME", self.path("home"))
            .env_remove("XDG_CACHE_HOME")
            .env_remove("MAGESHIFT_RELEASES_URL")
            .env_remove("MAGESHIFT_RELEASE_KEY");
        command
    }

    /// The program that is installed, if one is.
    fn program(&self) -> PathBuf {
        self.path("home/.local/bin/mageshift")
    }

    fn installed_version(&self) -> String {
        let output = Command::new(self.program())
            .arg("--version")
            .output()
            .expect("a program");
        String::from_utf8(output.stdout)
            .expect("UTF-8")
            .trim()
            .to_owned()
    }

    /// Every file and folder below the home.
    fn home(&self) -> BTreeSet<String> {
        let listed = sh("cd \"$1\" && find .", &[&self.path("home")]);
        listed.lines().map(str::to_owned).collect()
    }

    /// Runs the script, which must refuse with these words and leave the home as it is.
    fn refused(&self, command: &mut Command, words: &str) {
        let before = self.home();
        let output = command.output().expect("sh");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(said.contains(words), "{said}");
        assert_eq!(self.home(), before);
    }
}

fn succeeds(command: &mut Command) -> String {
    let output = command.output().expect("sh");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn the_program_is_installed_over_http_and_goes_without_a_trace() {
    if !has_openssl() {
        return;
    }
    let setting = Setting::new();
    setting.publish(VERSION, Path::new(env!("CARGO_BIN_EXE_mageshift")));
    let folder = setting.path("releases");
    let server = Server::handler(move |request: &Request| {
        let body = fs::read(folder.join(request.path.trim_start_matches('/'))).ok()?;
        Some(Response::new(200, body))
    });
    // What was there before stays.
    fs::create_dir_all(setting.path("home/.local/share/man")).expect("a writable folder");
    let before = setting.home();

    let served = |command: &mut Command| {
        command
            .env("MAGESHIFT_RELEASES_URL", server.url())
            .env("MAGESHIFT_RELEASE_KEY", setting.public_key())
            .env("no_proxy", "127.0.0.1")
            .output()
            .expect("sh")
    };
    let refused = served(&mut setting.install(&[]));
    assert!(
        !refused.status.success(),
        "http without a word: {refused:?}"
    );
    assert_eq!(setting.home(), before);

    let installed = served(setting.install(&[]).env("MAGESHIFT_ALLOW_LOOPBACK", "1"));
    let said = String::from_utf8_lossy(&installed.stdout);
    assert!(
        installed.status.success() && said.contains("signature and checksum verified"),
        "{installed:?}"
    );
    assert_eq!(setting.installed_version(), format!("mageshift {VERSION}"));
    let after = setting.home();
    for file in [
        "./.local/share/man/man1/mageshift-switch.1",
        "./.local/share/bash-completion/completions/mageshift",
        "./.local/share/zsh/site-functions/_mageshift",
        "./.local/share/fish/vendor_completions.d/mageshift.fish",
        "./.local/share/doc/mageshift/LICENSE-MIT",
    ] {
        assert!(after.contains(file), "{file} is not among {after:?}");
    }

    // A cache as a run makes it.
    fs::create_dir_all(setting.path("home/.cache/mageshift/repositories"))
        .expect("a writable folder");
    let own = setting.path("home/.local/share/mageshift/install.sh");
    let said = succeeds(&mut setting.run(&own, &["--uninstall"]));
    assert!(said.contains("removed the cache"), "{said}");
    fs::remove_dir(setting.path("home/.cache")).expect("the folder of caches, which is not ours");
    assert_eq!(setting.home(), before);
}

#[test]
fn what_is_damaged_or_signed_by_another_is_refused() {
    if !has_openssl() {
        return;
    }
    let setting = Setting::new();
    setting.publish("1.2.3", &setting.stub("1.2.3"));
    let script = setting.script();
    let install = || setting.run(&script, &[]);
    let sums = setting.path("releases/1.2.3/SHA256SUMS");
    let signature = setting.path("releases/1.2.3/SHA256SUMS.sig");
    let good = [&sums, &signature, &setting.archive("1.2.3")]
        .map(|file| (file.clone(), fs::read(file).expect("a release")));
    let restore = || {
        good.iter()
            .for_each(|(file, bytes)| fs::write(file, bytes).expect("a writable file"))
    };

    fs::write(setting.archive("1.2.3"), "something else").expect("a writable file");
    setting.refused(&mut install(), "the checksum of mageshift-1.2.3-");
    restore();

    fs::write(&sums, "0000  something-else.tar.gz\n").expect("a writable file");
    setting.refused(&mut install(), "signature of");
    restore();

    setting.make_key("other.pem");
    setting.sign("1.2.3", "other.pem");
    setting.refused(&mut install(), "signature of");
    restore();

    // Signed, but for other machines.
    let folder = setting.path("releases/1.2.3");
    fs::write(folder.join("mageshift-1.2.3-elsewhere.tar.gz"), "").expect("a writable file");
    fs::rename(setting.archive("1.2.3"), setting.path("aside")).expect("a file");
    setting.sign("1.2.3", "key.pem");
    fs::rename(setting.path("aside"), setting.archive("1.2.3")).expect("a file");
    setting.refused(&mut install(), "should be in SHA256SUMS");
    restore();

    fs::remove_file(&signature).expect("a file");
    setting.refused(&mut install(), "no signature at");
    fs::remove_file(&sums).expect("a file");
    setting.refused(&mut install(), "no checksums at");
    restore();
    succeeds(&mut install());
}

/// A folder with the tools of busybox, to be the whole PATH; none where there is no busybox.
fn busybox(setting: &Setting) -> Option<PathBuf> {
    let found = Command::new("sh")
        .args(["-c", "command -v busybox && busybox --list"])
        .output()
        .expect("sh");
    if !found.status.success() {
        eprintln!("skipped: busybox is not installed");
        return None;
    }
    let said = String::from_utf8(found.stdout).expect("UTF-8");
    let mut lines = said.lines();
    let program = lines.next().expect("where it is");
    let folder = setting.path("bin");
    fs::create_dir(&folder).expect("a writable folder");
    for tool in lines {
        std::os::unix::fs::symlink(program, folder.join(tool)).expect("a writable folder");
    }
    Some(folder)
}

/// As in an image of Alpine, or on a router: no bash, no GNU, no curl.
#[test]
fn busybox_is_enough_to_install_and_uninstall() {
    if !has_openssl() {
        return;
    }
    let setting = Setting::new();
    let Some(tools) = busybox(&setting) else {
        return;
    };
    setting.publish("1.2.3", &setting.stub("1.2.3"));
    let folder = setting.path("releases");
    let server = Server::handler(move |request: &Request| {
        let body = fs::read(folder.join(request.path.trim_start_matches('/'))).ok()?;
        Some(Response::new(200, body))
    });
    let install = |arguments: &[&str]| {
        let mut command = Command::new(tools.join("sh"));
        command
            .arg(setting.script())
            .args(arguments)
            .env_clear()
            .env("PATH", &tools)
            .env("HOME", setting.path("home"))
            .env("MAGESHIFT_RELEASES_URL", server.url())
            .env("MAGESHIFT_RELEASE_KEY", setting.public_key())
            .env("MAGESHIFT_ALLOW_LOOPBACK", "1");
        command
    };
    let before = setting.home();
    // Nothing there checks a signature, which is no reason to do without one.
    setting.refused(&mut install(&[]), "openssl is not installed");
    let said = succeeds(&mut install(&["--checksum-only"]));
    assert!(said.contains("checksum verified"), "{said}");
    assert_eq!(setting.installed_version(), "mageshift 1.2.3");
    succeeds(&mut install(&["--uninstall"]));
    assert_eq!(setting.home(), before);

    let openssl = sh("command -v openssl", &[]);
    std::os::unix::fs::symlink(openssl.trim(), tools.join("openssl")).expect("a writable folder");
    let said = succeeds(&mut install(&[]));
    assert!(said.contains("signature and checksum verified"), "{said}");
    succeeds(&mut install(&["--uninstall"]));
    assert_eq!(setting.home(), before);
    fs::write(setting.archive("1.2.3"), "something else").expect("a writable file");
    setting.refused(&mut install(&[]), "the checksum of mageshift-1.2.3-");
    setting.make_key("other.pem");
    setting.sign("1.2.3", "other.pem");
    setting.refused(&mut install(&[]), "signature of");
}

#[test]
fn without_a_key_only_the_checksum_is_left() {
    if !has_openssl() {
        return;
    }
    let setting = Setting::new();
    setting.publish("1.2.3", &setting.stub("1.2.3"));
    let place = format!("file://{}", setting.path("releases").display());
    let install = |arguments: &[&str]| {
        let mut command = setting.run(&setting.script(), arguments);
        // Another place has another key, whatever the script knows.
        command.env("MAGESHIFT_RELEASES_URL", &place);
        command
    };
    setting.refused(&mut install(&[]), "no key");
    let said = succeeds(&mut install(&["--checksum-only"]));
    assert!(said.contains("signature not asked for"), "{said}");
    fs::write(setting.archive("1.2.3"), "something else").expect("a writable file");
    setting.refused(&mut install(&["--checksum-only"]), "checksum");
}

#[test]
fn an_update_goes_forward_and_leaves_nothing_of_the_old() {
    if !has_openssl() {
        return;
    }
    let setting = Setting::new();
    // The real program is the old one here, and replaces itself.
    setting.publish(VERSION, Path::new(env!("CARGO_BIN_EXE_mageshift")));
    succeeds(&mut setting.run(&setting.script(), &[]));
    let update = |arguments: &[&str]| {
        let mut command = Command::new(setting.program());
        command.args(arguments).env("HOME", setting.path("home"));
        command
    };
    let current = update(&["self-update"]).output().expect("a program");
    assert!(current.status.success(), "{current:?}");
    assert!(
        String::from_utf8_lossy(&current.stderr).contains("is the newest release"),
        "{current:?}"
    );

    setting.publish("9.10.0", &setting.stub("9.10.0"));
    let updated = update(&["self-update"]).output().expect("a program");
    assert!(updated.status.success(), "{updated:?}");
    assert_eq!(setting.installed_version(), "mageshift 9.10.0");
    let pages: Vec<String> = setting
        .home()
        .into_iter()
        .filter(|file| file.ends_with(".1"))
        .collect();
    assert_eq!(
        pages,
        [
            "./.local/share/man/man1/mageshift-9.10.0.1",
            "./.local/share/man/man1/mageshift.1"
        ]
    );

    setting.publish("9.9.0", &setting.stub("9.9.0"));
    setting.refused(
        &mut setting.run(&setting.script(), &["--update"]),
        "9.9.0 is older than the 9.10.0",
    );
    succeeds(&mut setting.run(&setting.script(), &["--version", "9.9.0"]));
    assert_eq!(setting.installed_version(), "mageshift 9.9.0");
    succeeds(&mut setting.run(&setting.script(), &["--uninstall"]));
    assert_eq!(setting.home(), BTreeSet::from([".".to_owned()]));
}

#[test]
fn the_composer_package_fetches_what_the_release_key_signed() {
    for (tool, argument) in [("php", "-v"), ("zip", "-v"), ("unzip", "-v")] {
        let found = Command::new(tool).arg(argument).output();
        if !has_openssl() || !found.is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: {tool} is not installed");
            return;
        }
    }
    let setting = Setting::new();
    setting.publish("1.2.3", &setting.stub("1.2.3"));
    let releases = format!("file://{}", setting.path("releases").display());
    let made = Command::new("sh")
        .arg(project("packaging/composer.sh"))
        .args(["1.2.3", &releases, &setting.public_key()])
        .arg(setting.path("out"))
        .output()
        .expect("sh");
    assert!(made.status.success(), "{made:?}");
    let package = setting.path("package");
    let fresh = || {
        let _ = fs::remove_dir_all(&package);
        let archive = setting.path("out/mageshift-composer-1.2.3.zip");
        sh("unzip -q \"$1\" -d \"$2\"", &[&archive, &package]);
    };
    let run = || {
        let mut command = Command::new("php");
        command.arg(package.join("mageshift")).arg("--version");
        command
    };
    fresh();
    // Without it Composer refuses a package of a folder of archives.
    let described = fs::read(package.join("composer.json")).expect("the package's own");
    let described: serde_json::Value = serde_json::from_slice(&described).expect("JSON");
    assert_eq!(described["version"], "1.2.3");
    assert_eq!(described["name"], "mageshift/mageshift");
    let said = succeeds(&mut run());
    assert_eq!(said.trim(), "mageshift 1.2.3");
    // Once it is there, the release is not asked again.
    let aside = setting.path("aside");
    fs::rename(setting.path("releases"), &aside).expect("a folder");
    succeeds(&mut run());
    fs::rename(&aside, setting.path("releases")).expect("a folder");

    fs::write(setting.archive("1.2.3"), "something else").expect("a writable file");
    fresh();
    setting.refused(&mut run(), "the checksum of");
    setting.make_key("other.pem");
    setting.sign("1.2.3", "other.pem");
    setting.refused(&mut run(), "the signature of");
    assert!(!package.join("program").exists());
}

#[test]
fn the_formula_names_each_archive_with_its_checksum() {
    let setting = Setting::new();
    let release = setting.path("releases");
    for target in [
        "x86_64-unknown-linux-musl",
        "aarch64-unknown-linux-musl",
        "x86_64-apple-darwin",
        "aarch64-apple-darwin",
    ] {
        fs::write(
            release.join(format!("mageshift-1.2.3-{target}.tar.gz")),
            target,
        )
        .expect("a writable file");
    }
    let output = Command::new("sh")
        .arg(project("packaging/formula.sh"))
        .args(["1.2.3", "https://forge.test/acme/mageshift"])
        .arg(&release)
        .output()
        .expect("sh");
    assert!(output.status.success(), "{output:?}");
    let formula = String::from_utf8(output.stdout).expect("UTF-8");
    assert_eq!(
        formula
            .matches("https://forge.test/acme/mageshift/releases/download/1.2.3/mageshift-1.2.3-")
            .count(),
        4
    );
    let sums: BTreeSet<&str> = formula
        .lines()
        .filter_map(|line| line.trim().strip_prefix("sha256 \""))
        .collect();
    assert!(
        sums.len() == 4 && sums.iter().all(|sum| sum.len() == 65),
        "{sums:?}"
    );
}

#[test]
fn the_script_for_windows_is_stamped_like_the_other() {
    let setting = Setting::new();
    for script in ["install.sh", "install.ps1"] {
        let output = Command::new("sh")
            .arg(project("packaging/stamp.sh"))
            .args(["https://a.test/r", "https://a.test/latest", "Key+/="])
            .stdin(fs::File::open(project(script)).expect("a script"))
            .current_dir(setting.path("home"))
            .output()
            .expect("sh");
        let stamped = String::from_utf8(output.stdout).expect("UTF-8");
        let before = fs::read_to_string(project(script)).expect("a script");
        let changed: Vec<&str> = stamped
            .lines()
            .zip(before.lines())
            .filter(|(after, before)| after != before)
            .map(|(after, _)| after.trim_start_matches('$'))
            .collect();
        let changed: Vec<String> = changed
            .iter()
            .map(|line| line.to_lowercase().replace(" = ", "="))
            .collect();
        assert_eq!(
            changed,
            [
                "releases='https://a.test/r'",
                "newest='https://a.test/latest'",
                "key='key+/='"
            ]
        );
    }
}

#[test]
fn a_program_from_elsewhere_does_not_replace_itself() {
    let output = Command::new(env!("CARGO_BIN_EXE_mageshift"))
        .arg("self-update")
        .output()
        .expect("the program");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("not installed by install.sh"),
        "{output:?}"
    );
}

#[test]
fn wrong_usage_is_told_apart() {
    let setting = Setting::new();
    for arguments in [&["--prefix"][..], &["--sideways"]] {
        let output = setting.install(arguments).output().expect("sh");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
    }
}

#[test]
fn piped_into_a_shell_it_builds_nothing_and_takes_nothing_without_https() {
    let setting = Setting::new();
    let script = project("install.sh");
    let piped = Command::new("sh")
        .stdin(fs::File::open(&script).expect("the script"))
        .current_dir(setting.path("home"))
        .env("HOME", setting.path("home"))
        .output()
        .expect("sh");
    assert_eq!(piped.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&piped.stderr).contains("builds nothing"));

    for (place, allowed) in [
        ("http://localhost:1/releases", ""),
        ("http://127.0.0.1:1@releases.test/", "1"),
        ("http://releases.test:80/", "1"),
        ("ftp://127.0.0.1:1/", "1"),
    ] {
        let mut command = setting.install(&[]);
        command
            .env("MAGESHIFT_RELEASES_URL", place)
            .env("MAGESHIFT_ALLOW_LOOPBACK", allowed);
        setting.refused(&mut command, "https://");
    }
}
