//! Repositories over HTTP: the protocols, the cache, what fails, and where credentials go.

use crate::server::{Request, Response, Server};
use composer_engine::format::auth::Credentials;
use composer_engine::repository::{
    ErrorKind, Loaded, Options, PackageSource, Progress, RepositoryKind, RepositorySet, Session,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

/// The only repository of a root is the one at `url`.
fn root(url: &str) -> Value {
    json!({
        "repositories": [{"type": "composer", "url": url}, {"packagist.org": false}],
        "config": {"secure-http": false},
    })
}

/// Opens a repository as a new run of the program does: nothing is open yet.
fn open(url: &str, options: &Options) -> RepositorySet {
    let options = Options {
        session: Arc::default(),
        ..options.clone()
    };
    RepositorySet::open(&root(url), Path::new("."), &options).expect("a sound section")
}

fn load(set: &RepositorySet, name: &str) -> Loaded {
    set.load(0, &[name.into()]).remove(0)
}

/// The versions of a package, as written, or what else was answered.
fn versions(set: &RepositorySet, name: &str) -> Result<Vec<String>, String> {
    match load(set, name) {
        Loaded::Versions(versions) => Ok(versions
            .records
            .iter()
            .map(|record| record.pretty_version().to_string())
            .collect()),
        Loaded::Absent => Err("absent".to_owned()),
        Loaded::Unavailable(error) => Err(format!("{:?}: {}", error.kind, error.message)),
    }
}

fn json_answer(value: Value) -> Option<Response> {
    Some(Response::new(200, value.to_string()))
}

/// A Composer 2 repository with one package, `acme/a`, whose address has no host.
fn composer2(request: &Request) -> Option<Response> {
    match request.path.as_str() {
        "/packages.json" => json_answer(
            json!({"packages": [], "metadata-url": "/p2/%package%.json", "notify-batch": "/downloads/"}),
        ),
        "/p2/acme/a.json" => json_answer(json!({
            "minified": "composer/2.0",
            "packages": {"acme/a": [
                {"name": "acme/a", "version": "2.0.0", "version_normalized": "2.0.0.0", "type": "magento2-module", "require": {"php": ">=8.1", "acme/b": "self.version"}},
                {"version": "1.1.0", "version_normalized": "1.1.0.0", "require": {"php": ">=7"}},
                {"version": "1.0.0", "version_normalized": "1.0.0.0", "require": "__unset"},
            ]},
        })),
        "/p2/acme/a~dev.json" => json_answer(json!({
            "minified": "composer/2.0",
            "packages": {"acme/a": [{"name": "acme/a", "version": "dev-main", "version_normalized": "dev-main", "default-branch": true}]},
        })),
        _ => None,
    }
}

/// A repository that publishes advisories in documents, in short, and at length through its API; and a list of malware.
fn with_notices(request: &Request) -> Option<Response> {
    let advisory = |id: &str| json!({"advisoryId": id, "affectedVersions": "<2"});
    match request.path.as_str() {
        "/packages.json" => json_answer(json!({
            "metadata-url": "/p2/%package%.json",
            "security-advisories": {"metadata": true, "api-url": "/api"},
            "filter": {"metadata": true, "lists": {"malware": {"enabled": true}}, "summary-url": "/summary.json"},
        })),
        "/summary.json" => json_answer(json!({"filter": {"malware": {"acme/a": "*"}}})),
        "/p2/acme/a.json" => json_answer(json!({
            "packages": {"acme/a": [{"name": "acme/a", "version": "1.0.0"}]},
            "security-advisories": [advisory("PKSA-1")],
            "filter": {"malware": [{"constraint": "1.0.0", "reason": "stolen"}]},
        })),
        "/api" => {
            let mut whole = advisory("PKSA-1");
            whole["title"] = "Theft".into();
            whole["sources"] = json!([]);
            whole["reportedAt"] = "2026-01-01".into();
            json_answer(
                json!({"advisories": {"acme/a": [whole], "acme/other": [advisory("PKSA-9")]}}),
            )
        }
        _ => None,
    }
}

#[test]
fn advisories_and_lists_are_in_documents_and_behind_an_api() {
    let server = Server::handler(with_notices);
    let set = open(&server.url(), &Options::default());
    let names = ["acme/a".into(), "acme/b".into()];
    let ids = |complete| {
        let advisories = set.advisories(0, &names, complete).expect("an answer");
        let ids = advisories
            .iter()
            .map(|advisory| (advisory.id.to_string(), advisory.details.is_some()));
        ids.collect::<Vec<_>>()
    };
    assert!(set.has_advisories(0));
    // What a document says of a package is enough; the API is asked for the others.
    assert_eq!(ids(false), [("PKSA-1".to_owned(), false)]);
    assert_eq!(ids(true), [("PKSA-1".to_owned(), true)]);
    let posted: Vec<String> = server
        .requests()
        .into_iter()
        .filter(|request| request.path == "/api")
        .map(|request| request.body)
        .collect();
    assert_eq!(
        posted,
        [
            "packages%5B%5D=acme%2Fb",
            "packages%5B%5D=acme%2Fa&packages%5B%5D=acme%2Fb"
        ]
    );

    assert_eq!(set.filter_lists(0), ["malware".into()]);
    let entries = set.list_entries(0, &names).expect("an answer");
    assert_eq!(
        (entries.len(), entries[0].reason.as_deref()),
        (1, Some("stolen"))
    );

    // Without network nothing but what is at hand is known, and that is no failure.
    let offline = open(
        &server.url(),
        &Options {
            offline: true,
            ..Options::default()
        },
    );
    assert!(
        offline
            .advisories(0, &names, true)
            .is_ok_and(|advisories| advisories.is_empty())
    );
}

#[test]
fn reads_minified_documents_of_composer_2() {
    let server = Server::handler(composer2);
    let set = open(&server.url(), &Options::default());
    assert_eq!(
        set.repositories()[0].display().to_string(),
        format!("composer repo ({})", server.url())
    );
    assert_eq!(set.repositories()[0].kind, RepositoryKind::Lazy);
    assert_eq!(
        set.additions(0).notification_url.as_deref(),
        Some(format!("{}/downloads/", server.url()).as_str())
    );
    let Loaded::Versions(found) = load(&set, "acme/a") else {
        panic!("versions")
    };
    let packages: Vec<_> = found
        .records
        .iter()
        .map(|record| record.package())
        .collect();
    let requires: Vec<Vec<_>> = packages
        .iter()
        .map(|package| {
            package
                .requires
                .iter()
                .map(|link| &*link.pretty_constraint)
                .collect()
        })
        .collect();
    assert_eq!(
        requires,
        [vec![">=8.1", "self.version"], vec![">=7"], vec![], vec![]]
    );
    assert!(
        packages[..3]
            .iter()
            .all(|package| &*package.kind == "magento2-module")
    );
    assert_eq!(
        packages[2].metadata.to_value(),
        json!({"name": "acme/a", "version": "1.0.0", "version_normalized": "1.0.0.0", "type": "magento2-module"})
    );
    let alias = found.records[3]
        .branch_alias()
        .map(|alias| alias.pretty_version.to_string());
    assert_eq!(alias.as_deref(), Some("9999999-dev"));
    assert_eq!(versions(&set, "acme/b"), Err("absent".to_owned()));
}

#[test]
fn asks_for_branches_only_when_they_may_be_wanted() {
    let server = Server::handler(composer2);
    let set = open(
        &server.url(),
        &Options {
            wants_dev: Arc::new(|name| name != "acme/a"),
            ..Options::default()
        },
    );
    assert_eq!(
        versions(&set, "acme/a").map(|versions| versions.len()),
        Ok(3)
    );
    assert_eq!(
        (
            server.count("/p2/acme/a.json"),
            server.count("/p2/acme/a~dev.json")
        ),
        (1, 0)
    );
}

#[test]
fn asks_for_each_document_once() {
    let server = Server::handler(composer2);
    let progress = Arc::new(Mutex::new(Vec::<Progress>::new()));
    let log = progress.clone();
    let on_progress = Arc::new(move |progress| log.lock().unwrap().push(progress));
    let set = open(
        &server.url(),
        &Options {
            on_progress: Some(on_progress),
            ..Options::default()
        },
    );
    set.prefetch(&["acme/a".into()]);
    let names: Vec<Arc<str>> = ["acme/a", "acme/b", "acme/a", "php", "ext-json", "../x"]
        .map(Arc::from)
        .to_vec();
    assert_eq!(set.load(0, &names).len(), names.len());
    assert_eq!(
        versions(&set, "acme/a").map(|versions| versions.len()),
        Ok(4)
    );
    let asked: Vec<_> = server
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    assert_eq!(asked.len(), 5, "{asked:?}");
    let last = progress
        .lock()
        .unwrap()
        .iter()
        .max_by_key(|progress| (progress.finished, progress.requested))
        .unwrap()
        .clone();
    assert!(
        server.url().contains(&last.host) && last.is_answer,
        "{last:?}"
    );
    assert_eq!((last.requested, last.finished), (5, 5));
    assert!(last.bytes > 100);
}

#[test]
fn asks_only_for_names_that_are_said_to_be_there() {
    let server = Server::handler(|request| match request.path.as_str() {
        "/packages.json" => json_answer(json!({
            "metadata-url": "/p2/%package%.json", "available-packages": ["Acme/A"], "available-package-patterns": ["shop/*"],
        })),
        _ => composer2(request),
    });
    let set = open(&server.url(), &Options::default());
    assert_eq!(
        versions(&set, "acme/a").map(|versions| versions.len()),
        Ok(4)
    );
    assert_eq!(versions(&set, "shop/x"), Err("absent".to_owned()));
    assert_eq!(versions(&set, "other/x"), Err("absent".to_owned()));
    assert_eq!(
        (
            server.count("/p2/shop/x.json"),
            server.count("/p2/other/x.json")
        ),
        (1, 0)
    );
}

#[test]
fn prefers_inline_packages_of_a_lazy_repository() {
    let server = Server::handler(|request| match request.path.as_str() {
        "/packages.json" => json_answer(json!({
            "metadata-url": "/p2/%package%.json",
            "packages": {"acme/a": {"9.0.0": {"name": "acme/a", "version": "9.0.0"}}},
        })),
        _ => composer2(request),
    });
    assert_eq!(
        versions(&open(&server.url(), &Options::default()), "acme/a"),
        Ok(vec!["9.0.0".to_owned()])
    );
}

#[test]
fn reads_what_old_servers_inline_and_include() {
    let server = Server::handler(|request| match request.path.as_str() {
        "/satis/packages.json" => json_answer(json!({
            "packages": {"acme/a": {"1.0.0": {"name": "acme/a", "version": "1.0.0", "require": {"acme/a": "*", "php": "*"}}, "bad": {"name": "acme/a", "version": "no version"}}},
            "includes": {"include/all$1.json": {"sha1": "1"}},
        })),
        "/satis/include/all$1.json" => json_answer(json!({
            "packages": {"acme/b": [{"name": "acme/b", "version": "2.0.0"}]},
            "includes": {"include/all$1.json": {"sha1": "1"}},
        })),
        _ => None,
    });
    for url in ["/satis/", "/satis/packages.json"] {
        let set = open(&format!("{}{url}", server.url()), &Options::default());
        assert_eq!(set.repositories()[0].kind, RepositoryKind::Array);
        let all = set.all(0).unwrap();
        assert_eq!(
            all.iter().map(|package| &*package.name).collect::<Vec<_>>(),
            ["acme/a", "acme/b"]
        );
        assert_eq!(
            all[0].requires.len(),
            1,
            "a link from a package to itself counts for nothing"
        );
        assert_eq!(versions(&set, "acme/b"), Ok(vec!["2.0.0".to_owned()]));
    }
    let missing = Server::handler(|request| {
        (request.path == "/packages.json")
            .then(|| json_answer(json!({"includes": {"gone.json": {}}})))
            .flatten()
    });
    assert!(
        versions(&open(&missing.url(), &Options::default()), "acme/a")
            .unwrap_err()
            .starts_with("NotFound")
    );
}

#[test]
fn reads_the_protocols_of_composer_1() {
    let lazy = Server::handler(|request| match request.path.as_str() {
        "/packages.json" => {
            json_answer(json!({"packages": [], "providers-lazy-url": "/p/%package%.json"}))
        }
        "/p/acme/a.json" => json_answer(
            json!({"packages": {"acme/a": {"1.0.0": {"name": "acme/a", "version": "1.0.0", "uid": 1}}}}),
        ),
        _ => None,
    });
    let set = open(&lazy.url(), &Options::default());
    assert_eq!(versions(&set, "acme/a"), Ok(vec!["1.0.0".to_owned()]));
    assert_eq!(versions(&set, "acme/b"), Err("absent".to_owned()));
    let sum = |document: &Value| -> String {
        let sum = Sha256::digest(document.to_string());
        sum.iter().map(|byte| format!("{byte:02x}")).collect()
    };
    let versions_of_a = json!({"packages": {"acme/a": {"1.0.0": {"name": "acme/a", "version": "1.0.0", "uid": 1}}}});
    let providers = json!({"providers": {
        "acme/a": {"sha256": sum(&versions_of_a)}, "acme/forged": {"sha256": sum(&json!({}))}
    }});
    let (all, a) = (sum(&providers), sum(&versions_of_a));
    let forged = sum(&json!({}));
    let hashed = Server::handler(move |request| match request.path.as_str() {
        "/packages.json" | "/forged/packages.json" => json_answer(json!({
            "packages": [], "providers-url": "/p/%package%$%hash%.json", "provider-includes": {"p/all$%hash%.json": {"sha256": all}},
        })),
        path if path == format!("/p/all${all}.json") => json_answer(providers.clone()),
        path if path == format!("/p/acme/a${a}.json") => json_answer(versions_of_a.clone()),
        path if path == format!("/p/acme/forged${forged}.json") => {
            json_answer(versions_of_a.clone())
        }
        path if path == format!("/forged/p/all${all}.json") => {
            json_answer(json!({"providers": {}}))
        }
        _ => None,
    });
    // What is not what was announced is refused, a list as well as a document.
    let set = open(&hashed.url(), &Options::default());
    let said = versions(&set, "acme/forged").unwrap_err();
    assert!(said.contains("checksum"), "{said}");
    let forged = open(&format!("{}/forged", hashed.url()), &Options::default());
    let error = forged.failure(0).expect("an error").to_string();
    assert!(error.contains("checksum"), "{error}");
    let set = open(&hashed.url(), &Options::default());
    assert_eq!(versions(&set, "acme/a"), Ok(vec!["1.0.0".to_owned()]));
    assert_eq!(versions(&set, "acme/b"), Err("absent".to_owned()));
}

#[test]
fn unpacks_gzip() {
    let server = Server::handler(|request| {
        let answer = composer2(request)?;
        assert!(
            request
                .header("accept-encoding")
                .is_some_and(|encodings| encodings.contains("gzip"))
        );
        Some(Response::gzip(&answer.body))
    });
    assert_eq!(
        versions(&open(&server.url(), &Options::default()), "acme/a")
            .map(|versions| versions.len()),
        Ok(4)
    );
}

#[test]
fn revalidates_and_serves_offline_from_the_cache() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("p2/acme")).unwrap();
    let write = |path: &str, value: Value| {
        std::fs::write(folder.path().join(path), value.to_string()).unwrap()
    };
    write(
        "packages.json",
        json!({"metadata-url": "/p2/%package%.json"}),
    );
    write(
        "p2/acme/a.json",
        json!({"packages": {"acme/a": [{"name": "acme/a", "version": "1.0.0"}]}}),
    );
    let server = Server::folder(folder.path());
    let cache = tempfile::tempdir().unwrap();
    let online = Options {
        cache_dir: Some(cache.path().to_owned()),
        wants_dev: Arc::new(|_| false),
        ..Options::default()
    };
    let offline = Options {
        offline: true,
        ..online.clone()
    };

    assert!(
        versions(&open(&server.url(), &offline), "acme/a")
            .unwrap_err()
            .starts_with("Offline")
    );
    assert!(server.requests().is_empty());

    let set = open(&server.url(), &online);
    assert_eq!(versions(&set, "acme/a"), Ok(vec!["1.0.0".to_owned()]));
    assert_eq!(versions(&set, "acme/b"), Err("absent".to_owned()));

    // Unchanged: asked about, not sent again.
    server.forget();
    assert_eq!(
        versions(&open(&server.url(), &online), "acme/a"),
        Ok(vec!["1.0.0".to_owned()])
    );
    assert!(
        server
            .requests()
            .iter()
            .all(|request| request.header("if-none-match").is_some())
    );
    assert_eq!(server.requests().len(), 2);

    // Changed.
    write(
        "p2/acme/a.json",
        json!({"packages": {"acme/a": [{"name": "acme/a", "version": "1.1.0"}]}}),
    );
    assert_eq!(
        versions(&open(&server.url(), &online), "acme/a"),
        Ok(vec!["1.1.0".to_owned()])
    );

    // Off the network: what was asked before, and that it was not there.
    server.forget();
    let set = open(&server.url(), &offline);
    assert_eq!(versions(&set, "acme/a"), Ok(vec!["1.1.0".to_owned()]));
    assert_eq!(versions(&set, "acme/b"), Err("absent".to_owned()));
    assert!(versions(&set, "acme/c").unwrap_err().starts_with("Offline"));
    assert!(server.requests().is_empty());

    // Damage is absence.
    for file in walk(cache.path()) {
        std::fs::write(file, "{\"format\":1}\ngarbage").unwrap();
    }
    assert_eq!(
        versions(&open(&server.url(), &online), "acme/a"),
        Ok(vec!["1.1.0".to_owned()])
    );
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| {
            if path.is_dir() {
                walk(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn tries_again_and_falls_back_to_the_cache() {
    let broken = Arc::new(AtomicBool::new(false));
    let failures = Arc::new(AtomicUsize::new(2));
    let (is_broken, left) = (broken.clone(), failures.clone());
    let server = Server::handler(move |request| {
        let fail = request.path == "/p2/acme/a.json"
            && left
                .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1))
                .is_ok();
        if fail || is_broken.load(SeqCst) {
            Some(Response::new(503, ""))
        } else {
            composer2(request)
        }
    });
    let cache = tempfile::tempdir().unwrap();
    let options = Options {
        cache_dir: Some(cache.path().to_owned()),
        wants_dev: Arc::new(|_| false),
        ..Options::default()
    };
    let set = open(&server.url(), &options);
    assert_eq!(
        versions(&set, "acme/a").map(|versions| versions.len()),
        Ok(3)
    );
    assert_eq!((server.count("/p2/acme/a.json"), set.outage(0)), (3, None));

    broken.store(true, SeqCst);
    let set = open(&server.url(), &options);
    assert_eq!(
        versions(&set, "acme/a").map(|versions| versions.len()),
        Ok(3)
    );
    assert_eq!(
        versions(&set, "acme/c"),
        Err("Network: answered HTTP 503".to_owned())
    );
    assert_eq!(
        set.outage(0).map(|error| error.message.as_str()),
        Some("answered HTTP 503")
    );
}

#[test]
fn says_what_is_wrong() {
    for (status, body, kind) in [
        (401, "", ErrorKind::Unauthorized),
        (403, "", ErrorKind::Forbidden),
        (404, "", ErrorKind::NotFound),
        (418, "", ErrorKind::Network),
        (200, "<html>", ErrorKind::Malformed),
        (200, "[]", ErrorKind::Malformed),
    ] {
        let server = Server::handler(move |_| Some(Response::new(status, body)));
        let url = server.url().replace("://", "://user:hunter2@");
        let Loaded::Unavailable(error) = load(&open(&url, &Options::default()), "acme/a") else {
            panic!("{status}")
        };
        assert_eq!(error.kind, kind, "{error}");
        assert!(
            !error.to_string().contains("hunter2") && error.to_string().contains("/packages.json"),
            "{error}"
        );
    }
    let server = Server::handler(|request| match request.path.as_str() {
        "/p2/acme/a.json" => Some(Response::new(200, "{\n\"packages\": {\n\"acme/a\": [}\n}")),
        _ => composer2(request),
    });
    let error = versions(&open(&server.url(), &Options::default()), "acme/a").unwrap_err();
    assert_eq!(
        error,
        "Malformed: is not a repository document: an object expected in line 3"
    );

    // Nobody listens on the port of a server that has gone.
    let gone = Server::handler(|_| None).url();
    let Loaded::Unavailable(error) = load(&open(&gone, &Options::default()), "acme/a") else {
        panic!("nobody is there")
    };
    assert_eq!(error.kind, ErrorKind::Network);
}

#[test]
fn refuses_plain_http_unless_it_is_allowed() {
    let server = Server::handler(composer2);
    let mut root = root(&server.url());
    root["config"] = json!({});
    let set = RepositorySet::open(&root, Path::new("."), &Options::default()).unwrap();
    assert!(
        versions(&set, "acme/a")
            .unwrap_err()
            .contains("secure-http")
    );
    assert!(server.requests().is_empty());
}

#[test]
fn sends_credentials_to_their_host_only() {
    let other = Server::handler(|request| match request.path.as_str() {
        "/elsewhere/a.json" => {
            json_answer(json!({"packages": {"acme/a": [{"name": "acme/a", "version": "1.0.0"}]}}))
        }
        _ => None,
    });
    let target = format!("{}/elsewhere/a.json", other.url());
    let server = Server::handler(move |request| match request.path.as_str() {
        _ if request.header("authorization").is_none() => Some(Response::new(401, "")),
        "/p2/acme/a.json" => Some(Response::new(302, "").with("location", &target)),
        "/p2/acme/b.json" => Some(Response::new(301, "").with("location", "/moved/b.json")),
        "/moved/b.json" => {
            json_answer(json!({"packages": {"acme/b": [{"name": "acme/b", "version": "1.0.0"}]}}))
        }
        "/p2/acme/c.json" => Some(Response::new(302, "").with("location", "/p2/acme/c.json")),
        _ => composer2(request),
    });
    let mut credentials = Credentials::default();
    credentials.add(
        &json!({"http-basic": {server.authority(): {"username": "user", "password": "hunter2"}}}),
    );
    let by_file = Options {
        credentials,
        wants_dev: Arc::new(|_| false),
        ..Options::default()
    };
    let by_url = Options {
        credentials: Credentials::default(),
        ..by_file.clone()
    };
    let url = server.url().replace("://", "://user:hunter2@");
    for (url, options) in [(server.url(), by_file), (url, by_url)] {
        let mut root = root(&url);
        root["repositories"][0]["options"] = json!({"http": {"header": ["X-Key: opensesame"]}});
        let set = RepositorySet::open(&root, Path::new("."), &options).unwrap();
        assert_eq!(versions(&set, "acme/a"), Ok(vec!["1.0.0".to_owned()]));
        assert_eq!(versions(&set, "acme/b"), Ok(vec!["1.0.0".to_owned()]));
        assert_eq!(
            versions(&set, "acme/c"),
            Err("Network: redirects in a circle".to_owned())
        );
        // What the masking is fed with: all that the repositories' entries hold, and nothing that can be printed by mistake.
        let listed = composer_engine::repository::secrets(&root);
        let has = |wanted: &str| listed.iter().any(|secret| secret.expose().contains(wanted));
        assert!(has("opensesame") && has("hunter2") == url.contains("hunter2"));
        assert!(!format!("{:?} {listed:?}", set.repositories()).contains("hunter2"));
        for request in server.requests() {
            assert_eq!(
                (request.header("authorization"), request.header("x-key")),
                (Some("Basic dXNlcjpodW50ZXIy"), Some("opensesame"))
            );
        }
        for request in other.requests() {
            assert_eq!(
                (request.header("authorization"), request.header("x-key")),
                (None, None),
                "{request:?}"
            );
        }
        assert_eq!(other.count("/elsewhere/a.json"), 1);
        other.forget();
    }
    assert_eq!(
        versions(&open(&server.url(), &Options::default()), "acme/a"),
        Err("Unauthorized: asks for credentials (HTTP 401)".to_owned())
    );
}

#[test]
fn keeps_many_requests_under_way() {
    let server = Server::start(None, std::time::Duration::from_millis(50), |request| {
        (request.path == "/packages.json")
            .then(|| json_answer(json!({"metadata-url": "/p2/%package%.json"})))
            .flatten()
    });
    let set = open(
        &server.url(),
        &Options {
            wants_dev: Arc::new(|_| false),
            ..Options::default()
        },
    );
    let names: Vec<Arc<str>> = (0..64)
        .map(|index| format!("acme/{index}").into())
        .collect();
    let start = std::time::Instant::now();
    assert!(
        set.load(0, &names)
            .iter()
            .all(|answer| matches!(answer, Loaded::Absent))
    );
    assert!(
        start.elapsed() < std::time::Duration::from_millis(64 * 50 / 4),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_repository_stays_open_for_the_next_root() {
    let server = Server::handler(composer2);
    let options = Options {
        wants_dev: Arc::new(|_| false),
        ..Options::default()
    };
    let ask = || {
        let set = RepositorySet::open(&root(&server.url()), Path::new("."), &options).unwrap();
        versions(&set, "acme/a").map(|versions| versions.len())
    };
    assert_eq!(ask(), Ok(3));
    let asked = server.requests().len();
    assert_eq!(ask(), Ok(3));
    assert_eq!(server.requests().len(), asked);
}

#[test]
fn stores_share_what_they_would_ask_alike() {
    let elsewhere = Server::handler(composer2);
    let target = format!("{}/p2/acme/a.json", elsewhere.url());
    let server = Server::handler(move |request| match request.path.as_str() {
        "/p2/acme/b.json" => Some(Response::new(302, "").with("location", &target)),
        _ => composer2(request),
    });
    let session = Arc::new(Session::default());
    let login = |host: &str, password: &str| json!({"http-basic": {host: {"username": "user", "password": password}}});
    let ask = |name: &str, logins: &[Value]| {
        let mut credentials = Credentials::default();
        logins.iter().for_each(|login| credentials.add(login));
        let options = Options {
            credentials,
            wants_dev: Arc::new(|_| false),
            session: session.clone(),
            ..Options::default()
        };
        let before = server.requests().len();
        let set = RepositorySet::open(&root(&server.url()), Path::new("."), &options).unwrap();
        let _ = versions(&set, name);
        server.requests().len() - before
    };
    let [own, other] = [server.authority(), elsewhere.authority()];
    assert_eq!(ask("acme/a", &[]), 2);
    assert_eq!(ask("acme/a", &[]), 0);
    // What another host is told is of no interest, until it is asked.
    assert_eq!(ask("acme/a", &[login(&other, "one")]), 0);
    assert_eq!(ask("acme/a", &[login(&own, "one")]), 2);
    assert_eq!(ask("acme/a", &[login(&own, "one")]), 0);
    assert_eq!(ask("acme/a", &[login(&own, "two")]), 2);
    let both = |password: &str| [login(&own, "three"), login(&other, password)];
    assert_eq!(ask("acme/b", &both("one")), 2);
    assert_eq!(ask("acme/b", &both("one")), 0);
    assert_eq!(ask("acme/b", &both("two")), 2);
}

#[test]
fn a_session_forgets_what_nobody_needs_when_it_grows() {
    let server = Server::handler(|request| match request.path.as_str() {
        "/p2/acme/a.json" | "/packages.json" => composer2(request),
        _ => json_answer(json!({"packages": {"acme/b": [{"name": "acme/b", "version": "1.0"}]}})),
    });
    let options = Options {
        wants_dev: Arc::new(|_| false),
        ..Options::default()
    };
    let ask = |name: &str| {
        let set = RepositorySet::open(&root(&server.url()), Path::new("."), &options).unwrap();
        assert!(versions(&set, name).is_ok());
    };
    ask("acme/a");
    ask("acme/b");
    options.session.forget_beyond(1 << 20);
    ask("acme/b");
    assert_eq!(
        (
            server.count("/p2/acme/a.json"),
            server.count("/p2/acme/b.json")
        ),
        (1, 1)
    );
    // Nobody has asked for the first one since.
    options.session.forget_beyond(1000);
    ask("acme/b");
    ask("acme/a");
    assert_eq!(
        (
            server.count("/p2/acme/a.json"),
            server.count("/p2/acme/b.json")
        ),
        (2, 1)
    );
    options.session.forget_beyond(0);
    ask("acme/b");
    assert_eq!(server.count("/p2/acme/b.json"), 2);
    assert_eq!(server.count("/packages.json"), 1);
}
