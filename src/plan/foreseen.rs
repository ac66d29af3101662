//! What earlier steps change of that which a call looks at: its preview shows the world before them.

use crate::catalogue::effect::{Effects, Kind};
use crate::check::effects::{conflict, shown};
use crate::check::expand::{ExpandedCall, ExpandedNode};

use super::model::Node;

/// What stands before a call and changes what it looks at.
pub(super) struct Before {
    /// As a clause: `` `copy` writes `live/x` ``.
    pub what: String,
    /// It is known what is changed; not that of a command, which may change anything.
    pub definite: bool,
}

/// The last thing before `call` that changes what it looks at: an earlier call of its step, whose effects are `own`, or an
/// earlier node. What is definite goes before what is not.
pub(super) fn before(call: &ExpandedCall, node: &ExpandedNode, own: &Effects, nodes: &[Node]) -> Option<Before> {
    let mut effects = call.effects.clone();
    // What a command reads is anything, and its preview shows the command alone.
    effects.reads.retain(|resource| resource.kind != Kind::World);
    effects.writes.retain(|resource| resource.kind != Kind::World);
    if effects == Effects::none() {
        return None;
    }
    let mut found = changes(own, &effects, "this step");
    for earlier in nodes.iter().rev().filter(|earlier| earlier.changes && apart(earlier, node)) {
        if found.as_ref().is_some_and(|found| found.definite) {
            break;
        }
        if let Some(before) = changes(&earlier.effects, &effects, &format!("`{}`", earlier.key))
            && (found.is_none() || before.definite)
        {
            found = Some(before);
        }
    }
    found
}

/// The last earlier node that may write anything, and so may make what a command misses now.
pub(super) fn by_anything(call: &ExpandedCall, nodes: &[Node]) -> Option<Before> {
    let anything =
        |resources: &[crate::catalogue::effect::Resource]| resources.iter().any(|one| one.kind == Kind::World);
    if !anything(&call.effects.reads) {
        return None;
    }
    let earlier = nodes.iter().rev().find(|earlier| anything(&earlier.effects.writes))?;
    Some(Before { what: format!("`{}` may write anything", earlier.key), definite: false })
}

/// Members of one `parallel` block do not stand before each other.
fn apart(earlier: &Node, node: &ExpandedNode) -> bool {
    match (earlier.member, node.member) {
        (Some(a), Some(b)) => a.block != b.block || a.index == b.index,
        _ => true,
    }
}

fn changes(earlier: &Effects, later: &Effects, who: &str) -> Option<Before> {
    let writes = Effects { reads: Vec::new(), writes: earlier.writes.clone() };
    let conflict = conflict(&writes, later)?;
    let definite = conflict.earlier.kind != Kind::World;
    let what = if definite {
        format!("{who} writes {}", shown(&conflict.earlier))
    } else {
        format!("{who} may write anything")
    };
    Some(Before { what, definite })
}
