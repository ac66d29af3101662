//! What of an undo must not be done while something behind it in the text could not be taken back.
//!
//! What a failed step works on stays as it is until that one is taken back: an earlier step that wrote the same, or that
//! it names in `after`, waits for it. Everything else goes on, as where a run takes back what it did itself.

use super::compare::above;
use super::plan::UndoPlan;
use super::trail::{Called, inside};
use super::walk::{How, UndoStep};
use crate::catalogue::snapshot::tops;
use crate::catalogue::value::Value;
use crate::check::model::{Block, Expr, ExprKind, Item, Step};

/// Why `step` waits for `failed`, which stands behind it in the text; as a clause about `failed`.
pub(super) fn waits_for(plan: &UndoPlan, step: &UndoStep, failed: &UndoStep) -> Option<String> {
    let (node, other) = (top(&step.key), top(&failed.key));
    if node == other {
        return Some(format!("belongs to the same step as `{}`", step.key));
    }
    let model = model(plan, failed);
    if let Some(model) = &model
        && model.clauses.after.iter().any(|name| *name.text == *plain(node) || !is_step(plan, &name.text))
    {
        return Some(format!("comes `after` `{node}`"));
    }
    let mine = parts(plan, step, None);
    let theirs = parts(plan, failed, model.as_deref());
    let both = mine.iter().find(|mine| theirs.iter().any(|theirs| overlap(mine, theirs)))?;
    Some(format!("works on `{both}` too"))
}

/// The key of the node of the plan that a key is of or in.
fn top(key: &str) -> &str {
    key.split('/').next().unwrap_or(key)
}

/// The name in a key: `phase.name[element]#2`.
fn plain(node: &str) -> &str {
    let name = node.split(['[', '#']).next().unwrap_or(node);
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether some step that the run made is called so. A stage or a verification may stand for any of them.
fn is_step(plan: &UndoPlan, name: &str) -> bool {
    let is_verify = plan.policy.iter().flat_map(|policy| &policy.verifies).any(|verify| *verify.name.text == *name);
    is_verify || plan.trail.keys.iter().any(|key| plain(top(key)) == name)
}

fn model(plan: &UndoPlan, step: &UndoStep) -> Option<std::sync::Arc<Step>> {
    if let How::Block(model, _) | How::Repeat(model, _) = &step.how {
        return Some(std::sync::Arc::clone(model));
    }
    let name = plain(top(&step.key));
    let policy = plan.policy.as_ref()?;
    let phases = policy.phases.iter().filter(|phase| plan.trail.phases.iter().any(|ran| *ran == *phase.name.text));
    phases
        .flat_map(|phase| std::iter::once(&phase.body).chain(phase.scenarios.iter().map(|s| &s.body)))
        .find_map(|block| in_block(block, name))
}

fn in_block(block: &Block, name: &str) -> Option<std::sync::Arc<Step>> {
    block.items.iter().find_map(|item| match item {
        Item::Step(step) => (*step.name.text == *name).then(|| std::sync::Arc::clone(step)),
        Item::Parallel(parallel) => in_block(&parallel.body, name),
        Item::Stage(stage) => in_block(&stage.body, name),
        Item::For(each) => in_block(&each.body, name),
        Item::If(branch) => {
            in_block(&branch.body, name).or_else(|| branch.otherwise.as_ref().and_then(|block| in_block(block, name)))
        }
        _ => None,
    })
}

/// What a step is known to work on: what its calls kept, and what it says itself.
fn parts(plan: &UndoPlan, step: &UndoStep, model: Option<&Step>) -> Vec<String> {
    let mut parts = Vec::new();
    match &step.how {
        How::Restore(called) | How::Again(called) => of_call(called, &mut parts),
        _ => {
            let calls = plan.trail.calls.iter().filter(|called| inside(&called.node, top(&step.key)));
            calls.for_each(|called| of_call(called, &mut parts));
        }
    }
    let clauses = model.map(|model| &model.clauses);
    let said = clauses.into_iter().flat_map(|clauses| [&clauses.touches, &clauses.writes, &clauses.reads]);
    parts.extend(said.flatten().flatten().map(resource));
    parts
}

fn of_call(called: &Called, parts: &mut Vec<String>) {
    parts.extend(called.before.iter().flat_map(|before| before.parts.keys().cloned()));
    parts.extend(tops(called.capture.states()).map(|state| state.path.clone()));
}

/// A resource as a path; what is not known may be every one.
fn resource(expr: &Expr) -> String {
    let ExprKind::Const(Value::Str(text)) = &expr.kind else { return String::new() };
    let path = text.strip_prefix("file:").unwrap_or(text);
    if path == "world" {
        return String::new();
    }
    let whole: Vec<&str> = path.split('/').take_while(|part| !part.contains(['*', '?', '[', '{'])).collect();
    whole.join("/")
}

/// Whether one is the other or stands above it; the empty one is everything.
fn overlap(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim_start_matches("./").trim_end_matches('/'), b.trim_start_matches("./").trim_end_matches('/'));
    a.is_empty() || b.is_empty() || a == b || above(a).any(|above| above == b) || above(b).any(|above| above == a)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_overlaps_what_lies_above_and_below_it() {
        for (a, b, wanted) in [
            ("a/b", "a/b", true),
            ("a", "a/b/c", true),
            ("./a/b/", "a", true),
            ("", "a", true),
            ("a/b", "a/bc", false),
            ("left", "right", false),
        ] {
            assert_eq!((overlap(a, b), overlap(b, a)), (wanted, wanted), "{a} {b}");
        }
    }

    #[test]
    fn the_name_in_a_key_is_that_of_its_step() {
        for (key, name) in [("a", "a"), ("phase.a", "a"), ("a[x.y]#2", "a"), ("phase.a#3", "a")] {
            assert_eq!(plain(key), name);
        }
    }
}
