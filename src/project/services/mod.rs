//! Which services a store runs on, as the configuration of its environments says: app/etc/env.php, DDEV, Warden, Docker
//! Compose, Adobe Commerce on Cloud. Only kinds, versions and host names are taken from these files.

mod cloud;
mod compose;
mod ddev;
mod variables;
mod warden;

use super::env_php::{CONFIG_PHP, ENV_PHP, EnvPhp, shared_search_engine};
use super::yaml;
use composer_engine::files;
use serde_norway::Value;
use std::path::Path;

/// A kind of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    Php,
    Composer,
    MariaDb,
    MySql,
    OpenSearch,
    Elasticsearch,
    Valkey,
    Redis,
    RabbitMq,
    ActiveMq,
    Varnish,
    Nginx,
}

/// What services stand in for each other for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Php,
    Composer,
    Database,
    Search,
    Cache,
    Queue,
    HttpCache,
    WebServer,
}

impl Engine {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Php,
        Self::Composer,
        Self::MariaDb,
        Self::MySql,
        Self::OpenSearch,
        Self::Elasticsearch,
        Self::Valkey,
        Self::Redis,
        Self::RabbitMq,
        Self::ActiveMq,
        Self::Varnish,
        Self::Nginx,
    ];

    /// The word for it in the facts about releases, in image names and in configuration files.
    pub fn word(self) -> &'static str {
        match self {
            Self::Php => "php",
            Self::Composer => "composer",
            Self::MariaDb => "mariadb",
            Self::MySql => "mysql",
            Self::OpenSearch => "opensearch",
            Self::Elasticsearch => "elasticsearch",
            Self::Valkey => "valkey",
            Self::Redis => "redis",
            Self::RabbitMq => "rabbitmq",
            Self::ActiveMq => "activemq-artemis",
            Self::Varnish => "varnish",
            Self::Nginx => "nginx",
        }
    }

    /// The name people use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Php => "PHP",
            Self::Composer => "Composer",
            Self::MariaDb => "MariaDB",
            Self::MySql => "MySQL",
            Self::OpenSearch => "OpenSearch",
            Self::Elasticsearch => "Elasticsearch",
            Self::Valkey => "Valkey",
            Self::Redis => "Redis",
            Self::RabbitMq => "RabbitMQ",
            Self::ActiveMq => "ActiveMQ Artemis",
            Self::Varnish => "Varnish",
            Self::Nginx => "nginx",
        }
    }

    /// What it does for the shop.
    pub fn role(self) -> Role {
        match self {
            Self::Php => Role::Php,
            Self::Composer => Role::Composer,
            Self::MariaDb | Self::MySql => Role::Database,
            Self::OpenSearch | Self::Elasticsearch => Role::Search,
            Self::Valkey | Self::Redis => Role::Cache,
            Self::RabbitMq | Self::ActiveMq => Role::Queue,
            Self::Varnish => Role::HttpCache,
            Self::Nginx => Role::WebServer,
        }
    }

    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.word() == word)
    }
}

/// A service that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    pub engine: Engine,
    /// Numbers with dots, as precise as the file is (`8`, `10.6`, `8.0.36`); none when it does not say.
    pub version: Option<String>,
    /// The file, relative to the store.
    pub file: String,
}

/// The services of a store.
#[derive(Debug, Clone, Default)]
pub struct Services {
    pub services: Vec<Service>,
    pub env: Option<EnvPhp>,
    /// The search engine that a configuration file sets (`opensearch`, `elasticsearch7`), and that file.
    pub search_engine: Option<(String, &'static str)>,
    /// Files that could not be read, relative to the store, each with what is wrong with it: `is a folder, not a file`.
    pub unreadable: Vec<(String, String)>,
}

impl Services {
    /// Reads the files of a store that name services.
    pub fn read(store: &Path) -> Self {
        let mut unreadable = Vec::new();
        let env = EnvPhp::read(store).unwrap_or_else(|error| {
            unreadable.push((ENV_PHP.to_string(), error.what.to_string()));
            None
        });
        let own = env.as_ref().and_then(|env| env.search_engine.clone());
        let search_engine = own
            .map(|engine| (engine, ENV_PHP))
            .or_else(|| shared_search_engine(store).map(|engine| (engine, CONFIG_PHP)));
        let mut found = Self {
            env,
            search_engine,
            unreadable,
            ..Self::default()
        };
        let mut reader = Reader {
            store,
            found: &mut found,
        };
        cloud::read(&mut reader);
        ddev::read(&mut reader);
        warden::read(&mut reader);
        compose::read(&mut reader);
        found
    }

