//! `redis.get`: the text of a key.

use redis::{Value as Reply, cmd};

use super::client::{Client, SignIn};
use super::place::Place;
use super::{PASSWORD, SERVER, USER, keys, reads};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

static GET: Signature = Signature {
    name: "redis.get",
    role: Role::Probe,
    params: &[SERVER, Parameter { name: "key", ty: "string", form: Form::Positional, doc: "the key" }, USER, PASSWORD],
    returns: Returns::Type("string?"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the text of a key of a Redis server; missing where there is none",
    page: "probes/redis.get.md",
};

pub(super) struct Get;

impl Probe for Get {
    fn signature(&self) -> &'static Signature {
        &GET
    }

    fn effects(&self, args: &Args, _look: Option<&Look>) -> Effects {
        reads(args)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let key = args.text("key")?;
        let mut client = Client::to_look(&Place::find(args)?, &SignIn::of(args), look)?;
        let get = keys::of("GET", &[], key.as_bytes());
        match client.ask(&get)? {
            Reply::Nil => Ok(Value::None),
            Reply::BulkString(bytes) => String::from_utf8(bytes).map(Value::str).map_err(|_| {
                Error::new(ErrorKind::Value, format!("what `{key}` holds is no text"))
                    .hint("it is binary; `redis.size` tells whether it is there")
            }),
            other => Err(client.strange(&cmd("GET"), Some(&other))),
        }
    }
}
