//! The scenarios of `git.*` actions, and samples of its probes, on repositories that the git program makes.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use rbk::catalogue::value::Value;

use super::{Sample, Scenario, State, file_state};

fn git(root: &Path, args: &[&str]) {
    let out = Command::new("git")
        .args(args)
        .current_dir(root)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", root)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        // The same ids in every run.
        .envs([("GIT_AUTHOR_DATE", "1500000000 +0000"), ("GIT_COMMITTER_DATE", "1500000000 +0000")])
        .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.org")])
        .envs([("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@example.org")])
        .output()
        .expect("git is installed");
    assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
}

fn write(root: &Path, path: &str, content: &str) {
    let place = root.join(path);
    fs::create_dir_all(place.parent().expect("it has one")).expect("a folder");
    fs::write(place, content).expect("a file");
}

fn commit(root: &Path, message: &str) {
    git(root, &["add", "-A"]);
    git(root, &["commit", "-q", "-m", message]);
}

/// Two commits that differ in every way that git knows.
fn history(root: &Path) {
    git(root, &["init", "-q", "-b", "main"]);
    git(root, &["config", "core.autocrlf", "false"]);
    write(root, "engine.ts", "good\n");
    write(root, "run.sh", "#!/bin/sh\n");
    fs::set_permissions(root.join("run.sh"), fs::Permissions::from_mode(0o755)).expect("a mode");
    write(root, "old/only/here.txt", "in the first\n");
    write(root, "swap", "a file\n");
    symlink("engine.ts", root.join("link")).expect("a link");
    commit(root, "good");
    write(root, "engine.ts", "bad\n");
    fs::set_permissions(root.join("run.sh"), fs::Permissions::from_mode(0o644)).expect("a mode");
    git(root, &["rm", "-rq", "old", "swap", "link"]);
    write(root, "swap/inner.txt", "a directory\n");
    write(root, "link", "a file\n");
    write(root, "new/deep/file.txt", "in the second\n");
    commit(root, "bad");
}

fn dirty(root: &Path) {
    history(root);
    write(root, "engine.ts", "being edited\n");
    write(root, "staged.txt", "staged\n");
    git(root, &["add", "staged.txt"]);
    write(root, "untracked.txt", "untracked\n");
}

fn packed(root: &Path) {
    history(root);
    git(root, &["branch", "stable"]);
    git(root, &["gc", "-q"]);
}

fn tagged(root: &Path) {
    history(root);
    git(root, &["tag", "good", "HEAD~1"]);
}

fn detached(root: &Path) {
    history(root);
    git(root, &["checkout", "-q", "--detach", "HEAD~1"]);
}

fn text(text: &str) -> Value {
    Value::str(text)
}

fn paths(names: &[&str]) -> Value {
    Value::list(names.iter().map(|name| Value::Path((*name).into())))
}

/// Some files written, some removed, the lock of a process that is gone, the index as it was.
fn half(root: &Path) {
    write(root, "engine.ts", "good\n");
    fs::remove_dir_all(root.join("new")).expect("it was there");
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    write(root, ".git/index.lock", &format!("rbk {} 1 99999999999999\n", boot.trim()));
}

/// All but the objects: new ones that nothing names stay, until git itself clears them away. Removing one could take it
/// from somebody who has made the same meanwhile.
fn without_objects(root: &Path) -> State {
    let mut state = file_state(root);
    state.retain(|path, _| !path.starts_with(".git/objects"));
    state
}

