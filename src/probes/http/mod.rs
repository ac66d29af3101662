//! `http.get`, `http.head` and `http.ask`: one request, one answer, as a record.

mod ask;
mod client;
mod failure;
pub(crate) mod request;
mod send;

pub(crate) use client::Answer;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION};

use super::network::{Bounded, LIMIT, bounded};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::ty::{RecordField, RecordType};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::{Record, Value};

/// All probes of this family.
pub(super) fn all() -> Vec<Arc<dyn Probe>> {
    vec![
        Arc::new(Request { signature: &GET, method: Method::GET }),
        Arc::new(Request { signature: &HEAD, method: Method::HEAD }),
        Arc::new(ask::Ask),
    ]
}

static RESPONSE: RecordType = RecordType {
    name: "http response",
    fields: &[
        RecordField { name: "status", ty: "int", doc: "the status code, after redirects" },
        RecordField { name: "latency", ty: "duration", doc: "from the start of the connection to the last byte" },
        RecordField { name: "json", ty: "json", doc: "the body as JSON; missing where it is none" },
        RecordField { name: "body", ty: "string", doc: "the body as text" },
        RecordField { name: "headers", ty: "map[string]", doc: "headers by lower-case name" },
    ],
};

pub(crate) const URL: Parameter =
    Parameter { name: "url", ty: "url", form: Form::Positional, doc: "an `http` or `https` address" };
pub(crate) const HEADERS: Parameter =
    Parameter { name: "headers", ty: "map[secret]", form: Form::Optional, doc: "headers to send, texts or secrets" };

static GET: Signature = Signature {
    name: "http.get",
    role: Role::Probe,
    params: &[URL, HEADERS],
    returns: Returns::Record(&RESPONSE),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "asks an HTTP server for a page",
    page: "probes/http.get.md",
};

static HEAD: Signature = Signature {
    name: "http.head",
    role: Role::Probe,
    params: &[URL, HEADERS],
    returns: Returns::Record(&RESPONSE),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "asks an HTTP server for the head of a page, without its body",
    page: "probes/http.head.md",
};

struct Request {
    signature: &'static Signature,
    method: Method,
}

impl Probe for Request {
    fn signature(&self) -> &'static Signature {
        self.signature
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::reads_world()
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let url = address(args.text("url")?)?;
        let started = Instant::now();
        let answer = asked(&self.method, url, args, look)?;
        Ok(response(&answer, started.elapsed()))
    }
}

/// The answer to a question without a body, with the `headers` of a call.
fn asked(method: &Method, url: url::Url, args: &Args, look: &Look) -> Result<client::Answer> {
    let headers = headers(args, look)?;
    match bounded(look.cancel(), LIMIT, client::ask(method.clone(), url.clone(), headers))? {
        Bounded::Done(answer) => answer,
        Bounded::TimedOut(after) => {
            let after = show::duration(after.as_millis() as f64 * 1e6);
            Err(Error::new(ErrorKind::TimedOut, format!("{} did not answer within {after}", shown(&url)))
                .hint("it may be overloaded, or stuck; `timeout:` gives it more time"))
        }
    }
}

/// As `http.get`, for other probes that ask over HTTP.
pub(super) fn get(url: url::Url, args: &Args, look: &Look) -> Result<client::Answer> {
    asked(&Method::GET, url, args, look)
}

/// The record of an answer.
fn response(answer: &client::Answer, latency: std::time::Duration) -> Value {
    let body = answer.text();
    let json = super::exec::json(&body).map_or(Value::None, |json| Value::Json(Arc::new(json)));
    Record::of([
        ("status", Value::Int(answer.status.into())),
        ("latency", Value::duration(latency)),
        ("json", json),
        ("body", Value::str(&*body)),
        ("headers", received(&answer.headers)),
    ])
}

/// The address to ask.
pub(crate) fn address(text: &str) -> Result<url::Url> {
    let wrong = |why: &str| {
        Error::new(ErrorKind::Value, format!("`{text}` is not an address to ask: {why}"))
            .hint("for example `http://localhost:5000/health`")
    };
    let url = url::Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(wrong(&format!("its scheme is `{other}`, not `http` or `https`"))),
    }
}

/// An address in messages: neither credentials nor a query, which may hold a token.
fn shown(url: &url::Url) -> String {
    let mut url = url.clone();
    let _ = (url.set_username(""), url.set_password(None));
    let more = if url.query().is_some() { "?…" } else { "" };
    url.set_query(None);
    url.set_fragment(None);
    format!("{url}{more}")
}

/// The headers that are sent. What a redirect must not carry to another server is marked as sensitive.
fn headers(args: &Args, look: &Look) -> Result<HeaderMap> {
    match args.get("headers") {
        Some(Value::Map(entries)) => headers_of(entries, look),
        _ => Ok(HeaderMap::new()),
    }
}

/// The headers that sign in, be their value declared as a secret or not.
const SIGNS_IN: [HeaderName; 3] = [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION];

/// The same of a map.
fn headers_of(entries: &BTreeMap<Arc<str>, Value>, look: &Look) -> Result<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in entries {
        if matches!(value, Value::None) {
            continue;
        }
        let secret = look.revealed(value)?;
        let is_secret = secret.is_some();
        let text = secret.unwrap_or_else(|| value.as_text().map_or_else(|| value.to_string(), str::to_owned));
        let wrong = |what: &str| Error::new(ErrorKind::Value, format!("`{name}` cannot be {what}"));
        let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("the name of a header"))?;
        let mut value = HeaderValue::from_str(&text).map_err(|_| {
            wrong("sent: its value holds a character that no header may").hint("line ends are the usual cause")
        })?;
        value.set_sensitive(is_secret || SIGNS_IN.contains(&key));
        map.append(key, value);
    }
    Ok(map)
}

/// Headers as a map; several of one name joined by commas (RFC 9110 §5.3).
fn received(headers: &HeaderMap) -> Value {
    let mut map: BTreeMap<Arc<str>, String> = BTreeMap::new();
    for (name, value) in headers {
        let value = String::from_utf8_lossy(value.as_bytes());
        map.entry(name.as_str().into())
            .and_modify(|all| {
                all.push_str(", ");
                all.push_str(&value);
            })
            .or_insert_with(|| value.into_owned());
    }
    Value::Map(Arc::new(map.into_iter().map(|(name, value)| (name, Value::str(value))).collect()))
}
