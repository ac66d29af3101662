//! What was kept of keys: each as the server dumps it, with the time at which it expires, or that it was not there.

use std::io::Read;

use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, percent_encode};
use redis::{Cmd, Value as Reply, cmd};
use serde::{Deserialize, Serialize};

use crate::catalogue::args::Args;
use crate::catalogue::change::thousands;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::{Keep, ObjectId};
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Capture, Fingerprint};
use crate::probes::redis::client::{Client, SignIn};
use crate::probes::redis::keys::{self, Key, of};
use crate::probes::redis::place::Place;

/// Memory of the server that one call may capture.
pub(super) const CAP: u64 = 64 * 1024 * 1024;
/// Keys that are dumped or restored together.
const BATCH: usize = 100;

/// A capture as the journal keeps it. The keys lie in the object store.
#[derive(Serialize, Deserialize)]
struct Data {
    server: String,
    sign_in: SignIn,
    /// Whether these were all keys of the database, so that what came since has to go.
    whole: bool,
    entries: ObjectId,
    /// The names of the keys, unless they were all: what is not printable is percent-encoded.
    names: Vec<String>,
}

/// What of a name is encoded, besides all that is not ASCII.
const ENCODED: &AsciiSet = &CONTROLS.add(b'%');

/// A key and what it held: when it expires, in milliseconds since 1970 (0 for never), and its dump.
struct Entry {
    key: Key,
    held: Option<(i64, Vec<u8>)>,
}

/// Refuses to capture more than can be kept.
pub(in crate::actions) fn refuse_too_much(client: &mut Client, keys: &[Key], most: usize, name: &str) -> Result<u64> {
    let too_much = |what: String| {
        Error::refused(format!("`{name}` would capture {what}"))
            .hint("say `capture: none` to go without an undo, or `redis.del` with a narrower pattern")
    };
    if keys.len() > most {
        return Err(too_much(format!("more than {} keys, the most that are kept of one call", thousands(most as u64))));
    }
    let size = keys::sizes(client, keys)?.into_iter().flatten().sum::<u64>();
    if size > CAP {
        let (size, cap) = (show::bytes(size as f64), show::bytes(CAP as f64));
        return Err(too_much(format!("keys of {size}, more than the {cap} that are kept of one call")));
    }
    Ok(size)
}

/// Captures keys; `whole` where they are all that there are.
pub(super) fn capture(client: &mut Client, args: &Args, keys: &[Key], whole: bool, keep: &dyn Keep) -> Result<Capture> {
    capture_of(client, (args.text("server")?, SignIn::of(args)), keys, whole, keep)
}

/// As [`capture`], of a server and who signs in there.
pub(in crate::actions) fn capture_of(
    client: &mut Client,
    (server, sign_in): (&str, SignIn),
    keys: &[Key],
    whole: bool,
    keep: &dyn Keep,
) -> Result<Capture> {
    let absolute = client.all(&[of("PEXPIRETIME", &[], b"")]).is_ok();
    let mut packed = Vec::new();
    for batch in keys.chunks(BATCH) {
        // At once, so that a dump and its time belong together.
        let mut commands = vec![cmd("TIME")];
        let expires = if absolute { "PEXPIRETIME" } else { "PTTL" };
        commands.extend(batch.iter().flat_map(|key| [of("DUMP", &[], key), of(expires, &[], key)]));
        let mut replies = client.at_once(commands)?.into_iter();
        let now = replies.next().map_or(0, |time| millis(&time));
        for key in batch {
            let held = match (replies.next(), replies.next()) {
                (Some(Reply::BulkString(dump)), Some(Reply::Int(time))) => Some(match time {
                    -1 => (0, dump),
                    // It is expiring at this moment.
                    ..=0 => (now.max(1), dump),
                    time if absolute => (time, dump),
                    time => (now + time, dump),
                }),
                _ => None,
            };
            pack(&mut packed, &Entry { key: key.clone(), held });
        }
    }
    let entries = keep.put(&mut packed.as_slice())?;
    let named = if whole { &[][..] } else { keys };
    let names = named.iter().map(|key| percent_encode(key, ENCODED).to_string()).collect();
    let data = Data { server: server.to_owned(), sign_in, whole, entries, names };
    let data = serde_json::to_value(data).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Capture::Data { data, states: Vec::new() })
}

