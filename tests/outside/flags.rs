//! Flags of services, against a real Redis server and an HTTP server that keeps what it is told.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use rbk::catalogue::args::Arg;
use rbk::catalogue::unit::{Capture, Change};
use rbk::catalogue::value::Value;
use serde_json::{Value as Json, json};

use super::world::{World, action, args, list, said, text};
use crate::support::redis::RedisServer;
use crate::support::skip;

/// Answers `GET /flags` with all of them, `PUT /flags/NAME` sets one; so do `/env/NAME` and `POST /env/NAME/on` in another
/// shape.
struct Service {
    url: String,
    flags: Arc<Mutex<BTreeMap<String, Json>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Service {
    fn start(flags: Json) -> Self {
        let flags: BTreeMap<String, Json> = serde_json::from_value(flags).unwrap();
        let (flags, asked) = (Arc::new(Mutex::new(flags)), Arc::new(Mutex::new(Vec::new())));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/api", listener.local_addr().unwrap());
        let (theirs, log) = (Arc::clone(&flags), Arc::clone(&asked));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Some(()) = serve(stream.unwrap(), &mut theirs.lock().unwrap(), &log) else { continue };
            }
        });
        Self { url, flags, asked }
    }

    fn now(&self) -> Json {
        serde_json::to_value(&*self.flags.lock().unwrap()).unwrap()
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn serve(mut stream: TcpStream, flags: &mut BTreeMap<String, Json>, log: &Mutex<Vec<String>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut head, mut length, mut token) = (String::new(), 0, false);
    reader.read_line(&mut head).ok()?;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        token |= line == "authorization: s3cr3t";
        length = line.strip_prefix("content-length: ").map_or(length, |number| number.parse().unwrap());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let mut words = head.split(' ');
    let (method, path) = (words.next()?, words.next()?.strip_prefix("/api")?);
    log.lock().unwrap().push(format!("{method} {path} {}", String::from_utf8_lossy(&body)).trim_end().to_owned());
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let (status, answer) = match (method, parts.as_slice()) {
        _ if !token => ("401 Unauthorized", Json::Null),
        ("GET", ["flags"]) => ("200 OK", serde_json::to_value(&*flags).ok()?),
        ("GET", ["env", name]) => match flags.get(*name) {
            Some(value) => ("200 OK", json!({ "name": name, "prod": { "on": value } })),
            None => ("404 Not Found", Json::Null),
        },
        ("PUT", ["flags", "stuck"]) => ("503 Service Unavailable", Json::Null),
        ("PUT", ["flags", name]) => {
            flags.insert((*name).to_owned(), serde_json::from_slice(&body).ok()?);
            ("204 No Content", Json::Null)
        }
        ("POST", ["env", name, to]) => {
            flags.insert((*name).to_owned(), Json::Bool(*to == "on"));
            ("200 OK", Json::Null)
        }
        _ => ("404 Not Found", Json::Null),
    };
    let text = if answer.is_null() { String::new() } else { answer.to_string() };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{text}", text.len()).ok()
}

fn handle(world: &World, name: &str, given: &[(&str, Arg)]) -> Arg {
    Arg::Known(world.ask(name, given).unwrap())
}

