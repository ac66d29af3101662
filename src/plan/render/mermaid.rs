//! A plan as a Mermaid flowchart (mermaid.js.org/syntax/flowchart.html).

use std::fmt::Write;

use crate::plan::asides;
use crate::plan::model::Plan;

/// The graph, gates as hexagons, what runs only in some cases dotted.
#[must_use]
pub fn render(plan: &Plan) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for node in &plan.nodes {
        let label = escaped(node.title.as_ref().map_or(&node.key, |title| title));
        let (open, close) = if node.gate { ("{{", "}}") } else { ("[", "]") };
        let _ = writeln!(text, "  n{}{open}\"{}<br/>{label}\"{close}", node.id.0, escaped(&node.key));
    }
    for edge in &plan.edges {
        let _ = writeln!(text, "  n{} --> n{}", edge.from.0, edge.to.0);
    }
    for (number, aside) in asides::of(plan).iter().enumerate() {
        let _ = writeln!(text, "  a{number}([\"{}\"])", escaped(&aside.names()));
        for from in &aside.after {
            let _ = writeln!(text, "  n{} -. \"{}\" .-> a{number}", from.0, escaped(&aside.when));
        }
    }
    text
}

/// Mermaid reads entities inside quoted labels.
fn escaped(text: &str) -> String {
    text.replace('&', "#amp;").replace('"', "#quot;").replace('<', "#lt;").replace('>', "#gt;").replace('\n', " ")
}
