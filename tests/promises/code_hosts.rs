//! "Packages at GitHub, GitLab, Bitbucket and Forgejo are written as Composer writes them that asks the sites' APIs; keys go to
//! their own host alone, and what was read once is not asked for again."
//!
//! A proxy plays all sites at once, with answers of the shape of theirs. Skipped where there is no `python3` or `openssl` to
//! make it with, and, for the comparison, where there is no Composer.

use crate::kit::composer::{Composer, said};
use crate::kit::{Run, mageshift, run_command};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Answers what `answers.json` has for a host and path: a status, headers, a body, and the key without which there is nothing;
/// else what a file below `www` has. Writes down what it is asked.
const PROXY: &str = r#"
import json, os, socket, ssl, threading
answers = json.load(open('answers.json'))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain('cert.pem', 'key.pem')
log, lock = open('asked.log', 'a'), threading.Lock()
def head(file):
    line, headers = file.readline().decode(), {}
    while True:
        header = file.readline().decode().strip()
        if not header: return line, headers
        name, value = header.split(':', 1); headers[name.lower()] = value.strip()
def serve(conn):
    try:
        file = conn.makefile('rb'); line, _ = head(file); host = line.split(' ')[1].split(':')[0]
        conn.sendall(b'HTTP/1.1 200 Connected\r\n\r\n')
        conn = context.wrap_socket(conn, server_side=True); file = conn.makefile('rb')
        while True:
            line, headers = head(file)
            if not line: return
            method, path = line.split(' ')[:2]
            file.read(int(headers.get('content-length', 0)))
            key = headers.get('authorization', headers.get('private-token', ''))
            with lock: log.write(f'{method} {host}{path} {key}\n'); log.flush()
            answer = answers.get(host + path, {})
            if answer.get('key', key) != key: answer = {'status': answer.get('else', 404)}
            body, tag = answer.get('body', '').encode(), answer.get('tag')
            status = answer.get('status', 200 if 'body' in answer else 404)
            name = os.path.join('www', host, path.split('?')[0].lstrip('/'))
            if not answer and os.path.isfile(name): status, body = 200, open(name, 'rb').read()
            if tag and headers.get('if-none-match') == tag: status, body = 304, b''
            more = ''.join(f'{name}: {value}\r\n' for name, value in answer.get('headers', {}).items())
            if tag: more += f'etag: {tag}\r\n'
            conn.sendall(f'HTTP/1.1 {status} x\r\n{more}content-length: {len(body)}\r\n\r\n'.encode() + body)
    except (OSError, ValueError): pass
listener = socket.create_server(('127.0.0.1', 0)); print(listener.getsockname()[1], flush=True)
while True: threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
"#;

const GITHUB_KEY: &str = "ghtoken0123456789";
const GITLAB_KEY: &str = "gltoken0123456789";

/// The sites, as long as it lives.
struct Sites {
    folder: tempfile::TempDir,
    child: Child,
    port: u16,
}

