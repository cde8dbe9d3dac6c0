//! A connection to the server: statements go out, rows come in, one at a time.
//!
//! The driver is `mysql`, which waits for each answer: a conversion is one statement after the other, so nothing would be
//! gained by the asynchronous one of the same authors, `mysql_async`, but a runtime in every signature. Both speak the
//! protocol through the same crate.

use super::error::DatabaseError;
use super::sql::{Sql, Value};
use composer_engine::format::auth::Secret;
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder, SslOpts};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Endpoint {
    /// Over a network, or on this machine by its port.
    Tcp {
        /// A name or an address.
        host: String,
        /// 3306 unless somebody says otherwise.
        port: u16,
    },
    /// A socket of this machine, by its path.
    Socket(PathBuf),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Socket(path) => write!(f, "{}", path.display()),
        }
    }
}

/// How a server is reached. Debug and Display show no password.
#[derive(Debug, Clone)]
pub struct Access {
    /// Where the server listens.
    pub endpoint: Endpoint,
    /// The user of the database.
    pub user: String,
    /// None logs in without one.
    pub password: Option<Secret>,
    /// Whether the connection must be encrypted, and with whose certificate; the system's authorities without one.
    pub tls: Option<Option<PathBuf>>,
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {}", self.endpoint, self.user)
    }
}

/// How long the server may take to answer a greeting.
const GREETING: Duration = Duration::from_secs(10);

/// An open connection.
pub struct Session {
    conn: Conn,
    version: String,
}

/// The server's word for a user or password that is wrong, or that may not see the database.
const REFUSALS: [u16; 4] = [1044, 1045, 1698, 1130];

impl Session {
    /// Connects. The session reads and writes text as UTF-8, times as UTC, numbers of zero and dates of zero as they are.
    pub fn open(access: &Access) -> Result<Self, DatabaseError> {
        let mut options = OptsBuilder::new()
            .user(Some(access.user.as_str()))
            .pass(access.password.as_ref().map(Secret::expose))
            .tcp_connect_timeout(Some(GREETING))
            .prefer_socket(false)
            .init(vec![
                "SET NAMES utf8mb4".to_string(),
                "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00', sql_quote_show_create = 1"
                    .to_string(),
                "SET SESSION group_concat_max_len = 1048576, lock_wait_timeout = 30".to_string(),
            ]);
        options = match &access.endpoint {
            Endpoint::Tcp { host, port } => {
                options.ip_or_hostname(Some(host.as_str())).tcp_port(*port)
            }
            Endpoint::Socket(path) => options.socket(Some(path.to_string_lossy())),
        };
        if let Some(authority) = &access.tls {
            let tls = SslOpts::default();
            options = options.ssl_opts(match authority {
                Some(path) => tls.with_root_cert_path(Some(path.clone())),
                None => tls,
            });
        }
        let server = access.endpoint.to_string();
        let conn = Conn::new(options).map_err(|cause| match &cause {
            mysql::Error::MySqlError(error) if REFUSALS.contains(&error.code) => {
                DatabaseError::Refused {
                    server,
                    user: access.user.clone(),
                    cause,
                }
            }
            _ => DatabaseError::Unreachable { server, cause },
        })?;
        let mut session = Self {
            conn,
            version: String::new(),
        };
        session.version = session
            .text(&Sql::new("SELECT VERSION()"))?
            .unwrap_or_default();
        session.check_version()?;
        if !session.is_mariadb() {
            // Else MySQL tells sizes and counters of up to a day ago.
            session.run(&Sql::new("SET SESSION information_schema_stats_expiry = 0"))?;
        }
        Ok(session)
    }

    /// Whether the server keeps names of databases and tables in small letters, however they are written.
    pub fn keeps_small_letters(&mut self) -> Result<bool, DatabaseError> {
        let kind = self.number(&Sql::new("SELECT @@lower_case_table_names"))?;
        Ok(kind == 1)
    }

    /// The version as the server tells it: `10.11.6-MariaDB-1`, `8.4.3`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether it is MariaDB and not MySQL.
    pub fn is_mariadb(&self) -> bool {
        self.version.to_ascii_lowercase().contains("mariadb")
    }

