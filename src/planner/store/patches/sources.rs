//! Whose patches are applied: what the root says of those that installed packages declare.

use crate::planner::store::packages::Packages;
use crate::planner::store::patches::declared::Declared;
use composer_engine::format::constraint::Constraint;
use composer_engine::format::version::Version;
use regex::Regex;
use serde_json::Value;

const VAIMO: &str = "vaimo/composer-patches";
const CWEAGANS: &str = "cweagans/composer-patches";

/// The plugins that are there after the switch, each with what the root tells it.
pub(super) struct Sources<'r> {
    extra: &'r Value,
    has_vaimo: bool,
    has_cweagans: bool,
}

impl<'r> Sources<'r> {
    /// Looks which plugins the new lock has, and whether the root lets them patch.
    pub(super) fn of(root: &'r Value, packages: &Packages<'_>) -> Self {
        let extra = root.get("extra").unwrap_or(&Value::Null);
        // Where patching has to be allowed and is not, the root has no patches of its own either.
        let cweagans = packages.new_entry(CWEAGANS);
        Self {
            extra,
            has_vaimo: packages.new_entry(VAIMO).is_some()
                && extra.get("patcher") != Some(&Value::Bool(false)),
            has_cweagans: cweagans.is_some_and(|entry| !is_first(entry) || is_enabled(extra)),
        }
    }

    /// Whether a patch that an installed package declares is applied where its target is there.
    pub(super) fn takes(&self, owner: &str, patch: &Declared) -> bool {
        self.has_vaimo && self.vaimo_takes(owner, patch)
            || self.has_cweagans && self.cweagans_takes(owner, patch)
    }

    /// `patcher.sources` says of which packages, `patches-exclude` which patches not: by a part of the source, whatever they
    /// are for.
    fn vaimo_takes(&self, owner: &str, patch: &Declared) -> bool {
        let sources = self.extra.pointer("/patcher/sources");
        let source = |key: &str| sources.and_then(|sources| sources.get(key));
        let (vendor, _) = owner.split_once('/').unwrap_or((owner, ""));
        let of_packages = source("packages").map(|named| filter(named, owner));
        let of_vendors = source("vendors").map(|named| filter(named, vendor));
        let is_source = match (of_packages, of_vendors) {
            (None, None) => true,
            // A list of the one kind stands for both, and so does «none».
            (Some(taken), None) | (None, Some(taken)) => taken,
            (Some(by_package), Some(by_vendor)) => {
                let is_list = |key: &str| source(key).is_some_and(Value::is_array);
                match (is_list("packages"), is_list("vendors")) {
                    (true, false) => by_package,
                    (false, true) => by_vendor,
                    (true, true) => by_package || by_vendor,
                    (false, false) => by_package && by_vendor,
                }
            }
        };
        let excluded = self.extra.get("patches-exclude");
        let excluded = excluded.and_then(|owners| owners.get(owner));
        let is_excluded = excluded.is_some_and(|patterns| filter(patterns, &patch.source));
        is_source && !is_excluded
    }

    /// `patches-ignore` names patches by package and source, `ignore-dependency-patches` whole packages.
    fn cweagans_takes(&self, owner: &str, patch: &Declared) -> bool {
        let ignored = self.extra.get("patches-ignore").and_then(|owners| {
            let targets = owners.get(owner)?.as_object()?;
            let target = targets
                .iter()
                .find(|(target, _)| target.eq_ignore_ascii_case(&patch.package));
            target?.1.as_object()
        });
        let is_ignored = ignored.is_some_and(|patches| {
            let mut sources = patches.values();
            sources.any(|source| source.as_str() == Some(&patch.source))
        });
        let owners = self
            .extra
            .pointer("/composer-patches/ignore-dependency-patches");
        let mut owners = owners.and_then(Value::as_array).into_iter().flatten();
        !is_ignored && !owners.any(|ignored| ignored.as_str() == Some(owner))
    }
}

/// Whether a package is of the first major version.
fn is_first(entry: &Value) -> bool {
    let version = entry.get("version").and_then(Value::as_str);
    let version = version.and_then(|version| Version::parse(version).ok());
    let second = Constraint::parse(">=2.0.0-dev").ok();
    second
        .zip(version)
        .is_some_and(|(second, version)| !second.matches_version(&version))
}

