//! How much a policy may come to when its loops are unrolled. Eight loops of ten, one in the other, are a hundred million steps.

use crate::catalogue::error::Error;
use crate::catalogue::value::Value;
use crate::check::eval::room;
use crate::source::Place;

use super::Expander;

/// Nodes of a plan; nobody reads a tenth of them.
const NODES: usize = 100_000;

/// Calls of all steps together.
const CALLS: usize = 100_000;

/// Rounds of loops, also of those in which nothing is done.
const ROUNDS: usize = 1_000_000;

/// Bytes of all values that are bound or given to a call.
const ROOM: usize = 4 * room::MOST;

/// What was used up.
#[derive(Default)]
pub(super) struct Used {
    calls: usize,
    rounds: usize,
    bytes: usize,
}

impl Expander<'_> {
    /// Whether the loop at `place` must not go round once more.
    pub(super) fn exhausted(&mut self, place: Place) -> bool {
        self.used.rounds += 1;
        let (nodes, rounds, calls) = (self.out.nodes.len(), self.used.rounds, self.used.calls);
        if nodes >= NODES {
            self.exceeds(place, &format!("the plan comes to more than {NODES} steps"));
        } else if calls >= CALLS {
            self.exceeds(place, &format!("the steps come to more than {CALLS} calls"));
        } else if rounds >= ROUNDS {
            self.exceeds(place, &format!("the loops go round more than {ROUNDS} times"));
        }
        self.out.excess.is_some()
    }

    pub(super) fn counts_call(&mut self) {
        self.used.calls += 1;
    }

    /// Whether `value`, which is bound or given at `place`, still has room.
    pub(super) fn holds(&mut self, value: &Value, place: Place) -> bool {
        // Only what nobody else holds takes memory; but what holds one thing many times is written out in full.
        let container = matches!(value, Value::List(_) | Value::Map(_) | Value::Record(_));
        let size = if container || alone(value) { room::size(value, ROOM) } else { 0 };
        if container && size > room::MOST {
            self.exceeded(place, room::too_large());
            return false;
        }
        self.used.bytes = self.used.bytes.saturating_add(size);
        if self.used.bytes > ROOM {
            self.exceeds(place, "all values together come to more than 256 MiB");
        }
        self.out.excess.is_none()
    }

    fn exceeds(&mut self, place: Place, what: &str) {
        self.exceeded(place, Error::refused(what).hint("walk shorter lists, or let fewer loops stand in each other"));
    }

    /// Notes the first of them.
    pub(super) fn exceeded(&mut self, place: Place, error: Error) {
        self.out.excess.get_or_insert((place, error));
    }
}

/// Whether a text has no other owner.
fn alone(value: &Value) -> bool {
    match value {
        Value::Str(text) | Value::Path(text) | Value::Url(text) => std::sync::Arc::strong_count(text) == 1,
        Value::Code(code) => std::sync::Arc::strong_count(code) == 1,
        _ => false,
    }
}
