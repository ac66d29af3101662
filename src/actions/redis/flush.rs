//! `redis.flush`: empties a database.

use std::collections::BTreeMap;

use redis::cmd;

use super::kept;
use super::{CAPTURE, captures, effects, not_known_yet, nothing_kept};
use crate::catalogue::args::Args;
use crate::catalogue::change::thousands;
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::Result;
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::signature::{Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;
use crate::probes::redis::client::{Client, SignIn};
use crate::probes::redis::keys::{self, Key};
use crate::probes::redis::place::Place;
use crate::probes::redis::{PASSWORD, SERVER, USER};

static FLUSH: Signature = Signature {
    name: "redis.flush",
    role: Role::Action,
    params: &[SERVER, CAPTURE, USER, PASSWORD],
    returns: Returns::Type("int"),
    undo: UndoKind::Exact,
    gate: false,
    doc: "deletes every key of a database of a Redis server; gives how many there were",
    page: "actions/redis.flush.md",
};

/// Keys that one call may capture.
const MOST: usize = 200_000;
/// Prefixes that a plan lists.
const PREFIXES: usize = 5;

pub(super) struct Flush;

impl Action for Flush {
    fn signature(&self) -> &'static Signature {
        &FLUSH
    }

    fn effects(&self, args: &Args, _look: Option<&Look>) -> Effects {
        effects(args)
    }

    fn entries(&self, _args: &Args, _look: Option<&Look>) -> Entries {
        Entries::Kept
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        if args.any_unknown() {
            return Ok(not_known_yet());
        }
        let place = Place::find(args)?;
        let mut client = Client::to_look(&place, &SignIn::of(args), look)?;
        let count = client.number(&cmd("DBSIZE"))?.max(0) as u64;
        let mut preview = Preview::default();
        if count == 0 {
            preview.summary = format!("delete nothing: redis {} holds no key", place.name());
            return Ok(preview);
        }
        let keys = keys::matching(&mut client, "*", MOST)?;
        let size = if captures(args) {
            format!(" ({})", show::bytes(kept::refuse_too_much(&mut client, &keys, MOST, FLUSH.name)? as f64))
        } else {
            ", not captured".to_owned()
        };
        let s = if count == 1 { "" } else { "s" };
        preview.summary = format!("delete every key of redis {}: {} key{s}{size}", place.name(), thousands(count));
        let groups = prefixes(&keys);
        let more = groups.len().saturating_sub(PREFIXES);
        for (prefix, count) in groups.into_iter().take(PREFIXES) {
            let summary = format!("delete {prefix}   {}", thousands(count));
            preview.changes.push(Change::Other { summary });
        }
        if more > 0 {
            preview.changes.push(Change::Other { summary: format!("and keys of {more} other kinds") });
        }
        Ok(preview)
    }

    /// Whether there is anything: the keys of a live cache change all the time.
    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        if args.any_unknown() {
            return Ok(None);
        }
        let place = Place::find(args)?;
        let mut client = Client::to_look(&place, &SignIn::of(args), look)?;
        let is_empty = client.number(&cmd("DBSIZE"))? == 0;
        let mut fingerprint = Fingerprint::default();
        let state = if is_empty { "absent" } else { "holds keys" };
        fingerprint.parts.insert(format!("redis:{}", place.name()), state.to_owned());
        Ok(Some(fingerprint))
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        if !captures(args) {
            return Ok(Capture::Nothing);
        }
        let mut client = Client::connect(&Place::find(args)?, &SignIn::of(args), look)?;
        let keys = keys::matching(&mut client, "*", MOST)?;
        kept::refuse_too_much(&mut client, &keys, MOST, FLUSH.name)?;
        kept::capture(&mut client, args, &keys, true, keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let mut client = Client::connect(&Place::find(args)?, &SignIn::of(args), touch)?;
        let replies = client.at_once(vec![cmd("DBSIZE"), cmd("FLUSHDB")])?;
        Ok(match replies.first() {
            Some(redis::Value::Int(count)) => Value::Int(*count),
            _ => Value::None,
        })
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        if *capture == Capture::Nothing {
            return nothing_kept(&FLUSH);
        }
        kept::restore(capture, touch, keep)
    }

    fn exact_undo(&self, args: &Args) -> bool {
        captures(args)
    }
}

/// What the names of keys begin with, up to their first `:`, the commonest first.
fn prefixes(keys: &[Key]) -> Vec<(String, u64)> {
    let mut groups: BTreeMap<String, u64> = BTreeMap::new();
    for key in keys {
        let prefix = match key.iter().position(|byte| *byte == b':') {
            Some(end) => format!("{}:*", keys::shown(&key[..end])),
            None => keys::shown(key),
        };
        *groups.entry(prefix).or_default() += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    groups
}
