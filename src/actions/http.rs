//! `http.post`, `http.put`, `http.patch`, `http.delete`: one request that may change anything, sent once.
//!
//! Nothing of it can be foreseen, captured or undone; the step says how it is taken back.

use std::sync::Arc;

use reqwest::header::LOCATION;
use reqwest::{Method, StatusCode};

use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;
use crate::probes::http::request::{self, BODY, FORM, JSON, Request};
use crate::probes::http::{HEADERS, URL, address};
use crate::probes::sealed::line;

/// All actions of this family.
pub(super) fn all() -> Vec<Arc<dyn Action>> {
    vec![
        Arc::new(Send { signature: &POST, method: Method::POST }),
        Arc::new(Send { signature: &PUT, method: Method::PUT }),
        Arc::new(Send { signature: &PATCH, method: Method::PATCH }),
        Arc::new(Send { signature: &DELETE, method: Method::DELETE }),
    ]
}

const OK: Parameter = Parameter {
    name: "ok",
    ty: "list[int]",
    form: Form::Optional,
    doc: "the status codes that are no failure; 200 to 299 unless said",
};

static POST: Signature =
    sending("http.post", "sends something to an HTTP server; gives the status code", "actions/http.post.md");
static PUT: Signature =
    sending("http.put", "puts something at an address of an HTTP server; gives the status code", "actions/http.put.md");
static PATCH: Signature = sending(
    "http.patch",
    "changes a part of something on an HTTP server; gives the status code",
    "actions/http.patch.md",
);
static DELETE: Signature =
    sending("http.delete", "deletes something on an HTTP server; gives the status code", "actions/http.delete.md");

const fn sending(name: &'static str, doc: &'static str, page: &'static str) -> Signature {
    Signature {
        name,
        role: Role::Action,
        params: &[URL, BODY, JSON, FORM, HEADERS, OK],
        returns: Returns::Type("int"),
        undo: UndoKind::None,
        gate: false,
        doc,
        page,
    }
}

struct Send {
    signature: &'static Signature,
    method: Method,
}

impl Action for Send {
    fn signature(&self) -> &'static Signature {
        self.signature
    }

    fn effects(&self, args: &Args, _look: Option<&Look>) -> Effects {
        let url = args.text_or_none("url").and_then(|text| address(text).ok());
        let name = url.map_or_else(
            || "**".to_owned(),
            |url| {
                let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
                format!("{}{port}{}", url.host_str().unwrap_or_default(), url.path().trim_end_matches('/'))
            },
        );
        Effects::touches_world().write(Resource::new(Kind::Http, name))
    }

    fn preview(&self, args: &Args, _look: &Look) -> Result<Preview> {
        if !args.any_unknown() {
            // Refused while nothing has changed yet. Secrets are not asked for before they are needed.
            address(args.text("url")?)?;
            request::refuse_two_bodies(args)?;
        }
        let mut lines = request::described(&self.method, args).into_iter();
        let summary = lines.next().unwrap_or_default();
        let mut preview = Preview {
            summary: format!("send {}", line(&summary)),
            changes: lines.map(|summary| Change::Other { summary }).collect(),
            opaque: Some("what the server does with it is not known here".to_owned()),
            notes: Vec::new(),
        };
        if let Some(codes) = accepted(args) {
            let codes: Vec<_> = codes.iter().map(ToString::to_string).collect();
            preview.notes.push(format!("any answer but {} is a failure", codes.join(", ")));
        }
        Ok(preview)
    }

    fn fingerprint(&self, _args: &Args, _look: &Look) -> Result<Option<Fingerprint>> {
        Ok(None)
    }

    fn capture(&self, _args: &Args, _look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        Ok(Capture::Nothing)
    }

    /// Gives the status alone: an answer may hold what no record should.
    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let request = Request::of(&self.method, args, touch)?;
        let (answer, _) = request.send(touch)?;
        let status = answer.status;
        let ok = accepted(args).map_or((200..300).contains(&status), |codes| codes.contains(&status.into()));
        if ok {
            return Ok(Value::Int(status.into()));
        }
        let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
        let reason = reason.map_or_else(String::new, |reason| format!(" {reason}"));
        let text = line(&answer.text());
        let said = if text.is_empty() { String::new() } else { format!(": {text}") };
        let to = answer.headers.get(LOCATION).map(|to| line(&String::from_utf8_lossy(to.as_bytes())));
        let error = Error::failed(format!("{} was answered {status}{reason}{said}", request.named()));
        Err(match (status, to) {
            (300..400, Some(to)) => error.hint(format!(
                "it redirects to {to}, and what changes something is not sent on to another address: write that one, or \
                 `ok: [{status}]` where this is the answer that you expect"
            )),
            (400..500, _) => error.hint("the server did not take it: mend the call, or say with `ok:` what is no failure"),
            _ => error.hint("look at the server before you send it again: what it did until it failed is not known here"),
        })
    }

    fn undo(&self, _capture: &Capture, _touch: &Touch, _keep: &dyn Keep) -> Result<()> {
        Err(Error::refused(format!("what `{}` did is not known, so it cannot be taken back", self.signature.name))
            .hint("give the step an `undo { … }` of its own, or say `irreversible \"why\"`"))
    }
}

fn accepted(args: &Args) -> Option<Vec<i64>> {
    let value = args.get("ok")?;
    Some(
        value
            .elements()
            .iter()
            .filter_map(|code| if let Value::Int(code) = code { Some(*code) } else { None })
            .collect(),
    )
}
