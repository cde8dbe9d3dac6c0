//! The document in a real browser: Chromium, where there is one. It runs without a window and reaches nothing but this test.

use super::{SOURCES, report, store};
use crate::kit::server::{Response, Server};
use percent_encoding::percent_decode_str;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const SKIPPED: &str = "skipped: no Chromium here (Debian: apt-get install chromium; or name one in MAGESHIFT_CHROMIUM)";

/// A phone, a tablet, a desk.
const WIDTHS: [u32; 3] = [360, 768, 1280];

fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("MAGESHIFT_CHROMIUM").filter(|named| !named.is_empty()) {
        return Some(named.into());
    }
    let folders = std::env::var_os("PATH")?;
    let names = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    std::env::split_paths(&folders)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|path| path.is_file())
}

/// Runs it to its end, or ends it after a minute; what it printed.
fn run(program: &Path, profile: &Path, arguments: &[&str]) -> String {
    let out = profile.with_extension("out");
    let mut child = Command::new(program)
        .args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args([
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
        ])
        .args(["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
            panic!("Chromium did not end");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::fs::read_to_string(out).unwrap()
}

#[test]
fn it_reads_well_on_every_screen_and_on_paper() {
    let Some(program) = chromium() else {
        eprintln!("{SKIPPED}");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    store(folder.path());
    let targets = ["--to", "mage-os@2.2.1", "--to", "commerce@2.4.8-p4"];
    let arguments = [
        &["acme-shop"][..],
        &targets,
        &["--html", "r.html"],
        &SOURCES,
    ]
    .concat();
    let made = report(folder.path(), &arguments);
    assert_eq!(made.code, Some(0), "{made:?}");
    let html = std::fs::read_to_string(folder.path().join("r.html")).unwrap();
    // What a browser that prefers the dark makes of it.
    let dark = html.replace("@media (prefers-color-scheme: dark)", "@media all");
    assert_ne!(dark, html);
    let (light, widths) = (html.clone(), format!("{WIDTHS:?}"));
    let server = Server::handler(move |request| {
        let body = match request.path.as_str() {
            "/look.html" => include_str!("look.html").replace("WIDTHS", &widths),
            "/light.html" => light.clone(),
            "/dark.html" => dark.clone(),
            _ => return Some(Response::new(404, "")),
        };
        Some(Response::new(200, body).with("Content-Type", "text/html; charset=utf-8"))
    });
    let page = format!("{}/look.html", server.url());
    let profile = folder.path().join("profile");
    let shown = run(
        &program,
        &profile,
        &["--virtual-time-budget=30000", "--dump-dom", &page],
    );
    let (_, found) = shown
        .split_once("FOUND:")
        .unwrap_or_else(|| panic!("{shown}"));
    let found = found.split(':').next().unwrap();
    let found = percent_decode_str(found).decode_utf8().unwrap();
    let found: Vec<Value> = serde_json::from_str(&found).unwrap();
    assert_eq!(found.len(), WIDTHS.len() * 2, "{found:#?}");
    for look in &found {
        for nothing in ["wider", "links", "tables", "requested", "faint", "unnamed"] {
            assert_eq!(look[nothing], serde_json::json!([]), "{nothing}: {look:#}");
        }
        assert!(look["texts"].as_u64() > Some(100), "{look:#}");
    }
    let mut asked: Vec<String> = server
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect();
    asked.sort_unstable();
    asked.dedup();
    asked.retain(|path| path != "/favicon.ico");
    assert_eq!(asked, ["/dark.html", "/light.html", "/look.html"]);

    let pdf = folder.path().join("r.pdf");
    let print = format!("--print-to-pdf={}", pdf.display());
    let page = format!("{}/light.html", server.url());
    run(
        &program,
        &profile,
        &["--no-pdf-header-footer", &print, &page],
    );
    let pdf = std::fs::read(&pdf).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    let text = String::from_utf8_lossy(&pdf);
    let pages = text.matches("/Type /Page\n").count();
    assert!((4..60).contains(&pages), "{pages} pages");
    // A4 in points, within a hair.
    let boxes = regex::Regex::new(r"/MediaBox \[0 0 (\d+)[.\d]* (\d+)[.\d]*\]").unwrap();
    for found in boxes.captures_iter(&text) {
        let sides = (
            found[1].parse::<u32>().unwrap(),
            found[2].parse::<u32>().unwrap(),
        );
        assert!(matches!(sides, (594..=596, 841..=843)), "{sides:?}");
    }
}