impl Drop for Sites {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Sites {
    /// None, with a word on stderr, where they cannot be played.
    fn play(answers: &Map<String, Value>) -> Option<Sites> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("answers.json"),
            json!(answers).to_string(),
        )
        .unwrap();
        let names = [
            "github.com",
            "api.github.com",
            "gitlab.com",
            "bitbucket.org",
            "api.bitbucket.org",
            "codeberg.org",
            "code.acme.test",
            "git.acme.test",
        ];
        let names = names.map(|name| format!("DNS:{name}")).join(",");
        let made = Command::new("openssl")
            .args("req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=sites -keyout key.pem -out cert.pem -addext".split(' '))
            .arg(format!("subjectAltName={names}"))
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .current_dir(folder.path())
            .stderr(Stdio::null())
            .status();
        let played = Command::new("python3")
            .args(["-c", PROXY])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn();
        let (Ok(true), Ok(mut child)) = (made.map(|status| status.success()), played) else {
            eprintln!("skipped: no openssl or no python3");
            return None;
        };
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().parse().unwrap();
        Some(Sites {
            folder,
            child,
            port,
        })
    }

    fn certificate(&self) -> PathBuf {
        self.folder.path().join("cert.pem")
    }

    /// What was asked since the last call: method, address, key.
    fn asked(&self) -> Vec<String> {
        let log = self.folder.path().join("asked.log");
        let asked = fs::read_to_string(&log).unwrap_or_default();
        fs::OpenOptions::new()
            .write(true)
            .open(&log)
            .unwrap()
            .set_len(0)
            .unwrap();
        asked
            .lines()
            .map(|line| line.trim_start_matches('\0').to_owned())
            .collect()
    }

    /// Lets a command see the sites.
    fn show(&self, command: &mut Command) {
        let proxy = format!("http://127.0.0.1:{}", self.port);
        for name in ["HTTPS_PROXY", "https_proxy"] {
            command.env(name, &proxy);
        }
        // Nobody has a key for SSH, and git is to find no way in where there is nothing for it.
        let certificate = match self.folder.path().join("www").is_dir() {
            true => self.certificate(),
            false => PathBuf::from("/dev/null"),
        };
        command
            .env("GIT_SSH_COMMAND", "false")
            .env("GIT_SSL_CAINFO", certificate);
        command.env_remove("NO_PROXY").env_remove("no_proxy");
    }

    /// Lets git read a repository at an address, with a tag and a branch. None where there is no git.
    fn keep(&self, address: &str, root: &Value, tag: &str) -> Option<()> {
        let work = tempfile::tempdir().unwrap();
        let kept = self.folder.path().join("www").join(address);
        fs::create_dir_all(&kept).unwrap();
        fs::write(work.path().join("composer.json"), root.to_string()).unwrap();
        let git = |folder: &Path, line: &str| {
            let mut git = Command::new("git");
            for (name, value) in [
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
                ("GIT_AUTHOR_NAME", "A"),
                ("GIT_AUTHOR_EMAIL", "a@acme.test"),
                ("GIT_COMMITTER_NAME", "A"),
                ("GIT_COMMITTER_EMAIL", "a@acme.test"),
                ("GIT_AUTHOR_DATE", "2025-02-03T04:05:06+0100"),
                ("GIT_COMMITTER_DATE", "2025-03-04T05:06:07+0100"),
            ] {
                git.env(name, value);
            }
            let run = git
                .args(line.split(' '))
                .current_dir(folder)
                .output()
                .ok()?;
            assert!(run.status.success(), "{line}: {}", said(&run));
            Some(())
        };
        git(work.path(), "init --quiet --initial-branch=main")?;
        for line in ["add .", "commit --quiet -m all", &format!("tag {tag}")] {
            git(work.path(), line);
        }
        let clone = format!("clone --quiet --bare {} .", work.path().display());
        git(&kept, &clone)?;
        git(&kept, "update-server-info")
    }

    fn lock(&self, store: &Path, cache: &Path) -> Run {
        let mut command = mageshift(store);
        command.arg("lock").env("MAGESHIFT_CACHE_DIR", cache);
        self.show(&mut command);
        run_command(&mut command)
    }
}

/// Answers of the sites, put together.
#[derive(Default)]
struct Answers(Map<String, Value>);

impl Answers {
    fn add(&mut self, address: &str, body: &Value, key: Option<&str>) {
        let body = match body {
            Value::String(text) => text.clone(),
            body => body.to_string(),
        };
        let mut answer = json!({"body": body, "tag": format!("\"{}\"", self.0.len())});
        if let Some(key) = key {
            answer["key"] = key.into();
        }
        self.0.insert(address.to_owned(), answer);
    }

    /// A repository at GitHub with tags (newest first) and a main branch; each with its composer.json.
    fn github(&mut self, name: &str, private: bool, tags: &[(&str, u8, Value)], main: (u8, Value)) {
        let key = format!("token {GITHUB_KEY}");
        let key = private.then_some(key.as_str());
        self.github_at("api.github.com", name, key, tags, main);
        let funding = BASE64_STANDARD.encode("github: [acme]\ncustom: https://acme.test/pay\n");
        let funding = json!({"encoding": "base64", "content": funding});
        self.add(
            "api.github.com/repos/Acme/.github/contents/FUNDING.yml",
            &funding,
            None,
        );
    }

