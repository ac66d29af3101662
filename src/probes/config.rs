//! `config.get`: one setting of a file.

use std::sync::Arc;

use crate::actions::config::{Format, LARGEST, find, key};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

static SIGNATURE: Signature = Signature {
    name: "config.get",
    role: Role::Probe,
    params: &[
        Parameter {
            name: "path",
            ty: "path",
            form: Form::Positional,
            doc: "a file; its name says the format: .json, .toml, .yaml, .env, .ini",
        },
        Parameter {
            name: "key",
            ty: "key",
            form: Form::Positional,
            doc: "such as `server.port`; names in a list by number",
        },
    ],
    returns: Returns::Type("json"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "one setting of a file; missing where it is not set",
    page: "probes/config.get.md",
};

/// The probes of this family.
pub fn all() -> Vec<Arc<dyn Probe>> {
    vec![Arc::new(Get)]
}

struct Get;

impl Probe for Get {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "path", look, reach::reads)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        look.cancel().check()?;
        let at = look.locate_following(args.text("path")?)?;
        let inside = |error: Error| Error { what: format!("`{}`: {}", at.name, error.what), ..error };
        let text = String::from_utf8(look.read(&at, LARGEST)?)
            .map_err(|_| Error::failed(format!("`{}` is not UTF-8 text", at.name)))?;
        let data = Format::of(&at.name)?.read(&text).map_err(inside)?;
        let found = find(&data, &key::parse(args.text("key")?)?);
        Ok(found.filter(|found| !found.is_null()).map_or(Value::None, |found| Value::Json(Arc::new(found.clone()))))
    }
}
