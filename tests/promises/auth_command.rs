//! `mageshift auth`: where credentials go, who is asked, and what is said about the answer.

use crate::kit::server::{Request, Response, Server};
use crate::kit::{Run, mageshift};
use crate::schemas::assert_fits;
use serde_json::{Value, json};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const PUBLIC: &str = "PlantedPublicKey0123456789abcdef";
const PRIVATE: &str = "PlantedPrivateKey-f3d1";

/// A user and a project, with a server as the project's only repository.
struct Setting {
    folder: tempfile::TempDir,
    server: Server,
}

impl Setting {
    fn new(answer: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static) -> Setting {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::handler(answer);
        let setting = Setting { folder, server };
        let root = json!({
            "repositories": [{"type": "composer", "url": setting.server.url()}],
            "config": {"secure-http": false},
        });
        setting.write("shop/composer.json", &root.to_string());
        setting.write("home/marker", "");
        setting
    }

    fn shop(&self) -> PathBuf {
        self.folder.path().join("shop")
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.folder.path().join(path)).ok()
    }

    /// Runs git in the project.
    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        let git = git.current_dir(self.shop()).args(arguments);
        assert!(git.status().unwrap().success(), "{arguments:?}");
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = mageshift(&self.shop());
        let host = self.server.authority();
        command
            .arg("auth")
            .args(arguments.iter().map(|word| word.replace("HOST", &host)))
            .env("COMPOSER_HOME", self.folder.path().join("home"))
            .env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command
    }

    /// Runs `mageshift auth` with this on standard input. No secret may be in what it prints.
    fn run(&self, arguments: &[&str], input: &str) -> Run {
        run(&mut self.command(arguments), input)
    }
}

fn run(command: &mut Command, input: &str) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let run = Run {
        code: output.status.code(),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    };
    for secret in [PUBLIC, PRIVATE] {
        assert!(!run.stdout.contains(secret), "{run:?}");
        assert!(!run.stderr.contains(secret), "{run:?}");
    }
    run
}

fn keys() -> String {
    format!("{PUBLIC}\n{PRIVATE}\n")
}

/// Lets in whoever has the keys.
fn repository(request: &Request) -> Option<Response> {
    let expected =
        "Basic UGxhbnRlZFB1YmxpY0tleTAxMjM0NTY3ODlhYmNkZWY6UGxhbnRlZFByaXZhdGVLZXktZjNkMQ==";
    Some(match request.header("authorization") {
        Some(sent) if sent == expected => Response::new(200, r#"{"packages": []}"#),
        _ => Response::new(401, "who?"),
    })
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    std::os::unix::fs::MetadataExt::mode(&fs::metadata(path).unwrap()) & 0o777
}

#[test]
fn keys_are_stored_privately_and_tested() {
    let setting = Setting::new(repository);
    let before = "{\n  \"bearer\": {\"b.test\": \"kept-token\"}\n}\n";
    setting.write("shop/auth.json", before);
    let run = setting.run(&["HOST", "--stdin", "--json"], &keys());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(run.stderr.contains("Stored http-basic for 127.0.0.1"));
    let told = serde_json::from_str(&run.stdout).unwrap();
    assert_fits("auth", "stored and tested", &told);
    assert!(run.stderr.contains("takes the credentials"));
    let auth = setting.read("shop/auth.json").unwrap();
    assert!(
        auth.starts_with("{\n  \"bearer\": {\"b.test\": \"kept-token\"},\n  \"http-basic\": {\n")
    );
    let decoded: Value = serde_json::from_str(&auth).unwrap();
    assert_eq!(
        decoded["http-basic"][setting.server.authority()],
        json!({"username": PUBLIC, "password": PRIVATE})
    );
    #[cfg(unix)]
    assert_eq!(mode(&setting.shop().join("auth.json")), 0o600);
    assert!(
        setting
            .server
            .requests()
            .iter()
            .all(|request| request.path == "/packages.json")
    );
}

/// Composer looks for auth.json beside the root, wherever `COMPOSER` puts that.
#[test]
fn keys_are_stored_beside_a_root_in_a_folder_below() {
    let setting = Setting::new(repository);
    let root = setting.read("shop/composer.json").unwrap();
    setting.write("shop/conf/b2b.json", &root);
    let mut command = setting.command(&["HOST", "--stdin"]);
    let done = run(command.env("COMPOSER", "conf/b2b.json"), &keys());
    assert_eq!(done.code, Some(0), "{done:?}");
    assert!(done.stderr.contains("takes the credentials"), "{done:?}");
    assert!(setting.read("shop/conf/auth.json").is_some());
    assert_eq!(setting.read("shop/auth.json"), None);
    let listed = run(
        setting
            .command(&["--list"])
            .env("COMPOSER", "conf/b2b.json"),
        "",
    );
    assert!(listed.stdout.contains("conf/auth.json"), "{listed:?}");
}

#[test]
fn the_users_own_file_is_made_when_asked_for() {
    let setting = Setting::new(repository);
    let run = setting.run(&["HOST", "--stdin", "--global"], &keys());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(setting.read("home/auth.json").unwrap().contains(PRIVATE));
    assert_eq!(setting.read("shop/auth.json"), None);
    #[cfg(unix)]
    assert_eq!(mode(&setting.folder.path().join("home/auth.json")), 0o600);
}

#[test]
fn a_file_that_git_would_commit_gets_no_keys() {
    let setting = Setting::new(repository);
    setting.git(&["init", "-q"]);
    setting.write("shop/.gitignore", "/vendor");
    let run = setting.run(&["HOST", "--stdin"], &keys());
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stderr.contains("--add-to-gitignore"));
    assert_eq!(setting.read("shop/auth.json"), None);
    assert_eq!(setting.server.requests().len(), 0);
    let run = setting.run(&["HOST", "--stdin", "--add-to-gitignore"], &keys());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(
        setting.read("shop/.gitignore").unwrap(),
        "/vendor\n/auth.json\n"
    );
    // Ignored now, so that nothing is added twice.
    let run = setting.run(&["HOST", "--stdin", "--add-to-gitignore"], &keys());
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(
        setting.read("shop/.gitignore").unwrap(),
        "/vendor\n/auth.json\n"
    );
}

