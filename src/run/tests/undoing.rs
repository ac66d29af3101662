//! Undoing a run: restoring, repeating, refusing what others have changed since, and undoing an undo.

use super::rig::{Rig, assert_outcome, step, tree};
use crate::catalogue::error::ErrorKind;
use crate::check::model::Undo;
use crate::run::event::Outcome;
use crate::run::undo;

fn messy(rig: &Rig) -> String {
    rig.write("changed", "before");
    rig.write("removed", "precious");
    std::fs::create_dir(rig.root().join("cache")).unwrap();
    rig.write("cache/a", "a");
    let works = vec![
        ("change", step(rig.step("change", vec![rig.put("changed", "after"), rig.put("made", "new")]))),
        ("again", step(rig.step("again", vec![rig.put("changed", "twice")]))),
        ("clear", step(rig.step("clear", vec![rig.remove("removed"), rig.remove("cache")]))),
    ];
    let ended = rig.run(rig.chain(works));
    assert_outcome(&ended, Outcome::Done);
    ended.run
}

#[test]
fn an_undo_brings_everything_back_and_can_be_undone_itself() {
    let rig = Rig::new();
    let before = {
        let other = Rig::new();
        other.write("changed", "before");
        other.write("removed", "precious");
        std::fs::create_dir(other.root().join("cache")).unwrap();
        other.write("cache/a", "a");
        tree(other.root())
    };
    let run = messy(&rig);
    let after = tree(rig.root());
    let undone = rig.undo(&run);
    assert_outcome(&undone, Outcome::Done);
    assert_eq!(tree(rig.root()), before);

    let again = rig.undo(&undone.run);
    assert_outcome(&again, Outcome::Done);
    assert_eq!(tree(rig.root()), after, "the undo of the undo is the run");
    // And round once more: the run stands again, so it can be undone again.
    assert_outcome(&rig.undo(&run), Outcome::Done);
    assert_eq!(tree(rig.root()), before);
}

#[test]
fn the_same_undo_twice_is_refused_politely() {
    let rig = Rig::new();
    let run = messy(&rig);
    let first = rig.undo(&run);
    let Err(error) = rig.plan_undo(&run) else { panic!("it is undone already") };
    assert!(error.what.contains("was undone already") && error.what.contains(&first.run), "{error:?}");
}

#[test]
fn what_was_changed_since_is_refused_and_captured_when_forced() {
    let rig = Rig::new();
    let run = messy(&rig);
    rig.write("changed", "by hand");
    let plan = rig.plan_undo(&run).unwrap();
    assert_eq!(plan.changed.len(), 1, "{}", plan.text());
    assert!(plan.text().contains("changed since: changed"), "{}", plan.text());
    let error = undo::undo(plan, rig.setting("u"), false).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Changed);
    assert_eq!(rig.read("changed").as_deref(), Some("by hand"));

    let forced = undo::undo(rig.plan_undo(&run).unwrap(), rig.setting("u"), true).unwrap();
    assert_outcome(&forced, Outcome::Done);
    assert_eq!(rig.read("changed").as_deref(), Some("before"));
    rig.undo(&forced.run);
    assert_eq!(rig.read("changed").as_deref(), Some("by hand"), "nothing is lost by force either");
}

#[test]
fn what_a_later_command_of_the_same_run_changed_blames_nobody() {
    let rig = Rig::new();
    rig.write("a", "before");
    let works = vec![
        ("write", step(rig.step("write", vec![rig.put("a", "written")]))),
        ("command", step(rig.step("command", vec![rig.sh("echo more >> a")]))),
    ];
    let run = rig.run(rig.chain(works)).run;
    let plan = rig.plan_undo(&run).unwrap();
    assert!(plan.changed.is_empty(), "{}", plan.text());
    assert!(plan.text().contains("left as it is: `command`"), "{}", plan.text());
    assert_outcome(&rig.undo(&run), Outcome::Partial);
    assert_eq!(rig.read("a").as_deref(), Some("before"));
}

#[test]
fn custom_undo_blocks_run_backwards_and_repeats_forwards_behind_them() {
    let rig = Rig::new();
    rig.write("config", "old");
    let mut custom = rig.step("custom", vec![rig.sh("echo done >> log")]);
    custom.clauses.undo = Undo::Block(vec![rig.sh("echo undone >> log")]);
    let config = rig.step("config", vec![rig.put("config", "new")]);
    let mut restart = rig.step("restart", vec![rig.sh("echo restarted with $(cat config) >> log")]);
    restart.clauses.undo = Undo::Repeat;
    let works = vec![("custom", step(custom)), ("config", step(config)), ("restart", step(restart))];
    let run = rig.run(rig.chain(works)).run;
    let undone = rig.undo(&run);
    assert_outcome(&undone, Outcome::Done);
    assert_eq!(rig.read("log").as_deref(), Some("done\nrestarted with new\nundone\nrestarted with old\n"));
}

#[test]
fn a_run_that_was_refused_has_nothing_to_undo() {
    let rig = Rig::new();
    let run = rig.run(rig.chain(vec![("look", step(rig.step("look", vec![])))])).run;
    let plan = rig.plan_undo(&run).unwrap();
    assert!(plan.is_empty() && plan.text().contains("nothing to take back"), "{}", plan.text());
}
