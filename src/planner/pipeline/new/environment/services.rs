//! Which services a release runs on, and which of them an environment offers.

use crate::distribution::{Release, compare_versions};
use crate::planner::wish::environment::{Environment, Images};

/// A service and its version: `mariadb` `11.4`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The word of the facts about releases: `mariadb`.
    pub name: &'static str,
    /// As precise as the environment takes it: `11.4`.
    pub version: String,
}

/// What a store needs around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Services {
    /// Its minor version: `8.4`.
    pub php: String,
    /// The line of Composer: `1`, `2.2` (the one with long support), or `2` for its newest.
    pub composer: &'static str,
    /// `mariadb` or `mysql`.
    pub database: Service,
    /// `opensearch` or `elasticsearch`.
    pub search: Service,
    /// `valkey` or `redis`.
    pub cache: Service,
    /// `rabbitmq`, when the store has the module that speaks to it.
    pub queue: Option<Service>,
    /// A service that the release names and the environment does not offer, in the form `MariaDB 12.3`, when another had to
    /// take its place.
    pub replaced: Option<String>,
}

/// What the services of a release are when it does not say so: those of the newest release known.
const DATABASE: &str = "8.4";
const SEARCH: &str = "3";
const CACHE: &str = "8";

impl Services {
    /// Those of a release; `php` in place of the newest PHP that the release and the environment have in common.
    pub fn choose(
        environment: Environment,
        release: &Release,
        php: Option<&str>,
        has_queue: bool,
    ) -> Self {
        let images = environment.images();
        let wanted = |name: &'static str| {
            let versions = release.services.get(name)?;
            let version = newest(versions)?;
            Some(Service { name, version })
        };
        let (database, replaced) = database(images, wanted("mariadb"), wanted("mysql"));
        let fallback = |name: &'static str, version: &str| Service {
            name,
            version: version.to_owned(),
        };
        Self {
            php: php.map_or_else(|| newest_php(images, release), minor),
            composer: composer(release),
            database,
            search: wanted("opensearch")
                .or_else(|| wanted("elasticsearch"))
                .unwrap_or_else(|| fallback("opensearch", SEARCH)),
            cache: wanted("valkey")
                .or_else(|| wanted("redis"))
                .unwrap_or_else(|| fallback("valkey", CACHE)),
            queue: wanted("rabbitmq").filter(|_| has_queue),
            replaced,
        }
    }
}

/// The newest of `10.11, 11.8`; without the `+` of `2.9.3+`.
fn newest(versions: &str) -> Option<String> {
    let versions = versions
        .split([',', '/'])
        .map(|version| version.trim().trim_end_matches('+'));
    let newest = versions.max_by(|a, b| compare_versions(a, b))?;
    (!newest.is_empty()).then(|| newest.to_owned())
}

/// The line of Composer that a release is made with; `2.2.26+` stands for any later version.
fn composer(release: &Release) -> &'static str {
    match release.services.get("composer").map_or("", String::as_str) {
        "1" => "1",
        pinned if pinned.starts_with("2.2.") && !pinned.ends_with('+') => "2.2",
        _ => "2",
    }
}

/// `8.4.12` → `8.4`
fn minor(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

fn newest_php(images: &Images, release: &Release) -> String {
    let of_release = release.php_series();
    let both = images.php.iter().rfind(|php| of_release.contains(php));
    both.or(images.php.last()).cloned().unwrap_or_default()
}

/// The database: MariaDB where there is an image of it, MySQL where that has one, else the newest MariaDB that is older than
/// the one of the release.
fn database(
    images: &Images,
    mariadb: Option<Service>,
    mysql: Option<Service>,
) -> (Service, Option<String>) {
    let offers = |list: &[String], service: &Service| list.contains(&minor(&service.version));
    let as_offered = |service: &Service| Service {
        name: service.name,
        version: minor(&service.version),
    };
    match (&mariadb, &mysql) {
        (Some(mariadb), _) if offers(&images.mariadb, mariadb) => (as_offered(mariadb), None),
        (first, Some(mysql)) if offers(&images.mysql, mysql) => {
            let replaced = first
                .as_ref()
                .map(|mariadb| format!("MariaDB {}", mariadb.version));
            (as_offered(mysql), replaced)
        }
        (Some(wanted), _) => {
            let older = images
                .mariadb
                .iter()
                .rfind(|version| compare_versions(version, &wanted.version).is_lt());
            let version = older
                .or(images.mariadb.first())
                .cloned()
                .unwrap_or_default();
            let replaced = Some(format!("MariaDB {}", wanted.version));
            (
                Service {
                    name: "mariadb",
                    version,
                },
                replaced,
            )
        }
        (None, wanted) => {
            let replaced = wanted
                .as_ref()
                .map(|mysql| format!("MySQL {}", mysql.version));
            let version = DATABASE.to_owned();
            (
                Service {
                    name: "mysql",
                    version,
                },
                replaced,
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distribution::{ReleaseCatalog, Target};

    fn services(target: Target, release: &str) -> Services {
        let catalog = ReleaseCatalog::bundled();
        let release = catalog.facts(target, release).unwrap();
        Services::choose(Environment::Ddev, release, None, true)
    }

    #[test]
    fn versions_are_those_of_the_release() {
        let of = |service: &Service| format!("{} {}", service.name, service.version);
        let mage_os = services(Target::MageOs, "3.4.0");
        assert_eq!(mage_os.php, "8.5");
        assert_eq!(of(&mage_os.database), "mariadb 11.4");
        assert_eq!(of(&mage_os.search), "opensearch 3");
        assert_eq!(of(&mage_os.cache), "valkey 8");
        assert_eq!(mage_os.queue.as_ref().map(of), Some("rabbitmq 4.1".into()));
        let old = services(Target::Magento, "2.4.1");
        assert_eq!(of(&old.search), "elasticsearch 7.7.1");
        assert_eq!(
            (of(&old.database), of(&old.cache)),
            ("mysql 8.0".into(), "redis 5.0".into())
        );
    }

    #[test]
    fn another_database_takes_the_place_of_one_without_an_image() {
        let newest = services(Target::Magento, "2.4.9");
        assert_eq!(
            (newest.database.name, newest.database.version.as_str()),
            ("mysql", "8.4")
        );
        assert_eq!(newest.replaced.as_deref(), Some("MariaDB 12.3"));
        let unknown = Services::choose(
            Environment::Ddev,
            &Release::unknown("9.9.9"),
            Some("8.4.3"),
            false,
        );
        assert_eq!(
            (unknown.php.as_str(), unknown.database.name),
            ("8.4", "mysql")
        );
    }
}
