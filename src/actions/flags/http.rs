//! Flags of an HTTP service: by default `GET URL/flags` gives a map, and `PUT URL/flags/NAME` sets one. Where a service has
//! other addresses, methods and shapes, the handle says them.

use std::collections::BTreeMap;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use url::Url;

use super::service::{self, Service, missing};
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Capture;
use crate::catalogue::value::{FlagsService, Value};
use crate::probes::http::address;
use crate::probes::http::request::Request;
use crate::probes::sealed::line;

/// Where all flags are, unless the handle says.
const ALL: &str = "/flags";
/// Where one is set.
const SET: &str = "/flags/{name}";

/// A service as a handle describes it.
pub struct HttpFlags {
    handle: FlagsService,
    base: String,
}

/// A capture as the journal keeps it.
#[derive(Serialize, Deserialize)]
struct Data {
    flags_http: FlagsService,
    values: Vec<(String, Json)>,
}

impl HttpFlags {
    /// As a handle says.
    pub fn of(handle: &FlagsService) -> Result<Self> {
        let url = handle.text("url").unwrap_or_default();
        let known = address(url)?;
        if known.query().is_some() || known.fragment().is_some() {
            return Err(Error::new(ErrorKind::Value, "the address of a service of flags has no `?` or `#`")
                .hint("say it in `all:`, `get:` and `set:`, which are put behind it"));
        }
        let at = handle.text("at").unwrap_or_default();
        if !at.is_empty() && !at.starts_with('/') {
            return Err(Error::new(ErrorKind::Value, format!("`at: \"{at}\"` is no JSON pointer"))
                .hint("it begins with `/`, such as `/environments/production/enabled`"));
        }
        Ok(Self { handle: handle.clone(), base: url.trim_end_matches('/').to_owned() })
    }

    fn say<'h>(&'h self, name: &str, otherwise: &'h str) -> &'h str {
        self.handle.text(name).unwrap_or(otherwise)
    }

    /// Where `template` leads for a flag, and for a value.
    fn url(&self, template: &str, name: &str, value: Option<&Json>) -> Result<Url> {
        address(&format!("{}{}", self.base, filled(template, name, value, &percent)?))
    }

    /// Asks; none where the service knows no such thing.
    fn ask(&self, url: Url, look: &Look) -> Result<Option<Json>> {
        let (request, answer) = self.send(&Method::GET, url, None, &look.within(LOOK))?;
        match answer.status {
            404 => Ok(None),
            200..300 => serde_json::from_str(&answer.text()).map(Some).map_err(|error| {
                Error::failed(format!("{} is no JSON: {error}", request.named()))
                    .hint("check the address, and `all:` and `get:` of `flags_http`")
            }),
            _ => Err(refused(&request, answer.status, &answer.text())),
        }
    }

    fn send(
        &self,
        method: &Method,
        url: Url,
        body: Option<&Json>,
        look: &Look,
    ) -> Result<(Request, crate::probes::http::Answer)> {
        let headers = match self.handle.settings.get("headers") {
            Some(Value::Map(entries)) => Some(&**entries),
            _ => None,
        };
        let request = Request::with_json(method.clone(), url, headers, body, look)?;
        let (answer, _) = request.send(look)?;
        Ok((request, answer))
    }

    /// The value of a flag inside of what the service says of it.
    fn inside<'j>(&self, entry: &'j Json) -> Option<&'j Json> {
        entry.pointer(self.say("at", "")).filter(|value| !value.is_null())
    }

    fn set(&self, name: &str, value: &Json, touch: &Touch) -> Result<()> {
        let template = self.say("set", SET);
        let url = self.url(template, name, Some(value))?;
        let method = Method::from_bytes(self.say("method", "PUT").as_bytes())
            .map_err(|_| Error::new(ErrorKind::Value, "`method:` is none of HTTP"))?;
        let in_address = template.contains("{value}") || template.contains("{on}");
        let body = match self.handle.settings.get("body") {
            Some(Value::Json(shape)) => Some(shaped(shape, name, value)?),
            Some(other) => Some(shaped(&crate::catalogue::json::json_of(other)?, name, value)?),
            None => (!in_address).then(|| value.clone()),
        };
        let (request, answer) = self.send(&method, url, body.as_ref(), touch)?;
        if (200..300).contains(&answer.status) { Ok(()) } else { Err(refused(&request, answer.status, &answer.text())) }
    }
}

/// How long one question may take when only looking.
const LOOK: std::time::Duration = std::time::Duration::from_secs(30);

fn refused(request: &Request, status: u16, text: &str) -> Error {
    let text = line(text);
    let said = if text.is_empty() { String::new() } else { format!(": {text}") };
    let error = Error::failed(format!("{} was answered {status}{said}", request.named()));
    match status {
        401 | 403 => error.hint("check `headers:` of `flags_http`, and what its secret may do there"),
        400..500 => error.hint("check the addresses, method and body that `flags_http` says"),
        _ => error.hint("look at the service before you try again"),
    }
}

