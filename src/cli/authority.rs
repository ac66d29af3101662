//! Who may start a run, asked before anything is changed: operators that no role allows, approvals of severities.

use crate::catalogue::cancel::Cancel;
use crate::catalogue::error::ErrorKind;
use crate::catalogue::show;
use crate::check::model::Policy;
use crate::plan::authority::{self, Approval};
use crate::plan::model::{Plan, Request};
use crate::run::person::Terminal;

use super::context::Context;
use super::exit::{Exit, Failure};

/// Refuses an operator who may not start this. `runs`: who runs a plan that was saved, beside who planned it.
pub fn allows(policy: &Policy, request: &Request, runs: Option<&str>) -> Result<(), Failure> {
    let refused =
        [request.operator.as_deref(), runs].into_iter().find_map(|who| authority::refusal(policy, request, who));
    match refused {
        Some(refusal) => {
            Err(Failure::new(Exit::Refused, format!("{}; nothing was changed", refusal.what)).hint(refusal.hint))
        }
        None => Ok(()),
    }
}

/// Says below a plan that a run of it would be refused, or that nobody knows whose it is.
pub fn remark(plan: &Plan, context: &Context) {
    let (policy, request) = (&plan.policy, &plan.request);
    if let Some(refusal) = authority::refusal(policy, request, request.operator.as_deref()) {
        context.remark(&format!("a run of this is refused: {}", refusal.what));
    } else {
        unnamed(policy, request, context);
    }
    if let Some(asks) = authority::approval(policy, request) {
        let within = show::duration(asks.within.as_nanos() as f64);
        context.remark(&format!(
            "a run of this starts when `{}` has approved it at the terminal, within {within}",
            asks.by
        ));
    }
}

/// Roles say who may start this, and it is not said who does.
pub fn unnamed(policy: &Policy, request: &Request, context: &Context) {
    if request.operator.is_none() && authority::speaks(policy, request) {
        context.remark("who runs this is not said, so no role was compared: say `--operator NAME`");
    }
}

/// Refuses where a severity starts after an approval and nobody can be asked.
pub fn can_be_asked(policy: &Policy, request: &Request) -> Result<Option<Approval>, Failure> {
    let Some(asks) = authority::approval(policy, request) else { return Ok(None) };
    if Terminal::attached().is_some() {
        return Ok(Some(asks));
    }
    Err(Failure::new(
        Exit::Person,
        format!(
            "severity `{}` starts only when `{}` has approved it, and nobody can be asked here; nothing was changed",
            asks.severity, asks.by
        ),
    )
    .hint("run it on a terminal; `--yes` approves nothing"))
}

/// Asks for the approval, and gives what the record says of it.
pub fn approved(asks: &Approval) -> Result<String, Failure> {
    let Approval { severity, by, within } = asks;
    let person = Terminal::attached().ok_or_else(|| Failure::new(Exit::Person, "there is no terminal to ask at"))?;
    let question = format!("severity `{severity}` starts after the approval of `{by}`: may it start?");
    match person.agrees(&question, &Cancel::new().within(*within)) {
        Ok(true) => Ok(format!(
            "the start under severity `{severity}` was approved at the terminal; that it was `{by}` is not verified"
        )),
        Ok(false) => Err(Failure::new(Exit::Refused, format!("declined by `{by}`; nothing was changed"))),
        Err(error) if error.kind == ErrorKind::TimedOut => {
            let within = show::duration(within.as_nanos() as f64);
            Err(Failure::new(Exit::Person, format!("`{by}` has not approved it within {within}; nothing was changed"))
                .hint("run it again when they are there"))
        }
        Err(error) => Err(Failure::new(Exit::Person, format!("{}; nothing was changed", error.what))),
    }
}
