//! `git.restore`: what it writes, what it refuses, and that its undo is exact.

use crate::actions::git::restore::Restore;
use crate::actions::git::sandbox::{Sandbox, arguments, assert_same, paths};
use crate::catalogue::cancel::Cancel;
use crate::catalogue::testing::MemoryKeep;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Change, FileChange};
use crate::catalogue::value::Value;

fn call(names: &[&str], from: &str) -> [(&'static str, Value); 2] {
    [("paths", paths(names)), ("from", Value::str(from))]
}

#[test]
fn it_modifies_adds_deletes_and_sets_modes_as_git_does_and_comes_back_exactly() {
    let sandbox = Sandbox::with_history();
    sandbox.there_and_back(&Restore, &call(&["."], "HEAD~1"), |sandbox| {
        assert_eq!(sandbox.read("a.txt"), "old\n");
        assert_eq!(sandbox.read("src/gone.txt"), "only in the first\n");
        assert!(!sandbox.exists("src/deep"), "a directory that became empty goes");
        assert_eq!(sandbox.git(&["--no-optional-locks", "diff", "HEAD~1", "--stat"]), "");
        assert_eq!(sandbox.git(&["diff", "--cached", "HEAD~1", "--stat"]), "");
        assert_eq!(sandbox.git(&["ls-files", "-s", "run.sh"]).split(' ').next(), Some("100755"));
    });
    assert_eq!(sandbox.status(), "");
}

#[test]
fn git_sees_nothing_to_refresh_after_a_restore() {
    let sandbox = Sandbox::with_history();
    sandbox.run(&Restore, &call(&["a.txt"], "HEAD~1"), &MemoryKeep::default()).unwrap();
    assert_eq!(sandbox.git(&["--no-optional-locks", "diff-files"]), "", "the index knows the files' times");
    assert_eq!(sandbox.status(), "M  a.txt");
}

#[test]
fn the_preview_names_the_commit_and_shows_a_diff_of_each_file() {
    let sandbox = Sandbox::with_history();
    let preview = sandbox.preview(&Restore, &call(&["."], "HEAD~1")).unwrap();
    assert!(preview.summary.contains("\"first\""), "{}", preview.summary);
    assert!(preview.summary.contains("−2 +2 in 4 files"), "{}", preview.summary);
    let kinds: Vec<_> = preview
        .changes
        .iter()
        .map(|change| match change {
            Change::File { path, what, .. } => (path.as_str(), *what),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        kinds,
        [
            ("a.txt", FileChange::Modify),
            ("run.sh", FileChange::Metadata),
            ("src/deep/added.txt", FileChange::Delete),
            ("src/gone.txt", FileChange::Create)
        ]
    );
    let Change::File { diff: Some(diff), .. } = &preview.changes[0] else { panic!() };
    assert!(diff.contains("-new\n+old\n"), "{diff}");
    assert_eq!(preview.notes, Vec::<String>::new());
}

#[test]
fn what_is_already_so_is_no_change() {
    let sandbox = Sandbox::with_history();
    let preview = sandbox.preview(&Restore, &call(&["a.txt", "src"], "HEAD")).unwrap();
    assert!(preview.summary.starts_with("no change: already as in"), "{}", preview.summary);
    sandbox.there_and_back(&Restore, &call(&["a.txt"], "HEAD"), |_| {});
}

#[test]
fn uncommitted_and_untracked_content_in_the_way_is_captured_and_said() {
    let sandbox = Sandbox::with_history();
    sandbox.write("a.txt", "being edited\n").write("src/gone.txt", "untracked now\n");
    let preview = sandbox.preview(&Restore, &call(&["."], "HEAD~1")).unwrap();
    assert_eq!(
        preview.notes,
        [
            "the uncommitted change to `a.txt` is captured first, then replaced",
            "the untracked file `src/gone.txt` is captured first, then replaced",
        ]
    );
    sandbox.there_and_back(&Restore, &call(&["."], "HEAD~1"), |sandbox| {
        assert_eq!(sandbox.read("src/gone.txt"), "only in the first\n");
    });
    assert_eq!(sandbox.read("a.txt"), "being edited\n");
}

#[test]
fn untracked_files_elsewhere_stay() {
    let sandbox = Sandbox::with_history();
    sandbox.write("src/deep/mine.txt", "mine\n");
    sandbox.there_and_back(&Restore, &call(&["src"], "HEAD~1"), |sandbox| {
        assert_eq!(sandbox.read("src/deep/mine.txt"), "mine\n");
        assert!(!sandbox.exists("src/deep/added.txt"));
    });
}

#[test]
fn what_was_staged_elsewhere_meanwhile_survives_the_undo() {
    let sandbox = Sandbox::with_history();
    let keep = MemoryKeep::default();
    let capture = sandbox.run(&Restore, &call(&["a.txt"], "HEAD~1"), &keep).unwrap();
    sandbox.write("later.txt", "staged after the run\n");
    sandbox.git(&["add", "later.txt"]);
    sandbox.undo(&Restore, &capture, &keep);
    assert_eq!(sandbox.read("a.txt"), "new\n");
    assert_eq!(sandbox.status(), "A  later.txt");
}

#[test]
fn files_directories_and_links_take_each_others_places() {
    let sandbox = Sandbox::empty();
    sandbox.write("x", "a file\n").write("y/inner.txt", "in a directory\n").write("target", "t\n");
    std::os::unix::fs::symlink("target", sandbox.root.join("link")).unwrap();
    sandbox.write("empty.sh", "").chmod("empty.sh", 0o755).commit("first");
    sandbox.git(&["rm", "-rq", "x", "y", "link"]);
    sandbox.write("x/inner.txt", "now a directory\n").write("y", "now a file\n").write("link", "now a file\n");
    sandbox.chmod("empty.sh", 0o644);
    sandbox.commit("second");
    sandbox.write("x/untracked.txt", "in the way\n");
    let preview = sandbox.preview(&Restore, &call(&["."], "HEAD~1")).unwrap();
    assert!(preview.notes.iter().any(|note| note.contains("directory `x`")), "{:?}", preview.notes);
    sandbox.there_and_back(&Restore, &call(&["."], "HEAD~1"), |sandbox| {
        assert_eq!(sandbox.read("x"), "a file\n");
        assert_eq!(sandbox.read("y/inner.txt"), "in a directory\n");
        assert_eq!(std::fs::read_link(sandbox.root.join("link")).unwrap().to_str(), Some("target"));
        assert_eq!(sandbox.git(&["diff", "HEAD~1"]), "");
    });
}

#[test]
fn a_link_that_replaced_a_directory_is_not_written_through() {
    let sandbox = Sandbox::empty();
    sandbox.write("d/f.txt", "one\n").commit("first");
    sandbox.write("d/f.txt", "two\n").commit("second");
    let outside = sandbox.root.parent().unwrap().join("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("f.txt"), "not yours\n").unwrap();
    std::fs::remove_dir_all(sandbox.root.join("d")).unwrap();
    std::os::unix::fs::symlink(&outside, sandbox.root.join("d")).unwrap();
    sandbox.there_and_back(&Restore, &call(&["."], "HEAD~1"), |sandbox| {
        assert_eq!(sandbox.read("d/f.txt"), "one\n");
    });
    assert_eq!(std::fs::read_to_string(outside.join("f.txt")).unwrap(), "not yours\n");
}

#[test]
fn line_ends_are_converted_as_the_clone_is_configured() {
    let sandbox = Sandbox::with_history();
    sandbox.git(&["config", "core.autocrlf", "true"]);
    sandbox.there_and_back(&Restore, &call(&["a.txt"], "HEAD~1"), |sandbox| {
        assert_eq!(sandbox.read("a.txt"), "old\r\n");
        assert_eq!(sandbox.status(), "M  a.txt");
    });
}

#[test]
fn attributes_of_the_work_tree_decide_how_a_file_is_written() {
    let sandbox = Sandbox::with_history();
    sandbox.write(".gitattributes", "*.bat eol=crlf\n").write("sub/x.bat", "one\r\n").write("id.txt", "$Id$\n");
    sandbox.write("sub/.gitattributes", "y.* -text\n").write("sub/y.bat", "one\n").commit("third");
    sandbox.write("sub/x.bat", "two\r\n").write("sub/y.bat", "two\n").commit("fourth");
    sandbox.there_and_back(&Restore, &call(&["sub"], "HEAD~1"), |sandbox| {
        assert_eq!(sandbox.read("sub/x.bat"), "one\r\n");
        assert_eq!(sandbox.read("sub/y.bat"), "one\n");
        assert_eq!(sandbox.git(&["diff", "HEAD~1"]), "");
    });
}

#[test]
fn files_that_a_filter_converts_are_refused() {
    let sandbox = Sandbox::with_history();
    sandbox.write(".gitattributes", "*.txt filter=lfs\n");
    let error = sandbox.preview(&Restore, &call(&["a.txt"], "HEAD~1")).unwrap_err();
    assert!(error.what.contains("`filter=lfs`"), "{error}");
    std::fs::remove_file(sandbox.root.join(".gitattributes")).unwrap();

    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n";
    sandbox.write("big.bin", pointer).commit("pointer");
    sandbox.write("big.bin", "content").commit("content");
    let error = sandbox.preview(&Restore, &call(&["big.bin"], "HEAD~1")).unwrap_err();
    assert!(error.what.contains("git-lfs"), "{error}");
}

#[test]
fn a_submodule_that_would_change_is_refused_and_one_that_stays_is_not_looked_at() {
    let sandbox = Sandbox::with_history();
    let id = sandbox.git(&["rev-parse", "HEAD"]);
    sandbox.git(&["update-index", "--add", "--cacheinfo", &format!("160000,{id},module")]);
    sandbox.git(&["commit", "-qm", "third"]);
    let error = sandbox.preview(&Restore, &call(&["."], "HEAD~1")).unwrap_err();
    assert!(error.what.contains("submodule `module`"), "{error}");
    sandbox.write("a.txt", "newer\n");
    sandbox.git(&["add", "a.txt"]);
    sandbox.git(&["commit", "-qm", "fourth"]);
    sandbox.there_and_back(&Restore, &call(&["."], "HEAD~1"), |sandbox| assert_eq!(sandbox.read("a.txt"), "new\n"));
}

#[test]
fn what_cannot_be_found_is_said_with_what_to_do() {
    let sandbox = Sandbox::with_history();
    for (names, from, expected) in [
        (&["a.txt"][..], "HEAD~9", "the repository has no commit `HEAD~9`"),
        (&["a.txt"], "HEAD:a.txt", "`HEAD:a.txt` is a file, where a commit is needed"),
        (&["a.txt", "nope.txt"], "HEAD", "nor the index holds `nope.txt`"),
        (&["../x"], "HEAD", "outside the root"),
        (&[".git/config"], "HEAD", "`.git/config` belongs to the repository itself"),
    ] {
        let error = sandbox.preview(&Restore, &call(names, from)).unwrap_err();
        assert!(error.what.contains(expected), "{error}");
        assert!(error.hint.is_some() || expected.contains("itself"), "{error}");
    }
    let nowhere = Sandbox::bare_directory();
    let error = nowhere.preview(&Restore, &call(&["a"], "HEAD")).unwrap_err();
    assert!(error.what.contains("is not in a git repository"), "{error}");
    let unborn = Sandbox::empty();
    let error = unborn.preview(&Restore, &call(&["a"], "HEAD")).unwrap_err();
    assert!(error.what.contains("has no commit yet"), "{error}");
    let bare = Sandbox::bare_directory();
    bare.git(&["init", "-q", "--bare"]);
    let error = bare.preview(&Restore, &call(&["a"], "HEAD")).unwrap_err();
    assert!(error.what.contains("is bare"), "{error}");
}

#[test]
fn a_root_below_the_repository_limits_what_is_restored() {
    let mut sandbox = Sandbox::with_history();
    let whole = sandbox.root.clone();
    sandbox.root = whole.join("src");
    let before = crate::catalogue::testing::tree(&whole);
    let keep = MemoryKeep::default();
    let capture = sandbox.run(&Restore, &call(&["."], "HEAD~1"), &keep).unwrap();
    assert_eq!(sandbox.read("gone.txt"), "only in the first\n");
    assert_eq!(std::fs::read_to_string(whole.join("a.txt")).unwrap(), "new\n");
    sandbox.undo(&Restore, &capture, &keep);
    assert_same(&before, &crate::catalogue::testing::tree(&whole), "the undo is exact above the root too");
}

#[test]
fn a_linked_work_tree_has_an_index_of_its_own() {
    let mut sandbox = Sandbox::with_history();
    let main = sandbox.root.clone();
    let linked = main.parent().unwrap().join("linked");
    sandbox.git(&["worktree", "add", "-q", linked.to_str().unwrap(), "-b", "side"]);
    sandbox.root = linked;
    let before = crate::catalogue::testing::tree(&main);
    sandbox.there_and_back(&Restore, &call(&["a.txt"], "HEAD~1"), |sandbox| {
        assert_eq!(sandbox.read("a.txt"), "old\n");
        assert_eq!(sandbox.status(), "M  a.txt");
        assert_eq!(std::fs::read_to_string(main.join("a.txt")).unwrap(), "new\n");
    });
    assert_same(&before, &crate::catalogue::testing::tree(&main), "the main work tree and repository are as they were");
}

#[test]
fn a_conflict_in_the_index_is_resolved_by_the_restore_and_comes_back() {
    let sandbox = Sandbox::with_history();
    sandbox.git(&["checkout", "-q", "-b", "side", "HEAD~1"]);
    sandbox.write("a.txt", "other\n").commit("side");
    let merge = std::process::Command::new("git")
        .args(["-c", "user.name=A", "-c", "user.email=a@b", "merge", "-q", "main"])
        .current_dir(&sandbox.root)
        .output()
        .unwrap();
    assert!(!merge.status.success());
    assert!(sandbox.status().contains("UU a.txt"));
    sandbox.there_and_back(&Restore, &call(&["a.txt"], "main"), |sandbox| {
        assert!(!sandbox.status().contains("UU"), "{}", sandbox.status());
        assert_eq!(sandbox.read("a.txt"), "new\n");
    });
}

#[test]
fn a_lock_of_another_program_is_waited_for_and_then_said_and_nothing_is_changed() {
    let sandbox = Sandbox::with_history();
    sandbox.write(".git/index.lock", "");
    let before = sandbox.state();
    let args = arguments(&Restore, &call(&["a.txt"], "HEAD~1"));
    let hasty = sandbox.look().with_cancel(Cancel::new().within(std::time::Duration::from_millis(80)));
    Restore.run(&args, &Touch::new(hasty)).unwrap_err();
    let error = Restore.run(&args, &Touch::new(sandbox.look())).unwrap_err();
    assert!(error.what.contains("another git program") && error.what.contains("index.lock"), "{error}");
    assert_same(&before, &sandbox.state(), "a refused run changed something");
}

#[test]
fn a_lock_that_a_killed_run_left_is_taken_over() {
    let sandbox = Sandbox::with_history();
    // A mark of this boot, and a pid that was started at another time.
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    sandbox.write(".git/index.lock", &format!("rbk {} 1 99999999999999\n", boot.trim()));
    sandbox.run(&Restore, &call(&["a.txt"], "HEAD~1"), &MemoryKeep::default()).unwrap();
    assert_eq!(sandbox.status(), "M  a.txt");
}

#[test]
fn half_a_run_is_undone_to_the_byte() {
    let sandbox = Sandbox::with_history();
    let keep = MemoryKeep::default();
    let args = arguments(&Restore, &call(&["."], "HEAD~1"));
    let before = sandbox.state();
    let capture = Restore.capture(&args, &sandbox.look(), &keep).unwrap();
    // As far as a kill may have let it come: some files, a lock, no index.
    sandbox.write("a.txt", "old\n");
    std::fs::remove_dir_all(sandbox.root.join("src/deep")).unwrap();
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    sandbox.write(".git/index.lock", &format!("rbk {} 1 99999999999999\n", boot.trim()));
    sandbox.undo(&Restore, &capture, &keep);
    assert_same(&before, &sandbox.state(), "an undo of half a run");
}

#[test]
fn drift_is_noticed_where_it_matters_and_not_where_it_does_not() {
    let sandbox = Sandbox::with_history();
    let args = arguments(&Restore, &call(&["a.txt"], "HEAD~1"));
    let take = || Restore.fingerprint(&args, &sandbox.look()).unwrap().unwrap();
    let planned = take();
    std::fs::File::open(sandbox.root.join("a.txt")).unwrap().set_modified(std::time::SystemTime::now()).unwrap();
    sandbox.git(&["status"]);
    assert_eq!(planned, take(), "`git status` refreshes the index, which is no drift");
    sandbox.write("a.txt", "edited meanwhile\n");
    let differences = planned.differences(&take());
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].0, "a.txt");
}

#[test]
fn effects_name_the_files_and_the_index() {
    let sandbox = Sandbox::with_history();
    let effects = Restore.effects(&arguments(&Restore, &call(&["a.txt"], "HEAD~1")), Some(&sandbox.look()));
    let names = |list: &[crate::catalogue::effect::Resource]| {
        list.iter().map(|resource| resource.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names(&effects.writes), ["a.txt", "index", ".git/index"]);
    assert!(names(&effects.reads).contains(&"refs/**".to_owned()));
    let pinned = "0123456789012345678901234567890123456789";
    let effects = Restore.effects(&arguments(&Restore, &call(&["a.txt"], pinned)), Some(&sandbox.look()));
    assert!(effects.reads.is_empty(), "a pinned commit reads no ref: {:?}", effects.reads);
}
