//! The scenarios and samples of `snapshot.*`. What is compared is the files and which generations there are.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use rbk::catalogue::shelf::Shelf;
use rbk::catalogue::testing::{self, MemoryShelf};
use rbk::catalogue::touch::Touch;
use rbk::catalogue::value::Value;

use super::{Sample, Scenario, State, driver, file_state, world};

fn write(root: &Path, path: &str, content: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("it lies below the root")).expect("a folder");
    fs::write(path, content).expect("a file");
}

fn project(root: &Path) {
    write(root, "src/app.py", "good\n");
    write(root, "src/lib/a.py", "a\n");
    write(root, "src/lib/b.py", "b\n");
    write(root, "other.txt", "not kept\n");
    fs::set_permissions(root.join("src/app.py"), fs::Permissions::from_mode(0o750)).expect("a mode");
    fs::hard_link(root.join("src/lib/a.py"), root.join("src/lib/same.py")).expect("another name");
    symlink("lib/a.py", root.join("src/link")).expect("a link");
    fs::create_dir(root.join("src/empty")).expect("a folder");
    driver::age(root);
}

fn take(root: &Path) {
    let action = rbk::actions::all().into_iter().find(|one| one.signature().name == "snapshot.take");
    let action = action.expect("it is registered");
    let args = testing::args(action.signature(), &call(&[("paths", list(&["src"]))]));
    action.run(&args, &Touch::new(world(root))).expect("it can be taken");
}

/// Taken twice.
fn taken(root: &Path) {
    project(root);
    take(root);
    take(root);
}

/// Taken, then changed in every way.
fn changed(root: &Path) {
    taken(root);
    changed_since(root);
    fs::set_permissions(root.join("src/app.py"), fs::Permissions::from_mode(0o600)).expect("a mode");
    write(root, "src/link/inside", "a folder stands here now\n");
    write(root, "src/lib/same.py", "parted\n");
}

/// All that was kept is gone.
fn gone(root: &Path) {
    taken(root);
    fs::remove_dir_all(root.join("src")).expect("it is there");
}

fn list(texts: &[&str]) -> Value {
    Value::list(texts.iter().map(|text| Value::str(*text)))
}

fn call(more: &[(&'static str, Value)]) -> Vec<(&'static str, Value)> {
    let mut all = vec![("name", Value::str("before"))];
    all.extend(more.iter().cloned());
    all
}

fn state(root: &Path) -> State {
    let mut state = file_state(root);
    let shelf = MemoryShelf::of(&root.canonicalize().expect("the root of a test exists"));
    for (name, one) in shelf.all().expect("memory can be read") {
        state.insert(format!("snapshot:{name}#{}", one.number), format!("{} {} {:?}", one.taken, one.by, one.states));
    }
    state
}

fn scenario(
    action: &'static str,
    case: &'static str,
    setup: fn(&Path),
    args: fn(&Path) -> Vec<(&'static str, Value)>,
) -> Scenario {
    Scenario { state, ..Scenario::new(action, case, setup, args) }
}

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("snapshot.take", "the first one", project, |_| call(&[("paths", list(&["src", "other.txt"]))])),
        scenario("snapshot.take", "another generation, of which one stays", taken, |_| {
            call(&[("paths", list(&["src"])), ("keep", Value::Int(1))])
        }),
        scenario("snapshot.remove", "all", taken, |_| call(&[])),
        scenario("snapshot.remove", "the older one", taken, |_| call(&[("keep", Value::Int(1))])),
        scenario("snapshot.remove", "nothing to remove", taken, |_| call(&[("keep", Value::Int(2))])).no_change(),
        scenario("snapshot.restore", "what was changed", changed, |_| call(&[])).half(|root| {
            write(root, "src/app.py", "go");
            fs::remove_file(root.join("src/empty")).expect("it is there");
        }),
        scenario("snapshot.restore", "exactly", changed, |_| call(&[("exact", Value::Bool(true))]))
            .half(|root| fs::remove_dir_all(root.join("src/new")).expect("it is there")),
        scenario("snapshot.restore", "a part", changed, |_| call(&[("only", list(&["src/*.py", "src/empty"]))])),
        scenario("snapshot.restore", "a part, exactly", changed, |_| {
            call(&[("only", list(&["src/**/*.py"])), ("exact", Value::Bool(true))])
        }),
        scenario("snapshot.restore", "what is gone", gone, |_| call(&[("generation", Value::Int(1))])),
        scenario("snapshot.restore", "one file of what is gone", gone, |_| {
            call(&[("only", list(&["src/lib/same.py"])), ("exact", Value::Bool(true))])
        }),
        scenario("snapshot.restore", "what is as it was", taken, |_| call(&[])).no_change(),
        scenario("snapshot.restore", "what is exactly as it was", taken, |_| call(&[("exact", Value::Bool(true))]))
            .no_change(),
    ]
}

pub fn samples() -> Vec<Sample> {
    let of = |probe, name, gives| Sample { probe, setup: taken, args: vec![("name", Value::str(name))], gives };
    vec![
        of("snapshot.exists", "before", "true"),
        of("snapshot.exists", "befor", "false"),
        of("snapshot.age", "befor", "error: there is no snapshot `befor`"),
        of("snapshot.last_verified", "a*", "error: `a*` is no name of a snapshot"),
    ]
}

#[test]
fn a_restore_brings_back_all_that_was_kept_and_leaves_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    taken(root);
    let before = file_state(root);
    changed_since(root);
    let action = rbk::actions::all().into_iter().find(|one| one.signature().name == "snapshot.restore");
    let action = action.expect("it is registered");
    let run = |more: &[(&'static str, Value)]| {
        let args = testing::args(action.signature(), &call(more));
        action.run(&args, &Touch::new(world(root))).expect("it can be restored");
    };
    run(&[]);
    assert_eq!(fs::read_to_string(root.join("src/new/deep.py")).expect("it stays"), "came since\n");
    for path in ["src/app.py", "src/link", "src/lib/a.py", "src/lib/same.py", "src/lib/b.py", "src/empty"] {
        let without_same = |line: &str| line.split(' ').take(5).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(without_same(&file_state(root)[path]), without_same(&before[path]), "{path}");
    }
    run(&[("exact", Value::Bool(true))]);
    let mut after = file_state(root);
    let mut before = before;
    // The root itself is no part of it: what came and went in it shows in its time.
    assert!(after.remove("").is_some() && before.remove("").is_some());
    assert_eq!(after, before);
}

fn changed_since(root: &Path) {
    write(root, "src/app.py", "bad\n");
    write(root, "src/new/deep.py", "came since\n");
    fs::remove_file(root.join("src/link")).expect("it is there");
    fs::remove_file(root.join("src/lib/same.py")).expect("it is there");
    fs::remove_dir(root.join("src/empty")).expect("it is empty");
    write(root, "src/empty", "a file stands here now\n");
}
