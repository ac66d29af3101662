use std::sync::Arc;

use crate::check::analysis::analyse;
use crate::check::tests::support::checked;
use crate::diagnostics::Report;

/// Codes, what is underlined, and the label there, of what a run of the policy would meet.
#[track_caller]
fn found(text: &str) -> Vec<String> {
    let text = format!("policy t {{ owner \"x\" }}\n{text}");
    let (_, found, policy) = checked(&text);
    let policy = policy.unwrap_or_else(|| panic!("{found:#?}"));
    let mut report = Report::default();
    analyse(&Arc::new(policy), &mut report);
    let line = |found: &crate::diagnostics::Diagnostic| {
        format!("{} {}: {}", found.code, &text[found.span().range()], found.labels[0].text)
    };
    report.diagnostics.iter().map(line).collect()
}

#[test]
fn phases_that_depend_on_each_other_are_refused_with_the_way_round() {
    let verify = "verify v { expect true }";
    let text = format!(
        "phase a {{ depends on b; {verify} }}\nphase b {{ depends on d, c; {verify} }}\nphase c {{ depends on a; {verify} }}\n\
         phase d {{ {verify} }}"
    );
    assert_eq!(found(&text), ["E0301 b: `a` → `b` → `c` → `a`"]);
}

#[test]
fn phases_that_include_each_other_are_refused() {
    let text = "phase a { include b; verify v { expect true } }\nphase b { include a; verify w { expect true } }";
    assert_eq!(found(text), ["E0301 b: `a` → `b` → `a`"]);
}

#[test]
fn one_phase_that_several_depend_on_is_right() {
    let text = "phase a { depends on c; verify v { expect file.exists(\"x\") } }\n\
                phase b { depends on a, c; verify w { expect file.exists(\"x\") } }\n\
                phase c { verify x { expect file.exists(\"x\") } }";
    assert_eq!(found(text), [""; 0]);
}
