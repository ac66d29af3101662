//! The `sql` probes on real databases.

use super::*;
use crate::actions::git::sandbox::assert_same;
use crate::actions::sql::sandbox::{Other, Sandbox, db, sql};
use crate::catalogue::error::Result;
use crate::catalogue::testing;
use crate::catalogue::value::{Db, Value};

fn json(value: impl Into<serde_json::Value>) -> Value {
    Value::Json(std::sync::Arc::new(value.into()))
}

fn sample(sandbox: &Sandbox, probe: &dyn Probe, text: &str, binds: &[Value]) -> Result<Value> {
    let args = testing::args(probe.signature(), &[("db", db()), ("sql", sql(text, binds))]);
    probe.effects(&args, Some(&sandbox.look()));
    probe.sample(&args, &sandbox.look())
}

/// As [`sample`], on a database that nobody uses: nothing may be changed by it.
fn ask(sandbox: &Sandbox, text: &str, binds: &[Value]) -> Result<Value> {
    let before = sandbox.state();
    let answer = sample(sandbox, &scalar::Scalar, text, binds);
    assert_same(&before, &sandbox.state(), "a probe changed something");
    answer
}

#[test]
fn a_handle_is_its_path() {
    let sandbox = Sandbox::new("delete");
    let args = testing::args(sqlite::Sqlite.signature(), &[("path", Value::str("no/such.db"))]);
    assert_eq!(sqlite::Sqlite.sample(&args, &sandbox.look()).unwrap(), Value::Db(Db::Sqlite("no/such.db".into())));
}

#[test]
fn a_scalar_has_the_type_that_sqlite_gives_it() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        assert_eq!(ask(&sandbox, "select count(*) from market", &[]).unwrap(), json(10));
        assert_eq!(ask(&sandbox, "select price from market where id = ?1", &[Value::Int(3)]).unwrap(), json(4.5));
        assert_eq!(ask(&sandbox, "select name from market where id = 1", &[]).unwrap(), json("row 1"));
        assert_eq!(ask(&sandbox, "select name from market where id = 99", &[]).unwrap(), Value::None);
        assert_eq!(ask(&sandbox, "select sum(price) from market where id = 99", &[]).unwrap(), Value::None);
        assert_eq!(ask(&sandbox, "with a(n) as (values (7)) select n from a -- ;", &[]).unwrap(), json(7));
        assert!(ask(&sandbox, "select x'00'", &[]).unwrap_err().what.contains("blob"));
    }
}

#[test]
fn rows_are_maps_by_column() {
    let sandbox = Sandbox::new("delete");
    let rows =
        sample(&sandbox, &rows::Rows, "select id, name as label from market where id < 3 order by id", &[]).unwrap();
    let Value::List(rows) = rows else { panic!() };
    let texts: Vec<_> = rows.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["{ id: 1, label: \"row 1\" }", "{ id: 2, label: \"row 2\" }"]);
    assert!(sample(&sandbox, &rows::Rows, "select 1 as a, 2 as a", &[]).unwrap_err().what.contains("two columns"));
    let many = "with recursive n(i) as (values (1) union all select i + 1 from n where i < 20000) select i from n";
    assert!(sample(&sandbox, &rows::Rows, many, &[]).unwrap_err().what.contains("more than 10000 rows"));
}

#[test]
fn a_probe_cannot_change_anything() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        for text in [
            "delete from market where 1",
            "select 1; delete from market where 1",
            "insert into other values (1) returning note",
            "with x as (select 1) update market set price = 0 where 1",
            "pragma user_version = 3",
            "attach 'x.db' as x",
            "select load_extension('x')",
            "",
        ] {
            assert!(ask(&sandbox, text, &[]).is_err(), "{mode}: {text}");
        }
        assert_eq!(sandbox.ask("select count(*) from market"), 10);
    }
}

#[test]
fn hostile_values_are_only_values() {
    let sandbox = Sandbox::new("delete");
    let hostile = Value::str("' or 1=1; drop table market --");
    assert_eq!(ask(&sandbox, "select count(*) from market where name = ?1", &[hostile]).unwrap(), json(0));
}

