//! What app/etc/env.php, and app/etc/config.php beside it, say of the services a shop runs on.
//!
//! The files hold passwords and keys. Nothing of them is kept but what [`EnvPhp`] has fields for: the mode, kinds of
//! services, host names and the table prefix. Only who asks for [`DatabaseLogin`] gets a password, which shows nowhere.

use super::php_array::{Value, literal, returned};
use crate::project::store_files::StoreFiles;
use composer_engine::files::{self, FileError};
use composer_engine::format::auth::Secret;

/// The file of one environment, relative to the store.
pub const ENV_PHP: &str = "app/etc/env.php";
/// The file that all environments share, relative to the store. Where both set something, env.php counts.
pub const CONFIG_PHP: &str = "app/etc/config.php";

/// Where something is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Backend {
    /// Redis, or what speaks its protocol and is configured as Redis.
    Redis,
    /// Valkey, named as such.
    Valkey,
    /// The shop's own database.
    Database,
    /// Files below `var`.
    Files,
    /// Memcached.
    Memcached,
}

/// What delivers messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Queue {
    /// AMQP, which is RabbitMQ.
    Amqp,
    /// STOMP, which is ActiveMQ Artemis.
    Stomp,
}

/// How Magento runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// `production`: code is compiled and static files are deployed beforehand.
    Production,
    /// `developer`: classes and static files are made when they are asked for, and errors are shown.
    Developer,
    /// `default`: what Magento runs in until somebody chooses.
    Default,
}

/// The services in an env.php, and its mode.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvPhp {
    /// `MAGE_MODE`. A server may set the variable of that name as well, which counts then.
    pub mode: Option<Mode>,
    /// The host of the default connection, as written (`db`, `localhost:3306`, a socket).
    pub database_host: Option<String>,
    /// Letters, digits and `_`; usually empty.
    pub table_prefix: String,
    /// Where visitors' sessions are; none when it is not told or not known.
    pub sessions: Option<Backend>,
    /// Backends of the cache and the page cache, each once.
    pub caches: Vec<Backend>,
    /// What delivers messages when it is not the database.
    pub queue: Option<Queue>,
    /// Its host, as written.
    pub queue_host: Option<String>,
    /// `opensearch`, `elasticsearch7`, …, when it is set here and not in the database.
    pub search_engine: Option<String>,
    /// The host of that engine, as written.
    pub search_host: Option<String>,
    /// Hosts of Varnish that are told what to forget.
    pub varnish_hosts: Vec<String>,
}

impl EnvPhp {
    /// The hosts of all services that it names.
    pub fn hosts(&self) -> Vec<String> {
        let single = [&self.database_host, &self.search_host, &self.queue_host];
        let single = single.into_iter().flatten();
        single.chain(&self.varnish_hosts).cloned().collect()
    }

    /// Reads the file of a store; none when there is none.
    pub fn read(store: &dyn StoreFiles) -> Result<Option<Self>, FileError> {
        let text = store.read_if_there(ENV_PHP, files::CONFIGURATION)?;
        Ok(text.map(|text| Self::parse(&String::from_utf8_lossy(&text))))
    }

    /// Takes what it may keep out of the text of an env.php.
    pub fn parse(text: &str) -> Self {
        let env = returned(text);
        let connection = |key| env.text_at(&["db", "connection", "default", key]);
        let engine = search_engine(&env);
        let queue = [("amqp", Queue::Amqp), ("stomp", Queue::Stomp)]
            .into_iter()
            .find_map(|(key, queue)| Some((queue, env.text_at(&["queue", key, "host"])?)));
        let mut caches: Vec<Backend> = env
            .entries_at(&["cache", "frontend"])
            .iter()
            .filter_map(|(_, frontend)| cache(frontend))
            .collect();
        caches.sort_unstable();
        caches.dedup();
        Self {
            mode: match env.text_at(&["MAGE_MODE"]) {
                Some("production") => Some(Mode::Production),
                Some("developer") => Some(Mode::Developer),
                Some("default") => Some(Mode::Default),
                _ => None,
            },
            database_host: connection("host").and_then(host),
            table_prefix: env
                .text_at(&["db", "table_prefix"])
                .filter(|prefix| is_word(prefix))
                .unwrap_or_default()
                .to_string(),
            sessions: env.text_at(&["session", "save"]).and_then(kind),
            caches,
            queue: queue.map(|(queue, _)| queue),
            queue_host: queue.and_then(|(_, name)| host(name)),
            search_host: engine.and_then(|engine| {
                let name = format!("{engine}_server_hostname");
                host(env.text_at(&[SEARCH.as_slice(), &[name.as_str()]].concat())?)
            }),
            search_engine: engine.map(str::to_string),
            varnish_hosts: env
                .entries_at(&["http_cache_hosts"])
                .iter()
                .filter_map(|(_, entry)| host(entry.text_at(&["host"])?))
                .collect(),
        }
    }
}