/// The first version takes patches of others only where the root has some, or says so.
fn is_enabled(extra: &Value) -> bool {
    let has = |key: &str| match extra.get(key) {
        None | Some(Value::Null) => false,
        Some(Value::Object(map)) => !map.is_empty(),
        Some(_) => true,
    };
    has("patches")
        || has("patches-ignore")
        || has("patches-file")
        || extra.get("enable-patching") == Some(&Value::Bool(true))
}

/// Whether a text passes a setting: everything, nothing, or patterns with stars for any part of it; those after `!` keep out.
fn filter(setting: &Value, text: &str) -> bool {
    let patterns = match setting {
        Value::Array(patterns) => patterns.as_slice(),
        Value::String(_) => std::slice::from_ref(setting),
        other => return other != &Value::Bool(false),
    };
    let matches = |pattern: &str| {
        let expression = regex::escape(pattern).replace(r"\*", ".*");
        // One that is too large for an expression matches nothing.
        Regex::new(&expression).is_ok_and(|expression| expression.is_match(text))
    };
    let patterns = patterns.iter().filter_map(Value::as_str);
    let (out, within): (Vec<&str>, Vec<&str>) =
        patterns.partition(|pattern| pattern.starts_with('!'));
    let is_out = out
        .iter()
        .any(|pattern| matches(pattern.trim_start_matches('!')));
    let is_within = match within.is_empty() {
        true => !out.is_empty(),
        false => within.iter().any(|pattern| matches(pattern)),
    };
    !is_out && is_within
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn takes(extra: Value, plugin: &str) -> bool {
        let patch = Declared {
            package: "acme/cart".to_owned(),
            source: "patches/total.patch".to_owned(),
            path: None,
            level: None,
            has_checksum: false,
            conditions: Vec::new(),
            file: "acme/fixes".to_owned(),
        };
        let sources = Sources {
            extra: &extra,
            has_vaimo: plugin == VAIMO,
            has_cweagans: plugin == CWEAGANS,
        };
        sources.takes("acme/fixes", &patch)
    }

    #[test]
    fn patches_are_excluded_by_a_part_of_their_source() {
        for pattern in ["patches/total.patch", "total", "to*l.patch"] {
            let extra = json!({"patches-exclude": {"acme/fixes": [pattern]}});
            assert!(!takes(extra.clone(), VAIMO), "{pattern}");
            assert!(takes(extra, CWEAGANS), "the other plugin knows no such key");
        }
        let other = json!({"patches-exclude": {"acme/others": ["total"]}});
        assert!(takes(other, VAIMO));
    }

    #[test]
    fn sources_are_chosen_by_package_or_vendor() {
        for (sources, taken) in [
            (json!({}), true),
            (json!({"packages": false}), false),
            (json!({"packages": ["acme/f*"]}), true),
            (json!({"packages": ["!acme/fixes"]}), false),
            (json!({"packages": ["other/*"], "vendors": true}), false),
            (json!({"vendors": ["acme"], "packages": true}), true),
            (json!({"vendors": ["other"]}), false),
        ] {
            let extra = json!({"patcher": {"sources": sources}});
            assert_eq!(takes(extra.clone(), VAIMO), taken, "{extra}");
        }
    }

    #[test]
    fn what_the_root_ignores_is_not_applied() {
        let ignored = |source: &str| json!({"patches-ignore": {"acme/fixes": {"acme/cart": {"why": source}}}});
        assert!(!takes(ignored("patches/total.patch"), CWEAGANS));
        assert!(takes(ignored("patches/other.patch"), CWEAGANS));
        let whole = json!({"composer-patches": {"ignore-dependency-patches": ["acme/fixes"]}});
        assert!(!takes(whole, CWEAGANS));
    }

    #[test]
    fn the_first_version_is_asked_to_patch() {
        for (extra, enabled) in [
            (json!({}), false),
            (json!({"patches": {}}), false),
            (json!({"patches": {"acme/x": {}}}), true),
            (json!({"patches-file": "patches.json"}), true),
            (json!({"enable-patching": true}), true),
        ] {
            assert_eq!(is_enabled(&extra), enabled, "{extra}");
        }
        assert!(is_first(&json!({"version": "1.7.3"})));
        assert!(!is_first(&json!({"version": "2.0.0-beta2"})));
    }
}
