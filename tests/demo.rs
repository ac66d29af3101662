//! `rbk demo` from its first line to its last: what a newcomer sees first.

use crate::support::Sandbox;

#[test]
fn rolls_a_live_service_back_and_says_what_to_try_next() {
    let sandbox = Sandbox::new();
    let ran = sandbox.run(["demo", "shown"]).exits(0).does_not_crash();
    let ran = ["check", "plan", "run", "verify", "show"]
        .iter()
        .fold(ran, |ran, verb| ran.stdout_has(&format!("$ rbk {verb}")));
    ran.stdout_has("isConsistent\":false").stdout_has("isConsistent\":true").stdout_has("undo last");
    // The folder is left, and is a project like any other.
    for path in ["shown/.git", "shown/atomos.rbk", "shown/database.db", "shown/.rbk"] {
        assert!(sandbox.exists(path), "the demo leaves {path}");
    }
    sandbox.run(["check", "shown"]).exits(0);
}
