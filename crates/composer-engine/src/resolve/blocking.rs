//! Which versions are not to be taken because of what is published against them: `config.policy` of Composer 2.10, and
//! `config.audit`, which came before it.

use super::name_pattern::name_pattern;
use crate::format::constraint::Constraint;
use crate::format::php::truth::is_truthy;
use crate::format::version::Version;
use regex::Regex;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The list of packages that are known to do harm. It blocks unless it is switched off, and also what is locked already.
pub const MALWARE: &str = "malware";

/// What adds up over the files, where everything else is replaced: in `audit`, and in a list of `policy`.
const JOINED_IN_AUDIT: [&str; 1] = ["ignore"];
const JOINED_IN_LISTS: [&str; 4] = ["ignore", "ignore-id", "ignore-severity", "ignore-source"];

/// Lists of `config.policy` that are no filter lists, and its other keys.
const NO_FILTER_LISTS: [&str; 4] = ["advisories", "abandoned", "ignore-unreachable", MALWARE];

/// What blocks a version. The default blocks nothing.
#[derive(Debug, Clone, Default)]
pub struct Blocking {
    /// What is done about versions with security advisories.
    pub advisories: AdvisoryBlock,
    /// What is done about abandoned packages.
    pub abandoned: AbandonedBlock,
    /// Filter lists that block, `malware` first.
    pub lists: Vec<ListBlock>,
    /// Whether an update goes on without what a repository cannot be asked for.
    pub ignores_unreachable: bool,
}

/// Versions with published security advisories.
#[derive(Debug, Clone, Default)]
pub struct AdvisoryBlock {
    /// Whether such versions are left out.
    pub blocks: bool,
    /// Packages and identifiers (of the advisory, its CVE, or elsewhere) that do not count.
    pub ignored: Vec<String>,
    /// Severities that do not count.
    pub ignored_severities: Vec<String>,
}

/// Packages that their authors gave up.
#[derive(Debug, Clone, Default)]
pub struct AbandonedBlock {
    /// Whether such packages are left out.
    pub blocks: bool,
    /// The packages that are taken all the same.
    pub ignored: Vec<IgnoredVersions>,
}

/// A filter list.
#[derive(Debug, Clone)]
pub struct ListBlock {
    /// The name of the list.
    pub name: Arc<str>,
    /// Whether it blocks versions that an update would take.
    pub on_update: bool,
    /// Whether it blocks versions that are locked, and so would be installed.
    pub on_install: bool,
    /// The packages that are taken all the same.
    pub ignored: Vec<IgnoredVersions>,
    /// Entries from these sources do not count.
    pub ignored_sources: Vec<String>,
}

/// Versions that a rule is not for.
#[derive(Debug, Clone)]
pub struct IgnoredVersions {
    pattern: Regex,
    constraint: Constraint,
}

impl IgnoredVersions {
    /// Whether all versions of a name, or some, are meant.
    pub fn concerns(&self, name: &str) -> bool {
        self.pattern.is_match(name)
    }

    /// Whether a version is meant.
    pub fn covers(&self, name: &str, version: &Version) -> bool {
        self.concerns(name) && self.constraint.matches_version(version)
    }
}

/// A policy that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockingError {
    /// Something has another shape than Composer knows.
    #[error("config.{place}: an entry has a shape that Composer does not know")]
    Shape {
        /// Where, as a path in the configuration.
        place: String,
    },
    /// A constraint is none.
    #[error("config.{place}: the constraint \"{constraint}\" cannot be read: {reason}")]
    Constraint {
        /// Where, as a path in the configuration.
        place: String,
        /// What stands there.
        constraint: String,
        /// Why it is none.
        reason: String,
    },
    /// `apply` has a value that Composer does not know.
    #[error("config.audit: \"{0}\" is no value for `apply`; there are audit, block and all")]
    Apply(String),
    /// A variable of the environment has a value that Composer does not know.
    #[error("{variable}: \"{value}\" is none of 0, 1, false, true, off and on")]
    Variable {
        /// The variable.
        variable: &'static str,
        /// Its value.
        value: String,
    },
}

