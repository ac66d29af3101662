//! `http.get` and `http.head` against real sockets that behave, and that do not.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use rbk::catalogue::cancel::{Cancel, Urgency};
use rbk::catalogue::error::ErrorKind;
use rbk::catalogue::value::{Sealed, Value};

use super::world::{World, amount, field, map, text};

/// A server on a port of its own that treats each connection with `serve`. Its thread ends with the process.
fn server(serve: impl Fn(Vec<String>, TcpStream) + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let serve = std::sync::Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = std::sync::Arc::clone(&serve);
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut head = Vec::new();
                let mut line = String::new();
                while reader.read_line(&mut line).is_ok_and(|count| count > 2) {
                    head.push(std::mem::take(&mut line).trim_end().to_owned());
                }
                if !head.is_empty() {
                    serve(head, stream);
                }
            });
        }
    });
    address
}

fn answer(mut stream: TcpStream, status: &str, headers: &str, body: &str) {
    let length = body.len();
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
}

fn get(world: &World, url: &str) -> rbk::catalogue::error::Result<Value> {
    world.ask("http.get", &[("url", text(url))])
}

fn within(millis: u64) -> World {
    let mut world = World::new();
    world.look = world.look.within(Duration::from_millis(millis));
    world
}

#[test]
fn an_answer_has_status_body_json_headers_and_latency() {
    let url = server(|_, stream| {
        std::thread::sleep(Duration::from_millis(30));
        answer(stream, "200 OK", "Content-Type: application/json\r\nX-A: 1\r\nX-A: 2\r\n", "{\"isConsistent\": true}");
    });
    let response = get(&World::new(), &url).unwrap();
    assert_eq!(field(&response, "status"), Value::Int(200));
    assert_eq!(field(&response, "body"), Value::str("{\"isConsistent\": true}"));
    let Value::Json(json) = field(&response, "json") else { panic!("no json") };
    assert_eq!(json["isConsistent"], true);
    let Value::Map(headers) = field(&response, "headers") else { panic!("no headers") };
    assert_eq!((&headers["content-type"], &headers["x-a"]), (&Value::str("application/json"), &Value::str("1, 2")));
    assert!((30e6..20e9).contains(&amount(&field(&response, "latency"))));
}

#[test]
fn an_error_status_is_an_answer_not_a_failure() {
    let url = server(|_, stream| answer(stream, "500 Internal Server Error", "", "boom"));
    let response = get(&World::new(), &url).unwrap();
    assert_eq!((field(&response, "status"), field(&response, "json")), (Value::Int(500), Value::None));
}

#[test]
fn head_asks_without_a_body() {
    let url = server(|head, mut stream| {
        assert!(head[0].starts_with("HEAD / "));
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
    });
    let response = World::new().ask("http.head", &[("url", text(&url))]).unwrap();
    assert_eq!((field(&response, "status"), field(&response, "body")), (Value::Int(200), Value::str("")));
}

#[test]
fn a_port_that_nobody_serves_is_said_so() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for host in ["127.0.0.1", "localhost"] {
        let error = get(&World::new(), &format!("http://{host}:{port}/health?token=s3cr3t")).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Failed);
        assert!(
            error.what.starts_with(&format!("nobody listens on {host}:{port} (http://{host}:{port}/health?…)")),
            "{}",
            error.what
        );
    }
}

#[test]
fn a_server_that_accepts_and_never_answers_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let started = Instant::now();
    let error = get(&within(150), &url).unwrap_err();
    assert_eq!(error.kind, ErrorKind::TimedOut);
    assert!(error.what.contains("did not answer within"), "{}", error.what);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn a_body_that_drips_does_not_outlive_the_limit() {
    let url = server(|_, mut stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    assert_eq!(get(&within(200), &url).unwrap_err().kind, ErrorKind::TimedOut);
}

#[test]
fn a_kill_of_the_run_ends_a_request() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let cancel = Cancel::new();
    let mut world = World::new();
    world.look = world.look.with_cancel(cancel.clone());
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| get(&world, &url));
        let (_held, _) = listener.accept().unwrap();
        cancel.raise(Urgency::Kill);
        assert_eq!(asking.join().unwrap().unwrap_err().kind, ErrorKind::Cancelled);
    });
}

#[test]
fn an_endless_body_is_refused_before_it_fills_the_memory() {
    let url = server(|_, mut stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b'x'; 16384]).is_ok() {}
    });
    let error = get(&World::new(), &url).unwrap_err();
    assert!(error.what.contains("is larger than 16 MiB"), "{}", error.what);
}

