//! The `redis` family against a real server: answers, passwords, and what is said when something is wrong.

use std::net::TcpListener;
use std::time::Duration;

use rbk::catalogue::args::Arg;
use rbk::catalogue::cancel::{Cancel, Urgency};
use rbk::catalogue::effect::{Kind, Resource};
use rbk::catalogue::error::ErrorKind;
use rbk::catalogue::unit::{Capture, Change};
use rbk::catalogue::value::Value;

use super::world::{World, action, args, list, millis, said, text};
use crate::support::redis::RedisServer;
use crate::support::skip;

macro_rules! server {
    ($($more:expr),*) => {
        match RedisServer::start(&[$($more),*]) {
            Some(server) => server,
            None => return skip::skip("there is no `redis-server`"),
        }
    };
}

fn secret() -> Arg {
    Arg::Known(Value::Secret("token".into()))
}

#[test]
fn probes_give_what_the_server_holds() {
    let server = server!();
    let world = World::new();
    let at = || ("server", text(&server.url()));
    server.ask("SET name Grüße");
    server.ask("RPUSH list 1 2");
    server.ask("SET other:1 x");
    assert_eq!(world.ask("redis.ping", &[at()]).unwrap(), Value::Bool(true));
    assert_eq!(world.ask("redis.get", &[at(), ("key", text("name"))]).unwrap(), Value::str("Grüße"));
    assert_eq!(world.ask("redis.get", &[at(), ("key", text("nothing"))]).unwrap(), Value::None);
    assert_eq!(world.ask("redis.size", &[at()]).unwrap(), Value::Int(3));
    assert_eq!(world.ask("redis.size", &[at(), ("matching", text("other:*"))]).unwrap(), Value::Int(1));
    let error = world.ask("redis.get", &[at(), ("key", text("list"))]).unwrap_err();
    assert!(error.what.contains("WRONGTYPE") && said(&error).contains("a list, a set or a hash"), "{}", said(&error));
    let second = text(&server.url().replace("/0", "/1"));
    assert_eq!(world.ask("redis.size", &[("server", second)]).unwrap(), Value::Int(0));
    let none = text(&server.url().replace("/0", "/4711"));
    let error = world.ask("redis.size", &[("server", none)]).unwrap_err();
    assert!(error.what.contains("refuses `SELECT`"), "{}", error.what);
}

#[test]
fn a_password_is_a_secret_and_the_undo_signs_in_as_well() {
    let server = server!("--requirepass", "s3cr3t");
    let world = World::new();
    let at = || ("server", text(&server.url()));
    let error = world.ask("redis.size", &[at()]).unwrap_err();
    assert!(said(&error).contains("say `password:`"), "{}", said(&error));
    assert!(world.ask("redis.ping", &[at()]).unwrap_err().what.contains("NOAUTH"));
    let wrong = world.ask("redis.ping", &[at(), ("password", text("guess"))]).unwrap_err();
    assert!(wrong.what.contains("WRONGPASS") && !wrong.what.contains("guess"), "{}", wrong.what);
    let given = [at(), ("key", text("k")), ("value", secret()), ("password", secret())];
    let preview = world.preview("redis.set", &given).unwrap();
    assert!(!format!("{preview:?}").contains("s3cr3t"), "{preview:?}");
    let (capture, done) = world.captured_run("redis.set", &given);
    done.unwrap();
    let now = world.ask("redis.get", &[at(), ("key", text("k")), ("password", secret())]).unwrap();
    assert_eq!(now, Value::str("s3cr3t"));
    assert!(!format!("{capture:?}").contains("s3cr3t"), "{capture:?}");
    world.undo("redis.set", &capture).unwrap();
    assert_eq!(world.ask("redis.size", &[at(), ("password", secret())]).unwrap(), Value::Int(0));
}

#[test]
fn a_server_that_is_not_there_or_says_nothing_is_told_apart() {
    let world = World::new();
    let port = { TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    let gone = text(&format!("redis://127.0.0.1:{port}"));
    assert_eq!(world.ask("redis.ping", &[("server", gone.clone())]).unwrap(), Value::Bool(false));
    let error = world.ask("redis.size", &[("server", gone)]).unwrap_err();
    assert_eq!(error.what, format!("nobody listens at redis 127.0.0.1:{port}/0"));

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = text(&format!("redis://{}", silent.local_addr().unwrap()));
    let mut hasty = World::new();
    hasty.look = hasty.look.within(Duration::from_millis(150));
    assert_eq!(hasty.ask("redis.size", &[("server", at.clone())]).unwrap_err().kind, ErrorKind::TimedOut);

    let cancel = Cancel::new();
    let mut killed = World::new();
    killed.look = killed.look.with_cancel(cancel.clone());
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| killed.ask("redis.size", &[("server", at)]));
        let _first = silent.accept().unwrap();
        let _second = silent.accept().unwrap();
        cancel.raise(Urgency::Kill);
        assert_eq!(asking.join().unwrap().unwrap_err().kind, ErrorKind::Cancelled);
    });
}

