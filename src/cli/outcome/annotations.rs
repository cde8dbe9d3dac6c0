//! Findings in the forms that forges show beside the code: workflow commands of GitHub Actions, and SARIF.

use crate::plan::{Finding, Severity};
use crate::project::ROOT;
use composer_engine::files;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

/// The place that a finding is about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    /// Relative to the store, with `/`.
    path: String,
    /// Counted from 1. The first one where nothing better is known: both forms want a line.
    line: usize,
}

/// The file that a finding names, else composer.json; the line is where the file first names the package.
fn place(finding: &Finding, store: &Path) -> Place {
    let path = finding.path.clone().unwrap_or_else(|| ROOT.to_owned());
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
/// <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>. `folder` is the store below the
/// repository, as the working directory was named.
pub(crate) fn github(findings: &[&Finding], store: &Path, folder: &Path) -> String {
    let mut out = String::new();
    for finding in findings {
        let place = place(finding, store);
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
            property(&below(folder, &place.path)),
            place.line,
            property(&title),
            data(message)
        ));
    }
    out
}

/// A file's path in the repository.
fn below(folder: &Path, path: &str) -> String {
    let joined = match folder == Path::new(".") {
        true => path.to_owned(),
        false => format!(
            "{}/{path}",
            folder.display().to_string().trim_end_matches('/')
        ),
    };
    joined.replace('\\', "/")
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

/// One SARIF 2.1.0 log: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>. `folder` is as in [`github`].
pub(crate) fn sarif(findings: &[&Finding], store: &Path, folder: &Path) -> Value {
    let codes: BTreeSet<&str> = findings
        .iter()
        .map(|finding| finding.code().as_str())
        .collect();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| json!({"id": code, "shortDescription": {"text": code.replace('-', " ")}}))
        .collect();
    let results: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let place = place(finding, store);
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
                    "artifactLocation": {"uri": below(folder, &place.path)},
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
    use crate::plan::Code;

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
            place(&finding("", "", package, path), store.path()).line
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
        let text = github(&[&finding], Path::new("/nowhere"), Path::new("shops/a"));
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
        let log = sarif(&[&finding, &finding], Path::new("/nowhere"), Path::new("."));
        assert_eq!(
            log["runs"][0]["tool"]["driver"]["rules"]
                .as_array()
                .unwrap()
                .len(),
            1
        );
        let results = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(results.len(), 2);
        assert_eq!(results[0]["message"]["text"], "acme/shop does not fit.");
        let location = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], ROOT);
        assert_eq!(location["region"]["startLine"], 1);
    }
}
