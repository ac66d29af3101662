use std::io::Read;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::catalogue::keep::ObjectId;

fn head(id: &str) -> Head {
    Head {
        id: id.into(),
        kind: "run".into(),
        policy: "atomos".into(),
        of: None,
        started: "2026-01-02T03:04:05Z".parse().unwrap(),
        frozen: "{}".into(),
    }
}

fn entry(seq: u64) -> Entry {
    Entry { seq, json: format!("{{\"seq\":{seq}}}") }
}

fn read(keep: &dyn Keep, id: &ObjectId) -> std::io::Result<Vec<u8>> {
    let mut content = Vec::new();
    keep.open(id).unwrap().read_to_end(&mut content)?;
    Ok(content)
}

#[test]
fn what_was_appended_is_there_for_another_process() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join(".rbk");
    let store = Sqlite::open(&state).unwrap();
    let run = store.begin(head("0198-aaaa-1111")).unwrap();
    let first = store.append(run, vec![entry(1), entry(2)]);
    store.append(run, vec![entry(3)]).wait().unwrap();
    first.wait().unwrap();

    let other = Sqlite::look(&state).unwrap().unwrap();
    let mut seen = Vec::new();
    other
        .entries(run, 1, &mut |entry| {
            seen.push(entry.seq);
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, [2, 3]);
    let row = other.find("last").unwrap();
    assert_eq!((row.id.as_str(), row.outcome, row.ended), ("0198-aaaa-1111", None, None));

    let at = "2026-01-02T03:05:05Z".parse().unwrap();
    store.end(run, vec![entry(4)], "done", at).wait().unwrap();
    let row = other.find("1111").unwrap();
    assert_eq!((row.outcome.as_deref(), row.ended), (Some("done"), Some(at)));
}

#[test]
fn a_plan_runs_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    store.begin(head("one")).unwrap();
    let error = store.begin(head("one")).unwrap_err();
    assert!(error.what.contains("was run already"), "{error:?}");
}

#[test]
fn names_of_runs_must_mean_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    assert!(store.find("last").unwrap_err().what.contains("no runs"));
    store.begin(head("0198-aaaa")).unwrap();
    store.begin(head("0198-bbbb")).unwrap();
    assert!(store.find("0198").unwrap_err().what.contains("means 2 runs"));
    assert!(store.find("b").unwrap_err().what.contains("no run `b`"));
    assert_eq!(store.find("last").unwrap().id, "0198-bbbb");
    assert_eq!(store.find("aaaa").unwrap().id, "0198-aaaa");
}

#[test]
fn only_its_owner_may_read_the_state_folder() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join(".rbk");
    let store = Sqlite::open(&state).unwrap();
    let run = store.begin(head("one")).unwrap();
    store.append(run, vec![entry(1)]).wait().unwrap();
    store.keep().put(&mut &vec![7_u8; 100_000][..]).unwrap();
    store.flush().unwrap();
    let mut seen = 0;
    for found in walkdir::WalkDir::new(&state) {
        let found = found.unwrap();
        let mode = found.metadata().unwrap().permissions().mode() & 0o777;
        let expected = if found.file_type().is_dir() { 0o700 } else { 0o600 };
        assert_eq!(mode, expected, "{}", found.path().display());
        seen += 1;
    }
    assert!(seen >= 6, "the folder, its database with log and index, an object, .gitignore");
    assert_eq!(std::fs::read_to_string(state.join(".gitignore")).unwrap(), "*\n");
}

#[test]
fn content_comes_back_small_and_large_waiting_and_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let keep = store.keep();
    for content in [Vec::new(), b"small".to_vec(), (0..3_000_000_u32).map(|i| i.wrapping_mul(i) as u8).collect()] {
        let id = keep.put(&mut &content[..]).unwrap();
        assert_eq!(read(&*keep, &id).unwrap(), content);
        store.flush().unwrap();
        assert_eq!(read(&*keep, &id).unwrap(), content);
        assert_eq!(keep.put(&mut &content[..]).unwrap(), id, "the same content is one object");
    }
}

#[test]
fn damaged_content_is_noticed_while_it_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let keep = store.keep();
    let content: Vec<u8> = (0..100_000_u32).map(|i| (i * 7) as u8).collect();
    let id = keep.put(&mut &content[..]).unwrap();
    let path = folder.path().join("objects").join(&id.0[..2]).join(&id.0[2..]);
    let other = zstd::bulk::compress(&content[1..], 1).unwrap();
    std::fs::write(&path, other).unwrap();
    assert!(read(&*keep, &id).unwrap_err().to_string().contains("damaged"));
    std::fs::remove_file(&path).unwrap();
    let Err(error) = keep.open(&id) else { panic!("it is gone") };
    assert!(error.hint.unwrap().contains("is gone"));
}

#[test]
fn a_damaged_or_newer_database_is_refused_and_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state.db");
    std::fs::write(&path, vec![b'x'; 4096]).unwrap();
    let Err(error) = Sqlite::open(folder.path()) else { panic!("it is damaged") };
    assert!(error.what.contains("is damaged") && error.hint.unwrap().contains("mv "), "{}", error.what);
    assert_eq!(std::fs::read(&path).unwrap(), vec![b'x'; 4096]);

    std::fs::remove_file(&path).unwrap();
    drop(Sqlite::open(folder.path()).unwrap());
    Connection::open(&path).unwrap().execute_batch("pragma user_version = 99").unwrap();
    let Err(error) = Sqlite::open(folder.path()) else { panic!("it is newer") };
    assert!(error.what.contains("newer rbk"), "{}", error.what);
    let Err(error) = Sqlite::look(folder.path()) else { panic!("it is newer") };
    assert!(error.what.contains("newer rbk"), "{}", error.what);
}

#[test]
fn a_failed_write_fails_every_later_ticket_and_leaves_no_hole() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let run = store.begin(head("one")).unwrap();
    store.append(run, vec![entry(1)]).wait().unwrap();
    // The same number twice breaks the key: the batch is refused whole, and so is all that follows.
    assert!(store.append(run, vec![entry(2), entry(1)]).wait().is_err());
    let error = store.append(run, vec![entry(3)]).wait().unwrap_err();
    assert!(error.what.contains("journal cannot be written"), "{}", error.what);
    let mut seen = Vec::new();
    store
        .entries(run, 0, &mut |entry| {
            seen.push(entry.seq);
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, [1]);
}

#[test]
fn many_threads_append_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path()).unwrap();
    let run = store.begin(head("one")).unwrap();
    std::thread::scope(|scope| {
        for worker in 0..8_u64 {
            let store = &store;
            scope.spawn(move || {
                for index in 0..50 {
                    store.append(run, vec![entry(worker * 50 + index + 1)]).wait().unwrap();
                }
            });
        }
    });
    let mut seen = 0;
    store
        .entries(run, 0, &mut |_| {
            seen += 1;
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, 400);
}