#[test]
fn where_git_does_not_tell_no_keys_are_written() {
    let setting = Setting::new(repository);
    setting.git(&["init", "-q"]);
    setting.write("shop/.gitignore", "/auth.json\n");
    setting.write("shop/auth.json", "{}");
    setting.git(&["add", "-f", "auth.json"]);
    let run = setting.run(&["HOST", "--stdin"], &keys());
    assert!(run.stderr.contains("is committed to git"), "{run:?}");
    // git is not there to be asked, and the file is ignored; it is committed all the same.
    let without_git = run_apart(&setting, &["HOST", "--stdin"]);
    assert_eq!(without_git.code, Some(3), "{without_git:?}");
    assert!(
        without_git.stderr.contains("cannot be told"),
        "{without_git:?}"
    );
    assert_eq!(setting.read("shop/auth.json").unwrap(), "{}");
}

/// Runs `mageshift auth` without any other program on the PATH.
fn run_apart(setting: &Setting, arguments: &[&str]) -> Run {
    let mut command = setting.command(arguments);
    command.env("PATH", setting.folder.path());
    run(&mut command, &keys())
}

#[cfg(unix)]
#[test]
fn keys_follow_no_link_of_a_store() {
    let setting = Setting::new(repository);
    setting.write("outside", "theirs");
    let outside = setting.folder.path().join("outside");
    for name in ["auth.json", ".gitignore"] {
        setting.git(&["init", "-q"]);
        let link = setting.shop().join(name);
        std::os::unix::fs::symlink(&outside, &link).unwrap();
        if name == "auth.json" {
            setting.write("shop/.git/info/exclude", "auth.json\n");
            setting.write("outside", "{}");
        }
        let run = setting.run(&["HOST", "--stdin", "--add-to-gitignore"], &keys());
        assert_eq!(run.code, Some(1), "{name}: {run:?}");
        assert!(run.stderr.contains("link"), "{run:?}");
        assert!(!setting.read("outside").unwrap().contains(PRIVATE));
        fs::remove_file(link).unwrap();
        fs::remove_dir_all(setting.shop().join(".git")).unwrap();
        setting.write("outside", "theirs");
    }
}

