//! Steps that need a person, where there is none: said before anything is changed, not in the middle.

use crate::check::model::{Call, CallArg, StepItem};
use crate::plan::model::{Node, Plan, Work};
use crate::run::person::Terminal;

use super::exit::{Exit, Failure};

/// Refuses a run that is certain to reach a `manual` which nobody answers: one without `done:`, in a step that is not
/// left out when its `done when` holds. What stands under a condition or in a loop that only the run decides is not certain.
pub fn are_there(plan: &Plan) -> Result<(), Failure> {
    if Terminal::attached().is_some() {
        return Ok(());
    }
    if let Some((node, role)) = plan.nodes.iter().find_map(|node| Some((node, approver(node)?))) {
        return Err(Failure::new(
            Exit::Person,
            format!(
                "step `{}` ({}) wants the approval of `{role}`, and nobody can be asked here; nothing was changed",
                node.key,
                plan.policy.sources.locate(node.place)
            ),
        )
        .hint("run it on a terminal; `--yes` approves nothing"));
    }
    let Some((node, call)) = plan.nodes.iter().find_map(|node| Some((node, waits(node)?))) else { return Ok(()) };
    let instruction = node
        .calls
        .iter()
        .find(|expanded| expanded.call.place == call.place)
        .and_then(|expanded| expanded.args.text_or_none("instruction"))
        .map_or_else(String::new, |text| format!(": {text}"));
    Err(Failure::new(
        Exit::Person,
        format!(
            "step `{}` ({}) waits for a person, and nobody can be asked here; nothing was changed{instruction}",
            node.key,
            plan.policy.sources.locate(call.place)
        ),
    )
    .hint("run it on a terminal, or say with `done:` how the world shows that it was done"))
}

/// Who has to agree to a step that is not left out.
fn approver(node: &Node) -> Option<&str> {
    let Work::Step(step) = &node.work else { return None };
    let role = step.clauses.approve_by.as_ref().filter(|_| step.clauses.done_when.is_none())?;
    Some(&role.text)
}

fn waits(node: &Node) -> Option<&Call> {
    let Work::Step(step) = &node.work else { return None };
    if step.clauses.done_when.is_some() {
        return None;
    }
    step.body.iter().find_map(|item| match item {
        StepItem::Call(call) if call.signature().name == "manual" && !has_done(call) => Some(&**call),
        _ => None,
    })
}

fn has_done(call: &Call) -> bool {
    let params = call.signature().params;
    params.iter().zip(&call.args).any(|(param, arg)| param.name == "done" && !matches!(arg, CallArg::Absent))
}
