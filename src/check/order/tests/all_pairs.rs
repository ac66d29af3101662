//! The rule, word by word, over all pairs; and random programs on which both must agree.

use proptest::prelude::*;

use super::super::{Order, OrderNode, Trouble, order};
use super::{node, reachable};
use crate::check::effects::conflict;

/// Whether everything in `a` must end before anything in `b` starts: units as they are towards each other.
fn ordered(nodes: &[OrderNode], a: &[usize], b: &[usize]) -> bool {
    let pairs = || a.iter().flat_map(|x| b.iter().map(move |y| (*x, *y)));
    let alone = |unit: &[usize]| nodes[unit[0]].block.is_none();
    nodes[a[0]].stage != nodes[b[0]].stage
        || pairs().any(|(x, y)| conflict(&nodes[x].effects, &nodes[y].effects).is_some())
        || pairs().any(|(x, y)| said(&nodes[y], x))
        || [a, b].into_iter().any(|unit| alone(unit) && nodes[unit[0]].gate)
        || b.iter().any(|y| nodes[*y].inexact.is_some())
}

fn said(later: &OrderNode, earlier: usize) -> bool {
    later.after.contains(&earlier) || later.uses.iter().chain(&later.also).any(|(other, _)| *other == earlier)
}

/// What precedes what, by the rule.
fn expected(nodes: &[OrderNode]) -> Vec<Vec<bool>> {
    let mut units: Vec<Vec<usize>> = Vec::new();
    for at in 0..nodes.len() {
        match units.last_mut() {
            Some(unit) if nodes[at].block.is_some() && nodes[unit[0]].block == nodes[at].block => unit.push(at),
            _ => units.push(vec![at]),
        }
    }
    let mut before = vec![vec![false; nodes.len()]; nodes.len()];
    for (at, b) in units.iter().enumerate() {
        for a in &units[..at] {
            if ordered(nodes, a, b) {
                for x in a {
                    b.iter().for_each(|y| before[*x][*y] = true);
                }
            }
        }
        for y in b {
            b.iter().filter(|x| *x < y && said(&nodes[*y], **x)).for_each(|x| before[*x][*y] = true);
        }
    }
    for through in 0..nodes.len() {
        for from in 0..nodes.len() {
            if before[from][through] {
                let behind = before[through].clone();
                before[from].iter_mut().zip(behind).for_each(|(here, there)| *here |= there);
            }
        }
    }
    before
}

/// Whether an edge follows from others.
fn superfluous(order: &Order, count: usize) -> Option<(usize, usize)> {
    let edges: Vec<_> = order.edges.iter().map(|edge| (edge.from, edge.to)).collect();
    edges.iter().copied().find(|&(from, to)| {
        // Through a join, an edge stands for many pairs, of which some may follow from others.
        from < count && to < count && {
            let mut seen = vec![false; count + order.joins.len()];
            let mut open = vec![from];
            while let Some(at) = open.pop() {
                for &(_, next) in edges.iter().filter(|edge| edge.0 == at && **edge != (from, to)) {
                    if !std::mem::replace(&mut seen[next], true) {
                        open.push(next);
                    }
                }
            }
            seen[to]
        }
    })
}

const NAMES: &[&str] = &[
    "a",
    "a/b",
    "a/b/c",
    "a/d",
    "b",
    "b/x",
    "a/*",
    "*/x",
    "a/b*",
    "a/*c",
    ".",
    "**",
    "/etc/x",
    "/etc",
    "db:a/b",
    "db:q",
    "git:index",
    "git:head",
    ".git",
    "redis:h1/0",
    "redis:h1/1",
    "redis:h2/0",
    "k8s:n/x",
    "k8s:n",
    "flag:f",
    "world",
];

#[derive(Clone, Debug)]
struct Sketch {
    reads: Vec<usize>,
    writes: Vec<usize>,
    kind: u8,
    jump: u8,
    backwards: Vec<(usize, u8)>,
}

fn sketch(names: usize) -> impl Strategy<Value = Sketch> {
    (
        prop::collection::vec(0..names, 0..3),
        prop::collection::vec(0..names, 0..3),
        0..20_u8,
        0..16_u8,
        prop::collection::vec((1..12_usize, 0..3_u8), 0..2),
    )
        .prop_map(|(reads, writes, kind, jump, backwards)| Sketch { reads, writes, kind, jump, backwards })
}

fn program(sketches: &[Sketch], gates: bool) -> Vec<OrderNode> {
    let (mut stage, mut block, mut in_block) = (0, 0, false);
    let mut nodes: Vec<OrderNode> = Vec::new();
    for (at, sketch) in sketches.iter().enumerate() {
        let names = |list: &[usize]| list.iter().map(|name| NAMES[*name]).collect::<Vec<_>>();
        let mut made = node(&format!("n{at}"), &names(&sketch.reads), &names(&sketch.writes));
        made.gate = gates && sketch.kind == 0;
        made.inexact = (gates && (1..4).contains(&sketch.kind)).then(|| "exec".into());
        match sketch.jump {
            0 if gates => {
                stage += 1;
                in_block = false;
            }
            1..4 => {
                block += 1;
                in_block = true;
            }
            4..8 => in_block = false,
            _ => {}
        }
        made.stage = stage;
        made.block = in_block.then_some(block);
        for (back, how) in &sketch.backwards {
            let Some(other) = at.checked_sub(*back) else { continue };
            match how {
                0 => made.after.push(other),
                1 => made.uses.push((other, "v".into())),
                _ => made.also.push((other, "one at a time".into())),
            }
        }
        nodes.push(made);
    }
    nodes
}

fn agree(nodes: &[OrderNode]) -> Result<(), TestCaseError> {
    let found = order(nodes);
    prop_assert_eq!(reachable(&found, nodes.len()), expected(nodes));
    prop_assert_eq!(superfluous(&found, nodes.len()), None);
    let direct = Order { edges: found.direct(nodes.len()), ..Order::default() };
    prop_assert_eq!(reachable(&direct, nodes.len()), expected(nodes), "joins opened");
    // What is told is a provable conflict that nothing orders; and a block that has any is told of one.
    let before = expected(nodes);
    let provable = |a: usize, b: usize| {
        let same = nodes[a].block.is_some() && nodes[a].block == nodes[b].block;
        let conflict = || conflict(&nodes[a].effects, &nodes[b].effects);
        same && !before[a][b] && conflict().is_some_and(|conflict| conflict.provable)
    };
    let mut told = Vec::new();
    for trouble in &found.trouble {
        if let Trouble::ParallelConflict { a, b, .. } = trouble {
            prop_assert!(provable(*a, *b));
            told.push(nodes[*a].block);
        }
    }
    for b in 0..nodes.len() {
        prop_assert!(!(0..b).any(|a| provable(a, b)) || told.contains(&nodes[b].block), "member {}", b);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_all_pairs(sketches in prop::collection::vec(sketch(NAMES.len()), 0..24)) {
        agree(&program(&sketches, true))?;
    }

    /// Without fences and with few names, so that many meet many and joins arise.
    #[test]
    fn agrees_where_many_meet_many(sketches in prop::collection::vec(sketch(10), 20..70)) {
        agree(&program(&sketches, false))?;
    }
}
