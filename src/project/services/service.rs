//! A service that a store runs on: its kind, and what it is there for.

use serde::{Deserialize, Serialize};

/// A kind of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Engine {
    /// The PHP that the shop runs on.
    Php,
    /// The Composer that an environment has.
    Composer,
    /// MariaDB; on Adobe Commerce Cloud also what is called `mysql` there.
    MariaDb,
    /// MySQL, or Percona Server, which is built from it.
    MySql,
    /// OpenSearch.
    OpenSearch,
    /// Elasticsearch, of which later releases of Magento know nothing.
    Elasticsearch,
    /// Valkey, which came from Redis.
    Valkey,
    /// Redis.
    Redis,
    /// RabbitMQ, spoken to by AMQP.
    RabbitMq,
    /// ActiveMQ Artemis, spoken to by STOMP.
    ActiveMq,
    /// Varnish.
    Varnish,
    /// nginx.
    Nginx,
}

/// What services stand in for each other for. In a plan's JSON by the names in kebab-case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Runs the code.
    Php,
    /// Installs it.
    Composer,
    /// Keeps the shop's data: MariaDB or MySQL.
    Database,
    /// Searches the catalogue: OpenSearch or Elasticsearch.
    Search,
    /// Keeps the cache and the sessions: Valkey or Redis.
    Cache,
    /// Delivers messages: RabbitMQ or ActiveMQ Artemis.
    Queue,
    /// Keeps whole pages before the shop: Varnish.
    HttpCache,
    /// Answers requests: nginx.
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

    /// The kind of this word.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|engine| engine.word() == word)
    }
}

/// A service that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// What it is; what a file names and is none of these is passed over.
    pub engine: Engine,
    /// Numbers with dots, as precise as the file is (`8`, `10.6`, `8.0.36`); none when it does not say.
    pub version: Option<String>,
    /// The file, relative to the store.
    pub file: String,
}
