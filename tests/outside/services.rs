//! `service.*`, with a stand-in for `systemctl` that keeps the states of its units in files.

use rbk::catalogue::error::ErrorKind;

use crate::support::Sandbox;
use crate::support::ran::Ran;

/// A project with services, whose `systemctl` is the stand-in.
fn services(units: &[(&str, &str)], steps: &str) -> Sandbox {
    let policy = format!(
        "policy shop \"The shop\" {{ owner \"platform\"; root \".\" }}\n\nphase release \"Take it back\" {{\n{steps}\n}}\n"
    );
    let mut sandbox = Sandbox::new()
        .program("bin/systemctl", include_str!("systemctl.sh"))
        .file("settings", "old\n")
        .file("shop.rbk", policy);
    for (unit, state) in units {
        sandbox = sandbox.file(&format!("bin/{unit}"), format!("{state}\n"));
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let bin = sandbox.path("bin");
    sandbox.env("PATH", format!("{}:{path}", bin.display()))
}

fn run(sandbox: &Sandbox) -> Ran {
    sandbox.run(["run", "shop.rbk", "--yes"])
}

fn calls(sandbox: &Sandbox) -> String {
    let calls = std::fs::read_to_string(sandbox.path("bin/calls")).unwrap_or_default();
    calls.lines().collect::<Vec<_>>().join(", ")
}

/// Undoes the run that came first.
fn undo_the_first(sandbox: &Sandbox) {
    let runs = sandbox.run(["runs", "--format", "json"]).json();
    let all = runs["runs"].as_array().or_else(|| runs.as_array()).cloned().unwrap_or_default();
    let first = all.iter().min_by_key(|run| run["started"].to_string()).expect("a run");
    let id = first["id"].as_str().expect("runs have an id").to_owned();
    let ran = sandbox.run(["undo", &id, "--yes"]);
    assert!([0, 1].contains(&ran.code()), "{} {}", ran.code(), ran.stderr());
}

const VERIFY: &str = "  verify up { expect service.active(\"nginx\") }";

#[test]
fn a_restart_is_done_again_once_its_settings_are_restored() {
    let steps = format!(
        "  step back \"Old settings\" {{ file.write(\"settings\", \"new\\n\"); service.restart(\"nginx\") }}\n{VERIFY}"
    );
    let sandbox = services(&[("system/nginx", "active")], &steps);
    let before = sandbox.tree();
    sandbox.run(["plan", "shop.rbk"]).exits(0).stdout_has("restart nginx; now active (running, pid 4121)");
    let plan = sandbox.run(["plan", "shop.rbk"]).stdout_has("`rbk undo last` takes back back");
    plan.stdout_has("and then runs back again");
    sandbox.unchanged_since(&before);
    run(&sandbox).exits(0);
    assert_eq!((sandbox.read("bin/serves").as_str(), calls(&sandbox).as_str()), ("new\n", "system restart nginx"));
    sandbox.run(["undo", "--yes"]).exits(0).says("again, after everything is restored");
    assert_eq!((sandbox.read("bin/serves").as_str(), sandbox.read("settings").as_str()), ("old\n", "old\n"));
    assert_eq!(calls(&sandbox), "system restart nginx, system restart nginx");
    // And forwards once more.
    sandbox.run(["undo", "--yes"]).exits(0);
    assert_eq!((sandbox.read("bin/serves").as_str(), sandbox.read("settings").as_str()), ("new\n", "new\n"));
}

#[test]
fn a_step_that_takes_itself_back_restarts_what_it_restarted() {
    let steps = format!(
        "  step back \"Old settings\" {{\n    on failure undo\n    file.write(\"settings\", \"new\\n\")\n    service.reload(\"nginx\")\n    \
         exec([\"false\"])\n    irreversible \"an example\"\n  }}\n{VERIFY}"
    );
    let sandbox = services(&[("system/nginx", "active")], &steps);
    let ran = run(&sandbox);
    assert_ne!(ran.code(), 0);
    assert_eq!((sandbox.read("settings").as_str(), sandbox.read("bin/serves").as_str()), ("old\n", "old\n"));
    assert_eq!(calls(&sandbox), "system reload nginx, system reload nginx");
}

#[test]
fn a_restart_that_an_undo_could_not_do_is_owed_until_it_is_done() {
    let steps = format!(
        "  step back \"Old settings\" {{ file.write(\"settings\", \"new\\n\"); service.restart(\"nginx\") }}\n{VERIFY}"
    );
    let sandbox = services(&[("system/nginx", "active")], &steps);
    run(&sandbox).exits(0);
    sandbox.write("bin/refuses", "");
    let ran = sandbox.run(["undo", "--yes"]);
    assert_ne!(ran.code(), 0);
    ran.says("cannot restart service nginx");
    assert_eq!((sandbox.read("settings").as_str(), sandbox.read("bin/serves").as_str()), ("old\n", "new\n"));
    std::fs::remove_file(sandbox.path("bin/refuses")).expect("it is there");
    let before = calls(&sandbox);
    undo_the_first(&sandbox);
    assert_eq!((sandbox.read("settings").as_str(), sandbox.read("bin/serves").as_str()), ("old\n", "old\n"));
    assert_eq!(calls(&sandbox), format!("{before}, system restart nginx"));
}

#[test]
fn a_restart_that_a_run_could_not_do_again_is_owed_to_its_undo() {
    let steps = format!(
        "  step back \"Old settings\" {{\n    on failure undo\n    file.write(\"settings\", \"new\\n\")\n    service.restart(\"nginx\")\n    \
         exec([\"sh\", \"-c\", \"touch bin/refuses; exit 1\"])\n    irreversible \"an example\"\n  }}\n{VERIFY}"
    );
    let sandbox = services(&[("system/nginx", "active")], &steps);
    let ran = run(&sandbox);
    assert_ne!(ran.code(), 0);
    assert_eq!((sandbox.read("settings").as_str(), sandbox.read("bin/serves").as_str()), ("old\n", "new\n"));
    std::fs::remove_file(sandbox.path("bin/refuses")).expect("the command made it");
    undo_the_first(&sandbox);
    assert_eq!(sandbox.read("bin/serves"), "old\n", "{}", ran.stderr());
    assert_eq!(calls(&sandbox), "system restart nginx, system restart nginx, system restart nginx");
}

#[test]
fn a_restart_that_fails_is_tried_again_and_not_taken_back_between() {
    for (clause, label) in [("retry 1 every 10ms", ""), ("", ", retry: 1")] {
        let steps = format!(
            "  step back \"Old settings\" {{\n    {clause}\n    file.write(\"settings\", \"new\\n\")\n    \
             service.restart(\"nginx\"{label})\n  }}\n{VERIFY}"
        );
        let sandbox = services(&[("system/nginx", "active")], &steps).file("bin/refuses-once", "");
        run(&sandbox).exits(0);
        assert_eq!(calls(&sandbox), "system restart nginx, system restart nginx", "{clause}{label}");
        assert_eq!(sandbox.read("bin/serves"), "new\n");
    }
}

#[test]
fn a_start_is_undone_by_a_stop_and_a_stop_by_a_start() {
    let steps = format!(
        "  step swap \"Swap\" {{ service.stop(\"worker\", user: true); service.start(\"nginx\"); service.stop(\"idle\") }}\n{VERIFY}"
    );
    let sandbox = services(
        &[
            ("user/worker", "active"),
            ("system/worker", "active"),
            ("system/nginx", "inactive"),
            ("system/idle", "failed"),
        ],
        &steps,
    );
    sandbox.run(["plan", "shop.rbk"]).exits(0).says("no change: service idle is failed (failed)");
    run(&sandbox).exits(0);
    assert_eq!(calls(&sandbox), "user stop worker, system start nginx");
    assert_eq!(sandbox.read("bin/system/worker"), "active\n", "the machine's own is another one");
    sandbox.run(["undo", "--yes"]).exits(0);
    let state = |sandbox: &Sandbox| (sandbox.read("bin/user/worker"), sandbox.read("bin/system/nginx"));
    assert_eq!(state(&sandbox), ("active\n".to_owned(), "inactive\n".to_owned()));
    assert_eq!(sandbox.read("bin/system/idle"), "failed\n");
    sandbox.run(["undo", "--yes"]).exits(0);
    assert_eq!(state(&sandbox), ("inactive\n".to_owned(), "active\n".to_owned()), "the undo was undone");
}

#[test]
fn whatever_a_run_does_with_a_service_its_undo_leaves_it_as_it_was() {
    let sequences: [&[&str]; 7] = [
        &["stop", "restart"],
        &["start", "restart"],
        &["restart"],
        &["restart", "restart"],
        &["restart", "stop", "restart"],
        &["stop", "start", "restart"],
        &["start", "restart", "stop"],
    ];
    for verbs in sequences {
        for state in ["active", "inactive"] {
            let step = |(at, verb): (usize, &&str)| format!("  step s{at} \"Do\" {{ service.{verb}(\"nginx\") }}\n");
            let steps: String = verbs.iter().enumerate().map(step).collect();
            let sandbox = services(&[("system/nginx", state)], &steps);
            let now = || sandbox.read("bin/system/nginx").trim().to_owned();
            run(&sandbox).exits(0);
            let left = now();
            sandbox.run(["undo", "--yes"]).exits(0);
            assert_eq!(now(), state, "{verbs:?}: {}", calls(&sandbox));
            // And forwards once more.
            sandbox.run(["undo", "--yes"]).exits(0);
            assert_eq!(now(), left, "{verbs:?} again: {}", calls(&sandbox));
        }
    }
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_changed() {
    for (call, says, helps) in [
        ("service.restart(\"ngnix\")", "there is no service `ngnix`", "systemctl list-units --all"),
        ("service.start(\"nginx\", user: true)", "there is no service `nginx` of this user", "one of the machine"),
        ("service.start(\"off\")", "service off is masked", "systemctl unmask off"),
        ("service.reload(\"idle\")", "service idle does not run", "service.restart(…)"),
        ("service.reload(\"plain\")", "service plain has no way to reload", "service.restart(…)"),
    ] {
        let steps = format!(
            "  step first \"First\" {{ file.write(\"settings\", \"x\") }}\n  step it \"It\" {{ {call} }}\n{VERIFY}"
        );
        let units = [("nginx", "active"), ("off", "masked"), ("idle", "inactive"), ("plain", "active")];
        let units: Vec<_> = units.iter().map(|(name, state)| (format!("system/{name}"), *state)).collect();
        let units: Vec<_> = units.iter().map(|(name, state)| (name.as_str(), *state)).collect();
        let sandbox = services(&units, &steps);
        let ran = run(&sandbox);
        assert_ne!(ran.code(), 0, "{call}");
        ran.says(says).says(helps);
        assert_eq!((sandbox.read("settings").as_str(), calls(&sandbox).as_str()), ("old\n", ""), "{call}");
    }
}

#[test]
fn a_service_that_does_not_come_up_says_where_to_look() {
    let steps = format!("  step it \"It\" {{ service.start(\"broken\") }}\n{VERIFY}");
    let sandbox = services(&[("system/nginx", "active"), ("system/broken", "inactive")], &steps);
    let ran = run(&sandbox).says("cannot start service broken: Job for broken.service failed because");
    ran.says("journalctl -u broken -n 50");
    assert_eq!(calls(&sandbox), "system start broken");
}

#[test]
fn units_are_asked_by_name_alone() {
    let world = super::world::World::new();
    for unit in ["service.start", "service.stop", "service.restart", "service.reload"] {
        let action = super::world::action(unit);
        for name in ["", "--now", "*", "a b", "a;b", "../x"] {
            let args = super::world::args(action.signature(), &[("name", super::world::text(name))]);
            let error = action.complains(&args).unwrap_or_else(|| panic!("`{name}` passes"));
            assert_eq!(error.kind, ErrorKind::Value);
            assert_eq!(action.run(&args, &world.touch()).unwrap_err().kind, ErrorKind::Value);
        }
    }
    let name = super::world::text("x*");
    assert_eq!(world.ask("service.active", &[("name", name)]).unwrap_err().kind, ErrorKind::Value);
}
