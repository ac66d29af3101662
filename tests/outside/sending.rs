//! Requests that change something, against real sockets: what is sent, how often, and what a failure says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rbk::catalogue::args::Arg;
use rbk::catalogue::effect::{Kind, Resource};
use rbk::catalogue::error::ErrorKind;
use rbk::catalogue::unit::Change;
use rbk::catalogue::value::{Sealed, Value};

use super::world::{World, action, args, field, map, said, text};

/// A server that keeps every request as it came, head and body, and treats it with `serve`.
struct Server {
    url: String,
    got: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(serve: impl Fn(&str, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let got = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&got);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut request = String::new();
                while !request.ends_with("\r\n\r\n") && reader.read_line(&mut request).is_ok_and(|count| count > 0) {}
                let length = request.to_ascii_lowercase();
                let length = length.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                reader.read_exact(&mut body).unwrap();
                request.push_str(&String::from_utf8(body).unwrap());
                kept.lock().unwrap().push(request.clone());
                serve(&request, &mut stream);
            }
        });
        Self { url, got }
    }

    fn answering(status: &'static str, headers: &'static str, body: &'static str) -> Self {
        Self::start(move |_, stream| answer(stream, status, headers, body))
    }

    fn got(&self) -> Vec<String> {
        self.got.lock().unwrap().clone()
    }
}

fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n{body}", body.len());
}

fn json(text: &str) -> Arg {
    Arg::Known(Value::Json(Arc::new(serde_json::from_str(text).unwrap())))
}

fn bearer() -> Value {
    Value::Sealed([Sealed::Text("Bearer ".into()), Sealed::Secret("token".into())].into())
}

#[test]
fn each_method_sends_its_body_once_and_gives_the_status() {
    for (name, method) in
        [("http.post", "POST"), ("http.put", "PUT"), ("http.patch", "PATCH"), ("http.delete", "DELETE")]
    {
        let server = Server::answering("201 Created", "", "{}");
        let url = text(&format!("{}/flags/a", server.url));
        let given = [("url", url), ("json", json("{\"on\": false}")), ("headers", map(&[("Authorization", bearer())]))];
        assert_eq!(World::new().run(name, &given).unwrap(), Value::Int(201));
        let got = server.got();
        assert_eq!(got.len(), 1, "{got:?}");
        assert!(got[0].starts_with(&format!("{method} /flags/a HTTP/1.1\r\n")), "{}", got[0]);
        assert!(got[0].ends_with("\r\n\r\n{\"on\":false}"), "{}", got[0]);
        let head = got[0].to_ascii_lowercase();
        assert!(head.contains("content-type: application/json") && head.contains("authorization: bearer s3cr3t"));
    }
}

#[test]
fn a_body_is_a_text_a_secret_or_a_form() {
    let server = Server::answering("204 No Content", "", "");
    let world = World::new();
    let url = || ("url", text(&server.url));
    world.run("http.post", &[url(), ("body", Arg::Known(Value::Secret("token".into())))]).unwrap();
    let form = map(&[("name", Value::str("a b&c=ü")), ("key", Value::Secret("token".into())), ("no", Value::None)]);
    world.run("http.post", &[url(), ("form", form)]).unwrap();
    let kind = map(&[("content-type", Value::str("application/xml"))]);
    world.run("http.post", &[url(), ("body", text("<a/>")), ("headers", kind)]).unwrap();
    world.run("http.delete", &[url()]).unwrap();
    let got = server.got();
    assert!(got[0].contains("text/plain; charset=utf-8") && got[0].ends_with("\r\n\r\ns3cr3t"), "{}", got[0]);
    assert!(got[1].contains("application/x-www-form-urlencoded"), "{}", got[1]);
    assert!(got[1].ends_with("\r\n\r\nkey=s3cr3t&name=a+b%26c%3D%C3%BC"), "{}", got[1]);
    assert!(got[2].contains("application/xml") && !got[2].contains("text/plain"), "{}", got[2]);
    assert!(got[3].ends_with("\r\n\r\n"), "{}", got[3]);
}

