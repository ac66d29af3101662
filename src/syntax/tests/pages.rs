//! The pages of the syntax codes: their examples trigger the code, and what mends them is right.

use super::parsed;
use crate::diagnostics::Code;

/// The fenced blocks of a page with exactly this language.
pub(super) fn blocks<'p>(page: &'p str, language: &str) -> Vec<&'p str> {
    let fence = format!("```{language}\n");
    page.split(fence.as_str()).skip(1).filter_map(|rest| rest.split_once("```").map(|(block, _)| block)).collect()
}

#[test]
fn examples_trigger_their_code_and_its_mending_does_not() {
    // These are found before there is any text to parse.
    let of_files = [Code::NotUtf8, Code::TooLarge];
    for code in Code::ALL.iter().filter(|code| code.number().starts_with("E00")) {
        let page = code.page();
        assert!(page.starts_with(&format!("# {code}: {}\n", code.title())), "the heading of {code}");
        let (wrong, right) = (blocks(page, "rbk,error"), blocks(page, "rbk"));
        if of_files.contains(code) {
            continue;
        }
        // What Markdown cannot hold stands in it escaped.
        let escaped = blocks(page, "rbk,error,escaped").into_iter().map(|text| text.replace("\\x07", "\u{7}"));
        let wrong: Vec<String> = wrong.into_iter().map(str::to_owned).chain(escaped).collect();
        assert!(!wrong.is_empty() && !right.is_empty(), "{code} has no examples");
        for text in wrong {
            let found: Vec<_> =
                parsed(&text).2.diagnostics.into_iter().map(|found| (found.code, found.message)).collect();
            assert!(found.len() == 1 && found[0].0 == *code, "{code}: {found:?}");
        }
        for text in right {
            let found = parsed(text).2.diagnostics;
            assert!(found.is_empty(), "{code}: {found:?}");
        }
    }
}
