//! A service that a store runs on: its kind, and what it is there for.

use serde::{Deserialize, Serialize};

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

/// What services stand in for each other for. In a plan's JSON by the names in kebab-case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
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

    /// The kind of this word.
    pub(super) fn from_word(word: &str) -> Option<Self> {
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