#[test]
fn what_is_no_http_and_what_hangs_up_is_told_apart() {
    let noise = server(|_, mut stream| drop(stream.write_all(b"SSH-2.0-OpenSSH_9.6\r\n")));
    let error = get(&World::new(), &noise).unwrap_err();
    assert!(error.what.contains("does not speak HTTP here"), "{}", error.what);
    let silent = server(|_, stream| drop(stream));
    let error = get(&World::new(), &silent).unwrap_err();
    assert!(error.what.contains("closed the connection"), "{}", error.what);
    let cut = server(|_, mut stream| drop(write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")));
    let error = get(&World::new(), &cut).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Failed);
}

#[test]
fn redirects_are_followed_and_circles_end() {
    let url = server(|head, stream| match head[0].split(' ').nth(1).unwrap() {
        "/old" => answer(stream, "302 Found", "Location: /new\r\n", ""),
        "/new" => answer(stream, "200 OK", "", "arrived"),
        _ => answer(stream, "301 Moved Permanently", "Location: /circle\r\n", ""),
    });
    assert_eq!(field(&get(&World::new(), &format!("{url}/old")).unwrap(), "body"), Value::str("arrived"));
    let error = get(&World::new(), &format!("{url}/circle")).unwrap_err();
    assert!(error.what.contains("redirects more than 10 times"), "{}", error.what);
}

#[test]
fn headers_reach_the_server_but_credentials_only_the_first_one() {
    let echo = |head: Vec<String>, stream| answer(stream, "200 OK", "", &head.join("\n"));
    let second = server(echo);
    let target = second.clone();
    let first = server(move |head, stream| {
        if head[0].contains("/away") {
            answer(stream, "302 Found", &format!("Location: {target}/\r\n"), "");
        } else {
            echo(head, stream);
        }
    });
    let headers = || map(&[("Authorization", Value::Secret("token".into())), ("X-Kind", Value::str("probe"))]);
    let world = World::new();
    let body = |url: String| {
        let response = world.ask("http.get", &[("url", text(&url)), ("headers", headers())]).unwrap();
        field(&response, "body").as_text().unwrap().to_ascii_lowercase()
    };
    let direct = body(format!("{first}/"));
    assert!(direct.contains("authorization: s3cr3t") && direct.contains("x-kind: probe"), "{direct}");
    let away = body(format!("{first}/away"));
    assert!(!away.contains("authorization") && away.contains("x-kind: probe"), "{away}");
}

#[test]
fn every_request_has_a_connection_of_its_own() {
    let url = server(|_, mut stream| {
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{:02}", 1);
        // Kept open: a client that keeps connections would ask this one again, and hang.
        let _ = stream.read(&mut [0; 16]);
    });
    let world = within(10_000);
    for _ in 0..3 {
        assert_eq!(field(&get(&world, &url).unwrap(), "status"), Value::Int(200));
    }
}

#[test]
fn what_is_no_address_is_refused() {
    let world = World::new();
    for (wrong, why) in [
        ("localhost:5000/x", "scheme is `localhost`"),
        ("", "relative URL"),
        ("ftp://x/", "`ftp`"),
        ("http://", "empty host"),
    ] {
        let error = get(&world, wrong).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Value);
        assert!(error.what.contains(why), "{wrong:?}: {}", error.what);
    }
    let headers = map(&[("X", Value::str("a\r\nb"))]);
    let error = world.ask("http.get", &[("url", text("http://localhost")), ("headers", headers)]).unwrap_err();
    assert!(error.what.contains("no header may"), "{}", error.what);
}

#[test]
fn a_host_without_an_address_is_named() {
    let error = get(&within(20_000), "http://no-such-host.invalid/").unwrap_err();
    assert!(error.what.contains("no-such-host.invalid"), "{}", error.what);
}

#[test]
fn a_secret_in_any_header_stays_with_the_server_that_it_is_meant_for() {
    let echo = |head: Vec<String>, stream| answer(stream, "200 OK", "", &head.join("\n"));
    let second = server(echo);
    let target = second.clone();
    let first = server(move |head, stream| {
        if head[0].contains("/away") {
            answer(stream, "302 Found", &format!("Location: {target}/\r\n"), "");
        } else {
            echo(head, stream);
        }
    });
    let bearer = Value::Sealed([Sealed::Text("Bearer ".into()), Sealed::Secret("token".into())].into());
    let headers = || map(&[("X-Api-Key", Value::Secret("token".into())), ("X-Auth", bearer.clone())]);
    let world = World::new();
    let body = |url: String| {
        let response = world.ask("http.get", &[("url", text(&url)), ("headers", headers())]).unwrap();
        field(&response, "body").as_text().unwrap().to_ascii_lowercase()
    };
    let direct = body(format!("{first}/"));
    assert!(direct.contains("x-api-key: s3cr3t") && direct.contains("x-auth: bearer s3cr3t"), "{direct}");
    let away = body(format!("{first}/away"));
    assert!(away.contains("get /") && !away.contains("s3cr3t"), "{away}");
}