#[test]
fn two_bodies_are_refused_before_anything_is_sent() {
    let server = Server::answering("200 OK", "", "");
    let given = [("url", text(&server.url)), ("body", text("a")), ("json", json("1"))];
    let world = World::new();
    for error in [world.run("http.put", &given).unwrap_err(), world.preview("http.put", &given).unwrap_err()] {
        assert!(error.what.contains("two bodies, `body` and `json`"), "{}", error.what);
    }
    assert!(server.got().is_empty());
}

#[test]
fn an_error_status_is_a_failure_with_the_start_of_the_answer_and_is_not_sent_again() {
    let server = Server::answering("503 Service Unavailable", "Retry-After: 0\r\n", "the queue is full\nline two");
    let url = format!("{}/jobs?key=hidden", server.url);
    let error = World::new().run("http.post", &[("url", text(&url))]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed);
    let what = format!("`POST {}/jobs?…` was answered 503 Service Unavailable: the queue is full line two", server.url);
    assert_eq!(error.what, what);
    assert!(said(&error).contains("look at the server before you send it again"), "{}", said(&error));
    assert_eq!(server.got().len(), 1);
}

#[test]
fn ok_says_which_codes_are_no_failure() {
    let server = Server::answering("404 Not Found", "", "gone already");
    let world = World::new();
    let codes = Arg::Known(Value::list([Value::Int(200), Value::Int(404)]));
    let given = [("url", text(&server.url)), ("ok", codes)];
    assert_eq!(world.run("http.delete", &given).unwrap(), Value::Int(404));
    let server = Server::answering("202 Accepted", "", "");
    let codes = Arg::Known(Value::list([Value::Int(200)]));
    let error = world.run("http.delete", &[("url", text(&server.url)), ("ok", codes)]).unwrap_err();
    assert!(error.what.ends_with("was answered 202 Accepted"), "{}", error.what);
}

#[test]
fn a_change_goes_on_only_by_307_and_308_and_only_on_the_same_server() {
    let other = Server::answering("200 OK", "", "");
    let target = other.url.clone();
    let server = Server::start(move |request, stream| {
        let path = request.split(' ').nth(1).unwrap();
        match path {
            "/kept" => answer(stream, "307 Temporary Redirect", "Location: /final\r\n", ""),
            "/seen" => answer(stream, "303 See Other", "Location: /final\r\n", ""),
            "/moved" => answer(stream, "301 Moved Permanently", "Location: /final\r\n", ""),
            "/away" => answer(stream, "308 Permanent Redirect", &format!("Location: {target}/\r\n"), ""),
            "/circle" => answer(stream, "307 Temporary Redirect", "Location: /circle\r\n", ""),
            _ => answer(stream, "200 OK", "", "done"),
        }
    });
    let world = World::new();
    let post =
        |path: &str| world.run("http.post", &[("url", text(&format!("{}{path}", server.url))), ("body", text("once"))]);
    assert_eq!(post("/kept").unwrap(), Value::Int(200));
    let got = server.got();
    assert!(got[1].starts_with("POST /final ") && got[1].ends_with("\r\n\r\nonce"), "{got:?}");
    for (path, code) in [("/seen", "303"), ("/moved", "301"), ("/away", "308")] {
        let before = server.got().len();
        let error = post(path).unwrap_err();
        assert!(error.what.contains(&format!("was answered {code}")), "{}", error.what);
        assert!(said(&error).contains("is not sent on to another address"), "{}", said(&error));
        assert_eq!(server.got().len(), before + 1, "{path}");
    }
    assert!(other.got().is_empty(), "another server never gets it");
    assert!(post("/circle").unwrap_err().what.contains("redirects more than 10 times"));
}