/// How the shop reaches its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseLogin {
    /// As written: a host, a host with a port, or the path of a socket.
    pub host: Option<String>,
    /// The path of a socket, as written in `unix_socket`.
    pub socket: Option<String>,
    /// None when it is not a literal.
    pub user: Option<String>,
    /// None when it is not a literal (`getenv('…')`), or not there.
    pub password: Option<Secret>,
    /// The name of the database; none when it is not a literal.
    pub database: Option<String>,
    /// As written; usually empty.
    pub table_prefix: String,
    /// Connections that lead to another database than the default one (`checkout`, `sales`), by name.
    pub split: Vec<String>,
}

impl DatabaseLogin {
    /// Reads it from the env.php of a store; none when there is none, or when it names no connection.
    pub fn read(store: &dyn StoreFiles) -> Result<Option<Self>, FileError> {
        let text = store.read_if_there(ENV_PHP, files::CONFIGURATION)?;
        Ok(text.and_then(|text| Self::parse(&String::from_utf8_lossy(&text))))
    }

    /// Takes it out of the text of an env.php.
    pub fn parse(text: &str) -> Option<Self> {
        let env = returned(text);
        let connections = env.entries_at(&["db", "connection"]);
        let (_, default) = connections
            .iter()
            .rev()
            .find(|(name, _)| name.as_deref() == Some("default"))?;
        let of = |connection: &Value, key| connection.text_at(&[key]).map(str::to_string);
        let place = |connection| (of(connection, "host"), of(connection, "dbname"));
        let split = connections
            .iter()
            .filter(|(_, other)| matches!(other, Value::Array(_)) && place(other) != place(default))
            .filter_map(|(name, _)| name.clone())
            .filter(|name| name != "default")
            .collect();
        Some(Self {
            host: of(default, "host"),
            socket: of(default, "unix_socket"),
            user: of(default, "username"),
            password: default.text_at(&["password"]).map(Secret::new),
            database: of(default, "dbname"),
            table_prefix: env
                .text_at(&["db", "table_prefix"])
                .unwrap_or_default()
                .to_string(),
            split,
        })
    }
}

/// An env.php whose connections lead to another database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirected {
    /// The new text. All but the names is as it was.
    pub text: String,
    /// The connections that lead elsewhere now, by name, each with the database that it led to.
    pub connections: Vec<(String, String)>,
}

/// Why the connections of an env.php cannot be led elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// There is no default connection, or it is not a list.
    #[error("{ENV_PHP} names no connection to a database")]
    NoConnection,
    /// With the name of the connection.
    #[error("{ENV_PHP} does not name the database of the connection {0} by a plain text")]
    NoLiteral(String),
    /// With the names of the connections.
    #[error("the shop's data are split: {ENV_PHP} has a database of its own for {}", .0.join(", "))]
    Split(Vec<String>),
}

