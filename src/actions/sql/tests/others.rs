//! `sql.exec` while another process uses the database, and after one was killed.

use std::time::Duration;

use crate::actions::sql::exec::Exec;
use crate::actions::sql::sandbox::{Other, Sandbox, arguments, exec};
use crate::catalogue::cancel::Cancel;
use crate::catalogue::error::ErrorKind;
use crate::catalogue::testing::MemoryKeep;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Action;

const DELETE: &str = "delete from market where id > 5";

#[test]
fn a_process_that_has_it_open_sees_the_change_and_the_undo() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        let mut other = Other::start(&sandbox.path());
        assert_eq!(other.ask("select count(*) from market"), "10");
        let keep = MemoryKeep::default();
        let args = arguments(&Exec, &exec(DELETE, &[]));
        let preview = Exec.preview(&args, &sandbox.look()).unwrap();
        assert!(preview.notes.iter().any(|note| note.contains("open in pid")), "{mode}: {:?}", preview.notes);
        let capture = Exec.capture(&args, &sandbox.look(), &keep).unwrap();
        Exec.run(&args, &Touch::new(sandbox.look())).unwrap();
        assert_eq!(other.ask("select count(*) from market"), "5", "{mode}");
        sandbox.undo(&Exec, &capture, &keep).unwrap();
        assert_eq!(other.ask("select count(*) from market"), "10", "{mode}: the other's cache is stale");
        assert_eq!(other.ask("insert into market values (11, 'x', 0); select count(*) from market"), "11", "{mode}");
        assert_eq!(other.ask("pragma integrity_check; select count(*) from market"), "11", "{mode}");
    }
}

#[test]
fn who_opens_it_after_the_run_keeps_a_sound_view() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        let keep = MemoryKeep::default();
        let capture = sandbox.run(&Exec, &exec(DELETE, &[]), &keep).unwrap();
        let mut other = Other::start(&sandbox.path());
        assert_eq!(other.ask("select count(*) from market"), "5");
        sandbox.undo(&Exec, &capture, &keep).unwrap();
        assert_eq!(other.ask("select count(*) from market"), "10", "{mode}");
        drop(other);
        assert_eq!(sandbox.ask("select count(*) from market"), 10, "{mode}");
    }
}

#[test]
fn what_others_wrote_to_other_tables_survives_the_undo() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        let keep = MemoryKeep::default();
        let capture = sandbox.run(&Exec, &exec(DELETE, &[]), &keep).unwrap();
        sandbox.open().execute("insert into other values ('an order came in')", []).unwrap();
        sandbox.undo(&Exec, &capture, &keep).unwrap();
        assert_eq!(sandbox.ask("select count(*) from market"), 10, "{mode}");
        assert_eq!(sandbox.ask("select count(*) from other"), 2, "{mode}");
        assert_eq!(sandbox.ask("select max(id) = 10 and sum(price) = 82.5 from market"), 1, "{mode}");
    }
}

#[test]
fn a_schema_that_changed_since_is_not_thrown_away() {
    let sandbox = Sandbox::new("delete");
    let keep = MemoryKeep::default();
    let capture = sandbox.run(&Exec, &exec(DELETE, &[]), &keep).unwrap();
    sandbox.open().execute_batch("alter table market add column currency text").unwrap();
    let error = sandbox.undo(&Exec, &capture, &keep).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed, "{error}");
    assert_eq!(sandbox.ask("select count(*) from market"), 5);
}

#[test]
fn a_lock_is_waited_for_within_the_time_and_then_named() {
    let sandbox = Sandbox::new("delete");
    let mut other = Other::start(&sandbox.path());
    assert_eq!(other.ask("begin exclusive; select count(*) from market"), "10");
    let args = arguments(&Exec, &exec(DELETE, &[]));
    let hasty = sandbox.look().with_cancel(Cancel::new().within(Duration::from_millis(200)));
    let error = Exec.run(&args, &Touch::new(hasty)).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut, "{error}");
    let error = Exec.run(&args, &Touch::new(sandbox.look())).unwrap_err();
    assert!(error.what.contains("is locked by pid") && error.hint.is_some(), "{error}");
    assert_eq!(other.ask("commit; select count(*) from market"), "10");
    Exec.run(&args, &Touch::new(sandbox.look())).unwrap();
}

#[test]
fn a_writer_that_was_killed_in_the_middle_leaves_nothing_that_misleads() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        let mut other = Other::start(&sandbox.path());
        // A cache of one page spills the uncommitted change into the database file, so that the journal is hot.
        other.ask("pragma cache_size = 1; begin immediate; select 1");
        other.ask("with recursive n(i) as (values (100) union all select i + 1 from n where i < 3000) insert into market select i, hex(randomblob(200)), i from n; select 1");
        other.kill();
        let sides =
            |suffix: &str| std::fs::metadata(sandbox.root.join(format!("app.db{suffix}"))).map_or(0, |meta| meta.len());
        assert!(sides("-journal") > 0 || sides("-wal") > 0, "{mode}: the kill left something");
        let preview = sandbox.preview(&Exec, &exec(DELETE, &[])).unwrap();
        assert_eq!(preview.summary, "delete 5 of 10 rows of market (app.db)", "{mode}");
        sandbox.there_and_back(&Exec, &exec(DELETE, &[]), |sandbox| {
            assert_eq!(sandbox.ask("select count(*) from market"), 5, "{mode}");
        });
        assert_eq!(sandbox.ask("select count(*) from market"), 10, "{mode}: recovered after the undo");
    }
}

#[test]
fn a_run_that_was_killed_in_the_middle_is_undone_to_the_byte() {
    for mode in ["delete", "wal"] {
        let sandbox = Sandbox::new(mode);
        let keep = MemoryKeep::default();
        let args = arguments(&Exec, &exec(DELETE, &[]));
        let before = sandbox.state();
        let capture = Exec.capture(&args, &sandbox.look(), &keep).unwrap();
        let mut run = Other::start(&sandbox.path());
        run.ask("pragma cache_size = 1; begin immediate; select 1");
        run.ask("update market set name = hex(randomblob(9000)) where 1; select 1");
        run.kill();
        sandbox.undo(&Exec, &capture, &keep).unwrap();
        crate::actions::git::sandbox::assert_same(&before, &sandbox.state(), mode);
    }
}

#[test]
fn a_database_that_is_always_being_written_can_still_be_previewed() {
    let sandbox = Sandbox::new("wal");
    let path = sandbox.path();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let ended = std::sync::Arc::clone(&stop);
    let mut other = Other::start(&path);
    let writer = std::thread::spawn(move || {
        while !ended.load(std::sync::atomic::Ordering::Relaxed) {
            other.ask("insert into other values ('again'); select 1");
        }
    });
    let args = arguments(&Exec, &exec(DELETE, &[]));
    let preview = Exec.preview(&args, &sandbox.look());
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    writer.join().unwrap();
    assert_eq!(preview.unwrap().summary, "delete 5 of 10 rows of market (app.db)");
}
