//! A server that means harm, or is broken: whatever it answers costs a bounded time and a bounded memory, and the error names
//! it.

use super::server::{Request, Response, Server};
use composer_engine::repository::{ErrorKind, Loaded, Options, PackageSource, RepositorySet};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

fn root(url: &str) -> Value {
    json!({
        "repositories": [{"type": "composer", "url": url}, {"packagist.org": false}],
        "config": {"secure-http": false},
    })
}

fn options() -> Options {
    Options {
        deadline: Duration::from_secs(60),
        wants_dev: Arc::new(|_| false),
        ..Options::default()
    }
}

/// What a repository answers about `acme/a`; an error must name the server.
fn ask(url: &str, options: &Options) -> Result<usize, (ErrorKind, String)> {
    let set = RepositorySet::open(&root(url), Path::new("."), options).expect("a sound section");
    match set.load(0, &["acme/a".into()]).remove(0) {
        Loaded::Versions(versions) => Ok(versions.records.len()),
        Loaded::Absent => Ok(0),
        Loaded::Unavailable(error) => {
            assert!(error.url.starts_with(url), "{error}");
            Err((error.kind, error.message.clone()))
        }
    }
}

/// A server that reads a request and then does what `answer` does with the connection. Its address; it ends with the test.
fn raw(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || {
                let mut request = [0; 4096];
                if stream.read(&mut request).is_ok() {
                    answer(stream);
                }
            });
        }
    });
    url
}

/// A megabyte of zeros in a few kilobytes, as often as said: one literal, then copies of 258 bytes with the fixed code of
/// deflate.
fn bomb(megabytes: usize) -> Response {
    let (mut packed, mut buffer, mut filled) = (vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255], 0, 0);
    let mut put = |bits: u32, count: u32| {
        buffer |= bits << filled;
        filled += count;
        while filled >= 8 {
            packed.push(buffer as u8);
            buffer >>= 8;
            filled -= 8;
        }
    };
    // The last block, with the fixed code; the byte 0.
    put(0b011, 3);
    put(0x30_u8.reverse_bits().into(), 8);
    for _ in 0..(megabytes << 20) / 258 {
        // Length 258, then distance 1.
        put(0b1100_0101_u8.reverse_bits().into(), 8);
        put(0, 5);
    }
    put(0, 7);
    put(0, 8);
    packed.extend([0; 8]);
    Response::new(200, packed).with("content-encoding", "gzip")
}

#[test]
fn an_answer_has_a_limit_packed_or_not() {
    let server = Server::handler(|_| Some(bomb(300)));
    let endless = raw(|mut stream| {
        let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        let mut written = stream.write_all(head.as_bytes());
        while written.is_ok() {
            written = stream.write_all(chunk.as_bytes());
        }
    });
    let claimed = raw(|mut stream| {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 999999999999\r\n\r\n{";
        let _ = stream.write_all(head.as_bytes());
    });
    for url in [server.url(), endless] {
        let (kind, message) = ask(&url, &options()).unwrap_err();
        assert_eq!(kind, ErrorKind::Malformed, "{message}");
        assert!(message.contains("larger than 128 MB unpacked"), "{message}");
    }
    // What is merely announced is no reason to fetch memory for it.
    assert_eq!(ask(&claimed, &options()).unwrap_err().0, ErrorKind::Network);
}

#[test]
fn a_server_that_takes_its_time_is_given_up() {
    let drip = |stream: &mut TcpStream| {
        while stream.write_all(b" ").is_ok() {
            thread::sleep(Duration::from_millis(20));
        }
    };
    let silent = raw(|stream| {
        thread::sleep(Duration::from_secs(30));
        drop(stream);
    });
    let header = raw(move |mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nx:");
        drip(&mut stream);
    });
    let body = raw(move |mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
        drip(&mut stream);
    });
    for url in [silent, header, body] {
        let begun = Instant::now();
        let (kind, message) = ask(&url, &hurried()).unwrap_err();
        assert_eq!(kind, ErrorKind::Network);
        assert_eq!(message, "did not answer within 1 seconds (--timeout)");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}

