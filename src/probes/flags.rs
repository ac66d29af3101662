//! `flags.enabled` and `flags.all`: how the switches of a file of flags stand.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::actions::flags::{PATH, collect, flag, read, resources, switch};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

static ENABLED: Signature = Signature {
    name: "flags.enabled",
    role: Role::Probe,
    params: &[
        PATH,
        Parameter {
            name: "name",
            ty: "string",
            form: Form::Positional,
            doc: "the flag; one inside another with dots: `checkout.new`",
        },
    ],
    returns: Returns::Type("bool"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "whether a flag of a file is on",
    page: "probes/flags.enabled.md",
};

static ALL: Signature = Signature {
    name: "flags.all",
    role: Role::Probe,
    params: &[PATH],
    returns: Returns::Type("map[bool]"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "every flag of a file that is on or off",
    page: "probes/flags.all.md",
};

/// The probes of this family.
pub fn all() -> Vec<Arc<dyn Probe>> {
    vec![Arc::new(Enabled), Arc::new(All)]
}

struct Enabled;
struct All;

impl Probe for Enabled {
    fn signature(&self) -> &'static Signature {
        &ENABLED
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let effects = reach::of(args, "path", look, reach::reads);
        resources(args, "name").into_iter().fold(effects, Effects::read)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        look.cancel().check()?;
        let (path, name) = (args.text("path")?, args.text("name")?);
        let data = read(look, path)?;
        let now = flag(&data, path, name)?;
        let on = switch(now).ok_or_else(|| {
            Error::failed(format!("`{name}` in `{path}` is {now}, which is neither on nor off"))
                .hint("ask for its value with `config.get`")
        })?;
        Ok(Value::Bool(on))
    }
}

impl Probe for All {
    fn signature(&self) -> &'static Signature {
        &ALL
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "path", look, reach::reads).read(Resource::new(Kind::Flag, "**"))
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        look.cancel().check()?;
        let data = read(look, args.text("path")?)?;
        let mut flags: BTreeMap<Arc<str>, Value> = BTreeMap::new();
        collect(&data, &mut Vec::new(), &mut |name, value| {
            if let Some(on) = switch(value) {
                flags.insert(Arc::from(name), Value::Bool(on));
            }
        });
        Ok(Value::Map(Arc::new(flags)))
    }
}
