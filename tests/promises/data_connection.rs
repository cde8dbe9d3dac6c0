//! "A server is reached as a shop reaches it: over the network with a password, encrypted where it wants that, and what is
//! wrong is said in a word."

use crate::database::server::{Server, server};
use crate::kit::data::PASSWORD;
use composer_engine::format::auth::Secret;
use mageshift::database::server::{Access, Endpoint, Session};
use mysql::prelude::Queryable;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An authority, and the key and certificate of a server at 127.0.0.1; none where there is no openssl.
fn certificates(folder: &Path) -> Option<()> {
    let script = "set -e
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=authority -keyout ca-key.pem -out ca.pem
openssl req -newkey rsa:2048 -nodes -subj /CN=server -keyout key.pem -out request.pem
printf 'subjectAltName=IP:127.0.0.1' >names
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile names -out cert.pem";
    let made = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder)
        .output();
    made.ok().filter(|made| made.status.success()).map(|_| ())
}

#[test]
fn over_the_network() {
    if server().is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    if certificates(folder.path()).is_none() {
        eprintln!("skipped: no openssl here");
        return;
    }
    // One that is free now.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let file = |name: &str| folder.path().join(name);
    let options = [
        "--bind-address=127.0.0.1".to_string(),
        format!("--port={port}"),
        format!("--ssl-ca={}", file("ca.pem").display()),
        format!("--ssl-cert={}", file("cert.pem").display()),
        format!("--ssl-key={}", file("key.pem").display()),
    ];
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let server = Server::start(&options).unwrap();
    let mut conn = server.connect();
    let password = PASSWORD.replace('\'', "''");
    for sql in [
        format!("CREATE USER shop@'%' IDENTIFIED BY '{password}'"),
        format!("CREATE USER careful@'%' IDENTIFIED BY '{password}' REQUIRE SSL"),
        "CREATE DATABASE shop".to_string(),
    ] {
        conn.query_drop(&sql).unwrap();
    }
    let open = |user: &str, password: &str, tls: Option<Option<PathBuf>>| {
        Session::open(&Access {
            endpoint: Endpoint::Tcp {
                host: "127.0.0.1".into(),
                port,
            },
            user: user.into(),
            password: Some(Secret::new(password.to_string())),
            tls,
        })
        .map(|_| ())
    };
    let authority = Some(Some(file("ca.pem")));
    // MySQL wants the password encrypted with its own key where the line is not.
    open("shop", PASSWORD, None).unwrap();
    open("shop", PASSWORD, authority.clone()).unwrap();
    open("careful", PASSWORD, authority.clone()).unwrap();
    let wrong = open("shop", "Planted-wrong", None).unwrap_err();
    assert!(
        wrong.to_string().contains("refuses the user shop"),
        "{wrong:?}"
    );
    // Of an authority that did not sign it, and of nobody.
    let other = tempfile::tempdir().unwrap();
    certificates(other.path()).unwrap();
    for tls in [Some(Some(other.path().join("ca.pem"))), Some(None)] {
        let untrusted = open("shop", PASSWORD, tls).unwrap_err();
        let told = format!("{untrusted} {:?}", untrusted.hint());
        assert!(told.contains("--db-tls-ca"), "{untrusted:?} {told}");
    }
    let open_line = open("careful", PASSWORD, None).unwrap_err();
    assert!(
        open_line
            .hint()
            .is_some_and(|hint| hint.contains("--db-tls")),
        "{open_line:?}"
    );
    conn.query_drop("SET GLOBAL require_secure_transport = ON")
        .unwrap();
    let refused = open("shop", PASSWORD, None).unwrap_err();
    assert!(
        refused.hint().is_some_and(|hint| hint.contains("--db-tls")),
        "{refused:?}"
    );
    open("shop", PASSWORD, authority).unwrap();
}
