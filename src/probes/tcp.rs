//! `tcp.open`: whether somebody listens.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpStream, lookup_host};

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
    vec![Arc::new(Open)]
}

static OPEN: Signature = Signature {
    name: "tcp.open",
    role: Role::Probe,
    params: &[Parameter {
        name: "address",
        ty: "string",
        form: Form::Positional,
        doc: "`host:port`, such as `localhost:5000` or `[::1]:5432`",
    }],
    returns: Returns::Type("bool"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "whether a connection to a TCP port is accepted",
    page: "probes/tcp.open.md",
};

/// A port that has not answered by then counts as closed.
const LIMIT: Duration = Duration::from_secs(5);

struct Open;

impl Probe for Open {
    fn signature(&self) -> &'static Signature {
        &OPEN
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::reads_world()
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let address = args.text("address")?;
        let (host, port) = split(address)?;
        let open = bounded(look.cancel(), LIMIT, async {
            let addresses = lookup_host((host, port)).await.map_err(|source| {
                Error::failed(format!("no address for host `{host}`: {source}"))
                    .hint("check the name and the machine's DNS")
            })?;
            for address in addresses {
                if TcpStream::connect(address).await.is_ok() {
                    return Ok(true);
                }
            }
            Ok(false)
        })?;
        match open {
            Bounded::Done(open) => open.map(Value::Bool),
            Bounded::TimedOut(_) => Ok(Value::Bool(false)),
        }
    }
}

fn split(address: &str) -> Result<(&str, u16)> {
    let wrong = || {
        Error::new(ErrorKind::Value, format!("`{address}` is not an address of the form `host:port`"))
            .hint("for example `localhost:5000`, or `[::1]:5432`")
    };
    let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
    let host = match host.strip_prefix('[') {
        Some(inner) => inner.strip_suffix(']').ok_or_else(wrong)?,
        None if host.contains([':', '/']) => return Err(wrong()),
        None => host,
    };
    match port.parse() {
        Ok(port) if port != 0 && !host.is_empty() => Ok((host, port)),
        _ => Err(wrong()),
    }
}
