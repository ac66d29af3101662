//! `redis.size`: how many keys a database holds.

use redis::cmd;

use super::client::{Client, SignIn};
use super::place::Place;
use super::{PASSWORD, SERVER, USER, keys, reads};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

static SIZE: Signature = Signature {
    name: "redis.size",
    role: Role::Probe,
    params: &[
        SERVER,
        Parameter {
            name: "matching",
            ty: "pattern",
            form: Form::Optional,
            doc: "only keys like this: `*` any run of characters, `?` one, `[ab]` one of these",
        },
        USER,
        PASSWORD,
    ],
    returns: Returns::Type("int"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "how many keys a database of a Redis server holds",
    page: "probes/redis.size.md",
};

pub(super) struct Size;

impl Probe for Size {
    fn signature(&self) -> &'static Signature {
        &SIZE
    }

    fn effects(&self, args: &Args, _look: Option<&Look>) -> Effects {
        reads(args)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let mut client = Client::to_look(&Place::find(args)?, &SignIn::of(args), look)?;
        let count = match args.text_or_none("matching") {
            Some(pattern) => keys::matching(&mut client, pattern, usize::MAX)?.len() as i64,
            None => client.number(&cmd("DBSIZE"))?,
        };
        Ok(Value::Int(count))
    }
}