impl Blocking {
    /// Reads the policy from decoded files, the user's own before the root's, and the environment
    /// (`PolicyConfig::fromConfig`). `environment` looks up a variable.
    pub fn read<'a>(
        files: impl IntoIterator<Item = &'a Value>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, BlockingError> {
        let flag = |variable: &'static str| match environment(variable).as_deref() {
            None | Some("") => Ok(None),
            Some("1" | "true" | "on") => Ok(Some(true)),
            Some("0" | "false" | "off") => Ok(Some(false)),
            Some(value) => Err(BlockingError::Variable {
                variable,
                value: value.to_string(),
            }),
        };
        let (mut policy, mut audit) = (Value::Bool(true), Value::Object(Map::new()));
        for config in files.into_iter().filter_map(|file| file.get("config")) {
            if let Some(own) = config.get("audit") {
                audit = merged(&audit, own, &JOINED_IN_AUDIT);
            }
            if let Some(own) = config.get("policy") {
                policy = merged_policy(&policy, own);
            }
        }
        for variable in ["COMPOSER_NO_BLOCKING", "COMPOSER_NO_SECURITY_BLOCKING"] {
            if flag(variable)? == Some(true) {
                return Ok(Self::default());
            }
        }
        match flag("COMPOSER_POLICY")? {
            Some(false) => return Ok(Self::default()),
            Some(true) if policy == Value::Bool(false) => policy = Value::Bool(true),
            _ => {}
        }
        if policy == Value::Bool(false) {
            return Ok(Self::default());
        }
        let none = Map::new();
        let policy = policy.as_object().unwrap_or(&none);
        let mut blocking = Self {
            advisories: AdvisoryBlock::read(policy.get("advisories"), &audit)?,
            abandoned: AbandonedBlock::read(policy.get("abandoned"), &audit)?,
            lists: Vec::new(),
            ignores_unreachable: match policy.get("ignore-unreachable") {
                Some(Value::Array(operations)) => operations.contains(&"update".into()),
                Some(value) => is_truthy(value),
                None => !audit.get("ignore-unreachable").is_some_and(is_truthy),
            },
        };
        let mut malware = ListBlock::read(MALWARE, policy.get(MALWARE))?;
        if let Some(blocks) = flag("COMPOSER_POLICY_ADVISORIES_BLOCK")? {
            blocking.advisories.blocks = blocks;
        }
        if let Some(blocks) = flag("COMPOSER_POLICY_MALWARE_BLOCK")? {
            let scope = policy.get(MALWARE).and_then(|list| list.get("block-scope"));
            malware.set_scope(blocks, scope);
        }
        let abandoned = match flag("COMPOSER_POLICY_ABANDONED_BLOCK")? {
            None => flag("COMPOSER_SECURITY_BLOCKING_ABANDONED")?,
            given => given,
        };
        if let Some(blocks) = abandoned {
            blocking.abandoned.blocks = blocks;
        }
        blocking.lists.push(malware);
        for (name, list) in policy {
            if !NO_FILTER_LISTS.contains(&name.as_str()) {
                blocking.lists.push(ListBlock::read(name, Some(list))?);
            }
        }
        blocking
            .lists
            .retain(|list| list.on_update || list.on_install);
        Ok(blocking)
    }
}

impl AdvisoryBlock {
    /// From `policy.advisories`; when the policy does not speak of them, from `audit`.
    fn read(list: Option<&Value>, audit: &Value) -> Result<Self, BlockingError> {
        let Some(list) = list else {
            return Ok(Self {
                blocks: audit.get("block-insecure").is_none_or(is_truthy),
                ignored: applied(audit.get("ignore"))?,
                ignored_severities: applied(audit.get("ignore-severity"))?,
            });
        };
        if *list == Value::Bool(false) {
            return Ok(Self::default());
        }
        let mut ignored = names_on_block(list.get("ignore-id"), "policy.advisories.ignore-id")?;
        ignored.extend(names_on_block(
            list.get("ignore"),
            "policy.advisories.ignore",
        )?);
        Ok(Self {
            blocks: list.get("block").is_none_or(is_truthy),
            ignored,
            ignored_severities: names_on_block(
                list.get("ignore-severity"),
                "policy.advisories.ignore-severity",
            )?,
        })
    }

