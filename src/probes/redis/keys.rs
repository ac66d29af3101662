//! Keys of a database: which there are, how large they are, and the digest of what they hold.

use redis::{Cmd, Value as Reply, cmd};

use super::client::Client;
use super::place::Place;
use crate::catalogue::error::Result;
use crate::catalogue::unit::Fingerprint;

/// Commands that are sent together.
pub(crate) const BATCH: usize = 500;

/// A key; any bytes.
pub(crate) type Key = Vec<u8>;

/// The keys that match a pattern (`*` any run, `?` one, `[ab]` one of), sorted. No more than `most` and one.
pub(crate) fn matching(client: &mut Client, pattern: &str, most: usize) -> Result<Vec<Key>> {
    let mut keys = Vec::new();
    let mut cursor = Reply::BulkString(b"0".to_vec());
    loop {
        let mut scan = cmd("SCAN");
        match &cursor {
            Reply::BulkString(at) => scan.arg(at.as_slice()),
            _ => scan.arg(0),
        };
        scan.arg("MATCH").arg(pattern).arg("COUNT").arg(1000);
        let reply = client.ask(&scan)?;
        let (next, found) = match reply {
            Reply::Array(mut parts) if parts.len() == 2 => (parts.swap_remove(0), parts.pop().unwrap_or_default()),
            other => return Err(client.strange(&scan, Some(&other))),
        };
        keys.extend(texts(found));
        cursor = next;
        let ended = matches!(&cursor, Reply::BulkString(at) if at == b"0");
        if ended || keys.len() > most.saturating_mul(2) {
            break;
        }
    }
    // A scan may give a key twice.
    keys.sort_unstable();
    keys.dedup();
    keys.truncate(most.saturating_add(1));
    Ok(keys)
}

/// The elements of a list of texts.
fn texts(reply: Reply) -> Vec<Vec<u8>> {
    match reply {
        Reply::Array(items) | Reply::Set(items) => items
            .into_iter()
            .filter_map(|item| match item {
                Reply::BulkString(bytes) => Some(bytes),
                Reply::SimpleString(text) => Some(text.into_bytes()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// The memory that each key takes on the server; nothing where there is no such key.
pub(crate) fn sizes(client: &mut Client, keys: &[Key]) -> Result<Vec<Option<u64>>> {
    let mut sizes = Vec::with_capacity(keys.len());
    for batch in keys.chunks(BATCH) {
        let commands: Vec<Cmd> = batch.iter().map(|key| of("MEMORY", &["USAGE"], key)).collect();
        sizes.extend(client.all(&commands)?.into_iter().map(|reply| match reply {
            Reply::Int(size) => u64::try_from(size).ok(),
            _ => None,
        }));
    }
    Ok(sizes)
}

/// The types of keys: `string`, `hash`, …; `none` where there is no such key.
pub(crate) fn types(client: &mut Client, keys: &[Key]) -> Result<Vec<String>> {
    let mut types = Vec::with_capacity(keys.len());
    for batch in keys.chunks(BATCH) {
        let commands: Vec<Cmd> = batch.iter().map(|key| of("TYPE", &[], key)).collect();
        types.extend(client.all(&commands)?.into_iter().map(|reply| match reply {
            Reply::SimpleString(name) => name,
            _ => "none".to_owned(),
        }));
    }
    Ok(types)
}

/// A digest of what each key holds. The order inside of a set or a hash is no difference, nor is when a key expires:
/// sessions move that on all the time.
pub(crate) fn digests(client: &mut Client, place: &Place, keys: &[Key]) -> Result<Fingerprint> {
    let mut fingerprint = Fingerprint::default();
    for batch in keys.chunks(BATCH) {
        let types = types(client, batch)?;
        let commands: Vec<Cmd> = batch
            .iter()
            .zip(&types)
            .map(|(key, kind)| match kind.as_str() {
                "set" => of("SMEMBERS", &[], key),
                "hash" => of("HGETALL", &[], key),
                _ => of("DUMP", &[], key),
            })
            .collect();
        let replies = client.all(&commands)?;
        for ((key, kind), reply) in batch.iter().zip(&types).zip(replies) {
            let described = match reply {
                Reply::Nil => "absent".to_owned(),
                Reply::BulkString(dump) => digest(kind, [dump].iter()),
                list => {
                    let pairs = usize::from(kind == "hash") + 1;
                    let items = texts(list);
                    let mut items: Vec<_> = items.chunks(pairs).collect();
                    items.sort_unstable();
                    digest(kind, items.into_iter().flatten())
                }
            };
            fingerprint.parts.insert(part(place, key), described);
        }
    }
    Ok(fingerprint)
}

fn digest<'a>(kind: &str, items: impl Iterator<Item = &'a Vec<u8>>) -> String {
    let mut hasher = blake3::Hasher::new();
    hasher.update(kind.as_bytes());
    for item in items {
        hasher.update(&(item.len() as u64).to_le_bytes());
        hasher.update(item);
    }
    hasher.finalize().to_hex().to_string()
}

/// A key as fingerprints and plans name it.
pub(crate) fn part(place: &Place, key: &[u8]) -> String {
    format!("redis:{}/{}", place.name(), shown(key))
}

/// A key for people: one line.
pub(crate) fn shown(key: &[u8]) -> String {
    key.escape_ascii().to_string().replace("\\\"", "\"").replace("\\'", "'")
}

/// A command on one key.
pub(crate) fn of(name: &str, before: &[&str], key: &[u8]) -> Cmd {
    let mut command = cmd(name);
    command.arg(before).arg(key);
    command
}
