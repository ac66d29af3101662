//! `redis.del`: deletes keys, by name or by pattern.

use super::kept;
use super::{CAPTURE, captures, effects, not_known_yet, nothing_kept};
use crate::catalogue::args::Args;
use crate::catalogue::change::thousands;
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;
use crate::probes::redis::client::{Client, SignIn};
use crate::probes::redis::keys::{self, Key, shown};
use crate::probes::redis::place::Place;
use crate::probes::redis::{PASSWORD, SERVER, USER};

static DEL: Signature = Signature {
    name: "redis.del",
    role: Role::Action,
    params: &[
        SERVER,
        Parameter {
            name: "keys",
            ty: "list[string]",
            form: Form::OptionalPositional,
            doc: "the keys; what is not there is fine",
        },
        Parameter {
            name: "matching",
            ty: "pattern",
            form: Form::Optional,
            doc: "all keys like this, in the place of names: `*` any run of characters, `?` one, `[ab]` one of these",
        },
        CAPTURE,
        USER,
        PASSWORD,
    ],
    returns: Returns::Type("int"),
    undo: UndoKind::Exact,
    gate: false,
    doc: "deletes keys of a Redis server; gives how many there were",
    page: "actions/redis.del.md",
};

/// Keys that a plan names.
const LISTED: usize = 10;
/// Keys that one call may capture: each stands in the record, so that an undo sees what was changed since.
const MOST: usize = 20_000;

pub(super) struct Del;

/// The keys that are meant now.
fn meant(args: &Args, client: &mut Client) -> Result<Vec<Key>> {
    match (args.get("keys"), args.text_or_none("matching")) {
        (Some(_), None) => {
            let mut keys: Vec<Key> = args.texts("keys")?.into_iter().map(|key| key.as_bytes().to_vec()).collect();
            keys.sort_unstable();
            keys.dedup();
            Ok(keys)
        }
        (None, Some(pattern)) => {
            let most = if captures(args) { MOST } else { usize::MAX };
            keys::matching(client, pattern, most)
        }
        (keys, _) => {
            let what = if keys.is_some() { "both keys and a pattern" } else { "neither keys nor a pattern" };
            Err(Error::new(ErrorKind::Value, format!("`redis.del` has {what}"))
                .hint("say `redis.del(server, [\"a\", \"b\"])`, or `redis.del(server, matching: \"a:*\")`"))
        }
    }
}

impl Action for Del {
    fn signature(&self) -> &'static Signature {
        &DEL
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
        let keys = meant(args, &mut client)?;
        if captures(args) {
            kept::refuse_too_much(&mut client, &keys, MOST, DEL.name)?;
        }
        let sizes = keys::sizes(&mut client, &keys)?;
        let there: Vec<_> =
            keys.iter().zip(sizes).filter_map(|(key, size)| size.map(|size| (key.clone(), size))).collect();
        let mut preview = Preview::default();
        if there.is_empty() {
            preview.summary = format!("delete nothing: no such key is in redis {} now", place.name());
            return Ok(preview);
        }
        let bytes: u64 = there.iter().map(|(_, size)| size).sum();
        let not = if captures(args) { "" } else { ", not captured" };
        preview.summary = format!(
            "delete {} key{} of redis {} ({}{not})",
            thousands(there.len() as u64),
            if there.len() == 1 { "" } else { "s" },
            place.name(),
            show::bytes(bytes as f64)
        );
        let listed: Vec<Key> = there.iter().take(LISTED).map(|(key, _)| key.clone()).collect();
        for (key, kind) in listed.iter().zip(keys::types(&mut client, &listed)?) {
            preview.changes.push(Change::Other { summary: format!("delete {} ({kind})", shown(key)) });
        }
        if let Some(more) = there.len().checked_sub(LISTED).filter(|more| *more > 0) {
            preview.changes.push(Change::Other { summary: format!("and {} more", thousands(more as u64)) });
        }
        Ok(preview)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        // What is not captured may be more than anybody reads.
        if args.any_unknown() || !captures(args) {
            return Ok(None);
        }
        let place = Place::find(args)?;
        let mut client = Client::to_look(&place, &SignIn::of(args), look)?;
        let keys = meant(args, &mut client)?;
        keys::digests(&mut client, &place, &keys).map(Some)
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        if !captures(args) {
            return Ok(Capture::Nothing);
        }
        let mut client = Client::connect(&Place::find(args)?, &SignIn::of(args), look)?;
        let keys = meant(args, &mut client)?;
        kept::refuse_too_much(&mut client, &keys, MOST, DEL.name)?;
        kept::capture(&mut client, args, &keys, false, keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let mut client = Client::connect(&Place::find(args)?, &SignIn::of(args), touch)?;
        let keys = meant(args, &mut client)?;
        kept::delete(&mut client, &keys).map(Value::Int)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        if *capture == Capture::Nothing {
            return nothing_kept(&DEL);
        }
        kept::restore(capture, touch, keep)
    }

    /// By then a pattern may match nothing: the keys are those of the capture.
    fn capture_for_undo(&self, capture: &Capture, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let Some(keys) = kept::keys_of(capture)? else { return Ok(Capture::Nothing) };
        let mut client = Client::connect(&Place::find(args)?, &SignIn::of(args), look)?;
        kept::capture(&mut client, args, &keys, false, keep)
    }

    fn left(&self, capture: &Capture, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let Some(keys) = kept::keys_of(capture)? else { return self.fingerprint(args, look) };
        kept::fingerprint(args, look, &keys).map(Some)
    }

    fn exact_undo(&self, args: &Args) -> bool {
        captures(args)
    }
}
