//! `redis.get`, `redis.ping`, `redis.size`: what a Redis server holds.
//!
//! A server is named by its address and a password is a secret beside it, so that no plan, message or record holds one.

pub(crate) mod client;
mod get;
pub(crate) mod keys;
mod ping;
pub(crate) mod place;
mod size;

use std::sync::Arc;

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::signature::{Form, Parameter};
use crate::catalogue::unit::Probe;

/// All probes of this family.
pub(super) fn all() -> Vec<Arc<dyn Probe>> {
    vec![Arc::new(get::Get), Arc::new(ping::Ping), Arc::new(size::Size)]
}

pub(crate) const SERVER: Parameter = Parameter {
    name: "server",
    ty: "url",
    form: Form::Positional,
    doc: "`redis://HOST:PORT/DB`; port 6379 and database 0 unless said",
};
pub(crate) const USER: Parameter =
    Parameter { name: "user", ty: "string", form: Form::Optional, doc: "who signs in; the default user unless said" };
pub(crate) const PASSWORD: Parameter =
    Parameter { name: "password", ty: "secret", form: Form::Optional, doc: "with which secret" };

/// What a probe of the family reads.
fn reads(args: &Args) -> Effects {
    Effects::none().read(place::resource(args))
}
