//! What a question asked before is asked for at once, and changes no answer.

use crate::server::{Request, Response, Server};
use composer_engine::repository::{Foresight, Loaded, Options, PackageSource, RepositorySet};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Packages of which each requires the next; the repository names those that it has.
fn chain(request: &Request) -> Option<Response> {
    let answer = |value: Value| Some(Response::new(200, value.to_string()));
    if request.path == "/packages.json" {
        let names = ["acme/a", "acme/b", "acme/c"];
        return answer(json!({"metadata-url": "/p2/%package%.json", "available-packages": names}));
    }
    let name = request.path.strip_prefix("/p2/")?.strip_suffix(".json")?;
    let name = name.strip_suffix("~dev").unwrap_or(name);
    answer(json!({"packages": {name: [{"name": name, "version": "1.0.0"}]}}))
}

/// Opens the repository as a new run of the program does that asks a question.
fn run(server: &Server, cache: &Path, question: &str) -> (RepositorySet, Options) {
    let options = Options {
        cache_dir: Some(cache.to_owned()),
        foresight: Some(Arc::new(Foresight::of(cache, &[question]))),
        wants_dev: Arc::new(|name| name == "acme/b"),
        ..Options::default()
    };
    let set = RepositorySet::open(&root(server), Path::new("."), &options);
    (set.expect("a sound section"), options)
}

fn root(server: &Server) -> Value {
    json!({
        "repositories": [{"type": "composer", "url": server.url()}, {"packagist.org": false}],
        "config": {"secure-http": false},
    })
}

fn load(set: &RepositorySet, name: &str) -> bool {
    matches!(set.load(0, &[name.into()])[..], [Loaded::Versions(_)])
}

/// A whole run that asks for names, after which nothing is left but the cache.
fn ask(server: &Server, cache: &Path, names: &[&str]) {
    let (set, options) = run(server, cache, "one");
    for name in names {
        assert!(load(&set, name), "{name}");
    }
    options.foresight.unwrap().keep(&options.session);
    server.forget();
}

/// The documents that were asked for, sorted, once there are so many, or after a while.
fn asked(server: &Server, count: usize) -> Vec<String> {
    let begun = Instant::now();
    loop {
        let requests = server.requests().into_iter();
        let paths =
            requests.filter_map(|request| Some(request.path.strip_prefix("/p2/acme/")?.to_owned()));
        let mut paths: Vec<String> = paths.collect();
        if paths.len() >= count || begun.elapsed() > Duration::from_secs(5) {
            paths.sort_unstable();
            return paths;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_same_question_asks_at_once_for_what_it_asked_before() {
    let server = Server::handler(chain);
    let cache = tempfile::tempdir().unwrap();
    let (set, options) = run(&server, cache.path(), "one");
    assert!(load(&set, "acme/c") && load(&set, "acme/b") && !load(&set, "acme/none"));
    options.foresight.as_ref().unwrap().keep(&options.session);
    assert_eq!(asked(&server, 3), ["b.json", "b~dev.json", "c.json"]);

    server.forget();
    let (set, options) = run(&server, cache.path(), "one");
    // Nobody has asked for anything yet.
    assert_eq!(asked(&server, 3), ["b.json", "b~dev.json", "c.json"]);
    // What comes up is what counts, and nothing is asked for twice.
    assert!(load(&set, "acme/b") && load(&set, "acme/a"));
    assert_eq!(
        asked(&server, 4),
        ["a.json", "b.json", "b~dev.json", "c.json"]
    );
    options.foresight.as_ref().unwrap().keep(&options.session);

    // A name that was asked for in vain is forgotten.
    server.forget();
    let (_set, _) = run(&server, cache.path(), "one");
    assert_eq!(asked(&server, 3), ["a.json", "b.json", "b~dev.json"]);
}

#[test]
fn another_question_asks_for_nothing_ahead() {
    let server = Server::handler(chain);
    let cache = tempfile::tempdir().unwrap();
    ask(&server, cache.path(), &["acme/a"]);
    let (set, _) = run(&server, cache.path(), "other");
    assert!(load(&set, "acme/b"));
    assert_eq!(asked(&server, 2), ["b.json", "b~dev.json"]);
}

/// As for a new store, whose release is looked up before it is known what is asked.
#[test]
fn a_repository_that_is_open_already_is_asked_ahead_once() {
    let server = Server::handler(chain);
    let cache = tempfile::tempdir().unwrap();
    ask(&server, cache.path(), &["acme/a", "acme/c"]);
    let (set, plain) = run(&server, cache.path(), "other");
    assert!(load(&set, "acme/a"));
    let foresight = Some(Arc::new(Foresight::of(cache.path(), &["one"])));
    let options = Options { foresight, ..plain };
    let open = || {
        let root = root(&server);
        RepositorySet::open(&root, Path::new("."), &options).expect("a sound section")
    };
    let _sets = [open(), open()];
    assert_eq!(asked(&server, 2), ["a.json", "c.json"]);
}

/// A file in the cache that says what nobody asked for brings a request at most, and to the repository alone.
#[test]
fn what_is_foreseen_is_a_name_or_nothing() {
    let server = Server::handler(chain);
    let cache = tempfile::tempdir().unwrap();
    ask(&server, cache.path(), &["acme/a"]);
    let folder = cache.path().join("questions");
    let file = std::fs::read_dir(folder)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    let text = std::fs::read_to_string(&file).unwrap();
    let odd = [
        "../../etc/passwd",
        "http://other.example/x",
        "",
        "~dev",
        "acme/b",
        "acme/unlisted",
    ];
    let text = text.replace("[\"acme/a\"]", &json!(odd).to_string());
    std::fs::write(&file, text).unwrap();
    let (set, _) = run(&server, cache.path(), "one");
    assert!(load(&set, "acme/a"));
    assert_eq!(asked(&server, 2), ["a.json", "b.json"]);
    let others = server.requests().into_iter();
    let others = others.filter(|request| !request.path.starts_with("/p2/acme/"));
    let others: Vec<String> = others.map(|request| request.path).collect();
    assert_eq!(others, ["/packages.json"]);
}

#[test]
fn the_own_repositories_are_opened_beside_those_of_the_target() {
    let (server, other) = (Server::handler(chain), Server::handler(chain));
    let root = |servers: &[&Server]| {
        let entries = servers
            .iter()
            .map(|server| json!({"type": "composer", "url": server.url()}));
        let entries: Vec<Value> = entries.chain([json!({"packagist.org": false})]).collect();
        json!({"repositories": entries, "config": {"secure-http": false}})
    };
    let options = Options::default();
    let open = |root: &Value, next: Option<&Value>| {
        RepositorySet::open_with(root, next, Path::new("."), &options).expect("a sound section")
    };
    let set = open(&root(&[&server]), Some(&root(&[&server, &other])));
    assert_eq!(set.repositories().len(), 1);
    assert_eq!((server.requests().len(), other.requests().len()), (1, 1));
    let set = open(&root(&[&other, &server]), None);
    assert_eq!(set.repositories().len(), 2);
    assert_eq!((server.requests().len(), other.requests().len()), (1, 1));
}
