//! A run that is killed in the middle, really: a process of its own, ended by SIGKILL.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rbk::catalogue::testing::{MemoryKeep, args, tree};
use rbk::catalogue::touch::Touch;
use rbk::catalogue::value::Value;

const ROOT: &str = "RBK_TEST_KILLED_ROOT";

fn call(root: &Path, act: impl FnOnce(&dyn rbk::catalogue::unit::Action, &rbk::catalogue::args::Args, &Touch)) {
    let copy =
        rbk::actions::all().into_iter().find(|action| action.signature().name == "file.copy").expect("it is there");
    let given = [("from", Value::Path("good".into())), ("to", Value::Path("live".into()))];
    let given = args(copy.signature(), &given);
    act(&*copy, &given, &Touch::new(super::world(root)));
}

/// Not a test by itself: the process that is killed.
#[test]
fn child() {
    let Ok(root) = std::env::var(ROOT) else { return };
    call(Path::new(&root), |copy, given, touch| {
        copy.run(given, touch).expect("it copies");
    });
}

#[test]
fn what_a_killed_copy_left_is_taken_back() {
    let dir = tempfile::tempdir().expect("a folder");
    for tree in ["good", "live"] {
        for folder in 0..40 {
            fs::create_dir_all(dir.path().join(format!("{tree}/{folder}"))).expect("a folder");
            for file in 0..25 {
                fs::write(dir.path().join(format!("{tree}/{folder}/{file}")), format!("{tree} {folder} {file}"))
                    .expect("a file");
            }
        }
    }
    super::driver::age(dir.path());
    let before = tree(dir.path());
    let mut cut = 0;
    // Killed at several moments; each time what is left is another.
    for wait in [0, 5, 10, 20, 40] {
        call(dir.path(), |copy, given, touch| {
            let keep = MemoryKeep::default();
            let capture = copy.capture(given, touch, &keep).expect("it captures");
            let program = std::env::current_exe().expect("this test");
            let mut child = Command::new(program)
                .args(["--exact", "contract::killed::child", "--nocapture"])
                .env(ROOT, dir.path())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("it starts");
            // It has begun when its first temporary directory is there, or it was too fast and is done.
            let begun = || {
                fs::read_dir(dir.path())
                    .expect("it is there")
                    .flatten()
                    .any(|entry| entry.file_name().as_encoded_bytes().starts_with(b".rbk-tmp-"))
            };
            let limit = Instant::now() + Duration::from_mins(1);
            while !begun() && child.try_wait().expect("a child").is_none() && Instant::now() < limit {
                std::thread::yield_now();
            }
            std::thread::sleep(Duration::from_millis(wait));
            child.kill().expect("it can be killed");
            child.wait().expect("it ends");
            cut += usize::from(begun());
            copy.undo(&capture, touch, &keep).expect("it is taken back");
            assert!(tree(dir.path()) == before, "a difference is left after {wait} ms");
        });
    }
    assert!(cut > 0, "no copy was cut in the middle");
}
