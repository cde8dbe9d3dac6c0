//! Root templates: the composer.json that `create-project` writes for a release.

use super::releases::{compare_versions, exact_version, line, next_line};
use super::targets::Target;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// One entry of `root_templates.json`: a whole template, or the difference to another one.
/// Strings may hold `{release}`, `{line}` (`2.4.8`) and `{next-line}` (`2.4.9`).
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    target: Target,
    /// The first release with this template. It holds until the next entry of the same target.
    since: String,
    /// Releases for which it was compared with what the distribution publishes.
    #[serde(default)]
    exact: Vec<String>,
    #[serde(default)]
    value: Map<String, Value>,
    /// `<target> <since>` of the entry that `patch` changes.
    like: Option<String>,
    /// A JSON merge patch (RFC 7396).
    #[serde(default)]
    patch: Map<String, Value>,
    /// The first entries of a section, in order, where the patch leaves them in another; the content hash depends on it.
    #[serde(default)]
    order: BTreeMap<String, Vec<String>>,
}

struct Known {
    target: Target,
    since: String,
    exact: Vec<String>,
    value: Map<String, Value>,
}

static KNOWN: LazyLock<Vec<Known>> = LazyLock::new(|| {
    let entries: Vec<Entry> = serde_json::from_str(include_str!("root_templates.json"))
        .expect("the bundled root_templates.json is valid");
    let mut known: Vec<Known> = Vec::with_capacity(entries.len());
    for entry in entries {
        let value = match &entry.like {
            None => entry.value,
            Some(like) => {
                let like = known
                    .iter()
                    .find(|other| format!("{} {}", other.target.word(), other.since) == *like);
                let mut value = like
                    .expect("a template changes one that stands before it")
                    .value
                    .clone();
                merge_patch(&mut value, entry.patch);
                for (section, names) in &entry.order {
                    reorder(value.get_mut(section), names);
                }
                value
            }
        };
        known.push(Known {
            target: entry.target,
            since: entry.since,
            exact: entry.exact,
            value,
        });
    }
    known
});

/// The composer.json of a new project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Whether it is known to be what the distribution writes for this very release; otherwise it is that of the nearest
    /// release known, with the version numbers of this one.
    pub exact: bool,
    /// What composer.json holds, in the order in which the distribution writes it. Empty when no template of the target
    /// is known.
    pub value: Map<String, Value>,
}

/// The root template of a release: that of the newest known release not after it, or the oldest known one.
pub fn template(target: Target, release: &str) -> Template {
    let of_target = || KNOWN.iter().filter(|known| known.target == target);
    let Some(known) = of_target()
        .filter(|known| compare_versions(&known.since, release) != Ordering::Greater)
        .max_by(|a, b| compare_versions(&a.since, &b.since))
        .or_else(|| of_target().min_by(|a, b| compare_versions(&a.since, &b.since)))
    else {
        return Template {
            exact: false,
            value: Map::new(),
        };
    };
    let mut value = Value::Object(known.value.clone());
    fill(&mut value, release);
    let Value::Object(value) = value else {
        return Template {
            exact: false,
            value: Map::new(),
        };
    };
    Template {
        exact: known.exact.iter().any(|version| version == release),
        value,
    }
}

/// Whether some template of the family, of whatever release, has this value at this path. Such a value was never the
/// owner's: it is what an earlier `create-project` left behind.
pub fn was_ever_in_a_template(path: &[&str], value: &Value) -> bool {
    KNOWN.iter().any(|known| {
        let Some((first, rest)) = path.split_first() else {
            return false;
        };
        let found = rest.iter().try_fold(known.value.get(*first), |found, key| {
            found.map(|found| found.get(*key))
        });
        match (found.flatten(), value) {
            (Some(Value::String(known)), Value::String(value)) if known == "{release}" => {
                exact_version(value).is_some()
            }
            (found, value) => found == Some(value),
        }
    })
}

fn fill(value: &mut Value, release: &str) {
    match value {
        Value::String(text) if text.contains('{') => {
            *text = text
                .replace("{release}", release)
                .replace("{line}", &line(release))
                .replace("{next-line}", &next_line(release));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| fill(item, release)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| fill(member, release)),
        _ => {}
    }
}

/// Moves the named entries of a section to its start.
fn reorder(section: Option<&mut Value>, names: &[String]) {
    if let Some(Value::Object(section)) = section {
        let mut rest = std::mem::take(section);
        let first = names
            .iter()
            .filter_map(|name| rest.shift_remove_entry(name));
        section.extend(first.collect::<Vec<_>>());
        section.extend(rest);
    }
}