    /// The same at any server with such an API. What wants a key is private and archived.
    fn github_at(
        &mut self,
        server: &str,
        name: &str,
        key: Option<&str>,
        tags: &[(&str, u8, Value)],
        main: (u8, Value),
    ) {
        let private = key.is_some();
        let api = format!("{server}/repos/acme/{name}");
        let project = json!({
            "name": name, "owner": {"login": "Acme"}, "private": private, "default_branch": "main",
            "has_issues": !private, "archived": private
        });
        self.add(&api, &project, key);
        let api = format!("{server}/repos/Acme/{name}");
        let listed: Vec<Value> = tags
            .iter()
            .map(|(tag, commit, _)| json!({"name": tag, "commit": {"sha": sha(*commit)}}))
            .collect();
        self.add(&format!("{api}/tags?per_page=100"), &json!(listed), key);
        let heads = json!([
            {"ref": "refs/heads/gh-pages", "object": {"sha": sha(250)}},
            {"ref": "refs/heads/main", "object": {"sha": sha(main.0)}}
        ]);
        self.add(&format!("{api}/git/refs/heads?per_page=100"), &heads, key);
        let all = tags.iter().map(|(_, commit, root)| (*commit, root));
        for (commit, root) in all.chain([(main.0, &main.1)]) {
            let sha = sha(commit);
            let content = BASE64_STANDARD.encode(root.to_string());
            let content = json!({"encoding": "base64", "content": format!("{}\n{}\n", &content[..8], &content[8..])});
            self.add(
                &format!("{api}/contents/composer.json?ref={sha}"),
                &content,
                key,
            );
            // Composer asks for the main branch by its name, too.
            self.add(
                &format!("{api}/contents/composer.json?ref=main"),
                &content,
                key,
            );
            let commit = json!({"commit": {"committer": {"date": "2025-06-02T11:00:00Z"}}});
            self.add(&format!("{api}/commits/{sha}"), &commit, key);
            self.add(&format!("{api}/commits/main"), &commit, key);
        }
    }

    /// A project at a GitLab, with one tag and the main branch at the same commit.
    fn gitlab_at(&mut self, api: &str, project: &Value, key: &str, tag: (&str, u8), root: &Value) {
        let (tag, commit) = tag;
        let key = Some(key);
        self.add(api, project, key);
        let named = |name: &str| {
            let commit =
                json!({"id": sha(commit), "committed_date": "2025-06-02T11:00:00.000+02:00"});
            json!({"name": name, "commit": commit})
        };
        for (list, name) in [("tags", tag), ("branches", "main")] {
            self.add(
                &format!("{api}/repository/{list}?per_page=100"),
                &json!([named(name)]),
                key,
            );
        }
        let commit = sha(commit);
        self.add(
            &format!("{api}/repository/files/composer%2Ejson/raw?ref={commit}"),
            root,
            key,
        );
        self.add(
            &format!("{api}/repository/commits/{commit}"),
            &named("")["commit"],
            key,
        );
    }
}

/// A name of a commit.
fn sha(number: u8) -> String {
    format!("{number:02x}").repeat(20)
}

fn module(name: &str, more: Value) -> Value {
    let mut root = json!({"name": name, "type": "magento2-module"});
    root.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    root
}

