//! What can go wrong with a database.

/// A failure. Says what was being done; [`hint`](Self::hint) says what to do. No message holds a password.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Nobody answers, or not in a way that is understood.
    #[error("cannot reach the database server at {server}")]
    Unreachable {
        /// Host and port, or the socket's path.
        server: String,
        /// What the driver says.
        #[source]
        cause: mysql::Error,
    },
    /// The server does not let this user in.
    #[error("the database server at {server} refuses the user {user}")]
    Refused {
        /// Host and port, or the socket's path.
        server: String,
        /// As it was named.
        user: String,
        /// What the server says.
        #[source]
        cause: mysql::Error,
    },
    /// A statement failed.
    #[error("the database server failed at: {doing}")]
    Statement {
        /// The beginning of the statement, without its values.
        doing: String,
        /// What the server says.
        #[source]
        cause: mysql::Error,
    },
    /// The server is not one whose words are known.
    #[error(
        "the server is {version}; the data can be converted on MySQL 8.0 and later, and MariaDB 10.4 and later"
    )]
    Version {
        /// As the server tells it.
        version: String,
    },
    /// Something is not as it has to be.
    #[error("{0}")]
    Unfit(String),
}

/// The server's number for a line that has to be encrypted.
const WANTS_ENCRYPTION: u16 = 3159;

/// The server's numbers for a right that is missing.
const DENIED: [u16; 6] = [1044, 1045, 1142, 1143, 1227, 1370];

impl DatabaseError {
    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Unreachable { .. } | Self::Refused { .. }
                if self.code() == Some(WANTS_ENCRYPTION) =>
            {
                Some(
                    "the server takes encrypted connections only: --db-tls, or --db-tls-ca with its authority",
                )
            }
            // The driver passes on what the library for TLS says as a failure to read.
            Self::Unreachable { cause, .. } if cause.to_string().contains("certificate") => Some(
                "its certificate has to be signed by an authority that is known, for the host that is named: --db-tls-ca names a file with the authority",
            ),
            Self::Unreachable { .. } => Some(
                "check that it runs and that this machine reaches it; --db-host, --db-port and --db-socket name another place than app/etc/env.php",
            ),
            Self::Refused { .. } => Some(
                "name the user with --db-user, and give its password in MAGESHIFT_DB_PASSWORD or when you are asked; a user that may come over encrypted lines alone needs --db-tls or --db-tls-ca",
            ),
            Self::Statement { .. } if self.is_denied() => Some(
                "the user needs SELECT on the old database, and ALL on the new one; LOCK TABLES on the old one keeps others from writing meanwhile. With --in-place it needs ALL on the database",
            ),
            Self::Statement { .. } | Self::Version { .. } | Self::Unfit(_) => None,
        }
    }

    /// Whether the user lacks a right.
    pub fn is_denied(&self) -> bool {
        self.code().is_some_and(|code| DENIED.contains(&code))
    }

    /// The server's number of the failure.
    pub fn code(&self) -> Option<u16> {
        match self {
            Self::Unreachable { cause, .. }
            | Self::Refused { cause, .. }
            | Self::Statement { cause, .. } => match cause {
                mysql::Error::MySqlError(error) => Some(error.code),
                _ => None,
            },
            Self::Version { .. } | Self::Unfit(_) => None,
        }
    }
}
