//! A private database server for the tests: its own folder, a socket, no network. It ends with the test program.

use mysql::prelude::Queryable;
use mysql::{Conn, OptsBuilder};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// A running server.
pub(crate) struct Server {
    pub socket: PathBuf,
    // Closing its input ends the server.
    _guard: std::process::ChildStdin,
}

static SERVER: OnceLock<Option<Server>> = OnceLock::new();
static NUMBER: AtomicU32 = AtomicU32::new(0);

/// The server that all tests of a program share; none, with a word, where no server program is at hand.
/// `MAGESHIFT_MYSQLD` names one that is not on the PATH.
pub(crate) fn server() -> Option<&'static Server> {
    let server = SERVER.get_or_init(Server::start).as_ref();
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

impl Server {
    fn start() -> Option<Server> {
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
                .output()
        };
        let made = made.unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let socket = folder.join("s");
        // The shell waits for the end of its input, which is the end of the test program, and takes the server along.
        let script = r#"folder=$1; shift; "$@" >"$folder/log" 2>&1 & server=$!; cat >/dev/null; kill -9 $server; wait $server 2>/dev/null; rm -rf "$folder""#;
        #[allow(clippy::zombie_processes, reason = "it ends with the test program")]
        let mut child = Command::new("sh")
            .args(["-c", script, "sh"])
            .arg(&folder)
            .arg(&daemon)
            .args([
                "--no-defaults",
                "--skip-networking",
                "--max-connections=200",
            ])
            .args([
                "--innodb-flush-log-at-trx-commit=0",
                "--innodb-buffer-pool-size=128M",
            ])
            .arg(format!("--datadir={}", data.display()))
            .arg(format!("--socket={}", socket.display()))
            .arg(format!("--pid-file={}", folder.join("pid").display()))
            .args(user)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let server = Server {
            socket,
            _guard: child.stdin.take().unwrap(),
        };
        let begun = Instant::now();
        while server.try_connect("root").is_err() {
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "the server does not start: {}",
                std::fs::read_to_string(folder.join("log")).unwrap_or_default()
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

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }
}

/// All that a database holds, table by table: the statement that makes it, and its rows, as text.
pub(crate) fn dump(conn: &mut Conn, database: &str) -> Vec<String> {
    let mut out = Vec::new();
    let tables: Vec<String> = conn
        .exec(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_TYPE = 'BASE TABLE' ORDER BY 1",
            (database,),
        )
        .unwrap();
    for table in tables {
        let made: (String, String) = conn
            .query_first(format!("SHOW CREATE TABLE `{database}`.`{table}`"))
            .unwrap()
            .unwrap();
        out.push(made.1);
        let rows: Vec<mysql::Row> = conn
            .query(format!("SELECT * FROM `{database}`.`{table}`"))
            .unwrap();
        let mut rows: Vec<String> = rows
            .into_iter()
            .map(|row| format!("{table}: {:?}", row.unwrap()))
            .collect();
        rows.sort();
        out.extend(rows);
    }
    out
}
