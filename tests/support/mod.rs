//! What the tests stand on: a sandbox to run `rbk` in, cases in Markdown, a server, comparisons of trees.
//!
//! Owns how the program is started, bounded and cleaned up after. It must not know what `rbk` does.

pub mod case;
pub mod markdown;
pub mod pattern;
pub mod process;
pub mod ran;
pub mod redact;
pub mod redis;
pub mod sandbox;
pub mod server;
pub mod skip;
pub mod source;
pub mod tree;

mod case_tests;
mod pattern_tests;
mod process_tests;
mod tree_tests;

pub use sandbox::Sandbox;
pub use server::Server;

use std::path::{Path, PathBuf};

/// The folder of the project.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` of the project whose name ends in `suffix`, sorted. An absent folder has none.
pub fn files_below(folder: &str, suffix: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = walkdir::WalkDir::new(project().join(folder))
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file() && entry.file_name().to_string_lossy().ends_with(suffix))
        .map(walkdir::DirEntry::into_path)
        .collect();
    found.sort();
    found
}

/// The path as the project names it.
pub fn short(path: &Path) -> String {
    path.strip_prefix(project()).unwrap_or(path).display().to_string()
}

/// The text of a file of the project.
pub fn text_of(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

/// Fails with every line of `wrong`, when there is any: one run of the test shows all that is to be done.
pub fn none_wrong(what: &str, wrong: &[String]) {
    assert!(wrong.is_empty(), "{what} ({}):\n  {}", wrong.len(), wrong.join("\n  "));
}
