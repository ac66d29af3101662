//! Whether what is about to be written is still what the plan saw (`language.md` §8, drift).

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::unit::{Action, Fingerprint};
use crate::check::effects;
use crate::plan::model::Plan;

/// Compares `now`, the state before a call of `node`, with what the plan saw. `made`: the calls that the node has made;
/// `writes`: what the call affects.
///
/// A difference that something earlier in the text may have made is none: by its effects, since commands cannot tell what
/// they wrote. INVARIANT: what stands later in the text and ran ahead does not conflict, so it cannot have made it.
pub fn check(
    plan: &Plan,
    node: usize,
    now: &Fingerprint,
    made: &[(Arc<dyn Action>, Args)],
    writes: &dyn Fn() -> Effects,
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
    let own = writes();
    let writes = only_writes(&own);
    let earlier =
        plan.nodes[..node].iter().any(|earlier| effects::conflict(&only_writes(&earlier.effects), &writes).is_some());
    let of_itself = |(action, args): &(Arc<dyn Action>, Args)| {
        effects::conflict(&only_writes(&action.effects(args, None::<&Look>)), &writes).is_some()
    };
    if earlier || made.iter().any(of_itself) {
        return Ok(());
    }
    let planned = saw[part.as_str()];
    Err(Error::new(ErrorKind::Drifted, format!("`{part}` is not what the plan saw: then {planned}, now {digest}"))
        .hint("somebody changed it since; plan again, and look at the new diff"))
}

fn only_writes(effects: &Effects) -> Effects {
    Effects { reads: Vec::new(), writes: effects.writes.clone() }
}