/// Answers for one repository at each site.
fn answers() -> Answers {
    let mut answers = Answers::default();
    let gift = |more: Value| module("acme/gift", more);
    let tags = [
        (
            "v1.2.0",
            2,
            gift(json!({"support": {"docs": "https://acme.test/docs"}})),
        ),
        ("release-1.2.0", 2, gift(json!({}))),
        ("1.1.0", 1, gift(json!({"time": "2020-01-02"}))),
    ];
    answers.github("gift", false, &tags, (3, gift(json!({}))));
    let secret = || {
        module(
            "acme/secret",
            json!({"funding": [{"type": "other", "url": "https://acme.test"}]}),
        )
    };
    answers.github("secret", true, &[("2.0.0", 11, secret())], (12, secret()));

    let api = "gitlab.com/api/v4/projects/acme%2Fgroup%2Ftool%2Ekit";
    let project = json!({
        "id": 1, "default_branch": "main", "visibility": "internal", "issues_enabled": true, "archived": true,
        "web_url": "https://gitlab.com/acme/group/tool.kit",
        "http_url_to_repo": "https://gitlab.com/acme/group/tool.kit.git",
        "ssh_url_to_repo": "git@gitlab.com:acme/group/tool.kit.git"
    });
    let root = module(
        "acme/tool-kit",
        json!({"extra": {"branch-alias": {"dev-main": "3.x-dev"}}}),
    );
    answers.gitlab_at(api, &project, GITLAB_KEY, ("3.1.0", 21), &root);

    let api = "api.bitbucket.org/2.0/repositories/acme/pay";
    let key = Some("Bearer fresh-token");
    let project = json!({
        "scm": "git", "website": "", "has_issues": true, "mainbranch": {"name": "master"},
        "links": {
            "clone": [{"name": "https", "href": "https://me@bitbucket.org/acme/pay.git"}],
            "html": {"href": "https://bitbucket.org/acme/pay"},
            "tags": {"href": format!("https://{api}/refs/tags")},
            "branches": {"href": format!("https://{api}/refs/branches")}
        }
    });
    let with = "pagelen=100&fields=values.name%2Cvalues.target.hash%2Cnext&sort=-target.date";
    let with_heads = "pagelen=100&fields=values.name%2Cvalues.target.hash%2Cvalues.heads%2Cnext&sort=-target.date";
    let named = |name: &str, commit: u8| json!({"values": [{"name": name, "target": {"hash": sha(commit)}}]});
    for plain in [false, true] {
        let written = |query: &str| {
            if plain {
                query.replace("%2C", ",")
            } else {
                query.to_owned()
            }
        };
        answers.add(
            &format!("{api}?{}", written("fields=-project%2C-owner")),
            &project,
            key,
        );
        answers.add(
            &format!("{api}/refs/tags?{}", written(with)),
            &named("v5", 31),
            key,
        );
        answers.add(
            &format!("{api}/refs/branches?{}", written(with_heads)),
            &named("master", 31),
            key,
        );
    }
    for name in [sha(31), "master".to_owned()] {
        answers.add(
            &format!("{api}/src/{name}/composer.json"),
            &module("acme/pay", json!({})),
            key,
        );
        answers.add(
            &format!("{api}/commit/{name}?fields=date"),
            &json!({"date": "2024-03-04T05:06:07+00:00"}),
            key,
        );
    }
    for (_, answer) in answers
        .0
        .iter_mut()
        .filter(|(address, _)| address.starts_with("api.bitbucket.org"))
    {
        answer["else"] = 401.into();
    }
    let token = json!({"access_token": "fresh-token", "expires_in": 7200, "token_type": "bearer"});
    let consumer = BASE64_STANDARD.encode("consumer-key-1:consumer-secret-1");
    answers.add(
        "bitbucket.org/site/oauth2/access_token",
        &token,
        Some(&format!("Basic {consumer}")),
    );

    let api = "codeberg.org/api/v1/repos/acme/berg";
    let project = json!({
        "html_url": "https://codeberg.org/acme/berg", "clone_url": "https://codeberg.org/acme/berg.git",
        "ssh_url": "git@codeberg.org:acme/berg.git", "private": false, "default_branch": "main",
        "has_issues": true, "archived": false
    });
    answers.add(api, &project, None);
    let tags = json!([{"name": "0.9.0", "commit": {"sha": sha(41)}}]);
    let branches = json!([{"name": "main", "commit": {"id": sha(41)}}]);
    for (list, listed) in [("tags", tags), ("branches", branches)] {
        answers.add(&format!("{api}/{list}?per_page=100"), &listed, None);
        answers.add(&format!("{api}/{list}?limit=50"), &listed, None);
        answers.add(&format!("{api}/{list}?limit=50&page=2"), &json!([]), None);
    }
    let content = BASE64_STANDARD.encode(module("acme/berg", json!({})).to_string());
    let content = json!({"encoding": "base64", "content": content});
    for name in [sha(41), "main".to_owned()] {
        answers.add(
            &format!("{api}/contents/composer.json?ref={name}"),
            &content,
            None,
        );
        let commit = json!({"commit": {"committer": {"date": "2025-01-01T00:00:00Z"}}});
        answers.add(
            &format!("{api}/git/commits/{name}?verification=false&files=false"),
            &commit,
            None,
        );
    }
    answers
}

