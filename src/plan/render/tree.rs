//! The graph of a plan as text: each node, what it waits for, and why.

use std::fmt::Write;

use crate::plan::model::Plan;
use crate::plan::{asides, graph};

use super::paint::Paint;

/// One line a node, one line for each edge into it.
#[must_use]
pub fn render(plan: &Plan, color: bool) -> String {
    let paint = Paint { color };
    let graph = graph::of(plan);
    let layers = graph::layers(&graph);
    let critical = graph::critical(plan);
    let mut text = String::new();
    for node in &plan.nodes {
        let mark = if critical.contains(node.key.as_str()) { "*" } else { " " };
        let title = node.title.as_deref().unwrap_or_default();
        let gate = if node.gate { paint.warn("  gate") } else { String::new() };
        let _ = writeln!(
            text,
            "{:>3} {mark} {}{}{gate}",
            layers[node.id.0 as usize] + 1,
            paint.bold(&node.key),
            if title.is_empty() { String::new() } else { format!("  {}", paint.dim(title)) },
        );
        for (from, reason) in graph::waits_for(&graph, node.id) {
            let key = &plan.node(from).key;
            let _ = writeln!(text, "        after {key}: {}", super::reason(reason, key));
        }
    }
    for aside in asides::of(plan) {
        let _ = writeln!(text, "      {}: {}", aside.when, paint.bold(&aside.names()));
    }
    text.push_str(&paint.dim("nodes with the same number may run at once; * is the critical path\n"));
    text
}
