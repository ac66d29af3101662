//! A connection to a Redis server, for one call of a unit: bounded by its time, ended by a kill of the run.
//!
//! The `redis` crate writes commands and reads replies; the socket is here, since every wait on it looks at the run.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use redis::{Cmd, Parser, Value as Reply};

use super::place::Place;
use crate::catalogue::args::Args;
use crate::catalogue::cancel::Cancel;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::value::Value;
use crate::probes::network::{Bounded, LIMIT, bounded};

/// How long a server may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);
/// How soon a kill of the run is noticed.
const TICK: Duration = Duration::from_millis(20);

/// Who signs in; of a password the name of the secret alone.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct SignIn {
    user: Option<String>,
    password: Option<Value>,
}

impl SignIn {
    /// As it was said.
    pub(crate) const fn new(user: Option<String>, password: Option<Value>) -> Self {
        Self { user, password }
    }

    /// As a call says it.
    pub(crate) fn of(args: &Args) -> Self {
        Self { user: args.text_or_none("user").map(str::to_owned), password: args.get("password").cloned() }
    }
}

/// A connection.
pub(crate) struct Client {
    stream: Patient,
    parser: Parser,
    name: String,
}

/// A socket whose waits end with the run, and with the time of the call.
struct Patient {
    stream: TcpStream,
    cancel: Cancel,
}

impl Patient {
    fn again<T>(&self, mut act: impl FnMut(&TcpStream) -> io::Result<T>) -> io::Result<T> {
        loop {
            self.cancel.check().map_err(|error| io::Error::other(error.what))?;
            match act(&self.stream) {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {}
                done => return done,
            }
        }
    }
}

impl Read for Patient {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.again(|mut stream| stream.read(into))
    }
}

