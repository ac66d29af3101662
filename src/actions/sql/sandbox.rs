//! Real databases for tests, and another process that uses one.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rusqlite::Connection;
use tempfile::TempDir;

use crate::actions::git::sandbox::assert_same;
use crate::catalogue::args::Args;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::testing::{self, MemoryKeep};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Preview};
use crate::catalogue::value::{Code, Db, Value};

/// A directory with a database `app.db` in it.
pub struct Sandbox {
    _directory: TempDir,
    pub root: PathBuf,
}

impl Sandbox {
    /// `market` with ten rows, `other` with one, in the given journal mode.
    pub fn new(mode: &str) -> Self {
        let directory = TempDir::new().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let sandbox = Self { _directory: directory, root };
        let conn = sandbox.open();
        conn.pragma_update(None, "journal_mode", mode).unwrap();
        conn.execute_batch(
            "create table market (id integer primary key, name text, price real);
             create table other (note text);
             insert into other values ('kept');",
        )
        .unwrap();
        for id in 1..=10 {
            conn.execute("insert into market values (?, ?, ?)", (id, format!("row {id}"), f64::from(id) * 1.5))
                .unwrap();
        }
        sandbox
    }

    pub fn path(&self) -> PathBuf {
        self.root.join("app.db")
    }

    pub fn open(&self) -> Connection {
        Connection::open(self.path()).unwrap()
    }

    pub fn ask(&self, query: &str) -> i64 {
        self.open().query_row(query, [], |row| row.get(0)).unwrap()
    }

    pub fn look(&self) -> Look {
        testing::world(&self.root)
    }

    pub fn state(&self) -> BTreeMap<String, String> {
        testing::tree(&self.root)
    }

    pub fn preview(&self, action: &dyn Action, given: &[(&str, Value)]) -> Result<Preview> {
        let before = self.state();
        let args = testing::args(action.signature(), given);
        let preview = action.preview(&args, &self.look());
        assert_same(&before, &self.state(), "a preview changed something");
        preview
    }

    pub fn run(&self, action: &dyn Action, given: &[(&str, Value)], keep: &MemoryKeep) -> Result<Capture> {
        let args = testing::args(action.signature(), given);
        let before = self.state();
        action.effects(&args, Some(&self.look()));
        action.fingerprint(&args, &self.look())?;
        let capture = action.capture(&args, &self.look(), keep)?;
        assert_same(&before, &self.state(), "a capture changed something");
        action.run(&args, &Touch::new(self.look()))?;
        Ok(serde_json::from_str(&serde_json::to_string(&capture).unwrap()).unwrap())
    }

    pub fn undo(&self, action: &dyn Action, capture: &Capture, keep: &MemoryKeep) -> Result<()> {
        action.undo(capture, &Touch::new(self.look()), keep)
    }

    /// Previews, captures, runs, and lets `check` look; then undoes twice, each time to the byte.
    pub fn there_and_back(&self, action: &dyn Action, given: &[(&str, Value)], check: impl FnOnce(&Self)) {
        let keep = MemoryKeep::default();
        self.preview(action, given).unwrap();
        let before = self.state();
        let capture = self.run(action, given, &keep).unwrap();
        check(self);
        self.undo(action, &capture, &keep).unwrap();
        assert_same(&before, &self.state(), "an undo did not bring everything back");
        self.undo(action, &capture, &keep).unwrap();
        assert_same(&before, &self.state(), "a second undo changed something");
    }
}

pub fn db() -> Value {
    Value::Db(Db::Sqlite("app.db".into()))
}

pub fn sql(text: &str, binds: &[Value]) -> Value {
    Value::Code(std::sync::Arc::new(Code { text: text.into(), binds: binds.to_vec() }))
}

pub fn exec(text: &str, binds: &[Value]) -> [(&'static str, Value); 2] {
    [("db", db()), ("sql", sql(text, binds))]
}

pub fn arguments(action: &dyn Action, given: &[(&str, Value)]) -> Args {
    testing::args(action.signature(), given)
}

/// Another process: this test binary again, which takes SQL line by line on one connection.
pub struct Other {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

const TEST: &str = "actions::sql::sandbox::another_process";
const PATH: &str = "RBK_TEST_DATABASE";

impl Other {
    pub fn start(path: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", TEST, "--nocapture", "--test-threads=1"])
            .env(PATH, path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        let mut other = Self { child, answers };
        other.wait_for("ready");
        other
    }

    /// Runs statements and gives the first number of the last one, or what went wrong.
    pub fn ask(&mut self, text: &str) -> String {
        writeln!(self.child.stdin.as_mut().unwrap(), "{text}").unwrap();
        self.wait_for("answer ")
    }

    fn wait_for(&mut self, prefix: &str) -> String {
        loop {
            let mut line = String::new();
            assert!(self.answers.read_line(&mut line).unwrap() > 0, "the other process ended");
            // The harness may have written its own words at the start of the line.
            if let Some((_, rest)) = line.split_once(prefix) {
                return rest.trim().to_owned();
            }
        }
    }

    /// As a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Not a test by itself: what [`Other`] runs.
#[test]
fn another_process() {
    let Some(path) = std::env::var_os(PATH) else { return };
    let conn = Connection::open(path).unwrap();
    conn.query_row("select count(*) from sqlite_schema", [], |_| Ok(())).unwrap();
    println!("ready");
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (before, last) = line.rsplit_once(';').unwrap_or(("", line.as_str()));
        let answer = conn.execute_batch(before).and_then(|()| {
            let mut query = conn.prepare(last)?;
            let mut rows = query.query([])?;
            rows.next()?.map(|row| row.get::<_, i64>(0)).transpose()
        });
        match answer {
            Ok(number) => println!("answer {}", number.map_or_else(|| "done".to_owned(), |number| number.to_string())),
            Err(error) => println!("answer {error}"),
        }
    }
}