#[test]
fn a_request_that_may_have_arrived_says_so_and_one_that_did_not_does_not() {
    let hangs_up = Server::start(|_, stream| drop(stream.shutdown(std::net::Shutdown::Both)));
    let world = World::new();
    let error = world.run("http.post", &[("url", text(&hangs_up.url))]).unwrap_err();
    assert!(said(&error).contains("it may have done it all the same"), "{}", said(&error));
    assert_eq!(hangs_up.got().len(), 1, "it is not sent again");

    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut hasty = World::new();
    hasty.look = hasty.look.within(Duration::from_millis(150));
    let error = hasty.run("http.post", &[("url", text(&url))]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(said(&error).contains("it may have done it all the same"), "{}", said(&error));

    let closed = { TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port() };
    let error = world.run("http.post", &[("url", text(&format!("http://127.0.0.1:{closed}/")))]).unwrap_err();
    assert!(error.what.starts_with("nobody listens") && !said(&error).contains("may have done"), "{}", said(&error));
}

#[test]
fn a_preview_shows_what_would_be_sent_without_secrets_and_sends_nothing() {
    let server = Server::answering("200 OK", "", "");
    let url = text(&server.url.replace("http://", "http://ana:pw@"));
    let headers = map(&[("Authorization", Value::str("Basic abc")), ("X-Key", bearer())]);
    let given = [("url", url), ("headers", headers), ("form", map(&[("t", Value::Secret("token".into()))]))];
    let world = World::new();
    let preview = world.preview("http.put", &given).unwrap();
    let lines: Vec<_> = preview
        .changes
        .iter()
        .map(|change| if let Change::Other { summary } = change { summary.as_str() } else { panic!("{change:?}") })
        .collect();
    let first = format!("send PUT {}/", server.url);
    assert_eq!(preview.summary, first);
    assert_eq!(lines, ["Authorization: …", "X-Key: Bearer «secret token»", "form: t=«secret token»"]);
    assert!(preview.opaque.is_some() && server.got().is_empty());
    let later = world.preview("http.post", &[("url", Arg::Unknown), ("body", Arg::Unknown)]).unwrap();
    assert!(later.summary.contains("known when it runs"), "{later:?}");
    let wrong = world.preview("http.post", &[("url", text("ftp://x/"))]).unwrap_err();
    assert!(wrong.what.contains("`ftp`"), "{}", wrong.what);
}

#[test]
fn it_touches_the_world_and_its_own_address() {
    let unit = action("http.delete");
    let effects = unit.effects(&args(unit.signature(), &[("url", text("http://shop:8080/api/flags/?x=1"))]), None);
    assert!(effects.reads.contains(&Resource::world()) && effects.writes.contains(&Resource::world()));
    assert!(effects.writes.contains(&Resource::new(Kind::Http, "shop:8080/api/flags")), "{effects:?}");
    let undone = World::new().undo("http.delete", &rbk::catalogue::unit::Capture::Nothing).unwrap_err();
    assert!(said(&undone).contains("undo { … }"), "{}", said(&undone));
}

#[test]
fn a_question_with_a_body_is_asked_and_an_error_status_is_an_answer() {
    let server = Server::start(|request, stream| {
        if request.starts_with("POST /search ") {
            answer(stream, "200 OK", "", "{\"hits\": 3}");
        } else {
            answer(stream, "302 Found", "Location: /search\r\n", "");
        }
    });
    let world = World::new();
    let ask = |path: &str, more: &[(&str, Arg)]| {
        let mut given = vec![("url", text(&format!("{}{path}", server.url)))];
        given.extend(more.iter().cloned());
        world.ask("http.ask", &given).unwrap()
    };
    let found = ask("/search", &[("json", json("{\"query\": \"state:bad\"}"))]);
    let Value::Json(found) = field(&found, "json") else { panic!("no json") };
    assert_eq!(found["hits"], 3);
    assert!(server.got()[0].ends_with("{\"query\":\"state:bad\"}"));
    assert_eq!(field(&ask("/other", &[("method", text("QUERY"))]), "status"), Value::Int(302));
    assert!(server.got()[1].starts_with("QUERY /other "));
}