/// A shop that takes a package from each site but those that are left out, with its keys.
fn shop(sites: &Sites, but: &[&str]) -> tempfile::TempDir {
    let store = tempfile::tempdir().unwrap();
    let all = [
        ("acme/gift", "https://github.com/acme/gift.git"),
        ("acme/secret", "git@github.com:acme/secret.git"),
        (
            "acme/tool-kit",
            "https://gitlab.com/acme/group/tool.kit.git",
        ),
        ("acme/pay", "https://bitbucket.org/acme/pay"),
        ("acme/berg", "https://codeberg.org/acme/berg"),
    ];
    let all = all.iter().filter(|(name, _)| !but.contains(name));
    let require: Map<String, Value> = all
        .clone()
        .map(|(name, _)| ((*name).to_owned(), json!("*")))
        .collect();
    let mut repositories: Vec<Value> = all
        .map(|(_, url)| json!({"type": "vcs", "url": url}))
        .collect();
    repositories.push(json!({"packagist.org": false}));
    let root = json!({
        "name": "acme/shop", "type": "project", "require": require, "repositories": repositories,
        "config": {"cafile": sites.certificate()}
    });
    fs::write(store.path().join("composer.json"), format!("{root:#}\n")).unwrap();
    let auth = json!({
        "github-oauth": {"github.com": GITHUB_KEY},
        "gitlab-token": {"gitlab.com": GITLAB_KEY},
        "bitbucket-oauth": {"bitbucket.org": {"consumer-key": "consumer-key-1", "consumer-secret": "consumer-secret-1"}}
    });
    fs::write(store.path().join("auth.json"), auth.to_string()).unwrap();
    store
}

/// What Composer makes of a store's packages, and then we; both without the lock of the other.
fn both(composer: &Composer, sites: &Sites, store: &Path) -> [Value; 2] {
    let update = [
        "update",
        "--no-install",
        "--no-plugins",
        "--no-scripts",
        "--no-audit",
    ];
    let mut command = composer.command(store, update);
    let cache = tempfile::tempdir().unwrap();
    sites.show(
        command
            .env_remove("COMPOSER_DISABLE_NETWORK")
            .env("COMPOSER_CACHE_DIR", cache.path()),
    );
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let lock = store.join("composer.lock");
    let theirs: Value = serde_json::from_str(&fs::read_to_string(&lock).unwrap()).unwrap();
    fs::remove_file(&lock).unwrap();
    sites.asked();
    let cache = tempfile::tempdir().unwrap();
    let run = sites.lock(store, cache.path());
    assert_eq!(run.code, Some(0), "{run:?}");
    let ours: Value = serde_json::from_str(&fs::read_to_string(&lock).unwrap()).unwrap();
    [ours, theirs]
}

#[test]
fn packages_at_the_sites_are_locked_as_composer_locks_them() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let Some(sites) = Sites::play(&answers().0) else {
        return;
    };
    let version = composer
        .command(sites.folder.path(), ["--version"])
        .output()
        .unwrap();
    let version = said(&version);
    // Composer reads Forgejo since 2.9.
    let is_old = (0..9).any(|minor| version.contains(&format!(" 2.{minor}.")));
    let store = shop(&sites, if is_old { &["acme/berg"] } else { &[] });
    let [ours, theirs] = both(&composer, &sites, store.path());
    let packages = |lock: &Value| format!("{:#}", lock["packages"]);
    assert_eq!(packages(&ours), packages(&theirs));
    assert_eq!(ours["content-hash"], theirs["content-hash"]);
}

