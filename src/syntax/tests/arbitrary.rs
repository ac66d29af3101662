//! Any text at all: no panic, every span inside the text, and time in proportion to its length.

use proptest::prelude::*;

use super::{ATOMOS, parsed};
use crate::syntax::format;

/// Pieces of the language, which reach further into the parser than random letters do.
const PIECES: &[&str] = &[
    "phase p {",
    "step s {",
    "}",
    "(",
    ")",
    "[",
    "]",
    "{",
    "\"",
    "\"\"\"",
    "${",
    "r\"",
    "r#\"",
    "\"#",
    "\\",
    "\n",
    " ",
    ";",
    ",",
    "let x = ",
    "param y: int",
    "for a in b ",
    "if c ",
    "else ",
    "then ",
    "otherwise ",
    "when ",
    "in ",
    "not ",
    "and ",
    "parallel ",
    "observe o = ",
    "undo ",
    "run ",
    "verify v ",
    "stage g ",
    "policy ",
    "5m",
    "1_0",
    "..",
    ".",
    "?",
    "-",
    "=",
    "==",
    "!",
    "&&",
    "|",
    "# c",
    "é",
    "\t",
    "\r\n",
    "a",
    "b: ",
    "x.y",
    "f(",
    "\u{feff}",
    "'",
    "expect ",
];

fn check(text: &str) {
    let (source, tree, report) = parsed(text);
    for found in &report.diagnostics {
        for label in &found.labels {
            assert!(
                source.text.get(label.place.span.range()).is_some() || label.place.span.start as usize >= text.len()
            );
        }
    }
    if report.diagnostics.is_empty() {
        let out = format(&source, &tree).unwrap_or_else(|error| panic!("{error}: {text:?}"));
        assert!(!out.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        check(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        check(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_pieces(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60)) {
        check(&pieces.concat());
    }

    #[test]
    fn any_part_of_a_policy(from in 0..ATOMOS.len(), length in 0..600_usize, piece in prop::sample::select(PIECES)) {
        let from = ATOMOS.floor_char_boundary(from);
        let to = ATOMOS.floor_char_boundary((from + length).min(ATOMOS.len()));
        check(&format!("{}{piece}{}", &ATOMOS[..from], &ATOMOS[to..]));
    }
}

/// Every rule that can hold itself, 40 deep. A rule whose alternatives share a prefix would take 2⁴⁰ calls.
#[test]
fn nesting_costs_no_more_than_its_length() {
    let calls = std::num::NonZeroUsize::new(2_000_000);
    pest::set_call_limit(calls);
    let nest = |open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(40), close.repeat(40));
    let values = [
        format!("{}c", "if if a then b else c then d else ".repeat(20)),
        nest("(", "1", ")"),
        nest("[", "1", "]"),
        nest("f(", "1", ")"),
        nest("f(a: ", "1", ")"),
        nest("x[", "1", "]"),
        nest("{ a: ", "1", " }"),
        nest("[", "a for a in b", "]"),
        nest("if a then b else ", "c", ""),
        nest("\"${", "1", "}\""),
        nest("-(", "1", ")"),
        nest("not (", "1", ")"),
    ];
    let blocks = [
        nest("a {\n", "b", "\n}"),
        nest("step a {\n", "b", "\n}"),
        nest("parallel {\n", "b", "\n}"),
        nest("for a in b {\n", "c", "\n}"),
        nest("for a in b ", "c", ""),
        nest("if a {\n", "c", "\n}"),
        nest("if a ", "c", ""),
        nest("stage a {\n", "b", "\n} otherwise c {}"),
        nest("verify a {\n", "b", "\n}"),
        nest("undo {\n", "b", "\n}"),
        nest("on failure {\n", "b", "\n}"),
    ];
    let texts = values
        .iter()
        .map(|value| format!("let x = {value}\n"))
        .chain(blocks.iter().map(|block| format!("phase p {{\n{block}\n}}\n")));
    for text in texts {
        let found = parsed(&text).2.diagnostics;
        assert!(found.is_empty(), "{text}: {found:?}");
        // The same with a mistake at its heart.
        let broken = text.replacen("b\n", "b ==\n", 1).replacen('1', "1 1", 1);
        let found = parsed(&broken).2.diagnostics;
        assert!(found.len() <= 2, "{broken}: {found:?}");
    }
}

/// With its `std` feature pest refuses to parse where little stack is left, and looks that up in every call, which costs
/// a third of the speed; a dependency that turns the feature on does so silently.
#[test]
fn pest_has_no_std() {
    let parse = || crate::syntax::grammar::item("let x = 1").is_ok();
    let thread = std::thread::Builder::new().stack_size(STACK).spawn(parse).expect("a thread");
    assert!(thread.join().expect("no panic"), "pest looks at the stack: something turned `pest/std` on");
}

/// Enough for one small item, and less than the 64 KiB above it that pest would want to be left.
const STACK: usize = 64 * 1024;
