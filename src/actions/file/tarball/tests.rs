//! Archives that would lead elsewhere are refused whole.

use std::fs;

use super::*;
use crate::catalogue::testing::world;

/// Name, kind and target.
type Raw<'a> = (&'a str, EntryType, &'a str);

/// An archive with these raw names: the library itself would refuse to write most of them.
fn raw(entries: &[Raw<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, kind, link) in entries {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.as_mut_bytes()[157..157 + link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o4755);
        header.set_size(0);
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

fn read(entries_in: &[Raw<'_>]) -> Result<Vec<Entry>> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.tar"), raw(entries_in)).unwrap();
    let look = world(dir.path());
    entries(&look, &look.locate("a.tar").unwrap())
}

#[test]
fn what_leads_outside_is_refused() {
    use EntryType::{Directory, Link, Regular, Symlink};
    let bad: &[(&[Raw<'_>], &str)] = &[
        (&[("../x", Regular, "")], "leads outside"),
        (&[("a/../../x", Regular, "")], "leads outside"),
        (&[("a/../x", Regular, "")], "back through `..`"),
        (&[("a", Directory, ""), ("a/x", Regular, ""), ("h", Link, "a/../a/x")], "leads outside"),
        (&[("/etc/x", Regular, "")], "leads outside"),
        (&[("l", Symlink, "/etc")], "leads outside, to `/etc`"),
        (&[("a/l", Symlink, "../../x")], "leads outside"),
        (&[("h", Link, "/etc/passwd")], "leads outside"),
        (&[("h", Link, "../x")], "leads outside"),
        (&[("h", Link, "nothing")], "not in the archive before it"),
        (&[("l", Symlink, "d"), ("l/x", Regular, "")], "through a link"),
        (&[("x", Regular, ""), ("x", Symlink, "y")], "twice"),
        (&[("x", Regular, ""), ("x", Directory, "")], "twice"),
        (&[("dev", EntryType::Block, "")], "kind that is not extracted"),
        (&[(".", Regular, "")], "has no name"),
    ];
    for (archive, says) in bad {
        let error = read(archive).expect_err(says);
        assert!(error.what.contains(says), "{archive:?}: {error}");
    }
}

#[test]
fn what_stays_inside_is_read() {
    use EntryType::{Directory, Link, Regular, Symlink};
    let found = read(&[
        ("./", Directory, ""),
        ("a/", Directory, ""),
        ("a/./x", Regular, ""),
        ("a/l", Symlink, "../y"),
        ("h", Link, "a/x"),
    ])
    .unwrap();
    let paths: Vec<_> = found.iter().map(|entry| entry.path.to_str().unwrap()).collect();
    assert_eq!(paths, ["a", "a/x", "a/l", "h"]);
    assert_eq!(found[1].kind, Kind::File { size: 0, mode: 0o755 }, "setuid does not come along");
}

#[test]
fn what_is_no_archive_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let look = world(dir.path());
    for name in ["junk.tar", "junk.tar.zst"] {
        fs::write(dir.path().join(name), vec![b'x'; 2000]).unwrap();
        let error = entries(&look, &look.locate(name).unwrap()).unwrap_err();
        assert!(error.what.contains(&format!("read the archive `{name}`")), "{error}");
    }
    assert!(Packing::of("a.zip").err().unwrap().hint.unwrap().contains(".tar.zst"));
}
