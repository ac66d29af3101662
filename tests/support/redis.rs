//! A real Redis server on loopback, of the test's own: it ends with the test, also where that is killed.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server on a port of its own.
pub struct RedisServer {
    port: u16,
    /// A shell around it, which ends it when its standard input ends.
    shell: Child,
    _folder: tempfile::TempDir,
}

impl RedisServer {
    /// Starts one; `more` goes to its command line. Where there is no `redis-server`, `None`.
    pub fn start(more: &[&str]) -> Option<Self> {
        super::skip::find("redis-server")?;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|free| free.local_addr());
        let port = port.expect("loopback has a free port").port();
        let shell = Command::new("sh")
            .args(["-c", "redis-server \"$@\" >/dev/null 2>&1 & read -r _; kill $!; wait $!", "sh"])
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(more)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .spawn()
            .expect("a shell can be started");
        let limit = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < limit, "redis-server did not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(Self { port, shell, _folder: folder })
    }

    /// `redis://127.0.0.1:PORT/0`
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/0", self.port)
    }

    /// As fingerprints and messages name it: `127.0.0.1:PORT/0`.
    pub fn name(&self) -> String {
        format!("127.0.0.1:{}/0", self.port)
    }

    /// A connection of its own.
    pub fn connect(&self, password: &str) -> redis::Connection {
        let sign_in = if password.is_empty() { String::new() } else { format!(":{password}@") };
        let url = format!("redis://{sign_in}127.0.0.1:{}/0", self.port);
        redis::Client::open(url).expect("it is an address").get_connection().expect("it accepts connections")
    }

    /// What a command gives, its words apart by blanks.
    pub fn ask(&self, line: &str) -> redis::Value {
        let mut words = line.split(' ');
        let mut command = redis::cmd(words.next().expect("a command has a name"));
        command.arg(words.collect::<Vec<_>>());
        command.query(&mut self.connect("")).unwrap_or_else(|error| panic!("{line}: {error}"))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
