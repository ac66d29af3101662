//! What an order costs: edges, which any machine counts alike. How long it takes is measured in `benches/`.

use super::super::{OrderNode, order};
use super::{gate, inexact, member, node};

const MANY: usize = 10_000;

/// Edges and joins together, of a program of `MANY` nodes made by `make`.
fn edges(make: impl Fn(usize) -> OrderNode) -> usize {
    let nodes: Vec<_> = (0..MANY).map(make).collect();
    let found = order(&nodes);
    found.edges.len() + found.joins.len()
}

#[test]
fn sequential_steps_are_a_chain() {
    assert_eq!(edges(|_| inexact("s", &["world"], &["world"])), MANY - 1);
    assert_eq!(edges(|_| node("s", &[], &["one/file"])), MANY - 1);
    assert_eq!(edges(|_| gate("g")), MANY - 1);
}

#[test]
fn disjoint_steps_have_no_edges() {
    assert_eq!(edges(|at| node("s", &[], &[&format!("dir{}/file{at}", at % 100)])), 0);
}

#[test]
fn a_block_costs_two_edges_a_member() {
    let block =
        |at| if at == 0 || at == MANY - 1 { gate("g") } else { member(1, inexact("m", &["world"], &["world"])) };
    assert_eq!(edges(block), 2 * (MANY - 2));
}

#[test]
fn many_before_many_go_through_a_join() {
    let half = MANY / 2;
    let stages = |at| OrderNode { stage: usize::from(at >= half), ..node("s", &[], &[&format!("f{at}")]) };
    assert_eq!(edges(stages), MANY + 1);
    let blocks = |at| member(u32::from(at >= half), inexact("m", &["world"], &["world"]));
    assert!(edges(blocks) <= MANY + 2);
    let readers = |at| if at < half { node("w", &[], &[&format!("d/f{at}")]) } else { node("r", &["d"], &[]) };
    assert_eq!(edges(readers), MANY + 1);
    let writers = |at| if at < half { node("r", &["d"], &[]) } else { node("w", &[], &[&format!("d/f{at}")]) };
    assert_eq!(edges(writers), MANY + 1);
}

#[test]
fn interleaved_chains_stay_chains() {
    assert_eq!(edges(|at| node("s", &[], &[&format!("f{}", at % 7)])), MANY - 7);
}