/// The root document of a server that is asked by name, and for every other path what `answer` says.
fn by_name(answer: impl Fn() -> Option<Response> + Send + Sync + 'static) -> Server {
    Server::handler(move |request| match request.path.as_str() {
        "/packages.json" => {
            let document = json!({"metadata-url": "/p2/%package%.json", "packages": []});
            Some(Response::new(200, document.to_string()))
        }
        _ => answer(),
    })
}

fn many_names() -> Vec<Arc<str>> {
    (0..120)
        .map(|index| format!("acme/{index}").into())
        .collect()
}

fn hurried() -> Options {
    Options {
        deadline: Duration::from_secs(1),
        ..options()
    }
}

/// A server that does one thing after the other takes longer for all of them than any silence may last.
#[test]
fn a_slow_server_that_lives_is_waited_for() {
    let one_at_a_time = std::sync::Mutex::new(());
    let server = by_name(move || {
        let _turn = one_at_a_time.lock();
        thread::sleep(Duration::from_millis(25));
        None
    });
    let set = RepositorySet::open(&root(&server.url()), Path::new("."), &hurried()).unwrap();
    let begun = Instant::now();
    let loaded = set.load(0, &many_names());
    assert!(begun.elapsed() > Duration::from_secs(2), "a slow server");
    let absent = |loaded: &Loaded| matches!(loaded, Loaded::Absent);
    assert!(loaded.iter().all(absent), "{loaded:?}");
    assert_eq!(set.outage(0), None);
}

#[test]
fn a_server_that_hangs_is_given_up_once_for_all_that_it_has() {
    let server = by_name(|| {
        thread::sleep(Duration::from_secs(20));
        None
    });
    let set = RepositorySet::open(&root(&server.url()), Path::new("."), &hurried()).unwrap();
    let begun = Instant::now();
    let reasons = |names: &[Arc<str>]| -> Vec<String> {
        let loaded = set.load(0, names).into_iter();
        let errors = loaded.map(|loaded| match loaded {
            Loaded::Unavailable(error) => error.to_string(),
            other => panic!("{other:?}"),
        });
        errors.collect()
    };
    let mut said = reasons(&many_names());
    said.extend(reasons(&["acme/later".into()]));
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "{:?}",
        begun.elapsed()
    );
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(
        said[0].contains("did not answer within 1 seconds"),
        "{said:?}"
    );
    assert!(server.requests().len() <= 51);
}

#[test]
fn a_redirect_leads_to_web_servers_only_and_not_for_ever() {
    for (target, expected) in [
        ("file:///etc/passwd", "cannot be asked over `file`"),
        ("ftp://acme.test/", "cannot be asked over `ftp`"),
        ("/packages.json", "redirects in a circle"),
        ("http://[", "redirects to nowhere"),
    ] {
        let server = Server::handler(|_| Some(Response::new(302, "").with("location", target)));
        let message = ask(&server.url(), &options()).unwrap_err().1;
        assert_eq!(message, expected);
        assert!(server.requests().len() <= 21);
    }
}

/// The root document and one of a package, each with something in every place that is read.
fn documents() -> (Value, Value) {
    (
        json!({
            "packages": {"acme/b": {"1.0.0": {"name": "acme/b", "version": "1.0.0"}}},
            "metadata-url": "/p2/%package%.json",
            "available-packages": ["acme/a"],
            "available-package-patterns": ["acme/*"],
            "notify-batch": "/downloads",
            "mirrors": [{"dist-url": "/dist/%package%", "git-url": "https://acme.test/x.git", "preferred": true}],
            "security-advisories": {"metadata": true, "api-url": "/api"},
            "filter": {"metadata": true, "lists": {"malware": {"enabled": true}}},
            "includes": {"more.json": {"sha1": "0"}},
        }),
        json!({
            "minified": "composer/2.0",
            "packages": {"acme/a": [
                {"name": "acme/a", "version": "2.0.0", "version_normalized": "2.0.0.0", "type": "library",
                 "require": {"php": ">=8.1"}, "replace": {"acme/old": "self.version"}, "suggest": {"x": "y"},
                 "dist": {"type": "zip", "url": "https://acme.test/a.zip", "reference": "1", "shasum": ""},
                 "source": {"type": "git", "url": "https://acme.test/a.git", "reference": "1"},
                 "autoload": {"psr-4": {"A\\": ["src"]}}, "extra": {"branch-alias": {"dev-main": "2.x-dev"}},
                 "license": ["MIT"], "authors": [{"name": "A"}], "abandoned": false, "bin": ["x"],
                 "time": "2026-01-01T00:00:00+00:00", "default-branch": true},
                {"version": "1.0.0", "version_normalized": "1.0.0.0", "require": "__unset"},
            ]},
            "security-advisories": [{"advisoryId": "P-1", "affectedVersions": "<2"}],
            "filter": {"malware": [{"constraint": "1.0.0", "reason": "stolen"}]},
        }),
    )
}

