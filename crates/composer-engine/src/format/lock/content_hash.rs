//! The `content-hash` of a lock: which composer.json it was made from.

use crate::format::json::error::{JsonError, JsonErrorKind};
use crate::format::json::php_json;
use md5::{Digest, Md5};
use serde_json::{Map, Value, json};

/// The keys of composer.json that can change a resolution, sorted (`Locker::getContentHash`, the same in Composer 2.2 to 2.10).
/// `config` stands for `config.platform` alone.
const RELEVANT_KEYS: [&str; 12] = [
    "config",
    "conflict",
    "extra",
    "minimum-stability",
    "name",
    "prefer-stable",
    "provide",
    "replace",
    "repositories",
    "require",
    "require-dev",
    "version",
];

/// The hash, 32 hex digits, of the text of a composer.json. Formatting and the order of the top-level keys do not matter,
/// the order below them does.
pub fn content_hash(text: &str) -> Result<String, JsonError> {
    let Value::Object(root) = php_json::decode(text)? else {
        return Err(JsonError::at(text, 0, JsonErrorKind::NotAnObject));
    };
    let mut relevant = Map::new();
    for key in RELEVANT_KEYS {
        let value = match key {
            "config" => match root.get("config").and_then(|config| config.get("platform")) {
                None | Some(Value::Null) => continue,
                Some(platform) => json!({"platform": php_json::phpify(platform)}),
            },
            _ => match root.get(key) {
                None => continue,
                Some(value) => php_json::phpify(value),
            },
        };
        relevant.insert(key.to_owned(), value);
    }
    let encoded = match relevant.is_empty() {
        true => "[]".to_owned(),
        false => php_json::encode_compact(&Value::Object(relevant)),
    };
    Ok(Md5::digest(encoded)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    // Expected values computed by PHP with Composer's algorithm.
    #[test]
    fn hashes_are_composer_s() {
        assert_eq!(
            content_hash("{}").unwrap(),
            "d751713988987e9331980363e24189ce"
        );
        let lists = r#"{"name":"é/x","extra":{},"repositories":{"0":{"a":1},"1":{}},"config":{"platform":null}}"#;
        assert_eq!(
            content_hash(lists).unwrap(),
            "0d01a8b1850833fea72fea57bc5886f3"
        );
        let platform = r#"{"require":{"b":"1","a":"2"},"config":{"platform":{}},"keywords":[1]}"#;
        assert_eq!(
            content_hash(platform).unwrap(),
            "4adfa6ddb452332c67c93d1b69084f49"
        );
    }

    #[test]
    fn only_an_object_has_a_hash() {
        assert_eq!(
            content_hash("[]").unwrap_err().kind,
            JsonErrorKind::NotAnObject
        );
        assert_eq!(
            content_hash("{").unwrap_err().kind,
            JsonErrorKind::UnexpectedEnd
        );
    }
}
