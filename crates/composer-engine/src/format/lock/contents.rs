//! A composer.lock to write.

use super::entry;
use super::{LockStyle, LockedAlias};
use crate::format::json::php_json;
use crate::format::php::order::sort_by_key;
use indexmap::IndexMap;
use serde_json::{Map, Value, json};

/// The branches that Composer 1 knew by [`DEFAULT_BRANCH_ALIAS`]; locks still call them so.
const DEFAULT_BRANCHES: [&str; 3] = ["dev-master", "dev-trunk", "dev-default"];
const DEFAULT_BRANCH_ALIAS: &str = "9999999-dev";

/// Everything a lock says. Packages are lock entries (see [`entry::dump`]) in any order.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LockContents {
    /// Of the text of composer.json (see [`super::content_hash`]).
    pub content_hash: String,
    /// The entries of `packages`, sorted by name.
    pub packages: Vec<Value>,
    /// None when the root's `require-dev` was left out of the resolution.
    pub packages_dev: Option<Vec<Value>>,
    /// The root aliases that are used, sorted by package.
    pub aliases: Vec<LockedAlias>,
    /// As in composer.json, `stable` when it does not say.
    pub minimum_stability: String,
    /// Lower-cased package name to stability (20 dev, 15 alpha, 10 beta, 5 RC, 0 stable), in the order of composer.json.
    pub stability_flags: IndexMap<String, u8>,
    /// `prefer-stable` of the root.
    pub prefer_stable: bool,
    /// Whether the lowest versions were asked for.
    pub prefer_lowest: bool,
    /// The root's requirements of platform packages, in the order of composer.json.
    pub platform: IndexMap<String, String>,
    /// The platform packages that `require-dev` of the root asks for.
    pub platform_dev: IndexMap<String, String>,
    /// `config.platform`: a version, or false for a package that is hidden.
    pub platform_overrides: Map<String, Value>,
}

impl LockContents {
    /// The lock as one value, its keys in Composer's order (`Locker::setLockData`).
    pub fn into_value(self, style: &LockStyle) -> Value {
        let sorted = |mut packages: Vec<Value>| {
            entry::sort(&mut packages);
            Value::Array(packages)
        };
        let map = |map: Map<String, Value>| match map.is_empty() && style.empty_maps_as_list {
            true => Value::Array(Vec::new()),
            false => Value::Object(map),
        };
        let constraints = |platform: IndexMap<String, String>| {
            map(platform.into_iter().map(|(k, v)| (k, v.into())).collect())
        };
        let mut flags: Map<String, Value> = self
            .stability_flags
            .into_iter()
            .map(|(k, v)| (k, v.into()))
            .collect();
        if !style.empty_maps_as_list {
            flags = sort_by_key(flags, |(name, _)| name.as_str())
                .into_iter()
                .collect();
        }
        // `json!` would copy each package.
        let mut lock = Map::new();
        let mut put = |key: &str, value: Value| lock.insert(key.to_owned(), value);
        put(
            "_readme",
            json!([
                "This file locks the dependencies of your project to a known state",
                "Read more about it at https://getcomposer.org/doc/01-basic-usage.md#installing-dependencies",
                "This file is @generated automatically"
            ]),
        );
        put("content-hash", self.content_hash.into());
        put("packages", sorted(self.packages));
        put(
            "packages-dev",
            self.packages_dev.map_or(Value::Null, sorted),
        );
        put("aliases", self.aliases.iter().map(alias_value).collect());
        put("minimum-stability", self.minimum_stability.into());
        put("stability-flags", map(flags));
        put("prefer-stable", self.prefer_stable.into());
        put("prefer-lowest", self.prefer_lowest.into());
        put("platform", constraints(self.platform));
        put("platform-dev", constraints(self.platform_dev));
        if !self.platform_overrides.is_empty() {
            put("platform-overrides", self.platform_overrides.into());
        }
        put(
            "plugin-api-version",
            style.plugin_api_version.clone().into(),
        );
        Value::Object(lock)
    }
}

/// The text of a lock, with the final newline.
pub fn lock_text(lock: &Value, style: &LockStyle) -> String {
    php_json::encode_pretty(lock, &style.indent) + "\n"
}

fn alias_value(alias: &LockedAlias) -> Value {
    let version = match DEFAULT_BRANCHES.contains(&alias.version.as_str()) {
        true => DEFAULT_BRANCH_ALIAS,
        false => &alias.version,
    };
    json!({
        "package": alias.package,
        "version": version,
        "alias": alias.alias,
        "alias_normalized": alias.alias_normalized,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contents() -> LockContents {
        let package = |name: &str, version: &str| json!({"name": name, "version": version});
        LockContents {
            content_hash: "0".repeat(32),
            packages: vec![
                package("b/b", "1"),
                package("a/a2", "1"),
                package("a/a", "2"),
                package("a/a", "10"),
            ],
            stability_flags: IndexMap::from([("z/z".to_owned(), 20), ("a/a".to_owned(), 5)]),
            aliases: vec![LockedAlias {
                package: "a/a".to_owned(),
                version: "dev-master".to_owned(),
                alias: "1.0".to_owned(),
                alias_normalized: "1.0.0.0".to_owned(),
            }],
            minimum_stability: "stable".to_owned(),
            ..LockContents::default()
        }
    }

    #[test]
    fn keys_are_in_composer_s_order() {
        let mut contents = contents();
        contents
            .platform_overrides
            .insert("php".to_owned(), "8.3".into());
        let lock = contents.into_value(&LockStyle::default());
        let keys: Vec<_> = lock
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        assert_eq!(
            keys.join(" "),
            "_readme content-hash packages packages-dev aliases minimum-stability stability-flags prefer-stable \
             prefer-lowest platform platform-dev platform-overrides plugin-api-version"
        );
    }

    #[test]
    fn packages_are_sorted_by_bytes() {
        let lock = contents().into_value(&LockStyle::default());
        let packages = lock["packages"].as_array().unwrap();
        let names: Vec<_> = packages
            .iter()
            .map(|p| (p["name"].as_str().unwrap(), p["version"].as_str().unwrap()))
            .collect();
        assert_eq!(
            names,
            [("a/a", "10"), ("a/a", "2"), ("a/a2", "1"), ("b/b", "1")]
        );
        assert!(lock["packages-dev"].is_null());
        assert_eq!(lock["aliases"][0]["version"], "9999999-dev");
    }

    #[test]
    fn the_style_decides_on_empty_maps_and_order() {
        let text = |empty_maps_as_list| {
            let style = LockStyle {
                indent: "\t".to_owned(),
                empty_maps_as_list,
                ..LockStyle::default()
            };
            lock_text(&contents().into_value(&style), &style)
        };
        assert!(
            text(false)
                .contains("\t\"stability-flags\": {\n\t\t\"a/a\": 5,\n\t\t\"z/z\": 20\n\t},")
        );
        assert!(text(false).contains("\t\"platform\": {},\n\t\"platform-dev\": {},\n"));
        assert!(
            text(true).contains("\t\"stability-flags\": {\n\t\t\"z/z\": 20,\n\t\t\"a/a\": 5\n\t},")
        );
        assert!(
            text(true)
                .ends_with("\t\"platform-dev\": [],\n\t\"plugin-api-version\": \"2.9.0\"\n}\n")
        );
    }
}
