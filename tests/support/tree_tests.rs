//! A comparison that misses a difference would make every undo look right.

use super::sandbox::Sandbox;

#[test]
fn every_kind_of_difference_is_seen() {
    let sandbox = Sandbox::new().file("a", "one").file("b", "one").file("c", "one").file("gone", "").folder("d");
    let sandbox = sandbox.link("l", "a").file(".rbk/state", "one").mode("b", 0o644);
    let before = sandbox.tree();
    sandbox.unchanged_since(&before);
    sandbox.write("a", "two");
    sandbox.write(".rbk/state", "two");
    sandbox.write("d/new", "");
    std::fs::remove_file(sandbox.path("gone")).expect("a file can be removed");
    std::fs::remove_file(sandbox.path("l")).expect("a link can be removed");
    let sandbox = sandbox.link("l", "b").mode("b", 0o600);
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
    let file = std::fs::File::options().append(true).open(sandbox.path("c")).expect("a file can be opened");
    file.set_modified(later).expect("a time can be set");
    let differences = before.differences(&sandbox.tree());
    let starts = ["a: content", "b: mode 644 became 600", "c: time", "d/new: new", "gone: gone", "l: Link"];
    assert_eq!(differences.len(), starts.len(), "{differences:?}");
    for (difference, start) in differences.iter().zip(starts) {
        assert!(difference.starts_with(start), "{difference} does not start with {start}");
    }
}
