//! Completing expanded nodes: what each call would change, its fingerprint, and what happens if it fails.

use crate::catalogue::args::Arg;
use crate::catalogue::effect::Effects;
use crate::catalogue::look::Look;
use crate::catalogue::unit::{Change, Preview};
use crate::catalogue::value::Value;
use crate::check::expand::{ExpandedCall, ExpandedNode, Work};
use crate::check::model::Policy;
use crate::source::Sources;

use super::PlanError;
use super::failure;
use super::foreseen::{self, Ahead, Before};
use super::model::{CallPreview, Node, NodeId};
use super::scripts::{self, Scripts};

/// Previews every call. What an earlier step may change is previewed as it is now, and says so; what is not there yet
/// because an earlier step makes it is no error.
pub(super) fn complete(
    policy: &Policy,
    expanded: Vec<ExpandedNode>,
    look: &Look,
    mut found: Vec<PlanError>,
) -> Result<Vec<Node>, PlanError> {
    let mut words = failure::words(policy, &expanded).into_iter();
    let mut nodes: Vec<Node> = Vec::with_capacity(expanded.len());
    let mut stopped: Vec<(String, String)> = Vec::new();
    let mut ahead = Ahead::new();
    let mut scripts = Scripts::default();
    for (index, node) in expanded.into_iter().enumerate() {
        let mut previews = Vec::with_capacity(node.calls.len());
        let mut known_after = Vec::new();
        for call in &node.calls {
            let starts = if call.args.any_unknown() { Vec::new() } else { call.call.action.starts(&call.args, look) };
            // What a command in between may have brought back is not gone for sure.
            let lost = scripts.lost(&starts).filter(|(_, by)| ahead.last_of_world().is_none_or(|last| last <= *by));
            if let Some((file, by)) = lost {
                let by = nodes.get(by).map_or(&*node.key, |removing| removing.key.as_str());
                let error = scripts::refusal(file, by, look);
                found.push(within(PlanError::World { place: call.call.place, error }, call, &policy.sources));
            }
            let brought = scripts.bring(&starts).and_then(|by| nodes.get(by)).map(|by| by.key.clone());
            match preview(call, &node, index, &mut ahead, &nodes, look, brought) {
                Ok(mut preview) => {
                    stops(&mut preview.preview, &node.key, &mut stopped);
                    if !call.certain {
                        let note = "not certain: a condition or a list that only the run will know decides";
                        preview.preview.notes.insert(0, note.to_owned());
                    }
                    if foreseen::counts(call, &node) {
                        scripts.enter(index, &preview.preview, look);
                    }
                    previews.push(preview);
                }
                Err(wrong) => {
                    found.push(within(wrong, call, &policy.sources));
                    ahead.unforeseen(written(call, &node), &node, index);
                }
            }
        }
        if node.calls.is_empty() && node.changes {
            ahead.unforeseen(&node.effects, &node, index);
        }
        for (from, name) in &node.uses {
            known_after.push((name.to_string(), nodes[*from].key.clone()));
        }
        let (if_it_fails, undo) = words.next().expect("there is one for each node");
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
            within: node.within,
            in_stage: node.in_stage,
            people: node.people,
            known_after,
            previews,
            shows: node.shows,
            shown: Vec::new(),
            if_it_fails,
            expectations: Vec::new(),
            undo,
            worst: node.worst,
            timeout: node.timeout,
            mitigates: node.mitigates,
            changes: node.changes,
        });
    }
    PlanError::none_of(found)?;
    Ok(nodes)
}

/// A start beside which a copy runs now, which an earlier stop ends: then the copy is no reason to worry.
fn stops(preview: &mut Preview, key: &str, stopped: &mut Vec<(String, String)>) {
    for change in &preview.changes {
        if let Change::Process { summary } = change
            && let Some((pid, _)) = summary.strip_prefix("stop pid ").and_then(|rest| rest.split_once(','))
        {
            stopped.push((pid.to_owned(), key.to_owned()));
        }
    }
    for note in &mut preview.notes {
        let Some(running) = note.strip_prefix("already runs (pid ") else { continue };
        let pid = running.split(',').next().unwrap_or_default();
        if let Some((_, by)) = stopped.iter().find(|(stopped, _)| stopped == pid) {
            let by = if by == key { "this step".to_owned() } else { format!("`{by}`") };
            *note = format!("runs now as pid {pid}, which {by} stops before");
        }
    }
}

/// What `call` writes: of a step that says so itself, what it says.
fn written<'n>(call: &'n ExpandedCall, node: &'n ExpandedNode) -> &'n Effects {
    match &node.work {
        Work::Step(step) if step.clauses.writes.is_some() || step.clauses.touches.is_some() => &node.effects,
        _ => &call.effects,
    }
}

/// The calls of actions of the policy's own that led to what is wrong.
fn within(wrong: PlanError, call: &ExpandedCall, sources: &Sources) -> PlanError {
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

fn preview(
    call: &ExpandedCall,
    node: &ExpandedNode,
    index: usize,
    ahead: &mut Ahead,
    nodes: &[Node],
    look: &Look,
    brought: Option<String>,
) -> Result<CallPreview, PlanError> {
    let text = as_written(call);
    if call.args.any_unknown() {
        ahead.unforeseen(written(call, node), node, index);
        let preview = Preview {
            summary: text.clone(),
            opaque: Some("it uses a value that only the run will know".to_owned()),
            ..Preview::default()
        };
        return Ok(CallPreview { call: text, preview, fingerprint: None });
    }
    let action = &call.call.action;
    // A call that foresees its files looks at nothing else, so it sees what is foreseen; unless some of it is not.
    let unknown = ahead.unknown_before(call, node, nodes);
    if !unknown.is_some_and(|before| before.definite) {
        let after = ahead.look(look);
        if let Ok(Some(files)) = action.foresee(&call.args, &after)
            && let Ok(mut preview) = action.preview(&call.args, &after)
            && let Ok(fingerprint) = action.fingerprint(&call.args, look)
        {
            preview.notes.extend(ahead.shown_after(call, &files, look, nodes));
            if foreseen::counts(call, node) {
                ahead.foreseen(call, node, index, files);
            } else {
                ahead.unforeseen(written(call, node), node, index);
            }
            return Ok(CallPreview { call: text, preview, fingerprint });
        }
    }
    let before = ahead.before(call, node, nodes);
    let looked = action.preview(&call.args, look);
    let looked = looked.and_then(|preview| Ok((preview, action.fingerprint(&call.args, look)?)));
    let shown = match (looked, before) {
        (Ok((mut preview, fingerprint)), before) => {
            if let Some(before) = before.filter(|before| before.definite) {
                preview.notes.push(format!("shown as it is now: before it, {}", before.what));
            }
            preview.changes.shrink_to_fit(); // there are many, and most have one
            CallPreview { call: text, preview, fingerprint }
        }
        (Err(error), before) => {
            let by_name = || brought.map(|key| Before { what: format!("`{key}` brings it"), definite: false });
            let Some(before) = before.or_else(|| ahead.by_anything(call, nodes)).or_else(by_name) else {
                return Err(PlanError::World { place: call.call.place, error });
            };
            // What an earlier step makes is not there yet: the run will see, and looks before it writes.
            let preview = Preview {
                summary: text.clone(),
                opaque: Some(format!(
                    "cannot be foreseen: {} now, and before it {}",
                    error.what.trim_end_matches(" now"),
                    before.what
                )),
                ..Preview::default()
            };
            CallPreview { call: text, preview, fingerprint: None }
        }
    };
    ahead.unforeseen(written(call, node), node, index);
    Ok(shown)
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