    /// Whether anything that is ignored can only be recognised in a whole advisory.
    pub fn needs_details(&self) -> bool {
        !self.ignored_severities.is_empty()
            || self.ignored.iter().any(|id| !id.starts_with("PKSA-"))
    }
}

impl AbandonedBlock {
    fn read(list: Option<&Value>, audit: &Value) -> Result<Self, BlockingError> {
        let Some(list) = list else {
            let names = applied(audit.get("ignore-abandoned"))?;
            let ignored = names.iter().filter_map(|name| {
                Some(IgnoredVersions {
                    pattern: name_pattern(name).ok()?,
                    constraint: Constraint::Any,
                })
            });
            return Ok(Self {
                blocks: audit.get("block-abandoned").is_some_and(is_truthy),
                ignored: ignored.collect(),
            });
        };
        Ok(Self {
            blocks: list.get("block").is_some_and(is_truthy),
            ignored: ignored_versions(list.get("ignore"), "policy.abandoned.ignore")?,
        })
    }
}

impl ListBlock {
    /// From `policy.<name>`: false, true, or what is to be different. Lists other than `malware` are there only when the
    /// policy names them, and have no say in what is locked.
    fn read(name: &str, list: Option<&Value>) -> Result<Self, BlockingError> {
        let place = format!("policy.{name}");
        let sources = list.and_then(|list| list.get("ignore-source"));
        let mut block = Self {
            name: name.into(),
            on_update: false,
            on_install: false,
            ignored: ignored_versions(
                list.and_then(|list| list.get("ignore")),
                &format!("{place}.ignore"),
            )?,
            ignored_sources: entries(sources)
                .filter_map(|(_, source)| source.as_str().map(str::to_string))
                .collect(),
        };
        let blocks = match list {
            Some(Value::Bool(blocks)) => *blocks,
            list => list
                .and_then(|list| list.get("block"))
                .is_none_or(is_truthy),
        };
        block.set_scope(blocks, list.and_then(|list| list.get("block-scope")));
        Ok(block)
    }

    fn set_scope(&mut self, blocks: bool, scope: Option<&Value>) {
        let scope = scope.and_then(Value::as_str).unwrap_or("all");
        self.on_update = blocks && matches!(scope, "all" | "update");
        self.on_install = blocks && &*self.name == MALWARE && matches!(scope, "all" | "install");
    }
}

/// The entries of a PHP array: those of a list have no key, and neither have those whose key is a number.
fn entries(value: Option<&Value>) -> Box<dyn Iterator<Item = (Option<&str>, &Value)> + '_> {
    match value {
        Some(Value::Array(list)) => Box::new(list.iter().map(|value| (None, value))),
        Some(Value::Object(map)) => Box::new(map.iter().map(|(key, value)| {
            let is_number = key
                .parse::<u64>()
                .is_ok_and(|number| number.to_string() == *key);
            ((!is_number).then_some(key.as_str()), value)
        })),
        _ => Box::new(std::iter::empty()),
    }
}

/// The names in `audit`: a list, or names with a reason, or with `{"apply": …}`, that count for blocking
/// (`ListPolicyConfig::parseLegacySingleIgnore`).
fn applied(value: Option<&Value>) -> Result<Vec<String>, BlockingError> {
    let mut names = Vec::new();
    for (key, value) in entries(value) {
        let name = key.or(value.as_str()).unwrap_or_default();
        match value.get("apply").and_then(Value::as_str) {
            None | Some("all" | "block") => names.push(name.to_string()),
            Some("audit") => {}
            Some(other) => return Err(BlockingError::Apply(other.to_string())),
        }
    }
    Ok(names)
}