/// A shop whose packages come from servers of the company's own, which `config` names, and one from GitHub that is to be read
/// through git alone.
fn company(sites: &Sites) -> tempfile::TempDir {
    let store = tempfile::tempdir().unwrap();
    let root = json!({
        "name": "acme/shop", "type": "project",
        "require": {"acme/corp": "*", "acme/kit": "*", "acme/plain": "*"},
        "repositories": [
            {"type": "vcs", "url": "https://code.acme.test/acme/corp.git"},
            {"type": "vcs", "url": "https://git.acme.test:8443/gitlab/team/kit.git"},
            {"type": "vcs", "url": "https://github.com/acme/plain.git", "no-api": true},
            {"packagist.org": false}
        ],
        "config": {
            "cafile": sites.certificate(),
            "github-domains": ["code.acme.test"],
            "gitlab-domains": ["git.acme.test:8443/gitlab"],
            "gitlab-protocol": "http"
        }
    });
    fs::write(store.path().join("composer.json"), format!("{root:#}\n")).unwrap();
    let auth = json!({
        "github-oauth": {"code.acme.test": GITHUB_KEY},
        "gitlab-token": {"git.acme.test:8443/gitlab": GITLAB_KEY}
    });
    fs::write(store.path().join("auth.json"), auth.to_string()).unwrap();
    store
}

#[test]
fn servers_of_a_company_are_asked_as_its_configuration_says() {
    let Some(composer) = Composer::find() else {
        return;
    };
    let mut answers = Answers::default();
    let corp = || module("acme/corp", json!({}));
    let key = BASE64_STANDARD.encode(format!("{GITHUB_KEY}:x-oauth-basic"));
    answers.github_at(
        "code.acme.test/api/v3",
        "corp",
        Some(&format!("Basic {key}")),
        &[("1.4.0", 51, corp())],
        (52, corp()),
    );
    let project = json!({
        "id": 7, "default_branch": "main", "visibility": "private", "issues_enabled": true,
        "web_url": "https://git.acme.test:8443/gitlab/team/kit",
        "http_url_to_repo": "https://git.acme.test:8443/gitlab/team/kit.git",
        "ssh_url_to_repo": "ssh://git@git.acme.test:2222/team/kit.git"
    });
    answers.gitlab_at(
        "git.acme.test/gitlab/api/v4/projects/team%2Fkit",
        &project,
        GITLAB_KEY,
        ("v2.0.1", 61),
        &module("acme/kit", json!({})),
    );
    let Some(sites) = Sites::play(&answers.0) else {
        return;
    };
    let plain = module("acme/plain", json!({}));
    if sites
        .keep("github.com/acme/plain.git", &plain, "0.3.0")
        .is_none()
    {
        return;
    }
    let store = company(&sites);
    let [ours, theirs] = both(&composer, &sites, store.path());
    let packages = |lock: &Value| format!("{:#}", lock["packages"]);
    assert_eq!(packages(&ours), packages(&theirs));
    let packages = packages(&ours);
    // Each server was asked for what it alone can tell, and of what is read through git, git alone.
    for told in [
        "git@code.acme.test:Acme/corp.git",
        "https://code.acme.test/api/v3/repos/Acme/corp/zipball/",
        "https://git.acme.test:8443/gitlab/team/kit/-/tree/v2.0.1",
        "https://api.github.com/repos/acme/plain/zipball/",
    ] {
        assert!(packages.contains(told), "{told}: {packages}");
    }
    assert!(!packages.contains("acme/plain/tree"), "{packages}");
    let asked = sites.asked();
    assert!(
        !asked.iter().any(|line| line.contains("api.github.com")),
        "{asked:#?}"
    );
}

