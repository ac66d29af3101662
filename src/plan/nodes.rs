//! Completing expanded nodes: what each call would change, its fingerprint, and what happens if it fails.

use crate::catalogue::args::Arg;
use crate::catalogue::effect::Effects;
use crate::catalogue::look::Look;
use crate::catalogue::unit::Preview;
use crate::catalogue::value::Value;
use crate::check::expand::{ExpandedCall, ExpandedNode};
use crate::source::Sources;

use super::PlanError;
use super::failure;
use super::foreseen::{self, Before};
use super::model::{CallPreview, Node, NodeId};

/// Previews every call. What an earlier step may change is previewed as it is now, and says so; what is not there yet
/// because an earlier step makes it is no error.
pub(super) fn complete(all: Vec<ExpandedNode>, sources: &Sources, look: &Look) -> Result<Vec<Node>, PlanError> {
    let words = failure::words(&all);
    let mut nodes: Vec<Node> = Vec::with_capacity(all.len());
    for (index, node) in all.into_iter().enumerate() {
        let mut previews = Vec::with_capacity(node.calls.len());
        let mut known_after = Vec::new();
        let mut own = Effects::none();
        for call in &node.calls {
            let before = foreseen::before(call, &node, &own, &nodes);
            let looked = preview(call, before, &nodes, look);
            previews.push(looked.map_err(|wrong| expanded(wrong, call, sources))?);
            own.extend(call.effects.clone());
        }
        for (from, name) in &node.uses {
            known_after.push((name.to_string(), nodes[*from].key.clone()));
        }
        nodes.push(Node {
            id: NodeId(index as u32),
            key: node.key.to_string(),
            title: node.title,
            work: node.work,
            stage: node.stage,
            phase: node.phase.to_string(),
            locals: node.locals,
            effects: node.effects,
            gate: node.gate,
            exact: node.inexact.is_none(),
            member: node.member,
            place: node.place,
            stage_name: node.stage_name,
            calls: node.calls,
            pinned: node.pinned,
            handling: node.handling,
            people: node.people,
            known_after,
            previews,
            if_it_fails: words[index].clone(),
            worst: node.worst,
            timeout: node.timeout,
            mitigates: node.mitigates,
            changes: node.changes,
        });
    }
    Ok(nodes)
}

/// The calls of actions of the policy's own that led to what is wrong.
fn expanded(wrong: PlanError, call: &ExpandedCall, sources: &Sources) -> PlanError {
    match wrong {
        PlanError::World { place, mut error } => {
            for via in call.via.iter().rev() {
                error.what = via.around(&error.what, sources);
            }
            PlanError::World { place, error }
        }
        other => other,
    }
}

fn preview(call: &ExpandedCall, before: Option<Before>, nodes: &[Node], look: &Look) -> Result<CallPreview, PlanError> {
    let text = as_written(call);
    if call.args.any_unknown() {
        let preview = Preview {
            summary: text.clone(),
            opaque: Some("it uses a value that only the run will know".to_owned()),
            ..Preview::default()
        };
        return Ok(CallPreview { call: text, preview, fingerprint: None });
    }
    let looked = call.call.action.preview(&call.args, look);
    let looked = looked.and_then(|preview| Ok((preview, call.call.action.fingerprint(&call.args, look)?)));
    match (looked, before) {
        (Ok((mut preview, fingerprint)), before) => {
            if let Some(before) = before.filter(|before| before.definite) {
                preview.notes.push(format!("shown as it is now: before it, {}", before.what));
            }
            Ok(CallPreview { call: text, preview, fingerprint })
        }
        (Err(error), before) => {
            let Some(before) = before.or_else(|| foreseen::by_anything(call, nodes)) else {
                return Err(PlanError::World { place: call.call.place, error });
            };
            // What an earlier step makes is not there yet: the run will see, and looks before it writes.
            let preview = Preview {
                summary: text.clone(),
                opaque: Some(format!("cannot be foreseen: {} now, and before it {}", error.what, before.what)),
                ..Preview::default()
            };
            Ok(CallPreview { call: text, preview, fingerprint: None })
        }
    }
}

/// A call with the values of its arguments: `git.restore(["a.ts"], from: "5f3c…")`.
fn as_written(call: &ExpandedCall) -> String {
    use crate::catalogue::signature::Form;
    let signature = call.call.signature();
    let mut parts = Vec::new();
    for param in signature.params {
        let value = match call.args.raw(param.name) {
            Arg::Absent | Arg::Known(Value::None) => continue,
            Arg::Unknown => "known when it runs".to_owned(),
            Arg::Known(value) => value.to_string(),
            Arg::Lazy(_) => "…".to_owned(),
        };
        let positional = matches!(param.form, Form::Positional | Form::OptionalPositional | Form::Lazy);
        parts.push(if positional { value } else { format!("{}: {value}", param.name) });
    }
    format!("{}({})", signature.name, parts.join(", "))
}