/// The keys of a map of rules that count for blocking.
fn names_on_block(value: Option<&Value>, place: &str) -> Result<Vec<String>, BlockingError> {
    let mut names = Vec::new();
    for (name, rule) in rules(value, place)? {
        if is_on_block(rule) && !names.contains(&name.to_string()) {
            names.push(name.to_string());
        }
    }
    Ok(names)
}

/// `IgnorePackageRule::parseIgnoreMap`
fn ignored_versions(
    value: Option<&Value>,
    place: &str,
) -> Result<Vec<IgnoredVersions>, BlockingError> {
    let mut ignored = Vec::new();
    for (name, rule) in rules(value, place)?
        .into_iter()
        .filter(|(_, rule)| is_on_block(rule))
    {
        let constraint = match rule.get("constraint") {
            None => Constraint::Any,
            Some(text) => {
                let text = text.as_str().unwrap_or_default();
                Constraint::parse(text).map_err(|error| BlockingError::Constraint {
                    place: place.to_string(),
                    constraint: text.to_string(),
                    reason: error.to_string(),
                })?
            }
        };
        ignored.extend(name_pattern(name).ok().map(|pattern| IgnoredVersions {
            pattern,
            constraint,
        }));
    }
    Ok(ignored)
}

fn is_on_block(rule: &Value) -> bool {
    rule.get("on-block").is_none_or(is_truthy)
}

/// Names with their rules: a name alone, a name with nothing or a reason, a name with a rule or several.
fn rules<'v>(
    value: Option<&'v Value>,
    place: &str,
) -> Result<Vec<(&'v str, &'v Value)>, BlockingError> {
    let shape = || BlockingError::Shape {
        place: place.to_string(),
    };
    let mut rules = Vec::new();
    for (key, value) in entries(value) {
        match (key, value) {
            (None, Value::String(name)) => rules.push((name.as_str(), &Value::Null)),
            (Some(name), Value::Null | Value::String(_)) => rules.push((name, &Value::Null)),
            (Some(name), Value::Object(map)) if !map.contains_key("0") => rules.push((name, value)),
            (Some(name), Value::Array(_) | Value::Object(_)) => {
                let several: Vec<&Value> = entries(Some(value)).map(|(_, rule)| rule).collect();
                if several.iter().any(|rule| !rule.is_object()) {
                    return Err(shape());
                }
                match several.is_empty() {
                    true => rules.push((name, &Value::Null)),
                    false => rules.extend(several.into_iter().map(|rule| (name, rule))),
                }
            }
            _ => return Err(shape()),
        }
    }
    Ok(rules)
}

/// One file's section over those before it: its keys win, except that those of some keys add up.
fn merged(below: &Value, above: &Value, joined_keys: &[&str]) -> Value {
    let (Value::Object(below), Value::Object(above)) = (below, above) else {
        return above.clone();
    };
    let mut result = below.clone();
    for (key, value) in above {
        let both = match (joined_keys.contains(&key.as_str()), below.get(key)) {
            (true, Some(known)) => joined(known, value),
            _ => None,
        };
        result.insert(key.clone(), both.unwrap_or_else(|| value.clone()));
    }
    Value::Object(result)
}

/// `array_merge` of two lists, or of two maps.
fn joined(a: &Value, b: &Value) -> Option<Value> {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => Some(a.iter().chain(b).cloned().collect()),
        (Value::Object(a), Value::Object(b)) => {
            let mut both = a.clone();
            both.extend(b.clone());
            Some(both.into())
        }
        (Value::Array(list), Value::Object(map)) | (Value::Object(map), Value::Array(list)) => {
            let mut both = map.clone();
            let named = list.iter().filter_map(Value::as_str);
            both.extend(named.map(|name| (name.to_string(), Value::Null)));
            Some(both.into())
        }
        _ => None,
    }
}