fn making(
    action: &'static str,
    case: &'static str,
    setup: fn(&Path),
    args: fn(&Path) -> Vec<(&'static str, Value)>,
) -> Scenario {
    Scenario { state: without_objects, ..Scenario::new(action, case, setup, args) }
}

/// A commit that touches one end of a file whose other end changes later.
fn revertible(root: &Path) {
    history(root);
    let lines = |first: &str, last: &str| format!("{first}\n2\n3\n4\n5\n6\n7\n8\n9\n{last}\n");
    write(root, "lines.txt", &lines("one", "ten"));
    commit(root, "lines");
    write(root, "lines.txt", &lines("broken", "ten"));
    write(root, "extra/new.txt", "comes with it\n");
    commit(root, "broken");
    git(root, &["tag", "broken"]);
    write(root, "lines.txt", &lines("broken", "later"));
    commit(root, "later");
}

pub fn scenarios() -> Vec<Scenario> {
    let back = |_: &Path| vec![("paths", paths(&["."])), ("from", text("HEAD~1"))];
    vec![
        Scenario::new("git.restore", "everything", history, back).half(half),
        Scenario::new("git.restore", "a dirty work tree", dirty, back).half(half),
        Scenario::new("git.restore", "one file", packed, |_| {
            vec![("paths", paths(&["engine.ts"])), ("from", text("stable~1"))]
        }),
        Scenario::new("git.restore", "what is so already", history, |_| {
            vec![("paths", paths(&["engine.ts", "new"])), ("from", text("main"))]
        })
        .no_change(),
        Scenario::new("git.checkout", "a commit", history, |_| vec![("ref", text("HEAD~1"))]).half(half),
        Scenario::new("git.checkout", "with uncommitted changes", dirty, |_| vec![("ref", text("HEAD~1"))]),
        Scenario::new("git.checkout", "a tag", tagged, |_| vec![("ref", text("good"))]),
        Scenario::new("git.checkout", "a branch from a detached head", detached, |_| vec![("ref", text("main"))]),
        Scenario::new("git.checkout", "what is checked out", history, |_| vec![("ref", text("main"))]).no_change(),
        Scenario::new("git.reset", "hard, a dirty work tree", dirty, |_| {
            vec![("to", text("HEAD~1")), ("mode", text("hard"))]
        })
        .half(half),
        Scenario::new("git.reset", "hard, to where it stands", dirty, |_| {
            vec![("to", text("HEAD")), ("mode", text("hard"))]
        }),
        Scenario::new("git.reset", "mixed, a packed branch", packed, |_| vec![("to", text("stable~1"))]),
        Scenario::new("git.reset", "soft, a detached head", detached, |_| {
            vec![("to", text("main")), ("mode", text("soft"))]
        }),
        Scenario::new("git.reset", "to where it stands", history, |_| vec![("to", text("main"))]).no_change(),
        making("git.revert", "between other changes", revertible, |_| vec![("commits", Value::list([text("broken")]))])
            .half(|root| {
                write(root, "lines.txt", "half");
                fs::remove_dir_all(root.join("extra")).expect("it was there");
            }),
        making("git.revert", "every kind of change", history, |_| vec![("commits", Value::list([text("HEAD")]))]),
        making("git.commit", "what is staged", dirty, |_| vec![("message", text("what was staged"))]),
        making("git.commit", "some paths as they stand", dirty, |_| {
            vec![("message", text("two files")), ("paths", paths(&["engine.ts", "untracked.txt"]))]
        }),
        making("git.commit", "nothing", history, |_| vec![("message", text("nothing"))]).no_change(),
        making("git.stash", "all that is uncommitted", dirty, |_| {
            vec![("message", text("before the rollback")), ("untracked", Value::Bool(true))]
        })
        .half(|root| {
            write(root, "engine.ts", "bad\n");
            fs::remove_file(root.join("staged.txt")).expect("it was there");
        }),
        making(
            "git.stash",
            "on top of another",
            |root| {
                dirty(root);
                git(root, &["stash", "-q"]);
                write(root, "engine.ts", "edited again\n");
            },
            |_| vec![],
        ),
        making("git.stash", "nothing", history, |_| vec![]).no_change(),
        Scenario::new("git.tag", "in directories of its own", history, |_| {
            vec![("name", text("before/rollback/1")), ("at", text("HEAD~1"))]
        }),
        Scenario::new("git.tag", "where refs are packed", packed, |_| vec![("name", text("v1"))]),
        Scenario::new("git.tag", "that stands there", tagged, |_| vec![("name", text("good")), ("at", text("HEAD~1"))])
            .no_change(),
        Scenario::new("git.branch", "a new one", history, |_| vec![("name", text("rescue/a"))]),
        Scenario::new("git.branch", "a packed one is moved", packed, |_| {
            vec![("name", text("stable")), ("at", text("HEAD~1")), ("move", Value::Bool(true))]
        }),
    ]
}

pub fn samples() -> Vec<Sample> {
    vec![
        Sample {
            probe: "git.head",
            setup: |root| git(root, &["init", "-q", "-b", "main"]),
            args: vec![],
            gives: "error: `HEAD` names nothing: the branch that is checked out has no commit yet",
        },
        Sample { probe: "git.branch_name", setup: history, args: vec![], gives: "\"main\"" },
        Sample { probe: "git.branch_name", setup: detached, args: vec![], gives: "none" },
        Sample {
            probe: "git.commit_of",
            setup: history,
            args: vec![("rev", text("nope"))],
            gives: "error: the repository has no commit `nope`",
        },
        Sample {
            probe: "git.tree_has",
            setup: history,
            args: vec![("rev", text("HEAD~1")), ("paths", paths(&["swap", "old/only"]))],
            gives: "true",
        },
        Sample { probe: "git.clean", setup: history, args: vec![], gives: "true" },
        Sample { probe: "git.clean", setup: dirty, args: vec![], gives: "false" },
        Sample { probe: "git.tag_exists", setup: tagged, args: vec![("name", text("good"))], gives: "true" },
        Sample {
            probe: "git.changed",
            setup: history,
            args: vec![("from", text("HEAD~1"))],
            gives: "[engine.ts, link, new/deep/file.txt, old/only/here.txt, run.sh, swap, swap/inner.txt]",
        },
    ]
}
