//! `system.*`: the state of the machine.

use std::sync::Arc;
use std::time::Duration;

use sysinfo::{MemoryRefreshKind, System};

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::ty::{RecordField, RecordType};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::{Record, Value};

/// All probes of this family.
pub(super) fn all() -> Vec<Arc<dyn Probe>> {
    [(&MEMORY, memory as Sample), (&CPU, cpu), (&DISK, disk), (&LOAD, load)]
        .map(|(signature, sample)| Arc::new(Machine { signature, sample }) as Arc<dyn Probe>)
        .to_vec()
}

type Sample = fn(&Args, &Look) -> Result<Value>;

struct Machine {
    signature: &'static Signature,
    sample: Sample,
}

impl Probe for Machine {
    fn signature(&self) -> &'static Signature {
        self.signature
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::reads_world()
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        (self.sample)(args, look)
    }
}

static SPACE: RecordType = RecordType {
    name: "space",
    fields: &[
        RecordField { name: "total", ty: "bytes", doc: "all there is" },
        RecordField { name: "used", ty: "bytes", doc: "what is not available" },
        RecordField { name: "available", ty: "bytes", doc: "what a program could still get" },
        RecordField { name: "percent", ty: "percent", doc: "used of total" },
    ],
};

static AVERAGES: RecordType = RecordType {
    name: "load averages",
    fields: &[
        RecordField { name: "one", ty: "float", doc: "over one minute" },
        RecordField { name: "five", ty: "float", doc: "over five minutes" },
        RecordField { name: "fifteen", ty: "float", doc: "over fifteen minutes" },
    ],
};

static MEMORY: Signature = Signature {
    name: "system.memory",
    role: Role::Probe,
    params: &[],
    returns: Returns::Record(&SPACE),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the memory of this machine",
    page: "probes/system.memory.md",
};

static CPU: Signature = Signature {
    name: "system.cpu",
    role: Role::Probe,
    params: &[],
    returns: Returns::Type("percent"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "how busy the processors are, all of them together being 100%",
    page: "probes/system.cpu.md",
};

static DISK: Signature = Signature {
    name: "system.disk",
    role: Role::Probe,
    params: &[Parameter {
        name: "path",
        ty: "path",
        form: Form::OptionalPositional,
        doc: "a path on the file system in question; the root of the policy unless said",
    }],
    returns: Returns::Record(&SPACE),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the space of a file system",
    page: "probes/system.disk.md",
};

static LOAD: Signature = Signature {
    name: "system.load",
    role: Role::Probe,
    params: &[],
    returns: Returns::Record(&AVERAGES),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the load averages of this machine",
    page: "probes/system.load.md",
};

/// Over what the processors are watched; less would mostly measure the watching.
const WINDOW: Duration = Duration::from_millis(250);

fn unreadable(error: &sysinfo::Error) -> Error {
    Error::failed(format!("cannot read the state of this machine: {error}")).hint("is `/proc` mounted?")
}

fn space(total: u64, available: u64) -> Value {
    let used = total.saturating_sub(available);
    Record::of([
        ("total", Value::bytes(total)),
        ("used", Value::bytes(used)),
        ("available", Value::bytes(available)),
        ("percent", Value::percent(used as f64 * 100.0 / total as f64)),
    ])
}

fn memory(_args: &Args, _look: &Look) -> Result<Value> {
    let mut system = System::new().map_err(|error| unreadable(&error))?;
    system.refresh_memory_specifics(MemoryRefreshKind::nothing().with_ram());
    Ok(space(system.total_memory(), system.available_memory()))
}

fn cpu(_args: &Args, look: &Look) -> Result<Value> {
    let mut system = System::new().map_err(|error| unreadable(&error))?;
    system.refresh_cpu_usage();
    look.cancel().sleep(WINDOW)?;
    system.refresh_cpu_usage();
    Ok(Value::percent(f64::from(system.global_cpu_usage()).clamp(0.0, 100.0)))
}

fn disk(args: &Args, look: &Look) -> Result<Value> {
    let path = args.text_or_none("path").unwrap_or(".");
    let state = rustix::fs::statvfs(look.root().join(path))
        .map_err(|errno| Error::io(format_args!("look at the file system of `{path}`"), &errno.into()))?;
    Ok(space(state.f_blocks * state.f_frsize, state.f_bavail * state.f_frsize))
}

fn load(_args: &Args, _look: &Look) -> Result<Value> {
    let load = System::load_average().map_err(|error| unreadable(&error))?;
    Ok(Record::of([
        ("one", Value::float(load.one)),
        ("five", Value::float(load.five)),
        ("fifteen", Value::float(load.fifteen)),
    ]))
}
