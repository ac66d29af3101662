//! A plan as a DOT graph (graphviz.org/doc/info/lang.html).

use std::fmt::Write;

use crate::plan::model::Plan;
use crate::plan::{asides, graph};

/// The graph, critical path bold, each edge with its reason, what runs only in some cases dashed.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let critical = graph::critical(plan);
    let mut text = format!(
        "digraph {} {{\n  rankdir=LR; node [shape=box, fontname=\"sans-serif\"];\n",
        quoted(&plan.policy.name.text)
    );
    for node in &plan.nodes {
        let label = node.title.as_ref().map_or_else(|| node.key.clone(), |title| format!("{}\n{title}", node.key));
        let width = if critical.contains(node.key.as_str()) { 2 } else { 1 };
        let shape = if node.gate { ", shape=octagon" } else { "" };
        let _ = writeln!(text, "  {} [label={}, penwidth={width}{shape}];", quoted(&node.key), quoted(&label));
    }
    for edge in &plan.edges {
        let (from, to) = (plan.node(edge.from), plan.node(edge.to));
        let why = super::reason(&edge.reason, &from.key);
        let _ = writeln!(text, "  {} -> {} [tooltip={}];", quoted(&from.key), quoted(&to.key), quoted(&why));
    }
    for (number, aside) in asides::of(plan).iter().enumerate() {
        let name = quoted(&format!("aside {number}"));
        let _ = writeln!(text, "  {name} [label={}, style=dashed];", quoted(&aside.names()));
        for from in &aside.after {
            let (from, when) = (quoted(&plan.node(*from).key), quoted(&aside.when));
            let _ = writeln!(text, "  {from} -> {name} [style=dashed, label={when}];");
        }
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n").replace('\r', "");
    format!("\"{escaped}\"")
}
