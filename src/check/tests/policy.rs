//! Whole policies: the worked example of the reference, and size.

use std::fmt::Write;
use std::time::Instant;

use super::support::{checked, clean};
use super::units::catalogue;
use crate::diagnostics::Report;
use crate::source::{SourceFile, Sources};

/// `language.md` §12, whole: metrics, triggers, messages and tests included.
const ATOMOS: &str = include_str!("../../syntax/tests/atomos.rbk");

#[test]
fn the_worked_example_checks_clean() {
    let policy = clean(ATOMOS);
    assert_eq!((policy.severities.len(), policy.phases.len(), policy.verifies.len()), (3, 1, 1));
    assert_eq!(policy.verifies[0].checks.len(), 4);
    let (_, found, _) = checked(ATOMOS);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn ten_thousand_steps_are_looked_up_by_hash() {
    let mut text = String::from("policy big { owner \"x\" }\nphase p {\n  let base = \"a\"\n");
    for index in 0..10_000 {
        let after = if index == 0 { String::new() } else { format!("after step_{}; ", index / 2) };
        let after = if index == index / 2 { String::new() } else { after };
        let _ = writeln!(
            text,
            "  step step_{index} \"Title\" {{ {after}timeout 10s; file.copy(\"${{base}}/{index}\", to: \"b/{index}\") }}"
        );
    }
    text.push_str("}\n");
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("big.rbk", text.as_str()));
    let mut report = Report::default();
    let trees = [(id, crate::syntax::parse(id, sources.get(id), &mut report))];
    let catalogue = catalogue();
    let began = Instant::now();
    let policy = crate::check::check(&sources, &trees, &catalogue, &mut report).expect("it is clean");
    let took = began.elapsed();
    assert_eq!(policy.phases[0].body.items.len(), 10_001);
    // No limit is asserted: this is for reading with `--nocapture`; quadratic look-ups would take minutes.
    println!("10,000 steps checked in {took:?}");
}

#[test]
fn binary_junk_and_half_texts_never_panic() {
    for end in (0..ATOMOS.len()).filter(|end| ATOMOS.is_char_boundary(*end)).step_by(7) {
        checked(&ATOMOS[..end]);
        checked(&ATOMOS[end..]);
    }
}
