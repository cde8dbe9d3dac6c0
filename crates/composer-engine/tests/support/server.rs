//! A small HTTP/1.1 server on loopback, for tests and benchmarks: serves a folder with entity tags, and whatever a handler
//! answers instead. Counts what it is asked.
#![allow(dead_code, reason = "each test program uses its own part")]

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A request as it came in.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The path and the query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// What was posted.
    pub body: String,
}

impl Request {
    /// The value of a header, named in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Response {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Response {
        Response {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Response {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// An answer packed with gzip (in blocks that are merely stored, which is all that a reader can tell).
    pub(crate) fn gzip(body: &[u8]) -> Response {
        let mut packed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
        let blocks: Vec<&[u8]> = body.chunks(0xffff).collect();
        for (index, block) in blocks.iter().enumerate() {
            let length = block.len() as u16;
            packed.push(u8::from(index + 1 == blocks.len()));
            packed.extend(length.to_le_bytes());
            packed.extend((!length).to_le_bytes());
            packed.extend(*block);
        }
        let checksum = body.iter().fold(!0u32, |sum, &byte| {
            (0..8).fold(sum ^ u32::from(byte), |sum, _| {
                if sum & 1 == 1 {
                    sum >> 1 ^ 0xedb8_8320
                } else {
                    sum >> 1
                }
            })
        });
        packed.extend((!checksum).to_le_bytes());
        packed.extend((body.len() as u32).to_le_bytes());
        Response::new(200, packed).with("content-encoding", "gzip")
    }
}

/// Answers a request, or leaves it to the folder.
pub(crate) type Handler = dyn Fn(&Request) -> Option<Response> + Send + Sync;

/// A running server. It stops when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    /// Serves the files below `folder`.
    pub(crate) fn folder(folder: &Path) -> Server {
        Server::start(Some(folder), Duration::ZERO, |_| None)
    }

    /// Serves what `handler` answers, and nothing else.
    pub(crate) fn handler(
        handler: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static,
    ) -> Server {
        Server::start(None, Duration::ZERO, handler)
    }

    /// Serves what `handler` answers, else the files below `folder`, each after `latency`.
    pub(crate) fn start(
        folder: Option<&Path>,
        latency: Duration,
        handler: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port on loopback");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let stopped = Arc::new(AtomicBool::new(false));
        let folder = folder.map(Path::to_owned);
        let handler: Arc<Handler> = Arc::new(handler);
        let (log, stop) = (requests.clone(), stopped.clone());
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (folder, handler, log, stop) =
                    (folder.clone(), handler.clone(), log.clone(), stop.clone());
                thread::spawn(move || {
                    // A client that goes away ends its connection, and nothing else.
                    let _ = serve(&stream, folder.as_deref(), latency, &*handler, &log, &stop);
                    let _ = stream.shutdown(Shutdown::Both);
                });
            }
        });
        Server {
            address,
            requests,
            stopped,
        }
    }

    /// The address of the server, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> String {
        self.address.to_string()
    }

    /// Everything that was asked so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("the log").clone()
    }

    /// How often `path` was asked for.
    pub(crate) fn count(&self, path: &str) -> usize {
        self.requests()
            .iter()
            .filter(|request| request.path == path)
            .count()
    }

    /// Forgets what was asked so far.
    pub(crate) fn forget(&self) {
        self.requests.lock().expect("the log").clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopped.store(true, Ordering::SeqCst);
        // Wakes the thread that waits for connections.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(
    stream: &TcpStream,
    folder: Option<&Path>,
    latency: Duration,
    handler: &Handler,
    log: &Mutex<Vec<Request>>,
    stopped: &AtomicBool,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader)? {
        if stopped.load(Ordering::SeqCst) {
            break;
        }
        log.lock().expect("the log").push(request.clone());
        thread::sleep(latency);
        let response = handler(&request)
            .or_else(|| file(folder?, &request))
            .unwrap_or_else(|| Response::new(404, "not found"));
        write_response(stream, &response)?;
    }
    Ok(())
}

fn read_request(reader: &mut impl BufRead) -> io::Result<Option<Request>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) => {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()))
            }
            None => break,
        }
    }
    let length = headers.iter().find(|(name, _)| name == "content-length");
    let length = length
        .and_then(|(_, length)| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let body = String::from_utf8_lossy(&body).into_owned();
    Ok(Some(Request {
        path,
        headers,
        body,
    }))
}

fn write_response(mut stream: &TcpStream, response: &Response) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} answer\r\n", response.status);
    for (name, value) in &response.headers {
        head += &format!("{name}: {value}\r\n");
    }
    head += &format!("content-length: {}\r\n\r\n", response.body.len());
    let mut bytes = head.into_bytes();
    bytes.extend(&response.body);
    stream.write_all(&bytes)
}

/// A file with its entity tag, or that it has not changed.
fn file(folder: &Path, request: &Request) -> Option<Response> {
    let path = request
        .path
        .split('?')
        .next()
        .unwrap_or_default()
        .trim_start_matches('/');
    if path.split('/').any(|part| part == "..") {
        return None;
    }
    let body = fs::read(PathBuf::from(folder).join(path)).ok()?;
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let etag = format!("\"{:x}\"", hasher.finish());
    let response = match request.header("if-none-match") {
        Some(known) if known == etag => Response::new(304, ""),
        _ => Response::new(200, body),
    };
    Some(response.with("etag", &etag))
}
