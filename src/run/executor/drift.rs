//! Whether what is about to be written is still what the plan saw (`language.md` §8, drift).

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::unit::{Action, Fingerprint};
use crate::check::effects;
use crate::plan::model::Plan;
use crate::plan::writers::Writers;
use crate::source::Place;

/// A call that a node has made.
pub struct Made {
    pub action: Arc<dyn Action>,
    pub args: Args,
    pub place: Place,
}

/// The writes of all nodes of a plan, gathered once the first difference asks for them.
#[derive(Default)]
pub struct AllWrites(OnceLock<Writers>);

impl AllWrites {
    /// Whether a node before `node` writes something of `writes`.
    fn before(&self, plan: &Plan, node: usize, writes: &Effects) -> bool {
        let all = self.0.get_or_init(|| {
            let mut all = Writers::new();
            plan.nodes.iter().enumerate().for_each(|(index, node)| all.enter(index, &node.effects));
            all
        });
        all.first(writes).is_some_and(|first| first < node)
    }
}

/// Compares `now`, the state before `call` of `node`, with what the plan saw. `made`: the calls that the node has made.
///
/// A difference that something earlier in the text may have made is none: by its effects, since commands cannot tell what
/// they wrote. Both as they were planned and as they are now: since then a name may have become another file's.
/// INVARIANT: what stands later in the text and ran ahead does not conflict, so it cannot have made it.
pub fn check(
    plan: &Plan,
    all: &AllWrites,
    node: usize,
    now: &Fingerprint,
    (call, made): (&Made, &[Made]),
    look: &Look,
) -> Result<()> {
    let mut saw: BTreeMap<&str, &str> = BTreeMap::new();
    for (part, digest) in
        plan.nodes[node].previews.iter().filter_map(|call| call.fingerprint.as_ref()).flat_map(|f| &f.parts)
    {
        // Of several calls on one thing the first one counts: the others saw it before that one ran.
        saw.entry(part).or_insert(digest);
    }
    let differs = |(part, digest): &(&String, &String)| saw.get(part.as_str()).is_some_and(|planned| planned != digest);
    let Some((part, digest)) = now.parts.iter().find(differs) else { return Ok(()) };
    let writes = writes_of(plan, node, call, look);
    let of_itself = |made: &Made| effects::conflict(&writes_of(plan, node, made, look), &writes).is_some();
    if all.before(plan, node, &writes) || made.iter().any(of_itself) {
        return Ok(());
    }
    let planned = saw[part.as_str()];
    Err(Error::new(ErrorKind::Drifted, format!("`{part}` is not what the plan saw: then {planned}, now {digest}"))
        .hint("somebody changed it since; plan again, and look at the new diff"))
}

/// What a call of `node` writes, as it was planned and as it is now.
fn writes_of(plan: &Plan, node: usize, call: &Made, look: &Look) -> Effects {
    let mut all = call.action.effects(&call.args, Some(look));
    for planned in plan.nodes[node].calls.iter().filter(|planned| planned.call.place == call.place) {
        all.extend(planned.effects.clone());
    }
    Effects { reads: Vec::new(), writes: all.writes }
}
