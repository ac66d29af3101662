//! What the project's own text must keep to: no path of one machine, a heading in every file, files of one purpose.

use std::path::PathBuf;

use crate::support::source::lines_of;
use crate::support::{files_below, none_wrong, project, short, text_of};

/// The most lines a source may have.
const LONGEST: usize = 600;

/// Every text that a reader of the project meets.
fn texts() -> Vec<PathBuf> {
    let folders = ["src", "grammar", "tests", "docs", "examples", "benches", "editor", ".ci"];
    let top = std::fs::read_dir(project()).expect("the project can be read").filter_map(Result::ok);
    let top = top.map(|entry| entry.path()).filter(|path| path.is_file() && !path.ends_with("Cargo.lock"));
    let mut found: Vec<PathBuf> = folders.iter().flat_map(|folder| files_below(folder, "")).chain(top).collect();
    found.retain(|path| std::fs::read(path).is_ok_and(|bytes| std::str::from_utf8(&bytes).is_ok()));
    found
}

#[test]
fn no_text_names_a_place_of_one_machine() {
    // Put together here, so that this file does not find itself.
    let places = ["work", "root", "farm", "tmp/w", "tmp/t", "home/ubuntu"].map(|place| format!("/{place}/"));
    let mut wrong = Vec::new();
    for path in texts() {
        let name = short(&path);
        // In a worktree `.git` is a file that names the place it stands in; it is no text of the project.
        if name == ".git" {
            continue;
        }
        for (index, line) in text_of(&path).lines().enumerate() {
            // A path that goes on to the left, as that of a URL or of the project does, belongs to something else.
            let stands = |place: &String| {
                line.match_indices(place.as_str()).any(|(at, _)| {
                    !line[..at].ends_with(|before: char| before.is_alphanumeric() || "._-*}".contains(before))
                })
            };
            if places.iter().any(stands) {
                wrong.push(format!("{name}:{}: {}", index + 1, line.trim()));
            }
        }
    }
    none_wrong("paths of one machine", &wrong);
}

#[test]
fn every_source_says_what_it_owns() {
    let sources = files_below("src", ".rs").into_iter().chain(files_below("tests", ".rs"));
    // Tests beside a source belong to it, and it says what they are about.
    let beside = |path: &PathBuf| path.ends_with("tests.rs") || short(path).ends_with("_tests.rs");
    let bare = sources.filter(|path| !beside(path) && !text_of(path).starts_with("//!"));
    none_wrong("sources that do not begin with `//!`", &bare.map(|path| short(&path)).collect::<Vec<_>>());
}

#[test]
fn every_source_has_one_purpose() {
    let sources: Vec<PathBuf> = files_below("src", ".rs").into_iter().chain(files_below("tests", ".rs")).collect();
    let long = lines_of(&sources).into_iter().filter(|(_, lines)| *lines > LONGEST);
    let mut wrong: Vec<String> =
        long.map(|(name, lines)| format!("{name}: {lines} lines, at most {LONGEST}")).collect();
    for path in &sources {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if ["utils", "util", "common", "helpers", "misc"].contains(&stem.as_str()) {
            wrong.push(format!("{}: name it after what it owns", short(path)));
        }
    }
    none_wrong("sources that are not one thing", &wrong);
}

#[test]
fn nothing_is_left_to_do_in_the_sources() {
    let marks = ["todo", "unimplemented", "dbg"].map(|name| format!("{name}!("));
    let mut wrong = Vec::new();
    for path in files_below("src", ".rs") {
        for (index, line) in text_of(&path).lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) || line.contains("(being written)") {
                wrong.push(format!("{}:{}: {}", short(&path), index + 1, line.trim()));
            }
        }
    }
    none_wrong("unfinished", &wrong);
}