    fn note(&mut self, file: &str, what: &str) {
        self.unreadable.push((file.to_string(), what.to_string()));
    }
}

/// Collects what the files of a store say.
struct Reader<'a> {
    store: &'a Path,
    found: &'a mut Services,
}

impl Reader<'_> {
    /// The text of a file; none when there is none, or when it cannot be read, which is noted. What is no UTF-8 is replaced.
    fn text(&mut self, file: &str) -> Option<String> {
        match files::read_if_there(&self.store.join(file), files::CONFIGURATION) {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes?).into_owned()),
            Err(error) => {
                self.found.note(file, &error.what.to_string());
                None
            }
        }
    }

    /// A YAML file; none when there is none, or when it cannot be read, which is noted.
    fn yaml(&mut self, file: &str) -> Option<Value> {
        let text = self.text(file)?;
        let Some(mut value) = yaml::decode::<Value>(&text) else {
            self.found.note(file, "is no YAML that can be read");
            return None;
        };
        // A merge key that leads nowhere leaves the rest as it is.
        let _ = value.apply_merge();
        Some(value)
    }

    /// The names of the files in a folder that `wanted` accepts, sorted.
    fn files(&self, folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        let entries = std::fs::read_dir(self.store.join(folder));
        let mut names: Vec<String> = entries
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .filter(|name| wanted(name))
            .collect();
        names.sort_unstable();
        names
    }

    fn add(&mut self, engine: Engine, version: Option<&str>, file: &str) {
        self.found.services.push(Service {
            engine,
            version: version.and_then(leading_version),
            file: file.to_string(),
        });
    }
}