#[test]
fn what_has_expired_by_the_time_of_the_undo_stays_away() {
    let server = server!();
    let world = World::new();
    server.ask("SET short x PX 1500");
    server.ask("SET long y EX 1000");
    let given = [("server", text(&server.url())), ("matching", text("*"))];
    let (capture, done) = world.captured_run("redis.del", &given);
    done.unwrap();
    std::thread::sleep(Duration::from_millis(1600));
    world.undo("redis.del", &capture).unwrap();
    let long = redis::Value::BulkString(b"long".to_vec());
    assert_eq!(server.ask("KEYS *"), redis::Value::Array(vec![long]));
    let redis::Value::Int(left) = server.ask("TTL long") else { panic!("no time") };
    assert!((900..=1000).contains(&left), "{left}");
}

#[test]
fn a_preview_of_a_flush_tells_how_much_of_what() {
    let server = server!();
    let world = World::new();
    for key in 0..1_200 {
        server.ask(&format!("SET signal:{key} x"));
    }
    server.ask("SET config x");
    let preview = world.preview("redis.flush", &[("server", text(&server.url()))]).unwrap();
    let start = format!("delete every key of redis {}: 1,201 keys (", server.name());
    assert!(preview.summary.starts_with(&start), "{}", preview.summary);
    let first = Change::Other { summary: "delete signal:*   1,200".to_owned() };
    assert_eq!((preview.changes.len(), &preview.changes[0]), (2, &first));
    let done = world.run("redis.flush", &[("server", text(&server.url())), ("capture", text("none"))]).unwrap();
    assert_eq!(done, Value::Int(1_201));
    let refused = world.undo("redis.flush", &Capture::Nothing).unwrap_err();
    assert!(refused.what.contains("captured nothing"), "{}", refused.what);
}

#[test]
fn more_than_can_be_kept_is_refused_before_anything_is_deleted() {
    let server = server!();
    let world = World::new();
    for key in 0..7 {
        server.ask(&format!("SETRANGE big:{key} 9999999 x"));
    }
    let given = [("server", text(&server.url())), ("matching", text("big:*"))];
    let error = world.preview("redis.del", &given).unwrap_err();
    assert!(error.what.contains("would capture keys of") && said(&error).contains("capture: none"), "{}", said(&error));
    assert_eq!(server.ask("DBSIZE"), redis::Value::Int(7));
    let [at, pattern] = given;
    let preview = world.preview("redis.del", &[at, pattern, ("capture", text("none"))]).unwrap();
    assert!(preview.summary.contains("7 keys") && preview.summary.contains("not captured"), "{}", preview.summary);
}

#[test]
fn what_was_changed_since_shows_and_can_be_kept_before_it_is_overwritten() {
    let server = server!();
    let world = World::new();
    server.ask("SET a 1");
    server.ask("SADD s x y z");
    let given = [("server", text(&server.url())), ("keys", list(&["a", "s"]))];
    let unit = action("redis.del");
    let call = args(unit.signature(), &given);
    let before = unit.fingerprint(&call, &world.look).unwrap().unwrap();
    let (capture, done) = world.captured_run("redis.del", &given);
    done.unwrap();
    let left = unit.left(&capture, &call, &world.look).unwrap().unwrap();
    assert!(left.parts.values().all(|part| part == "absent") && left.parts.len() == 2, "{left:?}");
    server.ask("SET a somebody");
    let now = unit.left(&capture, &call, &world.look).unwrap().unwrap();
    let differences = left.differences(&now);
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].0, format!("redis:{}/a", server.name()));
    let present = unit.capture_for_undo(&capture, &call, &world.look, &world.keep).unwrap();
    world.undo("redis.del", &capture).unwrap();
    assert_eq!(unit.fingerprint(&call, &world.look).unwrap().unwrap(), before);
    world.undo("redis.del", &present).unwrap();
    assert_eq!(server.ask("GET a"), redis::Value::BulkString(b"somebody".to_vec()));
    assert_eq!(server.ask("EXISTS s"), redis::Value::Int(0));
}

#[test]
fn a_call_touches_the_world_and_a_probe_reads_its_database_alone() {
    let world = World::new();
    let server = ("server", text("redis://cache:7000/2"));
    let own = Resource::new(Kind::Redis, "cache:7000/2");
    for name in ["redis.set", "redis.del", "redis.flush"] {
        let unit = action(name);
        let effects = unit.effects(&args(unit.signature(), std::slice::from_ref(&server)), Some(&world.look));
        assert!(effects.writes.contains(&own) && effects.writes.contains(&Resource::world()), "{effects:?}");
    }
    for name in ["redis.get", "redis.ping", "redis.size"] {
        let unit = super::world::probe(name);
        let effects = unit.effects(&args(unit.signature(), std::slice::from_ref(&server)), Some(&world.look));
        assert_eq!((effects.reads, effects.writes), (vec![own.clone()], Vec::new()));
    }
}

#[test]
fn a_time_to_live_is_kept_by_the_server() {
    let server = server!();
    let given = [("server", text(&server.url())), ("key", text("k")), ("value", text("v")), ("ttl", millis(50_000))];
    World::new().run("redis.set", &given).unwrap();
    let redis::Value::Int(left) = server.ask("PTTL k") else { panic!("no time") };
    assert!((30_000..=50_000).contains(&left), "{left}");
}
