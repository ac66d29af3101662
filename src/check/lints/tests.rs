use crate::check::analysis::analyse;
use crate::check::tests::support::checked;
use crate::diagnostics::Report;
use std::sync::Arc;

/// The advice on a policy: code, and what is underlined.
#[track_caller]
fn advice(text: &str) -> Vec<String> {
    let text = format!("policy t {{ owner \"x\" }}\n{text}");
    let (_, found, policy) = checked(&text);
    let policy = policy.unwrap_or_else(|| panic!("{found:#?}"));
    let mut report = Report::default();
    analyse(&Arc::new(policy), &mut report);
    report.sort();
    report.diagnostics.iter().map(|found| format!("{} {}", found.code, &text[found.span().range()])).collect()
}

#[test]
fn a_phase_that_changes_something_looks_whether_it_worked() {
    let wrong = "phase a { step s { file.remove(\"x\") } }";
    assert_eq!(advice(wrong), ["W6002 a"]);
    for right in [
        "phase a { require file.exists(\"x\"), \"x\" }",
        "phase a { step s { file.remove(\"x\") }\n verify gone { expect not file.exists(\"x\") } }",
        "phase a { step s { file.remove(\"x\"); expect not file.exists(\"x\") } }",
        "phase a { step s { done when not file.exists(\"x\"); file.remove(\"x\") } }",
        "phase a { step s { process.start(\"x\", ready: file.exists(\"x\")) } }",
        "phase a { for x in [\"b\"] { step s { file.remove(x) }\n verify gone { expect not file.exists(\"x\") } } }",
    ] {
        assert_eq!(advice(right), [""; 0], "{right}");
    }
}

#[test]
fn each_scenario_is_verified_or_the_phase_is() {
    let text = "phase a {\n scenario b { step s { file.remove(\"x\") } }\n scenario c { step s { file.remove(\"y\") }\n \
                verify gone { expect not file.exists(\"y\") } }\n}";
    assert_eq!(advice(text), ["W6002 b"]);
}

#[test]
fn what_includes_a_phase_verifies_for_it() {
    let text = "phase a { step s { file.remove(\"x\") } }\nphase b { include a; verify gone { expect not file.exists(\"x\") } }";
    assert_eq!(advice(text), [""; 0]);
}

#[test]
fn relative_refs_are_named_by_a_let() {
    let phase = |step: &str| advice(&format!("phase a {{ {step}\n verify there {{ expect file.exists(\"x\") }} }}"));
    assert_eq!(phase("step s { git.restore(\"x\", from: \"HEAD~1\") }"), ["W6003 \"HEAD~1\""]);
    assert_eq!(phase("step s { idempotent; exec([\"git\", \"checkout\", \"HEAD^\"]) }"), ["W6003 \"HEAD^\""]);
    assert_eq!(phase("step s { idempotent; sh(\"git reset --hard @~2\") }").len(), 1);
    assert_eq!(phase("step s { git.restore(\"x\", from: \"v1.4\") }"), [""; 0]);
    assert_eq!(phase("step s { file.write(\"x\", \"back to HEAD~1\") }"), [""; 0]);
    assert_eq!(phase("let good = git.commit_of(\"HEAD~1\")\n step s { git.restore(\"x\", from: good) }"), [""; 0]);
}

#[test]
fn titles_side_by_side_differ() {
    let text = "phase a \"P\" { step s \"Clear\" { file.remove(\"x\") }\n step t \"Clear\" { file.remove(\"y\") }\n \
                verify gone { expect not file.exists(\"x\") } }\nseverity b \"P\" { observe }";
    assert_eq!(advice(text), ["W6004 t"]);
}
