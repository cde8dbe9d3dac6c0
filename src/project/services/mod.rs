//! Which services a store runs on, as the configuration of its environments says: app/etc/env.php, DDEV, Warden, Docker
//! Compose, Adobe Commerce on Cloud. Only kinds, versions and host names are taken from these files.

mod cloud;
mod compose;
mod ddev;
mod reader;
mod service;
mod variables;
mod warden;

pub use service::Role;
pub(crate) use service::{Engine, Service};

use super::env_php::{CONFIG_PHP, ENV_PHP, EnvPhp, shared_search_engine};
use crate::project::store_files::StoreFiles;
use reader::Reader;

/// The services of a store.
#[derive(Debug, Clone, Default)]
pub struct Services {
    /// In the order of the files; two files may name the same engine with different versions.
    pub services: Vec<Service>,
    /// None when there is no app/etc/env.php, or when it cannot be read.
    pub env: Option<EnvPhp>,
    /// The search engine that a configuration file sets (`opensearch`, `elasticsearch7`), and that file.
    pub search_engine: Option<(String, &'static str)>,
    /// Files that could not be read, relative to the store, each with what is wrong with it: `is a folder, not a file`.
    pub unreadable: Vec<(String, String)>,
}

impl Services {
    /// Reads the files of a store that name services.
    pub fn read(store: &dyn StoreFiles) -> Self {
        let mut unreadable = Vec::new();
        let env = EnvPhp::read(store).unwrap_or_else(|error| {
            unreadable.push((ENV_PHP.to_string(), error.what.to_string()));
            None
        });
        let own = env.as_ref().and_then(|env| env.search_engine.clone());
        let search_engine = own
            .map(|engine| (engine, ENV_PHP))
            .or_else(|| shared_search_engine(store).map(|engine| (engine, CONFIG_PHP)));
        let mut reader = Reader {
            store,
            services: Vec::new(),
            unreadable,
        };
        cloud::read(&mut reader);
        ddev::read(&mut reader);
        warden::read(&mut reader);
        compose::read(&mut reader);
        Self {
            services: reader.services,
            env,
            search_engine,
            unreadable: reader.unreadable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::store_files::MapFiles;

    /// A store with these files, and what it says of its services: engine, version, file.
    fn services(files: &[(&str, &str)]) -> (Vec<String>, Services) {
        let services = Services::read(&MapFiles::of(files.iter().copied()));
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
}
