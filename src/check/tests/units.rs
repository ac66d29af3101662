//! Signatures of a few units, enough to check policies with. They do nothing: checking never calls them.

use std::sync::Arc;

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::ty::{RecordField, RecordType};
use crate::catalogue::unit::{Action, Capture, Catalogue, Fingerprint, Preview, Probe};
use crate::catalogue::value::Value;

struct Unit(&'static Signature);

impl Action for Unit {
    fn signature(&self) -> &'static Signature {
        self.0
    }
    fn effects(&self, _: &Args, _: Option<&Look>) -> Effects {
        Effects::none()
    }
    fn preview(&self, _: &Args, _: &Look) -> Result<Preview> {
        Err(Error::internal("only a signature"))
    }
    fn fingerprint(&self, _: &Args, _: &Look) -> Result<Option<Fingerprint>> {
        Ok(None)
    }
    fn capture(&self, _: &Args, _: &Look, _: &dyn Keep) -> Result<Capture> {
        Ok(Capture::Nothing)
    }
    fn run(&self, _: &Args, _: &Touch) -> Result<Value> {
        Err(Error::internal("only a signature"))
    }
    fn undo(&self, _: &Capture, _: &Touch, _: &dyn Keep) -> Result<()> {
        Ok(())
    }
}

impl Probe for Unit {
    fn signature(&self) -> &'static Signature {
        self.0
    }
    fn effects(&self, _: &Args, _: Option<&Look>) -> Effects {
        Effects::none()
    }
    fn sample(&self, _: &Args, _: &Look) -> Result<Value> {
        Err(Error::internal("only a signature"))
    }
}

static RESPONSE: RecordType = RecordType {
    name: "http response",
    fields: &[
        RecordField { name: "status", ty: "int", doc: "The status code." },
        RecordField { name: "latency", ty: "duration", doc: "How long it took." },
        RecordField { name: "json", ty: "json", doc: "The body as JSON." },
        RecordField { name: "body", ty: "string", doc: "The body." },
    ],
};

static FINISHED: RecordType = RecordType {
    name: "result of a command",
    fields: &[
        RecordField { name: "ok", ty: "bool", doc: "Whether it exited with 0." },
        RecordField { name: "stdout", ty: "string", doc: "What it printed." },
        RecordField { name: "json", ty: "json", doc: "What it printed, as JSON." },
    ],
};

macro_rules! signature {
    ($role:ident $name:literal ($($form:ident $param:literal $ty:literal),*) $returns:expr) => {{
        static SIGNATURE: Signature = Signature {
            name: $name,
            role: Role::$role,
            params: &[$(Parameter { name: $param, ty: $ty, form: Form::$form, doc: "What it is." }),*],
            returns: $returns,
            undo: UndoKind::Nothing,
            gate: false,
            doc: "What it does.",
            page: "actions/test.md",
        };
        &SIGNATURE
    }};
}

/// The units.
pub fn catalogue() -> Catalogue {
    let actions: &[&'static Signature] = &[
        signature!(Action "file.copy" (Positional "from" "list[path]", Required "to" "path") Returns::None),
        signature!(Action "file.remove" (Positional "path" "path") Returns::None),
        signature!(Action "file.write" (Positional "path" "path", Positional "text" "string") Returns::None),
        signature!(Action "git.restore" (Positional "paths" "list[path]", Required "from" "string") Returns::None),
        signature!(Action "sql.exec" (Positional "db" "db", Positional "statement" "sql", OptionalPositional "values" "list[json]") Returns::None),
        signature!(Action "sql.backup" (Positional "db" "db", Required "to" "path") Returns::None),
        signature!(Command "exec" (Positional "command" "list[string]", Optional "env" "map[secret]", Optional "ok" "list[int]") Returns::Record(&FINISHED)),
        signature!(Command "sh" (Positional "script" "sh", Optional "env" "map[secret]") Returns::Record(&FINISHED)),
        signature!(Action "process.stop" (Positional "pattern" "string", Optional "grace" "duration", Optional "at_most" "int") Returns::None),
        signature!(Action "process.start" (Positional "command" "string", Optional "log" "path", OptionalLazy "ready" "bool") Returns::None),
        signature!(Action "wait" (Positional "length" "duration") Returns::None),
        signature!(Action "wait_until" (Lazy "condition" "bool", Required "within" "duration", Optional "every" "duration") Returns::None),
        signature!(Action "config.set" (Positional "path" "path", Positional "key" "string", Positional "value" "json", Optional "mode" "\"gradual\" | \"instant\"") Returns::None),
    ];
    let probes: &[&'static Signature] = &[
        signature!(Probe "http.get" (Positional "url" "url", Optional "token" "secret") Returns::Record(&RESPONSE)),
        signature!(Probe "elapsed" (Lazy "probe" "json") Returns::Type("duration")),
        signature!(Command "exec" (Positional "command" "list[string]") Returns::Record(&FINISHED)),
        signature!(Command "sh" (Positional "script" "sh") Returns::Record(&FINISHED)),
        signature!(Probe "git.commit_of" (Positional "ref" "string") Returns::Type("string")),
        signature!(Probe "git.tree_has" (Positional "tree" "string", Positional "paths" "list[path]") Returns::Type("bool")),
        signature!(Probe "sql.scalar" (Positional "db" "db", Positional "query" "sql") Returns::Type("json")),
        signature!(Probe "file.exists" (Positional "path" "path") Returns::Type("bool")),
        signature!(Probe "file.size" (Positional "path" "path") Returns::Type("bytes?")),
        signature!(Probe "file.age" (Positional "path" "path") Returns::Type("duration")),
        signature!(Probe "file.text" (Positional "path" "path") Returns::Type("string")),
        signature!(Probe "file.glob" (Positional "pattern" "string") Returns::Type("list[path]")),
        signature!(Probe "file.count" (Positional "path" "path", Required "matching" "regex") Returns::Type("int")),
        signature!(Probe "tcp.open" (Positional "address" "string") Returns::Type("bool")),
        signature!(Probe "process.rss" (Positional "pattern" "string") Returns::Type("bytes")),
        signature!(Probe "log.ratio" (Positional "path" "path", Required "matching" "regex", Required "since" "duration") Returns::Type("percent")),
    ];
    Catalogue::new(
        actions.iter().map(|signature| Arc::new(Unit(signature)) as Arc<dyn Action>).collect(),
        probes.iter().map(|signature| Arc::new(Unit(signature)) as Arc<dyn Probe>).collect(),
    )
}
