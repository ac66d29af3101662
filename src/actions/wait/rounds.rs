//! Asking a condition again and again until it holds, bounded.

use std::time::{Duration, Instant};

use crate::catalogue::args::Lazy;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::show;
use crate::catalogue::value::Value;

/// Between two questions when nobody says otherwise.
pub(in crate::actions) const EVERY: Duration = Duration::from_secs(1);

/// How the last round ended.
enum Last {
    Never,
    False,
    Failed(Error),
}

/// Asks `condition` every `every` until it is true, for at most `within`. A failing probe counts as not yet: what it
/// looks at may only be starting. `between` runs after each round and may give up.
pub(in crate::actions) fn until(
    condition: &Lazy,
    look: &Look,
    within: Duration,
    every: Duration,
    mut between: impl FnMut() -> Result<()>,
) -> Result<()> {
    let started = Instant::now();
    let bounded = look.within(within);
    let mut last = Last::Never;
    loop {
        let round = Instant::now();
        match condition(&bounded) {
            Ok(Value::Bool(true)) => return Ok(()),
            // Missing data is neither true nor false, and so not yet true.
            Ok(Value::Bool(false) | Value::None) => last = Last::False,
            Ok(other) => {
                return Err(Error::new(ErrorKind::Value, format!("the condition must be true or false, not {other}")));
            }
            // An answer that was cut off by the end of the time says less than the one before it.
            Err(error) if bounded.cancel().check().is_err() && !matches!(last, Last::Never) => drop(error),
            // Nothing else runs meanwhile that could bring it.
            Err(error) if error.kind == ErrorKind::NoProgram => return Err(error),
            Err(error) => last = Last::Failed(error),
        }
        between()?;
        let pause = every.saturating_sub(round.elapsed());
        if let Err(error) = bounded.cancel().sleep(pause) {
            if error.kind == ErrorKind::Cancelled {
                return Err(error);
            }
            let after = show::duration(started.elapsed().as_millis() as f64 * 1e6);
            let why = match &last {
                Last::Never => String::new(),
                Last::False => ": it was still false".to_owned(),
                Last::Failed(error) => format!(": {}", error.what),
            };
            return Err(Error::new(ErrorKind::TimedOut, format!("it did not come true within {after}{why}")));
        }
    }
}

/// The present answer, for a plan; `None` where it cannot be had now.
pub(in crate::actions) fn now(condition: &Lazy, look: &Look) -> Option<bool> {
    match condition(&look.within(Duration::from_secs(5))) {
        Ok(Value::Bool(answer)) => Some(answer),
        _ => None,
    }
}
