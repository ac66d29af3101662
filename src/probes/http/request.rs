//! A request with a body: what `http.ask` and the actions of `http` send, and how a plan shows it.
//!
//! Shown are the names of secrets, never their values.

use std::collections::BTreeMap;
use std::sync::Arc;

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use url::Url;
use url::form_urlencoded::Serializer;

use super::super::sealed::{line, masked, plain};
use super::{SIGNS_IN, address, headers, headers_of, shown};
use crate::catalogue::args::Args;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::json::json_of;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter};
use crate::catalogue::value::Value;

pub(crate) const BODY: Parameter =
    Parameter { name: "body", ty: "secret", form: Form::Optional, doc: "what is sent: a text or a secret" };
pub(crate) const JSON: Parameter =
    Parameter { name: "json", ty: "json", form: Form::Optional, doc: "what is sent, as JSON" };
pub(crate) const FORM: Parameter = Parameter {
    name: "form",
    ty: "map[secret]",
    form: Form::Optional,
    doc: "what is sent as the fields of a form, texts or secrets",
};

/// What is sent.
pub(crate) struct Request {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Option<Vec<u8>>,
}

impl Request {
    /// The request of a call. Refuses what cannot be sent, before anything is.
    pub(crate) fn of(method: &Method, args: &Args, look: &Look) -> Result<Self> {
        let url = address(args.text("url")?)?;
        let mut headers = headers(args, look)?;
        let body = body(args, look)?;
        if let Some((kind, _)) = &body
            && !headers.contains_key(CONTENT_TYPE)
        {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        }
        Ok(Self { method: method.clone(), url, headers, body: body.map(|(_, body)| body) })
    }

    /// A request with these headers, and a document as its body.
    pub(crate) fn with_json(
        method: Method,
        url: Url,
        entries: Option<&BTreeMap<Arc<str>, Value>>,
        body: Option<&serde_json::Value>,
        look: &Look,
    ) -> Result<Self> {
        let mut headers = entries.map_or_else(|| Ok(HeaderMap::new()), |entries| headers_of(entries, look))?;
        if body.is_some() && !headers.contains_key(CONTENT_TYPE) {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        Ok(Self { method, url, headers, body: body.map(|body| body.to_string().into_bytes()) })
    }

    /// `POST http://localhost/flags`, in backticks.
    pub(crate) fn named(&self) -> String {
        format!("`{} {}`", self.method, shown(&self.url))
    }
}

/// At most one of `body`, `json` and `form` is said.
pub(crate) fn refuse_two_bodies(args: &Args) -> Result<()> {
    let [first, second, ..] = said(args)[..] else { return Ok(()) };
    let what = format!("`{}` has two bodies, `{first}` and `{second}`", args.signature().name);
    Err(Error::new(ErrorKind::Value, what).hint("say one of `body`, `json` and `form`"))
}

/// The body and its kind.
fn body(args: &Args, look: &Look) -> Result<Option<(&'static str, Vec<u8>)>> {
    refuse_two_bodies(args)?;
    let Some(name) = said(args).first().copied() else { return Ok(None) };
    let value = args.value(name)?;
    Ok(Some(match (name, value) {
        ("json", value) => ("application/json", json_of(value)?.to_string().into_bytes()),
        ("form", Value::Map(fields)) => {
            let mut form = Serializer::new(String::new());
            for (name, value) in fields.iter().filter(|(_, value)| **value != Value::None) {
                form.append_pair(name, &plain(value, look)?);
            }
            ("application/x-www-form-urlencoded", form.finish().into_bytes())
        }
        (_, value) => ("text/plain; charset=utf-8", plain(value, look)?.into_bytes()),
    }))
}

fn said(args: &Args) -> Vec<&'static str> {
    [BODY.name, JSON.name, FORM.name]
        .into_iter()
        .filter(|name| args.get(name).is_some() || args.is_unknown(name))
        .collect()
}

/// What a call would send, line by line, as far as it is known.
pub(crate) fn described(method: &Method, args: &Args) -> Vec<String> {
    let mut lines = Vec::new();
    let url = args.text_or_none("url").and_then(|text| Url::parse(text).ok()).map(|mut url| {
        let _ = (url.set_username(""), url.set_password(None));
        url.to_string()
    });
    lines.push(format!("{method} {}", url.as_deref().unwrap_or("to an address that is known when it runs")));
    if args.is_unknown("headers") {
        lines.push("headers that are known when it runs".to_owned());
    }
    if let Some(Value::Map(entries)) = args.get("headers") {
        for (name, value) in entries.iter().filter(|(_, value)| **value != Value::None) {
            // What signs in is not shown, be it declared as a secret or not.
            let signs_in = HeaderName::from_bytes(name.as_bytes()).is_ok_and(|name| SIGNS_IN.contains(&name));
            let value = if signs_in && !value.is_secret() { "…".to_owned() } else { line(&masked(value)) };
            lines.push(format!("{name}: {value}"));
        }
    }
    for name in said(args) {
        lines.push(match args.get(name) {
            None => format!("{name} that is known when it runs"),
            Some(Value::Map(fields)) if name == FORM.name => {
                let fields: Vec<_> =
                    fields.iter().map(|(name, value)| format!("{name}={}", line(&masked(value)))).collect();
                format!("form: {}", fields.join(", "))
            }
            Some(value) if name == JSON.name => match json_of(value) {
                Ok(json) => format!("json: {}", line(&json.to_string())),
                Err(_) => format!("json: {}", line(&value.to_string())),
            },
            Some(value) => format!("{name}: {}", line(&masked(value))),
        });
    }
    lines
}