    fn check_version(&self) -> Result<(), DatabaseError> {
        // Some services put it before MariaDB's own number, for clients that know MySQL alone.
        let version = self.version.strip_prefix("5.5.5-");
        let mut numbers = version
            .unwrap_or(&self.version)
            .split(|c: char| !c.is_ascii_digit())
            .map(|part| part.parse().unwrap_or(0));
        let version: (u32, u32) = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
        let oldest = if self.is_mariadb() { (10, 4) } else { (8, 0) };
        if version < oldest {
            return Err(DatabaseError::Version {
                version: self.version.clone(),
            });
        }
        Ok(())
    }

    /// Runs a statement that answers with no rows; how many rows it touched.
    pub fn run(&mut self, sql: &Sql) -> Result<u64, DatabaseError> {
        if sql.bound().is_empty() {
            // Several of these cannot be prepared.
            self.conn.query_drop(sql.as_text())
        } else {
            self.conn.exec_drop(sql.as_text(), bound(sql))
        }
        .map_err(|cause| failed(sql, cause))?;
        Ok(self.conn.affected_rows())
    }

    /// Hands over each row as it comes.
    pub fn each(
        &mut self,
        sql: &Sql,
        mut take: impl FnMut(Vec<Value>) -> Result<(), DatabaseError>,
    ) -> Result<(), DatabaseError> {
        let rows = self
            .conn
            .exec_iter(sql.as_text(), bound(sql))
            .map_err(|cause| failed(sql, cause))?;
        for row in rows {
            let row = row.map_err(|cause| failed(sql, cause))?;
            take(row.unwrap_raw().into_iter().map(value).collect())?;
        }
        Ok(())
    }

    /// All rows, for answers that are known to be short.
    pub fn rows(&mut self, sql: &Sql) -> Result<Vec<Vec<Value>>, DatabaseError> {
        let mut rows = Vec::new();
        self.each(sql, |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// The first value of the first row.
    pub fn one(&mut self, sql: &Sql) -> Result<Option<Value>, DatabaseError> {
        let rows = self.rows(sql)?;
        Ok(rows
            .into_iter()
            .next()
            .and_then(|row| row.into_iter().next()))
    }

    /// The same as a number; 0 without a row, or for NULL.
    pub fn number(&mut self, sql: &Sql) -> Result<u64, DatabaseError> {
        Ok(self.one(sql)?.and_then(|value| value.number()).unwrap_or(0))
    }

    /// The same as text.
    pub fn text(&mut self, sql: &Sql) -> Result<Option<String>, DatabaseError> {
        Ok(self.one(sql)?.and_then(|value| value.text()))
    }
}

/// The beginning of a statement says enough of it.
fn failed(sql: &Sql, cause: mysql::Error) -> DatabaseError {
    const ENOUGH: usize = 200;
    let mut doing: String = sql.as_text().chars().take(ENOUGH).collect();
    if doing.len() < sql.as_text().len() {
        doing.push('…');
    }
    DatabaseError::Statement { doing, cause }
}

fn bound(sql: &Sql) -> mysql::Params {
    if sql.bound().is_empty() {
        return mysql::Params::Empty;
    }
    let values = sql.bound().iter().map(|value| match value {
        Value::Null => mysql::Value::NULL,
        Value::Number(number) => mysql::Value::UInt(*number),
        Value::Text(text) => mysql::Value::Bytes(text.clone().into_bytes()),
        Value::Bytes(bytes) => mysql::Value::Bytes(bytes.clone()),
    });
    mysql::Params::Positional(values.collect())
}

fn value(raw: Option<mysql::Value>) -> Value {
    match raw {
        None | Some(mysql::Value::NULL) => Value::Null,
        Some(mysql::Value::UInt(number)) => Value::Number(number),
        Some(mysql::Value::Int(number)) => match u64::try_from(number) {
            Ok(number) => Value::Number(number),
            Err(_) => Value::Text(number.to_string()),
        },
        Some(mysql::Value::Bytes(bytes)) => match String::from_utf8(bytes) {
            Ok(text) => Value::Text(text),
            Err(error) => Value::Bytes(error.into_bytes()),
        },
        // As the server writes it: a number with a point, or a time.
        Some(other) => Value::Text(other.as_sql(true).trim_matches('\'').to_string()),
    }
}