/// `Config::merge` for `policy`: list by list.
fn merged_policy(below: &Value, above: &Value) -> Value {
    let lists = match above {
        Value::Bool(true) => &Map::new(),
        Value::Object(lists) => lists,
        _ => return above.clone(),
    };
    let mut result = below.as_object().cloned().unwrap_or_default();
    for (name, list) in lists {
        let own = match list {
            Value::Bool(true) => Value::Object(Map::new()),
            other => other.clone(),
        };
        let both = match result.get(name) {
            Some(known) if name != "ignore-unreachable" && known.is_object() => {
                merged(known, &own, &JOINED_IN_LISTS)
            }
            _ => own,
        };
        result.insert(name.clone(), both);
    }
    Value::Object(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(config: Value) -> Blocking {
        Blocking::read([&json!({ "config": config })], |_| None).unwrap()
    }

    fn lists(blocking: &Blocking) -> Vec<(&str, bool, bool)> {
        let lists = blocking.lists.iter();
        lists
            .map(|list| (&*list.name, list.on_update, list.on_install))
            .collect()
    }

    #[test]
    fn advisories_and_malware_block_unless_told_otherwise() {
        let blocking = read(json!({}));
        assert!(blocking.advisories.blocks && !blocking.abandoned.blocks);
        assert!(blocking.ignores_unreachable);
        assert_eq!(lists(&blocking), [("malware", true, true)]);
        let blocking =
            read(json!({"policy": {"malware": false, "advisories": false, "acme": true}}));
        assert!(!blocking.advisories.blocks);
        assert_eq!(lists(&blocking), [("acme", true, false)]);
        let blocking = read(json!({"policy": {"malware": {"block-scope": "install"}}}));
        assert_eq!(lists(&blocking), [("malware", false, true)]);
        let blocking = read(json!({"policy": false}));
        assert!(!blocking.advisories.blocks && blocking.lists.is_empty());
    }

    #[test]
    fn audit_is_the_older_way_to_say_it() {
        let audit = json!({"ignore": {"CVE-1": "not for us", "PKSA-2": {"apply": "audit"}}, "block-abandoned": true, "ignore-abandoned": ["old/*"]});
        let blocking = read(json!({ "audit": audit }));
        assert_eq!(blocking.advisories.ignored, ["CVE-1"]);
        assert!(blocking.advisories.needs_details() && blocking.abandoned.blocks);
        assert!(blocking.abandoned.ignored[0].concerns("old/a"));
        assert!(
            !read(json!({"audit": {"block-insecure": false}}))
                .advisories
                .blocks
        );
    }

    #[test]
    fn rules_may_be_for_some_versions() {
        let ignore = json!({"a/a": [{"constraint": "^1"}, {"constraint": "^3", "on-block": false}], "b/b": null, "0": "c/c"});
        let blocking = read(json!({"policy": {"malware": {"ignore": ignore}}}));
        let covers = |name: &str, version: &str| {
            let version = Version::parse(version).unwrap();
            blocking.lists[0]
                .ignored
                .iter()
                .any(|rule| rule.covers(name, &version))
        };
        assert!(covers("a/a", "1.2") && !covers("a/a", "3.0"));
        assert!(covers("b/b", "1.2") && covers("c/c", "3.0"));
        let wrong = json!({"config": {"policy": {"malware": {"ignore": {"a/a": 7}}}}});
        assert!(Blocking::read([&wrong], |_| None).is_err());
    }

    #[test]
    fn files_add_up_and_the_environment_decides() {
        let user = json!({"config": {"policy": {"advisories": {"ignore-id": ["PKSA-1"]}}}});
        let root =
            json!({"config": {"policy": {"advisories": {"ignore-id": ["PKSA-2"], "block": true}}}});
        let blocking = Blocking::read([&user, &root], |_| None).unwrap();
        assert_eq!(blocking.advisories.ignored, ["PKSA-1", "PKSA-2"]);
        assert!(!blocking.advisories.needs_details());
        let off = |name: &str| (name == "COMPOSER_NO_SECURITY_BLOCKING").then(|| "1".to_string());
        assert!(!Blocking::read([&root], off).unwrap().advisories.blocks);
        let odd = |name: &str| (name == "COMPOSER_POLICY").then(|| "perhaps".to_string());
        assert!(Blocking::read([&root], odd).is_err());
    }
}
