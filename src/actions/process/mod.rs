//! `process.*` that changes something: start, stop, signal.

mod ending;
mod launch;
mod signal;
mod start;
mod stop;

use std::sync::Arc;

use crate::catalogue::args::Args;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::show;
use crate::catalogue::signature::{Form, Parameter};
use crate::catalogue::unit::Action;
use crate::probes::process::pattern::Pattern;
use crate::probes::process::table::Process;

/// All actions of this family.
pub(super) fn all() -> Vec<Arc<dyn Action>> {
    vec![Arc::new(start::Start), Arc::new(stop::Stop), Arc::new(signal::Send)]
}

const AT_MOST: Parameter = Parameter {
    name: "at_most",
    ty: "int",
    form: Form::Optional,
    doc: "refuses when more than this many match; 1 unless said",
};

fn at_most(args: &Args) -> usize {
    args.int("at_most").map_or(1, |count| usize::try_from(count).unwrap_or(0))
}

/// `pid 4121, 3h old: node server`
fn described(process: &Process) -> String {
    let line: String = process.line().chars().map(|c| if c.is_control() { ' ' } else { c }).take(120).collect();
    format!("pid {}, {} old: {line}", process.id.pid, show::duration((process.age().as_secs() as f64) * 1e9))
}

fn refuse_more_than(limit: usize, found: &[Process], pattern: &Pattern, would: &str) -> Result<()> {
    if found.len() <= limit {
        return Ok(());
    }
    let listed: Vec<String> = found.iter().take(5).map(described).collect();
    let more = if found.len() > 5 { format!("; and {} more", found.len() - 5) } else { String::new() };
    Err(Error::refused(format!(
        "{} matches {} processes, and at most {limit} may be {would}: {}{more}",
        pattern.shown(),
        found.len(),
        listed.join("; ")
    ))
    .hint("name it more precisely, or say `at_most:` if all of them are meant"))
}
