//! Flags in Redis: a key each, its name behind a prefix. What is set is captured as the server dumps it.

use std::collections::BTreeMap;

use redis::{Value as Reply, cmd};
use serde_json::Value as Json;

use super::service::{Service, missing};
use crate::actions::redis::kept;
use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Capture;
use crate::catalogue::value::FlagsService;
use crate::probes::redis::client::{Client, SignIn};
use crate::probes::redis::keys::{self, shown};
use crate::probes::redis::place::Place;

/// More flags than this are a prefix that is too short.
const MOST: usize = 10_000;

/// A prefix in a database.
pub struct RedisFlags {
    server: String,
    place: Place,
    prefix: String,
    sign_in: SignIn,
}

impl RedisFlags {
    /// As a handle says.
    pub fn of(service: &FlagsService) -> Result<Self> {
        let server = service.text("server").unwrap_or_default().to_owned();
        let sign_in = SignIn::new(service.text("user").map(str::to_owned), service.settings.get("password").cloned());
        let prefix = service.text("prefix").unwrap_or_default().to_owned();
        Ok(Self { place: Place::of(&server)?, server, prefix, sign_in })
    }

    fn keys(&self, names: &[&str]) -> Vec<keys::Key> {
        names.iter().map(|name| format!("{}{name}", self.prefix).into_bytes()).collect()
    }

    fn values(&self, client: &mut Client, keys: &[keys::Key]) -> Result<Vec<Option<Json>>> {
        let commands: Vec<_> = keys.iter().map(|key| keys::of("GET", &[], key)).collect();
        client.all(&commands)?.into_iter().zip(keys).map(|(reply, key)| value(reply, key)).collect()
    }
}

fn value(reply: Reply, key: &[u8]) -> Result<Option<Json>> {
    match reply {
        Reply::BulkString(bytes) => String::from_utf8(bytes)
            .map(|text| Some(Json::String(text)))
            .map_err(|_| Error::new(ErrorKind::Value, format!("what `{}` holds is no text, so no flag", shown(key)))),
        _ => Ok(None),
    }
}

/// As a key holds it: a text as it is.
fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Service for RedisFlags {
    fn name(&self) -> String {
        format!("redis {} (`{}…`)", self.place.name(), self.prefix)
    }

    fn reads(&self) -> Effects {
        Effects::none().read(Resource::new(Kind::Redis, self.place.name()))
    }

    fn read(&self, names: &[&str], look: &Look) -> Result<Vec<Json>> {
        let mut client = Client::to_look(&self.place, &self.sign_in, look)?;
        let found = self.values(&mut client, &self.keys(names))?;
        let mut values = Vec::with_capacity(names.len());
        for (name, value) in names.iter().zip(found) {
            let Some(value) = value else {
                let there = self.all(look).unwrap_or_default();
                return Err(missing(self, name, there.keys().map(String::as_str)));
            };
            values.push(value);
        }
        Ok(values)
    }

    fn all(&self, look: &Look) -> Result<BTreeMap<String, Json>> {
        let mut client = Client::to_look(&self.place, &self.sign_in, look)?;
        let pattern: String = self.prefix.chars().flat_map(escaped).chain(['*']).collect();
        let keys = keys::matching(&mut client, &pattern, MOST)?;
        if keys.len() > MOST {
            return Err(Error::refused(format!("{} has more than {MOST} keys", self.name()))
                .hint("give `flags_redis` a longer prefix, one that only flags have"));
        }
        let types = keys::types(&mut client, &keys)?;
        let texts: Vec<_> =
            keys.into_iter().zip(types).filter(|(_, kind)| kind == "string").map(|(key, _)| key).collect();
        let values = self.values(&mut client, &texts)?;
        let named = texts.into_iter().zip(values).filter_map(|(key, value)| {
            let name = String::from_utf8(key).ok()?;
            Some((name.strip_prefix(&self.prefix)?.to_owned(), value?))
        });
        Ok(named.collect())
    }

    fn write(&self, values: &[(&str, Json)], touch: &Touch) -> Result<()> {
        let mut client = Client::connect(&self.place, &self.sign_in, touch)?;
        let commands = values.iter().map(|(name, value)| {
            let mut set = cmd("SET");
            // One that expires still does.
            set.arg(format!("{}{name}", self.prefix)).arg(text(value)).arg("KEEPTTL");
            set
        });
        client.at_once(commands.collect()).map(|_| ())
    }

    fn capture(&self, names: &[&str], look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let mut client = Client::connect(&self.place, &self.sign_in, look)?;
        let keys = self.keys(names);
        kept::refuse_too_much(&mut client, &keys, MOST, "flags")?;
        kept::capture_of(&mut client, (&self.server, self.sign_in.clone()), &keys, false, keep)
    }
}

/// What a pattern would take for more than itself.
fn escaped(char: char) -> impl Iterator<Item = char> {
    matches!(char, '*' | '?' | '[' | ']' | '\\').then_some('\\').into_iter().chain([char])
}