/// Leads every connection in the text of an env.php to a database. Those that do already are left out.
pub fn redirected(text: &str, database: &str) -> Result<Redirected, RedirectError> {
    let login = DatabaseLogin::parse(text).ok_or(RedirectError::NoConnection)?;
    if !login.split.is_empty() {
        return Err(RedirectError::Split(login.split));
    }
    let env = returned(text);
    let mut connections = Vec::new();
    let mut places = Vec::new();
    for (name, connection) in env.entries_at(&["db", "connection"]) {
        let name = name.clone().unwrap_or_default();
        match connection.at(&["dbname"]) {
            Some(Value::Text(old, _)) if old == database => {}
            Some(Value::Text(old, place)) => {
                connections.push((name, old.clone()));
                places.push(place.0.clone());
            }
            _ => return Err(RedirectError::NoLiteral(name)),
        }
    }
    let mut new = text.to_owned();
    for place in places.into_iter().rev() {
        new.replace_range(place, &literal(database));
    }
    Ok(Redirected {
        text: new,
        connections,
    })
}

/// The search engine that a config.php sets; none when it sets none.
pub fn shared_search_engine(store: &dyn StoreFiles) -> Option<String> {
    let text = store.read(CONFIG_PHP, files::CONFIGURATION).ok()?;
    let config = returned(&String::from_utf8_lossy(&text));
    search_engine(&config).map(str::to_string)
}

/// Where the settings of the search are in both files.
const SEARCH: [&str; 4] = ["system", "default", "catalog", "search"];

fn search_engine(config: &Value) -> Option<&str> {
    config
        .text_at(&[SEARCH.as_slice(), &["engine"]].concat())
        .filter(|engine| is_word(engine))
}

/// The backend of a cache; of one in two stages, that of the shared stage.
fn cache(frontend: &Value) -> Option<Backend> {
    frontend
        .text_at(&["backend_options", "remote_backend"])
        .and_then(kind)
        .or_else(|| kind(frontend.text_at(&["backend"])?))
}

/// The kind behind a session handler (`redis`) or the class of a cache backend (`Cm_Cache_Backend_Redis`).
fn kind(name: &str) -> Option<Backend> {
    let name = name.to_ascii_lowercase();
    [
        ("valkey", Backend::Valkey),
        ("redis", Backend::Redis),
        ("memcache", Backend::Memcached),
        ("database", Backend::Database),
        ("file", Backend::Files),
    ]
    .into_iter()
    .find(|(part, _)| name.contains(part))
    .map(|(_, kind)| kind)
    .or_else(|| (name == "db").then_some(Backend::Database))
}

