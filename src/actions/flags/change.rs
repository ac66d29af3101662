//! `flags.enable`, `flags.disable` and `flags.set`.

use serde_json::Value as Json;

use super::act::Wanted;
use super::{flag, read, service, switch, writes};
use crate::actions::config::{Setting, change, key, shown_change};
use crate::actions::file::{Verb, followed};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::json::json_of;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Preview;

const NAMES: Parameter = Parameter {
    name: "names",
    ty: "list[string]",
    form: Form::Positional,
    doc: "the flags, all at once; one inside another with dots: `checkout.new`",
};

const fn signature(
    name: &'static str,
    params: &'static [Parameter],
    doc: &'static str,
    page: &'static str,
) -> Signature {
    let (role, returns, undo) = (Role::Action, Returns::None, UndoKind::Exact);
    Signature { name, role, params, returns, undo, gate: false, doc, page }
}

static ENABLE_SIGNATURE: Signature =
    signature("flags.enable", &[super::PATH, NAMES], "switches flags on", "actions/flags.enable.md");
static DISABLE_SIGNATURE: Signature =
    signature("flags.disable", &[super::PATH, NAMES], "switches flags off", "actions/flags.disable.md");
static SET_SIGNATURE: Signature = signature(
    "flags.set",
    &[super::PATH, NAMES, Parameter { name: "value", ty: "json", form: Form::Positional, doc: "what they become" }],
    "gives flags a value",
    "actions/flags.set.md",
);

/// `flags.enable`
pub const ENABLE: Switch = Switch { signature: &ENABLE_SIGNATURE, on: true };
/// `flags.disable`
pub const DISABLE: Switch = Switch { signature: &DISABLE_SIGNATURE, on: false };

/// Switches on or off.
pub struct Switch {
    signature: &'static Signature,
    on: bool,
}

/// `flags.set`
pub struct Set;

impl Switch {
    fn changes(&self, args: &Args, look: &Look) -> Result<Vec<Setting>> {
        let mut changes = Vec::new();
        for name in args.texts("names")? {
            for path in args.texts("path")? {
                let data = read(look, path)?;
                let now = flag(&data, path, name)?;
                if switch(now).is_none() {
                    return Err(Error::refused(format!("`{name}` in `{path}` is {now}, which is neither on nor off"))
                        .hint("name the switch inside of it, or give it a value with `flags.set`"));
                }
            }
            changes.push(Setting { keys: key::parse(name)?, value: Some(self.on.into()) });
        }
        Ok(changes)
    }
}

impl Set {
    fn changes(args: &Args, look: &Look) -> Result<Vec<Setting>> {
        let value = json_of(args.value("value")?)?;
        let mut changes = Vec::new();
        for name in args.texts("names")? {
            for path in args.texts("path")? {
                flag(&read(look, path)?, path, name)?;
            }
            changes.push(Setting { keys: key::parse(name)?, value: Some(value.clone()) });
        }
        Ok(changes)
    }
}

impl Wanted for Switch {
    fn wanted(&self, _args: &Args, of: &str, name: &str, now: &Json) -> Result<Json> {
        service::turned(now, self.on).ok_or_else(|| {
            Error::refused(format!("`{name}` of {of} is {now}, which is neither on nor off"))
                .hint("give it a value with `flags.set`")
        })
    }
}

impl Wanted for Set {
    fn wanted(&self, args: &Args, _of: &str, _name: &str, _now: &Json) -> Result<Json> {
        json_of(args.value("value")?)
    }
}

impl Verb for Switch {
    fn signature(&self) -> &'static Signature {
        self.signature
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        writes(reach::of(args, "path", look, reach::writes_through), args)
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        followed(args, look)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        shown_change(args, look, &self.changes(args, look)?)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        change(args, touch, &self.changes(args, touch)?)
    }
}

impl Verb for Set {
    fn signature(&self) -> &'static Signature {
        &SET_SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        writes(reach::of(args, "path", look, reach::writes_through), args)
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        followed(args, look)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        shown_change(args, look, &Self::changes(args, look)?)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        change(args, touch, &Self::changes(args, touch)?)
    }
}
