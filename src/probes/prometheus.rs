//! `prometheus.query`: the present value of an expression of Prometheus.

use std::sync::Arc;

use serde_json::Value as Json;

use super::http::{HEADERS, address, get};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// All probes of this family.
pub(super) fn all() -> Vec<Arc<dyn Probe>> {
    vec![Arc::new(Query)]
}

static QUERY: Signature = Signature {
    name: "prometheus.query",
    role: Role::Probe,
    params: &[
        Parameter { name: "url", ty: "url", form: Form::Positional, doc: "the address of the server" },
        Parameter { name: "expr", ty: "promql", form: Form::Positional, doc: "an expression of PromQL with one value" },
        HEADERS,
    ],
    returns: Returns::Type("float?"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the present value of an expression of Prometheus; missing where it has none",
    page: "probes/prometheus.query.md",
};

/// Series that a message names.
const NAMED: usize = 3;

struct Query;

impl Probe for Query {
    fn signature(&self) -> &'static Signature {
        &QUERY
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::reads_world()
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        let mut url = address(args.text("url")?)?;
        let expr = &*args.code("expr")?.text;
        let path = url.path().trim_end_matches('/').trim_end_matches("/api/v1/query").to_owned();
        url.set_path(&format!("{path}/api/v1/query"));
        url.query_pairs_mut().append_pair("query", expr);
        let answer = get(url, args, look)?;
        let json: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
        if json["status"] != "success" {
            let why = json["error"].as_str().map_or_else(|| format!("status {}", answer.status), str::to_owned);
            let error = Error::failed(format!("prometheus does not answer `{expr}`: {why}"));
            return Err(if json["status"] == "error" {
                error
            } else {
                error.hint("is this the address of a Prometheus server, without `/graph`?")
            });
        }
        let data = &json["data"];
        match (data["resultType"].as_str(), data["result"].as_array().map_or(&[][..], Vec::as_slice)) {
            (Some("vector"), []) => Ok(Value::None),
            (Some("vector"), [one]) => number(expr, &one["value"][1]),
            (Some("scalar"), [_, number_of]) => number(expr, number_of),
            (Some("vector"), many) => {
                let named: Vec<_> = many.iter().take(NAMED).map(|one| one["metric"].to_string()).collect();
                let what = format!("`{expr}` has {} values, not one: {}, …", many.len(), named.join(", "));
                Err(Error::new(ErrorKind::Value, what)
                    .hint("name one series, or join them: `sum(…)`, `max(…)`, `avg(…)`"))
            }
            (kind, _) => {
                let what = format!("`{expr}` gives {}, not one number", kind.unwrap_or("nothing"));
                Err(Error::new(ErrorKind::Value, what).hint("a range, `[5m]`, wants a function: `rate(…[5m])`"))
            }
        }
    }
}

/// Numbers travel as texts; NaN and infinity are missing.
fn number(expr: &str, text: &Json) -> Result<Value> {
    let number = text.as_str().and_then(|text| text.parse::<f64>().ok());
    number.map(Value::float).ok_or_else(|| Error::new(ErrorKind::Value, format!("`{expr}` gives {text}, no number")))
}
