//! Each clause of the rule with the case that it is there for.

use super::super::{OrderNode, Reason, Trouble, order};
use super::{drawn, gate, inexact, member, node};

#[test]
fn disjoint_exact_steps_run_at_once() {
    assert_eq!(drawn(&[node("a", &[], &["x"]), node("b", &["y"], &["z"])]), [""; 0]);
}

#[test]
fn the_worked_example() {
    let nodes = [
        node("keep_failed", &["engine"], &["engine.failed"]),
        node("backup", &["db:database.db"], &["database-1.db"]),
        node("revert", &["git:**"], &["engine", "git:index"]),
        node("caches", &[], &["cache"]),
        inexact("restart", &["world"], &["world"]),
        gate("health"),
    ];
    assert_eq!(
        drawn(&nodes),
        ["keep_failed → revert", "backup → restart", "revert → restart", "caches → restart", "restart → health"]
    );
    let edges = order(&nodes).edges;
    let conflict = |later: &str, resource: &str, earlier: &str, of: &str| Reason::Conflict {
        later: later.into(),
        resource: resource.into(),
        earlier: earlier.into(),
        earlier_resource: of.into(),
    };
    assert_eq!(edges[0].reason, conflict("writes", "engine", "reads", "engine"));
    assert_eq!(edges[2].reason, conflict("reads", "world", "writes", "engine"));
    assert_eq!(edges[4].reason, Reason::Gate { gate: "health".into() });
}

/// (4): a mark that is written by `exec` only if publishing worked. Effects do not join them.
#[test]
fn what_has_no_exact_undo_waits_for_everything_before() {
    let nodes = [
        node("publish", &[], &["dist"]),
        node("other", &[], &["y"]),
        inexact("mark", &[], &["mark"]),
        node("later", &[], &["z"]),
    ];
    assert_eq!(drawn(&nodes), ["publish → mark", "other → mark"], "and nothing waits for it that need not");
    assert_eq!(order(&nodes).edges[0].reason, Reason::NotExact { call: "exec".into() });
}

/// (3): an approval before a push; a wait between two steps.
#[test]
fn nothing_overlaps_a_gate() {
    let nodes =
        [node("a", &[], &["x"]), node("b", &[], &["y"]), gate("ask"), node("c", &[], &["z"]), node("d", &[], &["w"])];
    assert_eq!(drawn(&nodes), ["a → ask", "b → ask", "ask → c", "ask → d"]);
}

/// (2)
#[test]
fn values_and_after_join() {
    let mut uses = node("uses", &[], &["b"]);
    uses.uses.push((0, "target".into()));
    let mut after = node("after", &[], &["c"]);
    after.after.push(0);
    let mut also = node("also", &[], &["d"]);
    also.also.push((0, "one at a time".into()));
    let nodes = [node("first", &[], &["a"]), uses, after, also];
    let found = order(&nodes);
    assert_eq!(drawn(&nodes), ["first → uses", "first → after", "first → also"]);
    assert_eq!(found.edges[0].reason, Reason::Value { name: "target".into() });
    assert_eq!(found.edges[1].reason, Reason::After);
    assert_eq!(found.edges[2].reason, Reason::Text { text: "one at a time".into() });
}

/// (1): a stop before a file is replaced: the step that only reads must end first, too.
#[test]
fn a_write_waits_for_earlier_reads() {
    assert_eq!(drawn(&[node("read", &["x"], &[]), node("write", &[], &["x/y"])]), ["read → write"]);
    assert_eq!(drawn(&[node("a", &["x"], &[]), node("b", &["x"], &[])]), [""; 0]);
}

/// A write stands for what it covers, but not for what was read beside it.
#[test]
fn a_later_write_does_not_hide_earlier_users() {
    let nodes = [
        node("wide", &["a"], &[]),
        node("narrow", &[], &["a/b"]),
        node("again", &[], &["a/c"]),
        node("deep", &["a/b/c"], &[]),
    ];
    assert_eq!(drawn(&nodes), ["wide → narrow", "wide → again", "narrow → deep"]);
}