#[test]
fn a_refusal_is_explained() {
    for (status, with_keys, code, words) in [
        (401, true, 3, "does not know these credentials (HTTP 401)"),
        (401, false, 3, "none are stored for it"),
        (403, true, 3, "refuses (HTTP 403)"),
        (403, false, 3, "none are stored for it"),
        (404, true, 1, "There is no Composer repository"),
    ] {
        let setting = Setting::new(move |_| Some(Response::new(status, "no")));
        if with_keys {
            let stored = setting.run(&["HOST", "--stdin", "--offline"], &keys());
            assert_eq!(stored.code, Some(0), "{stored:?}");
            assert_eq!(setting.server.requests().len(), 0);
        }
        let run = setting.run(&["HOST", "--test"], "");
        assert_eq!(run.code, Some(code), "{run:?}");
        let text = run.stderr.replace('\n', " ");
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn credentials_are_listed_and_removed_without_being_shown() {
    let setting = Setting::new(repository);
    setting.write(
        "home/auth.json",
        r#"{"github-oauth": {"github.com": "PlantedPrivateKey-f3d1"}}"#,
    );
    setting.run(&["HOST", "--stdin", "--offline"], &keys());
    let environment = json!({"bearer": {"env.test": PRIVATE}}).to_string();
    let list = run(
        setting
            .command(&["--list", "--json"])
            .env("COMPOSER_AUTH", &environment),
        "",
    );
    let document: Value = serde_json::from_str(&list.stdout).unwrap();
    let kinds: Vec<&str> = document["credentials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["github-oauth", "http-basic", "bearer"]);
    let removed = setting.run(&["HOST", "--remove"], "");
    assert_eq!(removed.code, Some(0), "{removed:?}");
    assert_eq!(
        setting.read("shop/auth.json").unwrap(),
        "{\n    \"http-basic\": {\n    }\n}\n"
    );
    let again = setting.run(&["HOST", "--remove"], "");
    assert!(again.code == Some(0) && again.stderr.contains("has nothing for"));
}

#[test]
fn what_composer_takes_first_is_told() {
    let setting = Setting::new(repository);
    let environment = json!({"bearer": {setting.server.authority(): PRIVATE}}).to_string();
    let run = run(
        setting
            .command(&["HOST", "--stdin", "--offline"])
            .env("COMPOSER_AUTH", &environment),
        &keys(),
    );
    assert!(run.stderr.contains("COMPOSER_AUTH has bearer"), "{run:?}");
}

#[test]
fn wrong_usage_says_so_and_stores_nothing() {
    let setting = Setting::new(repository);
    for (arguments, input) in [
        (&["HOST"][..], ""),
        (&["HOST", "--stdin"], PUBLIC),
        (&["HOST", "--stdin", "--kind", "bearer"], &keys()),
        (&["HOST", "--stdin", "--kind", "basic"], &keys()),
        (&["https://me:PlantedPrivateKey-f3d1@a.test", "--stdin"], ""),
        (&[], ""),
    ] {
        let run = setting.run(arguments, input);
        assert_eq!(run.code, Some(2), "{arguments:?} {run:?}");
    }
    assert_eq!(setting.read("shop/auth.json"), None);
}

#[test]
fn a_damaged_file_is_not_quoted_and_not_replaced() {
    let setting = Setting::new(repository);
    let text = "{\n  \"bearer\": {\"a.test\": PlantedPrivateKey-f3d1}\n}\n";
    setting.write("shop/auth.json", text);
    let run = setting.run(&["HOST", "--stdin"], &keys());
    assert!(
        run.code == Some(1) && run.stderr.contains("line 2"),
        "{run:?}"
    );
    assert_eq!(setting.read("shop/auth.json").unwrap(), text);
}

#[test]
fn each_document_fits_its_schema() {
    let setting = Setting::new(repository);
    for arguments in [
        &["HOST", "--stdin", "--offline"][..],
        &["HOST", "--test"],
        &["--list"],
        &["HOST", "--remove"],
    ] {
        let run = setting.run(&[arguments, &["--json"]].concat(), &keys());
        let told = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"));
        assert_fits("auth", &arguments.join(" "), &told);
    }
}
