//! The scenarios of `sql.*` actions, and samples of its probes, on real SQLite databases.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use rbk::catalogue::value::{Code, Db, Value};
use rusqlite::Connection;

use super::{Sample, Scenario};

fn make(root: &Path, mode: &str) -> Connection {
    let conn = Connection::open(root.join("app.db")).expect("a database");
    conn.pragma_update(None, "journal_mode", mode).expect("a mode");
    conn.execute_batch(
        "create table debt (id integer primary key, owner text, total integer);
         insert into debt values (1, 'a', 100), (2, 'b', 200), (3, 'it''s', 300);
         create table note (text text);",
    )
    .expect("tables");
    conn
}

fn plain(root: &Path) {
    make(root, "delete");
    fs::write(root.join("fix.sql"), "update debt set total = 0 where id = 1;\n").expect("a script");
}

fn logged(root: &Path) {
    make(root, "wal");
}

/// A log that a crash left, with a committed change in it.
fn crashed(root: &Path) {
    let conn = make(root, "wal");
    conn.execute("insert into debt values (4, 'd', 400)", []).expect("a row");
    let aside = root.join("aside");
    fs::create_dir(&aside).expect("a folder");
    for file in ["app.db", "app.db-wal"] {
        fs::copy(root.join(file), aside.join(file)).expect("a copy");
    }
    drop(conn);
    for file in ["app.db", "app.db-wal"] {
        fs::rename(aside.join(file), root.join(file)).expect("back in place");
    }
    fs::remove_dir(aside).expect("it is empty");
}

fn with_backup(root: &Path) {
    let conn = make(root, "delete");
    conn.backup("main", root.join("good.db"), None::<fn(rusqlite::backup::Progress)>).expect("a backup");
    conn.execute("delete from debt where id > 1", []).expect("a change");
}

fn db() -> Value {
    Value::Db(Db::Sqlite("app.db".into()))
}

fn sql(text: &str, binds: Vec<Value>) -> Value {
    Value::Code(Arc::new(Code { text: text.into(), binds }))
}

fn path(text: &str) -> Value {
    Value::Path(text.into())
}

/// A transaction that was being written when the power went: its journal is there, half of its pages too.
fn half(root: &Path) {
    let conn = Connection::open(root.join("app.db")).expect("a database");
    let journal = root.join("app.db-journal");
    conn.execute_batch(
        "pragma cache_size = 1; begin immediate; update debt set owner = hex(randomblob(20000)) where true",
    )
    .expect("a change");
    let (kept, database) = (fs::read(&journal).unwrap_or_default(), fs::read(root.join("app.db")).expect("a database"));
    conn.execute_batch("rollback").expect("it was open");
    drop(conn);
    fs::write(root.join("app.db"), database).expect("as it was cut");
    fs::write(journal, kept).expect("as it was cut");
}

pub fn scenarios() -> Vec<Scenario> {
    let delete =
        |_: &Path| vec![("db", db()), ("sql", sql("delete from debt where owner = ?1", vec![Value::str("it's")]))];
    vec![
        Scenario::new("sql.exec", "rows, with a rollback journal", plain, delete).half(half),
        Scenario::new("sql.exec", "rows, with a write-ahead log", logged, delete),
        Scenario::new("sql.exec", "after a crash", crashed, delete),
        Scenario::new("sql.exec", "several statements", plain, |_| {
            let text = "insert into note values (?); update debt set total = ? where id = 2";
            let params = Value::list([Value::str("rolled back"), Value::Int(0)]);
            vec![("db", db()), ("sql", sql(text, vec![])), ("params", params)]
        }),
        Scenario::new("sql.run_file", "a repair", plain, |_| vec![("db", db()), ("path", path("fix.sql"))]),
        Scenario::new("sql.backup", "into a folder that is not there", logged, |_| {
            vec![("db", db()), ("to", path("backups/today/app.db"))]
        }),
        Scenario::new("sql.backup", "in the place of another", with_backup, |_| {
            vec![("db", db()), ("to", path("good.db"))]
        }),
        Scenario::new("sql.backup", "after a crash", crashed, |_| vec![("db", db()), ("to", path("saved.db"))]),
        Scenario::new("sql.restore", "of an older state", with_backup, |_| {
            vec![("db", db()), ("from", path("good.db"))]
        }),
    ]
}

pub fn samples() -> Vec<Sample> {
    let ask = |probe, setup, text, gives| Sample {
        probe,
        setup,
        args: vec![("db", db()), ("sql", sql(text, vec![]))],
        gives,
    };
    vec![
        Sample { probe: "sqlite", setup: |_| {}, args: vec![("path", path("app.db"))], gives: "sqlite(app.db)" },
        ask("sql.scalar", plain, "select sum(total) from debt", "600"),
        ask("sql.scalar", logged, "select owner from debt where id = 3", "\"it's\""),
        ask("sql.scalar", crashed, "select count(*) from debt", "4"),
        ask(
            "sql.scalar",
            plain,
            "delete from debt where true",
            "error: `delete from debt where true` does not only read",
        ),
        ask(
            "sql.rows",
            plain,
            "select id, owner from debt where id < 3",
            "[{ id: 1, owner: \"a\" }, { id: 2, owner: \"b\" }]",
        ),
    ]
}
