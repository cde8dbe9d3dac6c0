//! Which database is meant, and how it is reached: app/etc/env.php, after asking, or options. The password comes from env.php,
//! from `MAGESHIFT_DB_PASSWORD`, or from a question; there is no option for it, since command lines can be read by everybody
//! on the machine.

use crate::cli::options::args::GlobalArgs;
use crate::cli::outcome::error::CliError;
use crate::cli::outcome::exit::Exit;
use crate::cli::screen::prompt;
use crate::cli::screen::ui::Ui;
use crate::cli::secrets::DATABASE_PASSWORD;
use crate::database::error::DatabaseError;
use crate::database::server::{Access, Endpoint, Session};
use crate::preview::layout::Detail;
use crate::project::env_php::{DatabaseLogin, ENV_PHP};
use crate::project::store_files::DiskFiles;
use clap::Args;
use composer_engine::format::auth::Secret;
use std::path::{Path, PathBuf};

/// How the database is reached.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Database")]
pub(super) struct ConnectionArgs {
    /// The server; that of app/etc/env.php by default
    #[arg(long, value_name = "HOST", conflicts_with = "db_socket")]
    pub db_host: Option<String>,

    /// Its port (3306)
    #[arg(long, value_name = "PORT", conflicts_with = "db_socket")]
    pub db_port: Option<u16>,

    /// Its socket
    #[arg(long, value_name = "FILE")]
    pub db_socket: Option<PathBuf>,

    /// The user; the password is that of app/etc/env.php or MAGESHIFT_DB_PASSWORD
    #[arg(
        long,
        value_name = "USER",
        long_help = "The user. The password comes from MAGESHIFT_DB_PASSWORD, for the user of app/etc/env.php from there, else you are asked. The user needs SELECT on the old database and ALL on the new one; with LOCK TABLES on the old one nobody can write to it while it is copied"
    )]
    pub db_user: Option<String>,

    /// The shop's database; that of app/etc/env.php by default
    #[arg(long, value_name = "NAME")]
    pub db_name: Option<String>,

    /// What the names of its tables begin with
    #[arg(long, value_name = "PREFIX")]
    pub db_prefix: Option<String>,

    /// Encrypt the connection, and check the server's certificate
    #[arg(long)]
    pub db_tls: bool,

    /// Likewise, with the authority in this file
    #[arg(long, value_name = "FILE")]
    pub db_tls_ca: Option<PathBuf>,

    /// Connect as app/etc/env.php says without asking
    #[arg(short, long)]
    pub yes: bool,
}

/// The database that is meant, and the way to it.
pub(super) struct Connection {
    /// How the server is reached.
    pub access: Access,
    /// The shop's database, as the server keeps the name.
    pub database: String,
    /// What the names of the shop's tables begin with; usually empty.
    pub prefix: String,
    /// Whether names of databases and tables are written in small letters here.
    pub is_small: bool,
}

impl Connection {
    /// A name of a database or table as the server keeps it.
    pub(super) fn name(&self, written: &str) -> String {
        match self.is_small {
            true => written.to_lowercase(),
            false => written.to_string(),
        }
    }

    /// Another session of the same kind.
    pub(super) fn session(&self) -> Result<Session, CliError> {
        Ok(Session::open(&self.access)?)
    }
}

impl ConnectionArgs {
    /// Finds out what is meant, asks where it has to, and connects.
    pub(super) fn open(
        &self,
        global: &GlobalArgs,
        ui: &Ui,
    ) -> Result<(Connection, Session), CliError> {
        let store = &global.working_dir;
        let login = DatabaseLogin::read(&DiskFiles::below(store))?;
        let connection = self.connection(login.as_ref())?;
        let names_it = self.db_name.is_some() && self.db_user.is_some();
        if !names_it && !self.yes {
            let what = format!(
                "the database {} at {}",
                connection.database, connection.access
            );
            if !ui.can_prompt() {
                return Err(CliError::message(
                    Exit::Usage,
                    format!(
                        "{ENV_PHP} names {what}, and there is nobody to ask whether that is meant"
                    ),
                )
                .hint("say so with --yes, or name another one with --db-name and --db-user"));
            }
            if !prompt::confirm(ui, &format!("Connect to {what}?"))? {
                return Err(CliError::message(
                    Exit::Interrupted,
                    "nothing was read or written",
                ));
            }
        }
        self.connect(connection, ui)
    }