/// A scalar as text: `8.3` may be written as a number.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The version that a tag begins with: `8.3` of `8.3-fpm-2` and of `v8.3`; none of `latest` and `^8.3`.
fn leading_version(tag: &str) -> Option<String> {
    let tag = tag.trim();
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let end = tag
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(tag.len());
    let version = tag[..end].trim_end_matches('.');
    let parts = version.split('.');
    (parts.clone().count() <= 4
        && parts
            .clone()
            .all(|part| !part.is_empty() && part.len() <= 6))
    .then(|| version.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A store with these files, and what it says of its services: engine, version, file.
    fn services(files: &[(&str, &str)]) -> (Vec<String>, Services) {
        let store = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = store.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let services = Services::read(store.path());
        let lines = services.services.iter().map(|service| {
            let version = service.version.as_deref().unwrap_or("?");
            format!("{} {version} {}", service.engine.word(), service.file)
        });
        (lines.collect(), services)
    }

    #[test]
    fn ddev() {
        let (found, _) = services(&[
            (
                ".ddev/config.yaml",
                "name: shop\nphp_version: \"8.2\"\ndatabase:\n  type: mariadb\n  version: \"10.6\"\ncomposer_version: \"2\"\nweb_environment: [PASSWORD=planted]\n",
            ),
            (".ddev/config.local.yaml", "php_version: 8.3\n"),
            (".ddev/.env.opensearch", "OPENSEARCH_TAG=2.12.0\nOTHER=x\n"),
            (
                ".ddev/docker-compose.opensearch.yaml",
                "services:\n  opensearch:\n    image: opensearchproject/opensearch:${OPENSEARCH_TAG:-2}\n  dashboards:\n    image: opensearchproject/opensearch-dashboards:2\n",
            ),
        ]);
        assert_eq!(
            found,
            [
                "php 8.3 .ddev/config.local.yaml",
                "composer 2 .ddev/config.yaml",
                "mariadb 10.6 .ddev/config.yaml",
                "opensearch 2.12.0 .ddev/docker-compose.opensearch.yaml",
            ]
        );
    }

    #[test]
    fn warden() {
        let env = "WARDEN_ENV_TYPE=magento2\nWARDEN_ELASTICSEARCH=0\nWARDEN_OPENSEARCH=1\nELASTICSEARCH_VERSION=7.17\nOPENSEARCH_VERSION=2.12\nPHP_VERSION='8.1' # old\nMYSQL_DISTRIBUTION=mariadb\nMYSQL_DISTRIBUTION_VERSION=10.4\nREDIS_VERSION=7.2\nSECRET=planted\n";
        let (found, _) = services(&[(".env", env)]);
        assert_eq!(
            found,
            [
                "php 8.1 .env",
                "mariadb 10.4 .env",
                "opensearch 2.12 .env",
                "redis 7.2 .env",
            ]
        );
        let (found, _) = services(&[(".env", "PHP_VERSION=8.1\nAPP_ENV=prod\n")]);
        assert!(found.is_empty(), "not Warden's: {found:?}");
    }

    #[test]
    fn docker_compose() {
        let compose = "services:\n  app: {image: 'markoshust/magento-nginx:1.24-0'}\n  fpm: {image: \"wardenenv/php-fpm:${PHP}\"}\n  db: {image: 'mysql/mysql-server:8.0.32'}\n  cache: {image: 'valkey/valkey:latest'}\n  mail: {image: mailhog/mailhog}\n  search:\n    image: docker.elastic.co/elasticsearch/elasticsearch:7.17.0@sha256:00\n  admin: {image: phpmyadmin:5}\n  varnish: &v {image: 'varnish:7.7'}\n  varnish2: {<<: *v, command: x}\n  mq:\n    image: registry.example.com:5000/rabbitmq:3.9-management\n";
        let (found, _) = services(&[
            ("compose.yml", compose),
            (".env", "PHP=8.2\n"),
            (
                "compose.override.yml",
                "services: {db: {image: mariadb:11.4}}",
            ),
        ]);
        let file = "compose.yml";
        assert_eq!(
            found,
            [
                format!("nginx 1.24 {file}"),
                format!("php 8.2 {file}"),
                "mariadb 11.4 compose.override.yml".to_string(),
                format!("valkey ? {file}"),
                format!("elasticsearch 7.17.0 {file}"),
                format!("varnish 7.7 {file}"),
                format!("varnish 7.7 {file}"),
                format!("rabbitmq 3.9 {file}"),
            ]
        );
    }

    #[test]
    fn commerce_on_cloud() {
        let (found, _) = services(&[
            (
                ".magento.app.yaml",
                "name: app\ntype: php:8.3\ndependencies: {php: {composer/composer: '2.8.4'}}\nvariables: {env: {X: planted}}\n",
            ),
            (
                ".magento/services.yaml",
                "mysql: {type: 'mysql:10.6', disk: 5120}\nopensearch: {type: 'opensearch:2'}\ncache: {type: 'valkey:8.0'}\n",
            ),
        ]);
        assert_eq!(
            found,
            [
                "php 8.3 .magento.app.yaml",
                "composer 2.8.4 .magento.app.yaml",
                "mariadb 10.6 .magento/services.yaml",
                "opensearch 2 .magento/services.yaml",
                "valkey 8.0 .magento/services.yaml",
            ]
        );
    }

    #[test]
    fn the_search_engine_of_the_environment_goes_before_the_shared_one() {
        let php = |engine: &str| {
            format!(
                "<?php return ['system' => ['default' => ['catalog' => ['search' => ['engine' => '{engine}']]]]];"
            )
        };
        let (shared, own) = (php("mysql"), php("opensearch"));
        let (_, found) = services(&[(CONFIG_PHP, &shared)]);
        assert_eq!(found.search_engine, Some(("mysql".into(), CONFIG_PHP)));
        let (_, found) = services(&[(CONFIG_PHP, &shared), (ENV_PHP, &own)]);
        assert_eq!(found.search_engine, Some(("opensearch".into(), ENV_PHP)));
    }

    #[test]
    fn what_cannot_be_read_is_noted() {
        let (found, services) = services(&[
            (".ddev/config.yaml", "a: [\n"),
            ("docker-compose.yml", "- 1\n"),
        ]);
        assert!(found.is_empty());
        assert_eq!(
            services.unreadable,
            [(
                ".ddev/config.yaml".to_owned(),
                "is no YAML that can be read".to_owned()
            )]
        );
    }

    #[test]
    fn versions() {
        for (tag, version) in [
            ("8.3-fpm-2", Some("8.3")),
            ("v2", Some("2")),
            ("3.13-management", Some("3.13")),
            ("latest", None),
            ("^2.2", None),
            ("", None),
            ("8..3", None),
        ] {
            assert_eq!(leading_version(tag).as_deref(), version, "{tag}");
        }
    }
}
