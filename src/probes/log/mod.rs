//! `log.count` and `log.ratio`: how many lines of a log, of late.

mod recent;
mod stamp;

use std::sync::Arc;

use regex::bytes::Regex;

use super::file::content::{located, pattern_of};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// All probes of this family.
pub(super) fn all() -> Vec<Arc<dyn Probe>> {
    vec![Arc::new(Log { signature: &COUNT, value: count }), Arc::new(Log { signature: &RATIO, value: ratio })]
}

const PATH: Parameter =
    Parameter { name: "path", ty: "path", form: Form::Positional, doc: "a log; links are followed" };
const SINCE: Parameter = Parameter {
    name: "since",
    ty: "duration",
    form: Form::Optional,
    doc: "how far back, by the times of the lines; all of the file unless said",
};

static COUNT: Signature = Signature {
    name: "log.count",
    role: Role::Probe,
    params: &[
        PATH,
        Parameter { name: "matching", ty: "regex", form: Form::Optional, doc: "which lines; all unless said" },
        SINCE,
    ],
    returns: Returns::Type("int"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "how many lines of a log match, of late",
    page: "probes/log.count.md",
};

static RATIO: Signature = Signature {
    name: "log.ratio",
    role: Role::Probe,
    params: &[
        PATH,
        Parameter { name: "matching", ty: "regex", form: Form::Required, doc: "which lines are looked for" },
        Parameter { name: "of", ty: "regex", form: Form::Optional, doc: "among which lines; among all unless said" },
        SINCE,
    ],
    returns: Returns::Type("percent?"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "which share of the lines of a log match, of late; missing where there is no line",
    page: "probes/log.ratio.md",
};

struct Log {
    signature: &'static Signature,
    value: fn(&Args, &Look) -> Result<Value>,
}

impl Probe for Log {
    fn signature(&self) -> &'static Signature {
        self.signature
    }

    /// What writes a log is rarely a step that says so.
    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let mut effects = reach::of(args, "path", look, reach::reads);
        effects.extend(Effects::reads_world());
        effects
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        look.cancel().check()?;
        (self.value)(args, look)
    }
}

fn count(args: &Args, look: &Look) -> Result<Value> {
    let wanted = pattern_of(args, "matching")?;
    let mut count = 0;
    each(args, look, |line| count += i64::from(fits(wanted.as_ref(), line)))?;
    Ok(Value::Int(count))
}

fn ratio(args: &Args, look: &Look) -> Result<Value> {
    let (wanted, among) = (pattern_of(args, "matching")?, pattern_of(args, "of")?);
    let (mut found, mut all) = (0_u64, 0_u64);
    each(args, look, |line| {
        if fits(among.as_ref(), line) {
            all += 1;
            found += u64::from(fits(wanted.as_ref(), line));
        }
    })?;
    // Of no lines there is no share: percent of 0/0 is missing.
    Ok(Value::percent(found as f64 / all as f64 * 100.0))
}

fn fits(pattern: Option<&Regex>, line: &[u8]) -> bool {
    pattern.is_none_or(|pattern| pattern.is_match(line))
}

/// Calls `with` for each line since `since`.
fn each(args: &Args, look: &Look, with: impl FnMut(&[u8])) -> Result<()> {
    let from = args.duration("since").map(|back| look.now().checked_sub(back)).transpose();
    let from = from.map_err(|_| {
        Error::new(ErrorKind::Value, "`since:` is longer ago than times go").hint("leave it out to read the whole log")
    })?;
    recent::each(look, &located(args, look)?, from, with)
}