#[test]
fn stages_are_barriers() {
    let second = |node: OrderNode| OrderNode { stage: 1, ..node };
    let nodes = [
        node("a", &[], &["x"]),
        node("b", &[], &["y"]),
        second(node("c", &[], &["z"])),
        second(node("d", &[], &["w"])),
        second(node("e", &[], &["v"])),
    ];
    assert_eq!(drawn(&nodes), ["a → c", "b → c", "a → d", "b → d", "a → e", "b → e"]);
    let found = order(&nodes);
    assert_eq!((found.edges.len(), found.joins.len()), (5, 1), "2 + 3 edges through a join, not 2 × 3");
    assert!(found.edges.iter().all(|edge| edge.reason == Reason::Stage));
}

#[test]
fn a_block_is_one_node_towards_the_outside() {
    let nodes = [
        node("before", &[], &["x"]),
        member(1, node("m", &["x"], &[])),
        member(1, node("n", &[], &["y"])),
        node("after", &["y"], &[]),
        node("apart", &[], &["z"]),
    ];
    assert_eq!(drawn(&nodes), ["before → m", "before → n", "m → after", "n → after"]);
}

#[test]
fn a_block_lifts_what_is_merely_unknown_and_missing_undo() {
    let nodes = [member(1, inexact("m", &["world"], &["world"])), member(1, inexact("n", &["world"], &["world"]))];
    let found = order(&nodes);
    assert_eq!((found.edges, found.trouble), (Vec::new(), Vec::new()));
    let before = [vec![node("before", &[], &["x"])], nodes.to_vec()].concat();
    assert_eq!(drawn(&before), ["before → m", "before → n"], "towards the outside it is not lifted");
}

#[test]
fn a_block_never_overrides_what_is_certain() {
    let mut waits = node("waits", &[], &["q"]);
    waits.after.push(0);
    let nodes = [
        member(1, node("m", &[], &["server/**"])),
        member(1, node("n", &["server/a"], &["other"])),
        member(1, gate("ask")),
        member(1, waits),
    ];
    let found = order(&nodes);
    assert_eq!(drawn(&nodes), ["m → waits"], "`after` is never lifted");
    assert!(matches!(found.trouble[0], Trouble::GateInBlock { node: 2 }));
    let Trouble::ParallelConflict { a: 0, b: 1, conflict } = &found.trouble[1] else { panic!("{:?}", found.trouble) };
    assert!(conflict.provable);
    assert_eq!(found.trouble.len(), 2);
}

/// Members that `after` or a value orders are not at once; but each is still apart from the other members.
#[test]
fn ordered_members_may_touch_the_same() {
    let then = |node: OrderNode, other| member(1, OrderNode { after: vec![other], ..node });
    let read = || node("read", &["x"], &[]);
    let troubles = |nodes: &[OrderNode]| order(nodes).trouble.len();
    assert_eq!(troubles(&[member(1, read()), then(node("write", &[], &["x"]), 0)]), 0);
    assert_eq!(troubles(&[member(1, read()), member(1, read()), then(node("write", &[], &["x"]), 0)]), 1);
}

#[test]
fn a_cycle_is_told_with_its_path() {
    let after = |key: &str, other: usize| OrderNode { after: vec![other], ..node(key, &[], &[]) };
    let troubles = |nodes: &[OrderNode]| order(nodes).trouble;
    assert_eq!(troubles(&[after("self", 0)]), [Trouble::Cycle(vec![0])]);
    assert_eq!(troubles(&[after("a", 1), after("b", 2), after("c", 0)]), [Trouble::Cycle(vec![0, 1, 2])]);
    let two = [after("a", 1), after("b", 0), after("c", 3), after("d", 2)];
    assert_eq!(troubles(&two), [Trouble::Cycle(vec![0, 1]), Trouble::Cycle(vec![2, 3])]);
    let later = [after("a", 1), node("b", &[], &[])];
    assert_eq!(troubles(&later), [Trouble::AfterLater { node: 0, later: 1 }]);
    assert_eq!(troubles(&[node("a", &[], &[]), after("b", 0)]), []);
}