fn percent(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// `template` with `{name}`, `{value}` and `{on}` filled in.
fn filled(template: &str, name: &str, value: Option<&Json>, encode: &dyn Fn(&str) -> String) -> Result<String> {
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let Some((word, behind)) = after.split_once('}') else {
            text.push('{');
            rest = after;
            continue;
        };
        match (word, value) {
            ("name", _) => text.push_str(&encode(name)),
            ("value", Some(value)) => {
                text.push_str(&encode(&value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
            }
            ("on", Some(value)) => match service::stands(value) {
                Some(on) => text.push_str(if on { "on" } else { "off" }),
                None => {
                    return Err(Error::new(
                        ErrorKind::Value,
                        format!("`{{on}}` stands for a switch, and `{name}` becomes {value}"),
                    )
                    .hint("say `{value}` in `set:` of `flags_http`"));
                }
            },
            (word, _) => {
                return Err(Error::new(ErrorKind::Value, format!("`{{{word}}}` in `{template}` stands for nothing"))
                    .hint("`{name}` is the flag; in `set:` also `{value}`, and `{on}` for `on` or `off`"));
            }
        }
        rest = behind;
    }
    text.push_str(rest);
    Ok(text)
}

/// A body with the value in the place of the text `{value}`, and names inside of texts.
fn shaped(shape: &Json, name: &str, value: &Json) -> Result<Json> {
    Ok(match shape {
        Json::String(text) if text == "{value}" => value.clone(),
        Json::String(text) => Json::String(filled(text, name, Some(value), &str::to_owned)?),
        Json::Array(items) => items.iter().map(|item| shaped(item, name, value)).collect::<Result<_>>()?,
        Json::Object(fields) => {
            let field = |(key, item): (&String, &Json)| Ok((key.clone(), shaped(item, name, value)?));
            Json::Object(fields.iter().map(field).collect::<Result<_>>()?)
        }
        other => other.clone(),
    })
}

impl Service for HttpFlags {
    fn name(&self) -> String {
        Url::parse(&self.base).map_or_else(
            |_| "the service".to_owned(),
            |mut url| {
                let _ = (url.set_username(""), url.set_password(None));
                url.to_string().trim_end_matches('/').to_owned()
            },
        )
    }

    fn reads(&self) -> Effects {
        Effects::reads_world()
    }

    fn read(&self, names: &[&str], look: &Look) -> Result<Vec<Json>> {
        let Some(template) = self.handle.text("get") else {
            let all = self.all(look)?;
            let value = |name: &&str| {
                all.get(*name).cloned().ok_or_else(|| missing(self, name, all.keys().map(String::as_str)))
            };
            return names.iter().map(value).collect();
        };
        let mut values = Vec::new();
        for name in names {
            let entry = self.ask(self.url(template, name, None)?, look)?;
            let value = entry.as_ref().and_then(|entry| self.inside(entry));
            values.push(value.cloned().ok_or_else(|| missing(self, name, []))?);
        }
        Ok(values)
    }

    fn all(&self, look: &Look) -> Result<BTreeMap<String, Json>> {
        let template = self.say("all", ALL);
        let url = self.url(template, "", None)?;
        let Some(Json::Object(entries)) = self.ask(url, look)? else {
            return Err(Error::failed(format!("`{template}` of {} is no map of flags", self.name()))
                .hint("`all:` of `flags_http` says where one is; `get:` asks for each flag by itself"));
        };
        Ok(entries.iter().filter_map(|(name, entry)| Some((name.clone(), self.inside(entry)?.clone()))).collect())
    }

    fn write(&self, values: &[(&str, Json)], touch: &Touch) -> Result<()> {
        for (index, (name, value)) in values.iter().enumerate() {
            touch.cancel().check()?;
            self.set(name, value, touch).map_err(|error| match index {
                0 => error,
                _ => {
                    let set: Vec<_> = values[..index].iter().map(|(name, _)| format!("`{name}`")).collect();
                    Error { what: format!("{}; set before that: {}", error.what, set.join(", ")), ..error }
                }
            })?;
        }
        Ok(())
    }

    fn capture(&self, names: &[&str], look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        let values = self.read(names, look)?;
        let values = names.iter().map(|name| (*name).to_owned()).zip(values).collect();
        let data = Data { flags_http: self.handle.clone(), values };
        let data = serde_json::to_value(data).map_err(|error| Error::internal(error.to_string()))?;
        Ok(Capture::Data { data, states: Vec::new() })
    }
}

/// Sets what was captured of an HTTP service, where it is not so; none where the capture is of something else.
pub fn restore(capture: &Capture, touch: &Touch) -> Option<Result<()>> {
    let Capture::Data { data, .. } = capture else { return None };
    let data: Data = serde_json::from_value(data.clone()).ok()?;
    Some(HttpFlags::of(&data.flags_http).and_then(|flags| {
        let names: Vec<&str> = data.values.iter().map(|(name, _)| name.as_str()).collect();
        let now = flags.read(&names, touch)?;
        let differ = data.values.iter().zip(now).filter(|((_, then), now)| then != now);
        let differ: Vec<(&str, Json)> = differ.map(|((name, then), _)| (name.as_str(), then.clone())).collect();
        flags.write(&differ, touch)
    }))
}
