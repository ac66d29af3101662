//! `flags.enabled` and `flags.all`: how switches stand; `flags_http` and `flags_redis`: where they are, unless in a file.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::http::{HEADERS, URL};
use super::redis::{PASSWORD, SERVER, USER};
use crate::actions::flags::{PATH, collect, flag, read, resources, switch};
use crate::actions::flags::{handle, service};
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::{FlagsKind, FlagsService, Value};

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
    doc: "whether a flag is on",
    page: "probes/flags.enabled.md",
};

static ALL: Signature = Signature {
    name: "flags.all",
    role: Role::Probe,
    params: &[PATH],
    returns: Returns::Type("map[bool]"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "every flag that is on or off",
    page: "probes/flags.all.md",
};

const fn said(name: &'static str, ty: &'static str, doc: &'static str) -> Parameter {
    Parameter { name, ty, form: Form::Optional, doc }
}

static HTTP: Signature = Signature {
    name: "flags_http",
    role: Role::Probe,
    params: &[
        URL,
        said("all", "string", "where all flags are, a map; `/flags` unless said"),
        said("get", "string", "where one flag is, `{name}`; out of the map unless said"),
        said("at", "string", "where its value is in that, a JSON pointer; all of it unless said"),
        said("set", "string", "where one is set, `{name}`, `{value}`, `{on}`; `/flags/{name}` unless said"),
        said("method", "\"PUT\" | \"PATCH\" | \"POST\"", "how it is set; `PUT` unless said"),
        said("body", "json", "what is sent, `{value}` in it; the value unless said"),
        HEADERS,
    ],
    returns: Returns::Type("flags"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the flags of an HTTP service",
    page: "probes/flags_http.md",
};

static REDIS: Signature = Signature {
    name: "flags_redis",
    role: Role::Probe,
    params: &[
        SERVER,
        Parameter { name: "prefix", ty: "string", form: Form::Required, doc: "what the keys of flags begin with" },
        USER,
        PASSWORD,
    ],
    returns: Returns::Type("flags"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "flags that are keys of a Redis server",
    page: "probes/flags_redis.md",
};

/// The probes of this family.
pub fn all() -> Vec<Arc<dyn Probe>> {
    vec![
        Arc::new(Enabled),
        Arc::new(All),
        Arc::new(Handle(&HTTP, FlagsKind::Http)),
        Arc::new(Handle(&REDIS, FlagsKind::Redis)),
    ]
}

struct Enabled;
struct All;
struct Handle(&'static Signature, FlagsKind);

/// Where the flags are, as a probe reads it.
fn place(args: &Args, look: Option<&Look>) -> Effects {
    match handle::of(args) {
        Some(at) => handle::service(at).map_or_else(|_| Effects::reads_world(), |service| service.reads()),
        None if args.is_unknown("path") => {
            let mut all = Effects::reads_world();
            all.extend(reach::of(args, "path", look, reach::reads));
            all
        }
        None => reach::of(args, "path", look, reach::reads),
    }
}

impl Handle {
    fn made(&self, args: &Args) -> Result<Value> {
        let mut settings = BTreeMap::new();
        for param in self.0.params {
            if let Some(value) = args.get(param.name) {
                settings.insert(Arc::from(param.name), value.clone());
            }
        }
        let service = FlagsService { kind: self.1, settings };
        handle::service(&service)?;
        Ok(Value::Flags(Arc::new(service)))
    }
}

impl Probe for Handle {
    fn signature(&self) -> &'static Signature {
        self.0
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        let place = self.0.params.first()?;
        args.get(place.name)?;
        if args.any_unknown() { None } else { self.made(args).err() }
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::none()
    }

    fn sample(&self, args: &Args, _look: &Look) -> Result<Value> {
        self.made(args)
    }

    fn constant(&self, args: &Args) -> Option<Result<Value>> {
        (!args.any_unknown()).then(|| self.made(args))
    }
}

impl Probe for Enabled {
    fn signature(&self) -> &'static Signature {
        &ENABLED
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        resources(args, "name").into_iter().fold(place(args, look), Effects::read)
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        look.cancel().check()?;
        let neither = |value: &serde_json::Value, of: &str, name: &str| {
            Error::failed(format!("`{name}` {of} is {value}, which is neither on nor off"))
        };
        if let Some(at) = handle::of(args) {
            let (service, name) = (handle::service(at)?, args.text("name")?);
            let now = service.read(&[name], look)?.pop().unwrap_or_default();
            let on = service::stands(&now).ok_or_else(|| neither(&now, &format!("of {}", service.name()), name))?;
            return Ok(Value::Bool(on));
        }
        let (path, name) = (args.text("path")?, args.text("name")?);
        let data = read(look, path)?;
        let now = flag(&data, path, name)?;
        let on = switch(now)
            .ok_or_else(|| neither(now, &format!("in `{path}`"), name).hint("ask for its value with `config.get`"))?;
        Ok(Value::Bool(on))
    }
}

impl Probe for All {
    fn signature(&self) -> &'static Signature {
        &ALL
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        place(args, look).read(Resource::new(Kind::Flag, "**"))
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        look.cancel().check()?;
        if let Some(at) = handle::of(args) {
            let all = handle::service(at)?.all(look)?;
            let on = all
                .iter()
                .filter_map(|(name, value)| Some((Arc::from(name.as_str()), Value::Bool(service::stands(value)?))));
            return Ok(Value::Map(Arc::new(on.collect())));
        }
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
