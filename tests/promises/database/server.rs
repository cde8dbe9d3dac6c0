//! A private database server for the tests: its own folder, a socket, no network. It ends with the test program.
//!
//! `MAGESHIFT_MYSQLD` names the server program, and with it whose tests these are: MariaDB's or MySQL's.

use mageshift::database::server::{Access, Endpoint, Session};
use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A running server.
pub(crate) struct Server {
    pub socket: PathBuf,
    pub is_mariadb: bool,
    #[expect(dead_code, reason = "closing it ends the server")]
    guard: std::process::ChildStdin,
}

static SERVER: OnceLock<Option<Server>> = OnceLock::new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The server that all tests of a program share; none, with a word, where no server program is at hand.
pub(crate) fn server() -> Option<&'static Server> {
    let server = SERVER
        .get_or_init(|| Server::start(&["--skip-networking"]))
        .as_ref();
    if server.is_none() {
        eprintln!("skipped: no mariadbd or mysqld here (Debian: apt-get install mariadb-server)");
    }
    server
}

fn program(names: &[&str]) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path)
        .chain(["/usr/sbin".into(), "/usr/local/sbin".into()])
        .collect();
    let mut found = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    found.find(|file| file.is_file())
}

/// A shell that waits for the end of its input, which is the end of the test program, and takes the server along.
fn guard(server: &Child, folder: &Path) -> std::process::ChildStdin {
    #[allow(clippy::zombie_processes, reason = "it ends with the test program")]
    let mut shell = Command::new("sh")
        .args(["-c", r#"cat >/dev/null; kill -9 "$1"; rm -rf "$2""#, "sh"])
        .arg(server.id().to_string())
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap()
}

impl Server {
    /// Another one, with options of its own.
    pub(crate) fn start(options: &[&str]) -> Option<Server> {
        let daemon = std::env::var_os("MAGESHIFT_MYSQLD")
            .map(PathBuf::from)
            .or_else(|| program(&["mariadbd", "mysqld"]))?;
        // Sockets have short paths, and making tables waits for the disk unless it is memory.
        let memory = Path::new("/dev/shm");
        let place = if memory.is_dir() {
            memory.to_path_buf()
        } else {
            std::env::temp_dir()
        };
        let folder = tempfile::Builder::new()
            .prefix("msdb")
            .tempdir_in(place)
            .unwrap()
            .keep();
        let data = folder.join("data");
        let is_root = rustix::process::getuid().is_root();
        let user: &[&str] = if is_root { &["--user=root"] } else { &[] };
        let version = Command::new(&daemon).arg("--version").output().unwrap();
        let is_mariadb = String::from_utf8_lossy(&version.stdout).contains("MariaDB");
        // Without a folder of the system, and without a second socket.
        let own: &[&str] = match is_mariadb {
            true => &[],
            false => &["--secure-file-priv=NULL", "--mysqlx=OFF"],
        };
        let made = if is_mariadb {
            Command::new(program(&["mariadb-install-db", "mysql_install_db"])?)
                .args([
                    "--no-defaults",
                    "--auth-root-authentication-method=normal",
                    "--skip-test-db",
                ])
                .arg(format!("--datadir={}", data.display()))
                .args(user)
                .output()
        } else {
            Command::new(&daemon)
                .args(["--no-defaults", "--initialize-insecure"])
                .arg(format!("--datadir={}", data.display()))
                .args(user)
                .args(own)
                .args(options)
                .output()
        };
        let made = made.unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let socket = folder.join("s");
        let log = folder.join("log");
        let written = std::fs::File::create(&log).unwrap();
        #[allow(clippy::zombie_processes, reason = "it ends with the test program")]
        let mut running = Command::new(&daemon)
            .args(["--no-defaults", "--max-connections=200"])
            .args([
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=128M",
            ])
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--socket={}", socket.display()))
            .arg(format!("--pid-file={}", folder.join("pid").display()))
            // A server that starts sweeps the folder of all.
            .arg(format!("--tmpdir={}", folder.display()))
            .args(user)
            .args(own)
            .args(options)
            .stdin(Stdio::null())
            .stdout(written.try_clone().unwrap())
            .stderr(written)
            .spawn()
            .unwrap();
        let server = Server {
            socket,
            guard: guard(&running, &folder),
            is_mariadb,
        };
        let begun = Instant::now();
        while server.try_connect("root").is_err() {
            let ended = running.try_wait().unwrap();
            assert!(
                ended.is_none() && begun.elapsed() < Duration::from_secs(60),
                "the server does not start: {}",
                std::fs::read_to_string(&log).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    fn try_connect(&self, user: &str) -> mysql::Result<Conn> {
        let init = [
            "SET NAMES utf8mb4",
            "SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00'",
        ];
        Conn::new(
            OptsBuilder::new()
                .user(Some(user))
                .socket(Some(self.socket.to_string_lossy()))
                .init(init.map(String::from).to_vec()),
        )
    }

    /// A connection of somebody who may do anything.
    pub(crate) fn connect(&self) -> Conn {
        self.try_connect("root").unwrap()
    }

    /// Makes an empty database with a name of its own.
    pub(crate) fn database(&self) -> String {
        let name = format!("shop{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let mut conn = self.connect();
        conn.query_drop(format!("DROP DATABASE IF EXISTS {name}"))
            .unwrap();
        conn.query_drop(format!(
            "CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci"
        ))
        .unwrap();
        name
    }

    /// A session of the same, as a conversion has it.
    pub(crate) fn session(&self) -> Session {
        Session::open(&Access {
            endpoint: Endpoint::Socket(self.socket.clone()),
            user: "root".into(),
            password: None,
            tls: None,
        })
        .unwrap()
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
}

/// A name as it stands in a statement.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A row as text, every value whole: of what is long, its hash.
pub(crate) fn in_words(row: mysql::Row) -> String {
    use sha2::{Digest, Sha256};
    const LONG: usize = 2_000;
    let values = row.unwrap().into_iter().map(|value| match value {
        mysql::Value::Bytes(bytes) if bytes.len() > LONG => {
            format!("{} bytes {:x?}", bytes.len(), Sha256::digest(&bytes))
        }
        mysql::Value::Bytes(bytes) => match String::from_utf8(bytes) {
            Ok(text) => format!("{text:?}"),
            Err(error) => format!("{:x?}", error.as_bytes()),
        },
        other => format!("{other:?}"),
    });
    values.collect::<Vec<_>>().join(", ")
}

/// All that a database holds, table by table: the statement that makes it, and its rows, as text.
pub(crate) fn dump(conn: &mut Conn, database: &str) -> Vec<String> {
    let mut out = Vec::new();
    let tables: Vec<String> = conn
        .exec(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE <> 'VIEW' ORDER BY 1",
            (database,),
        )
        .unwrap();
    for table in tables {
        let place = format!("{}.{}", quoted(database), quoted(&table));
        let made: (String, String) = conn
            .query_first(format!("SHOW CREATE TABLE {place}"))
            .unwrap()
            .unwrap();
        out.push(made.1);
        // One by one: a star leaves out what is invisible.
        let columns: Vec<String> = conn
            .exec(
                "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? ORDER BY ORDINAL_POSITION",
                (database, &table),
            )
            .unwrap();
        let columns: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
        let rows: Vec<mysql::Row> = conn
            .query(format!("SELECT {} FROM {place}", columns.join(", ")))
            .unwrap();
        let mut rows: Vec<String> = rows
            .into_iter()
            .map(|row| format!("{table}: {}", in_words(row)))
            .collect();
        rows.sort();
        out.extend(rows);
    }
    out
}
