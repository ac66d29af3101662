//! `redis.ping`: whether a server answers.

use redis::cmd;

use super::client::{Client, SignIn};
use super::place::Place;
use super::{PASSWORD, SERVER, USER, reads};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

static PING: Signature = Signature {
    name: "redis.ping",
    role: Role::Probe,
    params: &[SERVER, USER, PASSWORD],
    returns: Returns::Type("bool"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "whether a Redis server answers, and has read its data",
    page: "probes/redis.ping.md",
};

/// A server that has not answered by then counts as down.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(5);

pub(super) struct Ping;

impl Probe for Ping {
    fn signature(&self) -> &'static Signature {
        &PING
    }

    fn effects(&self, args: &Args, _look: Option<&Look>) -> Effects {
        reads(args)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let place = Place::find(args)?;
        let answer = Client::connect(&place, &SignIn::of(args), &look.within(LIMIT))
            .and_then(|mut client| client.ask(&cmd("PING")));
        match answer {
            Ok(_) => Ok(Value::Bool(true)),
            // What somebody has to mend is told; what may pass by itself is that it does not answer yet.
            Err(error) if ["NOAUTH", "WRONGPASS", "NOPERM", "SELECT"].iter().any(|code| error.what.contains(code)) => {
                Err(error)
            }
            Err(error) if matches!(error.kind, ErrorKind::Failed | ErrorKind::TimedOut) => Ok(Value::Bool(false)),
            Err(error) => Err(error),
        }
    }
}
