//! Plans as files: what is written, and how a file becomes a plan again.

use crate::source::{SourceFile, Sources};

use super::model::{Plan, Saved, SavedNode};

/// The version of the form. A newer one is refused.
pub const FORMAT: u32 = 1;

/// The largest plan file that is read.
pub const MAX_FILE: u64 = 256 * 1024 * 1024;

/// Why a file is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    /// Not JSON, or not of this shape.
    #[error("it is no saved plan: {0}")]
    Shape(String),
    /// Written by a newer rbk.
    #[error("it has form {0}; this rbk reads form {FORMAT}")]
    Newer(u32),
}

/// What is saved of `plan`.
#[must_use]
pub fn of(plan: &Plan) -> Saved {
    let sources = plan.policy.sources.iter();
    Saved {
        format: FORMAT,
        rbk: env!("CARGO_PKG_VERSION").to_owned(),
        id: plan.id,
        made: plan.made,
        sources: sources.map(|(_, file)| (file.path.display().to_string(), file.text.to_string())).collect(),
        request: plan.request.clone(),
        target: plan.target.clone(),
        params: plan.params.clone(),
        pins: plan.pins.clone(),
        nodes: plan.nodes.iter().map(node).collect(),
        edges: plan.edges.clone(),
        times: plan.times.clone(),
    }
}

fn node(node: &super::model::Node) -> SavedNode {
    SavedNode {
        key: node.key.clone(),
        title: node.title.clone(),
        kind: node.work.kind().to_owned(),
        phase: node.phase.clone(),
        stage: node.stage,
        effects: node.effects.clone(),
        gate: node.gate,
        exact: node.exact,
        previews: node.previews.clone(),
        if_it_fails: node.if_it_fails.clone(),
        worst: node.worst,
    }
}

/// Reads a saved plan.
pub fn read(text: &str) -> Result<Saved, NoPlan> {
    let value: serde_json::Value = serde_json::from_str(text).map_err(|error| NoPlan::Shape(error.to_string()))?;
    let format = value.get("format").and_then(serde_json::Value::as_u64);
    match format {
        Some(format) if format > u64::from(FORMAT) => Err(NoPlan::Newer(format as u32)),
        Some(_) => serde_json::from_value(value).map_err(|error| NoPlan::Shape(error.to_string())),
        None => Err(NoPlan::Shape("it has no `format`".to_owned())),
    }
}

/// The texts that it was made from.
#[must_use]
pub fn sources(saved: &Saved) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in &saved.sources {
        sources.add(SourceFile::new(path, text.as_str()));
    }
    sources
}
