//! What is asked of other services: names, and metrics of Prometheus as its API writes them.

use rbk::catalogue::error::ErrorKind;
use rbk::catalogue::value::Value;

use super::world::{World, code, map, said, text};
use crate::support::Server;

fn vector(values: &[&str]) -> String {
    let one = |(at, value): (usize, &&str)| {
        format!("{{\"metric\":{{\"pod\":\"p{at}\"}},\"value\":[1772366400.5,\"{value}\"]}}")
    };
    let all: Vec<_> = values.iter().enumerate().map(one).collect();
    format!("{{\"status\":\"success\",\"data\":{{\"resultType\":\"vector\",\"result\":[{}]}}}}", all.join(","))
}

#[test]
fn a_query_gives_one_number_or_nothing() {
    let world = World::new();
    let ask = |status: u16, body: &str| {
        let server = Server::start().on("/prom/api/v1/query", status, body);
        let url = format!("{}/prom/", server.url());
        let headers = map(&[("X-Scope", Value::str("shop"))]);
        let given = [("url", text(&url)), ("expr", code("rate(errors[5m]) > 0")), ("headers", headers)];
        let answer = world.ask("prometheus.query", &given);
        assert_eq!(server.asked(), ["GET /prom/api/v1/query"]);
        answer
    };
    assert_eq!(ask(200, &vector(&["0.25"])).unwrap(), Value::Float(0.25));
    assert_eq!(ask(200, &vector(&[])).unwrap(), Value::None);
    assert_eq!(ask(200, &vector(&["NaN"])).unwrap(), Value::None);
    assert_eq!(ask(200, &vector(&["+Inf"])).unwrap(), Value::None);
    let scalar = "{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1772366400,\"7\"]}}";
    assert_eq!(ask(200, scalar).unwrap(), Value::Float(7.0));
    let error = ask(200, &vector(&["1", "2"])).unwrap_err();
    assert!(error.what.contains("2 values, not one") && said(&error).contains("sum("), "{}", said(&error));
    let matrix = "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}";
    assert!(said(&ask(200, matrix).unwrap_err()).contains("rate("));
    let error = ask(400, "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}").unwrap_err();
    assert_eq!(error.what, "prometheus does not answer `rate(errors[5m]) > 0`: parse error");
    let error = ask(404, "404 page not found").unwrap_err();
    assert!(said(&error).contains("status 404 | is this the address"), "{}", said(&error));
}

#[test]
fn a_name_has_addresses_of_either_kind() {
    let world = World::new();
    let Value::List(all) = world.ask("dns.resolve", &[("name", text("localhost"))]).unwrap() else { panic!() };
    assert!(all.contains(&Value::str("127.0.0.1")), "{all:?}");
    let four = world.ask("dns.resolve", &[("name", text("localhost")), ("kind", text("A"))]).unwrap();
    assert_eq!(four, Value::list([Value::str("127.0.0.1")]));
    let error = world.ask("dns.resolve", &[("name", text("no-such-host.invalid"))]).unwrap_err();
    assert!(error.what.starts_with("no address for host `no-such-host.invalid`"), "{}", error.what);
    let error = world.ask("dns.resolve", &[("name", text("http://localhost"))]).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Value);
}
