//! The scenarios of the `redis` family, on a server that the test starts. What is compared is each key with its type,
//! its content and the moment at which it expires.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use rbk::catalogue::value::Value;
use redis::Value as Reply;

use super::{Scenario, State, driver};
use crate::support::redis::RedisServer;
use crate::support::skip;

fn server() -> Option<&'static RedisServer> {
    static SERVER: OnceLock<Option<RedisServer>> = OnceLock::new();
    SERVER.get_or_init(|| RedisServer::start(&[])).as_ref()
}

fn known() -> &'static RedisServer {
    server().expect("a scenario is driven only where there is one")
}

/// Keys of every kind, one with bytes that are no text, two that expire.
fn filled(_: &Path) {
    let server = known();
    for line in [
        "FLUSHDB",
        "SET flag on",
        "SET signal:1 a PXAT 99999999999123",
        "SET signal:2 b",
        "RPUSH signal:list z y x",
        "SADD signal:set 3 1 2 word",
        "HSET signal:hash b 2 a 1",
        "ZADD scores 2 two 1 one",
        "PEXPIREAT scores 88888888888001",
        "XADD stream 1-1 a b",
    ] {
        server.ask(line);
    }
    let mut odd = redis::cmd("SET");
    odd.arg(&b"signal:\xff\x00%"[..]).arg(&[0_u8, 255, 10][..]);
    odd.query::<()>(&mut server.connect("")).expect("it can be set");
}

fn state(_: &Path) -> State {
    let mut connection = known().connect("");
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS").arg("*").query(&mut connection).expect("keys can be listed");
    let mut state = BTreeMap::new();
    for key in keys {
        let mut ask = |words: &[&str]| -> Reply {
            let mut command = redis::cmd(words[0]);
            command.arg(key.as_slice());
            command.arg(&words[1..]);
            command.query(&mut connection).expect("a key can be looked at")
        };
        let kind = ask(&["TYPE"]);
        let content = match &kind {
            Reply::SimpleString(kind) if kind == "set" => ask(&["SORT", "ALPHA"]),
            _ => ask(&["DUMP"]),
        };
        let expires = ask(&["PEXPIRETIME"]);
        state.insert(key.escape_ascii().to_string(), format!("{kind:?} {content:?} {expires:?}"));
    }
    state
}

fn call(more: &[(&'static str, Value)]) -> Vec<(&'static str, Value)> {
    let mut all = vec![("server", Value::str(known().url()))];
    all.extend(more.iter().cloned());
    all
}

fn keys(names: &[&str]) -> (&'static str, Value) {
    ("keys", Value::list(names.iter().map(|name| Value::str(*name))))
}

fn scenario(action: &'static str, case: &'static str, args: fn(&Path) -> Vec<(&'static str, Value)>) -> Scenario {
    Scenario { state, ..Scenario::new(action, case, filled, args) }
}

pub fn scenarios() -> Vec<Scenario> {
    vec![
        scenario("redis.set", "a key that is there", |_| {
            call(&[("key", Value::str("signal:1")), ("value", Value::str("new"))])
        }),
        scenario("redis.set", "a new key that expires", |_| {
            let hour = Value::duration(std::time::Duration::from_hours(1));
            call(&[("key", Value::str("new")), ("value", Value::str("x")), ("ttl", hour)])
        }),
        scenario("redis.set", "in the place of a list", |_| {
            call(&[("key", Value::str("signal:list")), ("value", Value::str("x"))])
        }),
        scenario("redis.set", "what is so already", |_| {
            call(&[("key", Value::str("flag")), ("value", Value::str("on"))])
        })
        .no_change(),
        scenario("redis.del", "by name", |_| call(&[keys(&["flag", "scores", "stream", "no such key"])])),
        scenario("redis.del", "by pattern", |_| call(&[("matching", Value::str("signal:*"))])).half(|_| {
            known().ask("DEL signal:1 signal:hash");
        }),
        scenario("redis.del", "what is not there", |_| call(&[keys(&["no such key"])])).no_change(),
        scenario("redis.flush", "everything", |_| call(&[])).half(|_| {
            known().ask("DEL flag scores");
            known().ask("SET came:since 1");
        }),
        Scenario {
            setup: |_| drop(known().ask("FLUSHDB")),
            ..scenario("redis.flush", "an empty database", |_| call(&[]))
        }
        .no_change(),
    ]
}

#[test]
fn redis_actions_keep_their_contract() {
    if server().is_none() {
        return skip::skip("there is no `redis-server`");
    }
    for scenario in scenarios() {
        let name = format!("{} ({})", scenario.action, scenario.case);
        eprintln!("{name}");
        driver::drive(&scenario);
    }
}