impl Write for Patient {
    fn write(&mut self, from: &[u8]) -> io::Result<usize> {
        self.again(|mut stream| stream.write(from))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Client {
    /// Connects for a probe or a preview: bounded also where nobody says so.
    pub(crate) fn to_look(place: &Place, sign_in: &SignIn, look: &Look) -> Result<Self> {
        Self::connect(place, sign_in, &look.within(LIMIT))
    }

    /// Connects, signs in and picks the database.
    pub(crate) fn connect(place: &Place, sign_in: &SignIn, look: &Look) -> Result<Self> {
        let (host, port) = (place.host.trim_start_matches('[').trim_end_matches(']'), place.port);
        let name = place.name();
        let connecting = bounded(look.cancel(), CONNECT, async {
            tokio::net::TcpStream::connect((host, port)).await.and_then(tokio::net::TcpStream::into_std)
        })?;
        let stream = match connecting {
            Bounded::Done(stream) => stream.map_err(|error| unreachable(&name, &error))?,
            Bounded::TimedOut(_) => {
                return Err(Error::new(ErrorKind::TimedOut, format!("redis {name} does not accept a connection"))
                    .hint("check the address, a VPN or a firewall"));
            }
        };
        let prepared = stream
            .set_nonblocking(false)
            .and_then(|()| stream.set_read_timeout(Some(TICK)))
            .and_then(|()| stream.set_write_timeout(Some(TICK)))
            .and_then(|()| stream.set_nodelay(true));
        prepared.map_err(|error| Error::io(format!("prepare the connection to redis {name}"), &error))?;
        let stream = Patient { stream, cancel: look.cancel().clone() };
        let mut client = Self { stream, parser: Parser::new(), name };
        if let Some(password) = &sign_in.password {
            let password = look.revealed(password)?.or_else(|| password.as_text().map(str::to_owned));
            let mut auth = redis::cmd("AUTH");
            auth.arg(sign_in.user.as_deref());
            client.ask(auth.arg(password.unwrap_or_default()))?;
        }
        if place.db != 0 {
            client.ask(redis::cmd("SELECT").arg(place.db))?;
        }
        Ok(client)
    }

    /// The reply to one command.
    pub(crate) fn ask(&mut self, command: &Cmd) -> Result<Reply> {
        self.all(std::slice::from_ref(command)).map(|mut replies| replies.pop().unwrap_or_default())
    }

    /// The replies to several commands, which are sent together. The first error of the server is the error.
    pub(crate) fn all(&mut self, commands: &[Cmd]) -> Result<Vec<Reply>> {
        let mut packed = Vec::new();
        commands.iter().for_each(|command| packed.extend(command.get_packed_command()));
        self.stream.write_all(&packed).map_err(|error| self.broken(&error.to_string()))?;
        let mut replies = Vec::with_capacity(commands.len());
        let mut refused = None;
        for command in commands {
            let reply = self.parser.parse_value(&mut self.stream).map_err(|error| self.broken(&error.to_string()))?;
            if let Reply::ServerError(error) = &reply {
                refused.get_or_insert_with(|| self.refused(command, error.code(), error.details()));
            }
            replies.push(reply);
        }
        refused.map_or(Ok(replies), Err)
    }

    /// Several commands as one: no other client comes between them.
    pub(crate) fn at_once(&mut self, commands: Vec<Cmd>) -> Result<Vec<Reply>> {
        let count = commands.len();
        let mut all = Vec::with_capacity(count + 2);
        all.push(redis::cmd("MULTI"));
        all.extend(commands);
        all.push(redis::cmd("EXEC"));
        match self.all(&all)?.pop() {
            Some(Reply::Array(replies)) if replies.len() == count => {
                match replies.iter().position(|reply| matches!(reply, Reply::ServerError(_))) {
                    Some(at) => {
                        let Reply::ServerError(error) = &replies[at] else { return Ok(replies) };
                        Err(self.refused(&all[at + 1], error.code(), error.details()))
                    }
                    None => Ok(replies),
                }
            }
            other => Err(self.strange(&redis::cmd("EXEC"), other.as_ref())),
        }
    }

    /// A whole number.
    pub(crate) fn number(&mut self, command: &Cmd) -> Result<i64> {
        match self.ask(command)? {
            Reply::Int(number) => Ok(number),
            other => Err(self.strange(command, Some(&other))),
        }
    }

    /// An answer that no such server gives.
    pub(crate) fn strange(&self, command: &Cmd, reply: Option<&Reply>) -> Error {
        let kind = match reply {
            None => "nothing",
            Some(Reply::Nil) => "nil",
            Some(Reply::Int(_)) => "a number",
            Some(Reply::Array(_)) => "a list",
            Some(_) => "something else",
        };
        Error::failed(format!("redis {} answers `{}` with {kind}", self.name, verb(command)))
            .hint("is it a Redis server, and not a proxy that speaks only a part of it?")
    }

    /// The connection failed.
    fn broken(&self, why: &str) -> Error {
        if let Err(ended) = self.stream.cancel.check() {
            let hint = "the server may have done the last command all the same; `timeout:` gives it more time";
            return match ended.kind {
                ErrorKind::TimedOut => {
                    Error::new(ErrorKind::TimedOut, format!("redis {} did not answer in time", self.name)).hint(hint)
                }
                _ => ended,
            };
        }
        Error::failed(format!("the connection to redis {} broke: {why}", self.name))
            .hint("the server may be starting, restarting or crashing, or no Redis: look at its log")
    }

    /// The server said no.
    fn refused(&self, command: &Cmd, code: &str, details: Option<&str>) -> Error {
        let details = details.unwrap_or_default();
        let error = Error::failed(format!("redis {} refuses `{}`: {code} {details}", self.name, verb(command)));
        match code {
            "NOAUTH" => error.hint("it wants a password: say `password:` with a `secret`"),
            "WRONGPASS" => error.hint("check the secret, and the `user:`"),
            "NOPERM" => error.hint("the user may not do this there: ask who runs the server"),
            "LOADING" => error.hint("it is starting and reads its data: wait for `redis.ping`"),
            "READONLY" => error.hint("this is a replica: name the primary"),
            "MOVED" | "CROSSSLOT" | "CLUSTERDOWN" => error.hint("clusters are not supported: name a single server"),
            "OOM" => error.hint("it has no memory left: free some there"),
            "WRONGTYPE" => error.hint("the key holds a list, a set or a hash"),
            _ => error,
        }
    }
}

/// The name of a command. Its arguments may hold a secret.
fn verb(command: &Cmd) -> String {
    match command.args_iter().next() {
        Some(redis::Arg::Simple(name)) => String::from_utf8_lossy(name).into_owned(),
        _ => String::new(),
    }
}

fn unreachable(name: &str, error: &io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            Error::failed(format!("nobody listens at redis {name}")).hint("is the server running, and on this port?")
        }
        _ => Error::failed(format!("no way to redis {name}: {error}")).hint("check the name, the network, a firewall"),
    }
}
