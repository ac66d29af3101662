//! Names and literals of the language, made from what files and runbooks say.

use std::path::Path;

use crate::syntax::words;

/// A name for a policy that stands in `file`.
pub fn name(file: &Path) -> String {
    let stem = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    slug(&stem, 40, "rollback")
}

/// A name of the language that is like `text`, of at most `most` letters; `otherwise` where nothing is left of it.
pub fn slug(text: &str, most: usize, otherwise: &str) -> String {
    let mut out = String::new();
    for word in text.to_lowercase().split(|char: char| !char.is_ascii_alphanumeric()).filter(|word| !word.is_empty()) {
        // A whole word or none, so that it can be read.
        if !out.is_empty() && out.len() + 1 + word.len() > most {
            break;
        }
        if !out.is_empty() {
            out.push('_');
        }
        out.push_str(word);
    }
    out.truncate(most);
    let out = out.trim_end_matches('_');
    let digit = out.starts_with(|char: char| char.is_ascii_digit());
    match out {
        "" => otherwise.to_owned(),
        out if digit || words::RESERVED.contains(&out) => format!("{otherwise}_{out}"),
        out => out.to_owned(),
    }
}

/// A string literal, in which nothing is an escape or a hole.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '\\' | '"' | '$' => out.extend(['\\', char]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if char.is_control() => out.push_str(&format!("\\u{{{:X}}}", u32::from(char))),
            char => out.push(char),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::{quoted, slug};

    #[test]
    fn names_are_names_of_the_language() {
        let of = |text: &str| slug(text, 24, "step");
        assert_eq!(of("1. Restore progress_tracker.py"), "step_1_restore_progress");
        assert_eq!(of("🔄 Clear the caches!"), "clear_the_caches");
        assert_eq!([of("when"), of("…"), of("")], ["step_when", "step", "step"]);
        assert_eq!(of("a_word_that_is_far_too_long"), "a_word_that_is_far_too");
        assert_eq!(of("awordthatisfartoolongforaname"), "awordthatisfartoolongfor");
    }

    #[test]
    fn a_literal_is_what_was_given() {
        assert_eq!(quoted("a \"b\" ${c} \\ \n\u{7}"), r#""a \"b\" \${c} \\ \n\u{7}""#);
    }
}
