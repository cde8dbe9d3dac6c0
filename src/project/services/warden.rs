//! Warden: the `.env` of an environment.

use super::reader::Reader;
use super::service::Engine;
use super::variables::Variables;

const FILE: &str = ".env";

/// The service of a variable with a version, and the switch that turns it off with `0`.
const VERSIONS: [(&str, Engine, Option<&str>); 11] = [
    ("PHP_VERSION", Engine::Php, None),
    ("COMPOSER_VERSION", Engine::Composer, None),
    ("MARIADB_VERSION", Engine::MariaDb, Some("WARDEN_DB")),
    ("MYSQL_VERSION", Engine::MySql, Some("WARDEN_DB")),
    (
        "OPENSEARCH_VERSION",
        Engine::OpenSearch,
        Some("WARDEN_OPENSEARCH"),
    ),
    (
        "ELASTICSEARCH_VERSION",
        Engine::Elasticsearch,
        Some("WARDEN_ELASTICSEARCH"),
    ),
    ("VALKEY_VERSION", Engine::Valkey, Some("WARDEN_VALKEY")),
    ("REDIS_VERSION", Engine::Redis, Some("WARDEN_REDIS")),
    (
        "RABBITMQ_VERSION",
        Engine::RabbitMq,
        Some("WARDEN_RABBITMQ"),
    ),
    ("VARNISH_VERSION", Engine::Varnish, Some("WARDEN_VARNISH")),
    ("NGINX_VERSION", Engine::Nginx, Some("WARDEN_NGINX")),
];

/// Warden: the versions that an environment's `.env` sets. Another program's `.env` is passed over.
pub(super) fn read(reader: &mut Reader<'_>) {
    let variables = Variables::new(reader.text(FILE).into_iter().collect());
    if variables.get("WARDEN_ENV_TYPE").is_none() && variables.get("WARDEN_ENV_NAME").is_none() {
        return;
    }
    let is_off = |switch: &str| variables.get(switch).as_deref() == Some("0");
    // Where the distribution is named, its version counts and those of the single distributions do not.
    let distribution = variables
        .get("MYSQL_DISTRIBUTION")
        .as_deref()
        .and_then(Engine::from_word)
        .zip(variables.get("MYSQL_DISTRIBUTION_VERSION"));
    for (name, engine, switch) in VERSIONS {
        if switch.is_some_and(is_off) {
            continue;
        }
        let is_database = switch == Some("WARDEN_DB");
        match &distribution {
            Some((kind, version)) if is_database => {
                if *kind == engine {
                    reader.add(engine, Some(version), FILE);
                }
            }
            _ => {
                if let Some(version) = variables.get(name) {
                    reader.add(engine, Some(&version), FILE);
                }
            }
        }
    }
}
