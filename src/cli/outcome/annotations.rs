//! Findings in the forms that forges show beside the code: workflow commands of GitHub Actions, and SARIF.

use crate::plan::findings::catalogue::{Entry, entry};
use crate::plan::{Code, Finding, Severity};
use crate::project::root_files::RootFiles;
use composer_engine::files;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

/// The place that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// Relative to the store, with `/`.
    path: String,
    /// Counted from 1. The first one where nothing better is known: both forms want a line.
    line: usize,
}

/// The file that a finding names, else the root; the line is where the file first names the package.
fn place(finding: &Finding, store: &Path, root: &str) -> Place {
    let path = finding.path.clone().unwrap_or_else(|| root.to_owned());
    let line = finding.package.as_deref().and_then(|package| {
        let text = files::text(&store.join(&path), files::DATA).ok()?;
        let quoted = format!("\"{package}\"");
        let escaped = quoted.replace('/', "\\/");
        let is_there = |line: &str| line.contains(&quoted) || line.contains(&escaped);
        text.lines().position(is_there)
    });
    Place {
        path,
        line: line.map_or(1, |index| index + 1),
    }
}

/// One workflow command a line, as GitHub Actions reads them from a log:
/// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>. `store` is the folder as it was named;
/// files are relative to where the program runs.
pub(crate) fn github(findings: &[&Finding], store: &Path, files: &RootFiles) -> String {
    let folder = from_here(store);
    let mut out = String::new();
    for finding in findings {
        let place = place(finding, store, &files.root);
        let kind = match finding.severity() {
            Severity::Blocker => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let title = format!("{} [{}]", finding.title, finding.code());
        let message = match finding.detail.is_empty() {
            true => &finding.title,
            false => &finding.detail,
        };
        out.push_str(&format!(
            "::{kind} file={},line={},title={}::{}\n",
            property(&below(&folder, &place.path)),
            place.line,
            property(&title),
            data(message)
        ));
    }
    out
}

/// A folder as seen from where the program runs, with nothing in it that leads back. What is elsewhere stays as it was named.
fn from_here(folder: &Path) -> PathBuf {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    if let (Ok(here), Ok(there)) = (here, folder.canonicalize())
        && let Ok(below) = there.strip_prefix(&here)
    {
        return below.to_path_buf();
    }
    let is_step = |part: &Component<'_>| *part != Component::CurDir;
    folder.components().filter(is_step).collect()
}

/// A file of the store in a folder, with `/`.
fn below(folder: &Path, path: &str) -> String {
    folder.join(path).display().to_string().replace('\\', "/")
}

/// The text of a workflow command: what would end it is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// What stands in a URI's path as it is (RFC 3986, section 3.3), as far as file names commonly have it.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'/')
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'+')
    .remove(b'@')
    .remove(b':');

/// A file's path as a reference by URI.
fn uri(path: &str) -> String {
    let encoded = utf8_percent_encode(path, IN_PATH).to_string();
    match Path::new(path).is_absolute() {
        true => format!("file:///{}", encoded.trim_start_matches('/')),
        // A colon would make a scheme of what stands before it.
        false => encoded.replace(':', "%3A"),
    }
}

/// What a rule says in SARIF. GitHub's code scanning shows `help` beside the finding, and refuses rules without.
fn rule(code: Code) -> Value {
    let Entry {
        meaning,
        cause,
        advice,
    } = entry(code);
    json!({
        "id": code.as_str(),
        "shortDescription": {"text": meaning},
        "fullDescription": {"text": format!("{meaning} {cause}")},
        "help": {"text": advice},
    })
}

