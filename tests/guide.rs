//! The guides are followed to the letter: every command in its order, every policy written where the guide says.

use std::path::Path;

use crate::support::markdown::{blocks, title};
use crate::support::{Sandbox, project, text_of};

#[test]
fn the_first_policy_works_as_it_is_typed() {
    let page = text_of(&project().join("docs/guides/first-policy.md"));
    assert!(title(&page).is_some());
    let folder = Path::new(env!("CARGO_BIN_EXE_rbk")).parent().expect("it stands in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let sandbox = Sandbox::new().env("PATH", format!("{}:{path}", folder.display()));
    let mut policies = 0;
    for block in blocks(&page) {
        if block.language == "console" {
            let commands: Vec<_> = block.text.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
            assert!(!commands.is_empty(), "{}", block.text);
            // Who follows the guide at a terminal answers yes.
            let script =
                commands.join("\n").replace("rbk run", "rbk run --yes").replace("undo last", "undo last --yes");
            let there = if sandbox.path("shop").is_dir() { "cd shop\n" } else { "" };
            let ran = sandbox.other("sh", ["-ec", &format!("{there}{script}")]).does_not_crash();
            assert_eq!(ran.code(), 0, "{script}\n{}", ran.redacted());
        } else if block.language == "rbk" {
            policies += 1;
            sandbox.write("shop/shop.rbk", &block.text);
            let ran = sandbox.other("sh", ["-ec", "cd shop; rbk fmt --check; rbk plan"]).does_not_crash();
            assert_eq!(ran.code(), 0, "{}\n{}", block.text, ran.redacted());
        }
    }
    assert!(policies >= 4, "{policies}");
    sandbox.other("sh", ["-ec", "cd shop; git diff --exit-code"]).does_not_crash();
}