fn http(world: &World, service: &Service, more: &[(&'static str, &str)]) -> Arg {
    let headers = Value::Map(Arc::new([("Authorization".into(), Value::Secret("token".into()))].into()));
    let mut given = vec![("url", text(&service.url)), ("headers", Arg::Known(headers))];
    given.extend(more.iter().map(|(name, value)| (*name, text(value))));
    handle(world, "flags_http", &given)
}

#[test]
fn flags_of_an_http_service_are_shown_set_and_set_back() {
    let (world, service) = (World::new(), Service::start(json!({ "batching": true, "new": false, "share": 20 })));
    let at = http(&world, &service, &[]);
    let given = [("path", at.clone()), ("names", list(&["new", "batching"]))];
    let preview = world.preview("flags.disable", &given).unwrap();
    assert_eq!(preview.changes, [Change::Other { summary: "`batching` true → false".to_owned() }]);
    assert!(!format!("{preview:?} {at:?}", at = world.ask("flags.all", &given[..1])).contains("s3cr3t"));
    let (capture, done) = world.captured_run("flags.disable", &given);
    done.unwrap();
    assert_eq!(service.now(), json!({ "batching": false, "new": false, "share": 20 }));
    // What is so already is not sent.
    let puts: Vec<_> = service.asked().into_iter().filter(|line| line.starts_with("PUT")).collect();
    assert_eq!(puts, ["PUT /flags/batching false"]);
    assert!(!serde_json::to_string(&capture).unwrap().contains("s3cr3t"));
    let enabled = world.ask("flags.enabled", &[given[0].clone(), ("name", text("batching"))]).unwrap();
    assert_eq!(enabled, Value::Bool(false));
    for _ in 0..2 {
        world.undo("flags.disable", &capture).unwrap();
        assert_eq!(service.now(), json!({ "batching": true, "new": false, "share": 20 }));
    }
    let share = [("path", at), ("names", list(&["share"])), ("value", super::world::int(0))];
    world.run("flags.set", &share).unwrap();
    assert_eq!(service.now()["share"], json!(0));
}

#[test]
fn a_service_of_another_shape_is_described_by_its_handle() {
    let (world, service) = (World::new(), Service::start(json!({ "a b": true })));
    let shape = [("get", "/env/{name}"), ("at", "/prod/on"), ("set", "/env/{name}/{on}"), ("method", "POST")];
    service.flags.lock().unwrap().insert("x".to_owned(), json!(true));
    let at = http(&world, &service, &shape);
    world.run("flags.disable", &[("path", at.clone()), ("names", list(&["x"]))]).unwrap();
    assert_eq!(service.now()["x"], json!(false));
    assert_eq!(service.asked(), ["GET /env/x", "POST /env/x/off"]);
    let error = world.preview("flags.disable", &[("path", at), ("names", list(&["a b"]))]).unwrap_err();
    assert!(error.what.ends_with("has no flag `a b`"), "{}", error.what);
    assert_eq!(service.asked(), ["GET /env/a%20b"]);
}

#[test]
fn a_flag_that_is_not_there_or_cannot_be_set_is_told() {
    let (world, service) = (World::new(), Service::start(json!({ "a": true, "stuck": true })));
    let at = || ("path", http(&world, &service, &[]));
    let error = world.preview("flags.enable", &[at(), ("names", list(&["stuk"]))]).unwrap_err();
    assert!(said(&error).contains("did you mean `stuck`?"), "{}", said(&error));
    let error = world.run("flags.disable", &[at(), ("names", list(&["a", "stuck"]))]).unwrap_err();
    assert!(error.what.contains("was answered 503") && error.what.ends_with("set before that: `a`"), "{}", error.what);
    let unsigned = handle(&world, "flags_http", &[("url", text(&service.url))]);
    let error = world.ask("flags.all", &[("path", unsigned)]).unwrap_err();
    assert!(error.what.contains("401") && said(&error).contains("`headers:`"), "{}", said(&error));
}

#[test]
fn flags_in_redis_keep_their_words_and_come_back_as_they_were() {
    let Some(server) = RedisServer::start(&[]) else { return skip::skip("there is no `redis-server`") };
    let world = World::new();
    for line in ["SET flag:a 1", "SET flag:b true PXAT 99999999999123", "SET flag:mode fast", "SET other x"] {
        server.ask(line);
    }
    let at = handle(&world, "flags_redis", &[("server", text(&server.url())), ("prefix", text("flag:"))]);
    let given = [("path", at.clone()), ("names", list(&["a", "b"]))];
    let preview = world.preview("flags.disable", &given).unwrap();
    assert_eq!(preview.changes.len(), 2, "{preview:?}");
    let unit = action("flags.disable");
    assert!(unit.exact_undo(&args(unit.signature(), &given)));
    let (capture, done) = world.captured_run("flags.disable", &given);
    done.unwrap();
    let texts = |key: &str| server.ask(&format!("GET {key}"));
    assert_eq!(texts("flag:a"), redis::Value::BulkString(b"0".to_vec()));
    assert_eq!(texts("flag:b"), redis::Value::BulkString(b"false".to_vec()));
    assert_eq!(server.ask("PEXPIRETIME flag:b"), redis::Value::Int(99_999_999_999_123));
    let all = world.ask("flags.all", &given[..1]).unwrap();
    assert_eq!(all.to_string(), "{ a: false, b: false }");
    world.undo("flags.disable", &capture).unwrap();
    assert_eq!(texts("flag:a"), redis::Value::BulkString(b"1".to_vec()));
    assert_eq!(server.ask("PEXPIRETIME flag:b"), redis::Value::Int(99_999_999_999_123));
    let error = world.preview("flags.disable", &[("path", at.clone()), ("names", list(&["mode"]))]).unwrap_err();
    assert!(error.what.contains("neither on nor off"), "{}", error.what);
    let error = world.preview("flags.disable", &[("path", at), ("names", list(&["c"]))]).unwrap_err();
    assert!(error.what.contains("has no flag `c`"), "{}", error.what);
    assert_ne!(capture, Capture::Nothing);
}
