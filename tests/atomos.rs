//! The example of the README, from the broken release to the undone rollback, with a live service.

use std::time::Duration;

use crate::support::process::Running;
use crate::support::server::closed_port;
use crate::support::skip::{missing, skip};
use crate::support::{Sandbox, project};

const ENGINE: &str = "server/services/unified-financial-engine.ts";

/// The project of the example on a port of its own, with its application running as the runbook starts it.
fn laid_out() -> Option<(Sandbox, u16)> {
    if let Some(program) = missing(["git", "sqlite3"]) {
        skip(&format!("there is no `{program}`"));
        return None;
    }
    let port = closed_port();
    let sandbox = Sandbox::new();
    let lay_out = project().join("examples/atomos/lay-out");
    sandbox.other("sh", [lay_out.as_os_str(), "app".as_ref()]).exits(0);
    let policy = sandbox.read("app/atomos.rbk").replace("localhost:5000", &format!("127.0.0.1:{port}"));
    sandbox.write("app/atomos.rbk", policy);
    // What `npm run dev` does, where there may be no npm: it runs the script of package.json and passes signals on.
    let rbk = env!("CARGO_BIN_EXE_rbk");
    let npm = format!(
        "#!/bin/sh\n\"{rbk}\" demo-service --port {port} &\nservice=$!\ntrap 'kill $service; wait $service; exit 0' TERM INT\n\
         wait $service\n"
    );
    let sandbox = sandbox.program("bin/npm", &npm);
    let path = std::env::var("PATH").unwrap_or_default();
    let path = format!("{}:{path}", sandbox.path("bin").display());
    Some((sandbox.env("PATH", path), port))
}

/// `rbk` in the folder of the project.
fn in_app(sandbox: &Sandbox, arguments: &[&str]) -> crate::support::ran::Ran {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_rbk"), arguments);
    command.current_dir(sandbox.path("app"));
    sandbox.finish(Running::start(command, ""))
}

#[test]
fn is_planned_run_verified_and_undone() {
    let Some((sandbox, port)) = laid_out() else { return };
    let mut npm = sandbox.command("sh", ["-c", "exec npm run dev"]);
    npm.current_dir(sandbox.path("app"));
    let mut application = Running::start(npm, "");
    application.wait_for(&port.to_string(), Duration::from_secs(20));

    in_app(&sandbox, &["check", "--deny", "warnings", "atomos.rbk"]).exits(0);
    let broken = in_app(&sandbox, &["verify", "atomos.rbk"]);
    assert_ne!(broken.code(), 0, "release 1.5 is not healthy");

    let before = crate::support::tree::Tree::of(&sandbox.path("app"));
    let plan = in_app(&sandbox, &["plan", "atomos.rbk", "--severity", "critical"]).exits(0);
    for told in
        ["keep_failed", "revert", "caches", "restart", "health", "Release 1.4", "-export const release = \"1.5\";"]
    {
        assert!(plan.stdout().contains(told), "the plan does not show `{told}`:\n{}", plan.stdout());
    }
    let planned = before.differences(&crate::support::tree::Tree::of(&sandbox.path("app")));
    assert_eq!(planned, Vec::<String>::new(), "a plan changes nothing");

    let ran = in_app(&sandbox, &["run", "atomos.rbk", "--severity", "critical", "--yes"]).exits(0);
    let said = format!("{}{}", ran.stdout(), ran.stderr());
    let run = crate::support::redact::last_run(&said).expect("a run says its id").to_owned();
    assert!(sandbox.read(&format!("app/{ENGINE}")).contains("1.4"), "the engine is that of release 1.4");
    assert!(sandbox.read(&format!("app/{ENGINE}.failed")).contains("1.5"), "the failed engine is kept");
    assert!(!sandbox.exists("app/cache"), "the caches are cleared");
    in_app(&sandbox, &["verify", "atomos.rbk"]).exits(0);
    in_app(&sandbox, &["show", &run]).exits(0).stdout_has("revert");

    in_app(&sandbox, &["undo", &run, "--yes"]).does_not_crash();
    let after = before.differences(&crate::support::tree::Tree::of(&sandbox.path("app")));
    let left: Vec<&String> = after.iter().filter(|line| !line.starts_with("logs/")).collect();
    assert!(left.is_empty(), "the undo left differences: {left:?}");
}