fn merge_patch(value: &mut Map<String, Value>, patch: Map<String, Value>) {
    for (key, change) in patch {
        match change {
            Value::Null => {
                value.shift_remove(&key);
            }
            Value::Object(change) => match value.get_mut(&key) {
                Some(Value::Object(member)) => merge_patch(member, change),
                _ => {
                    value.insert(key, Value::Object(change));
                }
            },
            change => {
                value.insert(key, change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_target_has_templates_in_ascending_order() {
        for target in Target::ALL {
            let sinces: Vec<_> = KNOWN
                .iter()
                .filter(|known| known.target == target)
                .map(|known| &known.since)
                .collect();
            assert!(!sinces.is_empty());
            assert!(
                sinces
                    .windows(2)
                    .all(|pair| compare_versions(pair[0], pair[1]) == Ordering::Less),
                "{sinces:?}"
            );
        }
    }

    /// Content hashes of the locks that Adobe publishes for these releases (commerce-operations documentation): they cover the
    /// order of requirements, too.
    #[test]
    fn roots_have_the_content_hashes_of_adobes_locks() {
        let hashes = [
            (Target::Magento, "2.4.6", "31e137add59e34cc8958c98f406e953f"),
            (Target::Magento, "2.4.7", "09d167c2f7f677b5531241222631993f"),
            (
                Target::Magento,
                "2.4.7-p1",
                "26af77faf00b67be9f910e29d782aec2",
            ),
            (Target::Magento, "2.4.8", "495f27b9ab91df6cc990cad70871f1cd"),
            (Target::Magento, "2.4.9", "050a16c7fb07758cf7d97e0229598552"),
            (
                Target::Commerce,
                "2.4.6",
                "baa1bca78983b37eb8797f8affb70564",
            ),
            (
                Target::Commerce,
                "2.4.7",
                "9efe67db4cb8d4453c640137a55f4757",
            ),
            (
                Target::Commerce,
                "2.4.7-p1",
                "7336940a7a42089a1df012152360e4dd",
            ),
        ];
        for (target, release, hash) in hashes {
            let root = Value::Object(template(target, release).value);
            assert_eq!(
                composer_engine::format::lock::content_hash::content_hash(&root.to_string())
                    .unwrap(),
                hash,
                "{target} {release}"
            );
        }
    }

    #[test]
    fn the_nearest_template_takes_the_numbers_of_the_release() {
        let exact = template(Target::Magento, "2.4.9");
        assert!(exact.exact);
        let later = template(Target::Magento, "2.4.9-p3");
        assert!(!later.exact);
        assert_eq!(
            later.value["require"]["magento/product-community-edition"],
            "2.4.9-p3"
        );
        assert_eq!(later.value["require-dev"], exact.value["require-dev"]);
        let cloud = template(Target::CommerceCloud, "2.4.8-p4");
        assert_eq!(
            cloud.value["require"]["magento/magento-cloud-metapackage"],
            ">=2.4.8 <2.4.9"
        );
        let oldest = template(Target::Magento, "2.1.0");
        assert_eq!(
            oldest.value["require"]["magento/product-community-edition"],
            "2.1.0"
        );
    }

    #[test]
    fn a_template_of_mage_os_pins_its_own_tools() {
        let value = template(Target::MageOs, "2.2.2").value;
        assert_eq!(
            value["require-dev"]["mage-os/magento-coding-standard"],
            "2.2.2"
        );
        assert_eq!(value["require-dev"]["phpunit/phpunit"], "^10.5");
        assert!(
            template(Target::MageOs, "3.4.0").value["autoload"]["psr-4"]
                .get("MageOS\\Installer\\")
                .is_some()
        );
    }

    #[test]
    fn what_templates_left_behind_is_recognised() {
        assert!(was_ever_in_a_template(
            &["require-dev", "phpunit/phpunit"],
            &json!("~9.5.0")
        ));
        let plugin = ["require", "mage-os/composer-root-update-plugin"];
        assert!(was_ever_in_a_template(&plugin, &json!("3.1.0")));
        assert!(!was_ever_in_a_template(&plugin, &json!("^3.1")));
        assert!(!was_ever_in_a_template(
            &["require-dev", "phpunit/phpunit"],
            &json!("^8")
        ));
    }
}