/// Brings back what was captured. May be repeated.
pub(in crate::actions) fn restore(capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
    let Some(data) = data(capture)? else { return Ok(()) };
    let entries = unpack(&data.entries, keep)?;
    let mut client = Client::connect(&Place::of(&data.server)?, &data.sign_in, touch)?;
    if data.whole {
        let before: std::collections::HashSet<&Key> = entries.iter().map(|entry| &entry.key).collect();
        let now = keys::matching(&mut client, "*", usize::MAX)?;
        let new: Vec<Key> = now.into_iter().filter(|key| !before.contains(key)).collect();
        delete(&mut client, &new)?;
    }
    let now = millis(&client.ask(&cmd("TIME"))?);
    for batch in entries.chunks(BATCH) {
        let commands: Vec<Cmd> = batch.iter().map(|entry| restoring(entry, now)).collect();
        client.all(&commands)?;
    }
    Ok(())
}

/// What brings a key back. One that would have expired meanwhile is gone, as it would be.
fn restoring(entry: &Entry, now: i64) -> Cmd {
    match &entry.held {
        Some((expires, dump)) if *expires == 0 || *expires > now => {
            let mut restore = of("RESTORE", &[], &entry.key);
            restore.arg(*expires).arg(dump.as_slice()).arg("REPLACE");
            if *expires != 0 {
                restore.arg("ABSTTL");
            }
            restore
        }
        _ => of("DEL", &[], &entry.key),
    }
}

/// Deletes keys; gives how many there were.
pub(super) fn delete(client: &mut Client, keys: &[Key]) -> Result<i64> {
    let mut count = 0;
    for batch in keys.chunks(keys::BATCH) {
        let mut del = cmd("DEL");
        del.arg(batch);
        count += client.number(&del)?;
    }
    Ok(count)
}

/// The keys of a capture, where there is one.
pub(super) fn keys_of(capture: &Capture) -> Result<Option<Vec<Key>>> {
    let Some(data) = data(capture)? else { return Ok(None) };
    Ok(Some(data.names.iter().map(|name| percent_decode_str(name).collect()).collect()))
}

/// The digests of `keys`, by a connection of its own.
pub(super) fn fingerprint(args: &Args, look: &Look, keys: &[Key]) -> Result<Fingerprint> {
    let place = Place::find(args)?;
    let mut client = Client::to_look(&place, &SignIn::of(args), look)?;
    keys::digests(&mut client, &place, keys)
}

fn data(capture: &Capture) -> Result<Option<Data>> {
    let Capture::Data { data, .. } = capture else { return Ok(None) };
    serde_json::from_value(data.clone())
        .map(Some)
        .map_err(|error| Error::internal(format!("a capture of the `redis` family does not read: {error}")))
}

/// The answer to `TIME`, seconds and microseconds, in milliseconds.
fn millis(reply: &Reply) -> i64 {
    let Reply::Array(parts) = reply else { return 0 };
    let number = |at: usize| match parts.get(at) {
        Some(Reply::BulkString(digits)) => std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok()),
        _ => None,
    };
    number(0).unwrap_or(0_i64) * 1000 + number(1).unwrap_or(0_i64) / 1000
}

/// Lengths before contents; an absent key has the time -1 and no content.
fn pack(into: &mut Vec<u8>, entry: &Entry) {
    let empty = Vec::new();
    let (expires, dump) = entry.held.as_ref().map_or((-1, &empty), |(expires, dump)| (*expires, dump));
    into.extend((entry.key.len() as u64).to_le_bytes());
    into.extend(&entry.key);
    into.extend(expires.to_le_bytes());
    into.extend((dump.len() as u64).to_le_bytes());
    into.extend(dump);
}

fn unpack(object: &ObjectId, keep: &dyn Keep) -> Result<Vec<Entry>> {
    let mut packed = Vec::new();
    let read = keep.open(object)?.read_to_end(&mut packed);
    read.map_err(|error| Error::io("read the keys that were kept", &error))?;
    let mut rest = packed.as_slice();
    let mut entries = Vec::new();
    while !rest.is_empty() {
        entries.push(next(&mut rest).ok_or_else(|| Error::internal("the keys that were kept do not read"))?);
    }
    Ok(entries)
}

fn next(rest: &mut &[u8]) -> Option<Entry> {
    let mut take = |count: usize| {
        let (taken, left) = rest.split_at_checked(count)?;
        *rest = left;
        Some(taken)
    };
    let length = u64::from_le_bytes(take(8)?.try_into().ok()?);
    let key = take(usize::try_from(length).ok()?)?.to_vec();
    let expires = i64::from_le_bytes(take(8)?.try_into().ok()?);
    let length = u64::from_le_bytes(take(8)?.try_into().ok()?);
    let dump = take(usize::try_from(length).ok()?)?.to_vec();
    Some(Entry { key, held: (expires >= 0).then_some((expires, dump)) })
}