/// The document with each of its values, one at a time, replaced by each of the others.
fn wrong(document: &Value) -> Vec<Value> {
    fn places(value: &Value, at: &str, found: &mut Vec<String>) {
        found.push(at.to_owned());
        let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    places(value, &format!("{at}/{}", escaped(key)), found);
                }
            }
            Value::Array(list) => {
                for (index, value) in list.iter().enumerate() {
                    places(value, &format!("{at}/{index}"), found);
                }
            }
            _ => {}
        }
    }
    let others = [
        json!(null),
        json!(true),
        json!(-1.5),
        json!(""),
        json!("\u{1b}[31m||"),
        json!([]),
        json!([["x"]]),
        json!({}),
        json!({"": {"": []}}),
    ];
    let mut found = Vec::new();
    places(document, "", &mut found);
    let mut documents = Vec::new();
    for place in found {
        for other in &others {
            let mut changed = document.clone();
            *changed.pointer_mut(&place).unwrap() = other.clone();
            documents.push(changed);
        }
    }
    documents
}

#[test]
fn wrong_types_are_errors_of_the_repository_at_most() {
    let (root, package) = documents();
    let roots = wrong(&root).into_iter().map(|root| (root, package.clone()));
    let packages = wrong(&package)
        .into_iter()
        .map(|package| (root.clone(), package));
    let mut cases: Vec<(Value, Value)> = roots.chain(packages).collect();
    assert!(cases.len() > 700, "{}", cases.len());
    for (case, (root, _)) in cases.iter_mut().enumerate() {
        // The link starts at the host.
        if let Some(link) = root.get_mut("metadata-url")
            && *link == "/p2/%package%.json"
        {
            *link = format!("/{case}/p2/%package%.json").into();
        }
    }
    let served = cases.clone();
    let server = Server::handler(move |request: &Request| {
        let (case, path) = request.path[1..].split_once('/')?;
        let (root, package) = &served[case.parse::<usize>().ok()?];
        let document = match path {
            "packages.json" => root,
            _ if path.ends_with("acme/a.json") => package,
            _ => return None,
        };
        Some(Response::new(200, document.to_string()))
    });
    let options = options();
    let mut sound = 0;
    for (index, case) in cases.iter().enumerate() {
        match ask(&format!("{}/{index}", server.url()), &options) {
            Ok(_) => sound += 1,
            Err((kind, message)) => assert!(
                matches!(
                    kind,
                    ErrorKind::Malformed
                        | ErrorKind::NotFound
                        | ErrorKind::Configuration
                        | ErrorKind::Network
                ) && !message.is_empty(),
                "{}: {kind:?} {message}",
                case.0
            ),
        }
    }
    assert!(sound > 100, "{sound}");
}

#[test]
fn a_hundred_thousand_versions_are_merely_many() {
    let versions: Vec<Value> = (0..100_000)
        .map(|number| json!({"name": "acme/a", "version": format!("1.{number}.0")}))
        .collect();
    let document = json!({"packages": {"acme/a": versions}}).to_string();
    let server = Server::handler(move |request| match request.path.as_str() {
        "/packages.json" => Some(Response::new(
            200,
            json!({"metadata-url": "/p2/%package%.json"}).to_string(),
        )),
        "/p2/acme/a.json" => Some(Response::new(200, document.clone())),
        _ => None,
    });
    let begun = Instant::now();
    assert_eq!(ask(&server.url(), &options()), Ok(100_000));
    assert!(
        begun.elapsed() < Duration::from_secs(60),
        "{:?}",
        begun.elapsed()
    );
}

