//! Reads Rust sources as far as the tests of the layout need: modules, and paths into the crate.
//!
//! Comments and string literals are blanked first, so a word in a message is not an import. It must not become a parser.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// `text` with comments and the contents of strings and characters blanked, line by line as before.
pub fn blanked(text: &str) -> String {
    // Raw strings first, since a quote in one does not end it; then strings, characters, comments.
    static TOKENS: LazyLock<Regex> = LazyLock::new(|| {
        let raw = r##"r#"(?s:.*?)"#|\br"[^"]*""##;
        let string = r#""(?:[^"\\]|\\(?s:.))*""#;
        let character = r"'(?:[^'\\\n]|\\[^\n]{1,10}?)'";
        Regex::new(&format!(r"{raw}|{string}|{character}|//[^\n]*|/\*(?s:.*?)\*/")).expect("well formed")
    });
    let blank = |found: &regex::Captures<'_>| {
        found[0].chars().map(|character| if character == '\n' { '\n' } else { ' ' }).collect::<String>()
    };
    TOKENS.replace_all(text, blank).into_owned()
}

/// The first segments of every path into the crate: `crate::plan::…`, `crate::{plan::…, run::…}`, and `super::super::…`
/// where it climbs out of a module that stands `depth` folders deep. With the line of each.
pub fn crate_paths(text: &str, depth: usize) -> Vec<(usize, String)> {
    static STARTS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"\b(crate|super(?:\s*::\s*super)*)\s*::\s*(\{|[A-Za-z_]\w*)").expect("well formed")
    });
    let text = blanked(text);
    let mut found = Vec::new();
    for start in STARTS.captures_iter(&text) {
        let climbs = start[1].matches("super").count();
        if climbs != 0 && climbs != depth {
            continue;
        }
        let whole = start.get(0).expect("a match is whole");
        let line = text[..whole.start()].matches('\n').count() + 1;
        if &start[2] == "{" {
            found.extend(heads(&text[whole.end()..]).into_iter().map(|head| (line, head)));
        } else {
            found.push((line, start[2].to_owned()));
        }
    }
    found
}

/// The first segments of the members of a `{ … }` group that has just been opened.
fn heads(text: &str) -> Vec<String> {
    let (mut depth, mut fresh, mut heads) = (0_usize, true, Vec::new());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => fresh = true,
            _ if fresh && (character.is_alphabetic() || character == '_') => {
                let mut head = String::from(character);
                while let Some(next) = rest.next_if(|next| next.is_alphanumeric() || *next == '_') {
                    head.push(next);
                }
                heads.push(head);
                fresh = false;
            }
            _ => {}
        }
    }
    heads
}

/// Every file that is reached from `root` by `mod x;`, `root` included, and every `mod` that leads nowhere.
pub fn reached(root: &Path) -> (BTreeSet<PathBuf>, Vec<String>) {
    static MODS: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?m)(?:#\[path\s*=\s*"([^"]+)"\]\s*)?^[ \t]*(?:pub(?:\([^)]*\))?\s+)?mod\s+([a-z_]\w*)\s*;"#)
            .expect("well formed")
    });
    let (mut seen, mut lost, mut open) = (BTreeSet::new(), Vec::new(), vec![root.to_owned()]);
    while let Some(file) = open.pop() {
        if !seen.insert(file.clone()) {
            continue;
        }
        let folder = file.parent().expect("a file stands in a folder").to_owned();
        let stem = file.file_stem().expect("a source has a name").to_string_lossy().into_owned();
        let inside = if file == root || stem == "mod" { folder.clone() } else { folder.join(&stem) };
        // Comments are dropped, but not strings: `#[path = "…"]` needs its own.
        let text = super::text_of(&file);
        let text: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(|line| [line, "\n"]).collect();
        for found in MODS.captures_iter(&text) {
            let candidates = match found.get(1) {
                Some(path) => vec![folder.join(path.as_str())],
                None => vec![inside.join(format!("{}.rs", &found[2])), inside.join(&found[2]).join("mod.rs")],
            };
            match candidates.into_iter().find(|candidate| candidate.is_file()) {
                Some(path) => open.push(path),
                None => lost.push(format!("{}: `mod {};` leads nowhere", super::short(&file), &found[2])),
            }
        }
    }
    (seen, lost)
}

/// How many files there are of each name, for tests that count.
pub fn lines_of(files: &[PathBuf]) -> BTreeMap<String, usize> {
    files.iter().map(|file| (super::short(file), super::text_of(file).lines().count())).collect()
}
