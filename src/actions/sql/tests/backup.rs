//! `sql.backup` and `sql.restore`.

use rusqlite::Connection;

use crate::actions::sql::backup::Backup;
use crate::actions::sql::restore::Restore;
use crate::actions::sql::sandbox::{Other, Sandbox, arguments, db};
use crate::catalogue::testing::MemoryKeep;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Change};
use crate::catalogue::value::Value;

fn to(path: &str) -> [(&'static str, Value); 2] {
    [("db", db()), ("to", Value::Path(path.into()))]
}

fn from(path: &str) -> [(&'static str, Value); 2] {
    [("db", db()), ("from", Value::Path(path.into()))]
}

#[test]
fn a_copy_is_one_sound_file_and_its_undo_removes_it() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        sandbox.there_and_back(&Backup, &to("backups/2026/copy.db"), |sandbox| {
            let folder = sandbox.root.join("backups/2026");
            assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "{mode}: nothing beside the copy");
            let copy = Connection::open(folder.join("copy.db")).unwrap();
            let count: i64 = copy.query_row("select count(*) from market", [], |row| row.get(0)).unwrap();
            let journal: String = copy.query_row("pragma journal_mode", [], |row| row.get(0)).unwrap();
            assert_eq!((count, journal.as_str()), (10, "delete"), "{mode}");
        });
        assert!(!sandbox.root.join("backups").exists());
    }
}

#[test]
fn the_original_is_not_touched_by_a_backup() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        let state = |sandbox: &Sandbox| {
            let mut state = sandbox.state();
            state.retain(|name, _| name.starts_with("app.db"));
            state
        };
        let before = state(&sandbox);
        Backup.run(&arguments(&Backup, &to("copy.db")), &Touch::new(sandbox.look())).unwrap();
        assert_eq!(before, state(&sandbox), "{mode}");
    }
}

#[test]
fn what_another_process_has_committed_is_in_the_copy_and_what_not_is_not() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        let mut other = Other::start(&sandbox.path());
        assert_eq!(other.ask("insert into market values (11, 'committed', 0); select count(*) from market"), "11");
        assert_eq!(other.ask("begin; insert into market values (12, 'not yet', 0); select count(*) from market"), "12");
        Backup.run(&arguments(&Backup, &to("copy.db")), &Touch::new(sandbox.look())).unwrap();
        let copy = Connection::open(sandbox.root.join("copy.db")).unwrap();
        let count: i64 = copy.query_row("select count(*) from market", [], |row| row.get(0)).unwrap();
        assert_eq!(count, 11, "{mode}");
        assert_eq!(other.ask("commit; select count(*) from market"), "12", "{mode}");
    }
}

#[test]
fn a_file_that_is_there_is_captured_and_the_database_itself_is_refused() {
    let sandbox = Sandbox::new("delete");
    std::fs::write(sandbox.root.join("copy.db"), "an older copy").unwrap();
    let preview = sandbox.preview(&Backup, &to("copy.db")).unwrap();
    assert!(preview.notes.iter().any(|note| note.contains("captured first")), "{:?}", preview.notes);
    sandbox.there_and_back(&Backup, &to("copy.db"), |_| {});
    for path in ["app.db", "./app.db-wal", "."] {
        assert!(sandbox.preview(&Backup, &to(path)).is_err(), "{path}");
    }
}

#[test]
fn a_backup_comes_back_with_what_changes_shown_before() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        Backup.run(&arguments(&Backup, &to("copy.db")), &Touch::new(sandbox.look())).unwrap();
        sandbox
            .open()
            .execute_batch("delete from market where id > 2; drop table other; create table extra (x)")
            .unwrap();
        let preview = sandbox.preview(&Restore, &from("copy.db")).unwrap();
        let found: Vec<String> = preview
            .changes
            .iter()
            .map(|change| match change {
                Change::Rows { summary, .. } => summary.clone(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(found, ["extra: is dropped with 0 rows", "market: 2 rows become 10", "other: is made with 1 rows"]);
        sandbox.there_and_back(&Restore, &from("copy.db"), |sandbox| {
            assert_eq!(sandbox.ask("select count(*) from market"), 10, "{mode}");
            assert_eq!(sandbox.ask("select count(*) from other"), 1, "{mode}");
        });
        assert_eq!(sandbox.ask("select count(*) from extra"), 0, "{mode}");
    }
}

#[test]
fn a_damaged_backup_is_refused_before_anything_is_changed() {
    let sandbox = Sandbox::new("delete");
    let mut bytes = std::fs::read(sandbox.path()).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0xff);
    std::fs::write(sandbox.root.join("copy.db"), bytes).unwrap();
    let before = sandbox.state();
    Restore.run(&arguments(&Restore, &from("copy.db")), &Touch::new(sandbox.look())).unwrap_err();
    crate::actions::git::sandbox::assert_same(&before, &sandbox.state(), "a refused restore changed something");
}

#[test]
fn a_process_that_has_it_open_sees_the_restore_and_its_undo() {
    let sandbox = Sandbox::new("wal");
    Backup.run(&arguments(&Backup, &to("copy.db")), &Touch::new(sandbox.look())).unwrap();
    let mut other = Other::start(&sandbox.path());
    assert_eq!(other.ask("delete from market where id > 3; select count(*) from market"), "3");
    let keep = MemoryKeep::default();
    let args = arguments(&Restore, &from("copy.db"));
    let capture = Restore.capture(&args, &sandbox.look(), &keep).unwrap();
    Restore.run(&args, &Touch::new(sandbox.look())).unwrap();
    assert_eq!(other.ask("select count(*) from market"), "10");
    sandbox.undo(&Restore, &capture, &keep).unwrap();
    assert_eq!(other.ask("select count(*) from market"), "3");
}
