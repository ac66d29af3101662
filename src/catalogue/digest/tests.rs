//! What drift is and what is none.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::catalogue::look::Look;
use crate::catalogue::testing::world;
use crate::catalogue::unit::Fingerprint;

fn digest(look: &Look, path: &str) -> Fingerprint {
    look.digest(&[look.locate(path).unwrap()]).unwrap()
}

#[test]
fn content_and_mode_count_and_times_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a");
    fs::write(&file, "1").unwrap();
    let look = world(dir.path());
    let before = digest(&look, "a");
    fs::File::options().write(true).open(&file).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(digest(&look, "a"), before);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert_ne!(digest(&look, "a"), before);
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&file, "2").unwrap();
    let changes = before.differences(&digest(&look, "a"));
    assert_eq!(changes.len(), 1);
    assert!(changes[0].1.starts_with("file 0644 "), "{changes:?}");
    fs::remove_file(&file).unwrap();
    assert_eq!(before.differences(&digest(&look, "a"))[0].2, "absent");
    symlink("b", &file).unwrap();
    assert_eq!(digest(&look, "a").parts["a"], "link to b");
}

#[test]
fn a_directory_names_what_differs_and_a_large_one_is_one_part() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("d")).unwrap();
    fs::write(dir.path().join("d/x"), "1").unwrap();
    let look = world(dir.path());
    let before = digest(&look, "d");
    fs::write(dir.path().join("d/y"), "1").unwrap();
    let changes = before.differences(&digest(&look, "d"));
    assert_eq!((changes.len(), changes[0].0.as_str()), (1, "d/y"));
    for name in 0..600 {
        fs::write(dir.path().join(format!("d/f{name}")), "1").unwrap();
    }
    let large = digest(&look, "d");
    assert!(large.parts["d"].starts_with("directory of 602 entries"), "{large:?}");
    fs::write(dir.path().join("d/f99"), "2").unwrap();
    assert_eq!(large.differences(&digest(&look, "d")).len(), 1);
}

#[test]
fn a_fifo_is_described_and_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, dir.path().join("p"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    assert_eq!(digest(&world(dir.path()), "p").parts["p"], "fifo 0600");
}
