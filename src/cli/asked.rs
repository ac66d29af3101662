//! Params that nobody gave: asked for at the terminal. Elsewhere the planner says which flag gives them.

use std::io::{BufRead, Write};

use crate::check::model::Policy;
use crate::plan::model::Request;
use crate::plan::{self, Missing, PlanError};

use super::context::Context;
use super::exit::{Exit, Failure};

/// The request with a value for each param that has none. What does not fit is said, and asked for again.
pub fn params(policy: &Policy, mut request: Request, context: &Context) -> Result<Request, Failure> {
    let mut given: Option<String> = None;
    while context.can_ask() {
        match (plan::missing(policy, &request), given.take()) {
            (Ok(None), _) => break,
            (Ok(Some(missing)), _) => {
                let answer = answer(&missing)?;
                request.set.insert(missing.name.clone(), answer);
                request.asked.insert(missing.name.clone());
                given = Some(missing.name);
            }
            (Err(PlanError::Call { what, .. }), Some(name)) => {
                context.say(&what);
                request.set.remove(&name);
                request.asked.remove(&name);
            }
            (Err(error), _) => return Err(super::unplanned::failure(policy, error)),
        }
    }
    Ok(request)
}

fn answer(missing: &Missing) -> Result<String, Failure> {
    let Missing { name, ty, doc } = missing;
    let about = doc.as_ref().map_or_else(String::new, |doc| format!(", {doc}"));
    loop {
        let mut err = std::io::stderr().lock();
        let _ = write!(err, "\n» param `{name}` ({ty}{about}) has no value; which? ").and_then(|()| err.flush());
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(count) if count > 0 => {}
            _ => {
                return Err(Failure::new(Exit::Person, format!("param `{name}` has no value; nothing was changed"))
                    .hint(format!("say `--set {name}=VALUE`")));
            }
        }
        let line = line.trim();
        if !line.is_empty() {
            return Ok(line.to_owned());
        }
    }
}
