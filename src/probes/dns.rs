//! `dns.resolve`: the addresses of a name, as this machine sees them.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::lookup_host;

use super::network::{Bounded, bounded};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// All probes of this family.
pub(super) fn all() -> Vec<Arc<dyn Probe>> {
    vec![Arc::new(Resolve)]
}

static RESOLVE: Signature = Signature {
    name: "dns.resolve",
    role: Role::Probe,
    params: &[
        Parameter { name: "name", ty: "string", form: Form::Positional, doc: "the name of a host" },
        Parameter {
            name: "kind",
            ty: "\"A\" | \"AAAA\"",
            form: Form::Optional,
            doc: "`A` for IPv4, `AAAA` for IPv6; both unless said",
        },
    ],
    returns: Returns::Type("list[string]"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the addresses of a name, in order",
    page: "probes/dns.resolve.md",
};

/// Resolvers give up by themselves after about this long.
const LIMIT: Duration = Duration::from_secs(10);

struct Resolve;

impl Probe for Resolve {
    fn signature(&self) -> &'static Signature {
        &RESOLVE
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::reads_world()
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let name = args.text("name")?;
        if name.is_empty() || name.contains([':', '/', ' ']) {
            return Err(Error::new(ErrorKind::Value, format!("`{name}` is not the name of a host"))
                .hint("for example `www.example.org`, without a scheme and a port"));
        }
        let found = match bounded(look.cancel(), LIMIT, lookup_host((name, 0)))? {
            Bounded::Done(found) => found,
            Bounded::TimedOut(_) => {
                return Err(Error::new(ErrorKind::TimedOut, format!("nobody told the address of `{name}` in time"))
                    .hint("check the machine's DNS"));
            }
        };
        let found = found.map_err(|error| {
            Error::failed(format!("no address for host `{name}`: {error}")).hint("check the name and the machine's DNS")
        })?;
        let kind = args.text_or_none("kind");
        let mut addresses: Vec<_> = found
            .map(|address| address.ip())
            .filter(|ip| kind.is_none_or(|kind| (kind == "A") == ip.is_ipv4()))
            .collect();
        addresses.sort_unstable();
        addresses.dedup();
        Ok(Value::list(addresses.into_iter().map(|ip| Value::str(ip.to_string()))))
    }
}
