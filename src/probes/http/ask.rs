//! `http.ask`: a question with a body, to a server that only reads to answer it.

use reqwest::Method;

use super::request::{BODY, FORM, JSON, Request};
use super::{HEADERS, RESPONSE, URL, response};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

static ASK: Signature = Signature {
    name: "http.ask",
    role: Role::Probe,
    params: &[
        URL,
        BODY,
        JSON,
        FORM,
        HEADERS,
        Parameter {
            name: "method",
            ty: "\"POST\" | \"GET\" | \"QUERY\" | \"SEARCH\" | \"REPORT\" | \"OPTIONS\"",
            form: Form::Optional,
            doc: "how it is asked; `POST` unless said",
        },
    ],
    returns: Returns::Record(&RESPONSE),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "asks an HTTP server a question that has a body, such as a search",
    page: "probes/http.ask.md",
};

pub(super) struct Ask;

impl Probe for Ask {
    fn signature(&self) -> &'static Signature {
        &ASK
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::reads_world()
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let method = args.text_or_none("method").and_then(|name| Method::from_bytes(name.as_bytes()).ok());
        let request = Request::of(&method.unwrap_or(Method::POST), args, look)?;
        let look = look.within(super::LIMIT);
        let (answer, latency) = request.send(&look)?;
        Ok(response(&answer, latency))
    }
}
