//! Encrypted repositories: whom `config.cafile` makes trusted, what is said of all others, and that nothing secret leaves the
//! encryption. Skipped where there is no `openssl` or `python3` to make a server with.

use super::server::{Response, Server};
use composer_engine::format::auth::Credentials;
use composer_engine::repository::{Loaded, Options, PackageSource, RepositorySet};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Answers what a repository with `acme/a` does, and below `/down` with a redirect to the address given.
const SERVER: &str = r#"
import http.server, ssl, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith('/down/'):
            self.send_response(302); self.send_header('location', sys.argv[1] + self.path[5:]); self.send_header('content-length', '0'); self.end_headers(); return
        body = b'{"metadata-url": "/p2/%package%.json"}' if self.path.endswith('/packages.json') else b'{"packages": {"acme/a": [{"name": "acme/a", "version": "1.0.0"}]}}'
        self.send_response(200); self.send_header('content-length', str(len(body))); self.end_headers(); self.wfile.write(body)
    def log_message(self, *rest): pass
server = http.server.ThreadingHTTPServer(('0.0.0.0', 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER); context.load_cert_chain('cert.pem', 'key.pem')
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

struct Tls {
    child: Child,
    port: u16,
}

impl Drop for Tls {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program in a folder; false when there is none or it fails.
fn run(folder: &Path, command: &str) -> bool {
    let mut words = command.split(' ');
    let program = words.next().unwrap_or_default();
    let mut command = Command::new(program);
    command.args(words).current_dir(folder);
    let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    ended.is_ok_and(|status| status.success())
}

/// A server with the certificate that is in the folder; none where it cannot be made.
fn serve(folder: &Path, redirect: &str) -> Option<Tls> {
    let mut child = Command::new("python3")
        .args(["-c", SERVER, redirect])
        .current_dir(folder)
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let mut line = String::new();
    let read = BufReader::new(child.stdout.take()?).read_line(&mut line);
    let port = read.ok().and_then(|_| line.trim().parse().ok());
    let port = port.or_else(|| {
        let _ = child.kill();
        None
    })?;
    Some(Tls { child, port })
}

/// Makes a certificate that is its own authority, as one of a server or of an authority.
fn self_signed(folder: &Path, is_authority: bool) -> bool {
    let authority = if is_authority { "TRUE" } else { "FALSE" };
    run(
        folder,
        &format!(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=acme-test-{authority} -keyout key.pem -out cert.pem \
             -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:{authority}"
        ),
    )
}

fn ask(
    url: &str,
    cafile: Option<&Path>,
    secure: bool,
    credentials: &Value,
) -> Result<usize, String> {
    let mut root = json!({
        "repositories": [{"type": "composer", "url": url}, {"packagist.org": false}],
        "config": {"secure-http": secure},
    });
    if let Some(cafile) = cafile {
        root["config"]["cafile"] = cafile.to_str().unwrap().into();
    }
    let mut known = Credentials::default();
    known.add(credentials);
    let options = Options {
        credentials: known,
        wants_dev: Arc::new(|_| false),
        ..Options::default()
    };
    let set =
        RepositorySet::open(&root, Path::new("."), &options).map_err(|error| error.to_string())?;
    match set.load(0, &["acme/a".into()]).remove(0) {
        Loaded::Versions(versions) => Ok(versions.records.len()),
        Loaded::Absent => Ok(0),
        Loaded::Unavailable(error) => Err(error.message.clone()),
    }
}

#[test]
fn a_self_signed_certificate_is_trusted_by_name_or_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    for is_authority in [false, true] {
        if !self_signed(folder.path(), is_authority) {
            eprintln!("skipped: no openssl");
            return;
        }
        let Some(server) = serve(folder.path(), "") else {
            eprintln!("skipped: no python3");
            return;
        };
        let url = format!("https://127.0.0.1:{}", server.port);
        let unknown = ask(&url, None, true, &json!({})).unwrap_err();
        assert!(
            unknown.contains("cannot be reached: its certificate is"),
            "{unknown}"
        );
        assert!(unknown.contains("cafile"), "{unknown}");
        let cafile = folder.path().join("cert.pem");
        let named = ask(&url, Some(&cafile), true, &json!({}));
        if is_authority {
            // What may sign others may not be a server's own as well.
            let refused = named.unwrap_err();
            assert!(refused.contains("given as an authority"), "{refused}");
            continue;
        }
        assert_eq!(named, Ok(1));
        // It is trusted for its own names.
        let other = format!("https://127.0.0.2:{}", server.port);
        let refused = ask(&other, Some(&cafile), true, &json!({})).unwrap_err();
        assert!(
            refused.contains("its certificate is not accepted"),
            "{refused}"
        );
    }
}

#[test]
fn nothing_secret_leaves_the_encryption() {
    let folder = tempfile::tempdir().unwrap();
    let plain = Server::handler(|request| {
        let body = if request.path.ends_with("/packages.json") {
            json!({"metadata-url": "/p2/%package%.json"})
        } else {
            json!({"packages": {"acme/a": [{"name": "acme/a", "version": "1.0.0"}]}})
        };
        Some(Response::new(200, body.to_string()))
    });
    if !self_signed(folder.path(), false) {
        eprintln!("skipped: no openssl");
        return;
    }
    let Some(server) = serve(folder.path(), &plain.url()) else {
        eprintln!("skipped: no python3");
        return;
    };
    let cafile = folder.path().join("cert.pem");
    let url = format!("https://127.0.0.1:{}/down", server.port);
    let login = json!({"username": "user", "password": "hunter2"});
    let credentials = json!({"http-basic": {
        plain.authority(): login, format!("127.0.0.1:{}", server.port): login, "127.0.0.1": login,
    }});
    // Even where plain HTTP is allowed, and even for a host that has credentials of its own.
    assert_eq!(ask(&url, Some(&cafile), false, &credentials), Ok(1));
    assert!(!plain.requests().is_empty());
    for request in plain.requests() {
        assert_eq!(request.header("authorization"), None, "{request:?}");
    }
    plain.forget();
    let refused = ask(&url, Some(&cafile), true, &credentials).unwrap_err();
    assert!(refused.contains("secure-http"), "{refused}");
    assert!(plain.requests().is_empty());
}