    fn connect(
        &self,
        mut connection: Connection,
        ui: &Ui,
    ) -> Result<(Connection, Session), CliError> {
        let mut session = match Session::open(&connection.access) {
            Err(DatabaseError::Refused { .. })
                if connection.access.password.is_none() && ui.can_prompt() =>
            {
                let asked = format!("Password of {}", connection.access.user);
                let password = prompt::secret(ui, &asked)?;
                connection.access.password = Some(Secret::new(password));
                connection.session()?
            }
            opened => opened?,
        };
        connection.is_small = session.keeps_small_letters()?;
        connection.database = connection.name(&connection.database);
        connection.prefix = connection.name(&connection.prefix);
        Ok((connection, session))
    }

    fn connection(&self, login: Option<&DatabaseLogin>) -> Result<Connection, CliError> {
        if let Some(login) = login
            && !login.split.is_empty()
            && self.db_name.is_none()
        {
            return Err(CliError::message(
                Exit::Unusable,
                format!(
                    "the shop's data are split: {ENV_PHP} has a database of its own for {}",
                    login.split.join(", ")
                ),
            )
            .hint("bring them together first (Adobe's guide \"Revert from a split database\"): a conversion has to see all tables at once"));
        }
        let missing = |what: &str, option: &str| {
            CliError::message(
                Exit::Usage,
                format!("no {what} is known: {ENV_PHP} names none that can be read"),
            )
            .hint(format!("name it with {option}"))
        };
        let database = self
            .db_name
            .clone()
            .or_else(|| login.and_then(|login| login.database.clone()))
            .ok_or_else(|| missing("database", "--db-name"))?;
        let user = self
            .db_user
            .clone()
            .or_else(|| login.and_then(|login| login.user.clone()))
            .ok_or_else(|| missing("user of the database", "--db-user"))?;
        let from_variable = std::env::var(DATABASE_PASSWORD).ok().map(Secret::new);
        let from_file = login
            .filter(|login| login.user.as_deref() == Some(user.as_str()))
            .and_then(|login| login.password.clone());
        let prefix = self
            .db_prefix
            .clone()
            .or_else(|| login.map(|login| login.table_prefix.clone()));
        Ok(Connection {
            access: Access {
                endpoint: self.endpoint(login)?,
                user,
                password: from_variable.or(from_file),
                tls: match (&self.db_tls_ca, self.db_tls) {
                    (Some(file), _) => Some(Some(file.clone())),
                    (None, true) => Some(None),
                    (None, false) => None,
                },
            },
            database,
            prefix: prefix.unwrap_or_default(),
            is_small: false,
        })
    }

    fn endpoint(&self, login: Option<&DatabaseLogin>) -> Result<Endpoint, CliError> {
        const PORT: u16 = 3306;
        if let Some(socket) = &self.db_socket {
            return Ok(Endpoint::Socket(socket.clone()));
        }
        let written = match &self.db_host {
            Some(host) => Some(host.clone()),
            None => {
                if let Some(socket) = login.and_then(|login| login.socket.clone()) {
                    return Ok(Endpoint::Socket(socket.into()));
                }
                login.and_then(|login| login.host.clone())
            }
        };
        let written = written.unwrap_or_else(|| "localhost".to_string());
        if written.starts_with('/') {
            return Ok(Endpoint::Socket(written.into()));
        }
        let (host, port) = match written.rsplit_once(':') {
            // More than one colon is an address of IPv6.
            Some((host, port)) if !host.contains(':') => {
                let number = port.parse::<u16>().map_err(|_| {
                    CliError::message(
                        Exit::Usage,
                        format!("{port:?} is no port, as {written} has it for the database"),
                    )
                    .hint(
                        "name the host as HOST or HOST:PORT, with --db-host or in app/etc/env.php",
                    )
                })?;
                (host.to_string(), Some(number))
            }
            _ => (written, None),
        };
        // PHP and the server's own programs take the name for the socket.
        if host == "localhost" && port.is_none() && self.db_port.is_none() {
            const SOCKETS: [&str; 3] = [
                "/run/mysqld/mysqld.sock",
                "/var/run/mysqld/mysqld.sock",
                "/tmp/mysql.sock",
            ];
            if let Some(socket) = SOCKETS
                .into_iter()
                .find(|socket| Path::new(socket).exists())
            {
                return Ok(Endpoint::Socket(socket.into()));
            }
        }
        Ok(Endpoint::Tcp {
            host,
            port: self.db_port.or(port).unwrap_or(PORT),
        })
    }
}

/// Tells which database is looked at.
pub(super) fn tell(connection: &Connection, session: &Session, ui: &Ui) -> Result<(), CliError> {
    if ui.detail == Detail::Brief {
        return Ok(());
    }
    ui.tell(&format!(
        "Database {} at {} ({}).",
        connection.database,
        connection.access,
        session.version()
    ))
}