/// One SARIF 2.1.0 log: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. `store` is as in [`github`].
pub(crate) fn sarif(findings: &[&Finding], store: &Path, files: &RootFiles) -> Value {
    let folder = from_here(store);
    let codes: BTreeSet<Code> = findings.iter().map(|finding| finding.code()).collect();
    let rules: Vec<Value> = codes.into_iter().map(rule).collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let place = place(finding, store, &files.root);
            let level = match finding.severity() {
                Severity::Blocker => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            };
            let text = match finding.detail.is_empty() {
                true => format!("{}.", finding.title),
                false => format!("{}.\n{}", finding.title, finding.detail),
            };
            json!({
                "ruleId": finding.code().as_str(),
                "level": level,
                "message": {"text": text},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": uri(&below(&folder, &place.path))},
                    "region": {"startLine": place.line},
                }}],
            })
        })
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "mageshift",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::ROOT;

    fn finding(title: &str, detail: &str, package: Option<&str>, path: Option<&str>) -> Finding {
        let mut finding = Finding::new(Code::NoSolution, title, detail);
        finding.package = package.map(str::to_owned);
        finding.path = path.map(str::to_owned);
        finding
    }

    #[test]
    fn a_finding_is_shown_where_its_package_is_named() {
        let store = tempfile::tempdir().unwrap();
        let root = "{\n    \"require\": {\n        \"acme\\/blog\": \"^1\",\n        \"acme/shop\": \"^1\"\n    }\n}\n";
        std::fs::write(store.path().join(ROOT), root).unwrap();
        let line = |package: Option<&str>, path: Option<&str>| {
            place(&finding("", "", package, path), store.path(), ROOT).line
        };
        assert_eq!(line(Some("acme/shop"), None), 4);
        assert_eq!(line(Some("acme/blog"), Some(ROOT)), 3);
        assert_eq!(line(Some("acme/other"), None), 1);
        assert_eq!(line(Some("acme/shop"), Some("missing.json")), 1);
        assert_eq!(line(None, None), 1);
    }

    #[test]
    fn workflow_commands_are_one_line_each_and_say_all_of_it() {
        let finding = finding(
            "50 %, or: less",
            "First.\nSecond.",
            None,
            Some("app/etc/config.php"),
        );
        let text = github(&[&finding], Path::new("./shops/a"), &RootFiles::default());
        assert_eq!(
            text,
            "::error file=shops/a/app/etc/config.php,line=1,title=50 %25%2C or%3A less [no-solution]::First.%0ASecond.\n"
        );
        // A message cannot smuggle in a second command.
        assert_eq!(
            data("a\r\n::set-env name=x::y"),
            "a%0D%0A::set-env name=x::y"
        );
    }

    #[test]
    fn sarif_names_rules_and_places() {
        let finding = finding("acme/shop does not fit", "", None, None);
        let here = Path::new(".");
        let log = sarif(&[&finding, &finding], here, &RootFiles::default());
        assert_eq!(
            log["runs"][0]["tool"]["driver"]["rules"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        let rule = &log["runs"][0]["tool"]["driver"]["rules"][0];
        for told in ["shortDescription", "fullDescription", "help"] {
            assert!(
                rule[told]["text"].as_str().unwrap().ends_with('.'),
                "{told}"
            );
        }
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 2);
        assert_eq!(results[0]["message"]["text"], "acme/shop does not fit.");
        let location = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], ROOT);
        assert_eq!(location["region"]["startLine"], 1);
    }

    #[test]
    fn files_are_named_from_where_the_program_runs() {
        let named = |folder: &Path| below(&from_here(folder), ROOT);
        let here = std::env::current_dir().unwrap();
        assert_eq!(named(Path::new(".")), "composer.json");
        assert_eq!(named(&here), "composer.json");
        for folder in ["src/cli", "./src/cli/", "src/plan/../cli"] {
            assert_eq!(named(Path::new(folder)), "src/cli/composer.json");
        }
        assert_eq!(named(&here.join("src")), "src/composer.json");
        // What is not there cannot be looked at.
        assert_eq!(named(Path::new("./none/shop")), "none/shop/composer.json");
        assert_eq!(named(Path::new("../none")), "../none/composer.json");
    }

    #[test]
    fn a_path_becomes_a_reference_that_other_programs_read() {
        assert_eq!(uri("shop+b@c/composer.json"), "shop+b@c/composer.json");
        assert_eq!(
            uri("a:b 100%/é,[x]#?/composer.json"),
            "a%3Ab%20100%25/%C3%A9%2C%5Bx%5D%23%3F/composer.json"
        );
        let elsewhere = tempfile::tempdir().unwrap();
        let path = below(elsewhere.path(), "app/etc/env.php");
        let told = uri(&path);
        assert!(told.starts_with("file:///"), "{told}");
        assert!(told.ends_with("/app/etc/env.php"), "{told}");
    }

    #[test]
    fn a_finding_that_names_no_file_is_about_the_root_that_the_store_has() {
        let finding = finding("acme/shop does not fit", "", None, None);
        let files = RootFiles {
            root: "build/shop.json".to_owned(),
            lock: "build/shop.lock".to_owned(),
        };
        let text = github(&[&finding], Path::new("shops/a"), &files);
        assert!(text.contains("file=shops/a/build/shop.json,"), "{text}");
        let log = sarif(&[&finding], Path::new("shops/a"), &files);
        let location = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(
            location["artifactLocation"]["uri"],
            "shops/a/build/shop.json"
        );
    }
}