/// A host name without scheme and login; none for what is no host name, so that nothing else gets out by mistake.
fn host(text: &str) -> Option<String> {
    let text = text.rsplit_once("://").map_or(text, |(_, rest)| rest);
    let text = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
    // A path without a host is a socket; behind a host it may be anything.
    let text = match text.split_once('/') {
        Some((name, _)) if !name.is_empty() => name,
        _ => text,
    };
    let is_host = |c: char| c.is_ascii_alphanumeric() || "._-:/[]".contains(c);
    (!text.is_empty() && text.len() <= 253 && text.chars().all(is_host)).then(|| text.to_string())
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENV: &str = r"<?php
return [
    'backend' => ['frontName' => 'admin_planted'],
    'crypt' => ['key' => 'planted-key'],
    'MAGE_MODE' => 'production',
    'db' => ['table_prefix' => 'shop_', 'connection' => ['default' => [
        'host' => 'db.example.com:3306', 'dbname' => 'planted-name', 'username' => 'planted-user', 'password' => 'planted-password',
    ]]],
    'session' => ['save' => 'redis', 'redis' => ['host' => 'r', 'password' => 'planted']],
    'cache' => ['frontend' => [
        'default' => ['backend' => 'Magento\\Framework\\Cache\\Backend\\RemoteSynchronizedCache', 'backend_options' => ['remote_backend' => '\\Magento\\Framework\\Cache\\Backend\\Valkey', 'password' => 'planted']],
        'page_cache' => ['backend' => 'Cm_Cache_Backend_Redis'],
    ]],
    'queue' => ['amqp' => ['host' => 'amqp://planted-user:planted@mq.example.com', 'password' => 'planted']],
    'system' => ['default' => ['catalog' => ['search' => ['engine' => 'opensearch', 'opensearch_server_hostname' => 'os.example.com', 'opensearch_password' => 'planted']]]],
    'http_cache_hosts' => [['host' => 'varnish', 'port' => '80'], ['host' => getenv('planted')]],
];
";

    #[test]
    fn services_and_nothing_else() {
        let env = EnvPhp::parse(ENV);
        assert_eq!(
            env,
            EnvPhp {
                mode: Some(Mode::Production),
                database_host: Some("db.example.com:3306".into()),
                table_prefix: "shop_".into(),
                sessions: Some(Backend::Redis),
                caches: vec![Backend::Redis, Backend::Valkey],
                queue: Some(Queue::Amqp),
                queue_host: Some("mq.example.com".into()),
                search_engine: Some("opensearch".into()),
                search_host: Some("os.example.com".into()),
                varnish_hosts: vec!["varnish".into()],
            }
        );
        assert!(!format!("{env:?}").contains("planted"));
    }

    #[test]
    fn a_login_shows_no_password_and_names_what_is_split() {
        let login = DatabaseLogin::parse(ENV).unwrap();
        assert_eq!(
            login.password.as_ref().unwrap().expose(),
            "planted-password"
        );
        assert_eq!(login.database.as_deref(), Some("planted-name"));
        assert_eq!(
            (login.table_prefix.as_str(), login.split.len()),
            ("shop_", 0)
        );
        assert!(!format!("{login:?}").contains("planted-password"));
        let split = "<?php return ['db' => ['connection' => [
            'default' => ['host' => 'db', 'dbname' => 'shop', 'password' => getenv('PASSWORD')],
            'indexer' => ['host' => 'db', 'dbname' => 'shop'],
            'checkout' => ['host' => 'db', 'dbname' => 'quotes'],
        ]]];";
        let login = DatabaseLogin::parse(split).unwrap();
        assert_eq!(
            (login.password, login.split),
            (None, vec!["checkout".to_string()])
        );
        assert_eq!(DatabaseLogin::parse("<?php return [];"), None);
    }

    #[test]
    fn what_is_no_host_or_no_prefix_is_not_kept() {
        let env = EnvPhp::parse(
            "<?php return ['db' => ['table_prefix' => 'a`; DROP', 'connection' => ['default' => ['host' => 'a b']]]];",
        );
        assert_eq!(env, EnvPhp::default());
        assert_eq!(EnvPhp::parse("no PHP"), EnvPhp::default());
    }

    #[test]
    fn every_connection_is_led_to_another_database() {
        let env = |default: &str, indexer: &str| {
            format!(
                "<?php // 'dbname' => 'shop'\nreturn ['db' => ['connection' => [\n  'indexer' => ['host' => 'h', 'dbname' => {indexer}],\n  \"default\" => array('dbname' => {default}, 'host' => 'h', 'password' => 'shop'),\n]], 'x' => 'shop'];\n"
            )
        };
        let old = env("'shop'", "\"shop\"");
        let redirected = |text: &str| redirected(text, "sh'op\\2");
        let new = redirected(&old).unwrap();
        assert_eq!(new.text, env(r"'sh\'op\\2'", r"'sh\'op\\2'"));
        let names = ["indexer", "default"].map(|name| (name.to_owned(), "shop".to_owned()));
        assert_eq!(new.connections, names);
        let login = DatabaseLogin::parse(&new.text).unwrap();
        assert_eq!(login.database.as_deref(), Some("sh'op\\2"));
        // The second time there is nothing left to do.
        assert_eq!(redirected(&new.text).unwrap().connections, []);
        let called = env("'shop'", "getenv('DB')");
        assert!(matches!(
            redirected(&called),
            Err(RedirectError::NoLiteral(_) | RedirectError::Split(_))
        ));
        assert_eq!(
            redirected(&env("getenv('DB')", "getenv('DB')")),
            Err(RedirectError::NoLiteral("indexer".to_owned()))
        );
        assert!(matches!(
            redirected(&env("'a'", "'b'")),
            Err(RedirectError::Split(_))
        ));
        assert_eq!(
            redirected("<?php return [];"),
            Err(RedirectError::NoConnection)
        );
    }
}
