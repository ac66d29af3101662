//! What placeholders stand for, and what they do not.

use std::path::Path;

use super::pattern::{line_matches, matches};
use super::redact::{Redactor, last_run};

const ID: &str = "0192f0c1-2b3c-7d4e-8f50-123456789abc";

#[test]
fn elided_lines_are_any_number_of_lines() {
    assert!(matches(&["a", "...", "z"], &["a", "z"]));
    assert!(matches(&["a", "...", "z"], &["a", "b", "z", "c", "z"]));
    assert!(matches(&["..."], &[]));
    assert!(!matches(&["a", "...", "z"], &["a", "z", "b"]));
    assert!(!matches(&["a", "z"], &["a", "b", "z"]));
    assert!(!matches(&[], &["a"]));
}

#[test]
fn placeholders_stand_for_one_thing_of_their_kind() {
    assert!(line_matches("took [TOOK] of 1m", "took 1.39s of 1m"));
    assert!(line_matches("took [TOOK]", "took 80µs"));
    assert!(!line_matches("took [TOOK]", "took long"));
    assert!(line_matches("run [RUN] at [TIME]", &format!("run {ID} at 2026-01-31T12:00:00Z")));
    assert!(!line_matches("run [RUN]", "run 7"));
    assert!(!line_matches("[SIZE]", "11.5 apples"));
    assert!(line_matches("pid [PID], [N] rows, [SIZE]", "pid 4121, 1,204 rows, 11.5KB"));
    assert!(line_matches("a [..] (b)", "a whatever (b)"));
}

#[test]
fn blanks_count_except_at_the_end_and_beside_placeholders() {
    assert!(line_matches("a  b", "a  b   "));
    assert!(!line_matches("a  b", "a b"));
    assert!(line_matches("a  [TOOK]  b", "a   7ms b"));
}

#[test]
fn redaction_keeps_what_is_the_same_on_every_run() {
    let redactor = Redactor::new(Path::new("/t/x/project"), Path::new("/t/x/home"));
    let line = format!("/t/x/project/a.ts of {ID} at 2026-01-31T12:00:00.123Z, 56s of 1m, 12 files");
    assert_eq!(redactor.steady(&line), "[ROOT]/a.ts of [RUN] at [TIME], 56s of 1m, 12 files");
    assert_eq!(redactor.all(&line), "[ROOT]/a.ts of [RUN] at [TIME], [TOOK] of [TOOK], 12 files");
    assert_eq!(last_run(&line), Some(ID));
}
