//! Who may be paid for a package: GitHub's FUNDING.yml, as Composer reads it (`GitHubDriver::getFundingInfo`), which is by its
//! lines.

use regex::Regex;
use serde_json::{Value, json};
use std::sync::LazyLock;

/// The `funding` of a package by a FUNDING.yml; none when it names nobody.
pub(crate) fn read(file: &str) -> Option<Value> {
    static FIELD: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^([0-9A-Za-z_]+)\s*:\s*(.+)$").expect("the pattern is valid")
    });
    static LIST: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\[(.*?)\](?:\s*#.*)?$").expect("the pattern is valid"));
    static BREAKS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"['"]?\s*,\s*['"]?"#).expect("the pattern is valid"));
    static PLAIN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^([^#].*?)(?:\s+#.*)?$").expect("the pattern is valid"));
    static REMARK: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"^([0-9A-Za-z_]+)\s*:\s*#\s*$").expect("the pattern is valid")
    });
    static ITEM: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^-\s*(.+)(?:\s+#.*)?$").expect("the pattern is valid"));
    static LISTED: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^(.+),(?:\s*#.*)?$").expect("the pattern is valid"));
    let mut found: Vec<(String, String)> = Vec::new();
    let mut key: Option<String> = None;
    for line in file.split('\n').map(str::trim) {
        let mut add = |type_: &str, url: &str| {
            let url = url.trim_matches(['"', '\'', ' ']);
            found.push((type_.to_owned(), url.to_owned()));
        };
        if let Some(field) = FIELD.captures(line) {
            if &field[2] == "[" {
                key = Some(field[1].to_owned());
                continue;
            }
            if let Some(list) = LIST.captures(&field[2]) {
                BREAKS.split(&list[1]).for_each(|item| add(&field[1], item));
            } else if let Some(plain) = PLAIN.captures(&field[2]) {
                add(&field[1], &plain[1]);
            }
            key = None;
        } else if let Some(remark) = REMARK.captures(line) {
            key = Some(remark[1].to_owned());
        } else if let Some(type_) = &key {
            if let Some(item) = ITEM.captures(line).or_else(|| LISTED.captures(line)) {
                add(type_, &item[1]);
            } else if line == "]" {
                key = None;
            }
        }
    }
    let written: Vec<Value> = found
        .into_iter()
        .filter_map(|(type_, url)| Some(json!({"type": &type_, "url": address(&type_, url)?})))
        .collect();
    (!written.is_empty()).then(|| written.into())
}

/// Where somebody is paid; none for what is no address.
fn address(type_: &str, url: String) -> Option<String> {
    static DOMAIN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^[a-z0-9-]+\.[a-z]{2,3}$").expect("the pattern is valid"));
    let last = || {
        url.trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default()
    };
    Some(match type_ {
        "community_bridge" => format!("https://funding.communitybridge.org/projects/{}", last()),
        "github" => format!("https://github.com/{}", last()),
        "issuehunt" => format!("https://issuehunt.io/r/{url}"),
        "ko_fi" => format!("https://ko-fi.com/{}", last()),
        "liberapay" => format!("https://liberapay.com/{url}"),
        "open_collective" => format!("https://opencollective.com/{}", last()),
        "patreon" => format!("https://www.patreon.com/{}", last()),
        "tidelift" => format!("https://tidelift.com/funding/github/{url}"),
        "polar" => format!("https://polar.sh/{}", last()),
        "buy_me_a_coffee" => format!("https://www.buymeacoffee.com/{}", last()),
        "thanks_dev" => format!("https://thanks.dev/{url}"),
        "otechie" => format!("https://otechie.com/{}", last()),
        "custom" if url.contains("://") || url.starts_with("//") => url,
        "custom" if DOMAIN.is_match(&url) => format!("https://{url}"),
        "custom" => return None,
        _ => url,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_composer_reads_them() {
        let file = "# who\ngithub: [acme, 'b']\r\nko_fi: acme # thanks\npatreon: # soon\ncustom: [\"https://a.test/x\", a.io, nonsense]\nliberapay:\n  - nobody\nopen_collective: https://opencollective.com/acme\n";
        let read = read(file).unwrap();
        let told: Vec<(&str, &str)> = read
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| {
                (
                    entry["type"].as_str().unwrap(),
                    entry["url"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("github", "https://github.com/acme"),
                ("github", "https://github.com/b"),
                ("ko_fi", "https://ko-fi.com/acme"),
                ("custom", "https://a.test/x"),
                ("custom", "https://a.io"),
                ("open_collective", "https://opencollective.com/acme"),
            ]
        );
        assert_eq!(super::read("# nobody\n"), None);
    }
}
