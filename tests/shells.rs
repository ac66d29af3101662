//! What `rbk` gives to shells and to `man`.

use crate::support::Sandbox;
use crate::support::skip::{missing, skip_case};

/// Checks a script with a shell that only reads it.
fn reads(shell: &str, arguments: &[&str]) {
    let sandbox = Sandbox::new();
    let script = sandbox.run(["completions", shell]).exits(0).stderr_is_empty();
    for part in ["check", "with-dependents"] {
        assert!(script.stdout().contains(part), "the script of {shell} does not know `{part}`");
    }
    sandbox.write("script", script.stdout());
    if let Some(program) = missing([shell]) {
        return skip_case(&format!("completions of {shell}"), &format!("there is no `{program}`"));
    }
    sandbox.other(shell, arguments.iter().chain(&["script"])).exits(0);
}

#[test]
fn scripts_that_complete_are_read_by_their_shells() {
    reads("bash", &["-n"]);
    reads("zsh", &["-n"]);
    reads("fish", &["--no-execute"]);
}

#[test]
fn bash_completes_verbs_and_values() {
    let sandbox = Sandbox::new();
    let script = sandbox.run(["completions", "bash"]).exits(0);
    sandbox.write("script", script.stdout());
    let ask = |words: &str| {
        let count = words.split(' ').count() - 1;
        let asked = format!(
            "source ./script; COMP_WORDS=({words}); COMP_CWORD={count}; _rbk rbk \"${{COMP_WORDS[{count}]}}\" \
             \"${{COMP_WORDS[{}]}}\"; echo \"${{COMPREPLY[@]}}\"",
            count - 1
        );
        sandbox.other("bash", ["--norc", "-c", &asked]).exits(0).stdout().trim().to_owned()
    };
    assert_eq!(ask("rbk expl"), "explain");
    assert_eq!(ask("rbk check --format sa"), "sarif");
    assert_eq!(ask("rbk demo-s"), "", "what is hidden is not offered");
}

#[test]
fn the_manual_is_well_formed() {
    let sandbox = Sandbox::new();
    let page = sandbox
        .run(["man"])
        .exits(0)
        .stderr_is_empty()
        .stdout_has("EXIT STATUS")
        .stdout_has("check")
        .never_says("demo\\-service");
    sandbox.write("rbk.1", page.stdout());
    let page = sandbox.run(["man", "check"]).exits(0).stdout_has("rbk\\-check").stdout_has("\\-\\-dry\\-run");
    sandbox.write("rbk-check.1", page.stdout());
    sandbox.run(["man", "chekc"]).exits(2).stderr_has("did you mean `check`?");
    sandbox.run(["man", "demo-service"]).exits(2);
    if let Some(program) = missing(["groff"]) {
        return skip_case("manual", &format!("there is no `{program}`"));
    }
    for page in ["rbk.1", "rbk-check.1"] {
        sandbox.other("groff", ["-man", "-ww", "-z", "-Tutf8", page]).exits(0).stderr_is_empty();
    }
}
