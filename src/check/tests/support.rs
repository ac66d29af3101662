//! How tests say what they expect: a code at an underlined text, or a clean policy.

use super::units::catalogue;
use crate::check::{check, model::Policy};
use crate::diagnostics::render::{Format, render};
use crate::diagnostics::{Diagnostic, Level, Report};
use crate::source::{SourceFile, Sources};
use crate::syntax::parse;

/// What a text gives: the sources, every finding, the policy.
pub fn checked(text: &str) -> (Sources, Vec<Diagnostic>, Option<Policy>) {
    let mut sources = Sources::default();
    let id = sources.add(SourceFile::new("test.rbk", text));
    let mut report = Report::default();
    let tree = parse(id, sources.get(id), &mut report);
    let policy = check(&sources, &[(id, tree)], &catalogue(), &mut report);
    (sources, report.diagnostics, policy)
}

/// A text with a policy's header before it, unless it has its own.
fn whole(text: &str) -> String {
    if text.contains("policy ") { text.to_owned() } else { format!("policy t {{ owner \"x\" }}\n{text}") }
}

fn shown(sources: &Sources, found: &[Diagnostic]) -> String {
    render(found, sources, Format::Human, false, 120)
}

fn only_error(text: &str, code: &str, underlined: &str) -> Result<Diagnostic, String> {
    let text = whole(text);
    let (sources, mut found, policy) = checked(&text);
    found.retain(|found| found.level == Level::Error);
    let wanted = format!("{code} at `{underlined}` expected");
    let [one] = &found[..] else { return Err(format!("{wanted}, once, in\n{text}\n{}", shown(&sources, &found))) };
    let at = &text[one.span().range()];
    if one.code.number() != code || at != underlined || policy.is_some() {
        return Err(format!("{wanted}, found at `{at}` in\n{text}\n{}", shown(&sources, &found)));
    }
    if one.message.ends_with('.') || one.message.contains('\n') {
        return Err(format!("not a fragment: {}", one.message));
    }
    Ok(one.clone())
}

/// Exactly one error, with this code, at this text.
#[track_caller]
pub fn expect_error(text: &str, code: &str, underlined: &str) -> Diagnostic {
    only_error(text, code, underlined).unwrap_or_else(|wrong| panic!("{wrong}"))
}

/// The same for many texts; all that differ are shown.
#[track_caller]
pub fn expect_errors<'t>(cases: impl IntoIterator<Item = (String, &'t str, &'t str)>) {
    let wrong: Vec<_> =
        cases.into_iter().filter_map(|(text, code, underlined)| only_error(&text, code, underlined).err()).collect();
    assert!(wrong.is_empty(), "{} cases differ:\n\n{}", wrong.len(), wrong.join("\n"));
}

/// No error; gives the policy.
#[track_caller]
pub fn clean(text: &str) -> Policy {
    let text = whole(text);
    let (sources, mut found, policy) = checked(&text);
    found.retain(|found| found.level == Level::Error);
    assert!(found.is_empty(), "no error expected in\n{text}\n{}", shown(&sources, &found));
    policy.expect("a policy without errors is whole")
}

/// Exactly one warning, with this code, at this text, and no error.
#[track_caller]
pub fn expect_warning(text: &str, code: &str, underlined: &str) {
    let text = whole(text);
    let (sources, found, _) = checked(&text);
    let [one] = &found[..] else { panic!("one {code} expected in\n{text}\n{}", shown(&sources, &found)) };
    assert_eq!((one.code.number(), &text[one.span().range()]), (code, underlined), "{}", shown(&sources, &found));
}

/// A value of a phase: `let x = EXPR`, used by a requirement, after the given lines of the phase.
pub fn in_phase(lines: &str) -> String {
    format!("phase p {{\n{lines}\n}}")
}

/// The type of an expression, in a phase, after the given lines.
#[track_caller]
pub fn type_of(lines: &str, expr: &str) -> String {
    let policy = clean(&in_phase(&format!("{lines}\nlet _result = {expr}")));
    let found = policy.bindings.iter().find(|binding| &*binding.name.text == "_result");
    found.expect("it is bound").ty.to_string()
}
