//! `process.*` that only looks: whether it runs, how many, how much memory and processor time.

pub(crate) mod pattern;
pub(crate) mod table;

use std::sync::Arc;
use std::time::{Duration, Instant};

use self::pattern::{MATCHING, PATTERN, Pattern, find};
use self::table::Process;
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// All probes of this family.
pub(super) fn all() -> Vec<Arc<dyn Probe>> {
    [(&RUNNING, running as Sample), (&COUNT, count), (&RSS, rss), (&CPU, cpu)]
        .map(|(signature, sample)| Arc::new(Processes { signature, sample }) as Arc<dyn Probe>)
        .to_vec()
}

type Sample = fn(&Pattern, &[Process], &Look) -> Result<Value>;

struct Processes {
    signature: &'static Signature,
    sample: Sample,
}

impl Probe for Processes {
    fn signature(&self) -> &'static Signature {
        self.signature
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        Pattern::complaint(args)
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::reads_world()
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        look.cancel().check()?;
        let pattern = Pattern::of(args)?;
        let found = find(&pattern)?;
        (self.sample)(&pattern, &found, look)
    }
}

static RUNNING: Signature = Signature {
    name: "process.running",
    role: Role::Probe,
    params: &[PATTERN, MATCHING],
    returns: Returns::Type("bool"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "whether a process with this command line runs",
    page: "probes/process.running.md",
};

static COUNT: Signature = Signature {
    name: "process.count",
    role: Role::Probe,
    params: &[PATTERN, MATCHING],
    returns: Returns::Type("int"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "how many processes have this command line",
    page: "probes/process.count.md",
};

static RSS: Signature = Signature {
    name: "process.rss",
    role: Role::Probe,
    params: &[PATTERN, MATCHING],
    returns: Returns::Type("bytes"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the resident memory of the processes with this command line, added up",
    page: "probes/process.rss.md",
};

static CPU: Signature = Signature {
    name: "process.cpu",
    role: Role::Probe,
    params: &[PATTERN, MATCHING],
    returns: Returns::Type("percent"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "the processor time of the processes with this command line, one busy processor being 100%",
    page: "probes/process.cpu.md",
};

/// Over what processor time is measured; the kernel counts it in steps of 10 ms.
const WINDOW: Duration = Duration::from_millis(250);

#[allow(clippy::unnecessary_wraps, reason = "one shape for all samples")]
fn running(_pattern: &Pattern, found: &[Process], _look: &Look) -> Result<Value> {
    Ok(Value::Bool(!found.is_empty()))
}

#[allow(clippy::unnecessary_wraps, reason = "one shape for all samples")]
fn count(_pattern: &Pattern, found: &[Process], _look: &Look) -> Result<Value> {
    Ok(Value::Int(found.len() as i64))
}

/// No process has no memory: that is missing, not zero, or a dead service would look frugal.
fn none_runs(pattern: &Pattern) -> Error {
    let error = Error::failed(format!("no process matches {}", pattern.shown()));
    match pattern.suspicion() {
        Some(suspicion) => error.hint(suspicion),
        None => error.hint("is it running? `ps -eo pid,args` shows every command line"),
    }
}

fn rss(pattern: &Pattern, found: &[Process], _look: &Look) -> Result<Value> {
    let sizes: Vec<u64> = found.iter().filter_map(Process::rss).collect();
    if sizes.is_empty() { Err(none_runs(pattern)) } else { Ok(Value::bytes(sizes.iter().sum())) }
}

fn cpu(pattern: &Pattern, found: &[Process], look: &Look) -> Result<Value> {
    let started = Instant::now();
    look.cancel().sleep(WINDOW)?;
    let later: Vec<(Duration, Duration)> = found
        .iter()
        .filter_map(|before| Some((before.cpu, table::one(before.id.pid).filter(|now| now.id == before.id)?.cpu)))
        .collect();
    if later.is_empty() {
        return Err(none_runs(pattern));
    }
    let spent: Duration = later.iter().map(|(before, after)| after.saturating_sub(*before)).sum();
    Ok(Value::percent(spent.as_secs_f64() * 100.0 / started.elapsed().as_secs_f64()))
}