/// Packages with as many versions as there are others, each of which excludes that of all others: there is no solution, and
/// no way to see that but to go through the combinations.
#[test]
fn versions_that_exclude_each_other_cost_a_bounded_work() {
    use composer_engine::format::root::RootPackage;
    use composer_engine::resolve::update::{UpdateError, UpdateOptions, update};
    const COUNT: usize = 16;
    let name = |package: usize| format!("acme/p{package}");
    let version = |package: usize, version: usize| {
        let others = (0..COUNT).filter(|other| *other != package);
        let conflicts: serde_json::Map<String, Value> = others
            .map(|other| (name(other), json!(format!("{version}.0.0"))))
            .collect();
        json!({"name": name(package), "version": format!("{version}.0.0"), "conflict": conflicts})
    };
    let packages: Vec<Value> = (0..COUNT)
        .flat_map(|package| (1..COUNT).map(move |number| version(package, number)))
        .collect();
    let server = Server::handler(move |request| {
        let document = json!({"packages": {"acme/all": packages}});
        (request.path == "/packages.json").then(|| Response::new(200, document.to_string()))
    });
    let mut manifest = root(&server.url());
    manifest["require"] = (0..COUNT)
        .map(|package| (name(package), json!("*")))
        .collect();
    let set = RepositorySet::open(&manifest, Path::new("."), &options()).unwrap();
    let manifest = RootPackage::load(&manifest).unwrap();
    let entangled = match update(&set, &manifest, None, &UpdateOptions::default()) {
        Err(UpdateError::Entangled(entangled)) => entangled,
        other => panic!("{:?}", other.map(|_| ())),
    };
    let said = entangled.to_string();
    assert_eq!(entangled.packages.len(), 3, "{said}");
    assert!(
        said.contains("acme/p") && said.contains(&server.url()),
        "{said}"
    );
}

#[test]
fn a_root_of_enormous_size_is_refused() {
    use composer_engine::format::root::RootPackage;
    let requires = |count: usize| -> Value {
        let requires = (0..count).map(|index| (format!("acme/p{index}"), json!("*")));
        json!({"require": requires.collect::<serde_json::Map<String, Value>>()})
    };
    assert!(RootPackage::load(&requires(5_000)).is_ok());
    let refused = RootPackage::load(&requires(5_001)).map(|_| ()).unwrap_err();
    assert!(
        refused.to_string().contains("`require` has 5001 entries"),
        "{refused}"
    );
    let repositories = |kind: &str, count: usize| {
        let entry = |index| json!({"type": kind, "url": format!("https://r{index}.test/x.git")});
        let all: Vec<Value> = (0..count).map(entry).collect();
        let options = Options {
            offline: true,
            ..options()
        };
        let root = json!({"repositories": all});
        RepositorySet::open(&root, Path::new("."), &options).map(|_| ())
    };
    // One of them is packagist.org.
    assert!(repositories("vcs", 1_999).is_ok() && repositories("composer", 249).is_ok());
    for (kind, count) in [("vcs", 2_000), ("composer", 250)] {
        let refused = repositories(kind, count).unwrap_err().to_string();
        assert!(refused.contains("are not read"), "{refused}");
    }
}

#[test]
fn documents_that_include_each_other_or_ever_more_come_to_an_end() {
    let server = Server::handler(|request| {
        let (place, name) = request.path.rsplit_once('/')?;
        let number: usize = name.trim_end_matches(".json").parse().unwrap_or(0);
        let next = match place {
            "/ever" => format!("{}.json", number + 1),
            // Each includes the other one, and the root document.
            _ => format!("{}.json", 1 - number.min(1)),
        };
        let include = json!({next: {}, "packages.json": {}});
        Some(Response::new(
            200,
            json!({"packages": [], "includes": include}).to_string(),
        ))
    });
    let (kind, message) = ask(&format!("{}/ever", server.url()), &options()).unwrap_err();
    assert_eq!(kind, ErrorKind::Malformed);
    assert!(message.contains("more than 1000 documents"), "{message}");
    assert!(server.requests().len() < 1_100);
    assert!(ask(&format!("{}/circle", server.url()), &options()).is_ok());
}
