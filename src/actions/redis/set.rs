//! `redis.set`: sets a key to a text.

use redis::cmd;

use super::kept;
use super::{effects, not_known_yet, nothing_kept};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::Result;
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
use crate::probes::sealed::{line, masked, plain};

static SET: Signature = Signature {
    name: "redis.set",
    role: Role::Action,
    params: &[
        SERVER,
        Parameter { name: "key", ty: "string", form: Form::Positional, doc: "the key" },
        Parameter {
            name: "value",
            ty: "secret",
            form: Form::Positional,
            doc: "what it shall hold: a text or a secret",
        },
        Parameter {
            name: "ttl",
            ty: "duration",
            form: Form::Optional,
            doc: "after how long it expires; never unless said",
        },
        USER,
        PASSWORD,
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "sets a key of a Redis server to a text",
    page: "actions/redis.set.md",
};

pub(super) struct Set;

fn key(args: &Args) -> Result<Key> {
    Ok(args.text("key")?.as_bytes().to_vec())
}

impl Action for Set {
    fn signature(&self) -> &'static Signature {
        &SET
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
        let key = key(args)?;
        let value = args.value("value")?;
        let mut client = Client::to_look(&place, &SignIn::of(args), look)?;
        let kind = keys::types(&mut client, std::slice::from_ref(&key))?.pop().unwrap_or_default();
        let before = if kind == "string" { client.ask(&keys::of("GET", &[], &key))? } else { redis::Value::Nil };
        let mut preview = Preview::default();
        let ttl = args.duration("ttl");
        if let redis::Value::BulkString(text) = &before
            && !value.is_secret()
            && ttl.is_none()
            && *text == plain(value, look)?.as_bytes()
            && client.number(&keys::of("PTTL", &[], &key))? < 0
        {
            preview.summary = format!("`{}` of redis {} is so already", shown(&key), place.name());
            return Ok(preview);
        }
        preview.summary = format!("set `{}` of redis {}", shown(&key), place.name());
        let was = match before {
            // What is next to a secret may be one.
            redis::Value::BulkString(_) if value.is_secret() => "a string that is not shown".to_owned(),
            redis::Value::BulkString(text) => line(&String::from_utf8_lossy(&text)),
            _ if kind == "none" => "nothing".to_owned(),
            _ => format!("a {kind}"),
        };
        preview.changes.push(Change::Other { summary: format!("was: {was}") });
        preview.changes.push(Change::Other { summary: format!("becomes: {}", line(&masked(value))) });
        if let Some(ttl) = ttl {
            preview.notes.push(format!("expires after {}", show::duration(ttl.as_nanos() as f64)));
        }
        Ok(preview)
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        if args.any_unknown() {
            return Ok(None);
        }
        kept::fingerprint(args, look, &[key(args)?]).map(Some)
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let mut client = Client::connect(&Place::find(args)?, &SignIn::of(args), look)?;
        let keys = [key(args)?];
        kept::refuse_too_much(&mut client, &keys, 1, SET.name)?;
        kept::capture(&mut client, args, &keys, false, keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let mut client = Client::connect(&Place::find(args)?, &SignIn::of(args), touch)?;
        let mut set = cmd("SET");
        set.arg(key(args)?).arg(plain(args.value("value")?, touch)?);
        if let Some(ttl) = args.duration("ttl") {
            set.arg("PX").arg(ttl.as_millis().max(1) as u64);
        }
        client.ask(&set)?;
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        if *capture == Capture::Nothing {
            return nothing_kept(&SET);
        }
        kept::restore(capture, touch, keep)
    }
}
