//! `sql.exec` and `sql.run_file` where nobody else is at work.

use crate::actions::sql::exec::Exec;
use crate::actions::sql::run_file::RunFile;
use crate::actions::sql::sandbox::{Sandbox, arguments, db, exec, sql};
use crate::catalogue::testing::MemoryKeep;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Change};
use crate::catalogue::value::Value;

fn lines(preview: &crate::catalogue::unit::Preview) -> Vec<(String, Vec<String>)> {
    preview
        .changes
        .iter()
        .map(|change| match change {
            Change::Rows { summary, sample } => (summary.clone(), sample.clone()),
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn a_change_comes_back_byte_for_byte_in_every_journal_mode() {
    for mode in ["delete", "truncate", "persist", "wal"] {
        let sandbox = Sandbox::new(mode);
        sandbox.there_and_back(&Exec, &exec("delete from market where id > ?1", &[Value::Int(7)]), |sandbox| {
            assert_eq!(sandbox.ask("select count(*) from market"), 7, "{mode}");
        });
    }
}

#[test]
fn the_preview_counts_rows_and_shows_the_first_three() {
    let sandbox = Sandbox::new("delete");
    let preview = sandbox.preview(&Exec, &exec("delete from market where id > ?1", &[Value::Int(4)])).unwrap();
    assert_eq!(preview.summary, "delete 6 of 10 rows of market (app.db)");
    let (_, sample) = &lines(&preview)[0];
    assert_eq!(sample, &["id=5 name='row 5' price=7.5", "id=6 name='row 6' price=9", "id=7 name='row 7' price=10.5"]);
}

#[test]
fn the_preview_of_several_statements_follows_their_order() {
    let sandbox = Sandbox::new("wal");
    let text = "insert into market values (11, 'new', null); update market set price = 1 where id >= 10;
                delete from market where price = 1";
    let preview = sandbox.preview(&Exec, &exec(text, &[])).unwrap();
    let found = lines(&preview);
    assert_eq!(found[0].0, "insert 1 row into market, which has 10");
    assert_eq!(
        found[1],
        (
            "update 2 of 11 rows of market".to_owned(),
            vec!["id=10  price: 15 → 1".to_owned(), "id=11  price: null → 1".to_owned(),]
        )
    );
    assert_eq!(found[2].0, "delete 2 of 11 rows of market");
    assert_eq!(preview.summary, "3 changes, 5 rows (app.db)");
}

#[test]
fn rows_that_triggers_and_foreign_keys_change_are_shown_too() {
    let sandbox = Sandbox::new("delete");
    sandbox
        .open()
        .execute_batch(
            "create table line (market integer references market on delete cascade);
             insert into line values (1), (1), (2);
             create trigger t after delete on market begin insert into other values (old.name); end;",
        )
        .unwrap();
    let call = exec("delete from market where id = 1", &[]);
    let found: Vec<_> = lines(&sandbox.preview(&Exec, &call).unwrap()).into_iter().map(|(line, _)| line).collect();
    assert_eq!(
        found,
        [
            "delete 1 of 10 rows of market",
            "delete 2 of 3 rows of line (by a trigger or foreign key)",
            "insert 1 row into other, which has 1 (by a trigger or foreign key)",
        ]
    );
    sandbox.there_and_back(&Exec, &call, |sandbox| assert_eq!(sandbox.ask("select count(*) from line"), 1));
}

#[test]
fn tables_without_row_numbers_are_counted() {
    let sandbox = Sandbox::new("delete");
    sandbox
        .open()
        .execute_batch("create table w (k text primary key) without rowid; insert into w values ('a'), ('b')")
        .unwrap();
    let call = exec("delete from w where k = 'a'", &[]);
    assert_eq!(sandbox.preview(&Exec, &call).unwrap().summary, "delete 1 of 2 rows of w (app.db)");
    sandbox.there_and_back(&Exec, &call, |sandbox| assert_eq!(sandbox.ask("select count(*) from w"), 1));
}

#[test]
fn values_never_become_sql() {
    let sandbox = Sandbox::new("delete");
    for hostile in ["'); delete from market where 1; --", "\" or 1=1 --", "?1", "\0'", "名前; drop table market"] {
        let call = exec("update other set note = ?1 where true", &[Value::str(hostile)]);
        sandbox.run(&Exec, &call, &MemoryKeep::default()).unwrap();
        let note: String = sandbox.open().query_row("select note from other", [], |row| row.get(0)).unwrap();
        assert_eq!(note, hostile);
        assert_eq!(sandbox.ask("select count(*) from market"), 10);
    }
}

#[test]
fn params_fill_question_marks_over_all_statements() {
    let sandbox = Sandbox::new("delete");
    let params = |values: &[Value]| {
        let text = "delete from market where id = ? or id = ?; update other set note = ? where true";
        [("db", db()), ("sql", sql(text, &[])), ("params", Value::list(values.to_vec()))]
    };
    let given = [Value::Int(1), Value::Int(2), Value::str("x")];
    sandbox.there_and_back(&Exec, &params(&given), |sandbox| {
        assert_eq!(sandbox.ask("select count(*) from market"), 8);
        assert_eq!(sandbox.ask("select note = 'x' from other"), 1);
    });
    let error = sandbox.preview(&Exec, &params(&given[..2])).unwrap_err();
    assert!(error.what.contains("have 3 `?`, and `params` has 2"), "{error}");
    let mixed = exec("delete from market where id = ?1 and name = ?", &[Value::Int(1)]);
    assert!(sandbox.preview(&Exec, &mixed).unwrap_err().what.contains("mixed"));
}

#[test]
fn times_compare_as_sqlite_writes_them_and_lists_go_through_json_each() {
    let sandbox = Sandbox::new("delete");
    sandbox
        .open()
        .execute_batch("create table e (at text); insert into e values (datetime('2026-11-21T04:00:00Z'))")
        .unwrap();
    let time = |text: &str| Value::Time(text.parse().unwrap());
    let call = exec("delete from e where at > ?1", &[time("2026-11-21T04:00:00Z")]);
    assert!(sandbox.preview(&Exec, &call).unwrap().summary.starts_with("no row"));
    let call = exec("delete from e where at > ?1", &[time("2026-11-21T03:59:59.5Z")]);
    assert!(sandbox.preview(&Exec, &call).unwrap().summary.starts_with("delete 1 of 1"));
    let ids = Value::list([Value::Int(1), Value::Int(3)]);
    let call = exec("delete from market where id in (select value from json_each(?1))", &[ids]);
    assert!(sandbox.preview(&Exec, &call).unwrap().summary.starts_with("delete 2 of 10"));
    let secret = exec("update other set note = ?1 where true", &[Value::Secret("TOKEN".into())]);
    assert!(sandbox.preview(&Exec, &secret).unwrap_err().what.contains("a secret cannot be bound"));
}

#[test]
fn a_failed_statement_takes_the_whole_call_back_and_says_which() {
    let sandbox = Sandbox::new("delete");
    // The directory's own time changes with the journal that comes and goes in it.
    let files = || sandbox.state().into_iter().filter(|(name, _)| !name.is_empty()).collect();
    let before = files();
    let call = exec("delete from market where id = 1; insert into market values (2, 'again', 0)", &[]);
    let error = sandbox.preview(&Exec, &call).unwrap_err();
    assert!(error.what.contains("UNIQUE") && error.what.contains("in `insert into market"), "{error}");
    Exec.run(&arguments(&Exec, &call), &Touch::new(sandbox.look())).unwrap_err();
    assert_eq!(sandbox.ask("select count(*) from market"), 10);
    crate::actions::git::sandbox::assert_same(&before, &files(), "a failed call changed something");
    let error = sandbox.preview(&Exec, &exec("delete from markt where 1", &[])).unwrap_err();
    assert!(error.what.contains("no such table: markt"), "{error}");
}

#[test]
fn a_change_of_the_schema_is_not_exact_and_says_so_and_still_comes_back() {
    let sandbox = Sandbox::new("wal");
    let call = exec("create table fresh (x); insert into fresh values (1); drop table other", &[]);
    assert!(!Exec.exact_undo(&arguments(&Exec, &call)));
    assert!(Exec.exact_undo(&arguments(&Exec, &exec("delete from market where 1", &[]))));
    let preview = sandbox.preview(&Exec, &call).unwrap();
    assert!(preview.notes.iter().any(|note| note.contains("changes the schema")), "{:?}", preview.notes);
    sandbox.there_and_back(&Exec, &call, |sandbox| assert_eq!(sandbox.ask("select x from fresh"), 1));
}

#[test]
fn nothing_leaves_the_database() {
    let sandbox = Sandbox::new("delete");
    for text in [
        "attach 'elsewhere.db' as x; create table x.y (z)",
        "pragma journal_mode = wal",
        "vacuum into 'elsewhere.db'",
        "select load_extension('x')",
        "create table t (x); commit",
    ] {
        let call = exec(text, &[]);
        assert!(sandbox.preview(&Exec, &call).is_err(), "{text}");
        assert!(Exec.run(&arguments(&Exec, &call), &Touch::new(sandbox.look())).is_err(), "{text}");
    }
    assert!(!sandbox.root.join("elsewhere.db").exists());
}

#[test]
fn what_is_no_database_is_said() {
    let sandbox = Sandbox::new("delete");
    std::fs::write(sandbox.root.join("notes.txt"), "not a database, but long enough to be read as one".repeat(20))
        .unwrap();
    let at = |path: &str| {
        let db = Value::Db(crate::catalogue::value::Db::Sqlite(path.into()));
        sandbox.preview(&Exec, &[("db", db), ("sql", sql("delete from t where 1", &[]))]).unwrap_err().what
    };
    assert!(at("missing.db").contains("there is no database `missing.db`"));
    assert!(at("notes.txt").contains("no SQLite database"), "{}", at("notes.txt"));
    assert!(at(".").contains("is not a file"));
    assert!(at("../outside.db").contains("outside the root"));
}

#[test]
fn drift_is_a_change_of_the_tables_that_are_written_and_of_no_other() {
    let sandbox = Sandbox::new("delete");
    let args = arguments(&Exec, &exec("delete from market where id = 1", &[]));
    let take = || Exec.fingerprint(&args, &sandbox.look()).unwrap().unwrap();
    let planned = take();
    sandbox.open().execute("insert into other values ('by the application')", []).unwrap();
    assert_eq!(planned, take());
    sandbox.open().execute("update market set price = 0 where id = 9", []).unwrap();
    let names: Vec<_> = planned.differences(&take()).into_iter().map(|(name, ..)| name).collect();
    assert_eq!(names, ["db:app.db table market"]);
}

#[test]
fn a_file_of_statements_runs_as_one_transaction() {
    let sandbox = Sandbox::new("delete");
    std::fs::write(
        sandbox.root.join("fix.sql"),
        "-- repairs\nupdate market set name = ';' where id = 1;\ndelete from market where id = 2;\n",
    )
    .unwrap();
    let call = [("db", db()), ("path", Value::Path("fix.sql".into()))];
    assert!(!RunFile.exact_undo(&arguments(&RunFile, &call)));
    sandbox.there_and_back(&RunFile, &call, |sandbox| assert_eq!(sandbox.ask("select count(*) from market"), 9));
}

#[test]
fn the_result_is_the_number_of_rows() {
    let sandbox = Sandbox::new("delete");
    let args = arguments(&Exec, &exec("delete from market where id < 4", &[]));
    assert_eq!(Exec.run(&args, &Touch::new(sandbox.look())).unwrap(), Value::Int(3));
}

#[test]
fn effects_name_the_handle_and_all_files_of_the_database() {
    let sandbox = Sandbox::new("delete");
    let call =
        [("db", Value::Db(crate::catalogue::value::Db::Sqlite("./app.db".into()))), ("sql", sql("select 1", &[]))];
    let effects = Exec.effects(&arguments(&Exec, &call), Some(&sandbox.look()));
    let names: Vec<_> = effects.writes.iter().map(|resource| resource.name.to_string()).collect();
    assert_eq!(names, ["app.db", "app.db-wal", "app.db-shm", "app.db-journal", "app.db"]);
}