#[test]
fn another_process_is_seen_in_every_state() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        let mut other = Other::start(&sandbox.path());
        let count = || sample(&sandbox, &scalar::Scalar, "select count(*) from market", &[]).unwrap();
        other.ask("insert into market values (11, 'committed', 0); select 1");
        assert_eq!(count(), json(11), "{mode}");
        other.ask("begin immediate; insert into market values (12, 'not yet', 0); select 1");
        assert_eq!(count(), json(11), "{mode}: what is not committed is not seen");
        other.ask("commit; select 1");
        assert_eq!(count(), json(12), "{mode}");
        drop(other);
        assert_eq!(count(), json(12), "{mode}");
    }
}

#[test]
fn what_a_crash_left_is_read_as_if_recovered_and_left_as_it_is() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        let mut other = Other::start(&sandbox.path());
        other.ask("insert into market values (11, 'committed', 0); select 1");
        other.ask("pragma cache_size = 1; begin immediate; select 1");
        other.ask("update market set name = hex(randomblob(9000)) where 1; select 1");
        other.kill();
        assert_eq!(ask(&sandbox, "select count(*) from market", &[]).unwrap(), json(11), "{mode}");
        assert_eq!(ask(&sandbox, "select name from market where id = 1", &[]).unwrap(), json("row 1"), "{mode}");
        drop(std::fs::remove_file(sandbox.root.join("app.db-shm")));
        assert_eq!(ask(&sandbox, "select count(*) from market", &[]).unwrap(), json(11), "{mode}");
    }
}

#[test]
fn a_query_without_end_ends_with_the_time() {
    let sandbox = Sandbox::new("delete");
    let hasty = sandbox.look().within(std::time::Duration::from_millis(150));
    let text = "with recursive n(i) as (values (1) union all select i + 1 from n) select count(*) from n";
    let args = testing::args(scalar::Scalar.signature(), &[("db", db()), ("sql", sql(text, &[]))]);
    let error = scalar::Scalar.sample(&args, &hasty).unwrap_err();
    assert_eq!(error.kind, crate::catalogue::error::ErrorKind::TimedOut, "{error}");
}

#[test]
fn a_query_may_ask_what_is_in_the_database() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        for (text, answer) in [
            ("select count(*) from pragma_table_info('market')", json(3)),
            ("select group_concat(name, ' ') from pragma_table_info('market') where pk = 0", json("name price")),
            ("select integrity_check from pragma_integrity_check", json("ok")),
            ("pragma integrity_check", json("ok")),
            ("PRAGMA main.Quick_Check(1);", json("ok")),
            ("pragma foreign_key_check", Value::None),
            ("pragma user_version", json(0)),
            ("select user_version from pragma_user_version", json(0)),
            ("pragma page_count", json(sandbox.ask("pragma page_count"))),
        ] {
            assert_eq!(ask(&sandbox, text, &[]).unwrap(), answer, "{mode}: {text}");
        }
        let columns = sample(&sandbox, &rows::Rows, "pragma table_info(market)", &[]).unwrap();
        let Value::List(columns) = columns else { panic!() };
        assert_eq!(columns.len(), 3);
        for text in [
            "pragma user_version(3)",
            "pragma main.user_version = 3",
            "pragma journal_mode = off",
            "pragma writable_schema = on",
            "pragma database_list",
            "select file from pragma_database_list",
            "pragma",
            "pragma integrity_check; pragma user_version = 3",
        ] {
            let error = ask(&sandbox, text, &[]).unwrap_err();
            assert!(!error.what.contains("beyond this database"), "{mode}: {text}: {error:?}");
        }
        let refused = ask(&sandbox, "pragma journal_mode", &[]).unwrap_err();
        assert!(refused.hint.unwrap().contains("integrity_check"), "it says what may be asked");
        assert_eq!(sandbox.ask("pragma user_version"), 0);
    }
}