#[test]
fn keys_go_to_their_own_host_and_what_was_read_is_not_asked_for_again() {
    let Some(sites) = Sites::play(&answers().0) else {
        return;
    };
    let store = shop(&sites, &[]);
    let cache = tempfile::tempdir().unwrap();
    let run = sites.lock(store.path(), cache.path());
    assert_eq!(run.code, Some(0), "{run:?}");
    for key in [GITHUB_KEY, GITLAB_KEY, "consumer-secret-1", "fresh-token"] {
        assert!(
            !run.stdout.contains(key) && !run.stderr.contains(key),
            "{run:?}"
        );
    }
    let first = sites.asked();
    let homes = [
        (GITHUB_KEY, "api.github.com/"),
        (GITLAB_KEY, "gitlab.com/"),
        ("fresh-token", "api.bitbucket.org/"),
    ];
    for line in &first {
        for (key, home) in homes {
            let (_, address) = line.split_once(' ').unwrap();
            assert!(!line.contains(key) || address.starts_with(home), "{line}");
        }
    }
    let contents = |asked: &[String]| {
        asked
            .iter()
            .filter(|line| line.contains("composer") && line.contains("json"))
            .count()
    };
    assert_eq!(contents(&first), 8, "{first:#?}");
    fs::remove_file(store.path().join("composer.lock")).unwrap();
    let again = sites.lock(store.path(), cache.path());
    assert_eq!(again.code, Some(0), "{again:?}");
    assert_eq!(contents(&sites.asked()), 0);
}

#[test]
fn a_used_up_limit_is_told_with_its_end_and_the_way_out() {
    let mut answers = Answers::default();
    answers.0.insert(
        "api.github.com/repos/acme/gift".to_owned(),
        json!({"status": 403, "body": "{}", "headers": {
            "x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1764366000"
        }}),
    );
    let Some(sites) = Sites::play(&answers.0) else {
        return;
    };
    let store = shop(
        &sites,
        &["acme/secret", "acme/tool-kit", "acme/pay", "acme/berg"],
    );
    let cache = tempfile::tempdir().unwrap();
    let run = sites.lock(store.path(), cache.path());
    assert_ne!(run.code, Some(0), "{run:?}");
    let said = format!("{}{}", run.stdout, run.stderr);
    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        said.contains("until 21:40 UTC") && said.contains("60 requests") && said.contains("token"),
        "{said}"
    );
    assert!(!said.contains(GITHUB_KEY), "{said}");
}

#[test]
fn a_used_up_limit_is_told_where_git_steps_in() {
    let mut answers = Answers::default();
    for name in ["gift", "secret"] {
        answers.0.insert(
            format!("api.github.com/repos/acme/{name}"),
            json!({"status": 429, "body": "{}", "headers": {
                "x-ratelimit-limit": "60", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1764366000"
            }}),
        );
    }
    let Some(sites) = Sites::play(&answers.0) else {
        return;
    };
    let gift = module("acme/gift", json!({}));
    if sites
        .keep("github.com/acme/gift.git", &gift, "1.2.0")
        .is_none()
    {
        return;
    }
    let others = ["acme/secret", "acme/tool-kit", "acme/pay", "acme/berg"];
    let store = shop(&sites, &others);
    let cache = tempfile::tempdir().unwrap();
    let run = sites.lock(store.path(), cache.path());
    assert_eq!(run.code, Some(0), "{run:?}");
    let lock = fs::read_to_string(store.path().join("composer.lock")).unwrap();
    assert!(lock.contains(r#""version": "1.2.0""#), "{lock}");
    let said = format!("{}{}", run.stdout, run.stderr);
    let said: String = said.split_whitespace().collect::<Vec<_>>().join(" ");
    for told in [
        "api.github.com told nothing of 1 repository",
        "until 21:40 UTC",
        "of 60 requests",
        "https://github.com/acme/gift.git were read with git",
        "`mageshift auth github.com`",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(!said.contains(GITHUB_KEY), "{said}");
    fs::remove_file(store.path().join("composer.lock")).unwrap();
    let mut json = mageshift(store.path());
    json.args(["lock", "--dry-run", "--json"])
        .env("MAGESHIFT_CACHE_DIR", cache.path());
    sites.show(&mut json);
    let plan: Value = serde_json::from_str(&run_command(&mut json).stdout).unwrap();
    let codes = plan.pointer("/findings/0/code");
    assert_eq!(codes, Some(&json!("repository-site-silent")), "{plan}");
}
